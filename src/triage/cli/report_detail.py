"""All of a report on a terminal: its lines with bars, and the first of the sections."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from triage.cli import output
from triage.cli.output import Column, Format
from triage.cli.report_drawing import bar, heat
from triage.cli.report_people import agents, customers, fetching, returns, themes
from triage.cli.report_screen import Row, first_screen, head, table, totals
from triage.cli.report_words import day_words, key_words, not_in_time
from triage.core.report.days import begun_days
from triage.core.report.line import Dimension, Line, Spread
from triage.core.report.model import Day, Missed, Report
from triage.core.report.saying import span
from triage.core.text import handle_key, one_line, without_names

_MOST = 20
"""So many of the missed are shown; all of them are a command away."""
_LINES = 400
_BAR, _LONG_BAR = 10, 16
_BAR_FROM, _LONG_BAR_FROM = 60, 110
_TWO_HOURS_BELOW = 56
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def split_screen(report: Report) -> None:
    """Write the lines of what the report is split by, with bars."""
    head(report)
    _split(report)


def _split(report: Report) -> None:
    lines = report.lines[:_LINES]
    rows = [Row(key_words(line.key, report.by), line) for line in lines]
    bars = _bars({id(line): _barred(line, report.by) for line in lines}, report.by)
    table([*rows, *totals(report)], report.by.value.upper(), bars=bars)
    rest = len(report.lines) - len(lines)
    if rest:
        output.line()
        output.wrapped(f"{rest:,} more: add --csv")


def _barred(line: Line, by: Dimension) -> int:
    """What a bar shows: the mentions, or the waits where mentions belong to nobody."""
    return line.waits.opened if by in _OF_WAITS else line.mentions


_OF_WAITS = frozenset({Dimension.AGENT, Dimension.POLICY})


def _bars(values: dict[int, int], by: Dimension) -> Column[Row]:
    """Bars of lines, by the identity of each; the totals have none."""
    most, width = max(values.values(), default=0), _bar_width()
    return Column(
        "bar",
        lambda r: bar(values.get(id(r.line), 0), most, width),
        f"{'WAITED' if by in _OF_WAITS else 'MENTIONS':<{width}}",
        at_least=_BAR_FROM,
    )


def _bar_width() -> int:
    return _LONG_BAR if output.width() >= _LONG_BAR_FROM else _BAR


def full_screen(report: Report, name: str) -> None:
    """Write everything."""
    first_screen(report, name, full=True)
    for section in _SECTIONS:
        section(report, name)
    output.line()
    output.wrapped(
        "HALF IN, 9 OF 10: of the first answers, from the mention to the answer. IN TIME: answered "
        "before it was due, of all that was answered or is overdue."
    )


def _other_split(report: Report, _name: str) -> None:
    """What the report is split by, unless the first table says it."""
    if report.by is not Dimension.KIND:
        output.line()
        _split(report)


def _responses(report: Report, _name: str) -> None:
    """First and later answers, as customers saw them and as the team could."""
    total = report.total
    rows = [
        (f"{which}, {whose}", of_time, spread)
        for which, response in (("first", total.first), ("later", total.next))
        for whose, of_time, spread in (
            ("as seen", "clock", response.seen),
            ("as seen", "open hours", response.seen_open),
            ("by us", "clock", response.team),
            ("by us", "open hours", response.team_open),
        )
        if spread.n
    ]
    if rows:
        output.line()
        output.rows(rows, _response_columns(), Format.TERMINAL)


_Answers = tuple[str, str, Spread]


def _response_columns() -> list[Column[_Answers]]:
    return [
        Column("which", lambda r: r[0], "ANSWERS", wide=True),
        Column("time", lambda r: r[1], "TIME"),
        Column("n", lambda r: f"{r[2].n:,}", "N", right=True, at_least=60),
        Column("median_s", lambda r: span(r[2].median_s), "HALF IN", right=True),
        Column("p90_s", lambda r: span(r[2].p90_s), "9 OF 10", right=True, at_least=48),
        Column("p95_s", lambda r: span(r[2].p95_s), "19 OF 20", right=True, at_least=72),
        Column("slowest_s", lambda r: span(r[2].slowest_s), "SLOWEST", right=True, at_least=60),
    ]


def _missed(report: Report, _name: str) -> None:
    """Who was answered too late or is overdue, most late first."""
    if not report.missed:
        return
    output.line()
    ours = {handle_key(handle) for handle in report.accounts}
    output.rows(report.missed[:_MOST], _missed_columns(ours), Format.TERMINAL)
    rest = not_in_time(report.total.waits) - len(report.missed[:_MOST])
    if rest > 0:
        output.wrapped(f"{rest:,} more: add --of missed or --of overdue")


def _missed_columns(ours: Collection[str]) -> list[Column[Missed]]:
    return [
        Column("id", lambda m: m.conversation_id, "ID", right=True),
        Column("late_s", _late, "LATE BY", style=lambda m: "red" if m.is_open else ""),
        Column("kind", lambda m: m.kind, "KIND", at_least=72),
        Column("customer", lambda m: f"@{m.customer}"[:20], "FROM", at_least=56),
        Column("agent", lambda m: "" if m.is_open else m.agent or "other app", "WHO", at_least=110),
        Column("text", lambda m: without_names(one_line(m.text), ours), "TEXT", wide=True),
    ]


def _late(missed: Missed) -> str:
    return f"{span(missed.late_s)}{', open' if missed.is_open else ''}"


def _days(report: Report, _name: str) -> None:
    """What each day brought, and who waited at its end."""
    days = begun_days(report)
    if len(days) <= 1:
        return
    most = max(day.total for day in days)
    columns: list[Column[Day]] = [
        Column("day", lambda d: day_words(d.date), "DAY", wide=True),
        Column(
            "bar",
            lambda d: bar(d.total, most, _bar_width()),
            f"{'MENTIONS':<{_bar_width()}}",
            at_least=_BAR_FROM,
        ),
        Column("mentions", lambda d: f"{d.total:,}", "MENTIONS", right=True, at_least=48),
        Column("opened", lambda d: f"{d.opened:,}", "BEGAN", right=True, at_least=72),
        Column("answered", lambda d: f"{d.answered:,}", "ANSWERED", right=True, at_least=60),
        Column("waiting", lambda d: f"{d.waiting:,}", "WAITING", right=True),
        Column("overdue", lambda d: f"{d.overdue:,}", "OVERDUE", right=True),
    ]
    output.line()
    output.rows(days, columns, Format.TERMINAL)


def _hours(report: Report, _name: str) -> None:
    """When people write, against the opening hours."""
    if not any(hour.mentions for hour in report.hours):
        return
    drawn = heat(report.hours, step=2 if output.width() < _TWO_HOURS_BELOW else 1)
    output.line()
    output.line(f"HOUR{drawn.scale}")
    for weekday, row in zip(_WEEKDAYS, drawn.days, strict=True):
        output.line(f"{weekday} {row}".rstrip())
    output.wrapped(f"mentions: {drawn.legend}")
    if any(hour.is_open < 1 for hour in report.hours):
        output.line("[ ] opening hours")
    else:
        output.line("open around the clock")


_SECTIONS: Sequence[Callable[[Report, str], None]] = (
    _other_split,
    _responses,
    _missed,
    _days,
    _hours,
    themes,
    returns,
    agents,
    customers,
    fetching,
)
