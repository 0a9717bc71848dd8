"""Options that several commands share, under the same names everywhere."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from triage.core.kinds import DAY, HOUR, MINUTE, SECOND
from triage.errors import UsageError

Csv = Annotated[bool, typer.Option("--csv", help="Write CSV, safe in spreadsheets.")]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="A conversation's id, or a post's id or URL.")
]
Ids = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="A conversation's id, a post's id or URL, or - for ids on stdin."
    ),
]

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_MOST_DAYS = 36_500
"""A hundred years: every time that is computed with a span has a date."""
_MOST_DIGITS = len(str(_MOST_DAYS * DAY))
_SHOWN = 20
"""So many characters of a span that is refused are repeated."""


def span(text: str, flag: str) -> int:
    """A span such as `30m`, `4h` or `1d12h` in ms, of at most a hundred years.

    Raises:
        UsageError: It is no span, or longer. The message names the flag.
    """
    parts = re.findall(r"(\d+)([smhdw])", text)
    said = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    if not parts or "".join(n + u for n, u in parts) != text:
        raise UsageError(
            f"{flag} {said}: not a span of time.", hint="Write it like 30m, 4h, 2d or 1h30m."
        )
    # Digits are counted first: Python refuses to read thousands of them.
    too_long = any(len(n) > _MOST_DIGITS for n, _ in parts)
    length = 0 if too_long else sum(int(n) * _UNITS[u] for n, u in parts)
    if too_long or length > _MOST_DAYS * DAY:
        raise UsageError(
            f"{flag} {said}: longer than a hundred years.", hint=f"Write at most {_MOST_DAYS}d."
        )
    return length


def check_within(value: float, flag: str, low: float, high: float) -> None:
    """Refuse a number outside a range, and what is no number.

    Raises:
        UsageError: It names the flag and the range.
    """
    if not low <= value <= high:  # false of NaN too
        raise UsageError(
            f"{flag} {value:g}: out of range.", hint=f"Write a number from {low:g} to {high:.15g}."
        )


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
