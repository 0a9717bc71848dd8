"""Forgetting and handing out what is held of a customer: the words, and what is asked of the store.

A customer who is forgotten stays as a number: when they wrote, of what kind it was and how long
they waited. Whatever says who they were, and every word, goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORGOTTEN = "forgotten-"
"""Begins what stands where a channel's id stood, of a post or of a person."""

CLOSED = "forgotten"
"""Detail of the act that ends the wait of somebody who is forgotten."""

SAFE_ACTS = frozenset(
    {"assign", "claim", "close", "hold", "release", "reopen", "tag", "theme", "wake"}
)
"""Acts whose before and after are words of ours, such as a kind or an agent's name."""


class Person(NamedTuple):
    """A customer, as a person names them.

    Attributes:
        id: Our id.
        native_id: The channel's; `@handle` while only that is known.
        handle: As it was told last, without `@`.
        former: Other handles that they had.
    """

    id: int
    brand_id: int
    channel: str
    native_id: str
    handle: str
    name: str
    former: tuple[str, ...] = ()

    @property
    def token(self) -> str:
        """What stands in the place of their id and handle once they are forgotten."""
        return f"{FORGOTTEN}{self.id}"

    @property
    def label(self) -> str:
        """What they are called to people: the handle, or the id where no handle is known."""
        return f"@{self.handle}" if self.handle else self.native_id

    @property
    def is_forgotten(self) -> bool:
        """Whether nothing says any more who they were."""
        return self.native_id == self.token


class Forgetting(NamedTuple):
    """A customer who is to be forgotten, or was.

    Attributes:
        uuid: Of the act in the log.
        begun_at: What was written up to then is left out from now on, UTC ms.
        done_at: When nothing was left; None while something may be.
    """

    id: int
    uuid: str
    customer_id: int
    begun_at: int
    done_at: int | None


class Holdings(NamedTuple):
    """How much is held of a customer."""

    conversations: int
    posts: int
    answers: int
    versions: int
    payloads: int
    notes: int
    replies: int
    pictures: int


class Hindrance(NamedTuple):
    """A reply that keeps its customer from being forgotten.

    Attributes:
        state: Of the reply; `sent` if it is still to be taken back.
    """

    reply_id: int
    state: str


class PrivacyPort(Protocol):
    """What is held of one customer, and taking it out.

    What writes is to be called outside of a transaction, unless it says otherwise.
    """

    def person(self, customer_id: int) -> Person:
        """A customer by our id."""
        ...

    def conversations(self, customer_id: int) -> list[int]:
        """Ids of their conversations, oldest first."""
        ...

    def holdings(self, customer_id: int) -> Holdings:
        """How much is held of them."""
        ...

    def hindrances(self, customer_id: int) -> list[Hindrance]:
        """Replies to them that are being sent, of unknown fate, or still to be taken back."""
        ...

    def waiting_replies(self, customer_id: int) -> list[tuple[int, str]]:
        """Ids and states of replies to them that could still go out."""
        ...

    def may_erase(self) -> bool:
        """Whether who is signed in may change what people did; on a server its owner may."""
        ...

    def begin(self, person: Person, uuid: str, at: int) -> None:
        """Leave tombstones, and mark that they are to be forgotten; inside a transaction."""
        ...

    def unfinished(self, brand_id: int) -> list[Forgetting]:
        """Forgettings that did not come to their end, oldest first."""
        ...

    def forgetting(self, uuid: str) -> Forgetting:
        """A forgetting by its uuid."""
        ...

    def erase(self, one: Forgetting, at: int) -> None:
        """Take out every row and word; where it was stopped, call it again."""
        ...

    def wipe(self) -> bool:
        """Leave nothing in free pages either; False if it has to be done again later."""
        ...

    def finish(self, one: Forgetting, at: int) -> None:
        """Note that nothing is left; inside a transaction."""
        ...

    def export(self, customer_id: int) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Every row that is held of them, with the name of its table."""
        ...


def mask(text: str, handles: Sequence[str]) -> str:
    """A text with `@handle` made unreadable, as long as before, so that places in it stay right."""
    if "@" not in text or not handles:
        return text
    names = "|".join(re.escape(handle) for handle in sorted(handles, key=len, reverse=True))
    known = re.compile(rf"(?<![\w@])@({names})(?!\w)", re.IGNORECASE)
    while True:
        masked = known.sub(lambda found: "@" + "*" * len(found[1]), text)
        if masked == text:
            return text
        # One that stood right behind another is read as a handle now.
        text = masked
