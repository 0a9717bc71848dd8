"""Opening the embedded file: is it there, is it ours, is it of this version, and making it so.

A read opens in two statements and imports nothing heavy; sqlite-utils is loaded only when there
are migrations to run.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from triage.errors import NotFound, SchemaMismatch, StoreBusy, StoreError
from triage.store.engine import BUSY_TIMEOUT_S, Lite, raise_as_ours
from triage.store.migrations import APPLICATION_ID, MIGRATIONS

MIGRATION_SET = "triage"
MINIMUM_SQLITE = (3, 39, 0)
_NETWORK_FILE_SYSTEMS = ("nfs", "cifs", "smb", "fuse.sshfs", "afs", "ncpfs")


def open_lite(path: Path, *, create: bool = False) -> Lite:
    """Open a database file.

    Args:
        path: The file.
        create: Make it if it is missing, and run migrations that it lacks.

    Raises:
        NotFound: It is missing and `create` is false.
        SchemaMismatch: It is not ours, or a newer version wrote it, or (without `create`) it
            lacks migrations.
        StoreError: It cannot be read.
    """
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
        raise StoreError(
            f"SQLite {sqlite3.sqlite_version} is too old.",
            reason="triage needs 3.39 or newer.",
            hint="Use a newer Python, which brings its own SQLite.",
        )
    if create:
        _make_file(path)
    elif not path.exists():
        raise _missing_file(path)
    engine = _connect(path)
    try:
        _settle_in(engine)
        _recognise(engine, path)
        missing = _missing(applied(engine), path)
        if missing:
            if not create:
                raise SchemaMismatch(
                    f"The database {path} was written by an older version.",
                    reason=f"It lacks {', '.join(missing)}.",
                    hint="Bring it up to date: triage store upgrade",
                )
            _migrate(engine, path)
    except BaseException:
        engine.connection.close()
        raise
    return engine


def look(path: Path) -> Lite:
    """Open a database file of ours as it is, of whatever version.

    Raises:
        NotFound: It is missing.
        SchemaMismatch: It is not ours.
    """
    if not path.exists():
        raise _missing_file(path)
    engine = _connect(path)
    try:
        _settle_in(engine)
        _recognise(engine, path)
    except BaseException:
        engine.close()
        raise
    return engine


def _missing_file(path: Path) -> NotFound:
    return NotFound(
        f"There is no database at {path}.",
        reason="Nothing was fetched or imported yet.",
        hint="Run `triage fetch` first, or try everything with `triage demo`.",
    )


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _refuse_network(path.parent)
        # 0600 from the first byte on; SQLite gives the same mode to what it lays beside it.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be made.",
            reason=error.strerror or str(error),
            hint="Check the folder's owner and mode, or name another file with --db.",
        ) from error


def _refuse_network(folder: Path) -> None:
    """SQLite's locks do not hold over a network."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return
    best = ("", "")
    resolved = str(folder.resolve())
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, kind, *_ = line.split(" ")
        inside = resolved == point or resolved.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, kind)
    if best[1].startswith(_NETWORK_FILE_SYSTEMS):
        raise StoreError(
            f"{folder} is on a network file system ({best[1]}).",
            reason="SQLite's locks do not hold there, and mentions could be lost.",
            hint="Name a file on a local disk with --db.",
        )


def _connect(path: Path) -> Lite:
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise_as_ours(error, str(path))
    return Lite(connection, str(path))


def _settle_in(engine: Lite) -> None:
    engine.execute("PRAGMA foreign_keys = ON")
    # A lost `sent` mark after a power cut would be a second public reply.
    engine.execute("PRAGMA synchronous = FULL")


def _recognise(engine: Lite, path: Path) -> None:
    # In this order: another process that makes the file commits both at once.
    tables = engine.query("SELECT count(*) FROM sqlite_master")[0][0]
    found = engine.query("PRAGMA application_id")[0][0]
    if found == APPLICATION_ID or (found == 0 and tables == 0):
        return
    from triage.store.moving_marks import MOVING_ID, refuse_moved

    if found == MOVING_ID:
        refuse_moved(engine)
    raise SchemaMismatch(
        f"{path} is not a database of triage.",
        reason="Another program made it, and it is left as it is.",
        hint="Name another file with --db.",
    )


def applied(engine: Lite) -> list[str]:
    """Names of the migrations that the file has, oldest first."""
    known = "SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'"
    if not engine.query(known)[0][0]:
        return []
    rows = engine.query(
        "SELECT name FROM _sqlite_migrations WHERE migration_set = :s ORDER BY id",
        {"s": MIGRATION_SET},
    )
    return [name for (name,) in rows]


