"""Taking back a reply that is public: wished first, so that a crash between cannot forget it.

The wish is a row; deleting is repeated until the channel says that the post is gone, which is
harmless. Then, and only then, the answer is one no more, and the wait that it had ended is open
again with the clock that it had.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from triage.app.judging import judge_conversation, judge_pending
from triage.app.outbox import drop
from triage.app.parts import CANCELLABLE, parts_of
from triage.app.replying import Sender, get_reply
from triage.core.model import DAY
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.privacy import FORGOTTEN
from triage.core.records import Activity, Reply
from triage.errors import ChannelError, Refused, TriageError

GIVE_UP_AFTER = DAY
"""For how long a channel that answers, and does not delete, is asked again, ms."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of wishes.

    Attributes:
        deleted: Replies that are public no more.
        failed: Replies that the channel would not delete, with its words.
        error: What stopped it; the rest is tried by the next run.
    """

    deleted: Sequence[Reply] = ()
    failed: Sequence[tuple[Reply, str]] = ()
    error: TriageError | None = None


def wish(store: Store, brand_id: int, reply_id: int, agent: str, now: int) -> Reply:
    """Write down that a reply is to be taken back, before anything is asked of the channel.

    Raises:
        Refused: It is not public by us: never sent, of unknown fate, or taken back already.
    """
    reply = get_reply(store, reply_id)
    if reply.state is not ReplyState.SENT or reply.native_id is None:
        raise Refused(
            f"Reply {reply_id} is {reply.state.value}: there is nothing to take back.",
            reason=reply.detail,
            hint=_way_out(reply),
        )
    if reply.native_id.startswith(FORGOTTEN):
        raise Refused(
            f"Reply {reply_id} answered somebody who was forgotten since.",
            reason="Which post it became is not kept any more.",
            hint="Delete it on the channel's own page.",
        )
    with store.tx():
        if not store.outbox.wish_undone(reply_id, now):
            raise Refused(f"Reply {reply_id} was taken back by another process.")
        if reply.undo_at is None:
            _log(store, brand_id, reply, agent, now, after="wished")
    return get_reply(store, reply_id)


def wish_all(store: Store, brand_id: int, reply_id: int, agent: str, now: int) -> list[Reply]:
    """Write down that an answer is to be taken back, of a thread every part of it.

    Parts that have not left are given up first, so that nothing follows what is deleted.

    Returns:
        What is to be deleted, the last part first.

    Raises:
        Refused: Nothing of it is public by us, or nobody knows of a part whether it is.
    """
    reply = get_reply(store, reply_id)
    if not reply.parts:
        return [wish(store, brand_id, reply_id, agent, now)]
    parts = parts_of(store, reply)
    for part in parts:
        if part.state in (ReplyState.SENDING, ReplyState.UNKNOWN):
            raise Refused(
                f"Part {part.part} of {part.parts} is {part.state.value}: it may be public.",
                reason="A thread is taken back as a whole.",
                hint=f"Find out first: triage outbox settle {part.id}",
            )
    public = [p for p in reversed(parts) if p.state is ReplyState.SENT]
    if not public:
        return [wish(store, brand_id, reply_id, agent, now)]
    with store.tx():
        if any(p.state in CANCELLABLE for p in parts):
            drop(store, brand_id, reply_id, agent, now)
        return [wish(store, brand_id, p.id, agent, now) for p in public]


def _way_out(reply: Reply) -> str:
    if reply.state is ReplyState.UNKNOWN:
        return f"Find out first whether it is public: triage outbox settle {reply.id}"
    if reply.state in (ReplyState.SENDING, ReplyState.DELETED, ReplyState.CANCELLED):
        return "See `triage outbox list --all`."
    return f"Give it up: triage drafts drop {reply.id}"


def take_back(sender: Sender, reply_id: int) -> Reply:
    """Delete what was wished to be taken back; repeating it is harmless.

    Raises:
        TryLater: The channel did not answer, or asked to wait: the next fetch tries again.
        SignInNeeded: Credentials are missing or not accepted; the wish stands.
        Refused: The channel will not delete it; the wish is forgotten, the reply stands.
        ChannelError: The channel's answer tells nothing for certain; the wish stands for a day.
    """
    store = sender.store
    reply = get_reply(store, reply_id)
    if reply.state is ReplyState.DELETED:
        return reply
    if reply.native_id is None:
        raise Refused(f"Reply {reply_id} has no post that could be taken back.")
    try:
        is_gone, why = sender.channel.delete(reply.native_id), "it is not a post of this account"
    except ChannelError as error:
        if sender.now() - (reply.undo_at or 0) <= GIVE_UP_AFTER:
            raise
        is_gone, why = False, " ".join(w for w in (error.message, error.reason) if w)
    if not is_gone:
        _forget(sender, reply, why)
        raise Refused(
            f"Reply {reply_id} was not taken back: {why}.",
            reason="It is still public.",
            hint="Delete it in a browser.",
        )
    return _record(sender, reply)


def _record(sender: Sender, reply: Reply) -> Reply:
    """The state, the message and the wait: together."""
    store, account, at = sender.store, sender.account, sender.now()
    with store.tx():
        moved = store.outbox.move(reply.id, ReplyState.SENT, ReplyState.DELETED, at, detail="")
        if not moved:
            # Another process asked for the same; what it wrote stands.
            return get_reply(store, reply.id)
        store.messages.mark_deleted(account.brand_id, account.channel, [reply.native_id or ""], at)
        who = _who(store, account.brand_id, reply)
        _log(store, account.brand_id, reply, who, at, before="sent", after="deleted")
        if reply.conversation_id is not None:
            judge_conversation(store, account.brand_id, reply.conversation_id, sender.tagger_for)
    judge_pending(store, account.brand_id, sender.tagger_for)
    return get_reply(store, reply.id)


def _forget(sender: Sender, reply: Reply, why: str) -> None:
    with sender.store.tx():
        sender.store.outbox.wish_undone(reply.id, None)
        sender.store.outbox.note(reply.id, f"not taken back: {why}", sender.now())


def finish_wishes(sender: Sender) -> Undone:
    """Take back what was wished and is still there; what a crash or the network left over."""
    deleted: list[Reply] = []
    failed: list[tuple[Reply, str]] = []
    # The newest first: of a thread the last part goes before what it answers.
    for reply in reversed(sender.store.outbox.wished_undone(sender.account.brand_id)):
        if reply.account_id != sender.account.id:
            continue
        try:
            deleted.append(take_back(sender, reply.id))
        except (Refused, ChannelError) as error:
            failed.append((get_reply(sender.store, reply.id), error.message))
        except TriageError as error:
            return Undone(deleted, failed, error)
    return Undone(deleted, failed)


def _who(store: Store, brand_id: int, reply: Reply) -> str:
    """Who wished it."""
    acts = store.activity.log(brand_id, reply.conversation_id, None)
    words = _words(reply)
    wishes = [a for a in acts if a.what == "undo" and a.detail == words]
    return wishes[-1].agent if wishes else ""


def _words(reply: Reply) -> str:
    return f"reply {reply.id}"


def _log(
    store: Store,
    brand_id: int,
    reply: Reply,
    agent: str,
    at: int,
    *,
    after: str,
    before: str | None = None,
) -> None:
    store.activity.add(
        brand_id,
        Activity(
            uuid=uuid.uuid4().hex,
            at=at,
            agent=agent,
            what="undo",
            conversation_id=reply.conversation_id,
            before=before,
            after=after,
            detail=_words(reply),
        ),
    )
