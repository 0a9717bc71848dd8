"""Run a program that is told something and says nothing: bounded, without a shell, unheard."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path


class DidNotRun(Exception):
    """It could not be started, or did not end in time; the text says which. Never what it said."""


def run_quietly(
    argv: Sequence[str], told: bytes, *, timeout_s: float, folder: Path | None = None
) -> int:
    """Run a program with something on its stdin; give its exit code, negative for a signal.

    What it prints goes nowhere. When the time is up, it is killed with all that it started in its
    process group. A program that ends without reading is fine.

    Args:
        argv: The program and its arguments; no shell sees them.
        told: What it reads on stdin.
        timeout_s: Seconds that it may take.
        folder: Where it runs; the current directory if left out, or if there is no such folder.

    Raises:
        DidNotRun: It could not be started, or its time was up.
    """
    failure = ""
    try:
        process = subprocess.Popen(  # noqa: S603 - the person's own program, without a shell
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder if folder is not None and folder.is_dir() else None,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        failure = getattr(error, "strerror", None) or "unknown reason"
    else:
        with process:
            try:
                process.communicate(told, timeout=timeout_s)
            except subprocess.TimeoutExpired:
                failure = f"It did not end within {timeout_s:g} s."
                _kill(process)
            except BaseException:
                # Also Ctrl-C: in a session of its own, the program does not get that signal.
                _kill(process)
                raise
        if not failure:
            return process.returncode
        raise DidNotRun(failure)
    # Raised out here so that the arguments, which the exception may hold, are not chained to it.
    raise DidNotRun(f"It could not be started: {failure}.")


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Its first process may be gone while others of the group go on.
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
