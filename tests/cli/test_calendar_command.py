"""`triage calendar`: when somebody is there, what counts of a time, and when it opens next."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from builders import Desk, tagger_for
from screens import Ran, Runner, assert_golden
from triage.app.applying import apply_settings
from triage.core.calendar import Day, WeeklyCalendar
from triage.core.model import DAY, HOUR
from triage.core.policy import Settings

CALENDARS = """
[sla.complaint]
calendar = "office"

[sla.question]
calendar = "office"

[calendar.nights]
time_zone = "America/New_York"
hours = { mon-fri = ["22:00-06:00"] }

[calendar.office]
time_zone = "Europe/Madrid"
hours = { mon-fri = ["09:00-14:00", "15:00-18:00"], sat = ["10:00-14:00"] }
holidays = ["ES-MD"]
closed = ["2026-12-24"]
[[calendar.office.special]]
date = "2026-12-05"
hours = ["10:00-20:00"]
name = "Black Saturday"
"""


@pytest.fixture
def opened(desk: Desk, home: Path) -> Desk:
    """A desk with an office in Madrid and nights in New York; it is Monday, 10:00 in Madrid."""
    with (home / ".config" / "triage" / "config.toml").open("a") as config:
        config.write(CALENDARS)
    return desk


def rows(ran: Ran) -> list[list[str]]:
    """What a pipe was given."""
    return [line.split("\t") for line in ran.out.splitlines()]


def fits(ran: Ran, width: int) -> bool:
    """Whether no line is wider than the terminal."""
    return all(cell_len(line) <= width for line in ran.out.splitlines())


# --- the list -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("width", [60, 80, 120])
def test_list_screen(run: Runner, width: int) -> None:
    """Each with its zone, its hours and whether it is open now."""
    ran = run("calendar", tty=True, width=width)
    assert (ran.code, fits(ran, width)) == (0, True)
    assert run("calendar", "list", tty=True, width=width).out == ran.out
    assert_golden(f"calendar-{width}", ran.out)


@pytest.mark.usefixtures("opened")
def test_list_keys(run: Runner) -> None:
    """In JSON, with the policies that count in it."""
    items = json.loads(run("calendar", "--json").out)["items"]
    assert items[2] == {
        "name": "office",
        "time_zone": "Europe/Madrid",
        "hours": "Mon-Fri 09:00-14:00 15:00-18:00, Sat 10:00-14:00",
        "open": True,
        "policies": "complaint question",
    }
    assert [(i["name"], i["open"], i["policies"]) for i in items] == [
        ("always", True, "other praise"),
        ("nights", False, ""),
        ("office", True, "complaint question"),
    ]
    assert [row[0] for row in rows(run("calendar", "list"))] == ["always", "nights", "office"]
    table = list(csv.DictReader(io.StringIO(run("calendar", "list", "--csv").out)))
    assert [row["name"] for row in table] == ["always", "nights", "office"]


def test_whether_it_is_open_now(opened: Desk, run: Runner) -> None:
    """By the clock of the desk: closed over midday in Madrid."""
    opened.now += 4 * HOUR
    items = json.loads(run("calendar", "--json").out)["items"]
    assert [i["open"] for i in items] == [True, False, False]


# --- a month --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("width", [60, 80, 120])
def test_month_screen(run: Runner, width: int) -> None:
    """Each date with its hours; holidays, special days and days off by their names."""
    ran = run("calendar", "show", "2026-12", tty=True, width=width)
    assert (ran.code, fits(ran, width)) == (0, True)
    assert_golden(f"calendar-show-{width}", ran.out)


@pytest.mark.usefixtures("opened")
def test_month_keys(run: Runner) -> None:
    """A row for each date: hours, how many seconds, and why it is closed or special."""
    items = json.loads(run("calendar", "show", "2026-12", "--json").out)["items"]
    assert len(items) == 31
    by_date = {item.pop("date"): item for item in items}
    assert by_date["2026-12-05"] == {
        "weekday": "Sat",
        "hours": "10:00-20:00",
        "open_s": 36_000,
        "why": "Black Saturday",
    }
    assert by_date["2026-12-04"] == {
        "weekday": "Fri",
        "hours": "09:00-14:00 15:00-18:00",
        "open_s": 28_800,
        "why": "",
    }
    closed = {day: item["why"] for day, item in by_date.items() if not item["open_s"]}
    assert closed["2026-12-06"] == "closed on Sundays"
    assert closed["2026-12-07"] == "Monday following Constitution Day"
    assert closed["2026-12-24"] == "closed that day"
    assert {item["hours"] for item in by_date.values() if not item["open_s"]} == {""}
    assert rows(run("calendar", "show", "2026-12"))[4] == [
        "2026-12-05",
        "Sat",
        "10:00-20:00",
        "36000",
        "Black Saturday",
    ]


def test_this_month_by_default(opened: Desk, run: Runner) -> None:
    """As the wall clock in the calendar's zone has it: New York is still in February."""
    opened.now -= 8 * HOUR + DAY
    assert run("calendar", "show").out.startswith("2026-03-01\t")
    assert run("calendar", "show", "-c", "nights").out.startswith("2026-02-01\t")


