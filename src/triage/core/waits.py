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
- Whoever had been answered before they wrote has the span for the next response.
- An agent may let a conversation rest (`core.holds`); in the states that the policy names its clock
  stands.
- Equal times are ordered by the channel's ids, as numbers.
- A wait is as urgent as its most urgent mention, and as doubtful as its most doubtful one.
- A wait that ended takes a mention for what it said then; what it was edited into later counts for
  an open wait alone, from the time when the mention was written.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter, itemgetter
from typing import NamedTuple

from triage.core.holds import EndedBy, HoldState, Period, hold_periods, until_end
from triage.core.kinds import GRAVITY, CloseReason, WaitState, gravest
from triage.core.wait import (
    NOTHING_ELSE,
    About,
    Answer,
    Closing,
    Due,
    Former,
    Judge,
    Mention,
    Moment,
    Version,
    Wait,
    moment,
)

__all__ = [
    "About",
    "Answer",
    "Closing",
    "Former",
    "Judge",
    "Mention",
    "Moment",
    "Version",
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

FormerJudge = tuple[int, int, Callable[[], Judge]]
"""From when a snapshot was in force, until when, UTC ms, and what gives it."""

_STILL_OPEN = 1 << 62

_OPEN = WaitState.OPEN
_WAIT = Wait._make

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
    about: About = NOTHING_ELSE,
) -> tuple[Wait, ...]:
    """Compute the waits of one conversation, oldest first.

    Args:
        mentions: What the customer wrote to us, in any order; history is left out by the caller.
        answers: Our confirmed messages that refer to the customer's, in any order; what we took
            back is left out by the caller.
        closings: The agents' acts that stand (a reopened one is left out by the caller).
        judge_for: Which snapshot judges a wait.
        about: What else they follow from.

    Returns:
        Every wait that ended, in the order of their ends, then the open one if there is one.
    """
    if not mentions:
        return ()
    if len(mentions) == 1 and not (answers or closings or about.acts):
        mention = mentions[0]
        if mention.deleted_at is None:
            return (_lone(mention, judge_for(_STILL_OPEN), about),)
    periods = periods_of(mentions, answers, closings, about)
    making = _Making(judge_for, about, periods, first_answer(answers, closings))
    ends = sorted(_ends(answers, closings), key=_place_of) if answers or closings else []
    if any(m.deleted_at is not None for m in mentions):
        _sweep(mentions, ends, making)
    else:
        _in_order(mentions, ends, making)
    return tuple(making.waits)


def first_answer(answers: Iterable[Answer], closings: Iterable[Closing]) -> int | None:
    """When the customer was answered first, in public or in private, UTC ms; None if never.

    What they write from then on is answered by a next response.
    """
    private = (_closed_at(c) for c in closings if c.reason is CloseReason.PRIVATE)
    return min([*(a.posted_at for a in answers), *private], default=None)


def periods_of(
    mentions: Iterable[Mention],
    answers: Iterable[Answer],
    closings: Iterable[Closing],
    about: About,
) -> tuple[Period, ...]:
    """When agents let a conversation rest; the arguments are those of `decide_waits`."""
    if not about.acts:
        return ()
    ends = [a.posted_at for a in answers] + [_closed_at(c) for c in closings]
    return hold_periods(about.acts, [m.moment for m in mentions], ends)


def _in_order(
    mentions: Sequence[Mention],
    ends: Sequence[tuple[Moment, int, _End]],
    making: _Making,
) -> None:
    """Where nothing was deleted, each end takes the oldest mentions up to what it covers.

    It gives what `_sweep` gives: an end covers nothing behind itself, so no mention that it takes
    is still to come.
    """
    pending = mentions if len(mentions) == 1 else sorted(mentions, key=_moment_of)
    for _, _, end in ends:
        count = bisect_right(pending, end.covers, key=_moment_of)
        if count:
            making.add(pending[:count], end)
            pending = pending[count:]
    if pending:
        making.add(pending, None)


def _sweep(
    mentions: Sequence[Mention], ends: Sequence[tuple[Moment, int, _End]], making: _Making
) -> None:
    """Walk through all steps in their order."""
    sweep = _Sweep(making)
    for _, _, step in sorted([*_steps(mentions), *ends], key=_place_of):
        if isinstance(step, Mention):
            sweep.pending.append(step)
        elif isinstance(step, _End):
            sweep.end(step)
        else:
            sweep.withdraw(*step)
    if sweep.pending:
        making.add(sweep.pending, None)


