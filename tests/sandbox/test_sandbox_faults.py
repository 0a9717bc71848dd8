"""Everything that can be made to go wrong, over real HTTP."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator

import pytest
from talk import NOW_MS, Answer, Talk, talking

from triage.sandbox.faults import Kind, Rule

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def talk() -> Iterator[Talk]:
    """A running sandbox with seven mentions."""
    with talking() as found:
        for number in range(7):
            found.said("ann", f"@acme {number}")
        yield found


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Kind.RATE_LIMITED, 429),
        (Kind.RATE_LIMITED_NO_RESET, 429),
        (Kind.RATE_LIMITED_BAD_RESET, 429),
        (Kind.RATE_LIMITED_TEXT, 429),
        (Kind.ERROR, 500),
        (Kind.UNAVAILABLE, 503),
        (Kind.UNAUTHORIZED, 401),
        (Kind.CREDITS, 402),
        (Kind.HTML, 200),
    ],
)
def test_refusals_do_nothing(talk: Talk, kind: Kind, status: int) -> None:
    """These answer with their status, post nothing, and are over after one request."""
    talk.sandbox.fail(Rule("create", kind))
    assert talk.post("hello").status == status
    assert talk.count() == 0
    assert talk.post("hello").status == 201


def test_resets(talk: Talk) -> None:
    """The reset is in seconds of the sandbox's clock, in the past, missing, or no number."""
    talk.sandbox.fail(
        Rule("mentions", Kind.RATE_LIMITED, reset_after_s=60),
        Rule("mentions", Kind.RATE_LIMITED, reset_after_s=-60),
        Rule("mentions", Kind.RATE_LIMITED_NO_RESET),
        Rule("mentions", Kind.RATE_LIMITED_BAD_RESET),
        Rule("mentions", Kind.BAD_RESET),
    )
    answers = [talk.mentions() for _ in range(5)]
    seconds = NOW_MS // 1_000
    resets = [answer.headers.get("x-rate-limit-reset") for answer in answers]
    assert resets == [str(seconds + 60), str(seconds - 60), None, "soon", "soon"]
    assert [answer.status for answer in answers] == [429, 429, 429, 429, 200]


@pytest.mark.parametrize(
    "kind", [Kind.CLOSE, Kind.CLOSE_AFTER, Kind.CUT_SHORT, Kind.HANG, Kind.HANG_AFTER]
)
def test_broken_connections(talk: Talk, kind: Kind) -> None:
    """The connection ends without a whole answer; only the kinds that say so posted first."""
    talk.sandbox.fail(Rule("create", kind, hold_s=0.01))
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        talk.post("hello")
    assert talk.count() == (0 if kind in (Kind.CLOSE, Kind.HANG) else 1)


@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE_AFTER, Kind.TRUNCATED, Kind.HTML_AFTER])
def test_accepted_but_told_badly(talk: Talk, kind: Kind) -> None:
    """The post is there although the answer is 503, or no JSON."""
    talk.sandbox.fail(Rule("create", kind))
    answer = talk.post("hello")
    assert answer.status == (503 if kind is Kind.UNAVAILABLE_AFTER else 201)
    if kind is not Kind.UNAVAILABLE_AFTER:
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            _ = answer.body
    assert talk.count() == 1


def test_a_hang_ends_when_the_server_stops() -> None:
    """A client that hangs is let go by `stop`, long before the hold is over."""
    failures: list[BaseException] = []
    with talking() as talk:
        talk.sandbox.fail(Rule("mentions", Kind.HANG, hold_s=600))

        def ask() -> None:
            try:
                talk.mentions()
            except (http.client.HTTPException, ConnectionError) as error:
                failures.append(error)

        client = threading.Thread(target=ask)
        client.start()
        while talk.sandbox.api.faults.pending():
            client.join(0.001)
    client.join(60)
    assert not client.is_alive()
    assert len(failures) == 1


