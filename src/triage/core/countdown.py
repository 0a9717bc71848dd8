"""A countdown to a dated event: `14d,7d,3d,1d,0` as moments.

Days are dates of the calendar: `3d` is at the event's own time of day, three dates before it, so
that "3 days until" is what everybody there would count. Hours are real time: `12h` is twelve hours
before it, whatever the clocks on the wall do. `0` is the event itself.

A time of day that the clock skips on some day is the first moment after the gap; one that it shows
twice is the first of the two. Both are said of the slot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from triage.core.model import DAY, HOUR, MINUTE
from triage.core.until import at_wall, wall_at
from triage.errors import UsageError

Wall = datetime
"""A date and a time of day as a clock on the wall shows them, without a zone."""

MOST_STEPS = 40
"""A countdown has no more posts."""
FURTHEST_DAYS = 999
FURTHEST_HOURS = 999
COUNTDOWN_HINT = "Write days, hours and 0 for the event itself: --countdown 14d,7d,1d,12h,0"
AT_HINT = 'Write a date and a time of day there: --at "2026-12-10 09:00"'

_STEP = re.compile(r"(\d{1,3})([dh]?)", re.ASCII)
_WALL = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d{1,2}):(\d\d)", re.ASCII)
_SHOWN = 20
_YEARS = range(1971, 2300)
_ONE_DAY = timedelta(days=1)


class Step(NamedTuple):
    """How long before the event.

    Attributes:
        number: Days or hours; 0 is the event itself.
        in_hours: It is so many hours of real time, and not dates.
    """

    number: int
    in_hours: bool = False

    @property
    def label(self) -> str:
        """As it is written: `14d`, `12h`, `0`."""
        return f"{self.number}{'h' if self.in_hours else 'd'}" if self.number else "0"


class Slot(NamedTuple):
    """When a post of a countdown is due.

    Attributes:
        step: How long before the event.
        due_at: UTC ms.
        day: The date there at that moment.
        days_left: Dates from there to the event's.
        hours_left: Whole hours of real time to the event; of a day's slot rounded.
        note: What the clock change did to it; empty if nothing.
    """

    step: Step
    due_at: int
    day: date
    days_left: int
    hours_left: int
    note: str = ""


def parse_step(text: str) -> Step:
    """Read one step such as `14d`, `12h` or `0`. Raises `UsageError`."""
    plain = text.strip().lower()
    found = _STEP.fullmatch(plain)
    if found is None or (int(found[1]) and not found[2]):
        said = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
        raise UsageError(f"{said!r} is no step of a countdown.", hint=COUNTDOWN_HINT)
    count = int(found[1])
    return Step(count, in_hours=found[2] == "h" and count > 0)


def parse_countdown(text: str) -> tuple[Step, ...]:
    """Read a countdown, its steps in any order, apart by commas or blanks.

    Raises:
        UsageError: It is empty or too long, or has a step that is none or that comes twice.
    """
    words = re.split(r"[,\s]+", text.strip().strip(","))
    if words == [""]:
        raise UsageError("The countdown is empty.", hint=COUNTDOWN_HINT)
    if len(words) > MOST_STEPS:
        raise UsageError(
            f"The countdown has {len(words)} steps.", hint=f"Give at most {MOST_STEPS}."
        )
    steps = tuple(parse_step(word) for word in words)
    twice = next((s.label for s in steps if steps.count(s) > 1), None)
    if twice:
        raise UsageError(f"The countdown has {twice} twice.", hint="Give each step once.")
    return steps


def parse_wall(text: str) -> datetime:
    """Read a date and a time of day, as a clock on the wall shows them; without a zone.

    Raises:
        UsageError: It is not understood, there is no such date, or it is centuries away.
    """
    plain = " ".join(text.split())
    found = _WALL.fullmatch(plain)
    said = repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
    if found is None:
        raise UsageError(f"{said} is not understood as a date and a time.", hint=AT_HINT)
    try:
        wall = datetime.fromisoformat(f"{found[1]}T{found[2]:0>2}:{found[3]}")
    except ValueError:
        raise UsageError(f"{said}: there is no such date or time.", hint=AT_HINT) from None
    if wall.year not in _YEARS:
        raise UsageError(f"{said} is out of reach.", hint=AT_HINT)
    return wall


def event_at(wall: datetime, zone: str) -> int:
    """When an event is, UTC ms.

    Raises:
        UsageError: Its date is none in that zone, or this machine does not know the zone.
    """
    return _on_its_date(wall, zone)


def slots(wall: datetime, zone: str, steps: Sequence[Step]) -> tuple[Slot, ...]:
    """When each post of a countdown is due, the first first.

    Args:
        wall: The event's date and time of day there.
        zone: IANA name.
        steps: In any order.

    Raises:
        UsageError: Two steps are the same moment, a date is none in that zone, or this machine
            does not know the zone.
    """
    end = event_at(wall, zone)
    found = sorted((_slot(wall, zone, end, step) for step in steps), key=lambda s: s.due_at)
    for one, other in pairwise(found):
        if one.due_at == other.due_at:
            raise UsageError(
                f"{one.step.label} and {other.step.label} are the same moment.",
                reason=f"Both are {_clock(wall_at(one.due_at, zone))} on {one.day}.",
                hint="Leave one of them out.",
            )
    return tuple(found)


def _slot(wall: datetime, zone: str, end: int, step: Step) -> Slot:
    last = wall.date()
    if step.in_hours:
        due = end - step.number * HOUR
        day = wall_at(due, zone).date()
        return Slot(step, due, day, (last - day).days, step.number)
    then = wall - step.number * _ONE_DAY
    due = _on_its_date(then, zone)
    hours = (end - due + HOUR // 2) // HOUR
    return Slot(step, due, then.date(), step.number, hours, _note(then, due, zone))


def _on_its_date(wall: datetime, zone: str) -> int:
    at = at_wall(wall, zone)
    shown = wall_at(at, zone)
    if shown.date() != wall.date():
        # A whole date, or its last minutes, that the clock there skips: no count would be right.
        raise UsageError(
            f"{wall.date()} {_clock(wall)} never comes in {zone}: the clock skips it.",
            hint="Choose another date or time.",
        )
    return at


def _note(wall: datetime, due: int, zone: str) -> str:
    shown = wall_at(due, zone)
    if shown.replace(tzinfo=None) != wall:
        return f"the clock skips {_clock(wall)} on that day; it is {_clock(shown)} then"
    if shown.replace(fold=0).utcoffset() != shown.replace(fold=1).utcoffset():
        return f"{_clock(wall)} comes twice on that day; it is the first"
    return ""


def _clock(when: datetime) -> str:
    return f"{when:%H:%M}"


LATE_HOURS = 30 * MINUTE
"""How late an hour's post still goes out where late ones are skipped, ms."""
MARGIN = MINUTE
"""So long before midnight a day's post does not begin to leave any more: it would arrive after."""