def _steps(
    mentions: Iterable[Mention],
) -> Iterator[tuple[Moment, int, Mention | _End | tuple[list[Mention], int]]]:
    deleted: dict[int, list[Mention]] = {}
    for mention in mentions:
        yield mention.moment, 0, mention
        if mention.deleted_at is not None:
            deleted.setdefault(max(mention.deleted_at, mention.posted_at), []).append(mention)
    for at, gone in deleted.items():
        yield (at, _AFTER_ALL_IDS), 1, (gone, at)


def _ends(
    answers: Iterable[Answer], closings: Iterable[Closing]
) -> Iterator[tuple[Moment, int, _End]]:
    for answer in answers:
        own = moment(answer.posted_at, answer.native_id)
        yield own, 2, _end_of_answer(answer, own)
    for closing in closings:
        at = _closed_at(closing)
        settled = closing.reason is CloseReason.PRIVATE
        state = WaitState.SETTLED if settled else WaitState.DISMISSED
        order = (1 << 61, f"{closing.activity_id:020d}")
        end = _End(at, closing.seen_through, state, None, closing.activity_id, closing.agent)
        yield (at, order), 2, end


def _closed_at(closing: Closing) -> int:
    """Our clock may run behind the channel's: what was seen came before the act."""
    return max(closing.at, closing.seen_through[0])


def _end_of_answer(answer: Answer, own: Moment) -> _End:
    covers = own if answer.seen_through is None else min(answer.seen_through, own)
    state, by = WaitState.ANSWERED, answer.message_id
    return _End(answer.posted_at, covers, state, by, None, answer.agent, answer.outside)


class _Sweep:
    """Walks through the steps of one conversation in their order."""

    def __init__(self, making: _Making) -> None:
        self.making = making
        self.pending: list[Mention] = []
        self.withdrawn: list[Mention] = []

    def end(self, end: _End) -> None:
        covered = [m for m in self.pending if m.moment <= end.covers]
        if not covered:
            return
        self.pending = [m for m in self.pending if m.moment > end.covers]
        self.withdrawn = []
        self.making.add(covered, end)

    def withdraw(self, mentions: Sequence[Mention], at: int) -> None:
        gone = [m for m in mentions if m in self.pending]
        if not gone:
            return
        self.pending = [m for m in self.pending if m not in gone]
        self.withdrawn += gone
        standing = any(self.making.demands(m, at) for m in self.pending)
        taken_back = any(self.making.demands(m, at) for m in self.withdrawn)
        if standing or (self.pending and not taken_back):
            return
        gone, self.withdrawn = sorted(self.withdrawn, key=lambda m: m.moment), []
        self.making.add(gone, _End(at, gone[-1].moment, WaitState.WITHDRAWN))


class _Making:
    """Makes the waits of one conversation, in the order of their ends."""

    __slots__ = ("_about", "_answered_at", "_judge_for", "_periods", "waits")

    def __init__(
        self,
        judge_for: JudgeFor,
        about: About,
        periods: tuple[Period, ...],
        answered_at: int | None,
    ) -> None:
        self._judge_for = judge_for
        self._about = about
        self._periods = periods
        self._answered_at = answered_at
        self.waits: list[Wait] = []

    def demands(self, mention: Mention, at: int) -> bool:
        """Whether an answer to a mention was demanded, had its wait ended at a time."""
        judge = self._judge_for(at)
        return self._due(mention.under(judge.settings_id, at), judge, at) is not None

    def add(self, mentions: Sequence[Mention], end: _End | None) -> None:
        """Add the wait of these mentions, which stand oldest first."""
        judge = self._judge_for(_STILL_OPEN if end is None else end.at)
        is_one = len(mentions) == 1
        at = None if end is None else end.at
        if not is_one or mentions[0].former or mentions[0].versions:
            mentions = [m.under(judge.settings_id, at) for m in mentions]
        dues = [(due, m) for m in mentions if (due := self._due(m, judge, at)) is not None]
        opening, last = dues[0][1] if dues else mentions[0], mentions[-1]
        ended_at, message, activity, agent, outside = _NOTHING_TOLD if end is None else end.told
        hold, hold_until = self._hold(opening) if self._periods and end is None else (None, None)
        due_at, due_by, warn_at, policy, promised = _demanded(dues)
        # By position: an import makes one for each customer, and names would cost as much again.
        self.waits.append(
            Wait(
                opening.message_id,
                last.message_id,
                len(mentions),
                opening.posted_at,
                opening.fetched_at,
                last.kind if is_one else max((m.kind for m in mentions), key=GRAVITY.__getitem__),
                bool(dues),
                due_at,
                due_by,
                warn_at,
                WaitState.OPEN if end is None else end.state,
                judge.settings_id,
                ended_at,
                message,
                activity,
                agent,
                outside,
                last.priority if is_one else gravest(m.priority for m in mentions),
                _confidence(mentions) if end is None else 1.0,
                policy,
                promised,
                hold,
                hold_until,
            )
        )

    def _due(self, mention: Mention, judge: Judge, at: int | None) -> Due | None:
        answered_at = self._answered_at
        is_next = answered_at is not None and answered_at <= mention.posted_at
        periods = until_end(self._periods, at) if self._periods else ()
        return judge.due(mention, self._about, periods, at, is_next=is_next)

    def _hold(self, opening: Mention) -> tuple[HoldState | None, int | None]:
        """How an open wait rests, as far as nothing but time can end it."""
        last = self._periods[-1]
        over = last.ended_by not in (None, EndedBy.TIME)
        if over or (last.end_at is not None and last.end_at <= opening.posted_at):
            return None, None
        return last.state, last.end_at


