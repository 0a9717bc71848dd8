"""The lines of a period, a tally for each: all that rows need of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from triage.core.report.line import Dimension, Line
from triage.core.report.query import ReportQuery
from triage.core.report.split import Parts, Split
from triage.core.report.spread import Spans
from triage.core.report.tally import Tally, all_of, line_of, tally_of


class Lines(NamedTuple):
    """A table.

    Attributes:
        by: What its lines are split by.
        lines: One for each value that occurs; kinds and hours all, days all of the period.
        total: The line of everything.
    """

    by: Dimension
    lines: Sequence[Line]
    total: Line


class Lined:
    """A period in parts, counted.

    Args:
        query: What was asked for.
        split: What tells the parts apart.
        parts: The parts.
        spans: How long answers took.
    """

    def __init__(
        self, query: ReportQuery, split: Split, parts: Parts, spans: Mapping[int, Spans]
    ) -> None:
        self._query = query
        self._split = split
        self._parts = parts
        self._tallies = {p: tally_of(w, spans, query.now) for p, w in parts.waits.items()}

    def lines(self) -> list[Line]:
        """A line for each part."""
        nothing = tally_of((), {}, self._query.now)
        return [
            self._line(
                shown,
                self._tallies.get(part, nothing),
                self._parts.mentions.get(part, 0),
                self._parts.sent.get(part, 0),
            )
            for part, shown in self._split.order(self._parts)
        ]

    def total(self, mentions: int, sent: int) -> Line:
        """The line of everything.

        Args:
            mentions: How many mentions came in.
            sent: How many posts of ours went out.
        """
        return self._line("all", all_of(list(self._tallies.values())), mentions, sent)

    def _line(self, key: str, tally: Tally, mentions: int, sent: int) -> Line:
        query = self._query
        return line_of(key, tally, query.now, mentions=mentions, sent=sent, with_ids=query.with_ids)
