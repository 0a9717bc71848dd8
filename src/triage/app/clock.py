"""Was the clock set since the last look, and does it differ from a channel's?

Both are kept in the store, so that the doctor can tell it.
"""

from __future__ import annotations

from triage.core.clockwatch import (
    Jump,
    Reading,
    Skew,
    find_jump,
    jump_from,
    reading_from,
    skew_from,
    to_text,
)
from triage.core.kinds import MINUTE
from triage.core.ports import Store

_READING = "clock"
_JUMP = "clock_jump"
_SKEW = "channel_skew"


def watch_clock(store: Store, now: Reading) -> Jump | None:
    """Compare with the last look, and keep this one; a jump that is found is kept as well.

    Args:
        store: The store.
        now: Both clocks.
    """
    with store.tx():
        jump = find_jump(reading_from(store.settings.get(_READING)), now)
        store.settings.put(_READING, to_text(now))
        if jump is not None:
            store.settings.put(_JUMP, to_text(jump))
    return jump


def latest_jump(store: Store, now: Reading) -> Jump | None:
    """The jump since the last look, or the last that was kept, while it is news; writes nothing."""
    jump = find_jump(reading_from(store.settings.get(_READING)), now)
    jump = jump or jump_from(store.settings.get(_JUMP))
    return jump if jump is not None and jump.is_news(now.wall) else None


def note_skew(store: Store, size: int | None, now: int) -> Skew | None:
    """Keep how a channel's clock differs from ours, while it does.

    Args:
        store: The store.
        size: How far the channel's is ahead, ms; None if it did not tell.
        now: UTC ms.

    Returns:
        The difference if it is news: not kept before, or by another minute.
    """
    if size is None:
        return None
    skew, before = Skew(size, now), known_skew(store)
    if not skew.matters:
        if before is not None:
            with store.tx():
                store.settings.put(_SKEW, None)
        return None
    if before is not None and abs(before.size - size) <= MINUTE:
        return None
    with store.tx():
        store.settings.put(_SKEW, to_text(skew))
    return skew


def known_skew(store: Store) -> Skew | None:
    """How the channel's clock differed when it was last asked; None if the two agree."""
    return skew_from(store.settings.get(_SKEW))
