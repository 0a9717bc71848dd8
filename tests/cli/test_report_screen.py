"""The screens of a report, on reports made by hand: every width, nothing cut, nothing hostile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.text import Text

from report_sample import empty_report, hostile_report, sample_report
from screens import assert_golden
from triage.cli import output, times
from triage.cli.report_detail import full_screen, split_screen
from triage.cli.report_screen import first_screen
from triage.core.report.line import Dimension
from triage.core.report.model import Report

Shown = Callable[..., str]
WIDTHS = (40, 60, 80, 120)


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """Draw a report: `shown(report, full_screen, width=60)`."""

    def draw(report: Report, screen: Callable[..., None], width: int = 80) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        times.set_zone(report.zone)
        screen(report, *([] if screen is split_screen else ["triage"]))
        return capsys.readouterr().out

    yield draw
    times.set_zone("UTC")


def _brief(report: Report) -> Report:
    """What the first screen is given of a report."""
    return replace(report, missed=(), reopened=(), turned=(), agents=(), customers=())


def _widest(text: str) -> int:
    return max(cell_len(line) for line in text.splitlines())


@pytest.mark.parametrize("width", WIDTHS)
def test_first_screen(shown: Shown, width: int) -> None:
    """What happened and what to do; at 80 columns on 24 lines, with a line for the prompt."""
    text = shown(_brief(sample_report()), first_screen, width)
    assert _widest(text) <= width
    assert text.count("\n") < (24 if width >= 80 else 36)
    assert_golden(f"report-sample-{width}", text)


@pytest.mark.parametrize("width", WIDTHS)
def test_full_screen(shown: Shown, width: int) -> None:
    """Every section, nothing wider than the screen; only what customers wrote is cut."""
    text = shown(sample_report(), full_screen, width)
    assert _widest(text) <= width
    cut = [line for line in text.splitlines() if "…" in line]
    assert cut
    assert all(re.match(r"\s*\d+  \d+h", line) for line in cut)
    assert_golden(f"report-full-{width}", text)


@pytest.mark.parametrize("by", [Dimension.DAY, Dimension.AGENT, Dimension.CUSTOMER])
@pytest.mark.parametrize("width", WIDTHS)
def test_split_screens(shown: Shown, by: Dimension, width: int) -> None:
    """A line for each value, then the totals; with bars from 60 columns on."""
    report = sample_report(by=by, compared=False)
    text = shown(report, split_screen, width)
    assert _widest(text) <= width
    lines = text.splitlines()
    start = lines.index("") + 1
    assert lines[start].startswith(by.value.upper())
    assert len(lines[start:]) == 1 + len(report.lines) + 1
    assert lines[-1].startswith("all")
    assert ("█" in text) == (width >= 60)


@pytest.mark.parametrize("by", [Dimension.DAY, Dimension.HOUR, Dimension.AGENT, Dimension.THEME])
def test_split_screens_look_like_this(shown: Shown, by: Dimension) -> None:
    """As they were looked at."""
    assert_golden(f"report-by-{by.value}-80", shown(sample_report(by=by), split_screen))


def test_what_fits_only_a_wide_screen_is_not_lost(shown: Shown) -> None:
    """Overdue and in time are on the narrowest one; the slowest answer on the widest."""
    narrow, wide = (shown(sample_report(), first_screen, width) for width in (40, 120))
    for word in ("WAITED", "OVERDUE", "IN TIME"):
        assert word in narrow
    for word in ("ANSWERED", "LATE", "OPEN", "SLOWEST"):
        assert word not in narrow
        assert word in wide


@pytest.mark.parametrize("screen", [first_screen, full_screen, split_screen])
@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_text_is_only_text(shown: Shown, screen: Callable[..., None], width: int) -> None:
    """No control, no override of directions, nothing wider than it may be."""
    text = shown(hostile_report(), screen, width)
    assert {c for c in text if not c.isprintable()} <= {"\n", "\u200d"}  # a joiner of emoji
    assert _widest(text) <= width


def test_nobody_wrote(shown: Shown) -> None:
    """No table of noughts, and no hint at details that are not there."""
    text = shown(empty_report(), first_screen)
    assert text.splitlines()[1:] == ["", "Nobody wrote in this period."]
    assert "%" not in shown(empty_report(), full_screen)


def test_all_and_split_together(shown: Shown) -> None:
    """The table that was asked for is among the sections, and the one by kind stays."""
    lines = shown(sample_report(by=Dimension.THEME), full_screen).splitlines()
    assert sum(line.startswith("THEME") for line in lines) == 2, "its own, and what complaints had"
    assert sum(line.startswith("KIND") for line in lines) == 1
    assert sum(line.startswith("no theme") for line in lines) == 1


def test_many_accounts(shown: Shown) -> None:
    """Three are named; a brand may have dozens."""
    handles = [f"acme_{number}" for number in range(12)]
    text = shown(replace(sample_report(), accounts=handles), first_screen)
    assert "@acme_0, @acme_1, @acme_2 and 9 more" in text
    assert "acme_3" not in text
    alone = shown(replace(sample_report(), accounts=handles[:3]), first_screen)
    assert alone.splitlines()[0].endswith("@acme_2")


def test_days_to_come_are_not_shown(shown: Shown) -> None:
    """Of a month that goes on, there is nothing to say of its rest."""
    month = sample_report()
    tenth = replace(month, as_of_at=month.days[9].to_at - 1)
    text = shown(tenth, full_screen)
    assert text.startswith("March 2026, so far")
    assert "Tue 10 Mar" in text
    assert "Wed 11 Mar" not in text
    sparks = [line.split()[1] for line in text.splitlines() if line.startswith("mentions  ")]
    assert [len(line) for line in sparks] == [10]


def test_without_comparison(shown: Shown) -> None:
    """The period before is shown where it was asked for, and nowhere else."""
    compared, alone = (shown(sample_report(compared=c), full_screen) for c in (True, False))
    assert "before" in compared
    assert "BEFORE" in compared
    assert "BEFORE" not in alone
    assert not [line for line in alone.splitlines() if line.startswith("before ")]


def test_colour_says_nothing_that_words_do_not(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is red is overdue or open, and says so."""
    plain = shown(sample_report(), full_screen)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(output, "stdout_is_terminal", lambda: True)
    coloured = shown(sample_report(), full_screen)
    assert "\x1b[31m7h20m, open" in coloured
    assert re.search(r"\x1b\[31m *3\x1b", coloured), "of complaints"
    bare = [Text.from_ansi(line).plain.rstrip() for line in coloured.splitlines()]
    assert bare == plain.splitlines()
