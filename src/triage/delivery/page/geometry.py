"""Where the marks of a chart stand: numbers in, coordinates and paths out. Nothing else is known.

Places across are in percent or in columns, so that a chart is as wide as its reader's window;
places down are in pixels, and grow downwards.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate

from triage.core.kinds import DAY, HOUR, MINUTE, SECOND

_STEPS = (1, 2, 5)
_SPANS_S = tuple(
    ms // SECOND
    for ms in (SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY)
)
"""Marks of an axis of time, each several times the one before."""


def short(value: float) -> str:
    """A coordinate with no more digits than can be seen."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def ticks(highest: int, about: int = 4) -> tuple[int, ...]:
    """Round numbers from 0 to the first at or above the highest; at least 0 and 1."""
    step, power = 1, 1
    while step * about < highest:
        for digit in _STEPS:
            step = digit * power
            if step * about >= highest:
                break
        power *= 10
    steps = max(1, math.ceil(highest / step))
    return tuple(step * i for i in range(steps + 1))


def height(value: float, highest: float, size: float) -> float:
    """How far down a value stands in a plot whose top is the highest one."""
    return size - size * value / highest


def stacked(series: Sequence[Sequence[int]]) -> list[list[tuple[int, int]]]:
    """For each series, where it begins and ends at each place when they stand on one another."""
    columns = [list(accumulate(column, initial=0)) for column in zip(*series, strict=True)]
    return [[(column[i], column[i + 1]) for column in columns] for i in range(len(series))]


def bars(ranges: Iterable[tuple[int, int]], highest: float, size: float, gap: float = 0.2) -> str:
    """A path of one bar for each column; a column is 1 wide, and the gap stands between two."""
    drawn = []
    for column, (low, high) in enumerate(ranges):
        if high > low:
            top, bottom = height(high, highest, size), height(low, highest, size)
            left, wide = short(column + gap / 2), short(1 - gap)
            drawn.append(f"M{left} {short(top)}h{wide}V{short(bottom)}H{left}z")
    return "".join(drawn)


def steps(values: Sequence[int], highest: float, size: float, *, closed: bool) -> str:
    """A path of stairs, one for each column; a closed one encloses all that is below it."""
    if not values:
        return ""
    tops = [short(height(value, highest, size)) for value in values]
    stairs = "".join(f"V{top}H{column + 1}" for column, top in enumerate(tops))
    if closed:
        return f"M0 {short(size)}{stairs}V{short(size)}z"
    return f"M0 {tops[0]}{stairs}"


def cells(places: Iterable[tuple[int, int]], gap: float = 0.06) -> str:
    """A path of one square for each place `(column, row)` of a grid of squares of 1."""
    wide = short(1 - 2 * gap)
    return "".join(
        f"M{short(column + gap)} {short(row + gap)}h{wide}v{wide}h-{wide}z"
        for column, row in places
    )


def outline(places: Collection[tuple[int, int]]) -> str:
    """A path around places `(column, row)` of a grid: every side that no two of them share."""
    drawn = []
    for column, row in sorted(places):
        if (column, row - 1) not in places:
            drawn.append(f"M{column} {row}h1")
        if (column, row + 1) not in places:
            drawn.append(f"M{column} {row + 1}h1")
        if (column - 1, row) not in places:
            drawn.append(f"M{column} {row}v1")
        if (column + 1, row) not in places:
            drawn.append(f"M{column + 1} {row}v1")
    return "".join(drawn)


def apart(places: Sequence[float], gap: float, highest: float) -> list[float]:
    """Move labels so that no two are closer than the gap, in their order, none below `highest`.

    Args:
        places: Where they would stand, in ascending order.
        gap: The least between two.
        highest: The greatest place that the last may have.
    """
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + gap) if moved else place)
    limit = highest
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], limit)
        limit = moved[i] - gap
    return moved


def level(value: int, highest: int, levels: int) -> int:
    """How strongly a value is shown: 0 for nothing, else 1 up to `levels` for the highest."""
    return 0 if value <= 0 else max(1, math.ceil(levels * value / highest))


def span_axis(spans_s: Iterable[float]) -> tuple[int, ...]:
    """Marks in seconds around some spans, the outer two at or beyond them; at least two."""
    found = [s for s in spans_s if s > 0]
    least, most = (min(found), max(found)) if found else (MINUTE / SECOND, DAY / SECOND)
    first = max((i for i, s in enumerate(_SPANS_S) if s <= least), default=0)
    last = min((i for i, s in enumerate(_SPANS_S) if s >= most), default=len(_SPANS_S) - 1)
    return (
        _SPANS_S[first : max(last, first + 1) + 1] if first < len(_SPANS_S) - 1 else _SPANS_S[-2:]
    )


def along(span_s: float, axis: Sequence[int]) -> float:
    """Where a span stands on an axis of time, in percent: equal distances are equal ratios."""
    first, last = axis[0], axis[-1]
    inside = min(max(span_s, first), last)
    return 100 * math.log(inside / first) / math.log(last / first)


def day_marks(count: int, about: int = 8) -> tuple[int, ...]:
    """Which of some days get a label: the first, and then as often as there is room for."""
    step = next((s for s in (1, 2, 3) if s * about >= count), 0)
    if not step:
        step = 7 * math.ceil(count / about / 7)
    return tuple(range(0, count, step))
