"""What Datasette is told of a store: titles, descriptions, facets, and questions to start from.

The questions are of the last 30 days up to now, which Datasette fills in as `:_now_epoch`, and
their days are UTC. Figures that need more than a query (business time, days of a zone, the median
that counts who still waits) are in `triage report`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triage.store.engine import Engine
from triage.store.schema import iso
from triage.store.themes import JOIN, THEME

_DAY = 86_400_000
_SINCE = "(:_now_epoch - 30 * 86400) * 1000"
_OURS = "brand_id IN (SELECT id FROM brand)"
"""Says nothing but lets the indexes work: brand leads every one."""

_COLUMNS = {
    "conversation": "Its id is what people type: triage show 41",
    "kind": "complaint, question, other or praise",
    "theme": "What a complaint is about",
    "policy": "Which promise of the configuration holds",
    "due_at": "By when an answer was promised, UTC",
    "native_id": "The channel's own id",
    "confidence": "How sure the rules are, 0..1",
    "outside": "1: answered in another app",
    "is_met": "1: answered in time, 0: too late",
    "needs_answer": "1: some policy demands an answer",
    "waited_s": "Seconds from the first mention to the end",
    "outcome": "in time, late, waiting, or how else it ended",
    "answered_after_s": "Seconds from the mention to the answer",
    "late_s": "Seconds from the due time to the answer",
    "fetched_at": "When it was read from the channel, UTC",
}
"""What columns of the views mean, wherever they come up."""

_TABLES: Mapping[str, tuple[str, str, tuple[str, ...], str]] = {
    "queue": (
        "Queue",
        "Who waits for an answer now.",
        ("kind", "account", "policy", "hold"),
        "",
    ),
    "report_waits": (
        "Waits that demanded an answer",
        "One row for each, with what became of it: what reports count.",
        ("outcome", "kind", "theme", "agent", "policy", "account", "language"),
        "opened_at",
    ),
    "waits": (
        "All waits",
        "Also those that no policy demands an answer to.",
        ("state", "kind", "agent", "policy", "account"),
        "opened_at",
    ),
    "mentions": (
        "Mentions",
        "What customers wrote, and what it was taken for.",
        ("kind", "theme", "account", "lang", "channel"),
        "posted_at",
    ),
    "acts": ("Acts", "Who did what, as triage log shows it.", ("agent", "what"), "id"),
    "alerts": ("Alerts", "Who was told of which wait.", ("level", "state", "target"), "id"),
    "fetches": ("Fetches", "Each run and what it brought.", ("outcome", "account"), "id"),
    "customers": ("Customers", "Who wrote, by channel.", ("channel",), "seen_at"),
    "replies": ("Replies", "The outbox: what was sent, or is to be.", ("state", "agent"), "id"),
}
"""Title, description, facets, and what it is sorted by from high to low; else its own order."""

_BY_KIND = f"""
SELECT kind, count(*) AS waits,
    count(CASE WHEN state = 'answered' THEN 1 END) AS answered,
    count(CASE WHEN is_met = 1 THEN 1 END) AS in_time,
    count(CASE WHEN is_met = 0 THEN 1 END) AS late,
    count(CASE WHEN state = 'open' THEN 1 END) AS waiting,
    count(CASE WHEN state = 'open' AND due_at <= :_now_epoch * 1000 THEN 1 END) AS overdue,
    100 * count(CASE WHEN is_met = 1 THEN 1 END) / nullif(count(is_met) + count(
        CASE WHEN state = 'open' AND due_at <= :_now_epoch * 1000 THEN 1 END), 0) AS in_time_percent
FROM wait WHERE {_OURS} AND opened_at >= {_SINCE} AND needs_answer = 1
GROUP BY kind ORDER BY kind
"""

_MISSED = f"""
SELECT w.conversation_id AS conversation, c.handle AS customer, w.kind,
    CASE WHEN w.state = 'open' THEN 'overdue' ELSE 'late' END AS missed,
    (coalesce(w.ended_at, :_now_epoch * 1000) - w.due_at) / 60000 AS late_minutes,
    w.agent, {iso("w.opened_at")} AS opened_at, m.text, m.url
FROM wait w JOIN conversation t ON t.id = w.conversation_id
    JOIN customer c ON c.id = t.customer_id JOIN message m ON m.id = w.opening_id
