"""People as they are remembered: who they are, what was noted of them, what they were promised.

What follows from it, such as that somebody complains again, is decided here.
"""

from __future__ import annotations

from typing import NamedTuple


class Whom(NamedTuple):
    """A customer that something is noted of, by whatever name an agent named them.

    Attributes:
        customer_id: Who was named.
        handle: Their handle, without `@`.
        conversation_id: The conversation that was named, or the newest of theirs; None if they
            have none.
        members: Our ids of whoever is the same person, the main one first; with the one named.
    """

    brand_id: int
    customer_id: int
    handle: str
    conversation_id: int | None
    members: tuple[int, ...]

    @property
    def reference(self) -> str:
        """What an agent can type to name them, whatever their handle becomes."""
        return f"c{self.customer_id}"
