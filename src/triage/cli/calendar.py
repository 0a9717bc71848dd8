"""`triage calendar`: when somebody is there to answer, and what of a time counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.cli import narrate, output, times
from triage.cli.context import Globals, globals_of
from triage.cli.groups import group, subcommand
from triage.cli.options import Csv, examples
from triage.cli.output import Column, Format, iso
from triage.cli.sending import program
from triage.core.calendar import WEEKDAYS, WeeklyCalendar
from triage.core.hours import ALWAYS, ALWAYS_OPEN, Calendar, Segment
from triage.core.kinds import DAY, SECOND, Kind
from triage.core.queue import short_span
from triage.core.until import parse_moment
from triage.errors import NotFound, UsageError

if TYPE_CHECKING:
    from triage.bootstrap import App

Which = Annotated[
    str | None,
    typer.Option("--calendar", "-c", metavar="NAME", help="Which; else that of complaints."),
]
_MONTH = re.compile(r"(\d{4})-(\d{1,2})", re.ASCII)
_LAST_YEAR = 9900
"""Calendars reach a little further; beyond the year 9999 no date can be told."""
_MOST = 3660 * DAY
"""So far apart the two times of `explain` may be: ten years."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = group(
        app,
        "calendar",
        _by_itself,
        epilog=examples("triage calendar", "triage calendar show 2026-12"),
    )
    add = subcommand(made)
    add("list", examples("triage calendar list", "triage calendar list --json"))(_list)
    add(
        "show",
        examples("triage calendar show", "triage calendar show 2026-12 --calendar nights"),
    )(show)
    add(
        "explain",
        examples(
            'triage calendar explain "2026-12-04 17:00" "2026-12-09 10:00"',
            "triage calendar explain 16:30 now --json",
        ),
    )(explain)
    add(
        "next-open",
        examples("triage calendar next-open", 'triage calendar next-open "2026-12-24 18:00"'),
    )(next_open)


def _by_itself(context: typer.Context) -> None:
    """See when somebody is there to answer: the hours, holidays and special days."""
    if context.invoked_subcommand is None:
        _show_list(globals_of(context), globals_of(context).form())


def _list(context: typer.Context, csv: Csv = False) -> None:
    """List the calendars."""
    flags = globals_of(context)
    _show_list(flags, flags.form(as_csv=csv))


def _show_list(flags: Globals, form: Format) -> None:
    app = flags.app
    known = {ALWAYS: ALWAYS_OPEN, **app.calendars()}
    sla = app.settings_file.model.sla
    policies = [*sla.special, *sla.by_kind.values()]
    rows = [
        _Known(c, [p.name for p in policies if p.calendar == name], flags.app.now())
        for name, c in known.items()
    ]
    output.rows(rows, _LISTED, form)


class _Known(NamedTuple):
    calendar: Calendar
    policies: Sequence[str]
    now: int

    @property
    def zone(self) -> str:
        return self.calendar.time_zone if isinstance(self.calendar, WeeklyCalendar) else ""

    @property
    def hours(self) -> str:
        words = self.calendar.describe()
        return words.removeprefix(f"{self.calendar.name}: ").removesuffix(f" {self.zone}")


def _now_word(known: _Known) -> str:
    return "open" if known.calendar.is_open(known.now) else "closed"


_LISTED: list[Column[_Known]] = [
    Column("name", lambda k: k.calendar.name, "NAME"),
    Column("time_zone", lambda k: k.zone, "TIME ZONE"),
    Column("hours", lambda k: k.hours, "HOURS", wide=True),
    Column("open", lambda k: k.calendar.is_open(k.now), "NOW", cell=_now_word),
    Column("policies", lambda k: " ".join(k.policies), "USED BY", at_least=110),
]


def _calendar(app: App, name: str | None) -> Calendar:
    """The calendar that was named; else that of complaints, or the first one of one's own."""
    known: dict[str, Calendar] = {ALWAYS: ALWAYS_OPEN, **app.calendars()}
    if name is None:
        name = app.settings_file.policies[Kind.COMPLAINT].calendar
        own = [other for other in known if other != ALWAYS]
        if name == ALWAYS and own:
            name = own[0]
    if name not in known:
        raise NotFound(
            f'There is no calendar "{name}".', hint=f"Known: {', '.join(sorted(known))}."
        )
    return known[name]


