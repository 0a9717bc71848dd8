"""Views of what reports are made of, for Datasette and whoever else reads the file."""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.schema import iso, run

VIEWS = f"""
CREATE VIEW report_waits AS
SELECT w.id, w.conversation_id AS conversation, b.name AS brand, a.handle AS account, t.channel,
    c.handle AS customer, w.kind, v.theme, m.lang AS language, w.policy,
    CASE WHEN w.state = 'open' THEN 'waiting' WHEN w.is_met = 1 THEN 'in time'
        WHEN w.is_met = 0 THEN 'late' ELSE w.state END AS outcome,
    {iso("w.opened_at")} AS opened_at, {iso("w.due_at")} AS due_at, {iso("w.ended_at")} AS ended_at,
    CASE WHEN w.state = 'answered' THEN (w.ended_at - w.opened_at) / 1000 END AS answered_after_s,
    CASE WHEN w.is_met = 0 THEN (w.ended_at - w.due_at) / 1000 END AS late_s,
    w.agent, w.outside, m.text, m.url
FROM wait w JOIN brand b ON b.id = w.brand_id JOIN conversation t ON t.id = w.conversation_id
    JOIN customer c ON c.id = t.customer_id JOIN message m ON m.id = w.opening_id
    LEFT JOIN account a ON a.id = w.account_id LEFT JOIN verdict v ON v.message_id = w.opening_id
WHERE w.needs_answer = 1;
CREATE VIEW fetches AS
SELECT r.id, b.name AS brand, a.handle AS account, {iso("r.started_at")} AS started_at,
    {iso("r.ended_at")} AS ended_at, r.outcome, r.new_mentions, r.new_own, r.detail
FROM run r JOIN account a ON a.id = r.account_id JOIN brand b ON b.id = a.brand_id;
CREATE VIEW acts AS
SELECT g.id, b.name AS brand, {iso("g.at")} AS acted_at, g.agent, g.what,
    g.conversation_id AS conversation, g.before, g.after, g.detail
FROM activity g JOIN brand b ON b.id = g.brand_id;
CREATE VIEW customers AS
SELECT c.id, b.name AS brand, c.channel, c.handle, c.name, c.followers,
    {iso("c.first_at")} AS first_at, {iso("c.seen_at")} AS seen_at, c.native_id
FROM customer c JOIN brand b ON b.id = c.brand_id;
CREATE VIEW replies AS
SELECT r.id, b.name AS brand, a.handle AS account, r.conversation_id AS conversation, r.state,
    r.agent, {iso("r.created_at")} AS created_at, {iso("r.send_at")} AS send_at,
    {iso("r.changed_at")} AS changed_at, r.attempts, r.text, r.detail, r.native_id
FROM reply r JOIN account a ON a.id = r.account_id JOIN brand b ON b.id = r.brand_id;
"""


def migrate(engine: Engine) -> None:
    """Add the views."""
    run(engine, VIEWS)
