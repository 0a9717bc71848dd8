"""Opening the file: made once however many come at once, private, refused if it is not ours."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from engines import lite
from triage.core.model import Author, Post, Role
from triage.core.ports import Incoming
from triage.errors import NotFound, SchemaMismatch, StoreError
from triage.store import opening
from triage.store.engine import Engine
from triage.store.migrations import APPLICATION_ID, MIGRATIONS
from triage.store.opening import applied, backup_before, open_lite
from triage.store.store import SqlStore

pytestmark = pytest.mark.new_files

NAMES = [name for name, _ in MIGRATIONS]
OPEN_AT_ONCE = """
import sys
from pathlib import Path
from triage.store.opening import open_lite

sys.stdin.readline()
engine = open_lite(Path(sys.argv[1]), create=True)
print(engine.query("SELECT count(*) FROM _sqlite_migrations")[0][0])
"""


def mode(path: Path) -> int:
    """The permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def schema(path: Path) -> list[tuple[str, str]]:
    """Every table, index, trigger and view with its words."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY 1").fetchall()


def made(path: Path) -> Path:
    """A new database, closed again."""
    SqlStore.open(path, create=True).close()
    return path


def mentioned(path: Path, native_id: str) -> None:
    """One mention is stored in a file."""
    author = Author("30", "ana")
    with closing(SqlStore.open(path)) as store, store.tx():
        brand_id = store.accounts.brand("acme")
        post = Post(native_id=native_id, author=author, text="hello", posted_at=1)
        store.messages.save_posts(brand_id, "memory", [Incoming(post, Role.MENTION, None)], 2)


# A new file.


@pytest.mark.real_time
def test_eight_first_opens_at_once_all_succeed_with_one_schema(tmp_path: Path) -> None:
    """A cron job and seven terminals start together on a new machine: none of them fails."""
    path = tmp_path / "new" / "triage.db"
    command = [sys.executable, "-c", OPEN_AT_ONCE, str(path)]
    started = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for process in started:  # all have been started: now all may go
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0] * 8, [err for _, err in ends]
    assert {out.strip() for out, _ in ends} == {str(len(NAMES))}
    assert schema(path) == schema(made(tmp_path / "alone.db"))


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    """A file that has every migration is neither migrated nor backed up again."""
    path = made(tmp_path / "triage.db")
    before = path.read_bytes()
    made(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["triage.db"]


def test_the_file_is_marked_as_ours(tmp_path: Path) -> None:
    """`application_id` tells `file` and other programs whose it is: `tria`."""
    path = made(tmp_path / "triage.db")
    assert path.read_bytes()[68:72] == b"tria"
    assert int.from_bytes(b"tria", "big") == APPLICATION_ID


def test_every_table_is_strict(tmp_path: Path) -> None:
    """A text in a number's column is an error and never a surprise later."""
    with closing(sqlite3.connect(made(tmp_path / "triage.db"))) as db:
        rows = db.execute("SELECT name, strict FROM pragma_table_list WHERE type = 'table'")
        loose = {name for name, strict in rows if not strict}
    assert loose <= {"sqlite_schema", "sqlite_temp_schema", "sqlite_sequence", "_sqlite_migrations"}


def test_foreign_keys_hold_from_the_first_open_on(tmp_path: Path) -> None:
    """Migrations switch them off; who opened with them has them on again all the same."""
    for _ in range(2):  # as the one that makes the file, and as one that finds it
        with closing(SqlStore.open(tmp_path / "triage.db", create=True)) as store:
            assert store.engine.query("PRAGMA foreign_keys") == [(1,)]
            with pytest.raises(sqlite3.IntegrityError):
                store.engine.execute("INSERT INTO unjudged VALUES (99, 'x', '1', NULL, NULL)")


def test_a_commit_reaches_the_disk(tmp_path: Path) -> None:
    """WAL, and `synchronous=FULL`: a lost `sent` mark would be a second public reply."""
    path = made(tmp_path / "triage.db")
    with closing(SqlStore.open(path)) as store:
        assert store.engine.query("PRAGMA journal_mode") == [("wal",)]
        assert store.engine.query("PRAGMA synchronous") == [(2,)]


def test_all_files_are_private(tmp_path: Path) -> None:
    """Database, log, index of the log and backup are 0600 whatever the umask; the folder 0700."""
    before = os.umask(0)
    try:
        path = tmp_path / "desk" / "triage.db"
        with closing(SqlStore.open(path, create=True)) as store:
            mentioned(path, "5")
            store.backup(path.with_name("copy.db"))
            found = {p.name: mode(p) for p in path.parent.iterdir()}
    finally:
        os.umask(before)
    names = {"triage.db", "triage.db-wal", "triage.db-shm", "copy.db"}
    assert found == dict.fromkeys(names, 0o600)
    assert mode(path.parent) == 0o700


# Files that are refused.


def test_a_missing_file_is_not_made_by_a_read(tmp_path: Path) -> None:
    """A read says what to run first, and leaves nothing behind."""
    with pytest.raises(NotFound) as caught:
        open_lite(tmp_path / "triage.db")
    assert "triage fetch" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("create", [False, True])
def test_the_database_of_another_program_is_left_as_it_is(tmp_path: Path, create: bool) -> None:
    """A browser's history is never migrated into."""
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE visits (url TEXT)")
        db.commit()
    before = path.read_bytes()
    with pytest.raises(SchemaMismatch, match="not a database of triage"):
        open_lite(path, create=create)
    assert path.read_bytes() == before


