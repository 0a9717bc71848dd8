"""Replies on their way: saved first, moved only by compare-and-set along the core's table."""

from __future__ import annotations

from collections.abc import Sequence

from triage.core.actions import Review
from triage.core.outbox import IN_FLIGHT, ReplyState, may_move, text_key
from triage.core.records import Reply
from triage.errors import Refused
from triage.store.engine import Conflict, Engine, Row

COLUMNS = """
id, uuid, account_id, conversation_id, in_reply_to, text, state, agent, seen_at, seen_id,
created_at, changed_at, attempted_at, attempts, retry_at, native_id, detail, send_at, schedule,
follows_id, part, parts, undo_at, written_by
"""
"""What `reply_of` makes a reply of."""
_STOPPED = (ReplyState.HELD, ReplyState.FAILED, ReplyState.UNKNOWN)
"""Only a person sends a reply on from there: for when it was once meant counts no more."""
_NO_SCHEDULE = "''"
_FLYING = ", ".join(f"'{s.value}'" for s in IN_FLIGHT)


class OutboxStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def draft(self, brand_id: int, reply: Reply) -> Reply:
        """Save what was typed; the same uuid twice is one row."""
        self._engine.execute(
            "INSERT INTO reply (uuid, brand_id, account_id, conversation_id, in_reply_to, text, "
            "text_key, state, agent, seen_at, seen_id, created_at, changed_at, attempts, detail, "
            "follows_id, part, parts) "
            "VALUES (:uuid, :brand_id, :account_id, :conversation_id, :in_reply_to, :text, "
            ":text_key, :state, :agent, :seen_at, :seen_id, :created_at, :changed_at, 0, :detail, "
            ":follows_id, :part, :parts) "
            "ON CONFLICT (uuid) DO NOTHING",
            {
                "uuid": reply.uuid,
                "brand_id": brand_id,
                "account_id": reply.account_id,
                "conversation_id": reply.conversation_id,
                "in_reply_to": reply.in_reply_to,
                "text": reply.text,
                "text_key": text_key(reply.text),
                "state": ReplyState.DRAFT.value,
                "agent": reply.agent,
                "seen_at": reply.seen_at,
                "seen_id": reply.seen_id,
                "created_at": reply.created_at,
                "changed_at": reply.changed_at,
                "detail": reply.detail,
                "follows_id": reply.follows_id,
                "part": reply.part,
                "parts": reply.parts,
            },
        )
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM reply WHERE uuid = :uuid", {"uuid": reply.uuid}
        )
        return reply_of(rows[0])

    def edit(self, reply_id: int, text: str, at: int) -> bool:
        """Change the text of a draft; False if it is none any more."""
        return bool(
            self._engine.execute(
                "UPDATE reply SET text = :text, text_key = :key, changed_at = :at "
                "WHERE id = :id AND state = 'draft'",
                {"id": reply_id, "text": text, "key": text_key(text), "at": at},
            )
        )

    def make_part(self, reply_id: int, text: str, part: int, parts: int, at: int) -> bool:
        """Make a draft a part of a numbered thread; False if it is no draft any more."""
        return bool(
            self._engine.execute(
                "UPDATE reply SET text = :text, text_key = :key, part = :part, parts = :parts, "
                "changed_at = :at WHERE id = :id AND state = 'draft'",
                {
                    "id": reply_id,
                    "text": text,
                    "key": text_key(text),
                    "part": part,
                    "parts": parts,
                    "at": at,
                },
            )
        )

    def following(self, reply_id: int) -> Reply | None:
        """The part that follows in a numbered thread."""
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM reply WHERE follows_id = :id AND follows_id IS NOT NULL "
            "ORDER BY id LIMIT 1",
            {"id": reply_id},
        )
        return reply_of(rows[0]) if rows else None

    def answer_to(self, reply_id: int, native_id: str) -> None:
        """Say which post a part answers; what is on its way already keeps its own."""
        self._engine.execute(
            "UPDATE reply SET in_reply_to = :native_id WHERE id = :id AND follows_id IS NOT NULL "
            f"AND state NOT IN ({_FLYING}, 'sent')",
            {"id": reply_id, "native_id": native_id},
        )

    def discard(self, reply_id: int) -> None:
        """Take away a part that was never tried."""
        self._engine.execute(
            "DELETE FROM reply WHERE id = :id AND follows_id IS NOT NULL AND attempts = 0 "
            "AND state IN ('draft', 'held')",
            {"id": reply_id},
        )

    def get(self, reply_id: int) -> Reply | None:
        """A reply by id."""
        rows = self._engine.query(f"SELECT {COLUMNS} FROM reply WHERE id = :id", {"id": reply_id})
        return reply_of(rows[0]) if rows else None

    def move(
        self,
        reply_id: int,
        before: ReplyState,
        after: ReplyState,
        at: int,
        *,
        detail: str | None = None,
        native_id: str | None = None,
        retry_at: int | None = None,
        attempted_at: int | None = None,
        send_at: int | None = None,
        schedule: str | None = None,
    ) -> bool:
        """Compare and set: False if it is not in `before` any more. See `OutboxPort.move`."""
        by_hand = after is ReplyState.DRAFT or (after is ReplyState.QUEUED and before in _STOPPED)
        if not may_move(before, after):
            raise AssertionError(f"the table has no move from {before} to {after}")
        try:
            return bool(
                self._engine.execute(
                    "UPDATE reply SET state = :after, changed_at = :at, retry_at = :retry_at, "
                    "detail = coalesce(:detail, detail), "
                    "native_id = coalesce(:native_id, native_id), "
                    "attempted_at = coalesce(:attempted_at, attempted_at), "
                    f"send_at = {'NULL' if by_hand else 'coalesce(:send_at, send_at)'}, "
                    f"schedule = {_NO_SCHEDULE if by_hand else 'coalesce(:schedule, schedule)'}, "
                    "attempts = attempts + :attempt WHERE id = :id AND state = :before",
                    {
                        "id": reply_id,
                        "before": before.value,
                        "after": after.value,
                        "at": at,
                        "detail": detail,
                        "native_id": native_id,
                        "retry_at": retry_at,
                        "attempted_at": attempted_at,
                        "send_at": send_at,
                        "schedule": schedule,
                        "attempt": int(after is ReplyState.SENDING),
                    },
                )
            )
        except Conflict as error:
            raise Refused(
                "The same text to the same post is on its way already.",
                reason="A reply that is queued, being sent, or of unknown fate holds it.",
                hint="See `triage outbox list`.",
            ) from error

    def list_states(
        self, brand_id: int, states: Sequence[ReplyState], limit: int | None = None
    ) -> list[Reply]:
        """Replies in these states, oldest first."""
        marks = ", ".join(f":s{i}" for i in range(len(states)))
        tail = "" if limit is None else " LIMIT :limit"
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM reply WHERE brand_id = :b AND state IN ({marks}) "
            f"ORDER BY id{tail}",
            {"b": brand_id, "limit": limit, **{f"s{i}": s.value for i, s in enumerate(states)}},
        )
        return [reply_of(row) for row in rows]

    def same_text_since(
        self, account_id: int, conversation_id: int, text_key: str, since: int
    ) -> Reply | None:
        """A reply with this text that was sent to this conversation since then."""
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM reply WHERE account_id = :a AND conversation_id = :c "
            "AND text_key = :k AND state = 'sent' AND changed_at >= :since "
            "ORDER BY id DESC LIMIT 1",
            {"a": account_id, "c": conversation_id, "k": text_key, "since": since},
        )
        return reply_of(rows[0]) if rows else None

    def in_flight(self, account_id: int, in_reply_to: str | None, text_key: str) -> Reply | None:
        """A queued, sending or unknown reply with this text to this post."""
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM reply WHERE account_id = :a "
            "AND coalesce(in_reply_to, '') = :to AND text_key = :k "
            f"AND state IN ({_FLYING}) ORDER BY id LIMIT 1",
            {"a": account_id, "to": in_reply_to or "", "k": text_key},
        )
        return reply_of(rows[0]) if rows else None

    def sent_ids(self, brand_id: int, since: int) -> set[str]:
        """Native ids of what was sent since."""
        rows = self._engine.query(
            "SELECT native_id FROM reply WHERE brand_id = :b AND native_id IS NOT NULL "
            "AND changed_at >= :since",
            {"b": brand_id, "since": since},
        )
        return {native_id for (native_id,) in rows}

    def postpone(self, reply_id: int, detail: str, retry_at: int | None, at: int) -> None:
        """Write why a queued reply did not leave yet, and when to try again."""
        self._engine.execute(
            "UPDATE reply SET detail = :detail, retry_at = :retry_at, changed_at = :at "
            "WHERE id = :id AND state = 'queued'",
            {"id": reply_id, "detail": detail, "retry_at": retry_at, "at": at},
        )

    def note(self, reply_id: int, detail: str, at: int) -> None:
        """Write what is known of a reply without moving it."""
        self._engine.execute(
            "UPDATE reply SET detail = :detail, changed_at = :at "
            "WHERE id = :id AND detail <> :detail",
            {"id": reply_id, "detail": detail, "at": at},
        )

    def wish_undone(self, reply_id: int, at: int | None) -> bool:
        """Note since when a reply is to be taken back, None not at all; False if it is not sent."""
        return bool(
            self._engine.execute(
                "UPDATE reply SET undo_at = :at WHERE id = :id AND state = 'sent'",
                {"id": reply_id, "at": at},
            )
        )

    def wished_undone(self, brand_id: int) -> list[Reply]:
        """Sent replies that are to be taken back, oldest first."""
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM reply WHERE brand_id = :b AND state = 'sent' "
            "AND undo_at IS NOT NULL ORDER BY id",
            {"b": brand_id},
        )
        return [reply_of(row) for row in rows]

    def find(self, uuid: str) -> Reply | None:
        """A reply by what its writer called it before it had an id."""
        rows = self._engine.query(f"SELECT {COLUMNS} FROM reply WHERE uuid = :uuid", {"uuid": uuid})
        return reply_of(rows[0]) if rows else None

    def adopt(self, reply_id: int, agent: str) -> None:
        """Credit a reply to whoever sends it; who wrote it stays known."""
        self._engine.execute(
            "UPDATE reply SET agent = :agent, "
            "written_by = CASE WHEN written_by = '' THEN agent "
            "WHEN written_by = :agent THEN '' ELSE written_by END "
            "WHERE id = :id AND agent <> :agent",
            {"id": reply_id, "agent": agent},
        )

    def begun_in(self, conversation_id: int, since: int) -> list[Reply]:
        """Replies to a conversation that are on their way or public, changed since, oldest first.

        Args:
            conversation_id: Which.
            since: UTC ms; what changed at that very time is among them.
        """
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM reply WHERE conversation_id = :c "
            f"AND state IN ({_FLYING}, 'sent') AND changed_at >= :since ORDER BY id",
            {"c": conversation_id, "since": since},
        )
        return [reply_of(row) for row in rows]

    def left_in(self, conversation_id: int) -> list[Reply]:
        """Replies to a conversation that wait for a person: drafts, held, refused; oldest first."""
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM reply WHERE conversation_id = :c "
            "AND state IN ('draft', 'held', 'failed') ORDER BY id",
            {"c": conversation_id},
        )
        return [reply_of(row) for row in rows]

    def drafts_in(self, conversation_id: int) -> list[Reply]:
        """Drafts that wait in a conversation, oldest first."""
        rows = self._engine.query(
            f"SELECT {COLUMNS} FROM reply WHERE conversation_id = :c AND state = 'draft' "
            "ORDER BY id",
            {"c": conversation_id},
        )
        return [reply_of(row) for row in rows]

    def review(self, reply_id: int) -> Review | None:
        """How far the review of a reply is; None if it needs none."""
        rows = self._engine.query(
            "SELECT d.action_id, d.approved, a.dropped_at IS NOT NULL "
            "FROM told d JOIN action a ON a.id = d.action_id WHERE d.reply_id = :reply",
            {"reply": reply_id},
        )
        return Review(rows[0][0], rows[0][1], bool(rows[0][2])) if rows else None


def reply_of(row: Row) -> Reply:
    """A row of `COLUMNS` as a reply."""
    values = list(row)
    values[6] = ReplyState(values[6])
    return Reply(*values)
