"""Where the marks of the report's charts stand."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.delivery.page import geometry

COUNTS = st.integers(0, 100_000)
CELLS = st.sets(st.tuples(st.integers(0, 23), st.integers(0, 6)), max_size=40)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.001, "0"), (12, "12"), (12.5, "12.5"), (12.456, "12.46"), (0.1 + 0.2, "0.3")],
)
def test_coordinates_are_short(value: float, text: str) -> None:
    """No digit that nobody sees."""
    assert geometry.short(value) == text


@pytest.mark.parametrize(
    ("highest", "marks"),
    [
        (0, (0, 1)),
        (1, (0, 1)),
        (4, (0, 1, 2, 3, 4)),
        (5, (0, 2, 4, 6)),
        (8, (0, 2, 4, 6, 8)),
        (78, (0, 20, 40, 60, 80)),
        (1000, (0, 500, 1000)),
    ],
)
def test_an_axis_has_round_marks(highest: int, marks: tuple[int, ...]) -> None:
    """Whole numbers that people count in."""
    assert geometry.ticks(highest) == marks


@given(COUNTS)
def test_an_axis_reaches_the_highest_and_not_much_further(highest: int) -> None:
    """It begins at nothing, goes in equal steps, and ends with the first mark that is enough."""
    marks = geometry.ticks(highest)
    steps = {high - low for low, high in pairwise(marks)}
    assert marks[0] == 0
    assert len(steps) == 1
    assert marks[-1] - min(steps) < max(highest, 1) <= marks[-1]
    assert 2 <= len(marks) <= 5


@given(st.lists(st.lists(COUNTS, min_size=3, max_size=3), min_size=1, max_size=5))
def test_stacked_series_stand_on_one_another(series: list[list[int]]) -> None:
    """Each begins where the one below ends, is as high as its value, and all end at the sum."""
    placed = geometry.stacked(series)
    for values, ranges in zip(series, placed, strict=True):
        assert [high - low for low, high in ranges] == values
    for below, above in pairwise(placed):
        assert [high for _, high in below] == [low for low, _ in above]
    assert [high for _, high in placed[-1]] == [sum(column) for column in zip(*series, strict=True)]


def test_a_bar_is_as_high_as_its_value() -> None:
    """From where it begins to where it ends, in its own column; nothing is drawn of nothing."""
    path = geometry.bars([(0, 5), (5, 5), (2, 10)], highest=10, size=100, gap=0.2)
    assert path == "M0.1 50h0.8V100H0.1zM2.1 0h0.8V80H2.1z"


def test_stairs_have_a_step_for_each_value() -> None:
    """As wide as a column; closed, they enclose what is below."""
    assert geometry.steps([4, 0, 2], 4, 100, closed=False) == "M0 0V0H1V100H2V50H3"
    assert geometry.steps([4, 0], 4, 100, closed=True) == "M0 100V0H1V100H2V100z"
    assert geometry.steps([], 4, 100, closed=True) == ""


def test_a_cell_leaves_a_gap_to_the_next() -> None:
    """On all sides."""
    assert geometry.cells([(2, 1)], gap=0.1) == "M2.1 1.1h0.8v0.8h-0.8z"


@given(CELLS)
def test_an_outline_goes_along_every_side_that_is_not_shared(places: set[tuple[int, int]]) -> None:
    """Each side once: four for each cell, less two for each two neighbours."""
    drawn = re.findall(r"M\d+ \d+[hv]1", geometry.outline(places))
    neighbours = sum((column + 1, row) in places for column, row in places) + sum(
        (column, row + 1) in places for column, row in places
    )
    assert len(drawn) == len(set(drawn)) == 4 * len(places) - 2 * neighbours


@given(st.lists(st.floats(0, 170), max_size=10).map(sorted))
def test_labels_stand_apart_in_their_order(places: list[float]) -> None:
    """None over another, and none below the plot: above it there is room."""
    moved = geometry.apart(places, 16, 170)
    assert all(high - low >= 16 - 1e-9 for low, high in pairwise(moved))
    assert all(place <= 170 for place in moved)
    assert len(moved) == len(places)


def test_labels_that_are_apart_stay_where_they_are() -> None:
    """Only what stands too close is moved."""
    assert geometry.apart([10, 50, 90], 16, 170) == [10, 50, 90]
    assert geometry.apart([10, 12], 16, 170) == [10, 26]
    assert geometry.apart([168, 169], 16, 170) == [154, 170]


@given(st.integers(1, 10_000), st.data())
def test_a_greater_value_is_never_weaker(highest: int, data: st.DataObject) -> None:
    """Nothing is 0, something at least 1, and the highest the strongest."""
    value, other = sorted(data.draw(st.integers(0, highest)) for _ in range(2))
    weak, strong = geometry.level(value, highest, 4), geometry.level(other, highest, 4)
    assert 0 <= weak <= strong <= 4
    assert (value == 0) == (weak == 0)
    assert geometry.level(highest, highest, 4) == 4
    assert geometry.level(0, 0, 4) == 0


@given(st.lists(st.floats(0, 40 * 86_400), max_size=6))
def test_an_axis_of_time_encloses_its_spans(spans: list[float]) -> None:
    """As far as its marks go: from a second to thirty days."""
    axis = geometry.span_axis(spans)
    assert len(axis) >= 2
    assert list(axis) == sorted(axis)
    for span in spans:
        if 1 <= span <= 30 * 86_400:
            assert axis[0] <= span <= axis[-1]


def test_an_axis_of_time_is_no_longer_than_it_must_be() -> None:
    """The outer marks are the nearest to the outer spans."""
    assert geometry.span_axis([700, 20_000]) == (600, 3_600, 21_600)
    assert geometry.span_axis([600, 600]) == (600, 3_600)
    assert geometry.span_axis([]) == (60, 600, 3_600, 21_600, 86_400)
    assert geometry.span_axis([90 * 86_400]) == (7 * 86_400, 30 * 86_400)


@given(st.floats(60, 86_400), st.floats(60, 86_400))
def test_equal_ratios_are_equal_distances(one: float, other: float) -> None:
    """A span that is twice as long stands as much further, wherever that is."""
    axis = (60, 86_400)
    per_cent = 100 / math.log(86_400 / 60)
    distance = geometry.along(one, axis) - geometry.along(other, axis)
    assert distance == pytest.approx(per_cent * math.log(one / other), abs=1e-6)


@pytest.mark.parametrize(("span", "place"), [(60, 0), (86_400, 100), (1, 0), (10**9, 100)])
def test_what_is_off_the_axis_stands_at_its_end(span: float, place: float) -> None:
    """And not outside the chart."""
    assert geometry.along(span, (60, 3_600, 86_400)) == pytest.approx(place)


@given(st.integers(0, 4_000))
def test_a_few_days_are_named(count: int) -> None:
    """The first always, never more than there is room for, at equal distances."""
    marks = geometry.day_marks(count)
    assert len(marks) <= 8
    assert marks[:1] == ((0,) if count else ())
    assert len({later - earlier for earlier, later in pairwise(marks)}) <= 1


@pytest.mark.parametrize(
    ("count", "step"), [(7, 1), (8, 1), (14, 2), (24, 3), (28, 7), (31, 7), (90, 14), (365, 49)]
)
def test_days_are_named_in_steps_that_people_know(count: int, step: int) -> None:
    """Each, every second or third, or the same weekday."""
    marks = geometry.day_marks(count)
    assert marks[1] - marks[0] == step
