"""Giving a conversation to somebody, with a reason: whose it is until somebody says otherwise.

An assignment is no claim: it says who looks after a customer, today and when they write again; a
claim says who is typing now.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from triage.core.ports import Store
from triage.core.records import Activity, ConversationView
from triage.core.team import SEEN_WITHIN
from triage.errors import NotFound, UsageError

ASSIGN = "assign"
"""What the act is called."""
_LONGEST = 100
_NAMED = 10
"""So many known names are told to whoever mistypes one."""


@dataclass(frozen=True, slots=True)
class Handed:
    """What an assignment changed.

    Attributes:
        before: Whose it was; None if it was nobody's.
        after: Whose it is now.
    """

    before: str | None
    after: str | None

    @property
    def is_news(self) -> bool:
        """Whether anything changed."""
        return self.before != self.after


def assign(
    store: Store,
    conversation: ConversationView,
    to: str | None,
    agent: str,
    now: int,
    reason: str = "",
) -> Handed:
    """Give a conversation to somebody, or to nobody; writes nothing if it is theirs already.

    Args:
        store: Where acts are.
        conversation: Which.
        to: Whose it is to be; None: nobody's.
        agent: Who says so.
        now: UTC ms.
        reason: Why, in their words; may be empty.
    """
    with store.tx():
        standing = store.team.assignment(conversation.id)
        handed = Handed(standing.agent if standing else None, to)
        if handed.is_news:
            act = Activity(
                uuid=uuid.uuid4().hex,
                at=now,
                agent=agent,
                what=ASSIGN,
                conversation_id=conversation.id,
                before=handed.before,
                after=to,
                detail=reason,
            )
            store.activity.add(conversation.brand_id, act)
            store.team.assign_by_acts(conversation.id)
    return handed


def check_name(who: str) -> str:
    """A name that somebody can have. Raises `UsageError`."""
    name = " ".join(who.split())
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise UsageError(
            "That is no name for an agent.",
            reason=f"It has 1 to {_LONGEST} characters that can be printed.",
            hint="Write a name, me or none.",
        )
    return name


def find_agent(store: Store, brand_id: int, who: str, roster: Collection[str], now: int) -> str:
    """The agent of a name, who is in the roster, has worked here or was given something.

    A conversation that is given to a mistyped name would be looked after by nobody.

    Args:
        store: Where acts are.
        brand_id: Whose.
        who: As it was typed.
        roster: Names that the configuration tells, with that of who asks.
        now: UTC ms.

    Raises:
        UsageError: It cannot be a name.
        NotFound: Nobody of this name is known; the likely ones are told.
    """
    name = check_name(who)
    theirs = set(store.team.assignments(brand_id).values())
    if name in roster or name in theirs or store.team.has_worked(brand_id, name):
        return name
    known = sorted({*roster, *theirs, *store.team.last_acts(brand_id, now - SEEN_WITHIN)})
    folded = {one.casefold(): one for one in known}
    likely = get_close_matches(name.casefold(), folded, 1)
    listed = ", ".join(known[:_NAMED]) + (", …" if len(known) > _NAMED else "")
    meant = f"Did you mean {folded[likely[0]]}? " if likely else ""
    raise NotFound(
        f"Nobody called {name} works here.",
        reason=f"Known: {listed}." if known else "",
        hint=f"{meant}Somebody new: add --new, or the name to `agents` in the configuration.",
    )
