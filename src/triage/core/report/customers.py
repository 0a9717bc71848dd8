"""Customers: who wrote most, who waited longest, and whose complaint turned to praise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from triage.core.kinds import Kind, WaitState
from triage.core.report.model import Customer, Turn
from triage.core.report.rows import CustomerRow, MentionRow, Rows, Said, lasted

MOST = 20
"""So many who wrote most are named, and so many who waited longest."""
_WANTED = frozenset({WaitState.ANSWERED.value, WaitState.SETTLED.value, WaitState.OPEN.value})
"""Waits whose customer got an answer, or is to get one; the others waited for nothing."""
_OPEN = WaitState.OPEN.value
_MS = 1000
_COMPLAINT, _PRAISE = Kind.COMPLAINT.value, Kind.PRAISE.value


class Customers:
    """What each customer wrote, and how long they waited.

    Args:
        rows: What was read of the period.
        now: Up to which moment is known, UTC ms.
    """

    def __init__(self, rows: Rows, now: int) -> None:
        self._rows = rows
        self._wrote = Counter([mention.customer_id for mention in rows.mentions])
        self._longest = _longest(rows, now)
        self.notable = sorted({*_most(self._wrote), *_most(self._longest)})

    def lines(self, named: Iterable[CustomerRow]) -> list[Customer]:
        """A line for each that is named: who wrote most first, then by handle."""
        rows = {row.id: row for row in named}
        mentions = [m for m in self._rows.mentions if m.customer_id in rows]
        whose = self._rows.customers
        waits = [w for w in self._rows.waits if whose[w.conversation_id] in rows]
        complaints = Counter(m.customer_id for m in mentions if m.kind == _COMPLAINT)
        waited = Counter(whose[wait.conversation_id] for wait in waits)
        waiting = {whose[wait.conversation_id] for wait in waits if wait.state == _OPEN}
        ids: defaultdict[int, set[int]] = defaultdict(set)
        for mention in mentions:
            if mention.conversation_id is not None:
                ids[mention.customer_id].add(mention.conversation_id)
        for wait in waits:
            ids[whose[wait.conversation_id]].add(wait.conversation_id)
        ordered = sorted(rows.values(), key=lambda r: (-self._wrote[r.id], r.handle, r.id))
        return [
            Customer(
                handle=row.handle,
                channel=row.channel,
                mentions=self._wrote[row.id],
                complaints=complaints[row.id],
                waits=waited[row.id],
                longest_s=self._longest[row.id] / _MS if row.id in self._longest else None,
                waiting=row.id in waiting,
                ids=tuple(sorted(ids[row.id])),
            )
            for row in ordered
        ]


def _longest(rows: Rows, now: int) -> dict[int, int]:
    """How long each customer waited at most, ms."""
    whose, found = rows.customers, dict[int, int]()
    for wait in rows.waits:
        if wait.state in _WANTED:
            customer, span = whose[wait.conversation_id], lasted(wait, now)
            if span >= found.get(customer, 0):
                found[customer] = span
    return found


def _most(counts: Mapping[int, int]) -> list[int]:
    """Who has most; of equal ones those whom we have known for longer."""
    least = min(sorted(counts.values(), reverse=True)[:MOST], default=0)
    among = [number for number, count in counts.items() if count >= least]
    return sorted(among, key=lambda number: (-counts[number], number))[:MOST]


def may_have_turned(mentions: Iterable[MentionRow]) -> set[int]:
    """Conversations in which somebody both complained and praised, by our id of them."""
    complained, praised = set(), set()
    for mention in mentions:
        if mention.kind == _COMPLAINT:
            complained.add(mention.conversation_id)
        elif mention.kind == _PRAISE:
            praised.add(mention.conversation_id)
    return {number for number in complained & praised if number is not None}


class Turned(NamedTuple):
    """See `Turn`; the customer by our id."""

    conversation_id: int
    customer_id: int
    before: str
    after: str
    at: int


def turns_of(said: Iterable[Said]) -> list[Turned]:
    """Who came to complain and praised in the end, or the other way; by conversation.

    Args:
        said: All mentions that conversations have in the period, in the order of messages.
    """
    written: defaultdict[int, list[Said]] = defaultdict(list)
    for one in said:
        written[one.conversation_id].append(one)
    turned = []
    for number in sorted(written):
        first, last = written[number][0], written[number][-1]
        if {first.kind, last.kind} == {_COMPLAINT, _PRAISE}:
            at = _turned_at(written[number])
            turned.append(Turned(number, first.customer_id, first.kind, last.kind, at))
    return turned


def _turned_at(said: Sequence[Said]) -> int:
    """What turned it is the first of the new kind behind the last of the old one."""
    at = said[-1].posted_at
    for one in reversed(said):
        if one.kind == said[0].kind:
            break
        if one.kind == said[-1].kind:
            at = one.posted_at
    return at


def turns_with(turned: Iterable[Turned], named: Mapping[int, CustomerRow]) -> list[Turn]:
    """The same with the handles of the customers."""
    return [
        Turn(t.conversation_id, named[t.customer_id].handle, t.before, t.after, t.at)
        for t in turned
    ]
