"""Every table and column is classified: what it holds of a person, and what forgetting does."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

import postgres
from triage.store.personal import BY_CODE, REGISTRY, Fate, Rows, held, losing_rows, touched
from triage.store.store import SqlStore

_LITE = """
SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'
    AND m.name NOT LIKE 'message!_fts!_%' ESCAPE '!'
"""
_PG = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.tables t ON t.table_name = c.table_name AND t.table_schema = 'public'
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
"""


def columns(store: SqlStore, sql: str) -> dict[str, set[str]]:
    """The columns that there are, by table."""
    found: dict[str, set[str]] = {}
    for table, column in store.engine.query(sql):
        found.setdefault(table, set()).add(column)
    return found


def assert_classified(there: dict[str, set[str]]) -> None:
    """Nothing is there that the registry does not name."""
    for table, names in there.items():
        assert table in REGISTRY, f"{table}: say in store/personal.py what it holds of a person"
        lacking = names - REGISTRY[table].names
        assert not lacking, f"{table}: {sorted(lacking)} are not classified in store/personal.py"


def test_of_a_file(tmp_path: Path) -> None:
    """Every column of a file; and the registry names nothing that no store has."""
    with closing(SqlStore.open(tmp_path / "triage.db", create=True)) as store:
        there = columns(store, _LITE)
    assert_classified(there)
    for table, entry in REGISTRY.items():
        if table not in ("triage_migration", "message_fts"):
            assert entry.names == there[table], table


@pytest.mark.enable_socket
def test_of_a_server(tmp_path: Path) -> None:
    """Every column of a database on a server."""
    with closing(SqlStore.open(postgres.database(tmp_path))) as store:
        assert_classified(columns(store, _PG))


def test_what_goes_can_be_told_from_what_stays() -> None:
    """Rows that go belong to somebody; a table that keeps a word or an id says why, or loses it."""
    for table, entry in REGISTRY.items():
        if entry.rows in (Rows.GO, Rows.STAY):
            assert ":customer" in entry.whose, table
        else:
            assert not entry.whose, table
        if entry.rows is Rows.NOBODY:
            assert set(entry.columns.values()) <= {Fate.KEEP}, table
    assert set(losing_rows()) < set(held())
    assert {"message", "customer", "activity", "reply", "payload", "message_fts"} <= set(touched())


def test_ids_are_replaced_by_code_that_knows_them() -> None:
    """Words of a new table go by themselves; an id to be replaced needs somebody to do it."""
    for table, entry in REGISTRY.items():
        if Fate.TOKEN in entry.columns.values():
            assert table in BY_CODE or entry.rows is Rows.APART, table


def test_words_and_ids_of_a_channel_are_never_kept() -> None:
    """Columns that are named like words or ids of a channel lose them, wherever rows stay."""
    told = re.compile(r"(^|_)(text|name|handle|raw|url|native_id|value|alt|because)($|_)")
    exceptions = {"account", "brand", "event", "meta", "_sqlite_migrations", "triage_migration"}
    for table, entry in REGISTRY.items():
        if entry.rows in (Rows.GO, Rows.APART) or table in exceptions:
            continue
        assert [c for c in entry.kept.split() if told.search(c)] == [], table
