"""Words of a reply on disk, from before the editor opens until the store has them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from builders import START
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.store.recovery import SCISSORS, Kept, Recovery

REPLY = Reply(
    id=0,
    uuid="0" * 32,
    account_id=1,
    conversation_id=41,
    in_reply_to="9",
    text="",
    state=ReplyState.DRAFT,
    agent="ana",
    seen_at=START,
    seen_id="9",
    created_at=START,
    changed_at=START,
)


@pytest.fixture
def recovery(tmp_path: Path) -> Recovery:
    """The files of a database in a folder of the test."""
    return Recovery(tmp_path / "state", str(tmp_path / "triage.db"))


def only(recovery: Recovery) -> Kept:
    """The one that was left."""
    [kept] = recovery.all()
    return kept


def modes(folder: Path) -> set[int]:
    """Of all files in a folder."""
    return {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()}


def test_begun(recovery: Recovery) -> None:
    """Before anything is typed there is a private file with its lock, and what it answers."""
    pad = recovery.begin(REPLY, "", "# @bo: it is broken", START)
    assert pad.words() == ""
    assert pad.path.read_text() == f"\n\n{SCISSORS}\n# @bo: it is broken\n"
    assert pad.name.startswith("41-")
    assert modes(recovery.folder) == {0o600}
    for folder in (recovery.folder, *list(recovery.folder.parents)[:2]):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert only(recovery).is_open
    pad.done()
    assert list(recovery.folder.iterdir()) == []


def test_left(recovery: Recovery) -> None:
    """What an editor saved is found with whom it answers, what was seen, and who wrote it."""
    pad = recovery.begin(REPLY, "", "# thread", START)
    pad.path.write_text(f"Sorry!\r\nTomorrow.\r\n{SCISSORS}\n# thread\n")
    pad.close()
    kept = only(recovery)
    assert (kept.text, kept.agent, kept.at, kept.is_open) == (
        "Sorry!\nTomorrow.",
        "ana",
        START,
        False,
    )
    assert kept.reply is not None
    assert (kept.reply.uuid, kept.reply.seen_at, kept.reply.text) == (
        REPLY.uuid,
        START,
        kept.text,
    )
    assert recovery.find(kept.name) == kept
    recovery.drop(kept)
    assert recovery.all() == []
    assert list(recovery.folder.iterdir()) == []


def test_nothing_written_leaves_nothing(recovery: Recovery) -> None:
    """An editor that was killed before anything was saved leaves no file behind for long."""
    for start in ("", "Sorry!"):
        recovery.begin(REPLY, start, "# thread", START).close()
    assert recovery.all() == []
    assert list(recovery.folder.iterdir()) == []


def test_what_an_editor_leaves(recovery: Recovery) -> None:
    """Vim's swap file keeps its file; nano's `.save` is what counts; both go with it."""
    pad = recovery.begin(REPLY, "", "# thread", START)
    pad.close()
    swap = pad.path.with_name(f".{pad.path.name}.swp")
    swap.write_text("binary")
    assert only(recovery).has_swap
    saved = pad.path.with_name(f"{pad.path.name}.save")
    saved.write_text(f"Sorry!\n{SCISSORS}\n")
    assert only(recovery).text == "Sorry!"
    again = recovery.reopen(only(recovery), REPLY)
    assert again.words() == "Sorry!"
    assert not saved.exists()
    again.done()
    assert list(recovery.folder.iterdir()) == []


def test_an_editor_that_stays_open_keeps_its_file(recovery: Recovery) -> None:
    """The lock is inherited: as long as an editor has it, nothing is removed under it."""
    pad = recovery.begin(REPLY, "", "# thread", START)
    inherited = os.dup(pad.lock)
    assert not pad.discard()
    assert only(recovery).is_open
    os.close(inherited)
    assert recovery.all() == []


def test_words_that_no_store_took(recovery: Recovery) -> None:
    """They are kept by whatever the conversation was called, also what is no UTF-8."""
    text = b"Sorry \xff!".decode("utf-8", "surrogateescape")
    path = recovery.keep("https://x.com/bo/status/9", text, "ana", START, None)
    assert path.read_bytes() == b"Sorry \xff!\n"
    assert modes(recovery.folder) == {0o600}
    kept = only(recovery)
    assert (kept.reference, kept.reply, kept.text) == (
        "https://x.com/bo/status/9",
        None,
        "Sorry \ufffd!",
    )


def test_twice_are_two(recovery: Recovery) -> None:
    """Two terminals that write on the same draft have a file each."""
    first = recovery.begin(REPLY, "a", "", START)
    second = recovery.begin(REPLY, "a", "", START)
    assert first.path != second.path


@pytest.mark.parametrize("beside", ["", "{", "[]", '{"reply": {"state": "odd"}}', '{"at": "x"}'])
def test_the_words_count(recovery: Recovery, beside: str) -> None:
    """Whatever became of what stands beside them, they are found, with their conversation."""
    pad = recovery.begin(REPLY, "", "", START)
    pad.path.write_text("Sorry!")
    pad.close()
    pad.path.with_suffix(".json").write_text(beside)
    kept = only(recovery)
    assert (kept.text, kept.reference, kept.reply) == ("Sorry!", "41", None)


def test_another_database(recovery: Recovery, tmp_path: Path) -> None:
    """The same number is another conversation in another database."""
    recovery.keep("41", "Sorry!", "ana", START, REPLY)
    assert Recovery(tmp_path / "state", str(tmp_path / "other.db")).all() == []


@pytest.mark.parametrize("name", ["", "x", "41", "../41-aaaaaa", "41-aaaaaa/..", "41-aaaaaa"])
def test_names(recovery: Recovery, name: str) -> None:
    """Only a name of its own kind is looked for, and what is not there is not found."""
    assert recovery.find(name) is None


def test_no_place(tmp_path: Path) -> None:
    """Where no folder can be made nothing is found, and writing says so."""
    (tmp_path / "state").write_text("a file")
    recovery = Recovery(tmp_path / "state", str(tmp_path / "triage.db"))
    assert recovery.all() == []
    with pytest.raises(OSError, match="File exists"):
        recovery.begin(REPLY, "", "", START)
