"""A brand at its desk: a real store, a channel in memory, a clock moved by hand."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import postgres
from triage.app.acting import find_conversation
from triage.app.drafting import commit
from triage.app.fetching import Fetched, FetchOptions, fetch_account
from triage.app.judging import judge_pending
from triage.app.replying import Sender, new_draft, target_of
from triage.channels.memory import MemoryChannel
from triage.core.accounts import Account
from triage.core.model import HOUR, MINUTE, Author, Evidence, Kind, Post, Verdict
from triage.core.policy import Settings
from triage.core.ports import Tagger
from triage.core.queue import QueueItem
from triage.core.records import ConversationView, Reply
from triage.core.waits import Judge
from triage.store.generation import Generation
from triage.store.store import SqlStore

START = 1_772_442_000_000
"""Monday 2 March 2026, 09:00 UTC."""

ACME = Author("1", "acme", "Acme")


Copy = Path | postgres.Rows
_numbers = itertools.count(1)


class WordTagger:
    """Tells kinds by plain words, so that tests read at sight: no rules, no scores to tune."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """`thanks` praises, `?` asks, `broken` or `never` complains; anything else is other."""
        del lang
        low = text.lower()
        for word, kind in (
            ("broken", Kind.COMPLAINT),
            ("never", Kind.COMPLAINT),
            ("?", Kind.QUESTION),
            ("thanks", Kind.PRAISE),
        ):
            at = low.find(word)
            if at >= 0:
                weights = {kind: 1.0}
                reason = Evidence(f"says-{kind.value}", word, at, at + len(word), weights)
                return Verdict(kind, _certain(kind), (reason,))
        return Verdict(Kind.OTHER, _certain(Kind.OTHER))


def _certain(kind: Kind) -> dict[Kind, float]:
    return {k: 1.0 if k is kind else 0.0 for k in Kind}


def tagger_for(judge: Judge) -> Tagger:
    """The same tagger under every snapshot."""
    del judge
    return WordTagger()


class Desk:
    """A brand `acme` with one account on a channel in memory.

    Attributes:
        now: The clock, UTC ms; tests move it.
        where: What its store is opened by: a file in the folder, or a URL.
        store: On that.
        channel: Where customers write and replies go.
    """

    def __init__(
        self, folder: Path, *, settings: Settings | None = None, where: Path | str | None = None
    ) -> None:
        self.folder = folder
        self.db = folder / "triage.db"
        chosen = postgres.database(folder) if postgres.is_chosen() else self.db
        self.where: Path | str = where or chosen
        self.state_dir = folder / "state"
        self.now = START
        self.store = SqlStore.open(self.where, create=True)
        self.channel = MemoryChannel(ACME, now=self.clock)
        with self.store.tx():
            self.brand_id = self.store.accounts.brand("acme")
            self.store.accounts.add(self.brand_id, "memory", "acme", ACME.native_id, START)
            self.store.accounts.start_clocks(self.account.id, START - 48 * HOUR)
            self.store.settings.apply(settings or Settings(), "test", "test", START)
        self._authors: dict[str, Author] = {"acme": ACME}
        self._lock = threading.Lock()
        _open.append(self)

    def clock(self) -> int:
        """The time, UTC ms."""
        return self.now

    @property
    def account(self) -> Account:
        """The account as it stands in the store."""
        return self.store.accounts.accounts(self.brand_id)[0]

    def author(self, handle: str) -> Author:
        """A person by handle; the same handle is the same person."""
        return self._authors.setdefault(
            handle, Author(str(100 + len(self._authors)), handle, handle.title())
        )

    def write(
        self, handle: str, text: str, *, ago: int = 0, in_reply_to: str | None = None
    ) -> Post:
        """Somebody writes to us, `ago` ms before now; `acme` writes as ourselves, elsewhere."""
        return self.channel.write(
            self.author(handle), text, at=self.now - ago, in_reply_to=in_reply_to
        )

    def fetch(self) -> Fetched:
        """Read the channel, judge and index, as `triage fetch` does."""
        fetched = fetch_account(self.store, self.channel, self.account, FetchOptions(), self.clock)
        judge_pending(self.store, self.brand_id, tagger_for)
        self.store.index_search()
        return fetched

    def fetch_nothing(self) -> None:
        """Judge and index what is marked, as a fetch does that brings nothing."""
        judge_pending(self.store, self.brand_id, tagger_for)
        self.store.index_search()

    def fetch_without_judging(self) -> Fetched:
        """Read the channel alone, as a fetch does that is killed before it judges."""
        return fetch_account(self.store, self.channel, self.account, FetchOptions(), self.clock)

    def fetch_all_again(self) -> None:
        """Read everything back, as far as the channel goes."""
        options = FetchOptions(overlap=365 * 24 * HOUR)
        fetch_account(self.store, self.channel, self.account, options, self.clock)
        self.fetch_nothing()

    def conversation(self, reference: str | int) -> ConversationView:
        """A conversation by its id, or by a post's id."""
        return find_conversation(self.store, self.brand_id, str(reference))

    def waiting(self) -> list[QueueItem]:
        """The lines of the queue."""
        from triage.app.queueing import load_queue
        from triage.core.queue import QueueFilter

        return list(load_queue(self.store, QueueFilter(self.brand_id), self.now).items)

    def draft(self, reference: str | int, text: str, *, agent: str = "ana") -> Reply:
        """Save a reply to the newest mention of a conversation."""
        conversation = self.conversation(reference)
        target = target_of(self.store, conversation)
        made = new_draft(self.store, self.account, conversation, target, text, agent, self.now)
        return commit(self.store, conversation.brand_id, made, self.now)

    @property
    def generation(self) -> Generation:
        """The generation of the file."""
        return Generation(self.store.settings, self.state_dir, self.db)

    @property
    def sender(self) -> Sender:
        """What sending needs, with a lock of this process."""
        return Sender(
            store=self.store,
            channel=self.channel,
            account=self.account,
            generation=self.generation,
            lock=self.lock,
            now=self.clock,
            tagger_for=tagger_for,
        )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """The send lock; taken twice it is a mistake of the test or of the code."""
        assert self._lock.acquire(timeout=30), "the send lock is held already"
        try:
            yield
        finally:
            self._lock.release()

    def public(self, text: str) -> list[Post]:
        """Our own posts with this text that stand in public."""
        ours = [p for p in self.channel.posts.values() if p.author == ACME]
        return [p for p in ours if p.text == text]

    def copy(self) -> Copy:
        """The store as it is now."""
        if isinstance(self.where, str):
            return postgres.rows_of(self.where)
        return self.store.backup(self.folder / f"copy{next(_numbers)}.db")

    def restore(self, copy: Copy) -> None:
        """Put a copy in the place of the store."""
        self.store.close()
        put(self.folder, copy)
        self.store = SqlStore.open(self.where)

    def leave(self) -> None:
        """Give back the store, and its database to whoever comes next."""
        self.close()
        if isinstance(self.where, str):
            postgres.forget(self.folder)

    def close(self) -> None:
        """Give the store back."""
        self.store.close()
        if self in _open:
            _open.remove(self)


