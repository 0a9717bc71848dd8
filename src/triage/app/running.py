"""One run of `fetch`: every account read, waits brought up to date, the outbox moved on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from triage.app.clock import note_skew
from triage.app.fetching import Fetched, FetchOptions, fetch_account
from triage.app.judging import Judged, TaggerFor, judge_pending
from triage.app.outbox import Settled, flush, recover_orphans, release_held, settle_by_timeline
from triage.app.replying import Sender, check_generation
from triage.app.syncing import Synced, is_due, sync_account
from triage.app.undoing import Undone, finish_wishes
from triage.core.accounts import Account
from triage.core.clockwatch import Skew
from triage.core.ports import Store
from triage.core.records import Reply
from triage.errors import Busy, CapReached, TriageError


@dataclass(frozen=True, slots=True)
class FetchRun:
    """What a run did.

    Attributes:
        fetched: One for each account.
        judged: What was tagged, and which waits changed.
        settled: Replies of open fate that our timeline settled.
        sent: Queued replies that this run tried to send, as they are now.
        undone: What became of replies that were to be taken back.
        restored: The store was found to be restored or copied.
        skew: The channel's clock was found to differ from ours; None if that is no news.
        synced: What reading stored posts again has told, where it was due.
        purged: Posts whose words were taken out of the store.
        outbox_error: What stopped the outbox, if anything did.
    """

    fetched: Sequence[Fetched]
    judged: Judged = field(default_factory=Judged)
    settled: Sequence[Settled] = ()
    sent: Sequence[Reply] = ()
    undone: Sequence[Undone] = ()
    restored: bool = False
    skew: Skew | None = None
    outbox_error: TriageError | None = None
    synced: Sequence[Synced] = ()
    purged: int = 0


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How a fetch reads stored posts again.

    Attributes:
        every: How often, ms; 0 is never.
        budget: How many posts at most, of each account.
    """

    every: int = 0
    budget: int = 0


@dataclass(frozen=True, slots=True)
class FetchParts:
    """What a run needs.

    Attributes:
        sender_for: Makes what reads and sends as an account; may raise `TriageError`.
        now: UTC ms.
        sync: How stored posts are read again.
    """

    store: Store
    accounts: Sequence[Account]
    sender_for: Callable[[Account], Sender]
    options: FetchOptions
    now: Callable[[], int]
    tagger_for: TaggerFor
    sync: SyncOptions = field(default_factory=SyncOptions)


def run_fetch(parts: FetchParts) -> FetchRun:
    """Fetch all accounts; the failure of one does not keep the others from being read.

    Posts are stored account by account, then everything is judged: an answer that one account gave
    ends the wait that another one had opened.
    """
    senders: dict[int, Sender] = {}
    fetched: list[Fetched] = []
    restored = False
    for account in parts.accounts:
        try:
            sender = parts.sender_for(account)
            senders[account.id] = sender
            restored |= check_generation(
                parts.store, sender.generation, account.brand_id, parts.now()
            )
            _recover(sender)
        except TriageError as error:
            fetched.append(Fetched(account, error=error))
            continue
        fetched.append(
            fetch_account(parts.store, sender.channel, account, parts.options, parts.now)
        )
    told = [one.skew_ms for one in fetched if one.skew_ms is not None]
    skew = note_skew(parts.store, told[-1] if told else None, parts.now())
    judged = _judge(parts)
    synced = _sync(parts, fetched, senders)
    judged += _judge(parts) if synced else Judged()
    moved = _Moved()
    stopped = _move_outbox(parts, fetched, senders, moved)
    purged = _tidy(parts, stopped)
    return FetchRun(
        fetched,
        judged,
        moved.settled,
        moved.sent,
        moved.undone,
        restored,
        skew,
        stopped,
        synced,
        purged,
    )


def _tidy(parts: FetchParts, stopped: TriageError | None) -> int:
    """Bring the search index up and take out absent words; give of how many posts."""
    try:
        parts.store.index_search()
        return purge_all(parts.store, parts.accounts, parts.now())
    except TriageError:
        # What became of a reply is to be told first; the next run does this.
        if stopped is None:
            raise
        return 0


def purge_all(store: Store, accounts: Sequence[Account], now: int) -> int:
    """Take the words of absent posts out of the store; give how many posts. All is judged."""
    return sum(store.purge(brand_id, now) for brand_id in sorted({a.brand_id for a in accounts}))


def _sync(
    parts: FetchParts, fetched: Sequence[Fetched], senders: dict[int, Sender]
) -> list[Synced]:
    """Read some stored posts again, of accounts that were just read to their end."""
    synced = []
    for one in fetched:
        if one.error is not None or one.waiting_until is not None or one.put_off is not None:
            continue
        if parts.options.is_over() or not parts.sync.budget:
            break
        if is_due(parts.store, one.account, parts.sync.every, parts.now()):
            channel = senders[one.account.id].channel
            budget, is_over = parts.sync.budget, parts.options.is_over
            synced.append(
                sync_account(parts.store, channel, one.account, budget, parts.now, is_over)
            )
    return synced


def _recover(sender: Sender) -> None:
    """Lock what a dead process was sending, unless somebody alive is sending just now."""
    try:
        recover_orphans(sender)
    except Busy:
        # It may hang, or its machine may sleep: customers are to be seen all the same.
        return


def _judge(parts: FetchParts) -> Judged:
    total = Judged()
    for brand_id in sorted({a.brand_id for a in parts.accounts}):
        done = judge_pending(parts.store, brand_id, parts.tagger_for)
        total = Judged(
            total.threads + done.threads, total.tagged + done.tagged, total.waits + done.waits
        )
    return total


@dataclass(slots=True)
class _Moved:
    """How far the outbox came."""

    settled: list[Settled] = field(default_factory=list)
    sent: list[Reply] = field(default_factory=list)
    undone: list[Undone] = field(default_factory=list)


def _move_outbox(
    parts: FetchParts, fetched: Sequence[Fetched], senders: dict[int, Sender], moved: _Moved
) -> TriageError | None:
    """Only where our own timeline was just read: sending blindly is how things are said twice."""
    for one in fetched:
        # The cap on costs stops mentions from being read, and no reply.
        capped = isinstance(one.error, CapReached) and one.own_read
        if (one.error is not None and not capped) or one.waiting_until is not None:
            continue
        sender = replace(senders[one.account.id], account=one.account)
        account = one.account
        try:
            found = settle_by_timeline(parts.store, account, parts.now(), parts.tagger_for)
            released = release_held(parts.store, account, parts.now(), sender)
            moved.settled.append(Settled(found.sent, found.asked, released))
            if sender.channel.capabilities.can_post:
                moved.undone.append(finish_wishes(sender))
                moved.sent += flush(sender, parts.now())
        except TriageError as error:
            return error
        if moved.undone and moved.undone[-1].error is not None:
            return moved.undone[-1].error
    return None
