"""Runs the command and sends it a signal, kill -9 or another, at one exact step of its life.

    python doomed.py count FILE WORDS...             run it; write how many steps of each sort
    python doomed.py SIGKILL:SORT NUMBER WORDS...    kill it at that step

A step is the moment before or after a call that leaves a trace outside the process: a statement of
the database, a file that is made, written, moved or locked, a byte that goes over the network. So
the whole life of the command is covered, whatever the machine is busy with.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

FILES = frozenset(
    {"open", "fsync", "replace", "unlink", "pwrite", "ftruncate", "mkdir", "close", "flock"}
)
SQL = frozenset({"execute", "executemany", "rollback", "commit", "backup", "close", "fetchall"})
NETWORK = frozenset({"connect", "sendall", "send", "recv", "recv_into", "close"})


def sort_of(function: Any) -> str | None:  # noqa: ANN401 - whatever is called
    """Which sort of step a call is, if it is one."""
    name, owner = getattr(function, "__name__", ""), getattr(function, "__self__", None)
    if isinstance(owner, sqlite3.Connection | sqlite3.Cursor):
        return "sql" if name in SQL else None
    if isinstance(owner, socket.SocketType):
        return "network" if name in NETWORK else None
    if getattr(function, "__module__", None) in ("posix", "fcntl"):
        return "file" if name in FILES else None
    return None


class Life:
    """Counts steps, and ends at one."""

    def __init__(self, number: signal.Signals, sort: str, step: int) -> None:
        self.signal, self.sort, self.step = number, sort, step
        self.steps: Counter[str] = Counter()

    def watch(self, _frame: FrameType, event: str, function: Any) -> None:  # noqa: ANN401
        """See a call."""
        if not event.startswith("c_"):
            return
        sort = sort_of(function)
        if sort is None:
            return
        self.steps[sort] += 1
        if sort == self.sort and self.steps[sort] == self.step:
            os.kill(os.getpid(), self.signal)


def main() -> None:
    """Run the command under watch."""
    first, second, *words = sys.argv[1:]
    counting = first == "count"
    name, _, sort = ("SIGKILL:" if counting else first).partition(":")
    life = Life(signal.Signals[name], sort, 0 if counting else int(second))
    sys.argv = ["triage", *words]
    sys.setprofile(life.watch)
    try:
        from triage.cli.main import main as program

        program()
    finally:
        sys.setprofile(None)
        if counting:
            Path(second).write_text(json.dumps(life.steps))


if __name__ == "__main__":
    main()
