"""Plays a scenario through the core alone: facts in, decided and explained waits out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Any

from core.scenario_events import (
    ACCOUNTS,
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
from triage.core.explaining import Explanation, explain
from triage.core.holds import Act as HoldAct
from triage.core.kinds import HOUR, Role
from triage.core.thread import ConversationFacts, ThreadFacts, ThreadMessage, decide_thread
from triage.core.wait import Attribute, Closing, Former, Judge, Version
from triage.core.waits import FormerJudge

_FIRST_FETCH_READS = 48 * HOUR
_EVERYTHING = (1 << 62, 0)
_FIRST_CUSTOMER = 100

Conversation = tuple[str, str]
"""A thread and a customer."""


@dataclass
class _Known:
    """What was known at some time."""

    posts: dict[str, Post] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    edited: dict[str, Edited] = field(default_factory=dict)
    tagged: dict[str, str] = field(default_factory=dict)
    closings: dict[Conversation, list[Closing]] = field(default_factory=dict)
    acts: dict[Conversation, list[HoldAct]] = field(default_factory=dict)
    attributes: dict[str, list[Attribute]] = field(default_factory=dict)
    clocks_from: int = 0

    def take(self, event: Event) -> None:
        """Take in an event."""
        match event:
            case Arrived(post=post):
                self.posts[post.native_id] = post
            case Replied(post=post):
                if post.fate == "sent":
                    self.posts[post.native_id] = post
            case Deleted():
                self.deleted[event.post.native_id] = event.at
            case Edited():
                self.edited[event.post.native_id] = event
            case Began():
                self.clocks_from = event.at - _FIRST_FETCH_READS
            case Act():
                self._act(event)
            case _:
                assert isinstance(event, Applied)

    def _act(self, event: Act) -> None:
        where = (event.post.thread, event.post.author)
        match event:
            case Closed():
                closing = Closing(
                    event.number, event.at, event.reason, event.seen_through, event.agent
                )
                self.closings.setdefault(where, []).append(closing)
            case Reopened():
                self.closings[where].pop()
            case Rested():
                act = HoldAct(
                    event.number,
                    event.at,
                    event.state,
                    event.until,
                    event.stays,
                    event.seen_through,
                    event.agent,
                )
                self.acts.setdefault(where, []).append(act)
            case Noted():
                noted = Attribute(event.at, event.key, event.value)
                self.attributes.setdefault(event.post.author, []).append(noted)
            case _:
                assert isinstance(event, Tagged)
                self.tagged[event.post.native_id] = event.kind.value


def _same(judge: Judge) -> Judge:
    return judge


class CoreRun:
    """A scenario in the core.

    Args:
        scenario: Which.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.judges = {
            name: Judge(number, settings)
            for number, (name, settings) in enumerate(scenario.settings.items(), 1)
        }
        names = sorted({p.author for p in self._all_posts() if p.role is not Role.OWN})
        self.customers = {name: _FIRST_CUSTOMER + n for n, name in enumerate(names)}
        self.conversations = {
            where: number
            for number, where in enumerate(
                sorted({(p.thread, p.author) for p in self._all_posts() if p.role in WAITING}), 1
            )
        }
        self.former: list[FormerJudge] = []
        self.current, self.closed = self._judged_before()

    def _all_posts(self) -> list[Post]:
        return [e.post for e in self.scenario.events if isinstance(e, Arrived | Replied)]

    def _known_at(self, place: tuple[int, int]) -> _Known:
        known = _Known()
        for event in self.scenario.events:
            if event.place < place:
                known.take(event)
        return known

    def _judged_before(self) -> tuple[Judge, dict[int, list[tuple[int, Judge]]]]:
        """The settings in force at the end, and what judged the waits that had ended before."""
        current = self.judges[self.scenario.promises]
        since = 0
        closed: dict[int, list[tuple[int, Judge]]] = {}
        by_id = {judge.settings_id: judge for judge in self.judges.values()}
        for event in self.scenario.events:
            if not isinstance(event, Applied):
                continue
            self.closed = closed
            for facts in self._threads(self._known_at(event.place)):
                for verdict in decide_thread(facts, current):
                    closed[verdict.conversation_id] = [
                        (w.ended_at, by_id[w.settings_id])
                        for w in verdict.waits
                        if w.ended_at is not None
                    ]
            self.former.append((since, event.at, partial(_same, current)))
            current, since = self.judges[event.name], event.at
        return current, closed

    def threads(self) -> list[ThreadFacts]:
        """All facts, thread by thread, in the order in which we got to know them."""
        return list(self._threads(self._known_at(_EVERYTHING)))

    def _threads(self, known: _Known) -> Iterator[ThreadFacts]:
        messages = {i: self._message(p, known) for i, p in known.posts.items()}
        aliases = {e.version_id: native_id for native_id, e in known.edited.items()}
        for thread in dict.fromkeys(p.thread for p in known.posts.values()):
            here = {i: m for i, m in messages.items() if known.posts[i].thread == thread}
            quoting = [
                m
                for i, m in messages.items()
                if m.quotes and i not in here and aliases.get(m.quotes, m.quotes) in here
            ]
            yield ThreadFacts(
                list(here.values()),
                self._conversation_facts(thread, known),
                quoting,
                {alias: i for alias, i in aliases.items() if i in here},
                1,
                dict(enumerate(ACCOUNTS, 1)),
                list(self.former),
            )

    def _conversation_facts(self, thread: str, known: _Known) -> dict[int, ConversationFacts]:
        present = {
            p.author for p in known.posts.values() if p.thread == thread and p.role in WAITING
        }
        found = {}
        for (where, customer), number in self.conversations.items():
            if where == thread and customer in present:
                found[self.customers[customer]] = ConversationFacts(
                    number,
                    closings=known.closings.get((thread, customer), []),
                    closed=self.closed.get(number, []),
                    acts=known.acts.get((thread, customer), []),
                    attributes=known.attributes.get(customer, []),
                )
        return found

    def _message(self, post: Post, known: _Known) -> ThreadMessage:
        edited = known.edited.get(post.native_id)
        kind = edited.kind if edited else post.kind
        is_theirs = post.role is not Role.OWN
        values: dict[str, Any] = {
            "id": post.number,
            "native_id": post.native_id,
            "version_id": edited.version_id if edited else post.native_id,
            "role": post.role.value,
            "is_history": int(post.at < known.clocks_from),
            "customer_id": self.customers[post.author] if is_theirs else None,
            "author_id": post.author if is_theirs else None,
            "account_id": ACCOUNTS.index(post.accounts[0]) + 1,
            "posted_at": post.at,
            "fetched_at": post.fetched_at,
            "deleted_at": known.deleted.get(post.native_id),
            "in_reply_to": post.in_reply_to,
            "in_reply_to_author": post.to,
            "quotes": post.quotes,
            "conversation_id": None,
            "kind": kind.value if kind else None,
            "corrected": known.tagged.get(post.native_id),
            "agent": post.agent or None,
            "seen_at": post.seen_through[0] if post.seen_through else None,
            "seen_id": post.seen_through[1][1] if post.seen_through else None,
            "priority": post.priority,
            "confidence": 1.0 if kind else None,
        }
        if edited and post.kind:
            # No scenario changes the rules: under every snapshot it was the same.
            values["versions"] = (Version(edited.at, (Former(1, post.kind, post.priority),)),)
        return ThreadMessage(**values)

    def explained(self, threads: Sequence[ThreadFacts]) -> list[tuple[str, Explanation]]:
        """Every wait with whose it is; `decide_thread` and `explain` must give the same."""
        names = {number: name for name, number in self.customers.items()}
        now = self.scenario.looked_at or max(e.at for e in self.scenario.events)
        found = []
        for facts in threads:
            verdicts = {v.conversation_id: v.waits for v in decide_thread(facts, self.current)}
            for customer, conversation in facts.conversations.items():
                decided = verdicts[conversation.conversation_id]
                for number, wait in enumerate(decided, 1):
                    one = explain(facts, conversation.conversation_id, self.current, now, number)
                    assert one is not None
                    assert one.wait == wait
                    assert (one.number, one.many) == (number, len(decided))
                    found.append((names[customer], one))
        return found

    def name_of(self, judge: Judge) -> str:
        """What the table calls a snapshot."""
        return next(name for name, j in self.judges.items() if j.settings_id == judge.settings_id)


def reversed_facts(threads: Sequence[ThreadFacts]) -> list[ThreadFacts]:
    """The same facts, the last first. What was noted of a customer keeps its order, as it must."""
    return [_reordered(facts, lambda items: list(items)[::-1]) for facts in reversed(threads)]


def shuffled_facts(threads: Sequence[ThreadFacts], seed: int) -> list[ThreadFacts]:
    """The same facts in another order."""
    random = Random(seed)  # noqa: S311 - an order, not a secret
    return [_reordered(f, lambda items: random.sample(list(items), len(items))) for f in threads]


def _reordered(facts: ThreadFacts, order: Any) -> ThreadFacts:  # noqa: ANN401 - any sequence
    conversations: Mapping[int, ConversationFacts] = {
        customer: c._replace(closings=order(c.closings), closed=order(c.closed), acts=order(c.acts))
        for customer, c in order(list(facts.conversations.items()))
    }
    return replace(
        facts,
        messages=order(facts.messages),
        quoting=order(facts.quoting),
        conversations=conversations,
    )
