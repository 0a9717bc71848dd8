"""`triage log`: who did what."""

from __future__ import annotations

import json

import pytest

from builders import Desk, tagger_for
from screens import Runner, assert_golden
from triage.app import acting
from triage.core.model import MINUTE, CloseReason, Kind


def _act(desk: Desk) -> tuple[int, int]:
    first, second = (item.id for item in desk.waiting()[:2])
    acting.close(
        desk.store, desk.conversation(first), CloseReason.SPAM, "ana", desk.now, tagger_for, "bot"
    )
    desk.now += MINUTE
    acting.tag(desk.store, desk.conversation(second), Kind.OTHER, "bo", desk.now, tagger_for)
    return first, second


def test_screen(busy: Desk, run: Runner) -> None:
    """When, who, where, what; oldest first, in words."""
    _act(busy)
    for width in (60, 80, 120):
        assert_golden(f"log-{width}", run("log", tty=True, width=width).out)


def test_of_one_conversation(busy: Desk, run: Runner) -> None:
    """With an id only its acts are shown."""
    first, second = _act(busy)
    acts = json.loads(run("log", str(second), "--json").out)["items"]
    assert [(a["what"], a["agent"], a["conversation"]) for a in acts] == [("tag", "bo", second)]
    assert acts[0]["acted_at"] == "2026-03-02T09:01:00Z"
    assert (acts[0]["before"], acts[0]["after"]) == ("complaint", "other")
    closed = run("log", str(first)).out.rstrip("\n").split("\t")
    assert closed[2:] == ["ana", str(first), "close", "open", "spam", "bot", ""]
    # In a file nobody is signed in.
    assert acts[0]["db_user"] is None


def test_limit(busy: Desk, run: Runner) -> None:
    """-L keeps the newest."""
    _act(busy)
    assert [line.split("\t")[4] for line in run("log", "-L", "1").out.splitlines()] == ["tag"]


def test_account(busy: Desk, run: Runner) -> None:
    """--account leaves out acts on other accounts' conversations."""
    _act(busy)
    with busy.store.tx():
        busy.store.accounts.add(busy.brand_id, "memory", "acmehelp", "2", busy.now)
    assert len(run("log", "--account", "acme").out.splitlines()) == 2
    assert run("log", "--account", "acmehelp").out == ""


@pytest.mark.usefixtures("busy")
def test_empty_and_unknown(run: Runner) -> None:
    """No act is a success with a sentence; an unknown conversation is a failure."""
    assert run("log") == (0, "", "")
    assert run("log", tty=True).err == "Nobody has done anything yet.\n"
    ran = run("log", "999")
    assert ran.code == 1
    assert "There is no conversation '999'." in ran.err


def numbers(out: str) -> list[str]:
    """What was done, by the lines of a pipe."""
    return [line.split("\t")[4] for line in out.splitlines()]


def test_by_since_and_what(busy: Desk, run: Runner) -> None:
    """Each alone and together; me is whoever asks."""
    first, _ = _act(busy)
    run("assign", str(first), "me", "-m", "mine now")
    run("undo", "-y")
    busy.now += MINUTE
    assert numbers(run("log", "--by", "bo").out) == ["tag"]
    assert numbers(run("log", "--by", "me").out) == ["close", "assign", "undo"]
    assert numbers(run("log", "--since", "1m").out) == ["tag", "assign", "undo"]
    assert numbers(run("log", "--since", "59s").out) == []
    assert numbers(run("log", "--what", "tag", "--what", "close").out) == ["close", "tag"]
    assert numbers(run("log", "--by", "ana", "--since", "today", "--what", "close").out) == [
        "close"
    ]
    assert numbers(run("log", str(first), "--by", "bo").out) == []
    assert numbers(run("log", "--by", "ana", "--account", "acme", "-L", "1").out) == ["undo"]
    assert run("log", "--by", "zz", tty=True).err == "Nobody did anything like that.\n"
    shown = run("log", "--by", "ana", tty=True, width=100).out
    assert "assign, nobody to ana, mine now" in shown
    assert "undo of assign, ana" in shown


@pytest.mark.usefixtures("busy")
def test_on_a_screen_a_time_lifts_the_limit(run: Runner) -> None:
    """Who names a time wants all since then."""
    for _ in range(12):
        run("claim", "3")
        run("release", "3")
    assert len(run("log", tty=True).out.splitlines()) == 21
    assert len(run("log", "--since", "1h", tty=True).out.splitlines()) == 25
    assert len(run("log", "--since", "1h", "-L", "5", tty=True).out.splitlines()) == 6


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(
    "when", ["soon", "3x", "tomorrow", "2027-01-01", "", "-1h", "9" * 99 + "d", "\x1b[2J"]
)
def test_no_time(run: Runner, when: str) -> None:
    """What is no time, or not past, is told with what is understood."""
    ran = run("log", f"--since={when}")
    assert ran.code == 2
    assert "\x1b" not in ran.err
