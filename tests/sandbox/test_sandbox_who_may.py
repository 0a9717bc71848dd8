"""Whom the sandbox hides posts from, and who may answer them."""

from __future__ import annotations

from collections.abc import Iterator

import contract
import pytest
from talk import USER, Answer, Talk, talking

from triage.sandbox import problems
from triage.sandbox.state import State

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def talk() -> Iterator[Talk]:
    """An empty sandbox that keeps what was said."""
    with talking(record=True) as found:
        yield found


def _change(talk: Talk, username: str, **facts: object) -> None:
    body = {"username": username, **facts}
    assert talk.send("POST", "/sandbox/users", body=body).status == 200


def _as_user(talk: Talk, ids: str) -> Answer:
    return talk.send("GET", "/2/tweets", query={"ids": ids}, headers=USER)


@pytest.mark.parametrize("facts", [{"protected": True}, {"blocks": ["acme"]}])
def test_hidden(talk: Talk, facts: dict[str, object]) -> None:
    """A locked account, and one that blocks us: named in `errors`, in no timeline, no reply."""
    ann = talk.said("ann", "@acme hello")
    _change(talk, "ann", **facts)
    body = _as_user(talk, ann.id).body
    assert "data" not in body
    [error] = body["errors"]
    assert error["type"].endswith("/problems/not-authorized-for-resource")
    assert (error["resource_id"], error["title"]) == (ann.id, "Authorization Error")
    mentions = talk.send("GET", f"/2/users/{talk.us.id}/mentions", headers=USER)
    assert mentions.ids == []
    refused = talk.post("hi", to=ann.id)
    assert (refused.status, refused.body["detail"]) == (403, problems.REPLY_TO_NOTHING)
    for seen in talk.sandbox.exchanges:
        if seen.url.startswith("/2/"):
            contract.check_exchange(seen)


def test_an_app_does_not_see_blocks(talk: Talk) -> None:
    """A block is between two accounts: without one nothing tells."""
    ann = talk.said("ann", "@acme hello")
    _change(talk, "ann", blocks=["acme"])
    assert talk.get("/2/tweets", ids=ann.id).ids == [ann.id]
    _change(talk, "ann", blocks=[], protected=True)
    assert talk.get("/2/tweets", ids=ann.id).ids == []


def test_who_is_let_in(talk: Talk) -> None:
    """A follower of a locked account sees it, and may answer."""
    ann = talk.said("ann", "@acme hello")
    _change(talk, "ann", protected=True, lets_in=["acme"])
    assert _as_user(talk, ann.id).ids == [ann.id]
    assert talk.post("hi", to=ann.id).status == 201
    query = {"user.fields": "protected"}
    assert talk.get("/2/users/by/username/ann", **query).body["data"]["protected"] is True


@pytest.mark.parametrize("setting", ["mentionedUsers", "following", "subscribers", "verified"])
def test_limited_replies(talk: Talk, setting: str) -> None:
    """Who is named may answer; who is not is told that the author restricted it."""
    named = {"username": "ann", "text": "@acme hello", "reply_settings": setting}
    other = {"username": "ann", "text": "hello all", "reply_settings": setting}
    ids = [talk.send("POST", "/sandbox/posts", body=body).body["id"] for body in (named, other)]
    query = {"ids": ",".join(ids), "tweet.fields": "reply_settings"}
    found = talk.send("GET", "/2/tweets", query=query).body["data"]
    assert {post["reply_settings"] for post in found} == {setting}
    assert talk.post("hi", to=ids[0]).status == 201
    refused = talk.post("hi", to=ids[1])
    assert (refused.status, refused.body["detail"]) == (403, problems.RESTRICTED)


def test_it_is_kept(talk: Talk) -> None:
    """Blocks, locks and settings come back from the state's JSON; older files lack them."""
    ann = talk.said("ann", "@acme hello")
    _change(talk, "ann", protected=True, blocks=["acme"])
    with talk.sandbox.read() as state:
        data = state.to_json()
        again = State.from_json(data)
    assert again.users[ann.author_id].blocks == [talk.us.id]
    for user in data["users"]:
        for name in ("protected", "lets_in", "blocks"):
            del user[name]
    for post in data["posts"]:
        del post["reply_settings"]
    older = State.from_json(data)
    assert (older.users[ann.author_id].blocks, older.posts[ann.id].reply_settings) == (
        [],
        "everyone",
    )
