"""What the brand did about themes, and whom it tells: a person at most once for each action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from triage.core.actions import Action, Answer, Told
from triage.core.outbox import ReplyState
from triage.core.telling import Mention
from triage.store.engine import Engine, Row
from triage.store.standing import stands
from triage.store.themes import ACCOUNT, JOIN, KIND, OF_PERIOD, THEME, of_accounts

_ACTION = """
id, uuid, title, theme, since_at, owner, due_at, done_at, dropped_at, created_at, created_by
"""
_CHANGEABLE = ("title", "theme", "since_at", "owner", "due_at", "done_at", "dropped_at")
_SET = ", ".join(f"{name} = :{name}" for name in _CHANGEABLE)
_AS_BEFORE = " AND ".join(
    f"coalesce({name}, {empty}) = coalesce(:was_{name}, {empty})"
    for name, empty in [(n, "-1" if n.endswith("_at") else "''") for n in _CHANGEABLE]
)
_CLOSED_AS = f"""
(SELECT a.after FROM activity a WHERE a.conversation_id = m.conversation_id AND a.what = 'close'
    AND {stands("a")} ORDER BY a.id DESC LIMIT 1)
"""
_WAITS = """
EXISTS (SELECT 1 FROM wait w WHERE w.conversation_id = m.conversation_id AND w.state = 'open'
    AND w.needs_answer = 1)
"""
_QUOTES_US = """
EXISTS (SELECT 1 FROM message q WHERE q.brand_id = m.brand_id AND q.channel = m.channel
    AND q.native_id = m.quotes AND q.role = 'own')
"""
_MENTIONS = f"""
SELECT m.id, m.native_id, m.conversation_id, {ACCOUNT}, m.customer_id, c.handle, c.name,
    CASE WHEN m.absent IS NULL THEN m.text ELSE '' END, {KIND}, m.posted_at,
    m.deleted_at IS NOT NULL OR m.absent IS NOT NULL OR m.purged_at IS NOT NULL,
    m.in_reply_to IS NOT NULL,
    m.role = 'incidental', {_QUOTES_US}, coalesce({_CLOSED_AS}, ''), {_WAITS}
FROM message m JOIN customer c ON c.id = m.customer_id
    LEFT JOIN verdict v ON v.message_id = m.id {JOIN}
    LEFT JOIN conversation t ON t.id = m.conversation_id
WHERE {OF_PERIOD} AND {THEME} = :theme {{ours}}
ORDER BY m.posted_at, m.id
"""
_TOLD = """
SELECT d.id, d.action_id, d.customer_id, d.message_id, d.reply_id, d.approved, d.reviewed_by,
    d.reviewed_at, r.state, r.text, r.detail, r.attempts, r.conversation_id, c.handle, c.id
FROM told d JOIN reply r ON r.id = d.reply_id JOIN message m ON m.id = d.message_id
    JOIN customer c ON c.id = m.customer_id
"""
_ANSWERS = f"""
SELECT r.id, c.handle, r.conversation_id, o.posted_at, {KIND}, m.id, m.posted_at
FROM told d JOIN reply r ON r.id = d.reply_id AND r.state = 'sent'
    JOIN message s ON s.id = d.message_id JOIN customer c ON c.id = s.customer_id
    JOIN message o ON o.brand_id = r.brand_id AND o.channel = s.channel
        AND o.native_id = r.native_id
    LEFT JOIN message m ON m.id = (SELECT n.id FROM message n
        WHERE n.conversation_id = r.conversation_id AND n.customer_id = s.customer_id
            AND n.role IN ('mention', 'incidental') AND n.posted_at >= o.posted_at
        ORDER BY n.posted_at, n.id LIMIT 1)
    LEFT JOIN verdict v ON v.message_id = m.id
