"""Percentiles and the Kaplan-Meier median: what people really waited, the open ones counted."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triage.core.report.line import Response, Spread
from triage.core.report.spread import (
    Times,
    all_times,
    percentile,
    response_of,
    spread_of,
    times_of,
)
from triage.core.report.survival import median_wait

SPANS = st.lists(st.integers(0, 12), max_size=40)


@pytest.mark.parametrize(
    ("values", "percent", "rank"),
    [
        ([7], 50, 7),
        ([7], 90, 7),
        ([1, 2], 50, 1),
        ([1, 2], 51, 2),
        ([15, 20, 35, 40, 50], 30, 20),
        ([15, 20, 35, 40, 50], 100, 50),
        (list(range(1, 11)), 90, 9),
        (list(range(1, 12)), 90, 10),
        ([1, 2, 3], 0, 1),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(
    values: list[int], percent: int, rank: int
) -> None:
    """Nearest rank: no mean of two, so it reads as `nine of ten came within`."""
    assert percentile(values, percent) == rank


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.integers(1, 100))
def test_a_percentile_is_the_smallest_that_holds(values: list[int], percent: int) -> None:
    """So many percent are at or below it, and not so many below."""
    values.sort()
    found = percentile(values, percent)
    assert sum(v <= found for v in values) * 100 >= percent * len(values)
    assert sum(v < found for v in values) * 100 < percent * len(values)


def test_the_spread_of_ten() -> None:
    """Of 1 to 10 seconds: the smaller middle, the ninth, the last, and both quartiles."""
    found = spread_of([second * 1000 for second in range(1, 11)])
    assert found == Spread(10, 5.0, 9.0, 10.0, 10.0, (3.0, 8.0))


def test_without_answers_there_is_no_time() -> None:
    """None, never zero."""
    assert response_of(times_of([])) == Response() == Response(seen=spread_of([]))
    assert Spread().median_s is None


def test_an_answer_before_we_had_the_mention_is_none_of_the_teams() -> None:
    """It counts as the customer saw it, and not as quick work."""
    spans = times_of([(9, 5, None, None, True), (4, 4, 3, 2, False)])
    assert spans == Times([4, 9], [4, 5], [3], [2])


@given(st.lists(SPANS, max_size=4))
def test_parts_put_together_are_sorted(parts: list[list[int]]) -> None:
    """As if all had been sorted at once."""
    whole = sorted(span for part in parts for span in part)
    made = all_times([Times(sorted(p), sorted(p), (), sorted(p)) for p in parts])
    assert [*made.seen] == [*made.seen_open] == [*made.team_open] == whole
    assert [*made.team] == []


def literal(answered: list[int], unanswered: list[int]) -> int | None:
    """The median as the books have it, in fractions."""
    left = Fraction(1)
    for at in sorted(set(answered)):
        n = sum(span >= at for span in answered + unanswered)
        left *= Fraction(n - answered.count(at), n)
        if left <= Fraction(1, 2):
            return at
    return None


@given(SPANS, SPANS)
@example([1, 2, 3, 4, 5, 6], [])
@example([1, 1], [1, 1])
@example([3], [1, 2, 3])
def test_the_median_with_those_who_wait(answered: list[int], unanswered: list[int]) -> None:
    """The same as in fractions, also where the share is exactly a half."""
    found = median_wait(sorted(answered), sorted(unanswered))
    assert found == literal(answered, unanswered)


@pytest.mark.parametrize("many", [6, 10, 46, 50_000])
def test_exactly_a_half_is_a_half(many: int) -> None:
    """However many shares the half is a product of, it is reached at the middle answer."""
    spans = [2 * number for number in range(many)]
    assert median_wait(spans, []) == spans[many // 2 - 1]
    # One leaves between all answers: the share is then a product of as many parts.
    others = [2 * number + 1 for number in range(1, 200)]
    assert median_wait(spans[:200], others) == literal(spans[:200], others)


def test_ignoring_people_does_not_make_it_better() -> None:
    """Whoever is left waiting moves the median back, up to where there is none."""
    assert median_wait([10, 20, 30], []) == 20
    assert median_wait([10, 20, 30], [99, 99]) == 30
    assert median_wait([10, 20, 30], [99, 99, 99, 99]) is None
    assert median_wait([], [99]) is None
    assert median_wait([], []) is None


@given(SPANS.map(sorted), SPANS.map(sorted), st.integers(0, 12))
def test_one_more_who_waits_is_never_sooner(
    answered: list[int], unanswered: list[int], span: int
) -> None:
    """Who joins the unanswered, however soon they leave, does not shorten the median."""
    before = median_wait(answered, unanswered)
    after = median_wait(answered, sorted([*unanswered, span]))
    assert after is None or (before is not None and after >= before) or before is None
