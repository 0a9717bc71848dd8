"""Has somebody set the clock? Told by a second clock that nobody sets.

The difference between the wall clock and a clock that only counts on stays what it is while a
machine runs, suspended or not. Where it has changed between two looks, the wall clock was set.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from triage.core.kinds import DAY, MINUTE

TOLERANCE = 2 * MINUTE
"""So far two clocks may differ without anybody minding, ms."""

TOLD_FOR = 7 * DAY
"""So long a jump is told after it was found, ms."""


class Reading(NamedTuple):
    """Both clocks at one moment.

    Attributes:
        wall: What the machine takes for the time, UTC ms.
        steady: A clock that only counts on, from wherever it began, ms.
        boot: Since when it counts: an id of this run of the machine; empty where there is none.
    """

    wall: int
    steady: int
    boot: str

    @property
    def offset(self) -> int:
        """What nothing but setting the clock changes, ms."""
        return self.wall - self.steady


class Jump(NamedTuple):
    """The clock was set.

    Attributes:
        size: By how much, ms; forward is positive.
        found_at: When that was seen, UTC ms, by the clock as it was then.
    """

    size: int
    found_at: int

    def is_news(self, now: int) -> bool:
        """Whether it is still to be told."""
        return now - self.found_at <= TOLD_FOR


class Skew(NamedTuple):
    """A channel's clock and ours differ.

    Attributes:
        size: How far the channel's is ahead, ms; negative behind.
        seen_at: When that was seen, UTC ms by our clock.
    """

    size: int
    seen_at: int

    @property
    def matters(self) -> bool:
        """Whether it is more than what two good clocks differ by."""
        return abs(self.size) > MINUTE

    @property
    def lead(self) -> int:
        """How far our clock runs ahead of the channel's, ms; 0 where it does not."""
        return max(0, -self.size)


def find_jump(before: Reading | None, now: Reading) -> Jump | None:
    """Compare two looks at the clocks.

    Looks from different runs of the machine tell nothing. Where a machine does not say which run
    it is, only a jump backwards is one: a new start would look like one forward.
    """
    if before is None or before.boot != now.boot:
        return None
    size = now.offset - before.offset
    if abs(size) <= TOLERANCE or (size > 0 and not now.boot):
        return None
    return Jump(size, now.wall)


def to_text(value: Reading | Jump | Skew) -> str:
    """As the store keeps it."""
    return json.dumps(value)


def reading_from(text: str | None) -> Reading | None:
    """The look that the store keeps; None if there is none that can be read."""
    match _parts(text):
        case [int(wall), int(steady), str(boot)]:
            return Reading(wall, steady, boot)
    return None


def jump_from(text: str | None) -> Jump | None:
    """The jump that the store keeps; None if there is none that can be read."""
    match _parts(text):
        case [int(size), int(found_at)]:
            return Jump(size, found_at)
    return None


def skew_from(text: str | None) -> Skew | None:
    """The difference that the store keeps; None if there is none that can be read."""
    match _parts(text):
        case [int(size), int(seen_at)]:
            return Skew(size, seen_at)
    return None


def _parts(text: str | None) -> object:
    try:
        return json.loads(text or "null")
    except ValueError:
        return None
