"""The engine on a server: what goes in comes out as from a file, and errors are ours."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import postgres
from triage.errors import (
    SchemaMismatch,
    StoreBusy,
    StoreError,
    StoreUnavailable,
)
from triage.store.engine import SERVER_CLOCK, TOKENS, Conflict, Engine
from triage.store.migrations import MIGRATIONS
from triage.store.opening import open_lite
from triage.store.store import SqlStore

TABLE = "CREATE TEMP TABLE thing (id {int} PRIMARY KEY, r {real}, t {text}, b {blob}) {strict}"


@pytest.fixture
def url(tmp_path: Path) -> str:
    """An empty database with our tables."""
    postgres.need()
    return postgres.database(tmp_path)


@pytest.fixture
def server(url: str) -> Iterator[Engine]:
    """An engine on it, with a table that goes with its connection."""
    from triage.store.opening_pg import open_pg

    with closing(open_pg(url)) as engine:
        engine.execute(TABLE.format_map(engine.tokens))
        yield engine


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Engine]:
    """The same on a file."""
    with closing(open_lite(tmp_path / "t.db", create=True)) as engine:
        engine.execute(TABLE.format_map(engine.tokens))
        yield engine


# Values.

whole = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)


@given(
    rows=st.lists(
        st.tuples(
            whole,
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | texts,
            st.none() | st.binary(max_size=20),
        ),
        max_size=5,
        unique_by=lambda row: row[0],
    )
)
@example([(2**63 - 1, 0.1 + 0.2, "100 % of :them '::x", b"\x00\xff")])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rows_come_back_as_from_a_file(server: Engine, file: Engine, rows: list[Any]) -> None:
    """Whatever values, by either way of writing and of reading, in value and in type."""
    found = []
    for engine in (file, server):
        engine.execute("DELETE FROM thing")
        engine.insert("thing", ("id", "r", "t", "b"), rows[:3])
        engine.many(
            "INSERT INTO thing (id, r, t, b) VALUES (:id, :r, :t, :b)",
            [dict(zip(["id", "r", "t", "b"], row, strict=True)) for row in rows[3:]],
        )
        read = engine.query("SELECT id, r, t, b FROM thing ORDER BY id")
        assert list(engine.stream("SELECT id, r, t, b FROM thing ORDER BY id")) == read
        found.append([[(type(value), value) for value in row] for row in read])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum(n), count(*), max(n), min(n) FROM (SELECT 1 AS n UNION ALL SELECT 2) t",
        "SELECT 7 / 2, -7 / 2, 7 % 2, (7 * 95 + 99) / 100",
        "SELECT 1 = 1, 1 = 2, 1 IS NULL, NOT 1 = 1, NULL",
        "SELECT CAST(NULL AS BIGINT), coalesce(NULL, 3), length('äö'), substr('äöü', 1, 2)",
        "SELECT CAST(:n AS BIGINT) + 1, CAST(:t AS TEXT), :n = 5",
        "SELECT CASE WHEN 1 = 1 THEN 0.5 ELSE 1.0 END * 2 = 1",
        "SELECT 'a:b', '::', 'it''s 100 %', \"t\".n FROM (SELECT 1 AS n) \"t\" -- :not :a %s name",
        "SELECT n FROM (SELECT 'b' AS n UNION SELECT 'B' UNION SELECT 'ä') t ORDER BY n{c}",
    ],
)
def test_answers_are_the_same(server: Engine, file: Engine, sql: str) -> None:
    """Sums are whole, divisions cut off, truths are 0 and 1, and text stands by its bytes."""
    params = {"n": 5, "t": "x"}
    asked = {"sqlite": "", "postgresql": ' COLLATE "C"'}
    found = [e.query(sql.replace("{c}", asked[e.dialect]), params) for e in (file, server)]
    assert found[0] == found[1]
    assert [[type(v) for v in row] for row in found[0]] == [
        [type(v) for v in row] for row in found[1]
    ]


def test_truths_are_numbers(server: Engine) -> None:
    """Written by a program that forgot to make them so."""
    server.execute("INSERT INTO thing (id, r) VALUES (:id, :r)", {"id": True, "r": 1})
    assert server.query("SELECT id, id = 1 FROM thing") == [(1, 1)]


def test_nul_is_replaced(server: Engine) -> None:
    """A server stores none; what stands around it is kept."""
    server.execute("INSERT INTO thing (id, t) VALUES (1, :t)", {"t": "a\x00b"})
    assert server.query("SELECT t FROM thing") == [("a�b",)]


def test_changed_rows_are_counted(server: Engine) -> None:
    """As compare-and-set needs it."""
    server.insert("thing", ("id", "t"), [(n, "x") for n in range(1_203)])
    assert server.query("SELECT count(*), sum(id) FROM thing") == [(1_203, 1_203 * 601)]
    assert server.execute("UPDATE thing SET t = 'y' WHERE id < :n", {"n": 3}) == 3
    assert server.execute("UPDATE thing SET t = 'y' WHERE id < 0") == 0
    server.insert("thing", ("id", "t"), [(1, "z")], "ON CONFLICT (id) DO NOTHING")
    server.insert("thing", ("id", "t"), [])
    server.many("DELETE FROM thing WHERE id = :id", [])


def test_a_stream_does_not_mind_what_is_written_meanwhile(server: Engine) -> None:
    """Its rows are those of its beginning, also where its reader writes."""
    server.insert("thing", ("id",), [(n,) for n in range(5_000)])
    seen = 0
    for (number,) in server.stream("SELECT id FROM thing ORDER BY id"):
        seen += 1
        if number % 1_000 == 0:
            server.execute("DELETE FROM thing WHERE id > :id", {"id": number})
    assert seen == 5_000


# Transactions.


def _write_and_fail(engine: Engine) -> None:
    with engine.tx():
        engine.execute("INSERT INTO thing (id) VALUES (1)")
        with engine.tx():
            engine.execute("INSERT INTO thing (id) VALUES (2)")
        raise ZeroDivisionError


def test_what_fails_is_rolled_back(server: Engine) -> None:
    """All of it, however deep; and the connection can be used again."""
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(server)
    assert server.query("SELECT id FROM thing") == []
    with server.tx():
        server.execute("INSERT INTO thing (id) VALUES (3)")
    assert server.query("SELECT id FROM thing") == [(3,)]


def _swallow(engine: Engine) -> None:
    with engine.tx():
        engine.execute("INSERT INTO thing (id) VALUES (1)")
        with suppress(Conflict):
            engine.execute("INSERT INTO thing (id) VALUES (1)")


def test_a_failure_that_was_swallowed_is_not_taken_for_a_commit(server: Engine) -> None:
    """The server would roll back what the program believes to be written."""
    with pytest.raises(AssertionError, match="failed inside"):
        _swallow(server)
    assert server.query("SELECT id FROM thing") == []


@pytest.mark.real_time
def test_two_who_read_and_write_come_one_after_the_other(url: str) -> None:
    """Nobody's count is lost, as in a file."""
    from triage.store.opening_pg import open_pg

    with closing(open_pg(url)) as engine:
        engine.execute("INSERT INTO meta (key, value) VALUES ('n', '0')")

    def count() -> None:
        with closing(open_pg(url)) as mine:
            for _ in range(25):
                with mine.tx():
                    ((was,),) = mine.query("SELECT value FROM meta WHERE key = 'n'")
                    mine.execute(
                        "UPDATE meta SET value = :v WHERE key = 'n'", {"v": str(int(was) + 1)}
                    )

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(open_pg(url)) as engine:
        assert engine.query("SELECT value FROM meta WHERE key = 'n'") == [("100",)]


