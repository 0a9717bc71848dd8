"""Which stored posts are to be read again, and which posts they answer that we do not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.core.following import Known, Missing, Place, Ring
from triage.store.engine import Engine, Params, any_of, query_in

_KNOWN = "m.id, m.native_id, m.version_id, m.role, m.absent, m.posted_at"
_READABLE = "(m.purged_at IS NULL OR m.absent IS NOT NULL)"
"""What lost its words to a limit of ours, or with its forgotten author, is not asked for again."""
_OURS = f"""
m.channel = :channel AND coalesce(m.account_id, :default) = :account
    AND (m.absent IS NULL OR m.absent <> 'deleted') AND {_READABLE}
"""
"""What an account reads again. What is deleted stays so; the rest may come back."""
_OPEN = f"""
FROM (SELECT DISTINCT w.conversation_id FROM wait w
    WHERE w.brand_id = :brand_id AND w.state = 'open' AND w.needs_answer = 1) o
JOIN message m ON m.conversation_id = o.conversation_id WHERE {_OURS}
"""
_RING: Mapping[Ring, str] = {
    Ring.OPEN: _OPEN,
    Ring.RECENT: f"FROM message m WHERE m.brand_id = :brand_id AND {_OURS} "
    "AND m.posted_at >= :since",
    Ring.OLD: f"FROM message m WHERE m.brand_id = :brand_id AND {_OURS} AND m.posted_at < :since",
}
_MISSING = """
SELECT m.id, m.in_reply_to, CASE WHEN m.role = 'context' THEN coalesce(p.level, 1) ELSE 0 END + 1
FROM message m LEFT JOIN parent p
    ON p.brand_id = m.brand_id AND p.channel = m.channel AND p.native_id = m.native_id
WHERE m.id > :through AND m.brand_id + 0 = :brand_id AND m.channel = :channel AND m.is_history = 0
    AND m.in_reply_to IS NOT NULL AND (m.role IN ('mention', 'own')
        OR (m.role = 'context' AND coalesce(p.level, 1) < :levels AND EXISTS
            (SELECT 1 FROM message c WHERE c.brand_id = m.brand_id AND c.channel = m.channel
                AND c.thread_id = m.thread_id AND c.in_reply_to = m.native_id)))
    AND NOT EXISTS (SELECT 1 FROM message k WHERE k.brand_id = m.brand_id
        AND k.channel = m.channel AND k.native_id = m.in_reply_to)
    AND NOT EXISTS (SELECT 1 FROM message_version x WHERE x.version_id = m.in_reply_to)
    AND NOT EXISTS (SELECT 1 FROM parent q WHERE q.brand_id = m.brand_id
        AND q.channel = m.channel AND q.native_id = m.in_reply_to)
