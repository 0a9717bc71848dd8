"""Answer a customer: once, or not at all, and always known which.

The text is saved before anything else. The row is committed as `sending` before a byte leaves. What
cannot be known is kept as `unknown` until our own timeline or a person settles it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from triage.app.acting import find_mention, newest_mention
from triage.app.guards import HELD, outbox_guards
from triage.app.judging import TaggerFor, judge_batch, judge_conversation
from triage.core.accounts import Account
from triage.core.channel import Channel, Fate, Outgoing, PostOutcome
from triage.core.model import Author, Post, Role, id_key
from triage.core.outbox import ReplyState
from triage.core.ports import Incoming, Store
from triage.core.records import Activity, ConversationView, MessageView, Reply
from triage.errors import NotFound, Refused

NOT_ACCEPTED = "the credentials were not accepted: "
"""Begins the detail of a reply that other credentials could have sent."""

RESTORED = "the database was restored or copied; it may have been sent since"
"""Detail of a reply that a restored store holds until our own timeline was read."""

_DUPLICATE = "duplicate"
_JUDGED_ALONG = 1_000


class GenerationPort(Protocol):
    """Notices a restored or copied store; see `store.generation`."""

    def is_known(self) -> bool:
        """Whether this is the file that this machine wrote last."""
        ...

    def advance(self) -> str:
        """Give the store its next generation, inside the transaction of the send."""
        ...

    def confirm(self) -> None:
        """Write the generation beside the store, before anything leaves."""
        ...


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending needs.

    Attributes:
        channel: The way to the account that sends.
        lock: Held while anything is sent, so that what a dead process left is told apart.
        now: UTC ms.
    """

    store: Store
    channel: Channel
    account: Account
    generation: GenerationPort
    lock: Callable[[], AbstractContextManager[None]]
    now: Callable[[], int]
    tagger_for: TaggerFor


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
        if m.conversation_id == conversation.id and m.role is Role.MENTION
    ]
    standing = [m for m in mentions if m.deleted_at is None] or mentions
    if standing:
        return max(standing, key=lambda m: (m.posted_at, id_key(m.native_id)))
    newest = newest_mention(store, conversation)
    if newest is None:
        raise NotFound(f"#{conversation.id} has no mention to answer.")
    return newest


def save_draft(
    store: Store,
    account: Account,
    conversation: ConversationView,
    target: MessageView,
    text: str,
    agent: str,
    now: int,
) -> Reply:
    """Save what was typed, before anything else happens to it."""
    seen = newest_mention(store, conversation) or target
    with store.tx():
        return store.outbox.draft(
            conversation.brand_id,
            Reply(
                id=0,
                uuid=uuid.uuid4().hex,
                account_id=account.id,
                conversation_id=conversation.id,
                in_reply_to=target.native_id,
                text=text,
                state=ReplyState.DRAFT,
                agent=agent,
                seen_at=seen.posted_at,
                seen_id=seen.native_id,
                created_at=now,
                changed_at=now,
            ),
        )


def check_generation(store: Store, generation: GenerationPort, brand_id: int, now: int) -> bool:
    """Hold the outbox of a restored or copied store until our own timeline was read.

    Returns:
        True if it was noticed by this call.
    """
    if generation.is_known() or store.settings.get(HELD) is not None:
        return False
    with store.tx():
        store.settings.put(HELD, str(now))
        for state in (ReplyState.QUEUED, ReplyState.SCHEDULED):
            for reply in store.outbox.list_states(brand_id, [state]):
                store.outbox.move(reply.id, state, ReplyState.HELD, now, detail=RESTORED)
    return True


def recover(store: Store, brand_id: int, now: int) -> int:
    """Lock what a dead process was sending; call it with the send lock held."""
    with store.tx():
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


