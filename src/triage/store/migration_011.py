"""What the brand did about a theme, whom it tells, and what agents say mentions are about."""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.schema import iso, run

THEMES = """
-- What agents say mentions are about; the newest word on a mention counts.
CREATE TABLE said_theme (
    activity_id {int} PRIMARY KEY REFERENCES activity (id),
    message_id {int} NOT NULL REFERENCES message (id),
    brand_id {int} NOT NULL REFERENCES brand (id),
    theme {text}                   -- NULL: about none, whatever the rules say
) {strict};
CREATE INDEX said_theme_message ON said_theme (message_id, activity_id, theme);
CREATE INDEX said_theme_brand ON said_theme (brand_id, theme);
"""

ACTIONS = """
CREATE TABLE action (
    id {pk},
    uuid {text} NOT NULL UNIQUE,   -- made by the client: the same action twice is one
    brand_id {int} NOT NULL REFERENCES brand (id),
    title {text} NOT NULL,
    theme {text} NOT NULL,
    since_at {int} NOT NULL,       -- whoever raised the theme from then on
    owner {text} NOT NULL,         -- empty: nobody
    due_at {int},
    done_at {int},                 -- what is written from then on is about what was done
    dropped_at {int},
    created_at {int} NOT NULL,
    created_by {text} NOT NULL
) {strict};
CREATE INDEX action_brand ON action (brand_id, id);
-- Who is told of an action: a person once, whatever becomes of it.
CREATE TABLE told (
    id {pk},
    brand_id {int} NOT NULL REFERENCES brand (id),
    action_id {int} NOT NULL REFERENCES action (id),
    customer_id {int} NOT NULL REFERENCES customer (id),
    message_id {int} NOT NULL REFERENCES message (id), -- what they are answered
    reply_id {int} NOT NULL REFERENCES reply (id),
    approved {text},               -- hash of the text that somebody read and let pass
    reviewed_by {text} NOT NULL,
    reviewed_at {int},
    UNIQUE (action_id, customer_id)
) {strict};
CREATE INDEX told_reply ON told (reply_id);
CREATE INDEX told_brand ON told (brand_id, action_id);
"""


def _stands(said: str) -> str:
    """Nobody has taken it back."""
    return f"NOT EXISTS (SELECT 1 FROM activity void WHERE void.voids_id = {said}.activity_id)"


VIEWS = f"""
DROP VIEW report_waits;
CREATE VIEW report_waits AS
SELECT w.id, w.conversation_id AS conversation, b.name AS brand, a.handle AS account, t.channel,
    c.handle AS customer, w.kind,
    CASE WHEN h.activity_id IS NULL THEN v.theme ELSE h.theme END AS theme,
    m.lang AS language, w.policy,
    CASE WHEN w.state = 'open' THEN 'waiting' WHEN w.is_met = 1 THEN 'in time'
        WHEN w.is_met = 0 THEN 'late' ELSE w.state END AS outcome,
    {iso("w.opened_at")} AS opened_at, {iso("w.due_at")} AS due_at, {iso("w.ended_at")} AS ended_at,
    CASE WHEN w.state = 'answered' THEN (w.ended_at - w.opened_at) / 1000 END AS answered_after_s,
    CASE WHEN w.is_met = 0 THEN (w.ended_at - w.due_at) / 1000 END AS late_s,
    w.agent, w.outside, m.text, m.url
FROM wait w JOIN brand b ON b.id = w.brand_id JOIN conversation t ON t.id = w.conversation_id
    JOIN customer c ON c.id = t.customer_id JOIN message m ON m.id = w.opening_id
    LEFT JOIN account a ON a.id = w.account_id LEFT JOIN verdict v ON v.message_id = w.opening_id
    LEFT JOIN said_theme h ON h.message_id = w.opening_id AND {_stands("h")} AND NOT EXISTS
        (SELECT 1 FROM said_theme y WHERE y.message_id = h.message_id
        AND y.activity_id > h.activity_id AND {_stands("y")})
WHERE w.needs_answer = 1;
"""


def migrate(engine: Engine) -> None:
    """Add the tables, and let the view know what agents said."""
    run(engine, THEMES, ACTIONS, VIEWS)
