"""Which indexes marks and lists of people read: not the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders import Desk
from engines import lite, sqlite_only
from triage.core.marks import REPEAT_WITHIN
from triage.core.people import PeopleFilter

pytestmark = sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty desk: the plan is that of a file without statistics."""
    made = Desk(tmp_path)
    yield made
    made.close()


def plan(desk: Desk, ask: Callable[[], object]) -> str:
    """How SQLite goes about the first statement."""
    connection = lite(desk.store).connection
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    ask()
    connection.set_trace_callback(None)
    rows = desk.store.engine.query(f"EXPLAIN QUERY PLAN {asked[0]}")
    return "; ".join(row[3] for row in rows)


def test_the_marks_of_the_queue(desk: Desk) -> None:
    """Conversations by their ids, and what hangs on their customers; nothing is read through."""
    since = desk.now - REPEAT_WITHIN
    found = plan(desk, lambda: desk.store.marks([1, 2, 3], since))
    assert "SCAN" not in found.replace("SCAN CONSTANT ROW", "")
    for index in ("attribute_customer", "conversation_customer", "wait_conversation"):
        assert index in found


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "customer_seen"),
        ({"waiting": True}, "wait_open"),
        ({"repeat": True}, "COVERING INDEX wait_told (brand_id=? AND kind=? AND opened_at>?)"),
        ({"advocates": True}, "COVERING INDEX wait_told (brand_id=? AND kind=? AND opened_at>?)"),
        ({"silent_for": 1}, "COVERING INDEX wait_told (brand_id=? AND kind=? AND opened_at>?)"),
    ],
)
def test_who_is_listed(desk: Desk, wanted: dict[str, int], index: str) -> None:
    """Each filter has its index, and no table is read from one end to the other."""
    asked = PeopleFilter(1, desk.now, limit=20, **wanted)  # type: ignore[arg-type]
    found = plan(desk, lambda: desk.store.people.people(asked))
    assert index in found
    for table in ("wait", "conversation", "customer", "message", "w", "t", "c"):
        assert f"SCAN {table};" not in f"{found};"
