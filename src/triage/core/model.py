"""The words of the domain as values: facts as channels report them, and what follows from them.

Times are UTC epoch milliseconds (`int`), ids of channels are `str` (64-bit numbers must survive
JSON and spreadsheets), ids of ours are `int`. Everything here is immutable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from triage.core.kinds import (
    DAY,
    GRAVITY,
    HOUR,
    MINUTE,
    SECOND,
    UNSURE_BELOW,
    CloseReason,
    Kind,
    Role,
    WaitState,
    id_key,
)

__all__ = [
    "DAY",
    "GRAVITY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "UNSURE_BELOW",
    "Author",
    "CloseReason",
    "Evidence",
    "Kind",
    "Post",
    "Role",
    "Verdict",
    "WaitState",
    "id_key",
]


@dataclass(frozen=True, slots=True)
class Author:
    """One identity on a channel, as the channel reported it with a post.

    Attributes:
        native_id: The channel's id of the author; stays when the handle changes.
        handle: Without the leading `@`; may be empty when the channel did not say.
        name: The display name; hostile text like any other.
        followers: How many, if the channel said.
    """

    native_id: str
    handle: str = ""
    name: str = ""
    followers: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One post as a channel reported it: a fact, never edited by us.

    Attributes:
        native_id: The post's identity: the first id of its edit history.
        version_id: The id of this version; the same as `native_id` unless it was edited.
        author: Who wrote it.
        text: The full text, as received.
        posted_at: The channel's own time of the first version, UTC epoch ms.
        thread_id: The channel's conversation id; None when it has none.
        in_reply_to: Native id of the post that this answers.
        in_reply_to_author: Native id of that post's author.
        quotes: Native id of the post that this quotes.
        is_retweet: It is a copy of another post.
        mentions: Native ids of the authors named in the text, where the channel lists them.
        lang: The channel's own idea of the language (BCP 47), or None.
        url: Where a browser finds it, or None.
        visibility: `public` unless the channel says otherwise.
        reply_settings: Who may answer it, in the channel's word; empty if it did not say.
        raw: The payload as JSON text, for the archive; None if there is none.
        history: Ids of all its versions, oldest first, where the channel tells; may be empty.
        edited_at: When this version was written, UTC epoch ms; None if it is the first one, or
            the channel does not tell.
    """

    native_id: str
    author: Author
    text: str
    posted_at: int
    version_id: str = ""
    thread_id: str | None = None
    in_reply_to: str | None = None
    in_reply_to_author: str | None = None
    quotes: str | None = None
    is_retweet: bool = False
    mentions: tuple[str, ...] = ()
    lang: str | None = None
    url: str | None = None
    visibility: str = "public"
    reply_settings: str = ""
    raw: str | None = field(default=None, repr=False)
    history: tuple[str, ...] = ()
    edited_at: int | None = None

    @property
    def current_id(self) -> str:
        """The id of this version."""
        return self.version_id or self.native_id


class Evidence(NamedTuple):
    """One reason of a verdict: where a rule matched and what it weighed.

    A plain tuple, since every post makes several.

    Attributes:
        rule: Id of the rule.
        text: The matched words, as they stand in the post.
        start: Offset of the match in the post's text, in characters.
        end: Offset behind it.
        weights: What the match added, by kind, after `note` was applied.
        note: Why the weight differs from the rule's own, such as `negated`; usually empty.
    """

    rule: str
    text: str
    start: int
    end: int
    weights: Mapping[Kind, float]
    note: str = ""


class Verdict(NamedTuple):
    """What a mention was taken for, and why.

    Attributes:
        kind: The primary kind.
        scores: A share for each kind, 0..1, summing to 1.
        because: Every matched span, strongest first. Empty when nothing matched.
        confidence: 0..1: how far the kind is ahead of the runner-up in `scores`; less than half
            of that where no words speak, only marks and other signs. Four decimals.
        theme: What the strongest match toward complaint that has a theme is about, or None.
        priority: Why it cannot wait, by the gravest matched rule that says so, or None.
    """

    kind: Kind
    scores: Mapping[Kind, float]
    because: tuple[Evidence, ...] = ()
    confidence: float = 1.0
    theme: str | None = None
    priority: str | None = None

    @property
    def runner_up(self) -> Kind:
        """The kind with the next share; of equal ones the graver."""
        rest = [kind for kind in self.scores if kind is not self.kind]
        return max(rest, key=lambda kind: (self.scores[kind], GRAVITY[kind]))

    @property
    def is_unsure(self) -> bool:
        """Whether a person should look at it."""
        return self.confidence < UNSURE_BELOW
