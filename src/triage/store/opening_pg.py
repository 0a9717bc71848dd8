"""Opening a database on a server: is it ours, is it of this version, and making it so on demand.

Opening never changes it: ten computers may run ten versions, and the first one to look must not
decide for all. Whoever owns it runs `triage store upgrade`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from triage import __version__
from triage.core.store_url import shown, trouble
from triage.errors import ConfigError, SchemaMismatch, StoreError, StoreUnfit, UpgradeNeeded
from triage.store.engine import BUSY_TIMEOUT_S, SERVER_CLOCK, Conflict
from triage.store.migrations import MIGRATIONS
from triage.store.moving_marks import refuse_moved

if TYPE_CHECKING:
    import psycopg

    from triage.store.engine import Row
    from triage.store.pg import Pg

MINIMUM_SERVER = 150_000
MIN_CLIENT = "min_client"
"""A mark in `meta`: the oldest version of triage that may still write."""
OLDEST_CLIENT = "0.1.0"
"""The oldest version that understands what this one writes."""
_CONNECT_TIMEOUT_S = 10
_IDLE_TIMEOUT_S = 60
"""In a transaction: a laptop that was closed holds up the others no longer."""
_DEFAULTS: Mapping[str, str | int] = {
    "application_name": "triage",
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_SETTLE = f"""
SELECT set_config('lock_timeout', :lock, false), set_config('statement_timeout', :statement, false),
    set_config('idle_in_transaction_session_timeout', :idle, false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('extra_float_digits', '1', false), to_regclass('triage_migration') IS NOT NULL,
    {SERVER_CLOCK}
"""
"""Whatever the server or the user is set to; whether it was ever upgraded, and its clock."""
_WHO = """
SELECT session_user, coalesce(pg_has_role(t.relowner, 'USAGE'),
        has_schema_privilege(current_schema(), 'CREATE')),
    pg_get_userbyid(coalesce(t.relowner, d.datdba))
FROM pg_database d LEFT JOIN pg_class t ON t.oid = to_regclass('triage_migration')
WHERE d.datname = current_database()
"""
"""Who is signed in, whether they may upgrade it, and whose it is."""
_RECORD = """
CREATE TABLE IF NOT EXISTS triage_migration (
    name TEXT COLLATE "C" PRIMARY KEY,
    applied_at BIGINT NOT NULL,
    applied_by TEXT NOT NULL DEFAULT session_user
)
"""


def open_pg(url: str, *, moving: bool = False) -> Pg:
    """Open a database by its URL.

    Args:
        url: Which.
        moving: Also one that was moved elsewhere, or is not all there yet.

    Raises:
        ConfigError: psycopg is not installed, or the URL cannot be read.
        UpgradeNeeded: It has no tables of triage, or lacks migrations.
        SchemaMismatch: It has newer ones, or wants a newer client.
        StoreUnfit: The server is too old, the encoding is not UTF8, or it lets us not in.
        StoreUnavailable: It cannot be reached.
    """
    engine, has_tables = connect(url)
    try:
        _check(engine, has_tables=has_tables)
        if not moving:
            refuse_moved(engine)
    except BaseException:
        engine.close()
        raise
    return engine


def upgrade(url: str) -> list[str]:
    """Run the migrations that are missing, each in one transaction; give their names.

    Raises:
        SchemaMismatch: A newer version was here, or the tables are somebody else's.
        StoreError: Who is signed in does not own it.
    """
    engine, _ = connect(url)
    with closing(engine):
        _refuse_unfit(engine)
        _refuse_strangers(engine)
        engine.query("SELECT set_config('statement_timeout', '0', false)")
        return list(_migrate(engine))


def applied(engine: Pg) -> list[str]:
    """Names of the migrations that it has, oldest first."""
    rows = engine.query("SELECT name FROM triage_migration ORDER BY applied_at, name")
    return [name for (name,) in rows]


def _driver(url: str) -> None:
    try:
        import psycopg  # noqa: F401 - to see whether it is there
    except ImportError as error:
        raise ConfigError(
            "A database on a server needs psycopg, which is not installed.",
            reason=f"The store is {shown(url)}.",
            hint="Install it: pip install 'triage[postgres]'",
        ) from error


def _parsed(url: str) -> dict[str, str | int | None]:
    if problem := trouble(url):
        raise ConfigError(f"The address of the store {problem}.")
    _driver(url)
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return dict(conninfo_to_dict(url))
    except ProgrammingError:
        # The driver's words quote the URL, and with it a password.
        raise _unreadable() from None


def _unreadable() -> ConfigError:
    return ConfigError(
        "The address of the store cannot be read.",
        reason="It is not what libpq takes for a connection URI: is a parameter misspelt?",
        hint="Write postgresql://USER@HOST:PORT/DATABASE, special characters as %XX.",
    )


def connect(url: str) -> tuple[Pg, bool]:
    """Connect, whatever is there; tell also whether it was ever upgraded.

    Raises:
        ConfigError: psycopg is not installed, or the address cannot be read.
        StoreUnavailable: It cannot be reached.
    """
    parsed = _parsed(url)
    label = shown(url)
    import psycopg

    from triage.store.pg import Pg
    from triage.store.pg_errors import raise_as_ours
    from triage.store.pg_text import adapt

    settings: dict[str, Any] = {**_DEFAULTS, **parsed, "client_encoding": "UTF8"}
    if "PGCONNECT_TIMEOUT" not in os.environ:
        settings.setdefault("connect_timeout", _CONNECT_TIMEOUT_S)
    try:
        connection: psycopg.Connection[Row] = psycopg.connect(autocommit=True, **settings)
    except psycopg.ProgrammingError:
        raise _unreadable() from None
    except psycopg.Error as error:
        raise_as_ours(error, label)
    adapt(connection.adapters)
    engine = Pg(connection, label)
    try:
        return engine, _settle_in(engine)
    except BaseException:
        engine.close()
        raise


def _settle_in(engine: Pg) -> bool:
    from triage.store.pg import STATEMENT_TIMEOUT_S

    limits = {
        "lock": f"{BUSY_TIMEOUT_S:.0f}s",
        "statement": f"{STATEMENT_TIMEOUT_S}s",
        "idle": f"{_IDLE_TIMEOUT_S}s",
    }
    before = time.time_ns()
    *_, has_tables, there = engine.query(_SETTLE, limits)[0]
    # As of the middle of asking.
    engine.ahead = there - (before + time.time_ns()) // 2_000_000
    return bool(has_tables == 1)


def _check(engine: Pg, *, has_tables: bool) -> None:
    _refuse_unfit(engine)
    names = applied(engine) if has_tables else []
    if not names:
        raise UpgradeNeeded(
            f"The database {engine.label} has no tables of triage yet.",
            reason="Opening it never makes them: its owner does.",
            hint="Have its owner run: triage store upgrade",
        )
    missing = _missing(engine, names)
    if missing:
        raise UpgradeNeeded(
            f"The database {engine.label} was written by an older version.",
            reason=f"It lacks {', '.join(missing)}, and opening it never upgrades it.",
            hint="Have its owner run: triage store upgrade",
        )
    _refuse_old_client(engine)


def _refuse_unfit(engine: Pg) -> None:
    info = engine.connection.info
    if info.server_version < MINIMUM_SERVER:
        raise StoreUnfit(
            f"The server of {engine.label} is too old.",
            reason=f"It is PostgreSQL {info.parameter_status('server_version')}; "
            f"triage needs {MINIMUM_SERVER // 10_000} or newer.",
            hint="Name a newer server.",
        )
    encoding = info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreUnfit(
            f"The database {engine.label} cannot hold every post.",
            reason=f"Its encoding is {encoding}, and posts need UTF8.",
            hint="Make another one: createdb --encoding UTF8 --template template0.",
        )


def _refuse_strangers(engine: Pg) -> None:
    """Only the owner of the tables may change them; before there are any, who may make some."""
    ((user, may, owner),) = engine.query(_WHO)
    if may != 1:
        raise StoreError(
            f"{user} may not upgrade the database {engine.label}.",
            reason=f"It belongs to {owner}.",
            hint="Have its owner run: triage store upgrade",
        )


def _missing(engine: Pg, names: Sequence[str]) -> list[str]:
    known = [name for name, _ in MIGRATIONS]
    newer = [name for name in names if name not in known]
    if newer:
        raise SchemaMismatch(
            f"The database {engine.label} was written by a newer version of triage.",
            reason=f"It has {', '.join(newer)}, which this version does not know.",
            hint="Upgrade triage on this machine; the database was not touched.",
        )
    return [name for name in known if name not in names]


def _min_client(engine: Pg) -> str | None:
    rows = engine.query("SELECT value FROM meta WHERE key = :key", {"key": MIN_CLIENT})
    return str(rows[0][0]) if rows else None


def _refuse_old_client(engine: Pg) -> None:
    wanted = _min_client(engine)
    if wanted is not None and _numbers(__version__) < _numbers(wanted):
        raise SchemaMismatch(
            f"This triage is too old for the database {engine.label}.",
            reason=f"It is {__version__}, and {wanted} is the oldest that may write there.",
            hint="Upgrade triage on this machine; the database was not touched.",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _migrate(engine: Pg) -> Iterator[str]:
    # Every transaction takes the writers' lock: simultaneous upgrades come one after the other.
    with engine.tx():
        engine.execute(_RECORD)
    for name, step in MIGRATIONS:
        with engine.tx():
            if name not in _missing(engine, applied(engine)):
                continue
            try:
                step(engine)
            except Conflict as error:
                raise SchemaMismatch(str(error)) from error
            engine.execute(
                "INSERT INTO triage_migration (name, applied_at) VALUES (:name, :at)",
                {"name": name, "at": time.time_ns() // 1_000_000},
            )
        yield name
    with engine.tx():
        _raise_min_client(engine)


def _raise_min_client(engine: Pg) -> None:
    known = _min_client(engine)
    if known is None or _numbers(known) < _numbers(OLDEST_CLIENT):
        engine.execute(
            "INSERT INTO meta (key, value) VALUES (:key, :value) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            {"key": MIN_CLIENT, "value": OLDEST_CLIENT},
        )
