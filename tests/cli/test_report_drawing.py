"""Bars, sparks and shades are true: longer, higher and darker is more, and nothing hides."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report_sample import sample_report
from triage.cli import times
from triage.cli.report_drawing import bar, heat, shrunk, sparks
from triage.cli.report_words import key_words, lasting, period_words
from triage.core.report.line import Dimension, Waits
from triage.core.report.model import Hour
from triage.core.report.saying import counted, share, span
from zones import ms

FEW = settings(max_examples=30)
COUNTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=40)
LEVELS = "·▁▂▃▄▅▆▇█"
SHADES = "·░▒▓█"


@FEW
@given(COUNTS)
def test_sparks_rise_with_what_they_show(counts: list[int]) -> None:
    """More is never lower, the most is the highest, and only nothing is a dot."""
    drawn = sparks(counts)
    assert len(drawn) == len(counts)
    levels = [LEVELS.index(char) for char in drawn]
    for level, count in zip(levels, counts, strict=True):
        assert (level == 0) == (count == 0)
        assert all(level <= other for other, n in zip(levels, counts, strict=True) if n >= count)
    assert max(levels) == (8 if any(counts) else 0)


def test_sparks_of_a_known_week() -> None:
    """Eighths of the most, rounded up."""
    assert sparks([0, 1, 2, 4, 8, 16, 15]) == "·▁▁▂▄██"
    assert sparks([]) == ""


@FEW
@given(COUNTS, st.integers(1, 50))
def test_shrinking_loses_nothing(counts: list[int], width: int) -> None:
    """Sums stay sums, and the greatest stays the greatest."""
    added, greatest = shrunk(counts, width, add=True), shrunk(counts, width, add=False)
    assert len(added) == len(greatest) <= width
    assert sum(added) == sum(counts)
    assert max(greatest) == max(counts)


@FEW
@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(1, 40))
def test_bars_fit_and_grow(less: int, more: int, width: int) -> None:
    """None is longer than its place, more is never shorter, and a little is seen."""
    less, more = sorted((less, more))
    short, long = bar(less, more, width), bar(more, more, width)
    assert len(short) <= len(long) <= width
    assert (short == "") == (less == 0)
    assert long == "█" * (width if more else 0)


def test_bars_of_known_lengths() -> None:
    """In eighths of a character."""
    assert [bar(n, 8, 1) for n in (1, 4, 7, 8)] == ["▏", "▌", "▉", "█"]
    assert bar(1, 10_000, 10) == "▏"


def _hours(mentions: int = 0) -> list[Hour]:
    return [
        Hour(day, hour, mentions, 0, 1.0 if day < 5 and 9 <= hour < 18 else 0.0)
        for day in range(7)
        for hour in range(24)
    ]


@pytest.mark.parametrize("step", [1, 2])
def test_opening_hours_stand_in_brackets(step: int) -> None:
    """Five days open, two closed; in cells of two hours what is open for most of them."""
    drawn = heat(_hours(), step=step)
    assert [row.count("[") for row in drawn.days] == [1] * 5 + [0] * 2
    assert [row.count("]") for row in drawn.days] == [1] * 5 + [0] * 2
    opens, closes = drawn.days[0].index("["), drawn.days[0].index("]")
    assert (opens, closes) == ((18, 36) if step == 1 else (8, 18))
    assert drawn.scale.split()[:3] == (["0", "3", "6"] if step == 1 else ["0", "6", "12"])


def test_no_brackets_where_nothing_closes() -> None:
    """And one at the end of a day that is open until midnight."""
    always = [replace(hour, is_open=1.0) for hour in _hours()]
    assert not any("[" in row for row in heat(always, step=1).days)
    late = [replace(hour, is_open=float(hour.hour >= 20)) for hour in _hours()]
    assert heat(late, step=1).days[0].endswith("[· · · ·]")


@FEW
@given(st.integers(1, 500))
def test_the_legend_says_what_the_shades_are(most: int) -> None:
    """Each count has the shade under which the legend puts it."""
    counts = [0, 1, most // 3, most // 2, most - 1, most]
    hours = [
        replace(hour, mentions=counts[number] if number < len(counts) else 0)
        for number, hour in enumerate(_hours())
    ]
    drawn = heat(hours, step=1)
    legend = {}
    for part in drawn.legend.split("  ")[1:]:
        shade, span = part.split(" ")
        low, _, high = span.partition("-")
        legend[shade] = range(int(low), int(high or low) + 1)
    assert [n for span in legend.values() for n in span] == list(range(1, most + 1))
    for count, shade in zip(counts, drawn.days[0][1::2], strict=False):
        assert shade == "·" if count == 0 else count in legend[shade]


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        ("2026-03-02T00:00+01:00", "2026-03-03T00:00+01:00", "Mon 2 Mar 2026"),
        ("2026-03-02T00:00+01:00", "2026-03-09T00:00+01:00", "2 to 8 Mar 2026"),
        ("2026-02-23T00:00+01:00", "2026-03-02T00:00+01:00", "23 Feb to 1 Mar 2026"),
        ("2025-12-29T00:00+01:00", "2026-01-05T00:00+01:00", "29 Dec 2025 to 4 Jan 2026"),
        ("2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00", "March 2026"),
        ("2026-02-01T00:00+01:00", "2026-04-01T00:00+02:00", "1 Feb to 31 Mar 2026"),
        (
            "2026-03-01T00:00+01:00",
            "2026-03-31T12:30+02:00",
            "1 Mar 2026 00:00 to 31 Mar 2026 12:30",
        ),
        ("2026-03-30T00:00+02:00", "2026-04-06T00:00+02:00", "30 Mar to 5 Apr 2026, so far"),
    ],
)
def test_periods_in_words(begin: str, end: str, words: str) -> None:
    """Whole days without times, a month by its name; what goes on says so."""
    report = sample_report(compared=False)
    times.set_zone(report.zone)
    assert times.local(0).tzinfo == ZoneInfo(report.zone)
    try:
        assert period_words(replace(report, from_at=ms(begin), to_at=ms(end))) == words
    finally:
        times.set_zone("UTC")


def test_figures_in_words() -> None:
    """Shares are cut and never rounded up to all; what is undefined is a dash."""
    assert [share(value) for value in (None, 0.0, 0.29, 0.996, 1.0)] == [
        "-",
        "0%",
        "29%",
        "99%",
        "100%",
    ]
    assert [span(value) for value in (None, 59.0, 5400.0)] == ["-", "59s", "1h30m"]
    assert (counted(1, "post"), counted(1204, "post")) == ("1 post", "1,204 posts")
    assert lasting(Waits(lasting_s=60.0)) == "1m"
    assert lasting(Waits(lasting_from_s=7200.0)) == "over 2h"
    assert lasting(Waits()) == "-"


@pytest.mark.parametrize(
    ("key", "by", "words"),
    [
        ("all", Dimension.THEME, "all"),
        ("", Dimension.AGENT, "other apps"),
        ("", Dimension.THEME, "no theme"),
        ("7", Dimension.HOUR, "07:00"),
        ("2026-03-02", Dimension.DAY, "Mon 2 Mar"),
        ("ana", Dimension.CUSTOMER, "@ana"),
        ("acme", Dimension.ACCOUNT, "@acme"),
        ("ana", Dimension.AGENT, "ana"),
    ],
)
def test_keys_in_words(key: str, by: Dimension, words: str) -> None:
    """What a line is about, as people say it."""
    assert key_words(key, by) == words
