"""Reading mentions once more without naming an id to begin behind, for those that X leaves out.

Some mentions never appear where `since_id` is used, and the ordinary walk always uses it. A sweep
is a walk of its own, with a checkpoint of its own: it is continued where it stopped, and never
moves that of the mentions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from triage.app.receiving import Receiver
from triage.core import walk
from triage.core.accounts import Account
from triage.core.channel import Channel, Page, PageRequest, Stream
from triage.core.model import MINUTE, Post, id_key
from triage.core.ports import Store
from triage.core.progress import Checkpoint
from triage.core.records import Saved
from triage.errors import CursorExpired

STREAM = "mentions-sweep"
PAGES = 10
"""In one run; the next one goes on. A whole history of X has eight of the largest."""
_SKEW = MINUTE
"""A mention younger than this may have come in while the ordinary walk was under way."""


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """How to sweep.

    Attributes:
        every: How long after a sweep the next one begins, ms; 0 is never.
        span: How far back one reads, ms.
    """

    every: int = 0
    span: int = 0


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found.

    Attributes:
        saved: Everything that came in.
        missed: Mentions among them that the ordinary walk had left out.
        is_done: It came to its end.
    """

    saved: Saved
    missed: int
    is_done: bool


class Sweep:
    """A sweep of one account.

    Args:
        store: Where to.
        channel: Where from.
        account: Whose mentions.
        receiver: Stores what comes.
        now: UTC ms.
    """

    def __init__(
        self,
        store: Store,
        channel: Channel,
        account: Account,
        receiver: Receiver,
        now: Callable[[], int],
    ) -> None:
        self._store = store
        self._channel = channel
        self._account = account
        self._receiver = receiver
        self._now = now
        self._saved = Saved()
        self._missed = 0

    def skip(self) -> None:
        """Take the walk that just ended for a sweep: it named no id either."""
        with self._store.tx():
            self._save(Checkpoint(completed_at=self._now()))

    def run(
        self, options: SweepOptions, begun_at: int, is_over: Callable[[], bool]
    ) -> Swept | None:
        """Go on with a sweep, or begin one if it is time; None if it is not.

        Args:
            options: How.
            begun_at: When the ordinary walk began, UTC ms.
            is_over: Whether the run's time is up.

        Raises:
            TriageError: The channel could not be read; the next run goes on from there.
        """
        stored = self._store.accounts.checkpoint(self._account.id, STREAM)
        reached = self._store.accounts.checkpoint(self._account.id, Stream.MENTIONS).reached_id
        is_resumed = stored.walk_target_id is not None
        since = stored.completed_at
        is_due = since is None or self._now() - since >= options.every
        if not options.every or reached is None or not (is_resumed or is_due):
            return None
        floor = self._channel.id_at(self._now() - options.span)
        checkpoint = walk.start(stored, floor)
        for _ in range(PAGES):
            if is_over():
                break
            page, checkpoint = self._page(checkpoint)
            checkpoint = self._take(page, checkpoint, reached, begun_at, is_resumed=is_resumed)
            if page.next_token is None:
                return Swept(self._saved, self._missed, is_done=True)
        return Swept(self._saved, self._missed, is_done=False)

    def _page(self, checkpoint: Checkpoint) -> tuple[Page, Checkpoint]:
        epoch = self._channel.capabilities.id_epoch_ms
        start_at = walk.time_of(checkpoint.walk_floor_id, epoch)
        account_id = self._account.native_id or ""
        try:
            request = walk.request(checkpoint)
            asked = PageRequest(None, request.until_id, request.token, start_at)
            return self._channel.page(Stream.MENTIONS, account_id, asked), checkpoint
        except CursorExpired:
            if checkpoint.walk_token is None:
                raise
            asked = PageRequest(None, checkpoint.walk_oldest_id, None, start_at)
            page = self._channel.page(Stream.MENTIONS, account_id, asked)
            return page, walk.without_token(checkpoint)

    def _take(
        self,
        page: Page,
        checkpoint: Checkpoint,
        reached: str,
        begun_at: int,
        *,
        is_resumed: bool,
    ) -> Checkpoint:
        at = self._now()
        after = walk.advance(checkpoint, page)
        owed = [p for p in page.posts if _was_owed(p, reached, begun_at)]
        others = [p for p in page.posts if p not in owed]
        with self._store.tx():
            missed = self._receiver.save(owed, (), at)
            saved = missed + self._receiver.save(others, page.context, at)
            self._receiver.mark_absent(page.gone, page.hidden, at)
            if page.next_token is None:
                limit = self._channel.capabilities.history_limit
                covered = walk.covered(after, limit, resumed=is_resumed)
                close_gaps(self._store, self._account, covered, at)
                after = walk.finish(after, at)
            self._save(after)
        self._saved += saved
        self._missed += missed.new_mentions
        return after

    def _save(self, checkpoint: Checkpoint) -> None:
        self._store.accounts.save_checkpoint(self._account.id, STREAM, checkpoint)


def _was_owed(post: Post, reached: str, begun_at: int) -> bool:
    """Whether the ordinary walk should have brought it."""
    return id_key(post.current_id) <= id_key(reached) or post.posted_at < begun_at - _SKEW


def close_gaps(store: Store, account: Account, covered: tuple[str, str] | None, at: int) -> None:
    """Close the gaps of an account's mentions that a walk has read over; in a transaction."""
    if covered is None:
        return
    lowest, highest = (id_key(i) for i in covered)
    for gap in store.accounts.gaps(account.brand_id):
        if (
            gap.closed_at is None
            and gap.account_id == account.id
            and gap.stream == Stream.MENTIONS
            and lowest <= id_key(gap.after_id)
            and id_key(gap.before_id) <= highest
        ):
            store.accounts.close_gap(gap, at)
