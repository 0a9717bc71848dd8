"""What the sandbox answers to reads, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from talk import APP, NOW_MS, USER, Talk, talking

from triage.sandbox.faults import Limit
from triage.sandbox.state import Token, id_at
from triage.sandbox.wire import Options

pytestmark = pytest.mark.enable_socket

ALL = (
    "author_id,conversation_id,created_at,entities,in_reply_to_user_id,lang,note_tweet,"
    "public_metrics,referenced_tweets"
)


@pytest.fixture
def talk() -> Iterator[Talk]:
    """A running sandbox."""
    with talking() as found:
        yield found


def fill(talk: Talk, count: int, start_ms: int = NOW_MS - 3_600_000) -> list[str]:
    """Mentions, one a second, from a new author every ten; ids newest first."""
    with talk.sandbox.change() as state:
        made = [
            state.add_post(state.add_user(f"c{n // 10}"), f"@acme {n}", at_ms=start_ms + n * 1_000)
            for n in range(count)
        ]
    return [post.id for post in reversed(made)]


def walk(talk: Talk, **query: str) -> list[list[str]]:
    """All pages of mentions."""
    pages = []
    while True:
        page = talk.mentions(**query)
        assert page.status == 200, page.body
        pages.append(page.ids)
        token = page.body["meta"].get("next_token")
        if token is None:
            return pages
        query["pagination_token"] = token


def test_pages_are_newest_first_within_and_across(talk: Talk) -> None:
    """A walk gives every mention once, newest first, in pages of the size asked for."""
    ids = fill(talk, 23)
    pages = walk(talk, max_results="10")
    assert [len(page) for page in pages] == [10, 10, 3]
    assert [i for page in pages for i in page] == ids


def test_meta_names_the_ends_of_the_page(talk: Talk) -> None:
    """`meta` has the count and the newest and oldest id of this page; none when it is empty."""
    assert talk.mentions().body == {"meta": {"result_count": 0}}
    ids = fill(talk, 6)
    meta = talk.mentions(max_results="5").body["meta"]
    assert (meta["result_count"], meta["newest_id"], meta["oldest_id"]) == (5, ids[0], ids[4])


def test_mentions_that_arrive_during_a_walk_do_not_shift_it(talk: Talk) -> None:
    """A token continues after the last post seen, whatever has come on top since."""
    ids = fill(talk, 8)
    first = talk.mentions(max_results="5")
    talk.said("late", "@acme just now")
    token = first.body["meta"]["next_token"]
    assert talk.mentions(max_results="5", pagination_token=token).ids == ids[5:]


def test_only_800_mentions_can_be_read(talk: Talk) -> None:
    """The walk ends at 800 although there are more."""
    ids = fill(talk, 805)
    assert [i for page in walk(talk, max_results="100") for i in page] == ids[:800]


@pytest.mark.parametrize("size", ["4", "101", "x", "-5", ""])
def test_max_results_is_checked(talk: Talk, size: str) -> None:
    """Outside of 5..100 it is X's 400 that names the parameter."""
    answer = talk.mentions(max_results=size)
    assert answer.status == 400
    assert answer.body["errors"][0]["parameters"] == {"max_results": [size]}
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_windows_by_id_and_time(talk: Talk) -> None:
    """Ids exclude themselves; start is inclusive, end exclusive; `since_id` wins over start."""
    start = NOW_MS - 3_600_000
    ids = fill(talk, 10, start)
    assert talk.mentions(since_id=ids[4]).ids == ids[:4]
    assert talk.mentions(until_id=ids[4]).ids == ids[5:]
    assert talk.mentions(since_id=ids[8], until_id=ids[4]).ids == ids[5:8]
    # NOW_MS is 2026-09-21T14:13:20Z.
    assert talk.mentions(start_time="2026-09-21T13:13:26Z").ids == ids[:4]
    assert talk.mentions(end_time="2026-09-21T13:13:26.000Z").ids == ids[4:]
    assert talk.mentions(start_time="2026-09-21T13:13:26Z", since_id=ids[7]).ids == ids[:7]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since_id", "abc"),
        ("until_id", "1" * 20),
        ("start_time", "yesterday"),
        ("end_time", "2026-09-21T13:13:26"),
        ("pagination_token", "nonsense"),
        ("tweet.fields", "author_id,colour"),
        ("tweet.fields", ""),
        ("post.fields", "author_id"),
        ("user.fields", "shoe_size"),
        ("expansions", "everything"),
        ("colour", "red"),
    ],
)
def test_wrong_parameters_are_refused(talk: Talk, name: str, value: str) -> None:
    """What the contract does not list is a 400 that names it."""
    answer = talk.send("GET", f"/2/users/{talk.us.id}/mentions", query={name: value})
    assert answer.status == 400
    assert name in answer.body["errors"][0]["parameters"]


