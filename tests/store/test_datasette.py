"""What Datasette is told: everything that it names is there, and every question has an answer."""

from __future__ import annotations

from typing import Any

import pytest

from builders import START, Desk
from engines import lite, sqlite_only
from triage.core.model import HOUR

pytestmark = sqlite_only("Datasette reads a file")

_NOW = {"_now_epoch": START // 1000}
QUESTIONS = ("by_kind", "missed", "backlog", "themes", "agents")


@pytest.fixture
def told(busy: Desk) -> dict[str, Any]:
    """What is told of the busy desk."""
    database: dict[str, Any] = busy.store.datasette("triage")["databases"]["triage"]
    return database


def _shown(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: table for name, table in told["tables"].items() if "hidden" not in table}


def _all_of(desk: Desk, name: str) -> list[dict[str, Any]]:
    return _ask(desk, f"SELECT * FROM {name}")  # noqa: S608 - a name of ours


def _columns(desk: Desk, name: str) -> set[str]:
    found = lite(desk.store).connection.execute(f"SELECT * FROM {name}")  # noqa: S608 - the same
    return {column[0] for column in found.description}


def _ask(desk: Desk, sql: str) -> list[dict[str, Any]]:
    found = lite(desk.store).connection.execute(sql, _NOW)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def test_what_is_named_is_there(busy: Desk, told: dict[str, Any]) -> None:
    """Every view that is shown can be read, with each column, facet and order that is named."""
    assert {"queue", "waits", "report_waits", "mentions"} <= set(_shown(told))
    for name, table in _shown(told).items():
        named = {*table["columns"], *table.get("facets", ()), table.get("sort_desc", "brand")}
        assert named <= _columns(busy, name), name
        assert table["title"]
        assert table["description"]


def test_tables_behind_the_views_are_hidden(busy: Desk, told: dict[str, Any]) -> None:
    """Only views are shown, and nothing is forgotten: a new table is hidden by itself."""
    rows = lite(busy.store).connection.execute("SELECT name, type FROM sqlite_master").fetchall()
    views = {name for name, sort in rows if sort == "view"}
    assert set(_shown(told)) == views
    assert set(told["tables"]) == {name for name, sort in rows if sort in {"view", "table"}}


def test_times_are_for_people(busy: Desk, told: dict[str, Any]) -> None:
    """No view shows a time as a number."""
    for name in _shown(told):
        for row in _all_of(busy, name):
            for column, value in row.items():
                if column.endswith("_at") and value is not None:
                    assert value.startswith("2026-0"), (name, column)


def test_questions(busy: Desk, told: dict[str, Any]) -> None:
    """They count what the busy desk holds."""
    answers = {name: _ask(busy, told["queries"][name]["sql"]) for name in QUESTIONS}
    assert set(told["queries"]) == set(QUESTIONS)
    complaint, question = answers["by_kind"]
    assert (complaint["kind"], complaint["waits"], complaint["answered"]) == ("complaint", 3, 1)
    assert (complaint["in_time"], complaint["waiting"], complaint["overdue"]) == (1, 2, 1)
    assert complaint["in_time_percent"] == 50
    assert (question["late"], question["in_time_percent"]) == (1, 0)
    missed = [(row["customer"], row["missed"], row["late_minutes"]) for row in answers["missed"]]
    assert missed == [("ana", "overdue", 120), ("dee", "late", 60)]
    assert len(answers["backlog"]) == 30
    today = answers["backlog"][-1]
    assert (today["day"][:10], today["began"], today["waiting"]) == ("2026-03-02", 5, 3)
    assert [(row["who"], row["answers"], row["late"]) for row in answers["agents"]] == [
        ("another app", 2, 1)
    ]


def test_what_became_of_waits(busy: Desk) -> None:
    """One word for it, and seconds where there are some."""
    rows = {row["customer"]: row for row in _all_of(busy, "report_waits")}
    outcomes = {name: row["outcome"] for name, row in rows.items()}
    assert outcomes == {
        "dee": "late",
        "carlos": "in time",
        "ana": "waiting",
        "bo": "waiting",
        "finn": "waiting",
    }
    assert (rows["dee"]["answered_after_s"], rows["dee"]["late_s"]) == (5 * HOUR // 1000, 3600)
    assert rows["ana"]["answered_after_s"] is None


@pytest.mark.parametrize("name", QUESTIONS)
def test_questions_read_indexes(busy: Desk, told: dict[str, Any], name: str) -> None:
    """None goes through all waits or all messages: they grow for years."""
    sql = told["queries"][name]["sql"]
    plan = [row["detail"] for row in _ask(busy, f"EXPLAIN QUERY PLAN {sql}")]
    assert plan
    assert not [step for step in plan if step.split()[:2] in (["SCAN", "w"], ["SCAN", "m"])]
    assert not [step for step in plan if step.startswith(("SCAN wait", "SCAN message"))]
