"""Threads as the judge needs them: what they hold, and what is known of their conversations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property, partial
from itertools import accumulate
from typing import NamedTuple

from triage.core.holds import Act
from triage.core.judging_ports import ThreadKey
from triage.core.model import CloseReason, Kind
from triage.core.thread import ConversationFacts, ThreadFacts, ThreadMessage, customers_of
from triage.core.wait import Attribute
from triage.core.waits import Closing, Former, FormerJudge, Judge, Version, Wait, moment
from triage.store.engine import Engine, Row
from triage.store.links import attributes_through_links
from triage.store.sources import BATCH, Source
from triage.store.standing import stands
from triage.store.team import assign_by_acts
from triage.store.versions import versions_of
from triage.store.waitrows import HOLDS, NAMES, wait_of

_COLUMNS = """
m.id, m.native_id, m.version_id, m.role, m.is_history, m.customer_id, c.native_id, m.account_id,
m.posted_at, m.fetched_at, m.deleted_at, m.in_reply_to, m.in_reply_to_author, m.quotes,
m.conversation_id, v.kind, NULL
"""
_JOINS = """
LEFT JOIN customer c ON c.id = m.customer_id
LEFT JOIN verdict v ON v.message_id = m.id
"""
_SENT = ", r.agent, r.seen_at, r.seen_id, v.priority, v.confidence, NULL, NULL"
_NOT_SENT = ", NULL, NULL, NULL, v.priority, v.confidence, NULL, NULL"
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
    EXISTS (SELECT 1 FROM message m WHERE m.brand_id = b.brand_id AND m.quotes IS NOT NULL),
    EXISTS (SELECT 1 FROM activity WHERE message_id IS NOT NULL),
    EXISTS (SELECT 1 FROM activity WHERE conversation_id IS NOT NULL),
    EXISTS (SELECT 1 FROM former_verdict), EXISTS (SELECT 1 FROM hold),
    EXISTS (SELECT 1 FROM attribute), EXISTS (SELECT 1 FROM customer_link),
    EXISTS (SELECT 1 FROM forgotten)
FROM (SELECT :brand_id AS brand_id) b
"""
"""A store that was only imported into has none of these: their statements need not run."""
_CORRECTED = f"""
SELECT a.message_id, a.after
FROM {BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
JOIN activity a ON a.message_id = m.id AND a.what = 'tag' AND {stands("a")}
ORDER BY a.id
"""
_FORMER = f"""
SELECT f.message_id, f.settings_id, f.kind, f.priority
FROM {BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
JOIN former_verdict f ON f.message_id = m.id
ORDER BY f.message_id, f.settings_id
"""
_VERSIONS = f"""
SELECT x.message_id, x.version_id = m.version_id, coalesce(x.written_at, x.seen_at), v.settings_id,
    v.kind, v.priority
FROM {BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
    AND m.version_id <> m.native_id
JOIN message_version x ON x.message_id = m.id
LEFT JOIN version_verdict v ON v.message_id = x.message_id AND v.version_id = x.version_id
WHERE v.kind IS NOT NULL OR x.version_id = m.version_id
ORDER BY x.message_id, length(x.version_id), x.version_id, v.settings_id
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
WHERE {stands("a")}
"""
_ACTS = f"""
SELECT a.conversation_id, a.id, a.at, h.state, h.until_at, h.stays, a.seen_at, a.seen_id, a.agent
FROM {BATCH} u JOIN conversation t
    ON t.brand_id = u.brand_id AND t.channel = u.channel AND t.thread_id = u.thread_id
JOIN activity a ON a.conversation_id = t.id AND a.what IN ('hold', 'wake')
JOIN hold h ON h.activity_id = a.id
WHERE {stands("a")}
ORDER BY a.id
"""
_ATTRIBUTES = f"""
SELECT DISTINCT x.customer_id, a.at, a.id, x.key, x.value
FROM {BATCH} u JOIN conversation t
    ON t.brand_id = u.brand_id AND t.channel = u.channel AND t.thread_id = u.thread_id
JOIN attribute x ON x.customer_id = t.customer_id
JOIN activity a ON a.id = x.activity_id
WHERE {stands("a")}
ORDER BY a.id
"""
_FORGOTTEN = f"""
SELECT DISTINCT t.id
FROM {BATCH} u JOIN conversation t
    ON t.brand_id = u.brand_id AND t.channel = u.channel AND t.thread_id = u.thread_id
JOIN forgotten f ON f.customer_id = t.customer_id
"""
_CHANGES = "SELECT at, before FROM activity WHERE what = 'config' ORDER BY id"
"""When which settings were put in force: there are few of them, and they are the store's."""
_HANDLES = "SELECT id, handle_key FROM account WHERE brand_id = :brand_id ORDER BY id"
_WAITS = f"""
SELECT t.id, {", ".join("w." + c for c in NAMES)}
FROM {BATCH} u JOIN conversation t
    ON t.brand_id = u.brand_id AND t.channel = u.channel AND t.thread_id = u.thread_id
JOIN wait w ON w.conversation_id = t.id
ORDER BY w.id
"""
_CONVERSATION = ("brand_id", "channel", "thread_id", "customer_id")
_NEW_CONVERSATION = "ON CONFLICT (brand_id, channel, thread_id, customer_id) DO NOTHING"


