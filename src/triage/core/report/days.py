"""Days and hours: what came in, what was answered, and who waited at each day's end."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import NamedTuple

from triage.core.hours import Calendar
from triage.core.kinds import Kind, WaitState
from triage.core.report.local import HOURS, WEEK_HOURS, LocalTime, within
from triage.core.report.model import Day, Hour, Report
from triage.core.report.rows import Rows, WaitRow

_KINDS = tuple(kind.value for kind in Kind)
_ANSWERED = WaitState.ANSWERED.value


class Moments(NamedTuple):
    """When what happened, each sorted, UTC ms.

    Attributes:
        mentions: When mentions came in, by kind.
        opened: When waits opened that opened in the period.
        answered: When answers were given in the period.
    """

    mentions: Mapping[str, Sequence[int]]
    opened: Sequence[int]
    answered: Sequence[int]


def moments_of(rows: Rows, ended: Iterable[WaitRow]) -> Moments:
    """When what happened in a period.

    Args:
        rows: What was read of it.
        ended: The waits that ended in it.
    """
    posted = [mention.posted_at for mention in rows.mentions]
    kinds = [mention.kind for mention in rows.mentions]
    return Moments(
        {kind: list(compress(posted, [one == kind for one in kinds])) for kind in _KINDS},
        [wait.opened_at for wait in rows.waits],
        sorted([w.ended_at for w in ended if w.state == _ANSWERED and w.ended_at is not None]),
    )


def days_of(local: LocalTime, moments: Moments, rows: Rows, now: int) -> list[Day]:
    """Every day of the period.

    Args:
        local: Its days.
        moments: When what happened.
        rows: What was read.
        now: Up to which moment is known, UTC ms: a day that is not over is told as of then.
    """
    backlog = Backlog([*rows.carried, *rows.waits])
    return [
        Day(
            date=date,
            from_at=begin,
            to_at=end,
            mentions={k: within(times, begin, end) for k, times in moments.mentions.items()},
            opened=within(moments.opened, begin, end),
            answered=within(moments.answered, begin, end),
            waiting=backlog.waiting(min(end, now)),
            overdue=backlog.overdue(min(end, now)),
        )
        for date, (begin, end) in local.days
    ]


def begun_days(report: Report) -> list[Day]:
    """The days of the report but for those that are still to come."""
    return [day for day in report.days if day.from_at < report.as_of_at]


def hours_of(local: LocalTime, moments: Moments, calendar: Calendar) -> list[Hour]:
    """Every hour of the week, summed over the weeks of the period.

    Args:
        local: Its hours.
        moments: When what happened.
        calendar: The opening hours.
    """
    came = local.by_hour([at for times in moments.mentions.values() for at in times])
    answered = local.by_hour(moments.answered)
    spans, opened = [0] * WEEK_HOURS, [0] * WEEK_HOURS
    for begin, end, number in local.hours:
        spans[number] += end - begin
        opened[number] += calendar.between(begin, end)
    return [
        Hour(
            weekday=number // HOURS,
            hour=number % HOURS,
            mentions=came[number],
            answers=answered[number],
            is_open=opened[number] / spans[number] if spans[number] else 0.0,
        )
        for number in range(WEEK_HOURS)
    ]


class Backlog:
    """Who waits at a moment, as far as it is known of these waits.

    Who ended at the moment itself still waited up to it; who opened at it does not wait yet.
    """

    def __init__(self, waits: Sequence[WaitRow]) -> None:
        late = [
            wait
            for wait in waits
            if wait.due_at is not None and (wait.ended_at is None or wait.due_at <= wait.ended_at)
        ]
        self._opened = sorted([wait.opened_at for wait in waits])
        self._ended = _ends(waits)
        self._late = sorted([max(wait.due_at or 0, wait.opened_at + 1) for wait in late])
        self._late_ended = _ends(late)

    def waiting(self, at: int) -> int:
        """How many wait at a moment, UTC ms."""
        return bisect_left(self._opened, at) - bisect_left(self._ended, at)

    def overdue(self, at: int) -> int:
        """How many of them are past their due time."""
        return bisect_right(self._late, at) - bisect_left(self._late_ended, at)


def _ends(waits: Iterable[WaitRow]) -> list[int]:
    return sorted([wait.ended_at for wait in waits if wait.ended_at is not None])
