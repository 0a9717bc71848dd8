"""Acts of agents that change how a conversation stands, without saying anything in public."""

from __future__ import annotations

import uuid

from triage.app.judging import TaggerFor, judge_conversation
from triage.core.holds import HoldState
from triage.core.model import CloseReason, Kind, Role, WaitState, id_key
from triage.core.ports import Store
from triage.core.privacy import FORGOTTEN
from triage.core.records import Activity, ConversationView, MessageView, WaitView
from triage.errors import NotFound, Refused


def find_conversation(store: Store, brand_id: int, reference: str) -> ConversationView:
    """Find a conversation by its id, or by a post's id or URL. Raises `NotFound`."""
    number = store.reading.resolve(brand_id, reference)
    found = store.reading.conversation(number) if number is not None else None
    if found is None:
        raise NotFound(
            f"There is no conversation {reference!r}.",
            reason="It is neither a conversation's id nor a post's id or URL in this store.",
            hint="See `triage queue`, or find it by words with `triage search`.",
        )
    return found


def newest_mention(store: Store, conversation: ConversationView) -> MessageView | None:
    """The newest mention of the customer that an agent can have seen, unless it was forgotten."""
    mentions = [
        m
        for m in store.reading.thread(conversation.id)
        if m.conversation_id == conversation.id
        and m.role in (Role.MENTION, Role.INCIDENTAL)
        and not m.native_id.startswith(FORGOTTEN)
    ]
    return max(mentions, key=lambda m: (m.posted_at, id_key(m.native_id)), default=None)


def open_wait(store: Store, conversation_id: int) -> WaitView | None:
    """The conversation's open wait, if anybody waits."""
    waits = [w for w in store.reading.waits(conversation_id) if w.state is WaitState.OPEN]
    return waits[-1] if waits else None


def close(
    store: Store,
    conversation: ConversationView,
    reason: CloseReason,
    agent: str,
    now: int,
    tagger_for: TaggerFor,
    note: str = "",
) -> WaitView:
    """End the open wait without a public answer.

    Raises:
        Refused: Nobody waits there.
    """
    seen = newest_mention(store, conversation)
    with store.tx():
        wait = open_wait(store, conversation.id)
        if wait is None or seen is None:
            raise _nobody_waits(conversation)
        number = store.activity.add(
            conversation.brand_id,
            _act(
                conversation,
                agent,
                "close",
                now,
                wait.last_id,
                wait.state,
                reason,
                detail=note,
                seen=seen,
            ),
        )
        if wait.rests(now):
            # For good: when the close is taken back, the rest is over all the same.
            _wake(store, conversation, wait, agent, now, part_of=number)
        held = store.claims.get(conversation.id, now)
        if held is not None:
            store.claims.keep_before(number, held)
        store.claims.release(conversation.id)
        _judge(store, conversation, tagger_for)
        return _closed(store, conversation.id)


def reopen(
    store: Store, conversation: ConversationView, agent: str, now: int, tagger_for: TaggerFor
) -> WaitView:
    """Take back the last close; the wait keeps its original clock.

    Raises:
        Refused: No close stands that could be taken back.
    """
    with store.tx():
        closed = store.activity.standing_close(conversation.id)
        if closed is None:
            raise Refused(
                f"#{conversation.id} was not closed.",
                reason="Only `triage close` can be taken back; an answer is public.",
                hint=f"See `triage show {conversation.id}`.",
            )
        number = store.activity.add(
            conversation.brand_id,
            _act(
                conversation,
                agent,
                "reopen",
                now,
                closed.message_id,
                closed.after,
                WaitState.OPEN,
                voids_id=closed.id,
            ),
        )
        _judge(store, conversation, tagger_for)
        wait = open_wait(store, conversation.id)
        if wait is not None and wait.rests(now):
            # Whoever reopens it wants to see it: what let it rest before the close is over.
            _wake(store, conversation, wait, agent, now, part_of=number)
            _judge(store, conversation, tagger_for)
            return _open(store, conversation)
        if wait is None:
            raise Refused(
                f"Nobody waits in #{conversation.id} any more.",
                reason="The customer was answered, or took back what they wrote.",
            )
        return wait


def hold(
    store: Store,
    conversation: ConversationView,
    state: HoldState,
    agent: str,
    now: int,
    tagger_for: TaggerFor,
    *,
    until: int | None = None,
    stays: bool = False,
    note: str = "",
) -> WaitView:
    """Let a conversation rest: the queue hides its open wait.

    Args:
        state: How; whether its clock stands then, its policy says.
        until: When that is to end, UTC ms; None: with the customer's next message, or by hand.
        stays: The customer's next message does not end it.

    Raises:
        Refused: Nobody waits there.
    """
    seen = newest_mention(store, conversation)
    with store.tx():
        wait = open_wait(store, conversation.id)
        if wait is None or seen is None:
            raise _nobody_waits(conversation)
        at = _after_acts(store, conversation, now)
        before = _resting(wait, now)
        act = _act(
            conversation, agent, "hold", at, wait.last_id, before, state, detail=note, seen=seen
        )
        number = store.activity.add(conversation.brand_id, act)
        store.activity.add_hold(number, state, until, stays=stays)
        _judge(store, conversation, tagger_for)
        return _open(store, conversation)


