"""What people did: append-only, each act once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from triage.core.holds import HoldState
from triage.core.records import Activity
from triage.core.text import storable
from triage.store.engine import Engine, Row, any_of
from triage.store.standing import stands

COLUMNS = """
uuid, at, agent, what, conversation_id, message_id, before, after, detail, seen_at, seen_id,
voids_id, id, db_user, part_of
"""


class ActivityStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, brand_id: int, act: Activity) -> int:
        """Write an act; the same uuid twice is one. Give its id."""
        # An argument that is not UTF-8 has lone surrogates, which no database takes.
        values = {**asdict(act), "brand_id": brand_id, "detail": storable(act.detail)}
        values["after"] = None if act.after is None else storable(act.after)
        self._engine.execute(
            "INSERT INTO activity (uuid, brand_id, at, agent, what, conversation_id, message_id, "
            "before, after, detail, seen_at, seen_id, voids_id, part_of) "
            "VALUES (:uuid, :brand_id, :at, :agent, :what, :conversation_id, :message_id, :before, "
            ":after, :detail, :seen_at, :seen_id, :voids_id, :part_of) "
            "ON CONFLICT (uuid) DO NOTHING",
            values,
        )
        return int(self._engine.query("SELECT id FROM activity WHERE uuid = :uuid", values)[0][0])

    def log(
        self,
        brand_id: int,
        conversation_id: int | None,
        limit: int | None,
        *,
        by: str | None = None,
        since: int | None = None,
        what: Sequence[str] = (),
    ) -> list[Activity]:
        """Acts, oldest first; the newest `limit` of them.

        Args:
            brand_id: Whose.
            conversation_id: Only in this one.
            limit: At most so many.
            by: Only what this agent did.
            since: Only what was done then or later, UTC ms.
            what: Only of these sorts.
        """
        params: dict[str, object] = {"b": brand_id}
        where = "brand_id = :b"
        for condition, name, value in (
            ("conversation_id = :c", "c", conversation_id),
            ("agent = :by", "by", by),
            ("at >= :since", "since", since),
        ):
            if value is not None:
                where += f" AND {condition}"
                params[name] = value
        if what:
            where += f" AND {any_of('what', 'w', what, params)}"
        tail = "" if limit is None else " LIMIT :limit"
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM activity WHERE {where} ORDER BY id DESC{tail}",
            {**params, "limit": limit},
        )
        return [activity_of(row) for row in reversed(rows)]

    def last_at(self, what: str) -> int | None:
        """When the newest act of a sort was done, UTC ms; None if there is none."""
        rows = self._engine.query(
            "SELECT at FROM activity WHERE what = :what ORDER BY id DESC LIMIT 1", {"what": what}
        )
        return int(rows[0][0]) if rows else None

    def standing_close(self, conversation_id: int) -> Activity | None:
        """The newest close of a conversation that was not taken back."""
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM activity a WHERE a.conversation_id = :c AND a.what = 'close' "
            f"AND {stands('a')} ORDER BY a.id DESC LIMIT 1",
            {"c": conversation_id},
        )
        return activity_of(rows[0]) if rows else None

    def add_hold(
        self, activity_id: int, state: HoldState | None, until: int | None, *, stays: bool
    ) -> None:
        """Write how an act lets its conversation rest; None goes on with it."""
        self._engine.execute(
            "INSERT INTO hold (activity_id, state, until_at, stays) "
            "VALUES (:id, :state, :until, :stays) ON CONFLICT (activity_id) DO NOTHING",
            {
                "id": activity_id,
                "state": None if state is None else state.value,
                "until": until,
                "stays": int(stays),
            },
        )

    def add_attribute(
        self, activity_id: int, customer_id: int, key: str, value: str | None
    ) -> None:
        """Write what an act notes of a customer; None takes it back."""
        self._engine.execute(
            "INSERT INTO attribute (activity_id, customer_id, key, value) "
            "VALUES (:id, :customer, :key, :value) ON CONFLICT (activity_id) DO NOTHING",
            {
                "id": activity_id,
                "customer": customer_id,
                "key": key,
                "value": None if value is None else storable(value),
            },
        )


def activity_of(row: Row) -> Activity:
    """An act of its `COLUMNS`."""
    return Activity(*row)
