"""Whom a message of ours answers, and what that makes of everybody's waits in a thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from triage.core.model import MINUTE, CloseReason, Kind, Role, WaitState
from triage.core.policy import Policy, Settings
from triage.core.thread import (
    ConversationFacts,
    ConversationVerdict,
    ThreadFacts,
    ThreadMessage,
    customers_of,
    decide_thread,
)
from triage.core.waits import Closing, Judge, moment

JUDGE = Judge(1, Settings())
ANA, BO = 30, 31
"""Our ids of customers; the channel's are the same as texts."""
EVERYBODY = {ANA: ConversationFacts(1), BO: ConversationFacts(2)}


def message(number: int, role: Role, customer_id: int | None, **more: Any) -> ThreadMessage:  # noqa: ANN401
    """A message whose id, time (in minutes) and native id are one number."""
    values: dict[str, Any] = {
        "id": number,
        "native_id": str(number),
        "version_id": str(number),
        "role": role.value,
        "is_history": 0,
        "customer_id": customer_id,
        "author_id": None if customer_id is None else str(customer_id),
        "account_id": 1,
        "posted_at": number * MINUTE,
        "fetched_at": number * MINUTE,
        "deleted_at": None,
        "in_reply_to": None,
        "in_reply_to_author": None,
        "quotes": None,
        "conversation_id": None,
        "kind": None if role is Role.OWN else Kind.COMPLAINT.value,
        "corrected": None,
        "agent": None,
        "seen_at": None,
        "seen_id": None,
    }
    return ThreadMessage(**{**values, **more})


def theirs(number: int, customer_id: int = ANA, **more: Any) -> ThreadMessage:  # noqa: ANN401
    """A customer's complaint."""
    return message(number, more.pop("role", Role.MENTION), customer_id, **more)


def ours(number: int, to: int | None = None, **more: Any) -> ThreadMessage:  # noqa: ANN401
    """Our post, in answer to another one."""
    return message(number, Role.OWN, None, in_reply_to=to and str(to), **more)


def decide(*messages: ThreadMessage, **more: Any) -> dict[int, ConversationVerdict]:  # noqa: ANN401
    """What follows for each customer who wrote to us."""
    conversations = more.pop("conversations", EVERYBODY)
    found = customers_of(messages)
    named = {c: facts for c, facts in conversations.items() if c in found}
    verdicts = decide_thread(ThreadFacts(messages, named, **more), JUDGE)
    return dict(zip(named, verdicts, strict=True))


def states(*messages: ThreadMessage, **more: Any) -> dict[int, list[str]]:  # noqa: ANN401
    """The states of everybody's waits."""
    return {c: [w.state.value for w in v.waits] for c, v in decide(*messages, **more).items()}


# Whom it answers.


def test_an_answer_ends_the_wait_of_whom_it_answers() -> None:
    """At its own time."""
    (wait,) = decide(theirs(1), ours(2, to=1))[ANA].waits
    assert (wait.state, wait.ended_at, wait.ended_by_message) == (
        WaitState.ANSWERED,
        2 * MINUTE,
        2,
    )


def test_a_third_persons_wait_is_not_ended() -> None:
    """They stand in the same thread, and were not answered."""
    found = states(theirs(1, ANA), theirs(2, BO, in_reply_to="1"), ours(3, to=1))
    assert found == {ANA: ["answered"], BO: ["open"]}


def test_our_own_continuation_answers_whom_its_beginning_answered() -> None:
    """A thread of three posts by us: the nearest customer above them is meant."""
    found = states(
        theirs(1, ANA), ours(2, to=1), ours(3, to=2), theirs(4, BO, in_reply_to="3"), ours(5, to=3)
    )
    assert found == {ANA: ["answered"], BO: ["open"]}


def test_a_second_mention_is_ended_by_our_continuation() -> None:
    """The customer wrote again meanwhile; what we go on saying is to them."""
    found = states(theirs(1), ours(2, to=1), theirs(3), ours(4, to=2))
    assert found == {ANA: ["answered", "answered"]}


def test_the_nearest_customer_is_meant_and_no_one_above() -> None:
    """Bo answered Ana, and we answered Bo."""
    found = states(theirs(1, ANA), theirs(2, BO, in_reply_to="1"), ours(3, to=2))
    assert found == {ANA: ["open"], BO: ["answered"]}


def test_a_strangers_post_in_between_ends_the_search() -> None:
    """We answered a stranger who never wrote to us: nobody who waits was meant."""
    stranger = message(2, Role.CONTEXT, 99, in_reply_to="1")
    assert states(theirs(1, ANA), stranger, ours(3, to=2)) == {ANA: ["open"]}


def test_a_post_of_ours_that_answers_nothing_ends_nothing() -> None:
    """It merely stands in the thread."""
    assert states(theirs(1), ours(2)) == {ANA: ["open"]}


