"""Drafts: words that were typed become one row, however often that has to be tried."""

from __future__ import annotations

import uuid
from dataclasses import replace

from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.records import Reply

OFFERED = (ReplyState.DRAFT, ReplyState.HELD, ReplyState.FAILED)
"""States in which a reply's words may be written anew."""


def commit(store: Store, brand_id: int, reply: Reply, now: int) -> Reply:
    """Save a draft that was written, or what a saved one was changed to.

    The same draft committed twice is one row. Where its row cannot be changed any more, since it
    was sent or given up meanwhile, the words become a row of their own.

    Args:
        store: Where to.
        brand_id: Whose.
        reply: With its words; its id is 0 if it was never saved.
        now: UTC ms.
    """
    with store.tx():
        saved = store.outbox.get(reply.id) if reply.id else store.outbox.draft(brand_id, reply)
        if saved is not None and saved.text == reply.text:
            return saved
        if saved is not None and _rewritten(store, saved, reply.text, now):
            return replace(saved, text=reply.text, state=ReplyState.DRAFT, changed_at=now)
        fresh = replace(
            reply, id=0, uuid=uuid.uuid4().hex, state=ReplyState.DRAFT, created_at=now, detail=""
        )
        return store.outbox.draft(brand_id, fresh)


def _rewritten(store: Store, saved: Reply, text: str, now: int) -> bool:
    if saved.state not in OFFERED:
        return False
    if saved.state is not ReplyState.DRAFT:
        store.outbox.move(saved.id, saved.state, ReplyState.DRAFT, now, detail="")
    return store.outbox.edit(saved.id, text, now)


def is_saved(store: Store, reply: Reply) -> bool:
    """Whether the store has these very words of this draft."""
    saved = store.outbox.get(reply.id) if reply.id else store.outbox.find(reply.uuid)
    return saved is not None and saved.text == reply.text
