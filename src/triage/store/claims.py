"""Who is at which conversation: taken by compare-and-set, so that two never hold one.

Leases are counted by `{now}`. On a server that is its own clock: the times that somebody gives are
moved by as much as theirs is off, so that a wrong clock neither steals a conversation nor loses it.
"""

from __future__ import annotations

from collections.abc import Sequence

from triage.core.claims import Claim
from triage.core.kinds import GRAVITY
from triage.store.engine import Engine, any_of

_COLUMNS = "conversation_id, agent, claimed_at, until_at, taken_from"
_MAY_TAKE = (
    "claim.agent = excluded.agent OR claim.until_at <= {now} "
    "OR (claim.agent = :over_agent AND claim.claimed_at = :over_at)"
)
_GOES_ON = "claim.agent = excluded.agent AND claim.until_at > {now}"
_TAKE = f"""
INSERT INTO claim (brand_id, {_COLUMNS})
VALUES (:brand_id, :conversation_id, :agent, {{now}} + :since, {{now}} + :lasts, :taken_from)
ON CONFLICT (conversation_id) DO UPDATE SET agent = excluded.agent,
    claimed_at = CASE WHEN {_GOES_ON} THEN claim.claimed_at ELSE excluded.claimed_at END,
    until_at = excluded.until_at,
    taken_from = CASE WHEN {_GOES_ON} THEN claim.taken_from ELSE excluded.taken_from END
WHERE {_MAY_TAKE}
"""
_GRAVITY = " ".join(f"WHEN '{kind.value}' THEN {weight}" for kind, weight in GRAVITY.items())
_FREE = """
FROM wait w LEFT JOIN assignment g ON g.conversation_id = w.conversation_id
WHERE w.brand_id = :brand_id AND w.state = 'open' AND w.needs_answer = 1
AND (w.hold IS NULL OR w.hold_until <= {now}) AND NOT EXISTS (
    SELECT 1 FROM claim k WHERE k.conversation_id = w.conversation_id AND k.until_at > {now})
"""
"""Open waits that are in the queue, and that nobody holds."""
_NOT_OF_OTHERS = "AND (g.agent IS NULL OR g.agent = :agent OR w.due_at <= {now})"
"""What is somebody else's is left to them until it is overdue."""
_NEXT = f"""
INSERT INTO claim (brand_id, {_COLUMNS})
SELECT f.brand_id, f.conversation_id, CAST(:agent AS TEXT), {{now}}, {{now}} + :lasts, NULL
FROM (
    SELECT w.brand_id, w.conversation_id {{free}}
    ORDER BY w.priority DESC, CASE WHEN w.due_at <= {{now}} THEN 0 ELSE 1 END,
        CASE WHEN g.agent IS NULL THEN 1 WHEN g.agent = :agent THEN 0 ELSE 2 END,
        w.due_at NULLS LAST, CASE w.kind {_GRAVITY} END DESC,
        w.conversation_id, w.id
    LIMIT 1 {{lock}}
) f WHERE 1 = 1
ON CONFLICT (conversation_id) DO UPDATE SET agent = excluded.agent,
    claimed_at = excluded.claimed_at, until_at = excluded.until_at, taken_from = NULL
WHERE claim.until_at <= {{now}}
RETURNING {_COLUMNS}
"""
"""Whoever is first in the queue. What is overdue goes first; of that, and of the rest, first what
is this agent's, then what is nobody's, then what is somebody else's.

Another one that is about to claim them has locked their wait: who comes then goes on to the next;
who read just before finds the claim, and the last condition holds.
"""


class ClaimStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._now = engine.tokens["now"]

    def get(self, conversation_id: int, now: int) -> Claim | None:
        """Who is at a conversation; None if nobody is, or their lease has ended."""
        rows = self._engine.query(
            f"SELECT {_COLUMNS} FROM claim WHERE conversation_id = :c AND until_at > {self._now}",
            {"c": conversation_id, "now": now},
        )
        return Claim(*rows[0]) if rows else None

    def take(self, brand_id: int, wanted: Claim, now: int, *, over: Claim | None = None) -> bool:
        """Take, renew or take over a conversation, in one statement.

        Whoever holds it already keeps the time since when, and whom they took it from.

        Args:
            brand_id: Whose conversation it is.
            wanted: The claim as it is to stand.
            now: UTC ms; a lease that ends by then is nobody's.
            over: The claim that is to be taken over; another one than this stands.

        Returns:
            False if somebody else holds it.
        """
        return bool(
            self._engine.execute(
                _TAKE.format(now=self._now),
                {
                    "brand_id": brand_id,
                    "conversation_id": wanted.conversation_id,
                    "agent": wanted.agent,
                    "since": wanted.claimed_at - now,
                    "lasts": wanted.until_at - now,
                    "taken_from": wanted.taken_from,
                    "now": now,
                    "over_agent": "" if over is None else over.agent,
                    "over_at": -1 if over is None else over.claimed_at,
                },
            )
        )

    def take_next(
        self,
        brand_id: int,
        agent: str,
        now: int,
        lease: int,
        account_ids: Sequence[int] = (),
        *,
        of_anybody: bool = False,
    ) -> Claim | None:
        """Take the first of the queue whom nobody holds, in one statement; None if there is none.

        It is called outside a transaction: who claims waits for nobody.

        Args:
            brand_id: Whose queue.
            agent: Who.
            now: UTC ms.
            lease: For how long, ms.
            account_ids: Only of these accounts; of all if it is empty.
            of_anybody: Also what is assigned to somebody else and not overdue.
        """
        params: dict[str, object] = {
            "brand_id": brand_id,
            "agent": agent,
            "now": now,
            "lasts": lease,
        }
        free = _FREE.format(now=self._now)
        if not of_anybody:
            free += _NOT_OF_OTHERS.format(now=self._now)
        if account_ids:
            free += f"AND {any_of('w.account_id', 'a', account_ids, params)}"
        lock = self._engine.tokens["skip_locked"]
        while True:
            rows = self._engine.query(_NEXT.format(now=self._now, free=free, lock=lock), params)
            if rows:
                return Claim(*rows[0])
            if not self._engine.query(f"SELECT 1 {free} LIMIT 1", params):
                return None
            # Others were quicker, or hold up their waits: now wait for them.
            lock = lock.removesuffix("SKIP LOCKED")

    def keep_before(self, activity_id: int, before: Claim) -> None:
        """Write which claim an act ended or changed, as it was before."""
        self._engine.execute(
            "INSERT INTO claim_before (activity_id, agent, claimed_at, until_at, taken_from) "
            "VALUES (:id, :agent, :claimed_at, :until_at, :taken_from) "
            "ON CONFLICT (activity_id) DO NOTHING",
            {
                "id": activity_id,
                "agent": before.agent,
                "claimed_at": before.claimed_at,
                "until_at": before.until_at,
                "taken_from": before.taken_from,
            },
        )

    def before(self, activity_id: int) -> Claim | None:
        """The claim that an act ended or changed; None if nobody was there before it."""
        rows = self._engine.query(
            "SELECT a.conversation_id, b.agent, b.claimed_at, b.until_at, b.taken_from "
            "FROM claim_before b JOIN activity a ON a.id = b.activity_id "
            "WHERE b.activity_id = :id",
            {"id": activity_id},
        )
        return Claim(*rows[0]) if rows else None

    def release(self, conversation_id: int, agent: str | None = None) -> bool:
        """Let go of a conversation; of one that this agent holds, if one is named.

        Returns:
            False if there was nothing to let go of.
        """
        whose = "" if agent is None else " AND agent = :agent"
        return bool(
            self._engine.execute(
                f"DELETE FROM claim WHERE conversation_id = :c{whose}",
                {"c": conversation_id, "agent": agent},
            )
        )
