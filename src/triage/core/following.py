"""Stored posts that are read again in turn, and posts that only others tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

Place = tuple[int, int]
"""Where a message stands in time: its `posted_at`, UTC ms, then our id."""


class Ring(StrEnum):
    """Stored posts, by how soon a change in them matters; each is read round and round."""

    OPEN = "open"
    """Of conversations in which somebody waits."""
    RECENT = "recent"
    OLD = "old"


class Known(NamedTuple):
    """A stored post that can be read again.

    Attributes:
        absent: Why the channel did not give it last time, or None.
    """

    id: int
    native_id: str
    version_id: str
    role: str
    absent: str | None
    posted_at: int

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in its ring."""
        return self.posted_at, self.id


class Missing(NamedTuple):
    """A post that a stored one answers, and that is not stored.

    Attributes:
        message_id: Our id of the one that answers.
        native_id: The missing one's.
        level: How many steps it stands above a post of ours, or one that was written to us.
    """

    message_id: int
    native_id: str
    level: int


def shares(budget: int, waiting: int, recent: int, old: int) -> dict[Ring, int]:
    """Part a budget of posts between the rings.

    Open conversations come first, and leave a fifth to the others, so that every post is read
    again some day. Of what is left a third is for old posts. What one ring does not need is the
    others'.

    Args:
        budget: How many posts may be read.
        waiting: How many posts the ring of open conversations has.
        recent: How many recent posts there are.
        old: How many old ones.
    """
    kept = min(recent + old, budget // 5)
    left = budget - min(waiting, budget - kept)
    for_recent = min(recent, left - min(old, left // 3))
    for_old = min(old, left - for_recent)
    return {
        Ring.OPEN: min(waiting, budget - for_recent - for_old),
        Ring.RECENT: for_recent,
        Ring.OLD: for_old,
    }


class FollowingPort(Protocol):
    """Stored posts that are read again, and posts that only others tell of."""

    def ring(
        self,
        scope: Mapping[str, object],
        ring: Ring,
        since: int,
        after: Place,
        many: int,
        until: Place | None = None,
    ) -> list[Known]:
        """The next posts of a ring, oldest first, behind a place and up to another."""
        ...

    def of_conversations(self, conversation_ids: Sequence[int]) -> list[Known]:
        """The posts of some conversations' threads, oldest first."""
        ...

    def known(self, brand_id: int, channel: str, native_ids: Sequence[str]) -> list[Known]:
        """What is stored of these posts."""
        ...

    def place(self, account_id: int, ring: Ring) -> Place:
        """How far a ring was read again."""
        ...

    def save_place(self, account_id: int, ring: Ring, place: Place) -> None:
        """Write how far a ring was read again."""
        ...

    def missing(
        self, brand_id: int, channel: str, through: int, many: int, levels: int
    ) -> list[Missing]:
        """The next posts behind a message that others answer, and that were never asked for."""
        ...

    def newest_id(self) -> int:
        """Our id of the newest message."""
        ...

    def note_parents(
        self, brand_id: int, channel: str, outcomes: Mapping[str, tuple[int, str]], at: int
    ) -> None:
        """Note what became of posts that were asked for: by id their level and the outcome."""
        ...

    def parents(self, brand_id: int, channel: str, native_ids: Sequence[str]) -> dict[str, str]:
        """What became of posts that were asked for, by id."""
        ...
