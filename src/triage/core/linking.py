"""Who is the same person as whom, and what an agent noted of one and so of all.

Links are acts: `link A B` says from then on that B is A, and `unlink B` that it is not. Only main
customers are joined, so that links make trees and no circle. What was noted of one member holds for
all, from when they were linked until they are not; what had ended before is judged as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from triage.core.wait import Attribute


class Noted(NamedTuple):
    """An act that noted something of a customer.

    Attributes:
        id: Our id of the act: acts count in this order.
        at: UTC ms.
        value: None takes it back.
    """

    id: int
    at: int
    customer_id: int
    key: str
    value: str | None


class Linked(NamedTuple):
    """An act that joined a customer to another, or parted them.

    Attributes:
        id: Our id of the act: acts count in this order.
        at: UTC ms.
        customer_id: Who is somebody else as well.
        main_id: Who they are; None from here on nobody else.
    """

    id: int
    at: int
    customer_id: int
    main_id: int | None


class Links:
    """Who is the same person, as of some act."""

    def __init__(self, linked: Iterable[Linked] = ()) -> None:
        self._main: dict[int, int] = {}
        for link in linked:
            self.add(link)

    def add(self, link: Linked) -> None:
        """Take an act into account; each comes behind those before it."""
        if link.main_id is None:
            self._main.pop(link.customer_id, None)
        elif self.main_of(link.main_id) != link.customer_id:
            self._main[link.customer_id] = link.main_id

    def main_of(self, customer_id: int) -> int:
        """The main customer of a person: the one that is nobody else."""
        while customer_id in self._main:
            customer_id = self._main[customer_id]
        return customer_id

    def mains(self) -> dict[int, int]:
        """Everybody who is one person with somebody else, and the main customer of each."""
        linked = {*self._main, *self._main.values()}
        return {customer_id: self.main_of(customer_id) for customer_id in sorted(linked)}

    def is_joined(self, customer_id: int) -> bool:
        """Whether a customer was said to be somebody else, and still is."""
        return customer_id in self._main


def ever_linked(linked: Iterable[Linked], customer_ids: Iterable[int]) -> set[int]:
    """These customers, and everybody who ever was one person with one of them, at a time or other.

    It may hold some more: who was linked to one of them before or after.
    """
    beside: defaultdict[int, set[int]] = defaultdict(set)
    for link in linked:
        if link.main_id is not None:
            beside[link.customer_id].add(link.main_id)
            beside[link.main_id].add(link.customer_id)
    found: set[int] = set()
    ahead = list(customer_ids)
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += beside[one] - found
    return found


def attributes_over_time(
    noted: Sequence[Noted], linked: Sequence[Linked], of: Collection[int]
) -> dict[int, list[Attribute]]:
    """What was noted of customers, themselves or anybody who was the same person then.

    Args:
        noted: All that was noted of whoever `ever_linked` names, in the order of acts.
        linked: All links, in the order of acts.
        of: Whose history is asked for.

    Returns:
        By customer: what changed for them, and when, oldest first. A link changes it, too.
    """
    history: dict[int, list[Attribute]] = {customer_id: [] for customer_id in of}
    links = Links()
    known: defaultdict[int, dict[str, Noted]] = defaultdict(dict)
    acts: list[Noted | Linked] = [*noted, *linked]
    for act in sorted(acts, key=lambda act: act.id):
        if isinstance(act, Noted):
            known[act.customer_id][act.key] = act
            for customer_id in of:
                if links.main_of(customer_id) == links.main_of(act.customer_id):
                    history[customer_id].append(Attribute(act.at, act.key, act.value))
            continue
        before = {customer_id: _together(customer_id, links, known) for customer_id in of}
        links.add(act)
        for customer_id in of:
            after = _together(customer_id, links, known)
            history[customer_id] += _changes(act.at, before[customer_id], after)
    return history


def _together(
    customer_id: int, links: Links, known: Mapping[int, Mapping[str, Noted]]
) -> dict[str, str]:
    """What holds for a customer: the newest word on each key, of whoever is the same person."""
    main = links.main_of(customer_id)
    newest: dict[str, Noted] = {}
    for other, by_key in known.items():
        if links.main_of(other) == main:
            for key, act in by_key.items():
                if key not in newest or newest[key].id < act.id:
                    newest[key] = act
    return {key: act.value for key, act in newest.items() if act.value is not None}


def _changes(at: int, before: Mapping[str, str], after: Mapping[str, str]) -> list[Attribute]:
    gone = [Attribute(at, key, None) for key in sorted(before.keys() - after.keys())]
    new = [Attribute(at, key, after[key]) for key in sorted(after) if before.get(key) != after[key]]
    return gone + new
