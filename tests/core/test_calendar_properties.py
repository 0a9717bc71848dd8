"""Laws of business time, and a second reading of opening hours that counts minutes.

Calendars and times are crowded around the changes of clocks: there the laws break first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depth import deep
from triage.core.calendar import Day, Range, WeeklyCalendar
from triage.core.hours import Segment
from triage.core.model import DAY, HOUR, MINUTE
from zones import FIRST, LAST, ZONES, bare_wall, changes, ms, utc, wall

RANGES = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda r: (r[0], r[0] + r[1]))
HOURS = st.lists(RANGES, max_size=3).map(tuple)
LEAST = 3 * 60
"""Minutes in a week: the less it is open, the further a span reaches, and that takes its time."""
WEEKS = st.tuples(*[HOURS] * 7).filter(lambda week: _minutes(week) >= LEAST)
SPECIAL = st.builds(Day, st.sampled_from(["", "Holiday", "Sale"]), st.just(()) | HOURS)
SPANS = st.integers(0, 10 * DAY) | st.integers(0, 3 * HOUR)
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The changes of a zone are searched for when it is first drawn, and that takes its time."""


def _minutes(week: Iterable[Iterable[Range]]) -> int:
    return sum(end - start for ranges in week for start, end in ranges)


class Case(NamedTuple):
    """A calendar and a time to look at."""

    calendar: WeeklyCalendar
    centre: int

    @property
    def zone(self) -> str:
        """The zone of the calendar."""
        return self.calendar.time_zone


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any hours in any zone, with special days within a week of the time."""
    zone = draw(st.sampled_from(ZONES))
    anywhere = st.integers(FIRST, LAST)
    centre = draw(st.sampled_from(changes(zone)) | anywhere if changes(zone) else anywhere)
    today = wall(centre, zone).date()
    near = st.integers(-6, 6).map(lambda n: f"{today + timedelta(days=n)}")
    days = draw(st.dictionaries(near, SPECIAL, max_size=4))
    return Case(WeeklyCalendar("c", zone, draw(WEEKS), days), centre)


@st.composite
def cases_and_times(draw: st.DrawFn, count: int) -> tuple[WeeklyCalendar, list[int]]:
    """A calendar and some times, most of them near one another and on whole minutes."""
    calendar, centre = draw(cases())
    off = st.integers(-4 * 24 * 60, 4 * 24 * 60).map(lambda n: n * MINUTE)
    off |= st.integers(-4 * DAY, 4 * DAY) | st.integers(-400 * DAY, 400 * DAY)
    times = draw(st.lists(off, min_size=count, max_size=count))
    return calendar, [centre - centre % MINUTE + n for n in times]


# --- laws -----------------------------------------------------------------------------------------


@UNHURRIED
@given(cases_and_times(1), SPANS)
def test_between_is_the_inverse_of_add(case: tuple[WeeklyCalendar, list[int]], span: int) -> None:
    """So much open time has passed when so much was added, and not a ms earlier."""
    calendar, (start,) = case
    end = calendar.add(start, span)
    assert calendar.between(start, end) == span
    assert end == start or calendar.between(start, end - 1) == span - 1
    assert calendar.is_open(end - 1) or span == 0


@UNHURRIED
@given(cases_and_times(2), SPANS, SPANS)
def test_add_is_monotone_in_start_and_span(
    case: tuple[WeeklyCalendar, list[int]], one: int, other: int
) -> None:
    """Who writes later is not due earlier, and who may wait longer is due later."""
    calendar, times = case
    early, late = sorted(times)
    short, long = sorted((one, other))
    assert calendar.add(early, short) <= calendar.add(late, short)
    assert calendar.add(early, short) <= calendar.add(early, long)
    assert short == long or calendar.add(early, short) < calendar.add(early, long)


@UNHURRIED
@given(cases_and_times(1), SPANS, SPANS)
def test_adding_twice_is_adding_the_sum(
    case: tuple[WeeklyCalendar, list[int]], one: int, other: int
) -> None:
    """A span may be taken in parts."""
    calendar, (start,) = case
    assert calendar.add(calendar.add(start, one), other) == calendar.add(start, one + other)


@UNHURRIED
@given(cases_and_times(8), SPANS, SPANS)
def test_adding_two_spans_is_adding_each(
    case: tuple[WeeklyCalendar, list[int]], span: int, other: int
) -> None:
    """Whichever is the longer, and in an order of their own."""
    calendar, starts = case
    for start in (*starts, *reversed(starts)):
        each = (calendar.add(start, span), calendar.add(start, other))
        assert calendar.add_two(start, span, other) == each


@UNHURRIED
@given(cases_and_times(3))
def test_between_is_additive_and_turns_its_sign(
    case: tuple[WeeklyCalendar, list[int]],
) -> None:
    """For times in any order; none passes from a time to itself, and no more than clock time."""
    calendar, (a, b, c) = case
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
    assert calendar.between(a, b) == -calendar.between(b, a)
    assert calendar.between(a, a) == 0
    assert 0 <= calendar.between(min(a, b), max(a, b)) <= abs(a - b)


@UNHURRIED
@given(cases_and_times(1))
def test_it_is_open_when_time_passes(case: tuple[WeeklyCalendar, list[int]]) -> None:
    """And the next opening is the first time from now on at which it does."""
    calendar, (at,) = case
    opens = calendar.next_open(at)
    assert calendar.is_open(at) == (opens == at) == (calendar.between(at, at + 1) == 1)
    assert opens >= at
    assert calendar.is_open(opens)
    assert calendar.between(at, opens) == 0
    assert calendar.add(at, 1) == opens + 1


@UNHURRIED
@given(cases_and_times(2))
def test_segments_part_an_interval(case: tuple[WeeklyCalendar, list[int]]) -> None:
    """They follow one another, leave nothing out, and what is open of them is what counts."""
    calendar, (one, other) = case
    start, end = sorted((one, other))
    segments = list(calendar.segments(start, end))
    edges = [start, *(s.end_at for s in segments)]
    assert [s.start_at for s in segments] == edges[:-1]
    assert edges[-1] == end
    assert all(s.span > 0 for s in segments)
    assert sum(s.span for s in segments if s.is_open) == calendar.between(start, end)
    assert not list(calendar.segments(end, start))


@UNHURRIED
@given(cases_and_times(2))
def test_each_segment_is_open_or_closed_throughout(
    case: tuple[WeeklyCalendar, list[int]],
) -> None:
    """As `between`, `is_open` and `next_open` have it; two in a row differ; closed ones say why."""
    calendar, (one, other) = case
    before: Segment | None = None
    for segment in calendar.segments(min(one, other), max(one, other)):
        start, end, is_open, why = segment
        assert calendar.between(start, end) == (segment.span if is_open else 0)
        assert calendar.is_open(start) == calendar.is_open(end - 1) == is_open
        assert is_open or (calendar.next_open(start) >= end and why)
        assert before is None or (before.is_open, before.why) != (is_open, why)
        before = segment


# --- the second reading ---------------------------------------------------------------------------

AROUND = 36 * HOUR
SLACK = 3 * DAY
"""Ranges that begin so long before still matter, and so do the midnights of so long after."""


class Clock:
    """When the clock on the wall first shows each minute, found by looking at it every minute."""

    def __init__(self, zone: str, start_at: int, end_at: int) -> None:
        self.first: dict[datetime, int] = {}
        for at in range(start_at, end_at, MINUTE):
            self.first.setdefault(bare_wall(at, zone), at)

    def moment(self, day: date, minutes: int) -> int:
        """The first moment at which a time of a date is shown.

        One that is skipped is as long after the last moment before the gap as it would have been.
        """
        shown = datetime(day.year, day.month, day.day) + minutes * timedelta(minutes=1)  # noqa: DTZ001
        before = next(n for n in range(2 * 24 * 60) if shown - timedelta(minutes=n) in self.first)
        return self.first[shown - timedelta(minutes=before)] + before * MINUTE

    def minutes(self, day: date, minutes: Range) -> range:
        """The moments at which the minutes of a range begin."""
        start, end = (self.moment(day, edge) for edge in minutes)
        return range(start, end, MINUTE)


def open_minutes(case: Case) -> Iterator[tuple[int, bool]]:
    """Each minute around the centre, and whether it is open in it."""
    start = case.centre - case.centre % MINUTE - AROUND
    end = start + 2 * AROUND
    clock = Clock(case.zone, start - SLACK - DAY, end + SLACK)
    first = wall(start, case.zone).date() - timedelta(days=2)
    dates = [first + timedelta(days=n) for n in range(2 * AROUND // DAY + 4)]
    held: set[int] = set()
    for day in dates:
        held |= minutes_that_begin_on(case.calendar, clock, day, dates)
    for at in range(start, end, MINUTE):
        yield at, at in held


def minutes_that_begin_on(
    calendar: WeeklyCalendar, clock: Clock, day: date, dates: Iterable[date]
) -> set[int]:
    """The minutes of a date's ranges, up to where a special date behind it begins."""
    special = calendar.days.get(f"{day}")
    ranges = special.hours if special else calendar.week[day.weekday()]
    held = {minute for each in ranges for minute in clock.minutes(day, each)}
    behind = [other for other in dates if other > day and f"{other}" in calendar.days]
    if behind:
        cut = clock.moment(min(behind), 0)
        held = {minute for minute in held if minute < cut}
    return held


