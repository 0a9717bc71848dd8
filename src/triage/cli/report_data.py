"""A report as data: JSON, and rows for CSV and pipes. docs/reports.md describes every name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from triage.cli import output
from triage.cli.output import Column, Format, iso
from triage.core.report.line import Dimension

if TYPE_CHECKING:
    # Rows are made of lines alone, and a pipe must not pay for all the rest.
    from triage.core.report.line import Line, Response, Spread
    from triage.core.report.lines import Lines
    from triage.core.report.model import (
        Advice,
        Agent,
        Customer,
        Day,
        Fetching,
        Hour,
        Missed,
        Report,
        Theme,
        Turn,
    )

_MEASURES = ("seen", "seen_open", "team", "team_open")
_SPANS = ("n", "median_s", "p90_s", "p95_s", "slowest_s")


def write_lines(found: Lines, form: Format) -> None:
    """Write the lines and the total as rows."""
    output.rows([*found.lines, found.total], _columns(found.by), form)


def write_json(report: Report) -> None:
    """Write all of a report."""
    output.document(_items(report), **_beside(report))


def _items(report: Report) -> list[dict[str, Any]]:
    return [_line(line, report.by) for line in (*report.lines, report.total)]


def _beside(report: Report) -> dict[str, Any]:
    """What stands beside the items; the same of the period before."""
    before = report.previous
    return {
        "brand": report.brand,
        "accounts": list(report.accounts),
        "time_zone": report.zone,
        "period": {"from_at": iso(report.from_at), "to_at": iso(report.to_at)},
        "as_of_at": iso(report.as_of_at),
        "by": report.by.value,
        "advice": [_advice(one) for one in report.advice],
        "kinds": [_line(line, Dimension.KIND) for line in report.kinds],
        "missed": [_missed(one) for one in report.missed],
        "days": [_day(one) for one in report.days],
        "hours": [_hour(one) for one in report.hours],
        "themes": [_theme(one) for one in report.themes],
        "agents": [_agent(one) for one in report.agents],
        "customers": [_customer(one) for one in report.customers],
        "reopened": list(report.reopened),
        "turned": [_turn(one) for one in report.turned],
        "fetching": _fetching(report.fetching),
        "previous": None if before is None else {**_beside(before), "items": _items(before)},
    }


def _figures(by: Dimension) -> list[tuple[str, Callable[[Line], Any]]]:
    """The figures of a line that are single values, by name."""
    return [
        (by.value, lambda x: x.key),
        ("mentions", lambda x: x.mentions),
        ("waits", lambda x: x.waits.opened),
        ("answered", lambda x: x.waits.answered),
        ("outside", lambda x: x.waits.outside),
        ("settled", lambda x: x.waits.settled),
        ("dismissed", lambda x: x.waits.dismissed),
        ("withdrawn", lambda x: x.waits.withdrawn),
        ("open", lambda x: x.waits.open),
        ("overdue", lambda x: x.waits.overdue),
        ("met", lambda x: x.waits.met),
        ("missed", lambda x: x.waits.missed),
        ("within_sla", lambda x: x.waits.within_sla),
        ("median_s", lambda x: x.first.seen.median_s),
        ("p90_s", lambda x: x.first.seen.p90_s),
        ("sent", lambda x: x.sent),
        ("lasting_s", lambda x: x.waits.lasting_s),
        ("lasting_from_s", lambda x: x.waits.lasting_from_s),
    ]


def _line(line: Line, by: Dimension) -> dict[str, Any]:
    return {
        **{name: value(line) for name, value in _figures(by)},
        "first": _response(line.first),
        "next": _response(line.next),
        "ids": {name: list(ids) for name, ids in line.ids.items()},
    }


def _response(response: Response) -> dict[str, Any]:
    return {name: _spread(getattr(response, name)) for name in _MEASURES}


def _spread(spread: Spread) -> dict[str, Any]:
    low, high = spread.quartiles_s or (None, None)
    return {
        **{name: getattr(spread, name) for name in _SPANS},
        "quartile_1_s": low,
        "quartile_3_s": high,
    }


def _columns(by: Dimension) -> list[Column[Line]]:
    """The single figures, then the spans; a nested name of JSON is joined by `_`."""
    columns = [Column(name, value) for name, value in _figures(by)]
    for which in ("first", "next"):
        for measure in _MEASURES:
            columns += [
                Column(f"{which}_{measure}_{span}", _nested(which, measure, span))
                for span in _SPANS
            ]
    return columns


def _nested(which: str, measure: str, span: str) -> Callable[[Line], Any]:
    return lambda line: getattr(getattr(getattr(line, which), measure), span)


def _advice(one: Advice) -> dict[str, Any]:
    return {"what": one.what, "do": one.do, "command": one.command, "ids": list(one.ids)}


def _missed(one: Missed) -> dict[str, Any]:
    return {
        "id": one.conversation_id,
        "customer": one.customer,
        "kind": one.kind,
        "waiting_since_at": iso(one.opened_at),
        "due_at": iso(one.due_at),
        "ended_at": iso(one.ended_at),
        "late_s": one.late_s,
        "is_open": one.is_open,
        "agent": one.agent,
        "text": one.text,
        "url": one.url,
    }


def _day(day: Day) -> dict[str, Any]:
    return {
        "day": day.date,
        "from_at": iso(day.from_at),
        "to_at": iso(day.to_at),
        "mentions": day.total,
        "by_kind": dict(day.mentions),
        "waits": day.opened,
        "answers": day.answered,
        "waiting": day.waiting,
        "overdue": day.overdue,
    }


def _hour(hour: Hour) -> dict[str, Any]:
    return {
        "weekday": hour.weekday,
        "hour": hour.hour,
        "mentions": hour.mentions,
        "answers": hour.answers,
        "open_share": hour.is_open,
    }


def _theme(theme: Theme) -> dict[str, Any]:
    return {
        "theme": theme.name,
        "complaints": theme.complaints,
        "before": theme.before,
        "share": theme.share,
        "ids": list(theme.ids),
    }


def _agent(agent: Agent) -> dict[str, Any]:
    return {
        "agent": agent.agent,
        "answers": agent.answers,
        "closed": agent.closed,
        "after_hours": agent.after_hours,
        "after_hours_share": agent.after_hours_share,
        "first": _response(agent.first),
        "next": _response(agent.next),
        "ids": list(agent.ids),
    }


def _customer(customer: Customer) -> dict[str, Any]:
    return {
        "customer": customer.handle,
        "channel": customer.channel,
        "mentions": customer.mentions,
        "complaints": customer.complaints,
        "waits": customer.waits,
        "longest_s": customer.longest_s,
        "is_waiting": customer.waiting,
        "ids": list(customer.ids),
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.conversation_id,
        "customer": turn.customer,
        "before": turn.before,
        "after": turn.after,
        "turned_at": iso(turn.at),
    }


def _fetching(fetching: Fetching) -> dict[str, Any]:
    return {
        "lag": _spread(fetching.lag),
        "runs": fetching.runs,
        "failed": fetching.failed,
        "gaps": [
            {
                "account": gap.account,
                "stream": gap.stream,
                "from_at": iso(gap.from_at),
                "to_at": iso(gap.to_at),
                "found_at": iso(gap.found_at),
                "about": gap.about,
            }
            for gap in fetching.gaps
        ],
    }
