"""The protocol of monitoring plug-ins: thresholds, states, and the one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.nagios import Figure, State, parse_range, status_line, worst
from triage.errors import UsageError


@pytest.mark.parametrize(
    ("text", "quiet", "alarming"),
    [
        ("10", [0, 5, 10], [-1, 11]),
        ("0", [0], [-1, 1]),
        ("10:", [10, 10_000], [9, -1]),
        ("~:10", [-5, 0, 10], [11]),
        (":10", [0, 10], [-1, 11]),
        ("10:20", [10, 15, 20], [9, 21]),
        ("-5:5", [-5, 0, 5], [-6, 6]),
        ("@10:20", [9, 21], [10, 15, 20]),
        ("@10", [-1, 11], [0, 10]),
        ("@~:0", [1], [0, -7]),
        ("1.5:2.5", [1.5, 2], [1, 3]),
        (" 5 ", [5], [6]),
        ("~:", [-9, 0, 9], []),
    ],
)
def test_ranges(text: str, quiet: list[float], alarming: list[float]) -> None:
    """As in the table of the guidelines: outside raises the alarm, with @ inside does."""
    found = parse_range(text, "-w")
    assert not any(map(found.is_raised_by, quiet))
    assert all(map(found.is_raised_by, alarming))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        ":",
        "@:",
        "five",
        "5:4",
        "-1",
        "~",
        "1:2:3",
        "5%",
        "1e3",
        "٣",
        "~:~",
        "5,5",
        "9" * 99,
    ],
)
def test_what_is_no_range(text: str) -> None:
    """It is refused with the flag's name and what can be written, and never repeated in full."""
    with pytest.raises(UsageError, match="-c") as refused:
        parse_range(text, "-c")
    assert refused.value.hint
    assert len(refused.value.message) < 60


@given(st.integers(-99, 99), st.integers(-99, 99), st.integers(-99, 99))
def test_an_inverted_range_is_the_opposite(a: int, b: int, value: int) -> None:
    """Each figure raises exactly one of a range and the same with @."""
    low, high = sorted((a, b))
    plain = parse_range(f"{low}:{high}", "-w")
    inverted = parse_range(f"@{low}:{high}", "-w")
    assert plain.is_raised_by(value) != inverted.is_raised_by(value)
    assert plain.is_raised_by(value) == (value not in range(low, high + 1))


def test_what_is_known_to_be_bad_goes_first() -> None:
    """Critical, then warning, then unknown, then OK."""
    assert worst([]) is State.OK
    assert worst([State.OK, State.UNKNOWN]) is State.UNKNOWN
    assert worst([State.WARNING, State.UNKNOWN]) is State.WARNING
    assert worst([State.UNKNOWN, State.CRITICAL, State.WARNING]) is State.CRITICAL


def test_the_line() -> None:
    """State, words, and the figures with thresholds and the least; U where nothing is known."""
    figures = [Figure("overdue", 3, "", "0", "5"), Figure("age", 7, "s"), Figure("x", None, "s")]
    assert status_line(State.WARNING, "3 overdue", figures) == (
        "TRIAGE WARNING - 3 overdue | overdue=3;0;5;0 age=7s;;;0 x=U;;;0"
    )


def test_words_do_not_begin_the_figures() -> None:
    """A path with a bar or a line end stays in the words, on the one line."""
    line = status_line(State.UNKNOWN, "No file /a|b\nnext\x1b[2J line")
    assert line == "TRIAGE UNKNOWN - No file /a/b next[2J line"