class Timely(NamedTuple):
    """Whether what a post says is true now.

    Attributes:
        is_over: It is not, and will not be again.
        why: Why it is not; empty if it may go out.
    """

    is_over: bool = False
    why: str = ""


def timely(slot: Slot, end: int, zone: str, now: int, *, send_late: bool) -> Timely:
    """Tell whether a slot's post may go out now.

    A day's post goes out on its own date there, however late: on another one its number of days
    would be wrong. An hour's post goes out for half an hour, or where late ones are to be sent,
    until the event.

    Args:
        slot: Which.
        end: When the event is, UTC ms.
        zone: Where its days are counted.
        now: UTC ms.
        send_late: Whether late ones are to be sent.
    """
    if slot.step.in_hours:
        last = end - MARGIN if send_late else slot.due_at + LATE_HOURS
        if now > last:
            return Timely(is_over=True, why=_late_words(slot, now))
        if now < slot.due_at:
            return Timely(why="its time has not come")
        return Timely()
    today = wall_at(now, zone).date()
    if today < slot.day:
        return Timely(why=f"it is for {slot.day}, and there it is {today}")
    if is_past_day(slot, zone, now):
        return Timely(is_over=True, why=f"its day is over: it was for {slot.day} there")
    return Timely()


def is_past_day(slot: Slot, zone: str, now: int) -> bool:
    """Whether a slot's date is over there (UTC ms), or will be before a post arrives."""
    return wall_at(now + MARGIN, zone).date() > slot.day


def _late_words(slot: Slot, now: int) -> str:
    late = now - slot.due_at
    size = f"{late // HOUR} h" if late < 2 * DAY else f"{late // DAY} days"
    if late < HOUR:
        size = f"{late // MINUTE} min"
    return f"it is {size} late, and speaks of hours"
