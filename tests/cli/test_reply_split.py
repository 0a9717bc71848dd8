"""A long answer as a numbered thread, as a person sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.channel import Fate, PostOutcome
from triage.core.outbox import ReplyState
from triage.errors import StoreError

LONG = (
    "Hello Ana, we looked into it. Your order left our warehouse in Lyon on Monday, and the "
    "carrier lost it on the way. We are sorry: that is ours to mend, not yours to wait for.\n\n"
    "A new parcel left today. It is with you tomorrow before noon, and you can follow it at "
    "https://example.com/parcels/4711-2026-03-02-lyon-to-paris without an account. What you paid "
    "for the delivery is on its way back to you.\n\n"
    "If it is not there by noon, write to us here and we bring it ourselves. We have spoken with "
    "the carrier as well: parcels that stand still for a day are looked for from now on, and you "
    "are told before you have to ask."
)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The long answer in a file."""
    path = tmp_path / "long.txt"
    path.write_text(LONG)
    return str(path)


def states(desk: Desk) -> list[str]:
    """The states of all replies, oldest first."""
    return [r.state.value for r in desk.store.outbox.list_states(desk.brand_id, list(ReplyState))]


def ours(desk: Desk) -> list[str]:
    """What we posted to ana, oldest first."""
    posts = sorted(desk.channel.posts.values(), key=lambda p: int(p.native_id))
    return [p.text for p in posts if p.author.handle == "acme"][2:]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_every_part_is_shown_with_its_length(
    busy: Desk, run: Runner, file: str, width: int
) -> None:
    """The person sees all parts, their lengths and numbers, and confirms once."""
    ran = run("reply", "3", "-F", file, "--split", tty=True, width=width, keys="y\n")
    assert ran.code == 0, ran
    assert states(busy) == ["sent"] * 3
    assert len(ours(busy)) == 3
    assert_golden(f"reply-split-{width}", ran.out)


def test_too_long_offers_to_split(busy: Desk, run: Runner, file: str) -> None:
    """At the question `s` cuts it; then the parts are shown and can be sent."""
    ran = run("reply", "3", "-F", file, tty=True, keys="s\ny\n")
    assert ran.code == 0, ran
    assert "s split, e edit" in ran.out
    assert "a thread of 3" in ran.out
    assert states(busy) == ["sent"] * 3


def test_a_text_that_fits_is_one_post(busy: Desk, run: Runner) -> None:
    """--split makes no thread of what needs none."""
    assert run("reply", "3", "Sorry Ana!", "--split", "-y").code == 0
    assert ours(busy) == ["Sorry Ana!"]


def test_dry_run_shows_the_parts_and_keeps_nothing(busy: Desk, run: Runner, file: str) -> None:
    """In JSON each part has its length; nothing is saved or sent."""
    ran = run("reply", "3", "-F", file, "--split", "--dry-run", "--json")
    (item,) = json.loads(ran.out)["items"]
    assert [p["text"][-3:] for p in item["parts"]] == ["1/3", "2/3", "3/3"]
    assert all(p["length"] <= item["max_length"] for p in item["parts"])
    assert item["guards"] == []
    assert states(busy) == []
    shown = run("reply", "3", "-F", file, "--split", "--dry-run", tty=True).out
    assert "Part 2 of 3" in shown


def test_too_many_parts(busy: Desk, run: Runner) -> None:
    """Refused with the reason, and the text is kept as one draft."""
    ran = run("reply", "3", "word " * 2_000, "--split", "-y")
    assert ran.code == 1
    assert "more than 25 parts" in ran.err
    assert "Saved as draft 1" in ran.err
    assert states(busy) == ["draft"]
    asked = run("reply", "3", "word " * 2_000, tty=True, keys="s\np\n")
    assert "more than 25 parts" in asked.err


def test_stopped_in_the_middle(busy: Desk, run: Runner, file: str) -> None:
    """It says which part stopped, what is public, and that what follows waits; then goes on."""
    busy.channel.fate_next(Fate.SENT)
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    ran = run("reply", "3", "-F", file, "--split", "-y")
    assert ran.code == 75
    assert "Part 2 of 3: The reply was not sent: no route" in ran.err
    assert "The part before it is public. What follows waits for it." in ran.err
    assert states(busy) == ["sent", "queued", "held"]
    assert_golden("thread-outbox-80", run("outbox", tty=True).out)
    assert_golden("thread-drafts-80", run("drafts", tty=True).out)
    assert_golden("thread-show-80", run("drafts", "show", "1", tty=True).out)
    again = run("drafts", "send", "1", tty=True, keys="y\n")
    assert again.code == 0, again
    assert "from part 2 of 3 on" in again.out
    assert states(busy) == ["sent"] * 3
    assert len(ours(busy)) == len(set(ours(busy))) == 3


