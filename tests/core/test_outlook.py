"""What happens next to a reply: every state has its words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from triage.core.outbox import FINAL, TRANSITIONS, ReplyState
from triage.core.outlook import ABSENT, Outlook, outlook
from triage.core.records import Reply

PAUSED = "sending is paused"


def _reply(state: ReplyState, **facts: object) -> Reply:
    plain = Reply(7, "u", 1, 3, "9", "Hi", state, "ana", 0, "9", 0, 0)
    return replace(plain, **facts)  # type: ignore[arg-type]


def _next(state: ReplyState, *, stopped: str = "", **facts: object) -> Outlook:
    return outlook(_reply(state, **facts), stopped=stopped, tell=lambda at: f"<{at}>")


@pytest.mark.parametrize("state", list(ReplyState))
def test_every_state(state: ReplyState) -> None:
    """Whatever the state: one clause, and "nothing" of those alone that are at their end."""
    words = _next(state).words
    assert words
    assert not words.endswith(".")
    assert words.startswith("nothing") is (state in FINAL)


@pytest.mark.parametrize("state", list(ReplyState))
def test_every_state_has_a_way_out_or_is_final(state: ReplyState) -> None:
    """The table leaves nothing stuck; what was sent can still be taken back."""
    assert bool(TRANSITIONS[state]) is (state not in (ReplyState.CANCELLED, ReplyState.DELETED))


def test_times() -> None:
    """What hangs on a time says which."""
    assert _next(ReplyState.SCHEDULED, send_at=5).at == 5
    assert "<5>" in _next(ReplyState.SCHEDULED, send_at=5).words
    assert _next(ReplyState.QUEUED, retry_at=5) == Outlook(
        "goes out by the first fetch after <5>", 5
    )
    assert _next(ReplyState.QUEUED).words == "goes out by the next fetch"
    assert "after <300005>" in _next(ReplyState.UNKNOWN, attempted_at=5).words


def test_what_waits_for_a_person() -> None:
    """The command is named."""
    assert _next(ReplyState.HELD).words == "waits for you: triage drafts send 7"
    why = "somebody answered meanwhile"
    assert _next(ReplyState.HELD, detail=why).words == (
        "waits for you (somebody answered meanwhile): triage drafts send 7"
    )
    assert "(not permitted)" in _next(ReplyState.FAILED, detail="not permitted.").words
    assert _next(ReplyState.UNKNOWN, detail=ABSENT).words == "waits for you: triage outbox settle 7"


def test_stopped() -> None:
    """While nothing is sent at all, that is why."""
    assert PAUSED in _next(ReplyState.QUEUED, stopped=PAUSED).words
    assert PAUSED in _next(ReplyState.SCHEDULED, send_at=5, stopped=PAUSED).words
    assert "by itself" in _next(ReplyState.HELD, detail="was restored", stopped="held").words


def test_taken_back() -> None:
    """A wish that is not carried out yet is the next thing to happen."""
    assert _next(ReplyState.SENT, undo_at=3).words == "is taken back by the next fetch"
