"""What happens in a scenario: posts, acts of agents, and promises that are put in force."""

from __future__ import annotations

from dataclasses import dataclass

from triage.core.holds import HoldState
from triage.core.model import CloseReason, Kind, Role
from triage.core.waits import Moment, moment

ACCOUNTS = ("acme", "acmehelp")
AGENTS = ("kim", "lee")
CUSTOMERS = ("ana", "bo", "cy", "dee", "eve", "zoe")
WAITING = (Role.MENTION, Role.INCIDENTAL)
"""Roles of what can wait for an answer."""


class Mistake(ValueError):
    """A line that cannot be read; `number` says which, from 1."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


@dataclass(frozen=True, slots=True)
class Post:
    """A post, by anyone.

    Attributes:
        number: Of its line; also our id of the message.
        at: When it was written, UTC ms.
        fetched_at: When we had it, UTC ms; None for one that never came to be.
        author: Who wrote it.
        role: What it is to the brand.
        native_id: The channel's id.
        thread: The id of the post that its thread began with.
        in_reply_to: The id of the post that it answers, or None.
        to: Who wrote that.
        quotes: The id of the post that it quotes, or None.
        accounts: To which of our accounts it is written, or by which.
        kind: What a mention is, when it was written.
        priority: Why it cannot wait, or None.
        agent: Who sent it through us; empty otherwise.
        seen_through: What that agent had seen.
        partner: Whose conversation it belongs to, where ours answers somebody.
        fate: What becomes of a reply: `sent`, `refused`, `lost` or `found`.
        text: Words to read at sight.
    """

    number: int
    at: int
    fetched_at: int | None
    author: str
    role: Role
    native_id: str
    thread: str
    in_reply_to: str | None = None
    to: str | None = None
    quotes: str | None = None
    accounts: tuple[str, ...] = ("acme",)
    kind: Kind | None = None
    priority: str | None = None
    agent: str = ""
    seen_through: Moment | None = None
    partner: str = ""
    fate: str = "sent"
    text: str = ""

    @property
    def moment(self) -> Moment:
        """Its place in the order of messages."""
        return moment(self.at, self.native_id)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that we got to know.

    Attributes:
        at: When we did, UTC ms.
        number: Of its line.
    """

    at: int
    number: int

    @property
    def place(self) -> tuple[int, int]:
        """Its place in the order of what we got to know."""
        return self.at, self.number


@dataclass(frozen=True, slots=True)
class Arrived(Event):
    """A post was fetched."""

    post: Post


@dataclass(frozen=True, slots=True)
class Replied(Event):
    """An agent sent a reply through us, whatever became of it."""

    post: Post


@dataclass(frozen=True, slots=True)
class Deleted(Event):
    """A post is gone from the channel."""

    post: Post


@dataclass(frozen=True, slots=True)
class Edited(Event):
    """A customer changed what they had written."""

    post: Post
    version_id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Act(Event):
    """Of an agent, on a conversation.

    Attributes:
        agent: Who.
        post: A post of the customer in that conversation.
        seen_through: The newest mention in it that the agent had before them.
    """

    agent: str
    post: Post
    seen_through: Moment


@dataclass(frozen=True, slots=True)
class Closed(Act):
    """An agent closes a conversation."""

    reason: CloseReason


@dataclass(frozen=True, slots=True)
class Reopened(Act):
    """An agent takes a close back."""


@dataclass(frozen=True, slots=True)
class Rested(Act):
    """An agent lets a conversation rest; no state goes on with it."""

    state: HoldState | None
    until: int | None = None
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Noted(Act):
    """An agent notes something of a customer; None takes it back."""

    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Tagged(Act):
    """An agent says what a post is."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Applied(Event):
    """Other promises are put in force."""

    name: str


@dataclass(frozen=True, slots=True)
class Began(Event):
    """The first fetch."""
