"""How much each person of a team has to do, and what each has answered today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from triage.core.accounts import Account
from triage.core.ports import Store
from triage.core.queue import QueueFilter
from triage.core.report.period import day_of, midnight
from triage.core.team import SEEN_WITHIN, Member, members
from triage.core.text import handle_key


@dataclass(frozen=True, slots=True)
class Team:
    """A team and its work.

    Attributes:
        members: The busiest first.
        waiting: How many wait in all, with what rests.
        unassigned: How many of these are nobody's.
        nobody_at: How many of these are nobody's, and nobody is at them.
    """

    members: Sequence[Member]
    waiting: int
    unassigned: int
    nobody_at: int


def start_of_day(now: int, zone: str) -> int:
    """When the day of a time began in a zone, UTC ms: its first moment, also where clocks change.

    A zone that this machine does not know is taken for UTC.
    """
    try:
        place = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        place = ZoneInfo("UTC")
    return midnight(day_of(now, place), place)


def load_team(
    store: Store,
    brand_id: int,
    names: Collection[str],
    now: int,
    accounts: Sequence[Account],
    *,
    all_accounts: bool = True,
) -> Team:
    """Load a team.

    Args:
        store: Where its work is.
        brand_id: Whose.
        names: Who is known to work here.
        now: UTC ms.
        accounts: Whose customers count.
        all_accounts: These are all: what tells no account counts as well.
    """
    only = () if all_accounts else [account.id for account in accounts]
    starts = _starts(store, accounts, now)
    earliest = min(starts.values(), default=now)
    answered = [
        one.agent
        for one in store.team.answered(brand_id, earliest, only)
        if one.agent and one.at >= starts.get(one.account_id, earliest)
    ]
    assigned = store.team.open_assigned(brand_id, only)
    claimed = store.team.claimed(brand_id, now, only)
    last_at = store.team.last_acts(brand_id, now - SEEN_WITHIN)
    waiting = {w.conversation_id for w in store.queue.waiting(QueueFilter(brand_id, only))}
    free = waiting - {one.conversation_id for one in assigned}
    return Team(
        members(names, assigned, claimed, answered, last_at, now),
        len(waiting),
        len(free),
        len(free - set(claimed)),
    )


def _starts(store: Store, accounts: Sequence[Account], now: int) -> dict[int | None, int]:
    """When today began for the people of each account."""
    current = store.settings.current()
    return {
        account.id: start_of_day(
            now, current.settings.zone_of(handle_key(account.handle)) if current else "UTC"
        )
        for account in accounts
    }