def test_rows_for_scripts_are_parts(busy: Desk, run: Runner, file: str) -> None:
    """JSON has a row for each part, with its number and the part that it follows."""
    assert run("reply", "3", "-F", file, "--split").code == 2
    items = json.loads(run("outbox", "list", "--json").out)["items"]
    assert [(i["id"], i["part"], i["parts"], i["follows_id"]) for i in items] == [
        (1, 1, 3, None),
        (2, 2, 3, 1),
        (3, 3, 3, 2),
    ]
    ran = run("drafts", "send", "1", "-y", "--json")
    assert [i["state"] for i in json.loads(ran.out)["items"]] == ["sent"] * 3


def test_unknown_in_the_middle_is_settled_by_any_of_its_ids(
    busy: Desk, run: Runner, file: str
) -> None:
    """`outbox settle` of the thread is about the part that is open; --resend goes on from it."""
    busy.channel.fate_next(Fate.SENT)
    busy.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="it broke"))
    assert run("reply", "3", "-F", file, "--split", "-y").code == 5
    assert "thread of 3, 1 sent, unknown" in run("outbox", tty=True).out
    assert run("outbox", "settle", "1", "--resend", "-y").code == 0
    assert states(busy) == ["sent"] * 3


def test_a_part_that_is_found_says_when_the_rest_goes_out(
    busy: Desk, run: Runner, file: str
) -> None:
    """After `outbox settle` found part 2, part 3 is queued, and the way to send it now is named."""
    busy.channel.fate_next(Fate.SENT)
    busy.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="it broke"), accepted=True)
    assert run("reply", "3", "-F", file, "--split", "-y").code == 5
    found = run("outbox", "settle", "1", tty=True)
    assert found.code == 0, found
    assert "Part 3 of 3 goes out with the next fetch. Now: triage drafts send 3" in found.err
    assert states(busy) == ["sent", "sent", "queued"]
    assert run("drafts", "send", "3", "-y").code == 0
    assert len(ours(busy)) == 3


def test_dropping_a_thread(busy: Desk, run: Runner, file: str) -> None:
    """All that has not left is given up, and what is public is said to stay."""
    busy.channel.fate_next(Fate.SENT)
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    run("reply", "3", "-F", file, "--split", "-y")
    ran = run("drafts", "drop", "1", tty=True)
    assert ran.code == 0
    assert "What is public of its thread stays." in ran.err
    assert states(busy) == ["sent", "cancelled", "cancelled"]


def test_a_draft_that_is_too_long_can_be_split_later(busy: Desk, run: Runner, file: str) -> None:
    """`drafts send --split` makes a thread of it; without it the way is named."""
    assert run("reply", "3", "-F", file, "-y").code == 1
    refused = run("drafts", "send", "1", "-y")
    assert "--split" in refused.err
    assert run("drafts", "send", "1", "-y", "--split").code == 0
    assert states(busy) == ["sent"] * 3


@pytest.mark.real_time
def test_editing_a_thread_edits_its_whole_text(
    busy: Desk, run: Runner, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The editor has the text without numbers; what comes back is cut anew."""
    seen = tmp_path / "seen"
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\nsleep 0.01\ncp "$1" {seen}\nsed -i "1s/^/Dear Ana. /" "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("TRIAGE_EDITOR", str(editor))
    ran = run("reply", "3", "-F", file, "--split", tty=True, keys="e\ny\n")
    assert ran.code == 0, ran
    assert " 1/3" not in seen.read_text()
    assert ours(busy)[0].startswith("Dear Ana. Hello Ana")
    assert states(busy) == ["sent"] * 3


def test_a_thread_is_taken_back_as_a_whole(busy: Desk, run: Runner, file: str) -> None:
    """Every part is shown before it is asked; any part's number will do."""
    run("reply", "3", "-F", file, "--split", "-y")
    ran = run("outbox", "undo", "2", tty=True, keys="y\n")
    assert ran.code == 0, ran
    assert all(mark in ran.out for mark in ("1/3", "2/3", "3/3"))
    assert "Reply 2 is taken back, all 3 parts of it" in ran.err
    assert (states(busy), ours(busy)) == (["deleted"] * 3, [])


def test_a_thread_that_is_edited_and_not_saved_is_a_draft_of_its_own(
    busy: Desk, run: Runner, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written stays in a file; the parts stay as they were, and none goes out twice."""

    def fails(*args: object) -> None:
        raise StoreError("The database cannot be written.", reason="The disk is full.")

    monkeypatch.setattr("triage.cli.writing.changed", fails)
    monkeypatch.setenv("TRIAGE_EDITOR", "sed -i 1s/Hello/Dear/")
    ran = run("reply", "3", "-F", file, "--split", tty=True, keys="e\n")
    assert ran.code == 1, ran
    assert states(busy) == ["draft", "held", "held"]
    [left] = [
        i
        for i in json.loads(run("drafts", "list", "--json").out)["items"]
        if i["state"] == "unsaved"
    ]
    assert left["text"].startswith("Dear Ana")
    assert "1/3" not in left["text"]
    run("drafts", "send", str(left["id"]), "--split")
    assert states(busy) == ["draft", "held", "held", "draft", "held", "held"]
