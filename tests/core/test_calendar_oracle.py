"""Business time beside what `workclock`, an independent library, says of the same hours.

It computes in microseconds, ours in milliseconds; the answers are compared exactly.

Two things it sees otherwise. They are kept out of the random cases, and the last tests tell them:
a shift that begins on a closed date, and a closed date that the zone skipped.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from workclock import Holidays, Schedule, WorkDay

from triage.core.calendar import Day, Range, WeeklyCalendar
from triage.core.model import DAY, HOUR, MINUTE
from zones import FIRST, LAST, MS, ZONES, changes, ms, utc

CALENDARS = 16
"""So many calendars are made up in each zone."""
CASES = 24
"""So many starts, spans and ends are tried with each."""
LONGEST = 300 * DAY

Week = tuple[tuple[Range, ...], ...]


def theirs(zone: str, week: Week, closed: Iterable[date] = ()) -> Schedule:
    """The same hours as their rules: one for each range, and the dates that are closed."""
    days = [
        WorkDay(_time(start), _time(end), [weekday])
        for weekday, ranges in enumerate(week)
        for start, end in ranges
    ]
    closed = frozenset(closed)
    return Schedule([*days, *([Holidays(closed)] if closed else [])], time_zone=zone)


def _time(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def ours(zone: str, week: Week, closed: Iterable[date] = ()) -> WeeklyCalendar:
    """The calendar."""
    return WeeklyCalendar("ours", zone, week, {f"{day}": Day("Holiday") for day in closed})


def their_add(schedule: Schedule, start_at: int, span: int) -> int:
    """Theirs from ms to ms."""
    return ms(schedule.add(utc(start_at), span * MS).isoformat())


def their_between(schedule: Schedule, start_at: int, end_at: int) -> int:
    """Theirs from ms to ms."""
    return schedule.between(utc(start_at), utc(end_at)) // MS


def a_range(random: Random) -> Range:
    """By day, in the small hours where clocks change, overnight, or 24 hours long."""
    grid = random.choice((1, 5, 15, 30, 60))
    start = random.randrange(0, 24 * 60, grid)
    sort = random.randrange(10)
    if sort < 4:
        return start, random.randrange(start + 1, 24 * 60 + 1)
    if sort < 6:
        start %= 240
        return start, start + random.randrange(1, 300)
    if sort < 9:
        return start, 24 * 60 + random.randrange(0, start + 1)
    return start, start + 24 * 60


def a_week(random: Random) -> Week:
    """Up to three ranges on each day, and one at least in the week."""
    while True:
        counts = random.choices((0, 1, 2, 3), (2, 4, 2, 1), k=7)
        week = tuple(tuple(a_range(random) for _ in range(count)) for count in counts)
        if any(week):
            return week


def a_centre(random: Random, zone: str) -> int:
    """A change of the clock, the turn of a year, or any time."""
    sort = random.randrange(10)
    if sort < 6 and changes(zone):
        return random.choice(changes(zone))
    if sort < 8:
        return ms(f"{random.randrange(1996, 2036)}-01-01T00:00Z")
    return random.randrange(FIRST, LAST)


def closed_dates(random: Random, zone: str, week: Week, centre: int) -> set[date]:
    """Some near the centre, some further off; none on which a shift begins that outlasts it."""
    near = random.choices(range(-5, 9), k=random.choice((0, 0, 1, 3, 5)))
    far = random.choices(range(-100, 400), k=random.choice((0, 10)))
    days = {utc(centre).date() + timedelta(days=n) for n in (*near, *far)}
    return {day for day in days if not outlasts(week[day.weekday()]) and exists(day, zone)}


def outlasts(ranges: Iterable[Range]) -> bool:
    """Whether a range ends on the next date."""
    return any(end > 24 * 60 for _, end in ranges)


def exists(day: date, zone: str) -> bool:
    """Whether the zone has the date: Apia and Fakaofo went from 2011-12-29 to 2011-12-31."""
    noon = datetime.combine(day, time(12), ZoneInfo(zone))
    return noon.astimezone(UTC).astimezone(ZoneInfo(zone)).date() == day


def test_there_are_ten_thousand_cases() -> None:
    """Of starts, spans and ends; each is compared four times."""
    assert len(ZONES) * CALENDARS * CASES >= 10_000


@pytest.mark.parametrize("zone", ZONES)
def test_equal_to_workclock(zone: str) -> None:
    """`add` and `between` agree to the millisecond, both ways round and for many at once."""
    random = Random(f"oracle {zone}")  # noqa: S311 - the same cases each time
    for _ in range(CALENDARS):
        week = a_week(random)
        centre = a_centre(random, zone)
        closed = closed_dates(random, zone, week, centre)
        calendar, schedule = ours(zone, week, closed), theirs(zone, week, closed)
        for _ in range(CASES):
            start = centre + random.randrange(-4 * DAY, 4 * DAY)
            if random.random() < 0.5:
                start -= start % MINUTE
            span, distance = (int(LONGEST ** random.random()) for _ in range(2))
            end = start + distance
            told = f"{zone} {week} {sorted(closed)} {utc(start)} {span} {utc(end)}"
            reached = their_add(schedule, start, span)
            passed = their_between(schedule, start, end)
            assert calendar.add(start, span) == reached, told
            assert calendar.add_two(start, 1, span)[1] == reached, told
            assert calendar.between(start, end) == passed, told
            assert calendar.between(end, start) == their_between(schedule, end, start), told


@pytest.mark.parametrize("zone", ZONES)
def test_equal_to_workclock_at_every_edge(zone: str) -> None:
    """From each opening and closing around a change of the clock, up to it, and a ms beside it."""
    random = Random(f"edges {zone}")  # noqa: S311 - the same cases each time
    for centre in random.choices(changes(zone) or (FIRST,), k=6):
        week = a_week(random)
        calendar, schedule = ours(zone, week), theirs(zone, week)
        for segment in calendar.segments(centre - 3 * DAY, centre + 3 * DAY):
            for at in (segment.start_at - 1, segment.start_at, segment.start_at + 1):
                told = f"{zone} {week} {utc(at)}"
                assert calendar.add(at, 1) == their_add(schedule, at, 1), told
                passed = their_between(schedule, centre, at)
                assert calendar.between(centre, at) == passed, told
            start, span = segment.start_at, segment.span
            if segment.is_open:
                assert calendar.add(start, span) == segment.end_at, utc(start)
                assert calendar.add_two(start, 1, span)[1] == segment.end_at, utc(start)
                assert their_add(schedule, start, span) == segment.end_at, utc(start)


NIGHT = (22 * 60, 30 * 60)
NIGHTS: Week = ((NIGHT,),) * 7


def only(weekday: int, *ranges: Range) -> Week:
    """A week with hours on one day."""
    return tuple(ranges if number == weekday else () for number in range(7))


SKIPPING = ("2011-12-29T00:00Z", "2012-01-02T00:00Z")
"""Around the Friday that never was."""
LONG = only(4, (23 * 60 + 30, 47 * 60 + 30))


@pytest.mark.parametrize(
    ("zone", "week", "closed", "start", "end", "passed"),
    [
        ("Europe/Madrid", NIGHTS, "", "2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00", 7),
        ("Europe/Madrid", NIGHTS, "", "2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00", 9),
        ("Europe/Madrid", NIGHTS, "", "2026-12-31T12:00+01:00", "2027-01-01T12:00+01:00", 8),
        ("Europe/Madrid", NIGHTS, "2027-01-01", "2026-12-31T12:00Z", "2027-01-01T12:00Z", 2),
        ("Australia/Lord_Howe", NIGHTS, "", "2026-10-03T01:00Z", "2026-10-04T01:00Z", 7.5),
        ("Antarctica/Troll", NIGHTS, "", "2026-03-28T12:00Z", "2026-03-29T12:00Z", 6),
        ("Asia/Beirut", NIGHTS, "", "2026-03-28T12:00Z", "2026-03-29T12:00Z", 7),
        # Friday does not exist, and 6:00 on it is 6:00 on Saturday.
        ("Pacific/Apia", only(3, NIGHT), "", *SKIPPING, 8),
        ("Pacific/Fakaofo", only(3, NIGHT), "", *SKIPPING, 8),
        # The same, and Saturday is closed.
        ("Pacific/Fakaofo", only(3, NIGHT), "2011-12-31", *SKIPPING, 2),
        # Where Saturday's 23:30 does not exist it is Sunday's 0:30, and Friday's 24 hours end then.
        ("America/Scoresbysund", LONG, "", "2030-03-29T00:00Z", "2030-04-01T00:00Z", 24),
        ("America/Scoresbysund", LONG, "", "2031-03-28T00:00Z", "2031-03-31T00:00Z", 24),
        ("America/Scoresbysund", LONG, "", "2032-03-26T00:00Z", "2032-03-29T00:00Z", 24),
    ],
)
def test_nights_in_which_the_clock_changes(
    zone: str, week: Week, closed: str, start: str, end: str, passed: float
) -> None:
    """Hours that a person can count; both libraries do."""
    days = [date.fromisoformat(closed)] if closed else []
    a, b = ms(start), ms(end)
    assert their_between(theirs(zone, week, days), a, b) == passed * HOUR
    calendar = ours(zone, week, days)
    assert calendar.between(a, b) == passed * HOUR
    assert sum(s.span for s in calendar.segments(a, b) if s.is_open) == passed * HOUR


def test_a_shift_does_not_begin_on_a_closed_date() -> None:
    """Nor go on after it: ours is closed for good, theirs opens at midnight for the rest."""
    closed = [date(2026, 12, 25)]
    a, b = ms("2026-12-25T00:00Z"), ms("2026-12-28T00:00Z")
    assert ours("UTC", only(4, NIGHT), closed).between(a, b) == 0
    assert their_between(theirs("UTC", only(4, NIGHT), closed), a, b) == 6 * HOUR


def test_a_closed_date_that_never_was_is_closed() -> None:
    """Friday's hours would fall on Saturday, and Thursday's shift go on there; not with ours."""
    closed = [date(2011, 12, 30)]
    a, b = map(ms, SKIPPING)
    for zone in ("Pacific/Apia", "Pacific/Fakaofo"):
        for week, left in ((only(4, (9 * 60, 17 * 60)), 0), (only(3, NIGHT), 2)):
            assert ours(zone, week).between(a, b) == 8 * HOUR
            assert ours(zone, week, closed).between(a, b) == left * HOUR
            assert their_between(theirs(zone, week, closed), a, b) == 8 * HOUR
