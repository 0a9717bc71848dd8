"""Plays a scenario through a real store: a channel in memory, and the functions of the program."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from core.scenario_events import (
    ACCOUNTS,
    CUSTOMERS,
    WAITING,
    Act,
    Applied,
    Arrived,
    Began,
    Closed,
    Deleted,
    Edited,
    Event,
    Noted,
    Post,
    Reopened,
    Replied,
    Rested,
    Tagged,
)
from core.scenario_table import Scenario
from engines import lite
from triage.app import acting
from triage.app.applying import apply_settings
from triage.app.drafting import commit
from triage.app.explaining import explain_wait
from triage.app.fetching import FetchOptions, fetch_account
from triage.app.judging import judge_pending
from triage.app.noting import note
from triage.app.outbox import settle_by_timeline
from triage.app.queueing import load_queue
from triage.app.replying import Sender, new_draft, send, target_of
from triage.channels.memory import MemoryChannel
from triage.core.accounts import Account
from triage.core.channel import Fate, Page, PageRequest, Stream
from triage.core.explaining import Explanation
from triage.core.kinds import DAY
from triage.core.model import Author, Kind, Role, Verdict
from triage.core.model import Post as ChannelPost
from triage.core.ports import Tagger
from triage.core.queue import Held, QueueFilter, QueueItem
from triage.core.records import ConversationView
from triage.core.waits import Judge
from triage.errors import NotFound
from triage.store.generation import Generation
from triage.store.store import SqlStore

_CHANNEL = "memory"
_ALL_AGAIN = FetchOptions(overlap=3650 * DAY)
"""Posts that come late may be days older than what was read."""

_AUTHORS = {
    **{handle: Author(str(n), handle, handle.title()) for n, handle in enumerate(ACCOUNTS, 1)},
    **{name: Author(str(n), name, name.title()) for n, name in enumerate(CUSTOMERS, 100)},
}


class _Tagger:
    """Takes a post for what its last words say, such as `(complaint)` or `(complaint, press)`."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        del lang
        kind, _, priority = text.rpartition("(")[2].removesuffix(")").partition(", ")
        scores = {k: float(k == kind) for k in Kind}
        return Verdict(Kind(kind), scores, priority=priority or None)


def tagger_for(judge: Judge) -> Tagger:
    """The same tagger under every snapshot."""
    del judge
    return _Tagger()


class _Channel(MemoryChannel):
    """One account's view; two accounts share their posts, and every page says what is gone."""

    def page(self, stream: Stream, account_id: str, request: PageRequest) -> Page:
        """Read one page."""
        return replace(super().page(stream, account_id, request), gone=sorted(self._gone))

    def share(self, other: _Channel) -> None:
        """Look at the posts of another one."""
        self.posts, self._gone, self._taken = other.posts, other._gone, other._taken


