"""One way to run SQL, whichever database is behind it.

The statements of this package keep to a subset that SQLite and PostgreSQL both run; what differs
between them stands in one table of tokens. `Lite` is the embedded engine on a SQLite file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, NoReturn, Protocol

from triage.errors import StoreBusy, StoreError

Row = tuple[Any, ...]
Params = Mapping[str, Any]

LITE_TOKENS: Mapping[str, str] = {
    "pk": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "int": "INTEGER",
    "real": "REAL",
    "json": "TEXT",
    "strict": "STRICT",
    "skip_locked": "",
    "now": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
}
"""What differs between databases. AUTOINCREMENT: an id that a person typed is never reused."""

BUSY_TIMEOUT_S = 30.0
"""How long a writer waits for another one, seconds."""

_BULK = {"cache_size": -32_000, "wal_autocheckpoint": 16_000, "foreign_keys": 0, "temp_store": 2}
"""In SQLite's own units: kB if less than 0, and pages; 2 is memory."""
_CHUNK = 100
_ROWS = 40
"""Rows in one statement of a bulk insert: what a statement costs by itself is shared."""


class Engine(Protocol):
    """What the store asks of a database."""

    dialect: str

    def query(self, sql: str, params: Params | None = None) -> list[Row]:
        """Run a statement that gives rows."""
        ...

    def execute(self, sql: str, params: Params | None = None) -> int:
        """Run a statement; give the number of rows that it changed."""
        ...

    def many(self, sql: str, rows: Sequence[Params]) -> None:
        """Run a statement once for each row."""
        ...

    def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str = ""
    ) -> None:
        """Insert many rows as plain tuples; the way for bulk, where names would cost a sixth."""
        ...

    def tx(self) -> Any:  # noqa: ANN401 - a context manager; typed as one it hides the engine
        """Everything inside is written together or not at all."""
        ...


class Lite:
    """A SQLite file behind the `Engine` protocol."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.connection = connection
        self.path = path
        self._depth = 0

    def query(self, sql: str, params: Params | None = None) -> list[Row]:
        """See `Engine.query`."""
        try:
            return self.connection.execute(sql, params or {}).fetchall()
        except sqlite3.Error as error:
            raise_as_ours(error, self.path)

    def stream(self, sql: str, params: Params | None = None) -> Iterator[Row]:
        """Run a statement and give its rows one by one, holding none."""
        try:
            yield from self.connection.execute(sql, params or {})
        except sqlite3.Error as error:
            raise_as_ours(error, self.path)

    def execute(self, sql: str, params: Params | None = None) -> int:
        """See `Engine.execute`."""
        try:
            return self.connection.execute(sql, params or {}).rowcount
        except sqlite3.Error as error:
            raise_as_ours(error, self.path)

    def many(self, sql: str, rows: Sequence[Params]) -> None:
        """See `Engine.many`."""
        try:
            self.connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise_as_ours(error, self.path)

    def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str = ""
    ) -> None:
        """See `Engine.insert`."""
        marks = f"({', '.join('?' * len(columns))})"
        head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
        whole = len(rows) - len(rows) % _ROWS
        try:
            if whole:
                packs = (chain.from_iterable(rows[i : i + _ROWS]) for i in range(0, whole, _ROWS))
                many = ", ".join([marks] * _ROWS)
                self.connection.executemany(f"{head}{many} {conflict}", map(tuple, packs))
            self.connection.executemany(f"{head}{marks} {conflict}", rows[whole:])
        except sqlite3.Error as error:
            raise_as_ours(error, self.path)

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Write much at once: pages are kept in memory longer, and copied to the file less often.

        What is committed is as safe as ever, and other processes wait no longer than before. Call
        it outside a transaction. References are not looked up: every id that a bulk writer stores
        was read or made in the same transaction, and nothing deletes what they refer to.
        """
        before = [self.query(f"PRAGMA {name}")[0][0] for name in _BULK]
        for name, value in _BULK.items():
            self.query(f"PRAGMA {name} = {value}")
        try:
            yield
        finally:
            for name, value in zip(_BULK, before, strict=True):
                self.query(f"PRAGMA {name} = {value}")

    @contextmanager
    def tx(self) -> Iterator[None]:
        """Begin at once as a writer: a deferred one fails under contention without waiting.

        Nested use joins the outer transaction.
        """
        if self._depth:
            yield
            return
        self.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.rollback()
            raise
        finally:
            self._depth = 0


def any_of(column: str, stem: str, values: Sequence[object], params: dict[str, object]) -> str:
    """A condition that a column is one of some values, which go into `params` by that stem."""
    names = [f"{stem}{i}" for i in range(len(values))]
    params.update(zip(names, values, strict=True))
    return f"{column} IN ({', '.join(':' + n for n in names)})"


def query_in(engine: Engine, sql: str, params: Params, values: Collection[object]) -> Iterator[Row]:
    """Run a statement whose `{values}` is a list, in as many parts as it takes."""
    listed = list(values)
    for start in range(0, len(listed), _CHUNK):
        part = {f"v{i}": value for i, value in enumerate(listed[start : start + _CHUNK])}
        marks = ", ".join(f":{name}" for name in part)
        yield from engine.query(sql.format(values=marks), {**params, **part})


_WORDS = (
    ("locked", StoreBusy, "Another process is writing to it.", "Try again in a moment."),
    ("busy", StoreBusy, "Another process is writing to it.", "Try again in a moment."),
    ("full", StoreError, "The disk is full.", "Free some space and run the command again."),
    ("readonly", StoreError, "The file cannot be written.", "Check its owner and mode."),
    ("unable to open", StoreError, "The file cannot be opened.", "Check the path and its mode."),
    ("malformed", StoreError, "The file is damaged.", "See `triage db check`; restore a backup."),
    ("not a database", StoreError, "It is not a database.", "Name another file with --db."),
    ("disk i/o", StoreError, "The disk reported an error.", "Check the disk; see `triage doctor`."),
)


def raise_as_ours(error: sqlite3.Error, path: str) -> NoReturn:
    """Turn a driver's error that a person can mend into ours; let bugs pass as they are."""
    words = str(error).lower()
    for mark, kind, reason, hint in _WORDS:
        if mark in words:
            raise kind(f"The database {path} cannot be used.", reason=reason, hint=hint) from error
    raise error
