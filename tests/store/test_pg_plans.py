"""How a server goes about the hot statements: by the indexes that were made for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

import postgres
from engines import listening
from triage.core.following import Ring
from triage.core.kinds import Kind
from triage.core.queue import QueueFilter
from triage.store.store import SqlStore

MANY = 20_000
_FILL = """
INSERT INTO brand (id, name) VALUES (1, 'acme');
INSERT INTO account (id, brand_id, channel, handle, handle_key, added_at)
    VALUES (1, 1, 'x', 'acme', 'acme', 1);
INSERT INTO message (id, brand_id, account_id, channel, native_id, version_id, role, customer_id,
    conversation_id, text, posted_at, fetched_at, thread_id, visibility, is_history)
    SELECT n, 1, 1, 'x', n, n, 'mention', n, n, 'broken', n, n, n, 'public', 0
    FROM generate_series(1, {many}) n;
INSERT INTO conversation (id, brand_id, account_id, channel, thread_id, customer_id)
    SELECT n, 1, 1, 'x', n, n FROM generate_series(1, {many}) n;
INSERT INTO wait (brand_id, account_id, conversation_id, state, kind, priority, needs_answer,
    opening_id, last_id, mentions, opened_at, fetched_at, due_at, due_by, warn_at, settings_id,
    agent, outside, confidence)
    SELECT 1, 1, n, CASE WHEN n % 400 = 0 THEN 'open' ELSE 'answered' END, 'complaint', 0, 1,
    n, n, 1, n, n, n, n, n, 1, '', 0, CASE WHEN n % 1600 = 0 THEN 0.1 ELSE 0.9 END
    FROM generate_series(1, {many}) n;
INSERT INTO reply (uuid, brand_id, account_id, conversation_id, text, text_key, state, agent,
    created_at, changed_at, attempts, detail)
    SELECT n, 1, 1, n, '', n, 'sent', 'ana', n, n, 1, '' FROM generate_series(1, {many}) n;
INSERT INTO claim (conversation_id, brand_id, agent, claimed_at, until_at)
    SELECT n, 1, 'ana', n, n FROM generate_series(1, {many}) n;
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """Many that were answered, few that wait, and a server that knows how many."""
    postgres.need()
    import psycopg

    folder: Path = tmp_path_factory.mktemp("plans")
    url = postgres.database(folder)
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        # Rows that refer to nothing: what is looked at here are plans.
        connection.execute("SET session_replication_role = replica")
        connection.execute(_FILL.format(many=MANY))
        connection.execute("ANALYZE")
    with closing(SqlStore.open(url)) as store:
        yield store
    postgres.forget(folder)


def plan(store: SqlStore, ask: Callable[[], object]) -> str:
    """How it goes about what is asked: nodes with their indexes or tables."""
    with listening(store.engine) as asked:
        ask()
    nodes: list[str] = []
    stack = []
    for sql, params in asked:
        ((found,),) = store.engine.query(f"EXPLAIN (FORMAT JSON) {sql}", params)
        stack.append(json.loads(found)[0]["Plan"])
    while stack:
        node = stack.pop()
        on = node.get("Index Name") or node.get("Relation Name") or ""
        nodes.append(f"{node['Node Type']} {on}".strip())
        stack += node.get("Plans", ())
    return "; ".join(nodes)


@pytest.mark.parametrize(
    "wanted",
    [
        QueueFilter(1),
        QueueFilter(1, account_ids=[1]),
        QueueFilter(1, include_undue=True),
        QueueFilter(1, kinds=[Kind.COMPLAINT]),
        QueueFilter(1, due_before=MANY),
    ],
)
def test_the_queue_reads_the_partial_index(archive: SqlStore, wanted: QueueFilter) -> None:
    """Open waits alone, whatever the filter; the archive is not looked at."""
    found = plan(archive, lambda: archive.queue.waiting(wanted))
    assert "wait_open" in found
    assert "Seq Scan" not in found


def test_it_does_so_however_often_it_is_asked(archive: SqlStore) -> None:
    """The server makes a plan for all values in the end; the words of the index stand in it."""
    for _ in range(12):
        archive.queue.waiting(QueueFilter(1))
    ((generic,),) = archive.engine.query(
        "SELECT sum(generic_plans) FROM pg_prepared_statements WHERE statement LIKE '%FROM wait w%'"
    )
    assert generic > 0
    with archive.tx():
        archive.queue.waiting(QueueFilter(1))
        ((scans, by_index),) = archive.engine.query(
            "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'wait'"
        )
    assert (scans, by_index > 0) == (0, True)


def test_what_is_in_doubt_has_an_index_of_its_own(archive: SqlStore) -> None:
    """Its bound stands in the statement as it stands in the index."""
    wanted = QueueFilter(1, unsure=True)
    assert "wait_unsure" in plan(archive, lambda: archive.queue.waiting(wanted))


def test_the_marks_of_the_queue_come_from_indexes(archive: SqlStore) -> None:
    """Neither all replies nor all claims are read for them."""
    found = plan(archive, lambda: archive.queue.assignees(1, MANY))
    assert "reply_state" in found
    assert "claim_brand" in found
    assert "Seq Scan" not in found


def test_the_marks_of_people_come_from_indexes(archive: SqlStore) -> None:
    """Of twenty lines: their customers, with what hangs on these."""
    found = plan(archive, lambda: archive.marks(list(range(1, 21)), 0))
    for table in ("wait", "conversation", "message"):
        assert f"Seq Scan {table};" not in f"{found};"


def test_alerts_are_found_among_open_waits(archive: SqlStore) -> None:
    """However many have ended."""
    found = plan(archive, lambda: archive.alerts.cases(1, MANY))
    assert "wait_open" in found
    assert "Seq Scan wait" not in found


def test_what_is_read_again_goes_along_the_time(archive: SqlStore) -> None:
    """From the place where it was left."""
    scope = {"brand_id": 1, "channel": "x", "account": 1, "default": 1}

    def ask() -> None:
        for ring in (Ring.RECENT, Ring.OLD):
            archive.following.ring(scope, ring, 9_000, (8_900, 1), 9)

    assert plan(archive, ask).count("Index Scan message_posted") == 2


def test_what_follows_is_found_by_its_index(archive: SqlStore) -> None:
    """However many replies there are."""
    assert "reply_follows" in plan(archive, lambda: archive.outbox.following(7))
