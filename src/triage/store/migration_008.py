"""What is remembered of people: notes, promises, and who is the same person as whom."""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.schema import run

TABLES = """
CREATE TABLE note (
    activity_id {int} PRIMARY KEY REFERENCES activity (id), -- the number that people type
    customer_id {int} NOT NULL REFERENCES customer (id),
    about {text} NOT NULL,         -- customer, conversation (which one stands in the act)
    text {text} NOT NULL,          -- empty if it takes another one back
    voids_id {int} REFERENCES activity (id) -- the note that this one takes back
) {strict};
CREATE INDEX note_customer ON note (customer_id, activity_id);
CREATE TABLE promise (
    id {pk},                       -- the number that people type
    activity_id {int} NOT NULL UNIQUE REFERENCES activity (id),
    brand_id {int} NOT NULL REFERENCES brand (id),
    customer_id {int} NOT NULL REFERENCES customer (id),
    text {text} NOT NULL,
    due_at {int} NOT NULL          -- it is kept if that is before
) {strict};
CREATE INDEX promise_customer ON promise (customer_id, id);
CREATE INDEX promise_due ON promise (brand_id, due_at);
CREATE TABLE promise_outcome (
    activity_id {int} PRIMARY KEY REFERENCES activity (id),
    promise_id {int} NOT NULL REFERENCES promise (id),
    outcome {text} NOT NULL        -- kept, broken, taken-back; the newest counts
) {strict};
CREATE INDEX promise_outcome_of ON promise_outcome (promise_id, activity_id);
CREATE TABLE customer_link (
    activity_id {int} PRIMARY KEY REFERENCES activity (id),
    customer_id {int} NOT NULL REFERENCES customer (id),
    main_id {int} REFERENCES customer (id) -- is the same person as this one; NULL ends that
) {strict};
CREATE INDEX customer_link_of ON customer_link (customer_id, activity_id);
-- Computed from the links: everybody who is one person with somebody else, the main one too.
CREATE TABLE person (
    customer_id {int} PRIMARY KEY REFERENCES customer (id),
    main_id {int} NOT NULL REFERENCES customer (id)
) {strict};
CREATE INDEX person_main ON person (main_id, customer_id);
-- Customers are listed from the one who wrote last.
CREATE INDEX customer_seen ON customer (brand_id, seen_at, id);
-- Who complains again, praises or fell silent is told without a look at the waits.
CREATE INDEX wait_told ON wait (brand_id, kind, opened_at, conversation_id, state, ended_at)
    WHERE kind IN ('complaint', 'praise');
"""


def migrate(engine: Engine) -> None:
    """Make them."""
    run(engine, TABLES)