@settings(UNHURRIED, max_examples=deep(15))
@given(cases())
def test_counting_minutes_comes_to_the_same(case: Case) -> None:
    """Minute by minute on the wall, special days and all: openings, time passed and segments."""
    calendar = case.calendar
    minutes = list(open_minutes(case))
    start = minutes[0][0]
    passed = 0
    for at, is_open in minutes:
        told = f"{utc(at)} {bare_wall(at, case.zone)}"
        assert calendar.is_open(at) == is_open, told
        assert calendar.between(start, at) == passed, told
        passed += MINUTE * is_open
    segments = calendar.segments(start, minutes[-1][0] + MINUTE)
    held = [at for s in segments if s.is_open for at in range(s.start_at, s.end_at, MINUTE)]
    assert held == [at for at, is_open in minutes if is_open]


@settings(UNHURRIED, max_examples=deep(15))
@given(cases())
def test_a_special_day_says_why_it_is_as_it_is(case: Case) -> None:
    """From midnight to midnight, whatever the evening before or its weekday would hold."""
    for name, special in case.calendar.days.items():
        day, noon = date.fromisoformat(name), ms(f"{name}T12:00Z")
        clock = Clock(case.zone, noon - 30 * HOUR, noon + 30 * HOUR)
        start, end = clock.moment(day, 0), clock.moment(day, 24 * 60)
        for segment in case.calendar.segments(start, end):
            assert special.name in segment.why
            assert segment.is_open or special.name or "that day" in segment.why
            assert special.hours or not segment.is_open
