"""What the use cases of a team ask of the store: whose a conversation is, and which acts stand.

Every method that writes is to be called inside `Store.tx()`; every time is UTC epoch ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For types alone: whoever imports a port must not pay for every value that passes through it.
    from collections.abc import Sequence

    from triage.core.records import Activity
    from triage.core.team import Answered, Assigned, Assignment


class TeamPort(Protocol):
    """A team."""

    def assignment(self, conversation_id: int) -> Assignment | None:
        """Whose a conversation is; None if it is nobody's."""
        ...

    def assignments(self, brand_id: int) -> dict[int, str]:
        """Whose each conversation is, of those that are somebody's."""
        ...

    def assign_by_acts(self, conversation_id: int) -> None:
        """Work out again, from the acts that stand, whose a conversation is."""
        ...

    def rebuild(self, brand_id: int) -> int:
        """Work that out for every conversation of a brand; give how many are somebody's."""
        ...

    def newest(
        self,
        brand_id: int,
        agent: str,
        whats: Sequence[str],
        conversation_id: int | None = None,
        before_id: int | None = None,
    ) -> list[Activity]:
        """The next acts of an agent that stand and are no part of another, newest first.

        Only of these sorts, of one conversation if it is named, and older than an act. Some at a
        time: none if there are no more.
        """
        ...

    def since(self, act: Activity, whats: Sequence[str]) -> list[Activity]:
        """Acts of these sorts that stand and came after one, to the same customer, oldest first."""
        ...

    def parts(self, activity_id: int) -> list[Activity]:
        """What was done together with an act and stands, newest first."""
        ...

    def last_acts(self, brand_id: int, since: int) -> dict[str, int]:
        """Who did something to a conversation since a time, and when last."""
        ...

    def has_worked(self, brand_id: int, agent: str) -> bool:
        """Whether somebody of this name ever did something to a conversation."""
        ...

    def open_assigned(self, brand_id: int, account_ids: Sequence[int] = ()) -> list[Assigned]:
        """Open waits that demand an answer and are somebody's; of some accounts, or of all."""
        ...

    def claimed(self, brand_id: int, now: int, account_ids: Sequence[int] = ()) -> dict[int, str]:
        """Who is at which conversation; of some accounts, or of all."""
        ...

    def answered(
        self, brand_id: int, since: int, account_ids: Sequence[int] = ()
    ) -> list[Answered]:
        """Waits that an answer ended since a time; of some accounts, or of all."""
        ...