ORDER BY m.id LIMIT :many
"""
"""Only what is behind a message is looked at: the sum keeps an index out that has all of it."""


class FollowingStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ring(
        self,
        scope: Mapping[str, object],
        ring: Ring,
        since: int,
        after: Place,
        many: int,
        until: Place | None = None,
    ) -> list[Known]:
        """The next posts of a ring, oldest first.

        Args:
            scope: `brand_id`, `channel`, `account`, and `default`: which account reads what was
                written to none.
            ring: Which.
            since: What is recent, UTC ms.
            after: Behind which place.
            many: How many at most.
            until: Up to which place; None is to the end.
        """
        params: dict[str, object] = {**scope, "many": many, "at": after[0], "id": after[1]}
        if ring is not Ring.OPEN:
            params["since"] = since
        bound = ""
        if until is not None:
            bound = "AND (m.posted_at, m.id) <= (:until_at, :until_id)"
            params |= {"until_at": until[0], "until_id": until[1]}
        rows = self._engine.query(
            f"SELECT {_KNOWN} {_RING[ring]} "
            f"AND m.posted_at >= :at AND (m.posted_at, m.id) > (:at, :id) {bound} "
            "ORDER BY m.posted_at, m.id LIMIT :many",
            params,
        )
        return [Known(*row) for row in rows]

    def of_conversations(self, conversation_ids: Sequence[int]) -> list[Known]:
        """The posts of some conversations' threads, oldest first."""
        params: dict[str, object] = {}
        chosen = any_of("t.id", "t", conversation_ids, params)
        rows = self._engine.query(
            f"SELECT DISTINCT {_KNOWN} FROM conversation t JOIN message m "
            "ON m.brand_id = t.brand_id AND m.channel = t.channel AND m.thread_id = t.thread_id "
            f"WHERE {chosen} AND {_READABLE}",
            params,
        )
        return sorted((Known(*row) for row in rows), key=lambda known: known.place)

    def known(self, brand_id: int, channel: str, native_ids: Sequence[str]) -> list[Known]:
        """What is stored of these posts."""
        rows = query_in(
            self._engine,
            f"SELECT {_KNOWN} FROM message m WHERE m.brand_id = :brand_id "
            f"AND m.channel = :channel AND {_READABLE} AND m.native_id IN ({{values}})",
            {"brand_id": brand_id, "channel": channel},
            native_ids,
        )
        return [Known(*row) for row in rows]

    def place(self, account_id: int, ring: Ring) -> Place:
        """How far a ring was read again."""
        rows = self._engine.query(
            "SELECT posted_at, message_id FROM reread WHERE account_id = :id AND ring = :ring",
            {"id": account_id, "ring": ring.value},
        )
        return rows[0] if rows else (0, 0)

    def save_place(self, account_id: int, ring: Ring, place: Place) -> None:
        """Write how far a ring was read again."""
        self._engine.execute(
            "INSERT INTO reread (account_id, ring, posted_at, message_id) "
            "VALUES (:account, :ring, :at, :id) ON CONFLICT (account_id, ring) DO UPDATE SET "
            "posted_at = excluded.posted_at, message_id = excluded.message_id",
            {"account": account_id, "ring": ring.value, "at": place[0], "id": place[1]},
        )

    def missing(
        self, brand_id: int, channel: str, through: int, many: int, levels: int
    ) -> list[Missing]:
        """The next posts behind a message that others answer, and that were never asked for.

        Args:
            brand_id: Whose.
            channel: Where they were written.
            through: Our id of the last message that was looked at.
            many: How many at most.
            levels: How many steps above a post of ours or to us at most.
        """
        params: Params = {
            "brand_id": brand_id,
            "channel": channel,
            "through": through,
            "many": many,
            "levels": levels,
        }
        return [Missing(*row) for row in self._engine.query(_MISSING, params)]

    def newest_id(self) -> int:
        """Our id of the newest message."""
        return int(self._engine.query("SELECT coalesce(max(id), 0) FROM message")[0][0])

    def note_parents(
        self, brand_id: int, channel: str, outcomes: Mapping[str, tuple[int, str]], at: int
    ) -> None:
        """Note what became of posts that were asked for: by id their level and the outcome."""
        self._engine.many(
            "INSERT INTO parent (brand_id, channel, native_id, level, asked_at, outcome) "
            "VALUES (:brand_id, :channel, :native_id, :level, :at, :outcome) "
            "ON CONFLICT (brand_id, channel, native_id) DO NOTHING",
            [
                {
                    "brand_id": brand_id,
                    "channel": channel,
                    "native_id": native_id,
                    "level": level,
                    "at": at,
                    "outcome": outcome,
                }
                for native_id, (level, outcome) in outcomes.items()
            ],
        )

    def parents(self, brand_id: int, channel: str, native_ids: Sequence[str]) -> dict[str, str]:
        """What became of posts that were asked for, by id."""
        rows = query_in(
            self._engine,
            "SELECT native_id, outcome FROM parent WHERE brand_id = :brand_id "
            "AND channel = :channel AND native_id IN ({values})",
            {"brand_id": brand_id, "channel": channel},
            native_ids,
        )
        return dict(rows)
