"""Finding lost replies among our own posts, and the table along which a reply moves."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.model import MINUTE, id_key
from triage.core.outbox import (
    CLOCK_SKEW,
    IN_FLIGHT,
    TRANSITIONS,
    Attempt,
    Found,
    ReplyState,
    may_move,
    normalise,
    settle,
    text_key,
)

AT = 1_772_442_000_000


def attempt(reply_id: int = 1, text: str = "we are on it", *, at: int = AT) -> Attempt:
    """A reply of account 1 to post 5 whose fate is open."""
    return Attempt(reply_id, "1", "5", text, at)


def found(
    native_id: str = "100",
    text: str = "we are on it",
    *,
    at: int = AT,
    author: str = "1",
    to: str | None = "5",
) -> Found:
    """A post of ours."""
    return Found(native_id, author, to, text, at)


# What makes a post an attempt's.


def test_the_same_author_parent_time_and_text_settle_it() -> None:
    """The plain case."""
    assert settle([attempt()], [found()]) == {1: "100"}


@pytest.mark.parametrize(
    "other",
    [
        found(author="2"),
        found(to="6"),
        found(to=None),
        found(text="we are on it!"),
        found(text="We are on it"),
        found(at=AT - CLOCK_SKEW - 1),
    ],
)
def test_one_difference_is_enough_not_to_be_it(other: Found) -> None:
    """Another account's, to another post, other words, or before the attempt."""
    assert settle([attempt()], [other]) == {}


def test_our_clock_may_run_ahead_by_the_skew_and_no_more() -> None:
    """At the boundary it is still the same post."""
    assert settle([attempt()], [found(at=AT - CLOCK_SKEW)]) == {1: "100"}
    assert settle([attempt()], [found(at=AT + 60 * MINUTE)]) == {1: "100"}


def test_a_post_without_a_parent_settles_a_reply_without_one() -> None:
    """A countdown post answers nobody."""
    lone = Attempt(1, "1", None, "2 days left", AT)
    assert settle([lone], [found(text="2 days left", to=None)]) == {1: "100"}
    assert settle([lone], [found(text="2 days left")]) == {}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("sorry!", "@ana sorry!"),
        ("sorry!", "@ana @bo_2 sorry!"),
        ("@ana sorry!", "@bo @ana sorry!"),
        ("Tom & Ann", "Tom &amp; Ann"),
        ("1 < 2 > 0", "1 &lt; 2 &gt; 0"),
        ("see https://acme.example/help?a=1&b=2 please", "see https://t.co/AbC123 please"),
        ("see HTTPS://ACME.EXAMPLE/x", "see https://t.co/x"),
        ("see acme.com/help", "see https://t.co/x"),
        ("cafe\u0301 au lait", "caf\u00e9 au lait"),
        ("two\n\nlines ", "two lines"),
        ("a\u00a0b", "a b"),
    ],
)
def test_what_a_channel_does_to_a_text_does_not_hide_it(typed: str, shown: str) -> None:
    """Names put in front, `&` escaped, links shortened, characters composed, space folded."""
    assert settle([attempt(text=typed)], [found(text=shown)]) == {1: "100"}
    assert text_key(typed) == text_key(shown)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("we refund @ana", "we refund @bo"),
        ("see https://a.example", "https://a.example see"),
        ("ok", ""),
        ("room 12", "room 13"),
        ("mail me@acme.com", "mail you@acme.com"),
    ],
)
def test_other_words_stay_other(one: str, other: str) -> None:
    """Names inside a text, numbers and the place of a link tell texts apart."""
    assert text_key(one) != text_key(other)


@given(st.text(max_size=60))
def test_composing_and_folding_space_never_change_a_key(text: str) -> None:
    """NFC and NFD of a text are one text, and so are its edges."""
    assert text_key(unicodedata.normalize("NFD", text)) == text_key(text)
    assert text_key(f"  {text}\n") == text_key(text)


@given(st.text(max_size=200))
def test_any_text_has_a_key(text: str) -> None:
    """No text, also one with lone surrogates, is too strange to be looked for."""
    assert len(text_key(text + "\ud800")) == 64
    assert not normalise(text).startswith(" ")


# Several at once.


def test_the_oldest_attempt_takes_the_oldest_post() -> None:
    """By number: 99 was before 100."""
    attempts = [attempt(2, at=AT + 1), attempt(1)]
    posts = [found("100", at=AT + 2), found("99", at=AT + 1)]
    assert settle(attempts, posts) == {1: "99", 2: "100"}


def test_attempts_of_the_same_moment_go_by_their_ids() -> None:
    """So that the result never depends on the order of rows."""
    assert settle([attempt(8), attempt(7)], [found()]) == {7: "100"}


def test_one_post_settles_one_attempt() -> None:
    """The same words sent twice, of which one arrived."""
    assert settle([attempt(1), attempt(2)], [found()]) == {1: "100"}


def test_the_same_post_listed_twice_is_one() -> None:
    """Pages overlap."""
    assert settle([attempt(1), attempt(2)], [found(), found()]) == {1: "100"}


