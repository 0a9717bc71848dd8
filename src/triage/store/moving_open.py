"""Opening the stores of a move, which nobody else may open meanwhile, and being alone in them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from triage.errors import Busy, NotFound, SchemaMismatch, StoreBusy, UpgradeNeeded
from triage.store.engine import BUSY_TIMEOUT_S, Engine, Lite, raise_as_ours
from triage.store.migrations import APPLICATION_ID, MIGRATIONS
from triage.store.moving_marks import MOVING_ID
from triage.store.opening import applied, open_lite
from triage.store.store import is_url

Where = Path | str
"""A file, or the URL of a database on a server."""

_RETRY_S = 0.1
_OTHERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()
"""


@contextmanager
def opened(where: Where, *, create: bool = False) -> Iterator[Engine]:
    """Open one of the stores, also one that is being moved.

    Args:
        where: Which.
        create: Make the file if it is not there; a database on a server is never made.

    Raises:
        NotFound: The file is not there.
        SchemaMismatch: It is not ours, or not of this version.
        StoreError: It cannot be read.
    """
    with closing(_open_url(where) if is_url(where) else _open_file(Path(where), create)) as engine:
        yield engine


def _open_url(where: Where) -> Engine:
    from triage.store.opening_pg import open_pg

    engine = open_pg(str(where), moving=True)
    # A table is as long as it is.
    engine.query("SELECT set_config('statement_timeout', '0', false)")
    return engine


def _open_file(path: Path, create: bool) -> Engine:
    path = path.absolute()
    if create and _is_unmade(path):
        open_lite(path, create=True).close()
    if not path.exists():
        raise NotFound(f"There is no database at {path}.", hint="Name another one with --from.")
    engine = _connect(path)
    try:
        _check(engine)
    except BaseException:
        engine.close()
        raise
    return engine


def _connect(path: Path) -> Lite:
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    except sqlite3.Error as error:
        raise_as_ours(error, str(path))
    return Lite(connection, str(path))


def _is_unmade(path: Path) -> bool:
    """Whether it is not there, or whoever made it was stopped before there was anything in it."""
    if not path.exists():
        return True
    with closing(_connect(path)) as engine:
        return bool(engine.query("PRAGMA application_id")[0][0] == 0)


def _check(engine: Lite) -> None:
    engine.execute("PRAGMA foreign_keys = ON")
    engine.execute("PRAGMA synchronous = FULL")
    if engine.query("PRAGMA application_id")[0][0] not in (APPLICATION_ID, MOVING_ID):
        raise SchemaMismatch(
            f"{engine.label} is not a database of triage.",
            reason="Another program made it, and it is left as it is.",
            hint="Name another file.",
        )
    names, known = applied(engine), [name for name, _ in MIGRATIONS]
    if names != known:
        is_older = set(names) < set(known)
        raise (UpgradeNeeded if is_older else SchemaMismatch)(
            f"The database {engine.label} was written by {'an older' if is_older else 'a newer'} "
            "version of triage.",
            reason="Only stores of this version are moved.",
            hint=f"Run `triage store upgrade --db {engine.label}`."
            if is_older
            else "Upgrade triage on this machine; the file was not touched.",
        )


def wait_until_alone(engine: Engine, wait_s: float) -> None:
    """Wait until no other program has the store open; call it when it is marked.

    Who opened it before it was marked would write on.

    Raises:
        Busy: Somebody has it open still.
    """
    until = time.monotonic() + wait_s
    while not _is_alone(engine):
        if time.monotonic() >= until:
            raise Busy(
                f"The store {engine.label} is in use.",
                reason="Other programs have it open, and could write to it.",
                hint="Let them come to their end, or give them time with --wait SECONDS.",
            )
        time.sleep(_RETRY_S)


def _is_alone(engine: Engine) -> bool:
    if not isinstance(engine, Lite):
        return bool(engine.query(_OTHERS)[0][0] == 0)
    # Whoever reads a file holds it, and leaving the log behind takes the whole of it.
    engine.query("PRAGMA locking_mode = EXCLUSIVE")
    try:
        engine.query("PRAGMA journal_mode = DELETE")
    except StoreBusy:
        return False
    finally:
        engine.query("PRAGMA locking_mode = NORMAL")
        engine.query("PRAGMA journal_mode = WAL")
        # The lock is given back by the next one that reads.
        engine.query("SELECT count(*) FROM meta")
    return True