WHERE d.action_id = :action ORDER BY o.posted_at, r.id
"""


class ActionTables:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, brand_id: int, action: Action) -> Action:
        """Write an action; the same uuid twice is one."""
        self._engine.execute(
            "INSERT INTO action (uuid, brand_id, title, theme, since_at, owner, due_at, done_at, "
            "dropped_at, created_at, created_by) VALUES (:uuid, :brand_id, :title, :theme, "
            ":since_at, :owner, :due_at, :done_at, :dropped_at, :created_at, :created_by) "
            "ON CONFLICT (uuid) DO NOTHING",
            {**asdict(action), "brand_id": brand_id},
        )
        rows = self._engine.query(
            f"SELECT {_ACTION} FROM action WHERE uuid = :uuid", {"uuid": action.uuid}
        )
        return Action(*rows[0])

    def get(self, brand_id: int, action_id: int) -> Action | None:
        """An action of a brand by id."""
        rows = self._engine.query(
            f"SELECT {_ACTION} FROM action WHERE brand_id = :b AND id = :id",
            {"b": brand_id, "id": action_id},
        )
        return Action(*rows[0]) if rows else None

    def all(self, brand_id: int) -> list[Action]:
        """All actions of a brand, oldest first."""
        rows = self._engine.query(
            f"SELECT {_ACTION} FROM action WHERE brand_id = :b ORDER BY id", {"b": brand_id}
        )
        return [Action(*row) for row in rows]

    def change(self, before: Action, after: Action) -> bool:
        """Compare and set; False if somebody else has changed it meanwhile."""
        was = {f"was_{name}": getattr(before, name) for name in _CHANGEABLE}
        now = {name: getattr(after, name) for name in _CHANGEABLE}
        return bool(
            self._engine.execute(
                f"UPDATE action SET {_SET} WHERE id = :id AND {_AS_BEFORE}",
                {**was, **now, "id": before.id},
            )
        )

    def mentions(
        self, brand_id: int, theme: str, from_at: int, to_at: int, account_ids: Sequence[int] = ()
    ) -> list[Mention]:
        """Mentions about a theme with all that tells whether they can be answered, oldest first."""
        params: dict[str, object] = {
            "brand_id": brand_id,
            "theme": theme,
            "from_at": from_at,
            "to_at": to_at,
        }
        rows = self._engine.query(_MENTIONS.format(ours=of_accounts(account_ids, params)), params)
        return [_mention(row) for row in rows]

    def tell(self, brand_id: int, told: Told) -> bool:
        """Write that a person is told of an action; False if they are already."""
        return bool(
            self._engine.execute(
                "INSERT INTO told (brand_id, action_id, customer_id, message_id, reply_id, "
                "reviewed_by) VALUES (:brand, :action, :person, :message, :reply, '') "
                "ON CONFLICT (action_id, customer_id) DO NOTHING",
                {
                    "brand": brand_id,
                    "action": told.action_id,
                    "person": told.person_id,
                    "message": told.message_id,
                    "reply": told.reply_id,
                },
            )
        )

    def tell_anew(self, told_id: int, message_id: int, before: int, reply_id: int) -> bool:
        """Put another draft in the place of one that was given up; False if it is not there."""
        return bool(
            self._engine.execute(
                "UPDATE told SET message_id = :message, reply_id = :reply, approved = NULL, "
                "reviewed_by = '', reviewed_at = NULL WHERE id = :id AND reply_id = :before "
                "AND EXISTS (SELECT 1 FROM reply r WHERE r.id = :before "
                "AND r.state = 'cancelled' AND r.attempts = 0)",
                {"id": told_id, "message": message_id, "before": before, "reply": reply_id},
            )
        )

    def told(self, action_id: int) -> list[Told]:
        """Whom an action is told, in the order in which they were drafted."""
        rows = self._engine.query(
            f"{_TOLD} WHERE d.action_id = :action ORDER BY d.id", {"action": action_id}
        )
        return [_told(row) for row in rows]

    def told_by(self, reply_id: int) -> Told | None:
        """What a reply tells of an action; None if it is any other reply."""
        rows = self._engine.query(f"{_TOLD} WHERE d.reply_id = :reply", {"reply": reply_id})
        return _told(rows[0]) if rows else None

    def approve(self, reply_id: int, mark: str | None, agent: str, at: int) -> None:
        """Note that somebody has read a text and let it pass; None: not any more."""
        self._engine.execute(
            "UPDATE told SET approved = :mark, reviewed_by = :agent, reviewed_at = :at "
            "WHERE reply_id = :reply",
            {"mark": mark, "agent": agent, "at": at, "reply": reply_id},
        )

    def attempts(self, brand_id: int, since: int) -> int:
        """How many of the told were tried to be sent since a time, UTC ms."""
        rows = self._engine.query(
            "SELECT count(*) FROM told d JOIN reply r ON r.id = d.reply_id "
            "WHERE d.brand_id = :b AND r.attempted_at > :since",
            {"b": brand_id, "since": since},
        )
        return int(rows[0][0])

    def answers(self, action_id: int) -> list[Answer]:
        """Whoever was told, and what they wrote next there, if anything."""
        rows = self._engine.query(_ANSWERS, {"action": action_id})
        return [_answer(row) for row in rows]


def _mention(row: Row) -> Mention:
    values = list(row)
    for place in (10, 11, 12, 13, 15):
        values[place] = bool(values[place])
    return Mention(*values)


def _answer(row: Row) -> Answer:
    reply_id, handle, number, told_at, kind, message_id, at = row
    # Where there is no message, there is none that a kind is of.
    said = kind if message_id is not None else None
    return Answer(reply_id, handle, number, told_at, said, message_id, at)


def _told(row: Row) -> Told:
    values = list(row)
    values[8] = ReplyState(values[8])
    return Told(*values)
