"""Notes on customers and what they were promised, each an act with who and when."""

from __future__ import annotations

import uuid

from triage.core.people import Note, Outcome, Promise, PromiseState, Whom
from triage.core.ports import Store
from triage.core.records import Activity
from triage.core.text import clean
from triage.errors import NotFound, Refused, UsageError

NOTE_MAX = 2_000
"""The most characters of a note."""
PROMISE_MAX = 500
"""The most characters of a promise."""
OF_CUSTOMER = "customer"
"""What a note is about: the person, wherever they write."""
OF_CONVERSATION = "conversation"
"""What a note is about: what is going on in one conversation."""


def remark(
    store: Store, whom: Whom, text: str, agent: str, now: int, *, about: str = OF_CUSTOMER
) -> Note:
    """Write something down of a customer, or of the conversation that was named.

    Raises:
        UsageError: There is nothing to write down, or too much.
    """
    text = _text(text, "note", NOTE_MAX)
    with store.tx():
        number = store.activity.add(
            whom.brand_id, _act(whom, "remark", agent, now, detail=f"{about} {_name(whom, about)}")
        )
        store.people.add_note(number, whom.customer_id, about, text)
    return Note(number, now, agent, whom.customer_id, about, whom.conversation_id, text)


def take_note_back(store: Store, brand_id: int, number: int, agent: str, now: int) -> Note:
    """Take a note back: it is shown no more. What was written stays in the store.

    Raises:
        NotFound: No such note stands.
    """
    with store.tx():
        note = store.people.note(brand_id, number)
        if note is None:
            raise NotFound(
                f"There is no note {number}.",
                reason="It was never written, or it was taken back.",
                hint="Notes and their numbers: triage customer WHO",
            )
        act = Activity(
            uuid=uuid.uuid4().hex,
            at=now,
            agent=agent,
            what="remark",
            conversation_id=note.conversation_id,
            before=f"note {number}",
            detail="taken back",
            voids_id=number,
        )
        store.people.add_note(
            store.activity.add(brand_id, act), note.customer_id, note.about, "", number
        )
    return note


def promise(store: Store, whom: Whom, text: str, due_at: int, agent: str, now: int) -> Promise:
    """Write down what a customer was promised, and until when (UTC ms).

    Raises:
        UsageError: There is nothing to write down, or too much.
    """
    text = _text(text, "promise", PROMISE_MAX)
    with store.tx():
        act = _act(whom, "promise", agent, now, detail=f"customer {whom.reference}")
        number = store.people.add_promise(
            store.activity.add(whom.brand_id, act), whom.brand_id, whom.customer_id, text, due_at
        )
    return get_promise(store, whom.brand_id, number)


def settle(
    store: Store, brand_id: int, number: int, outcome: Outcome, agent: str, now: int
) -> Promise:
    """Say what became of a promise; the newest word counts.

    Returns:
        The promise as it stood before.

    Raises:
        NotFound: There is no such promise.
        Refused: That was said already.
    """
    with store.tx():
        found = get_promise(store, brand_id, number)
        if found.outcome is outcome:
            raise Refused(
                f"Promise {number} is {found.state(now).value} already.",
                reason=f"{found.ended_by} said so.",
            )
        before = PromiseState.OPEN.value if found.outcome is None else found.outcome.value
        act = Activity(
            uuid=uuid.uuid4().hex,
            at=now,
            agent=agent,
            what="promise",
            conversation_id=found.conversation_id,
            before=before,
            after=outcome.value,
            detail=f"promise {number}",
        )
        store.people.add_outcome(store.activity.add(brand_id, act), number, outcome)
    return found


def get_promise(store: Store, brand_id: int, number: int) -> Promise:
    """A promise by its number. Raises `NotFound`."""
    found = store.people.promise(brand_id, number)
    if found is None:
        raise NotFound(
            f"There is no promise {number}.",
            reason="Its number stands in front of it.",
            hint="See what was promised: triage customer promises --all",
        )
    return found


def _text(text: str, what: str, most: int) -> str:
    text = clean(text).strip()
    if not text:
        raise UsageError(f"The {what} is empty.", hint=f"Write what the {what} says.")
    if len(text) > most:
        raise UsageError(
            f"The {what} has {len(text)} characters, {len(text) - most} too many.",
            hint=f"Write at most {most}.",
        )
    return text


def _name(whom: Whom, about: str) -> str:
    return f"#{whom.conversation_id}" if about == OF_CONVERSATION else whom.reference


def _act(whom: Whom, what: str, agent: str, now: int, *, detail: str) -> Activity:
    return Activity(
        uuid=uuid.uuid4().hex,
        at=now,
        agent=agent,
        what=what,
        conversation_id=whom.conversation_id,
        detail=detail,
    )
