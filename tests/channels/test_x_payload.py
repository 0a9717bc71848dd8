"""From X's JSON to posts: recorded traffic, both spellings, and everything that may be odd."""

from __future__ import annotations

import json

import pytest
from captures import captures, posts_in
from hypothesis import given
from hypothesis import strategies as st
from shared import shared

from triage.channels.x.payload import (
    SNOWFLAKE_EPOCH_MS,
    PayloadError,
    author_of,
    id_at,
    parse_time,
    post_of,
    post_url,
    posts_of,
    snowflake_ms,
    text_of,
)

ID = "1976000000000000000"
AT = (int(ID) >> 22) + SNOWFLAKE_EPOCH_MS
PLAIN = {"id": ID, "text": "hi", "author_id": "7"}


def test_recorded_traffic() -> None:
    """Every recorded post is read or named as a problem; none is lost and nothing is raised."""
    read = bare = files = 0
    for name, body in captures():
        files += 1
        batch = posts_of(body)
        expected = posts_in(body)
        problems = {problem.native_id: problem.reason for problem in batch.problems}
        by_id = {post.current_id: post for post in batch.posts}
        for entry in expected:
            if entry.get("author_id") is None:
                bare += 1
                assert problems[entry["id"]] == "it has no author", name
                continue
            read += 1
            post = by_id[entry["id"]]
            assert post.author.native_id == entry["author_id"], name
            created = parse_time(entry.get("created_at"))
            if created is not None and len(entry.get("edit_history_tweet_ids", "1")) == 1:
                assert abs(post.posted_at - created) < 1000, name
            assert json.loads(post.raw or "") == entry, name
    assert files > 100
    assert read > 50
    assert bare > 50


def test_recorded_mentions_once_they_have_authors() -> None:
    """The recorded mentions are bare; with authors each becomes a post, in order and in time."""
    body = json.loads(
        shared("x-captures/decoded/test_client_get_users_mentions.0.json").read_text("utf-8")
    )["body"]
    data = [entry | {"author_id": str(n)} for n, entry in enumerate(body["data"])]
    batch = posts_of(body | {"data": data})
    assert [post.native_id for post in batch.posts] == [entry["id"] for entry in data]
    times = [post.posted_at for post in batch.posts]
    assert times == sorted(times, reverse=True)


def test_everything_of_a_post() -> None:
    """Each field of a post comes from its place, in the older spelling."""
    entry = {
        "id": ID,
        "text": "@acme &lt;b&gt; hello &amp;amp; bye",
        "author_id": "7",
        "conversation_id": "5",
        "created_at": "2025-10-08T19:14:13.000Z",
        "edit_history_tweet_ids": [ID],
        "in_reply_to_user_id": "8",
        "lang": "en",
        "referenced_tweets": [{"type": "replied_to", "id": "6"}, {"type": "quoted", "id": "4"}],
        "entities": {"mentions": [{"start": 0, "end": 5, "username": "acme", "id": "1"}]},
    }
    user = {
        "id": "7",
        "username": "jane",
        "name": "Jane &amp; Co",
        "public_metrics": {"followers_count": 12},
    }
    (post,) = posts_of({"data": entry, "includes": {"users": [user]}}).posts
    assert (post.native_id, post.version_id, post.thread_id) == (ID, ID, "5")
    assert (post.author.handle, post.author.name, post.author.followers) == (
        "jane",
        "Jane & Co",
        12,
    )
    assert post.text == "@acme <b> hello &amp; bye"
    assert post.posted_at == AT
    assert (post.in_reply_to, post.in_reply_to_author, post.quotes) == ("6", "8", "4")
    assert (post.is_retweet, post.mentions, post.lang) == (False, ("1",), "en")
    assert post.url == f"https://x.com/jane/status/{ID}"
    assert post.visibility == "public"


