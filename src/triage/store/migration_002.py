"""How sure each verdict is, why a mention cannot wait, and tagging again what is stored.

What is stored already becomes as sure as its shares say, and what waits as sure as its least sure
mention. Why it cannot wait is not to be told from them: that comes with the next tagging.
"""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter

from triage.store.engine import Engine
from triage.store.schema import iso, run

_BATCH = 10_000

TABLES = """
ALTER TABLE verdict ADD COLUMN confidence {real} NOT NULL DEFAULT 1;
ALTER TABLE verdict ADD COLUMN theme {text};
ALTER TABLE verdict ADD COLUMN priority {text};
ALTER TABLE wait ADD COLUMN urgency {text};
ALTER TABLE wait ADD COLUMN confidence {real} NOT NULL DEFAULT 1;
-- Mentions from here on are tagged again; NULL tags only those that have no verdict.
ALTER TABLE unjudged ADD COLUMN retag_from {int};
CREATE TABLE former_verdict (
    message_id {int} NOT NULL REFERENCES message (id),
    settings_id {int} NOT NULL REFERENCES settings (id),
    kind {text} NOT NULL,
    priority {text},
    PRIMARY KEY (message_id, settings_id)
) {strict};
-- With `state` among its columns a planner without statistics takes it before any other, and
-- finds all that the queue asks for in it.
DROP INDEX wait_open;
CREATE INDEX wait_open ON wait
    (brand_id, state, account_id, due_at, priority, kind, needs_answer, opened_at, warn_at,
     conversation_id, id)
    WHERE state = 'open';
CREATE INDEX wait_unsure ON wait (brand_id, state, account_id, due_at)
    WHERE state = 'open' AND confidence < 0.2;
"""

VIEWS = f"""
DROP VIEW mentions;
CREATE VIEW mentions AS
SELECT m.id, m.conversation_id AS conversation, b.name AS brand, a.handle AS account, m.channel,
    c.handle AS customer, c.name AS customer_name, v.kind, m.role, m.text, m.lang,
    {iso("m.posted_at")} AS posted_at, {iso("m.fetched_at")} AS fetched_at,
    {iso("m.deleted_at")} AS deleted_at, m.url, m.native_id, v.confidence, v.theme, v.priority
FROM message m JOIN brand b ON b.id = m.brand_id JOIN customer c ON c.id = m.customer_id
    LEFT JOIN account a ON a.id = m.account_id LEFT JOIN verdict v ON v.message_id = m.id
WHERE m.role IN ('mention', 'incidental');
DROP VIEW waits;
CREATE VIEW waits AS
SELECT w.id, w.conversation_id AS conversation, b.name AS brand, a.handle AS account,
    c.handle AS customer, w.kind, w.state, w.needs_answer, w.mentions,
    {iso("w.opened_at")} AS opened_at, {iso("w.fetched_at")} AS fetched_at,
    {iso("w.due_at")} AS due_at, {iso("w.ended_at")} AS ended_at,
    (w.ended_at - w.opened_at) / 1000 AS waited_s, w.is_met, w.outside, w.agent, w.settings_id,
    w.urgency AS priority
FROM wait w JOIN brand b ON b.id = w.brand_id JOIN conversation t ON t.id = w.conversation_id
    JOIN customer c ON c.id = t.customer_id LEFT JOIN account a ON a.id = w.account_id;
DROP VIEW queue;
CREATE VIEW queue AS
SELECT w.conversation_id AS id, b.name AS brand, a.handle AS account, c.handle AS customer,
    w.kind, {iso("w.opened_at")} AS waiting_since_at, {iso("w.due_at")} AS due_at,
    w.mentions, m.text, m.url, w.urgency AS priority, w.confidence
FROM wait w JOIN brand b ON b.id = w.brand_id JOIN conversation t ON t.id = w.conversation_id
    JOIN customer c ON c.id = t.customer_id JOIN message m ON m.id = w.last_id
    LEFT JOIN account a ON a.id = w.account_id
WHERE w.state = 'open' AND w.needs_answer = 1
ORDER BY w.priority DESC, w.due_at, w.conversation_id;
"""


_MENTIONS = """
SELECT w.id, w.mentions, CASE WHEN g.id IS NULL THEN v.confidence ELSE 1.0 END AS sure
FROM (SELECT id, conversation_id, mentions FROM wait WHERE state = 'open' AND id > :after
    ORDER BY id LIMIT :many) w
JOIN message m ON m.conversation_id = w.conversation_id
LEFT JOIN verdict v ON v.message_id = m.id
LEFT JOIN activity g ON g.id = (SELECT max(t.id) FROM activity t
    WHERE t.message_id = m.id AND t.what = 'tag')
WHERE m.is_history = 0 AND m.deleted_at IS NULL
    AND (g.id IS NOT NULL OR (m.role = 'mention' AND v.message_id IS NOT NULL))
ORDER BY w.id, m.posted_at DESC, length(m.native_id) DESC, m.native_id DESC
"""
"""All that could be in the next open waits, newest first. The open wait of a conversation is its
newest mentions, as many as it holds; what an agent said is sure."""


def migrate(engine: Engine) -> None:
    """Add the columns, and fill in what can be known."""
    run(engine, TABLES, VIEWS)
    _fill_verdicts(engine)
    _fill_waits(engine)


def _fill_verdicts(engine: Engine) -> None:
    after = 0
    while rows := engine.query(
        "SELECT message_id, scores FROM verdict WHERE message_id > :after "
        "ORDER BY message_id LIMIT :many",
        {"after": after, "many": _BATCH},
    ):
        engine.many(
            "UPDATE verdict SET confidence = :confidence WHERE message_id = :id",
            [{"id": number, "confidence": _confidence(scores)} for number, scores in rows],
        )
        after = rows[-1][0]


def _fill_waits(engine: Engine) -> None:
    after = 0
    while rows := engine.query(_MENTIONS, {"after": after, "many": _BATCH}):
        engine.many(
            "UPDATE wait SET confidence = :confidence WHERE id = :id",
            [
                {"id": number, "confidence": min(sure for _, _, sure in islice(held, many))}
                for (number, many), held in groupby(rows, itemgetter(0, 1))
            ],
        )
        after = rows[-1][0]


@lru_cache(maxsize=4096)
def _confidence(scores: str) -> float:
    """How far the first share is ahead of the second."""
    shares = sorted(json.loads(scores).values())
    return round(shares[-1] - shares[-2], 4) if len(shares) > 1 else 1.0
