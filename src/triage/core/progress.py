"""How far each account was read, and how its fetches ended."""

from typing import NamedTuple


class Checkpoint(NamedTuple):
    """How far a stream of an account was read.

    Attributes:
        reached_id: Everything up to here was read; None before the first finished walk.
        walk_target_id: Newest id of the walk under way; None if none is.
        walk_floor_id: How far down that walk must go; None for as far as the channel goes.
        walk_oldest_id: How far down it got.
        walk_token: The channel's way to continue it.
        walk_seen: How many posts it has read.
        completed_at: When a walk was last finished, UTC ms.
    """

    reached_id: str | None = None
    walk_target_id: str | None = None
    walk_floor_id: str | None = None
    walk_oldest_id: str | None = None
    walk_token: str | None = None
    walk_seen: int = 0
    completed_at: int | None = None


class Gap(NamedTuple):
    """A stretch of a stream that may hold posts which we never saw.

    Attributes:
        after_id: It begins behind this id.
        before_id: And ends before this one.
        found_at: When we got to know of it, UTC ms.
        about: How many posts it holds if they are as dense as around it; None if nothing tells.
        after_at: The time of `after_id`, UTC ms; None where ids carry none.
        before_at: The time of `before_id` likewise.
        closed_at: When it was read after all, UTC ms; None while it was not.
    """

    account_id: int
    stream: str
    after_id: str
    before_id: str
    found_at: int
    about: int | None = None
    after_at: int | None = None
    before_at: int | None = None
    closed_at: int | None = None


class Run(NamedTuple):
    """One fetch of one account, as it ended.

    Attributes:
        missed: New mentions that only a sweep had found.
    """

    account_id: int
    started_at: int
    ended_at: int | None
    outcome: str
    new_mentions: int
    new_own: int
    detail: str
    missed: int = 0
