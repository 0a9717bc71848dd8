"""Letting a conversation rest: from the acts of agents to periods, and what they do to a clock.

An act hangs on the conversation and carries what the agent had seen. The period that it begins ends
by the first of these:

- the time that the agent named;
- the customer's next message that the agent had not seen, unless the act says to stay;
- an answer or a close, which ends what was resting;
- another such act, or one that wakes it.

So periods follow from facts alone, in whatever order those arrive. While one lasts, the queue hides
the wait. Its clock stands only in the states that its policy names; that time is taken out of what
the calendar counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from triage.core.hours import Calendar


class HoldState(StrEnum):
    """Why an agent lets a wait rest. It hides the wait; whether its clock stands, a policy says."""

    SNOOZED = "snoozed"
    """For later; nothing is missing."""
    WAITING_ON_CUSTOMER = "waiting-on-customer"
    """They were asked for something in private, and have not answered."""
    ON_HOLD = "on-hold"
    """Somebody else must act first: a carrier, a supplier, another department."""

    __hash__ = str.__hash__


_Moment = tuple[int, tuple[int, str]]
_NEVER = 1 << 62

Stop = tuple[int, int | None]
"""From when on a clock stands, and until when, UTC ms; None if nobody knows."""


class EndedBy(StrEnum):
    """What ended a period."""

    TIME = "time"
    REPLY = "reply"
    """The customer wrote again."""
    ANSWER = "answer"
    """We answered, or an agent closed the wait."""
    AGENT = "agent"
    """An agent woke it, or let it rest in another way."""


class Act(NamedTuple):
    """An agent lets a conversation rest, or goes on with it.

    Attributes:
        activity_id: Which act.
        at: When, UTC ms by our clock.
        state: How it rests; None goes on with it.
        until: When it is to end, UTC ms; None for no time.
        stays: The customer's next message does not end it.
        seen_through: The newest mention that the agent had before them, in the order of messages.
        agent: Who.
    """

    activity_id: int
    at: int
    state: HoldState | None
    until: int | None = None
    stays: bool = False
    seen_through: _Moment = (_NEVER, (0, ""))
    agent: str = ""


class Period(NamedTuple):
    """A time in which a conversation rested, or rests.

    Attributes:
        state: How.
        start_at: UTC ms.
        end_at: UTC ms, also where it is still to come; None if nobody knows.
        ended_by: What ends it; None if nobody knows.
        act: What began it.
    """

    state: HoldState
    start_at: int
    end_at: int | None
    ended_by: EndedBy | None
    act: Act

    def lasts(self, now: int) -> bool:
        """Whether it lasts at a time, UTC ms."""
        return self.start_at <= now and (self.end_at is None or now < self.end_at)


def hold_periods(
    acts: Iterable[Act], mentions: Iterable[_Moment], ends: Iterable[int]
) -> tuple[Period, ...]:
    """The periods in which a conversation rested, oldest first; they do not overlap.

    Args:
        acts: Of the conversation, in any order.
        mentions: Where each message of the customer stands in the order of messages.
        ends: When answers were given and waits were closed, UTC ms.
    """
    ordered = sorted(acts, key=lambda a: (a.at, a.activity_id))
    written, ended = sorted(mentions), sorted(ends)
    periods = []
    for number, act in enumerate(ordered):
        if act.state is None:
            continue
        following = ordered[number + 1].at if number + 1 < len(ordered) else _NEVER
        woken = _NEVER if act.stays else _woken_at(act, written)
        answered = next((at for at in ended if at >= act.at), _NEVER)
        end_at, by = min(
            (following, EndedBy.AGENT),
            (woken, EndedBy.REPLY),
            (answered, EndedBy.ANSWER),
            (_NEVER if act.until is None else act.until, EndedBy.TIME),
            key=lambda end: end[0],
        )
        if end_at == _NEVER:
            periods.append(Period(act.state, act.at, None, None, act))
        elif end_at > act.at:
            periods.append(Period(act.state, act.at, end_at, by, act))
    return tuple(periods)


def _woken_at(act: Act, written: Sequence[_Moment]) -> int:
    """When the customer wrote what the agent had not seen: at the earliest when they acted."""
    unseen = next((m for m in written if m > act.seen_through), None)
    return _NEVER if unseen is None else max(unseen[0], act.at)


def until_end(periods: Sequence[Period], ended_at: int | None) -> Sequence[Period]:
    """What a wait that ended knows of its periods: nothing that came after its end, UTC ms."""
    if ended_at is None:
        return periods
    return tuple(
        p if p.end_at is not None and p.end_at <= ended_at else p._replace(end_at=ended_at)
        for p in periods
        if p.start_at < ended_at
    )


def stops_of(periods: Sequence[Period], pauses: Collection[HoldState]) -> tuple[Stop, ...]:
    """When a clock stood or stands that stands in these states."""
    return tuple((p.start_at, p.end_at) for p in periods if p.state in pauses)


def due_with_stops(
    calendar: Calendar, start_at: int, span: int, stops: Sequence[Stop]
) -> int | None:
    """Tell when `span` ms of open time have passed in which the clock did not stand.

    Args:
        calendar: When the clock runs.
        start_at: UTC ms.
        span: ms.
        stops: When it stands, oldest first; they do not overlap.

    Returns:
        UTC ms; None if it stands before that, and nobody knows until when.
    """
    for stands_at, goes_on_at in stops:
        if goes_on_at is not None and goes_on_at <= start_at:
            continue
        if stands_at > start_at:
            passed = calendar.between(start_at, stands_at)
            if passed >= span:
                break
            span -= passed
        if goes_on_at is None:
            return None
        start_at = goes_on_at
    return calendar.add(start_at, span)
