"""What a person means by a time that they type."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from triage.core.calendar import Day, WeeklyCalendar
from triage.core.hours import ALWAYS_OPEN
from triage.core.model import DAY, HOUR, MINUTE, SECOND
from triage.core.until import FURTHEST, UNDERSTOOD, parse_until
from triage.errors import UsageError
from zones import EPOCH, FIRST, LAST, MS, ZONES, bare_wall, changes, ms, wall

MADRID = "Europe/Madrid"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKING = ((9 * 60 + 30, 14 * 60), (15 * 60, 18 * 60))
SHOP = WeeklyCalendar(
    "shop",
    MADRID,
    (*[WORKING] * 5, ((11 * 60, 14 * 60),), ()),
    {"2026-11-30": Day("Stocktaking"), "2026-12-06": Day("Sale", ((12 * 60, 13 * 60),))},
)
NIGHTS = WeeklyCalendar("nights", MADRID, (((22 * 60, 30 * 60),),) * 7)
NOW = ms("2026-11-25T11:00+01:00")
"""A Wednesday in Madrid."""


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2h", 2 * HOUR),
        ("90m", 90 * MINUTE),
        ("1d12h", 36 * HOUR),
        ("1w", 7 * DAY),
        ("45s", 45 * SECOND),
        ("1w2d3h4m5s", 9 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND),
        ("1827d", FURTHEST),
    ],
)
def test_a_span_is_clock_time_from_now(text: str, span: int) -> None:
    """In any zone, whatever is open."""
    assert parse_until(text, NOW, "Asia/Kolkata", SHOP) == NOW + span


def test_a_day_of_a_span_has_24_hours_when_the_clock_changes() -> None:
    """The night in which the clock is put back is an hour longer; a span is not."""
    now = ms("2026-10-24T12:00+02:00")
    assert parse_until("1d", now, MADRID) == ms("2026-10-25T11:00+01:00")
    assert parse_until("tomorrow 12:00", now, MADRID) == ms("2026-10-25T12:00+01:00")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("17:30", "2026-11-25T17:30+01:00"),
        ("11:01", "2026-11-25T11:01+01:00"),
        ("11:00", "2026-11-26T11:00+01:00"),
        ("9:00", "2026-11-26T09:00+01:00"),
        ("09:00:30", "2026-11-26T09:00:30+01:00"),
        ("today 17:30", "2026-11-25T17:30+01:00"),
        ("tomorrow 9:00", "2026-11-26T09:00+01:00"),
        ("mon 14:00", "2026-11-30T14:00+01:00"),
        ("wed 14:00", "2026-12-02T14:00+01:00"),
        ("next mon 14:00", "2026-11-30T14:00+01:00"),
        ("thursday 0:00", "2026-11-26T00:00+01:00"),
        ("2026-12-01 09:00", "2026-12-01T09:00+01:00"),
        ("2026-12-01 9:00", "2026-12-01T09:00+01:00"),
        ("2026-12-01T09:00", "2026-12-01T09:00+01:00"),
        ("2026-12-01T09:00:00", "2026-12-01T09:00+01:00"),
        ("2026-07-01 09:00", "2026-07-01T09:00+02:00"),
    ],
)
def test_times_are_those_of_the_wall_in_the_zone(text: str, meant: str) -> None:
    """Today's if it is still ahead, else tomorrow's; a weekday is never today."""
    now = ms("2026-06-01T11:00+02:00") if "2026-07" in text else NOW
    assert parse_until(text, now, MADRID, SHOP) == ms(meant)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-12-01T09:00Z", "2026-12-01T09:00+00:00"),
        ("2026-12-01T09:00:30.250Z", "2026-12-01T09:00:30.250+00:00"),
        ("2026-12-01T09:00+05:30", "2026-12-01T09:00+05:30"),
        ("2026-12-01 09:00 -0330", "2026-12-01T09:00-03:30"),
    ],
)
def test_an_offset_overrules_the_zone(text: str, meant: str) -> None:
    """As the program itself writes times."""
    assert parse_until(text, NOW, MADRID) == ms(meant)


@pytest.mark.parametrize("number", range(7))
def test_a_weekday_is_the_next_one_after_today(number: int) -> None:
    """In full or from three letters on, with or without "next"; today's name is in a week."""
    name = WEEKDAYS[number]
    day = date(2026, 11, 25) + timedelta(days=(number - 3) % 7 + 1)
    meant = ms(f"{day}T09:00+01:00")
    for said in (name, name[:3], name[:4], f"next {name}", f"next {name[:3]}"):
        assert parse_until(said, NOW, MADRID) == meant, said


