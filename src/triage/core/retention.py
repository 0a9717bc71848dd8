"""How long each kind of data is kept: what there is, the least that figures need, and the port."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

from triage.core.kinds import DAY


class Data(StrEnum):
    """Kinds of data that have an age limit of their own."""

    PAYLOADS = "payloads"
    """Posts as the channel sent them."""
    TEXTS = "texts"
    """Words of posts and replies, and why they were tagged as they are."""
    VERSIONS = "versions"
    """What edited posts said before."""
    NOTES = "notes"
    """What was noted of customers, but for what a policy asks for."""
    ACTIVITY = "activity"
    """What somebody wrote beside an act; the act stays."""
    USAGE = "usage"
    """What requests cost, day by day."""
    ALERTS = "alerts"
    """Who was told of what."""


LEAST: Mapping[Data, int] = {Data.ACTIVITY: 31 * DAY, Data.USAGE: 93 * DAY, Data.ALERTS: 93 * DAY}
"""What figures of the last months need, ms."""

DEFAULTS: Mapping[Data, int | None] = {
    data: 90 * DAY if data is Data.PAYLOADS else None for data in Data
}
"""How long, ms; None is for good."""

Limits = Mapping[Data, int | None]


class Due(NamedTuple):
    """What is older than its limit.

    Attributes:
        data: Of which kind.
        kept_for: The limit, ms; None is for good.
        rows: How many rows would go now.
        oldest_at: The oldest that there is and that could go, UTC ms; None if there is none.
    """

    data: Data
    kept_for: int | None
    rows: int
    oldest_at: int | None


class Gone(NamedTuple):
    """What was let go: of which kind, and how many rows."""

    data: Data
    rows: int


class RetentionPort(Protocol):
    """Finding and letting go what is old; open waits keep all that they have.

    Call it outside of a transaction, once all that is marked was judged.
    """

    def due(self, brand_id: int, data: Data, kept_for: int | None, now: int) -> Due:
        """What of a kind is older than a limit; nothing is written."""
        ...

    def may_take(self, data: Data) -> bool:
        """Whether who is signed in may let go of it; acts are the owner's on a server."""
        ...

    def take(
        self, brand_id: int, data: Data, kept_for: int, now: int, most: int | None = None
    ) -> int:
        """Let go what is older than a limit, in short transactions; give how many rows.

        With `most` it stops once there were so many, or a few more.
        """
        ...

    def erase(self) -> None:
        """Take what was let go out of where it still stands; what cannot be now, the next run."""
        ...
