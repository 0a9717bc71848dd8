"""Events of a brand and the posts that count down to them, as values, and what is decided of them.

A post of an event is a reply of the outbox that answers nobody. That a person has read it stands
beside it as the hash of exactly that text: a text that was changed since is not reviewed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from triage.core.countdown import (
    LATE_HOURS,
    Slot,
    Timely,
    is_past_day,
    parse_countdown,
    parse_step,
    slots,
    timely,
)
from triage.core.countdown_words import speaks_of_days, speaks_of_hours
from triage.core.kinds import Kind
from triage.core.model import DAY, HOUR, MINUTE
from triage.core.outbox import Found, ReplyState, normalise
from triage.core.records import Reply

SCHEDULE = "event"
"""`Reply.schedule` of a post of an event that waits for its time."""

REMEMBERED = 14 * DAY
"""For how long what we posted is not posted in the same words again, ms."""

WAITING = (
    ReplyState.DRAFT,
    ReplyState.SCHEDULED,
    ReplyState.HELD,
    ReplyState.QUEUED,
    ReplyState.FAILED,
)
"""States in which a post has not left, and can still be changed or given up."""


class Late(StrEnum):
    """What becomes of an hour's post whose time went by while nothing ran."""

    SKIP = "skip"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Event:
    """Something with a date that posts count down to.

    Attributes:
        uuid: Made by whoever adds it; the same one twice is one.
        account_id: Who posts.
        wall: Its date and time of day as a clock on the wall shows them in `zone`.
        zone: IANA name.
        at: The same as UTC ms.
        language: In which "tomorrow" is said.
        countdown: Its steps as they were written.
        text: The template of every post that has none of its own.
        texts: Templates by step.
        late: What becomes of late posts of hours.
        turn: How often it was moved; posts of an earlier turn count no more.
        agent: Who added it.
        cancelled_at: UTC ms; None if it stands.
    """

    id: int
    uuid: str
    account_id: int
    name: str
    wall: datetime
    zone: str
    at: int
    language: str
    countdown: str
    text: str
    created_at: int
    agent: str
    texts: Mapping[str, str] = field(default_factory=dict)
    late: Late = Late.SKIP
    turn: int = 0
    cancelled_at: int | None = None

    def slots(self) -> tuple[Slot, ...]:
        """When its posts are due, the first first; see `countdown.slots`."""
        return slots(self.wall, self.zone, parse_countdown(self.countdown))

    def template(self, step: str) -> str:
        """The template of a step."""
        return self.texts.get(step, self.text)


@dataclass(frozen=True, slots=True)
class EventPost:
    """What makes a reply the post of an event.

    Attributes:
        turn: Of the event when it was written.
        step: Such as `14d`.
        due_at: UTC ms.
        day: The date there at that time, ISO.
        days_left: What it may say.
        hours_left: The same in hours.
        reviewed: Hash of the text that a person has read; None if nobody has.
        reviewed_by: Who.
        reviewed_at: When, UTC ms.
        released_at: When a person let it go although complaints spike, UTC ms.
    """

    reply_id: int
    event_id: int
    turn: int
    step: str
    due_at: int
    day: str
    days_left: int
    hours_left: int
    reviewed: str | None = None
    reviewed_by: str = ""
    reviewed_at: int | None = None
    released_at: int | None = None

    @property
    def slot(self) -> Slot:
        """When it is due."""
        return Slot(
            parse_step(self.step),
            self.due_at,
            date.fromisoformat(self.day),
            self.days_left,
            self.hours_left,
        )


class Planned(NamedTuple):
    """A post with its reply."""

    post: EventPost
    reply: Reply

    @property
    def is_reviewed(self) -> bool:
        """Whether a person has read exactly this text."""
        return self.post.reviewed == review_key(self.reply.text)

    @property
    def is_waiting(self) -> bool:
        """Whether it has not left and may still."""
        return self.reply.state in WAITING


