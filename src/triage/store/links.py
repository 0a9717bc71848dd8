"""Links between customers as acts, and what was noted of people that they join."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from triage.core.linking import Linked, Noted, attributes_over_time, ever_linked
from triage.core.wait import Attribute
from triage.store.engine import Engine, query_in
from triage.store.standing import stands

_LINKS = f"""
SELECT l.activity_id, a.at, l.customer_id, l.main_id
FROM customer_link l JOIN activity a ON a.id = l.activity_id
WHERE a.brand_id = :b AND {stands("a")} ORDER BY l.activity_id
"""
"""An agent types each: there are few."""
_NOTED = f"""
SELECT x.activity_id, a.at, x.customer_id, x.key, x.value
FROM attribute x JOIN activity a ON a.id = x.activity_id
WHERE x.customer_id IN ({{values}}) AND {stands("a")}
"""


def links(engine: Engine, brand_id: int) -> list[Linked]:
    """All links of a brand, in the order of acts."""
    return [Linked._make(row) for row in engine.query(_LINKS, {"b": brand_id})]


def attributes_through_links(
    engine: Engine, brand_id: int, customer_ids: Collection[int]
) -> dict[int, list[Attribute]]:
    """What was noted, and when, of these customers and of whoever was the same person then.

    Only of those who ever were one with somebody else; oldest first.
    """
    linked = links(engine, brand_id)
    among = {i for link in linked for i in (link.customer_id, link.main_id) if i is not None}
    asked = among.intersection(customer_ids)
    if not asked:
        return {}
    noted = _noted(engine, ever_linked(linked, asked))
    return attributes_over_time(noted, linked, asked)


def _noted(engine: Engine, customer_ids: Collection[int]) -> Sequence[Noted]:
    rows = query_in(engine, _NOTED, {}, customer_ids)
    return sorted((Noted._make(row) for row in rows), key=lambda noted: noted.id)
