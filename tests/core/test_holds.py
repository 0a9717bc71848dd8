"""Letting a conversation rest: which periods follow from acts, and what they do to a clock."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, permutations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from triage.core.calendar import Day, WeeklyCalendar
from triage.core.holds import (
    Act,
    EndedBy,
    HoldState,
    Stop,
    due_with_stops,
    hold_periods,
    stops_of,
    until_end,
)
from triage.core.hours import ALWAYS_OPEN, Calendar
from triage.core.model import DAY, HOUR, MINUTE
from triage.core.waits import moment
from zones import ms

SNOOZED, CUSTOMER, ON_HOLD = (
    HoldState.SNOOZED,
    HoldState.WAITING_ON_CUSTOMER,
    HoldState.ON_HOLD,
)
Moment = tuple[int, tuple[int, str]]
SEEN = moment(5, "5")
"""The mention that agents have before them unless a test says otherwise."""


def rest(
    at: int,
    state: HoldState | None = SNOOZED,
    until: int | None = None,
    *,
    number: int = 0,
    stays: bool = False,
    seen: Moment = SEEN,
) -> Act:
    """An act whose id is its time, unless a test says otherwise."""
    return Act(number or at, at, state, until, stays, seen, "kim")


def periods(
    acts: Sequence[Act], mentions: Sequence[Moment] = (SEEN,), ends: Sequence[int] = ()
) -> list[tuple[HoldState, int, int | None, EndedBy | None]]:
    """The periods, without their acts."""
    return [p[:4] for p in hold_periods(acts, mentions, ends)]


# --- how a period ends ----------------------------------------------------------------------------


def test_it_lasts_until_the_time_that_was_named() -> None:
    """Also where that is still to come."""
    assert periods([rest(10, until=20)]) == [(SNOOZED, 10, 20, EndedBy.TIME)]


def test_without_a_time_nobody_knows_when_it_ends() -> None:
    """Until the customer writes or somebody wakes it."""
    assert periods([rest(10, ON_HOLD)]) == [(ON_HOLD, 10, None, None)]


def test_the_customers_next_message_ends_it() -> None:
    """The first that the agent had not seen, and before the time that was named."""
    written = [SEEN, moment(15, "7"), moment(16, "8")]
    assert periods([rest(10, until=20)], written) == [(SNOOZED, 10, 15, EndedBy.REPLY)]
    assert periods([rest(10)], written) == [(SNOOZED, 10, 15, EndedBy.REPLY)]
    assert periods([rest(10, until=14)], written) == [(SNOOZED, 10, 14, EndedBy.TIME)]


def test_it_may_be_told_to_stay() -> None:
    """Then the customer's messages do not end it; time, answers and agents do."""
    written = [SEEN, moment(15, "7")]
    assert periods([rest(10, until=20, stays=True)], written) == [(SNOOZED, 10, 20, EndedBy.TIME)]
    assert periods([rest(10, stays=True)], written) == [(SNOOZED, 10, None, None)]
    answered = periods([rest(10, stays=True)], written, [18])
    assert answered == [(SNOOZED, 10, 18, EndedBy.ANSWER)]
    woken = periods([rest(10, stays=True), rest(17, None)], written)
    assert woken == [(SNOOZED, 10, 17, EndedBy.AGENT)]


def test_an_answer_or_a_close_ends_it() -> None:
    """The first behind the act; one before it has nothing to do with it."""
    assert periods([rest(10, until=20)], ends=[18, 3, 12]) == [(SNOOZED, 10, 12, EndedBy.ANSWER)]
    assert periods([rest(10, until=20)], ends=[9]) == [(SNOOZED, 10, 20, EndedBy.TIME)]


def test_an_agent_wakes_it() -> None:
    """Waking begins no period, and what does not rest is not woken."""
    assert periods([rest(10, until=20), rest(12, None)]) == [(SNOOZED, 10, 12, EndedBy.AGENT)]
    assert periods([rest(12, None)]) == []
    late = periods([rest(10, until=20), rest(25, None)])
    assert late == [(SNOOZED, 10, 20, EndedBy.TIME)]


def test_another_act_takes_its_place() -> None:
    """Snoozed, then on hold: two periods, one behind the other."""
    assert periods([rest(10, until=20), rest(12, ON_HOLD, 30)]) == [
        (SNOOZED, 10, 12, EndedBy.AGENT),
        (ON_HOLD, 12, 30, EndedBy.TIME),
    ]
    assert periods([rest(10, until=20), rest(25, CUSTOMER)]) == [
        (SNOOZED, 10, 20, EndedBy.TIME),
        (CUSTOMER, 25, None, None),
    ]