def send(sender: Sender, reply_id: int) -> Reply:
    """Send a draft or a queued reply, once.

    Returns:
        The reply in the state that it ended in: `sent`, `queued` (it never left), `failed` or
        `unknown`.

    Raises:
        Refused: It is not to be sent: paused, held, on its way already, or not a draft.
    """
    store = sender.store
    with sender.lock():
        recover(store, sender.account.brand_id, sender.now())
        # Sending gives the store a new generation: what it was restored from is seen now or never.
        check_generation(store, sender.generation, sender.account.brand_id, sender.now())
        stop = next((g for g in outbox_guards(store) if g.stops), None)
        if stop is not None:
            raise Refused(stop.message, reason="Nothing was sent.", hint=stop.hint)
        reply = _queue(store, reply_id, sender.now())
        _mark_sending(sender, reply)
        outcome = _post(sender, reply)
        _record(sender, reply, outcome)
    return get_reply(store, reply_id)


def get_reply(store: Store, reply_id: int) -> Reply:
    """A reply by id. Raises `NotFound`."""
    reply = store.outbox.get(reply_id)
    if reply is None:
        raise NotFound(f"There is no reply {reply_id}.", hint="See `triage outbox list`.")
    return reply


def _queue(store: Store, reply_id: int, now: int) -> Reply:
    reply = get_reply(store, reply_id)
    if reply.state in (ReplyState.DRAFT, ReplyState.FAILED, ReplyState.HELD):
        with store.tx():
            store.outbox.move(reply_id, reply.state, ReplyState.QUEUED, now, detail="")
        reply = get_reply(store, reply_id)
    if reply.state is not ReplyState.QUEUED:
        raise Refused(
            f"Reply {reply_id} cannot be sent: it is {reply.state.value}.",
            reason=reply.detail,
            hint=f"See `triage outbox list`, or `triage outbox settle {reply_id}`.",
        )
    return reply


def _mark_sending(sender: Sender, reply: Reply) -> None:
    at = sender.now()
    with sender.store.tx():
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


def _post(sender: Sender, reply: Reply) -> PostOutcome:
    try:
        return sender.channel.post(Outgoing(reply.text, reply.in_reply_to))
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


def _record(sender: Sender, reply: Reply, outcome: PostOutcome) -> None:
    if outcome.fate is Fate.SENT and outcome.native_id is not None:
        _record_sent(sender, reply, outcome.native_id)
        return
    after = {
        Fate.NOT_SENT: ReplyState.QUEUED,
        Fate.REFUSED: ReplyState.FAILED,
    }.get(outcome.fate, ReplyState.UNKNOWN)
    repeated = reply.attempts > 0 and _DUPLICATE in outcome.detail.lower()
    if after is ReplyState.FAILED and repeated:
        # Sent again by a person's word, and the channel has it already: most likely it was sent.
        after = ReplyState.UNKNOWN
    with sender.store.tx():
        sender.store.outbox.move(
            reply.id,
            ReplyState.SENDING,
            after,
            sender.now(),
            detail=(NOT_ACCEPTED if outcome.sign_in else "") + outcome.detail,
            retry_at=outcome.retry_at,
        )


def _record_sent(sender: Sender, reply: Reply, native_id: str) -> None:
    """The confirmation, the message and the end of the wait: together."""
    store, at = sender.store, sender.now()
    with store.tx():
        store.outbox.move(
            reply.id, ReplyState.SENDING, ReplyState.SENT, at, native_id=native_id, detail=""
        )
        post = _own_post(sender, reply, native_id, at)
        store.messages.save_posts(
            sender.account.brand_id,
            sender.account.channel,
            [Incoming(post, Role.OWN, sender.account.id)],
            at,
        )
        _log_sent(store, sender.account.brand_id, reply, at)
        store.messages.mark_unjudged_around(
            sender.account.brand_id, sender.account.channel, native_id
        )
        if reply.conversation_id is not None:
            judge_conversation(
                store, sender.account.brand_id, reply.conversation_id, sender.tagger_for
            )
        judge_batch(store, sender.account.brand_id, sender.tagger_for, _JUDGED_ALONG)
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
            detail=f"reply {reply.id}",
            seen_at=reply.seen_at,
            seen_id=reply.seen_id,
        ),
    )