def test_failing_a_stored_parent_whom_the_channel_names_is_meant() -> None:
    """The post that we answered was never given to us, but its author was."""
    found = states(theirs(1, ANA), theirs(2, BO), ours(3, to=77, in_reply_to_author=str(BO)))
    assert found == {ANA: ["open"], BO: ["answered"]}


def test_an_unknown_parent_by_nobody_known_ends_nothing() -> None:
    """No guess is made."""
    assert states(theirs(1), ours(2, to=77)) == {ANA: ["open"]}
    assert states(theirs(1), ours(2, to=77, in_reply_to_author="88")) == {ANA: ["open"]}


def test_the_unknown_parent_of_our_own_post_above_is_asked_for_too() -> None:
    """Our continuation leads to our first post, which leads to the customer's name."""
    first = ours(2, to=77, in_reply_to_author=str(ANA))
    assert states(theirs(1), first, ours(3, to=2)) == {ANA: ["answered"]}


def test_a_circle_of_answers_is_no_endless_search() -> None:
    """What no channel should give."""
    assert states(theirs(1), ours(2, to=3), ours(3, to=2)) == {ANA: ["open"]}
    assert states(theirs(1), ours(2, to=2)) == {ANA: ["open"]}


def test_answering_an_earlier_version_is_answering_the_post() -> None:
    """An edit made a new id; the old one is the same post."""
    assert states(theirs(1), ours(2, to=55), aliases={"55": "1"}) == {ANA: ["answered"]}
    assert states(theirs(1), ours(2, quotes="55"), aliases={"55": "1"}) == {ANA: ["answered"]}


# Quotes.


def test_a_quote_in_another_thread_answers_whom_it_quotes() -> None:
    """It is matched by the quoted id, never by the thread."""
    found = states(theirs(1, ANA), theirs(2, BO), quoting=[ours(3, quotes="1")])
    assert found == {ANA: ["answered"], BO: ["open"]}


def test_a_quote_elsewhere_that_answers_a_namesake_answers_only_whom_it_quotes() -> None:
    """What it answers stands in its own thread, whatever ids are the same here."""
    found = states(theirs(1, ANA), theirs(2, BO), quoting=[ours(3, to=2, quotes="1")])
    assert found == {ANA: ["answered"], BO: ["open"]}


def test_a_post_that_answers_one_and_quotes_another_answers_both() -> None:
    """Both see it."""
    found = states(theirs(1, ANA), theirs(2, BO), ours(3, to=1, quotes="2"))
    assert found == {ANA: ["answered"], BO: ["answered"]}


# What has a clock.


def test_history_waits_for_nothing_but_belongs_to_its_conversation() -> None:
    """What is older than the first fetch is kept without clocks."""
    verdict = decide(theirs(1, is_history=1))[ANA]
    assert (verdict.waits, verdict.message_ids) == ((), (1,))


def test_an_incidental_mention_has_a_clock_only_once_an_agent_tagged_it() -> None:
    """By default strangers under our post wait for nothing."""
    assert states(theirs(1, role=Role.INCIDENTAL)) == {ANA: []}
    tagged = theirs(1, role=Role.INCIDENTAL, corrected="question")
    assert states(tagged) == {ANA: ["open"]}


def test_an_agents_correction_goes_before_the_rules() -> None:
    """In the wait's kind and in its promise."""
    (wait,) = decide(theirs(1, corrected="question"))[ANA].waits
    assert (wait.kind, wait.due_at) == (Kind.QUESTION, MINUTE + 240 * MINUTE)


def test_what_was_not_tagged_yet_does_not_wait_yet() -> None:
    """No kind, no promise; it waits from its own time as soon as it is tagged."""
    assert states(theirs(1, kind=None)) == {ANA: []}


def test_an_answer_that_was_taken_back_ends_nothing() -> None:
    """The wait is open again, and the post still belongs to the conversation."""
    verdict = decide(theirs(1), ours(2, to=1, deleted_at=3 * MINUTE))[ANA]
    assert [w.state for w in verdict.waits] == [WaitState.OPEN]
    assert set(verdict.message_ids) == {1, 2}


def test_what_was_sent_through_us_covers_what_its_agent_had_seen() -> None:
    """The mention that came while they typed waits on."""
    sent = ours(3, to=1, agent="ana", seen_at=MINUTE, seen_id="1")
    first, second = decide(theirs(1), theirs(2), sent)[ANA].waits
    assert (first.state, first.agent, first.outside) == (WaitState.ANSWERED, "ana", False)
    assert (second.state, second.opening_id) == (WaitState.OPEN, 2)


