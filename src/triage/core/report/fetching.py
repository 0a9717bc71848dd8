"""How quickly mentions reached us, and what may not have reached us at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from triage.core.progress import Gap
from triage.core.report.model import Fetching, GapSeen
from triage.core.report.query import ReportQuery
from triage.core.report.rows import MentionRow
from triage.core.report.spread import spread_of


def fetching_of(
    query: ReportQuery,
    mentions: Iterable[MentionRow],
    runs: Mapping[bool, int],
    gaps: Iterable[Gap],
    names: Mapping[int, str],
) -> Fetching:
    """Sum up the fetches of a period.

    Args:
        query: Which period, and which accounts.
        mentions: Those of the period.
        runs: How many fetches began in it, by whether they went well.
        gaps: All that are known.
        names: Of the accounts by our id of them.
    """
    return Fetching(
        lag=spread_of(sorted([max(0, m.lag) for m in mentions if m.lag is not None])),
        runs=sum(runs.values()),
        failed=runs.get(False, 0),
        gaps=[
            GapSeen(
                account=names.get(gap.account_id, ""),
                stream=gap.stream,
                from_at=gap.after_at,
                to_at=gap.before_at,
                found_at=gap.found_at,
                about=gap.about,
            )
            for gap in gaps
            if gap.closed_at is None and _is_of(gap, query)
        ],
    )


def _is_of(gap: Gap, query: ReportQuery) -> bool:
    ours = not query.account_ids or gap.account_id in query.account_ids
    return ours and query.from_at <= gap.found_at < query.to_at
