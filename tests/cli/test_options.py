"""Options that several commands share: spans of time, and numbers in a range."""

from __future__ import annotations

import math

import pytest

from screens import Runner
from triage.cli.options import check_within, span
from triage.core.kinds import DAY, HOUR, MINUTE
from triage.errors import UsageError


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", 30 * MINUTE),
        ("1h30m", HOUR + 30 * MINUTE),
        ("2w", 14 * DAY),
        ("0d", 0),
        ("36500d", 36_500 * DAY),
    ],
)
def test_span(text: str, length: int) -> None:
    """Numbers with units, up to a hundred years."""
    assert span(text, "--since") == length


@pytest.mark.parametrize("text", ["", "d", "3", "3y", "3 d", "-3d", "1.5h", "three days"])
def test_no_span(text: str) -> None:
    """What cannot be read is refused by the name of its flag."""
    with pytest.raises(UsageError, match=r"--since .*not a span of time"):
        span(text, "--since")


@pytest.mark.parametrize("text", ["36500d1s", "36501d", f"{10**17}d", "9" * 5000 + "s"])
def test_span_without_end(text: str) -> None:
    """Beyond a hundred years no date could be computed; thousands of digits are not repeated."""
    with pytest.raises(UsageError, match=r"--since .*longer than a hundred years") as error:
        span(text, "--since")
    assert error.value.hint == "Write at most 36500d."
    assert len(error.value.message) < 80


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(
    "words", ["rules diff --since", "rules learn --since", "queue --due-within", "report --since"]
)
def test_commands_refuse_a_span_without_end(run: Runner, words: str) -> None:
    """It is a mistake of the command line, and a hundred years are none."""
    ran = run(*words.split(), f"{10**17}d")
    assert (ran.code, ran.out) == (2, "")
    assert "longer than a hundred years" in ran.err
    assert run(*words.split(), "36500d").code in (0, 1)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.09, 1.01])
def test_numbers_out_of_range(value: float) -> None:
    """The flag and the range are named; NaN is in no range."""
    with pytest.raises(UsageError, match=r"--much .*out of range") as error:
        check_within(value, "--much", 0.1, 1)
    assert error.value.hint == "Write a number from 0.1 to 1."


@pytest.mark.parametrize("value", [0.1, 0.5, 1])
def test_numbers_in_range(value: float) -> None:
    """Both ends belong to it."""
    check_within(value, "--much", 0.1, 1)
