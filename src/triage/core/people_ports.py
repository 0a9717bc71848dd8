"""What the use cases ask of the store about people: notes, promises, links, lists of customers.

Every method that writes is to be called inside `Store.tx()`; every time is UTC epoch ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For types alone: whoever imports a port must not pay for every value that passes through it.
    from collections.abc import Mapping, Sequence

    from triage.core.linking import Linked
    from triage.core.marks import Marks
    from triage.core.people import (
        Customer,
        Listed,
        Note,
        Outcome,
        PeopleFilter,
        Promise,
        Said,
        Talk,
    )


class PeoplePort(Protocol):
    """What is remembered of people."""

    def members(self, customer_id: int) -> tuple[int, ...]:
        """Whoever is the same person as a customer, and themselves; the main one first."""
        ...

    def attributes(self, customer_ids: Sequence[int]) -> dict[str, str]:
        """What is noted of these customers together, by key; the newest word counts."""
        ...

    def noted_of(self, activity_id: int) -> int | None:
        """The customer of whom an act noted something; None if it noted nothing."""
        ...

    def customers(self, customer_ids: Sequence[int]) -> list[Customer]:
        """These customers, in this order."""
        ...

    def by_id(self, brand_id: int, customer_id: int) -> Customer | None:
        """A customer of a brand, or None."""
        ...

    def by_handle(self, brand_id: int, key: str) -> list[Customer]:
        """Who has a handle, folded."""
        ...

    def former_handles(self, brand_id: int, customer_ids: Sequence[int]) -> list[tuple[int, str]]:
        """What these customers were called before, with our ids of them; the newest first."""
        ...

    def once_called(self, brand_id: int, key: str) -> list[Customer]:
        """Who had a handle, folded, before the one that they have."""
        ...

    def newest_conversation(self, customer_id: int) -> int | None:
        """The conversation in which a customer's newest message stands, or None."""
        ...

    def talks(self, customer_ids: Sequence[int]) -> list[Talk]:
        """The conversations of these customers, oldest first."""
        ...

    def said(self, customer_ids: Sequence[int]) -> list[Said]:
        """What these customers wrote to us, oldest first."""
        ...

    def add_note(
        self, activity_id: int, customer_id: int, about: str, text: str, voids_id: int | None = None
    ) -> None:
        """Write what an act says of a customer, or that it takes a note back."""
        ...

    def notes(self, customer_ids: Sequence[int]) -> list[Note]:
        """What is written down of these customers and was not taken back, oldest first."""
        ...

    def note(self, brand_id: int, number: int) -> Note | None:
        """A note by its number, if it was not taken back."""
        ...

    def add_promise(
        self, activity_id: int, brand_id: int, customer_id: int, text: str, due_at: int
    ) -> int:
        """Write what an act promises a customer; give the promise's number."""
        ...

    def add_outcome(self, activity_id: int, promise_id: int, outcome: Outcome) -> None:
        """Write what became of a promise."""
        ...

    def promises(self, customer_ids: Sequence[int]) -> list[Promise]:
        """What these customers were promised, in the order of due times."""
        ...

    def all_promises(self, brand_id: int) -> list[Promise]:
        """What a brand promised, in the order of due times."""
        ...

    def promise(self, brand_id: int, number: int) -> Promise | None:
        """A promise by its number."""
        ...

    def links(self, brand_id: int) -> list[Linked]:
        """All links of a brand, in the order of acts."""
        ...

    def add_link(self, activity_id: int, customer_id: int, main_id: int | None) -> None:
        """Write that an act joins a customer to another; None parts them."""
        ...

    def set_persons(self, customer_ids: Sequence[int], mains: Mapping[int, int]) -> None:
        """Write who is one person now, for these customers; who is not in `mains` is alone."""
        ...

    def people(self, wanted: PeopleFilter) -> list[Listed]:
        """People as they are listed, from whoever wrote last."""
        ...


class WithPeople(Protocol):
    """A store that knows people."""

    @property
    def people(self) -> PeoplePort:
        """See `PeoplePort`."""
        ...

    def marks(self, conversation_ids: Sequence[int], since: int) -> dict[int, Marks]:
        """What is marked of the customers of these conversations, by conversation."""
        ...

    def promises_due(self, brand_id: int, now: int, soon: int) -> tuple[int, int]:
        """How many promises are late, and how many are due by `soon`, UTC ms, and are not yet."""
        ...
