"""What a team does: whose a conversation is, and what a person takes back."""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.schema import run

TEAM = """
-- Done together with another act, and taken back with it.
ALTER TABLE activity ADD COLUMN part_of {int} REFERENCES activity (id);
CREATE INDEX activity_voids ON activity (voids_id) WHERE voids_id IS NOT NULL;
CREATE INDEX activity_part ON activity (part_of) WHERE part_of IS NOT NULL;
CREATE INDEX activity_agent ON activity (brand_id, agent, id);
-- The claim that an act ended or changed: what stood before it.
CREATE TABLE claim_before (
    activity_id {int} PRIMARY KEY REFERENCES activity (id),
    agent {text} NOT NULL,
    claimed_at {int} NOT NULL,
    until_at {int} NOT NULL,
    taken_from {text}
) {strict};
-- Whose a conversation is; follows from the acts, and can be computed again.
CREATE TABLE assignment (
    conversation_id {int} PRIMARY KEY REFERENCES conversation (id),
    brand_id {int} NOT NULL REFERENCES brand (id),
    agent {text} NOT NULL,
    activity_id {int} NOT NULL REFERENCES activity (id) -- the act that says so
) {strict};
CREATE INDEX assignment_agent ON assignment (brand_id, agent);
"""


def migrate(engine: Engine) -> None:
    """Add the column, the tables and their indexes."""
    run(engine, TEAM)
