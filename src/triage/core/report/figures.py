"""All figures of a period from its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from heapq import nsmallest
from zoneinfo import ZoneInfo

from triage.core.holds import Stop
from triage.core.hours import Calendar
from triage.core.report.agents import agents_of
from triage.core.report.customers import Customers, Turned, turns_with
from triage.core.report.days import days_of, hours_of, moments_of
from triage.core.report.line import Dimension, Line
from triage.core.report.lines import Lined
from triage.core.report.local import LocalTime
from triage.core.report.model import Fetching, Missed, Report
from triage.core.report.opentime import OpenTime
from triage.core.report.query import ReportQuery
from triage.core.report.rows import CustomerRow, OpeningRow, Rows, SentRow, WaitRow, missed_of
from triage.core.report.split import Part, Split
from triage.core.report.tally import ids_of
from triage.core.report.themes import themes_of

MOST_MISSED = 500
"""So many that were missed are listed; `Waits` tells how many there are."""
_MS = 1000
_NOBODY = Rows((), (), (), 0, {})


@dataclass(frozen=True, slots=True)
class Frame:
    """What a report says of itself.

    Attributes:
        brand: Its name.
        accounts: Handles of the accounts that it is about.
        names: Names of all accounts of the brand by our id of them, as lines show them.
        zone: IANA name: whose days and hours.
        calendar: The opening hours that hours are held against.
    """

    brand: str
    accounts: Sequence[str]
    names: Mapping[int, str]
    zone: str
    calendar: Calendar

    @property
    def tz(self) -> tzinfo:
        """The zone itself."""
        return ZoneInfo(self.zone)


@dataclass(frozen=True, slots=True)
class More:
    """What is read once it is known what of.

    Attributes:
        customers: Those that `Figures.wanted_customers` names, by our id of them.
        openings: What opened the waits that are missed, by our id of the wait; that of all waits
            where the dimension is one of `split.BY_OPENING`.
        sent: Posts of ours, where the dimension is one of `split.SPLITS_SENT`.
        counted: Mentions by the dimension, where it is one of `split.COUNTED`; None elsewhere.
        turned: Who came to complain and praised in the end, or the other way.
        fetching: How mentions reached us.
        before: The period before.
    """

    customers: Mapping[int, CustomerRow]
    openings: Mapping[int, OpeningRow]
    sent: Iterable[SentRow]
    counted: Mapping[Part, int] | None
    turned: Sequence[Turned]
    fetching: Fetching
    before: Report | None = None


class Figures:
    """The figures of one period.

    Args:
        query: What was asked for.
        frame: What the report says of itself.
        rows: What was read.
        time: Counts business time.
        stops: When the clocks of waits stood, by our id of the wait.
    """

    def __init__(
        self,
        query: ReportQuery,
        frame: Frame,
        rows: Rows,
        time: OpenTime,
        stops: Mapping[int, Sequence[Stop]],
    ) -> None:
        self.query = query
        self.frame = frame
        self.rows = rows
        self.local = LocalTime(frame.zone, query.from_at, query.to_at)
        self.ended = [
            wait
            for wait in (*rows.carried, *rows.waits)
            if wait.ended_at is not None and query.from_at <= wait.ended_at < query.to_at
        ]
        self.spans = time.spans([*rows.carried, *rows.waits], stops)
        self.all_missed = missed_of(rows.waits, query.now)
        listed = () if query.brief else self.all_missed
        self.missed = nsmallest(MOST_MISSED, listed, key=self._lateness)
        self.customers = Customers(_NOBODY if query.brief else rows, query.now)

    def _lateness(self, wait: WaitRow) -> tuple[int, int, int]:
        return -_late(wait, self.query.now), wait.conversation_id, wait.id

    @property
    def wanted_customers(self) -> set[int]:
        """Whose handles the report needs, by our id of them, without those who turned."""
        whose = self.rows.customers
        found = {*self.customers.notable, *(whose[w.conversation_id] for w in self.missed)}
        if self.query.by is Dimension.CUSTOMER:
            found |= {*whose.values(), *(mention.customer_id for mention in self.rows.mentions)}
        return found

    def report(self, more: More) -> Report:
        """Put the report together; it has no advice yet."""
        query, rows, now = self.query, self.rows, self.query.now
        split = Split(Dimension.KIND, self.local, {}, {})
        kinds = Lined(query, split, split.parts(rows), self.spans)
        by_kind = kinds.lines()
        moments = moments_of(rows, self.ended)
        before = more.before
        return Report(
            brand=self.frame.brand,
            accounts=self.frame.accounts,
            zone=self.frame.zone,
            from_at=query.from_at,
            to_at=query.to_at,
            as_of_at=now,
            by=query.by,
            lines=by_kind if query.by is Dimension.KIND else self._split(more),
            total=kinds.total(len(rows.mentions), rows.sent),
            kinds=by_kind,
            missed=_missed(self.missed, rows, more, now),
            days=days_of(self.local, moments, rows, now),
            hours=hours_of(self.local, moments, self.frame.calendar),
            themes=themes_of(rows.mentions, None if before is None else _complaints(before)),
            reopened=() if query.brief else ids_of(filter(_is_reopened, rows.waits)),
            turned=turns_with(more.turned, more.customers),
            agents=agents_of(() if query.brief else self.ended, self.spans),
            customers=self.customers.lines(more.customers[n] for n in self.customers.notable),
            fetching=more.fetching,
            previous=before,
        )

    def _split(self, more: More) -> list[Line]:
        names = self.frame.names
        if self.query.by is Dimension.CUSTOMER:
            names = {number: row.handle for number, row in more.customers.items()}
        split = Split(self.query.by, self.local, names, more.openings)
        parts = split.parts(self.rows, more.sent, more.counted)
        return Lined(self.query, split, parts, self.spans).lines()


def _complaints(report: Report) -> dict[str, int]:
    return {theme.name: theme.complaints for theme in report.themes}


def _is_reopened(wait: WaitRow) -> bool:
    """The customer waited again after an earlier wait of the conversation had ended."""
    return wait.earlier_end is not None and wait.earlier_end <= wait.opened_at


def _late(wait: WaitRow, now: int) -> int:
    """How long after its due time a wait ended, or lasts so far, ms."""
    return (now if wait.ended_at is None else wait.ended_at) - (wait.due_at or 0)


def _missed(waits: Iterable[WaitRow], rows: Rows, more: More, now: int) -> list[Missed]:
    return [
        Missed(
            conversation_id=wait.conversation_id,
            customer=more.customers[rows.customers[wait.conversation_id]].handle,
            kind=wait.kind,
            opened_at=wait.opened_at,
            due_at=wait.due_at or 0,
            ended_at=wait.ended_at,
            late_s=_late(wait, now) / _MS,
            is_open=wait.ended_at is None,
            agent=wait.agent,
            text=more.openings[wait.id].text,
            url=more.openings[wait.id].url,
        )
        for wait in waits
    ]