def test_the_newer_spelling() -> None:
    """The renamed fields mean the same."""
    entry = PLAIN | {
        "referenced_posts": [{"type": "replied_to", "id": "6"}],
        "note_post": {"text": "a very long text"},
        "edit_history_post_ids": ["1975000000000000000", ID],
    }
    batch = posts_of({"data": [entry], "includes": {"posts": [PLAIN | {"id": "30000000000"}]}})
    (post,) = batch.posts
    assert (post.in_reply_to, post.text) == ("6", "a very long text")
    assert (post.native_id, post.version_id) == ("1975000000000000000", ID)
    assert [context.native_id for context in batch.context] == ["30000000000"]


def test_a_long_post_is_read_whole() -> None:
    """The whole text and the names in it are those of the note, not of the shortened text."""
    entry = PLAIN | {
        "text": "short\u2026",
        "entities": {"mentions": [{"username": "acme", "id": "1"}]},
        "note_tweet": {
            "text": "long &amp; whole",
            "entities": {"mentions": [{"username": "acme", "id": "1"}, {"username": "Joe"}]},
        },
    }
    users = [{"id": "9", "username": "joe"}]
    (post,) = posts_of({"data": [entry], "includes": {"users": users}}).posts
    assert post.text == "long & whole"
    assert post.mentions == ("1", "9")


def test_time_is_that_of_the_first_version() -> None:
    """An edit keeps the time of the first version, whatever `created_at` says."""
    first = str(int(ID) - (60_000 << 22))
    entry = PLAIN | {"edit_history_tweet_ids": [first, ID], "created_at": "2030-01-01T00:00:00Z"}
    post = post_of(entry)
    assert (post.native_id, post.current_id, post.posted_at) == (first, ID, AT - 60_000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-10-08T19:14:13.000Z", 1_759_950_853_000),
        ("2025-10-08T19:14:13Z", 1_759_950_853_000),
        ("2025-10-08T19:14:13.257Z", 1_759_950_853_257),
        ("2025-10-08T21:14:13+02:00", 1_759_950_853_000),
        ("2025-10-08T19:14:13", 1_759_950_853_000),
        ("yesterday", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_created_at(value: object, expected: int | None) -> None:
    """`created_at` is read with and without milliseconds and zone; nonsense is no time."""
    assert parse_time(value) == expected


def test_ids_from_before_snowflakes() -> None:
    """The id of an old post holds no time: `created_at` does, or the post is refused."""
    old = PLAIN | {"id": "20"}
    assert post_of(old | {"created_at": "2006-03-21T20:50:14.000Z"}).posted_at == 1_142_974_214_000
    with pytest.raises(PayloadError, match="time"):
        post_of(old)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "no id"),
        ({"id": "abc"}, "no id"),
        ({"id": True}, "no id"),
        ({"id": "1" * 20}, "no id"),
        ({"author_id": None}, "no author"),
        ({"author_id": ""}, "no author"),
    ],
)
def test_what_is_no_post(change: dict[str, object], reason: str) -> None:
    """A post without id or author cannot be kept: it says why and the others are read."""
    batch = posts_of({"data": [PLAIN | change, PLAIN]})
    assert [post.native_id for post in batch.posts] == [ID]
    assert reason in batch.problems[0].reason


def test_author_known_by_id_alone() -> None:
    """Without a profile the author is an id, and the address does without the handle."""
    post = post_of(PLAIN)
    assert (post.author.native_id, post.author.handle) == ("7", "")
    assert post.url == f"https://x.com/i/status/{ID}"


def test_whole_numbers_are_ids_too() -> None:
    """Archives by other tools may hold ids as numbers: they are read without loss."""
    assert post_of({"id": int(ID), "author_id": 7, "text": "hi"}).native_id == ID


def test_locked_accounts() -> None:
    """A post by a locked account is marked as not public."""
    users = [{"id": "7", "username": "jane", "protected": True}]
    (post,) = posts_of({"data": [PLAIN], "includes": {"users": users}}).posts
    assert post.visibility == "protected"


def test_retweets() -> None:
    """A retweet is marked, and neither an answer nor a quote."""
    post = post_of(PLAIN | {"referenced_tweets": [{"type": "retweeted", "id": "5"}]})
    assert (post.is_retweet, post.in_reply_to, post.quotes) == (True, None, None)


