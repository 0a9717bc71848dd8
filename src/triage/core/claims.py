"""Claims: who is at a conversation, for a while.

A claim is a lease. It ends by itself, so that nobody's name stays on a customer because somebody
went home.
"""

from __future__ import annotations

from dataclasses import dataclass

from triage.core.kinds import DAY, MINUTE

LEASE = 15 * MINUTE
"""How long a claim lasts unless somebody says otherwise, ms."""

LONGEST = DAY
"""The longest that a claim may be asked for at once, ms."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An agent is at a conversation.

    Attributes:
        claimed_at: Since when, UTC ms; renewing does not change it.
        until_at: The end of the lease, UTC ms: from then on it is nobody's.
        taken_from: Whose it was when it was taken over; None if it was free.
    """

    conversation_id: int
    agent: str
    claimed_at: int
    until_at: int
    taken_from: str | None = None

    def is_of(self, other: Claim | None) -> bool:
        """Whether both are one holding of one agent, renewed or not."""
        return (
            other is not None
            and self.agent == other.agent
            and self.claimed_at == other.claimed_at
            and self.conversation_id == other.conversation_id
        )