WHERE w.{_OURS} AND w.opened_at >= {_SINCE} AND w.needs_answer = 1
    AND (w.is_met = 0 OR (w.state = 'open' AND w.due_at <= :_now_epoch * 1000))
ORDER BY late_minutes DESC, w.id
"""

_BACKLOG = f"""
WITH RECURSIVE day(number) AS (
    SELECT (:_now_epoch * 1000) / {_DAY} - 29
    UNION ALL SELECT number + 1 FROM day WHERE number < (:_now_epoch * 1000) / {_DAY}
)
SELECT {iso(f"day.number * {_DAY}")} AS day,
    (SELECT count(*) FROM wait w WHERE w.{_OURS} AND w.needs_answer = 1
        AND w.opened_at >= day.number * {_DAY}
        AND w.opened_at < (day.number + 1) * {_DAY}) AS began,
    (SELECT count(*) FROM wait w WHERE w.{_OURS} AND w.needs_answer = 1
        AND w.opened_at < (day.number + 1) * {_DAY}
        AND (w.ended_at IS NULL OR w.ended_at >= (day.number + 1) * {_DAY})) AS waiting
FROM day ORDER BY day.number
"""

_THEMES = f"""
SELECT {THEME} AS theme, count(CASE WHEN m.posted_at >= {_SINCE} THEN 1 END) AS complaints,
    count(CASE WHEN m.posted_at < {_SINCE} THEN 1 END) AS before
FROM message m JOIN verdict v ON v.message_id = m.id {JOIN}
WHERE m.{_OURS} AND m.posted_at >= (:_now_epoch - 60 * 86400) * 1000
    AND v.kind = 'complaint' AND {THEME} IS NOT NULL AND m.role IN ('mention', 'incidental')
GROUP BY 1 ORDER BY complaints DESC, 1
"""

_AGENTS = f"""
SELECT CASE WHEN outside = 1 THEN 'another app' ELSE agent END AS who, count(*) AS answers,
    count(CASE WHEN is_met = 0 THEN 1 END) AS late
FROM wait WHERE {_OURS} AND opened_at >= {_SINCE} AND state = 'answered' AND needs_answer = 1
GROUP BY 1 ORDER BY who
"""

_QUERIES = {
    "by_kind": ("By kind", "Waits of 30 days by kind: answered, in time, late, waiting.", _BY_KIND),
    "missed": ("Not answered in time", "Late or overdue, of 30 days, most late first.", _MISSED),
    "backlog": (
        "Backlog",
        "Who began to wait on each of 30 days, and who waited at its end.",
        _BACKLOG,
    ),
    "themes": ("Themes", "What complaints of 30 days were about, and of the 30 before.", _THEMES),
    "agents": ("Who answered", "Answers to the waits of 30 days, by name.", _AGENTS),
}


def metadata(engine: Engine, database: str) -> dict[str, Any]:
    """What Datasette reads with `-m`. It reads nothing but SQLite, and so does this.

    Args:
        engine: The store: what is in it and has no title is hidden, but there for who names it.
        database: What Datasette calls it: its file's name without the ending.
    """
    names = [
        name
        for (name,) in engine.query(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name", {}
        )
    ]
    tables = {name: _table(engine, name) if name in _TABLES else {"hidden": True} for name in names}
    return {
        "title": "triage",
        "description": "A complaint desk: who waits for an answer, and how well the brand listens.",
        "databases": {
            database: {
                "description": "Times are UTC. Please only read: the rest is computed from facts.",
                "tables": tables,
                "queries": {
                    name: {
                        "title": title,
                        "description": words,
                        "sql": sql.format_map(engine.tokens).strip(),
                    }
                    for name, (title, words, sql) in _QUERIES.items()
                },
            }
        },
    }


def _table(engine: Engine, name: str) -> dict[str, Any]:
    title, words, facets, order = _TABLES[name]
    columns = [
        column
        for (column,) in engine.query("SELECT name FROM pragma_table_info(:table)", {"table": name})
    ]
    made: dict[str, Any] = {
        "title": title,
        "description": words,
        "size": 50,
        "columns": {column: _COLUMNS[column] for column in columns if column in _COLUMNS},
    }
    if order:
        made["sort_desc"] = order
    if facets:
        made["facets"] = list(facets)
    return made
