"""What becomes of replies that are not simply sent: settling, pausing, trying again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from triage.app.guards import HELD, PAUSED, answer_since
from triage.app.judging import TaggerFor, judge_batch, judge_conversation
from triage.app.replying import NOT_ACCEPTED, RESTORED, Sender, get_reply, recover, send
from triage.core.accounts import Account
from triage.core.channel import Stream
from triage.core.model import Role
from triage.core.outbox import ASK_AFTER, CLOCK_SKEW, Attempt, ReplyState, settle
from triage.core.ports import Store
from triage.core.records import Activity, Reply
from triage.errors import FateUnknown, NotFound, Refused, SignInNeeded, TriageError, TryLater

_JUDGED_ALONG = 1_000
ABSENT = "not found on our timeline; that proves nothing: a person must decide"
"""Said of an unknown reply once our timeline was read completely, some minutes later."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a look at our own timeline settled.

    Attributes:
        sent: Replies that were found to be public.
        asked: Replies that were looked for and not found: a person must decide.
        released: Replies that a restored store had held, and may go out now.
    """

    sent: Sequence[Reply] = ()
    asked: Sequence[Reply] = ()
    released: Sequence[Reply] = ()


def settle_by_timeline(store: Store, account: Account, now: int, tagger_for: TaggerFor) -> Settled:
    """Look for replies of open fate among our posts as they were last read.

    Call it after our own posts were fetched. What is found is `sent`; what is not stays as it is.
    """
    attempts = _open_attempts(store, account)
    if not attempts:
        return Settled()
    since = min(a.attempted_at for a in attempts) - CLOCK_SKEW
    timeline = store.reading.own_posts(account.id, since)
    found = settle(attempts, timeline, store.outbox.sent_ids(account.brand_id, since))
    sent = [_mark_found(store, account, i, native, now, tagger_for) for i, native in found.items()]
    asked = _ask_about(store, account, [a for a in attempts if a.reply_id not in found], now)
    return Settled(sent=sent, asked=asked)


def _open_attempts(store: Store, account: Account) -> list[Attempt]:
    states = [ReplyState.UNKNOWN]
    if store.settings.get(HELD) is not None:
        states.append(ReplyState.HELD)
    return [
        Attempt(r.id, str(r.account_id), r.in_reply_to, r.text, r.attempted_at or r.created_at)
        for r in store.outbox.list_states(account.brand_id, states)
        if r.account_id == account.id
    ]


def _mark_found(
    store: Store, account: Account, reply_id: int, native_id: str, now: int, tagger_for: TaggerFor
) -> Reply:
    reply = get_reply(store, reply_id)
    with store.tx():
        found = "found on our timeline"
        if not store.outbox.move(
            reply_id, reply.state, ReplyState.SENT, now, native_id=native_id, detail=found
        ):
            # Another process settled it between our look and now; its word stands.
            return get_reply(store, reply_id)
        _log(store, account.brand_id, reply, now, ReplyState.SENT, found)
        store.messages.mark_unjudged_around(account.brand_id, account.channel, native_id)
        if reply.conversation_id is not None:
            judge_conversation(store, account.brand_id, reply.conversation_id, tagger_for)
        judge_batch(store, account.brand_id, tagger_for, _JUDGED_ALONG)
    return get_reply(store, reply_id)


def _ask_about(store: Store, account: Account, missing: Sequence[Attempt], now: int) -> list[Reply]:
    """Ask a person, once a reading that began late enough came to its end without a find."""
    read_at = store.accounts.checkpoint(account.id, Stream.OWN.value).completed_at or 0
    asked = []
    for attempt in missing:
        reply = get_reply(store, attempt.reply_id)
        late_enough = read_at >= attempt.attempted_at + ASK_AFTER
        if reply.state is ReplyState.UNKNOWN and late_enough and reply.detail != ABSENT:
            with store.tx():
                store.outbox.note(reply.id, ABSENT, now)
            asked.append(get_reply(store, reply.id))
    return asked


def release_held(store: Store, account: Account, now: int, sender: Sender) -> list[Reply]:
    """After a restored store has read our timeline: what was not found there may go out."""
    since = store.settings.get(HELD)
    if since is None:
        return []
    read_at = store.accounts.checkpoint(account.id, Stream.OWN.value).completed_at or 0
    if read_at < int(since):
        return []
    released, others = [], False
    with store.tx():
        for reply in store.outbox.list_states(account.brand_id, [ReplyState.HELD]):
            if reply.detail != RESTORED:
                continue
            if reply.account_id != account.id:
                others = True
                continue
            store.outbox.move(reply.id, ReplyState.HELD, ReplyState.QUEUED, now, detail="released")
            released.append(reply.id)
        if not others:
            store.settings.put(HELD, None)
        sender.generation.advance()
    sender.generation.confirm()
    return [get_reply(store, i) for i in released]


def flush(sender: Sender, now: int) -> list[Reply]:
    """Send what is queued and due, oldest first; stop at the first that did not go out.

    A reply whose customer was answered meanwhile is held for a person to look at.
    """
    store, done = sender.store, []
    if store.settings.get(PAUSED) is not None or store.settings.get(HELD) is not None:
        return []
    for reply in store.outbox.list_states(sender.account.brand_id, [ReplyState.QUEUED]):
        if reply.account_id != sender.account.id or (reply.retry_at or 0) > now:
            continue
        if answer_since(store, reply) is not None:
            with store.tx():
                store.outbox.move(
                    reply.id,
                    ReplyState.QUEUED,
                    ReplyState.HELD,
                    now,
                    detail="somebody answered meanwhile",
                )
            done.append(get_reply(store, reply.id))
            continue
        done.append(send(sender, reply.id))
        if done[-1].state is not ReplyState.SENT:
            break
    return done


def settle_as_sent(
    store: Store, account: Account, reply_id: int, reference: str, now: int, tagger_for: TaggerFor
) -> Reply:
    """A person says which post an unknown reply became.

    Raises:
        NotFound: Our timeline, as far as it was read, has no such post.
        Refused: The reply's fate is not open.
    """
    reply = _unknown(store, reply_id)
    message_id = store.reading.message_id(account.brand_id, reference)
    found = store.reading.messages([message_id]) if message_id is not None else []
    if not found or found[0].role is not Role.OWN:
        raise NotFound(
            f"{reference!r} is not among our own posts that were fetched.",
            hint="Run `triage fetch` first, and name the post's URL or id.",
        )
    if found[0].agent is not None:
        raise Refused(f"{reference!r} belongs to another reply already.")
    return _mark_found(store, account, reply.id, found[0].native_id, now, tagger_for)


def settle_by_hand(
    store: Store, brand_id: int, reply_id: int, agent: str, now: int, *, resend: bool
) -> Reply:
    """A person says that an unknown reply is not public: send it again, or let it be."""
    reply = _unknown(store, reply_id)
    after = ReplyState.QUEUED if resend else ReplyState.CANCELLED
    with store.tx():
        words = f"settled by {agent or 'a person'}"
        if not store.outbox.move(reply_id, ReplyState.UNKNOWN, after, now, detail=words):
            raise Refused(
                f"Reply {reply_id} was settled by somebody else meanwhile.",
                hint="See `triage outbox list --all`.",
            )
        _log(store, brand_id, reply, now, after, "", agent)
    return get_reply(store, reply_id)


def _unknown(store: Store, reply_id: int) -> Reply:
    reply = get_reply(store, reply_id)
    if reply.state is not ReplyState.UNKNOWN:
        raise Refused(
            f"Reply {reply_id} is {reply.state.value}; there is nothing to settle.",
            hint="See `triage outbox list`.",
        )
    return reply


def drop(store: Store, brand_id: int, reply_id: int, agent: str, now: int) -> Reply:
    """Give up a reply that has not left. Raises `Refused` if it may have."""
    reply = get_reply(store, reply_id)
    cancellable = (
        ReplyState.DRAFT,
        ReplyState.SCHEDULED,
        ReplyState.HELD,
        ReplyState.QUEUED,
        ReplyState.FAILED,
    )
    if reply.state not in cancellable:
        raise Refused(
            f"Reply {reply_id} is {reply.state.value} and cannot be dropped.",
            hint="See `triage outbox list`.",
        )
    with store.tx():
        if not store.outbox.move(reply_id, reply.state, ReplyState.CANCELLED, now, detail=""):
            raise Refused(f"Reply {reply_id} was taken by another process.")
        _log(store, brand_id, reply, now, ReplyState.CANCELLED, "", agent)
    return get_reply(store, reply_id)


def pause(store: Store, brand_id: int, agent: str, now: int, since: str) -> None:
    """Stop all sending at once, on every account."""
    with store.tx():
        store.settings.put(PAUSED, f"by {agent or 'somebody'}, {since}")
        _mark(store, brand_id, "pause", agent, now)


def resume(store: Store, brand_id: int, agent: str, now: int) -> None:
    """Let replies go out again."""
    with store.tx():
        store.settings.put(PAUSED, None)
        _mark(store, brand_id, "resume", agent, now)


def recover_orphans(sender: Sender) -> int:
    """Lock what a dead process was sending."""
    with sender.lock():
        return recover(sender.store, sender.account.brand_id, sender.now())


def _mark(store: Store, brand_id: int, what: str, agent: str, now: int) -> None:
    store.activity.add(brand_id, Activity(uuid=uuid.uuid4().hex, at=now, agent=agent, what=what))


def _log(
    store: Store,
    brand_id: int,
    reply: Reply,
    now: int,
    after: ReplyState,
    detail: str,
    agent: str | None = None,
) -> None:
    store.activity.add(
        brand_id,
        Activity(
            uuid=uuid.uuid4().hex,
            at=now,
            agent=reply.agent if agent is None else agent,
            what="settle" if reply.state is ReplyState.UNKNOWN else "reply",
            conversation_id=reply.conversation_id,
            before=reply.state.value,
            after=after.value,
            detail=f"reply {reply.id}. {detail}".strip(),
        ),
    )


def failure_of(reply: Reply) -> TriageError | None:
    """What a person must be told of a reply that did not go out; None if it did."""
    if reply.state is ReplyState.UNKNOWN:
        return FateUnknown(
            f"We do not know whether the reply was posted: {reply.detail}.",
            reason=f"Reply {reply.id} is locked so that it cannot go out twice; "
            "the next fetch looks for it on our timeline.",
            hint=f"Look now: triage outbox settle {reply.id}",
        )
    if reply.state is ReplyState.QUEUED:
        return TryLater(
            f"The reply was not sent: {reply.detail}.",
            reason=f"It provably never left, so reply {reply.id} is queued; nothing is lost.",
            hint="Nothing to do: the next fetch sends it. Now: "
            f"triage drafts send {reply.id}. Give it up: triage drafts drop {reply.id}",
        )
    if reply.state is ReplyState.FAILED:
        kind = SignInNeeded if reply.detail.startswith(NOT_ACCEPTED) else Refused
        return kind(
            f"The reply was refused: {reply.detail}.",
            reason=f"Nothing was posted. The text is kept as reply {reply.id}.",
            hint=f"Send it again when that is mended: triage drafts send {reply.id}",
        )
    if reply.state is ReplyState.HELD:
        return Refused(
            f"Reply {reply.id} is held: {reply.detail}.",
            hint=f"Send it all the same: triage drafts send {reply.id}",
        )
    return None
