"""Answer a customer: once, or not at all, and always known which.

The text is saved before anything else. The row is committed as `sending` before a byte leaves. What
cannot be known is kept as `unknown` until our own timeline or a person settles it.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from triage.app.acting import find_mention, newest_mention
from triage.app.attaching import forget_uploads, sweep, upload_pictures
from triage.app.claiming import Press, let_go, stand_aside
from triage.app.event_gate import hold_unfit, refuse_unfit
from triage.app.guards import HELD, NOT_ACCEPTED, RESTORED, outbox_guards
from triage.app.holding_back import LATE_AFTER
from triage.app.judging import TaggerFor, judge_batch, judge_conversation
from triage.app.parts import queue_next, refuse_out_of_turn
from triage.app.preflight import Look, look
from triage.app.reviewing import refuse_unreviewed
from triage.core.accounts import Account
from triage.core.channel import Channel, Fate, Outgoing, PostOutcome
from triage.core.events import SpikePolicy
from triage.core.generation_ports import GenerationPort
from triage.core.model import SECOND, Author, Post, Role, id_key
from triage.core.outbox import ReplyState
from triage.core.ports import Incoming, Store
from triage.core.privacy import FORGOTTEN
from triage.core.records import Activity, ConversationView, MessageView, Reply
from triage.core.text import clean
from triage.errors import STORE_FAILURES, FateUnknown, NotFound, Refused, TriageError

_DUPLICATE = "duplicate"
_JUDGED_ALONG = 1_000


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs.

    Attributes:
        channel: The way to the account that sends.
        lock: Held while anything is sent, so that what a dead process left is told apart.
        now: UTC ms.
        look_within: How long the look before sending may take, ms.
        late_after: How much later than told a scheduled reply still goes out by itself, ms.
        spikes: When posts of events are held for complaints; None never.
    """

    store: Store
    channel: Channel
    account: Account
    generation: GenerationPort
    lock: Callable[[], AbstractContextManager[None]]
    now: Callable[[], int]
    tagger_for: TaggerFor
    look_within: int = SECOND
    late_after: int = LATE_AFTER
    spikes: SpikePolicy | None = None

    def look(self, reply: Reply) -> Look:
        """See `preflight.look`."""
        return look(
            self.store,
            self.channel,
            self.account,
            reply,
            self.now(),
            self.tagger_for,
            self.look_within,
        )


def target_of(store: Store, conversation: ConversationView, post: str | None = None) -> MessageView:
    """Choose the mention that a reply answers: the newest of the customer's, or the one named.

    Raises:
        NotFound: The post is not a mention of this conversation, or it has none.
    """
    if post is not None:
        return find_mention(store, conversation, post)
    mentions = [
        m
        for m in store.reading.thread(conversation.id)
        if m.conversation_id == conversation.id
        and m.role is Role.MENTION
        and not m.native_id.startswith(FORGOTTEN)
    ]
    standing = [m for m in mentions if m.deleted_at is None] or mentions
    if standing:
        return max(standing, key=lambda m: (m.posted_at, id_key(m.native_id)))
    newest = newest_mention(store, conversation)
    if newest is None:
        raise NotFound(f"#{conversation.id} has no mention to answer.")
    return newest


def new_draft(
    store: Store,
    account: Account,
    conversation: ConversationView,
    target: MessageView,
    text: str,
    agent: str,
    now: int,
) -> Reply:
    """A draft as it is to be saved, with what its writer has before them now.

    What no screen shows is not said either: control characters and marks that turn text round.
    """
    seen = newest_mention(store, conversation) or target
    return Reply(
        id=0,
        uuid=uuid.uuid4().hex,
        account_id=account.id,
        conversation_id=conversation.id,
        in_reply_to=target.native_id,
        text=clean(text),
        state=ReplyState.DRAFT,
        agent=agent,
        seen_at=seen.posted_at,
        seen_id=seen.native_id,
        created_at=now,
        changed_at=now,
    )


