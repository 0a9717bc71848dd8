"""Business time behind one interface: how far a span reaches, and how long an interval was.

A calendar says when the brand's support is open. All arithmetic is on UTC epoch milliseconds.
`AlwaysOpen` is here; opening hours with a zone, holidays and special days are in `core.calendar`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

ALWAYS = "always"
"""The name of the calendar that is open around the clock; the configuration cannot define it."""


class Segment(NamedTuple):
    """A stretch of time in which a calendar is open throughout, or closed for one reason.

    Attributes:
        start_at: UTC ms.
        end_at: UTC ms; not in it.
        is_open: Whether it counts.
        why: Why it is closed, or which special day it is open on; empty within usual hours.
    """

    start_at: int
    end_at: int
    is_open: bool
    why: str = ""

    @property
    def span(self) -> int:
        """How long it is, ms of clock time."""
        return self.end_at - self.start_at


class Calendar(Protocol):
    """Opening hours.

    `add` and `between` are inverse: `between(a, add(a, s)) == s` for every span `s >= 0`.
    """

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    def add(self, start_at: int, span: int) -> int:
        """Tell the earliest time by which `span` ms of open time have passed since `start_at`."""
        ...

    def add_two(self, start_at: int, sooner: int, later: int) -> tuple[int, int]:
        """`add` for two spans: when to warn and when it is due are asked together."""
        ...

    def between(self, start_at: int, end_at: int) -> int:
        """Count the open ms from `start_at` to `end_at`; negative if the end is before it."""
        ...

    def is_open(self, at: int) -> bool:
        """Whether it is open at a time."""
        ...

    def next_open(self, at: int) -> int:
        """The earliest time from `at` on at which it is open."""
        ...

    def segments(self, start_at: int, end_at: int) -> Iterator[Segment]:
        """Part an interval into what counts and what does not, with the reasons."""
        ...

    def describe(self) -> str:
        """Say in a few words when it is open, for the explanation of a due time."""
        ...


@dataclass(frozen=True, slots=True)
class AlwaysOpen:
    """Around the clock, every day: business time is clock time."""

    name: str = ALWAYS

    def add(self, start_at: int, span: int) -> int:
        """See `Calendar.add`."""
        return start_at + span

    def add_two(self, start_at: int, sooner: int, later: int) -> tuple[int, int]:
        """See `Calendar.add_two`."""
        return start_at + sooner, start_at + later

    def between(self, start_at: int, end_at: int) -> int:
        """See `Calendar.between`."""
        return end_at - start_at

    def is_open(self, at: int) -> bool:
        """See `Calendar.is_open`."""
        del at
        return True

    def next_open(self, at: int) -> int:
        """See `Calendar.next_open`."""
        return at

    def segments(self, start_at: int, end_at: int) -> Iterator[Segment]:
        """See `Calendar.segments`."""
        if start_at < end_at:
            yield Segment(start_at, end_at, is_open=True)

    def describe(self) -> str:
        """See `Calendar.describe`."""
        return "open around the clock"


ALWAYS_OPEN = AlwaysOpen()
