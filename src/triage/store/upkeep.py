"""Looking after the whole database: is it sound, and a copy of it.

A file we look after ourselves. A server has those who do, with the tools that came with it.
"""

from __future__ import annotations

from pathlib import Path

from triage.errors import Refused
from triage.store.engine import Engine, Lite


def quick_check(engine: Engine) -> list[str]:
    """What a look at every page finds, without comparing indexes; empty when all is well.

    A server looks at its pages by itself, if it was set up with checksums.
    """
    if not isinstance(engine, Lite):
        return []
    found = [str(row[0]) for row in engine.query("PRAGMA quick_check")]
    return [] if found == ["ok"] else found


def problems(engine: Engine) -> list[str]:
    """What an integrity check finds; empty when all is well."""
    if not isinstance(engine, Lite):
        return _pg_problems(engine)
    found = [str(row[0]) for row in engine.query("PRAGMA integrity_check")]
    found = [] if found == ["ok"] else found
    broken = engine.query("PRAGMA foreign_key_check")
    if broken:
        found.append(f"{len(broken)} rows refer to rows that are not there")
    return found


def copy(engine: Engine, target: Path) -> Path:
    """Copy a live file; see `opening.backup`.

    Raises:
        Refused: The database is on a server, which has a tool of its own.
    """
    if isinstance(engine, Lite):
        from triage.store.opening import backup

        return backup(engine, Path(engine.path), target)
    raise Refused(
        f"The database {engine.label} is on a server, and is not copied from here.",
        reason="PostgreSQL has its own tool, which knows roles and sequences as well.",
        hint="Use `pg_dump --format=custom`, and `pg_restore` to bring it back.",
    )


def _pg_problems(engine: Engine) -> list[str]:
    """Indexes that were not made to their end: they are not used, and guard nothing."""
    rows = engine.query(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE NOT i.indisvalid AND pg_table_is_visible(c.oid) ORDER BY c.relname"
    )
    return [f"the index {name} is not valid: REINDEX it" for (name,) in rows]
