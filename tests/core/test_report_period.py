"""Days, weeks and months of a zone lie side by side, and so does the period before each.

Times are crowded around the changes of clocks, as in the laws of business time.
"""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.core.model import DAY, HOUR
from triage.core.policy import Settings
from triage.core.report.period import (
    Period,
    before,
    day_of,
    days,
    each_day,
    midnight,
    month,
    named,
    week,
    zone_name,
)
from zones import FIRST, LAST, ZONES, bare_wall, changes, ms, wall

ONE_DAY = timedelta(days=1)
UNHURRIED = settings(deadline=None, max_examples=35, suppress_health_check=[HealthCheck.too_slow])
MADRID = ZoneInfo("Europe/Madrid")


@st.composite
def zones_and_times(draw: st.DrawFn) -> tuple[str, int]:
    """A zone and a moment, often near a change of its clock."""
    zone = draw(st.sampled_from(ZONES))
    anywhere = st.integers(FIRST, LAST)
    if not changes(zone):
        return zone, draw(anywhere)
    near = st.builds(
        lambda at, off: at + off, st.sampled_from(changes(zone)), st.integers(-2 * DAY, 2 * DAY)
    )
    return zone, draw(near | anywhere)


@given(zones_and_times())
@UNHURRIED
def test_a_moment_lies_in_its_day(case: tuple[str, int]) -> None:
    """Its day begins at or before it and ends behind it, and is the one on the wall.

    But for the stretch that comes twice where a clock goes back over midnight: it is of the later
    date, on which it began.
    """
    name, at = case
    zone = ZoneInfo(name)
    day = day_of(at, zone)
    assert midnight(day, zone) <= at < midnight(day + ONE_DAY, zone)
    shown = wall(at, name).date()
    assert day == shown or (day == shown + ONE_DAY and wall(at, name).fold == 1)


@given(zones_and_times())
@UNHURRIED
def test_a_day_begins_at_its_first_moment(case: tuple[str, int]) -> None:
    """At its midnight the wall shows the date, or a later one; just before, an earlier one."""
    name, at = case
    day = wall(at, name).date()
    begin = midnight(day, ZoneInfo(name))
    assert bare_wall(begin, name).date() >= day
    assert bare_wall(begin - 1, name).date() < day


@given(zones_and_times(), st.integers(0, 70), st.integers(0, 26 * HOUR), st.booleans())
@UNHURRIED
def test_days_of_a_period_lie_side_by_side(
    case: tuple[str, int], count: int, rest: int, whole: bool
) -> None:
    """They begin and end with it, each goes on where the last one ended, and dates only rise."""
    name, at = case
    zone = ZoneInfo(name)
    begin = midnight(day_of(at, zone), zone) if whole else at
    period = Period(begin, begin + count * DAY + rest + 1)
    found = list(each_day(period, zone))
    edges = [period.from_at, *(day.to_at for _, day in found)]
    assert [day.from_at for _, day in found] == edges[:-1]
    assert edges[-1] == period.to_at
    assert [d for d, _ in found] == sorted({d for d, _ in found})
    assert all(day_of(day.from_at, zone) == d == day_of(day.to_at - 1, zone) for d, day in found)


@given(zones_and_times())
@UNHURRIED
def test_before_a_month_lies_a_month(case: tuple[str, int]) -> None:
    """And before a week a week: whole, adjacent, and the one that its last moment lies in."""
    name, at = case
    zone = ZoneInfo(name)
    for kind in (month, week):
        period = kind(day_of(at, zone), zone)
        earlier = before(period, zone)
        assert earlier.to_at == period.from_at
        assert earlier == kind(day_of(earlier.to_at - 1, zone), zone)


@given(zones_and_times(), st.integers(1, 40))
@UNHURRIED
def test_before_days_lie_as_many(case: tuple[str, int], count: int) -> None:
    """As many days, adjacent and whole, whatever their lengths; whole weeks and months stay so."""
    name, at = case
    zone = ZoneInfo(name)
    first = day_of(at, zone)
    period = days(first, first + (count - 1) * ONE_DAY, zone)
    earlier = before(period, zone)
    assert earlier.to_at == period.from_at
    assert midnight(day_of(earlier.from_at, zone), zone) == earlier.from_at < earlier.to_at
    end = day_of(period.to_at, zone)
    is_kind = first.day == end.day == 1 or first.weekday() == end.weekday() == 0
    assert is_kind or len(list(each_day(earlier, zone))) == len(list(each_day(period, zone)))


