"""The figures of a report: who waits is counted, and nothing else passes for a kept promise."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.model import HOUR, MINUTE, Kind, WaitState
from triage.core.report import KindFigures, WaitRow, figures, percentile

NOW = 1_772_442_000_000


def row(
    state: WaitState,
    kind: Kind = Kind.COMPLAINT,
    *,
    took: int | None = None,
    due: int | None = HOUR,
    needs: int = 1,
    outside: int = 0,
    opened: int = NOW - 5 * HOUR,
) -> WaitRow:
    """A wait that took so long, or is open; what is met follows from its due time."""
    met = None
    if state is WaitState.ANSWERED and took is not None and due is not None:
        met = int(took < due)
    return WaitRow(
        kind.value,
        state.value,
        needs,
        opened,
        None if due is None else opened + due,
        None if took is None else opened + took,
        met,
        outside,
    )


def line(rows: list[WaitRow], kind: str = "complaint") -> KindFigures:
    """The figures of one kind, or of all."""
    return next(f for f in figures(rows, {}, NOW) if f.kind == kind)


def test_every_state_is_counted_once() -> None:
    """One of each, and one that is open and not due yet."""
    rows = [
        row(WaitState.ANSWERED, took=30 * MINUTE),
        row(WaitState.ANSWERED, took=2 * HOUR, outside=1),
        row(WaitState.DISMISSED, took=MINUTE),
        row(WaitState.SETTLED, took=MINUTE),
        row(WaitState.WITHDRAWN, took=MINUTE),
        row(WaitState.OPEN),
        row(WaitState.OPEN, due=6 * HOUR),
    ]
    found = next(f for f in figures(rows, {"complaint": 11}, NOW) if f.kind == "complaint")
    assert asdict(found) == {
        "kind": "complaint",
        "mentions": 11,
        "waits": 7,
        "answered": 2,
        "outside": 1,
        "dismissed": 1,
        "settled": 1,
        "withdrawn": 1,
        "open": 2,
        "overdue": 1,
        "met": 1,
        "missed": 1,
        "median_s": 30 * 60,
        "p90_s": 2 * 60 * 60,
    }


def test_there_is_a_line_for_each_kind_and_one_for_all() -> None:
    """In the order of gravity as the kinds are listed, also when nothing came."""
    assert [f.kind for f in figures([], {}, NOW)] == [*(k.value for k in Kind), "all"]
    assert figures([], {"praise": 3, "other": 4}, NOW)[-1].mentions == 7


def test_the_figures_of_all_are_not_the_mean_of_the_kinds() -> None:
    """The median is taken over everybody."""
    rows = [row(WaitState.ANSWERED, took=m * MINUTE) for m in (1, 2, 3)]
    rows += [row(WaitState.ANSWERED, Kind.QUESTION, took=100 * MINUTE)]
    assert line(rows, "all").median_s == 120
    assert line(rows, "all").p90_s == 6000


def test_who_was_promised_nothing_is_a_mention_and_no_wait() -> None:
    """Praise that nobody must answer makes no share better."""
    found = line([row(WaitState.OPEN, due=None, needs=0)])
    assert (found.waits, found.open, found.within_sla) == (0, 0, None)


@pytest.mark.parametrize(
    ("due", "overdue"), [(5 * HOUR - 1, 1), (5 * HOUR, 1), (5 * HOUR + 1, 0), (None, 0)]
)
def test_what_is_due_now_is_overdue(due: int | None, overdue: int) -> None:
    """At its due time a wait has missed it."""
    assert line([row(WaitState.OPEN, due=due)]).overdue == overdue


def test_without_an_answer_there_is_no_time_to_the_answer() -> None:
    """A close is none: None, never zero."""
    found = line([row(WaitState.DISMISSED, took=MINUTE), row(WaitState.OPEN)])
    assert (found.median_s, found.p90_s) == (None, None)


# The share within the promise.


def test_who_is_overdue_counts_against_the_share() -> None:
    """Not answering at all must not look better than answering late."""
    rows = [row(WaitState.ANSWERED, took=MINUTE), row(WaitState.OPEN)]
    assert line(rows).within_sla == 0.5


def test_who_may_still_be_answered_in_time_is_not_judged() -> None:
    """Neither for nor against."""
    rows = [row(WaitState.ANSWERED, took=MINUTE), row(WaitState.OPEN, due=6 * HOUR)]
    assert line(rows).within_sla == 1.0
    assert line(rows[1:]).within_sla is None


@pytest.mark.parametrize("state", [WaitState.DISMISSED, WaitState.SETTLED, WaitState.WITHDRAWN])
def test_only_an_answer_keeps_a_promise(state: WaitState) -> None:
    """Closing a wait in time is not meeting it, and not missing it."""
    found = line([row(state, took=MINUTE)])
    assert (found.met, found.missed, found.within_sla) == (0, 0, None)
    late = line([row(state, took=MINUTE), row(WaitState.ANSWERED, took=2 * HOUR)])
    assert late.within_sla == 0.0


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(WaitState),
        st.sampled_from(Kind),
        took=st.integers(0, 3 * HOUR),
        due=st.none() | st.sampled_from([HOUR, 6 * HOUR]),
        needs=st.integers(0, 1),
        outside=st.just(0),
    ),
    max_size=12,
)


@given(ROWS)
def test_the_parts_make_the_whole(rows: list[WaitRow]) -> None:
    """Every wait is in one state, every line in the sum, and every share is one."""
    lines = figures(rows, {}, NOW)
    for f in lines:
        assert f.waits == f.answered + f.dismissed + f.settled + f.withdrawn + f.open
        assert f.met + f.missed <= f.answered
        assert f.overdue <= f.open
        assert f.within_sla is None or 0 <= f.within_sla <= 1
    for name in ("waits", "answered", "open", "overdue", "met", "missed"):
        assert getattr(lines[-1], name) == sum(getattr(f, name) for f in lines[:-1])


# The percentile.


@pytest.mark.parametrize(
    ("values", "percent", "rank"),
    [
        ([7], 50, 7),
        ([7], 90, 7),
        ([1, 2], 50, 1),
        ([1, 2], 51, 2),
        ([15, 20, 35, 40, 50], 30, 20),
        ([15, 20, 35, 40, 50], 40, 20),
        ([15, 20, 35, 40, 50], 50, 35),
        ([15, 20, 35, 40, 50], 100, 50),
        (list(range(1, 11)), 90, 9),
        (list(range(1, 12)), 90, 10),
        ([1, 2, 3], 0, 1),
    ],
)
def test_the_percentile_is_a_value_that_was_measured(
    values: list[int], percent: int, rank: int
) -> None:
    """Nearest rank: no mean of two, so it reads as `nine of ten came within`."""
    assert percentile(values, percent) == rank


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.integers(1, 100))
def test_the_percentile_is_the_smallest_that_holds(values: list[int], percent: int) -> None:
    """So many percent are at or below it, and not so many below."""
    values.sort()
    found = percentile(values, percent)
    assert sum(v <= found for v in values) * 100 >= percent * len(values)
    assert sum(v < found for v in values) * 100 < percent * len(values)
