"""Replies that tell of an action go out only as somebody read them and let them pass."""

from __future__ import annotations

from triage.core.actions import mark_of
from triage.core.ports import Store
from triage.core.records import Reply
from triage.errors import Refused


def lacks(store: Store, reply: Reply) -> str:
    """What such a reply lacks before it may go out, in words; empty for any other."""
    review = store.outbox.review(reply.id)
    if review is None:
        return ""
    if review.is_dropped:
        return f"action {review.action_id} was given up"
    if review.approved is None:
        return f"it tells of action {review.action_id}, and nobody has reviewed it"
    if review.approved != mark_of(reply.text):
        return f"it tells of action {review.action_id}, and was changed after its review"
    return ""


def refuse_unreviewed(store: Store, reply: Reply) -> None:
    """Refuse to send what nobody let pass; call it with the send lock held.

    Raises:
        Refused: It needs a review, or what it tells of was given up.
    """
    why = lacks(store, reply)
    if why:
        review = store.outbox.review(reply.id)
        number = review.action_id if review is not None else 0
        raise Refused(
            f"Reply {reply.id} cannot be sent: {why}.",
            reason="Nothing was sent.",
            hint=f"Review it: triage action review {number}",
        )
