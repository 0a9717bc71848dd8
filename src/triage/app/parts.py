"""A numbered thread of replies: saved whole, sent part by part, never a part before its turn.

The head is the handle: it is a reply like any other, answers the customer's post, and everything
that sends, schedules or gives up a reply does so with it. The parts after it are `held` and wait
for the one before. In the transaction that confirms a part the next is told what it answers, and
queued: a crash between two parts leaves the rest to the next run.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from triage.app.guards import HELD, RESTORED
from triage.core.channel import Channel
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.records import Reply
from triage.core.splitting import split, without_number
from triage.errors import Refused

CANCELLABLE = (
    ReplyState.DRAFT,
    ReplyState.SCHEDULED,
    ReplyState.HELD,
    ReplyState.QUEUED,
    ReplyState.FAILED,
)
"""States of what has not left, and can be given up."""

_WAITS = "waits for part "


def cut(channel: Channel, text: str) -> tuple[str, ...]:
    """Cut a text as a channel measures; see `core.splitting.split`.

    Names that lead a part are counted: only those that X puts there by itself are free.
    """
    return split(
        text,
        lambda part: channel.length(part, is_reply=False),
        channel.capabilities.max_length,
        links=channel.links,
    )


def whole_text(parts: Sequence[Reply]) -> str:
    """The text of a thread without its numbers, a paragraph for each part."""
    return "\n\n".join(without_number(p.text, p.part, p.parts) for p in parts)


def waiting(part: int) -> str:
    """The detail of a part that waits for the one before it."""
    return f"{_WAITS}{part - 1}"


def is_waiting(reply: Reply) -> bool:
    """Whether it is a part whose turn has not come."""
    return reply.state is ReplyState.HELD and reply.detail.startswith(_WAITS)


def parts_of(store: Store, reply: Reply) -> list[Reply]:
    """All parts of a reply's thread as they are now, first to last; a single one is its own."""
    head = reply
    while head.follows_id is not None:
        before = store.outbox.get(head.follows_id)
        if before is None:
            break
        head = before
    found = [store.outbox.get(head.id) or head]
    while found[-1].parts and (after := store.outbox.following(found[-1].id)) is not None:
        found.append(after)
    return found


def split_draft(store: Store, brand_id: int, draft: Reply, texts: Sequence[str], now: int) -> Reply:
    """Make a draft the head of a thread, and save all its parts, in one transaction.

    Args:
        store: The store.
        brand_id: Whose reply it is.
        draft: The reply that holds the whole text.
        texts: The parts with their numbers; one alone only becomes the draft's text.
        now: UTC ms.

    Raises:
        Refused: It is no draft any more.
    """
    if len(texts) > 1 and (store.outbox.review(draft.id) or draft.conversation_id is None):
        raise Refused(
            f"Reply {draft.id} is let pass as one text, so it cannot be split.",
            reason="What is behind its first part would go out unread.",
            hint="Shorten it.",
        )
    total = len(texts) if len(texts) > 1 else 0
    with store.tx():
        if not store.outbox.make_part(draft.id, texts[0], min(1, total), total, now):
            raise Refused(f"Reply {draft.id} is no draft any more, so it cannot be split.")
        before = draft.id
        for number, text in enumerate(texts[1:], 2):
            part = replace(
                draft,
                id=0,
                uuid=uuid.uuid4().hex,
                in_reply_to=None,
                text=text,
                follows_id=before,
                part=number,
                parts=total,
                created_at=now,
                changed_at=now,
            )
            before = store.outbox.draft(brand_id, part).id
            store.outbox.move(
                before, ReplyState.DRAFT, ReplyState.HELD, now, detail=waiting(number)
            )
    return store.outbox.get(draft.id) or draft


def join_draft(store: Store, head: Reply, text: str, now: int) -> Reply:
    """Make a thread that was never tried one draft again, with another text.

    Raises:
        Refused: Its head is no draft any more.
    """
    parts = parts_of(store, head)
    with store.tx():
        if not store.outbox.make_part(head.id, text, 0, 0, now):
            raise Refused(f"Reply {head.id} is no draft any more, so it cannot be changed.")
        for part in reversed(parts[1:]):
            store.outbox.discard(part.id)
    return store.outbox.get(head.id) or head


def to_send(parts: Sequence[Reply]) -> Reply:
    """The part whose turn it is: the first that is not public; the last if all are."""
    return next((p for p in parts if p.state is not ReplyState.SENT), parts[-1])


def queue_next(store: Store, reply: Reply, native_id: str, now: int) -> None:
    """A part is confirmed: the next knows what it answers, and goes out. Call inside `tx()`."""
    after = store.outbox.following(reply.id)
    if after is None or not is_waiting(after):
        return
    store.outbox.answer_to(after.id, native_id)
    if store.settings.get(HELD) is not None:
        # It may have been sent after the backup: our timeline is read before anything goes out.
        store.outbox.note(after.id, RESTORED, now)
        return
    store.outbox.move(after.id, ReplyState.HELD, ReplyState.QUEUED, now, detail="")


def refuse_out_of_turn(store: Store, reply: Reply) -> None:
    """Never send a part before the one before it is confirmed. Raises `Refused`."""
    if reply.follows_id is None:
        return
    before = store.outbox.get(reply.follows_id)
    if before is None or before.state is not ReplyState.SENT or before.native_id is None:
        state = before.state.value if before else "gone"
        raise Refused(
            f"Part {reply.part} of {reply.parts} cannot be sent: part {reply.part - 1} is {state}.",
            reason="The parts of a thread go out one after the other.",
            hint=f"See it: triage drafts show {reply.id}",
        )
    if reply.in_reply_to != before.native_id:
        with store.tx():
            store.outbox.answer_to(reply.id, before.native_id)
