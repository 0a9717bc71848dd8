"""Taking back the last act of an agent: what it is, what speaks against it, and doing it.

Nothing is deleted: an `undo` names the act that stands no more, and what follows from acts is
brought in line. What that means for each sort of act stands in `core.undoing`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from triage.app.asking import mark_customer
from triage.app.judging import TaggerFor, judge_conversation, judge_pending
from triage.core.claims import Claim
from triage.core.kinds import MINUTE
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.privacy import FORGOTTEN
from triage.core.records import Activity
from triage.core.undoing import (
    BARRIERS,
    UNDO,
    UNDOINGS,
    Barrier,
    Effect,
    Undoing,
    reply_of,
    touching,
)
from triage.errors import Refused

_APART = MINUTE
_KNOWN = sorted({*UNDOINGS, *BARRIERS})


@dataclass(frozen=True, slots=True)
class Last:
    """The last act of an agent that can be taken back.

    Attributes:
        act: What they did.
        parts: What was done together with it, newest first.
    """

    act: Activity
    parts: Sequence[Activity] = ()

    @property
    def undoing(self) -> Undoing:
        """How it is taken back."""
        return UNDOINGS[self.act.what]

    @property
    def all(self) -> tuple[Activity, ...]:
        """It and its parts."""
        return (self.act, *self.parts)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was taken back.

    Attributes:
        last: Which act.
        number: The id of the act that voids it.
    """

    last: Last
    number: int


def last_act(
    store: Store, brand_id: int, agent: str, now: int, conversation_id: int | None = None
) -> Last:
    """The last act of an agent that stands and still has an effect.

    What has none any more is passed by: claims that have ended, and what was taken back already.

    Args:
        store: Where acts are.
        brand_id: Whose.
        agent: Who wants to take back.
        now: UTC ms.
        conversation_id: Only what they did in this conversation.

    Raises:
        Refused: There is none, it cannot be taken back, or something later depends on it.
    """
    for act in _acts(store, brand_id, agent, conversation_id):
        if _is_spent(store, act, now):
            continue
        if act.what in BARRIERS:
            raise _stopped(BARRIERS[act.what], act)
        if not UNDOINGS[act.what].by_hand(act):
            continue
        found = Last(act, store.team.parts(act.id))
        _refuse_if_needed(store, found, agent, now)
        return found
    where = "" if conversation_id is None else f" in #{conversation_id}"
    raise Refused(
        f"There is nothing of yours to take back{where}.",
        reason="You have done nothing, it was taken back, or it is over by itself.",
        hint=f"See who did what: triage log {conversation_id or ''}".rstrip(),
    )


def _acts(
    store: Store, brand_id: int, agent: str, conversation_id: int | None
) -> Iterator[Activity]:
    before: int | None = None
    while acts := store.team.newest(brand_id, agent, _KNOWN, conversation_id, before):
        yield from acts
        before = acts[-1].id


def _stopped(barrier: Barrier, act: Activity) -> Refused:
    instead = barrier.instead(act)
    where = "" if act.conversation_id is None else f" in #{act.conversation_id}"
    return Refused(
        f"Your last act{where} is not taken back by undo.",
        reason=barrier.why(act),
        hint=f"Instead: triage {instead}. What you did elsewhere before: triage undo ID",
    )


def _is_spent(store: Store, act: Activity, now: int) -> bool:
    """Whether nothing is left of what an act did.

    Claims end by themselves, and of replies only those count that are still public or scheduled.
    """
    talk = store.reading.conversation(act.conversation_id) if act.conversation_id else None
    if talk is not None and talk.customer.startswith(FORGOTTEN):
        return True
    if act.what in BARRIERS:
        return _is_over(store, act, BARRIERS[act.what].state)
    if act.what not in ("claim", "release") or act.conversation_id is None:
        return False
    held = store.claims.get(act.conversation_id, now)
    if act.what == "claim":
        if held is None or held.agent != act.agent:
            return True
        # It ended, and was taken anew; a server's clock may be a little ahead of the act's.
        return held.claimed_at - act.at >= _APART
    before = store.claims.before(act.id)
    return not UNDOINGS[act.what].by_hand(act) or before is None or before.until_at <= now


def _is_over(store: Store, act: Activity, state: ReplyState | None) -> bool:
    """Whether an act that undo does not take back is in its way no more."""
    if state is None:
        return False
    if act.conversation_id is None:
        return True  # A post to nobody: whoever reviewed it has not done it.
    reply = store.outbox.get(reply_of(act) or 0)
    return reply is None or reply.state is not state


