"""Make a store of N mentions with a given number of open waits, straight into its tables.

Usage: python benchmarks/make_store.py N OUT [--open 1000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from triage.core.model import HOUR, MINUTE
from triage.core.policy import Settings
from triage.store.store import SqlStore

_BATCH = 20_000
_PER_CUSTOMER = 5
_KINDS = ("complaint", "question", "other", "praise")
_WORDS = (
    "my parcel never arrived and nobody answers",
    "do you open on sundays",
    "thanks a lot for the quick help today",
    "the app crashes on login since the update",
    "charged twice for one order, please refund",
)


def make_store(count: int, path: Path, open_waits: int = 1_000) -> None:
    """Write `count` mentions, one conversation and one wait each; the newest are open."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    store = SqlStore.open(path, create=True)
    now = time.time_ns() // 1_000_000
    with store.tx():
        brand_id = store.accounts.brand("acme")
        store.accounts.add(brand_id, "x", "acme", "1", now)
        store.settings.apply(Settings(), "", "bench", now)
    store.engine.execute("PRAGMA foreign_keys = OFF")
    for first in range(1, count + 1, _BATCH):
        last = min(first + _BATCH, count + 1)
        with store.tx():
            for sql, rows in _batch(first, last, count, open_waits, now):
                store.engine.many(sql, rows)
    store.index_search(100_000)
    store.engine.execute("ANALYZE")
    store.close()


def _batch(
    first: int, last: int, count: int, open_waits: int, now: int
) -> Iterator[tuple[str, list[dict[str, object]]]]:
    rows = [_row(i, count, open_waits, now) for i in range(first, last)]
    yield (
        (
            "INSERT INTO customer (id, brand_id, channel, native_id, handle, handle_key, name, "
            "first_at, seen_at) VALUES (:customer, 1, 'x', :author, :handle, :handle, 'Somebody', "
            ":at, :at) ON CONFLICT DO NOTHING"
        ),
        rows,
    )
    yield (
        (
            "INSERT INTO conversation (id, brand_id, account_id, channel, thread_id, customer_id) "
            "VALUES (:id, 1, 1, 'x', :native, :customer)"
        ),
        rows,
    )
    yield (
        (
            "INSERT INTO message (id, brand_id, account_id, channel, native_id, version_id, role, "
            "customer_id, conversation_id, text, posted_at, fetched_at, thread_id, visibility, "
            "is_history) VALUES (:id, 1, 1, 'x', :native, :native, 'mention', :customer, :id, "
            ":text, :at, :at, :native, 'public', 0)"
        ),
        rows,
    )
    yield (
        (
            "INSERT INTO verdict (message_id, settings_id, kind, scores, because) "
            "VALUES (:id, 1, :kind, '{}', '[]')"
        ),
        rows,
    )
    yield (
        (
            "INSERT INTO wait (brand_id, account_id, conversation_id, state, kind, priority, "
            "needs_answer, opening_id, last_id, mentions, opened_at, fetched_at, due_at, due_by, "
            "warn_at, settings_id, ended_at, agent, outside, is_met) VALUES (1, 1, :id, :state, "
            ":kind, 0, 1, :id, :id, 1, :at, :at, :due, :id, :warn, 1, :ended, '', 0, :met)"
        ),
        rows,
    )


def _row(number: int, count: int, open_waits: int, now: int) -> dict[str, object]:
    at = now - (count - number) * 20_000
    is_open = number > count - open_waits
    customer = number // _PER_CUSTOMER + 1
    return {
        "id": number,
        "customer": customer,
        "author": str(10_000_000 + customer),
        "handle": f"customer_{customer}",
        "native": str(1_900_000_000_000_000_000 + number * 4_194_304),
        "text": f"@acme {_WORDS[number % len(_WORDS)]} #{number}",
        "at": at,
        "kind": _KINDS[number % len(_KINDS)],
        "state": "open" if is_open else "answered",
        "due": at + HOUR * (1 + number % 24),
        "warn": at + 45 * MINUTE,
        "ended": None if is_open else at + 30 * MINUTE,
        "met": None if is_open else 1,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--open", type=int, default=1_000)
    told = parser.parse_args()
    make_store(told.count, told.out, told.open)
