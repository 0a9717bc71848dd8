"""Why a wait is due then: the policy, the reason for it, and every stretch of its clock.

It follows from the same facts by the same functions as the wait itself, so the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from triage.core.holds import Period, Stop, stops_of, until_end
from triage.core.hours import Calendar
from triage.core.kinds import Kind
from triage.core.policy import Policy
from triage.core.thread import ConversationFacts, Part, ThreadFacts, parts_of, tagged
from triage.core.wait import Judge, Mention, Wait
from triage.core.waits import JudgeFor, decide_waits, first_answer, judge_by_history, periods_of

_STILL_OPEN = 1 << 62


class Step(NamedTuple):
    """A stretch of time on the way to the due time.

    Attributes:
        start_at: UTC ms.
        end_at: UTC ms.
        counts: The clock ran.
        why: Why it did not: closed, or at rest; on which special day it ran; empty otherwise.
        rests: It was open, and the clock stood.
    """

    start_at: int
    end_at: int
    counts: bool
    why: str
    rests: bool = False

    @property
    def span(self) -> int:
        """How long it is, ms."""
        return self.end_at - self.start_at


class Tried(NamedTuple):
    """A policy that was looked at.

    Attributes:
        missed: Why it was not taken; empty for the one that was.
    """

    policy: Policy
    missed: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that gave a wait its due time, or none.

    Attributes:
        wait: The wait, as it follows from the facts now.
        number: Which of the conversation's waits, from 1.
        many: How many there are.
        is_stored: It is stored as it follows from the facts; otherwise the next fetch writes it.
        mention: The mention that demands the due time; the opening one if none is demanded.
        judge: The settings that judge it.
        is_current: They are in force.
        tried: Policies in the order in which they were looked at; the last was taken.
        is_next: The customer had been answered before they wrote it.
        within: Open time that the policy gives, ms; None if it demands no answer.
        calendar: In whose hours.
        periods: When agents let the conversation rest, while this wait lasted.
        steps: From the mention to the due time; to now or to the end where that comes first and
            the clock stands for nobody knows how long.
        counted: How much of it counted, ms.
        paused: How much of it was open, and the clock stood, ms.
        as_kind: How the wait would stand, were the mention of another kind; None for a kind that
            would not leave it such a wait.
    """

    wait: Wait
    number: int
    many: int
    is_stored: bool
    mention: Mention
    judge: Judge
    is_current: bool
    tried: Sequence[Tried]
    is_next: bool
    within: int | None
    calendar: Calendar
    periods: Sequence[Period]
    steps: Sequence[Step]
    counted: int
    paused: int
    as_kind: Mapping[Kind, Wait | None]

    @property
    def policy(self) -> Policy:
        """The one that was taken."""
        return self.tried[-1].policy


def explain(
    facts: ThreadFacts, conversation_id: int, current: Judge, now: int, number: int | None = None
) -> Explanation | None:
    """Explain a wait of a conversation.

    Args:
        facts: Its thread.
        conversation_id: Our id.
        current: The settings in force.
        now: UTC ms.
        number: Which wait, from 1; the open one, or else the last, if it is None.

    Returns:
        None if there is no such wait.
    """
    found = next(
        (both for both in parts_of(facts) if both[0].conversation_id == conversation_id), None
    )
    if found is None:
        return None
    conversation, part = found
    judge_for = judge_by_history(conversation.closed, current, facts.former)
    waits = decide_waits(part.mentions, part.answers, conversation.closings, judge_for, part.about)
    index = len(waits) - 1 if number is None else number - 1
    if not 0 <= index < len(waits):
        return None
    return _explain(conversation, part, waits, index, judge_for, current, now)


def _explain(
    conversation: ConversationFacts,
    part: Part,
    waits: Sequence[Wait],
    index: int,
    judge_for: JudgeFor,
    current: Judge,
    now: int,
) -> Explanation:
    wait = waits[index]
    judge = judge_for(_STILL_OPEN if wait.ended_at is None else wait.ended_at)
    wanted = wait.opening_id if wait.due_by is None else wait.due_by
    found = next(m for m in part.mentions if m.message_id == wanted)
    mention = found.under(judge.settings_id, wait.ended_at)
    answered_at = first_answer(part.answers, conversation.closings)
    is_next = answered_at is not None and answered_at <= mention.posted_at
    case = judge.case(mention, part.about, wait.ended_at)
    tried = [Tried(*pair) for pair in judge.settings.tried(case)]
    policy = tried[-1].policy
    calendar = judge.settings.calendar_of(policy)
    all_periods = periods_of(part.mentions, part.answers, conversation.closings, part.about)
    periods = [
        p
        for p in until_end(all_periods, wait.ended_at)
        if p.end_at is None or p.end_at > wait.opened_at
    ]
    until = now if wait.ended_at is None else wait.ended_at
    end_at = wait.due_at if wait.due_at is not None else max(until, mention.posted_at)
    stops = stops_of(periods, policy.pauses)
    steps = (
        list(_steps(calendar, mention.posted_at, end_at, periods, stops))
        if (policy.within(is_next=is_next) is not None)
        else []
    )

    def as_kind(kind: Kind) -> Wait | None:
        mentions = [tagged(m, kind) if m.message_id == wanted else m for m in part.mentions]
        others = decide_waits(mentions, part.answers, conversation.closings, judge_for, part.about)
        return next((other for other in others if other.ending == wait.ending), None)

    return Explanation(
        wait=wait,
        number=index + 1,
        many=len(waits),
        is_stored=_is_stored(conversation.waits, waits),
        mention=mention,
        judge=judge,
        is_current=judge.settings_id == current.settings_id,
        tried=tried,
        is_next=is_next,
        within=policy.within(is_next=is_next),
        calendar=calendar,
        periods=periods,
        steps=steps,
        counted=sum(step.span for step in steps if step.counts),
        paused=sum(step.span for step in steps if step.rests),
        as_kind={kind: as_kind(kind) for kind in Kind if kind is not mention.kind},
    )


def _is_stored(stored: Sequence[Wait], waits: Sequence[Wait]) -> bool:
    """An ended wait that an older version of the store holds does not name its policy."""
    return len(stored) == len(waits) and all(
        one == (two if one.policy else two._replace(policy="", promised=None))
        for one, two in zip(stored, waits, strict=True)
    )


def _steps(
    calendar: Calendar,
    start_at: int,
    end_at: int,
    periods: Sequence[Period],
    stops: Sequence[Stop],
) -> Iterator[Step]:
    """Part the time by what the calendar and the periods of rest say; what is closed stays so."""
    states = {p.start_at: p.state.value for p in periods}
    for segment in calendar.segments(start_at, end_at):
        if not segment.is_open:
            yield Step(segment.start_at, segment.end_at, counts=False, why=segment.why)
            continue
        at = segment.start_at
        for stands_at, goes_on_at in stops:
            first = max(at, stands_at)
            last = segment.end_at if goes_on_at is None else min(segment.end_at, goes_on_at)
            if first >= last:
                continue
            if at < first:
                yield Step(at, first, counts=True, why=segment.why)
            yield Step(first, last, counts=False, why=states[stands_at], rests=True)
            at = last
        if at < segment.end_at:
            yield Step(at, segment.end_at, counts=True, why=segment.why)
