"""What is to be known of a store as a whole, whatever it holds; and bringing it up to date.

Looking changes nothing. A file is upgraded by whoever opens it to write; a server only by
`upgrade`, which its owner runs.
"""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from triage.store.engine import SERVER_CLOCK, Engine, Lite
from triage.store.grants import FOR_GOOD, SEALED
from triage.store.migrations import MIGRATIONS
from triage.store.opening import applied, look, open_lite

if TYPE_CHECKING:
    from triage.store.pg import Pg

_PG_FACTS = """
SELECT current_database(), session_user, coalesce(
        (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class
        WHERE oid = to_regclass('triage_migration')),
        has_schema_privilege(current_schema(), 'CREATE')),
    (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl),
    pg_is_in_recovery() OR CAST(current_setting('transaction_read_only') AS BOOLEAN),
    pg_database_size(current_database())
"""
_PG_TABLES = """
SELECT c.relname, pg_total_relation_size(c.oid), has_table_privilege(c.oid, 'SELECT')
    AND (c.relname = ANY(CAST(:sealed AS TEXT[])) OR has_any_column_privilege(c.oid, 'INSERT')
        AND (c.relname = ANY(CAST(:for_good AS TEXT[]))
            OR has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')))
FROM pg_class c WHERE c.relkind IN ('r', 'p')
    AND c.relnamespace = (SELECT relnamespace FROM pg_class
        WHERE oid = to_regclass('triage_migration'))
ORDER BY c.relname COLLATE "C"
"""
_LITE_TABLES = """
SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
    AND name NOT LIKE 'message!_fts%' ESCAPE '!' ORDER BY name
"""
MIN_CLIENT = "min_client"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the store.

    Attributes:
        name: As it is called there.
        rows: How many it has; None if we may not look.
        bytes: What it takes with its indexes; None where that is not known.
    """

    name: str
    rows: int | None
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is to be known of a store.

    Attributes:
        engine: `SQLite` or `PostgreSQL`.
        label: Where it is, without a password.
        version: Of the engine.
        encoding: Of texts; only UTF-8 will do.
        database: Its name; the name of the file.
        present: Migrations that it has, oldest first.
        missing: Those that it lacks.
        newer: Those that it has and that this version does not know.
        bytes: What all of it takes.
        tables: Ours, by name.
        is_told: Whether we may read which migrations it has.
        min_client: The oldest triage that may write; None where nothing says so.
        user: Who is signed in to the server; None for a file.
        may_upgrade: Whether that user owns the tables, or may make them.
        lacks_rights: Tables that the user may not use as an agent does; see `grants`.
        tls: The version of TLS that is spoken; None if the way is not encrypted.
        sslmode: How the server has to prove who it is, such as `verify-full`; None for a file.
        is_near: The way to it does not leave this machine.
        is_writable: False for a copy that follows another server.
        skew: How much its clock is ahead of ours, ms; None where both are one.
    """

    engine: str
    label: str
    version: str
    encoding: str
    database: str
    present: Sequence[str]
    missing: Sequence[str]
    newer: Sequence[str]
    bytes: int
    tables: Sequence[Table]
    is_told: bool = True
    min_client: str | None = None
    user: str | None = None
    may_upgrade: bool = True
    lacks_rights: Sequence[str] = ()
    tls: str | None = None
    sslmode: str | None = None
    is_near: bool = True
    is_writable: bool = True
    skew: int | None = None


def facts(place: Path | str) -> Facts:
    """Look at a store, whatever version it is of.

    Args:
        place: A file, or the address of a server.

    Raises:
        NotFound: There is no such file.
        SchemaMismatch: The file is another program's.
        StoreUnavailable: The server cannot be reached.
    """
    if isinstance(place, str):
        from triage.store.opening_pg import connect

        engine, has_tables = connect(place)
        with closing(engine):
            return _pg_facts(engine, has_tables=has_tables)
    with closing(look(place)) as lite:
        return _lite_facts(lite, place)


