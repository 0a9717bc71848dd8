"""Threads as the judge needs them: what they hold, and what is known of their conversations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from triage.core.model import CloseReason, Kind
from triage.core.ports import ThreadKey
from triage.core.thread import ConversationFacts, ThreadFacts, ThreadMessage, customers_of
from triage.core.waits import Closing, Former, Wait, moment
from triage.store.engine import Engine
from triage.store.waitrows import NAMES, wait_of

BATCH = """
(SELECT brand_id, channel, thread_id, retag_from FROM unjudged WHERE brand_id = :brand_id
 ORDER BY channel, thread_id LIMIT :many)
"""
"""The threads that are to be judged next."""
_COLUMNS = """
m.id, m.native_id, m.version_id, m.role, m.is_history, m.customer_id, c.native_id, m.account_id,
m.posted_at, m.fetched_at, m.deleted_at, m.in_reply_to, m.in_reply_to_author, m.quotes,
m.conversation_id, v.kind, NULL
"""
_JOINS = """
LEFT JOIN customer c ON c.id = m.customer_id
LEFT JOIN verdict v ON v.message_id = m.id
"""
_SENT = ", r.agent, r.seen_at, r.seen_id, v.priority, v.confidence, NULL"
_NOT_SENT = ", NULL, NULL, NULL, v.priority, v.confidence, NULL"
_JOIN_SENT = """
LEFT JOIN reply r ON m.role = 'own' AND r.brand_id = m.brand_id AND r.native_id = m.native_id
"""
_HERE = f"""
FROM {BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
"""
_UNSENT = f"SELECT u.channel, u.thread_id, {_COLUMNS} {_NOT_SENT} {_HERE} {_JOINS}"
_MESSAGES = f"SELECT u.channel, u.thread_id, {_COLUMNS} {_SENT} {_HERE} {_JOINS} {_JOIN_SENT}"
_QUOTING = f"""
SELECT u.channel, u.thread_id, {_COLUMNS} {_SENT}
FROM {BATCH} u JOIN message q
    ON q.brand_id = u.brand_id AND q.channel = u.channel AND q.thread_id = u.thread_id
JOIN message m ON m.brand_id = u.brand_id AND m.channel = u.channel
    AND m.quotes IN (q.native_id, q.version_id) AND m.role = 'own'
    AND m.thread_id <> u.thread_id {_JOINS} {_JOIN_SENT}
"""
_QUOTING_VERSIONS = f"""
SELECT u.channel, u.thread_id, {_COLUMNS} {_SENT}
FROM {BATCH} u JOIN message q
    ON q.brand_id = u.brand_id AND q.channel = u.channel AND q.thread_id = u.thread_id
JOIN message_version x ON x.message_id = q.id
JOIN message m ON m.brand_id = u.brand_id AND m.channel = u.channel
    AND m.quotes = x.version_id AND m.role = 'own' AND m.thread_id <> u.thread_id
    {_JOINS} {_JOIN_SENT}
"""
_THERE_ARE = """
SELECT EXISTS (SELECT 1 FROM reply), EXISTS (SELECT 1 FROM message_version),
    EXISTS (SELECT 1 FROM message WHERE brand_id = :brand_id AND quotes IS NOT NULL),
    EXISTS (SELECT 1 FROM activity WHERE message_id IS NOT NULL),
    EXISTS (SELECT 1 FROM activity WHERE conversation_id IS NOT NULL),
    EXISTS (SELECT 1 FROM former_verdict)
"""
"""A store that was only imported into has none of these: their statements need not run."""
_CORRECTED = f"""
SELECT a.message_id, a.after
FROM {BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
JOIN activity a ON a.message_id = m.id AND a.what = 'tag'
ORDER BY a.id
"""
_FORMER = f"""
SELECT f.message_id, f.settings_id, f.kind, f.priority
FROM {BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
JOIN former_verdict f ON f.message_id = m.id
ORDER BY f.message_id, f.settings_id
"""
_ALIASES = f"""
SELECT x.version_id, m.native_id
FROM {BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
    AND m.version_id <> m.native_id
JOIN message_version x ON x.message_id = m.id
"""
_CONVERSATIONS = f"""
SELECT u.channel, u.thread_id, t.customer_id, t.id, t.account_id
FROM {BATCH} u JOIN conversation t
    ON t.brand_id = u.brand_id AND t.channel = u.channel AND t.thread_id = u.thread_id
"""
_CLOSINGS = f"""
SELECT a.conversation_id, a.id, a.at, a.after, a.seen_at, a.seen_id, a.agent
FROM {BATCH} u JOIN conversation t
    ON t.brand_id = u.brand_id AND t.channel = u.channel AND t.thread_id = u.thread_id
JOIN activity a ON a.conversation_id = t.id AND a.what = 'close'
WHERE NOT EXISTS (SELECT 1 FROM activity z WHERE z.conversation_id = t.id AND z.what = 'reopen'
    AND z.voids_id = a.id)
"""
_WAITS = f"""
SELECT t.id, {", ".join("w." + c for c in NAMES)}
FROM {BATCH} u JOIN conversation t
    ON t.brand_id = u.brand_id AND t.channel = u.channel AND t.thread_id = u.thread_id
JOIN wait w ON w.conversation_id = t.id
ORDER BY w.id
"""
_CONVERSATION = ("brand_id", "channel", "thread_id", "customer_id")
_NEW_CONVERSATION = "ON CONFLICT (brand_id, channel, thread_id, customer_id) DO NOTHING"


class ThreadLoader:
    """Loads one batch of threads in a handful of statements."""

    def __init__(  # type: ignore[no-untyped-def]
        self,
        engine: Engine,
        brand_id: int,
        many: int,
        default_account: Mapping[str, int],
        judge,  # noqa: ANN001 - JudgingStore.judge
    ) -> None:
        self.engine = engine
        self.brand_id = brand_id
        self.params = {"brand_id": brand_id, "many": many}
        self.default_account = default_account
        self.judge = judge
        self.corrected: dict[int, str] = {}
        self.former: defaultdict[int, tuple[Former, ...]] = defaultdict(tuple)

    def load(self) -> list[tuple[ThreadKey, ThreadFacts]]:
        """The threads of the batch, with the conversations that they lacked."""
        keys: list[ThreadKey] = [
            (channel, thread_id)
            for channel, thread_id in self.engine.query(
                f"SELECT channel, thread_id FROM {BATCH} u ORDER BY channel, thread_id",
                self.params,
            )
        ]
        there_are = self.engine.query(_THERE_ARE, self.params)[0]
        sent, edited, quoted, corrected, closed, retagged = there_are
        if corrected:
            self.corrected.update(self.engine.query(_CORRECTED, self.params))
        if retagged:
            self._load_former()
        messages = self._messages(_MESSAGES if sent else _UNSENT)
        quoting = self._messages(_QUOTING) if quoted else defaultdict(list)
        aliases: dict[str, str] = {}
        if edited and quoted:
            _add_missing(quoting, self._messages(_QUOTING_VERSIONS))
        if edited:
            aliases.update(self.engine.query(_ALIASES, self.params))
        self._add_conversations(keys, messages)
        closings = self._closings() if closed else defaultdict(list)
        conversations = self._conversations(messages, closings)
        return [
            (
                key,
                ThreadFacts(
                    messages[key],
                    conversations[key],
                    quoting[key],
                    aliases,
                    self.default_account.get(key[0]),
                ),
            )
            for key in keys
        ]

    def _load_former(self) -> None:
        for number, settings_id, kind, priority in self.engine.query(_FORMER, self.params):
            self.former[number] += (Former(settings_id, Kind(kind), priority),)

    def _messages(self, sql: str) -> defaultdict[ThreadKey, list[ThreadMessage]]:
        found: defaultdict[ThreadKey, list[ThreadMessage]] = defaultdict(list)
        make = ThreadMessage._make
        for row in self.engine.query(sql, self.params):
            message = make(row[2:])
            if message.id in self.corrected:
                message = message._replace(corrected=self.corrected[message.id])
            if message.id in self.former:
                message = message._replace(former=self.former[message.id])
            found[row[:2]].append(message)
        # A message comes twice if two replies tell of it.
        for key, messages in found.items():
            if len(messages) > 1:
                found[key] = list({m.id: m for m in messages}.values())
        return found

    def _add_conversations(
        self, keys: Sequence[ThreadKey], messages: Mapping[ThreadKey, list[ThreadMessage]]
    ) -> None:
        known = {
            (channel, thread_id, customer_id)
            for channel, thread_id, customer_id, _, _ in self.engine.query(
                _CONVERSATIONS, self.params
            )
        }
        # Only what is missing: an insert that finds its row would still use up an id, and these
        # ids are typed by people.
        rows = [
            (self.brand_id, *key, customer_id)
            for key in keys
            for customer_id in sorted(customers_of(messages[key]))
            if (*key, customer_id) not in known
        ]
        self.engine.insert("conversation", _CONVERSATION, rows, _NEW_CONVERSATION)

    def _conversations(
        self,
        messages: Mapping[ThreadKey, list[ThreadMessage]],
        closings: Mapping[int, list[Closing]],
    ) -> defaultdict[ThreadKey, dict[int, ConversationFacts]]:
        known: defaultdict[ThreadKey, dict[int, tuple[int, int | None]]] = defaultdict(dict)
        for channel, thread_id, customer_id, number, account_id in self.engine.query(
            _CONVERSATIONS, self.params
        ):
            known[channel, thread_id][customer_id] = (number, account_id)
        for key, by_customer in known.items():
            self._follow_moves(messages[key], by_customer)
        waits = self._waits()
        result: defaultdict[ThreadKey, dict[int, ConversationFacts]] = defaultdict(dict)
        for key, by_customer in known.items():
            for customer_id, (number, account_id) in by_customer.items():
                before = waits[number]
                result[key][customer_id] = ConversationFacts(
                    number,
                    account_id,
                    closings[number],
                    [
                        (w.ended_at, self.judge(w.settings_id))
                        for w in before
                        if w.ended_at is not None
                    ],
                    before,
                )
        return result

    def _follow_moves(
        self,
        messages: Sequence[ThreadMessage],
        by_customer: Mapping[int, tuple[int, int | None]],
    ) -> None:
        """A thread that turned out to be part of another one: its acts go with its messages."""
        moves = set()
        for message in messages:
            now = by_customer.get(message.customer_id or 0)
            before = message.conversation_id
            if now and before is not None and before != now[0]:
                moves.add((before, now[0]))
        for before, after in sorted(moves):
            ids = {"before": before, "after": after}
            for table in ("activity", "reply"):
                self.engine.execute(
                    f"UPDATE {table} SET conversation_id = :after WHERE conversation_id = :before",
                    ids,
                )
            self.engine.execute(
                "UPDATE conversation SET merged_into = :after WHERE id = :before", ids
            )

    def _closings(self) -> defaultdict[int, list[Closing]]:
        found: defaultdict[int, list[Closing]] = defaultdict(list)
        for number, act, at, reason, seen_at, seen_id, agent in self.engine.query(
            _CLOSINGS, self.params
        ):
            seen = moment(seen_at if seen_at is not None else at, seen_id or "")
            found[number].append(Closing(act, at, CloseReason(reason), seen, agent))
        return found

    def _waits(self) -> defaultdict[int, list[Wait]]:
        found: defaultdict[int, list[Wait]] = defaultdict(list)
        for row in self.engine.query(_WAITS, self.params):
            found[row[0]].append(wait_of(row[1:]))
        return found


def _add_missing(
    found: dict[ThreadKey, list[ThreadMessage]], more: Mapping[ThreadKey, list[ThreadMessage]]
) -> None:
    for key, messages in more.items():
        known = {m.id for m in found[key]}
        found[key] += [m for m in messages if m.id not in known]
