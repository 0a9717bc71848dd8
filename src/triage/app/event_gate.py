"""What stands between a post of an event and the public.

Nobody has read it, it is not true any more, it was said already, or complaints spike. Asked with
the send lock held of every reply that answers nobody, whichever way it got there.
"""

from __future__ import annotations

import uuid
from contextlib import suppress

from triage.core.events import (
    REMEMBERED,
    SCHEDULE,
    Event,
    EventPost,
    Planned,
    Spike,
    SpikePolicy,
    find_spike,
    is_timely,
    said_before,
    why_never,
)
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.records import Activity, Reply
from triage.errors import Refused, UsageError

SPIKE = "complaints spike"
"""Begins the detail of a post that is held while they do."""

SAID = "the same words stand on our timeline already"
"""Begins the detail of a post that we have posted, whatever this store remembers of it."""


def refuse_unfit(store: Store, brand_id: int, reply: Reply, now: int) -> None:
    """Refuse to send the post of an event that must not go out now; other replies pass.

    Args:
        store: The store.
        brand_id: Whose.
        reply: It; what it says is what would go out.
        now: UTC ms.

    Raises:
        Refused: Nobody has reviewed exactly this text, what it says is not true now, its event was
            cancelled or moved, or we have said the same already.
    """
    found = _event_of(store, brand_id, reply)
    if found is None:
        return
    event, post = found
    why = _why_not(store, event, Planned(post, reply), now)
    if why is not None:
        raise Refused(
            f"Post {post.step} of event {event.id} is not sent: {why}.",
            reason=f"Nothing was sent. The text is kept as reply {reply.id}.",
            hint=f"Look at it: triage event show {event.id}",
        )


def hold_unfit(store: Store, brand_id: int, reply: Reply, now: int) -> bool:
    """Ask once more, inside the transaction that is about to mark a reply as leaving.

    Somebody may have edited, cancelled or moved it since it was asked before; then it is held.

    Args:
        store: In a transaction: nobody else writes meanwhile.
        brand_id: Whose.
        reply: Queued; its text is what would go out.
        now: UTC ms.

    Returns:
        True if it was held.
    """
    found = _event_of(store, brand_id, reply)
    if found is None:
        return False
    event, post = found
    stored = store.outbox.get(reply.id)
    changed = stored is None or stored.text != reply.text
    why = "its text was changed" if changed else _why_not(store, event, Planned(post, reply), now)
    if why is None:
        return False
    store.outbox.move(reply.id, ReplyState.QUEUED, ReplyState.HELD, now, detail=why)
    return True


def reason_to_hold_post(
    store: Store, brand_id: int, reply: Reply, now: int, spikes: SpikePolicy | None
) -> str | None:
    """What keeps a post of an event that is due from going out by itself, or None.

    Args:
        store: The store.
        brand_id: Whose.
        reply: Queued or scheduled.
        now: UTC ms.
        spikes: When complaints spike; None if nothing is held for that.
    """
    found = _event_of(store, brand_id, reply)
    if found is None or (reply.send_at or 0) > now:
        return None
    event, post = found
    why = _why_not(store, event, Planned(post, reply), now)
    if why is None and post.released_at is None and spikes is not None:
        spike = spike_now(store, brand_id, spikes, now)
        why = spike.words if spike is not None else None
    return why


def _event_of(store: Store, brand_id: int, reply: Reply) -> tuple[Event, EventPost] | None:
    if reply.conversation_id is not None:
        return None
    post = store.events.post_of(reply.id)
    event = store.events.get(brand_id, post.event_id) if post is not None else None
    return (event, post) if event is not None and post is not None else None


def _why_not(store: Store, event: Event, planned: Planned, now: int) -> str | None:
    try:
        never = why_never(event, planned, now)
        early = is_timely(event, planned.post, now).why
    except UsageError as unknown:
        # Its zone, perhaps: what day it is there cannot be told here.
        return unknown.message.rstrip(".")
    if never is not None:
        return never
    if not planned.is_reviewed:
        return "nobody has reviewed this text"
    return early or said_already(store, planned.reply, now)


def said_already(store: Store, reply: Reply, now: int) -> str | None:
    """That we have posted the same since the reply was written, or in the last days, or None."""
    since = min(reply.created_at, now - REMEMBERED)
    found = said_before(reply.text, store.reading.own_posts(reply.account_id, since))
    return f"{SAID} ({found.native_id})" if found is not None else None


def spike_now(store: Store, brand_id: int, policy: SpikePolicy, now: int) -> Spike | None:
    """Tell whether complaints spike, and how."""
    if not policy.complaints:
        return None
    began = now - policy.window
    # A channel's clock may be ahead of ours: what is newer than now is new all the same.
    recent = store.events.complaints(brand_id, began, now + policy.window)
    if recent < policy.complaints:
        return None
    known = store.events.known_since(brand_id)
    since = began - policy.usual if known is None else max(began - policy.usual, known)
    before = store.events.complaints(brand_id, since, began)
    return find_spike(policy, recent, before, began - since)


def give_up_over(store: Store, brand_id: int, now: int) -> list[Reply]:
    """Give up the posts of events whose time is over or that count no more; give them.

    Whoever sends one just now has it marked as leaving, and it is left alone.
    """
    done = []
    for event, planned in store.events.waiting(brand_id):
        why = None
        with suppress(UsageError):
            why = why_never(event, planned, now)
        if why is None:
            continue
        reply = planned.reply
        with store.tx():
            if store.outbox.move(reply.id, reply.state, ReplyState.CANCELLED, now, detail=why):
                log(store, brand_id, "event-skip", "", now, f"{_name(event, planned.post)}. {why}")
                found = store.outbox.get(reply.id)
                done += [found] if found is not None else []
    return done


def is_due_post(reply: Reply, now: int) -> bool:
    """Whether a reply is a reviewed post of an event whose time has come (UTC ms)."""
    waits = reply.state in (ReplyState.SCHEDULED, ReplyState.QUEUED)
    return waits and reply.schedule == SCHEDULE and (reply.send_at or 0) <= now


def log(store: Store, brand_id: int, what: str, agent: str, now: int, detail: str) -> None:
    """Write what was done to an event; call it inside a transaction."""
    store.activity.add(
        brand_id,
        Activity(uuid=uuid.uuid4().hex, at=now, agent=agent, what=what, detail=detail),
    )


def _name(event: Event, post: EventPost) -> str:
    return f"event {event.id}, {post.step}, reply {post.reply_id}"
