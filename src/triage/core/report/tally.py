"""What became of some waits, and how long their answers took: counted once, then put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import NamedTuple

from triage.core.kinds import WaitState
from triage.core.report.line import FIGURES, Ids, Line, Waits
from triage.core.report.rows import WaitRow, lasted
from triage.core.report.spread import Spans, Times, all_times, response_of, times_of
from triage.core.report.survival import median_wait

_MS = 1000
_OPEN, _ANSWERED = WaitState.OPEN.value, WaitState.ANSWERED.value


class Tally(NamedTuple):
    """Counts of some waits, and times.

    Attributes:
        rows: The waits.
        counts: How many stand how, by state, `outside`, `overdue`, `met` and `missed`.
        unanswered: How long those waited that have no answer, sorted, ms.
        first: Answers to first waits of conversations.
        next: Answers to others.
    """

    rows: Sequence[WaitRow]
    counts: Counter[str]
    unanswered: Sequence[int]
    first: Times
    next: Times


def tally_of(rows: Sequence[WaitRow], spans: Mapping[int, Spans], now: int) -> Tally:
    """Count some waits.

    Args:
        rows: The waits.
        spans: How long answers took; of other waits as well.
        now: Up to which moment is known, UTC ms.
    """
    counts = Counter([row.state for row in rows])
    kept = Counter([row.is_met for row in rows])
    counts["met"], counts["missed"] = kept[1], kept[0]
    counts["outside"] = sum([row.outside for row in rows])
    counts["overdue"] = sum(is_overdue(row, now) for row in rows if row.state == _OPEN)
    answered = [row for row in rows if row.state == _ANSWERED]
    return Tally(
        rows,
        counts,
        sorted([lasted(row, now) for row in rows if row.state != _ANSWERED]),
        times_of([spans[row.id] for row in answered if row.earlier_end is None]),
        times_of([spans[row.id] for row in answered if row.earlier_end is not None]),
    )


def all_of(tallies: Sequence[Tally]) -> Tally:
    """Put tallies of different waits together."""
    return Tally(
        [row for tally in tallies for row in tally.rows],
        sum((tally.counts for tally in tallies), Counter()),
        sorted([span for tally in tallies for span in tally.unanswered]),
        all_times([tally.first for tally in tallies]),
        all_times([tally.next for tally in tallies]),
    )


def is_overdue(row: WaitRow, now: int) -> bool:
    """It waits, and is due at or before a time, UTC ms."""
    return row.state == _OPEN and row.due_at is not None and row.due_at <= now


def line_of(
    key: str,
    tally: Tally,
    now: int,
    *,
    mentions: int = 0,
    sent: int = 0,
    with_ids: bool = False,
) -> Line:
    """One line of a table.

    Args:
        key: Of what.
        tally: Its waits.
        now: Up to which moment is known, UTC ms.
        mentions: How many mentions came in.
        sent: How many posts went out.
        with_ids: Name the conversations behind each figure.
    """
    return Line(
        key=key,
        mentions=mentions,
        sent=sent,
        waits=_waits(tally),
        first=response_of(tally.first),
        next=response_of(tally.next),
        ids=_ids(tally.rows, now) if with_ids else {},
    )


def _waits(tally: Tally) -> Waits:
    counts = tally.counts
    answered = sorted([*tally.first.seen, *tally.next.seen])
    lasting = median_wait(answered, tally.unanswered)
    longest = max([*answered[-1:], *tally.unanswered[-1:]], default=None)
    return Waits(
        opened=len(tally.rows),
        answered=counts[WaitState.ANSWERED],
        outside=counts["outside"],
        settled=counts[WaitState.SETTLED],
        dismissed=counts[WaitState.DISMISSED],
        withdrawn=counts[WaitState.WITHDRAWN],
        open=counts[WaitState.OPEN],
        overdue=counts["overdue"],
        met=counts["met"],
        missed=counts["missed"],
        lasting_s=None if lasting is None else lasting / _MS,
        lasting_from_s=None if lasting is not None or longest is None else longest / _MS,
    )


def figures_of(row: WaitRow, now: int) -> tuple[str, ...]:
    """In which figures of a line a wait counts, in their order."""
    counted = (
        True,
        row.state == _ANSWERED,
        row.outside == 1,
        row.state == WaitState.SETTLED,
        row.state == WaitState.DISMISSED,
        row.state == WaitState.WITHDRAWN,
        row.state == _OPEN,
        is_overdue(row, now),
        row.is_met == 1,
        row.is_met == 0,
    )
    return tuple(compress(FIGURES, counted))


def ids_of(rows: Iterable[WaitRow]) -> Ids:
    """The conversations of some waits, in order, each once."""
    return tuple(sorted({row.conversation_id for row in rows}))


def _ids(rows: Sequence[WaitRow], now: int) -> dict[str, Ids]:
    found: dict[str, set[int]] = {}
    for row in rows:
        for figure in figures_of(row, now):
            found.setdefault(figure, set()).add(row.conversation_id)
    return {figure: tuple(sorted(found[figure])) for figure in FIGURES if figure in found}
