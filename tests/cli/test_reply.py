from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.channel import Fate, PostOutcome
from triage.core.model import MINUTE
from triage.core.outbox import ReplyState

TEXT = "Sorry Ana! It will be with you tomorrow before noon."


def _states(desk: Desk) -> list[tuple[str, str]]:
    replies = desk.store.outbox.list_states(desk.brand_id, list(ReplyState))
    return [(r.text, r.state.value) for r in replies]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_review_screen(busy: Desk, run: Runner, width: int) -> None:
    """Before it is public, the person sees to whom, as whom, how long, and the text."""
    ran = run("reply", "3", TEXT, tty=True, width=width, keys="y\n")
    assert ran.code == 0
    assert len(busy.public(TEXT)) == 1
    assert_golden(f"reply-{width}", ran.out)


def test_sent_ends_the_wait(busy: Desk, run: Runner) -> None:
    """A confirmed reply is one post, one `sent` row, and the end of the wait at its own time."""
    ran = run("reply", "3", TEXT, "-y", "--json")
    assert ran.code == 0
    item = json.loads(ran.out)["items"][0]
    assert (item["state"], item["conversation"], item["is_met"]) == ("sent", 3, False)
    assert _states(busy) == [(TEXT, "sent")]
    wait = json.loads(run("show", "3", "--json").out)["items"][0]["wait"]
    assert (wait["state"], wait["outside"]) == ("answered", False)


@pytest.mark.parametrize(
    ("keys", "state"), [("q\n", "cancelled"), ("p\n", "draft"), ("\n", "draft")]
)
def test_not_sending(busy: Desk, run: Runner, keys: str, state: str) -> None:
    """The default is not to send; what was typed is kept unless it was given up."""
    assert run("reply", "3", TEXT, tty=True, keys=keys).code == 0
    assert busy.public(TEXT) == []
    assert _states(busy) == [(TEXT, state)]


def test_nobody_to_ask(busy: Desk, run: Runner) -> None:
    """Without a terminal and without -y nothing goes out, and the draft is named."""
    ran = run("reply", "3", TEXT)
    assert ran.code == 2
    assert "triage drafts send 1 -y" in ran.err
    assert busy.public(TEXT) == []
    assert _states(busy) == [(TEXT, "draft")]


def test_dry_run(busy: Desk, run: Runner) -> None:
    """A dry run shows the text, its length and the guards; nothing is saved or sent."""
    item = json.loads(run("reply", "3", TEXT, "--dry-run", "--json").out)["items"][0]
    assert (item["length"], item["max_length"], item["guards"]) == (len(TEXT), 280, [])
    assert _states(busy) == []


def test_too_long(busy: Desk, run: Runner) -> None:
    """A text over the limit is refused with the count; its draft stays."""
    ran = run("reply", "3", "x" * 291, "-y")
    assert ran.code == 1
    assert "291/280, 11 too many" in ran.err
    assert _states(busy) == [("x" * 291, "draft")]


def test_from_a_file_and_from_stdin(busy: Desk, run: Runner, tmp_path: Path) -> None:
    """-F reads a file; what is missing or no UTF-8 is a clear message."""
    file = tmp_path / "answer.txt"
    file.write_text(TEXT + "\n")
    assert run("reply", "3", "-F", str(file), "-y").code == 0
    assert len(busy.public(TEXT)) == 1
    assert run("reply", "4", "-F", str(tmp_path / "none"), "-y").code == 1
    file.write_bytes(b"\xff\xfe")
    ran = run("reply", "4", "-F", str(file), "-y")
    assert (ran.code, "is not UTF-8" in ran.err) == (2, True)


@pytest.mark.real_time
def test_editor(busy: Desk, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The editor's text is sent, less what stands below the line; unchanged text cancels."""
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\nsleep 0.01\nsed -i "1s/^/{TEXT}/" "$1"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("TRIAGE_EDITOR", str(editor))
    assert run("reply", "3", tty=True, keys="y\n").code == 0
    assert len(busy.public(TEXT)) == 1
    monkeypatch.setenv("TRIAGE_EDITOR", "true")
    ran = run("reply", "4", tty=True)
    assert (ran.code, "Nothing was written" in ran.err) == (1, True)
    monkeypatch.setenv("TRIAGE_EDITOR", "/nowhere/editor")
    assert run("reply", "4", tty=True).code == 1


def test_answered_meanwhile(busy: Desk, run: Runner) -> None:
    """Somebody answered in another app after this was typed: it is held back without --force."""
    draft = busy.draft(3, TEXT)
    ana = json.loads(run("show", "3", "--json").out)["items"][0]["messages"][0]["native_id"]
    busy.write("acme", "@ana we wrote you", in_reply_to=ana)
    busy.fetch()
    ran = run("drafts", "send", str(draft.id), "-y")
    assert ran.code == 1
    assert "has replied meanwhile" in ran.err
    assert busy.public(TEXT) == []
    assert run("drafts", "send", str(draft.id), "-y", "--force").code == 0


def test_same_text_while_unknown(busy: Desk, run: Runner) -> None:
    """While a reply's fate is unknown, the same text to the same post is refused, whoever asks."""
    busy.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="the connection broke"))
    first = run("reply", "3", TEXT, "-y")
    assert first.code == 5
    assert "locked" in first.err
    second = run("reply", "3", TEXT, "-y", "--force")
    assert second.code == 1
    assert "triage outbox settle 1" in second.err
    assert _states(busy) == [(TEXT, "unknown"), (TEXT, "draft")]


@pytest.mark.parametrize(
    ("outcome", "code", "state"),
    [
        (PostOutcome(Fate.NOT_SENT, detail="connection refused"), 75, "queued"),
        (PostOutcome(Fate.REFUSED, detail="not allowed"), 1, "failed"),
        (PostOutcome(Fate.REFUSED, detail="Unauthorized", sign_in=True), 4, "failed"),
        (PostOutcome(Fate.UNKNOWN, detail="timed out"), 5, "unknown"),
    ],
)
def test_fates(busy: Desk, run: Runner, outcome: PostOutcome, code: int, state: str) -> None:
    """Each fate has its state, its exit code and its sentence; the wait goes on."""
    busy.channel.fate_next(outcome)
    ran = run("reply", "3", TEXT, "-y")
    assert ran.code == code
    assert outcome.detail in ran.err
    assert _states(busy) == [(TEXT, state)]
    assert json.loads(run("queue", "--json").out)["items"][0]["id"] == 3


def test_nobody_waits(busy: Desk, run: Runner) -> None:
    """Where nobody waits any more the person is told before, and -y does not send."""
    run("close", "3", "--as", "private")
    ran = run("reply", "3", TEXT, "-y")
    assert (ran.code, "Nobody waits in #3" in ran.err) == (1, True)


def test_what_the_agent_had_not_seen(busy: Desk, run: Runner) -> None:
    """A mention that came in after the draft opens a wait of its own when the draft is sent."""
    draft = busy.draft(3, TEXT)
    ana = json.loads(run("show", "3", "--json").out)["items"][0]["messages"][0]["native_id"]
    busy.now += MINUTE
    busy.write("ana", "@acme hello? it is broken", in_reply_to=ana)
    busy.fetch()
    busy.now += MINUTE
    assert run("drafts", "send", str(draft.id), "-y").code == 0
    item = json.loads(run("queue", "--json").out)["items"]
    assert [i["customer"] for i in item if i["id"] == 3] == ["ana"]
