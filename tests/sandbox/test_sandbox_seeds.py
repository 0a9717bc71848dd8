"""The demo's data: enough of everything, and the same each time."""

from __future__ import annotations

from collections import defaultdict

import pytest
from talk import NOW_MS

from triage.sandbox import seeds
from triage.sandbox.state import Post, State, ms_of

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


@pytest.fixture(scope="module")
def state() -> State:
    """The demo; no test changes it."""
    return seeds.demo(NOW_MS)


def ours(state: State) -> set[str]:
    """The ids of the brand's two accounts."""
    found = [state.user_named(name) for name in ("acme", "acmehelp")]
    return {user.id for user in found if user is not None}


def mentions(state: State) -> list[Post]:
    """Customers' mentions of either account, without repeats of our posts."""
    brand = ours(state)
    found: dict[str, Post] = {}
    for user_id in brand:
        found |= {post.id: post for post in state.mentions(state.users[user_id])}
    return [p for p in found.values() if p.author_id not in brand and p.repost_of is None]


def conversations(state: State) -> dict[tuple[str, str], list[Post]]:
    """Mentions by customer and thread, oldest first."""
    found: dict[tuple[str, str], list[Post]] = defaultdict(list)
    for post in sorted(mentions(state), key=lambda post: int(post.id)):
        found[post.author_id, post.conversation_id].append(post)
    return found


def last_answers(state: State) -> dict[str, int]:
    """By customer: the newest post of ours that replies to or quotes them."""
    found: dict[str, int] = defaultdict(int)
    for post in state.current():
        if post.author_id in ours(state):
            quoted = state.posts[post.quote_of].author_id if post.quote_of else None
            for customer in {post.reply_to_user, quoted} - {None}:
                found[str(customer)] = max(found[str(customer)], int(post.id))
    return found


def test_it_is_a_desk_of_two_days(state: State) -> None:
    """About 150 mentions in about 60 conversations, none later than now or older than 2 days."""
    assert 140 <= len(mentions(state)) <= 165
    assert 55 <= len(conversations(state)) <= 72
    ages = [NOW_MS - ms_of(post_id) for post_id in state.posts]
    assert 0 < min(ages) < 10 * MINUTE_MS
    assert max(ages) < 48 * HOUR_MS


def test_the_same_seed_gives_the_same_state() -> None:
    """Ids and texts follow from the moment and the seed; another seed moves them by seconds."""
    one, two = seeds.demo(NOW_MS, rng_seed=1), seeds.demo(NOW_MS, rng_seed=1)
    assert one.to_json() == two.to_json()
    assert set(seeds.demo(NOW_MS, rng_seed=2).posts) != set(one.posts)


@pytest.mark.parametrize("rng_seed", range(5))
def test_any_seed_keeps_the_story(rng_seed: int) -> None:
    """Shifting threads by seconds never makes a reply older than what it answers."""
    state = seeds.demo(NOW_MS, rng_seed=rng_seed)
    for post in state.posts.values():
        for reference in (post.reply_to, post.quote_of, post.repost_of):
            assert reference is None or int(reference) < int(post.id)


def test_most_are_answered_and_some_wait(state: State) -> None:
    """Without thanks and chatter, a dozen and some conversations have no answer yet."""
    answers = last_answers(state)
    waiting = {
        state.users[customer].username
        for (customer, _), posts in conversations(state).items()
        if int(posts[-1].id) > answers[customer]
    }
    expected = {
        "grumpy_gareth",
        "nadia_okoye",
        "lucia_mtz",
        "msfinchreads",
        "yuki_hoshi",
        "dealdazzler9",
        "stellacodes",
        "hanne_kiel",
        "kettleandclay",
        "dockside_dan",
        "anjali_dk",
        "camille_d",
        "tw_archivist",
        "petrol_blue",
        "inky_pete",
        "milo_and_mum",
        "ellis_bikes",
    }
    assert expected <= waiting
    # The others said thank you last, or talked among themselves.
    assert len(waiting - expected) < len(conversations(state)) // 3


def test_the_angry_customer_writes_five_times(state: State) -> None:
    """One customer has five mentions in one thread without an answer."""
    assert max(len(posts) for posts in unanswered(state).values()) == 5


def unanswered(state: State) -> dict[tuple[str, str], list[Post]]:
    """Per conversation the mentions after our last word."""
    answers = last_answers(state)
    return {
        key: [post for post in posts if int(post.id) > answers[key[0]]]
        for key, posts in conversations(state).items()
    }


def test_the_waiting_are_overdue_due_soon_and_fresh(state: State) -> None:
    """With an hour for complaints some are late, some due within a quarter, some just came."""
    ages = [
        (NOW_MS - ms_of(posts[0].id)) // MINUTE_MS for posts in unanswered(state).values() if posts
    ]
    assert [age for age in ages if age > 240]
    assert [age for age in ages if 45 <= age < 60]
    assert [age for age in ages if age < 30]


def test_it_has_one_of_everything(state: State) -> None:
    """Edits, deletions, repeats, quotes, a long post, hostile text, many languages."""
    posts = list(state.posts.values())
    assert any(len(post.history) > 1 for post in posts)
    assert any(post.deleted for post in posts)
    assert any(post.repost_of for post in posts)
    assert any(post.quote_of and post.author_id in ours(state) for post in posts)
    assert any(len(post.text) > 400 for post in posts)
    hostile = "".join(post.text for post in posts)
    assert all(piece in hostile for piece in ("\x1b[31m", "\u202e", "[red]", "\x00"))
    languages = {post.lang for post in mentions(state)}
    assert languages >= {"en", "es", "fr", "de", "pt", "ja", "ar", "hi", "ko"}
    assert "👩‍👩‍👧‍👦" in hostile
    assert "🇵🇹" in hostile


def test_both_accounts_answer(state: State) -> None:
    """Answers come from `@acme` and from `@acmehelp`, each with keys of its own."""
    repliers = {post.author_id for post in state.posts.values() if post.reply_to}
    assert ours(state) <= repliers
    assert state.tokens[seeds.HELP_TOKEN].user_id in ours(state)


def test_a_third_person_joins_and_strangers_talk(state: State) -> None:
    """A thread has mentions of two customers; others name us only automatically."""
    threads: dict[str, set[str]] = defaultdict(set)
    for post in mentions(state):
        threads[post.conversation_id].add(post.author_id)
    assert max(len(customers) for customers in threads.values()) >= 2
    incidental = [
        post
        for post in mentions(state)
        if post.reply_to_user not in {None, post.author_id, *ours(state)}
        and "acme" not in state.mentioned(post, automatic=False)
    ]
    assert incidental


def test_texts_do_not_repeat(state: State) -> None:
    """No two customers say the same thing in the same words."""
    texts = [post.text for post in mentions(state)]
    assert len(set(texts)) == len(texts)


def test_everybody_has_a_name(state: State) -> None:
    """Each author is a made-up person with a name and followers."""
    for post in state.posts.values():
        author = state.users[post.author_id]
        assert author.name != author.username
        assert author.followers_count > 0
