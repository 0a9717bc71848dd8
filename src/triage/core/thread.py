"""From one thread's facts to its conversations' waits: who is whose customer, what answers whom.

A thread holds one conversation per customer who wrote to the brand in it. Which of our messages
answers which customer follows from what it refers to, never from standing in the same thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from triage.core.holds import Act
from triage.core.model import Kind, Role
from triage.core.wait import NOTHING_ELSE, Attribute
from triage.core.waits import (
    About,
    Answer,
    Closing,
    Former,
    FormerJudge,
    Judge,
    Mention,
    Moment,
    Version,
    Wait,
    decide_waits,
    judge_by_history,
    moment,
)

_WAITING_ROLES = frozenset({Role.MENTION.value, Role.INCIDENTAL.value})
_MENTION, _OWN = Role.MENTION.value, Role.OWN.value
_KINDS = {kind.value: kind for kind in Kind}
_PRESSING = frozenset({Kind.COMPLAINT.value, Kind.QUESTION.value})
"""Kinds that leave a priority standing when an agent corrects to them."""


class ThreadMessage(NamedTuple):
    """A message as far as waits depend on it. A row of the store, so a tuple: it must be cheap.

    Attributes:
        kind: The rules' kind; None while it was not tagged, or is not to be.
        corrected: An agent's correction; wins over `kind`.
        agent: Who sent it through us; None for what we did not send.
        seen_at: With `agent`: newest mention they had seen, its `posted_at`.
        seen_id: And its native id.
        priority: Why it cannot wait, by the rules; None if it can.
        confidence: How sure the rules are; None while it was not tagged.
        former: What it was taken for under other rules, for waits that had ended; mostly None.
        versions: What it said before it was edited; mostly None.
    """

    id: int
    native_id: str
    version_id: str
    role: str
    is_history: int
    customer_id: int | None
    author_id: str | None
    account_id: int | None
    posted_at: int
    fetched_at: int
    deleted_at: int | None
    in_reply_to: str | None
    in_reply_to_author: str | None
    quotes: str | None
    conversation_id: int | None
    kind: str | None
    corrected: str | None
    agent: str | None
    seen_at: int | None
    seen_id: str | None
    priority: str | None = None
    confidence: float | None = None
    former: tuple[Former, ...] | None = None
    versions: tuple[Version, ...] | None = None


class ConversationFacts(NamedTuple):
    """What is known of one customer's part of a thread, besides its messages.

    Attributes:
        conversation_id: Our id.
        account_id: The account it is counted under so far, or None.
        closings: Agents' acts that stand.
        closed: Of each wait that had ended: when (UTC ms), and the snapshot that judged it.
        waits: The waits as they are stored, to tell what changed.
        acts: Agents' acts that let it rest, or go on with it.
        attributes: What agents noted of the customer, oldest first.
        is_final: The customer was forgotten: what the waits followed from is not all there any
            more, and they stay as they were.
    """

    conversation_id: int
    account_id: int | None = None
    closings: Sequence[Closing] = ()
    closed: Sequence[tuple[int, Judge]] = ()
    waits: Sequence[Wait] = ()
    acts: Sequence[Act] = ()
    attributes: Sequence[Attribute] = ()
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """Everything that the waits of one thread follow from.

    Attributes:
        messages: Of the thread, in any order.
        quoting: Our messages in other threads that quote one of these.
        conversations: By customer id: everyone who has a conversation in this thread.
        aliases: Ids of other versions of these messages, to the first id.
        default_account: Whom to count a conversation under if nothing tells.
        handles: Of our accounts by id, folded.
        former: The settings that were in force before: from when until when, UTC ms, and the
            snapshot.
    """

    messages: Sequence[ThreadMessage]
    conversations: Mapping[int, ConversationFacts]
    quoting: Sequence[ThreadMessage] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    default_account: int | None = None
    handles: Mapping[int, str] = field(default_factory=dict)
    former: Sequence[FormerJudge] = ()


class ConversationVerdict(NamedTuple):
    """What follows for one conversation.

    Attributes:
        conversation_id: Our id.
        account_id: The account it is counted under.
        waits: Its waits, oldest first.
        message_ids: Our ids of the messages that belong to it.
    """

    conversation_id: int
    account_id: int | None
    waits: tuple[Wait, ...]
    message_ids: tuple[int, ...]


def customers_of(messages: Sequence[ThreadMessage]) -> set[int]:
    """Everyone who wrote to us in a thread."""
    return {
        m.customer_id for m in messages if m.role in _WAITING_ROLES and m.customer_id is not None
    }


class Part(NamedTuple):
    """One customer's part of a thread: what its waits follow from.

    The first three are those of `decide_waits`.

    Attributes:
        account_id: The account it is counted under.
        message_ids: Our ids of the messages that belong to it.
    """

    mentions: Sequence[Mention]
    answers: Sequence[Answer]
    about: About
    account_id: int | None
    message_ids: tuple[int, ...]


def decide_thread(facts: ThreadFacts, current: Judge) -> list[ConversationVerdict]:
    """Compute the waits of every conversation in a thread.

    Args:
        facts: The thread.
        current: The settings in force; what was judged under others stays so.
    """
    return [
        ConversationVerdict(
            c.conversation_id,
            part.account_id,
            decide_waits(
                part.mentions,
                part.answers,
                c.closings,
                judge_by_history(c.closed, current, facts.former),
                part.about,
            ),
            part.message_ids,
        )
        for c, part in parts_of(facts)
    ]


def parts_of(facts: ThreadFacts) -> Iterator[tuple[ConversationFacts, Part]]:
    """Part a thread into its conversations, each with what its waits follow from."""
    mentions: dict[int, list[ThreadMessage]] = {c: [] for c in facts.conversations}
    ours = []
    for message in facts.messages:
        if message.role == _OWN:
            ours.append(message)
        elif message.role in _WAITING_ROLES and message.customer_id in mentions:
            mentions[message.customer_id].append(message)
    ours += [m for m in facts.quoting if m.role == _OWN]
    answered: dict[int, list[ThreadMessage]] = {c: [] for c in facts.conversations}
    members = {c: [m.id for m in mentions[c]] for c in facts.conversations}
    if ours:
        refer = _References(facts)
        for message in ours:
            for customer_id, belongs in refer.customers(message).items():
                answered[customer_id].append(message)
                if belongs:
                    members[customer_id].append(message.id)
    for customer, c in facts.conversations.items():
        yield c, _part(facts, c, mentions[customer], answered[customer], members[customer])


class _References:
    """Finds whom a message of ours answers."""

    def __init__(self, facts: ThreadFacts) -> None:
        self.facts = facts
        self.by_id = {m.native_id: m for m in facts.messages}
        for alias, native_id in facts.aliases.items():
            if native_id in self.by_id:
                self.by_id.setdefault(alias, self.by_id[native_id])
        self.elsewhere = {m.id for m in facts.quoting}

    @cached_property
    def by_author(self) -> dict[str, int]:
        return {
            m.author_id: m.customer_id
            for m in self.facts.messages
            if m.customer_id is not None and m.author_id
        }

    def customers(self, message: ThreadMessage) -> dict[int, bool]:
        """Whom a message answers, and whether it belongs to their conversation.

        A post that replies to one customer and quotes another answers both, and belongs to the
        one whom it replies to.
        """
        found = {}
        if message.quotes:
            found[self._quoted(message)] = message.in_reply_to is None
        if message.id not in self.elsewhere:
            found[self._replied(message)] = True
        return {c: belongs for c, belongs in found.items() if c in self.facts.conversations}

    def _quoted(self, message: ThreadMessage) -> int:
        quoted = self.by_id.get(message.quotes or "")
        return quoted.customer_id if quoted and quoted.customer_id is not None else -1

    def _replied(self, message: ThreadMessage) -> int:
        """The nearest ancestor that a customer wrote; without it, whom the channel names."""
        seen: set[str] = set()
        current = message
        while current.in_reply_to and current.in_reply_to not in seen:
            seen.add(current.in_reply_to)
            parent = self.by_id.get(current.in_reply_to)
            if parent is None:
                return self.by_author.get(current.in_reply_to_author or "", None) or -1
            if parent.customer_id is not None:
                return parent.customer_id
            current = parent
        return -1


def _part(
    facts: ThreadFacts,
    conversation: ConversationFacts,
    mentions: Sequence[ThreadMessage],
    answers: Sequence[ThreadMessage],
    members: Sequence[int],
) -> Part:
    account_id = _account(facts, mentions, answers)
    about = NOTHING_ELSE
    if facts.handles or conversation.acts or conversation.attributes:
        handle = facts.handles.get(account_id or 0, "")
        about = About(handle, conversation.attributes, conversation.acts)
    return Part(
        [_mention(m, facts.handles) for m in mentions if _has_clock(m)],
        [_answer(m) for m in answers if m.deleted_at is None],
        about,
        account_id,
        tuple(members),
    )


def _has_clock(message: ThreadMessage) -> bool:
    """History has none; what is incidental has one only if an agent tagged it."""
    if message.is_history or not (message.corrected or message.kind):
        return False
    return message.role == _MENTION or message.corrected is not None


def tagged(mention: Mention, kind: Kind) -> Mention:
    """The mention, if an agent says what it is.

    What an agent said is sure, under any rules; it is urgent still if it wants an answer.
    """
    priority = mention.priority if kind.value in _PRESSING else None
    return mention._replace(kind=kind, priority=priority, confidence=1.0, former=(), versions=())


def _mention(m: ThreadMessage, handles: Mapping[int, str]) -> Mention:
    kind = _KINDS[m.kind or Kind.OTHER.value]
    confidence = 1.0 if m.confidence is None else m.confidence
    at = (m.id, m.native_id, m.posted_at, m.fetched_at)
    asked = handles.get(m.account_id, "") if m.account_id is not None else ""
    rest = (m.former or (), asked, m.versions or ())
    found = Mention(*at, kind, m.deleted_at, m.priority, confidence, *rest)
    return found if m.corrected is None else tagged(found, _KINDS[m.corrected])


def _answer(m: ThreadMessage) -> Answer:
    seen: Moment | None = None
    if m.seen_at is not None and m.seen_id is not None:
        seen = moment(m.seen_at, m.seen_id)
    return Answer(m.id, m.native_id, m.posted_at, seen, m.agent or "", m.agent is None)


def _account(
    facts: ThreadFacts, mentions: Sequence[ThreadMessage], answers: Sequence[ThreadMessage]
) -> int | None:
    """The account that was asked; failing that, the one that answered, here or in the thread."""
    asked = [m.account_id for m in mentions if m.account_id is not None]
    if asked:
        return min(asked)
    for ours in (answers, (m for m in facts.messages if m.role == _OWN)):
        by_age = sorted(ours, key=lambda m: moment(m.posted_at, m.native_id))
        for message in by_age:
            if message.account_id is not None:
                return message.account_id
    return facts.default_account