def _set_zone(app: App, calendar: Calendar) -> str:
    zone = app.settings_file.time_zone
    if isinstance(calendar, WeeklyCalendar):
        zone = calendar.time_zone
    times.set_zone(zone)
    return zone


class _Date(NamedTuple):
    date: date
    segments: Sequence[Segment]

    @property
    def open(self) -> int:
        return sum(s.span for s in self.segments if s.is_open)

    @property
    def hours(self) -> str:
        opens = [s for s in self.segments if s.is_open]
        return " ".join(f"{times.clock_time(s.start_at)}-{_until(s)}" for s in opens) or "closed"

    @property
    def why(self) -> str:
        """The special day, or why it is closed all day."""
        closed = [s.why for s in self.segments if not s.is_open]
        named = [s.why for s in self.segments if s.is_open and s.why]
        return named[0] if named else "" if self.open or not closed else closed[0]


def _until(segment: Segment) -> str:
    """A stretch that goes on into the next date ends at its midnight, which is said as 24:00."""
    end = times.clock_time(segment.end_at)
    return "24:00" if end == "00:00" else end


def show(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Argument(metavar="[MONTH]", help="Such as 2026-12; this one if left out.")
    ] = None,
    which: Which = None,
    csv: Csv = False,
) -> None:
    """Show each date of a month: when it is open, and why it is not."""
    flags = globals_of(context)
    calendar = _calendar(flags.app, which)
    zone = _set_zone(flags.app, calendar)
    first = _first_of(month, flags.app.now())
    dates = [_of_date(calendar, day, zone) for day in _days_of(first)]
    form = flags.form(as_csv=csv)
    if form is not Format.TERMINAL:
        output.rows(dates, _DATES, form)
        return
    output.spread(calendar.describe(), f"{first:%B %Y}")
    output.line()
    output.grid(
        [[WEEKDAYS[d.date.weekday()], f"{d.date.day:>2}", d.hours, d.why] for d in dates], wide=3
    )
    output.line()
    days = sum(d.open > 0 for d in dates)
    output.line(f"open on {days} of {len(dates)} dates, {short_hours(sum(d.open for d in dates))}")
    _warn_unless_in_force(flags.app, calendar)