@pytest.mark.real_time
def test_a_brief_write_waits_half_a_second(url: str, server: Engine) -> None:
    """And says that somebody else writes; a full one waits for half a minute."""
    from triage.store.opening_pg import open_pg

    def limit() -> object:
        return server.query("SELECT current_setting('lock_timeout')")[0][0]

    with (
        closing(open_pg(url)) as other,
        other.tx(),
        pytest.raises(StoreBusy, match="cannot be used"),
        server.brief_tx(),
    ):
        raise AssertionError("it holds the lock of another one")
    assert limit() == "30s"
    with server.brief_tx():
        assert limit() == "30s"


# Errors.


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("INSERT INTO thing (id) VALUES (7), (7)", Conflict),
        ("SELECT * FROM nowhere", SchemaMismatch),
        ("SELECT nothing FROM thing", SchemaMismatch),
        ("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", StoreBusy),
        ("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", StoreBusy),
        ("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", StoreError),
        ("DO $$ BEGIN RAISE SQLSTATE '42501'; END $$", StoreError),
        ("DO $$ BEGIN RAISE SQLSTATE '57014'; END $$", StoreUnavailable),
        ("DO $$ BEGIN RAISE SQLSTATE '25006'; END $$", StoreUnavailable),
        ("DO $$ BEGIN RAISE SQLSTATE '57P01'; END $$", StoreUnavailable),
        ("DO $$ BEGIN RAISE SQLSTATE '08006'; END $$", StoreUnavailable),
        ("SELECT pg_terminate_backend(pg_backend_pid())", StoreUnavailable),
    ],
)
def test_errors_are_ours(server: Engine, sql: str, error: type[Exception]) -> None:
    """Each as what a person or a script can do about it."""
    with pytest.raises(error):
        server.execute(sql)


def test_a_server_that_takes_too_long(server: Engine) -> None:
    """Is told from one that is not there; the connection can be used again."""
    server.query("SELECT set_config('statement_timeout', '20', false)")
    with pytest.raises(StoreUnavailable) as error:
        server.query("SELECT pg_sleep(5)")
    assert "in time" in error.value.reason
    assert server.query("SELECT 1") == [(1,)]