def test_what_comes_first_ends_it() -> None:
    """Of all ways, and at the same time an agent's word goes before the customer's."""
    written = [SEEN, moment(15, "7")]
    both = periods([rest(10, until=15), rest(15, None)], written, [15])
    assert both == [(SNOOZED, 10, 15, EndedBy.AGENT)]
    assert periods([rest(10, until=15)], written, [15]) == [(SNOOZED, 10, 15, EndedBy.REPLY)]
    assert periods([rest(10, until=15)], ends=[15]) == [(SNOOZED, 10, 15, EndedBy.ANSWER)]


def test_a_mention_that_was_not_seen_ends_it_at_once() -> None:
    """It was written before the act and fetched after it: the agent would have acted otherwise."""
    unseen = moment(8, "6")
    assert periods([rest(10, until=20)], [SEEN, unseen]) == []
    assert periods([rest(10, until=20, seen=unseen)], [SEEN, unseen]) == [
        (SNOOZED, 10, 20, EndedBy.TIME)
    ]
    stays = periods([rest(10, until=20, stays=True)], [SEEN, unseen])
    assert stays == [(SNOOZED, 10, 20, EndedBy.TIME)]


def test_equal_times_are_told_apart_by_ids() -> None:
    """A second message in the same millisecond was not seen with the first."""
    assert periods([rest(10, until=20)], [SEEN, moment(5, "4")]) != []
    assert periods([rest(10, until=20)], [SEEN, moment(5, "6")]) == []


@pytest.mark.parametrize(
    ("acts", "mentions", "ends"),
    [
        ([rest(10, until=10)], [SEEN], []),
        ([rest(10, until=7)], [SEEN], []),
        ([rest(10), rest(10, None, number=11)], [SEEN], []),
        ([rest(10)], [SEEN], [10]),
        ([rest(10)], [SEEN, moment(10, "7")], []),
    ],
)
def test_what_lasts_no_time_is_no_period(
    acts: list[Act], mentions: list[Moment], ends: list[int]
) -> None:
    """Ended when it began, or before."""
    assert periods(acts, mentions, ends) == []


def test_of_acts_at_the_same_time_the_later_stands() -> None:
    """In the order in which they were written down."""
    acts = [rest(10, SNOOZED, 30, number=2), rest(10, ON_HOLD, 20, number=1)]
    assert periods(acts) == [(SNOOZED, 10, 30, EndedBy.TIME)]


def test_a_period_tells_who_began_it() -> None:
    """For the explanation of a due time."""
    act = rest(10, until=20)
    (period,) = hold_periods([act], [SEEN], [])
    assert period.act is act
    assert [period.lasts(at) for at in (9, 10, 19, 20)] == [False, True, True, False]
    assert period._replace(end_at=None).lasts(1 << 60)


# --- laws of periods ------------------------------------------------------------------------------

TIMES = st.integers(0, 30)
MOMENTS = st.builds(moment, TIMES, st.sampled_from(["1", "2", "10"]))
ACTS = st.lists(
    st.builds(
        Act,
        st.integers(1, 99),
        TIMES,
        st.none() | st.sampled_from(HoldState),
        st.none() | TIMES,
        st.booleans(),
        MOMENTS,
    ),
    max_size=5,
    unique_by=lambda a: a.activity_id,
)


@given(ACTS, st.lists(MOMENTS, max_size=4), st.lists(TIMES, max_size=3))
def test_periods_are_in_order_and_do_not_overlap(
    acts: list[Act], mentions: list[Moment], ends: list[int]
) -> None:
    """Each lasts some time, and only the last can be one that nobody knows the end of."""
    found = hold_periods(acts, mentions, ends)
    assert all(p.end_at is None or p.start_at < p.end_at for p in found)
    for before, after in pairwise(found):
        assert before.end_at is not None
        assert before.end_at <= after.start_at
    assert all((p.end_at is None) == (p.ended_by is None) for p in found)
    assert all((p.state, p.start_at) == (p.act.state, p.act.at) for p in found)
    assert not any(p.lasts(at) and p.start_at < at for p in found for at in ends)


@given(
    ACTS.filter(lambda a: len(a) < 5), st.lists(MOMENTS, max_size=3), st.lists(TIMES, max_size=3)
)
def test_the_order_in_which_facts_arrive_does_not_matter(
    acts: list[Act], mentions: list[Moment], ends: list[int]
) -> None:
    """Any order of acts, messages and ends gives the same periods."""
    found = hold_periods(acts, mentions, ends)
    for shuffled in permutations(acts):
        assert hold_periods(shuffled, mentions[::-1], ends[::-1]) == found


