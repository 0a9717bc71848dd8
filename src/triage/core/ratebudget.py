"""How many requests a limit still allows, whatever the channel's headers said or failed to say.

A channel counts in windows whose edges it chooses; its headers tell where they are. While a header
told of a window that is not over, it is believed, less what was asked since. Without one, no more
is asked in any stretch as long as a window, wherever it begins, than the limit: so no window of the
channel's can hold more, even if every header is lost.

Requests are counted in slots of a sixtieth of a window, when they begin. Times are UTC epoch ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from triage.core.kinds import DAY, HOUR, MINUTE, SECOND

MARGIN = MINUTE
"""How long a request may be under way before the channel counts it, ms."""

_ROUNDING = 2 * SECOND
"""Channels tell the end of a window in whole seconds."""

_LATEST = DAY + HOUR
"""A window cannot end later than this from now: the clock was set back, or the header is wrong."""

_SLOTS = 60
_LATER_RUNS = 10
_REPLIES = 20


class Rule(NamedTuple):
    """What is allowed while no header has said otherwise.

    Attributes:
        limit: Requests in a window.
        span: Length of a window, ms.
    """

    limit: int
    span: int = 15 * MINUTE

    @property
    def slot(self) -> int:
        """Length of a slot, ms."""
        return self.span // _SLOTS

    def slot_at(self, at: int) -> int:
        """The number of the slot that a time lies in."""
        return at // self.slot

    def oldest_slot(self, now: int) -> int:
        """The oldest slot that still matters."""
        return self.slot_at(now - self.span - MARGIN)


class Told(NamedTuple):
    """What a header told of a window, less what was asked since.

    Attributes:
        limit: Requests in a window; 0 where the header did not say.
        remaining: Of them still allowed.
        reset_at: When the next window begins.
    """

    limit: int
    remaining: int
    reset_at: int


class Past(NamedTuple):
    """What is known of one limit.

    Attributes:
        slots: Requests by number of slot.
        told: What a header told last; None if none did.
    """

    slots: Mapping[int, int]
    told: Told | None = None

    def since(self, slot: int) -> int:
        """How many requests began in a slot or later."""
        return sum(calls for number, calls in self.slots.items() if number >= slot)


def limit_of(rule: Rule, past: Past) -> int:
    """The limit as a header told it, else as the rule has it."""
    return past.told.limit if past.told else rule.limit


def left(rule: Rule, past: Past, now: int) -> int:
    """How many requests may begin now."""
    told = past.told
    if told is not None and _in_force(told, now):
        return max(0, told.remaining)
    floor = rule.oldest_slot(now)
    if told is not None and told.reset_at <= now:
        floor = max(floor, rule.slot_at(told.reset_at - MARGIN))
    return max(0, limit_of(rule, past) - past.since(floor))


def next_at(rule: Rule, past: Past, now: int) -> int:
    """When a request may begin, if none may now; always later than now.

    That is when the window ends of which a header told, unless what began just before may count in
    the next one; else when the oldest requests are over.
    """
    told = past.told
    ends = [(number + 1) * rule.slot + rule.span + MARGIN for number in past.slots]
    if told is not None and _in_force(told, now):
        ends.append(told.reset_at + _ROUNDING)
    return next(
        (at for at in sorted(ends) if at > now and left(rule, past, at) > 0), now + rule.span
    )


def hear(rule: Rule, past: Past, said: Told, now: int) -> Told | None:
    """What is to be believed after a header: never more than was told and than was not yet asked.

    Requests that are under way are not in the header; they are in the slots, of which one more is
    counted: what began just before the window may have reached the channel in it.
    """
    if not now < said.reset_at <= now + _LATEST:
        return past.told
    limit = said.limit if said.limit > 0 else limit_of(rule, past)
    asked = past.since(rule.slot_at(said.reset_at - rule.span) - 1)
    remaining = min(said.remaining, limit - asked)
    told = past.told
    if told is not None and abs(told.reset_at - said.reset_at) <= _ROUNDING:
        remaining = min(remaining, told.remaining)
    return Told(limit, max(0, remaining), said.reset_at)


def for_others(available: int, limit: int) -> int:
    """What is left to whoever answers nobody: a part is kept for what a reply must look at."""
    return max(0, available - limit // _REPLIES)


def share(available: int, limit: int, accounts: int) -> int:
    """How many requests one account may make in this run.

    Args:
        available: What is left of the window for all.
        limit: Of the window.
        accounts: How many accounts are still to be read in this run from the same window.

    Returns:
        An equal part, with a tenth of the window left to the runs that follow; at least one while
        there is any.
    """
    if available <= 0:
        return 0
    return max(1, (available - limit // _LATER_RUNS) // max(1, accounts))


def _in_force(told: Told, now: int) -> bool:
    return now < told.reset_at + _ROUNDING and told.reset_at <= now + _LATEST
