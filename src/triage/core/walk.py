"""How a stream is read without losing anything: walks from the newest post down to the known.

A walk goes from the newest post downward, page by page, until it is below what an earlier walk had
reached. Only a finished walk moves the checkpoint; an interrupted one is continued where it
stopped, and whatever came in above it meanwhile is the next walk's.
"""

from __future__ import annotations

from collections.abc import Callable

from triage.core.channel import Page, PageRequest
from triage.core.model import id_key
from triage.core.progress import Checkpoint

_SNOWFLAKE_SHIFT = 22
_NEARLY = 0.75
"""A walk that was interrupted can hit the channel's limit earlier: new posts count against it."""


def start(checkpoint: Checkpoint, floor_id: str | None) -> Checkpoint:
    """Begin a walk, or go on with the one that was interrupted.

    Args:
        checkpoint: As stored.
        floor_id: How far down a new walk must go: the reached id less the overlap, or None.
    """
    if checkpoint.walk_target_id is not None:
        return checkpoint
    return checkpoint._replace(
        walk_floor_id=floor_id, walk_oldest_id=None, walk_token=None, walk_seen=0
    )


def overlap_floor(
    reached_id: str | None,
    time_of: Callable[[str], int | None],
    id_at: Callable[[int], str | None],
    overlap: int,
) -> str | None:
    """The id down to which a new walk must read.

    Some posts show up late, below what was read already, so a walk reads back over a stretch.

    Args:
        reached_id: Everything up to here was read; None reads as far as the channel goes.
        time_of: UTC ms of an id, or None if ids carry no time.
        id_at: The smallest id of a time.
        overlap: How far to read back, ms.
    """
    if reached_id is None:
        return None
    at = time_of(reached_id)
    floor = None if at is None else id_at(at - overlap)
    return reached_id if floor is None else floor


def request(checkpoint: Checkpoint) -> PageRequest:
    """The next page of the walk under way."""
    if checkpoint.walk_token:
        return PageRequest(since_id=checkpoint.walk_floor_id, token=checkpoint.walk_token)
    return PageRequest(since_id=checkpoint.walk_floor_id, until_id=checkpoint.walk_oldest_id)


def advance(checkpoint: Checkpoint, page: Page) -> Checkpoint:
    """The walk after a page was stored.

    Its first posts say how far it reads: a newer one on a later page may have others below it that
    came in meanwhile and that nobody has read. A token that leads to itself is not followed.
    """
    ids = [p.current_id for p in page.posts]
    newest = max(ids, key=id_key, default=None)
    oldest = min(ids, key=id_key, default=None)
    repeats = page.next_token == checkpoint.walk_token
    return checkpoint._replace(
        walk_target_id=checkpoint.walk_target_id or newest,
        walk_oldest_id=_smaller(checkpoint.walk_oldest_id, oldest),
        walk_token=None if repeats else page.next_token,
        walk_seen=checkpoint.walk_seen + len(ids),
    )


def without_token(checkpoint: Checkpoint) -> Checkpoint:
    """The walk after its token expired: it goes on below the oldest id seen."""
    return checkpoint._replace(walk_token=None)


def finish(checkpoint: Checkpoint, at: int) -> Checkpoint:
    """The checkpoint after a walk came to its end."""
    return Checkpoint(
        reached_id=_greater(checkpoint.reached_id, checkpoint.walk_target_id), completed_at=at
    )


def gap(checkpoint: Checkpoint, limit: int | None, *, resumed: bool) -> tuple[str, str] | None:
    """Where posts may be missing after a walk came to its end.

    The channel gives no more than its newest `limit` posts. A walk that ends there, above what was
    reached before, leaves a stretch that nobody saw.

    Returns:
        The ids between which posts may be missing, or None.
    """
    reached, oldest = checkpoint.reached_id, checkpoint.walk_oldest_id
    if limit is None or reached is None or oldest is None or id_key(oldest) <= id_key(reached):
        return None
    enough = limit * _NEARLY if resumed else limit
    return (reached, oldest) if checkpoint.walk_seen >= enough else None


def covered(checkpoint: Checkpoint, limit: int | None, *, resumed: bool) -> tuple[str, str] | None:
    """Between which ids a walk that is about to finish has read everything that it was given.

    Args:
        checkpoint: The walk, before `finish`.
        limit: How many posts the channel gives at most; None is all.
        resumed: It was interrupted in between.

    Returns:
        The lower id and the upper one, both within; None if it saw nothing.
    """
    newest, oldest = checkpoint.walk_target_id, checkpoint.walk_oldest_id
    if newest is None or oldest is None:
        return None
    enough = None if limit is None else limit * (_NEARLY if resumed else 1)
    if enough is not None and checkpoint.walk_seen >= enough:
        return oldest, newest
    return checkpoint.walk_floor_id or "0", newest


def time_of(native_id: str | None, epoch_ms: int | None) -> int | None:
    """When an id was made, UTC ms; None where ids carry no time."""
    if epoch_ms is None or native_id is None or not native_id.isdecimal():
        return None
    return (int(native_id) >> _SNOWFLAKE_SHIFT) + epoch_ms


def pace(checkpoint: Checkpoint, between: tuple[str, str], epoch_ms: int | None) -> int | None:
    """How many posts stand between two ids, were they as dense there as in the walk's own part.

    Args:
        checkpoint: The walk.
        between: The lower id and the upper one.
        epoch_ms: Of the ids' time; None if they carry none.
    """
    ids = (checkpoint.walk_oldest_id, checkpoint.walk_target_id, *between)
    times = [time_of(i, epoch_ms) for i in ids]
    if None in times:
        return None
    oldest, newest, lower, upper = (t or 0 for t in times)
    return round((upper - lower) * checkpoint.walk_seen / max(1, newest - oldest))


def _greater(a: str | None, b: str | None) -> str | None:
    return max((i for i in (a, b) if i is not None), key=id_key, default=None)


def _smaller(a: str | None, b: str | None) -> str | None:
    return min((i for i in (a, b) if i is not None), key=id_key, default=None)
