"""Lists of people: who waits, complains again, praises, or fell silent.

Which people, and then what is told of them: the first is asked of indexes alone, the second only
of those that are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from triage.core.marks import REPEAT_WITHIN, VIP, Marks
from triage.core.people import REMEMBERED, Customer, Listed, PeopleFilter
from triage.store.engine import Engine, Params, Row, any_of, query_in
from triage.store.standing import stands

_PERSON = "coalesce(p.main_id, t.customer_id)"
_WAITS = """
FROM wait w JOIN conversation t ON t.id = w.conversation_id
LEFT JOIN person p ON p.customer_id = t.customer_id
"""
_TOLD = "w.kind IN ('complaint', 'praise')"
"""Written as in the partial index `wait_told`, so that a planner sees that it fits."""
_WAITING = f"""
SELECT {_PERSON} AS id {_WAITS}
WHERE w.brand_id = :b AND w.state = 'open' AND w.needs_answer = 1 {{ours}}
"""
_REPEAT = f"""
SELECT {_PERSON} AS id {_WAITS}
WHERE w.brand_id = :b AND {_TOLD} AND w.kind = 'complaint' AND w.opened_at > :lately {{ours}}
GROUP BY {_PERSON} HAVING min(w.conversation_id) < max(w.conversation_id)
"""
"""That there are two is told without counting; see `REPEAT_FROM`."""
_ADVOCATES = f"""
SELECT {_PERSON} AS id {_WAITS}
WHERE w.brand_id = :b AND {_TOLD} AND w.opened_at > :remembered {{ours}}
GROUP BY {_PERSON}
HAVING max(CASE w.kind WHEN 'praise' THEN w.opened_at END)
        > coalesce(max(CASE w.kind WHEN 'complaint' THEN w.opened_at END), 0)
    AND (count(CASE w.kind WHEN 'complaint' THEN 1 END) > 0
        OR min(CASE w.kind WHEN 'praise' THEN w.conversation_id END)
            < max(CASE w.kind WHEN 'praise' THEN w.conversation_id END))
"""
_STILL_WAITS = """
JOIN wait q ON q.conversation_id = k.id AND q.state = 'open' AND q.needs_answer = 1
"""
_SILENT = f"""
SELECT {_PERSON} AS id {_WAITS} JOIN customer c ON c.id = t.customer_id
WHERE w.brand_id = :b AND {_TOLD} AND w.kind = 'complaint' AND w.state = 'answered'
    AND w.opened_at > :remembered AND w.ended_at <= :silent_since AND c.seen_at <= w.ended_at
    AND NOT EXISTS (SELECT 1 FROM person o JOIN customer d ON d.id = o.customer_id
        WHERE o.main_id = p.main_id AND d.seen_at > w.ended_at)
    AND NOT EXISTS (SELECT 1 FROM conversation k {_STILL_WAITS}
        WHERE k.customer_id = t.customer_id)
    AND NOT EXISTS (SELECT 1 FROM person o JOIN conversation k ON k.customer_id = o.customer_id
        {_STILL_WAITS} WHERE o.main_id = p.main_id) {{ours}}
"""
_TALKED = "SELECT 1 FROM conversation t WHERE t.customer_id = c.id {ours}"
_NEWEST = f"""
SELECT x.id, x.seen_at FROM (
    SELECT c.id, c.seen_at FROM customer c
    WHERE c.brand_id = :b AND NOT EXISTS (SELECT 1 FROM person p WHERE p.customer_id = c.id)
        AND EXISTS ({_TALKED})
    ORDER BY c.seen_at DESC, c.id DESC {{limit}}
) x
UNION ALL
SELECT p.main_id, max(c.seen_at) FROM person p CROSS JOIN customer c
WHERE c.id = p.customer_id AND c.brand_id = :b AND EXISTS ({_TALKED}) GROUP BY p.main_id
ORDER BY 2 DESC, 1 DESC {{limit}}
"""
"""Those who are one person with others are few: they are looked up from there (CROSS JOIN)."""
_CHOSEN = """
WITH f AS MATERIALIZED ({first})
SELECT x.id, max(x.seen_at) FROM (
    SELECT f.id, c.seen_at FROM f CROSS JOIN customer c WHERE c.id = f.id
    UNION ALL
    SELECT p.main_id, c.seen_at FROM person p CROSS JOIN customer c
    WHERE c.id = p.customer_id AND p.main_id IN (SELECT f.id FROM f)
) x WHERE 1 = 1 {others} GROUP BY x.id ORDER BY 2 DESC, 1 DESC {limit}
"""
_FIGURES = f"""
SELECT {_PERSON}, count(DISTINCT t.id),
    count(DISTINCT CASE WHEN w.state = 'open' AND w.needs_answer = 1 THEN t.id END),
    min(CASE WHEN w.state = 'open' AND w.needs_answer = 1 THEN w.opened_at END),
    count(DISTINCT CASE WHEN w.kind = 'praise' AND w.opened_at > :remembered THEN t.id END),
    max(CASE WHEN w.kind = 'praise' AND w.opened_at > :remembered THEN w.opened_at END),
    max(CASE WHEN w.kind = 'complaint' AND w.opened_at > :remembered THEN w.opened_at END),
    max(CASE WHEN w.kind = 'complaint' AND w.opened_at > :remembered AND w.state = 'answered'
        THEN w.ended_at END),
    count(DISTINCT CASE WHEN w.kind = 'complaint' AND w.opened_at > :lately THEN t.id END)
