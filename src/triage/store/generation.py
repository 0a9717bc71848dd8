"""Notices a restored backup or a copied file, so that nothing in its outbox is said again.

The database and a small file in the state directory carry the same generation; it changes with
every reply that is about to leave. A database whose generation the state directory does not know
was restored or copied: what it believes to be queued may be public already.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

from triage.store.settings import SettingsStore

_NOW = "generation"
_BEFORE = "generation_before"


class Generation:
    """The generation of one database file.

    Args:
        marks: Where the database keeps its side.
        state_dir: Where the other side is kept.
        database: The file; a copy elsewhere is another file.
    """

    def __init__(self, marks: SettingsStore, state_dir: Path, database: Path) -> None:
        self._marks = marks
        name = hashlib.sha256(str(database.resolve()).encode()).hexdigest()[:16]
        self._file = state_dir / f"generation-{name}"

    def is_known(self) -> bool:
        """Whether this is the file that this machine wrote last.

        A database that never sent anything has no generation, and nothing to repeat.
        """
        now = self._marks.get(_NOW)
        if now is None:
            return True
        try:
            beside = self._file.read_text().strip()
        except OSError:
            return False
        # Between the commit and the write beside it a crash leaves the one before.
        return beside in (now, self._marks.get(_BEFORE))

    def advance(self) -> str:
        """Give the database its next generation; call it inside the transaction of the send."""
        after = uuid.uuid4().hex
        self._marks.put(_BEFORE, self._marks.get(_NOW))
        self._marks.put(_NOW, after)
        return after

    def confirm(self) -> None:
        """Write the database's generation beside it, before anything leaves.

        Raises:
            OSError: The state directory cannot be written; nothing may be sent then.
        """
        now = self._marks.get(_NOW)
        if now is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self._file.with_suffix(".partial")
        handle = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(now)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._file)
