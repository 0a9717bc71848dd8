"""When the posts of a countdown are due, whatever the clocks do there."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from depth import deep
from triage.core.countdown import (
    LATE_HOURS,
    MARGIN,
    Slot,
    Step,
    event_at,
    parse_countdown,
    parse_step,
    parse_wall,
    slots,
    timely,
)
from triage.core.model import DAY, HOUR, MINUTE
from triage.errors import UsageError
from zones import ZONES, bare_wall, changes, ms, wall

MADRID = "Europe/Madrid"
DAYS, NONE = Step(1), Step(0)


def _near_changes(zone: str) -> st.SearchStrategy[datetime]:
    """Wall times on days on which the clock changes, or any."""
    anywhere = st.datetimes(datetime(2000, 1, 1), datetime(2034, 1, 1))  # noqa: DTZ001 - a wall's
    at = changes(zone)
    if not at:
        return anywhere
    about = st.tuples(st.sampled_from(at), st.integers(-26 * 60, 26 * 60))
    return anywhere | about.map(lambda p: bare_wall(p[0] + p[1] * MINUTE, zone))


ZONED = st.sampled_from(ZONES).flatmap(lambda z: st.tuples(st.just(z), _near_changes(z)))
STEPS = st.lists(
    st.builds(Step, st.integers(0, 40)) | st.builds(Step, st.integers(1, 99), st.just(True)),
    min_size=1,
    max_size=8,
    unique=True,
)


def _slots(when: datetime, zone: str, steps: list[Step]) -> tuple[Slot, ...]:
    try:
        return slots(when, zone, steps)
    except UsageError as error:
        # Nothing but what is said to be refused.
        assert "never comes" in error.message or "same moment" in error.message  # noqa: PT017
        return ()


@settings(max_examples=deep(2_000, 100), deadline=None)
@given(zoned=ZONED, steps=STEPS)
@example(zoned=(MADRID, datetime(2026, 3, 30, 2, 30)), steps=[DAYS, Step(24, in_hours=True)])  # noqa: DTZ001
@example(zoned=("Pacific/Apia", datetime(2011, 12, 31, 9)), steps=[DAYS, NONE])  # noqa: DTZ001
def test_every_slot_is_what_people_there_count(
    zoned: tuple[str, datetime], steps: list[Step]
) -> None:
    """In order, each its own moment; a day's at the same time of day, its days those of dates."""
    zone, when = zoned[0], zoned[1].replace(second=0, microsecond=0)
    found = _slots(when, zone, steps)
    assert all(one.due_at < other.due_at for one, other in pairwise(found))
    end = event_at(when, zone) if found else 0
    for slot in found:
        shown = bare_wall(slot.due_at, zone)
        assert (shown.date(), (when.date() - slot.day).days) == (slot.day, slot.days_left)
        if slot.step.in_hours:
            assert end - slot.due_at == slot.step.number * HOUR == slot.hours_left * HOUR
            continue
        assert slot.days_left == slot.step.number
        assert abs(end - slot.due_at - slot.hours_left * HOUR) <= HOUR // 2
        wanted = when - slot.step.number * timedelta(days=1)
        if not slot.note.startswith("the clock skips"):
            assert shown == wanted
        else:
            # Nothing in between: right behind the gap.
            assert bare_wall(slot.due_at - 1, zone) < wanted < shown


@settings(max_examples=deep(1_000, 60), deadline=None)
@given(zoned=ZONED, steps=STEPS, late=st.integers(-3 * DAY, 3 * DAY), send_late=st.booleans())
def test_a_number_of_days_is_never_said_on_another_day(
    zoned: tuple[str, datetime],
    steps: list[Step],
    late: int,
    send_late: bool,
) -> None:
    """Whenever it runs: what may go out is true, and what is over stays over."""
    zone, when = zoned[0], zoned[1].replace(second=0, microsecond=0)
    for slot in _slots(when, zone, steps):
        end, now = event_at(when, zone), slot.due_at + late
        said = timely(slot, end, zone, now, send_late=send_late)
        if not said.why and not slot.step.in_hours:
            assert wall(now, zone).date() == wall(now + MARGIN, zone).date() == slot.day
        if not said.why and slot.step.in_hours:
            assert slot.due_at <= now <= (end - MARGIN if send_late else slot.due_at + LATE_HOURS)
        if said.is_over:
            assert timely(slot, end, zone, now + HOUR, send_late=send_late).is_over
        on_time = timely(slot, end, zone, slot.due_at, send_late=send_late)
        assert on_time.is_over or not on_time.why


