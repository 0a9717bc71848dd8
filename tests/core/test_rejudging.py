"""The past under other settings: which waits are other ones, and how the shares change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.talk_facts import Talk, answer, at, closing, mention
from triage.core.model import MINUTE, CloseReason, Kind, WaitState
from triage.core.policy import DEFAULT_POLICIES, Policy, Settings
from triage.core.rejudging import Compared, Rejudged, Tally, is_missed, rejudge
from triage.core.wait import Former, Judge, Wait

C, Q, P = Kind.COMPLAINT, Kind.QUESTION, Kind.PRAISE
OLD = Judge(1, Settings())
STRICT = Judge(2, Settings({**DEFAULT_POLICIES, C: Policy(15 * MINUTE, name="complaint")}))
LENIENT = Judge(3, Settings({**DEFAULT_POLICIES, C: Policy(None, name="complaint")}))
NOW = at(10_000)
EVER = 0
"""Since the beginning of time."""


def told(found: Rejudged) -> tuple[float | None, float | None]:
    """Minutes from nine to the due times before and after."""
    return _due(found.before), _due(found.after)


def _due(wait: Wait | None) -> float | None:
    return None if wait is None or wait.due_at is None else (wait.due_at - at(0)) / MINUTE


ANSWERED = Talk([mention(1, 0), answer(2, 20, 1)]).stored(OLD)
"""A complaint that was answered after twenty minutes: met by an hour, missed by a quarter."""


# --- judging again --------------------------------------------------------------------------------


def test_the_same_settings_change_nothing() -> None:
    """Each wait is there before and after, and is the same."""
    talk = Talk(
        [mention(1, 0), answer(2, 20, 1), mention(3, 30, Q), mention(5, 40)],
        closings=[closing(9, 35)],
    ).stored(OLD)
    found = list(rejudge(talk.facts, OLD, EVER))
    assert [one.before for one in found] == [one.after for one in found] == list(talk.waits)
    assert not any(one.differs for one in found)


def test_an_ended_wait_under_other_settings() -> None:
    """It ended as it did, and was promised something else."""
    (found,) = rejudge(ANSWERED.facts, STRICT, EVER)
    assert found.conversation_id == 1
    assert told(found) == (60, 15)
    assert found.differs
    assert found.before is not None
    assert found.after is not None
    assert (found.before.is_met, found.after.is_met) == (True, False)
    assert found.after.settings_id == 2


@pytest.mark.parametrize(("since", "after"), [(20, 15), (20.001, 60)])
def test_only_what_ended_since_is_judged_again(since: float, after: float) -> None:
    """At that time, or behind it."""
    (found,) = rejudge(ANSWERED.facts, STRICT, at(since))
    assert told(found) == (60, after)
    assert found.differs == (after == 15)


def test_since_parts_the_waits_of_one_conversation() -> None:
    """The first stays, the second is judged again, and the open one is by the settings in force."""
    talk = Talk(
        [mention(1, 0), answer(2, 20, 1), mention(3, 30), answer(4, 50, 3), mention(5, 60)]
    ).stored(OLD)
    found = list(rejudge(talk.facts, STRICT, at(30)))
    assert [told(one) for one in found] == [(60, 60), (90, 45), (120, 75)]


def test_mentions_are_what_they_are_taken_for_now() -> None:
    """A question under the rules of then; judged again it is what the rules of now say."""
    former = (Former(1, Q),)
    talk = Talk([mention(1, 0, C, former=former), answer(2, 20, 1)]).stored(OLD)
    assert _due(talk.waits[0]) == 240
    (found,) = rejudge(talk.facts, STRICT, EVER)
    assert (told(found), found.after and found.after.kind) == ((240, 15), C)
    (found,) = rejudge(talk.facts, STRICT, at(30))
    assert (told(found), found.after and found.after.kind) == ((240, 240), Q)


def test_a_wait_that_would_not_be() -> None:
    """Withdrawn since what demanded an answer was deleted: if nothing did, it is still pending."""
    talk = Talk([mention(1, 0, C, deleted=20), mention(2, 10, P)]).stored(OLD)
    assert [w.state for w in talk.waits] == [WaitState.WITHDRAWN, WaitState.OPEN]
    found = list(rejudge(talk.facts, LENIENT, EVER))
    pairs = [(one.before and one.before.state, one.after and one.after.state) for one in found]
    assert pairs == [(WaitState.OPEN, WaitState.OPEN), (WaitState.WITHDRAWN, None)]
    assert found[1].differs


def test_what_is_told_as_another_wait() -> None:
    """Kind, due time, whether an answer is due, whether it was met; nothing else."""
    (wait,) = ANSWERED.waits
    same = wait._replace(settings_id=9, policy="x", warn_at=None, confidence=0.1)
    assert not Rejudged(1, wait, same).differs
    for other in (
        wait._replace(kind=Q),
        wait._replace(due_at=at(61)),
        wait._replace(needs_answer=False),
        wait._replace(ended_at=at(61)),
        None,
    ):
        assert Rejudged(1, wait, other).differs
        assert Rejudged(1, other, wait).differs


# --- figures --------------------------------------------------------------------------------------

(MET,) = ANSWERED.waits
LATE = MET._replace(ended_at=at(60))
WAITING = MET._replace(state=WaitState.OPEN, ended_at=None, ended_by_message=None)
CLOSED = MET._replace(state=WaitState.DISMISSED, ended_at=at(90))
NO_PROMISE = MET._replace(needs_answer=False, due_at=None)


@pytest.mark.parametrize(
    ("wait", "now", "missed"),
    [
        (MET, NOW, False),
        (LATE, NOW, True),
        (WAITING, at(59.9), False),
        (WAITING, at(60), True),
        (CLOSED, NOW, False),
        (NO_PROMISE, NOW, False),
        (WAITING._replace(due_at=None), NOW, False),
        (None, NOW, False),
    ],
)
def test_a_broken_promise(wait: Wait | None, now: int, missed: bool) -> None:
    """Answered at its due time or later, or open then; closed without an answer is neither."""
    assert is_missed(wait, now) is missed


def test_what_is_counted_as_what() -> None:
    """The share is of what was answered or is overdue."""
    tally = Tally()
    for wait in (MET, MET, LATE, WAITING, CLOSED, NO_PROMISE, None):
        tally.add(wait, NOW)
    tally.add(WAITING, at(10))
    assert (tally.waits, tally.met, tally.missed, tally.overdue, tally.other) == (6, 2, 1, 1, 2)
    assert tally.share == 0.5
    assert Tally(waits=3, other=3).share is None
    assert Tally(waits=1, missed=1).share == 0.0


def compared(*pairs: tuple[Wait | None, Wait | None], since: int = 0) -> Compared:
    """These waits before and after, watched since a time."""
    found = Compared()
    found.watch([Rejudged(n, *pair) for n, pair in enumerate(pairs, 1)], since, NOW)
    return found


def test_who_would_have_been_missed_and_who_kept() -> None:
    """By name; what was missed and still would be is neither."""
    found = compared((MET, LATE), (LATE, MET), (LATE, LATE), (MET, MET), (NO_PROMISE, LATE))
    assert [one.conversation_id for one in found.newly_missed] == [1, 5]
    assert [one.conversation_id for one in found.newly_kept] == [2]
    assert (found.before[None].met, found.after[None].met) == (2, 2)
    assert (found.before[None].missed, found.after[None].missed) == (2, 3)


def test_promises_that_would_not_have_been_given() -> None:
    """A wait that is not there, or asks for nothing, breaks none."""
    found = compared((LATE, None), (LATE, NO_PROMISE), (None, LATE))
    assert [one.conversation_id for one in found.newly_kept] == [1, 2]
    assert [one.conversation_id for one in found.newly_missed] == [3]
    assert (found.before[None].waits, found.after[None].waits) == (2, 1)


def test_figures_by_kind() -> None:
    """A wait of another kind after is counted there."""
    found = compared((MET, MET._replace(kind=Q)))
    assert [kind for kind, tally in found.before.items() if tally.waits] == [C, None]
    assert [kind for kind, tally in found.after.items() if tally.waits] == [Q, None]
    assert list(found.before) == [*Kind, None]


def test_only_what_opened_since_is_counted() -> None:
    """At that time, or behind it; also if it opened earlier under one of the two."""
    early, late = MET._replace(opened_at=at(0)), LATE._replace(opened_at=at(5))
    assert compared((early, early), since=at(1)).before[None].waits == 0
    assert compared((early, early), since=at(0)).before[None].waits == 1
    found = compared((early, late), since=at(1))
    assert (found.before[None].waits, found.after[None].waits) == (0, 1)
    assert len(found.newly_missed) == 1


def test_a_promise_of_a_quarter_on_a_past_of_hours() -> None:
    """The whole way: a conversation judged again and counted."""
    found = Compared()
    found.watch(rejudge(ANSWERED.facts, STRICT, EVER), at(0), NOW)
    settled = replace(ANSWERED, closings=[closing(9, 5, CloseReason.PRIVATE)]).stored(OLD)
    found.watch(rejudge(settled.facts, STRICT, EVER), at(0), NOW)
    assert (found.before[C].share, found.after[C].share) == (1.0, 0.0)
    assert (found.before[C].other, found.after[C].other) == (1, 1)
