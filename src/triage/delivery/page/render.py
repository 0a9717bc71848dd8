"""A report as one HTML file that needs nothing else: no script, no network, no font, no picture.

What customers wrote is hostile until it is shown: every text is cleaned and escaped on its way out,
in one place, and an address becomes a link only if it is one of the web. The policy in the head of
the page lets a browser load nothing and run nothing, whatever got past that.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from triage.core.digest import web_address
from triage.core.report.days import begun_days
from triage.core.report.line import FIGURES, Dimension, Waits
from triage.core.report.model import Hour, Report
from triage.core.report.saying import NONE, counted, share, span
from triage.delivery.page import charts, geometry, meaning, tiles, words

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from markupsafe import Markup

MOST_MISSED = 120
"""How many of those who were not answered in time are on the page; the rest is one command away."""
MOST_TURNED = 40
"""How many who turned are named, each way."""
MOST_TEXT = 200
"""How much of a post is shown, in characters."""
_WITHOUT_MENTIONS = {Dimension.AGENT, Dimension.POLICY}
"""Mentions have none of these."""
_WITHOUT_SENT = {Dimension.CUSTOMER, Dimension.THEME, Dimension.POLICY}
"""Posts of ours have none of these."""


def render_page(report: Report, *, generated_at: int, version: str) -> str:
    """Make the page.

    Args:
        report: All that it shows.
        generated_at: When it was made, UTC ms.
        version: Of the program.
    """
    report = replace(report, days=begun_days(report))
    style, waits = _text("page.css"), report.total.waits
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            charts=charts.all_charts(report),
            tiles=tiles.tiles(report),
            times=words.Times(report),
            generated_at=generated_at,
            version=version,
            style=_trusted(style),
            style_hash=_hash(style),
            missed=report.missed[:MOST_MISSED],
            missed_count=max(waits.missed + waits.overdue, len(report.missed)),
            most_text=MOST_TEXT,
            columns=[*report.kinds, report.total],
            lines=[*report.lines, report.total],
            has_lines=report.by is not Dimension.KIND,
            has_mentions=report.by not in _WITHOUT_MENTIONS,
            has_sent=report.by not in _WITHOUT_SENT,
            contents=_contents(report),
            with_year=charts.crosses_years(report.days),
            hours_at=_hours_at(report),
            wait_rows=meaning.WAIT_ROWS,
            definitions=meaning.DEFINITIONS,
        )
    )


def _contents(report: Report) -> list[tuple[str, str]]:
    """The sections that the page has."""
    by = "" if report.by is Dimension.KIND else f"By {report.by.value}"
    named = [(name, title or by) for name, title in meaning.CONTENTS]
    return [(name, title) for name, title in named if title]


def _hours_at(report: Report) -> Callable[[int], list[Hour]]:
    """The same hour of each weekday, Monday first."""
    found = {(hour.hour, hour.weekday): hour for hour in report.hours}
    return lambda hour: [found[hour, day] for day in range(len(words.WEEKDAYS))]


def _figure(waits: Waits, name: str) -> int:
    return int(getattr(waits, name))


def _trusted(text: str) -> Markup:
    """A text of ours that is shown as it stands."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - our own style sheet


def _hash(text: str) -> str:
    """How a policy names the one style sheet that it allows."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _text(name: str) -> str:
    folder = resources.files("triage.delivery.page").joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    # Jinja costs its start: it is loaded where a page is made.
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "span": span,
        "share": share,
        "count": words.count,
        "counted": counted,
        "cut": words.cut,
        "ids": words.ids,
        "long_day": words.long_day,
        "address": web_address,
        "moved": charts.moved,
        "place": geometry.short,
        "four_ways": charts.four_ways,
        "figure": _figure,
    }
    made.globals |= {
        "FIGURES": FIGURES,
        "MOST_TURNED": MOST_TURNED,
        "NONE": NONE,
        "NOTHING": words.NOTHING,
        "PLOT": charts.PLOT,
        "WEEKDAYS": words.WEEKDAYS,
    }
    return made
