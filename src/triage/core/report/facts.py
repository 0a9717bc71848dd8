"""One wait of a period as a row of an export."""

from __future__ import annotations

from collections.abc import Mapping

from triage.core.report.model import WaitFacts
from triage.core.report.rows import CustomerRow, OpeningRow, WaitRow
from triage.core.report.spread import Spans
from triage.core.report.tally import figures_of

_MS = 1000
_NO_ANSWER = (None, None, None, None, False)


class Facts:
    """Turns waits into rows.

    Args:
        now: Up to which moment is known, UTC ms.
        names: Of the accounts by our id of them.
        spans: How long answers took, by our id of the wait.
    """

    def __init__(self, now: int, names: Mapping[int, str], spans: Mapping[int, Spans]) -> None:
        self._now = now
        self._names = names
        self._spans = spans

    def row(self, wait: WaitRow, customer: CustomerRow, opening: OpeningRow) -> WaitFacts:
        """One row: a wait, whose it is, and what opened it."""
        seen, seen_open, team, team_open, _ = self._spans.get(wait.id, _NO_ANSWER)
        return WaitFacts(
            wait_id=wait.id,
            conversation_id=wait.conversation_id,
            channel=customer.channel,
            account=self._names.get(wait.account_id or 0, ""),
            customer=customer.handle,
            kind=wait.kind,
            theme=opening.theme,
            language=opening.lang,
            policy=wait.policy,
            state=wait.state,
            opened_at=wait.opened_at,
            fetched_at=wait.fetched_at,
            due_at=wait.due_at,
            ended_at=wait.ended_at,
            agent=wait.agent,
            outside=wait.outside == 1,
            is_met=None if wait.is_met is None else wait.is_met == 1,
            is_first=wait.earlier_end is None,
            figures=figures_of(wait, self._now),
            seen_s=_seconds(seen),
            seen_open_s=_seconds(seen_open),
            team_s=_seconds(team),
            team_open_s=_seconds(team_open),
        )


def _seconds(span: int | None) -> float | None:
    return None if span is None else span / _MS
