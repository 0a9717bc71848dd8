"""Periods of whole days, weeks and months in a time zone, and the one before each.

A day begins at the first moment that is dated so and ends where the next one begins: 23 or 25 hours
where the clock changes, and none at all for a date that a zone left out. So days lie side by side,
also where a clock goes back over midnight. A week is ISO's: it begins on a Monday.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from triage.core.policy import Settings
from triage.core.text import handle_key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_ONE_DAY = timedelta(days=1)
_WEEK = 7
_YEAR = 12
_NAMED = re.compile(
    r"(?P<year>\d{4})(?:-[Ww](?P<week>\d\d?)|-(?P<month>\d\d)(?:-(?P<day>\d\d))?)", re.ASCII
)


class Period(NamedTuple):
    """A stretch of time.

    Attributes:
        from_at: Its begin, UTC ms.
        to_at: Its end, UTC ms; not in it.
    """

    from_at: int
    to_at: int


def zone_name(settings: Settings, handles: Iterable[str]) -> str:
    """Whose days a report is about: the accounts' zone if they share one, else the settings'."""
    zones = {settings.zone_of(handle_key(handle)) for handle in handles}
    return zones.pop() if len(zones) == 1 else settings.time_zone


def midnight(day: date, zone: tzinfo) -> int:
    """When a day begins: the first moment that is dated so, or later; UTC ms.

    Raises:
        OverflowError: It is too near the first or the last year that has a name.
    """
    wall = datetime.combine(day, time())
    # Where the clock leaps over midnight, fold 1 counts from behind the leap and fold 0 from before
    # it, which is later. Where midnight comes twice, fold 0 is the first.
    low, high = (_at(wall.replace(tzinfo=zone, fold=fold)) for fold in (1, 0))
    if low >= high:
        return high
    return low + bisect_left(range(low, high), wall, key=lambda at: _bare(at, zone))


def day_of(at: int, zone: tzinfo) -> date:
    """The day that a moment belongs to."""
    day = _bare(at, zone).date()
    while midnight(day + _ONE_DAY, zone) <= at:
        day += _ONE_DAY  # the clock went back over midnight
    return day


def _at(when: datetime) -> int:
    return (when.astimezone(UTC) - _EPOCH) // _MS


def _bare(at: int, zone: tzinfo) -> datetime:
    return (_EPOCH + at * _MS).astimezone(zone).replace(tzinfo=None)


def days(first: date, last: date, zone: tzinfo) -> Period:
    """Whole days, the last one included."""
    return Period(midnight(first, zone), midnight(last + _ONE_DAY, zone))


def week(day: date, zone: tzinfo) -> Period:
    """The week that a day lies in."""
    monday = day - timedelta(days=day.weekday())
    return days(monday, monday + timedelta(days=_WEEK - 1), zone)


def month(day: date, zone: tzinfo) -> Period:
    """The month that a day lies in."""
    first = day.replace(day=1)
    return days(first, _months_on(first, 1) - _ONE_DAY, zone)


def named(text: str, zone: tzinfo) -> Period | None:
    """A day, week or month by its name: `2026-03-02`, `2026-W10` or `2026-03`; None if it is none.

    Raises:
        OverflowError: It is too near the first or the last year that has a name.
    """
    found = _NAMED.fullmatch(text)
    if found is None:
        return None
    year, number = int(found["year"]), int(found["week"] or found["month"])
    try:
        if found["week"]:
            return week(date.fromisocalendar(year, number, 1), zone)
        if found["day"] is None:
            return month(date(year, number, 1), zone)
        day = date(year, number, int(found["day"]))
    except ValueError:
        return None
    return days(day, day, zone)


def before(period: Period, zone: tzinfo) -> Period:
    """The period of the same kind that ends where this one begins.

    Before whole months lie as many months, before whole weeks as many weeks, before whole days as
    many days, and before any other stretch one that is as long.
    """
    first, end = (day_of(at, zone) for at in period)
    if (midnight(first, zone), midnight(end, zone)) != period:
        return Period(2 * period.from_at - period.to_at, period.from_at)
    if first.day == end.day == 1:
        count = (end.year - first.year) * _YEAR + end.month - first.month
        return Period(midnight(_months_on(first, -count), zone), period.from_at)
    if first.weekday() == end.weekday() == 0:
        return Period(midnight(first - (end - first), zone), period.from_at)
    return Period(midnight(_days_back(first, period, zone), zone), period.from_at)


def spelled(period: Period, zone: tzinfo) -> str:
    """The options that ask for a period, such as `--from 2026-03-01 --to 2026-03-31`."""
    return f"--from {_spelled(period.from_at, zone)} --to {_spelled(period.to_at, zone, end=True)}"


def _spelled(at: int, zone: tzinfo, *, end: bool = False) -> str:
    """A day where one begins, or ends; else a time with its offset."""
    day = day_of(at, zone)
    if midnight(day, zone) != at:
        when = (_EPOCH + at * _MS).astimezone(zone)
        return when.isoformat(timespec="milliseconds" if at % 1000 else "seconds")
    return (day_of(at - 1, zone) if end else day).isoformat()


def _days_back(first: date, period: Period, zone: tzinfo) -> date:
    """The day from which on there are as many days before the period as in it."""
    left = sum(1 for _ in each_day(period, zone))
    while left:
        first -= _ONE_DAY
        left -= midnight(first, zone) < midnight(first + _ONE_DAY, zone)
    return first


def each_day(period: Period, zone: tzinfo) -> Iterator[tuple[date, Period]]:
    """The days of a period, each cut to it."""
    day, at = day_of(period.from_at, zone), period.from_at
    while at < period.to_at:
        end = min(midnight(day + _ONE_DAY, zone), period.to_at)
        if at < end:
            yield day, Period(at, end)
        day, at = day + _ONE_DAY, end


def _months_on(first: date, count: int) -> date:
    """The first of a month so many months later."""
    years, rest = divmod(first.year * _YEAR + first.month - 1 + count, _YEAR)
    if not date.min.year <= years <= date.max.year:
        raise OverflowError(f"there is no year {years}")
    return date(years, rest + 1, 1)