def test_only_the_fields_that_were_asked_for(talk: Talk) -> None:
    """Without fields a post has id, text and versions; with them what has a value, no nulls."""
    talk.said("ann", "@acme hello")
    (bare,) = talk.mentions().body["data"]
    assert set(bare) == {"id", "text", "edit_history_tweet_ids"}
    (full,) = talk.mentions(tweet__fields=ALL).body["data"]
    extra = {"author_id", "conversation_id", "created_at", "entities", "lang", "public_metrics"}
    assert set(full) == set(bare) | extra
    assert full["created_at"] == "2026-09-21T14:13:20.000Z"


def test_expansions_bring_users_and_posts(talk: Talk) -> None:
    """`includes` has authors and referenced posts; the id that was followed is in the post."""
    ann = talk.said("ann", "@acme where is it?")
    with talk.sandbox.change() as state:
        ours = state.add_post(state.users[talk.us.id], "On its way", reply_to=ann.id)
    talk.said("ann", "still waiting, @acme", reply_to=ours.id)
    body = talk.mentions(
        expansions="author_id,referenced_tweets.id,referenced_tweets.id.author_id",
        user__fields="public_metrics",
    ).body
    assert {user["username"] for user in body["includes"]["users"]} == {"ann", "acme"}
    assert "followers_count" in body["includes"]["users"][0]["public_metrics"]
    assert [post["text"] for post in body["includes"]["tweets"]] == ["@ann On its way"]
    assert body["data"][0]["referenced_tweets"] == [{"type": "replied_to", "id": ours.id}]


def test_the_newer_spelling(talk: Talk) -> None:
    """A request with `post.fields` is answered with `note_post`, `referenced_posts`, `posts`."""
    first = talk.said("ann", "@acme one")
    talk.said("ann", "@acme" + " word" * 80, reply_to=first.id)
    body = talk.mentions(
        post__fields="note_post,public_metrics",
        expansions="author_id,referenced_posts,edit_history_post_ids,in_reply_to_user_id",
    ).body
    newest = body["data"][0]
    assert newest["edit_history_post_ids"] == [newest["id"]]
    assert newest["note_post"]["text"].endswith("word")
    assert newest["referenced_posts"] == [{"type": "replied_to", "id": first.id}]
    assert first.id in [post["id"] for post in body["includes"]["posts"]]
    assert "repost_count" in newest["public_metrics"]
    assert not [name for name in newest if "tweet" in name]


def test_long_posts_are_whole_only_in_the_note(talk: Talk) -> None:
    """Beyond 280 characters `text` is cut with an ellipsis; the note comes only when asked for."""
    whole = "@acme " + "seven bags of coffee & nothing else " * 12
    talk.said("ann", whole.strip())
    (bare,) = talk.mentions().body["data"]
    assert len(bare["text"]) <= 280
    assert bare["text"].endswith("…")
    assert "note_tweet" not in bare
    (full,) = talk.mentions(tweet__fields="note_tweet").body["data"]
    assert full["note_tweet"]["text"] == whole.strip().replace("&", "&amp;")


def test_edits_give_the_newest_version(talk: Talk) -> None:
    """A timeline has the newest version once, with the ids of all; each can be looked up."""
    first = talk.said("ann", "@acme teh box")
    with talk.sandbox.change() as state:
        second = state.edit(first.id, "@acme the box", at_ms=NOW_MS + 60_000)
    (found,) = talk.mentions().body["data"]
    assert found["id"] == second.id != first.id
    assert found["edit_history_tweet_ids"] == [first.id, second.id]
    assert talk.get(f"/2/tweets/{first.id}").body["data"]["text"] == "@acme teh box"


def test_deleted_posts_are_errors_inside_a_200(talk: Talk) -> None:
    """A lookup of several gives the rest and an entry per missing one; of one, only the entry."""
    kept, gone = talk.said("ann", "@acme a"), talk.said("ann", "@acme b")
    with talk.sandbox.change() as state:
        state.delete(gone.id)
    many = talk.get("/2/tweets", ids=f"{kept.id},{gone.id},17")
    assert many.status == 200
    assert many.ids == [kept.id]
    assert [error["resource_id"] for error in many.body["errors"]] == [gone.id, "17"]
    one = talk.get(f"/2/tweets/{gone.id}")
    assert (one.status, "data" in one.body) == (200, False)
    assert one.body["errors"][0]["detail"] == f"Could not find tweet with id: [{gone.id}]."
    assert talk.mentions().ids == [kept.id]


