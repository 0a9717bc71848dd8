"""What a thread answers is asked for once, within a budget, and a few steps up."""

from __future__ import annotations

from builders import Desk
from triage.app.fetching import Fetched, FetchOptions, fetch_account
from triage.core.channel import Absence
from triage.core.model import HOUR, MINUTE, Post, Role
from triage.errors import NetworkDown


def fetch(desk: Desk, budget: int = 10) -> Fetched:
    """Fetch with a budget for what threads need."""
    options = FetchOptions(context=budget)
    fetched = fetch_account(desk.store, desk.channel, desk.account, options, desk.clock)
    desk.fetch_nothing()
    return fetched


def thread(desk: Desk, length: int) -> list[Post]:
    """Strangers talk, each answering the one before; the last of them turns to us."""
    posts: list[Post] = []
    for n in range(length):
        parent = posts[-1].native_id if posts else None
        is_last = n == length - 1
        posts.append(
            desk.channel.write(
                desk.author(f"s{n}"),
                "is it broken, @acme?" if is_last else f"word {n}",
                at=desk.now - HOUR + n * MINUTE,
                in_reply_to=parent,
                mentions=["1"] if is_last else [],
            )
        )
    return posts


def stored(desk: Desk) -> dict[str, str]:
    """What is stored, by native id: in which role."""
    return dict(desk.store.engine.query("SELECT native_id, role FROM message"))


def test_what_came_along_is_not_asked_for(desk: Desk) -> None:
    """The page brings what a mention answers: nothing is asked for where that is the first."""
    thread(desk, 2)
    assert fetch(desk).parents == 0
    assert desk.channel.looked_up == []
    assert sorted(stored(desk).values()) == [Role.CONTEXT, Role.MENTION]


def test_a_thread_is_followed_upward_a_few_steps(desk: Desk) -> None:
    """The one beside the page came along; two more are brought, and not the whole thread."""
    posts = thread(desk, 8)
    fetch(desk)
    assert desk.channel.looked_up == [posts[-3].native_id], "the last step came along with it"
    assert set(stored(desk)) == {p.native_id for p in posts[-4:]}
    assert all(role == Role.CONTEXT for i, role in stored(desk).items() if i != posts[-1].native_id)
    talk = desk.conversation(posts[-1].native_id)
    assert [m.text for m in desk.store.reading.thread(talk.id)] == [p.text for p in posts[-4:]]
    desk.channel.looked_up.clear()
    for _ in range(3):
        fetch(desk)
    assert desk.channel.looked_up == []


def test_it_is_asked_for_once(desk: Desk) -> None:
    """What is deleted, kept back or not spoken of is remembered, and shown as such."""
    posts = thread(desk, 4)
    desk.channel.hide(posts[1].native_id, Absence.PROTECTED)
    assert fetch(desk).parents == 0
    assert desk.channel.looked_up == [posts[1].native_id]
    assert fetch(desk).parents == 0
    assert desk.channel.looked_up == [posts[1].native_id]
    asked = desk.store.following.parents(desk.brand_id, "memory", [posts[1].native_id])
    assert asked == {posts[1].native_id: "protected"}


def test_a_budget_is_kept_and_the_rest_comes_later(desk: Desk) -> None:
    """So many in one run, in the order in which they came; none of them is forgotten."""
    for _ in range(5):
        thread(desk, 3)
        desk.now += MINUTE
    assert [fetch(desk, budget=2).parents for _ in range(4)] == [2, 2, 1, 0]
    assert len(stored(desk)) == 15


def test_without_a_budget_nothing_is_asked(desk: Desk) -> None:
    """It can be switched off."""
    thread(desk, 5)
    fetch(desk, budget=0)
    assert desk.channel.looked_up == []


def test_an_error_forgets_nothing(desk: Desk) -> None:
    """The fetch is good all the same; the next one asks again."""
    posts = thread(desk, 3)
    error = NetworkDown("away")
    desk.channel.fail_next("lookup", error)
    fetched = fetch(desk)
    assert (fetched.error, fetched.put_off) == (None, error)
    assert fetch(desk).parents == 1
    assert posts[0].native_id in stored(desk)


def test_context_opens_no_wait_and_stays_context_when_read_again(desk: Desk) -> None:
    """A stranger's post above a mention is nobody's business, also when sync reads it."""
    from triage.app.syncing import sync_account

    posts = thread(desk, 3)
    fetch(desk)
    sync_account(desk.store, desk.channel, desk.account, 10, desk.clock)
    desk.fetch_nothing()
    assert stored(desk)[posts[0].native_id] == Role.CONTEXT
    assert [i.customer for i in desk.waiting()] == ["s2"]


def test_history_is_not_followed(desk: Desk) -> None:
    """What was before the first fetch has no clock, and costs nothing."""
    desk.now -= 100 * HOUR
    thread(desk, 4)
    desk.now += 100 * HOUR
    fetch(desk)
    assert desk.channel.looked_up == []
