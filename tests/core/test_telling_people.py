"""The pure part of actions: who can be told, what to call them, and what is compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depth import deep
from triage.core.action_report import LONGEST, WEEK, edges_after, edges_before, span_of
from triage.core.actions import Action, ActionState, Told, mark_of
from triage.core.kinds import DAY, HOUR
from triage.core.outbox import ReplyState
from triage.core.telling import Mention, Us, obstacle, reaches
from triage.core.themes import Raised, buckets, nearest, raisers, theme_lines

NOW = 1_772_442_000_000
US = {1: Us("acme", needs_summons=True)}
FREE = {1: Us("acme", needs_summons=False)}

few = settings(max_examples=deep(100, 15))
moments = st.integers(min_value=NOW - 400 * DAY, max_value=NOW)
spans = st.integers(min_value=0, max_value=LONGEST)
mentions = st.builds(
    Mention,
    message_id=st.integers(1, 10_000),
    native_id=st.just("1"),
    conversation_id=st.none() | st.integers(1, 9),
    account_id=st.sampled_from([1, 2, None]),
    customer_id=st.integers(1, 6),
    handle=st.just("ana"),
    name=st.just("Ana"),
    text=st.sampled_from(["@acme where is it", "where is it", "@hal @acme no", "hi @ACME"]),
    kind=st.just("complaint"),
    posted_at=moments,
    is_gone=st.booleans(),
    is_reply=st.booleans(),
    is_incidental=st.booleans(),
    quotes_us=st.booleans(),
    closed_as=st.sampled_from(["", "spam", "not-us", "private"]),
    waits=st.booleans(),
)
raised = st.builds(
    Raised,
    message_id=st.integers(1, 10_000),
    conversation_id=st.none() | st.integers(1, 9),
    customer_id=st.integers(1, 6),
    posted_at=moments,
    kind=st.sampled_from(["complaint", "question"]),
    theme=st.sampled_from(["refund", "delivery"]),
    is_gone=st.booleans(),
)


def plain(number: int) -> int:
    """Everybody is somebody else."""
    return number


def in_pairs(number: int) -> int:
    """Two neighbours are one person."""
    return number - number % 2


@few
@given(st.lists(mentions, max_size=30), st.sampled_from([plain, in_pairs]))
def test_everybody_once(found: list[Mention], person_of: Callable[[int], int]) -> None:
    """Each person who wrote about it is listed once, and nobody else."""
    found.sort(key=lambda m: m.posted_at)
    listed = reaches(found, US, NOW, 30 * DAY, person_of)
    people = [reach.person_id for reach in listed]
    assert sorted(people) == sorted({person_of(m.customer_id) for m in found})
    assert sum(reach.mentions for reach in listed) == len(found)


@few
@given(st.lists(mentions, max_size=30))
def test_reachable_by_a_post_that_can_be_answered(found: list[Mention]) -> None:
    """Whoever can be told can be by that very post; whoever cannot has none."""
    found.sort(key=lambda m: m.posted_at)
    for reach in reaches(found, US, NOW, 30 * DAY, plain):
        theirs = [m for m in found if m.customer_id == reach.person_id]
        fine = [m for m in theirs if not obstacle(m, US, NOW, 30 * DAY)[0]]
        assert reach.is_reachable == bool(fine)
        assert reach.mention is (fine or theirs)[-1]
        assert reach.is_reachable or reach.reason


@few
@given(mentions)
def test_nobody_out_of_the_blue(mention: Mention) -> None:
    """Whom a channel wants to be called by is told only where they did, and while it is young."""
    code, _ = obstacle(mention, US, NOW, 30 * DAY)
    if not code:
        assert mention.quotes_us or "@acme" in mention.text.lower()
        assert NOW - mention.posted_at <= 30 * DAY
        assert not mention.is_gone
        assert mention.account_id == 1
        assert mention.closed_as not in ("spam", "not-us")


def test_a_channel_that_needs_no_call() -> None:
    """There a post that names nobody is answered all the same."""
    mention = Mention(
        *(1, "1", 1, 1, 1, "ana", "Ana", "where is it", "question", NOW),
        *(False, False, False, False, "", False),
    )
    assert obstacle(mention, US, NOW, DAY)[0] == "not-summoned"
    assert obstacle(mention, FREE, NOW, DAY) == ("", "")
    old = mention._replace(posted_at=NOW - DAY - 1)
    assert obstacle(old, FREE, NOW, DAY) == (
        "too-old",
        "Their post is 1 day old; the limit is 1 day.",
    )


def test_a_reply_of_theirs_that_a_client_addressed() -> None:
    """Under our post X may refuse, which is told; under a stranger's nobody is told."""
    reply = Mention(
        *(1, "1", 1, 1, 1, "ana", "Ana", "@acme no refund", "question", NOW),
        *(False, True, False, False, "", False),
    )
    code, reason = obstacle(reply, US, NOW, DAY)
    assert (code, "X may refuse" in reason) == ("", True)
    beside = reply._replace(is_incidental=True, text="@hal @acme no refund")
    assert obstacle(beside, US, NOW, DAY) == (
        "not-summoned",
        "Their post names @acme only among those whom it answers.",
    )