def check_generation(store: Store, generation: GenerationPort, brand_id: int, now: int) -> bool:
    """Hold the outbox of a restored or copied store until our own timeline was read.

    Returns:
        True if it was noticed by this call.
    """
    if store.settings.get(HELD) is not None:
        return False
    if generation.is_known():
        # Without a state directory nothing is sent, and the attempt to says so.
        with contextlib.suppress(OSError), store.tx():
            generation.begin()
        return False
    with store.tx():
        # Again, with nobody writing: a reply that left just now has put the file ahead of what
        # was read of the store.
        if generation.is_known():
            return False
        store.settings.put(HELD, str(now))
        for state in (ReplyState.QUEUED, ReplyState.SCHEDULED):
            for reply in store.outbox.list_states(brand_id, [state]):
                store.outbox.move(reply.id, state, ReplyState.HELD, now, detail=RESTORED)
    return True


def recover(store: Store, brand_id: int, now: int) -> int:
    """Lock what a dead process was sending; call it with the send lock held."""
    with store.tx():
        # Without the lock somebody alive may be sending them.
        store.fence()
        orphans = store.outbox.list_states(brand_id, [ReplyState.SENDING])
        for reply in orphans:
            store.outbox.move(
                reply.id,
                ReplyState.SENDING,
                ReplyState.UNKNOWN,
                now,
                detail="the program stopped while it was being sent",
            )
    return len(orphans)


def send(
    sender: Sender,
    reply_id: int,
    press: Press | None = None,
    *,
    still_fine: Callable[[Reply], None] = lambda _: None,
) -> Reply:
    """Send a draft or a queued reply, once.

    Args:
        sender: What sending needs.
        reply_id: Which; a person sends it, whatever it waited for.
        press: Who has it sent, and what they knew; None for a run by itself.
        still_fine: Asked with the lock held, before anything changes: raises if the reply must
            not go out after all, such as when a colleague answered while a person was asked.

    Returns:
        The reply in the state that it ended in: `sent`, `queued` (it never left), `failed`,
        `unknown`, or `held` (somebody else is at it, or has answered meanwhile).

    Raises:
        Refused: It is not to be sent: paused, held, on its way already, or not a draft.
        FateUnknown: It was tried, and how it ended could not be written down.
    """
    store = sender.store
    with sender.lock():
        recover(store, sender.account.brand_id, sender.now())
        # Sending gives the store a new generation: what it was restored from is seen now or never.
        check_generation(store, sender.generation, sender.account.brand_id, sender.now())
        stop = next((g for g in outbox_guards(store) if g.stops), None)
        if stop is not None:
            raise Refused(stop.message, reason="Nothing was sent.", hint=stop.hint)
        still_fine(get_reply(store, reply_id))
        refuse_unfit(store, sender.account.brand_id, get_reply(store, reply_id), sender.now())
        try:
            reply = _queue(store, reply_id, sender.now())
            media = upload_pictures(store, sender.channel, reply, sender.now())
            if media is None or not _mark_sending(sender, reply, press):
                return get_reply(store, reply_id)
            credited = get_reply(store, reply_id)
        except STORE_FAILURES as error:
            error.reason += f" Nothing was sent; the text is kept as reply {reply_id}."
            raise
        reply = replace(reply, agent=credited.agent, written_by=credited.written_by)
        _check_lock(sender, reply)
        outcome = _post(sender, reply, media)
        try:
            _record(sender, reply, outcome)
        except STORE_FAILURES as error:
            raise _not_noted(reply, outcome, error) from error
        with contextlib.suppress(*STORE_FAILURES):
            # It is written down; what is left of the pictures goes with the next run.
            if media:
                sweep(store)
            return get_reply(store, reply_id)
    # The store went away since; what became of the reply is known all the same.
    return replace(
        reply,
        state=_state_after(reply, outcome),
        native_id=outcome.native_id,
        detail=outcome.detail,
        retry_at=outcome.retry_at,
    )


