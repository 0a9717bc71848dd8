"""What is remembered of people: attributes, notes, promises, and who is the same person."""

from __future__ import annotations

from collections.abc import Sequence

from triage.store.engine import Engine, any_of

_MEMBERS = """
SELECT o.customer_id, o.main_id FROM person p JOIN person o ON o.main_id = p.main_id
WHERE p.customer_id = :c ORDER BY o.customer_id <> o.main_id, o.customer_id
"""
_ATTRIBUTES = """
SELECT x.key, x.value FROM attribute x WHERE {of} ORDER BY x.activity_id
"""


class PeopleStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def members(self, customer_id: int) -> tuple[int, ...]:
        """Whoever is the same person as a customer, and themselves; the main one first."""
        rows = self._engine.query(_MEMBERS, {"c": customer_id})
        return tuple(number for number, _ in rows) or (customer_id,)

    def attributes(self, customer_ids: Sequence[int]) -> dict[str, str]:
        """What is noted of these customers together, by key; the newest word counts."""
        params: dict[str, object] = {}
        of = any_of("x.customer_id", "c", customer_ids, params)
        newest: dict[str, str | None] = dict(self._engine.query(_ATTRIBUTES.format(of=of), params))
        return {key: value for key, value in sorted(newest.items()) if value is not None}