def test_context_does_not_repeat_the_page() -> None:
    """A post that stands in the page itself is no context."""
    batch = posts_of({"data": [PLAIN], "includes": {"tweets": [PLAIN]}})
    assert (len(batch.posts), batch.context) == (1, [])


@pytest.mark.parametrize(
    ("error", "why"),
    [
        ({"resource_type": "tweet", "type": "x/resource-not-found", "resource_id": "5"}, "deleted"),
        (
            {"resource_type": "post", "type": "x/disallowed-resource", "resource_id": "5"},
            "withheld",
        ),
        ({"type": "x/resource-not-found", "value": "5"}, "deleted"),
        (
            {
                "type": "x/resource-not-found",
                "value": "5",
                "detail": "User has been suspended: [5].",
            },
            "suspended",
        ),
        ({"resource_type": "user", "type": "x/resource-not-found", "value": "5"}, None),
        ({"type": "x/not-authorized-for-resource", "value": "5"}, "protected"),
        ({"type": "x/not-authorized-for-field", "value": "5"}, None),
        ({"type": "resource-not-found", "value": "5"}, None),
        ({"resource_type": "tweet", "type": "x/resource-unavailable", "value": "5"}, None),
        ({"resource_type": "tweet", "type": "x/resource-not-found", "value": "five"}, None),
        ({"type": None}, None),
        ("odd", None),
        (None, None),
    ],
)
def test_absent_posts_are_told_apart(error: object, why: str | None) -> None:
    """Deleted, withheld, locked and suspended are four things; whatever else X says is none."""
    batch = posts_of({"errors": [error]})
    assert batch.gone == (["5"] if why == "deleted" else [])
    assert batch.hidden == ({"5": why} if why not in ("deleted", None) else {})


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("&amp;lt;", "&lt;"),
        ("&lt;&gt;&amp;", "<>&"),
        ("&copy; &#65; &quot;", "&copy; &#65; &quot;"),
        ("a\ud83d b\x00", "a\ufffd b\x00"),
        (None, ""),
        (5, ""),
    ],
)
def test_text(given: object, text: str) -> None:
    """X's three escapes are undone once; what no file can hold is replaced."""
    assert text_of(given) == text


@pytest.mark.parametrize("handle", ["", "a/b", "x" * 16, "..", "no space", "\u0430cme"])
def test_addresses_are_safe(handle: str) -> None:
    """Only a handle of X's own form gets into an address."""
    assert post_url(handle, ID) == f"https://x.com/i/status/{ID}"


def test_a_user_without_id() -> None:
    """A profile without an id is none, and costs its page nothing."""
    with pytest.raises(PayloadError):
        author_of({"username": "jane"})
    batch = posts_of({"data": [PLAIN], "includes": {"users": [{"username": "jane"}, None, 3]}})
    assert len(batch.posts) == 1


@given(st.integers(SNOWFLAKE_EPOCH_MS + 10_000_000, SNOWFLAKE_EPOCH_MS + (1 << 41) - 1))
def test_ids_and_times_agree(at: int) -> None:
    """The smallest id of a moment carries that moment, the one before it an earlier one."""
    edge = id_at(at)
    assert snowflake_ms(edge) == at
    assert snowflake_ms(str(int(edge) - 1)) == at - 1


FIELDS = [
    *("id", "text", "author_id", "created_at", "referenced_tweets", "edit_history_tweet_ids"),
    *("note_tweet", "entities", "mentions", "type", "username"),
    *("data", "includes", "users", "tweets", "errors", "meta"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([ID, "7"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=8,
        )
    ),
    max_leaves=30,
)


@given(JSON)
def test_nothing_is_raised_for_any_json(body: object) -> None:
    """Whatever JSON comes, the result is posts and problems, and all text can be stored."""
    batch = posts_of(body)
    for post in (*batch.posts, *batch.context):
        (post.text + post.author.name + (post.raw or "")).encode()
