"""`triage completion`: the scripts, and what a real shell makes of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from screens import Runner

_BASH = shutil.which("bash")


def _bare(home: Path, **more: str) -> dict[str, str]:
    folder = home / "bin"
    folder.mkdir(exist_ok=True)
    program = folder / "triage"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m triage "$@"\n')
    program.chmod(0o700)
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    return {"HOME": str(home), "PATH": path, **more}


@pytest.mark.parametrize(
    ("shell", "first", "asks"),
    [
        ("bash", "_triage_completion() {", "_TRIAGE_COMPLETE=complete_bash"),
        ("zsh", "#compdef triage", "_TRIAGE_COMPLETE=complete_zsh"),
        ("fish", "complete --command triage", "_TRIAGE_COMPLETE=complete_fish"),
    ],
)
def test_scripts(run: Runner, shell: str, first: str, asks: str) -> None:
    """Each begins as its shell wants it, and asks our own variable."""
    ran = run("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(first)
    assert asks in ran.out
    assert ran.out.endswith("\n")
    assert "_TRIAGE_COMPLETE" not in os.environ


def test_unknown_shell(run: Runner) -> None:
    """A shell that is not served is a usage error."""
    assert run("completion", "tcsh").code == 2


def test_needs_no_configuration(tmp_path: Path) -> None:
    """It works in an empty home, and with a broken configuration."""
    broken = tmp_path / "config.toml"
    broken.write_text("[[[")
    for config in ("", str(broken)):
        done = subprocess.run(
            [sys.executable, "-m", "triage", "completion", "bash"],
            env=_bare(tmp_path, TRIAGE_CONFIG=config),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "complete_bash" in done.stdout


@pytest.mark.skipif(_BASH is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("triage qu", ["queue"]),
        ("triage drafts s", ["send", "show"]),
        ("triage completion f", ["fish"]),
        ("triage queue --over", ["--overdue"]),
    ],
)
def test_real_bash(tmp_path: Path, typed: str, offered: list[str]) -> None:
    """The script, sourced by bash, completes commands, their subcommands, values and options."""
    *before, last = typed.split(" ")
    words = " ".join(f'"{w}"' for w in (*before, last))
    script = (
        'eval "$(triage completion bash)"\n'
        f"COMP_WORDS=({words}); COMP_CWORD={len(before)}\n"
        '_triage_completion triage\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        [_BASH or "", "--norc", "-c", script],
        env=_bare(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert sorted(done.stdout.split()) == offered
