"""The past under other settings: which waits would be judged otherwise, and how the share changes.

Used to judge ended waits again (`sla recompute`) and to try a promise on them (`sla what-if`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from triage.core.kinds import Kind, WaitState
from triage.core.thread import ThreadFacts, parts_of
from triage.core.wait import Judge, Wait
from triage.core.waits import decide_waits, judge_by_history


class Rejudged(NamedTuple):
    """A wait before and after.

    Attributes:
        conversation_id: Our id.
        before: As it was; None if there was none.
        after: As it would be; None if there would be none.
    """

    conversation_id: int
    before: Wait | None
    after: Wait | None

    @property
    def differs(self) -> bool:
        """Whether its promise, or what became of it, is another."""
        return _told(self.before) != _told(self.after)


def _told(wait: Wait | None) -> tuple[object, ...]:
    if wait is None:
        return (False, None, None, None)
    return (wait.needs_answer, wait.kind, wait.due_at, wait.is_met)


def rejudge(facts: ThreadFacts, judge: Judge, since: int) -> Iterator[Rejudged]:
    """Judge the waits of a thread by other settings.

    Args:
        facts: The thread, with its waits as they are stored.
        judge: The settings.
        since: Judge what ended from then on, UTC ms, and leave the rest.

    Returns:
        Each wait that was, or would be; those that end in the same way are the same one.
    """
    former = [(a, min(b, since), j) for a, b, j in facts.former if a < since]
    for conversation, part in parts_of(facts):
        closed = [c for c in conversation.closed if c[0] < since]
        after = decide_waits(
            part.mentions,
            part.answers,
            conversation.closings,
            judge_by_history(closed, judge, former),
            part.about,
        )
        yield from _paired(conversation.conversation_id, conversation.waits, after)


def compare(facts: ThreadFacts, one: Judge, other: Judge) -> Iterator[Rejudged]:
    """The waits of a thread under two settings, whatever is stored."""
    for conversation, part in parts_of(facts):
        before, after = (
            decide_waits(
                part.mentions,
                part.answers,
                conversation.closings,
                judge_by_history((), judge),
                part.about,
            )
            for judge in (one, other)
        )
        yield from _paired(conversation.conversation_id, before, after)


def _paired(number: int, before: Sequence[Wait], after: Sequence[Wait]) -> Iterator[Rejudged]:
    waiting = {w.ending: w for w in before}
    for wait in after:
        yield Rejudged(number, waiting.pop(wait.ending, None), wait)
    for wait in waiting.values():
        yield Rejudged(number, wait, None)


def is_missed(wait: Wait | None, now: int) -> bool:
    """Whether a promise was broken: answered late, or waiting beyond the due time."""
    if wait is None or wait.due_at is None:
        return False
    if wait.state is WaitState.OPEN:
        return wait.due_at <= now
    return wait.is_met is False


@dataclass(slots=True)
class Tally:
    """What became of waits that were promised an answer.

    Attributes:
        waits: How many were promised one.
        met: Answered in time.
        missed: Answered late.
        overdue: Open, and overdue.
        other: Open in time, or ended without a public answer.
    """

    waits: int = 0
    met: int = 0
    missed: int = 0
    overdue: int = 0
    other: int = 0

    def add(self, wait: Wait | None, now: int) -> None:
        """Count a wait."""
        if wait is None or not wait.needs_answer:
            return
        self.waits += 1
        if wait.is_met is not None:
            self.met += wait.is_met
            self.missed += not wait.is_met
        elif is_missed(wait, now):
            self.overdue += 1
        else:
            self.other += 1

    @property
    def share(self) -> float | None:
        """Met, of what was answered or is overdue; None if there is neither."""
        judged = self.met + self.missed + self.overdue
        return self.met / judged if judged else None


def _tallies() -> dict[Kind | None, Tally]:
    return {**{kind: Tally() for kind in Kind}, None: Tally()}


@dataclass(slots=True)
class Compared:
    """A period as it was, and as it would have been.

    Attributes:
        before: By kind, then for all under None.
        after: The same, under the other settings.
        newly_missed: Promises that would have been broken and were not.
        newly_kept: Promises that were broken and would not have been.
    """

    before: dict[Kind | None, Tally] = field(default_factory=_tallies)
    after: dict[Kind | None, Tally] = field(default_factory=_tallies)
    newly_missed: list[Rejudged] = field(default_factory=list)
    newly_kept: list[Rejudged] = field(default_factory=list)

    def watch(self, found: Iterable[Rejudged], since: int, now: int) -> None:
        """Count waits that opened since a time, UTC ms."""
        for one in found:
            for wait, tallies in ((one.before, self.before), (one.after, self.after)):
                if wait is not None and wait.opened_at >= since:
                    tallies[wait.kind].add(wait, now)
                    tallies[None].add(wait, now)
            opened = max(w.opened_at for w in (one.before, one.after) if w is not None)
            if opened >= since:
                was, would = is_missed(one.before, now), is_missed(one.after, now)
                if would and not was:
                    self.newly_missed.append(one)
                elif was and not would:
                    self.newly_kept.append(one)
