"""The queue: the hottest read, from one partial index over open waits."""

from __future__ import annotations

from collections.abc import Sequence

from triage.core.kinds import UNSURE_BELOW, Kind
from triage.core.queue import QueueFilter, QueueItem, Waiting
from triage.store.engine import Engine, Row, any_of

_OPEN = "w.state = 'open'"
"""Written literally: as a parameter the planner would not see that the partial index fits."""
_UNSURE = f"w.confidence < {UNSURE_BELOW}"
"""Likewise, for the index over these alone."""

_AT_ONCE = 100
_QUEUE_ITEM = """
SELECT w.id, m.channel, coalesce(a.handle, '?'), c.handle, c.name, w.mentions, m.text, m.url,
    w.urgency, w.confidence
FROM wait w JOIN message m ON m.id = w.last_id JOIN customer c ON c.id = m.customer_id
LEFT JOIN account a ON a.id = w.account_id
"""
_DRAFTS = """
SELECT r.conversation_id, max(r.agent), 0 AS claimed FROM reply r
WHERE r.brand_id = :brand_id AND r.state = 'draft' AND r.conversation_id IS NOT NULL
GROUP BY r.conversation_id
UNION ALL
SELECT k.conversation_id, k.agent, 1 FROM claim k
WHERE k.brand_id = :brand_id AND k.until_at > {now}
ORDER BY claimed
"""
"""Claims come last: who holds a conversation is at it, whoever has a draft there."""
_KINDS = {kind.value: kind for kind in Kind}


class QueueStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def waiting(self, wanted: QueueFilter) -> list[Waiting]:
        """Open waits, thin, in no order; without a search or customer, from one index alone."""
        where = ["w.brand_id = :brand_id", _OPEN]
        params: dict[str, object] = {"brand_id": wanted.brand_id}
        joins = ""
        if wanted.unsure:
            where.append(_UNSURE)
        if not wanted.include_undue:
            where.append("w.needs_answer = 1")
        if wanted.account_ids:
            where.append(any_of("w.account_id", "a", wanted.account_ids, params))
        if wanted.kinds:
            where.append(any_of("w.kind", "k", [k.value for k in wanted.kinds], params))
        if wanted.due_before is not None:
            where.append("w.due_at <= :due_before")
            params["due_before"] = wanted.due_before
        if wanted.customer is not None:
            joins = (
                " JOIN conversation t ON t.id = w.conversation_id "
                "JOIN customer c ON c.id = t.customer_id"
            )
            where.append("c.handle_key = :customer")
            params["customer"] = wanted.customer
        if wanted.search is not None:
            where.append(
                "w.conversation_id IN (SELECT m.conversation_id FROM message_fts f "
                f"JOIN message m ON m.id = f.rowid WHERE {self._engine.tokens['match']})"
            )
            params["words"] = self._engine.search.match(wanted.search)
        rows = self._engine.query(
            "SELECT w.id, w.conversation_id, w.kind, w.priority, w.opened_at, w.due_at, w.warn_at, "
            f"w.needs_answer, w.hold, w.hold_until FROM wait w{joins} WHERE {' AND '.join(where)}",
            params,
        )
        return [
            Waiting(i, c, _KINDS[k], p, o, d, n, a == 1, h, u)
            for i, c, k, p, o, d, n, a, h, u in rows
        ]

    def assignees(self, brand_id: int, now: int) -> dict[int, str]:
        """Who is at which conversation: whoever holds it now; failing that, who has a draft."""
        found = self._engine.query(
            _DRAFTS.format(now=self._engine.tokens["now"]), {"brand_id": brand_id, "now": now}
        )
        return {conversation_id: agent for conversation_id, agent, _ in found}

    def assigned(self, brand_id: int) -> dict[int, str]:
        """Whose each conversation is, of those that are somebody's."""
        return dict(
            self._engine.query(
                "SELECT conversation_id, agent FROM assignment WHERE brand_id = :b",
                {"b": brand_id},
            )
        )

    def items(self, brand_id: int, waiting: Sequence[Waiting], now: int) -> list[QueueItem]:
        """The lines of the queue, in the given order."""
        assignees = self.assignees(brand_id, now)
        details: dict[int, Row] = {}
        for first in range(0, len(waiting), _AT_ONCE):
            params: dict[str, object] = {}
            ids = [w.wait_id for w in waiting[first : first + _AT_ONCE]]
            chosen = any_of("w.id", "i", ids, params)
            for row in self._engine.query(f"{_QUEUE_ITEM} WHERE {chosen}", params):
                details[row[0]] = row
        return [
            _queue_item(w, details[w.wait_id], assignees.get(w.conversation_id, ""), now)
            for w in waiting
            if w.wait_id in details
        ]


def _queue_item(waiting: Waiting, row: Row, assignee: str, now: int) -> QueueItem:
    _, channel, account, handle, name, mentions, text, url, priority, confidence = row
    due_at = waiting.due_at
    rests = waiting.hold is not None and waiting.rests(now)
    # By position: a script asks for a thousand at once.
    return QueueItem(
        waiting.conversation_id,
        channel,
        account,
        handle,
        name,
        waiting.kind,
        waiting.sla(now),
        waiting.opened_at,
        due_at,
        0 if due_at is None else max(0, now - due_at) // 1000,
        text,
        url,
        mentions,
        assignee,
        priority,
        confidence,
        waiting.hold if rests else None,
        waiting.hold_until if rests else None,
    )
