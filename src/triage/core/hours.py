"""Business time behind one interface: how far a span reaches, and how long an interval was.

A calendar says when the brand's support is open. All arithmetic is on UTC epoch milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Calendar(Protocol):
    """Opening hours.

    `add` and `between` are inverse: `between(a, add(a, s)) == s` for every span `s >= 0`.
    """

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    def add(self, start_at: int, span: int) -> int:
        """Tell when `span` ms of open time have passed since `start_at`."""
        ...

    def between(self, start_at: int, end_at: int) -> int:
        """Count the open ms from `start_at` to `end_at`."""
        ...

    def describe(self) -> str:
        """Say in a few words when it is open, for the explanation of a due time."""
        ...


@dataclass(frozen=True, slots=True)
class AlwaysOpen:
    """Around the clock, every day: business time is clock time."""

    name: str = "always"

    def add(self, start_at: int, span: int) -> int:
        """See `Calendar.add`."""
        return start_at + span

    def between(self, start_at: int, end_at: int) -> int:
        """See `Calendar.between`."""
        return end_at - start_at

    def describe(self) -> str:
        """See `Calendar.describe`."""
        return "open around the clock"


ALWAYS_OPEN = AlwaysOpen()
