"""A numbered thread as one line in lists of replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from triage.core.outbox import ReplyState

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.core.records import Reply

_WORDS: Mapping[ReplyState, str] = {
    ReplyState.SENDING: "being sent",
    ReplyState.FAILED: "refused",
    ReplyState.CANCELLED: "given up",
    ReplyState.DELETED: "taken back",
}


def collapsed(app: App, found: Sequence[Reply]) -> list[Reply]:
    """Make one line of each thread: its head's id and text, and the part whose turn it is."""
    from triage.app.parts import parts_of, to_send

    lines: dict[int, Reply] = {}
    for reply in found:
        if not reply.parts:
            lines[reply.id] = reply
            continue
        parts = parts_of(app.store, reply)
        head = parts[0]
        if head.id not in lines:
            lines[head.id] = replace(to_send(parts), id=head.id, text=head.text)
    return list(lines.values())


def thread_words(app: App, reply: Reply) -> str:
    """How far a thread is, such as `thread of 3, 1 sent, queued`; empty for a single reply."""
    from triage.app.parts import parts_of, to_send

    if not reply.parts:
        return ""
    parts = parts_of(app.store, reply)
    turn = to_send(parts)
    sent = sum(p.state is ReplyState.SENT for p in parts)
    words = [f"thread of {reply.parts}"]
    if 0 < sent < len(parts):
        words.append(f"{sent} sent")
    words.append(_WORDS.get(turn.state, turn.state.value))
    return ", ".join(words)
