"""The same posts in any order, in any batches, twice or once, come to the same store.

This proves docs/decisions/0009: histories are drawn small and crowded, with answers to posts that
come late or never, with and without the channel's own thread ids, and saved in two ways.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import START, WordTagger
from depth import deep
from triage.app.judging import judge_pending
from triage.core.model import MINUTE, Author, Kind, Post, Role, Verdict
from triage.core.policy import Settings
from triage.core.ports import Incoming, Tagger
from triage.core.waits import Judge
from triage.store.store import SqlStore

CHANNEL = "memory"
OURS = {"1": 1, "2": 2}
"""Native ids of our authors, with our ids of their accounts."""
PEOPLE = ("1", "2", "30", "31", "32")
UNKNOWN = {"7": ("30", "7"), "8": ("31", "7")}
"""Posts that never come: who wrote them and in which thread; 8 answers 7."""
TEXTS = ("it is broken", "when do you open?", "thanks a lot", "hello")
FIRST_ID = 97
"""So that ids grow from two digits to three: as texts they would sort wrongly."""
FETCHED_AT = START + 90 * 24 * 60 * MINUTE

_WIDTH = {Role.CONTEXT: 0, Role.INCIDENTAL: 1, Role.MENTION: 2, Role.OWN: 3}


class Urging(WordTagger):
    """Plain words, of which some cannot wait and some are in doubt."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """A complaint is about safety, a question comes from the press, praise is in doubt."""
        verdict = super().judge(text, lang)
        priority = {Kind.COMPLAINT: "safety", Kind.QUESTION: "press"}.get(verdict.kind)
        confidence = 0.1 if verdict.kind is Kind.PRAISE else 0.9
        return verdict._replace(priority=priority, confidence=confidence)


def tagger_for(judge: Judge) -> Tagger:
    """The same tagger under every snapshot."""
    del judge
    return Urging()


class Sighting(NamedTuple):
    """One version of a post as one of our accounts came to see it."""

    post: Post
    role: Role
    account_id: int

    @property
    def incoming(self) -> Incoming:
        """As a fetch hands it to the store."""
        author = self.post.author.native_id
        if self.role is Role.OWN:
            return Incoming(self.post, self.role, OURS[author])
        asked = None if self.role is Role.CONTEXT else self.account_id
        return Incoming(self.post, self.role, asked)


@dataclass(frozen=True)
class History:
    """What happened, and how it came to us.

    Attributes:
        sightings: In the order of ids and versions, each at least once seen.
        gone: Native ids that the channel reports as deleted at the end.
    """

    sightings: tuple[Sighting, ...]
    gone: tuple[str, ...]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Up to seven posts by ours, by customers and by strangers."""
    threads: dict[str, str] = {n: thread for n, (_, thread) in UNKNOWN.items()}
    authors: dict[str, str] = {n: author for n, (author, _) in UNKNOWN.items()}
    latest: dict[str, str] = {}
    sightings: list[Sighting] = []
    at = START
    for native_id in (str(FIRST_ID + i) for i in range(draw(st.integers(1, 7)))):
        at += draw(st.sampled_from((0, 20 * MINUTE, 90 * MINUTE)))
        author = draw(st.sampled_from(PEOPLE))
        parent = draw(st.none() | st.sampled_from(sorted(authors)))
        quotes = None
        if author in OURS and latest:
            # A quote names the version that stood there.
            quotes = latest.get(draw(st.sampled_from(["", *sorted(latest)])))
        threads[native_id] = native_id if parent is None else threads[parent]
        is_named = draw(st.booleans())
        post = Post(
            native_id=native_id,
            author=Author(author, f"h{author}", f"N{author}"),
            text=draw(st.sampled_from(TEXTS)),
            posted_at=at,
            thread_id=threads[native_id] if is_named else None,
            # Which version was answered is the channel's to name.
            in_reply_to=latest.get(parent, parent) if parent and draw(st.booleans()) else parent,
            in_reply_to_author=authors[parent] if parent and draw(st.booleans()) else None,
            quotes=quotes,
        )
        authors[native_id] = author
        latest[native_id] = native_id
        versions = [post]
        for n in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
            text = draw(st.sampled_from(TEXTS))
            latest[native_id] = f"{native_id}{n}"
            history = (native_id, *(f"{native_id}{i}" for i in range(n + 1)))
            versions.append(
                replace(
                    post,
                    version_id=latest[native_id],
                    text=text,
                    history=history if draw(st.booleans()) else (),
                    edited_at=at + (n + 1) * draw(st.sampled_from((MINUTE, 30 * MINUTE))),
                )
            )
        sightings += draw(_seen(versions))
    gone = draw(st.sets(st.sampled_from(sorted(latest)), max_size=2))
    return History(tuple(sightings), tuple(sorted(gone)))


@st.composite
def _seen(draw: st.DrawFn, versions: Sequence[Post]) -> list[Sighting]:
    if versions[0].author.native_id in OURS:
        return [Sighting(post, Role.OWN, 1) for post in versions]
    roles = draw(
        st.sampled_from(
            ([Role.MENTION], [Role.MENTION], [Role.INCIDENTAL], [Role.CONTEXT],
             [Role.CONTEXT, Role.MENTION], [Role.INCIDENTAL, Role.MENTION])
        )
    )  # fmt: skip
    accounts = draw(st.sampled_from(([1], [2], [1, 2])))
    return [Sighting(p, role, a) for p in versions for role in roles for a in accounts]