def _refuse_if_needed(store: Store, found: Last, agent: str, now: int) -> None:
    later = store.team.since(found.act, _KNOWN)
    needing = [a for a in touching(later, found.all) if not _is_spent(store, a, now)]
    if not needing:
        return
    last = needing[-1]
    who = "you" if last.agent == agent else last.agent
    number = last.conversation_id
    hint = f"See who did what, and do it anew: triage log {number}"
    if last.what == "claim":
        hint = f"It is free again after: triage release {number}"
    elif last.agent == agent:
        hint = f"Take that back first: triage undo {number}"
    raise Refused(
        f"Your {found.act.what} of #{found.act.conversation_id} cannot be taken back now.",
        reason=f"Something was done since that depends on it: {_words(last)}, by {who}.",
        hint=hint,
    )


def _words(act: Activity) -> str:
    what = f"{act.what} of #{act.conversation_id}"
    return what if act.after is None or act.what == "claim" else f"{what} ({act.after})"


def take_back(
    store: Store, brand_id: int, last: Last, agent: str, now: int, tagger_for: TaggerFor
) -> TakenBack:
    """Take back what `last_act` gave.

    Raises:
        Refused: Meanwhile something else is the last act, or something depends on it.
    """
    with store.tx():
        where = last.act.conversation_id
        if last_act(store, brand_id, agent, now, where).act.id != last.act.id:
            raise Refused(
                "Meanwhile you did something else there.",
                hint="Look again: triage undo",
            )
        number = store.activity.add(brand_id, _undo(last.act, agent, now))
        for part in last.parts:
            store.activity.add(brand_id, _undo(part, agent, now, part_of=number))
        effects = frozenset().union(*(UNDOINGS[act.what].effects for act in last.all))
        for effect in Effect:
            if effect in effects:
                for act in last.all:
                    _EFFECTS[effect](store, brand_id, act, now)
        if Effect.JUDGE in effects and where is not None:
            judge_conversation(store, brand_id, where, tagger_for)
    if Effect.CUSTOMER in effects:
        judge_pending(store, brand_id, tagger_for)
    return TakenBack(last, number)


def _undo(act: Activity, agent: str, now: int, part_of: int | None = None) -> Activity:
    """The act that voids one; its words are the other way round."""
    return Activity(
        uuid=uuid.uuid4().hex,
        at=max(now, act.at),
        agent=agent,
        what=UNDO,
        conversation_id=act.conversation_id,
        message_id=act.message_id,
        before=act.after,
        after=act.before,
        detail=act.what,
        voids_id=act.id,
        part_of=part_of,
    )


def _mark_conversation(store: Store, _brand_id: int, act: Activity, _now: int) -> None:
    if act.conversation_id is not None:
        store.judging.mark_conversation(act.conversation_id)


def _mark_customer(store: Store, _brand_id: int, act: Activity, _now: int) -> None:
    customer_id = store.people.noted_of(act.id)
    if customer_id is None:
        return
    for member in store.people.members(customer_id):
        mark_customer(store, member, [act.detail])


def _assign(store: Store, _brand_id: int, act: Activity, _now: int) -> None:
    if act.conversation_id is not None:
        store.team.assign_by_acts(act.conversation_id)


def _give_claim_back(store: Store, brand_id: int, act: Activity, now: int) -> None:
    """The claim as it was before the act; nobody's, if that has ended meanwhile."""
    if act.what not in ("claim", "release", "close") or act.conversation_id is None:
        return
    held = store.claims.get(act.conversation_id, now)
    before = store.claims.before(act.id)
    if before is not None and before.until_at > now:
        store.claims.take(brand_id, _as_of(before, act), now, over=held)
    elif act.what == "claim":
        store.claims.release(act.conversation_id, act.agent)


def _as_of(before: Claim, act: Activity) -> Claim:
    """A claim in the conversation in which the act stands now."""
    number = act.conversation_id or before.conversation_id
    return Claim(number, before.agent, before.claimed_at, before.until_at, before.taken_from)


_EFFECTS: Mapping[Effect, Callable[[Store, int, Activity, int], None]] = {
    Effect.JUDGE: _mark_conversation,
    Effect.CUSTOMER: _mark_customer,
    Effect.ASSIGNMENT: _assign,
    Effect.CLAIM: _give_claim_back,
}
