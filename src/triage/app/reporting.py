"""Figures of a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.core.ports import Store
from triage.core.report import KindFigures, figures


@dataclass(frozen=True, slots=True)
class Report:
    """What became of those who wrote within a period.

    Attributes:
        since: Its begin, UTC ms.
        until: Its end, UTC ms; what was posted at that moment is not in it.
        lines: A line for each kind, then one for all.
    """

    since: int
    until: int
    lines: Sequence[KindFigures]

    @property
    def total(self) -> KindFigures:
        """The line for all kinds."""
        return self.lines[-1]

    @property
    def most_missed(self) -> KindFigures:
        """The kind that was answered too late most often."""
        return max(self.lines[:-1], key=lambda line: line.missed)


def load_report(
    store: Store,
    brand_id: int,
    since: int,
    until: int,
    now: int,
    account_ids: Sequence[int] = (),
) -> Report:
    """Sum up the waits that opened, and the mentions that came, within [since, until), UTC ms.

    Args:
        store: Where they are.
        brand_id: Whose.
        since: Begin.
        until: End.
        now: What is open and due by now is overdue.
        account_ids: Only these accounts; all of them if it is empty.
    """
    rows = store.report.wait_rows(brand_id, since, until, account_ids)
    mentions = store.report.mentions_by_kind(brand_id, since, until, account_ids)
    return Report(since, until, figures(rows, mentions, now))