def upgrade(place: Path | str) -> list[str]:
    """Run the migrations that are missing; give their names.

    Raises:
        NotFound: There is no such file.
        SchemaMismatch: A newer version was here, or the tables are somebody else's.
        StoreUnavailable: The server cannot be reached.
    """
    if isinstance(place, str):
        from triage.store import opening_pg

        return opening_pg.upgrade(place)
    with closing(look(place)) as engine:
        before = applied(engine)
    with closing(open_lite(place, create=True)) as engine:
        return [name for name in applied(engine) if name not in before]


def _lite_facts(engine: Lite, path: Path) -> Facts:
    present = applied(engine)
    names = [name for (name,) in engine.query(_LITE_TABLES)]
    version = engine.query("SELECT sqlite_version()")[0][0]
    encoding = engine.query("PRAGMA encoding")[0][0]
    tables = [Table(name, _rows(engine, name), None) for name in names]
    found = Facts(
        engine="SQLite",
        label=str(path),
        version=version,
        encoding=encoding,
        database=path.name,
        present=present,
        missing=[],
        newer=[],
        bytes=path.stat().st_size,
        tables=tables,
        min_client=_min_client(engine) if present else None,
        may_upgrade=os.access(path, os.W_OK),
        is_writable=os.access(path, os.W_OK),
    )
    return _compared(found)


def _pg_facts(engine: Pg, *, has_tables: bool) -> Facts:
    from triage.store.opening_pg import applied as applied_pg

    info = engine.connection.info
    ((name, user, may_make, tls, is_copy, size),) = engine.query(_PG_FACTS)
    kept = {"sealed": list(SEALED), "for_good": list(FOR_GOOD)}
    listed = engine.query(_PG_TABLES, kept) if has_tables else []
    readable = [table for table, _, allowed in listed if allowed == 1]
    lacking = [table for table, _, allowed in listed if allowed != 1]
    is_told = "triage_migration" not in lacking
    present = applied_pg(engine) if has_tables and is_told else []
    found = Facts(
        engine="PostgreSQL",
        label=engine.label,
        version=info.parameter_status("server_version") or "",
        encoding=info.parameter_status("server_encoding") or "",
        database=name,
        present=present,
        missing=[],
        newer=[],
        bytes=size,
        tables=[
            Table(table, _rows(engine, table) if table in readable else None, taken)
            for table, taken, _ in listed
        ],
        is_told=is_told,
        min_client=_min_client(engine) if "meta" in readable and present else None,
        user=user,
        may_upgrade=may_make == 1,
        lacks_rights=lacking,
        tls=tls,
        sslmode=_sslmode(engine),
        is_near=_is_near(info.host, info.hostaddr),
        is_writable=is_copy != 1,
        skew=_skew(engine),
    )
    return _compared(found)


def _compared(found: Facts) -> Facts:
    """With what this version knows."""
    known = [name for name, _ in MIGRATIONS] if found.is_told else []
    return replace(
        found,
        missing=[name for name in known if name not in found.present],
        newer=[name for name in found.present if name not in known],
    )


def _rows(engine: Engine, table: str) -> int:
    return int(engine.query(f'SELECT count(*) FROM "{table}"')[0][0])


def _min_client(engine: Engine) -> str | None:
    rows = engine.query("SELECT value FROM meta WHERE key = :key", {"key": MIN_CLIENT})
    return str(rows[0][0]) if rows else None


def _sslmode(engine: Pg) -> str | None:
    """As libpq took it from the address, a service, the environment, or its default."""
    for option in engine.connection.pgconn.info:
        if option.keyword == b"sslmode" and option.val is not None:
            return option.val.decode()
    return None


def _is_near(host: str, address: str) -> bool:
    if host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(address or host).is_loopback
    except ValueError:
        return False


def _skew(engine: Pg) -> int:
    """How much the server's clock is ahead of ours, as of the middle of asking it."""
    before = time.time_ns()
    there = int(engine.query(f"SELECT {SERVER_CLOCK}")[0][0])
    return there - (before + time.time_ns()) // 2_000_000
