"""A report as Markdown, to paste into a wiki, an issue or a chat.

Text from outside becomes text there and nothing else: no markup, no HTML, no link, and nobody who
happens to have the same name at that place is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from triage.cli import output, times
from triage.cli.report_words import (
    ALL,
    day_words,
    ended_words,
    key_words,
    lasting,
    not_in_time,
    period_words,
    returns_words,
)
from triage.core.report.days import begun_days
from triage.core.report.line import Dimension, Ids, Line
from triage.core.report.model import Report
from triage.core.report.saying import share, span
from triage.core.text import one_line

_MOST = 20
_TEXT = 120
"""So much of a post is quoted, in characters."""
_IDS = 12
_MARKUP = re.compile(r"[\\`*_{}\[\]<>|~&#@$^]")
"""What Markdown could read as more than a character, within a line."""
_JOINER = "\u2060"
"""Joins words, and is not seen: what stands around it is no name, number or address any more."""
_LINKS = re.compile(r"(?<=[@#])|(?<=:/)(?=/)|(?<=\bwww)(?=\.)", re.IGNORECASE)


def safe(text: str) -> str:
    """Text from outside as one line of Markdown that shows it and does nothing."""
    joined = _LINKS.sub(_JOINER, one_line(text))
    return _MARKUP.sub(lambda found: f"&#{ord(found.group())};", joined)


def write_markdown(report: Report) -> None:
    """Write it to stdout."""
    for part in _parts(report):
        output.line(part, cleaned=True)


def _parts(report: Report) -> Iterator[str]:
    yield f"# {safe(report.brand)}: {period_words(report)}"
    yield ""
    names = ", ".join(safe(f"@{handle}") for handle in report.accounts)
    known = times.local(report.as_of_at)
    yield f"Of {names}, in days of {report.zone}, as of {known.day} {known:%b %Y %H:%M}."
    yield ""
    for one in report.advice:
        ids = f" ({_ids(one.ids)})" if one.ids else ""
        yield f"- {safe(f'{one.what} {one.do}')}{ids}"
    yield from _lines_of(report)
    yield from _missed(report)
    yield from _days(report)
    yield from _themes(report)
    yield from _agents(report)
    yield from _customers(report)
    yield ""
    yield (
        "In time: answered before it was due, of all that was answered or is overdue. Half, 9 of "
        "10: of the first answers, from the mention to the answer."
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> Iterator[str]:
    """A table; columns behind the first `left` are numbers. Cells are safe already."""
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join(['---'] * left + ['---:'] * (len(heads) - left))} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _lines_of(report: Report) -> Iterator[str]:
    title = report.by.value
    yield from ("", f"## By {title}", "")
    rows = [_figures(key_words(line.key, report.by), line) for line in report.lines]
    rows.append(_figures(ALL, report.total))
    if report.previous is not None:
        rows.append(_figures("before", report.previous.total))
    heads = ("mentions", "waited", "answered", "late", "open", "overdue", "in time", "half in")
    yield from _table((title, *heads, "9 of 10"), rows)
    yield ""
    yield f"Counting who still waits, half were answered within: {lasting(report.total.waits)}."
    besides = [ended_words(report.total.waits), returns_words(report)]
    if any(besides):
        yield f"Besides: {', '.join(words for words in besides if words)}."


def _figures(name: str, line: Line) -> list[str]:
    waits, seen = line.waits, line.first.seen
    counts = (line.mentions, waits.opened, waits.answered, waits.missed, waits.open, waits.overdue)
    return [
        safe(name),
        *(f"{count:,}" for count in counts),
        share(waits.within_sla),
        span(seen.median_s),
        span(seen.p90_s),
    ]


def _missed(report: Report) -> Iterator[str]:
    missed = report.missed[:_MOST]
    if not missed:
        return
    yield from ("", "## Not answered in time", "")
    rows = [
        [
            f"`{one.conversation_id}`",
            safe(f"@{one.customer}"),
            one.kind,
            safe(_short(one.text)),
            "open" if one.is_open else "answered",
            span(one.late_s),
        ]
        for one in missed
    ]
    yield from _table(("id", "from", "kind", "text", "state", "late by"), rows, left=5)
    rest = not_in_time(report.total.waits) - len(missed)
    if rest > 0:
        yield from ("", f"And {rest:,} more.")


def _short(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"


def _days(report: Report) -> Iterator[str]:
    days = begun_days(report)
    if len(days) <= 1 or report.by is Dimension.DAY:
        return
    yield from ("", "## Days", "")
    rows = [
        [day_words(d.date), *(f"{n:,}" for n in (d.total, d.opened, d.answered, d.waiting))]
        for d in days
    ]
    yield from _table(("day", "mentions", "began to wait", "answered", "waiting at its end"), rows)


def _themes(report: Report) -> Iterator[str]:
    if not report.themes:
        return
    yield from ("", "## What complaints were about", "")
    rows = [
        [
            safe(key_words(theme.name, Dimension.THEME)),
            f"{theme.complaints:,}",
            share(theme.share),
            "-" if theme.before is None else f"{theme.before:,}",
        ]
        for theme in report.themes
    ]
    yield from _table(("theme", "complaints", "share", "before"), rows)


def _agents(report: Report) -> Iterator[str]:
    if not report.agents:
        return
    yield from ("", "## Who answered", "")
    rows = [
        [
            safe(key_words(agent.agent, Dimension.AGENT)),
            f"{agent.answers:,}",
            f"{agent.closed:,}",
            share(agent.after_hours_share),
            span(agent.first.seen.median_s),
        ]
        for agent in report.agents
    ]
    yield from _table(("who", "answers", "closed", "after hours", "half in"), rows)


def _customers(report: Report) -> Iterator[str]:
    if not report.customers:
        return
    yield from ("", "## Who wrote most or waited longest", "")
    rows = [
        [
            safe(f"@{one.handle}"),
            f"{one.mentions:,}",
            f"{one.complaints:,}",
            f"{span(one.longest_s)}{', waits now' if one.waiting else ''}",
        ]
        for one in report.customers
    ]
    yield from _table(("customer", "mentions", "complaints", "longest wait"), rows)


def _ids(ids: Ids) -> str:
    named = ", ".join(f"`{number}`" for number in ids[:_IDS])
    return f"{named} and {len(ids) - _IDS:,} more" if len(ids) > _IDS else named
