"""Bring in what customers wrote and what we answered elsewhere.

A page is stored in one transaction together with how far the walk got, so a crash loses nothing and
repeats nothing. Network calls stand outside of transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from triage.app.parents import fetch_parents
from triage.app.receiving import Receiver
from triage.app.sweeping import Sweep, SweepOptions, Swept, close_gaps
from triage.core import walk
from triage.core.accounts import Account
from triage.core.channel import Channel, Page, Stream
from triage.core.model import MINUTE
from triage.core.outbox import ReplyState
from triage.core.ports import Store
from triage.core.progress import Checkpoint, Gap, Run
from triage.core.records import Saved
from triage.core.usage import for_reply
from triage.errors import ChannelError, CursorExpired, RateLimited, TriageError, TryLater

_MOST_BARREN_PAGES = 20
"""So many pages in a row with nothing older: the channel is going round in circles."""

_LOOKUP = "user"
"""The endpoint that tells an account's id, as channels name it in `RateLimited`."""

LOOKUP = "posts"
"""The endpoint that gives posts by id, as channels name it in `RateLimited`."""


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How to fetch.

    Attributes:
        since: How much of the past gets clocks at the first fetch, ms.
        overlap: How far a walk reads back over what is known, ms.
        sweep: When mentions are read a second time, and how far back.
        context: How many posts that others answer may be asked for; 0 asks for none.
        is_over: Whether the run's time is up; asked before each page.
    """

    since: int = 48 * 60 * MINUTE
    overlap: int = 15 * MINUTE
    sweep: SweepOptions = field(default_factory=SweepOptions)
    context: int = 0
    is_over: Callable[[], bool] = field(default=lambda: False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """How the fetch of one account ended.

    Attributes:
        saved: What came in.
        gaps: Stretches that may be missing, found by this run.
        problems: Posts that the channel gave and that could not be read, in words.
        skew_ms: How far the channel's clock is ahead of ours, if it told its time.
        waiting_until: Nothing was asked, since the channel had asked to wait until then (UTC ms).
        error: What stopped it; None if it came to its end.
        own_read: Our own posts were read to the end, whatever came then.
        swept: What a sweep found, if one was due.
        parents: How many posts that others answer were had.
        put_off: What kept the sweep or those posts from being read; the next fetch does it.
    """

    account: Account
    saved: Saved = field(default_factory=Saved)
    gaps: Sequence[Gap] = ()
    problems: Sequence[str] = ()
    skew_ms: int | None = None
    waiting_until: int | None = None
    error: TriageError | None = None
    own_read: bool = False
    swept: Swept | None = None
    parents: int = 0
    put_off: TriageError | None = None


def fetch_account(
    store: Store,
    channel: Channel,
    account: Account,
    options: FetchOptions,
    now: Callable[[], int],
) -> Fetched:
    """Fetch one account: our own posts, then what was written to us.

    A failure is returned, not raised: what was stored before it stays, and the next run goes on
    from there.
    """
    started_at = now()
    reset_at = _waiting(store, account, started_at)
    if reset_at is not None:
        return Fetched(account, waiting_until=reset_at)
    reader = _Reader(store, channel, account, options, now)
    error: TriageError | None = None
    own_read = False
    try:
        reader.identify()
        with for_reply(channel) if _replies_wait(store, account, started_at) else nullcontext():
            reader.read(Stream.OWN)
        own_read = True
        reader.read(Stream.MENTIONS)
        reader.read_beside(started_at)
    except TriageError as stopped:
        error = stopped
        note_limit(store, account, stopped)
    swept = reader.swept
    with store.tx():
        store.accounts.add_run(
            Run(
                account.id,
                started_at,
                now(),
                "ok" if error is None else type(error).__name__,
                reader.saved.new_mentions,
                reader.saved.new_own,
                "" if error is None else error.message,
                0 if swept is None else swept.missed,
            )
        )
    return Fetched(
        reader.account,
        reader.saved,
        reader.gaps,
        reader.problems,
        skew_ms=reader.skew_ms,
        error=error,
        own_read=own_read,
        swept=swept,
        parents=reader.parents,
        put_off=reader.put_off,
    )


def _replies_wait(store: Store, account: Account, now: int) -> bool:
    """Whether replies of an account go out, or are looked for, once our own posts were read.

    A cap on costs must not stop those, so what is read for them counts as read for a reply.
    """
    waiting = store.outbox.list_states(
        account.brand_id, [ReplyState.QUEUED, ReplyState.UNKNOWN, ReplyState.SCHEDULED]
    )
    return any(r.account_id == account.id and (r.send_at or 0) <= now for r in waiting)


def note_limit(store: Store, account: Account, stopped: TriageError) -> None:
    """Remember until when the channel asked to wait, if it did."""
    if isinstance(stopped, RateLimited):
        with store.tx():
            store.accounts.set_rate_limit(account.id, stopped.endpoint, stopped.reset_at)


def read_own(
    store: Store,
    channel: Channel,
    account: Account,
    options: FetchOptions,
    now: Callable[[], int],
) -> Saved:
    """Read our own posts alone, such as when a reply of open fate is looked for.

    Raises:
        TriageError: Our timeline could not be read to its end; what was read is stored.
    """
    reset_at = store.accounts.rate_limit(account.id, Stream.OWN.value)
    if reset_at is not None and reset_at > now():
        raise RateLimited(
            "Our own timeline cannot be read yet.",
            reset_at=reset_at,
            endpoint=Stream.OWN.value,
            reason=f"{channel.name} asked to wait.",
        )
    reader = _Reader(store, channel, account, options, now)
    try:
        with for_reply(channel):
            reader.identify()
            reader.read(Stream.OWN)
    except RateLimited as stopped:
        note_limit(store, account, stopped)
        raise
    return reader.saved


def _waiting(store: Store, account: Account, now: int) -> int | None:
    """When the channel may be asked again, if it asked to wait and the time is not over."""
    asked: list[str] = [stream.value for stream in Stream]
    if account.native_id is None:
        asked.append(_LOOKUP)
    resets = [store.accounts.rate_limit(account.id, endpoint) for endpoint in asked]
    latest = max((r for r in resets if r is not None), default=0)
    return latest if latest > now else None


class _Reader:
    """Reads the streams of one account."""

    def __init__(
        self,
        store: Store,
        channel: Channel,
        account: Account,
        options: FetchOptions,
        now: Callable[[], int],
    ) -> None:
        self.store = store
        self.channel = channel
        self.account = account
        self.options = options
        self.now = now
        self.saved = Saved()
        self.gaps: list[Gap] = []
        self.problems: list[str] = []
        self.skew_ms: int | None = None
        self.ours: list[Account] = []
        self.swept: Swept | None = None
        self.parents = 0
        self.put_off: TriageError | None = None
        self.is_first = False

    def identify(self) -> None:
        """Learn the account's native id once, and fix from when on mentions have clocks."""
        account = self.account
        native_id = account.native_id
        if native_id is None:
            native_id = self.channel.account(account.handle).native_id
        with self.store.tx():
            self.account = self.store.accounts.add(
                account.brand_id, account.channel, account.handle, native_id, self.now()
            )
            self.store.accounts.start_clocks(account.id, self.now() - self.options.since)
        self.know_ours()

    def know_ours(self) -> None:
        """Learn which accounts of the channel are the brand's."""
        mine = self.store.accounts.accounts(self.account.brand_id)
        self.ours = [a for a in mine if a.channel == self.account.channel]
        self.account = next(a for a in self.ours if a.id == self.account.id)

    def keep(self, page: Page, at: int) -> Saved:
        """Store a page, and no more."""
        receiver = self.receiver
        with self.store.tx():
            saved = receiver.save(page.posts, page.context, at)
            receiver.mark_absent(page.gone, page.hidden, at)
        return saved

    def read(self, stream: Stream) -> None:
        """Finish the walk that was interrupted, if any; then walk from the newest down."""
        stored = self.store.accounts.checkpoint(self.account.id, stream.value)
        if stored.walk_target_id is not None:
            self.is_first |= stream is Stream.MENTIONS and stored.walk_floor_id is None
            stored = self._walk(stream, stored, resumed=True)
        floor = self._floor(stream, stored)
        self._walk(stream, walk.start(stored, floor), resumed=False)
        self.is_first |= stream is Stream.MENTIONS and floor is None

    @property
    def receiver(self) -> Receiver:
        """What stores posts as this account."""
        return Receiver(self.store, self.account, self.ours)

    def read_beside(self, begun_at: int) -> None:
        """Sweep, and ask for what threads need: a fetch has done its duty without either."""
        try:
            sweep = Sweep(self.store, self.channel, self.account, self.receiver, self.now)
            if self.is_first:
                sweep.skip()
            else:
                self.swept = sweep.run(self.options.sweep, begun_at, self.options.is_over)
            limit = self.store.accounts.rate_limit(self.account.id, LOOKUP)
            if not self.options.is_over() and (limit or 0) <= self.now():
                self.parents = fetch_parents(
                    self.store,
                    self.channel,
                    self.account,
                    self.receiver,
                    self.options.context,
                    self.now,
                )
        except TriageError as stopped:
            self.put_off = stopped
            note_limit(self.store, self.account, stopped)
        if self.swept is not None:
            self.saved += self.swept.saved

    def _floor(self, stream: Stream, stored: Checkpoint) -> str | None:
        if stored.reached_id is None and stream is Stream.OWN:
            # Answers older than any clock would only cost money.
            return self.channel.id_at(self.account.clocks_from_at or 0)
        return walk.overlap_floor(
            stored.reached_id, self._time_of, self.channel.id_at, self.options.overlap
        )

    def _time_of(self, native_id: str) -> int | None:
        return walk.time_of(native_id, self.channel.capabilities.id_epoch_ms)

    def _walk(self, stream: Stream, checkpoint: Checkpoint, *, resumed: bool) -> Checkpoint:
        barren = 0
        while True:
            if self.options.is_over():
                raise TryLater(
                    "The fetch ran out of its time.",
                    reason="There is more to read than the deadline allows.",
                    hint="Nothing to do: the next fetch continues from there.",
                )
            try:
                page = self.channel.page(
                    stream, self.account.native_id or "", walk.request(checkpoint)
                )
            except CursorExpired:
                if checkpoint.walk_token is None:
                    raise
                checkpoint = walk.without_token(checkpoint)
                continue
            before = checkpoint.walk_oldest_id
            checkpoint = self._store_page(stream, checkpoint, page, resumed=resumed)
            if page.next_token is None:
                return checkpoint
            barren = 0 if checkpoint.walk_oldest_id != before else barren + 1
            if barren > _MOST_BARREN_PAGES:
                self._forget_token(stream, checkpoint)
                raise ChannelError(
                    f"{self.channel.name} gives one page after the other without anything older "
                    f"({stream.value}).",
                    reason="It goes round in circles.",
                    hint="The next fetch goes on below what was read; nothing was lost.",
                )

    def _forget_token(self, stream: Stream, checkpoint: Checkpoint) -> None:
        after = walk.without_token(checkpoint)
        with self.store.tx():
            self.store.accounts.save_checkpoint(self.account.id, stream.value, after)

    def _store_page(
        self, stream: Stream, checkpoint: Checkpoint, page: Page, *, resumed: bool
    ) -> Checkpoint:
        at = self.now()
        after = walk.advance(checkpoint, page)
        receiver = self.receiver
        with self.store.tx():
            self.store.fence()
            saved = receiver.save(page.posts, page.context, at)
            receiver.mark_absent(page.gone, page.hidden, at)
            if page.next_token is None:
                self._note_gap(stream, after, at, resumed=resumed)
                after = walk.finish(after, at)
            self.store.accounts.save_checkpoint(self.account.id, stream.value, after)
        self.saved += saved
        self.problems += page.problems
        self.skew_ms = self.skew_ms if page.skew_ms is None else page.skew_ms
        return after

    def _note_gap(self, stream: Stream, after: Checkpoint, at: int, *, resumed: bool) -> None:
        limit = self.channel.capabilities.history_limit if stream is Stream.MENTIONS else None
        missing = walk.gap(after, limit, resumed=resumed)
        if stream is Stream.MENTIONS:
            covered = walk.covered(after, limit, resumed=resumed)
            close_gaps(self.store, self.account, covered, at)
        if missing:
            about = walk.pace(after, missing, self.channel.capabilities.id_epoch_ms)
            times = (self._time_of(missing[0]), self._time_of(missing[1]))
            gap = Gap(self.account.id, stream.value, *missing, at, about, *times)
            if self.store.accounts.add_gap(gap):
                self.gaps.append(gap)


def keep_page(store: Store, channel: Channel, account: Account, page: Page, at: int) -> Saved:
    """Store a page that was read outside of a walk: no checkpoint moves, and twice is once.

    Its threads are marked to be judged.
    """
    reader = _Reader(store, channel, account, FetchOptions(), lambda: at)
    reader.know_ours()
    return reader.keep(page, at)
