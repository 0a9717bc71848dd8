"""`classify`, `demo` and `sandbox`: what works without an account or a configuration."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from screens import Runner


@pytest.fixture
def bare(home: Path) -> Path:
    """A home without a configuration."""
    (home / ".config/triage/config.toml").unlink()
    return home


def test_classify_gives_one_line_for_each(bare: Path, run: Runner) -> None:
    """In order, also for empty lines and bytes that are no text; nothing is written anywhere."""
    file = bare / "texts"
    file.write_bytes(b'My order never arrived\n\n{"text": "Do you ship to Wien?"}\n\xff\xfe\n')
    ran = run("classify", str(file), "--json")
    assert ran.code == 0
    kinds = [json.loads(line)["kind"] for line in ran.out.splitlines()]
    assert (len(kinds), kinds[0], kinds[2]) == (4, "complaint", "question")
    assert not (bare / ".local").exists()


def test_classify_in_a_pipe_and_on_a_terminal(bare: Path, run: Runner) -> None:
    """A pipe gets four cells a line; a person sees the words that decided."""
    file = bare / "texts"
    file.write_text("My order never arrived\x1b[2J\n")
    cells = run("classify", str(file)).out.rstrip("\n").split("\t")
    assert (len(cells), cells[0]) == (4, "complaint")
    screen = run("classify", str(file), tty=True).out
    assert 'never-arrived "never arrived"' in screen
    assert "\x1b" not in screen


def test_classify_reads_stdin(bare: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the texts come from stdin."""
    del bare

    class Stdin:
        buffer = io.BytesIO(b"thank you so much\n")

        @staticmethod
        def isatty() -> bool:
            return False

    with monkeypatch.context() as patch:
        patch.setattr("triage.cli.files.sys", type("S", (), {"stdin": Stdin}))
        assert run("classify").out.startswith("praise\t")


def _triage(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", **more}
    return subprocess.run(
        [sys.executable, "-m", "triage", *words],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_demo_works_in_an_empty_home(tmp_path: Path) -> None:
    """Two accounts, dozens of conversations, people who wait; everything private to the user."""
    ran = _triage(tmp_path, "demo")
    assert (ran.returncode, ran.stderr) == (0, "")
    queue = ran.stdout.splitlines()
    assert 10 <= len(queue) <= 40
    folder = tmp_path / ".local/share/triage/demo"
    assert all(not file.stat().st_mode & 0o077 for file in folder.iterdir())
    number = queue[0].split("\t")[0]
    assert _triage(tmp_path, "--demo", "show", number).returncode == 0
    assert _triage(tmp_path, "doctor", "--demo").returncode == 0


def test_demo_keeps_what_was_done_until_reset(tmp_path: Path) -> None:
    """A reply takes its conversation off the queue, also in the next demo; --reset undoes it."""
    first = _triage(tmp_path, "demo").stdout.splitlines()
    number = first[0].split("\t")[0]
    sent = _triage(tmp_path, "--demo", "reply", number, "Sorry! We are on it.", "-y")
    assert (sent.returncode, sent.stderr) == (0, sent.stderr)
    again = _triage(tmp_path, "demo").stdout.splitlines()
    assert number not in [line.split("\t")[0] for line in again]
    anew = _triage(tmp_path, "demo", "--reset").stdout.splitlines()
    assert len(anew) == len(first)


def test_demo_leaves_your_own_keys_alone(tmp_path: Path) -> None:
    """Keys of yours in the environment are not shown to the sandbox, which would refuse them."""
    names = ("TRIAGE_X_BEARER_TOKEN", "TRIAGE_X_USER_TOKEN")
    ran = _triage(tmp_path, "demo", **dict.fromkeys(names, "of-yours"))
    assert (ran.returncode, ran.stderr) == (0, "")


def test_demo_flag_before_there_is_a_demo(tmp_path: Path) -> None:
    """One sentence, and the command that makes it."""
    ran = _triage(tmp_path, "--demo", "queue")
    assert ran.returncode == 1
    assert "triage demo" in ran.stderr


@pytest.mark.enable_socket
def test_sandbox_serves_until_it_is_stopped(tmp_path: Path) -> None:
    """Its address is the first line; Ctrl-C ends it with 130."""
    # Whoever runs the tests in the background may have it ignored.
    heed = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"import signal; {heed}; from triage.cli.main import main; main()"
    words = [sys.executable, "-c", code, "sandbox", "--state", str(tmp_path / "s.json")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            assert address.startswith("http://127.0.0.1:")
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"{address}/2/users/me", timeout=60)  # noqa: S310
            assert refused.value.code == 401
            refused.value.close()
            server.send_signal(signal.SIGINT)
            assert server.wait(timeout=60) == 130
        finally:
            server.kill()


def test_sandbox_that_cannot_start(bare: Path, run: Runner) -> None:
    """A state file that is none is refused with a sentence."""
    (bare / "s.json").write_text("[]")
    ran = run("sandbox", "--state", str(bare / "s.json"))
    assert ran.code == 1
    assert "cannot start" in ran.err
