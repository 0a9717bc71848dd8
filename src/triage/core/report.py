"""Honest figures from waits: the people still waiting are counted, and nothing else is as met.

First-response times are as customers saw them: from their mention to our answer, clock time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from triage.core.model import Kind, WaitState


class WaitRow(NamedTuple):
    """A wait as the report reads it."""

    kind: str
    state: str
    needs_answer: int
    opened_at: int
    due_at: int | None
    ended_at: int | None
    is_met: int | None
    outside: int


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One line of the report.

    Attributes:
        mentions: Posts that came in, whether or not they demanded an answer.
        waits: Waits that opened in the period and demanded an answer.
        answered: Of those, ended by an answer.
        outside: Of the answered, answered in another app.
        dismissed: Closed by an agent without an answer.
        settled: Answered privately.
        withdrawn: Deleted by their authors.
        open: Still waiting.
        overdue: Of the open, past their due time.
        met: Answered before they were due.
        missed: Answered at or after their due time.
        median_s: Median time to the answer, seconds; None without answers.
        p90_s: The time within which nine of ten answers came, seconds.
    """

    kind: str
    mentions: int
    waits: int
    answered: int
    outside: int
    dismissed: int
    settled: int
    withdrawn: int
    open: int
    overdue: int
    met: int
    missed: int
    median_s: float | None
    p90_s: float | None

    @property
    def within_sla(self) -> float | None:
        """Met, as a share of what was answered or is overdue; None if there is neither.

        Who is still waiting within the promise is not judged yet; who is overdue already missed.
        """
        judged = self.met + self.missed + self.overdue
        return self.met / judged if judged else None


def percentile(values: Sequence[int], percent: int) -> int:
    """The nearest-rank percentile of sorted values: the smallest with `percent` % at or below."""
    rank = max(1, (len(values) * percent + 99) // 100)
    return values[rank - 1]


def figures(rows: Iterable[WaitRow], mentions: Mapping[str, int], now: int) -> list[KindFigures]:
    """Sum up a period: a line for each kind, then one for all.

    Args:
        rows: The waits that opened in it.
        mentions: Mentions that came in, by kind.
        now: UTC ms; what is open and due at or before it is overdue.
    """
    by_kind: dict[str, list[WaitRow]] = {kind.value: [] for kind in Kind}
    for row in rows:
        if row.needs_answer:
            by_kind[row.kind].append(row)
    lines = [_line(kind, by_kind[kind], mentions.get(kind, 0), now) for kind in by_kind]
    everything = [row for part in by_kind.values() for row in part]
    return [*lines, _line("all", everything, sum(mentions.values()), now)]


def _line(kind: str, rows: Sequence[WaitRow], mentions: int, now: int) -> KindFigures:
    def count(state: WaitState) -> int:
        return sum(r.state == state for r in rows)

    spans = sorted(
        r.ended_at - r.opened_at
        for r in rows
        if r.state == WaitState.ANSWERED and r.ended_at is not None
    )
    return KindFigures(
        kind=kind,
        mentions=mentions,
        waits=len(rows),
        answered=count(WaitState.ANSWERED),
        outside=sum(r.outside for r in rows),
        dismissed=count(WaitState.DISMISSED),
        settled=count(WaitState.SETTLED),
        withdrawn=count(WaitState.WITHDRAWN),
        open=count(WaitState.OPEN),
        overdue=sum(
            r.state == WaitState.OPEN and r.due_at is not None and r.due_at <= now for r in rows
        ),
        met=sum(r.is_met == 1 for r in rows),
        missed=sum(r.is_met == 0 for r in rows),
        median_s=percentile(spans, 50) / 1000 if spans else None,
        p90_s=percentile(spans, 90) / 1000 if spans else None,
    )
