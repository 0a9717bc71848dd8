"""Opening hours in a time zone, with public holidays and special days, exact to the millisecond.

Hours are wall-clock times. They are turned into stretches of UTC once and computed with there, so a
night in which the clock changes has the 7, 9 or 7.5 hours that it really has.

- A range belongs to the date on which it begins; one that ends on the next date (22:00-06:00) goes
  on over midnight. Ranges that overlap count once.
- A special day replaces its whole date, from midnight to midnight: also what a range of the evening
  before would still hold of it. Of the hours of its weekday nothing is left, also not what of a
  night shift would lie behind its midnight. A public holiday is a special day without hours.
- A wall-clock time that the change skips is taken with the offset before the change, one that
  comes twice is the first (RFC 5545, section 3.3.5).

Stretches are kept in blocks of `_DATES` dates, made when first needed. A long span passes over a
block by its sum: ten years are a hundred sums, and a blink of an eye where none is made yet.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from triage.core.hours import Segment
from triage.core.kinds import DAY, MINUTE

Range = tuple[int, int]
"""Begin and end in minutes after local midnight; an end beyond 1440 is on the next date."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY_MINUTES = 24 * 60
_DATES = 32
_REACH = 2
"""How many dates behind its own a range may touch, where a clock is put forward over its end."""
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local wall time; the zone is put to it later
_FIRST, _LAST = -719_000, 2_900_000
"""Dates that Python can tell, in days since 1970."""


class Day(NamedTuple):
    """A date whose hours are not those of its weekday.

    Attributes:
        name: Such as `Epiphany`; may be empty.
        hours: When it is open; nothing if it is closed.
    """

    name: str = ""
    hours: tuple[Range, ...] = ()


class _Block(NamedTuple):
    """The open stretches of some dates: disjoint, in order, within the block.

    Attributes:
        begins_at: UTC ms.
        ends_at: UTC ms; where the next block begins.
        starts: Of each stretch, UTC ms.
        ends: Of each stretch, UTC ms.
        before: Open ms of the block before each stretch.
        upto: Open ms of the block up to the end of each stretch.
        total: Open ms of the block.
    """

    begins_at: int
    ends_at: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    upto: tuple[int, ...]
    total: int

    def passed(self, at: int) -> int:
        """Open ms of the block before a time in it."""
        place = bisect_right(self.ends, at)
        if place == len(self.ends):
            return self.total
        return self.before[place] + max(0, at - self.starts[place])

    def reached(self, passed: int) -> int:
        """The earliest time at which so many ms, 1 to `total`, have passed."""
        place = bisect_left(self.upto, passed)
        return self.starts[place] + passed - self.before[place]


class NeverOpen(ValueError):
    """A calendar that a span would never end in."""


