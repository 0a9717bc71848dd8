"""The port behind which every channel stands, and what passes through it.

A channel reads pages of posts, newest first, and posts replies. It never decides what is kept,
tagged or sent; it never sleeps through a rate limit; and it tells exactly what is known of a
reply's fate. `tests/channels/conformance.py` is the contract that every channel passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from triage.core.model import Author, Post


class Stream(StrEnum):
    """What can be read in walks from the newest post downward."""

    MENTIONS = "mentions"
    OWN = "own"
    """Our own posts: answers given elsewhere are found here."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a stream to read next.

    Attributes:
        since_id: Only posts with greater ids; None reads as far as the channel goes.
        until_id: Only posts with smaller ids; None starts at the newest.
        token: The channel's own way to continue; wins over `until_id`.
        start_at: Only posts from that time on, UTC ms, without naming an id; not with `since_id`.
    """

    since_id: str | None = None
    until_id: str | None = None
    token: str | None = None
    start_at: int | None = None


class Absence(StrEnum):
    """Why a channel does not give a post of which we know the id."""

    DELETED = "deleted"
    """Its author took it back, or it never was."""
    WITHHELD = "withheld"
    """The channel keeps it back, such as by the order of a court."""
    PROTECTED = "protected"
    """Its author shows it to their followers only."""
    SUSPENDED = "suspended"
    """The channel has suspended its author."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a stream, newest first.

    Attributes:
        posts: May be empty or short although more follows.
        next_token: How to continue; None means that the walk is at its end.
        context: Posts that came along because `posts` refer to them.
        gone: Native ids that the channel reports as deleted.
        problems: Entries that could not be read, in words without their texts.
        skew_ms: How far the channel's clock is ahead of ours, if it told its time.
        hidden: Native ids of posts that are there and are not shown, with the reason.
    """

    posts: Sequence[Post]
    next_token: str | None = None
    context: Sequence[Post] = ()
    gone: Sequence[str] = ()
    problems: Sequence[str] = ()
    skew_ms: int | None = None
    hidden: Mapping[str, Absence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the channel says of posts asked for by id; of some it may say nothing at all.

    Attributes:
        posts: Those that it gives.
        gone: Native ids that it reports as deleted.
        hidden: Native ids of posts that are there and are not shown, with the reason.
        context: Posts that came along because `posts` refer to them.
    """

    posts: Sequence[Post] = ()
    gone: Sequence[str] = ()
    hidden: Mapping[str, Absence] = field(default_factory=dict)
    context: Sequence[Post] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A reply as the channel is to post it.

    Attributes:
        media: What `Channel.upload` gave for each of its pictures.
        to_self: It answers a post of the same account: it goes on with a thread.
    """

    text: str
    in_reply_to: str | None
    media: tuple[str, ...] = ()
    to_self: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture on its way to a channel, with its words for those who cannot see it."""

    data: bytes
    media_type: str
    alt: str


class Fate(StrEnum):
    """What is known after an attempt to post."""

    SENT = "sent"
    """Confirmed: a channel id is in hand."""
    NOT_SENT = "not_sent"
    """It provably never left, or the channel asked to wait: it may be tried again."""
    REFUSED = "refused"
    """The channel said no for good."""
    UNKNOWN = "unknown"
    """Bytes left and no usable answer came: it may be public."""


@dataclass(frozen=True, slots=True)
class PostOutcome:
    """The fate of one attempt.

    Attributes:
        fate: What is known.
        native_id: The channel's id; only with `Fate.SENT`.
        detail: The channel's words or the failure, for the person; never a token.
        retry_at: With `NOT_SENT` by a rate limit: when to try again, UTC epoch ms.
        sign_in: With `REFUSED`: the credentials were the reason.
    """

    fate: Fate
    native_id: str | None = None
    detail: str = ""
    retry_at: int | None = None
    sign_in: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, for the callers that must know.

    Attributes:
        can_post: Replies can be sent.
        history_limit: How many posts of the mentions stream can be read back; None is all.
        max_length: In the channel's own units (see `Channel.length`).
        id_epoch_ms: Where ids carry time (snowflakes): the epoch; None if they do not.
        max_media: How many pictures a reply may have.
        max_media_bytes: How large each may be.
        max_alt: How many characters of words each may have.
        needs_summons: A reply is taken only by who was named or quoted in the post; see
            `core.replyable`.
    """

    can_post: bool = False
    history_limit: int | None = None
    max_length: int = 280
    id_epoch_ms: int | None = None
    max_media: int = 0
    max_media_bytes: int = 0
    max_alt: int = 0
    needs_summons: bool = False


class Channel(Protocol):
    """One account's way to a place where customers write.

    Every method may raise `SignInNeeded`, `RateLimited`, `NetworkDown` or `ChannelError`, and
    nothing else. Reads are retried inside; `post` never is.
    """

    name: str
    capabilities: Capabilities

    def me(self) -> Author:
        """Tell whose credentials these are."""
        ...

    def account(self, handle: str) -> Author:
        """Look up an account by handle. Raises `NotFound`."""
        ...

    def page(self, stream: Stream, account_id: str, request: PageRequest) -> Page:
        """Read one page. Raises `CursorExpired` when a token is not accepted any more."""
        ...

    def lookup(self, native_ids: Sequence[str]) -> Lookup:
        """Re-read posts by id."""
        ...

    def post(self, outgoing: Outgoing) -> PostOutcome:
        """Post once. Never raises for what happens after the request began to leave."""
        ...

    def upload(self, upload: Upload) -> str:
        """Bring a picture there, with its words; give its id for `Outgoing.media`.

        It is not public: retried inside like a read, and harmless to repeat.
        """
        ...

    def delete(self, native_id: str) -> bool:
        """Take back a post of ours. True when it is gone, also if it was gone before."""
        ...

    def length(self, text: str, *, is_reply: bool) -> int:
        """Measure a text in the units of `capabilities.max_length`."""
        ...

    def links(self, text: str) -> Sequence[tuple[int, int]]:
        """Tell where links stand in a text, as start and end: they are never cut."""
        ...

    def post_url(self, handle: str, native_id: str) -> str:
        """Where a browser finds a post."""
        ...

    def answer_url(self, native_id: str, text: str) -> str | None:
        """Where a person answers a post in a browser, the text filled in; None if nowhere."""
        ...

    def within(self, span_s: float) -> Channel:
        """The same way, for reads that must be over so many seconds from now.

        It reads as the account, tries once, and shares no connection with this one.
        """
        ...

    def id_at(self, at_ms: int) -> str | None:
        """Give the smallest id that a post of that time can have; None if ids carry no time."""
        ...