@pytest.mark.usefixtures("opened")
def test_nights_belong_to_two_dates(run: Runner) -> None:
    """Until midnight, which is said as 24:00, and from midnight on."""
    items = rows(run("calendar", "show", "2026-06", "--calendar", "nights"))
    assert [row[2] for row in items[:7]] == [
        "22:00-24:00",
        "00:00-06:00 22:00-24:00",
        "00:00-06:00 22:00-24:00",
        "00:00-06:00 22:00-24:00",
        "00:00-06:00 22:00-24:00",
        "00:00-06:00",
        "",
    ]


@pytest.mark.usefixtures("opened")
def test_a_date_on_which_the_clock_changes(run: Runner) -> None:
    """It has 23 hours in spring, and around the clock in UTC it has 24."""
    items = rows(run("calendar", "show", "2026-03", "-c", "always"))
    assert {row[3] for row in items} == {"86400"}
    assert len(items) == 31


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("month", ["2026-13", "2026", "december", "2026-12-01", "now", "x" * 99])
def test_what_is_no_month(run: Runner, month: str) -> None:
    """Exit 2, and how to write one."""
    ran = run("calendar", "show", month)
    assert (ran.code, ran.out) == (2, "")
    assert "is no month" in ran.err
    assert "Write it like 2026-12." in ran.err


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("month", ["0001-01", "9999-12", "0000-01", "9901-12"])
def test_the_ends_of_time(run: Runner, month: str) -> None:
    """The first and the last year that can be told stand for those beyond."""
    ran = run("calendar", "show", month)
    assert ran.code == 0
    assert ran.out[:5] in ("0002-", "9900-")


# --- explaining -----------------------------------------------------------------------------------

WEEKEND = ("2026-12-04 17:00", "2026-12-09 10:00")


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("width", [60, 80, 120])
def test_explain_screen(run: Runner, width: int) -> None:
    """Every stretch that counts, every one that does not with the reason, and the sum."""
    ran = run("calendar", "explain", *WEEKEND, tty=True, width=width)
    assert (ran.code, fits(ran, width)) == (0, True)
    assert "12h counted of 113h" in ran.out
    assert_golden(f"calendar-explain-{width}", ran.out)


@pytest.mark.usefixtures("opened")
def test_explain_keys(run: Runner) -> None:
    """Stretches follow upon one another, in UTC, with seconds."""
    items = json.loads(run("calendar", "explain", *WEEKEND, "--json").out)["items"]
    assert items[0] == {
        "start_at": "2026-12-04T16:00:00Z",
        "end_at": "2026-12-04T17:00:00Z",
        "counts": True,
        "span_s": 3600,
        "why": "",
    }
    assert [item["end_at"] for item in items[:-1]] == [item["start_at"] for item in items[1:]]
    assert sum(item["span_s"] for item in items if item["counts"]) == 12 * 3600
    assert [item["why"] for item in items if item["span_s"] == 86_400] == [
        "closed on Sundays",
        "Monday following Constitution Day",
        "Immaculate Conception",
    ]
    assert len(rows(run("calendar", "explain", *WEEKEND))) == len(items)
    assert "start_at,end_at" in run("calendar", "explain", *WEEKEND, "--csv").out


@pytest.mark.usefixtures("opened")
def test_a_night_in_which_the_clock_changes(run: Runner) -> None:
    """It has seven hours in spring, and nine in autumn."""
    spring = ("2026-03-07 12:00", "2026-03-09 12:00")
    days = run("calendar", "explain", *spring, "-c", "nights", tty=True).out
    assert "counted of 47h" in days
    madrid = run("calendar", "explain", "2026-10-24", "2026-10-26", tty=True).out
    assert "counted of 49h" in madrid


def test_times_of_today(opened: Desk, run: Runner) -> None:
    """A time of day is today's in the calendar's zone, and `now` is the clock's."""
    ran = run("calendar", "explain", "8:30", "now", tty=True)
    assert "1h counted of 1h30m" in ran.out
    opened.now += 12_000
    ran = run("calendar", "explain", "9:00", "now", tty=True)
    assert "Mon  2 Mar 09:00 - 10:00:12  +1h00m12s  counts" in ran.out
    assert "1h00m12s counted of 1h00m12s" in ran.out


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("now", "now"), "The second time must come after the first, and at most ten years."),
        (("2026-12-04", "2026-12-03"), "The second time must come after the first"),
        (("2026-12-04", "2036-12-20"), "at most ten years"),
        (("soon", "now"), "'soon' is not understood as a time."),
        (("now", "2026-02-30"), "'2026-02-30' is not understood as a time."),
        (("9998-01-01", "9998-01-02"), "'9998-01-01' is too far ahead."),
    ],
)
def test_times_that_cannot_be_explained(run: Runner, words: tuple[str, str], said: str) -> None:
    """Exit 2, and how to write them."""
    ran = run("calendar", "explain", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


# --- next open ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Mon  2 Mar 2026 10:00 CET, open"),
        (("13:59",), "Mon  2 Mar 2026 13:59 CET, open"),
        (("14:00",), "Mon  2 Mar 2026 15:00 CET, in 1h"),
        (("2026-12-24 18:00",), "Sat 26 Dec 2026 10:00 CET, in 1d16h"),
        (("2026-12-24T18:00Z", "-c", "always"), "Thu 24 Dec 2026 18:00 UTC, open"),
        (("-c", "nights"), "Mon  2 Mar 2026 22:00 EST, in 18h"),
    ],
)
def test_next_open(run: Runner, words: tuple[str, ...], said: str) -> None:
    """At once where it is open, else when, and how long that takes."""
    ran = run("calendar", "next-open", *words, tty=True)
    assert (ran.code, ran.out) == (0, f"{said}\n")