@given(ACTS, st.lists(MOMENTS, max_size=4), st.lists(TIMES, max_size=3), TIMES)
def test_what_happens_later_changes_no_period_that_is_over(
    acts: list[Act], mentions: list[Moment], ends: list[int], now: int
) -> None:
    """As of a time, periods are what all facts would have told of that time."""
    before = hold_periods(
        [a for a in acts if a.at <= now],
        [m for m in mentions if m[0] <= now],
        [e for e in ends if e <= now],
    )
    after = hold_periods(acts, mentions, ends)
    assert [p for p in before if p.end_at is not None and p.end_at <= now] == [
        p for p in after if p.end_at is not None and p.end_at <= now
    ]
    assert [p.act for p in before if p.lasts(now)] == [p.act for p in after if p.lasts(now)]


def test_a_wait_knows_nothing_of_what_came_after_its_end() -> None:
    """What was still to come when it ended is cut there."""
    found = hold_periods([rest(10, until=20), rest(30, until=40), rest(50)], [SEEN], [])
    assert until_end(found, None) == found
    cut = [(p.start_at, p.end_at) for p in until_end(found, 35)]
    assert cut == [(10, 20), (30, 35)]
    assert [(p.start_at, p.end_at) for p in until_end(found, 60)] == [(10, 20), (30, 40), (50, 60)]
    assert [(p.start_at, p.end_at) for p in until_end(found, 10)] == []


def test_a_clock_stands_only_in_the_states_of_its_policy() -> None:
    """Whatever else hides the wait."""
    found = hold_periods(
        [rest(10, until=20), rest(30, ON_HOLD, 40), rest(50, CUSTOMER)], [SEEN], []
    )
    assert stops_of(found, {ON_HOLD, CUSTOMER}) == ((30, 40), (50, None))
    assert stops_of(found, {SNOOZED}) == ((10, 20),)
    assert stops_of(found, ()) == ()


# --- due times ------------------------------------------------------------------------------------

NINE = ms("2026-03-02T09:00Z")
"""A Monday."""
OFFICE = WeeklyCalendar(
    "office",
    "Europe/Madrid",
    (((540, 840), (900, 1080)),) * 5 + (((600, 840),), ()),
    {"2026-03-06": Day("Fair"), "2026-03-29": Day("Sale", ((0, 360),))},
)
NIGHTS = WeeklyCalendar("nights", "America/New_York", (((1320, 1800),),) * 7)
CALENDARS: list[Calendar] = [ALWAYS_OPEN, OFFICE, NIGHTS]


@pytest.mark.parametrize(
    ("stops", "due"),
    [
        ([], "2026-03-02T11:00Z"),
        ([("10:00", "10:30")], "2026-03-02T11:30Z"),
        ([("09:00", "10:00")], "2026-03-02T12:00Z"),
        ([("08:00", "10:00")], "2026-03-02T12:00Z"),
        ([("07:00", "09:00")], "2026-03-02T11:00Z"),
        ([("10:00", "10:30"), ("10:45", "11:00")], "2026-03-02T11:45Z"),
        ([("10:00", "10:30"), ("11:30", "12:00")], "2026-03-02T11:30Z"),
        ([("11:00", "12:00")], "2026-03-02T11:00Z"),
        ([("11:00", None)], "2026-03-02T11:00Z"),
        ([("07:00", "08:00"), ("13:00", None)], "2026-03-02T11:00Z"),
        ([("10:59", None)], None),
        ([("10:00", "10:30"), ("11:29", None)], None),
    ],
)
def test_two_hours_around_the_clock(stops: list[tuple[str, str | None]], due: str | None) -> None:
    """A stop before the due time moves it; one at it or behind it does not."""
    times = [(_at(start), None if end is None else _at(end)) for start, end in stops]
    expected = None if due is None else ms(due)
    assert due_with_stops(ALWAYS_OPEN, NINE, 2 * HOUR, times) == expected


def _at(clock: str) -> int:
    return ms(f"2026-03-02T{clock}Z")


def test_only_open_time_is_taken_out() -> None:
    """On hold over night and over the midday break, three hours of it open."""
    stops = [(ms("2026-03-02T16:00Z"), ms("2026-03-03T09:00Z"))]
    written = ms("2026-03-02T15:00Z")
    assert OFFICE.add(written, 2 * HOUR) == ms("2026-03-02T17:00Z")
    assert due_with_stops(OFFICE, written, 2 * HOUR, stops) == ms("2026-03-03T10:00Z")
    at_night = [(ms("2026-03-02T19:00Z"), ms("2026-03-03T07:00Z"))]
    assert due_with_stops(OFFICE, written, 3 * HOUR, at_night) == OFFICE.add(written, 3 * HOUR)


def test_a_stop_over_the_change_of_the_clock() -> None:
    """Standing from 23:00 to 05:00 in the night of the 23 hours takes five hours, not six."""
    madrid = WeeklyCalendar("all", "Europe/Madrid", (((0, 1440),),) * 7)
    stops = [(ms("2026-03-28T23:00+01:00"), ms("2026-03-29T05:00+02:00"))]
    start = ms("2026-03-28T22:00+01:00")
    assert due_with_stops(madrid, start, 2 * HOUR, stops) == ms("2026-03-29T06:00+02:00")
    assert stops[0][1] - stops[0][0] == 5 * HOUR


