"""The sandbox's answers, and requests as we make them, against X's own documents."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import contract
import pytest
from talk import NOW_MS, USER, Talk, talking

from triage.sandbox import seeds
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.state import Clock

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(
        not contract.available() and os.environ.get("CI") != "true",
        reason="the X API documents are not in $TRIAGE_SHARED/data/x-openapi",
    ),
]

OLDER = {
    "tweet.fields": "attachments,author_id,conversation_id,created_at,display_text_range,"
    "edit_controls,edit_history_tweet_ids,entities,geo,id,in_reply_to_user_id,lang,note_tweet,"
    "possibly_sensitive,public_metrics,referenced_tweets,reply_settings,source,text,withheld",
    "expansions": "author_id,edit_history_tweet_ids,entities.mentions.username,"
    "in_reply_to_user_id,referenced_tweets.id,referenced_tweets.id.author_id",
    "user.fields": "created_at,description,public_metrics,verified",
}
NEWER = {
    "post.fields": "attachments,conversation_id,created_at,display_text_range,edit_controls,"
    "entities,geo,id,lang,note_post,possibly_sensitive,public_metrics,reply_settings,source,text,"
    "withheld",
    "expansions": "author_id,edit_history_post_ids,entities.mentions.username,"
    "in_reply_to_user_id,referenced_posts,username",
    "user.fields": "created_at,description,public_metrics,verified",
}


@pytest.fixture
def talk() -> Iterator[Talk]:
    """The demo, with every exchange recorded."""
    state = seeds.demo(NOW_MS, clock=Clock("fixed", NOW_MS))
    with talking(state=state, record=True) as found:
        yield found


def hold(talk: Talk, *, requests: bool = True) -> int:
    """Hold all recorded exchanges against the contract; tell how many there were."""
    for seen in talk.sandbox.exchanges:
        checking = contract.check if requests else contract.check_response
        checking(
            seen.method,
            seen.url,
            seen.headers,
            seen.body,
            seen.status,
            seen.response_headers,
            seen.response_body,
        )
    return len(talk.sandbox.exchanges)


def test_the_documents_are_there() -> None:
    """In CI the documents must be present: a skipped contract is no contract."""
    assert contract.available(), f"no X API documents under {contract.SHARED}"


@pytest.mark.parametrize("fields", [OLDER, NEWER, {}], ids=["older", "newer", "bare"])
def test_every_read_keeps_the_contract(talk: Talk, fields: dict[str, str]) -> None:
    """All timelines to their end, lookups and searches, with everything that can be asked for."""
    for path in (f"/2/users/{talk.us.id}/mentions", f"/2/users/{talk.us.id}/tweets"):
        query = {"max_results": "40", **fields}
        while True:
            page = talk.get(path, **query)
            assert page.status == 200, page.body
            if "next_token" not in page.body["meta"]:
                break
            query["pagination_token"] = page.body["meta"]["next_token"]
    ids = [*talk.mentions().ids[:5], "17"]
    talk.get("/2/tweets", ids=",".join(ids), **fields)
    talk.get(f"/2/tweets/{ids[0]}", **fields)
    talk.get("/2/tweets/17", **fields)
    talk.get("/2/tweets/search/recent", query="@acme lang:es", **fields)
    talk.get("/2/tweets/search/recent", query="from:nobody", **fields)
    people = {"user.fields": "created_at,description,public_metrics,verified"}
    talk.send("GET", "/2/users/me", query=people, headers=USER)
    talk.get("/2/users/by/username/acmehelp", **people)
    talk.get("/2/users/by/username/nobody", **people)
    talk.get("/2/users/17/mentions", **fields)
    assert hold(talk) > 15


def test_recorded_faults_are_checked_as_requests_only(talk: Talk) -> None:
    """A spoilt answer is no breach of ours; a wrong request before it is."""
    talk.sandbox.fail(Rule("mentions", Kind.HTML), Rule("mentions", Kind.HTML))
    talk.mentions(max_results="5")
    talk.mentions(max_results="3")
    fine, wrong = talk.sandbox.exchanges
    contract.check_exchange(fine)
    with pytest.raises(contract.BreachError):
        contract.check_exchange(wrong)


def test_every_change_keeps_the_contract(talk: Talk) -> None:
    """Posting, replying, quoting, editing, deleting, and X's refusals of them."""
    mention = talk.mentions().ids[0]
    made = talk.post("On its way & soon there https://example.com/x", to=mention)
    assert made.status == 201
    assert talk.post("On its way & soon there https://example.com/x", to=mention).status == 403
    stranger = talk.said("passerby", "nice weather")
    assert talk.post("indeed", to=stranger.id).status == 403
    assert talk.post("look", quote_tweet_id=mention).status == 201
    post_id = made.body["data"]["id"]
    assert talk.post("new", edit_options={"previous_post_id": post_id}).status == 201
    assert talk.send("DELETE", f"/2/tweets/{post_id}", headers=USER).status == 200
    assert talk.send("DELETE", f"/2/tweets/{post_id}", headers=USER).status == 200
    assert talk.send("DELETE", f"/2/tweets/{mention}", headers=USER).status == 403
    assert hold(talk) == 9


