"""A report on one screen: what happened by kind, how it went from day to day, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from triage.cli import output
from triage.cli.output import Column, Format
from triage.cli.report_drawing import shrunk, sparks
from triage.cli.report_words import (
    ALL,
    ended_words,
    key_words,
    lasting,
    period_words,
    returns_words,
)
from triage.core.report.days import begun_days
from triage.core.report.line import Dimension, Line
from triage.core.report.model import Advice, Day, Report
from triage.core.report.saying import share, span

_ADVICE = 2
"""So much advice is on the first screen; --full has all of it."""
_NAMES = 3
"""So many accounts are named."""
_LABEL = 12
_WIDEST = 62
"""A line of sparks is at most so long, and leaves room for words beside it."""


class Row(NamedTuple):
    """A line of a table, with what it is called there."""

    name: str
    line: Line


def first_screen(report: Report, name: str, *, full: bool = False) -> None:
    """Write it.

    Args:
        report: The figures.
        name: How the program is called, for hints.
        full: All of the advice; the details follow.
    """
    head(report)
    if not _is_empty(report):
        rows = [Row(key_words(line.key, Dimension.KIND), line) for line in report.kinds]
        table([*rows, *totals(report)], "KIND")
        output.line()
        _tell_facts(report)
    advise(report.advice if full else report.advice[:_ADVICE], name)
    if not full and not _is_empty(report):
        _tell_more(report)


def _is_empty(report: Report) -> bool:
    reports = [report] if report.previous is None else [report, report.previous]
    return not any(r.total.mentions or r.total.waits.opened for r in reports)


def head(report: Report) -> None:
    """The period, where its days are, and whose report it is."""
    names = ", ".join(f"@{handle}" for handle in report.accounts[:_NAMES])
    rest = len(report.accounts) - _NAMES
    if rest > 0:
        names += f" and {rest} more"
    output.spread(f"{period_words(report)} ({report.zone})", names)
    output.line()


def totals(report: Report) -> list[Row]:
    """The line of everything, and that of the period before."""
    before = [] if report.previous is None else [Row("before", report.previous.total)]
    return [Row(ALL, report.total), *before]


def table(rows: Sequence[Row], title: str, *, bars: Column[Row] | None = None) -> None:
    """Write lines as a table; what matters less is left out of a narrow one."""
    first = Column[Row]("key", lambda r: r.name, title, wide=True)
    others = _columns(_BARE) if bars is None else [bars, *_columns(_BESIDE_BARS)]
    output.rows(rows, [first, *others], Format.TERMINAL)


_BARE = {"mentions": 60, "answered": 80, "missed": 90, "open": 56, "median": 48, "p90": 76}
_BESIDE_BARS = {"mentions": 58, "answered": 110, "missed": 80, "open": 110, "median": 76, "p90": 96}
"""Terminal widths from which columns are shown; the others always are."""
_SLOWEST_FROM = 120


def _columns(widths: Mapping[str, int]) -> list[Column[Row]]:
    def column(key: str, header: str, words: Callable[[Line], str]) -> Column[Row]:
        at_least = widths.get(key, 0)
        return Column(key, lambda r: words(r.line), header, right=True, at_least=at_least)

    overdue = column("overdue", "OVERDUE", lambda x: f"{x.waits.overdue:,}")
    return [
        column("mentions", "MENTIONS", lambda x: f"{x.mentions:,}"),
        column("waits", "WAITED", lambda x: f"{x.waits.opened:,}"),
        column("answered", "ANSWERED", lambda x: f"{x.waits.answered:,}"),
        column("missed", "LATE", lambda x: f"{x.waits.missed:,}"),
        column("open", "OPEN", lambda x: f"{x.waits.open:,}"),
        overdue._replace(style=lambda r: "red" if r.line.waits.overdue else ""),
        column("within_sla", "IN TIME", lambda x: share(x.waits.within_sla)),
        column("median", "HALF IN", lambda x: span(x.first.seen.median_s)),
        column("p90", "9 OF 10", lambda x: span(x.first.seen.p90_s)),
        column("slowest", "SLOWEST", lambda x: span(x.first.seen.slowest_s))._replace(
            at_least=_SLOWEST_FROM
        ),
    ]


def _tell_facts(report: Report) -> None:
    facts = _facts(report)
    if facts:
        output.grid(facts, wide=1)
        output.line()


def _facts(report: Report) -> list[tuple[str, str]]:
    """What the table does not say, each with its label."""
    waits, width = report.total.waits, max(8, min(_WIDEST, output.width() - _LABEL - 24))
    days = begun_days(report)
    facts = [
        ("half of all", _lasting_words(report)),
        ("besides", ended_words(waits)),
        ("came back", returns_words(report)),
        ("mentions", _mentions_words(days, width)),
        ("waiting", _waiting_words(days, width)),
    ]
    return [(label, words) for label, words in facts if words]


def _lasting_words(report: Report) -> str:
    """The median that counts those who still wait."""
    if not report.total.waits.opened:
        return ""
    words = f"within {lasting(report.total.waits)}, counting who still waits"
    if report.total.waits.lasting_s is None:
        words = f"{lasting(report.total.waits)}: more than half still wait"
    if report.previous is not None and report.previous.total.waits.opened:
        words += f"; before: {lasting(report.previous.total.waits)}"
    return words


def _mentions_words(days: Sequence[Day], width: int) -> str:
    counts = [day.total for day in days]
    if len(counts) <= 1 or not any(counts):
        return ""
    return f"{sparks(shrunk(counts, width, add=True))}  {_range(counts)} a day"


def _waiting_words(days: Sequence[Day], width: int) -> str:
    counts = [day.waiting for day in days]
    if len(counts) <= 1 or not any(counts):
        return ""
    return f"{sparks(shrunk(counts, width, add=False))}  {_range(counts)}, at last {counts[-1]:,}"


def _range(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def advise(advice: Sequence[Advice], name: str) -> None:
    """What a manager should know and do, with the command that begins with it."""
    for one in advice:
        output.wrapped(" ".join(part for part in (one.what, one.do) if part))
        if one.command:
            output.indented(f"{name} {one.command}")


def _tell_more(report: Report) -> None:
    rest = len(report.advice) - _ADVICE
    details = f"{rest} more, and details" if rest > 0 else "details"
    output.choices([f"{details}: add --full", "who: add --ids", "a page: add --html FILE"])