# --- laws of due times ----------------------------------------------------------------------------


@st.composite
def stops_near(draw: st.DrawFn) -> tuple[int, list[Stop]]:
    """A start, and up to four stops around it that do not overlap; the last may have no end."""
    start = NINE + draw(st.integers(0, 40 * DAY))
    edges = sorted(draw(st.sets(st.integers(-3 * DAY, 9 * DAY), max_size=8)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    stops: list[Stop] = [(start + a, start + b) for a, b in pairs]
    if draw(st.booleans()) and stops:
        stops[-1] = (stops[-1][0], None)
    return start, stops


SPANS = st.integers(0, 40 * HOUR)
WHERE = st.sampled_from(CALENDARS)


def running(calendar: Calendar, start: int, end: int, stops: Sequence[Stop]) -> int:
    """How much open time lies between, less what lies in a stop: counted the other way round."""
    stood = 0
    for stands, goes_on in stops:
        first, last = max(start, stands), end if goes_on is None else min(end, goes_on)
        if first < last:
            stood += calendar.between(first, last)
    return calendar.between(start, end) - stood


@given(WHERE, stops_near(), SPANS)
def test_the_clock_has_run_for_the_span_at_the_due_time(
    calendar: Calendar, near: tuple[int, list[Stop]], span: int
) -> None:
    """And not a millisecond before it."""
    start, stops = near
    due = due_with_stops(calendar, start, span, stops)
    assume(due is not None)
    assert due is not None
    assert running(calendar, start, due, stops) == span
    assert span == 0 or running(calendar, start, due - 1, stops) == span - 1


@given(WHERE, stops_near(), SPANS)
def test_there_is_no_due_time_only_where_the_clock_stands_before_it(
    calendar: Calendar, near: tuple[int, list[Stop]], span: int
) -> None:
    """For nobody knows how long, and less than the span has passed until then."""
    start, stops = near
    if due_with_stops(calendar, start, span, stops) is None:
        stands, goes_on = stops[-1]
        assert goes_on is None
        assert stands <= start or running(calendar, start, stands, stops) < span
        assert due_with_stops(calendar, start, span, stops[:-1]) is not None


@given(WHERE, stops_near(), SPANS)
def test_stops_never_make_it_due_earlier(
    calendar: Calendar, near: tuple[int, list[Stop]], span: int
) -> None:
    """Nor does one more of them."""
    start, stops = near
    due = calendar.add(start, span)
    for count in range(len(stops) + 1):
        later = due_with_stops(calendar, start, span, stops[:count])
        assert later is None or later >= due
        due = due if later is None else later


@given(WHERE, stops_near(), SPANS, st.integers(1, 3 * DAY))
@example(ALWAYS_OPEN, (NINE, [(NINE, NINE + HOUR)]), HOUR, MINUTE)
def test_two_stops_side_by_side_are_one(
    calendar: Calendar, near: tuple[int, list[Stop]], span: int, first: int
) -> None:
    """Snoozed and then on hold at once is as if it had been one rest."""
    start, stops = near
    parted: list[Stop] = []
    for stands, goes_on in stops:
        if goes_on is None or stands + first < goes_on:
            parted += [(stands, stands + first), (stands + first, goes_on)]
        else:
            parted.append((stands, goes_on))
    assert due_with_stops(calendar, start, span, parted) == due_with_stops(
        calendar, start, span, stops
    )


@given(WHERE, stops_near(), SPANS)
def test_stops_before_the_start_do_nothing(
    calendar: Calendar, near: tuple[int, list[Stop]], span: int
) -> None:
    """What rested before the customer wrote is no matter of this wait."""
    start, stops = near
    later = [s for s in stops if s[1] is None or s[1] > start]
    assert due_with_stops(calendar, start, span, stops) == due_with_stops(
        calendar, start, span, later
    )
    shifted = due_with_stops(calendar, start, span, [(start - 2 * HOUR, start), *later])
    assume(all(stands >= start for stands, _ in later))
    assert shifted == due_with_stops(calendar, start, span, later)


@given(WHERE, stops_near(), SPANS, SPANS)
def test_who_may_wait_longer_is_due_later(
    calendar: Calendar, near: tuple[int, list[Stop]], one: int, other: int
) -> None:
    """A warning never comes behind the due time, whatever rests in between."""
    start, stops = near
    short, long = sorted((one, other))
    early, late = (due_with_stops(calendar, start, span, stops) for span in (short, long))
    if early is None:
        assert late is None
    elif late is not None:
        assert early <= late
