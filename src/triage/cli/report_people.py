"""Sections of a report on a terminal: themes, who came back, agents, customers, fetching."""

from __future__ import annotations

from collections.abc import Sequence

from triage.cli import output, times
from triage.cli.output import Column, Format
from triage.cli.report_drawing import bar
from triage.cli.report_words import key_words, turns
from triage.core.report.line import Dimension, Ids
from triage.core.report.model import Agent, Customer, GapSeen, Report, Theme
from triage.core.report.saying import counted, share, span

_BAR = 10
_BAR_FROM = 60
_IDS = 12
"""So many conversations are named in a sentence."""


def themes(report: Report, _name: str) -> None:
    """What complaints were about."""
    if not report.themes:
        return
    most = max(theme.complaints for theme in report.themes)
    columns: list[Column[Theme]] = [
        Column("theme", lambda t: key_words(t.name, Dimension.THEME), "THEME", wide=True),
        Column("bar", lambda t: bar(t.complaints, most, _BAR), f"{'':<{_BAR}}", at_least=_BAR_FROM),
        Column("complaints", lambda t: f"{t.complaints:,}", "COMPLAINTS", right=True),
        Column("share", lambda t: share(t.share), "SHARE", right=True, at_least=48),
    ]
    if any(theme.before is not None for theme in report.themes):
        columns.append(Column("before", _change, "BEFORE", right=True))
    output.line()
    output.rows(report.themes, columns, Format.TERMINAL)


def _change(theme: Theme) -> str:
    """How many there were before, and which way it goes."""
    if theme.before is None:
        return "-"
    more = theme.complaints - theme.before
    way = "as many" if not more else f"{abs(more):,} {'more' if more > 0 else 'fewer'}"
    return f"{theme.before:,}, now {way}"


def returns(report: Report, name: str) -> None:
    """Who waited again after an end, and whose words turned."""
    said = [("waited again after an end", report.reopened)]
    for before, after in (("complaint", "praise"), ("praise", "complaint")):
        found = turns(report.turned, before)
        said.append((f"turned from {before} to {after}", tuple(t.conversation_id for t in found)))
    if not any(ids for _, ids in said):
        return
    output.line()
    for words, ids in said:
        if ids:
            output.wrapped(f"{counted(len(ids), 'conversation')} {words}: {_ids(ids)}")
    output.wrapped(f"look at one: {name} show ID")


def _ids(ids: Ids) -> str:
    named = ", ".join(map(str, ids[:_IDS]))
    rest = len(ids) - _IDS
    return f"{named} and {rest:,} more" if rest > 0 else named


def agents(report: Report, _name: str) -> None:
    """What each person did, by name."""
    if not report.agents:
        return
    columns: list[Column[Agent]] = [
        Column("agent", lambda a: key_words(a.agent, Dimension.AGENT), "WHO ANSWERED", wide=True),
        Column("answers", lambda a: f"{a.answers:,}", "ANSWERS", right=True),
        Column("closed", lambda a: f"{a.closed:,}", "CLOSED", right=True, at_least=56),
        Column("after_hours", lambda a: share(a.after_hours_share), "AFTER HOURS", right=True),
        Column(
            "median_s", lambda a: span(a.first.seen.median_s), "HALF IN", right=True, at_least=56
        ),
        Column("p90_s", lambda a: span(a.first.seen.p90_s), "9 OF 10", right=True, at_least=72),
    ]
    output.line()
    output.rows(report.agents, columns, Format.TERMINAL)


def customers(report: Report, _name: str) -> None:
    """Who wrote most or waited longest."""
    if not report.customers:
        return
    columns: list[Column[Customer]] = [
        Column("customer", lambda c: f"@{c.handle}", "WHO WROTE", wide=True),
        Column("mentions", lambda c: f"{c.mentions:,}", "MENTIONS", right=True),
        Column("complaints", lambda c: f"{c.complaints:,}", "COMPLAINTS", right=True, at_least=60),
        Column("waits", lambda c: f"{c.waits:,}", "WAITS", right=True, at_least=56),
        Column("longest_s", lambda c: span(c.longest_s), "LONGEST", right=True),
        Column("waiting", lambda c: "waits now" if c.waiting else "", "NOW", at_least=48),
    ]
    output.line()
    output.rows(report.customers, columns, Format.TERMINAL)


def fetching(report: Report, name: str) -> None:
    """How quickly mentions reached us, and what may be missing."""
    seen = report.fetching
    if not (seen.runs or seen.gaps or seen.lag.n):
        return
    words = counted(seen.runs, "fetch", "fetches")
    if seen.failed:
        words += f", {seen.failed:,} of them failed"
    if seen.lag.n:
        words += (
            f"; half of the mentions were here within {span(seen.lag.median_s)}, "
            f"9 of 10 within {span(seen.lag.p90_s)}"
        )
    output.line()
    output.wrapped(f"{words}.")
    _gaps(seen.gaps)
    if seen.failed or seen.gaps:
        output.wrapped(f"look why: {name} doctor")


def _gaps(gaps: Sequence[GapSeen]) -> None:
    for gap in gaps:
        about = "some" if gap.about is None else f"about {gap.about:,}"
        when = f"found {times.local(gap.found_at):%-d %b %H:%M}"
        if gap.from_at is not None and gap.to_at is not None:
            when = (
                f"{times.local(gap.from_at):%-d %b %H:%M} to {times.local(gap.to_at):%-d %b %H:%M}"
            )
        output.wrapped(f"{about} of @{gap.account}'s {gap.stream} may be missing: {when}")
