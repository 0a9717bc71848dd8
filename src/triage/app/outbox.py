"""What becomes of replies that are not simply sent: settling, pausing, trying again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from triage.app.attaching import sweep
from triage.app.clock import known_skew
from triage.app.event_gate import give_up_over
from triage.app.guards import HELD, NOT_ACCEPTED, PAUSED, RESTORED
from triage.app.holding_back import reason_to_hold
from triage.app.judging import TaggerFor, judge_batch, judge_conversation
from triage.app.parts import CANCELLABLE, is_waiting, parts_of, queue_next
from triage.app.preflight import Look
from triage.app.replying import Sender, get_reply, recover
from triage.app.thread_sending import send_thread
from triage.core.accounts import Account
from triage.core.channel import Stream
from triage.core.events import SCHEDULE
from triage.core.model import Role
from triage.core.outbox import ASK_AFTER, CLOCK_SKEW, Attempt, ReplyState, settle
from triage.core.outlook import ABSENT
from triage.core.ports import Store
from triage.core.records import Activity, Reply
from triage.errors import FateUnknown, NotFound, Refused, SignInNeeded, TriageError, TryLater

_JUDGED_ALONG = 1_000


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
    skew = known_skew(store)
    lead = skew.lead if skew is not None else 0
    sent: list[Reply] = []
    while attempts := _open_attempts(store, account, lead):
        since = min(a.attempted_at for a in attempts) - CLOCK_SKEW
        timeline = store.reading.own_posts(account.id, since)
        found = settle(attempts, timeline, store.outbox.sent_ids(account.brand_id, since))
        if not found:
            break
        # What a part of a thread answers is known when the part before it was found: look again.
        sent += [_mark_found(store, account, i, n, now, tagger_for) for i, n in found.items()]
    return Settled(sent=sent, asked=_ask_about(store, account, attempts, now))


def _open_attempts(store: Store, account: Account, lead: int) -> list[Attempt]:
    """Replies of open fate, by the channel's clock: ours is `lead` ms ahead of it."""
    restored = store.settings.get(HELD) is not None
    return [
        Attempt(
            r.id,
            str(r.account_id),
            r.in_reply_to,
            r.text,
            _tried_since(r) - lead,
            has_media=bool(store.media.of(r.id)),
        )
        for r in store.outbox.list_states(account.brand_id, [ReplyState.UNKNOWN, ReplyState.HELD])
        # What is held may be public if this store forgot it, or if a person posted it by hand.
        if r.state is ReplyState.UNKNOWN or restored or r.schedule == SCHEDULE
        if r.account_id == account.id and not is_waiting(r)
    ]


def _tried_since(reply: Reply) -> int:
    """From when on it can have been posted: of several attempts, an earlier one may have."""
    first = reply.attempted_at if reply.attempts <= 1 else None
    return reply.created_at if first is None else first


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
        queue_next(store, reply, native_id, now)
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
        late_enough = read_at >= (reply.attempted_at or 0) + ASK_AFTER
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
            after = ReplyState.SCHEDULED if reply.schedule else ReplyState.QUEUED
            store.outbox.move(reply.id, ReplyState.HELD, after, now, detail="released")
            released.append(reply.id)
        if not others:
            store.settings.put(HELD, None)
        sender.generation.advance(covers=int(since))
    try:
        sender.generation.confirm()
    except OSError as error:
        raise Refused(
            "The outbox stays held: the state directory cannot be written.",
            reason=str(error),
            hint="Mend that (`triage config path` names it); the next fetch goes on.",
        ) from error
    return [get_reply(store, i) for i in released]


class _HeldBack(Refused):
    """Something speaks against it that came up between the look and the lock."""


def flush(
    sender: Sender, now: int, chosen: Callable[[Reply], bool] = lambda _: True
) -> list[Reply]:
    """Send what is queued, and what is scheduled for a time that has come, oldest first.

    Each is looked at before it goes, and held for a person where something speaks against it; one
    that is scheduled for later is held as soon as that is known. One that fails, or whose fate is
    unknown, keeps nobody else's back. What stops the run: a reply that never left (no network, a
    rate limit), credentials that are not accepted, and a second one of unknown fate.

    Args:
        sender: What sending needs.
        now: UTC ms.
        chosen: Which of them; all by default.

    Returns:
        Those that were held or that it tried to send, as they are now.
    """
    store, unknown = sender.store, 0
    done: list[Reply] = []
    sweep(store)
    if store.settings.get(PAUSED) is not None or store.settings.get(HELD) is not None:
        return []
    done += give_up_over(store, sender.account.brand_id, now)
    waiting = store.outbox.list_states(
        sender.account.brand_id, [ReplyState.SCHEDULED, ReplyState.QUEUED]
    )
    for reply in waiting:
        if reply.account_id != sender.account.id or not chosen(reply):
            continue
        tried = _tried(sender, reply, now)
        if not tried:
            continue
        done += tried
        after = tried[-1]
        unknown += after.state is ReplyState.UNKNOWN
        not_accepted = after.detail.startswith(NOT_ACCEPTED)
        if after.state is ReplyState.QUEUED or not_accepted or unknown > 1:
            break
    return done