def test_hours_are_real_time_and_days_are_dates() -> None:
    """Over the night in which Madrid puts its clocks back: 24 hours before are not a day before."""
    found = slots(
        datetime(2026, 10, 25, 9),  # noqa: DTZ001
        MADRID,
        parse_countdown("1d, 24h 0"),
    )
    assert [(s.step.label, s.due_at) for s in found] == [
        ("1d", ms("2026-10-24T09:00+02:00")),
        ("24h", ms("2026-10-24T10:00+02:00")),
        ("0", ms("2026-10-25T09:00+01:00")),
    ]
    assert [s.hours_left for s in found] == [25, 24, 0]


def test_what_the_clock_skips_and_doubles_is_decided_and_said() -> None:
    """The first moment after the gap; the first of two."""
    (skipped,) = slots(datetime(2026, 3, 31, 2, 30), MADRID, [Step(2)])  # noqa: DTZ001
    assert skipped.due_at == ms("2026-03-29T03:00+02:00")
    assert skipped.note == "the clock skips 02:30 on that day; it is 03:00 then"
    (twice,) = slots(datetime(2026, 10, 26, 2, 30), MADRID, [DAYS])  # noqa: DTZ001
    assert twice.due_at == ms("2026-10-25T02:30+02:00")
    assert twice.note == "02:30 comes twice on that day; it is the first"


def test_the_same_moment_twice_is_refused() -> None:
    """A day and 24 hours, where no clock changes."""
    with pytest.raises(UsageError, match="24h and 1d are the same moment"):
        slots(datetime(2026, 12, 10, 9), MADRID, parse_countdown("24h,1d"))  # noqa: DTZ001


def test_a_date_that_never_was_is_refused() -> None:
    """Samoa went from 29 to 31 December 2011."""
    with pytest.raises(UsageError, match="2011-12-30 09:00 never comes in Pacific/Apia"):
        slots(datetime(2011, 12, 31, 9), "Pacific/Apia", [DAYS])  # noqa: DTZ001


@pytest.mark.parametrize(
    "text", ["", " , ", "14", "x", "1d,1d", "-1d", "1w", "0,0d", "1000d", "٣d"]
)
def test_what_is_no_countdown_is_refused(text: str) -> None:
    """With a sentence and a hint."""
    with pytest.raises(UsageError) as caught:
        parse_countdown(text)
    assert caught.value.hint


def test_a_countdown_is_read_as_it_is_written() -> None:
    """Commas, blanks and capitals; a label reads back."""
    steps = parse_countdown(" 14D, 7d 1d,12h,0h ")
    assert [s.label for s in steps] == ["14d", "7d", "1d", "12h", "0"]
    assert tuple(parse_step(s.label) for s in steps) == steps


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-12-10", "2026-02-30 09:00", "2026-12-10 24:00", "2026-12-10 9"]
)
def test_what_is_no_date_and_time_is_refused(text: str) -> None:
    """An event has both."""
    with pytest.raises(UsageError):
        parse_wall(text)


def test_an_event_is_read() -> None:
    """With a blank or a T."""
    assert parse_wall("2026-12-10T9:05") == parse_wall("2026-12-10 09:05")
    assert slots(parse_wall("2026-12-10 09:05"), MADRID, [Step(3)])[0].day == date(2026, 12, 7)


@pytest.mark.parametrize("when", ["0001-01-01 00:00", "9999-12-31 23:59"])
def test_the_ends_of_the_calendar_are_refused(when: str) -> None:
    """Not a crash."""
    with pytest.raises(UsageError, match="out of reach"):
        parse_wall(when)