def test_a_reference_to_a_deleted_post_is_an_error_entry(talk: Talk) -> None:
    """Expanding a deleted parent gives the post, and an entry for the parent."""
    parent = talk.said("bob", "first")
    child = talk.said("ann", "look @acme", reply_to=parent.id)
    with talk.sandbox.change() as state:
        state.delete(parent.id)
    answer = talk.mentions(expansions="referenced_tweets.id")
    assert answer.ids == [child.id]
    assert answer.body["errors"][0]["resource_id"] == parent.id


def test_at_most_100_ids(talk: Talk) -> None:
    """101 ids are a 400, as are words."""
    assert talk.get("/2/tweets", ids=",".join(["17"] * 101)).status == 400
    assert talk.get("/2/tweets", ids="seventeen").status == 400
    assert talk.get("/2/tweets").status == 400


def test_own_posts_and_what_they_exclude(talk: Talk) -> None:
    """The account's own timeline has replies, repeats and posts; two kinds can be left out."""
    ann = talk.said("ann", "@acme hi")
    with talk.sandbox.change() as state:
        us = state.users[talk.us.id]
        post, reply, repost = (
            state.add_post(us, "news"),
            state.add_post(us, "hello", reply_to=ann.id),
            state.add_post(us, "", repost_of=ann.id),
        )
    assert talk.own().ids == [repost.id, reply.id, post.id]
    assert talk.own(exclude="replies,retweets").ids == [post.id]
    assert talk.own(exclude="weekends").status == 400


def test_users_by_name_and_oneself(talk: Talk) -> None:
    """Names are found whatever their case; unknown ones are an entry in `errors`."""
    assert talk.get("/2/users/by/username/ACME").body["data"]["id"] == talk.us.id
    assert talk.get("/2/users/by/username/nobody").body["errors"][0]["value"] == "nobody"
    assert talk.get("/2/users/by/username/not-a-name").status == 400
    me = talk.send("GET", "/2/users/me", headers=USER)
    assert me.body["data"]["username"] == "acme"
    assert talk.get("/2/users/17/mentions").body["errors"][0]["resource_type"] == "user"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("@acme", ["a", "b", "d"]),
        ("from:ann", ["a", "c"]),
        ("to:ann", ["b"]),
        ("@acme -from:ann", ["b", "d"]),
        ("broken", ["a"]),
        ('"it is"', ["a"]),
        ("from:bob OR broken", ["a", "b"]),
        ("lang:es", ["d"]),
        ("is:reply", ["b"]),
        ("from:nobody", []),
    ],
)
def test_recent_search(talk: Talk, query: str, expected: list[str]) -> None:
    """Words, handles, from, to, language, replies, negation and OR narrow the last seven days."""
    old = NOW_MS - 8 * 86_400_000
    talk.said("ann", "@acme broken from:ann old", at_ms=old)
    a = talk.said("ann", "@acme it is Broken")
    made = {
        "a": a,
        "b": talk.said("bob", "@acme same", reply_to=a.id),
        "c": talk.said("ann", "lunch"),
        "d": talk.said("eva", "@acme hola", lang="es"),
    }
    answer = talk.get("/2/tweets/search/recent", query=query)
    assert sorted(answer.ids) == sorted(made[name].id for name in expected)
    thread = talk.get("/2/tweets/search/recent", query=f"conversation_id:{a.id}")
    assert thread.ids == [made["b"].id, a.id]


def test_search_limits(talk: Talk) -> None:
    """A since_id of more than 7 days ago, fewer than 10 results, no query: each a 400."""
    old = str(id_at(NOW_MS - 8 * 86_400_000))
    answer = talk.get("/2/tweets/search/recent", query="x", since_id=old)
    assert answer.status == 400
    assert "must be a tweet id created after" in answer.body["errors"][0]["message"]
    assert talk.get("/2/tweets/search/recent", query="x", max_results="9").status == 400
    assert talk.get("/2/tweets/search/recent").status == 400
    assert talk.get("/2/tweets/search/recent", query="(a OR b) near:me").status == 400


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", "Basic x", 'OAuth oauth_token="sandbox-access-token"']
)
def test_unknown_keys_are_401(talk: Talk, header: str) -> None:
    """A missing, unknown or incomplete key is X's 401."""
    answer = talk.send("GET", "/2/tweets/17", headers={"Authorization": header})
    assert answer.status == 401
    assert answer.body == {
        "title": "Unauthorized",
        "type": "about:blank",
        "status": 401,
        "detail": "Unauthorized",
    }


