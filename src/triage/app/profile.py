"""Everything that is known of a person, for one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.app.noting import attributes_of
from triage.app.showing import marks_of, zone_of
from triage.core.kinds import Kind
from triage.core.marks import NO_MARKS, Marks
from triage.core.people import Customer, Note, Promise, Said, Talk, Turn, Whom, themes_of, turn_of
from triage.core.ports import Store
from triage.core.records import WaitView


@dataclass(frozen=True, slots=True)
class History:
    """A conversation of theirs with what became of it.

    Attributes:
        talk: Which, and when.
        waits: Its waits, oldest first.
        opening: What they wrote to us first in it; empty if nothing of it is to us.
        kind: Of the newest wait; failing that of the newest mention; None if nothing was tagged.
    """

    talk: Talk
    waits: Sequence[WaitView]
    opening: str
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class Profile:
    """What `customer show` shows.

    Attributes:
        whom: Who was named.
        customers: All who are this person, the main one first.
        formerly: What they were called before, the newest first, without what they are called now.
        marks: What the queue marks.
        attributes: What is noted of them.
        notes: What was written down of them, oldest first.
        promises: What they were promised, in the order of due times.
        talks: Their conversations, oldest first.
        said: What they wrote to us, oldest first.
        themes: How often each theme came up in their complaints.
        turn: When they turned from complaint to praise; None if they did not.
        zone: In which people of the brand read times.
    """

    whom: Whom
    customers: Sequence[Customer]
    formerly: Sequence[str]
    marks: Marks
    attributes: Mapping[str, str]
    notes: Sequence[Note]
    promises: Sequence[Promise]
    talks: Sequence[History]
    said: Sequence[Said]
    themes: Mapping[str, int]
    turn: Turn | None
    zone: str


def load_profile(store: Store, whom: Whom, now: int) -> Profile:
    """Load a person; nothing is changed by looking at them."""
    customers = store.people.customers(whom.members)
    said = store.people.said(whom.members)
    return Profile(
        whom=whom,
        customers=customers,
        formerly=_formerly(store, whom, customers),
        marks=marks_of(store, whom.conversation_id, now) if whom.conversation_id else NO_MARKS,
        attributes=attributes_of(store, whom),
        notes=store.people.notes(whom.members),
        promises=store.people.promises(whom.members),
        talks=_talks(store, whom, said),
        said=said,
        themes=themes_of(said),
        turn=turn_of(said),
        zone=zone_for(store, whom),
    )


def zone_for(store: Store, whom: Whom) -> str:
    """The zone in which people of the brand read and say times about a customer."""
    talk = store.reading.conversation(whom.conversation_id or 0)
    if talk is not None:
        return zone_of(store, talk)
    current = store.settings.current()
    return current.settings.time_zone if current else "UTC"


def _formerly(store: Store, whom: Whom, customers: Sequence[Customer]) -> list[str]:
    now = {customer.handle for customer in customers}
    handles = [h for _, h in store.people.former_handles(whom.brand_id, whom.members)]
    return [h for h in dict.fromkeys(handles) if h not in now]


def _talks(store: Store, whom: Whom, said: Sequence[Said]) -> list[History]:
    waits: dict[int, list[WaitView]] = {}
    for wait in store.reading.customer_waits(whom.members):
        waits.setdefault(wait.conversation_id, []).append(wait)
    mentions: dict[int, list[Said]] = {}
    for one in said:
        mentions.setdefault(one.conversation_id, []).append(one)
    return [
        _history(talk, waits.get(talk.id, []), mentions.get(talk.id, []))
        for talk in store.people.talks(whom.members)
    ]


def _history(talk: Talk, waits: Sequence[WaitView], mentions: Sequence[Said]) -> History:
    kind = waits[-1].kind if waits else mentions[-1].kind if mentions else None
    return History(talk, waits, mentions[0].text if mentions else "", kind)
