"""Forget a customer: what was agreed in one transaction is carried on until nothing is left.

The figures stay: what they wrote is counted by its kind and time, and how long they waited is as it
was. Who they were and what was said goes, and a tombstone keeps both from coming back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from triage.app import acting
from triage.app.judging import TaggerFor, judge_all, judge_pending
from triage.app.naming import find_whom
from triage.core.model import CloseReason
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.privacy import CLOSED, Forgetting, Holdings, Person, PrivacyPort
from triage.core.records import Activity
from triage.errors import Refused

CANCELLED = "its customer was forgotten"
"""Detail of a reply that could still have gone out; it goes with its text."""

DropDrafts = Callable[[Sequence[int]], Sequence[str]]
"""Removes what is kept of replies to some conversations outside of the store; names what it could
not remove, since somebody writes on it."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """What forgetting needs.

    Attributes:
        holds: What is held of customers.
        drop_drafts: See `DropDrafts`.
        now: UTC ms.
    """

    store: Store
    holds: PrivacyPort
    drop_drafts: DropDrafts
    now: Callable[[], int]


def find_person(store: Store, holds: PrivacyPort, brand_id: int, reference: str) -> Person:
    """The customer that a person named; raises as `find_whom` does."""
    return holds.person(find_whom(store, brand_id, reference).customer_id)


def everybody(privacy: Privacy, person: Person) -> list[Person]:
    """A customer and whoever is linked to them as the same person; the one named first."""
    members = privacy.store.people.members(person.id)
    return [person, *(privacy.holds.person(number) for number in members if number != person.id)]


def forget(
    privacy: Privacy, person: Person, agent: str, tagger_for: TaggerFor
) -> tuple[Forgetting, Holdings]:
    """Forget a customer, and all whom they are linked to; give how far it came, and what was held.

    All are begun in one transaction. It stops where it cannot be finished just now: then the next
    run carries on.

    Raises:
        Refused: They are forgotten already, a reply to them is on its way or being written, or who
            is signed in to the server does not own the tables.
    """
    store, holds = privacy.store, privacy.holds
    for one in everybody(privacy, person):
        refuse(privacy, one)
    judge_pending(store, person.brand_id, tagger_for)
    at = privacy.now()
    with store.tx():
        judge_all(store, person.brand_id, tagger_for)
        people = everybody(privacy, person)
        held = in_all(holds, people)
        begun = [_begin(privacy, one, agent, at, tagger_for) for one in people]
    for each in begun:
        _erase(privacy, each)
    ends = [carry_on(privacy, one) for one in begun]
    return next((end for end in ends if end.done_at is None), ends[0]), held


def in_all(holds: PrivacyPort, people: Sequence[Person]) -> Holdings:
    """How much is held of several customers together."""
    counts = zip(*(holds.holdings(person.id) for person in people), strict=True)
    return Holdings(*map(sum, counts))


def _begin(
    privacy: Privacy, person: Person, agent: str, at: int, tagger_for: TaggerFor
) -> Forgetting:
    """Agree that a customer is to be forgotten; inside the transaction."""
    store, holds = privacy.store, privacy.holds
    _refuse_on_its_way(holds, person)
    held = holds.holdings(person.id)
    _let_go(store, holds, person, agent, at, tagger_for)
    act = uuid.uuid4().hex
    holds.begin(person, act, at)
    detail = f"posts {held.posts}, answers {held.answers}, notes {held.notes}"
    store.activity.add(
        person.brand_id,
        Activity(uuid=act, at=at, agent=agent, what="forget", after=person.token, detail=detail),
    )
    return holds.forgetting(act)


def refuse(privacy: Privacy, person: Person) -> None:
    """Refuse to forget somebody who cannot be forgotten now. Raises `Refused`."""
    holds = privacy.holds
    if person.is_forgotten:
        raise Refused(
            f"{person.handle} is forgotten already.",
            reason="Nothing that says who it was is held any more.",
        )
    if not holds.may_erase():
        raise Refused(
            f"{person.label} cannot be forgotten by whom the server let in.",
            reason="Agents cannot change what people did, and words of customers stand there too.",
            hint="Run it as the owner of the tables: see docs/privacy.md.",
        )
    _refuse_on_its_way(holds, person)


def _refuse_on_its_way(holds: PrivacyPort, person: Person) -> None:
    for reply_id, state in holds.hindrances(person.id):
        if state == ReplyState.SENDING:
            raise Refused(
                f"Reply {reply_id} to {person.label} is being sent just now.",
                reason="What became of it could not be told any more.",
                hint="Try again in a minute.",
            )
        if state == ReplyState.UNKNOWN:
            raise Refused(
                f"Nobody knows whether reply {reply_id} to {person.label} is public.",
                reason="Without its text it could not be found out any more.",
                hint=f"Settle it first: triage outbox settle {reply_id} --sent URL | --cancel",
            )
        raise Refused(
            f"Reply {reply_id} to {person.label} is still to be taken back.",
            reason="Without its id it could not be deleted any more.",
            hint="Run `triage fetch` first, which deletes it.",
        )


def _let_go(
    store: Store,
    holds: PrivacyPort,
    person: Person,
    agent: str,
    at: int,
    tagger_for: TaggerFor,
) -> None:
    """End what waits, and give up what could still be said; inside the transaction."""
    for reply_id, state in holds.waiting_replies(person.id):
        store.outbox.move(reply_id, ReplyState(state), ReplyState.CANCELLED, at, detail=CANCELLED)
    for number in holds.conversations(person.id):
        talk = store.reading.conversation(number)
        if talk is not None and acting.open_wait(store, number) is not None:
            acting.close(store, talk, CloseReason.NO_ANSWER, agent, at, tagger_for, CLOSED)
        store.claims.release(number)


def carry_on(privacy: Privacy, one: Forgetting) -> Forgetting:
    """Take out what is left of somebody; give how far it came.

    Raises:
        StoreError: There is no room to write the file anew; the rest is done by the next run.
    """
    store, holds = privacy.store, privacy.holds
    _erase(privacy, one)
    if holds.wipe():
        with store.tx():
            holds.finish(one, privacy.now())
    return holds.forgetting(one.uuid)


def _erase(privacy: Privacy, one: Forgetting) -> None:
    """Take it out of every row and file; what is left stands in free pages."""
    store, holds = privacy.store, privacy.holds
    store.index_search()
    holds.erase(one, privacy.now())
    store.index_search()
    privacy.drop_drafts(holds.conversations(one.customer_id))
    with store.tx():
        store.media.sweep()


def carry_on_all(privacy: Privacy, brand_id: int) -> list[Forgetting]:
    """Carry on whatever was begun and not finished; what is left is as it was begun.

    On a server an agent leaves that to its owner.
    """
    begun = privacy.holds.unfinished(brand_id)
    if not begun or not privacy.holds.may_erase():
        return []
    for one in begun:
        _erase(privacy, one)
    return [carry_on(privacy, one) for one in begun]
