"""Events, their posts, and how these were received."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from triage.core.events import WAITING, Event, EventPost, Late, Planned, Reception
from triage.core.kinds import Kind
from triage.store.engine import Engine, Row, query_in
from triage.store.outbox import COLUMNS, reply_of
from triage.store.themes import KIND

_EVENT = (
    "id, uuid, account_id, name, wall, zone, at, language, countdown, text, created_at, agent, "
    "texts, late, turn, cancelled_at"
)
_POST = (
    "reply_id, event_id, turn, step, due_at, day, days_left, hours_left, reviewed, reviewed_by, "
    "reviewed_at, released_at"
)
_WIDTH = len(_POST.split(","))
_REPLY = ", ".join(f"r.{name.strip()}" for name in COLUMNS.split(","))
_P = ", ".join(f"p.{name.strip()}" for name in _POST.split(","))
_PLANNED = f"SELECT {_P}, {_REPLY} FROM event_post p JOIN reply r ON r.id = p.reply_id"
_OPEN = ", ".join(f"'{s.value}'" for s in WAITING)
_OURS = """
event_post p JOIN reply r ON r.id = p.reply_id AND r.native_id IS NOT NULL
JOIN account a ON a.id = r.account_id
JOIN message o ON o.brand_id = r.brand_id AND o.channel = a.channel AND o.native_id = r.native_id
"""
_THEIRS = "m.role IN ('mention', 'incidental') AND m.deleted_at IS NULL"
_RECEPTION = f"""
SELECT p.reply_id, m.id, m.conversation_id, m.customer_id, {KIND}, 0, m.posted_at
FROM {_OURS} JOIN message m ON m.brand_id = o.brand_id AND m.channel = o.channel
    AND m.thread_id = o.thread_id AND {_THEIRS}
LEFT JOIN verdict v ON v.message_id = m.id
WHERE p.event_id = :e
UNION ALL
SELECT p.reply_id, m.id, m.conversation_id, m.customer_id, {KIND}, 1, m.posted_at
FROM {_OURS} JOIN message m ON m.brand_id = o.brand_id AND m.channel = o.channel
    AND m.quotes = o.native_id AND {_THEIRS} AND m.thread_id <> o.thread_id
LEFT JOIN verdict v ON v.message_id = m.id
WHERE p.event_id = :e
ORDER BY 7, 2
"""
_ABOUT = """
SELECT t.id, e.name, e.id FROM conversation t
JOIN message o ON o.brand_id = t.brand_id AND o.channel = t.channel AND o.thread_id = t.thread_id
    AND o.role = 'own'
JOIN reply r ON r.brand_id = o.brand_id AND r.native_id = o.native_id
JOIN event_post p ON p.reply_id = r.id JOIN event e ON e.id = p.event_id
WHERE t.id IN ({values})
UNION
SELECT m.conversation_id, e.name, e.id FROM message m
JOIN reply r ON r.brand_id = m.brand_id AND r.native_id = m.quotes
JOIN event_post p ON p.reply_id = r.id JOIN event e ON e.id = p.event_id
WHERE m.conversation_id IN ({values}) AND m.quotes IS NOT NULL
ORDER BY 1, 3
"""
"""Talk below a post of an event, and talk that quotes one."""
_COMPLAINTS = f"""
SELECT count(*) FROM message m LEFT JOIN verdict v ON v.message_id = m.id
WHERE m.brand_id = :b AND m.posted_at >= :since AND m.posted_at < :until
    AND m.role IN ('mention', 'incidental') AND {KIND} = 'complaint'