def short_hours(ms: int) -> str:
    """A span in hours, minutes and seconds, however long: `178h`, `7h30m`, `41m36s`."""
    minutes, seconds = divmod(ms // SECOND, 60)
    hours, rest = divmod(minutes, 60)
    if seconds:
        minute = f"{hours}h{rest:02}m" if hours else f"{rest}m" if rest else ""
        return f"{minute}{seconds:02}s" if minute else f"{seconds}s"
    return f"{hours}h{rest:02}m" if rest and hours else f"{hours}h" if hours else f"{rest}m"


_DATES: list[Column[_Date]] = [
    Column("date", lambda d: d.date.isoformat()),
    Column("weekday", lambda d: WEEKDAYS[d.date.weekday()]),
    Column("hours", lambda d: "" if not d.open else d.hours),
    Column("open_s", lambda d: d.open // 1000),
    Column("why", lambda d: d.why),
]


def _first_of(month: str | None, now: int) -> date:
    if month is None:
        return times.local(now).date().replace(day=1)
    found = _MONTH.fullmatch(month.strip())
    try:
        if found is None:
            raise ValueError(month)
        # The year 1 has days whose UTC cannot be told.
        return date(min(max(int(found[1]), 2), _LAST_YEAR), int(found[2]), 1)
    except ValueError:
        raise UsageError(f"{month[:20]!r} is no month.", hint="Write it like 2026-12.") from None


def _days_of(first: date) -> Iterator[date]:
    day = first
    while day.month == first.month:
        yield day
        day += timedelta(days=1)


def _of_date(calendar: Calendar, day: date, zone: str) -> _Date:
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp() * 1000)
    start_at = parse_moment(day.isoformat(), noon, zone)
    end_at = parse_moment((day + timedelta(days=1)).isoformat(), noon, zone)
    return _Date(day, list(calendar.segments(start_at, end_at)))


def explain(
    context: typer.Context,
    from_: Annotated[
        str, typer.Argument(metavar="FROM", help='Such as "2026-12-04 17:00", 16:30 or now.')
    ],
    to: Annotated[str, typer.Argument(metavar="TO", help="Likewise.")],
    which: Which = None,
    csv: Csv = False,
) -> None:
    """Show what counts of the time between two moments, and why the rest does not."""
    flags = globals_of(context)
    calendar = _calendar(flags.app, which)
    zone = _set_zone(flags.app, calendar)
    now = flags.app.now()
    start_at, end_at = _moment(from_, now, zone), _moment(to, now, zone)
    if not start_at < end_at <= start_at + _MOST:
        raise UsageError(
            "The second time must come after the first, and at most ten years.",
            hint='Such as: triage calendar explain "2026-12-04 17:00" "2026-12-09 10:00"',
        )
    segments = list(calendar.segments(start_at, end_at))
    form = flags.form(as_csv=csv)
    if form is not Format.TERMINAL:
        output.rows(segments, _SEGMENTS, form)
        return
    output.wrapped(calendar.describe())
    output.line()
    output.grid([segment_row(s.start_at, s.end_at, s.is_open, s.why) for s in segments], wide=2)
    output.line()
    counted = calendar.between(start_at, end_at)
    output.line(f"{short_hours(counted)} counted of {short_hours(end_at - start_at)}")
    _warn_unless_in_force(flags.app, calendar)


def _moment(text: str, now: int, zone: str) -> int:
    """A moment that calendars reach, UTC ms. Raises `UsageError`."""
    at = parse_moment(text, now, zone)
    if times.local(at).year > _LAST_YEAR:
        raise UsageError(
            f"{text[:20]!r} is too far ahead.", hint=f"Calendars reach to the year {_LAST_YEAR}."
        )
    return at


_SEGMENTS: list[Column[Segment]] = [
    Column("start_at", lambda s: iso(s.start_at)),
    Column("end_at", lambda s: iso(s.end_at)),
    Column("counts", lambda s: s.is_open),
    Column("span_s", lambda s: s.span // 1000),
    Column("why", lambda s: s.why),
]


def segment_row(start_at: int, end_at: int, counts: bool, why: str) -> list[str]:
    """A stretch of time as a screen shows it: when, how long, and whether it counts.

    It is as long as the times that are shown tell, so that a person can add it up.
    """
    sign = "+" if counts else " "
    return [
        f"{times.local(start_at):%a %e %b} {_clock(start_at)} - {_end(start_at, end_at)}",
        f"{sign}{short_hours((end_at // SECOND - start_at // SECOND) * SECOND)}",
        ", ".join(filter(None, ("counts" if counts else "", why))),
    ]


def _end(start_at: int, end_at: int) -> str:
    start, end = times.local(start_at), times.local(end_at)
    day = "" if start.date() == end.date() else f"{end:%a %e %b} "
    return day + _clock(end_at)


def _clock(at: int) -> str:
    """`10:31`, or `10:31:08` within a minute."""
    when = times.local(at)
    return f"{when:%H:%M:%S}" if when.second else f"{when:%H:%M}"


def next_open(
    context: typer.Context,
    at: Annotated[
        str, typer.Argument(metavar="[TIME]", help="From when on; now if left out.")
    ] = "now",
    which: Which = None,
) -> None:
    """Tell when it is open next; at once if it is open."""
    flags = globals_of(context)
    calendar = _calendar(flags.app, which)
    zone = _set_zone(flags.app, calendar)
    now = flags.app.now()
    start_at = _moment(at, now, zone)
    opens_at = calendar.next_open(start_at)
    form = flags.form()
    if form is Format.TERMINAL:
        wait = opens_at - start_at
        words = "open" if not wait else f"in {short_span(wait)}"
        output.line(
            f"{times.local(opens_at):%a %e %b %Y %H:%M} {times.zone_name(opens_at)}, {words}"
        )
        return
    columns: list[Column[int]] = [
        Column("opens_at", iso),
        Column("calendar", lambda _: calendar.name),
        Column("in_s", lambda o: (o - start_at) // 1000),
    ]
    output.rows([opens_at], columns, form)


def _warn_unless_in_force(app: App, calendar: Calendar) -> None:
    """The files are shown; what judges is in the store."""
    if calendar.name == ALWAYS or not app.has_store:
        return
    current = app.store.settings.current()
    if current is None or current.settings.calendars.get(calendar.name) != calendar:
        narrate.say()
        narrate.say(f"It is not in force like this yet: {program(app)} config apply")
