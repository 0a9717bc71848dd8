"""Why a reply that goes out by itself is held for a person instead."""

from __future__ import annotations

from triage.app.event_gate import reason_to_hold_post
from triage.app.guards import NOT_SHOWN, answer_since, mention_since
from triage.app.preflight import Look
from triage.app.reviewing import lacks
from triage.core.events import SpikePolicy
from triage.core.model import HOUR
from triage.core.ports import Store
from triage.core.queue import short_span
from triage.core.records import Reply

LATE_AFTER = 6 * HOUR
"""How much later than told a scheduled reply still goes out by itself, ms."""

ANSWERED = "somebody answered meanwhile"
"""Why a reply is held whose customer has an answer that its writer had not seen."""

WROTE_AGAIN = "the customer wrote again before it went out"
"""Why a reply is held whose writer had not seen all that the customer wrote."""


def reason_to_hold(
    store: Store,
    brand_id: int,
    reply: Reply,
    now: int,
    *,
    late_after: int = LATE_AFTER,
    look: Look | None = None,
    spikes: SpikePolicy | None = None,
) -> str | None:
    """Tell in words what keeps a queued or scheduled reply from going out by itself, or None.

    Only what is known counts: that the channel could not be asked holds nothing back.

    Args:
        store: The store.
        brand_id: Whose reply it is.
        reply: Queued or scheduled.
        now: UTC ms.
        late_after: How much later than told it may still go out, ms.
        look: What the channel said of the thread just now; None if it was not asked.
        spikes: When posts of events are held for complaints; None never.
    """
    if reply.conversation_id is None:
        # How late it may be is its event's to say.
        return reason_to_hold_post(store, brand_id, reply, now, spikes)
    unseen = _unseen(store, brand_id, reply, look)
    if unseen is not None:
        return unseen
    if reply.follows_id is not None:
        # It goes on with an answer that was begun, whoever writes in between.
        return None
    if answer_since(store, reply) is not None:
        return ANSWERED
    if mention_since(store, reply) is not None:
        return WROTE_AGAIN
    return lacks(store, reply) or _closed(store, reply) or _late(reply, now, late_after)


def _unseen(store: Store, brand_id: int, reply: Reply, look: Look | None) -> str | None:
    if _is_gone(store, brand_id, reply):
        return "the post was deleted"
    if look is not None and look.is_hidden:
        return f"the post is not shown to us any more: {NOT_SHOWN}"
    return None


def _is_gone(store: Store, brand_id: int, reply: Reply) -> bool:
    if reply.in_reply_to is None:
        return False
    message_id = store.reading.message_id(brand_id, reply.in_reply_to)
    found = store.reading.messages([message_id]) if message_id is not None else []
    return bool(found) and found[0].deleted_at is not None


def _closed(store: Store, reply: Reply) -> str | None:
    """A close that the writer did not know of: one from before was known when it was written."""
    if reply.conversation_id is None:
        return None
    closed = store.activity.standing_close(reply.conversation_id)
    if closed is None or closed.at < reply.created_at:
        return None
    return f"#{reply.conversation_id} was closed meanwhile by {closed.agent or 'somebody'}"


def _late(reply: Reply, now: int, late_after: int) -> str | None:
    late = now - reply.send_at if reply.send_at is not None else 0
    if late <= late_after:
        return None
    return f"it is {short_span(late)} late, and goes out by itself no later than " + short_span(
        late_after
    )
