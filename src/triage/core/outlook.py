"""What will happen next to a reply, in words: every state has a way on, or says that it is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from triage.core.outbox import ASK_AFTER, ReplyState
from triage.core.records import Reply


class Outlook(NamedTuple):
    """What happens next.

    Attributes:
        words: One clause, without a full stop.
        at: From when on, UTC ms; None if it does not hang on a time.
    """

    words: str
    at: int | None = None


ABSENT = "not found on our timeline; that proves nothing: a person must decide"
"""Detail of an unknown reply once our timeline was read completely, some minutes later."""


_PLAIN = {
    ReplyState.DRAFT: "waits for you: {program} drafts send {id}",
    ReplyState.SENDING: "is being sent; if its process died, the next fetch looks for it",
    ReplyState.FAILED: "waits for you{why}: mend that, then {program} drafts send {id}",
    ReplyState.SENT: "nothing; it is public",
    ReplyState.CANCELLED: "nothing; it was given up",
    ReplyState.DELETED: "nothing; it was taken back",
}


def outlook(
    reply: Reply, *, stopped: str, tell: Callable[[int], str], program: str = "triage"
) -> Outlook:
    """Tell what happens next to a reply.

    Args:
        reply: As it is now.
        stopped: Why nothing at all is sent now, such as `sending is paused`; else empty.
        tell: Writes a time (UTC ms) for people.
        program: How the command is called.
    """
    if reply.state is ReplyState.SENT and reply.undo_at is not None:
        return Outlook("is taken back by the next fetch")
    if reply.state in _PLAIN:
        why = _why(reply)
        return Outlook(_PLAIN[reply.state].format(program=program, id=reply.id, why=why))
    if reply.state is ReplyState.HELD:
        return _held(reply, stopped, program)
    if reply.state is ReplyState.SCHEDULED:
        return _scheduled(reply, stopped, tell)
    if reply.state is ReplyState.QUEUED:
        return _queued(reply, stopped, tell)
    return _unknown(reply, tell, program)


def _scheduled(reply: Reply, stopped: str, tell: Callable[[int], str]) -> Outlook:
    at = reply.send_at or 0
    words = f"goes out by the first fetch after {tell(at)}, if nobody writes before"
    return Outlook(f"{words}; but {stopped}" if stopped else words, at)


def _held(reply: Reply, stopped: str, program: str) -> Outlook:
    if stopped and "restored" in reply.detail:
        return Outlook("goes on by itself once our timeline was read: the next fetch")
    return Outlook(f"waits for you{_why(reply)}: {program} drafts send {reply.id}")


def _why(reply: Reply) -> str:
    return f" ({reply.detail.rstrip('.')})" if reply.detail else ""


def _queued(reply: Reply, stopped: str, tell: Callable[[int], str]) -> Outlook:
    if stopped:
        return Outlook(f"goes out later: {stopped}")
    if reply.retry_at is None:
        return Outlook("goes out by the next fetch")
    return Outlook(f"goes out by the first fetch after {tell(reply.retry_at)}", reply.retry_at)


def _unknown(reply: Reply, tell: Callable[[int], str], program: str) -> Outlook:
    if reply.detail == ABSENT:
        return Outlook(f"waits for you: {program} outbox settle {reply.id}")
    at = (reply.attempted_at or reply.changed_at) + ASK_AFTER
    return Outlook(f"is looked for by the next fetch; after {tell(at)} you are asked", at)
