"""What a report reads: who waited at a time, by indexes alone, however old the time is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from triage.core.kinds import DAY
from triage.core.policy import Settings
from triage.core.report.line import Dimension
from triage.core.report.query import ReportQuery
from triage.store.lasting import lasting
from triage.store.store import SqlStore

NOW = 1_772_442_000_000
LATE = 1 << 52
EDGES = [0, 1, 2 * DAY, 8 * DAY, 32 * DAY, 128 * DAY, 512 * DAY, 2000 * DAY]
"""Where one class of waits ends and the next one begins."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """Waits of all lengths, each at, just below and just above the edge of a class."""
    made = SqlStore.open(tmp_path / "t.db", create=True)
    chance = random.Random(1)  # noqa: S311 - a test repeats what it made
    spans = [max(0, edge + off) for edge in EDGES for off in (-1, 0, 1)]
    spans += [chance.randrange(600 * DAY) for _ in range(60)] + [-1] * 20
    with made.tx():
        brand_id = made.accounts.brand("acme")
        made.accounts.add(brand_id, "x", "acme", "1", NOW)
        made.settings.apply(Settings(), "", "test", NOW)
        made.engine.execute(
            "INSERT INTO customer (brand_id, channel, native_id, handle, handle_key, name, "
            "first_at, seen_at) VALUES (1, 'x', '9', 'ana', 'ana', 'Ana', 0, 0)"
        )
        for number, span in enumerate(spans, 1):
            opened = NOW - chance.randrange(2500 * DAY)
            _add(made, number, opened, None if span < 0 else opened + span)
    yield made
    made.close()


def _add(store: SqlStore, number: int, opened: int, ended: int | None) -> None:
    values = {"id": number, "at": opened, "ended": ended, "state": "answered" if ended else "open"}
    store.engine.execute(
        "INSERT INTO conversation (id, brand_id, account_id, channel, thread_id, customer_id) "
        "VALUES (:id, 1, 1, 'x', :id, 1)",
        {"id": number},
    )
    store.engine.execute(
        "INSERT INTO message (id, brand_id, account_id, channel, native_id, version_id, role, "
        "customer_id, conversation_id, text, posted_at, fetched_at, thread_id, visibility, "
        "is_history) VALUES (:id, 1, 1, 'x', :id, :id, 'mention', 1, :id, '', :at, :at, :id, "
        "'public', 0)",
        {"id": number, "at": opened},
    )
    store.engine.execute(
        "INSERT INTO wait (id, brand_id, account_id, conversation_id, state, kind, priority, "
        "needs_answer, opening_id, last_id, mentions, opened_at, fetched_at, settings_id, "
        "ended_at, agent, outside) VALUES (:id, 1, 1, :id, :state, 'other', 0, 1, :id, :id, 1, "
        ":at, :at, 1, :ended, '', 0)",
        values,
    )


def test_who_lasted_is_found_once(store: SqlStore) -> None:
    """At any time, and at the very begin and end of each wait: exactly those, each once."""
    waits = store.engine.query("SELECT id, opened_at, ended_at FROM wait")
    moments = [at for _, *both in waits for at in both if at is not None]
    for at in [*moments, *(at + 1 for at in moments[::5]), NOW, 0]:
        found = [w.id for w in store.report.carried(ReportQuery(1, at, at + 1, LATE))]
        expected = [n for n, opened, ended in waits if opened < at and (ended or at) >= at]
        assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("analyzed", [False, True])
def test_an_index_leads_to_each(store: SqlStore, *, analyzed: bool) -> None:
    """The queue's for the open, that of the begin for the short, that of classes for the long."""
    if analyzed:
        store.engine.execute("ANALYZE")
    plans = []
    for which, values in lasting(NOW):
        sql = f"SELECT * FROM wait WHERE brand_id = :brand_id AND needs_answer = 1 AND {which}"  # noqa: S608
        plan = store.engine.query(f"EXPLAIN QUERY PLAN {sql}", {"brand_id": 1, **values})
        plans.append(" ".join(str(row[-1]) for row in plan))
    assert "wait_open " in plans[0]
    assert "wait_opened (brand_id=? AND opened_at>? AND opened_at<?)" in plans[1]
    assert len(plans[2:]) == 5
    for plan_of_class in plans[2:]:
        assert "USING INDEX wait_long (brand_id=? AND <expr>=? AND opened_at" in plan_of_class


def test_nothing_reads_a_whole_table(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each statement of a report searches the tables that grow."""
    seen: list[tuple[str, object]] = []
    query = type(store.engine).query

    def noted(self: object, sql: str, params: object = None) -> list[tuple[object, ...]]:
        seen.append((sql, params))
        return query(store.engine, sql, params)  # type: ignore[arg-type]

    monkeypatch.setattr(type(store.engine), "query", noted)
    from triage.app.report_lines import load_lines
    from triage.app.reporting import load_report

    query_of_month = ReportQuery(1, NOW - 30 * DAY, NOW, NOW)
    load_report(store, query_of_month)
    for by in Dimension:
        load_lines(store, replace(query_of_month, by=by))
    monkeypatch.undo()
    assert len(seen) > 10
    for sql, params in seen:
        plan = store.engine.query(f"EXPLAIN QUERY PLAN {sql}", params)  # type: ignore[arg-type]
        for *_, step in plan:
            big = any(f"SCAN {name}" in step for name in ("wait", "m", "w", "v", "c", "t", "g"))
            assert not big, f"{step}: {sql}"
