"""Tell whoever answers that the customer has read a sentence of it before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from triage.app.guards import Guard
from triage.app.parts import parts_of, whole_text
from triage.core.first_names import first_name
from triage.core.model import Role
from triage.core.ports import Store
from triage.core.queue import rough_span
from triage.core.records import ConversationView, MessageView, Reply
from triage.core.sentences import Said, repeated

_CONVERSATIONS = 20
"""So many of a customer's conversations are looked into, the newest first."""
_EXCERPT = 60


def said_before(store: Store, reply: Reply, signs: Sequence[str], now: int) -> list[Guard]:
    """What of a reply its customer was told before, as a guard that stops nothing.

    Args:
        store: The store.
        reply: As it is to go out.
        signs: How agents sign, which says nothing.
        now: UTC ms.
    """
    talk = store.reading.conversation(reply.conversation_id or 0)
    if talk is None:
        return []
    names = [first_name(talk.customer_name, talk.customer), *signs]
    parts = parts_of(store, reply) if reply.parts else [reply]
    own = {part.native_id for part in parts}
    said = (Said(m.posted_at, m.text) for m in _ours(store, talk) if m.native_id not in own)
    found = repeated(whole_text(parts), said, names)
    if not found:
        return []
    sentence, at = found[0]
    words = sentence if len(sentence) <= _EXCERPT else f"{sentence[:_EXCERPT]}…"
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    ago = rough_span(max(0, now - at))
    message = f'@{talk.customer} was told the same {ago} ago: "{words}"{more}'
    return [Guard("said-before", message, stops=False, asks=False)]


def _ours(store: Store, talk: ConversationView) -> Iterator[MessageView]:
    """What we have said to the customer, in this conversation and others."""
    waits = store.reading.customer_waits(store.people.members(talk.customer_id))
    newest = sorted(waits, key=lambda w: -w.opened_at)
    numbers = dict.fromkeys([talk.id, *(w.conversation_id for w in newest)])
    for number in list(numbers)[:_CONVERSATIONS]:
        for message in store.reading.thread(number):
            if message.role is Role.OWN and message.conversation_id == number:
                yield message
