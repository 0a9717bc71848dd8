"""What agents note of customers: attributes such as `vip`, which policies and templates ask for.

What is noted of one customer holds for everybody who is the same person; see `core.linking`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence

from triage.app.asking import mark_customer
from triage.app.judging import TaggerFor, judge_pending
from triage.core.people import Whom
from triage.core.policy import ATTRIBUTE_NAME
from triage.core.ports import Store
from triage.core.records import Activity, ConversationView
from triage.errors import Refused

_VALUE_MAX = 200


def whom_of(store: Store, conversation: ConversationView) -> Whom:
    """Whom a conversation is with, and everybody who is the same person."""
    return Whom(
        brand_id=conversation.brand_id,
        customer_id=conversation.customer_id,
        handle=conversation.customer,
        conversation_id=conversation.id,
        members=store.people.members(conversation.customer_id),
    )


def attributes_of(store: Store, whom: Whom) -> Mapping[str, str]:
    """What is noted of a person by now, by key, whichever of their names it was noted of."""
    return store.people.attributes(whom.members)


def note(
    store: Store,
    conversation: ConversationView,
    key: str,
    value: str | None,
    agent: str,
    now: int,
    tagger_for: TaggerFor,
) -> str | None:
    """Note something of the customer of a conversation; see `note_of`."""
    return note_of(store, whom_of(store, conversation), key, value, agent, now, tagger_for)


def note_of(
    store: Store,
    whom: Whom,
    key: str,
    value: str | None,
    agent: str,
    now: int,
    tagger_for: TaggerFor,
) -> str | None:
    """Note something of a customer, and judge what waits of theirs by it.

    Args:
        whom: Of whom.
        key: Such as `vip`.
        value: Such as `yes`; None takes it back.

    Returns:
        What was noted under the key before, or None.

    Raises:
        Refused: The key or the value cannot be used, or nothing is there to be taken back.
    """
    [before] = note_all(store, whom, [(key, value)], agent, now, tagger_for)
    return before


def note_all(
    store: Store,
    whom: Whom,
    pairs: Sequence[tuple[str, str | None]],
    agent: str,
    now: int,
    tagger_for: TaggerFor,
) -> list[str | None]:
    """Note several things, all or none; see `note_of`. Give what was noted before, one by one.

    They are one act with its parts, and are taken back together.
    """
    found: list[str | None] = []
    first: int | None = None
    with store.tx():
        # Somebody may have linked them since they were named.
        whom = whom._replace(members=store.people.members(whom.customer_id))
        for key, value in pairs:
            before, number = _note(store, whom, key, value, agent, now, first)
            found.append(before)
            first = first or number
    if first is not None:
        judge_pending(store, whom.brand_id, tagger_for)
    return found


def _note(
    store: Store,
    whom: Whom,
    key: str,
    value: str | None,
    agent: str,
    now: int,
    part_of: int | None,
) -> tuple[str | None, int | None]:
    """Note it; give what was noted before, and the act, if anything changed."""
    check(key, value)
    before = attributes_of(store, whom).get(key)
    if value is None and before is None:
        raise Refused(
            f"@{whom.handle} has no {key}; nothing was changed.",
            hint=f"See what is noted: triage customer {whom.reference}",
        )
    if value == before:
        return before, None
    act = Activity(
        uuid=uuid.uuid4().hex,
        at=now,
        agent=agent,
        what="note",
        conversation_id=whom.conversation_id,
        before=before,
        after=value,
        detail=key,
        part_of=part_of,
    )
    number = store.activity.add(whom.brand_id, act)
    store.activity.add_attribute(number, whom.customer_id, key, value)
    for customer_id in whom.members:
        mark_customer(store, customer_id, [key])
    return before, number


def check(key: str, value: str | None) -> None:
    """Refuse a key or value that cannot be noted. Raises `Refused`."""
    if not re.fullmatch(ATTRIBUTE_NAME, key):
        raise Refused(
            f"{key[:40]!r} is no name for an attribute.",
            reason="A name has up to 40 small letters, digits, - and _, and begins with a letter.",
            hint="Write it like vip=yes or order=8841.",
        )
    if value is not None and value.strip() and ("\t" in value or len(value.splitlines()) > 1):
        raise Refused(
            f"{key}: the value has more than one line, or tabs.",
            hint=f"Write that down as a note: triage customer note WHO TEXT; {key} is one line.",
        )
    if value is not None and (not value.strip() or len(value) > _VALUE_MAX):
        raise Refused(
            f"{key}: a value has 1 to {_VALUE_MAX} characters.",
            hint="Write it like vip=yes or order=8841.",
        )
