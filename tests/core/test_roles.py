"""What a post is to the brand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.model import Author, Post, Role
from triage.core.roles import decide_role

OUR_IDS = {"1", "2"}
OUR_HANDLES = {"acme", "acmehelp"}
ANA = Author("30", "ana")


def role(  # noqa: D103 - each test says it
    text: str,
    *,
    author: Author = ANA,
    to: str | None = None,
    to_author: str | None = None,
    retweet: bool = False,
    context: bool = False,
) -> Role:
    post = Post(
        native_id="100",
        author=author,
        text=text,
        posted_at=0,
        in_reply_to=to,
        in_reply_to_author=to_author,
        is_retweet=retweet,
    )
    return decide_role(post, OUR_IDS, OUR_HANDLES, is_context=context)


def test_a_post_to_us_is_a_mention() -> None:
    """Wherever it names us."""
    assert role("@acme hello") is Role.MENTION
    assert role("I love @ACME") is Role.MENTION


@pytest.mark.parametrize("author", [Author("1", "new-name"), Author("2"), Author("", "@AcmeHelp")])
def test_what_an_account_of_ours_wrote_is_ours(author: Author) -> None:
    """Known by its id, whatever its handle is now, or by its handle where no id is told."""
    assert role("@acme hello", author=author) is Role.OWN
    assert role("RT", author=author, retweet=True, context=True) is Role.OWN


def test_a_retweet_is_never_a_mention() -> None:
    """Also when it names us and came by itself."""
    assert role("RT @ana: @acme it is broken", retweet=True) is Role.RETWEET
    assert role("RT @ana: @acme it is broken", retweet=True, context=True) is Role.RETWEET


def test_what_came_along_is_a_mention_only_if_it_names_us() -> None:
    """The post that a customer answered, or quoted."""
    assert role("what a day", context=True) is Role.CONTEXT
    assert role("what a day @acmeteam", context=True) is Role.CONTEXT
    assert role("what a day @acme", context=True) is Role.MENTION


def test_strangers_who_talk_under_our_post_are_incidental() -> None:
    """A client put us into the leading run by itself."""
    assert role("@bo @acme me too", to="99", to_author="31") is Role.INCIDENTAL
    assert role("@acme @bo me too", to="99", to_author="31", context=True) is Role.INCIDENTAL


@pytest.mark.parametrize("to_author", ["1", "2", "@acme", "30", None])
def test_an_answer_to_us_to_oneself_or_to_nobody_knows_whom_is_a_mention(
    to_author: str | None,
) -> None:
    """The run says nothing there; a customer who goes on under their own post talks to us."""
    assert role("@acme @bo and now?", to="99", to_author=to_author) is Role.MENTION


def test_naming_us_by_hand_is_a_mention_also_in_an_answer_to_a_stranger() -> None:
    """Behind the run a person typed it."""
    assert role("@bo @acme ask @acme", to="99", to_author="31") is Role.MENTION
    assert role("@bo ask @acmehelp", to="99", to_author="31") is Role.MENTION


def test_a_leading_name_of_somebody_elses_is_no_run_of_ours() -> None:
    """`@acmeteam` is not `@acme`, so what follows decides."""
    assert role("@bo @acmeteam hello", to="99", to_author="31") is Role.MENTION


def test_a_post_that_answers_nothing_is_never_incidental() -> None:
    """Without an answered post there is no automatic run."""
    assert role("@bo @acme hello", to_author="31") is Role.MENTION


@given(st.text(max_size=80), st.booleans(), st.sampled_from(["1", "30", "31", None]))
def test_every_post_of_a_customer_has_a_role_that_is_not_ours(
    text: str, context: bool, to_author: str | None
) -> None:
    """No text makes a stranger's post ours or a retweet."""
    given_role = role(text, to="99", to_author=to_author, context=context)
    assert given_role in {Role.MENTION, Role.INCIDENTAL, Role.CONTEXT}
    if not context:
        assert given_role is not Role.CONTEXT
