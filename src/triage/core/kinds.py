"""The closed lists of the domain's words, and its units of time.

Apart from `core.model`, which has them too, since a hot read needs no more than these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    # Every verdict has a table by kind; an enum's own hash is written in Python.
    __hash__ = str.__hash__


GRAVITY: Mapping[Kind, int] = {
    Kind.COMPLAINT: 3,
    Kind.QUESTION: 2,
    Kind.OTHER: 1,
    Kind.PRAISE: 0,
}
"""Which kind rules when a wait holds several: the greater."""

UNSURE_BELOW = 0.2
"""A verdict with less confidence than this is for a person to look at."""

PRIORITIES: Mapping[str, int] = {
    "safety": 1,
    "legal-threat": 1,
    "vulnerable-person": 1,
    "press": 1,
    "churn-threat": 0,
}
"""Why a mention cannot wait, the gravest first, with its class in the queue.

Class 1 is answered before all others, overdue or not: somebody may come to harm, or what is said
next is said to a court or to everybody. Who threatens to leave is shown as such and waits their
turn: it is said about any delay, and would push back those who only wait.
"""


def priority_class(priority: str | None) -> int:
    """The class of a priority; that of an own rule goes first, or why would it have one."""
    return 0 if priority is None else PRIORITIES.get(priority, 1)


def gravest(priorities: Iterable[str | None]) -> str | None:
    """Which priority rules when a wait holds several; None if none has one."""
    known = tuple(PRIORITIES)
    named = {p for p in priorities if p is not None}

    def place(priority: str) -> tuple[int, int, str]:
        rank = known.index(priority) if priority in known else len(known)
        return (-priority_class(priority), rank, priority)

    return min(named, key=place, default=None)


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
