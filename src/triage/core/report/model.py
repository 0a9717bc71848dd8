"""What a report consists of. Every screen, page and export is made from these values alone.

Times are UTC epoch ms and end in `_at`; spans are seconds and end in `_s`; shares are 0..1. A list
of `ids` holds the conversations behind a figure, the ids that people type, in ascending order.
`docs/metrics.md` gives the formula and the edge cases of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.core.report.line import Dimension, Ids, Line, Response, Spread


@dataclass(frozen=True, slots=True)
class Missed:
    """A wait that was not answered in time: answered too late, or overdue.

    Attributes:
        late_s: How long after its due time the answer came; of the overdue, so far.
        is_open: It still waits.
        text: Of the mention that opened it, as stored; hostile like any other.
    """

    conversation_id: int
    customer: str
    kind: str
    opened_at: int
    due_at: int
    ended_at: int | None
    late_s: float
    is_open: bool
    agent: str
    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the account's time zone; 23 or 25 hours where the clock changes.

    Attributes:
        date: Such as `2026-03-02`.
        from_at: Its begin, cut to the period.
        to_at: Its end, cut to the period.
        mentions: Mentions that came in, by kind.
        opened: Waits that opened.
        answered: Answers that were given on that day, whenever the wait had opened.
        waiting: Who waited at its end: the backlog.
        overdue: Of them, past their due time then.
    """

    date: str
    from_at: int
    to_at: int
    mentions: Mapping[str, int]
    opened: int
    answered: int
    waiting: int
    overdue: int

    @property
    def total(self) -> int:
        """All mentions of the day."""
        return sum(self.mentions.values())


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of a week in the account's time zone, over all weeks of the period.

    Attributes:
        weekday: 0 is Monday.
        hour: 0..23, on the clock of the wall.
        mentions: Mentions that came in then.
        answers: Answers that were given then.
        is_open: How much of it the opening hours cover, 0..1, by the calendar of the settings.
    """

    weekday: int
    hour: int
    mentions: int
    answers: int
    is_open: float


@dataclass(frozen=True, slots=True)
class Theme:
    """What complaints were about.

    Attributes:
        before: Complaints about it in the previous period of the same length; None if nobody
            asked for a comparison.
        share: Of the complaints of the period, 0..1.
    """

    name: str
    complaints: int
    before: int | None
    share: float
    ids: Ids


@dataclass(frozen=True, slots=True)
class Turn:
    """A customer whose kind turned within a conversation, first mention to last one in the period.

    Attributes:
        before: `complaint` or `praise`.
        after: The other one.
        at: When the mention was written that turned it.
    """

    conversation_id: int
    customer: str
    before: str
    after: str
    at: int


@dataclass(frozen=True, slots=True)
class Agent:
    """What one person did; listed by name, never as a league.

    Attributes:
        agent: Who; empty for answers from other apps, whose writer is not known.
        answers: Waits that they answered in the period.
        closed: Waits that they closed without a public answer.
        after_hours: Answers outside the opening hours.
        first: First responses that were theirs.
        next: Later responses that were theirs.
    """

    agent: str
    answers: int
    closed: int
    after_hours: int
    first: Response
    next: Response
    ids: Ids

    @property
    def after_hours_share(self) -> float | None:
        """Answers outside the opening hours, as a share of all of theirs; None without answers."""
        return self.after_hours / self.answers if self.answers else None


@dataclass(frozen=True, slots=True)
class Customer:
    """Who wrote in the period.

    Attributes:
        handle: Without `@`.
        longest_s: The longest that they waited for an answer, or wait so far.
        waiting: They wait now.
    """

    handle: str
    channel: str
    mentions: int
    complaints: int
    waits: int
    longest_s: float | None
    waiting: bool
    ids: Ids


@dataclass(frozen=True, slots=True)
class GapSeen:
    """A stretch of a stream that X may have left out, found in the period and not closed."""

    account: str
    stream: str
    from_at: int | None
    to_at: int | None
    found_at: int
    about: int | None


@dataclass(frozen=True, slots=True)
class Fetching:
    """How quickly mentions reached us.

    Attributes:
        lag: From when a mention was written to when we had it.
        runs: Fetches that began in the period.
        failed: Of them, those that failed.
        gaps: What may be missing.
    """

    lag: Spread
    runs: int
    failed: int
    gaps: Sequence[GapSeen]


@dataclass(frozen=True, slots=True)
class Advice:
    """What a manager should know and do, most pressing first.

    Attributes:
        what: One sentence, such as `3 people are overdue; the longest waits 3h12m longer than
            promised.` Holds no text of a post; handles are cleaned like any text of theirs.
        do: What to do about it, in words; empty if there is nothing to do.
        command: The command that begins with it, without `triage`; empty if there is none.
        ids: The conversations it is about.
    """

    what: str
    do: str = ""
    command: str = ""
    ids: Ids = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of a period [from_at, to_at).

    Attributes:
        brand: Its name.
        accounts: Handles of the accounts that it is about.
        zone: IANA name: days and hours are of this zone.
        as_of_at: The moment up to which it knows: what is open then is open.
        by: What `lines` are split by.
        lines: One for each value that occurs; kinds and hours all, days all of the period.
        total: The line of everything.
        previous: The same period before it, of the same length in days; its own `previous` is
            None. None unless a comparison was asked for.
        missed: Most late first.
        reopened: Conversations whose customer wrote again, and waited again, after an end.
        turned: Complaint to praise and the other way.
        hours: All 168, by weekday and hour.
        customers: Who wrote most or waited longest, at most 20 of each, without doubles: sorted
            by mentions, then by handle.
    """

    brand: str
    accounts: Sequence[str]
    zone: str
    from_at: int
    to_at: int
    as_of_at: int
    by: Dimension
    lines: Sequence[Line]
    total: Line
    kinds: Sequence[Line]
    missed: Sequence[Missed]
    days: Sequence[Day]
    hours: Sequence[Hour]
    themes: Sequence[Theme]
    reopened: Ids
    turned: Sequence[Turn]
    agents: Sequence[Agent]
    customers: Sequence[Customer]
    fetching: Fetching
    advice: Sequence[Advice] = ()
    previous: Report | None = None


@dataclass(frozen=True, slots=True)
class WaitFacts:
    """One wait of the period, for exports: a row for each, whatever figure it counts in.

    Attributes:
        figures: In which figures of `Line.ids` it counts, in their order.
        seen_s: From the mention to the answer as the customer saw it; None without an answer.
        seen_open_s: The same in business time.
        team_s: From when we had it to the answer.
        team_open_s: The same in business time.
        is_first: It was the first wait of its conversation.
    """

    wait_id: int
    conversation_id: int
    channel: str
    account: str
    customer: str
    kind: str
    theme: str
    language: str
    policy: str
    state: str
    opened_at: int
    fetched_at: int
    due_at: int | None
    ended_at: int | None
    agent: str
    outside: bool
    is_met: bool | None
    is_first: bool
    figures: tuple[str, ...]
    seen_s: float | None
    seen_open_s: float | None
    team_s: float | None
    team_open_s: float | None
