"""Posting and deleting in the sandbox, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from talk import USER, Talk, still, talking

from triage.sandbox.state import Token
from triage.sandbox.wire import Options

pytestmark = pytest.mark.enable_socket

DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


@pytest.fixture
def talk() -> Iterator[Talk]:
    """A running sandbox."""
    with talking() as found:
        yield found


def test_a_reply_is_posted_and_found_in_our_timeline(talk: Talk) -> None:
    """The answer is 201 with the id; the timeline has it with parent, thread and addressee."""
    ann = talk.said("ann", "@acme where is my box?")
    answer = talk.post("It left today & is near", to=ann.id)
    assert answer.status == 201
    assert answer.body["data"]["text"] == "@ann It left today &amp; is near"
    fields = "conversation_id,in_reply_to_user_id,referenced_tweets"
    (found,) = talk.own(tweet__fields=fields).body["data"]
    assert found["id"] == answer.body["data"]["id"]
    assert found["conversation_id"] == ann.id
    assert found["in_reply_to_user_id"] == ann.author_id
    assert found["referenced_tweets"] == [{"type": "replied_to", "id": ann.id}]


def test_the_name_is_not_put_twice(talk: Talk) -> None:
    """A reply that begins with the handle keeps its text as it is."""
    ann = talk.said("ann", "@acme hi")
    assert talk.post("@Ann hello", to=ann.id).body["data"]["text"] == "@Ann hello"


def test_links_are_shortened(talk: Talk) -> None:
    """A link becomes a t.co link of 23 characters, told in full in the entities."""
    url = "https://example.com/a/very/long/path?with=things&more=1"
    made = talk.post(f"See {url}.").body["data"]
    assert made["text"].startswith("See https://t.co/")
    (found,) = talk.own(tweet__fields="entities").body["data"]
    (entity,) = found["entities"]["urls"]
    assert entity["expanded_url"] == url
    assert found["text"][entity["start"] : entity["end"]] == entity["url"]
    assert len(entity["url"]) == 23


def test_texts_can_be_left_alone() -> None:
    """With the option off, what was typed comes back as typed."""
    with talking(options=Options(alter_text=False)) as talk:
        ann = talk.said("ann", "@acme hi")
        text = "a & b https://example.com/x"
        assert talk.post(text, to=ann.id).body["data"]["text"] == text
        assert talk.own().body["data"][0]["text"] == text


def test_replies_only_to_those_who_named_or_quoted_us(talk: Talk) -> None:
    """Others get X's 403, and nothing is posted."""
    stranger = talk.said("bob", "coffee is overrated")
    refused = talk.post("it is not", to=stranger.id)
    assert refused.status == 403
    assert "not been mentioned or otherwise engaged" in refused.body["detail"]
    assert talk.count() == 0
    ours = talk.post("New blend").body["data"]["id"]
    quoting = talk.said("bob", "look at this", quote_of=ours)
    assert talk.post("thank you", to=quoting.id).status == 201
    assert talk.post("and one more thing", to=ours).status == 201


def test_automatic_names_may_not_count() -> None:
    """X may refuse replies to posts that name us only automatically: an option does so."""
    for counts, status in ((True, 201), (False, 403)):
        with talking(options=Options(automatic_names_count=counts)) as talk:
            ours = talk.post("New blend").body["data"]["id"]
            comment = talk.said("bob", "nice", reply_to=ours)
            assert talk.post("thanks", to=comment.id).status == status


def test_the_same_text_twice_is_refused(talk: Talk) -> None:
    """To the same person it is X's 403; to another the name differs and it is accepted."""
    ann, bob = talk.said("ann", "@acme a"), talk.said("bob", "@acme b")
    assert talk.post("On it", to=ann.id).status == 201
    again = talk.post("On it", to=ann.id)
    assert (again.status, again.body["detail"]) == (403, DUPLICATE)
    assert talk.post("On it", to=bob.id).status == 201
    assert talk.count() == 2


def test_a_deleted_text_may_be_said_again(talk: Talk) -> None:
    """Only posts that still stand are compared."""
    made = talk.post("Hello").body["data"]["id"]
    assert talk.post("Hello").status == 403
    assert talk.send("DELETE", f"/2/tweets/{made}", headers=USER).status == 200
    assert talk.post("Hello").status == 201


def test_replies_to_what_is_gone_are_refused(talk: Talk) -> None:
    """A deleted or unknown post cannot be answered."""
    ann = talk.said("ann", "@acme a")
    with talk.sandbox.change() as state:
        state.delete(ann.id)
    assert talk.post("x", to=ann.id).status == 403
    assert talk.post("x", to="17").status == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": 5},
        {"text": "x" * 4001},
        {"text": "x", "colour": "red"},
        {"text": "x", "reply": {}},
        {"text": "x", "reply": {"in_reply_to_tweet_id": 17}},
        {"text": "x", "quote_tweet_id": "abc"},
        ["text"],
        None,
    ],
)
def test_bodies_that_the_contract_does_not_know(talk: Talk, body: object) -> None:
    """A wrong body is a 400 and posts nothing."""
    assert talk.send("POST", "/2/tweets", body=body, headers=USER).status == 400
    assert talk.count() == 0


def test_quotes_and_edits(talk: Talk) -> None:
    """A quote refers to the post and ends with its link; an edit gets an id of its own."""
    ann = talk.said("ann", "@acme a")
    quote = talk.post("Good point", quote_tweet_id=ann.id).body["data"]["id"]
    (found,) = talk.own(tweet__fields="referenced_tweets,entities").body["data"]
    assert found["referenced_tweets"] == [{"type": "quoted", "id": ann.id}]
    assert found["entities"]["urls"][0]["expanded_url"] == f"https://x.com/ann/status/{ann.id}"
    edit = {"previous_post_id": quote}
    edited = talk.post("Very good point", edit_options=edit).body["data"]
    assert edited["edit_history_tweet_ids"] == [quote, edited["id"]]
    assert talk.own().ids == [edited["id"]]


def test_only_our_own_posts_can_be_deleted(talk: Talk) -> None:
    """Somebody else's is 403, our own is gone, one that is gone is an entry in `errors`."""
    ann = talk.said("ann", "@acme a")
    assert talk.send("DELETE", f"/2/tweets/{ann.id}", headers=USER).status == 403
    made = talk.post("x").body["data"]["id"]
    deleted = talk.send("DELETE", f"/2/tweets/{made}", headers=USER)
    assert deleted.body == {"data": {"deleted": True}}
    again = talk.send("DELETE", f"/2/tweets/{made}", headers=USER)
    assert (again.status, "errors" in again.body) == (200, True)
    assert talk.own().ids == []


def test_two_accounts_of_a_brand() -> None:
    """Each user key posts as its own account."""
    state = still()
    helper = state.add_user("acmehelp")
    state.tokens["help"] = Token("user", helper.id)
    with talking(state=state) as talk:
        headers = {"Authorization": "Bearer help"}
        made = talk.send("POST", "/2/tweets", body={"text": "hi"}, headers=headers).body["data"]
        found = talk.get(f"/2/tweets/{made['id']}", **{"tweet.fields": "author_id"}).body["data"]
        assert found["author_id"] == helper.id


def test_100_posts_in_15_minutes(talk: Talk) -> None:
    """The hundred-and-first is 429 and is not posted."""
    statuses = [talk.post(f"post {n}").status for n in range(101)]
    assert statuses == [201] * 100 + [429]
    assert talk.count() == 100