def get_reply(store: Store, reply_id: int) -> Reply:
    """A reply by id. Raises `NotFound`."""
    reply = store.outbox.get(reply_id)
    if reply is None:
        raise NotFound(f"There is no reply {reply_id}.", hint="See `triage outbox list`.")
    return reply


def _queue(store: Store, reply_id: int, now: int) -> Reply:
    reply = get_reply(store, reply_id)
    refuse_out_of_turn(store, reply)
    refuse_unreviewed(store, reply)
    if reply.state is ReplyState.SCHEDULED:
        # Sent by a person before its time: as a draft it has no time any more.
        with store.tx():
            store.outbox.move(reply_id, reply.state, ReplyState.DRAFT, now, detail="")
        reply = get_reply(store, reply_id)
    if reply.state in (ReplyState.DRAFT, ReplyState.FAILED, ReplyState.HELD):
        with store.tx():
            refuse_unreviewed(store, get_reply(store, reply_id))
            store.outbox.move(reply_id, reply.state, ReplyState.QUEUED, now, detail="")
        reply = get_reply(store, reply_id)
    if reply.state is not ReplyState.QUEUED:
        raise Refused(
            f"Reply {reply_id} cannot be sent: it is {reply.state.value}.",
            reason=reply.detail,
            hint=f"See `triage outbox list`, or `triage outbox settle {reply_id}`.",
        )
    return reply


def _mark_sending(sender: Sender, reply: Reply, press: Press | None) -> bool:
    """Commit that it is about to leave; False if it is held instead, for somebody else's sake."""
    at, brand_id = sender.now(), sender.account.brand_id
    with sender.store.tx():
        sender.store.fence()
        if stand_aside(sender.store, brand_id, reply, press, at):
            return False
        if hold_unfit(sender.store, brand_id, reply, at):
            return False
        moved = sender.store.outbox.move(
            reply.id, ReplyState.QUEUED, ReplyState.SENDING, at, attempted_at=at, detail=""
        )
        if not moved:
            raise Refused(f"Reply {reply.id} was taken by another process.")
        sender.generation.advance()
    try:
        sender.generation.confirm()
    except OSError as error:
        with sender.store.tx():
            sender.store.outbox.move(reply.id, ReplyState.SENDING, ReplyState.QUEUED, sender.now())
        raise Refused(
            "The reply was not sent: the state directory cannot be written.",
            reason=str(error),
            hint="Mend that (`triage config path` names it); the next fetch sends the reply.",
        ) from error
    return True


def _check_lock(sender: Sender, reply: Reply) -> None:
    """Look at the lock once more, right before anything leaves: the machine may have slept."""
    try:
        sender.store.fence()
    except STORE_FAILURES as error:
        with contextlib.suppress(*STORE_FAILURES):
            # Whoever sends now may have locked it already; then a person is asked.
            sender.store.outbox.move(reply.id, ReplyState.SENDING, ReplyState.QUEUED, sender.now())
        error.reason += f" Nothing was sent; the text is kept as reply {reply.id}."
        raise


def _post(sender: Sender, reply: Reply, media: tuple[str, ...]) -> PostOutcome:
    try:
        return sender.channel.post(
            Outgoing(reply.text, reply.in_reply_to, media, reply.follows_id is not None)
        )
    except BaseException:
        # Interrupted with bytes perhaps on their way: locked now, not only by the next run.
        with sender.store.tx():
            sender.store.outbox.move(
                reply.id,
                ReplyState.SENDING,
                ReplyState.UNKNOWN,
                sender.now(),
                detail="interrupted while it was being sent",
            )
        raise


def _not_noted(reply: Reply, outcome: PostOutcome, error: TriageError) -> FateUnknown:
    """It left, and the disk is full: it stays `sending` there, and the next run locks it."""
    posted = outcome.fate is Fate.SENT
    told = f"It is public as {outcome.native_id}. " if posted else ""
    return FateUnknown(
        "The reply was posted, but that could not be written down."
        if posted
        else "How the reply ended could not be written down.",
        reason=f"{error.reason} {told}Reply {reply.id} is locked so that it cannot go out twice.",
        hint="Mend that, then run `triage fetch`: it looks for the reply on our timeline.",
    )