class Arrival(NamedTuple):
    """What is saved in one transaction, and whether it is judged at once."""

    batch: tuple[Sighting, ...]
    judged: bool


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[History, list[Arrival]]:
    """A history, and the same in another order, cut anywhere, with some of it twice."""
    history = draw(histories())
    twice = draw(st.lists(st.sampled_from(history.sightings), max_size=4))
    order = draw(st.permutations([*history.sightings, *twice]))
    plan: list[Arrival] = []
    rest = list(order)
    while rest:
        cut = draw(st.integers(1, len(rest)))
        plan.append(Arrival(tuple(rest[:cut]), draw(st.booleans())))
        rest = rest[cut:]
    return history, plan


def in_order(history: History) -> list[Arrival]:
    """Everything in one batch."""
    return [Arrival(history.sightings, judged=True)]


def pages(batch: Iterable[Sighting]) -> Iterator[list[Incoming]]:
    """What one account saw, each version as widely as it saw it: so a fetch hands it over."""
    by_account: dict[int, dict[str, Sighting]] = {}
    for one in batch:
        page = by_account.setdefault(one.account_id, {})
        known = page.get(one.post.current_id)
        if known is None or _WIDTH[one.role] > _WIDTH[known.role]:
            page[one.post.current_id] = one
    for page in by_account.values():
        yield [one.incoming for one in page.values()]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two accounts and settings in force, to be copied."""
    path = tmp_path_factory.mktemp("order") / "empty.db"
    with closing(SqlStore.open(path, create=True)) as store, store.tx():
        brand_id = store.accounts.brand("acme")
        for native_id, account_id in OURS.items():
            made = store.accounts.add(brand_id, CHANNEL, f"h{native_id}", native_id, START)
            assert made.id == account_id
        store.settings.apply(Settings(), "test", "test", START)
    return path


def saved(empty: Path, plan: Sequence[Arrival], gone: Sequence[str]) -> dict[str, Any]:
    """Save as planned, judge, and tell what the store holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "triage.db"
        shutil.copy(empty, path)
        with closing(SqlStore.open(path)) as store:
            store.engine.execute("PRAGMA synchronous = OFF")
            for batch, judged in plan:
                with store.tx():
                    for page in pages(batch):
                        store.messages.save_posts(1, CHANNEL, page, FETCHED_AT)
                if judged:
                    judge_pending(store, 1, tagger_for, 3)
            judge_pending(store, 1, tagger_for)
            with store.tx():
                store.messages.mark_deleted(1, CHANNEL, gone, FETCHED_AT)
            judge_pending(store, 1, tagger_for)
            assert not store.judging.has_unjudged(1)
            return told(store)


def told(store: SqlStore) -> dict[str, Any]:
    """Everything that a person can see, by the channel's ids alone."""
    queries = {
        "messages": "SELECT native_id, thread_id, version_id, text, role, account_id, deleted_at "
        "FROM message",
        "versions": "SELECT m.native_id, x.version_id, x.text, x.written_at FROM message_version x "
        "JOIN message m ON m.id = x.message_id",
        "kinds": "SELECT m.native_id, v.kind, v.confidence, v.priority FROM verdict v "
        "JOIN message m ON m.id = v.message_id "
        "WHERE m.role IN ('mention', 'incidental')",
        "members": "SELECT m.native_id, t.thread_id, c.native_id FROM message m "
        "JOIN conversation t ON t.id = m.conversation_id JOIN customer c ON c.id = t.customer_id",
        "conversations": "SELECT t.thread_id, c.native_id, t.account_id FROM conversation t "
        "JOIN customer c ON c.id = t.customer_id WHERE t.merged_into IS NULL",
        "waits": "SELECT t.thread_id, c.native_id, w.account_id, o.native_id, l.native_id, "
        "w.mentions, w.opened_at, w.kind, w.needs_answer, w.due_at, d.native_id, w.warn_at, "
        "w.state, w.ended_at, e.native_id, w.outside, w.is_met, w.priority, w.urgency, "
        "w.confidence FROM wait w "
        "JOIN conversation t ON t.id = w.conversation_id JOIN customer c ON c.id = t.customer_id "
        "JOIN message o ON o.id = w.opening_id JOIN message l ON l.id = w.last_id "
        "LEFT JOIN message d ON d.id = w.due_by LEFT JOIN message e ON e.id = w.ended_by_message",
        "customers": "SELECT native_id, handle, name, first_at, seen_at FROM customer",
    }
    return {name: sorted(store.engine.query(sql), key=repr) for name, sql in queries.items()}


@given(arrivals())
@settings(
    max_examples=deep(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_order_ends_in_the_same_store(
    empty: Path, drawn: tuple[History, list[Arrival]]
) -> None:
    """Threads, members, kinds and waits are those of the same posts in order, in one batch."""
    history, plan = drawn
    assert saved(empty, plan, history.gone) == saved(empty, in_order(history), history.gone)
