"""What the store gives back: rows as values, in the words of the screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from triage.core.holds import HoldState
from triage.core.model import CloseReason, Kind, Role, WaitState
from triage.core.outbox import ReplyState


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as `show` and `search` print it.

    Attributes:
        kind: Effective kind; None for what was not tagged.
        corrected: The kind is an agent's.
        agent: Who sent it through us; None for what we did not send.
        absent: Why the channel gives it no more, or `removed` if we let go of its words; its text
            is empty then, or will be soon.
        edited_at: When its newest version was written, UTC ms, where that is known.
        lang: The channel's idea of its language, if it has one.
    """

    id: int
    conversation_id: int | None
    native_id: str
    role: Role
    author: str
    author_name: str
    text: str
    posted_at: int
    fetched_at: int
    deleted_at: int | None
    url: str | None
    kind: Kind | None
    corrected: bool
    agent: str | None
    is_history: bool
    in_reply_to: str | None
    edited: bool
    absent: str | None = None
    edited_at: int | None = None
    lang: str | None = None


class VersionView(NamedTuple):
    """What a message said before it was edited.

    Attributes:
        text: Empty if only its id is known, or its words were taken out.
        written_at: UTC ms; None if the channel did not tell.
        kind: What a mention was taken for then; None if that was never asked.
    """

    version_id: str
    text: str
    written_at: int | None
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class WaitView:
    """A wait as `show` explains it; see `core.wait.Wait` for the meaning of each time."""

    id: int
    conversation_id: int
    state: WaitState
    kind: Kind
    needs_answer: bool
    opening_id: int
    last_id: int
    mentions: int
    opened_at: int
    fetched_at: int
    due_at: int | None
    due_by: int | None
    warn_at: int | None
    settings_id: int
    ended_at: int | None
    agent: str
    outside: bool
    is_met: bool | None
    answered_by: str
    close_reason: CloseReason | None
    urgency: str | None
    policy: str = ""
    promised: int | None = None
    hold: HoldState | None = None
    hold_until: int | None = None

    def rests(self, now: int) -> bool:
        """Whether an agent lets it rest at a time, UTC ms."""
        return self.hold is not None and (self.hold_until is None or now < self.hold_until)


@dataclass(frozen=True, slots=True)
class ConversationView:
    """Who talks to which account, and where."""

    id: int
    brand_id: int
    account_id: int | None
    account: str
    channel: str
    thread_id: str
    customer_id: int
    customer: str
    customer_name: str
    followers: int | None


@dataclass(frozen=True, slots=True)
class Activity:
    """What somebody did, when, to what. Append-only.

    Attributes:
        uuid: Made by whoever acts; the same act twice is one.
        what: Such as `close`, `reopen`, `tag`, `reply`.
        before: What it was, where the act changes something.
        after: What it became.
        seen_at: `posted_at` of the newest mention that the agent had before them.
        seen_id: Its native id.
        voids_id: The act that this one takes back.
        db_user: Whom the server of the store had let in; None in a file. The agent's name is what
            their configuration says.
        part_of: The act that it was done together with, and is taken back with.
    """

    uuid: str
    at: int
    agent: str
    what: str
    conversation_id: int | None = None
    message_id: int | None = None
    before: str | None = None
    after: str | None = None
    detail: str = ""
    seen_at: int | None = None
    seen_id: str | None = None
    voids_id: int | None = None
    id: int = 0
    db_user: str | None = None
    part_of: int | None = None


class Correction(NamedTuple):
    """What an agent said a mention is (`triage tag`): the newest word on it.

    Attributes:
        message_id: The mention.
        conversation_id: Where it stands.
        text: As the channel reported it last.
        lang: The channel's idea of the language, if it has one.
        kind: What the agent said.
        was: What the mention was taken for before anybody corrected it.
        at: When it was said.
        agent: Who said it.
    """

    message_id: int
    conversation_id: int | None
    text: str
    lang: str | None
    kind: Kind
    was: Kind | None
    at: int
    agent: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A row of the outbox; see `core.outbox` for its states.

    Attributes:
        send_at: While it is scheduled: when it is to be queued, UTC ms.
        schedule: How that time was told: `at`, `when-open` or `event`; empty if not scheduled.
        follows_id: The part before it, of a numbered thread; None for the first and for others.
        part: Its number in such a thread, from 1; 0 if it stands alone.
        parts: How many parts the thread has; 0 if it stands alone.
        undo_at: When a person asked for it to be taken back, UTC ms.
        written_by: Who typed it, if that is not `agent`, who sends it; empty otherwise.
    """

    id: int
    uuid: str
    account_id: int
    conversation_id: int | None
    in_reply_to: str | None
    text: str
    state: ReplyState
    agent: str
    seen_at: int | None
    seen_id: str | None
    created_at: int
    changed_at: int
    attempted_at: int | None = None
    attempts: int = 0
    retry_at: int | None = None
    native_id: str | None = None
    detail: str = ""
    send_at: int | None = None
    schedule: str = ""
    follows_id: int | None = None
    part: int = 0
    parts: int = 0
    undo_at: int | None = None
    written_by: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a page changed.

    Attributes:
        left_out: Posts of customers who were forgotten; they are not stored.
    """

    new_mentions: int = 0
    new_own: int = 0
    new_other: int = 0
    changed: int = 0
    known: int = 0
    left_out: int = 0

    def __add__(self, other: Saved) -> Saved:
        return Saved(
            self.new_mentions + other.new_mentions,
            self.new_own + other.new_own,
            self.new_other + other.new_other,
            self.changed + other.changed,
            self.known + other.known,
            self.left_out + other.left_out,
        )
