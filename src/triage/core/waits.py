"""From facts to waits: who waits since when, until when, and what ended it.

`decide_waits` is a pure function of one conversation's facts, so mentions that come late, twice or
out of order give the same waits as if they had come in order. The rules are those of the clock:

- A wait opens at the first unanswered mention whose policy demands an answer; what the customer
  writes after it joins it. Its kind is its gravest mention's, its due time the earliest that any
  of its mentions demands.
- Only a confirmed answer makes it *answered*, at the answer's own time. A close by an agent makes
  it *dismissed* or *settled*; the deletion of everything in it that demanded an answer makes it
  *withdrawn*.
- An answer or a close given through us carries what the agent had seen: an earlier mention that
  was not seen opens a wait of its own.
- Equal times are ordered by the channel's ids, as numbers.
- A wait is as urgent as its most urgent mention, and as doubtful as its most doubtful one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import NamedTuple

from triage.core.kinds import GRAVITY, CloseReason, WaitState, gravest
from triage.core.wait import Answer, Closing, Former, Judge, Mention, Moment, Wait, moment

__all__ = [
    "Answer",
    "Closing",
    "Former",
    "Judge",
    "Mention",
    "Moment",
    "Wait",
    "decide_waits",
    "judge_by_history",
    "moment",
]

_AFTER_ALL_IDS = (1 << 62, "")


_place_of = itemgetter(0, 1)
_moment_of = attrgetter("moment")

JudgeFor = Callable[[int], Judge]
"""Gives the snapshot that judges a wait which ended at that time (UTC ms)."""

_STILL_OPEN = 1 << 62

_Told = tuple[int | None, int | None, int | None, str, bool]
_NOTHING_TOLD: _Told = (None, None, None, "", False)


class _End(NamedTuple):
    at: int
    covers: Moment
    state: WaitState
    message: int | None = None
    activity: int | None = None
    agent: str = ""
    outside: bool = False

    @property
    def told(self) -> _Told:
        """What a wait tells of it."""
        return self.at, self.message, self.activity, self.agent, self.outside


def decide_waits(
    mentions: Sequence[Mention],
    answers: Sequence[Answer],
    closings: Sequence[Closing],
    judge_for: JudgeFor,
) -> tuple[Wait, ...]:
    """Compute the waits of one conversation, oldest first.

    Args:
        mentions: What the customer wrote to us, in any order; history is left out by the caller.
        answers: Our confirmed messages that refer to the customer's, in any order; what we took
            back is left out by the caller.
        closings: The agents' acts that stand (a reopened one is left out by the caller).
        judge_for: Which snapshot judges a wait.

    Returns:
        Every wait that ended, in the order of their ends, then the open one if there is one.
    """
    if any(m.deleted_at is not None for m in mentions):
        return _sweep(mentions, answers, closings, judge_for)
    return _in_order(mentions, answers, closings, judge_for)


def _in_order(
    mentions: Sequence[Mention],
    answers: Sequence[Answer],
    closings: Sequence[Closing],
    judge_for: JudgeFor,
) -> tuple[Wait, ...]:
    """Where nothing was deleted, each end takes the oldest mentions up to what it covers.

    It gives what `_sweep` gives: an end covers nothing behind itself, so no mention that it takes
    is still to come.
    """
    if not mentions:
        return ()
    pending = mentions if len(mentions) == 1 else sorted(mentions, key=_moment_of)
    waits = []
    if answers or closings:
        for _, _, end in sorted(_ends(answers, closings), key=_place_of):
            count = bisect_right(pending, end.covers, key=_moment_of)
            if count:
                waits.append(_wait(pending[:count], end, judge_for))
                pending = pending[count:]
    if pending:
        waits.append(_wait(pending, None, judge_for))
    return tuple(waits)


def _sweep(
    mentions: Sequence[Mention],
    answers: Sequence[Answer],
    closings: Sequence[Closing],
    judge_for: JudgeFor,
) -> tuple[Wait, ...]:
    """Walk through all steps in their order."""
    sweep = _Sweep(judge_for)
    for _, _, step in sorted(_steps(mentions, answers, closings), key=_place_of):
        if isinstance(step, Mention):
            sweep.pending.append(step)
        elif isinstance(step, _End):
            sweep.end(step)
        else:
            sweep.withdraw(*step)
    return sweep.finish()


def _steps(
    mentions: Iterable[Mention], answers: Iterable[Answer], closings: Iterable[Closing]
) -> Iterator[tuple[Moment, int, Mention | _End | tuple[list[Mention], int]]]:
    deleted: dict[int, list[Mention]] = {}
    for mention in mentions:
        yield mention.moment, 0, mention
        if mention.deleted_at is not None:
            deleted.setdefault(max(mention.deleted_at, mention.posted_at), []).append(mention)
    for at, gone in deleted.items():
        yield (at, _AFTER_ALL_IDS), 1, (gone, at)
    yield from _ends(answers, closings)


def _ends(
    answers: Iterable[Answer], closings: Iterable[Closing]
) -> Iterator[tuple[Moment, int, _End]]:
    for answer in answers:
        own = moment(answer.posted_at, answer.native_id)
        yield own, 2, _end_of_answer(answer, own)
    for closing in closings:
        # Our clock may run behind the channel's: what was seen came before the act.
        at = max(closing.at, closing.seen_through[0])
        settled = closing.reason is CloseReason.PRIVATE
        state = WaitState.SETTLED if settled else WaitState.DISMISSED
        order = (1 << 61, f"{closing.activity_id:020d}")
        end = _End(at, closing.seen_through, state, None, closing.activity_id, closing.agent)
        yield (at, order), 2, end


def _end_of_answer(answer: Answer, own: Moment) -> _End:
    covers = own if answer.seen_through is None else min(answer.seen_through, own)
    state, by = WaitState.ANSWERED, answer.message_id
    return _End(answer.posted_at, covers, state, by, None, answer.agent, answer.outside)


class _Sweep:
    """Walks through the steps of one conversation in their order."""

    def __init__(self, judge_for: JudgeFor) -> None:
        self.judge_for = judge_for
        self.pending: list[Mention] = []
        self.withdrawn: list[Mention] = []
        self.waits: list[Wait] = []

    def end(self, end: _End) -> None:
        covered = [m for m in self.pending if m.moment <= end.covers]
        if not covered:
            return
        self.pending = [m for m in self.pending if m.moment > end.covers]
        self.withdrawn = []
        self.waits.append(_wait(covered, end, self.judge_for))

    def withdraw(self, mentions: Sequence[Mention], at: int) -> None:
        gone = [m for m in mentions if m in self.pending]
        if not gone:
            return
        self.pending = [m for m in self.pending if m not in gone]
        self.withdrawn += gone
        demands = self.judge_for(at).demands
        standing = any(map(demands, self.pending))
        if standing or (self.pending and not any(map(demands, self.withdrawn))):
            return
        gone, self.withdrawn = sorted(self.withdrawn, key=lambda m: m.moment), []
        end = _End(at, gone[-1].moment, WaitState.WITHDRAWN)
        self.waits.append(_wait(gone, end, self.judge_for))

    def finish(self) -> tuple[Wait, ...]:
        if self.pending:
            self.waits.append(_wait(self.pending, None, self.judge_for))
        return tuple(self.waits)


def _wait(mentions: Sequence[Mention], end: _End | None, judge_for: JudgeFor) -> Wait:
    """The wait of these mentions, which stand oldest first."""
    judge = judge_for(_STILL_OPEN if end is None else end.at)
    is_one = len(mentions) == 1
    if not is_one or mentions[0].former:
        mentions = [m.under(judge.settings_id) for m in mentions]
    dues = [(due, m) for m in mentions if (due := judge.due(m)) is not None]
    opening, last = dues[0][1] if dues else mentions[0], mentions[-1]
    ended_at, message, activity, agent, outside = _NOTHING_TOLD if end is None else end.told
    # By position: an import makes one for each customer, and names would cost as much again.
    return Wait(
        opening.message_id,
        last.message_id,
        len(mentions),
        opening.posted_at,
        opening.fetched_at,
        last.kind if is_one else max((m.kind for m in mentions), key=GRAVITY.__getitem__),
        bool(dues),
        *_demanded(dues),
        WaitState.OPEN if end is None else end.state,
        judge.settings_id,
        ended_at,
        message,
        activity,
        agent,
        outside,
        last.priority if is_one else gravest(m.priority for m in mentions),
        _confidence(mentions) if end is None else 1.0,
    )


def _confidence(mentions: Sequence[Mention]) -> float:
    return mentions[0].confidence if len(mentions) == 1 else min(m.confidence for m in mentions)


def _demanded(
    dues: Sequence[tuple[tuple[int, int], Mention]],
) -> tuple[int | None, int | None, int | None]:
    """When it is due, by which mention, and when to warn."""
    if not dues:
        return None, None, None
    (due_at, warn_at), by = dues[0]
    if len(dues) > 1:
        (due_at, _), by = min(dues, key=lambda d: (d[0][0], d[1].moment))
        warn_at = min(due[1] for due, _ in dues)
    return due_at, by.message_id, warn_at


def judge_by_history(closed: Iterable[tuple[int, Judge]], current: Judge) -> JudgeFor:
    """Give each wait the snapshot that must judge it.

    Args:
        closed: Of each wait that ended: when, UTC ms, and the snapshot that judged it.
        current: The snapshot in force, for everything behind the last end.

    Returns:
        A function that gives a wait the snapshot of the first end at or behind its own: what
        arrives late into a judged wait, or ends it earlier, is judged as the wait was. What is
        open is judged by the snapshot in force, also if it began before the last end (a mention
        that an agent had not seen).
    """
    ends = sorted(closed, key=lambda c: c[0])

    def judge_for(at: int) -> Judge:
        for ended_at, judge in ends:
            if at <= ended_at:
                return judge
        return current

    return judge_for
