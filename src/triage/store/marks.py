"""What is marked of the customers of some conversations, in one query."""

from __future__ import annotations

from collections.abc import Sequence

from triage.core.marks import Marks
from triage.store.engine import Engine, query_in
from triage.store.standing import stands

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


def marks(engine: Engine, conversation_ids: Sequence[int], since: int) -> dict[int, Marks]:
    """What an agent should know of whoever these conversations are with, by conversation.

    Args:
        engine: The store.
        conversation_ids: Those that are shown.
        since: From when on complaints count, UTC ms.
    """
    rows = query_in(engine, _MARKS, {"since": since}, conversation_ids)
    return {number: Marks(vip, complaints) for number, vip, complaints in rows}
