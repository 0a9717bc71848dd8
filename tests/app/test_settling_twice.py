"""Two people at two terminals settle the same reply."""

from __future__ import annotations

import pytest

from builders import Desk
from triage.app import outbox
from triage.app.replying import send
from triage.core.channel import Fate, PostOutcome
from triage.core.outbox import ReplyState
from triage.errors import Refused


def test_the_second_decision_changes_and_logs_nothing(
    busy: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who decides on what somebody else has settled meanwhile is refused, and leaves no act."""
    draft = busy.draft(3, "Sorry!")
    busy.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="timed out"))
    stale = send(busy.sender, draft.id)
    outbox.settle_by_hand(busy.store, busy.brand_id, stale.id, "ana", busy.now, resend=False)
    before = busy.store.activity.log(busy.brand_id, None, None)
    # Bo's process had read the reply before Ana decided.
    monkeypatch.setattr(outbox, "get_reply", lambda *_: stale)
    with pytest.raises(Refused):
        outbox.settle_by_hand(busy.store, busy.brand_id, stale.id, "bo", busy.now, resend=True)
    reply = busy.store.outbox.get(stale.id)
    assert reply is not None
    assert reply.state is ReplyState.CANCELLED
    assert busy.store.activity.log(busy.brand_id, None, None) == before
