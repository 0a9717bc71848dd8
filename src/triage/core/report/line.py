"""The lines of a report: who waited, what became of it, and how long answers took.

They are apart from the rest of a report: rows for a pipe are made of them alone, and load no more.
See `core.report.model` for how times and spans are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Ids = tuple[int, ...]


class Dimension(StrEnum):
    """What a report can be split by."""

    KIND = "kind"
    DAY = "day"
    HOUR = "hour"
    AGENT = "agent"
    CUSTOMER = "customer"
    THEME = "theme"
    ACCOUNT = "account"
    LANGUAGE = "language"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Spread:
    """How a set of spans is spread: nearest-rank percentiles, and nothing interpolated.

    Attributes:
        n: How many spans.
        median_s: Half of them are at most this long; None of an empty set, as all that follow.
        p90_s: Nine of ten are.
        p95_s: Nineteen of twenty are.
        slowest_s: The longest.
        quartiles_s: The first and the third quartile: half of all lie between them.
    """

    n: int = 0
    median_s: float | None = None
    p90_s: float | None = None
    p95_s: float | None = None
    slowest_s: float | None = None
    quartiles_s: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """How long answers took, four ways. Two measures that are never mixed, in two kinds of time.

    Attributes:
        seen: As customers saw it: from their mention to our answer, clock time.
        seen_open: The same in business time: the opening hours of the wait's policy alone.
        team: As the team could: from when we first had the mention, clock time.
        team_open: The same in business time.
    """

    seen: Spread = field(default_factory=Spread)
    seen_open: Spread = field(default_factory=Spread)
    team: Spread = field(default_factory=Spread)
    team_open: Spread = field(default_factory=Spread)


@dataclass(frozen=True, slots=True)
class Waits:
    """What became of the waits that opened in the period and demanded an answer.

    `answered + settled + dismissed + withdrawn + open == opened`, and
    `met + missed == answered` but for answers to what had no due time.

    Attributes:
        opened: How many.
        answered: Ended by an answer that everybody can see.
        outside: Of the answered, answered in another app.
        settled: Answered privately.
        dismissed: Closed by an agent without an answer.
        withdrawn: Taken back by their authors.
        open: Still waiting at `Report.as_of_at`.
        overdue: Of the open, past their due time.
        met: Answered before they were due.
        missed: Answered at or after their due time.
        lasting_s: The Kaplan-Meier median of the time to the answer, seconds: the open count with
            the time that they have waited so far, so that ignoring people does not improve it.
            None while more than half still wait, or nobody does.
        lasting_from_s: Where `lasting_s` is None because too many wait: it is longer than this.
    """

    opened: int = 0
    answered: int = 0
    outside: int = 0
    settled: int = 0
    dismissed: int = 0
    withdrawn: int = 0
    open: int = 0
    overdue: int = 0
    met: int = 0
    missed: int = 0
    lasting_s: float | None = None
    lasting_from_s: float | None = None

    @property
    def judged(self) -> int:
        """Of how many it is known whether they were answered in time: met, missed and overdue."""
        return self.met + self.missed + self.overdue

    @property
    def within_sla(self) -> float | None:
        """Met, as a share of what was answered or is overdue; None if there is neither.

        Who is still waiting within the promise is not judged yet; who is overdue already missed.
        """
        return self.met / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: a kind, a day, an agent, or everything.

    Attributes:
        key: Of what: a kind, `2026-03-02`, an hour `0`..`23`, an agent, a handle, a theme, an
            account's handle, a language, a policy; `all` for everything; empty for what has none.
        mentions: Posts of customers that came in, whether or not they demanded an answer.
        sent: Posts of ours that went out, from here or from other apps. 0 where the dimension
            says nothing of them (kind, customer, theme, policy).
        waits: What became of those who waited.
        first: First responses: answers to the first wait of a conversation.
        next: Later responses: answers to its other waits.
        ids: Conversations of its waits by figure: `waits`, `answered`, `outside`, `settled`,
            `dismissed`, `withdrawn`, `open`, `overdue`, `met`, `missed`. Without those that are
            empty; all empty unless they were asked for.
    """

    key: str
    mentions: int = 0
    sent: int = 0
    waits: Waits = field(default_factory=Waits)
    first: Response = field(default_factory=Response)
    next: Response = field(default_factory=Response)
    ids: Mapping[str, Ids] = field(default_factory=dict)


FIGURES = (
    "waits",
    "answered",
    "outside",
    "settled",
    "dismissed",
    "withdrawn",
    "open",
    "overdue",
    "met",
    "missed",
)
"""The figures that lead to conversations, in the order of their columns."""
