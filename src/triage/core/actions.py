"""Actions: what the brand did about a theme, and whom it tells ("you said, we did")."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from triage.core.outbox import ReplyState

LONGEST_TITLE = 120


class ActionState(StrEnum):
    """How far an action is."""

    OPEN = "open"
    """Somebody is at it."""
    OVERDUE = "overdue"
    """It was to be done by now."""
    DONE = "done"
    """It was done: those who asked for it can be told."""
    DROPPED = "dropped"
    """It is not done after all; nobody is told."""


@dataclass(frozen=True, slots=True)
class Action:
    """What the brand does about a theme.

    Attributes:
        id: As people type it; 0 before it is saved.
        uuid: Made by whoever adds it.
        title: What is done, in words for a customer.
        theme: What it is about.
        since_at: Whoever raised the theme from then on asked for it, UTC ms.
        owner: Who sees to it; empty if nobody does.
        due_at: Until when, UTC ms.
        done_at: Since when it is done, UTC ms.
        dropped_at: When it was given up, UTC ms.
    """

    id: int
    uuid: str
    title: str
    theme: str
    since_at: int
    owner: str
    due_at: int | None
    done_at: int | None
    dropped_at: int | None
    created_at: int
    created_by: str

    def state(self, now: int) -> ActionState:
        """How far it is at a time, UTC ms."""
        if self.dropped_at is not None:
            return ActionState.DROPPED
        if self.done_at is not None and self.done_at <= now:
            return ActionState.DONE
        late = self.due_at is not None and self.due_at <= now
        return ActionState.OVERDUE if late else ActionState.OPEN

    def until(self, now: int) -> int:
        """Up to when what is written asks for it, UTC ms, itself not in it.

        What is written once it is done knows of it, or could.
        """
        return now + 1 if self.done_at is None else min(self.done_at, now + 1)


class ToldState(StrEnum):
    """How far it is that a person is told."""

    TO_REVIEW = "to review"
    """It is drafted, and nobody has let it pass as it is."""
    APPROVED = "approved"
    """Somebody has read it; it goes out with the next sending."""
    ON_ITS_WAY = "on its way"
    """It waits for its time, is queued or being sent, or nobody knows whether it is public."""
    TOLD = "told"
    """It is public."""
    SKIPPED = "skipped"
    """Somebody decided that they are not told."""
    REFUSED = "refused"
    """The channel refused it."""
    TAKEN_BACK = "taken back"
    """It was public."""


@dataclass(frozen=True, slots=True)
class Told:
    """A person who is told of an action, at most once.

    Attributes:
        id: Our id; 0 before it is saved.
        person_id: Who: our id of a customer, one of all that they are.
        message_id: What they are answered.
        reply_id: The row of the outbox.
        approved: Hash of the text that somebody let pass; None if nobody did.
        reviewed_by: Who did, or skipped it; empty if nobody.
        reviewed_at: When, UTC ms.
        state: Of the reply.
        text: Of the reply.
        detail: Of the reply: why it is as it is.
        attempts: How often it was tried.
        handle: Theirs.
    """

    id: int
    action_id: int
    person_id: int
    message_id: int
    reply_id: int
    approved: str | None = None
    reviewed_by: str = ""
    reviewed_at: int | None = None
    state: ReplyState = ReplyState.DRAFT
    text: str = ""
    detail: str = ""
    attempts: int = 0
    conversation_id: int | None = None
    handle: str = ""
    customer_id: int = 0

    @property
    def standing(self) -> ToldState:
        """How far it is."""
        found = _STATES.get(self.state)
        if found is not None:
            return found
        return ToldState.APPROVED if self.is_approved else ToldState.TO_REVIEW

    @property
    def is_approved(self) -> bool:
        """Whether somebody has let pass the text as it is now."""
        return self.approved == mark_of(self.text)

    @property
    def may_begin_anew(self) -> bool:
        """Whether it was given up before it could have become public."""
        return self.state is ReplyState.CANCELLED and not self.attempts


_STATES = {
    ReplyState.SCHEDULED: ToldState.ON_ITS_WAY,
    ReplyState.QUEUED: ToldState.ON_ITS_WAY,
    ReplyState.SENDING: ToldState.ON_ITS_WAY,
    ReplyState.UNKNOWN: ToldState.ON_ITS_WAY,
    ReplyState.SENT: ToldState.TOLD,
    ReplyState.CANCELLED: ToldState.SKIPPED,
    ReplyState.FAILED: ToldState.REFUSED,
    ReplyState.DELETED: ToldState.TAKEN_BACK,
}
"""What a draft or a held reply is depends on its review."""


class Review(NamedTuple):
    """What a reply needs before it may go out.

    Attributes:
        action_id: Of what it tells.
        approved: Hash of the text that somebody let pass; None if nobody did.
        is_dropped: The action was given up.
    """

    action_id: int
    approved: str | None
    is_dropped: bool


class Answer(NamedTuple):
    """A person who was told, and what came of it.

    Attributes:
        reply_id: What told them.
        handle: Theirs.
        conversation_id: Where.
        told_at: When it became public, UTC ms.
        kind: Of the next that they wrote there; None if they wrote nothing.
        message_id: That mention.
        answered_at: When they wrote it, UTC ms.
    """

    reply_id: int
    handle: str
    conversation_id: int
    told_at: int
    kind: str | None
    message_id: int | None
    answered_at: int | None


def moment_text(ms: int) -> str:
    """A time as acts tell it, such as `2026-03-02T09:00:00+00:00`."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")


def mark_of(text: str) -> str:
    """What stands for a text that was read: another text has another mark, to the letter."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
