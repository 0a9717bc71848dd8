"""Verdicts going in: which threads are to be judged, what they hold, and the waits that follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from triage.core.model import CloseReason, Verdict
from triage.core.policy import Settings
from triage.core.ports import ThreadKey, Untagged
from triage.core.thread import (
    ConversationFacts,
    ConversationVerdict,
    ThreadFacts,
    ThreadMessage,
    customers_of,
)
from triage.core.waits import Closing, Judge, Wait, moment
from triage.store.engine import Engine, Params, Row
from triage.store.verdicts import because_text, scores_text
from triage.store.waitrows import COLUMNS, NAMES, wait_of, wait_row

_BATCH = """
(SELECT brand_id, channel, thread_id FROM unjudged WHERE brand_id = :brand_id
 ORDER BY channel, thread_id LIMIT :many)
"""
_COLUMNS = """
m.id, m.native_id, m.version_id, m.role, m.is_history, m.customer_id, c.native_id, m.account_id,
m.posted_at, m.fetched_at, m.deleted_at, m.in_reply_to, m.in_reply_to_author, m.quotes,
m.conversation_id, v.kind, NULL
"""
_JOINS = """
LEFT JOIN customer c ON c.id = m.customer_id
LEFT JOIN verdict v ON v.message_id = m.id
"""
_SENT = ", r.agent, r.seen_at, r.seen_id"
_JOIN_SENT = """
LEFT JOIN reply r ON m.role = 'own' AND r.brand_id = m.brand_id AND r.native_id = m.native_id
"""
_HERE = f"""
FROM {_BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
"""
_UNSENT = f"SELECT u.channel, u.thread_id, {_COLUMNS}, NULL, NULL, NULL {_HERE} {_JOINS}"
_MESSAGES = f"SELECT u.channel, u.thread_id, {_COLUMNS} {_SENT} {_HERE} {_JOINS} {_JOIN_SENT}"
_QUOTING = f"""
SELECT u.channel, u.thread_id, {_COLUMNS} {_SENT}
FROM {_BATCH} u JOIN message q
    ON q.brand_id = u.brand_id AND q.channel = u.channel AND q.thread_id = u.thread_id
JOIN message m ON m.brand_id = u.brand_id AND m.channel = u.channel
    AND m.quotes IN (q.native_id, q.version_id) AND m.role = 'own'
    AND m.thread_id <> u.thread_id {_JOINS} {_JOIN_SENT}
"""
_QUOTING_VERSIONS = f"""
SELECT u.channel, u.thread_id, {_COLUMNS} {_SENT}
FROM {_BATCH} u JOIN message q
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
    EXISTS (SELECT 1 FROM activity WHERE conversation_id IS NOT NULL)
"""
"""A store that was only imported into has none of these: their statements need not run."""
_UNTAGGED = f"""
SELECT m.id, m.text, m.lang
FROM {_BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
LEFT JOIN verdict v ON v.message_id = m.id
WHERE v.message_id IS NULL AND m.role IN ('mention', 'incidental')
ORDER BY m.id
"""
_CORRECTED = f"""
SELECT a.message_id, a.after
FROM {_BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
JOIN activity a ON a.message_id = m.id AND a.what = 'tag'
ORDER BY a.id
"""
_ALIASES = f"""
SELECT x.version_id, m.native_id
FROM {_BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
    AND m.version_id <> m.native_id
JOIN message_version x ON x.message_id = m.id
"""
_CONVERSATIONS = f"""
SELECT u.channel, u.thread_id, t.customer_id, t.id, t.account_id
FROM {_BATCH} u JOIN conversation t
    ON t.brand_id = u.brand_id AND t.channel = u.channel AND t.thread_id = u.thread_id
"""
_CLOSINGS = f"""
SELECT a.conversation_id, a.id, a.at, a.after, a.seen_at, a.seen_id, a.agent
FROM {_BATCH} u JOIN conversation t
    ON t.brand_id = u.brand_id AND t.channel = u.channel AND t.thread_id = u.thread_id
JOIN activity a ON a.conversation_id = t.id AND a.what = 'close'
WHERE NOT EXISTS (SELECT 1 FROM activity z WHERE z.conversation_id = t.id AND z.what = 'reopen'
    AND z.voids_id = a.id)
"""
_WAITS = f"""
SELECT t.id, {", ".join("w." + c for c in NAMES)}
FROM {_BATCH} u JOIN conversation t
    ON t.brand_id = u.brand_id AND t.channel = u.channel AND t.thread_id = u.thread_id
JOIN wait w ON w.conversation_id = t.id
ORDER BY w.id
"""
_CONVERSATION = ("brand_id", "channel", "thread_id", "customer_id")
_NEW_CONVERSATION = "ON CONFLICT (brand_id, channel, thread_id, customer_id) DO NOTHING"
_VERDICT = ("message_id", "settings_id", "kind", "scores", "because")
_NEW_VERDICT = """
ON CONFLICT (message_id) DO UPDATE SET settings_id = excluded.settings_id, kind = excluded.kind,
    scores = excluded.scores, because = excluded.because
"""


class JudgingStore:
    """Reads what waits follow from, and writes what follows. Use it inside one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def has_unjudged(self, brand_id: int) -> bool:
        """Whether any thread is to be judged."""
        rows = self._engine.query(
            "SELECT 1 FROM unjudged WHERE brand_id = :b LIMIT 1", {"b": brand_id}
        )
        return bool(rows)

    def untagged(self, brand_id: int, many: int) -> list[Untagged]:
        """Mentions without a verdict in the next `many` threads to be judged."""
        rows = self._engine.query(_UNTAGGED, {"brand_id": brand_id, "many": many})
        return [Untagged(*row) for row in rows]

    def save_verdicts(self, verdicts: Sequence[tuple[int, Verdict]], settings_id: int) -> None:
        """Write verdicts by message id, under the snapshot that made them."""
        rows = [
            (number, settings_id, v.kind.value, scores_text(v), because_text(v))
            for number, v in verdicts
        ]
        self._engine.insert("verdict", _VERDICT, rows, _NEW_VERDICT)

    def load_threads(
        self, brand_id: int, many: int, default_account: Mapping[str, int]
    ) -> list[tuple[ThreadKey, ThreadFacts]]:
        """Load the next threads to be judged; make the conversations that they lack.

        Args:
            brand_id: Whose.
            many: How many threads at most.
            default_account: By channel: whom to count a conversation under if nothing tells.
        """
        loader = _Loader(self._engine, brand_id, many, default_account, self.judge)
        return loader.load()

    @lru_cache(maxsize=64)  # noqa: B019 - as long as the store; a handful of snapshots
    def judge(self, settings_id: int) -> Judge:
        """A settings snapshot by id."""
        body = self._engine.query("SELECT body FROM settings WHERE id = :id", {"id": settings_id})
        return Judge(settings_id, Settings.from_json(body[0][0]))

    def save_threads(
        self,
        brand_id: int,
        decided: Iterable[tuple[ThreadFacts, Sequence[ConversationVerdict]]],
    ) -> int:
        """Write what changed; give the number of waits that are new or different."""
        accounts: list[Params] = []
        places: list[Params] = []
        stale: list[Params] = []
        waits: list[Row] = []
        for facts, verdicts in decided:
            before = {c.conversation_id: c for c in facts.conversations.values()}
            placed = {m.id: m.conversation_id for m in (*facts.messages, *facts.quoting)}
            for verdict in verdicts:
                number, account_id = verdict.conversation_id, verdict.account_id
                places += [
                    {"c": number, "id": m} for m in verdict.message_ids if placed.get(m) != number
                ]
                known = before[number]
                is_moved = account_id != known.account_id
                if is_moved:
                    accounts.append({"account": account_id, "id": number})
                if is_moved or tuple(known.waits) != verdict.waits:
                    # Nothing hangs on a wait's row, so changed ones are written anew.
                    if known.waits:
                        stale.append({"id": number})
                    waits += [wait_row(brand_id, account_id, number, w) for w in verdict.waits]
        engine = self._engine
        engine.many("UPDATE conversation SET account_id = :account WHERE id = :id", accounts)
        engine.many("UPDATE message SET conversation_id = :c WHERE id = :id", places)
        engine.many("DELETE FROM wait WHERE conversation_id = :id", stale)
        engine.insert("wait", COLUMNS, waits)
        return len(waits)

    def done(self, brand_id: int, keys: Sequence[ThreadKey]) -> None:
        """Take threads off the list of those to be judged."""
        self._engine.many(
            "DELETE FROM unjudged WHERE brand_id = :brand_id AND channel = :channel "
            "AND thread_id = :thread_id",
            [{"brand_id": brand_id, "channel": c, "thread_id": t} for c, t in keys],
        )

    def mark_conversation(self, conversation_id: int) -> None:
        """Have a conversation's thread judged again."""
        self._engine.execute(
            "INSERT INTO unjudged (brand_id, channel, thread_id) "
            "SELECT t.brand_id, t.channel, t.thread_id FROM conversation t WHERE t.id = :id "
            "ON CONFLICT (brand_id, channel, thread_id) DO NOTHING",
            {"id": conversation_id},
        )

    def mark_open(self, brand_id: int, *, retag: bool) -> None:
        """Have every conversation with an open wait judged again, and tagged if asked."""
        if retag:
            self._engine.execute(
                "DELETE FROM verdict WHERE message_id IN (SELECT m.id FROM wait w "
                "JOIN message m ON m.conversation_id = w.conversation_id "
                "AND m.posted_at >= w.opened_at "
                "WHERE w.brand_id = :b AND w.state = 'open')",
                {"b": brand_id},
            )
        self._engine.execute(
            "INSERT INTO unjudged (brand_id, channel, thread_id) "
            "SELECT DISTINCT t.brand_id, t.channel, t.thread_id FROM wait w "
            "JOIN conversation t ON t.id = w.conversation_id "
            "WHERE w.brand_id = :b AND w.state = 'open' "
            "ON CONFLICT (brand_id, channel, thread_id) DO NOTHING",
            {"b": brand_id},
        )


class _Loader:
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

    def load(self) -> list[tuple[ThreadKey, ThreadFacts]]:
        keys: list[ThreadKey] = [
            (channel, thread_id)
            for _, channel, thread_id in self.engine.query(
                f"SELECT * FROM {_BATCH} u ORDER BY channel, thread_id", self.params
            )
        ]
        sent, edited, quoted, corrected, closed = self.engine.query(_THERE_ARE, self.params)[0]
        tags: dict[int, str] = {}
        if corrected:
            tags.update(self.engine.query(_CORRECTED, self.params))
        messages = self._messages(_MESSAGES if sent else _UNSENT, tags)
        quoting = self._messages(_QUOTING, tags) if quoted else defaultdict(list)
        aliases: dict[str, str] = {}
        if edited and quoted:
            _add_missing(quoting, self._messages(_QUOTING_VERSIONS, tags))
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

    def _messages(
        self, sql: str, corrected: Mapping[int, str]
    ) -> defaultdict[ThreadKey, list[ThreadMessage]]:
        found: defaultdict[ThreadKey, list[ThreadMessage]] = defaultdict(list)
        make = ThreadMessage._make
        for row in self.engine.query(sql, self.params):
            message = make(row[2:])
            if message.id in corrected:
                message = message._replace(corrected=corrected[message.id])
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
