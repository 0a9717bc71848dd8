"""What the use cases ask of the store about themes, actions, and whom they are told.

Apart from `core.ports`, which has the rest. Every method that writes is to be called inside
`Store.tx()`; every time is UTC epoch ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from triage.core.ports import Store

if TYPE_CHECKING:
    # For types alone: whoever imports a port must not pay for every value that passes through it.
    from collections.abc import Sequence

    from triage.core.actions import Action, Answer, Told
    from triage.core.telling import Mention
    from triage.core.themes import Raised


class ThemePort(Protocol):
    """What mentions are about."""

    def say(self, brand_id: int, message_id: int, theme: str | None, activity_id: int) -> None:
        """Note the word of an agent, as an act says; None says that it is about nothing."""
        ...

    def of(self, message_id: int) -> str | None:
        """What a mention is about: as an agent said, else as the rules do."""
        ...

    def known(self, brand_id: int) -> list[str]:
        """Themes that agents named, of mentions or of actions, in order."""
        ...

    def raised(
        self,
        brand_id: int,
        from_at: int,
        to_at: int,
        theme: str | None = None,
        account_ids: Sequence[int] = (),
    ) -> list[Raised]:
        """Mentions of a period that are about a theme, or about any, oldest first."""
        ...

    def complaints(
        self, brand_id: int, from_at: int, to_at: int, account_ids: Sequence[int] = ()
    ) -> int:
        """How many complaints a period has."""
        ...

    def first_at(self, brand_id: int) -> int | None:
        """When the oldest mention that is stored was posted; None if there is none."""
        ...


class ActionPort(Protocol):
    """What was done about themes, and whom that is told."""

    def add(self, brand_id: int, action: Action) -> Action:
        """Write an action; the same uuid twice is one."""
        ...

    def get(self, brand_id: int, action_id: int) -> Action | None:
        """An action of a brand by id."""
        ...

    def all(self, brand_id: int) -> list[Action]:
        """All actions of a brand, oldest first."""
        ...

    def change(self, before: Action, after: Action) -> bool:
        """Compare and set; False if somebody else has changed it meanwhile."""
        ...

    def mentions(
        self, brand_id: int, theme: str, from_at: int, to_at: int, account_ids: Sequence[int] = ()
    ) -> list[Mention]:
        """Mentions about a theme with all that tells whether they can be answered, oldest first."""
        ...

    def tell(self, brand_id: int, told: Told) -> bool:
        """Write that a person is told of an action; False if they are already."""
        ...

    def tell_anew(self, told_id: int, message_id: int, before: int, reply_id: int) -> bool:
        """Put another draft in the place of one that was given up; False if it is not there."""
        ...

    def told(self, action_id: int) -> list[Told]:
        """Whom an action is told, in the order in which they were drafted."""
        ...

    def told_by(self, reply_id: int) -> Told | None:
        """What a reply tells of an action; None if it is any other reply."""
        ...

    def approve(self, reply_id: int, mark: str | None, agent: str, at: int) -> None:
        """Note that somebody has read a text and let it pass; None: not any more."""
        ...

    def attempts(self, brand_id: int, since: int) -> int:
        """How many of the told were tried to be sent since a time."""
        ...

    def answers(self, action_id: int) -> list[Answer]:
        """Whoever was told, and what they wrote next there, if anything."""
        ...


class ActionStore(Store, Protocol):
    """A store with these families too."""

    @property
    def themes(self) -> ThemePort:
        """See `ThemePort`."""
        ...

    @property
    def actions(self) -> ActionPort:
        """See `ActionPort`."""
        ...