def wake(
    store: Store, conversation: ConversationView, agent: str, now: int, tagger_for: TaggerFor
) -> WaitView:
    """Go on with a conversation that rests.

    Raises:
        Refused: It does not rest.
    """
    with store.tx():
        wait = open_wait(store, conversation.id)
        if wait is None:
            raise _nobody_waits(conversation)
        if not wait.rests(now):
            raise Refused(
                f"#{conversation.id} does not rest.",
                reason="Nobody snoozed it or put it on hold, or that is over.",
                hint=f"See `triage show {conversation.id}`.",
            )
        _wake(store, conversation, wait, agent, now)
        _judge(store, conversation, tagger_for)
        return _open(store, conversation)


def _wake(
    store: Store,
    conversation: ConversationView,
    wait: WaitView,
    agent: str,
    now: int,
    *,
    part_of: int | None = None,
) -> None:
    """Write that a conversation goes on, perhaps as a part of another act."""
    at = _after_acts(store, conversation, now)
    before = _resting(wait, now)
    act = _act(
        conversation, agent, "wake", at, wait.last_id, before, WaitState.OPEN, part_of=part_of
    )
    number = store.activity.add(conversation.brand_id, act)
    store.activity.add_hold(number, None, None, stays=False)


def _act(
    conversation: ConversationView,
    agent: str,
    what: str,
    at: int,
    message_id: int | None,
    before: str | None,
    after: str,
    *,
    detail: str = "",
    seen: MessageView | None = None,
    voids_id: int | None = None,
    part_of: int | None = None,
) -> Activity:
    """An act in a conversation; `seen` is the newest mention that the agent had before them."""
    return Activity(
        uuid=uuid.uuid4().hex,
        at=at,
        agent=agent,
        what=what,
        conversation_id=conversation.id,
        message_id=message_id,
        before=None if before is None else str(before),
        after=str(after),
        detail=detail,
        seen_at=None if seen is None else seen.posted_at,
        seen_id=None if seen is None else seen.native_id,
        voids_id=voids_id,
        part_of=part_of,
    )


def _after_acts(store: Store, conversation: ConversationView, now: int) -> int:
    """When an act happened: not before the one that it answers, should the clock be set back."""
    last = store.activity.log(conversation.brand_id, conversation.id, 1)
    return max(now, last[-1].at if last else now)


def _resting(wait: WaitView, now: int) -> str:
    return wait.hold.value if wait.hold is not None and wait.rests(now) else WaitState.OPEN.value


def _open(store: Store, conversation: ConversationView) -> WaitView:
    wait = open_wait(store, conversation.id)
    if wait is None:
        raise _nobody_waits(conversation)
    return wait


def _nobody_waits(conversation: ConversationView) -> Refused:
    return Refused(
        f"Nobody waits in #{conversation.id}.",
        reason="Its last wait has ended already.",
        hint=f"See `triage show {conversation.id}`.",
    )


def tag(
    store: Store,
    conversation: ConversationView,
    kind: Kind,
    agent: str,
    now: int,
    tagger_for: TaggerFor,
    post: str | None = None,
    part_of: int | None = None,
) -> MessageView:
    """Correct what a mention was taken for; it wins over the rules and survives re-tagging.

    Args:
        post: Native id or URL of the mention; without it the gravest of the newest wait.
        part_of: The act that it is done together with, and taken back with.

    Returns:
        The mention as it was before.

    Raises:
        NotFound: The post is not a mention of this conversation.
    """
    message = (
        gravest(store, conversation) if post is None else find_mention(store, conversation, post)
    )
    with store.tx():
        store.activity.add(
            conversation.brand_id,
            _act(conversation, agent, "tag", now, message.id, message.kind, kind, part_of=part_of),
        )
        _judge(store, conversation, tagger_for)
    return message


def _judge(store: Store, conversation: ConversationView, tagger_for: TaggerFor) -> None:
    judge_conversation(store, conversation.brand_id, conversation.id, tagger_for)


def _closed(store: Store, conversation_id: int) -> WaitView:
    """What was closed last; it need not begin where it did while it was open.

    A close takes along what was deleted at the same time, or behind it if our clock was set back.
    """
    waits = store.reading.waits(conversation_id)
    closed = (w for w in waits if w.close_reason is not None)
    return max(closed, key=lambda w: (w.ended_at or 0, w.id))


def gravest(store: Store, conversation: ConversationView) -> MessageView:
    """The gravest mention of the newest wait. Raises `NotFound` where there is no mention."""
    waits = store.reading.waits(conversation.id)
    mentions = [
        m
        for m in store.reading.thread(conversation.id)
        if m.conversation_id == conversation.id and m.role is not Role.OWN
    ]
    if not mentions:
        raise NotFound(f"#{conversation.id} has no mention to tag.")
    if waits:
        newest = waits[-1]
        within = [m for m in mentions if m.kind is newest.kind and m.posted_at >= newest.opened_at]
        if within:
            return within[0]
    return mentions[-1]


def find_mention(store: Store, conversation: ConversationView, post: str) -> MessageView:
    """A mention of a conversation by its post's id or URL. Raises `NotFound`."""
    message_id = store.reading.message_id(conversation.brand_id, post)
    found = store.reading.messages([message_id]) if message_id is not None else []
    if not found or found[0].conversation_id != conversation.id or found[0].role is Role.OWN:
        raise NotFound(
            f"{post!r} is not a mention in #{conversation.id}.",
            hint=f"See the posts of it with `triage show {conversation.id}`.",
        )
    return found[0]
