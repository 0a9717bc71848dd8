"""`alert_command`: a real program, JSON on its stdin, bounded, and nothing that it says is told."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path

import pytest

from alerted import LINE, NOW
from triage.core.digest import Digest, to_data
from triage.delivery.command import CommandTarget
from triage.errors import DeliveryFailed

SECRET = "hunter2hunter2"  # noqa: S105 - made up
HOSTILE = LINE._replace(text="$(touch owned) `touch owned`; <!channel>\nit is broken 😡")
DIGEST = Digest("uuid-1", "acme", NOW, (HOSTILE,))


def python(folder: Path, script: str, *more: str, timeout_s: float = 30.0) -> CommandTarget:
    """A target that runs a script of Python's."""
    return CommandTarget((sys.executable, "-c", script, *more), folder, timeout_s)


def failure(target: CommandTarget, digest: Digest = DIGEST) -> DeliveryFailed:
    """How a delivery fails; nothing of it shows a secret."""
    with pytest.raises(DeliveryFailed) as caught:
        target.deliver(digest)
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + error.reason + error.hint + repr(target)
    assert SECRET not in shown
    return error


def test_the_program_has_the_digest(tmp_path: Path) -> None:
    """As JSON on stdin, in the folder of the configuration, with its arguments as they are."""
    script = (
        "import sys, pathlib; pathlib.Path('got').write_bytes(sys.stdin.buffer.read()); "
        "pathlib.Path('argv').write_text(sys.argv[1])"
    )
    python(tmp_path, script, "$HOME; *").deliver(DIGEST)
    assert json.loads((tmp_path / "got").read_text()) == to_data(DIGEST)
    assert (tmp_path / "argv").read_text() == "$HOME; *"
    assert not (tmp_path / "owned").exists()
    assert CommandTarget(("x",), tmp_path).name == "command"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Then it runs where we are."""
    python(tmp_path / "gone", "import sys; sys.stdin.read()").deliver(DIGEST)


def test_what_it_prints_goes_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither on success nor on failure does a word of it reach a screen or an error."""
    script = f"import sys; print({SECRET!r}); print({SECRET!r}, file=sys.stderr); sys.exit(%d)"
    python(tmp_path, script % 0).deliver(DIGEST)
    error = failure(python(tmp_path, script % 3, SECRET))
    assert error.message == f"The alert_command ({sys.executable}) failed."
    assert error.reason == "It ended with exit code 3."
    assert "[alerts]" in error.hint
    assert capfd.readouterr() == ("", "")


def test_a_program_that_does_not_exist(tmp_path: Path) -> None:
    """It is named, and the reason of the system told."""
    error = failure(CommandTarget(("/does/not/exist", SECRET), tmp_path))
    assert error.message == "The alert_command (/does/not/exist) failed."
    assert error.reason == "It could not be started: No such file or directory."


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    """A file that may not be run is no program."""
    (tmp_path / "notes").write_text("hello")
    error = failure(CommandTarget(("./notes", SECRET), tmp_path))
    assert error.reason == "It could not be started: Permission denied."


def test_a_program_that_is_killed(tmp_path: Path) -> None:
    """The signal is told."""
    error = failure(python(tmp_path, "import os; os.kill(os.getpid(), 9)"))
    assert error.reason == "It was ended by signal 9."


def test_a_program_that_does_not_read(tmp_path: Path) -> None:
    """Its exit code counts, however much it left unread."""
    many = DIGEST._replace(lines=(LINE._replace(text="x" * 200_000),))
    python(tmp_path, "").deliver(many)
    assert failure(python(tmp_path, "raise SystemExit(4)"), many).reason.endswith("code 4.")


@pytest.mark.real_time
@pytest.mark.parametrize("reading", ["sys.stdin.read()", "0"])
def test_a_program_that_hangs(tmp_path: Path, reading: str) -> None:
    """It is killed with all that it started, whether it has read or not."""
    script = (
        "import pathlib, subprocess, sys, time; "
        f"{reading}; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
        "pathlib.Path('pids').write_text(str(child.pid)); "
        "time.sleep(60)"
    )
    many = DIGEST._replace(lines=(LINE._replace(text="x" * 200_000),))
    begun = time.monotonic()
    error = failure(python(tmp_path, script, timeout_s=5.0), many)
    assert error.reason == "It did not end within 5 s."
    assert time.monotonic() - begun < 30
    assert _is_gone(int((tmp_path / "pids").read_text()))


def _is_gone(pid: int) -> bool:
    """Whether a process ended; one that nobody has waited for yet has ended too."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)  # the kernel takes its time; only a `real_time` test may ask
    return False


def test_an_interruption_leaves_no_program_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends the program too, which is in a session of its own."""
    import subprocess

    started: list[subprocess.Popen[bytes]] = []

    def interrupted(process: subprocess.Popen[bytes], *_: object, **__: object) -> None:
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        python(tmp_path, "import time; time.sleep(60)").deliver(DIGEST)
    assert started[0].returncode == -9
