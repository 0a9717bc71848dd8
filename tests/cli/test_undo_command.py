"""`triage undo` as somebody at a terminal, and a script, sees it."""

from __future__ import annotations

import json

import pytest

from builders import Desk, tagger_for
from screens import Runner
from triage.app import acting, claiming
from triage.core.claims import LEASE
from triage.core.kinds import Kind
from triage.core.model import MINUTE

HOSTILE = "a \x1b[2J\x1b]52;c;b3duZWQ=\x07bot \u202egnp\u202c [red]x[/red]"


def kinds(run: Runner) -> dict[int, str]:
    """What waits, and what it was taken for."""
    items = json.loads(run("queue", "--json").out)["items"]
    return {item["id"]: item["kind"] for item in items}


def test_asked_first(busy: Desk, run: Runner) -> None:
    """What was done, how long ago, what it is now and what it will be; q changes nothing."""
    run("close", "3", "--as", "spam", "-m", "a bot")
    busy.now += 3 * MINUTE
    ran = run("undo", tty=True, keys="q\n")
    assert ran.code == 0
    assert ran.out == (
        "You did last: close of #3 @ana, 3m ago (09:00)\n"
        "  now   closed (spam: a bot)\n"
        "  then  open\n"
        "Take it back? y yes, q no [q]: "
    )
    assert ran.err == "Nothing was taken back.\n"
    assert 3 not in kinds(run)
    ran = run("undo", tty=True, keys="y\n", width=120)
    assert ran.err == (
        "Taken back: close of #3 @ana; open, overdue 2h03m.      "
        "back: triage close 3 --as spam -m 'a bot'\n"
    )
    assert 3 in kinds(run)


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("asked", [(), ("--json",), ("--no-input",)])
def test_nobody_to_ask(run: Runner, asked: tuple[str, ...]) -> None:
    """A script says -y, and is told so; nothing has changed."""
    run("tag", "3", "praise")
    ran = run("undo", *asked, tty=asked == ("--no-input",))
    assert ran.code == 2
    assert "Nothing was taken back" in ran.err
    assert "triage undo 3 -y" in ran.err
    assert kinds(run).get(3) != "complaint"


@pytest.mark.usefixtures("busy")
def test_for_scripts(run: Runner) -> None:
    """The act, by which other one it stands no more, and both states."""
    run("customer", "set", "3", "vip=yes", "order=8841")
    [item] = json.loads(run("undo", "-y", "--json").out)["items"]
    assert item == {
        "id": 3,
        "undone": 1,
        "by": 3,
        "what": "note",
        "acted_at": "2026-03-02T09:00:00Z",
        "before": "yes",
        "after": None,
        "detail": "vip",
        "parts": [2],
    }
    log = json.loads(run("log", "--json").out)["items"]
    assert [a["what"] for a in log] == ["note", "note", "undo", "undo"]
    assert json.loads(run("show", "3", "--json").out)["items"][0]["attributes"] == {}


def test_many_by_a_pipe(busy: Desk, run: Runner) -> None:
    """A close of all that a search gave, one wrong: each is taken back by its id."""
    everyone = run("queue").out
    run("close", "-", "--as", "no-answer", keys=everyone)
    assert kinds(run) == {}
    assert run("undo", "-", "-y", keys=everyone).code == 0
    assert len(kinds(run)) == 3
    acting.tag(busy.store, busy.conversation(4), Kind.OTHER, "ana", busy.now, tagger_for)
    ran = run("undo", "-", "-y", keys=everyone)
    assert ran.code == 1
    assert "3: There is nothing of yours to take back in #3." in ran.err


@pytest.mark.usefixtures("busy")
def test_each_sort_in_words(run: Runner) -> None:
    """Both states of each act in words that a person knows, and how to do it again."""
    for done, now, then, again in (
        (("tag", "3", "praise"), "praise", "complaint", "tag 3 praise --post 2028349582341046272"),
        (("assign", "3", "me"), "assigned to ana", "assigned to nobody", "assign 3 ana"),
        (("snooze", "3", "2h"), "snoozed", "open", "snooze 3 UNTIL"),
        (("hold", "3"), "on hold", "open", "hold 3 UNTIL"),
        (("claim", "3"), "claimed by ana", "free", "claim 3"),
        (("customer", "set", "3", "a=b c"), "a = b c", "no a", "customer set 3 'a=b c'"),
    ):
        assert run(*done).code == 0
        ran = run("undo", tty=True, keys="y\n", width=200)
        assert f"  now   {now}\n  then  {then}\n" in ran.out
        assert f"back: triage {again}" in ran.err


@pytest.mark.usefixtures("busy")
def test_a_public_reply(run: Runner) -> None:
    """What is public is not undone here: the command that deletes it is named."""
    assert run("reply", "3", "Sorry!", "-y").code == 0
    ran = run("undo", "-y")
    assert ran.code == 1
    assert "triage outbox undo 1" in ran.err


@pytest.mark.usefixtures("busy")
def test_bad_input(run: Runner) -> None:
    """Nothing done yet, or no such conversation: said so, with what to look at."""
    ran = run("undo")
    assert ran.code == 1
    assert "There is nothing of yours to take back." in ran.err
    assert run("undo", "99").code == 1
    assert run("undo", "\x1b[2J", "-y").code == 1
    assert run("undo", "3", "4").code == 2


@pytest.mark.usefixtures("busy")
def test_hostile_words(run: Runner) -> None:
    """Notes and reasons of acts reach the screen cleaned."""
    for tty in (True, False):
        run("close", "3", "--as", "spam", "-m", HOSTILE)
        ran = run("undo", *(() if tty else ("-y", "--json")), tty=tty, keys="y\n")
        assert ran.code == 0
        assert not {"\x1b", "\x07", "\u202e"} & set(ran.out + ran.err)


def test_a_claim_that_was_renewed_or_taken_over(busy: Desk, run: Runner) -> None:
    """What stood before it is named with its end; once that is past, it is free."""
    claiming.claim(busy.store, busy.conversation(3), "bo", busy.now, LEASE)
    run("claim", "3", "--take", "--for", "1h")
    assert "  then  claimed by bo until 09:15" in run("undo", tty=True, keys="q\n").out
    run("claim", "3", "--for", "2h")
    assert "  then  claimed by ana until 10:00" in run("undo", tty=True, keys="q\n").out
    busy.now += LEASE
    assert run("undo", "-y", tty=True).err.startswith(
        "Taken back: claim of #3 @ana; claimed by ana until 10:00, overdue"
    )
    assert run("undo", "-y", tty=True).err.startswith("Taken back: claim of #3 @ana; free")


@pytest.mark.usefixtures("busy")
def test_what_was_said_at_once_comes_back_at_once(run: Runner) -> None:
    """A kind and a theme of one command are one act."""
    before = kinds(run)
    assert run("tag", "3", "praise", "--theme", "refund").code == 0
    assert run("undo", "3", "-y").code == 0
    assert kinds(run) == before
    shown = json.loads(run("themes", "--json").out)["items"]
    assert "refund" not in [line["theme"] for line in shown]
    assert run("undo", "3", "-y").code == 1