def _record(sender: Sender, reply: Reply, outcome: PostOutcome) -> None:
    after = _state_after(reply, outcome)
    if after is ReplyState.SENT and outcome.native_id is not None:
        _record_sent(sender, reply, outcome.native_id)
        return
    with sender.store.tx():
        if after is ReplyState.FAILED:
            forget_uploads(sender.store, reply, sender.now())
        sender.store.outbox.move(
            reply.id,
            ReplyState.SENDING,
            after,
            sender.now(),
            detail=(NOT_ACCEPTED if outcome.sign_in else "") + outcome.detail,
            retry_at=outcome.retry_at,
        )


def _state_after(reply: Reply, outcome: PostOutcome) -> ReplyState:
    if outcome.fate is Fate.SENT and outcome.native_id is not None:
        return ReplyState.SENT
    after = {
        Fate.NOT_SENT: ReplyState.QUEUED,
        Fate.REFUSED: ReplyState.FAILED,
    }.get(outcome.fate, ReplyState.UNKNOWN)
    repeated = reply.attempts > 0 and _DUPLICATE in outcome.detail.lower()
    if after is ReplyState.FAILED and repeated:
        # Sent again by a person's word, and the channel has it already: most likely it was sent.
        return ReplyState.UNKNOWN
    return after


def _record_sent(sender: Sender, reply: Reply, native_id: str) -> None:
    """The confirmation, the message and the end of the wait: together."""
    store, at = sender.store, sender.now()
    with store.tx():
        # It is public, whatever another run thought of it that found our lock free.
        for before in (ReplyState.SENDING, ReplyState.UNKNOWN):
            store.outbox.move(reply.id, before, ReplyState.SENT, at, native_id=native_id, detail="")
        post = _own_post(sender, reply, native_id, at)
        store.messages.save_posts(
            sender.account.brand_id,
            sender.account.channel,
            [Incoming(post, Role.OWN, sender.account.id)],
            at,
        )
        _log_sent(store, sender.account.brand_id, reply, at)
        queue_next(store, reply, native_id, at)
        let_go(store, reply)
        store.messages.mark_unjudged_around(
            sender.account.brand_id, sender.account.channel, native_id
        )
        if reply.conversation_id is not None:
            judge_conversation(
                store, sender.account.brand_id, reply.conversation_id, sender.tagger_for
            )
        judge_batch(store, sender.account.brand_id, sender.tagger_for, _JUDGED_ALONG)
    with contextlib.suppress(*STORE_FAILURES):
        # It is sent and written down. How far the index is stands in the store: it is caught up.
        store.index_search()


def _own_post(sender: Sender, reply: Reply, native_id: str, at: int) -> Post:
    account = sender.account
    conversation = (
        sender.store.reading.conversation(reply.conversation_id) if reply.conversation_id else None
    )
    epoch = sender.channel.capabilities.id_epoch_ms
    has_time = epoch is not None and native_id.isdecimal()
    return Post(
        native_id=native_id,
        author=Author(account.native_id or f"@{account.handle}", account.handle),
        text=reply.text,
        posted_at=(int(native_id) >> 22) + (epoch or 0) if has_time else at,
        thread_id=conversation.thread_id if conversation else None,
        in_reply_to=reply.in_reply_to,
        url=sender.channel.post_url(account.handle, native_id),
    )


def _log_sent(store: Store, brand_id: int, reply: Reply, at: int) -> None:
    store.activity.add(
        brand_id,
        Activity(
            uuid=f"reply-{reply.uuid}",
            at=at,
            agent=reply.agent,
            what="reply",
            conversation_id=reply.conversation_id,
            after=ReplyState.SENT.value,
            detail=f"reply {reply.id}"
            + (f", written by {reply.written_by}" if reply.written_by else ""),
            seen_at=reply.seen_at,
            seen_id=reply.seen_id,
        ),
    )
