"""The order of the queue, and its words for time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.model import DAY, GRAVITY, HOUR, MINUTE, SECOND, Kind
from triage.core.queue import Sla, Sort, Waiting, in_order, rough_span, short_span, sla_words

NOW = 1_772_442_000_000


@dataclass
class Numbers:
    """Gives each wait an id of its own."""

    last: int = 0

    def wait(
        self,
        kind: Kind = Kind.QUESTION,
        *,
        due: int | None = 100,
        priority: int = 0,
        opened: int = 0,
    ) -> Waiting:
        """A wait whose conversation has the next id."""
        self.last += 1
        warn = None if due is None else due - 10
        return Waiting(1000 - self.last, self.last, kind, priority, opened, due, warn)


def ids(waiting: list[Waiting]) -> list[int]:
    """Of the conversations."""
    return [w.conversation_id for w in waiting]


def test_priority_goes_before_due_before_gravity_before_id() -> None:
    """The queue's own order, each part deciding where those before it tie."""
    n = Numbers()
    first = n.wait(due=100)
    second = n.wait(Kind.COMPLAINT, due=100)
    earlier = n.wait(Kind.PRAISE, due=50)
    urgent = n.wait(Kind.PRAISE, due=900, priority=1)
    last = n.wait(due=100)
    ordered = in_order([last, first, second, earlier, urgent])
    assert ordered == [urgent, earlier, second, first, last]


def test_who_was_promised_nothing_comes_last() -> None:
    """With `--all`."""
    n = Numbers()
    never, late = n.wait(due=None), n.wait(due=1 << 50)
    assert in_order([never, late]) == [late, never]


def test_two_waits_of_one_conversation_have_an_order() -> None:
    """By the row, so that a screen never flickers."""
    one = Numbers().wait()
    assert in_order([one._replace(wait_id=8), one._replace(wait_id=7)])[0].wait_id == 7


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.DUE, [3, 2, 1]),
        (Sort.WAITING, [1, 2, 3]),
        (Sort.NEWEST, [3, 2, 1]),
        (Sort.KIND, [2, 3, 1]),
    ],
)
def test_other_orders_can_be_asked_for(sort: Sort, expected: list[int]) -> None:
    """By age, by youth, by kind."""
    n = Numbers()
    waiting = [
        n.wait(Kind.OTHER, due=300, opened=1),
        n.wait(Kind.COMPLAINT, due=200, opened=2),
        n.wait(Kind.QUESTION, due=100, opened=3),
    ]
    assert ids(in_order(waiting, sort)) == expected


@pytest.mark.parametrize("sort", Sort)
def test_where_an_order_ties_the_queues_own_decides(sort: Sort) -> None:
    """Same age and same kind: due first."""
    n = Numbers()
    later, sooner = n.wait(due=200), n.wait(due=100)
    assert in_order([later, sooner], sort) == [sooner, later]


WAITING = st.lists(
    st.builds(
        Waiting,
        st.integers(1, 5),
        st.integers(1, 5),
        st.sampled_from(Kind),
        st.integers(0, 2),
        st.integers(0, 3),
        st.none() | st.integers(0, 3),
        st.just(0),
    ),
    max_size=8,
    unique_by=lambda w: w.wait_id,
)


@given(WAITING, st.sampled_from(Sort), st.data())
def test_every_order_is_total(waiting: list[Waiting], sort: Sort, data: st.DataObject) -> None:
    """The order that rows come in never shows: twins are told apart by their ids."""
    ordered = in_order(waiting, sort)
    assert sorted(ordered) == sorted(waiting)
    assert in_order(data.draw(st.permutations(waiting)), sort) == ordered


@given(WAITING)
def test_each_neighbour_is_in_order(waiting: list[Waiting]) -> None:
    """The rule as it is written: class, due time, gravity, id."""
    ordered = in_order(waiting)
    for a, b in pairwise(ordered):
        if a.priority != b.priority:
            assert a.priority > b.priority
        elif a.due_at != b.due_at:
            assert b.due_at is None or (a.due_at is not None and a.due_at < b.due_at)
        elif a.kind is not b.kind:
            assert GRAVITY[a.kind] > GRAVITY[b.kind]
        else:
            assert a.conversation_id <= b.conversation_id


# How a wait stands.


@pytest.mark.parametrize(
    ("now", "sla"),
    [(0, Sla.DUE), (89, Sla.DUE), (90, Sla.DUE_SOON), (99, Sla.DUE_SOON), (100, Sla.OVERDUE)],
)
def test_at_its_due_time_a_wait_is_overdue(now: int, sla: Sla) -> None:
    """And at its warning time due soon: the first millisecond counts."""
    assert Numbers().wait(due=100).sla(now) is sla


def test_without_a_promise_nothing_is_ever_overdue() -> None:
    """However long it lasts."""
    assert Numbers().wait(due=None).sla(1 << 60) is Sla.NONE


# Words.


@pytest.mark.parametrize(
    ("ms", "short", "rough"),
    [
        (0, "0s", "0s"),
        (999, "0s", "0s"),
        (59 * SECOND + 999, "59s", "59s"),
        (MINUTE, "1m", "1m"),
        (HOUR - 1, "59m", "59m"),
        (HOUR, "1h", "1h"),
        (HOUR + 5 * MINUTE, "1h05m", "1h"),
        (3 * HOUR + 12 * MINUTE, "3h12m", "3h"),
        (DAY - 1, "23h59m", "23h"),
        (DAY, "1d", "1d"),
        (DAY + 4 * HOUR, "1d4h", "1d"),
        (DAY + HOUR - 1, "1d", "1d"),
        (400 * DAY, "400d", "400d"),
    ],
)
def test_spans_are_told_in_two_units_or_one(ms: int, short: str, rough: str) -> None:
    """Cut off, never rounded up: nobody is told of a minute that is not over."""
    assert (short_span(ms), rough_span(ms)) == (short, rough)
    assert (short_span(-ms), rough_span(-ms)) == (short, rough)


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_longer_span_never_reads_shorter(a: int, b: int) -> None:
    """What is told, read back, grows with the time."""
    low, high = sorted((a, b))
    assert read_back(short_span(low)) <= read_back(short_span(high)) <= high


def read_back(span: str) -> int:
    """The ms that a span's words tell."""
    units = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
    total, number = 0, ""
    for char in span:
        if char.isdecimal():
            number += char
        else:
            total += int(number) * units[char]
            number = ""
    return total


def test_words_of_a_state() -> None:
    """What the queue prints."""
    assert sla_words(Sla.OVERDUE, NOW - 3 * HOUR - 12 * MINUTE, NOW) == "overdue 3h12m"
    assert sla_words(Sla.DUE_SOON, NOW + 22 * MINUTE, NOW) == "due 22m"
    assert sla_words(Sla.DUE, NOW + DAY, NOW) == "due 1d"
    assert sla_words(Sla.NONE, None, NOW) == "no promise"
