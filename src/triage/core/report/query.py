"""What a report is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage.core.report.line import Dimension


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """Which figures, of what, and when.

    Attributes:
        brand_id: Whose.
        from_at: Begin of the period, UTC ms.
        to_at: Its end, UTC ms; what was posted at that moment is not in it.
        now: UTC ms; what is open and due at or before it is overdue.
        account_ids: Only these accounts; all of them if it is empty.
        by: What the lines are split by.
        compare: Load the period before it too; see `core.report.period.before`.
        with_ids: Name the conversations behind each line's figures.
        brief: Leave out what one screen has no room for: what was missed, who answered, who wrote,
            what was reopened and what turned. These are empty then.
        zone: IANA name of whose days and hours; empty for the account's, where the settings give
            it one and it is the only one, else the zone of the settings.
    """

    brand_id: int
    from_at: int
    to_at: int
    now: int
    account_ids: Sequence[int] = ()
    by: Dimension = Dimension.KIND
    compare: bool = False
    with_ids: bool = False
    brief: bool = False
    zone: str = ""
