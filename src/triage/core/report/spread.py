"""How sets of spans are spread. Nearest rank: each figure is a span that somebody really waited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from triage.core.report.line import Response, Spread

_MS = 1000


Spans = tuple[int, int, int | None, int | None, bool]
"""How long an answer took, ms: `seen`, `seen_open`, `team`, `team_open` (see `Response`).

At last, whether it came within the opening hours.

The two of the team are None where the answer came before we had the mention: no time of theirs
passed. A plain tuple, since each answer of a report has one.
"""


class Times(NamedTuple):
    """How long some answers took, four ways, each sorted, ms; see `Response`."""

    seen: Sequence[int] = ()
    seen_open: Sequence[int] = ()
    team: Sequence[int] = ()
    team_open: Sequence[int] = ()


def times_of(spans: Sequence[Spans]) -> Times:
    """Sort the spans of some answers."""
    if not spans:
        return Times()
    seen, seen_open, team, team_open, _ = zip(*spans, strict=True)
    if None in team:
        team = tuple(span for span in team if span is not None)
        team_open = tuple(span for span in team_open if span is not None)
    return Times(sorted(seen), sorted(seen_open), sorted(team), sorted(team_open))


def all_times(parts: Iterable[Times]) -> Times:
    """Put some together; what is sorted in parts is sorted soon."""
    found = [[span for part in whole for span in part] for whole in zip(*parts, strict=True)]
    return Times(*map(sorted, found)) if found else Times()


def percentile(values: Sequence[int], percent: int) -> int:
    """The nearest-rank percentile of sorted values: the smallest with `percent` % at or below."""
    rank = max(1, (len(values) * percent + 99) // 100)
    return values[rank - 1]


def spread_of(ordered: Sequence[int]) -> Spread:
    """The spread of sorted spans, ms."""
    if not ordered:
        return Spread()
    low, median, high, p90, p95 = (
        percentile(ordered, percent) / _MS for percent in (25, 50, 75, 90, 95)
    )
    return Spread(len(ordered), median, p90, p95, ordered[-1] / _MS, (low, high))


def response_of(times: Times) -> Response:
    """The four spreads of some answers."""
    return Response(*map(spread_of, times)) if times.seen else Response()
