"""Who is answered first: the order of the queue and the words for how a wait stands."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Literal, NamedTuple

from triage.core.kinds import (
    DAY,
    GRAVITY,
    HOUR,
    MINUTE,
    SECOND,
    UNSURE_BELOW,
    Kind,
    priority_class,
)


class Sla(StrEnum):
    """How an open wait stands against its promise."""

    OVERDUE = "overdue"
    DUE_SOON = "due soon"
    DUE = "due"
    PAUSED = "paused"
    """The clock stands, and nobody knows until when."""
    NONE = "none"
    """No answer is demanded."""


Held = Literal["without", "only", "with"]
"""What becomes of waits that an agent lets rest. No enum: it would cost each start of the queue."""


class Sort(StrEnum):
    """Orders that a person may ask for; `due` is the queue's own."""

    DUE = "due"
    WAITING = "waiting"
    NEWEST = "newest"
    KIND = "kind"


class QueueFilter(NamedTuple):
    """Which open waits to list; every condition that is given must hold.

    Attributes:
        include_undue: Also those that no policy demands an answer to.
        unsure: Only those that hold a mention of which the rules are not sure, and no agent has
            said what it is.
        due_before: Due before this time.
        customer: A handle as key.
        search: Words of any message in the conversation.
    """

    brand_id: int
    account_ids: Sequence[int] = ()
    kinds: Sequence[Kind] = ()
    include_undue: bool = False
    due_before: int | None = None
    customer: str | None = None
    search: str | None = None
    unsure: bool = False


class QueueItem(NamedTuple):
    """A line of the queue.

    Attributes:
        id: The conversation's id.
        state: `overdue`, `due soon`, `due`, `paused` or `none`.
        mentions: How many mentions the wait holds.
        assignee: The agent who claimed it, else who has a draft here; empty if nobody does.
        priority: Why it cannot wait, such as `safety`; None if it can.
        confidence: How sure its least sure mention was told, 0..1.
        hold: How an agent lets it rest, such as `snoozed`; None if it does not.
        hold_until: Until when, UTC ms; None if it does not, or nobody knows.
        assigned: Whose it is; empty if it is nobody's, or that was not asked for.
    """

    id: int
    channel: str
    account: str
    customer: str
    customer_name: str
    kind: Kind
    state: Sla
    waiting_since_at: int
    due_at: int | None
    overdue_s: int
    text: str
    url: str | None
    mentions: int
    assignee: str
    priority: str | None
    confidence: float
    hold: str | None = None
    hold_until: int | None = None
    assigned: str = ""

    @property
    def is_first(self) -> bool:
        """It goes before what is overdue."""
        return priority_class(self.priority) > 0

    @property
    def is_unsure(self) -> bool:
        """A person should look whether it is what it was taken for."""
        return self.confidence < UNSURE_BELOW


class Waiting(NamedTuple):
    """An open wait, as thin as the order of the queue needs it.

    Attributes:
        wait_id: Our id of the wait's row.
        conversation_id: The id that people type.
        kind: Gravest kind of the wait.
        priority: Class of urgency; greater goes first, 0 is normal.
        opened_at: UTC ms.
        due_at: UTC ms, or None.
        warn_at: UTC ms, or None.
        needs_answer: An answer is demanded.
        hold: How an agent let it rest last, or None.
        hold_until: Until when, UTC ms; None if nobody knows.
    """

    wait_id: int
    conversation_id: int
    kind: Kind
    priority: int
    opened_at: int
    due_at: int | None
    warn_at: int | None
    needs_answer: bool = True
    hold: str | None = None
    hold_until: int | None = None

    def sla(self, now: int) -> Sla:
        """How it stands at `now` (UTC ms): at its due time it is overdue."""
        if self.due_at is not None and now >= self.due_at:
            return Sla.OVERDUE
        if self.warn_at is not None and now >= self.warn_at:
            return Sla.DUE_SOON
        if self.due_at is not None:
            return Sla.DUE
        return Sla.PAUSED if self.hold is not None and self.needs_answer else Sla.NONE

    def rests(self, now: int) -> bool:
        """Whether an agent lets it rest at `now` (UTC ms)."""
        return self.hold is not None and (self.hold_until is None or now < self.hold_until)


_NEVER = 1 << 62


def _due_key(w: Waiting) -> tuple[int, ...]:
    due_at = _NEVER if w.due_at is None else w.due_at
    return (-w.priority, due_at, -GRAVITY[w.kind], w.conversation_id, w.wait_id)


def in_order(waiting: Iterable[Waiting], sort: Sort = Sort.DUE) -> list[Waiting]:
    """Sort as asked; every order is total, and falls back to the queue's own.

    The queue's own: priority class, then due time, then gravity, then id.
    """
    if sort is Sort.WAITING:
        return sorted(waiting, key=lambda w: (w.opened_at, *_due_key(w)))
    if sort is Sort.NEWEST:
        return sorted(waiting, key=lambda w: (-w.opened_at, *_due_key(w)))
    if sort is Sort.KIND:
        return sorted(waiting, key=lambda w: (-GRAVITY[w.kind], *_due_key(w)))
    return sorted(waiting, key=_due_key)


def short_span(ms: int) -> str:
    """A span to the minute: `41m`, `3h12m`, `1d4h`; its sign is left out."""
    ms = abs(ms)
    if ms >= DAY:
        hours = ms % DAY // HOUR
        return f"{ms // DAY}d{hours}h" if hours else f"{ms // DAY}d"
    if ms >= HOUR:
        minutes = ms % HOUR // MINUTE
        return f"{ms // HOUR}h{minutes:02}m" if minutes else f"{ms // HOUR}h"
    return rough_span(ms)


def rough_span(ms: int) -> str:
    """A span in its largest unit: `41m`, `3h`, `12d`; its sign is left out."""
    ms = abs(ms)
    for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if ms >= unit:
            return f"{ms // unit}{letter}"
    return f"{ms // SECOND}s"


def sla_words(sla: Sla, due_at: int | None, now: int) -> str:
    """The state in words, such as `overdue 3h12m` or `due 22m`."""
    if due_at is None:
        return "no promise" if sla is Sla.NONE else "paused"
    word = "overdue" if sla is Sla.OVERDUE else "due"
    return f"{word} {short_span(due_at - now)}"
