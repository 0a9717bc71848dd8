"""Cost of whole commands: instruction counts where valgrind is there, else CPU seconds."""

from __future__ import annotations

import os
import pty
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

RUNS = 7
"""CPU seconds are noisy: the least of several runs counts."""


def unit() -> str:
    """What `cost` counts."""
    return "instructions" if shutil.which("valgrind") else "CPU seconds"


def cost(command: Sequence[str], *, on_terminal: bool = False) -> float:
    """The cost of a command after a warm-up run, its output thrown away."""
    _run(command, on_terminal=on_terminal)
    if shutil.which("valgrind"):
        return _instructions(command, on_terminal=on_terminal)
    return min(_seconds(command, on_terminal=on_terminal) for _ in range(RUNS))


def _instructions(command: Sequence[str], *, on_terminal: bool) -> float:
    with tempfile.NamedTemporaryFile() as log:
        counting = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        _run([*counting, f"--log-file={log.name}", *command], on_terminal=on_terminal)
        found = re.search(r"Collected : (\d+)", Path(log.name).read_text())
    return float(found.group(1)) if found else 0.0


def _seconds(command: Sequence[str], *, on_terminal: bool) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(command, on_terminal=on_terminal)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _environment() -> dict[str, str]:
    env = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "PYTHONHASHSEED": "0"}
    return {**env, "TERM": "xterm-256color", "COLUMNS": "80", "LC_ALL": "C.UTF-8"}


def _run(command: Sequence[str], *, on_terminal: bool) -> None:
    if not on_terminal:
        subprocess.run(command, stdout=subprocess.DEVNULL, env=_environment(), check=True)
        return
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], list(command), _environment())  # noqa: S606 - no shell is wanted
    while True:
        try:
            if not os.read(terminal, 1 << 16):
                break
        except OSError:
            break
    os.waitpid(pid, 0)
    os.close(terminal)
