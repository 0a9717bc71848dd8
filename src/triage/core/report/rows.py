"""What the figures of a report are computed from: rows as the store gives them.

Tuples, and few columns: a month of a busy brand has tens of thousands of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

NEVER = 1 << 62
"""As a time: it has not come."""


class WaitRow(NamedTuple):
    """A wait that demands an answer; see `core.wait.Wait` for what is not explained here.

    Attributes:
        outside: 1 if it was answered in another app.
        is_met: 1 or 0; None while that is open or not measured.
        earlier_end: When the first of the earlier waits of the conversation ended, UTC ms;
            `NEVER` if none of them has; None if there are none, so that this one is the first.
    """

    id: int
    conversation_id: int
    account_id: int | None
    kind: str
    state: str
    opened_at: int
    fetched_at: int
    due_at: int | None
    ended_at: int | None
    agent: str
    outside: int
    is_met: int | None
    policy: str
    settings_id: int
    earlier_end: int | None


class MentionRow(NamedTuple):
    """A mention that came in.

    Attributes:
        conversation_id: None until it is judged.
        kind: An agent's correction, else the rules' kind; `other` until it is tagged.
        theme: What it is about; empty if nothing tells.
        lag: From when it was written to when we had it, ms; None for what a fetch did not bring.
    """

    posted_at: int
    customer_id: int
    conversation_id: int | None
    kind: str
    theme: str
    lag: int | None


class Said(NamedTuple):
    """What a customer wrote, as far as a turn depends on it."""

    conversation_id: int
    customer_id: int
    kind: str
    posted_at: int


class SentRow(NamedTuple):
    """A post of ours that went out.

    Attributes:
        lang: Its language; empty if the channel does not tell.
        agent: Who sent it through us; empty for what was written in another app.
    """

    posted_at: int
    account_id: int | None
    lang: str
    agent: str


class CustomerRow(NamedTuple):
    """Who wrote."""

    id: int
    handle: str
    channel: str


class OpeningRow(NamedTuple):
    """The mention that opened a wait.

    Attributes:
        wait_id: Our id of the wait.
        text: Empty where its author took it back, or the channel keeps it back.
        theme: What it is about; empty if nothing tells.
        lang: Its language; empty if the channel does not tell.
    """

    wait_id: int
    text: str
    url: str | None
    theme: str
    lang: str


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read of a period.

    Attributes:
        waits: Those that opened in it, oldest first.
        carried: Those that had opened before it and ended in it, later or not yet.
        mentions: Those that were written in it, oldest first.
        sent: How many posts of ours went out.
        customers: Whose conversation a wait is in, by our ids of both; empty for a brief report.
    """

    waits: Sequence[WaitRow]
    carried: Sequence[WaitRow]
    mentions: Sequence[MentionRow]
    sent: int
    customers: Mapping[int, int]


def missed_of(waits: Iterable[WaitRow], now: int) -> list[WaitRow]:
    """Waits that were answered too late or are overdue at a time, UTC ms."""
    return [
        wait
        for wait in waits
        if wait.is_met == 0
        or (wait.ended_at is None and wait.due_at is not None and wait.due_at <= now)
    ]


def lasted(wait: WaitRow, now: int) -> int:
    """How long a wait lasted, or lasts so far, ms; never less than nothing."""
    return max(0, (now if wait.ended_at is None else wait.ended_at) - wait.opened_at)