@dataclass(frozen=True)
class WeeklyCalendar:
    """Opening hours by weekday; see the module for what they mean. Implements `Calendar`.

    Attributes:
        name: What the configuration calls it.
        time_zone: IANA name.
        week: The ranges of each weekday, Monday first. At least one is needed.
        days: Holidays and special days by ISO date, such as `2026-01-06`.

    Raises:
        NeverOpen: No weekday has hours.
        KeyError: The time zone is not known (`zoneinfo.ZoneInfoNotFoundError`).
    """

    name: str
    time_zone: str
    week: tuple[tuple[Range, ...], ...]
    days: Mapping[str, Day] = field(default_factory=dict)
    _zone: tzinfo = field(init=False, repr=False, compare=False)
    _dates: dict[int, Day] = field(init=False, repr=False, compare=False)
    _blocks: dict[int, _Block] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        if not any(start < end for ranges in self.week for start, end in ranges):
            raise NeverOpen(f"calendar {self.name!r} has no hours on any weekday")
        object.__setattr__(self, "_zone", ZoneInfo(self.time_zone))
        object.__setattr__(self, "_dates", {_date_number(d): day for d, day in self.days.items()})

    def add(self, start_at: int, span: int) -> int:
        """See `Calendar.add`; no open time passes in no time, so a span of 0 is the start."""
        if span <= 0:
            return start_at
        number = self._number_at(start_at)
        block = self._block(number)
        passed = block.passed(start_at) + span
        while passed > block.total:
            passed -= block.total
            number += 1
            block = self._block(number)
        return block.reached(passed)

    def add_two(self, start_at: int, sooner: int, later: int) -> tuple[int, int]:
        """See `Calendar.add_two`; within one block, as mostly, what both need is looked up once."""
        block = self._blocks.get(start_at // DAY // _DATES)
        if block is not None and block[0] <= start_at < block[1] and 0 < sooner <= later:
            _, _, starts, ends, before, upto, total = block
            place = bisect_right(ends, start_at)
            if place < len(ends):
                passed = before[place] + max(0, start_at - starts[place])
                if passed + later <= total:
                    first = bisect_left(upto, passed + sooner, place)
                    last = bisect_left(upto, passed + later, first)
                    return (
                        starts[first] + passed + sooner - before[first],
                        starts[last] + passed + later - before[last],
                    )
        return self.add(start_at, sooner), self.add(start_at, later)

    def between(self, start_at: int, end_at: int) -> int:
        """See `Calendar.between`."""
        if end_at < start_at:
            return -self.between(end_at, start_at)
        first, last = self._number_at(start_at), self._number_at(end_at)
        whole = sum(self._block(number).total for number in range(first, last))
        return whole + self._block(last).passed(end_at) - self._block(first).passed(start_at)

    def is_open(self, at: int) -> bool:
        """See `Calendar.is_open`."""
        return self.next_open(at) == at

    def next_open(self, at: int) -> int:
        """See `Calendar.next_open`."""
        number = self._number_at(at)
        while True:
            block = self._block(number)
            place = bisect_right(block.ends, at)
            if place < len(block.ends):
                return max(at, block.starts[place])
            number += 1

    def segments(self, start_at: int, end_at: int) -> Iterator[Segment]:
        """See `Calendar.segments`. What is closed is told date by date, unless the reason stays."""
        held: Segment | None = None
        for piece in self._pieces(start_at, end_at):
            if held is not None and (held.is_open, held.why) == (piece.is_open, piece.why):
                held = held._replace(end_at=piece.end_at)
                continue
            if held is not None:
                yield held
            held = piece
        if held is not None:
            yield held

    def describe(self) -> str:
        """Such as `office: Mon-Fri 09:00-14:00 15:00-18:00, Sat 10:00-14:00 Europe/Madrid`."""
        return f"{self.name}: {describe_week(self.week)} {self.time_zone}"

    def to_data(self) -> dict[str, Any]:
        """As plain data, for a settings snapshot."""
        return {
            "time_zone": self.time_zone,
            "week": [[list(r) for r in ranges] for ranges in self.week],
            "days": {d: [day.name, [list(r) for r in day.hours]] for d, day in self.days.items()},
        }

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> WeeklyCalendar:
        """Read what `to_data` wrote."""
        return cls(
            name,
            data["time_zone"],
            tuple(_ranges(ranges) for ranges in data["week"]),
            {d: Day(called, _ranges(hours)) for d, (called, hours) in data["days"].items()},
        )

    @property
    def open_in_a_week(self) -> int:
        """Open ms of a week without special days and changes of the clock."""
        week = 7 * DAY_MINUTES
        open_minutes = {
            (number * DAY_MINUTES + minute) % week
            for number, ranges in enumerate(self.week)
            for start, end in ranges
            for minute in range(start, end)
        }
        return len(open_minutes) * MINUTE

    def _number_at(self, at: int) -> int:
        """Which block a time is in. The local date is at most a day from that of UTC."""
        number = at // DAY // _DATES
        block = self._block(number)
        if at < block.begins_at:
            return number - 1
        return number + 1 if at >= block.ends_at else number

    def _block(self, number: int) -> _Block:
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = self._make_block(number)
        return block

    def _make_block(self, number: int) -> _Block:
        first = number * _DATES
        begins_at, ends_at = self._midnight(first), self._midnight(first + _DATES)
        starts: list[int] = []
        ends: list[int] = []
        # Dates before may reach into the block, also over a date that the zone skipped.
        dates = range(first - _REACH, first + _DATES)
        pieces = [p for date in dates for p in self._open_on(date)]
        for start, end in sorted(pieces):
            start, end = max(start, begins_at), min(end, ends_at)  # noqa: PLW2901 - cut to the block
            if start >= end:
                continue
            if ends and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
        before, upto, total = [], [], 0
        for start, end in zip(starts, ends, strict=True):
            before.append(total)
            total += end - start
            upto.append(total)
        return _Block(
            begins_at, ends_at, tuple(starts), tuple(ends), tuple(before), tuple(upto), total
        )

    def _open_on(self, date: int) -> Iterator[Range]:
        """The stretches that begin on a date, UTC ms; cut where a date behind it is special."""
        special = self._dates.get(date)
        # 1970-01-01 was a Thursday.
        ranges = self.week[(date + 3) % 7] if special is None else special.hours
        cut = None
        if ranges and self._dates:
            behind = range(date + 1, date + 1 + _REACH)
            cut = next((self._midnight(d) for d in behind if d in self._dates), None)
        for start, end in ranges:
            start_at, end_at = self._utc(date, start), self._utc(date, end)
            yield start_at, end_at if cut is None else min(end_at, cut)

    def _pieces(self, start_at: int, end_at: int) -> Iterator[Segment]:
        """Open and closed pieces, cut at local midnights."""
        date = self._date_of(start_at)
        at = start_at
        while at < end_at:
            stop = min(end_at, self._midnight(date + 1))
            if stop > at:
                yield from self._pieces_of_date(date, at, stop)
                at = stop
            date += 1

    def _pieces_of_date(self, date: int, at: int, stop: int) -> Iterator[Segment]:
        special = self._dates.get(date)
        why = special.name if special else ""
        while at < stop:
            opens = min(stop, self.next_open(at))
            if at < opens:
                yield Segment(at, opens, is_open=False, why=self._why_closed(date))
            if opens == stop:
                return
            at = min(stop, self._closes(opens))
            yield Segment(opens, at, is_open=True, why=why)

    def _closes(self, at: int) -> int:
        """When it closes that is open at a time; at the latest where its block ends."""
        block = self._block(self._number_at(at))
        return block.ends[bisect_right(block.ends, at)]

    def _why_closed(self, date: int) -> str:
        special = self._dates.get(date)
        if special is not None and special.hours:
            return f"outside the hours of {special.name or 'that day'}"
        if special is not None:
            return special.name or "closed that day"
        weekday = (date + 3) % 7
        return "outside opening hours" if self.week[weekday] else f"closed on {_PLURALS[weekday]}"

    def _date_of(self, at: int) -> int:
        """The local date of a time: the last whose midnight is not after it."""
        date = at // DAY + 1
        while self._midnight(date) > at:
            date -= 1
        return date

    def _midnight(self, date: int) -> int:
        return self._utc(date, 0)

    def _utc(self, date: int, minutes: int) -> int:
        """UTC ms of a wall-clock time."""
        if not _FIRST < date < _LAST:
            raise OverflowError(f"calendar {self.name!r}: no date so far away can be told")
        wall = _EPOCH + timedelta(days=date, minutes=minutes)
        offset = wall.replace(tzinfo=self._zone).utcoffset() or timedelta()
        return date * DAY + minutes * MINUTE - offset // _MILLISECOND


_PLURALS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def _ranges(data: Iterable[Sequence[int]]) -> tuple[Range, ...]:
    return tuple((start, end) for start, end in data)


@lru_cache(maxsize=4096)
def _date_number(date: str) -> int:
    return (datetime.fromisoformat(date) - _EPOCH).days


def describe_week(week: Sequence[Sequence[Range]]) -> str:
    """Such as `Mon-Fri 09:00-14:00 15:00-18:00, Sat 10:00-14:00`."""
    parts: list[tuple[int, int]] = []
    for number, ranges in enumerate(week):
        if not ranges:
            continue
        if parts and parts[-1][1] == number - 1 and week[parts[-1][0]] == ranges:
            parts[-1] = (parts[-1][0], number)
        else:
            parts.append((number, number))
    return ", ".join(
        f"{WEEKDAYS[a]}{f'-{WEEKDAYS[b]}' if b > a else ''} {describe_hours(week[a])}"
        for a, b in parts
    )


def describe_hours(ranges: Sequence[Range]) -> str:
    """Such as `09:00-14:00 15:00-18:00`; a time on the next date is written as of that date."""
    return " ".join(f"{_wall(start)}-{_wall(end)}" for start, end in ranges)


def _wall(minutes: int) -> str:
    if minutes > DAY_MINUTES:
        minutes -= DAY_MINUTES
    return f"{minutes // 60:02}:{minutes % 60:02}"