"""


class EventStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, brand_id: int, event: Event) -> Event:
        """Write an event; the same uuid twice is one."""
        self._engine.execute(
            "INSERT INTO event (uuid, brand_id, account_id, name, wall, zone, at, language, "
            "countdown, text, texts, late, turn, created_at, agent) VALUES (:uuid, :brand_id, "
            ":account_id, :name, :wall, :zone, :at, :language, :countdown, :text, :texts, :late, "
            ":turn, :created_at, :agent) ON CONFLICT (uuid) DO NOTHING",
            {
                "uuid": event.uuid,
                "brand_id": brand_id,
                "account_id": event.account_id,
                "name": event.name,
                "wall": _wall(event.wall),
                "zone": event.zone,
                "at": event.at,
                "language": event.language,
                "countdown": event.countdown,
                "text": event.text,
                "texts": json.dumps(dict(event.texts)),
                "late": event.late.value,
                "turn": event.turn,
                "created_at": event.created_at,
                "agent": event.agent,
            },
        )
        rows = self._engine.query(
            f"SELECT {_EVENT} FROM event WHERE uuid = :uuid", {"uuid": event.uuid}
        )
        return _event(rows[0])

    def get(self, brand_id: int, event_id: int) -> Event | None:
        """An event by id."""
        rows = self._engine.query(
            f"SELECT {_EVENT} FROM event WHERE brand_id = :b AND id = :id",
            {"b": brand_id, "id": event_id},
        )
        return _event(rows[0]) if rows else None

    def all(self, brand_id: int) -> list[Event]:
        """Every event of a brand, the next first."""
        rows = self._engine.query(
            f"SELECT {_EVENT} FROM event WHERE brand_id = :b ORDER BY at, id", {"b": brand_id}
        )
        return [_event(row) for row in rows]

    def move(self, event: Event, wall: datetime, zone: str, at: int) -> bool:
        """Give an event another time and its next turn; False if it is not as it was."""
        return bool(
            self._engine.execute(
                "UPDATE event SET wall = :wall, zone = :zone, at = :at, turn = turn + 1 "
                "WHERE id = :id AND turn = :turn AND cancelled_at IS NULL",
                {"wall": _wall(wall), "zone": zone, "at": at, "id": event.id, "turn": event.turn},
            )
        )

    def cancel(self, event_id: int, at: int) -> bool:
        """Note that an event will not be; False if that was noted."""
        return bool(
            self._engine.execute(
                "UPDATE event SET cancelled_at = :at WHERE id = :id AND cancelled_at IS NULL",
                {"id": event_id, "at": at},
            )
        )

    def add_post(self, post: EventPost) -> None:
        """Say that a reply is the post of an event."""
        self._engine.execute(
            "INSERT INTO event_post (reply_id, event_id, turn, step, due_at, day, days_left, "
            "hours_left, reviewed_by) VALUES (:reply_id, :event_id, :turn, :step, :due_at, :day, "
            ":days_left, :hours_left, '') ON CONFLICT (reply_id) DO NOTHING",
            {
                "reply_id": post.reply_id,
                "event_id": post.event_id,
                "turn": post.turn,
                "step": post.step,
                "due_at": post.due_at,
                "day": post.day,
                "days_left": post.days_left,
                "hours_left": post.hours_left,
            },
        )

    def post_of(self, reply_id: int) -> EventPost | None:
        """What makes a reply the post of an event; None if it is none."""
        rows = self._engine.query(
            f"SELECT {_POST} FROM event_post WHERE reply_id = :id", {"id": reply_id}
        )
        return EventPost(*rows[0]) if rows else None

    def posts(self, event_id: int) -> list[Planned]:
        """The posts of an event of every turn, in the order in which they are due."""
        rows = self._engine.query(
            f"{_PLANNED} WHERE p.event_id = :e ORDER BY p.due_at, p.turn, p.reply_id",
            {"e": event_id},
        )
        return [_planned(row) for row in rows]

    def waiting(self, brand_id: int) -> list[tuple[Event, Planned]]:
        """All posts of a brand that have not left and still may, in the order of their time."""
        rows = self._engine.query(
            f"{_PLANNED} WHERE r.brand_id = :b AND r.state IN ({_OPEN}) "
            "ORDER BY p.due_at, p.reply_id",
            {"b": brand_id},
        )
        events: dict[int, Event] = {}
        if rows:
            events = {event.id: event for event in self.all(brand_id)}
        found = [_planned(row) for row in rows]
        return [(events[p.post.event_id], p) for p in found]

    def review(self, reply_id: int, key: str | None, agent: str, at: int | None) -> None:
        """Note who has read which text; None takes it back."""
        self._engine.execute(
            "UPDATE event_post SET reviewed = :key, reviewed_by = :agent, reviewed_at = :at "
            "WHERE reply_id = :id",
            {"id": reply_id, "key": key, "agent": agent, "at": at},
        )

    def release(self, reply_id: int, at: int) -> None:
        """Note that a person lets a post go although complaints spike."""
        self._engine.execute(
            "UPDATE event_post SET released_at = :at WHERE reply_id = :id",
            {"id": reply_id, "at": at},
        )

    def reception(self, event_id: int) -> list[Reception]:
        """The mentions that answer or quote the posts of an event, oldest first."""
        rows = self._engine.query(_RECEPTION, {"e": event_id})
        return [
            Reception(int(r), int(m), t, c, Kind(kind), bool(quotes))
            for r, m, t, c, kind, quotes, _ in rows
        ]

    def complaints(self, brand_id: int, since: int, until: int) -> int:
        """How many complaints were written from a time on and before another one, UTC ms."""
        values = {"b": brand_id, "since": since, "until": until}
        return int(self._engine.query(_COMPLAINTS, values)[0][0])

    def known_since(self, brand_id: int) -> int | None:
        """When the first mention was written, UTC ms; None if there is none."""
        rows = self._engine.query(
            "SELECT posted_at FROM message WHERE brand_id = :b ORDER BY posted_at LIMIT 1",
            {"b": brand_id},
        )
        return int(rows[0][0]) if rows else None

    def of_conversations(self, conversation_ids: Collection[int]) -> dict[int, str]:
        """Names of the events whose posts these conversations are about, by conversation."""
        rows = query_in(self._engine, _ABOUT, {}, conversation_ids)
        return {number: name for number, name, _ in rows}


def _wall(when: datetime) -> str:
    return when.isoformat(timespec="minutes")


def _event(row: Row) -> Event:
    values = list(row)
    values[4] = datetime.fromisoformat(values[4])
    values[12] = json.loads(values[12])
    values[13] = Late(values[13])
    return Event(*values)


def _planned(row: Row) -> Planned:
    return Planned(EventPost(*row[:_WIDTH]), reply_of(row[_WIDTH:]))
