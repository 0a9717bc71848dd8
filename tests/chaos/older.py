"""A store as the version before this one wrote it, with what a desk has in it now."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from unittest import mock

from triage.store import opening
from triage.store.migrations import MIGRATIONS
from triage.store.store import SqlStore

RELEASED = 3
"""How many migrations the version before had."""


def to_older(path: Path) -> None:
    """Put a file of the version before in a store's place, with the same rows."""
    older = path.with_name("older.db")
    with mock.patch.object(opening, "MIGRATIONS", MIGRATIONS[:RELEASED]):
        SqlStore.open(older, create=True).close()
    with closing(sqlite3.connect(older, isolation_level=None)) as db:
        db.execute("ATTACH :now AS now", {"now": str(path)})
        for (table,) in db.execute(
            "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE "
            "'message\\_fts%' ESCAPE '\\' AND name NOT LIKE '%sqlite\\_%' ESCAPE '\\'"
        ).fetchall():
            columns = ", ".join(
                name
                for (name,) in db.execute(f"SELECT name FROM main.pragma_table_info('{table}')")  # noqa: S608
            )
            db.execute(f"DELETE FROM main.{table}")  # noqa: S608 - names of our own tables
            db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")  # noqa: S608
        # A mark that the migration sets.
        db.execute("DELETE FROM main.meta WHERE key = 'parents_through'")
        db.execute("INSERT INTO message_fts (message_fts) VALUES ('rebuild')")
        db.execute("DETACH now")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    older.replace(path)


def migrations(path: Path) -> list[str]:
    """The migrations that a file has."""
    with closing(sqlite3.connect(path)) as db:
        if not db.execute(
            "SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"
        ).fetchall():
            return []
        return [name for (name,) in db.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
