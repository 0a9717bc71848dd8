"""Which policy promised what, letting a conversation rest, notes on customers, and alerts.

What waits is judged again by the next command that judges: it has no policy in its row yet.
"""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.schema import iso, run

TABLES = """
ALTER TABLE wait ADD COLUMN policy {text} NOT NULL DEFAULT '';
-- Open time that the policy gives, ms.
ALTER TABLE wait ADD COLUMN promised {int};
-- How an agent let it rest last, and until when; NULL if nobody knows.
ALTER TABLE wait ADD COLUMN hold {text};
ALTER TABLE wait ADD COLUMN hold_until {int};
-- Waits that ended from here on are judged by the settings in force; NULL leaves them as they are.
ALTER TABLE unjudged ADD COLUMN rejudge_from {int};
CREATE TABLE hold (
    activity_id {int} PRIMARY KEY REFERENCES activity (id),
    state {text},                  -- NULL goes on with the conversation
    until_at {int},
    stays {int} NOT NULL           -- 1: the customer's next message does not end it
) {strict};
CREATE TABLE attribute (
    activity_id {int} PRIMARY KEY REFERENCES activity (id),
    customer_id {int} NOT NULL REFERENCES customer (id),
    key {text} NOT NULL,
    value {text}                   -- NULL takes it back
) {strict};
CREATE INDEX attribute_customer ON attribute (customer_id, activity_id);
CREATE TABLE alert (
    id {pk},
    brand_id {int} NOT NULL REFERENCES brand (id),
    conversation_id {int} NOT NULL REFERENCES conversation (id),
    message_id {int} NOT NULL REFERENCES message (id), -- the mention whose time it is about
    level {text} NOT NULL,
    number {int} NOT NULL,         -- of a repeat, from 1; else 0
    decided_at {int} NOT NULL,
    UNIQUE (conversation_id, message_id, level, number)
) {strict};
CREATE TABLE delivery (
    alert_id {int} NOT NULL REFERENCES alert (id),
    target {text} NOT NULL,
    state {text} NOT NULL,         -- pending, sending, sent, covered, moot
    attempts {int} NOT NULL,
    changed_at {int} NOT NULL,
    PRIMARY KEY (alert_id, target)
) {strict};
-- Each run asks for these alone.
CREATE INDEX delivery_waiting ON delivery (target, alert_id) WHERE state IN ('pending', 'sending');
-- Which settings were in force when is asked with every batch that is judged.
CREATE INDEX activity_config ON activity (id) WHERE what = 'config';
DROP INDEX wait_open;
CREATE INDEX wait_open ON wait
    (brand_id, state, account_id, due_at, priority, kind, needs_answer, opened_at, warn_at,
     hold, hold_until, conversation_id, id)
    WHERE state = 'open';
-- Made behind `wait_open`: of two that fit, a planner without statistics takes the newer.
DROP INDEX wait_unsure;
CREATE INDEX wait_unsure ON wait (brand_id, state, account_id, due_at)
    WHERE state = 'open' AND confidence < 0.2;
INSERT INTO unjudged (brand_id, channel, thread_id)
SELECT DISTINCT t.brand_id, t.channel, t.thread_id
FROM wait w JOIN conversation t ON t.id = w.conversation_id WHERE w.state = 'open'
ON CONFLICT (brand_id, channel, thread_id) DO NOTHING;
"""

VIEWS = f"""
DROP VIEW waits;
CREATE VIEW waits AS
SELECT w.id, w.conversation_id AS conversation, b.name AS brand, a.handle AS account,
    c.handle AS customer, w.kind, w.state, w.needs_answer, w.mentions,
    {iso("w.opened_at")} AS opened_at, {iso("w.fetched_at")} AS fetched_at,
    {iso("w.due_at")} AS due_at, {iso("w.ended_at")} AS ended_at,
    (w.ended_at - w.opened_at) / 1000 AS waited_s, w.is_met, w.outside, w.agent, w.settings_id,
    w.urgency AS priority, w.policy, w.promised / 1000 AS promised_s, w.hold,
    {iso("w.hold_until")} AS hold_until
FROM wait w JOIN brand b ON b.id = w.brand_id JOIN conversation t ON t.id = w.conversation_id
    JOIN customer c ON c.id = t.customer_id LEFT JOIN account a ON a.id = w.account_id;
DROP VIEW queue;
CREATE VIEW queue AS
SELECT w.conversation_id AS id, b.name AS brand, a.handle AS account, c.handle AS customer,
    w.kind, {iso("w.opened_at")} AS waiting_since_at, {iso("w.due_at")} AS due_at,
    w.mentions, m.text, m.url, w.urgency AS priority, w.confidence, w.policy, w.hold,
    {iso("w.hold_until")} AS hold_until
FROM wait w JOIN brand b ON b.id = w.brand_id JOIN conversation t ON t.id = w.conversation_id
    JOIN customer c ON c.id = t.customer_id JOIN message m ON m.id = w.last_id
    LEFT JOIN account a ON a.id = w.account_id
WHERE w.state = 'open' AND w.needs_answer = 1
ORDER BY w.priority DESC, w.due_at NULLS LAST, w.conversation_id;
CREATE VIEW alerts AS
SELECT x.id, b.name AS brand, x.conversation_id AS conversation, c.handle AS customer, x.level,
    x.number, {iso("x.decided_at")} AS decided_at, d.target, d.state, d.attempts,
    {iso("d.changed_at")} AS changed_at
FROM alert x JOIN brand b ON b.id = x.brand_id JOIN conversation t ON t.id = x.conversation_id
    JOIN customer c ON c.id = t.customer_id LEFT JOIN delivery d ON d.alert_id = x.id;
"""


def migrate(engine: Engine) -> None:
    """Add the columns and tables, and have what waits judged again."""
    run(engine, TABLES, VIEWS)
