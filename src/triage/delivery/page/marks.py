"""What a chart consists of: shapes, labels and rows, where `charts` puts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

ROW = 46
"""How high a row of a chart of rows is, in pixels."""
_GROUP, _AXIS = 34, 18
"""How much higher a headline and an axis make it."""


@dataclass(frozen=True, slots=True)
class Label:
    """A word beside a mark.

    Attributes:
        x: Percent of the plot.
        y: Pixels from its top.
        extra: It is left out where there is little room.
        style: The class of what it is about.
    """

    text: str
    x: float = 0.0
    y: float = 0.0
    extra: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A path and the class of what it shows."""

    style: str
    path: str


@dataclass(frozen=True, slots=True)
class Over:
    """A chart over days.

    Attributes:
        columns: How many days.
        shapes: In columns across and pixels down.
        grid: Heights of the lines, with what they mean.
        below: The days' names.
        beside: Names of the series, at their ends.
        notes: Words inside the plot.
        tips: What each day says when it is pointed at.
    """

    columns: int
    shapes: Sequence[Shape]
    grid: Sequence[Label]
    below: Sequence[Label]
    beside: Sequence[Label]
    notes: Sequence[Label]
    tips: Sequence[str]


@dataclass(frozen=True, slots=True)
class Bar:
    """A mark in a row: from one place to another, in percent."""

    style: str
    start: float
    end: float

    @property
    def wide(self) -> float:
        """How wide it is, in percent."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its name, what it says, and its marks.

    Attributes:
        group: A headline above it; empty for none.
        ticks: Thin marks across the bars, in percent.
        dot: A round mark, in percent.
    """

    name: str
    says: str
    bars: Sequence[Bar]
    ticks: Sequence[Bar] = ()
    dot: float | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """A chart of rows, with the labels of the axis that they share, if they do."""

    rows: Sequence[Row]
    axis: Sequence[Label] = ()

    @property
    def compares(self) -> bool:
        """Some row has a mark for the period before."""
        return any(tick.style == "was" for row in self.rows for tick in row.ticks)

    @property
    def tops(self) -> list[int]:
        """Where each row begins, in pixels."""
        groups = accumulate(_GROUP if row.group else 0 for row in self.rows)
        return [i * ROW + above for i, above in enumerate(groups)]

    @property
    def height(self) -> int:
        """How high it is, in pixels."""
        ends = [top + ROW for top in self.tops]
        return max(ends, default=0) + (_AXIS if self.axis else 0)


@dataclass(frozen=True, slots=True)
class Week:
    """The hours of a week: a column for each hour, a row for each day.

    Attributes:
        shapes: One path for each strength.
        outline: Around the opening hours; empty if there are none.
        numbers: What is written in the cells, at `x` columns and `y` rows.
    """

    shapes: Sequence[Shape]
    outline: str
    numbers: Sequence[Label]
    highest: int