def _lone(mention: Mention, judge: Judge, about: About) -> Wait:
    """The open wait of a single mention that nothing was done about: what most waits are.

    It is what `_Making` makes of it, at half the cost.
    """
    if mention.former:
        mention = mention.under(judge.settings_id)
    number, _, posted_at, fetched_at, kind, _, priority, confidence = mention[:8]
    due = judge.due(mention, about)
    due_at, warn_at, policy, promised = (None, None, "", None) if due is None else due
    needs, by = (False, None) if due is None else (True, number)
    began = (number, number, 1, posted_at, fetched_at, kind, needs, due_at, by, warn_at, _OPEN)
    rest = (priority, confidence, policy, promised, None, None)
    return _WAIT((*began, judge.settings_id, *_NOTHING_TOLD, *rest))


def _confidence(mentions: Sequence[Mention]) -> float:
    return mentions[0].confidence if len(mentions) == 1 else min(m.confidence for m in mentions)


def _demanded(
    dues: Sequence[tuple[Due, Mention]],
) -> tuple[int | None, int | None, int | None, str, int | None]:
    """When it is due, by which mention, when to warn, under which policy, and what that gives."""
    if not dues:
        return None, None, None, "", None
    (due_at, warn_at, policy, promised), by = dues[0]
    if len(dues) > 1:
        (due_at, warn_at, policy, promised), by = min(dues, key=_demand_order)
        warned = [due.warn_at for due, _ in dues if due.warn_at is not None]
        warn_at = min(warned, default=None)
    return due_at, by.message_id, warn_at, policy, promised


def _demand_order(demand: tuple[Due, Mention]) -> tuple[int, Moment]:
    """What is due first; a clock that stands for nobody knows how long comes last."""
    due, mention = demand
    return (_STILL_OPEN if due.due_at is None else due.due_at, mention.moment)


def judge_by_history(
    closed: Iterable[tuple[int, Judge]], current: Judge, former: Sequence[FormerJudge] = ()
) -> JudgeFor:
    """Give each wait the snapshot that must judge it.

    Args:
        closed: Of each wait that ended: when, UTC ms, and the snapshot that judged it.
        current: The snapshot in force, for everything behind the last end.
        former: The snapshots that were in force before it.

    Returns:
        A function that gives a wait the snapshot of the first end at or behind its own: what
        arrives late into a judged wait, or ends it earlier, is judged as the wait was. Where none
        is, it is the snapshot that was in force when the wait ended, whenever that became known;
        what ended before there were any settings has the ones in force. What is open is judged by
        those too, also if it began before the last end (a mention that an agent had not seen).
    """
    ends = sorted(closed, key=lambda c: c[0])

    def judge_for(at: int) -> Judge:
        until, found = next(((end, judge) for end, judge in ends if at <= end), (None, current))
        for begin, end, judge in former if at < _STILL_OPEN else ():
            if begin <= at < end and (until is None or end <= until):
                return judge()
        return found

    return judge_for
