"""Reading stored posts again: what was edited, deleted or kept back since, and what is shown again.

Posts of conversations in which somebody waits come first; then recent posts and older ones in
turn, each ring round and round from where it was left. Only what the channel says of a single post
counts: silence, an error of the whole answer or a page that cannot be read change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from triage.app.fetching import LOOKUP, note_limit
from triage.app.receiving import Receiver
from triage.core.accounts import Account
from triage.core.channel import Absence, Channel, Lookup
from triage.core.following import Known, Place, Ring, shares
from triage.core.model import DAY, Post, Role, id_key
from triage.core.ports import Store
from triage.core.progress import Checkpoint
from triage.errors import TriageError

STREAM = "sync"
"""The stream whose checkpoint tells when posts were last read again."""

AT_ONCE = 100
"""Posts in one request, and in one transaction."""

RECENT = 7 * DAY
"""How old a recent post is at most, ms."""

_START: Place = (0, -1)


@dataclass(frozen=True, slots=True)
class Synced:
    """What reading an account's posts again has told.

    Attributes:
        asked: How many posts were asked for.
        edited: Native ids of those that have a newer version.
        absent: By native id: those that are not given any more, and why.
        ours: Those among them that were ours: whoever they had answered waits again if deleted.
        back: Native ids of those that had been absent and are given again.
        silent: How many the channel said nothing about; they are left alone.
        error: What stopped it; None if it came to its end.
    """

    account: Account
    asked: int = 0
    edited: Sequence[str] = ()
    absent: Mapping[str, Absence] = field(default_factory=dict)
    ours: Sequence[str] = ()
    back: Sequence[str] = ()
    silent: int = 0
    error: TriageError | None = None

    def count(self, why: Absence) -> int:
        """How many posts are absent for a reason."""
        return sum(reason is why for reason in self.absent.values())


def is_due(store: Store, account: Account, every: int, now: int) -> bool:
    """Whether an account's posts are to be read again; the first time it only notes since when.

    Args:
        store: Where they are.
        account: Whose.
        every: How often, ms; 0 is never.
        now: UTC ms.
    """
    if not every:
        return False
    limit = store.accounts.rate_limit(account.id, LOOKUP)
    if limit is not None and limit > now:
        return False
    last = store.accounts.checkpoint(account.id, STREAM).completed_at
    if last is None:
        # What a first fetch brought was read just now.
        with store.tx():
            store.accounts.save_checkpoint(account.id, STREAM, Checkpoint(completed_at=now))
        return False
    return now - last >= every


def sync_account(
    store: Store,
    channel: Channel,
    account: Account,
    budget: int,
    now: Callable[[], int],
    is_over: Callable[[], bool] = lambda: False,
) -> Synced:
    """Read posts of an account again, as many as the budget allows.

    What comes of it is stored and marked to be judged. A failure is returned: what was stored
    before it stays, and the next run goes on behind it.

    Args:
        store: Where they are.
        channel: The account's way to them.
        account: Whose.
        budget: How many posts at most.
        now: UTC ms.
        is_over: Whether the run's time is up; asked before each request.
    """
    syncing = _Syncing(store, channel, account, now)
    try:
        for batch in _batches(syncing.chosen(budget)):
            if is_over():
                return syncing.result()
            syncing.read([known for _, known in batch], dict(_last_places(batch)))
    except TriageError as stopped:
        note_limit(store, account, stopped)
        return syncing.result(stopped)
    with store.tx():
        store.accounts.save_checkpoint(account.id, STREAM, Checkpoint(completed_at=now()))
    return syncing.result()


def sync_posts(
    store: Store,
    channel: Channel,
    account: Account,
    posts: Sequence[Known],
    now: Callable[[], int],
) -> Synced:
    """Read certain posts again, also those that are known to be deleted."""
    syncing = _Syncing(store, channel, account, now)
    try:
        for first in range(0, len(posts), AT_ONCE):
            syncing.read(posts[first : first + AT_ONCE], {})
    except TriageError as stopped:
        note_limit(store, account, stopped)
        return syncing.result(stopped)
    return syncing.result()


class _Syncing:
    """Reads posts again and collects what was told."""

    def __init__(
        self, store: Store, channel: Channel, account: Account, now: Callable[[], int]
    ) -> None:
        mine = store.accounts.accounts(account.brand_id)
        self.store = store
        self.channel = channel
        self.account = account
        self.now = now
        self.ours = [a for a in mine if a.channel == account.channel]
        self.receiver = Receiver(store, account, self.ours)
        self.asked = self.silent = 0
        self.edited: list[str] = []
        self.absent: dict[str, Absence] = {}
        self.own: list[str] = []
        self.back: list[str] = []

    def chosen(self, budget: int) -> list[tuple[Ring, Known]]:
        """Which posts are read: each once, the most pressing first."""
        found = {Ring.OPEN: self._ring(Ring.OPEN, budget)}
        waits = {p.id for p in found[Ring.OPEN]}
        for ring in (Ring.RECENT, Ring.OLD):
            # Those of open conversations stand in these rings as well.
            posts = self._ring(ring, budget + len(waits))
            found[ring] = [p for p in posts if p.id not in waits]
        wanted = shares(budget, *(len(found[ring]) for ring in Ring))
        return [(ring, p) for ring in Ring for p in found[ring][: wanted[ring]]]

    def _ring(self, ring: Ring, many: int) -> list[Known]:
        """The next posts of a ring, from where it was left, over its end to its beginning."""
        scope = {
            "brand_id": self.account.brand_id,
            "channel": self.account.channel,
            "account": self.account.id,
            "default": min(a.id for a in self.ours),
        }
        since = self.now() - RECENT
        place = self.store.following.place(self.account.id, ring)
        found = self.store.following.ring(scope, ring, since, place, many)
        if len(found) < many and place > _START:
            found += self.store.following.ring(
                scope, ring, since, _START, many - len(found), until=place
            )
        return found

    def read(self, posts: Sequence[Known], places: Mapping[Ring, Place]) -> None:
        """Ask for posts, and for what they were edited into meanwhile; store what was told."""
        found = self.channel.lookup([p.version_id for p in posts])
        newer = [p.history[-1] for p in found.posts if p.history and _is_old(p)]
        more = self.channel.lookup(newer) if newer else Lookup()
        given = [*found.posts, *more.posts]
        before = {p.native_id: p for p in posts}
        gone, hidden = [*found.gone, *more.gone], {**found.hidden, **more.hidden}
        at = self.now()
        as_context = [p for p in given if _is_context(before.get(p.native_id))]
        with self.store.tx():
            self.receiver.save([p for p in given if p not in as_context], as_context, at)
            newly = self.receiver.mark_absent(gone, hidden, at)
            for ring, place in places.items():
                self.store.following.save_place(self.account.id, ring, place)
        self._count(posts, given, newly, {*gone, *hidden})

    def _count(
        self,
        posts: Sequence[Known],
        given: Sequence[Post],
        newly: Mapping[str, Absence],
        named: set[str],
    ) -> None:
        self.asked += len(posts)
        newest: dict[str, str] = {}
        for post in given:
            known = newest.get(post.native_id, post.current_id)
            newest[post.native_id] = max(known, post.current_id, key=id_key)
        for known_post in posts:
            current = newest.get(known_post.native_id)
            if current is None:
                self.silent += not ({known_post.native_id, known_post.version_id} & named)
                continue
            if id_key(current) > id_key(known_post.version_id):
                self.edited.append(known_post.native_id)
            if known_post.absent is not None:
                self.back.append(known_post.native_id)
        self.absent |= newly
        self.own += [p.native_id for p in posts if p.role == Role.OWN and p.native_id in newly]

    def result(self, error: TriageError | None = None) -> Synced:
        """What was told so far."""
        return Synced(
            self.account,
            self.asked,
            self.edited,
            self.absent,
            self.own,
            self.back,
            self.silent,
            error,
        )


def _is_old(post: Post) -> bool:
    """A channel that is asked for a version gives that one, and tells of the newer ones."""
    return post.history[-1] != post.current_id


def _is_context(known: Known | None) -> bool:
    """What only came along once is not taken for a mention by being read again."""
    return known is None or known.role == Role.CONTEXT


def _batches(
    chosen: Sequence[tuple[Ring, Known]],
) -> Iterator[Sequence[tuple[Ring, Known]]]:
    for first in range(0, len(chosen), AT_ONCE):
        yield chosen[first : first + AT_ONCE]


def _last_places(batch: Sequence[tuple[Ring, Known]]) -> Iterator[tuple[Ring, Place]]:
    """How far each ring is read once a batch is; later ones of a ring win."""
    for ring, known in batch:
        yield ring, known.place