class _ThereAre(NamedTuple):
    """What the store has any of, in the order of `_THERE_ARE`."""

    replies: bool
    versions: bool
    quotes: bool
    corrections: bool
    acts: bool
    former: bool
    holds: bool
    attributes: bool
    links: bool
    forgotten: bool


class ThreadLoader:
    """Loads some threads in a handful of statements.

    Args:
        engine: The database.
        source: Which threads.
        default_account: By channel: whom to count a conversation under if nothing tells.
        judge: Gives a settings snapshot by its id.
        writes: Make the conversations that are missing, and let acts follow a thread that turned
            out to be part of another. Otherwise nothing is written.
    """

    def __init__(
        self,
        engine: Engine,
        source: Source,
        default_account: Mapping[str, int],
        judge: Callable[[int], Judge],
        *,
        writes: bool = True,
    ) -> None:
        self.engine = engine
        self.source = source
        self.default_account = default_account
        self.judge = judge
        self.writes = writes
        self.corrected: dict[int, str] = {}
        self.former: defaultdict[int, tuple[Former, ...]] = defaultdict(tuple)
        self.versions: dict[int, tuple[Version, ...]] = {}
        self.rejudge_from: dict[ThreadKey, int] = {}

    def load(self) -> list[tuple[ThreadKey, ThreadFacts]]:
        """The threads, with the conversations that they lacked if it writes."""
        keys = self._keys()
        has = self._there_are
        if has.corrections:
            self.corrected.update(self._query(_CORRECTED))
        if has.former:
            self._load_former()
        if has.versions:
            self.versions.update(versions_of(self._query(_VERSIONS)))
        messages = self._messages(_MESSAGES if has.replies else _UNSENT)
        quoting = self._messages(_QUOTING) if has.quotes else defaultdict(list)
        aliases: dict[str, str] = {}
        if has.versions and has.quotes:
            _add_missing(quoting, self._messages(_QUOTING_VERSIONS))
        if has.versions:
            aliases.update(self._query(_ALIASES))
        if self.writes:
            self._add_conversations(keys, messages)
        conversations = self._conversations(messages)
        handles: dict[int, str] = dict(self._query(_HANDLES))
        changes = self._changes()
        return [
            (
                key,
                ThreadFacts(
                    messages[key],
                    conversations[key],
                    quoting[key],
                    aliases,
                    self.default_account.get(key[0]),
                    handles,
                    self._former(changes, self.rejudge_from.get(key)),
                ),
            )
            for key in keys
        ]

    def _changes(self) -> list[tuple[int, str | None]]:
        """Until when which settings were in force, UTC ms, oldest first."""
        changes = self.engine.query(_CHANGES)
        # A clock that was ahead once told a time that later acts take back.
        ends = list(accumulate((at for at, _ in reversed(changes)), min))
        return [(end, number) for end, (_, number) in zip(reversed(ends), changes, strict=True)]

    def _former(
        self, changes: Sequence[tuple[int, str | None]], rejudge_from: int | None
    ) -> list[FormerJudge]:
        """The settings that were in force before, less the time that is to be judged again."""
        found: list[FormerJudge] = []
        begin = 0
        for end, number in changes:
            until = end if rejudge_from is None else min(end, rejudge_from)
            if number is not None and begin < until:
                found.append((begin, until, partial(self.judge, int(number))))
            begin = end
        return found

    def _query(self, sql: str) -> list[Row]:
        return self.engine.query(sql.replace(BATCH, self.source.sql), self.source.params)

    def _keys(self) -> list[ThreadKey]:
        keys: list[ThreadKey] = []
        for channel, thread_id, rejudge_from in self._query(
            f"SELECT channel, thread_id, rejudge_from FROM {BATCH} u ORDER BY channel, thread_id"
        ):
            keys.append((channel, thread_id))
            if rejudge_from is not None:
                self.rejudge_from[channel, thread_id] = rejudge_from
        return keys

    @cached_property
    def _there_are(self) -> _ThereAre:
        return _ThereAre._make(value == 1 for value in self._query(_THERE_ARE)[0])

    def _load_former(self) -> None:
        for number, settings_id, kind, priority in self._query(_FORMER):
            self.former[number] += (Former(settings_id, Kind(kind), priority),)

    def _messages(self, sql: str) -> defaultdict[ThreadKey, list[ThreadMessage]]:
        found: defaultdict[ThreadKey, list[ThreadMessage]] = defaultdict(list)
        make = ThreadMessage._make
        for row in self._query(sql):
            message = make(row[2:])
            if message.id in self.corrected:
                message = message._replace(corrected=self.corrected[message.id])
            if message.id in self.former:
                message = message._replace(former=self.former[message.id])
            if message.id in self.versions:
                message = message._replace(versions=self.versions[message.id])
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
            for channel, thread_id, customer_id, _, _ in self._query(_CONVERSATIONS)
        }
        # Only what is missing: an insert that finds its row would still use up an id, and these
        # ids are typed by people.
        rows = [
            (self.source.params["brand_id"], *key, customer_id)
            for key in keys
            for customer_id in sorted(customers_of(messages[key]))
            if (*key, customer_id) not in known
        ]
        self.engine.insert("conversation", _CONVERSATION, rows, _NEW_CONVERSATION)

    def _conversations(
        self, messages: Mapping[ThreadKey, list[ThreadMessage]]
    ) -> defaultdict[ThreadKey, dict[int, ConversationFacts]]:
        known: defaultdict[ThreadKey, dict[int, tuple[int, int | None]]] = defaultdict(dict)
        for channel, thread_id, customer_id, number, account_id in self._query(_CONVERSATIONS):
            known[channel, thread_id][customer_id] = (number, account_id)
        has = self._there_are
        if self.writes:
            for key, by_customer in known.items():
                self._follow_moves(messages[key], by_customer)
        waits = self._waits()
        closings = self._closings() if has.acts else defaultdict(list)
        acts = self._acts() if has.holds else defaultdict(list)
        everybody = {customer_id for by_customer in known.values() for customer_id in by_customer}
        attributes = self._attributes(everybody) if has.attributes else defaultdict(list)
        final = {number for (number,) in self._query(_FORGOTTEN)} if has.forgotten else ()
        result: defaultdict[ThreadKey, dict[int, ConversationFacts]] = defaultdict(dict)
        for key, by_customer in known.items():
            for customer_id, (number, account_id) in by_customer.items():
                result[key][customer_id] = ConversationFacts(
                    number,
                    account_id,
                    closings[number],
                    self._judged(waits[number], self.rejudge_from.get(key)),
                    waits[number],
                    acts[number],
                    attributes[customer_id],
                    number in final,
                )
        return result

    def _judged(self, waits: Sequence[Wait], rejudge_from: int | None) -> list[tuple[int, Judge]]:
        """What had ended, with the snapshot that judges it still."""
        return [
            (w.ended_at, self.judge(w.settings_id))
            for w in waits
            if w.ended_at is not None and (rejudge_from is None or w.ended_at < rejudge_from)
        ]

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
            for table in ("activity", "reply", "alert", "wait"):
                self.engine.execute(
                    f"UPDATE {table} SET conversation_id = :after WHERE conversation_id = :before",
                    ids,
                )
            # Whose they are follows from the acts, which have moved.
            for number in (before, after):
                assign_by_acts(self.engine, number)
            self.engine.execute(
                "UPDATE conversation SET merged_into = :after WHERE id = :before", ids
            )

    def _closings(self) -> defaultdict[int, list[Closing]]:
        found: defaultdict[int, list[Closing]] = defaultdict(list)
        for number, act, at, reason, seen_at, seen_id, agent in self._query(_CLOSINGS):
            seen = moment(seen_at if seen_at is not None else at, seen_id or "")
            found[number].append(Closing(act, at, CloseReason(reason), seen, agent))
        return found

    def _acts(self) -> defaultdict[int, list[Act]]:
        found: defaultdict[int, list[Act]] = defaultdict(list)
        for number, act, at, state, until, stays, seen_at, seen_id, agent in self._query(_ACTS):
            seen = moment(seen_at if seen_at is not None else at, seen_id or "")
            found[number].append(Act(act, at, HOLDS[state], until, stays == 1, seen, agent))
        return found

    def _attributes(self, customer_ids: Collection[int]) -> defaultdict[int, list[Attribute]]:
        found: defaultdict[int, list[Attribute]] = defaultdict(list)
        for customer_id, at, _, key, value in self._query(_ATTRIBUTES):
            found[customer_id].append(Attribute(at, key, value))
        if self._there_are.links:
            brand_id = self.source.params["brand_id"]
            found.update(attributes_through_links(self.engine, brand_id, customer_ids))
        return found

    def _waits(self) -> defaultdict[int, list[Wait]]:
        found: defaultdict[int, list[Wait]] = defaultdict(list)
        for row in self._query(_WAITS):
            found[row[0]].append(wait_of(row[1:]))
        return found


def _add_missing(
    found: dict[ThreadKey, list[ThreadMessage]], more: Mapping[ThreadKey, list[ThreadMessage]]
) -> None:
    for key, messages in more.items():
        known = {m.id for m in found[key]}
        found[key] += [m for m in messages if m.id not in known]
