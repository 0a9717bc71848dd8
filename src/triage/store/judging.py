"""Verdicts going in: which threads are to be judged, and the waits that follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from triage.core.judging_ports import ThreadKey
from triage.core.model import Verdict
from triage.core.retagging import Place, Untagged
from triage.core.thread import ConversationVerdict, ThreadFacts
from triage.core.waits import Judge
from triage.store.engine import Engine, Params, Row, any_of
from triage.store.settings import SettingsStore
from triage.store.sources import BATCH, Source, chosen, marked, marked_of
from triage.store.standing import stands
from triage.store.threads import ThreadLoader
from triage.store.verdicts import because_text, scores_text
from triage.store.versions import VersionStore
from triage.store.waitrows import COLUMNS, wait_row

_UNTAGGED = f"""
SELECT m.id, m.text, m.lang, v.kind, v.priority,
    v.message_id IS NOT NULL AND EXISTS
        (SELECT 1 FROM activity g
            WHERE g.message_id = m.id AND g.what = 'tag' AND {stands("g")}),
    m.customer_id
FROM {BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
LEFT JOIN verdict v ON v.message_id = m.id
WHERE (v.message_id IS NULL OR m.posted_at >= u.retag_from)
    AND m.role IN ('mention', 'incidental') AND m.purged_at IS NULL
ORDER BY m.id
"""
"""What was taken out of the file keeps what it was taken for."""
_VERDICT = (
    "message_id",
    "settings_id",
    "kind",
    "scores",
    "because",
    "confidence",
    "theme",
    "priority",
)
_NEW_VERDICT = """
ON CONFLICT (message_id) DO UPDATE SET settings_id = excluded.settings_id, kind = excluded.kind,
    scores = excluded.scores, because = excluded.because, confidence = excluded.confidence,
    theme = excluded.theme, priority = excluded.priority
"""
_KEEP_FORMER = """
INSERT INTO former_verdict (message_id, settings_id, kind, priority)
SELECT DISTINCT v.message_id, w.settings_id, v.kind, v.priority
FROM verdict v JOIN message m ON m.id = v.message_id
JOIN wait w ON w.conversation_id = m.conversation_id
JOIN message n ON n.id = w.last_id
WHERE v.message_id = :id AND w.ended_at IS NOT NULL
    AND ((m.posted_at, length(m.native_id), m.native_id)
            <= (n.posted_at, length(n.native_id), n.native_id)
        OR (w.state = 'withdrawn' AND m.posted_at <= w.ended_at))
ON CONFLICT (message_id, settings_id) DO NOTHING
"""
"""What stands up to the newest mention of an ended wait ended with it, or before; that a wait was
withdrawn follows from all that stood then. The first word under a snapshot stays: what came later
was not what its waits were judged by."""
_EVER = 0
"""As a time from which on to tag again: all of it."""
_BEHIND = "m.brand_id = :b AND m.posted_at >= :oldest AND (m.posted_at, m.id) > (:at, :id)"
_RETAG_FROM = """
ON CONFLICT (brand_id, channel, thread_id) DO UPDATE SET retag_from = excluded.retag_from
    WHERE unjudged.retag_from IS NULL OR unjudged.retag_from > excluded.retag_from
"""
_REJUDGE_FROM = """
ON CONFLICT (brand_id, channel, thread_id) DO UPDATE SET rejudge_from = excluded.rejudge_from
    WHERE unjudged.rejudge_from IS NULL OR unjudged.rejudge_from > excluded.rejudge_from
"""
"""An older mark that reaches further back stays; one that tags nothing again takes nothing away."""


def _source(brand_id: int, many: int, conversation_id: int | None) -> Source:
    return (
        marked(brand_id, many) if conversation_id is None else marked_of(brand_id, conversation_id)
    )


class JudgingStore:
    """Reads what waits follow from, and writes what follows. Use it inside one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._settings = SettingsStore(engine)

    def has_unjudged(self, brand_id: int) -> bool:
        """Whether any thread is to be judged."""
        rows = self._engine.query(
            "SELECT 1 FROM unjudged WHERE brand_id = :b LIMIT 1", {"b": brand_id}
        )
        return bool(rows)

    def untagged(
        self, brand_id: int, many: int, conversation_id: int | None = None
    ) -> list[Untagged]:
        """Mentions to be tagged, or tagged again, in the next `many` threads to be judged.

        With a conversation in its thread alone.
        """
        source = _source(brand_id, many, conversation_id)
        rows = self._engine.query(_UNTAGGED.replace(BATCH, source.sql), source.params)
        return [Untagged._make((*row[:5], row[5] == 1, row[6])) for row in rows]

    def save_verdicts(self, verdicts: Sequence[tuple[int, Verdict]], settings_id: int) -> None:
        """Write verdicts by message id, under the snapshot that made them."""
        rows = [
            (n, settings_id, v.kind.value, scores_text(v), because_text(v), *v[3:])
            for n, v in verdicts
        ]
        self._engine.insert("verdict", _VERDICT, rows, _NEW_VERDICT)

    def untagged_versions(
        self, brand_id: int, many: int, settings_id: int, conversation_id: int | None = None
    ) -> list[tuple[int, str, str, str | None]]:
        """What mentions said before they were edited, as far as it is to be tagged.

        In the same threads as `untagged`: message, version, text, language.
        """
        source = _source(brand_id, many, conversation_id)
        return VersionStore(self._engine).untagged(source, settings_id)

    def save_version_verdicts(
        self, verdicts: Sequence[tuple[int, str, Verdict]], settings_id: int
    ) -> None:
        """Write verdicts by message and version."""
        VersionStore(self._engine).save_verdicts(verdicts, settings_id)

    def keep_former(self, message_ids: Iterable[int]) -> None:
        """Keep what mentions were taken for, for the waits that had ended under it."""
        self._engine.many(_KEEP_FORMER, [{"id": number} for number in message_ids])

    def load_threads(
        self,
        brand_id: int,
        many: int,
        default_account: Mapping[str, int],
        conversation_id: int | None = None,
    ) -> list[tuple[ThreadKey, ThreadFacts]]:
        """Load the next threads to be judged; make the conversations that they lack.

        Args:
            brand_id: Whose.
            many: How many threads at most.
            default_account: By channel: whom to count a conversation under if nothing tells.
            conversation_id: Only the thread of this conversation.
        """
        source = _source(brand_id, many, conversation_id)
        return ThreadLoader(self._engine, source, default_account, self.judge).load()

    def read_threads(
        self,
        brand_id: int,
        conversation_ids: Sequence[int],
        default_account: Mapping[str, int],
    ) -> list[ThreadFacts]:
        """The threads of some conversations, as they are judged; nothing is written."""
        source = chosen(brand_id, conversation_ids)
        loader = ThreadLoader(self._engine, source, default_account, self.judge, writes=False)
        return [facts for _, facts in loader.load()]

    def judge(self, settings_id: int) -> Judge:
        """A settings snapshot by id."""
        return self._settings.judge(settings_id)

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
                if not known.is_final and (is_moved or tuple(known.waits) != verdict.waits):
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
        """Have every thread with an open wait judged again, and all of it tagged again if asked.

        What had ended in them stays as it was judged; see `keep_former`.
        """
        self._engine.execute(
            "INSERT INTO unjudged (brand_id, channel, thread_id, retag_from) "
            "SELECT DISTINCT t.brand_id, t.channel, t.thread_id, "
            f"{_EVER if retag else 'CAST(NULL AS BIGINT)'} FROM wait w "
            "JOIN conversation t ON t.id = w.conversation_id "
            f"WHERE w.brand_id = :b AND w.state = 'open' {_RETAG_FROM}",
            {"b": brand_id},
        )

    def mark_customer(self, customer_id: int) -> None:
        """Have every conversation of a customer judged again."""
        self._engine.execute(
            "INSERT INTO unjudged (brand_id, channel, thread_id) "
            "SELECT t.brand_id, t.channel, t.thread_id FROM conversation t "
            "WHERE t.customer_id = :id ON CONFLICT (brand_id, channel, thread_id) DO NOTHING",
            {"id": customer_id},
        )

    def mark_customer_from(self, customer_id: int, since: int) -> None:
        """Have what stands since a time in a customer's threads tagged and judged again."""
        self._engine.execute(
            "INSERT INTO unjudged (brand_id, channel, thread_id, retag_from) "
            "SELECT t.brand_id, t.channel, t.thread_id, CAST(:since AS BIGINT) "
            f"FROM conversation t WHERE t.customer_id = :id {_RETAG_FROM}",
            {"id": customer_id, "since": since},
        )

    def mark_closed(self, conversation_ids: Sequence[int], since: int) -> None:
        """Have waits of conversations that ended since a time judged by the settings in force."""
        self._engine.many(
            "INSERT INTO unjudged (brand_id, channel, thread_id, rejudge_from) "
            "SELECT t.brand_id, t.channel, t.thread_id, CAST(:since AS BIGINT) "
            f"FROM conversation t WHERE t.id = :id {_REJUDGE_FROM}",
            [{"id": number, "since": since} for number in conversation_ids],
        )

    def conversations_with_waits(
        self, brand_id: int, since: int, account_ids: Sequence[int] = (), *, ended: bool
    ) -> list[int]:
        """Ids of conversations with waits that opened, or ended, since a time, in order.

        All at once: they are numbers, and asking for them page by page would read the waits again
        for each.

        Args:
            brand_id: Whose.
            since: UTC ms.
            account_ids: Only of these accounts; of all if empty.
            ended: Ask for waits that ended since, instead of those that opened.
        """
        params: dict[str, object] = {"b": brand_id, "since": since}
        ours = f"AND {any_of('w.account_id', 'a', account_ids, params)}" if account_ids else ""
        at = "w.ended_at" if ended else "w.opened_at"
        rows = self._engine.query(
            f"SELECT DISTINCT w.conversation_id FROM wait w WHERE w.brand_id = :b "
            f"AND {at} >= :since {ours} ORDER BY w.conversation_id",
            params,
        )
        return [number for (number,) in rows]

    def mark_since(self, brand_id: int, since: int, after: Place, many: int) -> Place | None:
        """Have the next mentions since a time tagged again, and their threads judged.

        Args:
            brand_id: Whose.
            since: The oldest `posted_at`, UTC ms.
            after: Behind which message to go on.
            many: How many messages to look at.

        Returns:
            The last message that was looked at; None if there was none.
        """
        # Of several bounds the index takes the first: what was looked at is not to be read again.
        oldest = max(since, after[0])
        params = {"b": brand_id, "oldest": oldest, "at": after[0], "id": after[1], "many": many}
        rows = self._engine.query(
            f"SELECT posted_at, id FROM message m WHERE {_BEHIND} "
            "ORDER BY m.posted_at, m.id LIMIT :many",
            params,
        )
        if not rows:
            return None
        last: Place = rows[-1]
        self._engine.execute(
            "INSERT INTO unjudged (brand_id, channel, thread_id, retag_from) "
            "SELECT DISTINCT m.brand_id, m.channel, m.thread_id, CAST(:since AS BIGINT) "
            f"FROM message m WHERE {_BEHIND} AND (m.posted_at, m.id) <= (:last_at, :last_id) "
            f"AND m.role IN ('mention', 'incidental') {_RETAG_FROM}",
            {**params, "since": since, "last_at": last[0], "last_id": last[1]},
        )
        return last