def put(folder: Path, copy: Copy) -> None:
    """Put a copy of a store where a desk in a folder stands."""
    if isinstance(copy, dict):
        postgres.put(folder, copy)
        return
    for suffix in ("-wal", "-shm"):
        (folder / f"triage.db{suffix}").unlink(missing_ok=True)
    shutil.copy(copy, folder / "triage.db")


_open: list[Desk] = []


def close_in(folder: Path) -> None:
    """Close the desks in a folder that nobody closed: a server's connection is not to be lost."""
    for desk in [d for d in _open if d.folder.is_relative_to(folder)]:
        desk.close()


def busy_desk(folder: Path, *, where: Path | str | None = None) -> Desk:
    """A desk with some of everything: overdue, due soon, asked, praised, answered, closed.

    Conversations: 1 dee (question, answered after 5 h: missed), 2 carlos (complaint, answered
    outside after 30 min: met), 3 ana (complaint, overdue 2 h), 4 bo (question, due in 1 h), 5 eve
    (praise), 6 finn (complaint, due in 50 min).
    """
    desk = Desk(folder, where=where)
    desk.write("ana", "@acme my order never came and it is broken", ago=3 * HOUR)
    desk.write("bo", "@acme do you open on Sundays?", ago=3 * HOUR - MINUTE)
    carlos = desk.write("carlos", "@acme the app is broken", ago=5 * HOUR)
    desk.write("acme", "@carlos fixed", ago=4 * HOUR + 30 * MINUTE, in_reply_to=carlos.native_id)
    dee = desk.write("dee", "@acme where is your shop?", ago=9 * HOUR)
    desk.write("acme", "@dee in Lyon", ago=4 * HOUR, in_reply_to=dee.native_id)
    desk.write("eve", "@acme thanks a lot!", ago=2 * HOUR)
    desk.write("finn", "@acme login is broken again", ago=10 * MINUTE)
    desk.fetch()
    return desk
