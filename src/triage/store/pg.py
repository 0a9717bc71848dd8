"""The engine on a PostgreSQL server, by psycopg 3. Imported only where a URL names one.

Values come back as from SQLite: whole numbers as `int` whatever their type there, truths as 0 and
1, JSON as its text. Transactions are one at a time, as SQLite's are: each begins by taking one
lock of the database, so that what a use case reads inside stands until it has written. A single
statement takes no lock but that of its rows: it decides and writes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import psycopg
from psycopg.pq import TransactionStatus

from triage.errors import StoreBusy
from triage.store.engine import BUSY_TIMEOUT_S, TOKENS, Params, Row, Search
from triage.store.pg_errors import raise_as_ours
from triage.store.pg_text import named

WRITER = 0x74726961
"""The lock that every transaction takes, among the advisory locks of its database."""

_BEGIN = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({WRITER})"
"""Each statement sees what was committed before it, so all behind the lock see what stands."""
_BRIEF_BEGIN = (
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = 500; "
    f"SELECT pg_advisory_xact_lock({WRITER}); SET LOCAL lock_timeout = {int(BUSY_TIMEOUT_S * 1000)}"
)
STATEMENT_TIMEOUT_S = 120
"""How long one statement may take, seconds."""
_MOST_VALUES = 30_000
"""In one statement; the protocol counts them in 16 bits."""
_MOST_ROWS = 500
_FETCHED = 2_000
"""Rows that a stream asks for at once."""
_LIMIT = {"limit": f"{STATEMENT_TIMEOUT_S}s"}
_WORDS = ("message", "message_version", "payload", "verdict", "message_fts")
"""Tables that hold the words of posts."""


class Pg:
    """A database on a PostgreSQL server behind the `Engine` protocol.

    Args:
        connection: In autocommit mode; see `opening_pg`.
        label: What it is called to people, without a password.

    Attributes:
        ahead: See `Engine`; told by who opened it.
        fences: What `fence` calls; see `lock_pg`.
    """

    dialect = "postgresql"
    tokens = TOKENS["postgresql"]

    def __init__(self, connection: psycopg.Connection[Row], label: str) -> None:
        self.connection = connection
        self.label = label
        self.ahead = 0
        self.fences: list[Callable[[], None]] = []
        self._depth = 0
        self._streams = 0

    def __repr__(self) -> str:
        return f"Pg({self.label!r})"

    def query(self, sql: str, params: Params | None = None) -> list[Row]:
        """See `Engine.query`."""
        try:
            return self.connection.execute(named(sql), params or {}).fetchall()
        except psycopg.Error as error:
            raise_as_ours(error, self.label)

    def stream(self, sql: str, params: Params | None = None) -> Iterator[Row]:
        """See `Engine.stream`. The server keeps the rows as they stood when it began."""
        self._streams += 1
        try:
            with self.connection.cursor(f"stream{self._streams}", withhold=True) as cursor:
                cursor.itersize = _FETCHED
                cursor.execute(named(sql), params or {})
                yield from cursor
        except psycopg.Error as error:
            raise_as_ours(error, self.label)

    def execute(self, sql: str, params: Params | None = None) -> int:
        """See `Engine.execute`."""
        try:
            return self.connection.execute(named(sql), params or {}).rowcount
        except psycopg.Error as error:
            raise_as_ours(error, self.label)

    def many(self, sql: str, rows: Sequence[Params]) -> None:
        """See `Engine.many`."""
        if not rows:
            return
        try:
            with self.connection.cursor() as cursor:
                cursor.executemany(named(sql), rows)
        except psycopg.Error as error:
            raise_as_ours(error, self.label)

    def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str = ""
    ) -> None:
        """See `Engine.insert`."""
        marks = f"({', '.join(['%s'] * len(columns))})"
        head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
        most = min(_MOST_ROWS, _MOST_VALUES // len(columns))
        try:
            for start in range(0, len(rows), most):
                part = rows[start : start + most]
                values = [value for row in part for value in row]
                self.connection.execute(
                    f"{head}{', '.join([marks] * len(part))} {conflict}", values
                )
        except psycopg.Error as error:
            raise_as_ours(error, self.label)

    @contextmanager
    def tx(self) -> Iterator[None]:
        """See `Engine.tx`."""
        with self._tx(_BEGIN):
            yield

    @contextmanager
    def brief_tx(self) -> Iterator[None]:
        """See `Engine.brief_tx`."""
        with self._tx(_BRIEF_BEGIN):
            yield

    @contextmanager
    def _tx(self, begin: str) -> Iterator[None]:
        if self._depth:
            yield
            return
        self._depth = 1
        try:
            self._control(begin)
            yield
            if self._control("COMMIT") != "COMMIT":
                raise AssertionError("a statement failed inside a transaction that went on")
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._depth = 0

    def _control(self, sql: str) -> str | None:
        try:
            return self.connection.execute(sql).statusmessage
        except psycopg.Error as error:
            raise_as_ours(error, self.label, is_commit=sql == "COMMIT")

    def _roll_back(self) -> None:
        if self.connection.info.transaction_status in _OPEN:
            # Where it fails the connection is gone, and the server has rolled back by itself.
            with suppress(psycopg.Error):
                self.connection.execute("ROLLBACK")

    def fence(self) -> None:
        """See `Engine.fence`."""
        for check in self.fences:
            check()

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """See `Engine.bulk`: a server manages its memory itself."""
        yield

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """See `Engine.erasing`: what is deleted here goes with the next `VACUUM`."""
        yield

    def erase(self) -> bool:
        """See `Engine.erase`.

        Who does not own the tables may not do it: the server's autovacuum takes them in its time.
        """
        if self._owns(_WORDS):
            # It may take longer than any other statement, and waits for nobody.
            self.query("SELECT set_config('statement_timeout', '0', false)")
            try:
                self._control(f"VACUUM (SKIP_LOCKED) {', '.join(_WORDS)}")
            finally:
                self.query("SELECT set_config('statement_timeout', :limit, false)", _LIMIT)
        return True

    def wipe(self, tables: Sequence[str]) -> bool:
        """See `Engine.wipe`: the tables are written anew, each locked meanwhile."""
        there = self.query(
            "SELECT name FROM unnest(CAST(:names AS TEXT[])) AS name "
            "WHERE to_regclass(name) IS NOT NULL ORDER BY name",
            {"names": list(tables)},
        )
        names = [name for (name,) in there]
        if not self._owns(names):
            return False
        self.query("SELECT set_config('statement_timeout', '0', false)")
        try:
            for name in names:
                self._control(f"VACUUM (FULL) {name}")
        except StoreBusy:
            return False
        finally:
            self.query("SELECT set_config('statement_timeout', :limit, false)", _LIMIT)
        return True

    def _owns(self, names: Sequence[str]) -> bool:
        rows = self.query(
            "SELECT count(*) FROM pg_class WHERE oid IN (SELECT to_regclass(name) "
            "FROM unnest(CAST(:names AS TEXT[])) AS name) AND pg_has_role(relowner, 'USAGE')",
            {"names": list(names)},
        )
        return bool(rows[0][0] == len(names))

    @property
    def search(self) -> Search:
        """See `Engine.search`."""
        from triage.store.search_pg import PgSearch

        return PgSearch(self)

    def close(self) -> None:
        """See `Engine.close`."""
        self.connection.close()


_OPEN = (TransactionStatus.ACTIVE, TransactionStatus.INTRANS, TransactionStatus.INERROR)
