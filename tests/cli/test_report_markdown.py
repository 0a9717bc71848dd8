"""Markdown that shows what customers wrote and does nothing else, whatever they wrote."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from depth import deep
from report_sample import empty_report, hostile_report, sample_report
from screens import Runner, assert_golden
from triage.cli import times
from triage.cli.report_markdown import safe, write_markdown
from triage.core.report.model import Report
from triage.core.text import one_line

_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_MARKS = st.text(st.sampled_from("\\`*_{}[]<>|~&#@$^!()-+.:/;ab1 \n\t@#www.https://"), max_size=40)


def _html(markdown: str) -> str:
    return str(_READER.render(markdown))


def _shown(text: str) -> str:
    """What a reader sees of the only cell of a table that holds a text."""
    html = _html(f"| head | other |\n| --- | --- |\n| {safe(text)} | end |")
    cells = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    assert len(cells) == 2, html
    assert cells[1] == "end"
    assert "<" not in cells[0], html
    for name, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        cells[0] = cells[0].replace(name, char)
    return str(cells[0])


@given(_MARKS | st.text(max_size=30))
@settings(max_examples=deep(100, 15))
def test_text_stays_text(text: str) -> None:
    """In a table it is one cell without any markup, and reads as it was written."""
    shown = _shown(text).replace("\u2060", "")
    assert shown == one_line(text)


@pytest.mark.parametrize("text", ["@ana", "#41", "a@b.example", "see @ana and #12", "@@ana"])
def test_nobody_is_called(text: str) -> None:
    """No sign is beside a name or a number that a forge would make a link of."""
    assert not re.search(r"[@#]\w", _shown(text))


@pytest.mark.parametrize("text", ["https://evil.example/x", "WWW.evil.example", "http://[::1]/"])
def test_no_address_is_a_link(text: str) -> None:
    """Nor does a bare address look like one."""
    assert not re.search(r"https?://|www\.", _shown(text), re.IGNORECASE)


def _written(report: Report, capsys: pytest.CaptureFixture[str]) -> str:
    times.set_zone(report.zone)
    try:
        write_markdown(report)
    finally:
        times.set_zone("UTC")
    return capsys.readouterr().out


def test_a_month(capsys: pytest.CaptureFixture[str]) -> None:
    """As it was looked at."""
    assert_golden("report-markdown", _written(sample_report(), capsys))


def test_hostile(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that an attacker wrote is a tag, a link, a picture or code; rows are whole."""
    written = _written(hostile_report(), capsys)
    html = _html(written)
    tags = set(re.findall(r"<(/?\w+)", html))
    ours = {"h1", "h2", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert {tag.removeprefix("/") for tag in tags} <= ours
    assert html.count("<code>") == written.count("`") // 2, "only our ids are code"
    assert html.count("<table>") == 6
    for rows in re.findall(r"<tbody>(.*?)</tbody>", html, re.DOTALL):
        assert len({row.count("<td") for row in rows.split("</tr>")[:-1]}) == 1
    assert all(c.isprintable() or c in "\n\u200d\u2060" for c in written)


def test_nothing_to_tell(capsys: pytest.CaptureFixture[str]) -> None:
    """A period without anything is short, and says so."""
    written = _written(empty_report(), capsys)
    assert "Nobody wrote in this period." in written
    assert "## What complaints" not in written
    assert "%" not in written


@pytest.mark.usefixtures("busy")
def test_command(run: Runner) -> None:
    """--md writes it, on a terminal as in a pipe."""
    piped, shown = (run("report", "--md", tty=tty).out for tty in (False, True))
    assert piped == shown
    assert piped.startswith("# acme: 23 Feb 2026 09:00 to 2 Mar 2026 09:00\n")
    assert "| complaint | 3 | 3 | 1 | 0 | 2 | 1 | 50% | 30m | 30m |" in piped