def test_bugs_stay_bugs(server: Engine) -> None:
    """A statement that is wrong is not for a person to mend."""
    import psycopg

    with pytest.raises(psycopg.errors.SyntaxError):
        server.query("SELECT FROM WHERE")


def test_a_file_has_the_same_conflict(file: Engine) -> None:
    """And only where a unique index says so."""
    with pytest.raises(Conflict):
        file.execute("INSERT INTO thing (id) VALUES (7), (7)")
    with pytest.raises(sqlite3.IntegrityError):
        file.execute("INSERT INTO unjudged VALUES (99, 'x', '1', NULL, NULL)")


def _write_and_ask(engine: Engine, other: Engine, sql: str) -> None:
    with engine.tx():
        engine.execute("INSERT INTO thing (id) VALUES (1)")
        other.query(sql)


def test_a_connection_that_is_lost(server: Engine) -> None:
    """Says so, and nothing was written; the next statement says so too."""
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        _write_and_ask(server, server, "SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        server.query("SELECT 1")


def test_a_commit_that_is_lost_is_not_taken_for_a_failure(url: str, server: Engine) -> None:
    """Nobody knows whether it was written: it is said so."""
    from triage.store.opening_pg import open_pg

    with closing(open_pg(url)) as other:
        ((pid,),) = server.query("SELECT pg_backend_pid()")
        with pytest.raises(StoreUnavailable, match="while it saved"):
            _write_and_ask(server, other, f"SELECT pg_terminate_backend({pid}, 5000)")


# The dialects.


def test_the_clock_of_the_server_is_told(server: Engine, file: Engine) -> None:
    """In milliseconds, as ours; a file has no other clock than its reader's."""
    local = time.time_ns() // 1_000_000
    ((there,),) = server.query(f"SELECT {SERVER_CLOCK}")
    assert abs(there - local) < 60_000
    assert abs(server.ahead) < 60_000
    assert file.ahead == 0
    assert file.query(f"SELECT {file.tokens['now']}", {"now": 5}) == [(5,)]


def test_both_know_the_same_tokens() -> None:
    """And they are few enough to be read at sight."""
    names = {name: set(tokens) for name, tokens in TOKENS.items()}
    assert names["sqlite"] == names["postgresql"]
    assert len(names["sqlite"]) <= 15


def test_both_have_the_same_columns(server: Engine, file: Engine) -> None:
    """Whatever stands in a file can stand on a server, under the same names."""
    tables = file.query(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE '%fts%' "
        "AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlite_%' ORDER BY name"
    )
    assert len(tables) > 30
    for (table,) in tables:
        here = [row[1] for row in file.query(f"PRAGMA table_info({table})")]
        there = server.query(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:t) AND attnum > 0 "
            "ORDER BY attnum",
            {"t": table},
        )
        assert [name for (name,) in there] == here, table


def test_both_have_the_same_indexes(server: Engine, file: Engine) -> None:
    """Those that we name: a migration forgets neither."""
    here = file.query(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
        "AND name NOT LIKE '%_sqlite_%'"
    )
    there = server.query(
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' "
        "AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key' "
        "AND indexname NOT LIKE 'message_fts%'"
    )
    assert set(here) == set(there)
    assert len(MIGRATIONS) >= 5


def test_times_in_views_read_the_same(server: Engine, file: Engine) -> None:
    """To the millisecond, whatever zone the server is in."""
    found = []
    for engine in (file, server):
        words = "SELECT {iso_open}CAST(:at AS BIGINT){iso_close}".format_map(engine.tokens)
        found.append([engine.query(words, {"at": at})[0][0] for at in (0, 1_772_442_000_123)])
    assert found[0] == found[1] == ["1970-01-01T00:00:00.000Z", "2026-03-02T09:00:00.123Z"]


def test_who_is_signed_in_stands_beside_what_was_done(server: Engine) -> None:
    """The agent's name is what a client says; this is whom the server let in."""
    server.execute("INSERT INTO brand (name) VALUES ('acme')")
    server.execute(
        "INSERT INTO activity (uuid, brand_id, at, agent, what, detail) "
        "VALUES ('u', 1, 1, 'somebody else', 'note', '')"
    )
    assert server.query("SELECT agent, db_user FROM activity") == [("somebody else", "postgres")]


def test_wiping_writes_tables_anew_unless_somebody_holds_one(server: Engine, url: str) -> None:
    """What was deleted is not in the table's file any more; a table that is held says later."""
    server.execute("INSERT INTO brand (id, name) VALUES (7, 'womblenaught')")
    server.execute("DELETE FROM brand WHERE id = 7")
    place = "SELECT pg_relation_filenode('brand')"
    before = server.query(place)
    server.query("SELECT set_config('lock_timeout', '50ms', false)")
    with closing(SqlStore.open(url)) as other, other.tx():
        other.engine.query("SELECT count(*) FROM brand")
        assert not server.wipe(["brand"])
    assert server.query(place) == before
    assert server.wipe(["brand", "no_such_table"])
    assert server.query(place) != before
    assert server.query("SELECT current_setting('statement_timeout')") == [("2min",)]
