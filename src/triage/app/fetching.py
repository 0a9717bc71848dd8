"""Bring in what customers wrote and what we answered elsewhere.

A page is stored in one transaction together with how far the walk got, so a crash loses nothing and
repeats nothing. Network calls stand outside of transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from triage.core import walk
from triage.core.accounts import Account
from triage.core.channel import Channel, Page, Stream
from triage.core.model import MINUTE, Post, Role
from triage.core.ports import Incoming, Store
from triage.core.progress import Checkpoint, Gap, Run
from triage.core.records import Saved
from triage.core.roles import decide_role
from triage.core.text import handle_key
from triage.errors import ChannelError, CursorExpired, RateLimited, TriageError, TryLater

_MOST_EMPTY_PAGES = 20
"""So many empty pages in a row with a token each: the channel is going round in circles."""

_LOOKUP = "user"
"""The endpoint that tells an account's id, as channels name it in `RateLimited`."""

_SNOWFLAKE_SHIFT = 22


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How to fetch.

    Attributes:
        since: How much of the past gets clocks at the first fetch, ms.
        overlap: How far a walk reads back over what is known, ms.
        is_over: Whether the run's time is up; asked before each page.
    """

    since: int = 48 * 60 * MINUTE
    overlap: int = 15 * MINUTE
    is_over: Callable[[], bool] = field(default=lambda: False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """How the fetch of one account ended.

    Attributes:
        saved: What came in.
        gaps: Stretches that may be missing, found by this run.
        problems: Posts that the channel gave and that could not be read, in words.
        waiting_until: Nothing was asked, since the channel had asked to wait until then (UTC ms).
        error: What stopped it; None if it came to its end.
    """

    account: Account
    saved: Saved = field(default_factory=Saved)
    gaps: Sequence[Gap] = ()
    problems: Sequence[str] = ()
    waiting_until: int | None = None
    error: TriageError | None = None


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
    try:
        reader.identify()
        reader.read(Stream.OWN)
        reader.read(Stream.MENTIONS)
    except TriageError as stopped:
        error = stopped
        if isinstance(stopped, RateLimited):
            with store.tx():
                store.accounts.set_rate_limit(account.id, stopped.endpoint, stopped.reset_at)
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
            )
        )
    return Fetched(reader.account, reader.saved, reader.gaps, reader.problems, error=error)


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
        reader.identify()
        reader.read(Stream.OWN)
    except RateLimited as stopped:
        with store.tx():
            store.accounts.set_rate_limit(account.id, stopped.endpoint, stopped.reset_at)
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
        self.ours: list[Account] = []

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
        mine = self.store.accounts.accounts(account.brand_id)
        self.ours = [a for a in mine if a.channel == account.channel]
        self.account = next(a for a in self.ours if a.id == account.id)

    def read(self, stream: Stream) -> None:
        """Finish the walk that was interrupted, if any; then walk from the newest down."""
        stored = self.store.accounts.checkpoint(self.account.id, stream.value)
        if stored.walk_target_id is not None:
            stored = self._walk(stream, stored, resumed=True)
        self._walk(stream, walk.start(stored, self._floor(stream, stored)), resumed=False)

    def _floor(self, stream: Stream, stored: Checkpoint) -> str | None:
        if stored.reached_id is None and stream is Stream.OWN:
            # Answers older than any clock would only cost money.
            return self.channel.id_at(self.account.clocks_from_at or 0)
        return walk.overlap_floor(
            stored.reached_id, self._time_of, self.channel.id_at, self.options.overlap
        )

    def _time_of(self, native_id: str) -> int | None:
        epoch = self.channel.capabilities.id_epoch_ms
        if epoch is None or not native_id.isdecimal():
            return None
        return (int(native_id) >> _SNOWFLAKE_SHIFT) + epoch

    def _walk(self, stream: Stream, checkpoint: Checkpoint, *, resumed: bool) -> Checkpoint:
        empty = 0
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
            empty = 0 if page.posts else empty + 1
            if empty > _MOST_EMPTY_PAGES:
                raise ChannelError(
                    f"{self.channel.name} gives one empty page after the other ({stream.value}).",
                    hint="The next fetch tries again; nothing was lost.",
                )
            checkpoint = self._store_page(stream, checkpoint, page, resumed=resumed)
            if page.next_token is None:
                return checkpoint

    def _store_page(
        self, stream: Stream, checkpoint: Checkpoint, page: Page, *, resumed: bool
    ) -> Checkpoint:
        at = self.now()
        after = walk.advance(checkpoint, page)
        ids, handles = self._who_is_ours(page)
        posts = [self._incoming(p, ids, handles, is_context=False) for p in page.posts]
        posts += [self._incoming(p, ids, handles, is_context=True) for p in page.context]
        with self.store.tx():
            saved = self.store.messages.save_posts(
                self.account.brand_id, self.account.channel, posts, at
            )
            self.store.messages.mark_deleted(
                self.account.brand_id, self.account.channel, page.gone, at
            )
            if page.next_token is None:
                self._note_gap(stream, after, at, resumed=resumed)
                after = walk.finish(after, at)
            self.store.accounts.save_checkpoint(self.account.id, stream.value, after)
        self.saved += saved
        self.problems += page.problems
        return after

    def _note_gap(self, stream: Stream, after: Checkpoint, at: int, *, resumed: bool) -> None:
        limit = self.channel.capabilities.history_limit if stream is Stream.MENTIONS else None
        missing = walk.gap(after, limit, resumed=resumed)
        if missing:
            gap = Gap(self.account.id, stream.value, *missing, at)
            if self.store.accounts.add_gap(gap):
                self.gaps.append(gap)

    def _who_is_ours(self, page: Page) -> tuple[dict[str, int], dict[str, int]]:
        """Our accounts by native id and by handle.

        Before another account of the brand was fetched itself, its id is known only by the posts
        that it wrote; without it a customer who answers it would pass for a stranger.
        """
        handles = {handle_key(a.handle): a.id for a in self.ours}
        ids = {a.native_id: a.id for a in self.ours if a.native_id}
        for post in (*page.posts, *page.context):
            account_id = handles.get(handle_key(post.author.handle))
            if account_id is not None:
                ids.setdefault(post.author.native_id, account_id)
        return ids, handles

    def _asked(self, post: Post, ids: dict[str, int]) -> int:
        """The account that a post is written to: a page may bring what was written to another."""
        named = {ids[m] for m in (*post.mentions, post.in_reply_to_author) if m in ids}
        return self.account.id if not named or self.account.id in named else min(named)

    def _incoming(
        self, post: Post, ids: dict[str, int], handles: dict[str, int], *, is_context: bool
    ) -> Incoming:
        role = decide_role(post, ids, handles, is_context=is_context)
        if role is Role.OWN:
            key = handle_key(post.author.handle)
            account_id = ids.get(post.author.native_id, handles.get(key))
        else:
            account_id = None if role is Role.CONTEXT else self._asked(post, ids)
        is_history = post.posted_at < (self.account.clocks_from_at or 0)
        return Incoming(post, role, account_id, is_history)
