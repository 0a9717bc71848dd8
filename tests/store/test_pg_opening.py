"""Opening a database on a server: it is never changed, and what is wrong is said; upgrading."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import postgres
from triage.core.store_url import shown
from triage.errors import ConfigError, SchemaMismatch, StoreError, StoreUnavailable, TriageError
from triage.store import opening_pg
from triage.store.engine import Engine
from triage.store.migrations import MIGRATIONS
from triage.store.opening_pg import open_pg, upgrade
from triage.store.status import facts
from triage.store.store import SqlStore, is_url

NAMES = [name for name, _ in MIGRATIONS]
SECRET = "not to be seen"  # noqa: S105 - it is looked for


@pytest.fixture(autouse=True)
def _a_server() -> None:
    """There is one, or it is said why not."""
    postgres.need()


@pytest.fixture(scope="module")
def blanks() -> Iterator[str]:
    """A database for all tests here."""
    postgres.need()
    url = postgres.clone()
    yield url
    postgres.drop(url)


@pytest.fixture
def blank(blanks: str) -> str:
    """A database without tables."""
    run(blanks, "DROP SCHEMA public CASCADE")
    run(blanks, "CREATE SCHEMA public")
    return blanks


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A database with our tables; what a test says of its migrations is taken back."""
    made = postgres.database(tmp_path)
    yield made
    run(made, "DELETE FROM triage_migration")
    for at, name in enumerate(NAMES):
        run(made, "INSERT INTO triage_migration (name, applied_at) VALUES (%s, %s)", name, at)


def run(url: str, sql: str, *values: object) -> None:
    """Do something behind our back."""
    import psycopg

    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(sql, values)


def tables(url: str) -> object:
    """What a database holds."""
    import psycopg

    with closing(psycopg.connect(url, autocommit=True)) as connection:
        return connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('public')"
        ).fetchall()


@pytest.mark.parametrize("create", [False, True])
def test_opening_never_makes_tables(blank: str, create: bool) -> None:
    """Its owner does, by a command of their own; the message names it."""
    with pytest.raises(SchemaMismatch, match="no tables of triage") as error:
        SqlStore.open(blank, create=create)
    assert "triage store upgrade" in error.value.hint
    assert tables(blank) == []


def test_an_older_schema_is_not_changed(url: str) -> None:
    """It says what is missing."""
    run(url, "DELETE FROM triage_migration WHERE name = %s", NAMES[-1])
    with pytest.raises(SchemaMismatch, match="older version") as error:
        SqlStore.open(url, create=True)
    assert NAMES[-1] in error.value.reason


def test_a_newer_schema_is_refused_by_all(url: str) -> None:
    """Also by an upgrade."""
    run(url, "INSERT INTO triage_migration (name, applied_at) VALUES ('m999_later', 1)")
    for act in (open_pg, upgrade):
        with pytest.raises(SchemaMismatch, match="newer version") as error:
            act(url)
        assert "m999_later" in error.value.reason
    assert facts(url).newer == ["m999_later"]


@pytest.mark.parametrize(("wanted", "is_refused"), [("0.1.0", False), ("0.2", True), ("1", True)])
def test_a_client_that_is_too_old_refuses(url: str, wanted: str, is_refused: bool) -> None:
    """By the mark that the newest upgrade left."""
    run(url, "UPDATE meta SET value = %s WHERE key = 'min_client'", wanted)
    if not is_refused:
        open_pg(url).close()
        return
    with pytest.raises(SchemaMismatch, match="too old") as error:
        open_pg(url)
    assert wanted in error.value.reason
    upgrade(url)
    assert facts(url).min_client == wanted, "an upgrade by an older client does not lower it"


def test_another_encoding_is_refused() -> None:
    """It could not hold every post."""
    url = postgres.clone("template0", "ENCODING LATIN1 LOCALE 'C'")
    for act in (open_pg, upgrade):
        with pytest.raises(StoreError, match="cannot hold every post") as error:
            act(url)
        assert "LATIN1" in error.value.reason
    assert facts(url).encoding == "LATIN1"
    postgres.drop(url)