def test_revoked_and_expired_keys_are_401(talk: Talk) -> None:
    """A key stops when it is revoked, or when the sandbox's time reaches its end."""
    with talk.sandbox.change() as state:
        state.tokens["short"] = Token("app", expires_ms=NOW_MS + 1)
    short = {"Authorization": "Bearer short"}
    assert talk.send("GET", "/2/tweets/17", headers=short).status == 200
    with talk.sandbox.change() as state:
        state.clock.ms += 1
        state.tokens["sandbox-app-token"].revoked = True
    assert talk.send("GET", "/2/tweets/17", headers=short).status == 401
    assert talk.send("GET", "/2/tweets/17", headers=APP).status == 401


def test_an_app_cannot_act_as_an_account(talk: Talk) -> None:
    """`me`, posting and deleting need an account's key; OAuth 1.0a is one."""
    assert talk.get("/2/users/me").status == 403
    assert talk.send("POST", "/2/tweets", body={"text": "x"}).status == 403
    oauth = (
        'OAuth oauth_consumer_key="sandbox-consumer-key", oauth_nonce="n",'
        ' oauth_signature="s%3D", oauth_signature_method="HMAC-SHA1",'
        ' oauth_timestamp="1", oauth_token="sandbox-access-token", oauth_version="1.0"'
    )
    assert talk.send("GET", "/2/users/me", headers={"Authorization": oauth}).status == 200


def test_limits_count_down_and_end_with_the_window() -> None:
    """Each answer tells the limit; beyond it is 429 until the sandbox's clock passes the reset."""
    with talking() as talk:
        talk.sandbox.api.limits.table["mentions"] = Limit(app=2, user=1)
        headers = [talk.mentions().headers for _ in range(2)]
        assert [h["x-rate-limit-remaining"] for h in headers] == ["1", "0"]
        refused = talk.mentions()
        assert refused.status == 429
        assert refused.headers["x-rate-limit-reset"] == str(NOW_MS // 1_000 + 900)
        assert talk.own().status == 200
        with talk.sandbox.change() as state:
            state.clock.ms += 900_000
        assert talk.mentions().headers["x-rate-limit-remaining"] == "1"


def test_limits_of_app_and_account_are_apart(talk: Talk) -> None:
    """X's own limits are the default, another for the app's token than for an account's."""
    path = f"/2/users/{talk.us.id}/mentions"
    assert talk.send("GET", path, headers=APP).headers["x-rate-limit-limit"] == "450"
    assert talk.send("GET", path, headers=USER).headers["x-rate-limit-limit"] == "300"


def test_page_tokens_expire_on_demand(talk: Talk) -> None:
    """After the tokens were let expire, an old one is a 400 that names the parameter."""
    fill(talk, 7)
    token = talk.mentions(max_results="5").body["meta"]["next_token"]
    talk.send("POST", "/sandbox/page-tokens/expire")
    answer = talk.mentions(max_results="5", pagination_token=token)
    assert answer.status == 400
    assert "pagination_token" in answer.body["errors"][0]["parameters"]


def test_pages_may_be_shorter_than_asked_for() -> None:
    """A short page is not the end: the walk goes on while there is a token."""
    with talking(options=Options(page_size=3)) as talk:
        ids = fill(talk, 7)
        assert [len(page) for page in walk(talk, max_results="100")] == [3, 3, 1]
        assert [i for page in walk(talk) for i in page] == ids


def test_shy_mentions_are_missing_when_since_id_is_used(talk: Talk) -> None:
    """A mention can be one of those that X leaves out of answers to `since_id`."""
    before, shy = talk.said("ann", "@acme a"), talk.said("ann", "@acme b", shy=True)
    assert talk.mentions(since_id=before.id).ids == []
    assert talk.mentions().ids == [shy.id, before.id]


def test_unknown_paths(talk: Talk) -> None:
    """A path that X does not have is 404, a wrong method 405."""
    assert talk.get("/2/nothing").status == 404
    assert talk.send("DELETE", "/2/users/me", headers=USER).status == 405