def test_today_is_a_day_of_the_zone() -> None:
    """Late on Wednesday in Madrid it is Thursday in Kiritimati."""
    now = ms("2026-11-25T23:00+01:00")
    assert parse_until("tomorrow 9:00", now, MADRID) == ms("2026-11-26T09:00+01:00")
    assert parse_until("tomorrow 9:00", now, "Pacific/Kiritimati") == ms("2026-11-27T09:00+14:00")
    assert parse_until("thu 9:00", now, "Pacific/Kiritimati") == ms("2026-12-03T09:00+14:00")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tomorrow", "2026-11-26T09:30+01:00"),
        ("sat", "2026-11-28T11:00+01:00"),
        ("2026-12-06", "2026-12-06T12:00+01:00"),
        ("mon", "2026-11-30T09:00+01:00"),
        ("sun", "2026-11-29T09:00+01:00"),
    ],
)
def test_a_day_alone_is_meant_from_when_the_calendar_opens(text: str, meant: str) -> None:
    """By weekday and on special days; from 9:00 if it stays closed."""
    assert parse_until(text, NOW, MADRID, SHOP) == ms(meant)


def test_today_alone_is_from_the_opening_if_that_is_ahead() -> None:
    """Early in the morning it is; later it is past."""
    early = ms("2026-11-25T07:00+01:00")
    assert parse_until("today", early, MADRID, SHOP) == ms("2026-11-25T09:30+01:00")
    with pytest.raises(UsageError, match="'today' is not in the future"):
        parse_until("today", NOW, MADRID, SHOP)


def test_a_calendar_that_is_open_through_midnight_does_not_open_then() -> None:
    """A day means the morning around the clock and after a night shift alike."""
    morning = ms("2026-11-26T09:00+01:00")
    assert parse_until("tomorrow", NOW, MADRID, ALWAYS_OPEN) == morning
    assert parse_until("tomorrow", NOW, MADRID, NIGHTS) == morning


def test_a_calendar_may_open_at_midnight() -> None:
    """Closed on Sundays and open around the clock otherwise: Monday begins at midnight."""
    week = WeeklyCalendar("week", MADRID, (*[((0, 24 * 60),)] * 6, ()))
    assert parse_until("mon", NOW, MADRID, week) == ms("2026-11-30T00:00+01:00")
    assert parse_until("sun", NOW, MADRID, week) == ms("2026-11-29T09:00+01:00")
    assert parse_until("tue", NOW, MADRID, week) == ms("2026-12-01T09:00+01:00")


def test_a_calendar_opens_on_a_day_of_the_zone_that_was_asked_for() -> None:
    """New York's morning in a calendar of Madrid: open since 3:30, which is what it means."""
    meant = ms("2026-11-26T09:30+01:00")
    assert parse_until("thu", NOW, "America/New_York", SHOP) == meant


@pytest.mark.parametrize(
    ("zone", "now", "text", "meant"),
    [
        (MADRID, "2026-03-28T12:00+01:00", "tomorrow 2:30", "2026-03-29T03:00+02:00"),
        (MADRID, "2026-03-28T12:00+01:00", "2026-03-29 02:00", "2026-03-29T03:00+02:00"),
        (MADRID, "2026-03-29T01:50+01:00", "2:30", "2026-03-29T03:00+02:00"),
        (MADRID, "2026-03-29T03:10+02:00", "2:30", "2026-03-30T02:30+02:00"),
        ("Australia/Lord_Howe", "2026-10-03T12:00+10:30", "sun 2:15", "2026-10-04T02:30+11:00"),
        ("Antarctica/Troll", "2026-03-28T12:00+00:00", "sun 2:30", "2026-03-29T03:00+02:00"),
        ("America/Sao_Paulo", "2018-11-03T12:00-03:00", "sun 0:30", "2018-11-04T01:00-02:00"),
        ("Pacific/Apia", "2011-12-28T12:00-10:00", "fri 9:00", "2011-12-31T00:00+14:00"),
        ("Pacific/Apia", "2011-12-28T12:00-10:00", "fri", "2011-12-31T00:00+14:00"),
    ],
)
def test_what_the_clock_skips_is_the_first_moment_after(
    zone: str, now: str, text: str, meant: str
) -> None:
    """By an hour, half an hour, two hours, at midnight, or by a whole day."""
    assert parse_until(text, ms(now), zone) == ms(meant)


