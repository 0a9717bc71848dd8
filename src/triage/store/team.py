"""Whose a conversation is, and what a team did: acts by who did them, and which of them stand."""

from __future__ import annotations

from collections.abc import Sequence

from triage.core.records import Activity
from triage.core.team import Answered, Assigned, Assignment
from triage.store.activity import COLUMNS, activity_of
from triage.store.engine import Engine, any_of
from triage.store.lasting import lasting
from triage.store.queueing import QueueStore
from triage.store.standing import stands

_AT_ONCE = 50
_ACTS = ", ".join(f"a.{name.strip()}" for name in COLUMNS.split(","))
_NEWEST = f"""
SELECT a.conversation_id, a.brand_id, a.after, a.id FROM activity a
WHERE a.id = (SELECT max(a.id) FROM activity a
    WHERE a.conversation_id = :c AND a.what = 'assign' AND {stands("a")})
AND a.after IS NOT NULL
"""
"""What the last word says of whose a conversation is; no row if it is nobody's."""
_OF_PEOPLE = "a.conversation_id IS NOT NULL AND a.what <> 'alert' AND a.agent <> ''"
"""What the program does by itself is no work of anybody."""


def assign_by_acts(engine: Engine, conversation_id: int) -> None:
    """Work out again, from the acts that stand, whose a conversation is; in a transaction."""
    which = {"c": conversation_id}
    engine.execute("DELETE FROM assignment WHERE conversation_id = :c", which)
    engine.execute(
        f"INSERT INTO assignment (conversation_id, brand_id, agent, activity_id) {_NEWEST}", which
    )


class TeamStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def assignment(self, conversation_id: int) -> Assignment | None:
        """Whose a conversation is; None if it is nobody's."""
        rows = self._engine.query(
            "SELECT g.conversation_id, g.agent, a.agent, a.at, a.detail FROM assignment g "
            "JOIN activity a ON a.id = g.activity_id WHERE g.conversation_id = :c",
            {"c": conversation_id},
        )
        return Assignment(*rows[0]) if rows else None

    def assignments(self, brand_id: int) -> dict[int, str]:
        """Whose each conversation is, of those that are somebody's."""
        return QueueStore(self._engine).assigned(brand_id)

    def assign_by_acts(self, conversation_id: int) -> None:
        """See `assign_by_acts`."""
        assign_by_acts(self._engine, conversation_id)

    def rebuild(self, brand_id: int) -> int:
        """Work out whose each conversation of a brand is; give how many are somebody's."""
        found = self._engine.query(
            "SELECT DISTINCT conversation_id FROM activity WHERE brand_id = :b "
            "AND what = 'assign' AND conversation_id IS NOT NULL "
            "UNION SELECT conversation_id FROM assignment WHERE brand_id = :b",
            {"b": brand_id},
        )
        for (number,) in found:
            assign_by_acts(self._engine, number)
        return len(self.assignments(brand_id))

    def newest(
        self,
        brand_id: int,
        agent: str,
        whats: Sequence[str],
        conversation_id: int | None = None,
        before_id: int | None = None,
    ) -> list[Activity]:
        """The next acts of an agent that stand and are no part of another, newest first."""
        params: dict[str, object] = {"b": brand_id, "agent": agent, "many": _AT_ONCE}
        where = f"a.brand_id = :b AND a.agent = :agent AND {any_of('a.what', 'w', whats, params)}"
        if conversation_id is not None:
            where += " AND a.conversation_id = :c"
            params["c"] = conversation_id
        if before_id is not None:
            where += " AND a.id < :before"
            params["before"] = before_id
        rows = self._engine.query(
            f"SELECT {_ACTS} FROM activity a WHERE {where} AND a.part_of IS NULL "
            f"AND {stands('a')} ORDER BY a.id DESC LIMIT :many",
            params,
        )
        return [activity_of(row) for row in rows]

    def since(self, act: Activity, whats: Sequence[str]) -> list[Activity]:
        """Acts of these sorts that stand and came after one, to the same person, oldest first."""
        params: dict[str, object] = {"id": act.id, "c": act.conversation_id}
        rows = self._engine.query(
            f"SELECT {_ACTS} FROM conversation t JOIN conversation o "
            "ON o.customer_id = t.customer_id OR o.customer_id IN (SELECT q.customer_id "
            "FROM person p JOIN person q ON q.main_id = p.main_id "
            "WHERE p.customer_id = t.customer_id) "
            "JOIN activity a ON a.conversation_id = o.id "
            f"WHERE t.id = :c AND a.id > :id AND {any_of('a.what', 'w', whats, params)} "
            f"AND {stands('a')} ORDER BY a.id",
            params,
        )
        return [activity_of(row) for row in rows]

    def parts(self, activity_id: int) -> list[Activity]:
        """What was done together with an act and stands, newest first."""
        rows = self._engine.query(
            f"SELECT {_ACTS} FROM activity a WHERE a.part_of = :id AND {stands('a')} "
            "ORDER BY a.id DESC",
            {"id": activity_id},
        )
        return [activity_of(row) for row in rows]

    def last_acts(self, brand_id: int, since: int) -> dict[str, int]:
        """Who did something to a conversation since a time, and when last."""
        return dict(
            self._engine.query(
                "SELECT a.agent, max(a.at) FROM activity a WHERE a.brand_id = :b "
                f"AND a.at >= :since AND {_OF_PEOPLE} GROUP BY a.agent",
                {"b": brand_id, "since": since},
            )
        )

    def has_worked(self, brand_id: int, agent: str) -> bool:
        """Whether somebody of this name ever did something to a conversation."""
        rows = self._engine.query(
            "SELECT 1 FROM activity a WHERE a.brand_id = :b AND a.agent = :agent "
            f"AND {_OF_PEOPLE} LIMIT 1",
            {"b": brand_id, "agent": agent},
        )
        return bool(rows)

    def open_assigned(self, brand_id: int, account_ids: Sequence[int] = ()) -> list[Assigned]:
        """Open waits that demand an answer and are somebody's; of some accounts, or of all."""
        params: dict[str, object] = {"b": brand_id}
        rows = self._engine.query(
            "SELECT w.conversation_id, g.agent, w.due_at FROM assignment g "
            "JOIN wait w ON w.conversation_id = g.conversation_id WHERE g.brand_id = :b "
            "AND w.brand_id = :b AND w.state = 'open' AND w.needs_answer = 1"
            f"{_of('w.account_id', account_ids, params)} ORDER BY w.conversation_id",
            params,
        )
        return list(map(Assigned._make, rows))

    def claimed(self, brand_id: int, now: int, account_ids: Sequence[int] = ()) -> dict[int, str]:
        """Who is at which conversation; of some accounts, or of all."""
        params: dict[str, object] = {"b": brand_id, "now": now}
        rows = self._engine.query(
            "SELECT k.conversation_id, k.agent FROM claim k "
            "JOIN conversation t ON t.id = k.conversation_id WHERE k.brand_id = :b "
            f"AND k.until_at > {self._engine.tokens['now']}"
            f"{_of('t.account_id', account_ids, params)}",
            params,
        )
        return dict(rows)

    def answered(
        self, brand_id: int, since: int, account_ids: Sequence[int] = ()
    ) -> list[Answered]:
        """Waits that an answer ended since a time; of some accounts, or of all."""
        found: list[Answered] = []
        spans: list[tuple[str, dict[str, object]]] = [
            ("opened_at >= :begin", {"begin": since}),
            *lasting(since),
        ]
        for condition, values in spans:
            params: dict[str, object] = {**values, "b": brand_id, "from_at": since}
            ours = _of("account_id", account_ids, params)
            rows = self._engine.query(
                f"SELECT account_id, agent, ended_at FROM wait WHERE brand_id = :b "
                f"AND {condition} AND state = 'answered' AND ended_at >= :from_at{ours}",
                params,
            )
            found += map(Answered._make, rows)
        return found


def _of(column: str, account_ids: Sequence[int], params: dict[str, object]) -> str:
    """A condition that leaves some accounts; none if all are meant."""
    return f" AND {any_of(column, 'x', account_ids, params)}" if account_ids else ""
