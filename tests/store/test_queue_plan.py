"""Which index the queue reads: its cost must not grow with the archive."""

from __future__ import annotations

import pytest

from builders import Desk
from engines import lite, sqlite_only
from triage.core.kinds import Kind
from triage.core.queue import QueueFilter


def plan(desk: Desk, wanted: QueueFilter) -> str:
    """How SQLite goes about it, in a file of which it has no statistics."""
    connection = lite(desk.store).connection
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    desk.store.queue.waiting(wanted)
    connection.set_trace_callback(None)
    rows = desk.store.engine.query(f"EXPLAIN QUERY PLAN {asked[0]}")
    return "; ".join(row[3] for row in rows)


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
@pytest.mark.parametrize(
    "wanted",
    [
        QueueFilter(1),
        QueueFilter(1, account_ids=[1]),
        QueueFilter(1, include_undue=True),
        QueueFilter(1, kinds=[Kind.COMPLAINT]),
        QueueFilter(1, due_before=1),
    ],
)
def test_the_queue_reads_one_index_and_no_row(desk: Desk, wanted: QueueFilter) -> None:
    """Open waits alone, all that is asked for from the index, whatever the filter."""
    assert "USING COVERING INDEX wait_open (brand_id=? AND state=?" in plan(desk, wanted)


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
@pytest.mark.parametrize("undue", [False, True])
def test_what_is_in_doubt_has_an_index_of_its_own(desk: Desk, undue: bool) -> None:
    """However many wait, only those in doubt are looked at; so its bound is the program's."""
    wanted = QueueFilter(1, include_undue=undue, unsure=True)
    assert "USING INDEX wait_unsure (brand_id=? AND state=?" in plan(desk, wanted)
