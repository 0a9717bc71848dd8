"""What the queue tells of people: marks of those who wait, in one query, and promises."""

from __future__ import annotations

from collections.abc import Sequence

from triage.core.marks import Marks
from triage.store.engine import Engine, query_in
from triage.store.standing import is_not_voided, stands

_SAME = """
(SELECT t.customer_id UNION SELECT o.customer_id FROM person p JOIN person o
    ON o.main_id = p.main_id WHERE p.customer_id = t.customer_id)
"""
_MARKS = f"""
SELECT t.id,
    (SELECT x.value FROM attribute x JOIN activity a ON a.id = x.activity_id
        WHERE x.key = 'vip' AND x.customer_id IN {_SAME} AND {stands("a")}
        ORDER BY x.activity_id DESC LIMIT 1),
    (SELECT count(DISTINCT w.conversation_id) FROM conversation k
        JOIN wait w ON w.conversation_id = k.id
        WHERE k.customer_id IN {_SAME} AND w.kind = 'complaint' AND w.opened_at > :since)
FROM conversation t WHERE t.id IN ({{values}})
"""

_PROMISES = f"""
SELECT count(CASE WHEN p.due_at <= :now THEN 1 END), count(CASE WHEN p.due_at > :now THEN 1 END)
FROM promise p WHERE p.brand_id = :b AND p.due_at <= :soon
    AND {is_not_voided("p.activity_id")}
    AND NOT EXISTS (SELECT 1 FROM promise_outcome o WHERE o.promise_id = p.id
        AND {is_not_voided("o.activity_id")})
"""


def promises_due(engine: Engine, brand_id: int, now: int, soon: int) -> tuple[int, int]:
    """How many promises are late, and how many are due by `soon`, UTC ms, and are not yet."""
    params = {"b": brand_id, "now": now, "soon": soon}
    late, due = engine.query(_PROMISES, params)[0]
    return int(late), int(due)


def marks(engine: Engine, conversation_ids: Sequence[int], since: int) -> dict[int, Marks]:
    """What an agent should know of whoever these conversations are with, by conversation.

    Args:
        engine: The store.
        conversation_ids: Those that are shown.
        since: From when on complaints count, UTC ms.
    """
    rows = query_in(engine, _MARKS, {"since": since}, conversation_ids)
    return {number: Marks(vip, complaints) for number, vip, complaints in rows}
