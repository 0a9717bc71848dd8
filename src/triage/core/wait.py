"""What waits are made of, and what judges them: mentions, answers, closes, waits, snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from triage.core.kinds import CloseReason, Kind, WaitState, id_key
from triage.core.policy import Settings

Moment = tuple[int, tuple[int, str]]
"""A point in the order of messages: posted_at (UTC ms), then the id as a number."""


def moment(posted_at: int, native_id: str) -> Moment:
    """Place a message in the order of messages."""
    return (posted_at, id_key(native_id))


class Former(NamedTuple):
    """What a mention was taken for when a wait ended, before the rules changed.

    Attributes:
        settings_id: The snapshot that judged that wait.
        kind: The rules' kind.
        priority: Why it could not wait, or None.
    """

    settings_id: int
    kind: Kind
    priority: str | None = None


class Mention(NamedTuple):
    """A customer's message as the clock sees it. An import makes one of each, so a tuple.

    Attributes:
        message_id: Our id.
        native_id: The channel's.
        posted_at: When it was written, UTC ms.
        fetched_at: When we first had it, UTC ms.
        kind: An agent's correction, else the rules' kind.
        deleted_at: When its author had deleted it, as far as we know; None while it stands.
        priority: Why it cannot wait, or None.
        confidence: How sure the rules are, 0..1; 1 where an agent has spoken.
        former: What it counts as under snapshots of other rules; elsewhere it is what it is now.
    """

    message_id: int
    native_id: str
    posted_at: int
    fetched_at: int
    kind: Kind
    deleted_at: int | None = None
    priority: str | None = None
    confidence: float = 1.0
    former: tuple[Former, ...] = ()

    @property
    def moment(self) -> Moment:
        """Its place in the order of messages."""
        return moment(self.posted_at, self.native_id)

    def under(self, settings_id: int) -> Mention:
        """The mention as a snapshot has to take it."""
        for former in self.former:
            if former.settings_id == settings_id:
                return self._replace(kind=former.kind, priority=former.priority)
        return self


class Answer(NamedTuple):
    """A confirmed message of ours that refers to the customer's.

    Attributes:
        message_id: Our id of the outbound message.
        native_id: The channel's.
        posted_at: The channel's time of it, UTC ms.
        seen_through: The newest mention that the agent had before them; None when the answer was
            given elsewhere: then it covers all that was written before it.
        agent: Who sent it through us; empty when it was given elsewhere.
        outside: It was given in another app.
    """

    message_id: int
    native_id: str
    posted_at: int
    seen_through: Moment | None = None
    agent: str = ""
    outside: bool = True


@dataclass(frozen=True, slots=True)
class Closing:
    """An agent's act that ends a wait without a public answer.

    Attributes:
        activity_id: Which act.
        at: When, UTC ms by our clock.
        reason: Why; `PRIVATE` settles, all others dismiss.
        seen_through: The newest mention that the agent had before them.
        agent: Who.
    """

    activity_id: int
    at: int
    reason: CloseReason
    seen_through: Moment
    agent: str = ""


class Wait(NamedTuple):
    """From a mention that deserves an answer to the answer. A row of the store, so a tuple.

    Attributes:
        opening_id: Our id of the mention that opened it.
        last_id: Our id of its newest mention.
        mentions: How many mentions it holds.
        opened_at: `posted_at` of the opening mention, UTC ms.
        fetched_at: When we first had the opening mention, UTC ms.
        kind: That of its gravest mention.
        needs_answer: False when no mention in it demands one; it has no due time then.
        due_at: The earliest time that any of its mentions demands, UTC ms, or None.
        due_by: Our id of the mention that demands `due_at`, or None.
        warn_at: From when on it is due soon, UTC ms, or None.
        state: How it stands.
        settings_id: The snapshot that judged it.
        ended_at: When it ended, UTC ms, or None.
        ended_by_message: Our id of the answer, or None.
        ended_by_activity: The act that closed it, or None.
        agent: Who ended it through us; empty otherwise.
        outside: It was answered in another app.
        urgency: Why it cannot wait: the gravest priority of its mentions, or None.
        confidence: That of its least sure mention while it is open; 1 once it has ended.
    """

    opening_id: int
    last_id: int
    mentions: int
    opened_at: int
    fetched_at: int
    kind: Kind
    needs_answer: bool
    due_at: int | None
    due_by: int | None
    warn_at: int | None
    state: WaitState
    settings_id: int
    ended_at: int | None = None
    ended_by_message: int | None = None
    ended_by_activity: int | None = None
    agent: str = ""
    outside: bool = False
    urgency: str | None = None
    confidence: float = 1.0

    @property
    def is_met(self) -> bool | None:
        """Whether the promise was kept; None while that is open or not measured.

        Only an answer can keep it, and only one before the due time: at the due time it is late.
        """
        if self.state is not WaitState.ANSWERED or self.due_at is None or self.ended_at is None:
            return None
        return self.ended_at < self.due_at


@dataclass(frozen=True, slots=True)
class Judge:
    """A settings snapshot and its id."""

    settings_id: int
    settings: Settings

    def demands(self, mention: Mention) -> bool:
        """Whether the policy demands an answer to this mention."""
        kind = mention.under(self.settings_id).kind
        return self.settings.policies[kind].respond_within is not None

    def due(self, mention: Mention) -> tuple[int, int] | None:
        """When an answer to this mention is due and when to warn, UTC ms; None if never."""
        policy = self.settings.policies[mention.kind]
        if policy.respond_within is None:
            return None
        due_at = self.settings.calendar.add(mention.posted_at, policy.respond_within)
        return due_at, due_at - policy.warn_before