def _missing(names: Sequence[str], path: Path) -> list[str]:
    known = [name for name, _ in MIGRATIONS]
    newer = [name for name in names if name not in known]
    if newer:
        raise SchemaMismatch(
            f"The database {path} was written by a newer version of triage.",
            reason=f"It has {', '.join(newer)}, which this version does not know.",
            hint="Upgrade triage on this machine; the file was not touched.",
        )
    return [name for name in known if name not in names]


def _migrate(engine: Lite, path: Path) -> None:
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    _to_wal(engine)
    engine.execute("PRAGMA foreign_keys = OFF")  # `transform` refuses otherwise
    migrations = Migrations(MIGRATION_SET)
    for name, step in MIGRATIONS:
        migrations(name=name)(_as_theirs(engine, step, name))
    # `apply` takes no lock of its own: without ours, simultaneous first opens fail.
    with engine.tx():
        # Another process may have done it since we looked; then there is nothing to back up.
        if _missing(applied(engine), path) and engine.query("SELECT 1 FROM sqlite_master LIMIT 1"):
            _backup_beside_the_writer(path)
        try:
            migrations.apply(Database(engine.connection))
        except sqlite3.Error as error:  # of a statement that is theirs
            raise_as_ours(error, str(path))
        engine.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        broken = engine.query("PRAGMA foreign_key_check")
        if broken:
            raise StoreError(
                f"The database {path} could not be brought up to date.",
                reason=f"{len(broken)} rows would refer to nothing; nothing was changed.",
                hint="Run `triage db check` and report what it says.",
            )
    engine.execute("PRAGMA foreign_keys = ON")


def _to_wal(engine: Lite) -> None:
    """Switching takes the whole file for a moment, and SQLite does not wait for that by itself."""
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            engine.execute("PRAGMA journal_mode = WAL")
        except StoreBusy:
            if time.monotonic() >= until:
                raise
            time.sleep(0.02)
        else:
            return


def _backup_beside_the_writer(path: Path) -> None:
    """A connection that writes cannot be copied; another one sees what stood before."""
    reader = _connect(path)
    try:
        backup_before(reader, path)
    finally:
        reader.connection.close()


def _as_theirs(engine: Lite, step, name: str):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    def run(_database: object) -> None:
        step(engine)

    run.__name__ = name
    return run


def backup_before(engine: Lite, path: Path) -> Path:
    """Copy the file beside itself before a migration. Raises `StoreError` if that is impossible."""
    target = path.with_name(f"{path.name}.before-upgrade")
    try:
        return backup(engine, path, target)
    except OSError as error:
        raise StoreError(
            f"The database {path} was not brought up to date.",
            reason=f"Its backup {target} cannot be written: {error.strerror}.",
            hint="Mend that and run the command again; nothing was changed.",
        ) from error


def backup(engine: Lite, path: Path, target: Path) -> Path:
    """Copy a live database, consistent and 0600; an existing target is replaced at the end."""
    need = path.stat().st_size
    free = shutil.disk_usage(target.parent).free
    if free < need + need // 10:
        raise StoreError(
            f"There is no room for a backup of {path}.",
            reason=f"It needs {need // 1024 // 1024} MB, {free // 1024 // 1024} MB are free.",
            hint="Free some space or name another place.",
        )
    partial = target.with_name(f"{target.name}.partial")
    try:
        _copy_whole(engine, partial, target)
        partial.replace(target)
        fsync_folder(target.parent)
    except BaseException:
        # Half a copy helps nobody, least of all on a disk that is full.
        _remove_partial(partial)
        raise
    return target


def _copy_whole(engine: Lite, partial: Path, target: Path) -> None:
    """Copy page by page into a file that is not the target yet, and down to the disk."""
    _remove_partial(partial)
    os.close(os.open(partial, os.O_CREAT | os.O_RDWR, 0o600))
    copy = sqlite3.connect(partial)
    try:
        engine.connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise_as_ours(error, str(target))
    finally:
        copy.close()
    with partial.open("rb") as file:
        os.fsync(file.fileno())


def _remove_partial(partial: Path) -> None:
    """Remove half a copy and what SQLite laid beside it, perhaps in a process that was killed."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)


def fsync_folder(folder: Path) -> None:
    """Bring the names in a folder down to the disk: a file that was put in place stays there."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
