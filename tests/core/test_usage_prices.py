"""What a request costs, by the price list; what is read again on the same day is counted apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.usage import PRICES, Ask, Call, Tally, create_item, free_apart, tallies

POSTS = ("p:1", "p:2", "p:3")


def test_a_page_of_mentions() -> None:
    """Each post at the price of one; what was read before on that day beside it."""
    call = Call(Ask("mentions"), 200, things=POSTS)
    assert tallies(call, PRICES, {"p:1", "p:2"}, owned=False) == {
        "mentions": Tally(1, 3, 1, 10_000, 5_000)
    }


@pytest.mark.parametrize("endpoint", ["mentions", "own"])
def test_who_owns_the_app_and_signs_pays_less(endpoint: str) -> None:
    """Not where the app's token signs: then nobody is signed in."""
    mine = Call(Ask(endpoint), 200, things=POSTS)
    by_app = Call(Ask(endpoint, as_app=True), 200, things=POSTS)
    assert tallies(mine, PRICES, POSTS, owned=True)[endpoint].micros == 3_000
    assert tallies(by_app, PRICES, POSTS, owned=True)[endpoint].micros == 15_000
    assert tallies(mine, PRICES, POSTS, owned=False)[endpoint].micros == 15_000


def test_a_lookup_is_of_posts_of_others() -> None:
    """Owning the app makes it no cheaper."""
    call = Call(Ask("posts"), 200, things=POSTS)
    assert tallies(call, PRICES, POSTS, owned=True)["posts"].micros == 15_000


def test_an_account_looked_up() -> None:
    """Ten times an own post."""
    call = Call(Ask("user"), 200, things=("u:7",))
    assert tallies(call, PRICES, {"u:7"}, owned=False) == {"user": Tally(1, 1, 0, 10_000)}


def test_what_comes_along_has_lines_of_its_own() -> None:
    """It is counted, at the price that the configuration has for it."""
    call = Call(Ask("mentions"), 200, things=("p:1",), along=("p:9", "u:7", "u:8"))
    prices = {**PRICES, "included_user": 10_000}
    renamed = free_apart(call, prices)
    found = tallies(renamed, prices, {"p:1", *renamed.along}, owned=False)
    assert found["included_post"] == Tally(0, 1)
    assert found["included_user"] == Tally(0, 2, 0, 20_000)
    assert found["mentions"] == Tally(1, 1, 0, 5_000)


def test_what_came_along_for_nothing_is_not_paid_for() -> None:
    """Read by itself later on that day it costs what it costs."""
    call = Call(Ask("mentions"), 200, things=("p:1",), along=("p:9", "u:7"))
    assert free_apart(call, PRICES).along == ["+p:9", "+u:7"]
    paid = {**PRICES, "included_post": 5_000}
    assert free_apart(call, paid).along == ["p:9", "+u:7"]


@pytest.mark.parametrize(
    ("has_url", "is_reply", "micros"),
    [(False, True, 10_000), (False, False, 15_000), (True, True, 200_000), (True, False, 200_000)],
)
def test_a_post_by_what_is_in_it(has_url: bool, is_reply: bool, micros: int) -> None:
    """A reply is cheaper than a post; a URL makes both the dearest."""
    item = create_item(has_url=has_url, is_reply=is_reply)
    done = Call(Ask("create"), 201, item)
    assert tallies(done, PRICES, (), owned=False) == {item: Tally(1, 1, 0, micros)}


@pytest.mark.parametrize(
    ("status", "micros"),
    [(201, 10_000), (None, 10_000), (503, 10_000), (408, 10_000), (403, 0), (429, 0), (402, 0)],
)
def test_a_reply_by_what_became_of_it(status: int | None, micros: int) -> None:
    """What was refused costs nothing; what may be public is counted as if it were."""
    call = Call(Ask("create"), status, "reply")
    assert tallies(call, PRICES, (), owned=False)["reply"].micros == micros


def test_other_requests() -> None:
    """A deletion has its price; what is in no list is counted and costs nothing."""
    assert tallies(Call(Ask("delete"), 200), PRICES, (), owned=False)["delete"].micros == 10_000
    assert tallies(Call(Ask("token"), 200), PRICES, (), owned=False) == {"token": Tally(1, 1)}


@given(
    st.lists(st.integers(0, 9), unique=True),
    st.lists(st.integers(10, 19), unique=True),
    st.sets(st.integers(0, 19)),
)
def test_new_and_repeated_together_are_all(
    things: list[int], along: list[int], fresh: set[int]
) -> None:
    """Nothing is lost between what is charged and what is not, and money is a whole number."""
    call = Call(
        Ask("mentions"), 200, things=[f"p:{n}" for n in things], along=[f"p:{n}" for n in along]
    )
    prices = {**PRICES, "included_post": 5_000}
    found = tallies(call, prices, {f"p:{n}" for n in fresh}, owned=False)
    total = Tally()
    for tally in found.values():
        total = total.plus(tally)
    assert total.calls == 1
    assert total.resources == len(things) + len(along)
    assert total.micros + total.repeated_micros == 5_000 * total.resources
    assert total.repeated_micros == 5_000 * total.repeated
