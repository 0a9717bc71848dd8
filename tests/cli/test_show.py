from __future__ import annotations

import json

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.model import HOUR, MINUTE


@pytest.mark.parametrize("width", [60, 80, 120])
def test_screen(busy: Desk, run: Runner, width: int) -> None:
    """Who, the thread, why this kind, why due then, and what to do next."""
    ran = run("show", "3", tty=True, width=width)
    assert ran.code == 0
    assert_golden(f"show-{width}", ran.out)


@pytest.mark.parametrize(("number", "words"), [(1, "missed"), (2, "met"), (5, "no answer needed")])
def test_ended_waits(busy: Desk, run: Runner, number: int, words: str) -> None:
    """A wait that ended says how, and whether the promise was kept."""
    assert words in run("show", str(number), tty=True, width=120).out.splitlines()[0]


def test_clock_arithmetic(busy: Desk, run: Runner) -> None:
    """The due time is shown as a sum that a person can check."""
    out = run("show", "3", tty=True, width=120).out
    assert "due Mon 07:00 = 1h after 06:00 (complaint; open around the clock; UTC)" in out


def test_json_explains(busy: Desk, run: Runner) -> None:
    """The verdict's rules, matched words and weights, and the wait's times, stand in the JSON."""
    item = json.loads(run("show", "3", "--json").out)["items"][0]
    message = item["messages"][0]
    reason = message["because"][0]
    assert message["text"][reason["start"] : reason["end"]] == reason["text"]
    assert item["wait"]["respond_within_s"] == 3600
    assert item["wait"]["due_at"] == "2026-03-02T07:00:00Z"


@pytest.mark.parametrize("form", ["{id}", "#{id}", "{native}", "https://x.com/ana/status/{native}"])
def test_any_reference(busy: Desk, run: Runner, form: str) -> None:
    """A conversation is found by its id, by a post's id, and by a post's URL."""
    native = json.loads(run("show", "3", "--json").out)["items"][0]["messages"][0]["native_id"]
    found = json.loads(run("show", form.format(id=3, native=native), "--json").out)
    assert found["items"][0]["id"] == 3


@pytest.mark.parametrize("wrong", ["999", "-", "x" * 500, "9" * 40, "💥", "' OR 1=1 --"])
def test_wrong_ids(busy: Desk, run: Runner, wrong: str) -> None:
    """An id that is not there is a clear message and exit 1, whatever it looks like."""
    ran = run("show", "--", wrong)
    assert ran.code == 1
    assert "There is no conversation" in ran.err
    assert ran.out == ""


def test_earlier_waits(desk: Desk, run: Runner) -> None:
    """The customer's history stands below: how long they waited before."""
    first = desk.write("ana", "@acme broken", ago=9 * HOUR)
    desk.write("acme", "@ana fixed", ago=8 * HOUR, in_reply_to=first.native_id)
    desk.write("ana", "@acme broken again", ago=30 * MINUTE)
    desk.fetch()
    out = run("show", "2", tty=True).out
    assert "earlier: 1 wait, answered in 1h." in out
    assert "2nd complaint this month" in out


def test_a_correction_is_told(busy: Desk, run: Runner) -> None:
    """A kind that an agent set says so, and what the rules had said."""
    assert run("tag", "3", "question").code == 0
    out = run("show", "3", tty=True).out
    assert "question, as an agent tagged it; the rules said complaint" in out


def test_errors_fit_the_terminal(desk: Desk, run: Runner) -> None:
    """An error is broken between words at the terminal's width, and a path stays whole."""
    err = run("show", "999", tty=True, width=40).err
    assert max(map(len, err.splitlines())) <= 40
    assert err.startswith("There is no conversation '999'.\n  It is")