@pytest.mark.usefixtures("opened")
def test_next_open_keys(run: Runner) -> None:
    """A script gets the time in UTC."""
    assert json.loads(run("calendar", "next-open", "14:00", "--json").out)["items"] == [
        {"opens_at": "2026-03-02T14:00:00Z", "calendar": "office", "in_s": 3600}
    ]
    assert run("calendar", "next-open", "14:00").out == "2026-03-02T14:00:00Z\toffice\t3600\n"


# --- which calendar -------------------------------------------------------------------------------


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("words", [("show",), ("explain", "8:00", "9:00"), ("next-open",)])
def test_a_calendar_that_is_not_there(run: Runner, words: tuple[str, ...]) -> None:
    """Exit 1, with those that are."""
    ran = run("calendar", *words, "-c", "offcie")
    assert (ran.code, ran.out) == (1, "")
    assert 'There is no calendar "offcie". Known: always, nights, office.' in ran.err


def test_without_calendars_it_is_the_one_that_never_closes(desk: Desk, run: Runner) -> None:
    """And a month of it is 720 hours."""
    assert [row[0] for row in rows(run("calendar"))] == ["always"]
    out = run("calendar", "show", "2026-06", tty=True).out
    assert out.startswith("open around the clock")
    assert "open on 30 of 30 dates, 720h" in out
    assert desk.store.settings.current() is not None


def test_the_calendar_of_complaints_goes_first(desk: Desk, home: Path, run: Runner) -> None:
    """Failing that, the first of one's own."""
    path = home / ".config" / "triage" / "config.toml"
    text = path.read_text() + CALENDARS
    path.write_text(text.replace('[sla.complaint]\ncalendar = "office"\n', ""))
    assert "nights" in run("calendar", "next-open").out
    path.write_text(text)
    assert "office" in run("calendar", "next-open").out
    del desk


def test_a_configuration_that_cannot_be_used(desk: Desk, home: Path, run: Runner) -> None:
    """Exit 78, with the mistake by file, table and key."""
    path = home / ".config" / "triage" / "config.toml"
    path.write_text(path.read_text() + CALENDARS.replace("ES-MD", "ES-XX"))
    ran = run("calendar")
    assert (ran.code, ran.out) == (78, "")
    assert "config.toml, [calendar.office] holidays: 'ES-XX': no region 'XX' is known" in ran.err
    del desk


# --- files and what is in force -------------------------------------------------------------------


def _apply(desk: Desk, calendar: WeeklyCalendar) -> None:
    settings = Settings(calendars={calendar.name: calendar})
    named = [("memory", "acme")]
    apply_settings(
        desk.store,
        settings,
        "h",
        "bo",
        desk.now,
        brand="acme",
        accounts=named,
        tagger_for=tagger_for,
    )


@pytest.mark.parametrize("words", [("show", "2026-06"), ("explain", "8:00", "9:00")])
def test_files_that_are_not_in_force_are_told(
    opened: Desk, run: Runner, words: tuple[str, ...]
) -> None:
    """On a terminal: what judges is in the store."""
    said = "It is not in force like this yet: triage config apply"
    nights = ("-c", "nights")
    assert said in run("calendar", *words, *nights, tty=True).err
    assert run("calendar", *words, *nights).err == ""
    week = (((1320, 1800),),) * 5 + ((), ())
    _apply(opened, WeeklyCalendar("nights", "America/New_York", week))
    assert run("calendar", *words, *nights, tty=True).err == ""
    _apply(opened, WeeklyCalendar("nights", "America/New_York", week, {"2026-12-24": Day("x")}))
    assert said in run("calendar", *words, *nights, tty=True).err
    assert said not in run("calendar", *words, "-c", "always", tty=True).err


def test_it_works_without_a_store(home: Path, run: Runner) -> None:
    """The calendars are in the files; nothing is made by looking at them."""
    path = home / ".config" / "triage" / "config.toml"
    path.write_text(path.read_text() + CALENDARS)
    assert len(rows(run("calendar"))) == 3
    assert run("calendar", "show", "2026-12", tty=True).code == 0
    assert not (home / ".local" / "share" / "triage").exists()
