"""What agents note of customers: attributes such as `vip`, which policies can ask for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from triage.app.judging import TaggerFor, judge_pending
from triage.core.policy import ATTRIBUTE_NAME
from triage.core.ports import Store
from triage.core.records import Activity, ConversationView
from triage.errors import Refused

_VALUE_MAX = 200


def note(
    store: Store,
    conversation: ConversationView,
    key: str,
    value: str | None,
    agent: str,
    now: int,
    tagger_for: TaggerFor,
) -> str | None:
    """Note something of a customer, and judge what waits of theirs by it.

    Args:
        conversation: Any of theirs.
        key: Such as `vip`.
        value: Such as `yes`; None takes it back.

    Returns:
        What was noted under the key before, or None.

    Raises:
        Refused: The key or the value cannot be used, or nothing is there to be taken back.
    """
    [before] = note_all(store, conversation, [(key, value)], agent, now, tagger_for)
    return before


def note_all(
    store: Store,
    conversation: ConversationView,
    pairs: Sequence[tuple[str, str | None]],
    agent: str,
    now: int,
    tagger_for: TaggerFor,
) -> list[str | None]:
    """Note several things, all or none; see `note`. Give what was noted before, one by one.

    They are one act with its parts, and are taken back together.
    """
    found: list[str | None] = []
    first: int | None = None
    with store.tx():
        for key, value in pairs:
            before, number = _note(store, conversation, key, value, agent, now, first)
            found.append(before)
            first = first or number
    if first is not None:
        judge_pending(store, conversation.brand_id, tagger_for)
    return found


def _note(
    store: Store,
    conversation: ConversationView,
    key: str,
    value: str | None,
    agent: str,
    now: int,
    part_of: int | None,
) -> tuple[str | None, int | None]:
    """Note it; give what was noted before, and the act, if anything changed."""
    check(key, value)
    customer_id = conversation.customer_id
    before = store.activity.attributes(customer_id).get(key)
    if value is None and before is None:
        raise Refused(
            f"@{conversation.customer} has no {key}; nothing was changed.",
            hint=f"See what is noted: triage show {conversation.id}",
        )
    if value == before:
        return before, None
    act = Activity(
        uuid=uuid.uuid4().hex,
        at=now,
        agent=agent,
        what="note",
        conversation_id=conversation.id,
        before=before,
        after=value,
        detail=key,
        part_of=part_of,
    )
    number = store.activity.add(conversation.brand_id, act)
    store.activity.add_attribute(number, customer_id, key, value)
    store.judging.mark_customer(customer_id)
    return before, number


def check(key: str, value: str | None) -> None:
    """Refuse a key or value that cannot be noted. Raises `Refused`."""
    if not re.fullmatch(ATTRIBUTE_NAME, key):
        raise Refused(
            f"{key[:40]!r} is no name for an attribute.",
            reason="A name has up to 40 small letters, digits, - and _, and begins with a letter.",
            hint="Write it like vip=yes or order=8841.",
        )
    if value is not None and (not value.strip() or len(value) > _VALUE_MAX):
        raise Refused(
            f"{key}: a value has 1 to {_VALUE_MAX} characters.",
            hint="Write it like vip=yes or order=8841.",
        )
