"""Notices a restored store that several computers share, so that nothing in it is said again.

A file lags behind nobody; a shared store is ahead of each machine whenever another one has sent.
So the store keeps every generation that it ever had, and where it lives: a machine that remembers
one which the store does not know has sent, or has seen, what the store has forgotten. A dump that
was brought back lives somewhere else, and a server that took over from another one goes on in
another history: that is told by the store alone, also to a machine that was never here before.

Once our own timeline was read after that, the release says until when everything was looked for:
whoever remembers something older need not ask again.
"""

from __future__ import annotations

import hashlib
import uuid
from functools import cached_property
from pathlib import Path

from triage.store.engine import SERVER_CLOCK, Engine
from triage.store.generation import NOW, write_note
from triage.store.settings import SettingsStore

HOME = "generation_home"
_PARTS = {
    "pg_control_system()": "(SELECT CAST(system_identifier AS TEXT) FROM pg_control_system())",
    "pg_walfile_name(pg_lsn)": "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)",
}
_MAY = ", ".join(f"has_function_privilege('{name}', 'EXECUTE')" for name in _PARTS)
_ANY = "?"
_FOR_GOOD = 1 << 62
"""Later than anything that a release has looked for."""
_HERE = (
    "SELECT {system}, {history}, (SELECT oid FROM pg_database WHERE datname = current_database()), "
    "CAST(to_regclass('meta') AS oid)"
)
"""The server, its history since whoever wrote it was the first, the database, and its tables."""
_NEXT = f"""
INSERT INTO generation (id, at, covers)
SELECT CAST(:id AS TEXT), greatest({SERVER_CLOCK}, coalesce(max(at), 0) + 1),
    CAST(:covers AS BIGINT)
FROM generation
"""
_KNOWN = "SELECT 1 FROM generation WHERE id = :id OR covers > :at LIMIT 1"
_LATEST = "SELECT id, at FROM generation ORDER BY at DESC, id LIMIT 1"


class SharedGeneration:
    """The generation of a store on a server, behind the same port as `Generation`.

    Args:
        engine: Of the store.
        marks: Where the store keeps its side.
        state_dir: Where this machine keeps its own.
    """

    def __init__(self, engine: Engine, marks: SettingsStore, state_dir: Path) -> None:
        self._engine = engine
        self._marks = marks
        self._state_dir = state_dir

    def is_known(self) -> bool:
        """Whether nothing that this machine knows of was forgotten.

        A store without a home is a new one, unless it has a generation: then it was moved here.
        Nor is it one that this machine knows: then it is a backup from before the first reply.
        """
        home, here = self._marks.get(HOME), self._here
        if home is None:
            return self._marks.get(NOW) is None and not self._note(here).exists()
        if not _is_same(home, here):
            return False
        try:
            told = self._note(here).read_text().split()
        except OSError:
            # It was never here. Where it cannot be read nothing can be sent either: see `confirm`.
            return True
        if len(told) != 2 or not told[1].isdecimal():  # noqa: PLR2004 - an id and a time
            return False
        return bool(self._engine.query(_KNOWN, {"id": told[0], "at": int(told[1])}))

    def begin(self) -> bool:
        """Give a new store its first generation, and remember how far it is; in a transaction.

        Returns:
            Whether it had none.

        Raises:
            OSError: The state directory cannot be written; roll the transaction back.
        """
        is_new = self._marks.get(NOW) is None
        if is_new:
            self.advance()
        self.confirm()
        return is_new

    def advance(self, covers: int | None = None) -> str:
        """Give the store its next generation; call it inside the transaction of the send.

        Args:
            covers: Our timeline was read: what left before this time, UTC ms, was looked for.
        """
        after = uuid.uuid4().hex
        self._engine.execute(_NEXT, {"id": after, "covers": covers})
        self._marks.put(NOW, after)
        self._marks.put(HOME, self._here)
        return after

    def confirm(self) -> None:
        """Write down the newest generation on this machine, before anything leaves.

        Raises:
            OSError: The state directory cannot be written; nothing may be sent then.
        """
        latest = self._engine.query(_LATEST)
        if not latest:
            return
        note, told = self._note(self._here), f"{latest[0][0]} {latest[0][1]}"
        if not note.exists() or note.read_text() != told:
            write_note(note, told)

    def forget(self) -> None:
        """Remember one that the store does not have, until `confirm`: it is not to be believed.

        Raises:
            OSError: The state directory cannot be written.
        """
        write_note(self._note(self._here), f"{uuid.uuid4().hex} {_FOR_GOOD}")

    @cached_property
    def _here(self) -> str:
        """Where the store lives; what we may not ask for stands as `?`."""
        ((may_system, may_history),) = self._engine.query(f"SELECT {_MAY}")
        system, history = _PARTS.values()
        sql = _HERE.format(
            system=system if may_system == 1 else f"'{_ANY}'",
            history=history if may_history == 1 else f"'{_ANY}'",
        )
        return "/".join(map(str, self._engine.query(sql)[0]))

    def _note(self, here: str) -> Path:
        """Of this database, under whatever address; a new history of it is still the same one."""
        system, _, *tables = here.split("/")
        name = hashlib.sha256("/".join([system, *tables]).encode()).hexdigest()[:16]
        return self._state_dir / f"generation-{name}"


def _is_same(home: str, here: str) -> bool:
    pairs = zip(home.split("/"), here.split("/"), strict=False)
    return all(a == b or _ANY in (a, b) for a, b in pairs)
