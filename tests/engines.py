"""Looking behind a store, whichever engine it stands on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import postgres
from triage.store.engine import Engine, Lite, Row
from triage.store.media import CopiesBeside
from triage.store.store import SqlStore

_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
    "AND name NOT LIKE 'message_fts_%' ORDER BY name",
    "postgresql": "SELECT relname FROM pg_class WHERE relkind = 'r' "
    "AND relnamespace = to_regnamespace('public') ORDER BY relname",
}


def lite(store: SqlStore) -> Lite:
    """The engine of a store that stands in a file."""
    assert isinstance(store.engine, Lite)
    return store.engine


def pictures(store: SqlStore) -> Path:
    """The folder with the pictures of a store that stands in a file."""
    copies = store.media._copies
    assert isinstance(copies, CopiesBeside)
    return copies.folder


def content(store: SqlStore) -> str:
    """Every row of every table, in an order that does not depend on where it lies."""
    engine = store.engine
    return "\n".join(
        f"{table}: {row}"
        for (table,) in engine.query(_TABLES[engine.dialect])
        for row in sorted(map(repr, engine.query(f"SELECT * FROM {table}")))  # noqa: S608 - named here
    )


def named_rows(engine: Engine, sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a statement gives, by the names of its columns."""
    if isinstance(engine, Lite):
        cursor: Any = engine.connection.execute(sql, params)
    else:
        from triage.store.pg_text import named

        cursor = engine.connection.execute(named(sql), params)  # type: ignore[attr-defined]
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def rows_of(store: SqlStore, table: str) -> list[dict[str, Any]]:
    """All rows of a table, by the names of its columns."""
    engine: Any = store.engine
    found = engine.connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - named by a test
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def rows_in(store: SqlStore) -> int:
    """How many rows all tables have together."""
    return len(content(store).splitlines())


def hurry(store: SqlStore) -> None:
    """Do not wait for the disk: a machine of tests outlives no power cut."""
    if store.engine.dialect == "sqlite":
        store.engine.execute("PRAGMA synchronous = OFF")


def opened(patch: pytest.MonkeyPatch) -> list[Engine]:
    """The engines on a server that are opened from now on: no test need close each of its own."""
    from triage.store.pg import Pg

    found: list[Engine] = []
    begin = Pg.__init__

    def noted(self: Pg, *given: Any) -> None:  # noqa: ANN401 - as the original
        begin(self, *given)
        found.append(self)

    patch.setattr(Pg, "__init__", noted)
    return found


def is_inside(store: SqlStore) -> bool:
    """Whether a transaction is open."""
    if isinstance(store.engine, Lite):
        return store.engine.connection.in_transaction
    return store.engine._depth > 0  # type: ignore[attr-defined,no-any-return]


class Stopped(Exception):
    """A write failed in the middle."""


@contextmanager
def stopping_at(engine: Engine, conversation_id: int) -> Iterator[None]:
    """Inside, the first wait of a conversation cannot be written; those before it can."""
    insert = engine.insert

    def stop(table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str = "") -> None:
        if table != "wait":
            insert(table, columns, rows, conflict)
            return
        place = list(columns).index("conversation_id")
        for row in rows:
            if row[place] == conversation_id:
                raise Stopped
            insert(table, columns, [row], conflict)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "insert", stop)
        yield


Asked = list[tuple[str, Mapping[str, Any]]]


@contextmanager
def listening(engine: Engine, before: Callable[[], object] = int) -> Iterator[Asked]:
    """Collect the statements that are run inside, with what they are run with.

    Args:
        engine: Whose.
        before: Called before each of them.
    """
    asked: Asked = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("query", "execute", "many"):
            run = getattr(engine, name)

            def heard(sql: str, params: Any = None, run: Any = run) -> Any:  # noqa: ANN401
                before()
                asked.append((sql, params or {}))
                return run(sql, params)

            patch.setattr(engine, name, heard)
        yield asked


def sqlite_only(reason: str) -> pytest.MarkDecorator:
    """Leave a test out on a server, since it is about the file itself."""
    return pytest.mark.sqlite_only(reason=reason)


def on_a_server() -> bool:
    """Whether desks stand on a server in this run."""
    return postgres.is_chosen()
