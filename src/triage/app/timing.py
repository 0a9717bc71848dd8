"""Replies that go out later: when, why then, and how one is called off or typed on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from triage.app.acting import open_wait
from triage.app.guards import outbox_guards
from triage.app.replying import get_reply
from triage.app.reviewing import refuse_unreviewed
from triage.core.hours import Calendar
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.records import Activity, ConversationView, Reply
from triage.errors import Refused

AT, WHEN_OPEN = "at", "when-open"
"""How a time was told; see `Reply.schedule`."""


@dataclass(frozen=True, slots=True)
class Opening:
    """When a conversation's support opens next.

    Attributes:
        at: UTC ms; now, if it is open.
        calendar: The name of its hours.
        hours: They, in a few words.
        why_closed: Why it is closed until then; empty if it is open, or merely after hours.
    """

    at: int
    calendar: str
    hours: str
    why_closed: str = ""


def calendar_for(store: Store, conversation: ConversationView) -> Calendar | None:
    """In whose hours a conversation is answered: those of the policy under which it waits.

    Where nobody waits it is that of the last wait; None if there was none.
    """
    waits = store.reading.waits(conversation.id)
    wait = open_wait(store, conversation.id) or (waits[-1] if waits else None)
    if wait is None:
        return None
    settings = store.judging.judge(wait.settings_id).settings
    return settings.calendar_of(settings.named(wait.policy, wait.kind))


def next_opening(store: Store, conversation: ConversationView, now: int) -> Opening:
    """When the conversation's support is open next, from now on.

    Raises:
        Refused: It has no hours: nobody ever waited in it.
    """
    calendar = calendar_for(store, conversation)
    if calendar is None:
        raise Refused(
            f"#{conversation.id} has no opening hours: nobody ever waited in it.",
            hint='Name a time: --at "tomorrow 9:00"',
        )
    at = calendar.next_open(now)
    closed = next((s for s in calendar.segments(now, at) if not s.is_open), None)
    return Opening(at, calendar.name, calendar.describe(), closed.why if closed else "")


def schedule(store: Store, reply_id: int, send_at: int, how: str, now: int) -> Reply:
    """Have a reply go out by the first fetch after a time.

    One that was scheduled before, is held, queued or was refused becomes a draft on the way.

    Args:
        store: The store.
        reply_id: Which.
        send_at: UTC ms, not before `now`.
        how: `AT` or `WHEN_OPEN`.
        now: UTC ms.

    Raises:
        Refused: It is past, or the reply is on its way already, or no more to be sent, or needs a
            review; or the database was restored: what was sent since must be found first.
    """
    held = next((g for g in outbox_guards(store) if g.code == "held"), None)
    if held is not None:
        raise Refused(held.message, reason="Nothing was scheduled.", hint=held.hint)
    if send_at < now:
        raise Refused("That time is past.", hint="Name one that is ahead, such as --at 2h.")
    with store.tx():
        refuse_unreviewed(store, back_to_draft(store, reply_id, now))
        store.outbox.move(
            reply_id,
            ReplyState.DRAFT,
            ReplyState.SCHEDULED,
            now,
            detail="",
            send_at=send_at,
            schedule=how,
        )
    return get_reply(store, reply_id)


def back_to_draft(store: Store, reply_id: int, now: int) -> Reply:
    """Make a reply that has not left a draft again; call it inside a transaction.

    Raises:
        Refused: It is on its way already, or no more to be sent.
    """
    reply = get_reply(store, reply_id)
    movable = (ReplyState.SCHEDULED, ReplyState.HELD, ReplyState.QUEUED, ReplyState.FAILED)
    if reply.state in movable:
        if not store.outbox.move(reply_id, reply.state, ReplyState.DRAFT, now, detail=""):
            raise Refused(f"Reply {reply_id} was taken by another process.")
    elif reply.state is not ReplyState.DRAFT:
        raise Refused(
            f"Reply {reply_id} is {reply.state.value}; it cannot wait for a time any more.",
            reason=reply.detail,
            hint="See `triage outbox list --all`.",
        )
    return get_reply(store, reply_id)


def log_scheduled(store: Store, brand_id: int, reply: Reply, agent: str, now: int) -> None:
    """Write who had a reply wait, and for when; call it inside a transaction."""
    store.activity.add(
        brand_id,
        Activity(
            uuid=uuid.uuid4().hex,
            at=now,
            agent=agent,
            what="schedule",
            conversation_id=reply.conversation_id,
            after=ReplyState.SCHEDULED.value,
            detail=f"reply {reply.id}",
        ),
    )
