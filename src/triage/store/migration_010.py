"""Events, and which replies are the posts that count down to them."""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.schema import run

EVENTS = """
CREATE TABLE event (
    id {pk},
    uuid {text} NOT NULL UNIQUE,   -- made by the client: the same event twice is one
    brand_id {int} NOT NULL REFERENCES brand (id),
    account_id {int} NOT NULL REFERENCES account (id),
    name {text} NOT NULL,
    wall {text} NOT NULL,          -- as the clock there shows it: 2026-12-10T09:00
    zone {text} NOT NULL,
    at {int} NOT NULL,             -- the same moment
    language {text} NOT NULL,
    countdown {text} NOT NULL,     -- as it was written: 14d,7d,0
    text {text} NOT NULL,          -- the template
    texts {json} NOT NULL,         -- templates of single steps
    late {text} NOT NULL,          -- skip or send
    turn {int} NOT NULL,           -- how often it was moved
    created_at {int} NOT NULL,
    agent {text} NOT NULL,
    cancelled_at {int}
) {strict};
CREATE INDEX event_brand ON event (brand_id, at);
CREATE TABLE event_post (
    reply_id {int} PRIMARY KEY REFERENCES reply (id),
    event_id {int} NOT NULL REFERENCES event (id),
    turn {int} NOT NULL,           -- of the event: posts of an earlier one count no more
    step {text} NOT NULL,          -- 14d, 12h or 0
    due_at {int} NOT NULL,
    day {text} NOT NULL,           -- the date there at that time
    days_left {int} NOT NULL,      -- what it may say
    hours_left {int} NOT NULL,
    reviewed {text},               -- hash of the text that a person has read
    reviewed_by {text} NOT NULL,
    reviewed_at {int},
    released_at {int},             -- a person let it go although complaints spike
    UNIQUE (event_id, turn, step)
) {strict};
"""


def migrate(engine: Engine) -> None:
    """Make the tables."""
    run(engine, EVENTS)
