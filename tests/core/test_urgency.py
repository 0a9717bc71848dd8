"""Which priority a wait has, what becomes of it, and which of them go first."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from triage.core import kinds, model
from triage.core.kinds import PRIORITIES, gravest, priority_class
from triage.core.model import MINUTE, CloseReason, Kind
from triage.core.policy import Settings
from triage.core.queue import Waiting, in_order
from triage.core.thread import ConversationFacts, ThreadFacts, ThreadMessage, decide_thread
from triage.core.waits import Closing, Former, Judge, Wait, moment


def message(number: int, kind: Kind = Kind.COMPLAINT, **more: Any) -> ThreadMessage:  # noqa: ANN401
    """A mention of one customer; its id, minute and native id are one number."""
    made = ThreadMessage(
        id=number,
        native_id=str(number),
        version_id=str(number),
        role="mention",
        is_history=0,
        customer_id=1,
        author_id="1",
        account_id=1,
        posted_at=number * MINUTE,
        fetched_at=number * MINUTE,
        deleted_at=None,
        in_reply_to=None,
        in_reply_to_author=None,
        quotes=None,
        conversation_id=None,
        kind=kind.value,
        corrected=None,
        agent=None,
        seen_at=None,
        seen_id=None,
    )
    return made._replace(**more)


def waits(*messages: ThreadMessage, closed: int | None = None) -> tuple[Wait, ...]:
    """The customer's waits; an agent closed what there was up to a message."""
    closings = []
    if closed is not None:
        seen = moment(closed * MINUTE, str(closed))
        closings = [Closing(1, (closed + 1) * MINUTE, CloseReason.SPAM, seen, "kim")]
    facts = ThreadFacts(messages, {1: ConversationFacts(1, closings=closings)})
    return decide_thread(facts, Judge(7, Settings()))[0].waits


def test_the_gravest_rules_whatever_the_order() -> None:
    """Safety before press before what is only shown; an own name goes behind the known ones."""
    names = (None, "churn-threat", "my-own", "press", "safety")
    assert {gravest(order) for order in permutations(names)} == {"safety"}
    assert {gravest(order) for order in permutations(names[:4])} == {"press"}
    assert {gravest(order) for order in permutations(names[:3])} == {"my-own"}
    assert {gravest(order) for order in permutations(names[:2])} == {"churn-threat"}
    assert gravest([None]) is None
    assert gravest([]) is None


@pytest.mark.parametrize("priority", PRIORITIES)
def test_only_a_threat_to_leave_waits_its_turn(priority: str) -> None:
    """All others go before what is overdue."""
    assert priority_class(priority) == (0 if priority == "churn-threat" else 1)


def test_classes_of_what_is_not_in_the_table() -> None:
    """Without a priority nothing is first; whoever gives an own rule one means it."""
    assert (priority_class(None), priority_class("my-own")) == (0, 1)


def test_a_first_one_is_before_what_is_overdue() -> None:
    """The class of priority comes before the due time."""
    late = Waiting(1, 1, Kind.COMPLAINT, 0, 0, 10, 5)
    first = Waiting(2, 2, Kind.QUESTION, 1, 0, 99, 90)
    assert [w.wait_id for w in in_order([late, first])] == [2, 1]


def test_a_wait_is_as_urgent_and_as_doubtful_as_its_mentions() -> None:
    """The gravest priority and the least confidence of all that it holds."""
    (wait,) = waits(
        message(1, priority="press", confidence=0.9),
        message(2, priority="safety", confidence=0.5),
        message(3, confidence=0.05),
    )
    assert (wait.urgency, wait.confidence) == ("safety", 0.05)


def test_what_has_ended_is_in_doubt_no_more() -> None:
    """Nobody need look at it; why it was urgent stays."""
    ended, open_one = waits(
        message(1, priority="safety", confidence=0.05), message(3, confidence=0.5), closed=1
    )
    assert (ended.urgency, ended.confidence) == ("safety", 1.0)
    assert (open_one.urgency, open_one.confidence) == (None, 0.5)


@pytest.mark.parametrize(
    ("kind", "urgency"),
    [
        (Kind.COMPLAINT, "safety"),
        (Kind.QUESTION, "safety"),
        (Kind.PRAISE, None),
        (Kind.OTHER, None),
    ],
)
def test_a_correction_is_sure(kind: Kind, urgency: str | None) -> None:
    """And keeps the priority, unless it says that nobody need hurry."""
    mention = message(1, Kind.OTHER, priority="safety", confidence=0.05, corrected=kind.value)
    (wait,) = waits(mention)
    assert (wait.kind, wait.urgency, wait.confidence) == (kind, urgency, 1.0)


def test_a_mention_is_what_the_snapshot_took_it_for() -> None:
    """Under snapshot 7 it was praise, whatever it is now; under any other it is what it is now."""
    seven = message(1, priority="safety", former=(Former(7, Kind.PRAISE),))
    eight = message(1, priority="safety", former=(Former(8, Kind.PRAISE),))
    (wait,) = waits(seven)
    assert (wait.kind, wait.needs_answer, wait.urgency) == (Kind.PRAISE, False, None)
    (wait,) = waits(eight)
    assert (wait.kind, wait.needs_answer, wait.urgency) == (Kind.COMPLAINT, True, "safety")


def test_a_correction_counts_under_any_snapshot() -> None:
    """What an agent says is about the mention, not about the rules."""
    (wait,) = waits(message(1, former=(Former(7, Kind.PRAISE),), corrected="question"))
    assert wait.kind is Kind.QUESTION


def test_there_is_one_bound_of_doubt() -> None:
    """A verdict and a line of the queue are unsure together."""
    assert model.UNSURE_BELOW == kinds.UNSURE_BELOW
