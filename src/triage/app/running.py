"""One run of `fetch`: every account read, waits brought up to date, the outbox moved on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from triage.app.fetching import Fetched, FetchOptions, fetch_account
from triage.app.judging import Judged, TaggerFor, judge_pending
from triage.app.outbox import Settled, flush, recover_orphans, release_held, settle_by_timeline
from triage.app.replying import Sender, check_generation
from triage.core.accounts import Account
from triage.core.ports import Store
from triage.core.records import Reply
from triage.errors import TriageError


@dataclass(frozen=True, slots=True)
class FetchRun:
    """What a run did.

    Attributes:
        fetched: One for each account.
        judged: What was tagged, and which waits changed.
        settled: Replies of open fate that our timeline settled.
        sent: Queued replies that this run tried to send, as they are now.
        restored: The store was found to be restored or copied.
        outbox_error: What stopped the outbox, if anything did.
    """

    fetched: Sequence[Fetched]
    judged: Judged = field(default_factory=Judged)
    settled: Sequence[Settled] = ()
    sent: Sequence[Reply] = ()
    restored: bool = False
    outbox_error: TriageError | None = None


@dataclass(frozen=True, slots=True)
class FetchParts:
    """What a run needs.

    Attributes:
        sender_for: Makes what reads and sends as an account; may raise `TriageError`.
        now: UTC ms.
    """

    store: Store
    accounts: Sequence[Account]
    sender_for: Callable[[Account], Sender]
    options: FetchOptions
    now: Callable[[], int]
    tagger_for: TaggerFor


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
            recover_orphans(sender)
        except TriageError as error:
            fetched.append(Fetched(account, error=error))
            continue
        fetched.append(
            fetch_account(parts.store, sender.channel, account, parts.options, parts.now)
        )
    judged = _judge(parts)
    settled, sent, stopped = _move_outbox(parts, fetched, senders)
    parts.store.index_search()
    return FetchRun(fetched, judged, settled, sent, restored, stopped)


def _judge(parts: FetchParts) -> Judged:
    total = Judged()
    for brand_id in sorted({a.brand_id for a in parts.accounts}):
        done = judge_pending(parts.store, brand_id, parts.tagger_for)
        total = Judged(
            total.threads + done.threads, total.tagged + done.tagged, total.waits + done.waits
        )
    return total


def _move_outbox(
    parts: FetchParts, fetched: Sequence[Fetched], senders: dict[int, Sender]
) -> tuple[list[Settled], list[Reply], TriageError | None]:
    """Only where our own timeline was just read: sending blindly is how things are said twice."""
    settled: list[Settled] = []
    sent: list[Reply] = []
    for one in fetched:
        if one.error is not None or one.waiting_until is not None:
            continue
        sender = senders[one.account.id]
        account = one.account
        try:
            found = settle_by_timeline(parts.store, account, parts.now(), parts.tagger_for)
            released = release_held(parts.store, account, parts.now(), sender)
            settled.append(Settled(found.sent, found.asked, released))
            if sender.channel.capabilities.can_post:
                sent += flush(replace(sender, account=account), parts.now())
        except TriageError as error:
            return settled, sent, error
    return settled, sent, None
