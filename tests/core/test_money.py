"""Amounts are exact, and are said as people say them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.money import MICROS, dollars, in_mills, micros_of, written


@pytest.mark.parametrize(
    ("micros", "said"),
    [
        (0, "$0.000"),
        (400, "<$0.001"),
        (1_000, "$0.001"),
        (10_000, "$0.010"),
        (15_000, "$0.015"),
        (200_000, "$0.20"),
        (995_000, "$0.995"),
        (999_999, "$1.000"),
        (1_234_500, "$1.23"),
        (1_235_000, "$1.24"),
        (25 * MICROS, "$25.00"),
        (1_234_567 * MICROS, "$1,234,567.00"),
        (-200_000, "-$0.20"),
    ],
)
def test_amounts_in_words(micros: int, said: str) -> None:
    """Small ones to the tenth of a cent, others to the cent."""
    assert dollars(micros) == said


def test_amounts_below_each_other_have_three_decimals() -> None:
    """All of them, rounded."""
    assert [in_mills(n) for n in (0, 499, 500, 1_200_000, 1_234_567_890)] == [
        "$0.000",
        "$0.000",
        "$0.001",
        "$1.200",
        "$1,234.568",
    ]


@given(st.integers(0, MICROS * MICROS))
def test_what_is_written_is_read_as_it_was(micros: int) -> None:
    """Exactly, as text and, within what a float can hold, as the file's own number."""
    text = written(micros)
    assert micros_of(text) == micros
    assert Decimal(text) * MICROS == micros
    if micros < 10**15:
        assert micros_of(float(text)) == micros


def test_a_float_of_the_file_is_taken_by_its_words() -> None:
    """0.1 + 0.2 is nobody's price; 0.005 is."""
    assert micros_of(0.005) == 5_000
    assert micros_of(25) == 25 * MICROS
    with pytest.raises(ValueError, match="finer"):
        micros_of(0.1 + 0.2)


@pytest.mark.parametrize("value", [True, None, "a lot", [], "nan", "inf"])
def test_what_is_no_amount_is_refused(value: object) -> None:
    """With words, never with an error of the number."""
    with pytest.raises(ValueError, match="must be an amount"):
        micros_of(value)


@pytest.mark.parametrize("value", [-1, 1_000_001])
def test_an_amount_beyond_reason_is_refused(value: int) -> None:
    """Nothing is bought for less than nothing."""
    with pytest.raises(ValueError, match="between 0 and a million"):
        micros_of(value)
