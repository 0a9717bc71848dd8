"""Notices a restored backup or a copied file, so that nothing in its outbox is said again.

The database and a small file in the state directory carry the same generation; it changes with
every reply that is about to leave. A database whose generation the state directory does not know
was restored or copied: what it believes to be queued may be public already. It has its first one
before anything is queued, so that a copy is told from the original although neither sent anything.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

from triage.store.opening import fsync_folder
from triage.store.settings import SettingsStore

NOW = "generation"
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

        A database without a generation is a new one, unless this machine knows it with one: then
        it is a backup from before the first reply.
        """
        now = self._marks.get(NOW)
        try:
            beside = self._file.read_text().strip()
        except OSError:
            # Where it cannot be read nothing can be sent either: see `confirm`.
            return now is None
        # Between the commit and the write beside it a crash leaves the one before.
        return beside in (now, self._marks.get(_BEFORE))

    def begin(self) -> bool:
        """Give a new database its first generation; call it inside a transaction.

        Returns:
            Whether it had none.

        Raises:
            OSError: The state directory cannot be written; roll the transaction back.
        """
        if self._marks.get(NOW) is not None:
            return False
        self.advance()
        self.confirm()
        return True

    def advance(self, covers: int | None = None) -> str:
        """Give the database its next generation; call it inside the transaction of the send.

        Args:
            covers: Counts where several machines share a store; see `generation_pg`.
        """
        del covers
        after = uuid.uuid4().hex
        self._marks.put(_BEFORE, self._marks.get(NOW))
        self._marks.put(NOW, after)
        return after

    def confirm(self) -> None:
        """Write the database's generation beside it, before anything leaves.

        Raises:
            OSError: The state directory cannot be written; nothing may be sent then.
        """
        now = self._marks.get(NOW)
        if now is not None:
            write_note(self._file, now)

    def forget(self) -> None:
        """Take every copy of the database for one that was restored, until `confirm`.

        Raises:
            OSError: The state directory cannot be written.
        """
        if self._marks.get(NOW) is not None:
            write_note(self._file, uuid.uuid4().hex)


def write_note(note: Path, told: str) -> None:
    """Write what this machine remembers of a store, so that it outlives a power cut.

    Raises:
        OSError: The state directory cannot be written.
    """
    note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = note.with_suffix(".partial")
    handle = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(told)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(note)
    fsync_folder(note.parent)