def test_what_was_sent_elsewhere_covers_all_before_it() -> None:
    """And is told to be from outside."""
    (wait,) = decide(theirs(1), theirs(2), ours(3, to=1))[ANA].waits
    assert (wait.mentions, wait.outside, wait.agent) == (2, True, "")


def test_a_close_is_of_its_own_conversation() -> None:
    """Bo's wait goes on."""
    closing = Closing(9, 3 * MINUTE, CloseReason.SPAM, moment(MINUTE, "1"), "eve")
    closed = {ANA: ConversationFacts(1, closings=[closing]), BO: ConversationFacts(2)}
    found = states(theirs(1, ANA), theirs(2, BO), conversations=closed)
    assert found == {ANA: ["dismissed"], BO: ["open"]}


def test_a_wait_that_ended_is_judged_as_it_was() -> None:
    """Settings that came later do not make an old answer late."""
    strict = Judge(2, Settings(policies={kind: Policy(1) for kind in Kind}))
    before = {ANA: ConversationFacts(1, closed=[(2 * MINUTE, JUDGE)])}
    facts = ThreadFacts([theirs(1), ours(2, to=1), theirs(3)], before)
    ended, waiting = decide_thread(facts, strict)[0].waits
    assert (ended.settings_id, ended.is_met) == (1, True)
    assert (waiting.settings_id, waiting.due_at) == (2, 3 * MINUTE + 1)


# Whose conversation it is.


def test_it_is_counted_under_the_account_that_was_asked() -> None:
    """The first of them if two were; whoever answers does not take it over."""
    asked = [theirs(1, account_id=3), theirs(2, account_id=2)]
    assert decide(*asked, ours(3, to=1, account_id=1))[ANA].account_id == 2


def test_failing_that_under_the_one_that_answered_first() -> None:
    """An archive does not say who was asked."""
    lone = theirs(1, account_id=None)
    answers = [ours(4, to=1, account_id=5), ours(3, to=1, account_id=6)]
    assert decide(lone, *answers)[ANA].account_id == 6


def test_failing_that_under_one_that_wrote_in_the_thread() -> None:
    """Its post is what people talk about."""
    lone = theirs(2, account_id=None)
    assert decide(ours(1, account_id=7), lone, default_account=4)[ANA].account_id == 7


def test_failing_everything_under_the_default() -> None:
    """The first account of the channel."""
    lone = theirs(1, account_id=None)
    assert decide(lone, default_account=4)[ANA].account_id == 4
    assert decide(lone)[ANA].account_id is None


# In general.


def test_only_who_wrote_to_us_is_a_customer() -> None:
    """Context, copies and ourselves open no conversation."""
    found = customers_of(
        [
            theirs(1, ANA),
            theirs(2, BO, role=Role.INCIDENTAL),
            message(3, Role.CONTEXT, 32),
            message(4, Role.RETWEET, 33),
            ours(5),
        ]
    )
    assert found == {ANA, BO}


@st.composite
def threads(draw: st.DrawFn) -> list[ThreadMessage]:
    """Customers and ourselves, each answering anything or nothing."""
    made: list[ThreadMessage] = []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        to = draw(st.none() | st.integers(1, 10).map(str))
        who = draw(st.sampled_from([ANA, BO, None]))
        if who is None:
            named = draw(st.none() | st.sampled_from([str(ANA), str(BO)]))
            quotes = draw(st.none() | st.integers(1, 9).map(str))
            more = {"in_reply_to": to, "in_reply_to_author": named, "quotes": quotes}
            made.append(message(number, Role.OWN, None, **more))
        else:
            role = draw(st.sampled_from([Role.MENTION, Role.INCIDENTAL, Role.CONTEXT]))
            made.append(message(number, role, who, in_reply_to=to))
    return made


def ended_by(verdicts: Iterable[ConversationVerdict]) -> set[int]:
    """Our messages that ended a wait."""
    return {w.ended_by_message for v in verdicts for w in v.waits if w.ended_by_message}


@given(threads(), st.data())
def test_the_order_of_rows_is_nothing(messages: list[ThreadMessage], data: st.DataObject) -> None:
    """The database may give them as it likes."""
    shuffled = data.draw(st.permutations(messages))
    plain = {c: (v.account_id, v.waits) for c, v in decide(*messages).items()}
    assert {c: (v.account_id, v.waits) for c, v in decide(*shuffled).items()} == plain


@given(threads())
def test_only_our_own_posts_answer(messages: list[ThreadMessage]) -> None:
    """Each customer's mentions belong to their own conversation, and what ended a wait is ours."""
    by_id = {m.id: m for m in messages}
    verdicts = decide(*messages)
    assert all(by_id[i].role == Role.OWN for i in ended_by(verdicts.values()))
    for customer_id, verdict in verdicts.items():
        whose = {by_id[i].customer_id for i in verdict.message_ids}
        assert whose <= {customer_id, None}
