"""Take posts from a file into the store: facts first, in short transactions, then verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from triage.app.judging import Judged, TaggerFor, judge_pending
from triage.core.accounts import Account
from triage.core.model import Post, Role
from triage.core.ports import Incoming, Store
from triage.core.records import Saved
from triage.core.roles import decide_role
from triage.core.text import handle_key

BATCH = 10_000
"""Posts in one transaction: few commits, and a reply never waits long for the lock."""
JUDGE_BATCH = 2_000
"""Threads in one transaction while importing."""
INDEX_BATCH = 50_000
"""Messages in one transaction while the search index is filled."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import.

    Attributes:
        channel: Whose namespace the ids are of.
        history: Keep everything without clocks.
        tagging: Tag and judge at once; otherwise the next fetch or `config apply` does.
    """

    channel: str = "import"
    history: bool = False
    tagging: bool = True


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import changed."""

    saved: Saved
    judged: Judged
    indexed: int


def import_posts(
    store: Store,
    brand_id: int,
    ours: Sequence[Account],
    posts: Iterable[tuple[Post, bool]],
    options: ImportOptions,
    now: Callable[[], int],
    tagger_for: TaggerFor,
) -> ImportResult:
    """Store posts, judge their threads and fill the search index.

    Posts that are known change nothing. A crash leaves whole batches; the same import again goes
    on from there.

    Args:
        store: The store, with settings in force unless nothing is to be tagged.
        brand_id: Whose.
        ours: The brand's accounts on the channel; what they wrote is ours.
        posts: Each post, and whether it only came along with another (context).
        options: How.
        now: The clock.
        tagger_for: Gives the rule engine of a snapshot.
    """
    with store.bulk():
        saved = Saved()
        incoming = _incoming(posts, ours, options)
        while batch := list(islice(incoming, BATCH)):
            with store.tx():
                saved += store.messages.save_posts(brand_id, options.channel, batch, now())
        judged = Judged()
        if options.tagging:
            judged = judge_pending(store, brand_id, tagger_for, JUDGE_BATCH)
        return ImportResult(saved, judged, store.index_search(INDEX_BATCH))


def _incoming(
    posts: Iterable[tuple[Post, bool]], ours: Sequence[Account], options: ImportOptions
) -> Iterator[Incoming]:
    ids = {a.native_id: a.id for a in ours if a.native_id}
    handles = {handle_key(a.handle): a.id for a in ours}
    for post, is_context in posts:
        role = decide_role(post, ids, handles, is_context=is_context)
        # Whom a mention asked follows from who answers; the judge derives it.
        account_id = None
        if role is Role.OWN:
            author = post.author
            account_id = ids.get(author.native_id, handles.get(handle_key(author.handle)))
        yield Incoming(post, role, account_id, options.history)