@given(zones_and_times(), st.integers(1, 40 * DAY))
@UNHURRIED
def test_before_any_other_stretch_lies_one_as_long(case: tuple[str, int], length: int) -> None:
    """To the millisecond."""
    name, at = case
    zone = ZoneInfo(name)
    if midnight(day_of(at, zone), zone) == at:
        at += 1
    assert before(Period(at, at + length), zone) == (at - length, at)


def test_a_day_has_the_hours_that_it_has() -> None:
    """23 in spring, 25 in autumn; a date that never was has none and is not listed."""
    spring, autumn = named("2026-03-29", MADRID), named("2026-10-25", MADRID)
    assert spring is not None
    assert autumn is not None
    assert spring.to_at - spring.from_at == 23 * HOUR
    assert autumn.to_at - autumn.from_at == 25 * HOUR
    apia = ZoneInfo("Pacific/Apia")
    leap = days(date(2011, 12, 29), date(2011, 12, 31), apia)
    assert leap.to_at - leap.from_at == 2 * DAY
    assert [f"{d:%d}" for d, _ in each_day(leap, apia)] == ["29", "31"]


def test_where_a_clock_leaps_over_midnight() -> None:
    """The day begins behind the leap: at 1:00 in Santiago, in the middle of one in Toronto."""
    begin = midnight(date(2023, 9, 3), ZoneInfo("America/Santiago"))
    assert begin == ms("2023-09-03T01:00-03:00")
    assert midnight(date(1919, 3, 31), ZoneInfo("America/Toronto")) == ms("1919-03-31T00:30-04:00")
    kiritimati = ZoneInfo("Pacific/Kiritimati")
    new_year = days(date(1995, 1, 1), date(1995, 1, 1), kiritimati)
    assert before(new_year, kiritimati) == days(date(1994, 12, 30), date(1994, 12, 30), kiritimati)


def test_where_a_clock_goes_back_over_midnight() -> None:
    """The day has begun a minute before, and goes on; the hour that comes twice is its own."""
    zone = ZoneInfo("America/St_Johns")
    begin, again = ms("2010-11-07T00:00-02:30"), ms("2010-11-06T23:30-03:30")
    assert midnight(date(2010, 11, 7), zone) == begin < again
    assert day_of(again, zone) == date(2010, 11, 7)
    assert [d.day for d, _ in each_day(Period(begin - 1, again + 2 * DAY), zone)] == [6, 7, 8]


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-03-02", "2026-03-02", "2026-03-03"),
        ("2026-W10", "2026-03-02", "2026-03-09"),
        ("2026-w1", "2025-12-29", "2026-01-05"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
    ],
)
def test_names(text: str, first: str, end: str) -> None:
    """A day, a week of ISO's and a month by their names."""
    begin, stop = (midnight(date.fromisoformat(day), MADRID) for day in (first, end))
    assert named(text, MADRID) == (begin, stop)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-02-30", "2026-W54", "2026-W00", "26-03", "2026-03-02T09"]
)
def test_no_names(text: str) -> None:
    """What is no day, week or month is none."""
    assert named(text, MADRID) is None


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "9999-12", "0001-W01"])
def test_the_ends_of_time(text: str) -> None:
    """Where no neighbour has a name it is said, for the command line to say it in its words."""
    with pytest.raises(OverflowError):
        named(text, ZoneInfo("Asia/Tokyo" if text < "1" else "America/New_York"))


def test_whose_days() -> None:
    """Those of the accounts where they live in one zone, else those of the settings."""
    made = Settings(
        time_zone="Europe/Madrid",
        account_zones={"acme_jp": "Asia/Tokyo", "acme_kr": "Asia/Tokyo"},
    )
    assert zone_name(made, ["Acme_JP", "acme_kr"]) == "Asia/Tokyo"
    assert zone_name(made, ["acme_jp", "acme"]) == "Europe/Madrid"
    assert zone_name(made, []) == "Europe/Madrid"
