from __future__ import annotations

import json

import pytest

from builders import Desk
from screens import Runner
from triage.core.model import HOUR


def _waiting(run: Runner) -> list[str]:
    return [i["customer"] for i in json.loads(run("queue", "--json").out)["items"]]


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("not-us", "dismissed"),
        ("spam", "dismissed"),
        ("duplicate", "dismissed"),
        ("no-answer", "dismissed"),
        ("private", "settled"),
    ],
)
def test_close_and_reopen(busy: Desk, run: Runner, reason: str, state: str) -> None:
    """A close takes the wait out without counting it as met; reopen gives its clock back."""
    before = json.loads(run("queue", "--json").out)["items"][0]
    closed = json.loads(run("close", "3", "--as", reason, "--json").out)["items"][0]
    assert closed == {"id": 3, "state": state, "reason": reason}
    assert _waiting(run) == ["finn", "bo"]
    shown = json.loads(run("show", "3", "--json").out)["items"][0]["wait"]
    assert (shown["state"], shown["met"]) == (state, None)
    busy.now += HOUR
    assert run("reopen", "3").code == 0
    after = json.loads(run("queue", "--json").out)["items"][0]
    assert (after["id"], after["due_at"]) == (3, before["due_at"])


def test_closing_twice(busy: Desk, run: Runner) -> None:
    """Where nobody waits there is nothing to close: exit 1, and why."""
    assert run("close", "3", "--as", "spam").code == 0
    ran = run("close", "3", "--as", "spam")
    assert ran.code == 1
    assert "Nobody waits in #3" in ran.err


def test_an_answer_cannot_be_reopened(busy: Desk, run: Runner) -> None:
    """Only a close is taken back; an answer is public."""
    ran = run("reopen", "2")
    assert ran.code == 1
    assert "was not closed" in ran.err


def test_tag_moves_the_due_time(busy: Desk, run: Runner) -> None:
    """A correction wins over the rules: the wait is due as its new kind demands."""
    assert run("tag", "4", "complaint").code == 0
    item = next(i for i in json.loads(run("queue", "--json").out)["items"] if i["id"] == 4)
    assert item["kind"] == "complaint"
    assert item["due_at"] == "2026-03-02T07:01:00Z"
    assert run("tag", "4", "praise").code == 0
    assert "bo" not in _waiting(run)


def test_tag_tells_a_word_that_confirms_from_one_that_corrects(busy: Desk, run: Runner) -> None:
    """What was right already is said so, for it is sure from now on."""
    assert "is now complaint." in run("tag", "4", "complaint", tty=True).err
    assert "#4: it is complaint, said by you." in run("tag", "4", "complaint", tty=True).err


def test_every_act_is_logged(busy: Desk, run: Runner) -> None:
    """Who did what, when, from what to what."""
    run("close", "3", "--as", "private", "-m", "sent the refund")
    run("reopen", "3")
    run("tag", "3", "question")
    acts = json.loads(run("log", "3", "--json").out)["items"]
    assert [a["what"] for a in acts] == ["close", "reopen", "tag"]
    assert {a["agent"] for a in acts} == {"ana"}
    assert acts[0]["detail"] == "sent the refund"


def test_reason_is_required(busy: Desk, run: Runner) -> None:
    """A close without a reason is a usage error."""
    assert run("close", "3").code == 2


def test_ids_from_stdin(busy: Desk, run: Runner) -> None:
    """What the queue prints in a pipe can be piped in; one bad line does not keep the others."""
    piped = run("queue").out
    ran = run("close", "-", "--as", "spam", "--json", keys=f"999\n{piped}")
    assert ran.code == 1
    assert "999: There is no conversation" in ran.err
    assert [i["id"] for i in json.loads(ran.out)["items"]] == [3, 6, 4]
    assert _waiting(run) == []
