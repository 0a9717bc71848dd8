"""Who is at a conversation, and what that means at the moment of sending.

A claim warns; it never loses anybody's words. Whoever goes on in spite of one takes it over, which
is written down and told to whom it was taken from.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from triage.core.claims import Claim
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.queue import short_span
from triage.core.records import Activity, ConversationView, Reply
from triage.errors import Refused


@dataclass(frozen=True, slots=True)
class Standing:
    """What others do in a conversation that somebody wants to answer.

    Attributes:
        claim: Somebody else's, live; None if nobody else is at it.
        begun: Replies that others have sent or are sending there, since ours was begun.
    """

    claim: Claim | None = None
    begun: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class Press:
    """Who has a reply sent, and what they had been told of the others by then.

    Attributes:
        agent: They are credited with it.
        told: What they knew and went on in spite of.
        insists: They go on whatever the others have done since.
    """

    agent: str
    told: Standing = Standing()
    insists: bool = False


def claim(
    store: Store,
    conversation: ConversationView,
    agent: str,
    now: int,
    lease: int,
    *,
    over: Claim | None = None,
    shorten: bool = True,
    to_reply: bool = False,
) -> Claim:
    """Take a conversation, renew one's claim to it, or take it over.

    Args:
        store: Where claims are.
        conversation: Which.
        agent: Who.
        now: UTC ms.
        lease: For how long, ms.
        over: Whose claim may be taken over; if it is another's by now, it stays theirs.
        shorten: A claim of one's own that lasts longer is cut; otherwise it is left.
        to_reply: A reply that is begun brings it along; it is no act by itself to be taken back.

    Returns:
        The claim as it stands: of this agent, or of somebody else who holds it.
    """
    with store.tx():
        held = store.claims.get(conversation.id, now)
        own = held if held is not None and held.agent == agent else None
        if own is not None and not shorten and own.until_at >= now + lease:
            return own
        former = held.agent if held is not None and own is None else None
        wanted = Claim(conversation.id, agent, now, now + lease, former)
        if not store.claims.take(conversation.brand_id, wanted, now, over=over):
            return _held(store, conversation.id, now)
        if own is None or shorten:
            words = f"for {short_span(lease)}{_TO_REPLY if to_reply else ''}"
            number = _log(store, conversation.brand_id, wanted, now, words)
            if held is not None:
                store.claims.keep_before(number, held)
        return _held(store, conversation.id, now)


def claim_next(
    store: Store,
    brand_id: int,
    agent: str,
    now: int,
    lease: int,
    account_ids: Sequence[int] = (),
    *,
    of_anybody: bool = False,
) -> Claim | None:
    """Take the most urgent conversation of the queue that nobody holds, if there is one.

    What is overdue goes first. Of that, and of the rest, first what is this agent's, then what is
    nobody's; what is somebody else's comes last, and only once it is overdue.

    Whoever claims waits for nobody that writes: the claim decides in one statement, and is written
    down in another.

    Args:
        store: Where claims are.
        brand_id: Whose queue.
        agent: Who.
        now: UTC ms.
        lease: For how long, ms.
        account_ids: Only conversations of these accounts; of all if it is empty.
        of_anybody: Also what is somebody else's and not overdue.
    """
    taken = store.claims.take_next(brand_id, agent, now, lease, account_ids, of_anybody=of_anybody)
    if taken is not None:
        _log(store, brand_id, taken, now, f"for {short_span(lease)}")
    return taken


def _held(store: Store, conversation_id: int, now: int) -> Claim:
    found = store.claims.get(conversation_id, now)
    assert found is not None  # noqa: S101 - inside the transaction that found or wrote it
    return found


_TO_REPLY = ", to reply"


def _log(store: Store, brand_id: int, taken: Claim, now: int, detail: str) -> int:
    over = taken.taken_from is not None
    return store.activity.add(
        brand_id,
        Activity(
            uuid=uuid.uuid4().hex,
            at=now,
            agent=taken.agent,
            what="claim",
            conversation_id=taken.conversation_id,
            before=taken.taken_from,
            after=taken.agent if over else None,
            detail=detail,
        ),
    )


def release(
    store: Store,
    conversation: ConversationView,
    agent: str,
    now: int,
    *,
    to_reply: bool = False,
) -> None:
    """Let go of a conversation.

    Args:
        store: Where claims are.
        conversation: Which.
        agent: Who.
        now: UTC ms.
        to_reply: A reply that was begun is not written after all, and had brought the claim along.

    Raises:
        Refused: Nobody is at it, or somebody else is.
    """
    with store.tx():
        held = store.claims.get(conversation.id, now)
        if held is None:
            raise Refused(
                f"Nobody has claimed #{conversation.id}.",
                reason="It was never claimed, or the claim has ended.",
            )
        if held.agent != agent:
            raise Refused(
                f"#{conversation.id} is claimed by {held.agent}, not by you.",
                hint=f"Take it over: triage claim {conversation.id} --take",
            )
        store.claims.release(conversation.id, agent)
        number = store.activity.add(
            conversation.brand_id,
            Activity(
                uuid=uuid.uuid4().hex,
                at=now,
                agent=agent,
                what="release",
                conversation_id=conversation.id,
                detail="no reply" if to_reply else "",
            ),
        )
        store.claims.keep_before(number, held)


def standing(store: Store, reply: Reply, agent: str, now: int) -> Standing:
    """What others do where this reply is to go, as of now."""
    if reply.conversation_id is None:
        return Standing()
    held = store.claims.get(reply.conversation_id, now)
    others = None if held is None or held.agent == agent else held
    return Standing(others, _begun(store, reply, reply.created_at))


def _begun(store: Store, reply: Reply, since: int) -> tuple[Reply, ...]:
    if reply.conversation_id is None:
        return ()
    first = _first_part(store, reply)
    return tuple(
        other
        for other in store.outbox.begun_in(reply.conversation_id, since)
        if other.id != reply.id and _first_part(store, other) != first
    )


def _first_part(store: Store, reply: Reply) -> int:
    """The reply with which a numbered thread begins; itself, if it stands alone."""
    while reply.follows_id is not None:
        before = store.outbox.get(reply.follows_id)
        if before is None:
            break
        reply = before
    return reply.id


def stand_aside(store: Store, brand_id: int, reply: Reply, press: Press | None, now: int) -> bool:
    """Look once more, inside the transaction that is about to mark a reply as `sending`.

    Somebody else may have claimed the conversation, or begun a reply to it, since the sender was
    told how it stands. Then the reply is held, with the reason; its text is kept.

    Args:
        store: In a transaction.
        brand_id: Whose reply it is.
        reply: Queued.
        press: Who has it sent; None for a run by itself, which was told of nothing since the reply
            was queued.
        now: UTC ms.

    Returns:
        True if it was held. False if it may go: then the sender is credited with it, and a claim
        that they went on in spite of is theirs.
    """
    agent = reply.agent if press is None else press.agent
    if reply.part > 1 or reply.conversation_id is None:
        # What is half said in public is said to its end.
        return False
    found = standing(store, reply, agent, now)
    reason = "" if press is not None and press.insists else _reason(reply, found, press)
    if reason:
        store.outbox.move(reply.id, ReplyState.QUEUED, ReplyState.HELD, now, detail=reason)
        return True
    if found.claim is not None:
        over = Claim(reply.conversation_id, agent, now, found.claim.until_at, found.claim.agent)
        store.claims.take(brand_id, over, now, over=found.claim)
        _log(store, brand_id, over, now, f"to send reply {reply.id}")
    if press is not None:
        store.outbox.adopt(reply.id, agent)
    return False


def _reason(reply: Reply, found: Standing, press: Press | None) -> str:
    """What the sender had not been told; empty if there is nothing."""
    told = Standing() if press is None else press.told
    held = found.claim
    if held is not None and not held.is_of(told.claim):
        if held.taken_from in (reply.agent, press.agent if press else reply.agent):
            return f"{held.agent} has taken the conversation over from {held.taken_from}"
        return f"{held.agent} has claimed the conversation"
    if press is None:
        news = [r for r in found.begun if r.changed_at > reply.changed_at]
    else:
        known = {r.id for r in told.begun}
        news = [r for r in found.begun if r.id not in known]
    if not news:
        return ""
    last = news[-1]
    did = "sent" if last.state is ReplyState.SENT else "begun to send"
    return f"{last.agent} has {did} reply {last.id} there meanwhile"


def let_go(store: Store, reply: Reply) -> None:
    """End the sender's claim once their reply is public, with the last part of a thread."""
    if reply.conversation_id is not None and reply.part == reply.parts:
        store.claims.release(reply.conversation_id, reply.agent)