@few
@given(moments, spans)
def test_weeks_lie_side_by_side(done_at: int, span: int) -> None:
    """Both sides are as long, and a week is a week but for the outermost, which may be cut."""
    before, after = edges_before(done_at, span), edges_after(done_at, span)
    assert (before[0], before[-1]) == (done_at - span, done_at)
    assert (after[0], after[-1]) == (done_at, done_at + span)
    assert all(b - a == WEEK for a, b in list(pairwise(after))[:-1])
    assert [2 * done_at - edge for edge in reversed(before)] == after


@few
@given(moments, st.none() | moments)
def test_no_more_is_compared_than_is_known(done_at: int, first_at: int | None) -> None:
    """Nothing in the future, nothing from before the first mention, half a year at most."""
    span = span_of(done_at, first_at, NOW)
    assert 0 <= span <= LONGEST
    assert done_at + span <= max(NOW, done_at)
    assert first_at is None or done_at - span >= min(first_at, done_at)


@few
@given(st.lists(raised, max_size=40), moments)
def test_every_mention_is_in_one_week(found: list[Raised], done_at: int) -> None:
    """What is counted week by week adds up to what lies between the ends."""
    edges = edges_after(done_at, 5 * WEEK + HOUR)
    inside = [m for m in found if edges[0] <= m.posted_at < edges[-1]]
    counted = buckets(found, edges)
    assert sum(b.mentions for b in counted) == len(inside)
    assert sum(b.complaints for b in counted) == sum(m.kind == "complaint" for m in inside)


@few
@given(st.lists(raised, max_size=40), st.lists(raised, max_size=40))
def test_themes_add_up(now: list[Raised], then: list[Raised]) -> None:
    """Every mention counts once, in its theme; quotes are of different people and stand."""
    complaints = sum(m.kind == "complaint" for m in now)
    lines = theme_lines(now, then, complaints, plain)
    assert sum(line.mentions for line in lines) == len(now)
    assert sum(line.before for line in lines) == len(then)
    assert sum(line.share for line in lines) == pytest.approx(1.0 if complaints else 0.0)
    for line in lines:
        people = [q.customer_id for q in line.quotes]
        assert len(set(people)) == len(people) <= 3
        assert not any(q.is_gone for q in line.quotes)
        assert line.people == len({m.customer_id for m in now if m.theme == line.name})


@few
@given(st.lists(raised, max_size=40))
def test_linked_customers_are_one(found: list[Raised]) -> None:
    """Who is one person is counted as one, with all that they wrote."""
    people = raisers(found, in_pairs)
    assert len(people) == len({in_pairs(m.customer_id) for m in found})
    assert sum(p.mentions for p in people) == len(found)
    assert [p.mentions for p in people] == sorted((p.mentions for p in people), reverse=True)


def test_how_far_an_action_is() -> None:
    """By times alone; what was given up stays that."""
    action = Action(1, "u", "T", "refund", NOW - DAY, "", None, None, None, NOW, "ana")
    changed = {
        ActionState.OPEN: action,
        ActionState.OVERDUE: replace(action, due_at=NOW),
        ActionState.DONE: replace(action, due_at=NOW, done_at=NOW),
        ActionState.DROPPED: replace(action, done_at=NOW, dropped_at=NOW),
    }
    assert {state: one.state(NOW) for state, one in changed.items()} == {s: s for s in changed}
    assert replace(action, done_at=NOW + 1).state(NOW) is ActionState.OPEN
    assert changed[ActionState.DONE].until(NOW + DAY) == NOW
    assert action.until(NOW) == NOW + 1


def test_a_review_is_of_a_text_to_the_letter() -> None:
    """Another blank, another link: another text."""
    told = Told(
        1, 1, 1, 1, 1, approved=mark_of("Hi https://a.example"), text="Hi https://a.example"
    )
    assert told.is_approved
    for text in ("Hi  https://a.example", "Hi https://b.example", "Hi https://a.example "):
        assert not Told(1, 1, 1, 1, 1, approved=told.approved, text=text).is_approved


def test_only_what_never_left_begins_anew() -> None:
    """A message that was tried may be public, whatever somebody says of it."""
    assert Told(1, 1, 1, 1, 1, state=ReplyState.CANCELLED).may_begin_anew
    assert not Told(1, 1, 1, 1, 1, state=ReplyState.CANCELLED, attempts=1).may_begin_anew
    assert not Told(1, 1, 1, 1, 1, state=ReplyState.FAILED).may_begin_anew


def test_what_somebody_may_have_meant() -> None:
    """A near name, or none."""
    assert nearest("refnd", {"refund", "delivery"}) == "refund"
    assert nearest("zzz", {"refund"}) is None
