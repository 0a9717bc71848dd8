"""Who was forgotten, and what keeps them from coming back; and payloads by their age."""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.schema import run

TABLES = """
CREATE TABLE forgotten (
    id {pk},
    uuid {text} NOT NULL UNIQUE,   -- of the act in the log
    brand_id {int} NOT NULL REFERENCES brand (id),
    customer_id {int} NOT NULL REFERENCES customer (id),
    begun_at {int} NOT NULL,       -- what was posted up to then is left out from now on
    done_at {int}                  -- NULL: something may be left, the next run takes it out
) {strict};
CREATE INDEX forgotten_customer ON forgotten (customer_id);
CREATE INDEX forgotten_undone ON forgotten (brand_id) WHERE done_at IS NULL;
-- What a fetch or an import is compared with. A digest needs the key that is in `meta`.
CREATE TABLE tombstone (
    brand_id {int} NOT NULL REFERENCES brand (id),
    channel {text} NOT NULL,
    what {text} NOT NULL,          -- id, handle, post
    digest {text} NOT NULL,
    forgotten_id {int} NOT NULL REFERENCES forgotten (id),
    PRIMARY KEY (brand_id, channel, what, digest)
) {strict};
-- Once a day the oldest are asked for.
CREATE INDEX payload_stored ON payload (stored_at);
"""


def migrate(engine: Engine) -> None:
    """Add the tables and the index."""
    run(engine, TABLES)
