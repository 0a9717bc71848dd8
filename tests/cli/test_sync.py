"""`triage sync`: what it tells, to people and to programs, and what `show` tells after it."""

from __future__ import annotations

import json

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.channel import Absence
from triage.core.model import HOUR, MINUTE, Post
from triage.errors import NetworkDown, RateLimited


@pytest.fixture
def posts(desk: Desk, run: Runner) -> dict[str, Post]:
    """Six customers, fetched by the program; since then things happened to what they wrote."""
    made = {
        who: desk.write(who, f"@acme the {what} is broken", ago=3 * HOUR - n * MINUTE)
        for n, (who, what) in enumerate(
            [("ana", "cup"), ("bo", "lid"), ("cy", "box"), ("dee", "jar"), ("eve", "tin")]
        )
    }
    made["finn"] = desk.write("finn", "@acme when do you open?", ago=2 * HOUR)
    made["ours"] = desk.write("acme", "@eve sorry", ago=HOUR, in_reply_to=made["eve"].native_id)
    assert run("fetch") == (0, "", "")
    desk.now += 5 * MINUTE
    desk.channel.edit(made["finn"].native_id, "@acme your door is broken")
    desk.now += 5 * MINUTE
    desk.channel.remove(made["ana"].native_id)
    desk.channel.hide(made["bo"].native_id, Absence.PROTECTED)
    desk.channel.hide(made["cy"].native_id, Absence.WITHHELD)
    desk.channel.hide(made["dee"].native_id, Absence.SUSPENDED)
    desk.channel.remove(made["ours"].native_id)
    return made


def number_of(run: Runner, post: Post) -> str:
    """The conversation of a post."""
    return str(json.loads(run("show", post.native_id, "--json").out)["items"][0]["id"])


def test_screens(desk: Desk, run: Runner, posts: dict[str, Post]) -> None:
    """What changed, in one line; then the threads, with the reasons and the earlier words."""
    ran = run("sync", tty=True)
    assert (ran.code, ran.out) == (0, "")
    screens = [ran.err]
    for who in ("ana", "bo", "finn", "eve"):
        shown = run("show", number_of(run, posts[who]), "--versions", tty=True)
        screens.append(shown.out)
    assert_golden("sync-80", "\n".join(screens))


def test_json(desk: Desk, run: Runner, posts: dict[str, Post]) -> None:
    """Ids by what happened to them, and how many posts lost their words."""
    (item,) = json.loads(run("sync", "--json").out)["items"]
    ids = {who: post.native_id for who, post in posts.items()}
    assert item == {
        "account": "acme",
        "channel": "x",
        "asked": 7,
        "edited": [ids["finn"]],
        "deleted": [ids["ana"], ids["ours"]],
        "withheld": [ids["cy"]],
        "protected": [ids["bo"]],
        "suspended": [ids["dee"]],
        "shown_again": [],
        "without_a_word": 0,
        "purged": 5,
        "error": None,
    } | {"deleted": item["deleted"]}
    assert sorted(item["deleted"]) == sorted([ids["ana"], ids["ours"]])


def test_a_script_hears_of_a_lost_answer_alone(
    desk: Desk, run: Runner, posts: dict[str, Post]
) -> None:
    """In a pipe it is silent, but for what somebody must act on."""
    ran = run("sync")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == (
        "@acme: An answer of ours is not there any more; if deleted, its customer waits again.\n"
    )
    assert run("sync") == (0, "", "")


def test_named_conversations_alone(desk: Desk, run: Runner, posts: dict[str, Post]) -> None:
    """Nothing is asked for but what was named."""
    number = number_of(run, posts["ana"])
    (item,) = json.loads(run("sync", number, "--json").out)["items"]
    assert (item["asked"], item["deleted"]) == (1, [posts["ana"].native_id])
    assert desk.channel.looked_up == [posts["ana"].native_id]
    assert run("sync", "999").code == 1


def test_a_budget(desk: Desk, run: Runner, posts: dict[str, Post]) -> None:
    """So many posts and no more; none at all is a mistake."""
    (item,) = json.loads(run("sync", "--budget", "3", "--json").out)["items"]
    assert item["asked"] == 3
    assert run("sync", "--budget", "0").code == 2


def test_failures(desk: Desk, run: Runner, posts: dict[str, Post]) -> None:
    """An error is told with its exit code, and what was known stays."""
    desk.channel.fail_next("lookup", NetworkDown("X could not be reached"))
    assert run("sync").code == 75
    limit = RateLimited("X asks to wait", reset_at=desk.now + HOUR, endpoint="posts")
    desk.channel.fail_next("lookup", limit)
    assert run("sync").code == 75
    assert "cup" in run("show", posts["ana"].native_id).out


def test_before_anything_was_fetched(desk: Desk, run: Runner) -> None:
    """There is nothing to read again, and it says what to do."""
    ran = run("sync")
    assert ran.code == 2
    assert "triage fetch" in ran.err


def test_fetch_reads_again_by_itself(desk: Desk, run: Runner, posts: dict[str, Post]) -> None:
    """Every six hours, and within its own budget; a deleted mention waits no more."""
    assert run("fetch", "--quiet").code == 0
    assert "ana" in run("queue").out
    desk.now += 6 * HOUR
    assert run("fetch", "--quiet").code == 0
    assert "ana" not in run("queue").out


def test_the_queue_tells_that_words_are_gone(
    desk: Desk, run: Runner, posts: dict[str, Post]
) -> None:
    """Whoever waits without words is not shown with an empty line."""
    run("sync", "--quiet")
    out = run("queue", tty=True).out
    assert "(not shown any more)" in out
