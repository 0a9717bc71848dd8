"""Alerts: which waits have come so far, what was told of them, and to whom it is still to go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from triage.core.alerts import Alert, AlertCase, Owed, Told
from triage.core.digest import MOST_TEXT, AlertLevel, AlertLine
from triage.core.kinds import Kind
from triage.store.engine import Engine, query_in

_COME_SO_FAR = (
    "w.brand_id = :b AND w.state = 'open' AND w.needs_answer = 1 AND w.due_by IS NOT NULL "
    "AND (w.warn_at <= :now OR w.due_at <= :now)"
)
_WITHIN = """
(m.posted_at, length(m.native_id), m.native_id) >= (o.posted_at, length(o.native_id), o.native_id)
"""
"""What the open wait holds stands behind its opening mention, and so does what it was told of by;
alerts about earlier waits stand before it."""
_CASES = f"""
SELECT w.conversation_id, w.due_by, w.due_at, w.warn_at, w.policy, w.kind, w.settings_id
FROM wait w WHERE {_COME_SO_FAR}
ORDER BY w.priority DESC, w.due_at NULLS LAST, w.conversation_id
"""
_TOLD_OF = """
FROM wait w JOIN message o ON o.id = w.opening_id
JOIN alert x ON x.conversation_id = w.conversation_id
JOIN message m ON m.id = x.message_id
"""
_TOLD = f"""
SELECT x.conversation_id, x.level, x.number, x.decided_at {_TOLD_OF}
WHERE {_COME_SO_FAR} AND {_WITHIN} ORDER BY x.id
"""
_DECIDED = f"""
SELECT x.id, x.conversation_id, x.message_id, x.level, x.number, x.decided_at, w.policy, w.kind,
    w.settings_id, EXISTS (
        SELECT 1 FROM delivery d
        WHERE d.alert_id = x.id AND d.target = :target AND d.state IN ('sent', 'covered'))
{_TOLD_OF}
WHERE {_COME_SO_FAR} AND {_WITHIN} ORDER BY x.id
"""
_OVER = f"""
SELECT x.id FROM delivery d JOIN alert x ON x.id = d.alert_id
WHERE d.target = :target AND d.state IN ('pending', 'sending') AND x.brand_id = :b
    AND NOT EXISTS (
        SELECT 1 FROM wait w
        JOIN message o ON o.id = w.opening_id JOIN message m ON m.id = x.message_id
        WHERE w.conversation_id = x.conversation_id AND w.state = 'open' AND w.needs_answer = 1
            AND {_WITHIN})
ORDER BY x.id
"""
_LINES = """
SELECT w.conversation_id, w.kind, m.channel, coalesce(a.handle, '?'), c.handle,
    substr(c.name, 1, CAST(:most AS INTEGER)), substr(m.text, 1, CAST(:most AS INTEGER)),
    w.opened_at, w.due_at, w.mentions,
    w.urgency, coalesce((SELECT k.agent FROM claim k
        WHERE k.conversation_id = w.conversation_id AND k.until_at > :now),
        (SELECT max(r.agent) FROM reply r
        WHERE r.conversation_id = w.conversation_id AND r.state = 'draft'), ''),
    CASE WHEN w.hold_until <= :now THEN NULL ELSE w.hold END,
    CASE WHEN w.hold_until <= :now THEN NULL ELSE w.hold_until END, m.url
FROM wait w JOIN message m ON m.id = coalesce(
    (SELECT n.id FROM message n JOIN verdict v ON v.message_id = n.id
    WHERE n.conversation_id = w.conversation_id AND n.posted_at >= w.opened_at
        AND n.role = 'mention' AND n.deleted_at IS NULL AND v.kind = w.kind
    ORDER BY n.posted_at DESC, n.id DESC LIMIT 1), w.last_id)
JOIN customer c ON c.id = m.customer_id LEFT JOIN account a ON a.id = w.account_id
WHERE w.state = 'open' AND w.conversation_id IN ({values})
"""
"""In a customer's words: the newest that make the wait what it is, and not what they added."""
_NEW = """
INSERT INTO alert (brand_id, conversation_id, message_id, level, number, decided_at)
VALUES (:b, :conversation_id, :message_id, :level, :number, :at)
ON CONFLICT (conversation_id, message_id, level, number) DO NOTHING
"""
_MARK = """
INSERT INTO delivery (alert_id, target, state, attempts, changed_at)
VALUES (:id, :target, :state, :attempts, :at)
ON CONFLICT (alert_id, target) DO UPDATE SET state = excluded.state,
    attempts = delivery.attempts + excluded.attempts, changed_at = excluded.changed_at
    WHERE delivery.state <> 'sent'
"""
_LEVELS = {level.value: level for level in AlertLevel}
_KINDS = {kind.value: kind for kind in Kind}


class AlertStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cases(self, brand_id: int, now: int) -> list[AlertCase]:
        """Open waits that have come to their warning or due time, with what was told of them."""
        params = {"b": brand_id, "now": now}
        told: dict[int, list[Told]] = {}
        for number, level, repeat, at in self._engine.query(_TOLD, params):
            told.setdefault(number, []).append(Told(_LEVELS[level], repeat, at))
        return [
            AlertCase._make((*row, tuple(told.get(row[0], ()))))
            for row in self._engine.query(_CASES, params)
        ]

    def add(self, brand_id: int, alerts: Iterable[Alert], at: int) -> int:
        """Write alerts that are due; the same one twice is one."""
        return sum(
            self._engine.execute(
                _NEW, {**alert._asdict(), "level": alert.level.value, "b": brand_id, "at": at}
            )
            for alert in alerts
        )

    def decided(self, brand_id: int, target: str, now: int) -> list[Owed]:
        """What was decided about waits that are open, and which of it a target has.

        Waits that have come no longer so far, since a policy or a hold moved their times, are left
        out.
        """
        params = {"b": brand_id, "target": target, "now": now}
        return [
            Owed._make((*row[:3], _LEVELS[row[3]], *row[4:9], row[9] == 1))
            for row in self._engine.query(_DECIDED, params)
        ]

    def over(self, brand_id: int, target: str) -> list[int]:
        """Ids of alerts that a target was to have, and whose wait has ended."""
        rows = self._engine.query(_OVER, {"b": brand_id, "target": target})
        return [number for (number,) in rows]

    def lines(self, chosen: Sequence[Owed], now: int) -> list[AlertLine]:
        """What is told of alerts, as their waits stand now; of which none is open any more, none.

        Texts are cut to what a message can hold.
        """
        params = {"now": now, "most": MOST_TEXT + 1}
        numbers = [one.conversation_id for one in chosen]
        rows = {row[0]: row for row in query_in(self._engine, _LINES, params, numbers)}
        return [
            AlertLine(one.alert_id, row[0], one.level, one.number, _KINDS[row[1]], *row[2:])
            for one in chosen
            if (row := rows.get(one.conversation_id)) is not None
        ]

    def mark(self, alert_ids: Iterable[int], target: str, state: str, at: int) -> None:
        """Note how far the delivery to a target is; what was sent stays so.

        Args:
            alert_ids: Which.
            target: Its name.
            state: `sending`, `pending` (it failed), `sent`, `covered` (a graver one was told), or
                `moot` (the wait ended).
            at: UTC ms.
        """
        attempts = int(state == "sending")
        self._engine.many(
            _MARK,
            [
                {"id": i, "target": target, "state": state, "attempts": attempts, "at": at}
                for i in alert_ids
            ],
        )