@pytest.mark.parametrize("create", [False, True])
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, create: bool) -> None:
    """`--db` named a text by mistake."""
    path = tmp_path / "notes.txt"
    path.write_text("Call Ana back about the oven. " * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        open_lite(path, create=create)
    assert caught.value.reason == "It is not a database."
    assert "--db" in caught.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize("create", [False, True])
def test_a_folder_is_not_a_database(tmp_path: Path, create: bool) -> None:
    """`--db` named a folder by mistake: an error of a person's, with a hint."""
    with pytest.raises(StoreError) as caught:
        open_lite(tmp_path, create=create)
    assert caught.value.hint


@pytest.mark.parametrize("create", [False, True])
def test_the_file_of_a_newer_version_is_not_touched(tmp_path: Path, create: bool) -> None:
    """A teammate upgraded first: who did not is told to, and writes nothing."""
    path = made(tmp_path / "triage.db")
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('triage', 'm999_teleport', 'then')"
        )
        db.commit()
    before = path.read_bytes()
    with pytest.raises(SchemaMismatch, match="newer version") as caught:
        open_lite(path, create=create)
    assert "m999_teleport" in caught.value.reason
    assert "Upgrade" in caught.value.hint
    assert path.read_bytes() == before


def test_a_file_in_a_folder_that_cannot_be_made_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """A part of the path is a file."""
    (tmp_path / "desk").write_text("")
    with pytest.raises(StoreError, match="cannot be made") as caught:
        open_lite(tmp_path / "desk" / "triage.db", create=True)
    assert "--db" in caught.value.hint


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's locks do not hold over NFS, so nothing is made there."""
    mounts = f"/dev/sda1 / ext4 rw 0 0\nserver:/home {tmp_path.resolve()} nfs4 rw 0 0\n"
    exists, read_text = Path.exists, Path.read_text

    def has(self: Path) -> bool:
        return str(self) == "/proc/self/mounts" or exists(self)

    def read(self: Path, encoding: str | None = None, errors: str | None = None) -> str:
        if str(self) == "/proc/self/mounts":
            return mounts
        return read_text(self, encoding, errors)

    monkeypatch.setattr(Path, "exists", has)
    monkeypatch.setattr(Path, "read_text", read)
    with pytest.raises(StoreError, match=r"network file system \(nfs4\)"):
        open_lite(tmp_path / "triage.db", create=True)
    assert list(tmp_path.iterdir()) == []


# Files of an older version.


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make this the next version, with one migration more."""

    def release(statement: str) -> None:
        def step(engine: Engine) -> None:
            engine.execute(statement)

        monkeypatch.setattr(opening, "MIGRATIONS", (*MIGRATIONS, ("m998_later", step)))

    return release


def test_a_read_does_not_migrate(tmp_path: Path, later: Callable[[str], None]) -> None:
    """It says which command brings the file up to date."""
    path = made(tmp_path / "triage.db")
    before = path.read_bytes()
    later("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT")
    with pytest.raises(SchemaMismatch, match="older version") as caught:
        open_lite(path)
    assert "m998_later" in caught.value.reason
    assert "triage store upgrade" in caught.value.hint
    assert path.read_bytes() == before


def test_a_migration_is_preceded_by_a_private_backup(
    tmp_path: Path, later: Callable[[str], None]
) -> None:
    """The copy beside it is the whole file as it was before, and 0600."""
    path = made(tmp_path / "triage.db")
    mentioned(path, "5")
    old = schema(path)
    later("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT")
    made(path)
    copy = tmp_path / "triage.db.before-upgrade"
    assert mode(copy) == 0o600
    assert schema(copy) == old
    assert "later" in dict(schema(path))
    for each in (copy, path):
        with closing(sqlite3.connect(each)) as db:
            assert db.execute("SELECT native_id FROM message").fetchall() == [("5",)]
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not copy.with_name(f"{copy.name}.partial").exists()


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, later: Callable[[str], None]
) -> None:
    """All of it or nothing: the old version opens the file again."""
    path = made(tmp_path / "triage.db")
    mentioned(path, "5")
    old = schema(path)
    later("CREATE TABLE brand (id INTEGER PRIMARY KEY) STRICT")  # which there is
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        open_lite(path, create=True)
    assert schema(path) == old
    with closing(sqlite3.connect(path)) as db:
        names = db.execute("SELECT name FROM _sqlite_migrations").fetchall()
    assert [name for (name,) in names] == NAMES


def test_a_migration_that_would_break_a_reference_is_undone(
    tmp_path: Path, later: Callable[[str], None]
) -> None:
    """Foreign keys are off while it runs, so they are checked before it is committed."""
    path = made(tmp_path / "triage.db")
    mentioned(path, "5")
    later("DELETE FROM customer")
    with pytest.raises(StoreError, match="could not be brought up to date"):
        open_lite(path, create=True)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM customer").fetchall() == [(1,)]


def test_without_room_for_the_backup_nothing_is_migrated(
    tmp_path: Path, later: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Free space is looked at first."""
    path = made(tmp_path / "triage.db")
    old = schema(path)
    later("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage())
    with pytest.raises(StoreError, match="no room"):
        open_lite(path, create=True)
    assert schema(path) == old


class _Usage:
    """A disk that is all but full."""

    free = 1_000


def test_a_backup_of_a_file_in_use_is_a_whole_database(tmp_path: Path) -> None:
    """What stands in the log alone is in the copy too, which needs no log beside it."""
    path = made(tmp_path / "triage.db")
    with closing(SqlStore.open(path)) as store:
        mentioned(path, "5")
        copy = backup_before(lite(store), path)
        alone = tmp_path / "elsewhere" / "triage.db"
        alone.parent.mkdir()
        copy.rename(alone)
    with closing(SqlStore.open(alone)) as store:
        assert store.problems() == []
        assert store.engine.query("SELECT native_id FROM message") == [("5",)]
        assert applied(lite(store)) == NAMES
