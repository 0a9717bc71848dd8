"""Days and hours of a period as the clocks of a time zone show them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from triage.core.kinds import DAY, HOUR, MINUTE
from triage.core.report.period import Period, each_day

_STEP = 15 * MINUTE
"""All offsets of zones from UTC are multiples of it, as long as there have been posts."""
HOURS = 24
WEEK_HOURS = 7 * HOURS


class LocalTime:
    """Which day and hour a moment of a period belongs to.

    Args:
        zone: IANA name.
        from_at: Begin of the period, UTC ms.
        to_at: Its end.

    Attributes:
        days: Each day by its date, such as `2026-03-02`, cut to the period, in order.
        hours: Begin and end of each stretch within one hour, UTC ms, and which hour of the week it
            is: 0 is Monday at midnight.
    """

    def __init__(self, zone: str, from_at: int, to_at: int) -> None:
        found = ZoneInfo(zone)
        self.days = [
            (day.isoformat(), period) for day, period in each_day(Period(from_at, to_at), found)
        ]
        self._day_begins = [period.from_at for _, period in self.days]
        self.hours = [piece for _, day in self.days for piece in _hours_of(found, *day)]
        self._hour_begins = [begin for begin, _, _ in self.hours]

    def day(self, at: int) -> str:
        """The date of a moment in the period."""
        return self.days[bisect_right(self._day_begins, at) - 1][0]

    def hour(self, at: int) -> int:
        """The hour of the day, 0..23, of a moment in the period."""
        return self.hours[bisect_right(self._hour_begins, at) - 1][2] % HOURS

    def by_hour(self, times: Iterable[int]) -> list[int]:
        """How many of some times, UTC ms, are in each hour of the week."""
        ordered = sorted(times)
        counts = [0] * WEEK_HOURS
        for begin, end, number in self.hours:
            counts[number] += within(ordered, begin, end)
        return counts


def within(times: Sequence[int], begin: int, end: int) -> int:
    """How many of sorted times are in [begin, end)."""
    return bisect_left(times, end) - bisect_left(times, begin)


def _hours_of(zone: tzinfo, from_at: int, to_at: int) -> list[tuple[int, int, int]]:
    """The hours of a day; looked up one by one only where it is no day like most."""
    first, last = (_wall(zone, at) for at in (from_at, to_at - 1))
    if to_at - from_at == DAY and first.utcoffset() == last.utcoffset():
        begin = first.weekday() * HOURS
        return [(from_at + h * HOUR, from_at + (h + 1) * HOUR, begin + h) for h in range(HOURS)]
    found: list[tuple[int, int, int]] = []
    at = from_at
    while at < to_at:
        end = min(to_at, at - at % _STEP + _STEP)
        wall = _wall(zone, at)
        hour = wall.weekday() * HOURS + wall.hour
        if found and found[-1][2] == hour:
            found[-1] = (found[-1][0], end, hour)
        else:
            found.append((at, end, hour))
        at = end
    return found


def _wall(zone: tzinfo, at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC).astimezone(zone)