@pytest.mark.parametrize(
    ("zone", "now", "text", "meant"),
    [
        (MADRID, "2026-10-24T12:00+02:00", "sun 2:30", "2026-10-25T02:30+02:00"),
        (MADRID, "2026-10-25T02:10+02:00", "2:30", "2026-10-25T02:30+02:00"),
        (MADRID, "2026-10-25T02:10+01:00", "2:30", "2026-10-26T02:30+01:00"),
        ("Australia/Lord_Howe", "2026-04-04T12:00+11:00", "sun 1:45", "2026-04-05T01:45+11:00"),
    ],
)
def test_what_the_clock_shows_twice_is_the_first(
    zone: str, now: str, text: str, meant: str
) -> None:
    """And past once that has been, even if the second is ahead."""
    assert parse_until(text, ms(now), zone) == ms(meant)


@pytest.mark.parametrize(
    "text",
    [
        "  tomorrow   9:00 ",
        "TOMORROW 9:00",
        "Tomorrow\t9:00\n",
        "tomorrow" + " " * 10_000 + "9:00",
    ],
)
def test_case_and_blanks_do_not_matter(text: str) -> None:
    """However many."""
    assert parse_until(text, NOW, MADRID) == ms("2026-11-26T09:00+01:00")


def test_a_span_may_have_blanks() -> None:
    """Between its parts and before its units."""
    assert parse_until(" 1 D 12  h", NOW, MADRID) == NOW + 36 * HOUR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "soon",
        "2",
        "h",
        "-2h",
        "1.5h",
        "12h1d",
        "1h1h",
        "٣h",
        "2 hours",
        "mo",
        "mont",
        "mont14:00",
        "mondays",
        "next",
        "next tomorrow",
        "next week",
        "next 14:00",
        "9:0",
        "24:00",
        "9:60",
        "9:00:60",
        "٣:00",
        "9:00 tomorrow",
        "17:30Z",
        "tomorrow 9:00+01:00",
        "2026-12-01T09:00+25:00",
        "2026-12-01+01:00",
        "2026-13-01",
        "2027-02-29",
        "2026-12-1",
        "26-12-01",
        "20261201",
        "2026-12-01T",
        "1" * 65 + "h",
        "\x1b[2J",
        "\0",
    ],
)
def test_what_is_not_understood_is_refused_with_what_is(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(UsageError, match="is not understood as a time") as error:
        parse_until(text, NOW, MADRID)
    assert error.value.hint == UNDERSTOOD


@pytest.mark.parametrize(
    "text",
    [
        "0h",
        "today 9:00",
        "today 11:00",
        "2026-11-25",
        "2026-11-25 11:00",
        "2026-11-25T10:00Z",
        "0001-01-01",
        "0001-01-01T00:00+23:59",
        "0001-01-01T23:59-23:59",
    ],
)
def test_the_past_is_refused(text: str) -> None:
    """And the very moment."""
    with pytest.raises(UsageError, match="is not in the future") as error:
        parse_until(text, NOW, MADRID)
    assert error.value.hint == UNDERSTOOD


@pytest.mark.parametrize(
    "text",
    [
        "1827d1s",
        "262w",
        "9" * 60 + "w",
        "2031-11-27",
        "9999-12-31",
        "9999-12-31T23:59-23:59",
        "9999-12-31T00:00+23:59",
    ],
)
def test_more_than_five_years_are_refused(text: str) -> None:
    """It would be a slip of the finger."""
    with pytest.raises(UsageError, match="is more than five years ahead") as error:
        parse_until(text, NOW, MADRID)
    assert error.value.hint == UNDERSTOOD


def test_a_refusal_repeats_little_of_the_text_and_nothing_that_acts() -> None:
    """Long text is cut, and what would act on a terminal is spelled out."""
    with pytest.raises(UsageError) as error:
        parse_until("\x1b]52;" + "x" * 100_000, NOW, MADRID)
    assert error.value.message == "'\\x1b]52;xxxxxxxxxxxxxxx…' is not understood as a time."


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe", "\0"])
def test_a_zone_that_is_not_known_here_is_a_mistake_to_mend(zone: str) -> None:
    """A span needs none."""
    with pytest.raises(UsageError, match="does not know the time zone") as error:
        parse_until("mon", NOW, zone)
    assert "2h" in error.value.hint
    assert parse_until("2h", NOW, zone) == NOW + 2 * HOUR


def test_everything_that_is_said_to_be_understood_is() -> None:
    """The examples of the hint, each by itself."""
    inside = UNDERSTOOD.replace("(", "|").replace(")", "|").split("|")[1::2]
    examples = [example for part in inside for example in part.split(", ")]
    assert len(examples) == 11
    for said in examples:
        assert parse_until(said, NOW, MADRID) > NOW


# --- properties -----------------------------------------------------------------------------------

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The changes of a zone are searched for when it is first drawn, and that takes its time."""
MOMENTS = st.integers(FIRST, LAST)
ZONE = st.sampled_from(ZONES)
CLOCKS = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
CALENDARS = st.sampled_from([None, SHOP, NIGHTS, ALWAYS_OPEN])


@st.composite
def zones_and_nows(draw: st.DrawFn) -> tuple[str, int]:
    """Any moment anywhere, half of them within two days before a change of the clock."""
    zone = draw(ZONE)
    if not changes(zone) or draw(st.booleans()):
        return zone, draw(MOMENTS)
    return zone, draw(st.sampled_from(changes(zone))) - draw(st.integers(-2 * HOUR, 2 * DAY))


def is_what_the_clock_shows(at: int, zone: str, asked: datetime) -> bool:
    """Whether a moment is the first at which the clock on the wall shows a time, or has passed it.

    Behind a clock that was put back it shows a time once more; that is fold 1.
    """
    shown, shown_before = bare_wall(at, zone), bare_wall(at - 1, zone)
    return shown_before < asked <= shown and wall(at, zone).fold == 0


def is_shown(asked: datetime, zone: str) -> bool:
    """Whether the clock on the wall ever shows a time."""
    there = asked.replace(tzinfo=ZoneInfo(zone))
    return there.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == asked


CHARACTERS = "0123456789 :-+TZz.wdhms\0٣éİ"
WORDS = ("next ", "mon", "sunday", "today", "tomorrow", "2026-12-01", "0001-01-01", "9999-12-31")
CLOCK_WORDS = ("09:00", "9:00", "02:30", "+23:59", "-0330")
PIECES = st.sampled_from([*CHARACTERS, *WORDS, *CLOCK_WORDS])
TEXTS = st.text(max_size=80) | st.lists(PIECES, max_size=8).map("".join)


@UNHURRIED
@example("0001-01-01T00:00+23:59", (MADRID, NOW), None)
@example("9999-12-31T23:59-23:59", (MADRID, NOW), None)
@given(TEXTS, zones_and_nows(), CALENDARS)
def test_any_text_is_a_time_to_come_or_a_mistake(
    text: str, where: tuple[str, int], calendar: WeeklyCalendar | None
) -> None:
    """Within five years, or a UsageError; never anything else."""
    zone, now = where
    try:
        at = parse_until(text, now, zone, calendar)
    except UsageError as error:
        assert error.hint == UNDERSTOOD  # noqa: PT017 - it may be either
    else:
        assert now < at <= now + FURTHEST


@UNHURRIED
@given(zones_and_nows(), st.integers(0, 40), CLOCKS, st.sampled_from([" ", "T", "t", "  "]))
def test_the_wall_shows_the_date_and_time_that_were_asked_for(
    where: tuple[str, int], days: int, clock: time, between: str
) -> None:
    """Or it is the first moment behind what the clock skips; never the second of two."""
    zone, now = where
    asked = datetime.combine(wall(now, zone).date() + timedelta(days=days), clock)
    try:
        at = parse_until(f"{asked.date()}{between}{clock:%H:%M}", now, zone)
    except UsageError:
        assert asked <= bare_wall(now, zone) or wall(now, zone).fold == 1
    else:
        assert is_what_the_clock_shows(at, zone, asked)
        assert not is_shown(asked, zone) or bare_wall(at, zone) == asked


@UNHURRIED
@example(("America/St_Johns", ms("1995-10-28T23:01-03:30")), time())
@given(zones_and_nows(), CLOCKS)
def test_a_time_alone_is_the_next_such_time(where: tuple[str, int], clock: time) -> None:
    """Of today or tomorrow; of the day after where a clock is put back over midnight."""
    zone, now = where
    at = parse_until(f"{clock:%H:%M}", now, zone)
    today = wall(now, zone).date()
    asked = [datetime.combine(today + timedelta(days=n), clock) for n in range(3)]
    (number,) = (n for n, when in enumerate(asked) if is_what_the_clock_shows(at, zone, when))
    for day in asked[:number]:
        with pytest.raises(UsageError, match="not in the future"):
            parse_until(f"{day:%Y-%m-%d %H:%M}", now, zone)


@UNHURRIED
@example(("America/St_Johns", ms("1995-10-28T23:01-03:30")), 6, time(), "")
@given(zones_and_nows(), st.integers(0, 6), st.none() | CLOCKS, st.sampled_from(["", "next "]))
def test_a_weekday_is_never_today_and_within_a_week(
    where: tuple[str, int], number: int, clock: time | None, before: str
) -> None:
    """The day by that name, at the time that was asked for or at 9:00."""
    zone, now = where
    today = wall(now, zone).date()
    day = next(d for n in range(1, 8) if (d := today + timedelta(days=n)).weekday() == number)
    said = f"{before}{WEEKDAYS[number]}" + (f" {clock:%H:%M}" if clock else "")
    try:
        at = parse_until(said, now, zone)
    except UsageError:
        # Midnight has been and comes again, behind a clock that was put back over it.
        assert (wall(now, zone).fold, clock) == (1, time())
    else:
        assert is_what_the_clock_shows(at, zone, datetime.combine(day, clock or time(9)))


@UNHURRIED
@given(zones_and_nows(), st.integers(1, 30), st.sampled_from([SHOP, NIGHTS]))
def test_a_day_alone_is_an_opening_of_that_day_or_its_morning(
    where: tuple[str, int], days: int, calendar: WeeklyCalendar
) -> None:
    """The first moment of the day that is open after one that is not; else 9:00."""
    zone, now = where
    day = wall(now, zone).date() + timedelta(days=days)
    at = parse_until(f"{day}", now, zone, calendar)
    if not is_what_the_clock_shows(at, zone, datetime.combine(day, time(9))):
        assert wall(at, zone).date() == day
        assert calendar.is_open(at)
        assert not calendar.is_open(at - 1)


@UNHURRIED
@given(st.integers(0, FURTHEST // SECOND), MOMENTS, ZONE)
def test_a_span_is_added_to_now(seconds: int, now: int, zone: str) -> None:
    """However it is divided into units."""
    assume(seconds)
    minutes, rest = divmod(seconds, 60)
    hours, minutes_left = divmod(minutes, 60)
    for said in (f"{seconds}s", f"{minutes}m{rest}s", f"{hours}h {minutes_left}m {rest}s"):
        assert parse_until(said, now, zone) == now + seconds * SECOND


@UNHURRIED
@given(zones_and_nows(), st.integers(1, 1000), st.timezones())
def test_an_offset_says_the_moment_by_itself(
    where: tuple[str, int], hours: int, other: ZoneInfo
) -> None:
    """What any other zone writes means the same in this one."""
    zone, now = where
    meant = (now // MINUTE + hours * 60) * MINUTE
    said = (EPOCH + meant * MS).astimezone(other)
    assume(len(f"{said:%z}") == len("+0100"))  # offsets of before 1972 have seconds
    assert parse_until(f"{said:%Y-%m-%dT%H:%M%z}", now, zone) == meant


@UNHURRIED
@given(zones_and_nows(), st.sampled_from(["tomorrow 9:00", "next mon 14:00", "sun", "1w 2d"]))
def test_neither_case_nor_blanks_change_the_meaning(where: tuple[str, int], said: str) -> None:
    """Any way of writing the same words."""
    zone, now = where
    meant = parse_until(said, now, zone)
    for other in (said.upper(), said.title(), f"\t{said} ", said.replace(" ", "  \n ")):
        assert parse_until(other, now, zone) == meant
