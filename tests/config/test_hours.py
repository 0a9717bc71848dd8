"""Opening hours as people write them, and what is said of those that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.config.hours import DAYS, read_dates, read_days, read_range, read_ranges, read_week
from triage.core.calendar import describe_hours

DAY = 24 * 60
NINE_TO_TWO = (9 * 60, 14 * 60)
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("09:00-14:00", 540, 840),
        ("9:00-14:00", 540, 840),
        ("09:00 - 14:00", 540, 840),
        ("09:00 to 14:00", 540, 840),
        ("  09:05-14:59 ", 545, 899),
        ("00:00-24:00", 0, DAY),
        ("00:00-00:01", 0, 1),
        ("22:00-24:00", 1320, DAY),
        ("22:00-00:00", 1320, DAY),
        ("22:00-06:00", 1320, DAY + 360),
        ("23:59-23:58", DAY - 1, 2 * DAY - 2),
    ],
)
def test_a_range(text: str, start: int, end: int) -> None:
    """In minutes after midnight; an end that is not behind the begin is on the next date."""
    assert read_range(text) == (start, end)


@pytest.mark.parametrize(
    "text",
    ["", "9-18", "09:00", "09:00-", "9:0-18:00", "09.00-18.00", "09:00\u201318:00", "9am-6pm"],
)
def test_what_is_no_range_is_told_how_to_write_one(text: str) -> None:
    """With what was written, and examples by day and by night."""
    with pytest.raises(ValueError, match="is not hours such as") as error:
        read_range(text)
    assert str(error.value) == (
        f'{text!r} is not hours such as "09:00-14:00", or "22:00-06:00" over midnight'
    )


@pytest.mark.parametrize(
    "text", ["24:00-06:00", "25:00-26:00", "09:00-24:01", "09:60-10:00", "09:00-10:60"]
)
def test_there_is_no_such_time_of_day(text: str) -> None:
    """Midnight at the end of a day is 24:00, and nothing is later than that."""
    with pytest.raises(ValueError, match="there is no such time of day"):
        read_range(text)


@pytest.mark.parametrize("text", ["09:00-09:00", "00:00-00:00"])
def test_a_range_of_nothing_may_be_meant_as_all_day(text: str) -> None:
    """Whoever writes it means one or the other, and is asked."""
    with pytest.raises(ValueError, match='begins when it ends; the whole day is "00:00-24:00"'):
        read_range(text)


@given(st.integers(0, DAY - 1), st.integers(1, DAY - 1))
def test_a_range_is_read_as_a_calendar_writes_it(start: int, length: int) -> None:
    """What a screen shows can be put into the file."""
    assert read_range(describe_hours([(start, start + length)])) == (start, start + length)


def test_ranges_are_put_in_order() -> None:
    """The afternoon may be written first."""
    assert read_ranges(["15:00-18:00", "09:00-14:00"]) == (NINE_TO_TWO, (900, 1080))
    assert read_ranges(["09:00-14:00", "14:00-18:00"]) == (NINE_TO_TWO, (840, 1080))
    assert read_ranges([]) == ()


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["13:59-18:00", "09:00-14:00"], "09:00-14:00 and 13:59-18:00 overlap"),
        (["09:00-14:00", "09:00-14:00"], "09:00-14:00 and 09:00-14:00 overlap"),
        (["22:00-06:00", "23:00-23:30"], "22:00-06:00 and 23:00-23:30 overlap"),
        (["00:00-24:00", "09:00-14:00"], "00:00-24:00 and 09:00-14:00 overlap"),
    ],
)
def test_ranges_that_overlap_are_a_slip(texts: list[str], said: str) -> None:
    """Both are named as they were written."""
    with pytest.raises(ValueError, match="overlap") as error:
        read_ranges(texts)
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("mon", [MON]),
        ("Monday", [MON]),
        ("thurs", [THU]),
        ("mon-fri", [MON, TUE, WED, THU, FRI]),
        ("Mon - Wed", [MON, TUE, WED]),
        ("sat, sun", [SAT, SUN]),
        ("sat,sun", [SAT, SUN]),
        ("fri-mon", [FRI, SAT, SUN, MON]),
        ("sun-sat", [SUN, MON, TUE, WED, THU, FRI, SAT]),
        ("mon-mon", [MON]),
        ("mon-tue, thu-fri", [MON, TUE, THU, FRI]),
    ],
)
def test_days(text: str, numbers: list[int]) -> None:
    """From one to another, also over the weekend; several; whatever the case; whole names."""
    assert read_days(text) == numbers


@pytest.mark.parametrize(
    "text",
    ["", "mo", "mno", "mondays", "mon-", "-fri", "mon-fri-sat", "mon;tue", "weekend", "mon,"],
)
def test_what_is_no_day_is_told_how_to_write_one(text: str) -> None:
    """All that was written is repeated, for it may be one of several."""
    with pytest.raises(ValueError, match="is not a weekday such as") as error:
        read_days(text)
    assert str(error.value).startswith(repr(text))


@given(st.integers(0, 6), st.integers(0, 6))
def test_from_one_day_to_another_there_are_no_more_than_seven(first: int, last: int) -> None:
    """Each of them once, the last one last."""
    found = read_days(f"{DAYS[first]}-{DAYS[last]}")
    assert (found[0], found[-1]) == (first, last)
    assert len(set(found)) == len(found) == (last - first) % 7 + 1


def test_a_week() -> None:
    """Monday first; who is not named is closed."""
    week = read_week({"mon-wed": ["09:00-14:00"], "sat": ["22:00-06:00"], "sun": []})
    assert week == ((NINE_TO_TWO,),) * 3 + ((), (), ((1320, 1800),), ())


def test_around_the_clock() -> None:
    """24/7 is every day from midnight to midnight."""
    assert read_week("24/7") == read_week({"mon-sun": ["00:00-24:00"]})
    assert read_week(" 24/7 ") == (((0, DAY),),) * 7
    with pytest.raises(ValueError, match="'24/6' is neither \"24/7\" nor a table of weekdays"):
        read_week("24/6")


@pytest.mark.parametrize(
    "hours",
    [
        {"mon-fri": ["09:00-14:00"], "wed": ["09:00-10:00"]},
        {"wed, mon, wed": ["09:00-14:00"]},
        {"sat-thu": ["09:00-14:00"], "wed": []},
        {"wed": [], "sat-thu": ["09:00-14:00"]},
    ],
)
def test_a_day_that_is_named_twice(hours: dict[str, list[str]]) -> None:
    """Nobody can tell which hours are meant, also where one of them are none."""
    with pytest.raises(ValueError, match=r"^names wed twice$"):
        read_week(hours)


@pytest.mark.parametrize("hours", [{}, {"mon-fri": []}])
def test_a_week_without_hours(hours: dict[str, list[str]]) -> None:
    """A calendar that never opens would let everybody wait for ever."""
    with pytest.raises(ValueError, match="is never open: give at least one weekday hours"):
        read_week(hours)


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2026-12-24", ["2026-12-24"]),
        ("2026-12-30..2027-01-02", ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"]),
        ("2028-02-28 .. 2028-03-01", ["2028-02-28", "2028-02-29", "2028-03-01"]),
        ("2026-12-24..2026-12-24", ["2026-12-24"]),
    ],
)
def test_dates(text: str, dates: list[str]) -> None:
    """One, or all from one to another with both ends."""
    assert read_dates(text) == dates


def test_as_many_dates_as_a_leap_year_has() -> None:
    """And not one more."""
    assert len(read_dates("2028-01-01..2028-12-31")) == 366
    with pytest.raises(ValueError, match="is longer than a year"):
        read_dates("2028-01-01..2029-01-01")


@pytest.mark.parametrize("text", ["", "24.12.2026", "2026-02-30", "2026-12", "..2026-12-24", "x.."])
def test_what_is_no_date_is_told_how_to_write_one(text: str) -> None:
    """A date that is not in the calendar is none."""
    with pytest.raises(ValueError, match="is not a date such as") as error:
        read_dates(text)
    assert str(error.value).startswith(repr(text))


def test_dates_in_the_wrong_order() -> None:
    """It is a slip, not nothing."""
    with pytest.raises(ValueError, match="ends before it begins"):
        read_dates("2026-12-24..2026-12-01")
