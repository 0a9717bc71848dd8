"""What is read again, and what is missing, is found without looking at the whole archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import Desk, busy_desk
from engines import sqlite_only
from triage.core.following import Ring
from triage.store.engine import Params, Row
from triage.store.following import FollowingStore

SCOPE = {"brand_id": 1, "channel": "memory", "account": 1, "default": 1}


class Spy:
    """Runs statements, and keeps how SQLite would go about them."""

    def __init__(self, desk: Desk) -> None:
        self.engine = desk.store.engine
        self.plan: list[str] = []

    def query(self, sql: str, params: Params | None = None) -> list[Row]:
        """Run one."""
        self.plan += [row[3] for row in self.engine.query(f"EXPLAIN QUERY PLAN {sql}", params)]
        return self.engine.query(sql, params)


@pytest.fixture
def spy(tmp_path: Path) -> Iterator[Spy]:
    """Over a desk with some of everything."""
    desk = busy_desk(tmp_path)
    yield Spy(desk)
    desk.close()


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
def test_open_conversations_are_found_by_who_waits(spy: Spy) -> None:
    """From the index of open waits to the messages of their conversations."""
    found = FollowingStore(spy).ring(SCOPE, Ring.OPEN, 0, (0, -1), 25)  # type: ignore[arg-type]
    assert len(found) == 3
    assert any("wait_open" in step for step in spy.plan)
    assert any("m USING INDEX message_conversation" in step for step in spy.plan)


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
@pytest.mark.parametrize("ring", [Ring.RECENT, Ring.OLD])
def test_the_other_rings_go_along_the_time(spy: Spy, ring: Ring) -> None:
    """From the place where the ring was left, in the order of the index."""
    FollowingStore(spy).ring(SCOPE, ring, 0, (0, -1), 25)  # type: ignore[arg-type]
    (step,) = spy.plan
    assert "message_posted (brand_id=? AND posted_at>?" in step


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
def test_missing_parents_are_looked_for_behind_a_message(spy: Spy) -> None:
    """By our own ids, which only grow."""
    FollowingStore(spy).missing(1, "memory", 5, 10, 3)  # type: ignore[arg-type]
    assert "SEARCH m USING INTEGER PRIMARY KEY (rowid>?)" in spy.plan
    assert not [step for step in spy.plan if "TEMP B-TREE" in step]


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
def test_a_thread_is_found_by_its_id(spy: Spy) -> None:
    """Whatever else the brand was written."""
    FollowingStore(spy).of_conversations([1])  # type: ignore[arg-type]
    assert any("m USING INDEX message_thread" in step for step in spy.plan)
