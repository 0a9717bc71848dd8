"""What is held of one customer: who they are, how much it is, what stands in the way, all of it.

Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from triage.core.privacy import Hindrance, Holdings, Person
from triage.store.engine import Engine
from triage.store.personal import REGISTRY, held

_PERSON = "c.id, c.brand_id, c.channel, c.native_id, c.handle, c.name"
_TALKS = "SELECT t.id FROM conversation t WHERE t.customer_id = :customer"
_COUNTS = f"""
SELECT (SELECT count(*) FROM conversation t WHERE t.customer_id = :customer),
    (SELECT count(*) FROM message m WHERE m.customer_id = :customer),
    (SELECT count(*) FROM message m WHERE m.role = 'own' AND m.conversation_id IN ({_TALKS})),
    (SELECT count(*) FROM message_version WHERE {REGISTRY["message_version"].whose}),
    (SELECT count(*) FROM payload WHERE {REGISTRY["payload"].whose}),
    (SELECT count(*) FROM attribute x WHERE x.customer_id = :customer)
        + (SELECT count(*) FROM note x WHERE x.customer_id = :customer AND x.voids_id IS NULL)
        + (SELECT count(*) FROM promise x WHERE x.customer_id = :customer),
    (SELECT count(*) FROM reply r WHERE r.conversation_id IN ({_TALKS})),
    (SELECT count(*) FROM reply_media WHERE {REGISTRY["reply_media"].whose})
"""


class HoldingStore:
    """See the module; `PrivacyStore` takes it out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def person(self, customer_id: int) -> Person:
        """A customer by our id."""
        values = {"customer": customer_id}
        row = self._engine.query(f"SELECT {_PERSON} FROM customer c WHERE c.id = :customer", values)
        former = self._engine.query(
            "SELECT h.handle FROM former_handle h WHERE h.customer_id = :customer "
            "ORDER BY h.handle",
            values,
        )
        return Person._make((*row[0], tuple(handle for (handle,) in former)))

    def conversations(self, customer_id: int) -> list[int]:
        """Ids of their conversations, oldest first."""
        rows = self._engine.query(f"{_TALKS} ORDER BY t.id", {"customer": customer_id})
        return [number for (number,) in rows]

    def holdings(self, customer_id: int) -> Holdings:
        """How much is held of them."""
        return Holdings(*map(int, self._engine.query(_COUNTS, {"customer": customer_id})[0]))

    def hindrances(self, customer_id: int) -> list[Hindrance]:
        """Replies to them that are being sent, of unknown fate, or still to be taken back."""
        rows = self._engine.query(
            f"SELECT r.id, r.state FROM reply r WHERE r.conversation_id IN ({_TALKS}) "
            "AND (r.state IN ('sending', 'unknown') OR r.undo_at IS NOT NULL AND r.state = 'sent') "
            "ORDER BY r.id",
            {"customer": customer_id},
        )
        return [Hindrance(*row) for row in rows]

    def waiting_replies(self, customer_id: int) -> list[tuple[int, str]]:
        """Ids and states of replies to them that could still go out."""
        rows = self._engine.query(
            f"SELECT r.id, r.state FROM reply r WHERE r.conversation_id IN ({_TALKS}) AND "
            "r.state IN ('draft', 'scheduled', 'held', 'queued', 'failed') ORDER BY r.id",
            {"customer": customer_id},
        )
        return [(number, state) for number, state in rows]

    def export(self, customer_id: int) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Every row that is held of them, with the name of its table."""
        for name, table in held().items():
            columns = sorted(table.names)
            listed = ", ".join(columns)
            rows = self._engine.stream(
                f"SELECT {listed} FROM {name} WHERE {table.whose} ORDER BY {columns[0]}, 1",
                {"customer": customer_id},
            )
            for row in rows:
                yield name, dict(zip(columns, row, strict=True))
