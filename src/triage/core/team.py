"""Whose a conversation is, and how much each person of a team has to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from triage.core.kinds import DAY

SEEN_WITHIN = 30 * DAY
"""Who did nothing for so long is not listed among the team, unless something is theirs."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A conversation is somebody's to look after, until somebody says otherwise.

    Attributes:
        conversation_id: Which.
        agent: Whose it is.
        by: Who said so.
        at: When, UTC ms.
        reason: Why, in their words; may be empty.
    """

    conversation_id: int
    agent: str
    by: str
    at: int
    reason: str = ""


class Answered(NamedTuple):
    """A wait that an answer ended.

    Attributes:
        account_id: Who was asked; None if nothing tells.
        agent: Who answered; empty for an answer that was typed in another app.
        at: When, UTC ms.
    """

    account_id: int | None
    agent: str
    at: int


class Assigned(NamedTuple):
    """An open wait that is somebody's.

    Attributes:
        conversation_id: Which.
        agent: Whose it is.
        due_at: UTC ms; None if it has no due time.
    """

    conversation_id: int
    agent: str
    due_at: int | None


class Member(NamedTuple):
    """How much somebody has to do.

    Attributes:
        agent: Who.
        assigned: Conversations with an open wait that are theirs.
        overdue: How many of these are overdue.
        claimed: Conversations that they are at now.
        answered_today: Waits that an answer of theirs ended today.
        load: Conversations that are theirs or that they are at, each counted once.
        last_at: When they last did anything to a conversation, UTC ms; None if it was never.
    """

    agent: str
    assigned: int
    overdue: int
    claimed: int
    answered_today: int
    load: int
    last_at: int | None

    @property
    def is_idle(self) -> bool:
        """Nothing waits that is theirs, and they are at nothing."""
        return self.load == 0


def members(
    names: Iterable[str],
    assigned: Collection[Assigned],
    claimed: Mapping[int, str],
    answered: Iterable[str],
    last_at: Mapping[str, int],
    now: int,
) -> list[Member]:
    """What each has to do, the busiest first, then by name.

    Args:
        names: Who is known to work here.
        assigned: Open waits that are somebody's.
        claimed: Who is at which conversation.
        answered: Who answered today, once for each wait.
        last_at: When each did something last, UTC ms.
        now: UTC ms.
    """
    done = Counter(answered)
    people = {*names, *claimed.values(), *done, *last_at}
    people |= {one.agent for one in assigned}
    people.discard("")
    found = []
    for agent in people:
        theirs = [one for one in assigned if one.agent == agent]
        at_now = {number for number, who in claimed.items() if who == agent}
        found.append(
            Member(
                agent,
                len(theirs),
                sum(one.due_at is not None and one.due_at <= now for one in theirs),
                len(at_now),
                done[agent],
                len(at_now | {one.conversation_id for one in theirs}),
                last_at.get(agent),
            )
        )
    return sorted(found, key=lambda m: (-m.load, m.agent))
