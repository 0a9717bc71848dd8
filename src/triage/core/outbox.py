"""Replying exactly once: the states of a reply, as a table, and how an unknown fate is settled.

Everything that changes a reply's state lives here. The store moves a reply by compare-and-set along
this table and in no other way.

    draft -> scheduled -> queued -> sending -> sent -> deleted   taken back
                 |           |         |-> queued   provably never left
                 |           |         |-> failed   refused for good
                 |           |         |-> unknown  bytes left, no usable answer
                 |-> held <--|   something must be looked at first

`unknown` is never sent again by itself. Our own timeline settles it as `sent`; that a post is not
found there proves nothing, so after a complete reading a person is asked.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from triage.core.model import MINUTE, id_key


class ReplyState(StrEnum):
    """Where a reply is on its way."""

    DRAFT = "draft"
    """Typed and saved; nothing will send it by itself."""
    SCHEDULED = "scheduled"
    """To be queued at a given time."""
    HELD = "held"
    """Was to go out, but something must be looked at first; `detail` says what."""
    QUEUED = "queued"
    """To be sent by the next run."""
    SENDING = "sending"
    """Committed before the first byte leaves; after a crash it is `unknown`."""
    SENT = "sent"
    """The channel confirmed it: its id is in hand."""
    FAILED = "failed"
    """The channel refused it for good; `detail` has its words."""
    UNKNOWN = "unknown"
    """It may be public. Locked until our timeline or a person settles it."""
    CANCELLED = "cancelled"
    """A person decided that it is not to go out."""
    DELETED = "deleted"
    """It was sent and taken back."""


_S = ReplyState

TRANSITIONS: Mapping[ReplyState, frozenset[ReplyState]] = {
    _S.DRAFT: frozenset({_S.SCHEDULED, _S.HELD, _S.QUEUED, _S.CANCELLED}),
    _S.SCHEDULED: frozenset({_S.DRAFT, _S.HELD, _S.QUEUED, _S.CANCELLED}),
    _S.HELD: frozenset({_S.DRAFT, _S.SCHEDULED, _S.QUEUED, _S.SENT, _S.CANCELLED}),
    _S.QUEUED: frozenset({_S.DRAFT, _S.HELD, _S.SENDING, _S.CANCELLED}),
    _S.SENDING: frozenset({_S.QUEUED, _S.SENT, _S.FAILED, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({_S.SENT, _S.QUEUED, _S.CANCELLED}),
    _S.FAILED: frozenset({_S.DRAFT, _S.QUEUED, _S.CANCELLED}),
    _S.SENT: frozenset({_S.DELETED}),
    _S.CANCELLED: frozenset(),
    _S.DELETED: frozenset(),
}
"""From each state, where a reply may go.

`held -> scheduled` is the way of a restored store: what waited for its time goes on waiting for it.
"""

FINAL = (_S.SENT, _S.CANCELLED, _S.DELETED)
"""Nothing more happens to these by itself; of `sent` a person may still take it back."""

IN_FLIGHT = (_S.QUEUED, _S.SENDING, _S.UNKNOWN)
"""While one of these holds a text to a post, the same text to the same post is refused."""

CLOCK_SKEW = 2 * MINUTE
"""How far our clock may run ahead of the channel's when a lost reply is looked for, ms."""

ASK_AFTER = 5 * MINUTE
"""How long after the attempt a complete reading without a find is worth asking a person, ms."""


def may_move(before: ReplyState, after: ReplyState) -> bool:
    """Whether the table allows the move."""
    return after in TRANSITIONS[before]


_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_BARE_LINK = re.compile(r"(?<![\w@.])(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?(?![\w.])", re.IGNORECASE)
_LEADING_NAMES = re.compile(r"^(?:\s*@\w+)+\s*")
_SPACE = re.compile(r"\s+")
LINK = "\N{LINK SYMBOL}"
"""What stands for a link in a normalised text."""


def normalise(text: str) -> str:
    """Reduce a text to what survives a channel: the same post before and after gives the same.

    X shortens links, prepends the names of those addressed, escapes `&`, `<` and `>`, and composes
    characters; white space may be folded on the way.
    """
    text = unicodedata.normalize("NFC", html.unescape(text))
    text = _LEADING_NAMES.sub("", text)
    text = _LINK.sub(LINK, text)
    text = _BARE_LINK.sub(LINK, text)
    return _SPACE.sub(" ", text).strip()


def text_key(text: str) -> str:
    """A text as a key: two that a channel would show alike have the same."""
    return hashlib.sha256(normalise(text).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A reply whose fate is open.

    Attributes:
        reply_id: Our id.
        author_id: Which of our accounts sent it, in whatever words both sides share.
        in_reply_to: Native id of the post that it answers, or None.
        text: As it was to be posted.
        attempted_at: When the request was about to leave, UTC ms by our clock.
        has_media: It goes with pictures: the channel puts a link to them behind its text.
    """

    reply_id: int
    author_id: str
    in_reply_to: str | None
    text: str
    attempted_at: int
    has_media: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A post of ours as the channel's timeline shows it."""

    native_id: str
    author_id: str
    in_reply_to: str | None
    text: str
    posted_at: int


def settle(
    attempts: Sequence[Attempt], timeline: Iterable[Found], taken: Iterable[str] = ()
) -> dict[int, str]:
    """Find attempts among our own posts.

    A post is an attempt's if author and parent are the same, its time is not before the attempt
    (less the clock skew) and its text is the same once normalised. Each post settles one attempt,
    the oldest attempt taking the oldest post.

    Args:
        attempts: Replies whose fate is open.
        timeline: Our own posts, in any order.
        taken: Native ids that already belong to a reply.

    Returns:
        The native id found, by reply id. Who is missing was not found, which proves nothing.
    """
    used = set(taken)
    posts = sorted(timeline, key=lambda p: id_key(p.native_id))
    found: dict[int, str] = {}
    for attempt in sorted(attempts, key=lambda a: (a.attempted_at, a.reply_id)):
        wanted = normalise(attempt.text)
        for post in posts:
            if post.native_id not in used and _is_of(attempt, wanted, post):
                used.add(post.native_id)
                found[attempt.reply_id] = post.native_id
                break
    return found


def _is_of(attempt: Attempt, wanted: str, post: Found) -> bool:
    text = normalise(post.text)
    if attempt.has_media and text != wanted:
        text = text.removesuffix(LINK).rstrip()
    return (
        post.author_id == attempt.author_id
        and post.in_reply_to == attempt.in_reply_to
        and post.posted_at >= attempt.attempted_at - CLOCK_SKEW
        and text == wanted
    )