def test_an_empty_page_leads_to_the_page_it_replaced(talk: Talk) -> None:
    """No posts and a token; the token gives what this page would have had."""
    whole = talk.mentions(max_results="5")
    rest = talk.mentions(max_results="5", pagination_token=whole.body["meta"]["next_token"]).ids
    talk.sandbox.fail(Rule("mentions", Kind.EMPTY_PAGE), Rule("mentions", Kind.EMPTY_PAGE, skip=1))
    empty = talk.mentions(max_results="5")
    assert (empty.ids, empty.body["meta"]["result_count"]) == ([], 0)
    first = talk.mentions(max_results="5", pagination_token=empty.body["meta"]["next_token"])
    assert first.ids == whole.ids
    again = talk.mentions(max_results="5", pagination_token=first.body["meta"]["next_token"])
    assert again.ids == []
    last = talk.mentions(max_results="5", pagination_token=again.body["meta"]["next_token"])
    assert last.ids == rest


def test_a_page_token_expires_only_where_there_is_one(talk: Talk) -> None:
    """The fault waits for a request with a token, which gets X's 400."""
    talk.sandbox.fail(Rule("mentions", Kind.TOKEN_EXPIRED))
    first = talk.mentions(max_results="5")
    assert first.status == 200
    token = first.body["meta"]["next_token"]
    assert talk.mentions(max_results="5", pagination_token=token).status == 400
    assert talk.mentions(max_results="5", pagination_token=token).status == 200


def test_a_mention_comes_twice(talk: Talk) -> None:
    """The last of a page is the first of the next; on the only page it comes twice in it."""
    talk.sandbox.fail(Rule("mentions", Kind.DUPLICATE, times=1))
    first = talk.mentions(max_results="5")
    second = talk.mentions(max_results="5", pagination_token=first.body["meta"]["next_token"])
    assert second.ids[0] == first.ids[-1]
    assert len({*first.ids, *second.ids}) == 7
    talk.sandbox.fail(Rule("mentions", Kind.DUPLICATE))
    only = talk.mentions(max_results="100").ids
    assert (len(only), len(set(only))) == (8, 7)


def test_ids_out_of_order(talk: Talk) -> None:
    """The page has the same posts, not newest first."""
    ids = talk.mentions().ids
    talk.sandbox.fail(Rule("mentions", Kind.OUT_OF_ORDER))
    mixed = talk.mentions().ids
    assert mixed != ids
    assert sorted(mixed, reverse=True) == ids


def test_nulls(talk: Talk) -> None:
    """Fields without a value come as null instead of being left out, others on demand."""
    talk.sandbox.fail(Rule("mentions", Kind.NULLS, fields=("author_id",)))
    body = talk.mentions(tweet__fields="author_id,lang").body
    assert body["errors"] is None
    post = body["data"][0]
    assert (post["in_reply_to_user_id"], post["author_id"], post["lang"]) == (None, None, "en")


@pytest.mark.parametrize("body", [None, [], {"errors": None}, "text", 5])
def test_odd_bodies(talk: Talk, body: object) -> None:
    """Any JSON value can be the body of any status."""
    talk.sandbox.fail(Rule("*", Kind.ODD_BODY, status=400, body=body))
    answer = talk.mentions()
    assert (answer.status, answer.body) == (400, body)


def test_rules_count_their_own_endpoint_and_take_turns(talk: Talk) -> None:
    """`skip` lets matching requests pass, `times` ends a rule, None never does."""
    talk.sandbox.fail(
        Rule("mentions", Kind.ERROR, skip=1, times=2),
        Rule("mentions", Kind.UNAVAILABLE, times=None),
    )
    assert talk.own().status == 200
    statuses = [talk.mentions().status for _ in range(5)]
    # The first rule lets one pass to the second.
    assert statuses == [503, 500, 500, 503, 503]
    talk.sandbox.api.faults.clear()
    assert talk.mentions().status == 200


def test_faults_over_the_control_interface(talk: Talk) -> None:
    """Another process can add, list and clear rules; mistakes are told."""
    rule = {"endpoint": "mentions", "kind": "503", "times": 2}
    listed = talk.send("POST", "/sandbox/faults", body=[rule])
    assert (listed.status, len(listed.body)) == (200, 1)
    assert talk.mentions().status == 503
    assert talk.send("DELETE", "/sandbox/faults").status == 200
    assert talk.mentions().status == 200
    for wrong in ({"endpoint": "mentions"}, {"endpoint": "mentions", "kind": "nope"}, {"x": 1}):
        answer: Answer = talk.send("POST", "/sandbox/faults", body=wrong)
        assert answer.status == 400
        assert answer.body["error"]