@pytest.mark.parametrize("fields", [OLDER, NEWER], ids=["older", "newer"])
def test_every_refusal_keeps_the_contract(talk: Talk, fields: dict[str, str]) -> None:
    """Errors are problems as the documents have them, or as X was seen to send them."""
    talk.sandbox.fail(
        *(
            Rule("mentions", kind)
            for kind in (
                Kind.RATE_LIMITED,
                Kind.ERROR,
                Kind.UNAVAILABLE,
                Kind.UNAUTHORIZED,
                Kind.CREDITS,
            )
        )
    )
    mentions = f"/2/users/{talk.us.id}/mentions"
    statuses = [talk.get(mentions, **fields).status for _ in range(5)]
    assert statuses == [429, 500, 503, 401, 402]
    talk.get(mentions, max_results="3", **fields)
    talk.get(mentions, **fields, pagination_token="old")  # noqa: S106 - of a page
    talk.get("/2/tweets/search/recent", query="x", since_id="17", **fields)
    talk.get("/2/tweets", ids="x", **fields)
    talk.send("GET", "/2/users/me", headers={"Authorization": "Bearer no"})
    assert talk.send("GET", "/2/users/me").status == 403
    assert hold(talk, requests=False) == 11


@pytest.mark.parametrize(
    ("method", "target", "headers", "body"),
    [
        ("GET", "/2/users/1/mentions?max_results=3", USER, None),
        ("GET", "/2/users/1/mentions?colour=red", USER, None),
        ("GET", "/2/users/1/mentions?tweet.fields=colour", USER, None),
        ("GET", "/2/users/1/mentions?post.fields=author_id", USER, None),
        ("GET", "/2/users/abc/mentions", USER, None),
        ("GET", "/2/nothing", USER, None),
        ("POST", "/2/tweets", USER, {"text": "x", "colour": "red"}),
        ("POST", "/2/tweets", USER, {"reply": {"in_reply_to_tweet_id": 5}}),
        ("GET", "/2/users/1/mentions", {}, None),
    ],
)
def test_wrong_requests_are_found(
    method: str, target: str, headers: dict[str, str], body: object
) -> None:
    """The check itself finds what the contract does not allow."""
    sent = {**headers, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with pytest.raises(contract.BreachError):
        contract.check_request(method, target, sent, data)


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/2/users/1/mentions", {"data": [{"id": 5, "text": "x"}]}),
        ("/2/users/1/mentions", {"data": [{"id": "5", "text": "x", "colour": "red"}]}),
        ("/2/users/1/mentions", {"data": [{"id": "5", "text": "x", "note_post": {}}]}),
        ("/2/users/1/mentions", {"data": []}),
        ("/2/users/1/mentions?post.fields=text", {"includes": {"tweets": []}}),
        ("/2/users/1/mentions?post.fields=text", {"data": [{"id": "5", "note_tweet": {}}]}),
        ("/2/users/1/mentions", {"includes": {"users": [{"id": "1", "name": "x"}]}}),
        ("/2/users/1/mentions", {"errors": [{"title": "x"}]}),
    ],
)
def test_wrong_answers_are_found(target: str, body: object) -> None:
    """The check itself finds answers that the contract does not allow."""
    kind = {"content-type": "application/json"}
    with pytest.raises(contract.BreachError):
        contract.check_response("GET", target, USER, None, 200, kind, json.dumps(body).encode())
