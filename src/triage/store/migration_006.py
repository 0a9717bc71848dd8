"""What makes reports quick: indexes that lead to a period, and to what lasted into it."""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.lasting import INDEX
from triage.store.schema import run

INDEXES = f"""
-- What we sent is counted without a look at the messages.
CREATE INDEX message_own ON message (brand_id, posted_at) WHERE role = 'own';
-- Whether a wait is the first of its conversation is told without a look at the waits.
DROP INDEX wait_conversation;
CREATE INDEX wait_conversation ON wait (conversation_id, opened_at);
{INDEX};
"""


def migrate(engine: Engine) -> None:
    """Make them."""
    run(engine, INDEXES)
