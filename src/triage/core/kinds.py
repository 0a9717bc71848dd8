"""The closed lists of the domain's words, and its units of time.

Apart from `core.model`, which has them too, since a hot read needs no more than these.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Kind(StrEnum):
    """What a mention is. One primary kind each, with scores for all."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    OTHER = "other"
    PRAISE = "praise"


GRAVITY: Mapping[Kind, int] = {
    Kind.COMPLAINT: 3,
    Kind.QUESTION: 2,
    Kind.OTHER: 1,
    Kind.PRAISE: 0,
}
"""Which kind rules when a wait holds several: the greater."""


class Role(StrEnum):
    """What a message is to the brand."""

    MENTION = "mention"
    """Somebody writes to us: tagged, and a clock runs where the policy says so."""
    INCIDENTAL = "incidental"
    """We stand only in the automatic leading run, in reply to somebody else: tagged, no clock."""
    RETWEET = "retweet"
    """A copy of a post; never a mention."""
    OWN = "own"
    """Written by an account of the brand."""
    CONTEXT = "context"
    """Kept because a thread needs it; not written to us."""


class WaitState(StrEnum):
    """How a wait stands. Only `ANSWERED` can be met."""

    OPEN = "open"
    ANSWERED = "answered"
    DISMISSED = "dismissed"
    """An agent said that no answer is due: not ours, spam, duplicate, no answer needed."""
    SETTLED = "settled"
    """Answered privately, by message or phone."""
    WITHDRAWN = "withdrawn"
    """The author deleted what waited."""


class CloseReason(StrEnum):
    """Why an agent closed a wait without a public answer."""

    NOT_US = "not-us"
    SPAM = "spam"
    DUPLICATE = "duplicate"
    NO_ANSWER = "no-answer"
    PRIVATE = "private"
    """Answered in a private message or by phone: the wait is settled, not dismissed."""


def id_key(native_id: str) -> tuple[int, str]:
    """Order ids of a channel as numbers without converting them.

    Decimal strings without leading zeros compare as their numbers; other ids have some total
    order, the same everywhere (SQL: `length(id), id`).
    """
    return (len(native_id), native_id)
