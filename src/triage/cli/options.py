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


def span(text: str, flag: str) -> int:
    """A span such as `30m`, `4h` or `1d12h` in ms. Raises `UsageError` naming the flag."""
    parts = re.findall(r"(\d+)([smhdw])", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise UsageError(
            f"{flag} {text}: not a span of time.", hint="Write it like 30m, 4h, 2d or 1h30m."
        )
    return sum(int(n) * _UNITS[u] for n, u in parts)


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
