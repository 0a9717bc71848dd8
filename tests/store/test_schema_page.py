"""docs/schema.md names every table, view and column that there is on both engines, no other."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

import postgres
from guides import DOCS
from triage.store.grants import READABLE, UNREAD
from triage.store.store import SqlStore

Schema = dict[str, set[str]]

_HEADING = re.compile(r"^### `(?P<name>\w+)`(?: (?P<where>in a file|on a server))?$")
_LITE = """
SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'
    AND m.name NOT LIKE 'message!_fts!_%' ESCAPE '!'
"""
_PG = """
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'
"""
_VIEWS = "SELECT viewname FROM pg_views WHERE schemaname = 'public' ORDER BY viewname"


def page(where: str) -> Schema:
    """What the page names for a file or for a server."""
    found: Schema = {}
    columns: set[str] = set()
    for line in (DOCS / "schema.md").read_text(encoding="utf-8").splitlines():
        heading = _HEADING.match(line)
        if heading:
            columns = set()
            if heading["where"] in (None, where):
                assert heading["name"] not in found, f"{heading['name']} stands there twice"
                found[heading["name"]] = columns
        elif line.startswith("| `"):
            columns |= set(re.findall(r"`(\w+)`", line.split(" | ")[0]))
    return found


def schema(store: SqlStore, sql: str) -> Schema:
    """What there is."""
    found: Schema = {}
    for table, column in store.engine.query(sql):
        found.setdefault(table, set()).add(column)
    return found


def test_of_a_file(tmp_path: Path) -> None:
    """Every table, view and column of a SQLite file, and none that it has not."""
    with closing(SqlStore.open(tmp_path / "triage.db", create=True)) as store:
        assert schema(store, _LITE) == page("in a file")


@pytest.mark.enable_socket
def test_of_a_server(tmp_path: Path) -> None:
    """The same on a PostgreSQL server; its views are open to readers or kept from them by name."""
    with closing(SqlStore.open(postgres.database(tmp_path))) as store:
        assert schema(store, _PG) == page("on a server")
        views = {name for (name,) in store.engine.query(_VIEWS)}
    assert views - set(READABLE) == set(UNREAD)


def test_what_readers_may_see() -> None:
    """What is open to the role of readers says so in the page, and nothing else does."""
    text = (DOCS / "schema.md").read_text(encoding="utf-8")
    opened = re.findall(r"^### `(\w+)`\n\n[^\n]*open to readers\.$", text, re.MULTILINE)
    assert sorted(opened) == sorted(READABLE)
