"""What the use cases ask of the store about events.

Every method that writes is to be called inside `Store.tx()`; every time is UTC epoch ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For types alone: whoever imports a port must not pay for every value that passes through it.
    from collections.abc import Collection
    from datetime import datetime

    from triage.core.events import Event, EventPost, Planned, Reception


class EventPort(Protocol):
    """Events and their posts."""

    def add(self, brand_id: int, event: Event) -> Event:
        """Write an event; the same uuid twice is one."""
        ...

    def get(self, brand_id: int, event_id: int) -> Event | None:
        """An event by id."""
        ...

    def all(self, brand_id: int) -> list[Event]:
        """Every event of a brand, the next first."""
        ...

    def move(self, event: Event, wall: datetime, zone: str, at: int) -> bool:
        """Give an event another time and its next turn; False if it is not as it was."""
        ...

    def cancel(self, event_id: int, at: int) -> bool:
        """Note that an event will not be; False if that was noted."""
        ...

    def add_post(self, post: EventPost) -> None:
        """Say that a reply is the post of an event."""
        ...

    def post_of(self, reply_id: int) -> EventPost | None:
        """What makes a reply the post of an event; None if it is none."""
        ...

    def posts(self, event_id: int) -> list[Planned]:
        """The posts of an event of every turn, in the order in which they are due."""
        ...

    def waiting(self, brand_id: int) -> list[tuple[Event, Planned]]:
        """All posts of a brand that have not left and still may, in the order of their time."""
        ...

    def review(self, reply_id: int, key: str | None, agent: str, at: int | None) -> None:
        """Note who has read which text; None takes it back."""
        ...

    def release(self, reply_id: int, at: int) -> None:
        """Note that a person lets a post go although complaints spike."""
        ...

    def reception(self, event_id: int) -> list[Reception]:
        """The mentions that answer or quote the posts of an event, oldest first."""
        ...

    def complaints(self, brand_id: int, since: int, until: int) -> int:
        """How many complaints were written from a time on and before another one."""
        ...

    def known_since(self, brand_id: int) -> int | None:
        """When the first mention was written; None if there is none."""
        ...

    def of_conversations(self, conversation_ids: Collection[int]) -> dict[int, str]:
        """Names of the events whose posts these conversations are about, by conversation."""
        ...
