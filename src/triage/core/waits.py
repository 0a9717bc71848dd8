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
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import NamedTuple

from triage.core.kinds import GRAVITY, CloseReason, Kind, WaitState, id_key
from triage.core.policy import Settings

Moment = tuple[int, tuple[int, str]]
"""A point in the order of messages: posted_at (UTC ms), then the id as a number."""

_AFTER_ALL_IDS = (1 << 62, "")


def moment(posted_at: int, native_id: str) -> Moment:
    """Place a message in the order of messages."""
    return (posted_at, id_key(native_id))


class Mention(NamedTuple):
    """A customer's message as the clock sees it. An import makes one of each, so a tuple.

    Attributes:
        message_id: Our id.
        native_id: The channel's.
        posted_at: When it was written, UTC ms.
        fetched_at: When we first had it, UTC ms.
        kind: An agent's correction, else the rules' kind.
        deleted_at: When its author had deleted it, as far as we know; None while it stands.
    """

    message_id: int
    native_id: str
    posted_at: int
    fetched_at: int
    kind: Kind
    deleted_at: int | None = None

    @property
    def moment(self) -> Moment:
        """Its place in the order of messages."""
        return moment(self.posted_at, self.native_id)


class Answer(NamedTuple):
    """A confirmed message of ours that refers to the customer's.

    Attributes:
        message_id: Our id of the outbound message.
        native_id: The channel's.
        posted_at: The channel's time of it, UTC ms.
        seen_through: The newest mention that the agent had before them; None when the answer was
            given elsewhere: then it covers all that was written before it.
        agent: Who sent it through us; empty when it was given elsewhere.
        outside: It was given in another app.
    """

    message_id: int
    native_id: str
    posted_at: int
    seen_through: Moment | None = None
    agent: str = ""
    outside: bool = True


@dataclass(frozen=True, slots=True)
class Closing:
    """An agent's act that ends a wait without a public answer.

    Attributes:
        activity_id: Which act.
        at: When, UTC ms by our clock.
        reason: Why; `PRIVATE` settles, all others dismiss.
        seen_through: The newest mention that the agent had before them.
        agent: Who.
    """

    activity_id: int
    at: int
    reason: CloseReason
    seen_through: Moment
    agent: str = ""


class Wait(NamedTuple):
    """From a mention that deserves an answer to the answer. A row of the store, so a tuple.

    Attributes:
        opening_id: Our id of the mention that opened it.
        last_id: Our id of its newest mention.
        mentions: How many mentions it holds.
        opened_at: `posted_at` of the opening mention, UTC ms.
        fetched_at: When we first had the opening mention, UTC ms.
        kind: That of its gravest mention.
        needs_answer: False when no mention in it demands one; it has no due time then.
        due_at: The earliest time that any of its mentions demands, UTC ms, or None.
        due_by: Our id of the mention that demands `due_at`, or None.
        warn_at: From when on it is due soon, UTC ms, or None.
        state: How it stands.
        settings_id: The snapshot that judged it.
        ended_at: When it ended, UTC ms, or None.
        ended_by_message: Our id of the answer, or None.
        ended_by_activity: The act that closed it, or None.
        agent: Who ended it through us; empty otherwise.
        outside: It was answered in another app.
    """

    opening_id: int
    last_id: int
    mentions: int
    opened_at: int
    fetched_at: int
    kind: Kind
    needs_answer: bool
    due_at: int | None
    due_by: int | None
    warn_at: int | None
    state: WaitState
    settings_id: int
    ended_at: int | None = None
    ended_by_message: int | None = None
    ended_by_activity: int | None = None
    agent: str = ""
    outside: bool = False

    @property
    def is_met(self) -> bool | None:
        """Whether the promise was kept; None while that is open or not measured.

        Only an answer can keep it, and only one before the due time: at the due time it is late.
        """
        if self.state is not WaitState.ANSWERED or self.due_at is None or self.ended_at is None:
            return None
        return self.ended_at < self.due_at


@dataclass(frozen=True, slots=True)
class Judge:
    """A settings snapshot and its id."""

    settings_id: int
    settings: Settings

    def demands(self, mention: Mention) -> bool:
        """Whether the policy demands an answer to this mention."""
        return self.settings.policies[mention.kind].respond_within is not None

    def due(self, mention: Mention) -> tuple[int, int] | None:
        """When an answer to this mention is due and when to warn, UTC ms; None if never."""
        policy = self.settings.policies[mention.kind]
        if policy.respond_within is None:
            return None
        due_at = self.settings.calendar.add(mention.posted_at, policy.respond_within)
        return due_at, due_at - policy.warn_before


_place_of = itemgetter(0, 1)
_moment_of = attrgetter("moment")

JudgeFor = Callable[[int], Judge]
"""Gives the snapshot that judges a wait which ended at that time (UTC ms)."""

_STILL_OPEN = 1 << 62


class _End(NamedTuple):
    at: int
    covers: Moment
    state: WaitState
    message: int | None = None
    activity: int | None = None
    agent: str = ""
    outside: bool = False

    @property
    def told(self) -> tuple[int, int | None, int | None, str, bool]:
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
    """The wait of these mentions, oldest first."""
    judge = judge_for(_STILL_OPEN if end is None else end.at)
    dues = [(due, m) for m in mentions if (due := judge.due(m)) is not None]
    opening, last = dues[0][1] if dues else mentions[0], mentions[-1]
    is_one = len(mentions) == 1
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
        *((None, None, None, "", False) if end is None else end.told),
    )


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
