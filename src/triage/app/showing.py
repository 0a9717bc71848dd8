"""One conversation with everything that explains how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from triage.app.acting import open_wait
from triage.app.noting import attributes_of, whom_of
from triage.app.parents import FOUND
from triage.core.claims import Claim
from triage.core.kinds import priority_class
from triage.core.marks import NO_MARKS, REPEAT_WITHIN, Marks
from triage.core.model import DAY, Evidence, Kind, Role, Verdict, WaitState
from triage.core.people import Note, Whom
from triage.core.people import Promise as Promised
from triage.core.policy import Policy
from triage.core.ports import Store
from triage.core.records import (
    ConversationView,
    MessageView,
    Reply,
    VersionView,
    WaitView,
)
from triage.core.team import Assignment
from triage.core.text import handle_key

_MONTH = 30 * DAY


@dataclass(frozen=True, slots=True)
class Promise:
    """How a due time came about.

    Attributes:
        kind: The kind whose policy demanded the earliest due time.
        policy: That policy, as it was in the snapshot that judged the wait.
        within: Open time that it gave, ms.
        calendar: When the clock ran, in words.
        start_at: `posted_at` of the mention that demands it, UTC ms.
        is_opening: It is the mention that opened the wait.
    """

    kind: Kind
    policy: Policy
    within: int | None
    calendar: str
    start_at: int
    is_opening: bool


@dataclass(frozen=True, slots=True)
class Urgency:
    """Why a customer cannot wait.

    Attributes:
        priority: Such as `safety`.
        is_first: They go before what is overdue; otherwise it is only told.
        reason: The words that say so; None where they are not known any more.
    """

    priority: str
    is_first: bool
    reason: Evidence | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What `show` shows.

    Attributes:
        messages: The thread, oldest first.
        wait: The open wait; failing that, the last one; None if there was none.
        verdicts: Of the conversation's mentions, by message id.
        promise: How the wait's due time came about; None if it has none.
        urgency: Why the open wait cannot wait; None if it can, or nobody waits.
        earlier: The customer's other waits, oldest first.
        complaints: Their complaints in the last thirty days, with this one.
        drafts: Replies that wait to be sent.
        time_zone: In which people of the account read times.
        attributes: What is noted of the customer.
        claim: Who is at it; None if nobody is.
        versions: By message id: what edited messages said before.
        lacking: By native id: posts that messages answer and that could not be had, and why.
        marks: What is marked of the customer in the queue.
        notes: What was written down of them, and of this conversation, oldest first.
        promises: What they were promised and nobody has said to be done, soonest first.
        event: Of which event's posts they talk; empty if of none.
        assignment: Whose it is; None if it is nobody's.
    """

    conversation: ConversationView
    messages: Sequence[MessageView]
    wait: WaitView | None
    verdicts: Mapping[int, Verdict]
    promise: Promise | None
    urgency: Urgency | None
    earlier: Sequence[WaitView]
    complaints: int
    drafts: Sequence[Reply]
    time_zone: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    claim: Claim | None = None
    versions: Mapping[int, Sequence[VersionView]] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)
    marks: Marks = NO_MARKS
    notes: Sequence[Note] = ()
    promises: Sequence[Promised] = ()
    event: str = ""
    assignment: Assignment | None = None


def load_shown(store: Store, conversation: ConversationView, now: int) -> Shown:
    """Load a conversation; nothing is changed by looking at it."""
    messages = store.reading.thread(conversation.id)
    waits = store.reading.waits(conversation.id)
    wait = open_wait(store, conversation.id) or (waits[-1] if waits else None)
    whom = whom_of(store, conversation)
    of_customer = store.reading.customer_waits(whom.members)
    verdicts = {}
    for message in messages:
        if message.role in (Role.MENTION, Role.INCIDENTAL):
            found = store.reading.verdict(message.id)
            if found is not None:
                verdicts[message.id] = found
    return Shown(
        conversation=conversation,
        messages=messages,
        wait=wait,
        verdicts=verdicts,
        promise=None if wait is None else _promise(store, wait, messages),
        urgency=None if wait is None else _urgency(store, wait, messages, verdicts),
        earlier=[w for w in of_customer if (wait is None or w.id != wait.id) and w.needs_answer],
        complaints=sum(
            w.kind is Kind.COMPLAINT and w.opened_at > now - _MONTH for w in of_customer
        ),
        drafts=store.outbox.drafts_in(conversation.id),
        time_zone=zone_of(store, conversation),
        attributes=attributes_of(store, whom),
        claim=store.claims.get(conversation.id, now),
        versions={m.id: store.reading.versions(m.id) for m in messages if m.edited},
        lacking=_lacking(store, conversation, messages),
        marks=marks_of(store, conversation.id, now),
        notes=store.people.notes(whom.members),
        promises=open_promises(store, whom),
        event=store.events.of_conversations([conversation.id]).get(conversation.id, ""),
        assignment=store.team.assignment(conversation.id),
    )


def marks_of(store: Store, conversation_id: int, now: int) -> Marks:
    """What is marked of whoever a conversation is with."""
    found = store.marks([conversation_id], now - REPEAT_WITHIN)
    return found.get(conversation_id, NO_MARKS)


def open_promises(store: Store, whom: Whom) -> list[Promised]:
    """What somebody was promised and nobody has said to be done or broken, soonest first."""
    return [p for p in store.people.promises(whom.members) if p.outcome is None]


def _lacking(
    store: Store, conversation: ConversationView, messages: Sequence[MessageView]
) -> dict[str, str]:
    here = {m.native_id for m in messages}
    answered = {m.in_reply_to for m in messages if m.in_reply_to} - here
    if not answered:
        return {}
    asked = store.following.parents(conversation.brand_id, conversation.channel, sorted(answered))
    return {native_id: why for native_id, why in asked.items() if why != FOUND}


def zone_of(store: Store, conversation: ConversationView) -> str:
    """The zone in which people of its account read and say times."""
    current = store.settings.current()
    return current.settings.zone_of(handle_key(conversation.account)) if current else "UTC"


def _urgency(
    store: Store,
    wait: WaitView,
    messages: Sequence[MessageView],
    verdicts: Mapping[int, Verdict],
) -> Urgency | None:
    priority = wait.urgency
    if priority is None or wait.state is not WaitState.OPEN:
        return None
    rules = store.judging.judge(wait.settings_id).settings.rules
    reasons = [
        evidence
        for message in messages
        if message.id in verdicts and _waits(message, wait)
        if verdicts[message.id].priority == priority
        for evidence in verdicts[message.id].because
        if rules.get(evidence.rule, {}).get("priority") == priority
    ]
    return Urgency(priority, priority_class(priority) > 0, reasons[0] if reasons else None)


def _waits(message: MessageView, wait: WaitView) -> bool:
    """Whether it is of this wait, not somebody else's in the thread, of an earlier one, or gone."""
    return (
        message.conversation_id == wait.conversation_id
        and message.posted_at >= wait.opened_at
        and message.deleted_at is None
    )


def _promise(store: Store, wait: WaitView, messages: Sequence[MessageView]) -> Promise | None:
    due_by = next((m for m in messages if m.id == wait.due_by), None)
    if due_by is None or due_by.kind is None:
        return None
    settings = store.judging.judge(wait.settings_id).settings
    policy = settings.named(wait.policy, due_by.kind)
    return Promise(
        kind=due_by.kind,
        policy=policy,
        within=policy.respond_within if wait.promised is None else wait.promised,
        calendar=settings.calendar_of(policy).describe(),
        start_at=due_by.posted_at,
        is_opening=due_by.id == wait.opening_id,
    )
