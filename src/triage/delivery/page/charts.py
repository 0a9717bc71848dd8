"""The charts of a report: which of its figures stand where. No figure is computed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from triage.core.report.line import Line, Response, Spread
from triage.core.report.model import Agent, Day, Hour, Report, Theme
from triage.core.report.saying import counted, share, span
from triage.delivery.page import geometry, words
from triage.delivery.page.marks import Bar, Label, Over, Row, Rows, Shape, Week

PLOT = 170.0
"""How high the plot of a chart over days is, in pixels."""
LEVELS = 4
"""How many strengths the hours of a week are shown in."""
_NAME_GAP = 16.0
_MOST_NAME = 24
_MOST_TIPS = 100
_HALF = 0.5


def mentions_by_day(report: Report) -> Over:
    """Mentions of each day, the kinds on one another."""
    kinds = [k.key for k in report.kinds]
    series = [[day.mentions.get(kind, 0) for day in report.days] for kind in kinds]
    totals = [day.total for day in report.days]
    marks = geometry.ticks(max(totals, default=0))
    top = marks[-1]
    placed = geometry.stacked(series) if report.days else [[] for _ in kinds]
    shapes = [
        Shape(f"k-{kind}", geometry.bars(ranges, top, PLOT))
        for kind, ranges in zip(kinds, placed, strict=True)
    ]
    middles = [
        Label(kind, y=geometry.height(sum(ranges[-1]) / 2, top, PLOT), style=f"k-{kind}")
        for kind, ranges in zip(kinds, placed, strict=True)
        if ranges and any(high > low for low, high in ranges)
    ]

    def say(day: Day) -> str:
        by_kind = ", ".join(f"{day.mentions.get(kind, 0)} {kind}" for kind in kinds)
        return f"{words.long_day(day.date)}: {counted(day.total, 'mention')} ({by_kind})"

    return Over(
        columns=max(len(report.days), 1),
        shapes=shapes,
        grid=_grid(marks),
        below=_day_names(report.days),
        beside=_beside(middles),
        notes=_peak(report.days, totals, top),
        tips=_tips(report.days, say),
    )


def backlog_by_day(report: Report) -> Over:
    """Who waited at the end of each day, and who of them was overdue."""
    waiting = [day.waiting for day in report.days]
    overdue = [day.overdue for day in report.days]
    marks = geometry.ticks(max(waiting, default=0))
    top = marks[-1]
    shapes = [
        Shape("waiting area", geometry.steps(waiting, top, PLOT, closed=True)),
        Shape("waiting line", geometry.steps(waiting, top, PLOT, closed=False)),
        Shape("overdue area", geometry.steps(overdue, top, PLOT, closed=True)),
        Shape("overdue line", geometry.steps(overdue, top, PLOT, closed=False)),
    ]
    ends = [
        Label(
            f"{words.count(values[-1])} {name}",
            y=geometry.height(values[-1], top, PLOT),
            style=name,
        )
        for name, values in (("overdue", overdue), ("waiting", waiting))
        if values
    ]

    def say(day: Day) -> str:
        return f"End of {words.long_day(day.date)}: {day.waiting} waiting, {day.overdue} overdue"

    return Over(
        columns=max(len(report.days), 1),
        shapes=shapes,
        grid=_grid(marks),
        below=_day_names(report.days),
        beside=_beside(ends),
        notes=_peak(report.days, waiting, top),
        tips=_tips(report.days, say),
    )


def _grid(marks: Sequence[int]) -> list[Label]:
    return [Label(words.count(m), y=geometry.height(m, marks[-1], PLOT)) for m in marks]


def crosses_years(days: Sequence[Day]) -> bool:
    """Some of the days are of another year than the others."""
    return len({words.day_of(day.date).year for day in days}) > 1


def _day_names(days: Sequence[Day]) -> list[Label]:
    """Names of some days, with the year where it begins to be another than that before."""
    made: list[Label] = []
    named = None
    for place, i in enumerate(geometry.day_marks(len(days))):
        year = words.day_of(days[i].date).year
        text = words.short_day(days[i].date, year=year != named and crosses_years(days))
        made.append(Label(text, x=_middle(i, len(days)), extra=place % 2 == 1))
        named = year
    return made


def _tips(days: Sequence[Day], say: Callable[[Day], str]) -> list[str]:
    """What each day says; of too many none is wide enough to be pointed at."""
    return [say(day) for day in days] if len(days) <= _MOST_TIPS else []


def _middle(column: int, columns: int) -> float:
    return 100 * (column + _HALF) / columns


def _beside(labels: Sequence[Label]) -> list[Label]:
    """The names of the series, none over another: from the top down."""
    ordered = sorted(labels, key=lambda label: label.y)
    places = geometry.apart([label.y for label in ordered], _NAME_GAP, PLOT)
    return [
        Label(label.text, y=place, style=label.style)
        for label, place in zip(ordered, places, strict=True)
    ]


def _peak(days: Sequence[Day], values: Sequence[int], top: int) -> list[Label]:
    """The highest day by its name; nothing where no day is higher than another."""
    highest = max(values, default=0)
    if len(set(values)) < 2:  # noqa: PLR2004 - one value, on however many days
        return []
    i = values.index(highest)
    x = min(max(_middle(i, len(days)), 8.0), 92.0)
    text = f"{words.count(highest)} on {words.short_day(days[i].date)}"
    return [Label(text, x=x, y=geometry.height(highest, top, PLOT) - 6)]


def within_sla(report: Report) -> Rows:
    """The share within the SLA of each kind that has one, and of all; a tick is what it was."""
    earlier = {k.key: k for k in report.previous.kinds} if report.previous else {}
    if report.previous:
        earlier[report.total.key] = report.previous.total
    lines = [line for line in (*report.kinds, report.total) if line.waits.within_sla is not None]
    return Rows([_share_row(line, earlier.get(line.key)) for line in lines])


def _share_row(line: Line, before: Line | None) -> Row:
    waits, was = line.waits, before.waits.within_sla if before else None
    says = f"{share(waits.within_sla)}, {words.met(waits)}"
    if was is not None:
        says += f", was {share(was)}"
    end = 100 * (waits.within_sla or 0.0)
    ticks = [] if was is None else [Bar("was", 100 * was, 100 * was)]
    return Row(line.key, says, [Bar("track", 0, 100), Bar(f"k-{line.key}", 0, end)], ticks)


def response_times(report: Report) -> Rows:
    """How long answers took, four ways, first ones and later ones, on one axis of time."""
    groups = (("First answers", report.total.first), ("Later answers", report.total.next))
    found = [
        (group if i == 0 else "", label.rpartition(", ")[-1], spread)
        for group, response in groups
        for i, (label, spread) in enumerate(four_ways(response))
        if spread.n
    ]
    ends = [
        s
        for _, _, spread in found
        for s in (spread.median_s, spread.p95_s, *(spread.quartiles_s or ()))
        if s
    ]
    axis = geometry.span_axis(ends)
    rows = [_span_row(group, label, spread, axis) for group, label, spread in found]
    names = [
        Label(
            span(mark),
            x=geometry.along(mark, axis),
            extra=0 < i < len(axis) - 1 and i % 2 == 1,
        )
        for i, mark in enumerate(axis)
    ]
    return Rows(rows, names if rows else ())


def four_ways(response: Response) -> list[tuple[str, Spread]]:
    """The four ways in which answers are measured, by their names."""
    return [
        ("as customers saw it", response.seen),
        ("as customers saw it, in opening hours", response.seen_open),
        ("as the team could", response.team),
        ("as the team could, in opening hours", response.team_open),
    ]


def _span_row(group: str, label: str, spread: Spread, axis: Sequence[int]) -> Row:
    """A thick bar for the middle half, and a thin one from there to 19 of 20."""
    median, p90, p95 = (
        geometry.along(s or 0.0, axis) for s in (spread.median_s, spread.p90_s, spread.p95_s)
    )
    quartiles = spread.quartiles_s or (spread.median_s or 0.0, spread.median_s or 0.0)
    low, high = (geometry.along(s, axis) for s in quartiles)
    says = " · ".join(span(s) for s in (spread.median_s, spread.p90_s, spread.p95_s))
    return Row(
        label,
        says,
        [Bar("half", low, high), Bar("tail", high, max(p95, high))],
        [Bar("p90", p90, p90), Bar("p95", p95, p95)],
        dot=median,
        group=group,
    )


def hours_of_week(hours: Sequence[Hour]) -> Week:
    """Mentions by hour and weekday; the opening hours are outlined."""
    highest = max((h.mentions for h in hours), default=0)
    by_level: dict[int, list[tuple[int, int]]] = {n: [] for n in range(LEVELS + 1)}
    numbers = []
    for hour in hours:
        strength = geometry.level(hour.mentions, highest, LEVELS)
        by_level[strength].append((hour.hour, hour.weekday))
        if hour.mentions:
            style = f"on-{strength}"
            numbers.append(Label(words.count(hour.mentions), hour.hour, hour.weekday, style=style))
    open_cells = {(h.hour, h.weekday) for h in hours if h.is_open >= _HALF}
    shapes = [Shape(f"heat-{n}", geometry.cells(by_level[n])) for n in by_level]
    return Week(shapes, geometry.outline(open_cells), numbers, highest)


def themes_moving(themes: Sequence[Theme]) -> Rows:
    """Complaints by theme; where a period before is known, how far it moved from there."""
    highest = max((n for t in themes for n in (t.complaints, t.before or 0)), default=0) or 1
    return Rows([_theme_row(theme, 100 / highest) for theme in themes])


def _theme_row(theme: Theme, unit: float) -> Row:
    now = theme.complaints * unit
    bars = [Bar("track", 0, 100), Bar("k-complaint", 0, now)]
    says, ticks = words.count(theme.complaints), []
    if theme.before is not None:
        says = f"{words.count(theme.complaints)}, {moved(theme)}"
        ticks = [Bar("was", theme.before * unit, theme.before * unit)]
    return Row(words.cut(theme.name, _MOST_NAME) or "no theme", says, bars, ticks)


def moved(theme: Theme) -> str:
    """How a theme moved against the period before, in words."""
    if theme.before is None:
        return ""
    if theme.complaints == theme.before:
        return "unchanged"
    word = "rising" if theme.complaints > theme.before else "falling"
    return f"{word} from {words.count(theme.before)}"


def load_of_agents(agents: Sequence[Agent]) -> Rows:
    """Answers of each, those outside the opening hours apart; in the order of names."""
    highest = max((a.answers for a in agents), default=0) or 1
    return Rows([_agent_row(agent, 100 / highest) for agent in agents])


def _agent_row(agent: Agent, unit: float) -> Row:
    inside = agent.answers - agent.after_hours
    bars = [
        Bar("track", 0, 100),
        Bar("in-hours", 0, inside * unit),
        Bar("after-hours", inside * unit, agent.answers * unit),
    ]
    says = words.count(agent.answers)
    if agent.after_hours:
        says += f", {words.count(agent.after_hours)} after hours"
    return Row(words.cut(agent.agent, _MOST_NAME) or "in other apps", says, bars)


def all_charts(report: Report) -> Mapping[str, Over | Rows | Week]:
    """Every chart of the page by its name."""
    return {
        "mentions": mentions_by_day(report),
        "backlog": backlog_by_day(report),
        "sla": within_sla(report),
        "response": response_times(report),
        "week": hours_of_week(report.hours),
        "themes": themes_moving(report.themes),
        "agents": load_of_agents(report.agents),
    }
