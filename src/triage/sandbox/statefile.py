"""Keeping a sandbox's state in a file that several processes may share.

A change is on the disk before it is answered, so that killing any process loses nothing that was
accepted. Each demo command starts its own server on the same file: changes are made under a
kernel lock, and a reader takes the file anew when another process has replaced it.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from triage.sandbox.state import State, fresh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_Stamp = tuple[int, int, int]


def save(path: Path, state: State) -> None:
    """Replace the state file, mode 0600, durable when this returns. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            # ASCII with escapes: even a lone surrogate in a post survives the file.
            json.dump(state.to_json(), out)
            out.flush()
            os.fsync(out.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load(path: Path) -> State:
    """Read a state file.

    Raises:
        OSError: It is not there or cannot be read.
        ValueError: It is not a sandbox state.
    """
    with path.open(encoding="utf-8") as source:
        return State.from_json(json.load(source))


class StateFile:
    """A state, in memory only or shared through a file."""

    def __init__(self, path: Path | None = None, state: State | None = None) -> None:
        """Open a state.

        A file that exists wins over `state`; where there is none, `state` (or an empty one with
        the account `@acme`) becomes the file. Raises `ValueError` and `OSError` as `load` does.
        """
        self.path = path
        self._lock = threading.RLock()
        self._stamp: _Stamp | None = None
        if path is None:
            self._state = state or fresh()
            return
        with self._locked():
            if path.exists():
                self._state = load(path)
            else:
                self._state = state or fresh()
                save(path, self._state)
            self._stamp = self._look()

    @contextmanager
    def read(self) -> Iterator[State]:
        """Look at the state as it is now; nothing may be changed."""
        with self._lock:
            self._refresh()
            yield self._state

    @contextmanager
    def change(self) -> Iterator[State]:
        """Change the state; it is on the disk when the block ends, or not changed at all."""
        with self._lock, self._locked():
            self._refresh()
            try:
                yield self._state
                if self.path is not None:
                    save(self.path, self._state)
                    self._stamp = self._look()
            except BaseException:
                # What was half changed in memory is forgotten.
                self._stamp = None
                raise

    def _refresh(self) -> None:
        if self.path is not None and self._look() != self._stamp:
            self._stamp = self._look()
            self._state = load(self.path)

    def _look(self) -> _Stamp:
        assert self.path is not None  # noqa: S101 - for the type checker
        stat = self.path.stat()
        return (stat.st_ino, stat.st_mtime_ns, stat.st_size)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self.path is None:
            yield
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
