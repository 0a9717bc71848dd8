"""The channels by name. Nothing of a channel is imported before it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from triage.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from triage.core.channel import Channel

CHANNELS = {
    "x": "triage.channels.x.channel:XChannel",
    "memory": "triage.channels.memory:MemoryChannel",
}
"""Where each channel's class lives, as `module:Class`."""


def load(name: str) -> Callable[..., Channel]:
    """Import a channel's class. Raises `ConfigError` for a name that is not known."""
    place = CHANNELS.get(name)
    if place is None:
        known = ", ".join(sorted(CHANNELS))
        raise ConfigError(f"There is no channel {name!r}", hint=f"Use one of: {known}")
    module, _, attribute = place.partition(":")
    channel: Callable[..., Channel] = getattr(import_module(module), attribute)
    return channel


def measure_of(name: str) -> tuple[Callable[[str], int], int]:
    """How a channel measures a reply, and the longest that it takes; no keys are needed for that.

    Every channel so far measures as X does, and so is what came from an archive.
    """
    del name
    from triage.channels.x.length import MAX_WEIGHTED_LENGTH, weighted_length

    return lambda text: weighted_length(text, is_reply=True), MAX_WEIGHTED_LENGTH
