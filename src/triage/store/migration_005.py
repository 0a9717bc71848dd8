"""What a store on a server needs: who was signed in, its generations, the bytes of pictures."""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.schema import run

TABLES = """
-- Whom the server let in: the agent's name is what a client says. NULL in a file.
ALTER TABLE activity ADD COLUMN db_user {text} {whoever};
-- Every generation that a shared store had: a machine that knows another one has a restored store
-- before it. `covers` is set by a release: what left before it was looked for on our timeline.
CREATE TABLE generation (
    id {text} PRIMARY KEY,
    at {int} NOT NULL,
    covers {int}
) {strict};
CREATE INDEX generation_at ON generation (at);
-- Copies of pictures, where no folder beside the store is everybody's.
CREATE TABLE picture (sha256 {text} PRIMARY KEY, data {blob} NOT NULL) {strict};
"""


def migrate(engine: Engine) -> None:
    """Add the column and the tables."""
    run(engine, TABLES)
