"""What screens show. Nothing here writes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from triage.core.model import CloseReason, Evidence, Kind, Role, Verdict, WaitState
from triage.core.outbox import Found
from triage.core.records import (
    ConversationView,
    Correction,
    MessageView,
    VersionView,
    WaitView,
)
from triage.core.retagging import Place, Tagged
from triage.store.engine import Engine, Params, Row, any_of
from triage.store.standing import stands
from triage.store.themes import JOIN as JOIN_SAID
from triage.store.themes import THEME
from triage.store.waitrows import HOLDS

_STATUS_URL = re.compile(r"/status(?:es)?/(\d+)")

_MESSAGE = f"""
SELECT m.id, m.conversation_id, m.native_id, m.role, coalesce(c.handle, a.handle, ''),
    coalesce(c.name, ''), m.text, m.posted_at, m.fetched_at, m.deleted_at, m.url,
    coalesce(g.after, v.kind), g.after IS NOT NULL, r.agent, m.is_history, m.in_reply_to,
    m.version_id <> m.native_id,
    coalesce(m.absent, CASE WHEN m.purged_at IS NOT NULL THEN 'removed' END), x.written_at, m.lang
FROM message m
LEFT JOIN customer c ON c.id = m.customer_id
LEFT JOIN account a ON a.id = m.account_id
LEFT JOIN verdict v ON v.message_id = m.id
LEFT JOIN activity g ON g.id = (SELECT max(t.id) FROM activity t
    WHERE t.message_id = m.id AND t.what = 'tag' AND {stands("t")})
LEFT JOIN reply r ON m.role = 'own' AND r.brand_id = m.brand_id AND r.native_id = m.native_id
LEFT JOIN message_version x ON x.message_id = m.id AND x.version_id = m.version_id
    AND m.version_id <> m.native_id
"""
_WAIT = """
SELECT w.id, w.conversation_id, w.state, w.kind, w.needs_answer, w.opening_id, w.last_id,
    w.mentions, w.opened_at, w.fetched_at, w.due_at, w.due_by, w.warn_at, w.settings_id,
    w.ended_at, w.agent, w.outside, w.is_met, coalesce(a.handle, ''), x.after,
    w.urgency, w.policy, w.promised, w.hold, w.hold_until
FROM wait w
LEFT JOIN message m ON m.id = w.ended_by_message
LEFT JOIN account a ON a.id = m.account_id
LEFT JOIN activity x ON x.id = w.ended_by_activity
"""
_TAGGED = f"""
SELECT m.id, m.conversation_id, m.native_id, coalesce(c.handle, ''), m.posted_at, m.text, m.lang,
    v.priority, v.kind, g.after,
    m.is_history = 0 AND m.deleted_at IS NULL AND (m.role = 'mention' OR g.id IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM wait w JOIN message n ON n.id = w.last_id
        WHERE w.conversation_id = m.conversation_id AND w.ended_at IS NOT NULL
            AND w.state <> 'withdrawn'
            AND (m.posted_at, length(m.native_id), m.native_id)
                <= (n.posted_at, length(n.native_id), n.native_id)),
    m.customer_id
FROM message m JOIN verdict v ON v.message_id = m.id
LEFT JOIN customer c ON c.id = m.customer_id
LEFT JOIN activity g ON g.id = (SELECT max(t.id) FROM activity t
    WHERE t.message_id = m.id AND t.what = 'tag' AND {stands("t")})
"""
"""An end takes all that stood up to its wait's newest mention: what is behind every end waits."""
_CORRECTIONS = f"""
SELECT m.id, m.conversation_id, m.text, m.lang, g.after, f.before, g.at, g.agent
FROM (SELECT a.message_id, min(a.id) AS first_id, max(a.id) AS last_id FROM activity a
    WHERE a.brand_id = :b AND a.what = 'tag' AND {stands("a")} GROUP BY a.message_id) t
JOIN activity f ON f.id = t.first_id
JOIN activity g ON g.id = t.last_id
JOIN message m ON m.id = t.message_id
WHERE m.absent IS NULL AND m.purged_at IS NULL
"""


class ReadingStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def resolve(self, brand_id: int, reference: str) -> int | None:
        """A conversation's id from its id, a post's native id or its URL."""
        reference = reference.strip()
        if reference.removeprefix("#").isascii() and reference.removeprefix("#").isdecimal():
            number = int(reference.removeprefix("#"))
            if number < 1 << 62:
                rows = self._engine.query(
                    "SELECT coalesce(merged_into, id) FROM conversation "
                    "WHERE id = :id AND brand_id = :b",
                    {"id": number, "b": brand_id},
                )
                if rows:
                    return int(rows[0][0])
        message_id = self.message_id(brand_id, reference)
        if message_id is None:
            return None
        rows = self._engine.query(
            "SELECT conversation_id FROM message WHERE id = :id", {"id": message_id}
        )
        return rows[0][0] if rows else None

    def message_id(self, brand_id: int, reference: str) -> int | None:
        """A message's id from its native id or a URL of it."""
        found = _STATUS_URL.search(reference)
        native_id = found.group(1) if found else reference.strip()
        rows = self._engine.query(
            "SELECT m.id FROM message m WHERE m.brand_id = :b AND m.channel IN "
            "(SELECT DISTINCT a.channel FROM account a WHERE a.brand_id = :b) "
            "AND m.native_id = :native_id "
            "UNION SELECT x.message_id FROM message_version x "
            "JOIN message m ON m.id = x.message_id "
            "WHERE x.version_id = :native_id AND m.brand_id = :b ORDER BY 1",
            {"b": brand_id, "native_id": native_id},
        )
        return int(rows[0][0]) if rows else None

    def conversation(self, conversation_id: int) -> ConversationView | None:
        """Who talks to which account."""
        rows = self._engine.query(
            "SELECT t.id, t.brand_id, t.account_id, coalesce(a.handle, '?'), t.channel, "
            "t.thread_id, t.customer_id, c.handle, c.name, c.followers "
            "FROM conversation t JOIN customer c ON c.id = t.customer_id "
            "LEFT JOIN account a ON a.id = t.account_id WHERE t.id = :id",
            {"id": conversation_id},
        )
        return ConversationView(*rows[0]) if rows else None

    def thread(self, conversation_id: int) -> list[MessageView]:
        """Every message of the conversation's thread, and our quotes of it, oldest first."""
        return self._messages(
            "WHERE m.id IN (SELECT x.id FROM conversation t JOIN message x "
            "ON x.brand_id = t.brand_id AND x.channel = t.channel AND x.thread_id = t.thread_id "
            "WHERE t.id = :c UNION SELECT y.id FROM message y WHERE y.conversation_id = :c)",
            {"c": conversation_id},
        )

    def messages(self, message_ids: Sequence[int]) -> list[MessageView]:
        """Messages by id, in their order in time."""
        params: dict[str, object] = {}
        if not message_ids:
            return []
        return self._messages(f"WHERE {any_of('m.id', 'i', message_ids, params)}", params)

    def versions(self, message_id: int) -> list[VersionView]:
        """What a message said before it was edited, oldest first."""
        rows = self._engine.query(
            "SELECT x.version_id, x.text, x.written_at, (SELECT v.kind FROM version_verdict v "
            "WHERE v.message_id = x.message_id AND v.version_id = x.version_id "
            "ORDER BY v.settings_id DESC LIMIT 1) FROM message_version x "
            "JOIN message m ON m.id = x.message_id AND m.version_id <> x.version_id "
            "WHERE x.message_id = :id ORDER BY length(x.version_id), x.version_id",
            {"id": message_id},
        )
        return [VersionView(i, text, at, Kind(k) if k else None) for i, text, at, k in rows]

    def waits(self, conversation_id: int) -> list[WaitView]:
        """The waits of a conversation, oldest first."""
        rows = self._engine.query(
            f"{_WAIT} WHERE w.conversation_id = :c ORDER BY w.opened_at, w.id",
            {"c": conversation_id},
        )
        return [_wait_view(row) for row in rows]

    def customer_waits(self, customer_ids: Sequence[int]) -> list[WaitView]:
        """The waits of these customers in all conversations, oldest first."""
        params: dict[str, object] = {}
        of = any_of("t.customer_id", "c", customer_ids, params)
        rows = self._engine.query(
            f"{_WAIT} JOIN conversation t ON t.id = w.conversation_id "
            f"WHERE {of} ORDER BY w.opened_at, w.id",
            params,
        )
        return [_wait_view(row) for row in rows]

    def verdict(self, message_id: int) -> Verdict | None:
        """What the rules said of a message, and the theme that an agent gave it, if one did.

        Corrections of its kind are acts and not in here.
        """
        rows = self._engine.query(
            f"SELECT v.kind, v.scores, v.because, v.confidence, {THEME}, v.priority "
            f"FROM verdict v JOIN message m ON m.id = v.message_id {JOIN_SAID} WHERE m.id = :id",
            {"id": message_id},
        )
        if not rows:
            return None
        kind, scores, because, *others = rows[0]
        return Verdict(
            Kind(kind),
            {Kind(k): s for k, s in json.loads(scores).items()},
            tuple(
                Evidence(
                    e["rule"],
                    e["text"],
                    e["start"],
                    e["end"],
                    {Kind(k): w for k, w in e["weights"].items()},
                    e.get("note", ""),
                )
                for e in json.loads(because)
            ),
            *others,
        )

    def tagged(
        self, brand_id: int, since: int, before: Place, many: int, account_ids: Sequence[int] = ()
    ) -> list[Tagged]:
        """The next tagged mentions since a time, newest first, behind a place.

        Of these accounts, or of all.
        """
        params: dict[str, object] = {"b": brand_id, "since": since, "many": many}
        params |= {"at": before[0], "id": before[1]}
        ours = f"AND {any_of('m.account_id', 'a', account_ids, params)}" if account_ids else ""
        rows = self._engine.query(
            f"{_TAGGED} WHERE m.brand_id = :b AND m.posted_at >= :since {ours} "
            "AND m.purged_at IS NULL AND (m.posted_at, m.id) < (:at, :id) "
            "AND m.role IN ('mention', 'incidental') "
            "ORDER BY m.posted_at DESC, m.id DESC LIMIT :many",
            params,
        )
        return [_tagged(row) for row in rows]

    def corrections(
        self, brand_id: int, since: int | None = None, account_ids: Sequence[int] = ()
    ) -> list[Correction]:
        """The newest correction of each mention, oldest first; since a time, or all.

        Of mentions to these accounts, or to all. One that its author took back is left out.
        """
        params: dict[str, object] = {"b": brand_id, "since": since}
        recent = "" if since is None else "AND g.at >= :since"
        ours = f"AND {any_of('m.account_id', 'a', account_ids, params)}" if account_ids else ""
        rows = self._engine.query(f"{_CORRECTIONS} {recent} {ours} ORDER BY g.id", params)
        return [_correction(row) for row in rows]

    def search(
        self, brand_id: int, words: str, limit: int, account_ids: Sequence[int] = ()
    ) -> list[MessageView]:
        """Messages that hold the words, newest first, of these accounts or of all."""
        match = self._engine.search.match(words)
        params: dict[str, object] = {"words": match, "b": brand_id, "limit": limit}
        where = f"{self._engine.tokens['match']} AND x.brand_id = :b"
        if account_ids:
            where += f" AND {any_of('x.account_id', 'a', account_ids, params)}"
        found = self._messages(
            "WHERE m.id IN (SELECT x.id FROM message_fts f JOIN message x ON x.id = f.rowid "
            f"WHERE {where} ORDER BY x.posted_at DESC, x.id DESC LIMIT :limit)",
            params,
        )
        return found[::-1]

    def own_posts(self, account_id: int, since: int) -> list[Found]:
        """What an account of ours posted since; `author_id` is our id of the account."""
        rows = self._engine.query(
            "SELECT m.native_id, m.account_id, m.in_reply_to, m.text, m.posted_at FROM account a "
            "JOIN message m ON m.brand_id = a.brand_id AND m.posted_at >= :since "
            "AND m.account_id = a.id WHERE a.id = :id AND m.role = 'own' "
            "AND m.deleted_at IS NULL ORDER BY m.id",
            {"id": account_id, "since": since},
        )
        return [Found(i, str(a), to, text, at) for i, a, to, text, at in rows]

    def newest_fetched(self, brand_id: int) -> int | None:
        """When the newest message was posted that a channel told us of itself, UTC ms.

        What was imported says what somebody wrote into a file.
        """
        rows = self._engine.query(
            "SELECT posted_at FROM message WHERE brand_id = :b AND channel <> 'import' "
            "ORDER BY posted_at DESC, id DESC LIMIT 1",
            {"b": brand_id},
        )
        return int(rows[0][0]) if rows else None

    def _messages(self, where: str, params: Params) -> list[MessageView]:
        rows = self._engine.query(
            f"{_MESSAGE} {where} ORDER BY m.posted_at, length(m.native_id), m.native_id", params
        )
        return [_message_view(row) for row in rows]


def _message_view(row: Row) -> MessageView:
    values = list(row)
    values[3] = Role(values[3])
    values[11] = Kind(values[11]) if values[11] else None
    for flag in (12, 14, 16):
        values[flag] = values[flag] == 1
    return MessageView(*values)


def _tagged(row: Row) -> Tagged:
    *plain, kind, corrected, waits, customer_id = row
    said = Kind(corrected) if corrected else None
    return Tagged._make((*plain, Kind(kind), said, waits == 1, customer_id))


def _correction(row: Row) -> Correction:
    message_id, conversation_id, text, lang, kind, was, at, agent = row
    return Correction(
        message_id, conversation_id, text, lang, Kind(kind), Kind(was) if was else None, at, agent
    )


def _wait_view(row: Row) -> WaitView:
    values = list(row)
    values[2] = WaitState(values[2])
    values[3] = Kind(values[3])
    values[4] = values[4] == 1
    values[16] = values[16] == 1
    values[17] = None if values[17] is None else values[17] == 1
    values[19] = CloseReason(values[19]) if values[19] else None
    values[23] = HOLDS[values[23]]
    return WaitView(*values)
