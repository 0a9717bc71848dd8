"""What came of an action: its theme before and after, over the same length of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.core.actions import Action, Answer, Told, ToldState
from triage.core.kinds import DAY
from triage.core.themes import Bucket, Raised, buckets

WEEK = 7 * DAY
LONGEST = 26 * WEEK
"""No more than half a year is compared: what is older tells of other things too."""


@dataclass(frozen=True, slots=True)
class ActionReport:
    """What came of an action.

    Attributes:
        span: How long before and after it was done is compared, ms.
        before: Weeks up to that moment, oldest first; the first may be cut.
        after: Weeks from then on; the last may be cut.
        raised: How many people had raised its theme in time.
        told: How many of them are how far.
        answers: Those who were told, and what they wrote next there.
    """

    action: Action
    span: int
    before: Sequence[Bucket]
    after: Sequence[Bucket]
    raised: int
    told: Mapping[ToldState, int]
    answers: Sequence[Answer]

    @property
    def complaints_before(self) -> int:
        """Complaints about the theme before it was done."""
        return sum(week.complaints for week in self.before)

    @property
    def complaints_after(self) -> int:
        """Complaints about the theme since."""
        return sum(week.complaints for week in self.after)

    @property
    def answered(self) -> Mapping[str, int]:
        """Of those who wrote again, how many wrote what kind."""
        return Counter(a.kind for a in self.answers if a.kind is not None)


def span_of(done_at: int, first_at: int | None, now: int) -> int:
    """How long before and after is compared: as long as both sides are known, ms.

    Args:
        done_at: When it was done, UTC ms.
        first_at: The oldest mention that is stored, UTC ms; None if there is none.
        now: UTC ms.
    """
    known = LONGEST if first_at is None else done_at - first_at
    return max(0, min(now - done_at, known, LONGEST))


def edges_before(done_at: int, span: int) -> list[int]:
    """Where weeks begin and end that are counted back from a moment, UTC ms in order."""
    return [2 * done_at - edge for edge in reversed(edges_after(done_at, span))]


def edges_after(done_at: int, span: int) -> list[int]:
    """Where weeks begin and end that are counted on from a moment, UTC ms in order."""
    end = done_at + span
    return [*range(done_at, end, WEEK), end]


def make_report(
    action: Action,
    done_at: int,
    span: int,
    mentions: Sequence[Raised],
    raised: int,
    told: Sequence[Told],
    answers: Sequence[Answer],
) -> ActionReport:
    """Count what came of an action.

    Args:
        action: Which.
        done_at: When it was done, UTC ms.
        span: How long before and after is compared, ms; see `span_of`.
        mentions: About its theme, in that time.
        raised: How many people had raised it in time.
        told: Whom it tells.
        answers: What those wrote next who were told.
    """
    return ActionReport(
        action,
        span,
        buckets(mentions, edges_before(done_at, span)),
        buckets(mentions, edges_after(done_at, span)),
        raised,
        Counter(t.standing for t in told),
        answers,
    )
