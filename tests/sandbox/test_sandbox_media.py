"""Pictures in the sandbox, over real HTTP, and against X's own documents."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import contract
import pytest
from talk import NOW_MS, USER, Answer, Talk, talking

from triage.sandbox.state import State, Token, fresh
from triage.sandbox.statefile import load, save

pytestmark = pytest.mark.enable_socket

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 100).decode()
INVALID = "Your media IDs are invalid."


@pytest.fixture
def talk() -> Iterator[Talk]:
    """A running sandbox that records."""
    with talking(record=True) as found:
        yield found


def upload(talk: Talk, media: str = PNG, category: str = "tweet_image", **more: object) -> Answer:
    """Upload as the account."""
    body = {"media": media, "media_category": category, **more}
    return talk.send("POST", "/2/media/upload", body=body, headers=USER)


def describe(talk: Talk, media_id: str, text: str) -> Answer:
    """Give an upload its words."""
    body = {"id": media_id, "metadata": {"alt_text": {"text": text}}}
    return talk.send("POST", "/2/media/metadata", body=body, headers=USER)


def test_a_post_shows_its_pictures_with_their_words(talk: Talk) -> None:
    """A link stands behind the text; keys, type and words come where they are asked for."""
    made = upload(talk).body["data"]
    assert made["size"] == 108
    assert describe(talk, made["id"], "a red button").status == 200
    posted = talk.post("It looks like this:", media={"media_ids": [made["id"]]}).body["data"]
    assert posted["text"].startswith("It looks like this: https://t.co/")
    page = talk.own(
        tweet__fields="attachments,entities",
        expansions="attachments.media_keys",
        media__fields="alt_text,url",
    ).body
    assert page["data"][0]["attachments"] == {"media_keys": [made["media_key"]]}
    (photo,) = page["includes"]["media"]
    assert (photo["media_key"], photo["type"]) == (made["media_key"], "photo")
    assert photo["alt_text"] == "a red button"
    (link,) = page["data"][0]["entities"]["urls"]
    assert link["expanded_url"].endswith(f"/status/{posted['id']}/photo/1")
    bare = talk.own().body
    assert "attachments" not in bare["data"][0]
    assert "includes" not in bare


@pytest.mark.parametrize(
    ("media", "category", "more"),
    [
        ("not base64!", "tweet_image", {}),
        (base64.b64encode(b"<html>").decode(), "tweet_image", {}),
        (PNG, "tweet_gif", {}),
        (PNG, "tweet_image", {"surprise": 1}),
    ],
)
def test_what_is_no_upload_is_refused(
    talk: Talk, media: str, category: str, more: dict[str, object]
) -> None:
    """A body that breaks the contract, and a file that is no picture, are 400."""
    assert upload(talk, media, category, **more).status == 400


def test_words_have_a_length(talk: Talk) -> None:
    """A thousand characters, and for an upload that is there."""
    made = upload(talk).body["data"]["id"]
    assert describe(talk, made, "x" * 1_000).status == 200
    assert describe(talk, made, "x" * 1_001).status == 400
    assert describe(talk, "17", "x").body["detail"] == INVALID


def test_only_uploads_of_the_account_of_the_last_day_can_be_posted(talk: Talk) -> None:
    """An unknown one, another's and an old one are refused, and nothing is posted."""
    made = upload(talk).body["data"]["id"]
    with talk.sandbox.change() as state:
        other = state.add_user("other")
        state.tokens["other-token"] = Token("user", other.id)
        theirs = state.add_media(other, 5).id
        old = state.add_media(state.users[talk.us.id], 5)
        old.at_ms = state.now_ms() - 86_400_000
    for media_id in ("17", theirs, old.id):
        refused = talk.post("look", media={"media_ids": [media_id]})
        assert (refused.status, refused.body["detail"]) == (400, INVALID)
    assert talk.post("look", media={"media_ids": [made] * 5}).status == 400
    assert talk.post("look", media={"media_ids": []}).status == 400
    assert talk.own().body["meta"]["result_count"] == 0
    assert talk.post("look", media={"media_ids": [made]}).status == 201


def test_uploads_are_part_of_the_state_file(tmp_path: Path) -> None:
    """They survive a restart, and a file from before there were any is still read."""
    state = fresh()
    us = state.user_named("acme")
    assert us is not None
    made = state.add_media(us, 5)
    state.add_post(us, "look", at_ms=NOW_MS).media = [made.id]
    save(tmp_path / "s.json", state)
    again = load(tmp_path / "s.json")
    assert again.media == {made.id: made}
    data = again.to_json()
    del data["media"]
    for post in data["posts"]:
        del post["media"]
    assert State.from_json(data).media == {}


@pytest.mark.skipif(
    not contract.available() and os.environ.get("CI") != "true",
    reason="the X API documents are not in $TRIAGE_SHARED/data/x-openapi",
)
def test_requests_and_answers_keep_the_contract(talk: Talk) -> None:
    """Uploading, describing, posting and reading pictures, in either version of the documents."""
    made = upload(talk).body["data"]["id"]
    describe(talk, made, "a red button")
    talk.post("look", media={"media_ids": [made]})
    for name in ("tweet__fields", "post__fields"):
        talk.own(
            **{name: "attachments"},
            expansions="attachments.media_keys",
            media__fields="alt_text,url,type,media_key",
        )
    upload(talk, base64.b64encode(b"<html>").decode())
    for seen in talk.sandbox.exchanges:
        uploads = "/2/media" in seen.url
        if seen.method == "POST":
            contract.check_request(seen.method, seen.url, seen.headers, seen.body, document="posts")
        for document in ("tweets", "posts") if uploads else (None,):
            contract.check(
                seen.method,
                seen.url,
                seen.headers,
                seen.body,
                seen.status,
                seen.response_headers,
                seen.response_body,
                document=document,
            )
    assert len(talk.sandbox.exchanges) == 6
