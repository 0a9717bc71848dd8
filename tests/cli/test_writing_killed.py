"""The real command on a terminal of its own, killed in every way while the editor is open."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders import Desk
from screens import Runner
from triage.cli.exits import Exit
from triage.core.outbox import ReplyState
from triage.store.recovery import Kept, Recovery

TEXT = "Sorry Ana! It will be with you tomorrow."
PATIENCE_S = 300
_ON_ITS_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from triage.cli.main import main
main(sys.argv[1:])
"""
_EDITOR = """#!/bin/sh
{before}
printf "%s" "{text}" > "$1"
echo saved > {saved}
read line < {gate}
{after}
"""


class Terminal:
    """`triage reply 3` on a terminal, with an editor that has saved and stays open.

    Attributes:
        process: The command.
        screen: Our side of its terminal.
    """

    def __init__(self, folder: Path, *, before: str = "", after: str = "", limit: int = 0) -> None:
        self._saved, self._gate = folder / "saved", folder / "gate"
        os.mkfifo(self._saved)
        os.mkfifo(self._gate)
        editor = folder / "editor"
        editor.write_text(
            _EDITOR.format(
                before=before, after=after, text=TEXT, saved=self._saved, gate=self._gate
            )
        )
        editor.chmod(0o755)
        self.screen, theirs = pty.openpty()

        def limited() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        self.process = subprocess.Popen(
            [sys.executable, "-c", _ON_ITS_TERMINAL, "reply", "3"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TRIAGE_EDITOR": str(editor), "TERM": "xterm"},
            preexec_fn=limited if limit else None,  # noqa: PLW1509 - no thread runs here
        )
        os.close(theirs)

    def wait_until_saved(self) -> None:
        """Until the editor has written its file."""
        assert self._saved.read_text() == "saved\n"

    def let_the_editor_end(self) -> None:
        """It goes on behind its last wait."""
        with self._gate.open("w") as gate:
            gate.write("go\n")

    def interrupt(self) -> None:
        """A person types Ctrl-C; its echo follows the signal."""
        os.write(self.screen, b"\x03")
        seen = b""
        while b"^C" not in seen:
            seen += os.read(self.screen, 1)

    def read(self) -> str:
        """What is on the screen until the command has gone."""
        found = b""
        with contextlib.suppress(OSError):
            while part := os.read(self.screen, 4096):
                found += part
        return " ".join(found.decode(errors="replace").split())

    def ended(self) -> int:
        """How the command ended."""
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """Take the terminal away, and what is left of the command."""
        if self.screen >= 0:
            os.close(self.screen)
            self.screen = -1
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)


Opens = Callable[..., Terminal]


@pytest.fixture
def opened(busy: Desk, home: Path) -> Iterator[Opens]:
    """Start the command in the home of the test."""
    assert busy.waiting()
    made: list[Terminal] = []

    def start(**words: object) -> Terminal:
        made.append(Terminal(home, **words))  # type: ignore[arg-type]
        return made[-1]

    yield start
    for terminal in made:
        terminal.close()


def left(desk: Desk, home: Path) -> list[Kept]:
    """What was left of it."""
    return Recovery(home / ".local/state/triage", str(desk.db)).all()


def rows(desk: Desk) -> list[tuple[str, str]]:
    """All texts and states."""
    replies = desk.store.outbox.list_states(desk.brand_id, list(ReplyState))
    return [(r.text, r.state.value) for r in replies]


def assert_offered_once(desk: Desk, run: Runner, home: Path) -> None:
    """The next reply offers the words; saved, they are one draft and no file."""
    [item] = json.loads(run("drafts", "list", "--json").out)["items"]
    assert (item["text"], item["state"], item["conversation"]) == (TEXT, "unsaved", 3)
    assert run("reply", "3", tty=True, keys="e\np\n").code == 0
    assert rows(desk) == [(TEXT, "draft")]
    assert left(desk, home) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_killed_while_the_editor_is_open(
    busy: Desk,
    run: Runner,
    home: Path,
    opened: Opens,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    """The words stay; as long as the editor lives, their file is known to be in use."""
    # A terminal that is gone takes the editor with it, unless that knows better.
    terminal = opened(before="trap '' HUP")
    terminal.wait_until_saved()
    os.kill(terminal.process.pid, number)
    assert terminal.ended() == (-number if number == signal.SIGKILL else 128 + number)
    [kept] = left(busy, home)
    assert (kept.text, kept.is_open) == (TEXT, True)
    assert rows(busy) == []
    terminal.let_the_editor_end()
    _until_closed(busy, home)
    monkeypatch.setenv("TRIAGE_EDITOR", "true")
    assert_offered_once(busy, run, home)


def _until_closed(desk: Desk, home: Path) -> None:
    """The editor gives its lock back as it ends: wait for that, not for a time."""
    import fcntl

    [kept] = left(desk, home)
    with kept.path.with_suffix(".json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def test_the_terminal_is_closed(
    busy: Desk, run: Runner, home: Path, opened: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window goes, and with it the command and the editor: what was saved is offered."""
    terminal = opened()
    terminal.wait_until_saved()
    os.close(terminal.screen)
    terminal.screen = -1
    assert terminal.ended() == 128 + signal.SIGHUP
    _until_closed(busy, home)
    monkeypatch.setenv("TRIAGE_EDITOR", "true")
    assert_offered_once(busy, run, home)


def test_ctrl_c_ends_the_editor(
    busy: Desk, run: Runner, home: Path, opened: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor that Ctrl-C kills: the command says where the words are."""
    terminal = opened()
    terminal.wait_until_saved()
    terminal.interrupt()
    screen = terminal.read()
    assert terminal.ended() == 1
    assert "The editor failed." in screen
    [kept] = left(busy, home)
    assert f"triage drafts show {kept.name}" in screen
    monkeypatch.setenv("TRIAGE_EDITOR", "true")
    assert_offered_once(busy, run, home)


def test_ctrl_c_is_the_editors(busy: Desk, home: Path, opened: Opens) -> None:
    """An editor that Ctrl-C does not end goes on, and the command with it; then it is saved."""
    terminal = opened(before="trap '' INT", after="echo the editor went on")
    terminal.wait_until_saved()
    terminal.interrupt()
    terminal.let_the_editor_end()
    screen = terminal.read()
    assert "the editor went on" in screen
    # There are no credentials to send it with; by then it is saved.
    assert "Saved as draft 1." in screen
    assert terminal.ended() == Exit.SIGN_IN
    assert rows(busy) == [(TEXT, "draft")]
    assert left(busy, home) == []


def test_no_room_for_the_store(
    busy: Desk, run: Runner, home: Path, opened: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under RLIMIT_FSIZE the store takes nothing; the small file of the words does."""
    terminal = opened(limit=4096)
    terminal.wait_until_saved()
    terminal.let_the_editor_end()
    screen = terminal.read()
    assert terminal.ended() == 1
    assert "The others cannot see that you are at it" in screen
    assert "Nothing was sent. What you wrote is kept in" in screen
    assert TEXT not in screen
    assert rows(busy) == []
    monkeypatch.setenv("TRIAGE_EDITOR", "true")
    assert_offered_once(busy, run, home)
