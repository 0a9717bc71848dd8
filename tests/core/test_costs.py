"""Months of costs: sums, the pace, and the cap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.costs import (
    By,
    UsageRow,
    begin_of,
    day_of,
    end_of,
    is_capped,
    is_month,
    is_near,
    month_of,
    percent,
    project,
    sum_up,
)
from triage.core.kinds import DAY, HOUR
from triage.core.money import MICROS
from triage.core.usage import Tally

NOON = begin_of("2026-11-10") + 12 * HOUR
ROWS = [
    UsageRow("acme", "2026-11-01", "mentions", Tally(3, 30, 10, 100_000, 50_000)),
    UsageRow("acme", "2026-11-02", "reply", Tally(2, 2, 0, 20_000)),
    UsageRow("acmehelp", "2026-11-02", "mentions", Tally(1, 5, 0, 25_000)),
]


@pytest.mark.parametrize(
    ("by", "lines"),
    [
        (By.ENDPOINT, {"mentions": 125_000, "reply": 20_000}),
        (By.ACCOUNT, {"@acme": 120_000, "@acmehelp": 25_000}),
        (By.DAY, {"2026-11-01": 100_000, "2026-11-02": 45_000}),
    ],
)
def test_a_month_is_split(by: By, lines: dict[str, int]) -> None:
    """By what was asked, by account or by day; the sum is the same."""
    found = sum_up(ROWS, "2026-11", by, NOON)
    assert {name: tally.micros for name, tally in found.lines.items()} == lines
    assert found.total == Tally(6, 37, 10, 145_000, 50_000)


def test_the_dearest_comes_first_and_days_in_their_order() -> None:
    """What to look at is on top."""
    rows = [UsageRow("a", "2026-11-02", "z", Tally(micros=2)), *ROWS[:1]]
    assert list(sum_up(rows, "2026-11", By.ENDPOINT, NOON).lines) == ["mentions", "z"]
    assert list(sum_up(rows, "2026-11", By.DAY, NOON).lines) == ["2026-11-01", "2026-11-02"]


def test_the_pace_is_that_since_the_first_day() -> None:
    """Nine and a half days of thirty cost 0.95: the month comes to 3."""
    assert project(950_000, begin_of("2026-11-01"), "2026-11", NOON) == 3_000_000
    began_later = begin_of("2026-11-10")
    assert project(100_000, began_later, "2026-11", NOON) == 100_000 + 100_000 * 41


def test_no_pace_is_told_too_early_or_of_a_month_that_is_over() -> None:
    """Six hours at least; and only of the month that it is."""
    begin = begin_of("2026-11-01")
    assert project(1, begin, "2026-11", begin + 6 * HOUR - 1) is None
    assert project(1, begin, "2026-11", begin + 6 * HOUR) is not None
    assert project(1, begin_of("2026-10-01"), "2026-10", NOON) is None
    assert sum_up([], "2026-11", By.DAY, NOON).projected is None


@given(st.integers(0, 10**12), st.integers(6 * HOUR, 30 * DAY - 1))
def test_a_month_comes_to_what_was_spent_at_least(spent: int, passed: int) -> None:
    """And to no more than as often as the time passed fits into it."""
    begin = begin_of("2026-11-01")
    found = project(spent, begin, "2026-11", begin + passed)
    assert found is not None
    assert spent <= found <= spent * 30 * DAY // passed + 1


def test_the_cap() -> None:
    """Reads stop when it is reached; those for a reply a fiftieth later; without one never."""
    cap = 25 * MICROS
    assert not is_capped(cap - 1, cap)
    assert is_capped(cap, cap)
    assert not is_capped(cap + cap // 50 - 1, cap, for_reply=True)
    assert is_capped(cap + cap // 50, cap, for_reply=True)
    assert not is_capped(10**15, None)
    assert is_capped(0, 0)


def test_somebody_is_told_from_four_fifths_on() -> None:
    """Not a millionth sooner."""
    assert not is_near(20 * MICROS - 1, 25 * MICROS)
    assert is_near(20 * MICROS, 25 * MICROS)
    assert not is_near(10**15, None)
    assert percent(25 * MICROS - 1, 25 * MICROS) == 99


def test_months_and_days_are_utc() -> None:
    """A millisecond before midnight is still the day, and the month."""
    begin = begin_of("2026-12-01")
    assert (day_of(begin - 1), month_of(begin - 1)) == ("2026-11-30", "2026-11")
    assert (day_of(begin), month_of(begin)) == ("2026-12-01", "2026-12")
    assert end_of("2026-11") == begin
    assert end_of("2026-12") == begin_of("2027-01-01")


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", ""])
def test_what_is_no_month(text: str) -> None:
    """A year and a month, with a hyphen."""
    assert not is_month(text)
    assert is_month("2026-11")
