"""Spans of time as people write them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.config.spans import LONGEST, format_span, parse_span
from triage.core.model import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", 90 * SECOND),
        ("60m", 60 * MINUTE),
        ("4h", 4 * HOUR),
        ("2d", 2 * DAY),
        ("1h30m", 90 * MINUTE),
        ("0s", 0),
        (" 1D2H3M4S ", DAY + 2 * HOUR + 3 * MINUTE + 4 * SECOND),
    ],
)
def test_accepted(text: str, span: int) -> None:
    """Each unit, several units, and any case."""
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "text",
    ["", "h", "5", "5 parsecs", "-5m", "1.5h", "30m1h", "1h1h", "1h30", "٣h", "9" * 30 + "s"],
)
def test_refused(text: str) -> None:
    """What is no span is refused with the text and what is accepted."""
    with pytest.raises(ValueError, match="is not a span such as") as error:
        parse_span(text)
    assert "1h30m" in str(error.value)


def test_too_long() -> None:
    """No span leaves 64 bits of milliseconds."""
    with pytest.raises(ValueError, match="longer than ten years"):
        parse_span("3651d")


@given(st.integers(0, LONGEST // SECOND))
def test_round_trip(seconds: int) -> None:
    """What is written is read back."""
    assert parse_span(format_span(seconds * SECOND)) == seconds * SECOND


@given(st.text(alphabet="0123456789dhms ", max_size=12))
def test_total(text: str) -> None:
    """Any text is a span within limits, or a ValueError."""
    with contextlib.suppress(ValueError):
        assert 0 <= parse_span(text) <= LONGEST
