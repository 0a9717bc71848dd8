"""Sending what was let pass of an action: paced, capped, each looked at once more before it goes.

A message against which something speaks that its reviewer did not know goes back to review. What
stops a run is what would stop the next message too: no network, a limit of the channel, credentials
that are not accepted, and a message of unknown fate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from triage.app.actions import Actor, get_action
from triage.app.claiming import Press, Standing, standing
from triage.app.drafting import OFFERED
from triage.app.guards import NOT_ACCEPTED, answer_since, guards, mention_since
from triage.app.preflight import Look
from triage.app.replying import Sender, get_reply, send
from triage.app.reviewing import lacks
from triage.app.telling import approved, back_to_review, require_done
from triage.core.action_ports import ActionStore
from triage.core.actions import Action, Told
from triage.core.model import HOUR
from triage.core.outbox import ReplyState
from triage.core.records import MessageView, Reply
from triage.core.telling import PAUSE, PER_HOUR, PER_RUN
from triage.errors import Refused

_EXPECTED = frozenset({"nobody-waits", "answered", "wrote-again"})
"""Guards that stand against a late answer: people who are told were answered before."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a batch goes out.

    Attributes:
        per_run: At most so many in one run.
        per_hour: At most so many in any hour, of all actions of the brand.
        pause: How long to wait between two, ms.
        same_text_within: For how long the same text is not sent again to a conversation, ms.
    """

    per_run: int = PER_RUN
    per_hour: int = PER_HOUR
    pause: int = PAUSE
    same_text_within: int = HOUR


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a message.

    Attributes:
        told: Whom it was to tell.
        reply: As it is now.
        why: Why it went back to review; empty if it was tried to be sent.
    """

    told: Told
    reply: Reply
    why: str = ""


@dataclass(slots=True)
class Batch:
    """What a run did.

    Attributes:
        tried: Messages that it came to, in order.
        left: How many may still go out, and were not come to.
        capped: Which cap ended it: `run` or `hour`; empty if none did.
        stopped: The reply that ended it, since what stopped it would stop the next too.
    """

    tried: list[Tried] = field(default_factory=list)
    left: int = 0
    capped: str = ""
    stopped: Reply | None = None

    @property
    def sent(self) -> list[Tried]:
        """Those that are public now."""
        return [t for t in self.tried if t.reply.state is ReplyState.SENT]


class _Full(Refused):
    """So many went out within the hour already."""


class _Gone(Refused):
    """Somebody else has sent it, or given it up, since the run began."""


class _SpokenAgainst(Refused):
    """Something speaks against a message that its reviewer did not know."""


def send_approved(
    store: ActionStore,
    actor: Actor,
    action: Action,
    sender_for: Callable[[Reply], Sender],
    pace: Pace,
    wait: Callable[[int], None],
    tell: Callable[[Tried], None] = lambda _: None,
) -> Batch:
    """Send messages that somebody let pass, until a cap or what stops them all.

    Args:
        store: The store.
        actor: Who sends.
        action: Of which.
        sender_for: Makes what sends as a reply's account.
        pace: How fast.
        wait: Waits so long, ms.
        tell: Told of each as it ended.

    Raises:
        Refused: The action is not done or was given up, or all sending is stopped.
        FateUnknown: One was tried, and how it ended could not be written down.
    """
    require_done(action, actor.now)
    batch, waiting = Batch(), approved(store, action)
    tries = 0
    for place, told in enumerate(waiting):
        if tries >= pace.per_run:
            batch.capped = "run"
        elif tries:
            wait(pace.pause)
        if not batch.capped:
            try:
                tried = _send_one(store, actor, action, told, sender_for, pace)
            except _Gone:
                continue
            except _Full:
                batch.capped = "hour"
        if batch.capped:
            batch.left = len(waiting) - place
            return batch
        batch.tried.append(tried)
        tell(tried)
        tries += not tried.why
        if _stops(tried.reply):
            batch.stopped, batch.left = tried.reply, len(waiting) - place - 1
            return batch
    return batch


def _stops(reply: Reply) -> bool:
    not_accepted = reply.state is ReplyState.FAILED and reply.detail.startswith(NOT_ACCEPTED)
    return reply.state in (ReplyState.QUEUED, ReplyState.UNKNOWN) or not_accepted


def _send_one(
    store: ActionStore,
    actor: Actor,
    action: Action,
    told: Told,
    sender_for: Callable[[Reply], Sender],
    pace: Pace,
) -> Tried:
    reply = get_reply(store, told.reply_id)
    if reply.state not in OFFERED:
        raise _Gone(f"Reply {reply.id} is {reply.state.value}.")
    sender = sender_for(reply)
    press = Press(actor.agent, standing(store, reply, actor.agent, sender.now()))
    others = _others(press.told, told)
    if others:
        return _back(store, actor, told, others)
    look = sender.look(reply)

    def still_fine(current: Reply) -> None:
        """With the send lock held: whatever else has happened since it was reviewed."""
        require_done(get_action(store, actor.brand_id, action.id), sender.now())
        if current.state not in OFFERED:
            raise _Gone(f"Reply {current.id} is {current.state.value}.")
        if store.actions.attempts(actor.brand_id, sender.now() - HOUR) >= pace.per_hour:
            raise _Full("So many went out within the hour already.")
        why = lacks(store, current) or _speaks_against(store, sender, current, told, look, pace)
        if why:
            raise _SpokenAgainst(why)

    try:
        after = send(sender, reply.id, press, still_fine=still_fine)
    except _SpokenAgainst as against:
        return _back(store, actor, told, against.message)
    if after.state is ReplyState.HELD:
        return _back(store, actor, told, after.detail)
    if after.state is ReplyState.FAILED and not after.detail.startswith(NOT_ACCEPTED):
        # What was refused once is not tried again before somebody has looked at it.
        with store.tx():
            store.actions.approve(reply.id, None, told.reviewed_by, sender.now())
    return Tried(told, after)


def _others(there: Standing, told: Told) -> str:
    """What a colleague is about there since somebody read the message; empty if nothing."""
    if there.claim is not None:
        return f"{there.claim.agent} is at the conversation"
    begun = [r for r in there.begun if r.changed_at > (told.reviewed_at or 0)]
    return f"{begun[-1].agent} has begun reply {begun[-1].id} there" if begun else ""


def _back(store: ActionStore, actor: Actor, told: Told, why: str) -> Tried:
    back_to_review(store, actor, told, why.rstrip("."))
    return Tried(told, get_reply(store, told.reply_id), why.rstrip("."))


def _speaks_against(
    store: ActionStore, sender: Sender, reply: Reply, told: Told, look: Look, pace: Pace
) -> str:
    """What keeps a message from going out without a person; empty if nothing does."""
    target = store.reading.messages([told.message_id])[0]
    found = guards(store, sender.channel, reply, target, sender.now(), pace.same_text_within, look)
    against = [g for g in found if (g.stops or g.asks) and g.code not in _EXPECTED]
    if against:
        return against[0].message
    return _news(store, reply, told.reviewed_at or 0)


def _news(store: ActionStore, reply: Reply, reviewed_at: int) -> str:
    """What was written there since somebody read the message, in words."""

    def is_new(message: MessageView | None) -> bool:
        return message is not None and message.fetched_at > reviewed_at

    if is_new(mention_since(store, reply)):
        return "the customer wrote again"
    if is_new(answer_since(store, reply)):
        return "somebody answered meanwhile"
    return ""
