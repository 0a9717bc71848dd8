"""People as they are remembered: who they are, what was noted of them, what they were promised.

What follows from it, such as that somebody complains again, is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from triage.core.kinds import DAY, Kind
from triage.core.marks import Marks

REMEMBERED = 365 * DAY
"""How far back praise, and complaints after which somebody fell silent, are looked for, ms."""
SILENT_FOR = 7 * DAY
"""After how long somebody counts as silent unless an agent says otherwise, ms."""


class Whom(NamedTuple):
    """A customer that something is noted of, by whatever name an agent named them.

    Attributes:
        customer_id: Who was named.
        handle: Their handle, without `@`.
        conversation_id: The conversation that was named, or the newest of theirs; None if they
            have none.
        members: Our ids of whoever is the same person, the main one first; with the one named.
    """

    brand_id: int
    customer_id: int
    handle: str
    conversation_id: int | None
    members: tuple[int, ...]

    @property
    def reference(self) -> str:
        """What an agent can type to name them, whatever their handle becomes."""
        return reference_of(self.customer_id)


def reference_of(customer_id: int) -> str:
    """A customer's id as people type it, such as `c12`: a bare number is a conversation."""
    return f"c{customer_id}"


class Customer(NamedTuple):
    """One author on one channel.

    Attributes:
        first_at: `posted_at` of their first message here, UTC ms.
        seen_at: `posted_at` of their newest, UTC ms.
    """

    id: int
    channel: str
    native_id: str
    handle: str
    name: str
    followers: int | None
    first_at: int
    seen_at: int


class Note(NamedTuple):
    """What an agent wrote down of a customer.

    Attributes:
        id: The number that people type: that of the act.
        at: UTC ms.
        about: `customer`, or `conversation`.
        conversation_id: Where the agent was when they wrote it; None if that is not known.
    """

    id: int
    at: int
    agent: str
    customer_id: int
    about: str
    conversation_id: int | None
    text: str


class Outcome(StrEnum):
    """What became of a promise, as an agent said."""

    KEPT = "kept"
    BROKEN = "broken"
    TAKEN_BACK = "taken-back"
    """It was never made, or not to them."""


class PromiseState(StrEnum):
    """How a promise stands."""

    OPEN = "open"
    LATE = "late"
    """Nobody has said that it was kept, and its time is over."""
    KEPT = "kept"
    KEPT_LATE = "kept late"
    BROKEN = "broken"
    TAKEN_BACK = "taken back"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self in (PromiseState.OPEN, PromiseState.LATE)


class Promise(NamedTuple):
    """What a customer was promised.

    Attributes:
        id: The number that people type.
        due_at: It is kept if that is done before, UTC ms.
        made_at: UTC ms.
        agent: Who promised.
        conversation_id: Where; None if that is not known.
        outcome: What an agent said last that became of it; None if nobody did.
        ended_at: When they said so, UTC ms.
        ended_by: Who.
    """

    id: int
    customer_id: int
    text: str
    due_at: int
    made_at: int
    agent: str
    conversation_id: int | None
    outcome: Outcome | None = None
    ended_at: int | None = None
    ended_by: str | None = None

    def state(self, now: int) -> PromiseState:
        """How it stands at a time, UTC ms: at its due time it is late."""
        if self.outcome is None:
            return PromiseState.LATE if now >= self.due_at else PromiseState.OPEN
        if self.outcome is Outcome.KEPT:
            late = self.ended_at is not None and self.ended_at >= self.due_at
            return PromiseState.KEPT_LATE if late else PromiseState.KEPT
        if self.outcome is Outcome.BROKEN:
            return PromiseState.BROKEN
        return PromiseState.TAKEN_BACK


class Said(NamedTuple):
    """A mention of a customer, as far as their history is told by it.

    Attributes:
        at: `posted_at`, UTC ms.
        kind: What it counts as; None if it was not tagged yet.
        theme: What a complaint is about, or None.
    """

    message_id: int
    conversation_id: int
    at: int
    kind: Kind | None
    theme: str | None
    text: str


class Talk(NamedTuple):
    """A conversation in a customer's history.

    Attributes:
        account: Handle of the account that was asked.
        first_at: `posted_at` of the first message in it, UTC ms.
        last_at: Of the newest.
        messages: How many there are, ours with theirs.
    """

    id: int
    customer_id: int
    channel: str
    account: str
    first_at: int
    last_at: int
    messages: int


class Turn(NamedTuple):
    """Somebody complained, and praises since.

    Attributes:
        complained_at: When they complained last, UTC ms.
        praised_at: When they first praised after that, UTC ms.
    """

    complained_at: int
    praised_at: int


def turn_of(said: Iterable[Said]) -> Turn | None:
    """Tell whether somebody turned from complaint to praise, in whatever order it is given.

    Praise has to come after the last complaint: whoever complains again has turned back.
    """
    known = list(said)
    complained = max((s.at for s in known if s.kind is Kind.COMPLAINT), default=None)
    if complained is None:
        return None
    praised = [s.at for s in known if s.kind is Kind.PRAISE and s.at > complained]
    return Turn(complained, min(praised)) if praised else None


def themes_of(said: Iterable[Said]) -> dict[str, int]:
    """How often each theme came up, the most frequent first."""
    counts: dict[str, int] = {}
    for one in said:
        if one.theme is not None and one.kind is Kind.COMPLAINT:
            counts[one.theme] = counts.get(one.theme, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


class PeopleFilter(NamedTuple):
    """Which people to list; every condition that is given must hold.

    Attributes:
        now: UTC ms: what is asked for is told as of then.
        account_ids: Only who talked to these accounts; to any if empty.
        waiting: They wait for an answer.
        repeat: They complain again; see `core.marks`.
        advocates: Praise is their last word of the two, twice or after a complaint.
        silent_for: They wrote nothing for so long after their complaint was answered, ms.
        limit: At most so many, from whoever wrote last.
    """

    brand_id: int
    now: int
    account_ids: Sequence[int] = ()
    waiting: bool = False
    repeat: bool = False
    advocates: bool = False
    silent_for: int | None = None
    limit: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether any condition is given."""
        return self.waiting or self.repeat or self.advocates or self.silent_for is not None


class Listed(NamedTuple):
    """A person in a list.

    Attributes:
        customer: The main one of them.
        members: How many customers are this person.
        conversations: How many they have.
        waiting: In how many they wait for an answer.
        waiting_since: Since when they do, UTC ms.
        praises: In how many they praised; see `REMEMBERED`.
        praised_at: When they did last, UTC ms.
        complained_at: When they complained last, within the same time.
        answered_at: When a complaint of theirs was answered last, within the same time.
        last_at: `posted_at` of their newest message, UTC ms.
        marks: What is marked in the queue.
        attributes: What is noted of them.
    """

    customer: Customer
    members: int
    conversations: int
    waiting: int
    waiting_since: int | None
    praises: int
    praised_at: int | None
    complained_at: int | None
    answered_at: int | None
    last_at: int
    marks: Marks
    attributes: dict[str, str]

    @property
    def is_silent(self) -> bool:
        """They wrote nothing since a complaint of theirs was answered, and wait for nothing."""
        if self.answered_at is None or self.waiting:
            return False
        return self.last_at <= self.answered_at