FROM conversation t LEFT JOIN wait w ON w.conversation_id = t.id
LEFT JOIN person p ON p.customer_id = t.customer_id
WHERE {{these}} GROUP BY {_PERSON}
"""
_THESE_TALKS = """
t.customer_id IN (SELECT c.id FROM customer c WHERE c.id IN ({values})
    UNION SELECT o.customer_id FROM person o WHERE o.main_id IN ({values}))
"""
_CUSTOMERS = """
SELECT c.id, c.channel, c.native_id, c.handle, c.name, c.followers, c.first_at, c.seen_at
FROM customer c WHERE {these}
"""
_MEMBERS = "SELECT p.customer_id, p.main_id FROM person p WHERE {these}"
_NOTED = f"""
SELECT x.activity_id, x.customer_id, x.key, x.value
FROM attribute x JOIN activity a ON a.id = x.activity_id WHERE {{these}} AND {stands("a")}
"""
_MANY = 1_000
"""From so many people on, one statement over all of a brand costs less than many over some."""
_ALL = "1 = 1"


def people(engine: Engine, wanted: PeopleFilter) -> list[Listed]:
    """People as they are listed, from whoever wrote last."""
    params: dict[str, Any] = {
        "b": wanted.brand_id,
        "lately": wanted.now - REPEAT_WITHIN,
        "remembered": wanted.now - REMEMBERED,
    }
    chosen = _chosen(engine, wanted, params)
    last_at: dict[int, int] = dict(chosen)
    persons = [number for number, _ in chosen]
    mains: dict[int, int] = dict(_rows(engine, _MEMBERS, "p.main_id", _ALL, persons))
    many = Counter(mains.values())
    figures = {
        row[0]: row[1:]
        for row in _rows(engine, _FIGURES, _THESE_TALKS, "t.brand_id = :b", persons, params)
    }
    customers = {
        row[0]: Customer._make(row)
        for row in _rows(engine, _CUSTOMERS, "c.id", "c.brand_id = :b", persons, params)
    }
    noted = _noted(engine, {i: i for i in persons} | mains)
    return [
        _listed(customers[i], many[i] or 1, last_at[i], figures[i], noted.get(i, {}))
        for i in persons
        # Somebody may have linked them since they were chosen.
        if i in customers and i in figures
    ]


def _rows(
    engine: Engine,
    sql: str,
    these: str,
    everybody: str,
    ids: Sequence[int],
    params: Params | None = None,
) -> Iterable[Row]:
    """What a statement tells of some people, or of all where they are many.

    Args:
        engine: The database.
        sql: With `{these}` for whom it is about.
        these: A condition with `{values}`, or a column that is one of them.
        everybody: The condition of all.
        ids: Of whom.
        params: What else it needs.
    """
    if len(ids) >= _MANY:
        return engine.query(sql.format(these=everybody), params or {})
    condition = these if "{values}" in these else f"{these} IN ({{values}})"
    return query_in(engine, sql.format(these=condition), params or {}, ids)


def _chosen(engine: Engine, wanted: PeopleFilter, params: dict[str, Any]) -> list[Row]:
    """Who is listed, with when they wrote last, in order."""
    asked = dict(params)
    ours = ""
    if wanted.account_ids:
        ours = f"AND {any_of('t.account_id', 'a', wanted.account_ids, asked)}"
    limit = ""
    if wanted.limit is not None:
        limit, asked["limit"] = "LIMIT :limit", wanted.limit
    if not wanted.is_narrow:
        return engine.query(_NEWEST.format(ours=ours, limit=limit), asked)
    filters = []
    if wanted.waiting:
        filters.append(_WAITING)
    if wanted.repeat:
        filters.append(_REPEAT)
    if wanted.advocates:
        filters.append(_ADVOCATES)
    if wanted.silent_for is not None:
        filters.append(_SILENT)
        asked["silent_since"] = wanted.now - wanted.silent_for
    first, *others = [one.format(ours=ours) for one in filters]
    also = "".join(f" AND x.id IN ({one})" for one in others)
    return engine.query(_CHOSEN.format(first=first, others=also, limit=limit), asked)


def _noted(engine: Engine, mains: dict[int, int]) -> dict[int, dict[str, str]]:
    newest: dict[int, dict[str, str | None]] = {}
    found = _rows(engine, _NOTED, "x.customer_id", _ALL, list(mains))
    for _, customer_id, key, value in sorted(row for row in found if row[1] in mains):
        newest.setdefault(mains[customer_id], {})[key] = value
    return {
        main: {key: value for key, value in sorted(by_key.items()) if value is not None}
        for main, by_key in newest.items()
    }


def _listed(
    customer: Customer, members: int, last_at: int, figures: Row, noted: dict[str, str]
) -> Listed:
    *counts, complaints = figures
    marks = Marks(noted.get(VIP), complaints)
    return Listed._make((customer, members, *counts, last_at, marks, noted))
