"""Figures as block characters: bars, lines of sparks, and the shades of a week's hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from triage.core.report.model import Hour

_FULL = "█"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_SPARKS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"
_SHADES = "░▒▓█"
_HOURS = 24
_MOSTLY = 0.5


def bar(value: float, most: float, width: int) -> str:
    """A bar as long as the value is of the most; what is not nothing shows at least a trace."""
    if value <= 0 or most <= 0:
        return ""
    eighths = max(1, round(value / most * width * 8))
    return (_FULL * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def sparks(values: Sequence[int]) -> str:
    """A character for each value, as high as it is of the most; a dot for 0."""
    most = max(values, default=0)
    return "".join(
        _SPARKS[-(-value * len(_SPARKS) // most) - 1] if value else _NOTHING for value in values
    )


def shrunk(values: Sequence[int], width: int, *, add: bool) -> list[int]:
    """At most so many values: neighbours are added up, or stand for their greatest."""
    if len(values) <= width:
        return list(values)
    size = -(-len(values) // width)
    parts = [values[at : at + size] for at in range(0, len(values), size)]
    return [sum(part) if add else max(part) for part in parts]


class Heat(NamedTuple):
    """A week's hours, drawn.

    Attributes:
        scale: The hours above the days.
        days: A line for each weekday, Monday first; `[` and `]` stand around opening hours, where
            there are any to tell from others.
        legend: What the shades say.
    """

    scale: str
    days: Sequence[str]
    legend: str


def heat(hours: Sequence[Hour], *, step: int) -> Heat:
    """Draw the mentions of a week's hours.

    Args:
        hours: All 168, by weekday and hour.
        step: So many hours are one cell: 1 or 2.
    """
    cells = [
        [hours[day * _HOURS + at : day * _HOURS + at + step] for at in range(0, _HOURS, step)]
        for day in range(len(hours) // _HOURS)
    ]
    most = max((_mentions(cell) for row in cells for cell in row), default=0)
    scale = "".join(f"{at:<6}" for at in range(0, _HOURS, 3 * step))
    marked = any(hour.is_open < 1 for hour in hours)
    days = [_row(row, most, marked=marked) for row in cells]
    return Heat(f" {scale}".rstrip(), days, _legend(most))


def _mentions(cell: Sequence[Hour]) -> int:
    return sum(hour.mentions for hour in cell)


def _row(cells: Sequence[Sequence[Hour]], most: int, *, marked: bool) -> str:
    drawn, was_open = "", False
    for cell in cells:
        is_open = marked and sum(hour.is_open for hour in cell) >= _MOSTLY * len(cell)
        drawn += " " if is_open == was_open else "[" if is_open else "]"
        drawn += _shade(_mentions(cell), most)
        was_open = is_open
    return drawn + ("]" if was_open else "")


def _shade(value: int, most: int) -> str:
    return _SHADES[-(-value * len(_SHADES) // most) - 1] if value else _NOTHING


def _legend(most: int) -> str:
    """From how many to how many mentions each shade stands for."""
    parts, low = [f"{_NOTHING} none"], 1
    for number, shade in enumerate(_SHADES, 1):
        high = most * number // len(_SHADES)
        if high >= low:
            parts.append(f"{shade} {low}" if low == high else f"{shade} {low}-{high}")
            low = high + 1
    return "  ".join(parts)