def test_an_older_server_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the number that it gives."""
    monkeypatch.setattr(opening_pg, "MINIMUM_SERVER", 990_000)
    with pytest.raises(StoreError, match="too old") as error:
        open_pg(url)
    assert "needs 99 or newer" in error.value.reason


# Upgrading.

_UPGRADE = """
import json, sys
from triage.store.opening_pg import upgrade
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
sys.stdout.write(json.dumps(upgrade(sys.argv[1])))
"""


def test_eight_upgrades_at_once_run_each_migration_once(
    blank: str,
) -> None:
    """Whoever comes second finds it done."""
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", _UPGRADE, blank],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for each in runs:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in runs:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    done = [json.loads(each.communicate(timeout=300)[0]) for each in runs]
    assert [each.returncode for each in runs] == [0] * 8
    assert sorted(name for names in done for name in names) == sorted(NAMES)
    assert facts(blank).present == NAMES
    open_pg(blank).close()


def test_a_migration_that_fails_leaves_nothing_of_itself(
    blank: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those before it stay, and the next upgrade goes on."""

    def fails(engine: Engine) -> None:
        engine.execute("CREATE TABLE half (id BIGINT)")
        raise ZeroDivisionError

    broken = [*MIGRATIONS[:2], (NAMES[2], fails), *MIGRATIONS[3:]]
    monkeypatch.setattr(opening_pg, "MIGRATIONS", broken)
    with pytest.raises(ZeroDivisionError):
        upgrade(blank)
    assert facts(blank).present == NAMES[:2]
    assert "half" not in str(tables(blank))
    monkeypatch.undo()
    assert upgrade(blank) == NAMES[2:]
    assert upgrade(blank) == []


def test_what_is_to_be_known(blank: str) -> None:
    """Before and after the first upgrade."""
    before = facts(blank)
    assert (before.present, before.missing, before.tables) == ([], NAMES, [])
    assert (before.min_client, before.may_upgrade) == (None, True)
    upgrade(blank)
    after = facts(blank)
    assert (after.present, after.missing, after.newer) == (NAMES, [], [])
    assert (after.user, after.encoding, after.tls) == ("postgres", "UTF8", None)
    assert after.min_client == opening_pg.OLDEST_CLIENT
    assert ("message", 0) in [(table.name, table.rows) for table in after.tables]
    assert int(after.version.split(".")[0]) >= 15
    assert after.label == shown(blank)


# Whom the server lets in, and what is told of it.


def spilled(error: TriageError) -> str:
    """All that a person or a log could see of an error."""
    seen = [error.message, error.reason, error.hint]
    cause: BaseException | None = error
    while cause is not None:
        seen += [repr(cause), str(cause)]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(seen)


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"password": SECRET}, StoreError, "does not take the password"),
        ({"port": 1}, StoreUnavailable, "refused"),
        ({"path": "/nowhere"}, StoreError, "no database of that name"),
        ({"host": "%2Fnowhere"}, StoreUnavailable, "No such file"),
    ],
)
def test_who_is_not_let_in_is_told_why(
    change: dict[str, object], kind: type[TriageError], words: str
) -> None:
    """And nothing tells the password."""
    if postgres.is_named():
        pytest.skip("the server is somebody's own")
    good = postgres.by_address(postgres.url_of("postgres"))
    parts = urlsplit(good)
    secret = change.get("password", "of%20the%20tests")
    host, port = change.get("host", "127.0.0.1"), change.get("port", parts.port)
    path = change.get("path", "/postgres")
    url = f"postgresql://postgres:{str(secret).replace(' ', '%20')}@{host}:{port}{path}"
    with pytest.raises(kind) as error:
        open_pg(f"{url}?connect_timeout=3")
    seen = spilled(error.value)
    assert words in seen
    assert SECRET not in seen
    assert "of the tests" not in seen
    assert "of%20the%20tests" not in seen


def test_a_url_that_cannot_be_read_is_not_repeated() -> None:
    """What is wrong with it may be the password in it."""
    with pytest.raises(ConfigError) as error:
        open_pg(f"postgresql://ana:{SECRET}%@db/acme")
    assert SECRET not in spilled(error.value)


def test_a_service_and_a_password_file(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libpq's own ways of naming a server and keeping a password work."""
    if postgres.is_named():
        pytest.skip("the server is somebody's own")
    parts = urlsplit(postgres.by_address(url))
    services, passwords = tmp_path / "services", tmp_path / "passwords"
    services.write_text(
        f"[acme]\nhost=127.0.0.1\nport={parts.port}\ndbname={parts.path[1:]}\nuser=postgres\n"
    )
    passwords.write_text("127.0.0.1:*:*:postgres:of the tests\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    with closing(open_pg("postgresql://?service=acme")) as engine:
        assert engine.query("SELECT current_database()") == [(parts.path[1:],)]
        assert repr(engine) == "Pg('postgresql://?service=acme')"
        assert engine.query("SELECT current_setting('application_name')") == [("triage",)]


def test_what_is_a_url(tmp_path: Path) -> None:
    """And what is a file, whatever it is called."""
    assert is_url("postgresql://db/acme")
    assert is_url("postgres://db/acme")
    assert not is_url(str(tmp_path / "postgresql.db"))
    assert not is_url(tmp_path)


def test_without_the_driver_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match="psycopg") as error:
        SqlStore.open("postgresql://db/acme")
    assert "triage[postgres]" in error.value.hint