def _hold_back(sender: Sender, reply: Reply, now: int, look: Look | None = None) -> Reply | None:
    store = sender.store
    why = _reason(sender, reply, now, look)
    return _hold(store, reply, why, now) if why is not None else None


def _reason(sender: Sender, reply: Reply, now: int, look: Look | None) -> str | None:
    return reason_to_hold(
        sender.store,
        sender.account.brand_id,
        reply,
        now,
        late_after=sender.late_after,
        look=look,
        spikes=sender.spikes,
    )


def _hold(store: Store, reply: Reply, why: str, now: int) -> Reply | None:
    with store.tx():
        moved = store.outbox.move(reply.id, reply.state, ReplyState.HELD, now, detail=why)
    return get_reply(store, reply.id) if moved else None


def _tried(sender: Sender, reply: Reply, now: int) -> list[Reply]:
    """What became of a reply and the parts behind it; empty if it is not its time."""
    held = _hold_back(sender, reply, now)
    if held is not None:
        return [held]
    due_at = reply.send_at if reply.state is ReplyState.SCHEDULED else reply.retry_at
    if (due_at or 0) > now:
        return []
    look = sender.look(reply)
    held = _hold_back(sender, reply, now, look)
    if held is not None:
        return [held]
    if reply.state is ReplyState.SCHEDULED:
        try:
            with sender.store.tx():
                sender.store.outbox.move(reply.id, reply.state, ReplyState.QUEUED, now, detail="")
        except Refused as twin:
            return _as_list(_hold(sender.store, reply, twin.message.rstrip("."), now))
    return _send(sender, get_reply(sender.store, reply.id), now, look)


def _send(sender: Sender, reply: Reply, now: int, look: Look) -> list[Reply]:
    """Send a queued reply, unless something came up between the look and the lock."""
    store = sender.store

    def still_fine(current: Reply) -> None:
        why = _reason(sender, current, now, look)
        if why is not None:
            raise _HeldBack(why)

    if reply.state is not ReplyState.QUEUED:
        return []
    try:
        return send_thread(sender, reply.id, still_fine=still_fine)
    except _HeldBack as held:
        return _as_list(_hold(store, reply, held.message, now))
    except Refused:
        if get_reply(store, reply.id).state is ReplyState.QUEUED:
            raise
        return []


def _as_list(reply: Reply | None) -> list[Reply]:
    return [] if reply is None else [reply]


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
        if not resend:
            # What follows in a thread cannot go out without it.
            _cancel(store, [p for p in parts_of(store, reply) if is_waiting(p)], now)
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
    """Give up a reply that has not left; of a thread all parts that have not.

    Raises:
        Refused: It may have left; of a thread every part may.
    """
    reply = get_reply(store, reply_id)
    going = [p for p in parts_of(store, reply) if p.state in CANCELLABLE]
    if not going:
        raise Refused(
            f"Reply {reply_id} is {reply.state.value} and cannot be dropped.",
            hint="See `triage outbox list`.",
        )
    with store.tx():
        _cancel(store, going, now)
        _log(store, brand_id, going[0], now, ReplyState.CANCELLED, "", agent)
        store.media.sweep()
    return get_reply(store, going[0].id)


def _cancel(store: Store, replies: Sequence[Reply], now: int) -> None:
    for reply in replies:
        if not store.outbox.move(reply.id, reply.state, ReplyState.CANCELLED, now, detail=""):
            raise Refused(f"Reply {reply.id} was taken by another process.")


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


def failure_of(reply: Reply, browser_url: str = "") -> TriageError | None:
    """What a person must be told of a reply that did not go out; None if it did.

    Args:
        reply: As it is now.
        browser_url: Where a person may answer although a program may not; empty if nowhere.
    """
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
        if browser_url:
            return Refused(
                f"The reply was refused: {reply.detail.rstrip('.')}.",
                reason=f"Nothing was posted. The text is kept as reply {reply.id}.",
                hint=f"Answer in a browser: {browser_url}\n"
                "  The next fetch finds it there and ends the wait.",
            )
        kind: type[TriageError]
        if reply.detail.startswith(NOT_ACCEPTED):
            kind, mend = SignInNeeded, "Look who is signed in: triage auth status. Send it again"
        else:
            kind, mend = Refused, "Send it again when that is mended"
        return kind(
            f"The reply was refused: {reply.detail}.",
            reason=f"Nothing was posted. The text is kept as reply {reply.id}.",
            hint=f"{mend}: triage drafts send {reply.id}",
        )
    if reply.state is ReplyState.HELD:
        kind = SignInNeeded if reply.detail.startswith(NOT_ACCEPTED) else Refused
        return kind(
            f"Reply {reply.id} is held: {reply.detail}.",
            hint=f"Send it all the same: triage drafts send {reply.id}",
        )
    return None