class ScenarioDesk:
    """A brand with two accounts, to which a scenario happens.

    Args:
        folder: Where the store is made.
        template: A store that is new, to be copied.
        scenario: What happens.
    """

    def __init__(self, folder: Path, template: Path, scenario: Scenario) -> None:
        self.folder = folder
        self.db = folder / "triage.db"
        shutil.copyfile(template, self.db)
        self.scenario = scenario
        self.store = SqlStore.open(self.db)
        # What is proved here is how it judges, not how it survives a crash.
        lite(self.store).connection.execute("PRAGMA synchronous = OFF")
        self.now = min(e.at for e in scenario.events) - 1
        self.settings_names: dict[int, str] = {}
        self.brand_id = 0
        self._apply(scenario.promises)
        self.channels = {h: _Channel(_AUTHORS[h], now=lambda: self.now) for h in ACCOUNTS}
        self.channels["acmehelp"].share(self.channels["acme"])
        self._held: dict[int, ChannelPost] = {}
        self._versions: dict[str, str] = {}
        with self.store.tx():
            for handle in ACCOUNTS:
                native_id = _AUTHORS[handle].native_id
                self.store.accounts.add(self.brand_id, _CHANNEL, handle, native_id, self.now)
            if not any(isinstance(e, Began) for e in scenario.events):
                for account in self.accounts:
                    self.store.accounts.start_clocks(account.id, 0)

    @property
    def accounts(self) -> list[Account]:
        """The brand's accounts, as they stand in the store."""
        return self.store.accounts.accounts(self.brand_id)

    def play(self) -> None:
        """Let everything happen, in the order in which we got to know it."""
        for event in self.scenario.events:
            self.now = event.at
            self._happen(event)

    def play_in_reverse(self) -> None:
        """Let every post come in after all was written, the newest first, one fetch for each."""
        self.now = max(e.at for e in self.scenario.events)
        for event in reversed(self.scenario.events):
            self._happen(event)
            self.now += 1

    def close(self) -> None:
        """Give the file back."""
        self.store.close()

    def _happen(self, event: Event) -> None:
        match event:
            case Arrived(post=post):
                self._arrive(post)
            case Replied(post=post):
                self._reply(post)
            case Deleted(post=post):
                self.channels["acme"].remove(post.native_id)
                self._fetch()
            case Edited(post=post):
                self._edit(event)
            case Applied(name=name):
                self._apply(name)
            case Began():
                self._fetch(FetchOptions())
            case _:
                assert isinstance(event, Act)
                self._act(event)

    # Posts.

    def _arrive(self, post: Post) -> None:
        held = self._held.pop(post.number, None)
        self.channels["acme"].add(held or self._post(post))
        began = next((e for e in self.scenario.events if isinstance(e, Began)), None)
        if began is None or post.at > began.at:
            self._fetch()

    def _post(self, post: Post) -> ChannelPost:
        """The post as the channel tells it; its text says what the tagger is to take it for."""
        names = [name for name in (post.to, *post.accounts) if name]
        run = " ".join(f"@{n}" for n in (post.to, "acme") if n)
        said = post.text or "hello"
        text = f"@{post.to or 'all'} {said}"
        if post.role is Role.MENTION:
            text = f"{said} {' '.join('@' + a for a in post.accounts)} ({_tag(post)})"
        elif post.role is Role.INCIDENTAL:
            text = f"{run} {said} ({_tag(post)})"
        elif post.role is Role.CONTEXT:
            names = [post.to or ""]
        elif post.role is Role.OWN:
            names = []
        return ChannelPost(
            native_id=post.native_id,
            author=_AUTHORS[post.author],
            text=text,
            posted_at=post.at,
            thread_id=post.thread if self.scenario.names_threads else None,
            in_reply_to=post.in_reply_to,
            in_reply_to_author=_AUTHORS[post.to].native_id if post.to else None,
            quotes=post.quotes,
            is_retweet=post.role is Role.RETWEET,
            mentions=tuple(_AUTHORS[n].native_id for n in names),
        )

    def _edit(self, event: Edited) -> None:
        known = self.channels["acme"].posts[event.post.native_id]
        text = f"{known.text.rpartition('(')[0]}({_tag(event.post, event.kind)})"
        self.channels["acme"].add(replace(known, text=text, version_id=event.version_id))
        self._fetch()

    def _fetch(self, options: FetchOptions = _ALL_AGAIN) -> None:
        for account in self.accounts:
            channel = self.channels[account.handle]
            fetched = fetch_account(self.store, channel, account, options, lambda: self.now)
            assert fetched.error is None, fetched.error
        judge_pending(self.store, self.brand_id, tagger_for)
        for account in self.accounts:
            settle_by_timeline(self.store, account, self.now, tagger_for)

    def _reply(self, post: Post) -> None:
        channel, account = self.channels["acme"], self.accounts[0]
        conversation = self._conversation(post.in_reply_to or "")
        target = target_of(self.store, conversation, post.in_reply_to)
        draft = new_draft(
            self.store, account, conversation, target, post.text or "sorry", post.agent, self.now
        )
        draft = commit(self.store, self.brand_id, draft, self.now)
        if post.fate == "refused":
            channel.fate_next(Fate.REFUSED)
        elif post.fate in ("lost", "found"):
            channel.fate_next(Fate.UNKNOWN, accepted=post.fate == "found")
        before = set(channel.posts)
        generation = Generation(self.store.settings, self.folder / "state", self.db)
        sender = Sender(
            self.store, channel, account, generation, _lock, lambda: self.now, tagger_for
        )
        sent = send(sender, draft.id)
        assert sent.state == {"sent": "sent", "refused": "failed"}.get(post.fate, "unknown")
        made = set(channel.posts) - before
        assert made == ({post.native_id} if post.fate in ("sent", "found") else set())
        if post.fate == "found":
            self._held[post.number] = channel.posts.pop(post.native_id)

    # Acts.

    def _apply(self, name: str) -> None:
        applied = apply_settings(
            self.store,
            self.scenario.settings[name],
            name,
            "kim",
            self.now,
            brand="acme",
            accounts=[(_CHANNEL, handle) for handle in ACCOUNTS],
            tagger_for=tagger_for,
        )
        self.brand_id = applied.brand_id
        self.settings_names[applied.judge.settings_id] = name

    def _act(self, event: Act) -> None:
        store, agent, now = self.store, event.agent, self.now
        conversation = self._conversation(event.post.native_id)
        match event:
            case Closed(reason=reason):
                acting.close(store, conversation, reason, agent, now, tagger_for)
            case Reopened():
                acting.reopen(store, conversation, agent, now, tagger_for)
            case Rested(state=None):
                acting.wake(store, conversation, agent, now, tagger_for)
            case Rested(state=state, until=until, stays=stays) if state is not None:
                acting.hold(
                    store, conversation, state, agent, now, tagger_for, until=until, stays=stays
                )
            case Noted(key=key, value=value):
                note(store, conversation, key, value, agent, now, tagger_for)
            case Tagged(kind=kind):
                native_id = event.post.native_id
                acting.tag(store, conversation, kind, agent, now, tagger_for, native_id)

    def _conversation(self, native_id: str) -> ConversationView:
        return acting.find_conversation(self.store, self.brand_id, native_id)

    # What came of it.

    def judge_again(self) -> None:
        """Judge every conversation once more."""
        for number in self._conversations():
            self.store.judging.mark_conversation(number)
        judge_pending(self.store, self.brand_id, tagger_for)

    def _conversations(self) -> dict[int, ConversationView]:
        posts = [e.post for e in self.scenario.events if isinstance(e, Arrived)]
        theirs = [p.native_id for p in posts if p.role in WAITING]
        found = {self._conversation(native_id).id: native_id for native_id in theirs}
        return {number: self._conversation(native_id) for number, native_id in found.items()}

    def explained(self) -> list[tuple[str, int, Explanation]]:
        """Every wait, with whose it is and the id of its conversation."""
        now = self.scenario.looked_at or self.now
        found = []
        for number, conversation in self._conversations().items():
            try:
                many = explain_wait(self.store, conversation, now).many
            except NotFound:
                continue
            for which in range(1, many + 1):
                one = explain_wait(self.store, conversation, now, which)
                found.append((conversation.customer, number, one))
        return found

    def queue(self, at: int, held: Held = "without") -> list[QueueItem]:
        """The lines of the queue that demand an answer."""
        return list(load_queue(self.store, QueueFilter(self.brand_id), at, held=held).items)


def _tag(post: Post, kind: Kind | None = None) -> str:
    words = [(kind or post.kind or Kind.OTHER).value, *([post.priority] if post.priority else [])]
    return ", ".join(words)


@contextmanager
def _lock() -> Iterator[None]:
    yield


def new_store(path: Path) -> Path:
    """Make a store that can be copied."""
    SqlStore.open(path, create=True).close()
    return path
