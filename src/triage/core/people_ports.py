"""What the use cases ask of the store about people: notes, promises, links, lists of customers.

Every method that writes is to be called inside `Store.tx()`; every time is UTC epoch ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For types alone: whoever imports a port must not pay for every value that passes through it.
    from collections.abc import Sequence


class PeoplePort(Protocol):
    """What is remembered of people."""

    def members(self, customer_id: int) -> tuple[int, ...]:
        """Whoever is the same person as a customer, and themselves; the main one first."""
        ...

    def attributes(self, customer_ids: Sequence[int]) -> dict[str, str]:
        """What is noted of these customers together, by key; the newest word counts."""
        ...


class WithPeople(Protocol):
    """A store that knows people."""

    @property
    def people(self) -> PeoplePort:
        """See `PeoplePort`."""
        ...
