"""Was the clock set since the last look? Kept in the store, so that the doctor can tell it."""

from __future__ import annotations

from triage.core.clockwatch import (
    Jump,
    Reading,
    find_jump,
    jump_from,
    reading_from,
    to_text,
)
from triage.core.ports import Store

_READING = "clock"
_JUMP = "clock_jump"


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
