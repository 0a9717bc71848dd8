"""Make a store of N mentions with a given number of open waits, straight into its tables.

Usage: python benchmarks/make_store.py N OUT [--open 1000]     (OUT is a file, or postgresql://...)

A database on a server has to be empty, and whoever signs in a superuser there: references are not
looked up while it fills.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from triage.core.model import HOUR, MINUTE
from triage.core.policy import Settings
from triage.store.engine import Engine
from triage.store.store import SqlStore, is_url

_BATCH = 20_000
_INDEXED = 100_000
_PER_CUSTOMER = 5
_KINDS = ("complaint", "question", "other", "praise")
_WORDS = (
    "my parcel never arrived and nobody answers",
    "do you open on sundays",
    "thanks a lot for the quick help today",
    "the app crashes on login since the update",
    "charged twice for one order, please refund",
)
_COLUMNS = {
    "customer": "id brand_id channel native_id handle handle_key name first_at seen_at",
    "conversation": "id brand_id account_id channel thread_id customer_id",
    "message": "id brand_id account_id channel native_id version_id role customer_id "
    "conversation_id text posted_at fetched_at thread_id visibility is_history",
    "verdict": "message_id settings_id kind scores because confidence",
    "wait": "id brand_id account_id conversation_id state kind priority needs_answer opening_id "
    "last_id mentions opened_at fetched_at due_at due_by warn_at settings_id ended_at agent "
    "outside is_met policy confidence",
}
Rows = Sequence[tuple[Any, ...]]


def make_store(count: int, where: Path | str, open_waits: int = 1_000) -> None:
    """Write `count` mentions, one conversation and one wait each; the newest are open."""
    on_server = is_url(where)
    if on_server:
        from triage.store.opening_pg import upgrade

        upgrade(str(where))
    else:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{where}{suffix}").unlink(missing_ok=True)
    store = SqlStore.open(where, create=True)
    now = time.time_ns() // 1_000_000
    with store.tx():
        brand_id = store.accounts.brand("acme")
        store.accounts.add(brand_id, "x", "acme", "1", now)
        store.settings.apply(Settings(), "", "bench", now)
    if on_server:
        # Neither references nor the trigger of the search index; what that does comes at the end.
        store.engine.execute("SET session_replication_role = replica")
        store.engine.execute("SET statement_timeout = 0")
    else:
        store.engine.query("PRAGMA foreign_keys = OFF")
    for first in range(1, count + 1, _BATCH):
        rows = _batch(first, min(first + _BATCH, count + 1), count, open_waits, now)
        with store.tx():
            for table, part in rows.items():
                _write(store.engine, table, part)
    if on_server:
        _finish_on_server(store)
    store.index_search(_INDEXED)
    store.engine.execute("VACUUM (ANALYZE)" if on_server else "ANALYZE")
    store.close()


def _write(engine: Engine, table: str, rows: Rows) -> None:
    columns = _COLUMNS[table].split()
    if engine.dialect == "sqlite":
        engine.insert(table, columns, rows)
        return
    connection: Any = getattr(engine, "connection")  # noqa: B009 - the server's engine has one
    sql = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)


def _finish_on_server(store: SqlStore) -> None:
    engine = store.engine
    engine.execute("SET session_replication_role = origin")
    # Plain words, which the server's own parser cuts as the program does.
    engine.execute(
        "INSERT INTO message_fts (rowid, words) "
        "SELECT id, to_tsvector('simple', text) FROM message ORDER BY id"
    )
    for table in _COLUMNS:
        if table != "verdict":
            engine.query(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "  # noqa: S608 - ours
                f"(SELECT max(id) FROM {table}))"
            )


def _batch(first: int, last: int, count: int, open_waits: int, now: int) -> dict[str, Rows]:
    made = [_rows(i, count, open_waits, now) for i in range(first, last)]
    return {
        table: list(chain.from_iterable(each[n] for each in made))
        for n, table in enumerate(_COLUMNS)
    }


def _rows(number: int, count: int, open_waits: int, now: int) -> tuple[Rows, ...]:
    """What is written for a mention, table by table."""
    at = now - (count - number) * 20_000
    is_open = number > count - open_waits
    customer = number // _PER_CUSTOMER + 1
    handle = f"customer_{customer}"
    native = str(1_900_000_000_000_000_000 + number * 4_194_304)
    text = f"@acme {_WORDS[number % len(_WORDS)]} #{number}"
    kind = _KINDS[number % len(_KINDS)]
    is_first = number == 1 or number % _PER_CUSTOMER == 0
    author = (customer, 1, "x", str(10_000_000 + customer), handle, handle, "Somebody", at, at)
    state = ("open", None, None) if is_open else ("answered", at + 30 * MINUTE, 1)
    return (
        [author] if is_first else [],
        [(number, 1, 1, "x", native, customer)],
        [
            (
                *(number, 1, 1, "x", native, native, "mention", customer, number, text),
                *(at, at, native, "public", 0),
            )
        ],
        [(number, 1, kind, "{}", "[]", 1.0)],
        [
            (
                *(number, 1, 1, number, state[0], kind, 0, 1, number, number, 1, at, at),
                *(at + HOUR * (1 + number % 24), number, at + 45 * MINUTE, 1, state[1]),
                *("", 0, state[2], "", 1.0),
            )
        ],
    )


def posts_of(number: int, many: int, at: int) -> Iterator[tuple[str, str, str]]:
    """A page of new mentions behind those of a store: native id, author's id, text."""
    for i in range(many):
        native = 1_999_000_000_000_000_000 + (number * many + i) * 4_194_304
        words = _WORDS[(number + i) % len(_WORDS)]
        yield str(native), str(10_000_001 + (number * many + i) // 2), f"@acme {words} {at}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("out")
    parser.add_argument("--open", type=int, default=1_000)
    told = parser.parse_args()
    make_store(told.count, told.out if is_url(told.out) else Path(told.out), told.open)
