"""Which period a report is of, from what was typed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from triage.cli.options import span
from triage.core.kinds import DAY
from triage.core.report.period import Period, before, day_of, days, month, named, week
from triage.errors import UsageError

_DEFAULT_SPAN = "7d"
_FURTHEST = 366 * DAY
_DAY = len("2026-03-01")
_LAST, _THIS = "last", "this"


class Typed(NamedTuple):
    """What was typed of a period; each may be left out.

    Attributes:
        since: A span up to now.
        start: A day or a time.
        end: The same.
        week: A week is meant.
        month: A month is meant.
        name: Which week or month; or a day, week or month by its name alone.
    """

    since: str | None = None
    start: str | None = None
    end: str | None = None
    week: bool = False
    month: bool = False
    name: str | None = None


def chosen(typed: Typed, now: int, zone: tzinfo) -> Period:
    """The period that is meant.

    Raises:
        UsageError: It is none, several, not yet begun, or ends before it begins.
    """
    _refuse_two(typed)
    try:
        period = _chosen(typed, now, zone)
    except OverflowError:
        raise _out_of_reach() from None
    if period.from_at < 0 or period.to_at > now + _FURTHEST:
        raise _out_of_reach()
    if period.to_at == period.from_at and typed.start is None:
        raise UsageError("The period has no length.", hint="Name a longer one.")
    if period.to_at <= period.from_at:
        raise UsageError("The period ends before it begins.", hint="Swap --from and --to.")
    if period.from_at > now:
        raise UsageError("The period has not begun yet.", hint="Name an earlier one.")
    return period


def _out_of_reach() -> UsageError:
    return UsageError("The period is out of reach.", hint="Name years from 1970 to the next one.")


def _refuse_two(typed: Typed) -> None:
    ways = {
        "--since": typed.since is not None,
        "--from and --to": typed.start is not None or typed.end is not None,
        "--week": typed.week,
        "--month": typed.month,
        "PERIOD": typed.name is not None and not (typed.week or typed.month),
    }
    named_ways = [way for way, is_typed in ways.items() if is_typed]
    if len(named_ways) > 1:
        raise UsageError(
            f"{named_ways[0]} does not go with {named_ways[1]}.", hint="Say one of them."
        )
    if typed.end is not None and typed.start is None:
        raise UsageError("--to needs --from.", hint="Say from when on, such as --from 2026-03-01.")


def _chosen(typed: Typed, now: int, zone: tzinfo) -> Period:
    if typed.week or typed.month:
        return _week_or_month(typed, now, zone)
    if typed.name is not None:
        return _named(typed.name, zone)
    if typed.start is None:
        return Period(max(0, now - span(typed.since or _DEFAULT_SPAN, "--since")), now)
    begin = _moment(typed.start, "--from", zone).from_at
    return Period(begin, now if typed.end is None else _moment(typed.end, "--to", zone).to_at)


def _week_or_month(typed: Typed, now: int, zone: tzinfo) -> Period:
    """The last one that is over, this one, or the one that is named."""
    name = typed.name or _LAST
    if name in (_LAST, _THIS):
        this = (week if typed.week else month)(day_of(now, zone), zone)
        return this if name == _THIS else before(this, zone)
    period = _named(name, zone)
    if len(name) == _DAY or ("W" in name.upper()) != typed.week:
        what, such = ("week", "2026-W10") if typed.week else ("month", "2026-03")
        raise UsageError(
            f"{name} is not a {what}.", hint=f"Write it like {such}, {_LAST} or {_THIS}."
        )
    return period


def _named(name: str, zone: tzinfo) -> Period:
    found = named(name, zone)
    if found is None:
        hint = "Write it like 2026-03-02, 2026-W10 or 2026-03."
        if name in (_LAST, _THIS):
            hint = f"Say --week {name} or --month {name}."
        raise UsageError(f"{name}: neither a day nor a week nor a month.", hint=hint)
    return found


def _moment(text: str, flag: str, zone: tzinfo) -> Period:
    """A whole day, or a time as a period without length."""
    try:
        if len(text) == _DAY:
            day = date.fromisoformat(text)
            return days(day, day, zone)
        when = datetime.fromisoformat(text)
        when = when if when.tzinfo else when.replace(tzinfo=zone)
        at = (when.astimezone(UTC) - _EPOCH) // _MS
    except ValueError:
        raise UsageError(
            f"{flag} {text}: neither a day nor a time.",
            hint="Write 2026-03-01 or 2026-03-01T09:30.",
        ) from None
    return Period(at, at)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