class Reception(NamedTuple):
    """One mention that answers or quotes a post of an event.

    Attributes:
        reply_id: The post's reply.
        message_id: Our id of the mention.
        conversation_id: Where it stands; None if it has no conversation.
        customer_id: Who wrote it.
        kind: What it was taken for.
        is_quote: It quotes the post instead of standing below it.
    """

    reply_id: int
    message_id: int
    conversation_id: int | None
    customer_id: int | None
    kind: Kind
    is_quote: bool


def review_key(text: str) -> str:
    """Hash of exactly a text: what was reviewed is what goes out, to the last blank."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_timely(event: Event, post: EventPost, now: int, text: str = "") -> Timely:
    """Whether what a post says is true now; see `countdown.timely`.

    Args:
        event: Of which event.
        post: Which.
        now: UTC ms.
        text: What it says: a post of hours that counts days too is held to its day, and one of
            days that counts hours to its hour.
    """
    slot, late = post.slot, event.late is Late.SEND
    found = timely(slot, event.at, event.zone, now, send_late=late)
    if found.why or not text:
        return found
    if slot.step.in_hours:
        over = is_past_day(slot, event.zone, now) and speaks_of_days(event.language, text)
        why = "it speaks of days, and its day is over"
    else:
        over = not late and now > slot.due_at + LATE_HOURS
        over = over and speaks_of_hours(event.language, text)
        why = "it speaks of hours, and is late"
    return Timely(is_over=True, why=why) if over else found


def why_never(event: Event, planned: Planned, now: int) -> str | None:
    """Why a post is not to go out any more, in words; None if it still may."""
    if event.cancelled_at is not None:
        return f"{event.name} was cancelled"
    if planned.post.turn != event.turn:
        return f"{event.name} was moved"
    said = is_timely(event, planned.post, now, planned.reply.text)
    if said.is_over:
        unread = "" if planned.is_reviewed else "nobody reviewed it in time; "
        return f"skipped: {unread}{said.why}"
    return None


def said_before(text: str, ours: Sequence[Found]) -> Found | None:
    """The newest of our own posts to nobody that a channel would show like this text."""
    words = normalise(text)
    same = [p for p in ours if p.in_reply_to is None and normalise(p.text) == words]
    return max(same, key=lambda p: p.posted_at, default=None)


def twins(texts: Mapping[str, str]) -> tuple[str, str] | None:
    """Two steps whose texts a channel would show alike; None if all differ."""
    seen: dict[str, str] = {}
    for step, text in texts.items():
        words = normalise(text).casefold()
        if words in seen:
            return seen[words], step
        seen[words] = step
    return None


@dataclass(frozen=True, slots=True)
class SpikePolicy:
    """When complaints are so many that nothing is promoted.

    Attributes:
        complaints: So many within the window at least; 0 turns it off.
        factor: And so many times as many as usual.
        window: Over which they are counted, ms.
        usual: Over which the usual is found, ms.
    """

    complaints: int = 10
    factor: float = 3.0
    window: int = HOUR
    usual: int = 14 * DAY


class Spike(NamedTuple):
    """Complaints are too many.

    Attributes:
        complaints: In the window.
        usual: In as much time before, on average.
        window: Ms.
    """

    complaints: int
    usual: float
    window: int

    @property
    def words(self) -> str:
        """For people."""
        minutes = self.window // MINUTE
        span = f"{minutes} min" if minutes < 180 else f"{minutes // 60} h"  # noqa: PLR2004
        return f"complaints spike: {self.complaints} in the last {span}, usually {self.usual:.1f}"


def find_spike(policy: SpikePolicy, recent: int, before: int, span: int) -> Spike | None:
    """Tell whether complaints spike.

    Args:
        policy: From when on they do.
        recent: Complaints in the window.
        before: Complaints in the time before it.
        span: How much time that is, ms; 0 if nothing is known of it, then the number decides.
    """
    if not policy.complaints or recent < policy.complaints:
        return None
    usual = before * policy.window / span if span > 0 else 0.0
    return Spike(recent, usual, policy.window) if recent >= policy.factor * usual else None