def test_what_belongs_to_a_reply_already_is_not_found_again() -> None:
    """Yesterday's confirmed answer with the same words proves nothing about today's."""
    assert settle([attempt()], [found()], taken=["100"]) == {}
    assert settle([attempt()], [found(), found("101")], taken={"100"}) == {1: "101"}


TEXTS = st.sampled_from(["a", "@ana a", "b", "b &amp; c", "b & c"])
ATTEMPTS = st.lists(
    st.builds(
        Attempt,
        st.integers(1, 9),
        st.sampled_from("12"),
        st.sampled_from(["5", "6", None]),
        TEXTS,
        st.integers(0, 3).map(lambda n: AT + n * CLOCK_SKEW),
    ),
    max_size=6,
    unique_by=lambda a: a.reply_id,
)
POSTS = st.lists(
    st.builds(
        Found,
        st.integers(97, 103).map(str),
        st.sampled_from("12"),
        st.sampled_from(["5", "6", None]),
        TEXTS,
        st.integers(0, 3).map(lambda n: AT + n * CLOCK_SKEW),
    ),
    max_size=7,
    unique_by=lambda f: f.native_id,
)


@given(ATTEMPTS, POSTS, st.sets(st.integers(97, 103).map(str), max_size=2), st.data())
def test_each_post_is_used_once_whatever_the_order(
    attempts: list[Attempt], posts: list[Found], taken: set[str], data: st.DataObject
) -> None:
    """Injective, out of the timeline, never a taken one, and independent of both orders."""
    result = settle(attempts, posts, taken)
    assert len(set(result.values())) == len(result)
    assert not taken & set(result.values())
    by_id = {p.native_id: p for p in posts}
    for one in attempts:
        if one.reply_id in result:
            post = by_id[result[one.reply_id]]
            assert (post.author_id, post.in_reply_to) == (one.author_id, one.in_reply_to)
            assert post.posted_at >= one.attempted_at - CLOCK_SKEW
            assert normalise(post.text) == normalise(one.text)
    shuffled = data.draw(st.permutations(attempts)), data.draw(st.permutations(posts))
    assert settle(*shuffled, taken) == result


@given(ATTEMPTS, POSTS)
def test_nothing_fitting_is_left_while_an_attempt_goes_without(
    attempts: list[Attempt], posts: list[Found]
) -> None:
    """Whoever was not found has no unused post that would be theirs."""
    result = settle(attempts, posts)
    left = [p for p in posts if p.native_id not in result.values()]
    for one in attempts:
        if one.reply_id not in result:
            assert settle([one], left) == {}


@given(st.lists(st.integers(1, 10**20).map(str), min_size=1, max_size=6, unique=True))
def test_twins_take_the_posts_in_the_order_of_their_numbers(ids: list[str]) -> None:
    """As many equal attempts as equal posts: the n-th gets the n-th."""
    attempts = [attempt(n, at=AT + n) for n in range(len(ids))]
    posts = [found(i, at=AT + 60 * MINUTE) for i in ids]
    assert list(settle(attempts, posts).values()) == sorted(ids, key=id_key)


# The table.


def test_every_state_is_in_the_table() -> None:
    """A state without a row would be an error at the worst moment."""
    assert set(TRANSITIONS) == set(ReplyState)


def test_only_cancelled_and_deleted_are_final() -> None:
    """From everywhere else there is a way on."""
    final = {state for state, after in TRANSITIONS.items() if not after}
    assert final == {ReplyState.CANCELLED, ReplyState.DELETED}


def test_sending_is_entered_from_queued_alone() -> None:
    """So what is unknown, held or failed is never sent without having been queued by a person."""
    before = {s for s in ReplyState if may_move(s, ReplyState.SENDING)}
    assert before == {ReplyState.QUEUED}


def test_a_sent_reply_is_never_sent_again() -> None:
    """It can be taken back and nothing else, and what was taken back stays so."""
    assert TRANSITIONS[ReplyState.SENT] == {ReplyState.DELETED}


def test_what_may_be_public_is_never_cancelled_while_it_leaves() -> None:
    """`sending` ends as the channel's answer says, or as unknown."""
    assert not may_move(ReplyState.SENDING, ReplyState.CANCELLED)
    assert not may_move(ReplyState.SENDING, ReplyState.DRAFT)


def test_no_state_moves_to_itself() -> None:
    """A move that changes nothing would hide a lost race."""
    assert [s for s in ReplyState if may_move(s, s)] == []


def test_every_state_can_be_reached_from_a_draft() -> None:
    """The table has no row for nothing."""
    reached = {ReplyState.DRAFT}
    while more := {a for s in reached for a in TRANSITIONS[s]} - reached:
        reached |= more
    assert reached == set(ReplyState)


def test_what_is_in_flight_is_what_may_still_become_public_by_itself() -> None:
    """Queued, leaving or of unknown fate: the same text to the same post is refused meanwhile."""
    assert set(IN_FLIGHT) == {ReplyState.QUEUED, ReplyState.SENDING, ReplyState.UNKNOWN}
