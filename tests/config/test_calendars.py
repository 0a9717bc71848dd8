"""`[calendar.NAME]`: hours, holidays and special days, and what is said of mistakes in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from triage.config.compile import compile_clock, compile_settings
from triage.config.load import load_config
from triage.config.model import Config
from triage.config.places import resolve_places
from triage.config.public_holidays import YEARS, holidays_of
from triage.core.calendar import Day, WeeklyCalendar
from triage.core.model import HOUR, MINUTE
from triage.errors import ConfigError
from zones import ms

ACME = '[[account]]\nchannel = "x"\nhandle = "acme"\n'
OFFICE = '[calendar.office]\nhours = { mon-fri = ["09:00-18:00"] }\n'
ENV = {"HOME": "/home/ana", "USER": "ana"}
NINE_TO_SIX = ((540, 1080),)


def load(folder: Path, text: str, zone: str = "UTC") -> Config:
    """Load a configuration with these tables."""
    (folder / "config.toml").write_text(f'time_zone = "{zone}"\n{ACME}{text}')
    return load_config(resolve_places(config=str(folder / "config.toml"), env=ENV), ENV)


def office(folder: Path, text: str, zone: str = "UTC") -> WeeklyCalendar:
    """The calendar `office` of a configuration with these tables."""
    return compile_clock(load(folder, text, zone))["office"]


def refusal(folder: Path, text: str) -> list[str]:
    """The lines that refuse a configuration with these tables."""
    with pytest.raises(ConfigError) as error:
        compile_settings(load(folder, text), {})
    assert error.value.hint == "Check again: triage config check"
    assert str(folder / "config.toml") in error.value.reason
    return error.value.message.splitlines()


def test_without_calendars_there_are_none(tmp_path: Path) -> None:
    """The one that is open around the clock is there by itself."""
    assert compile_clock(load(tmp_path, "")) == {}


def test_hours_by_weekday(tmp_path: Path) -> None:
    """In the zone of the configuration, if the calendar says none."""
    calendar = office(tmp_path, OFFICE, "Europe/Madrid")
    assert calendar.week == (NINE_TO_SIX,) * 5 + ((), ())
    assert (calendar.name, calendar.time_zone) == ("office", "Europe/Madrid")
    assert dict(calendar.days) == {}
    own = office(tmp_path, OFFICE + 'time_zone = "Asia/Kolkata"\n', "Europe/Madrid")
    assert own.time_zone == "Asia/Kolkata"


def test_a_single_range_needs_no_brackets(tmp_path: Path) -> None:
    """As for kinds and accounts of a policy."""
    text = '[calendar.office]\nhours = { mon-fri = "09:00-18:00" }\n'
    assert office(tmp_path, text) == office(tmp_path, OFFICE)


def test_around_the_clock_in_a_zone(tmp_path: Path) -> None:
    """24/7 with holidays is not the same as always."""
    calendar = office(tmp_path, '[calendar.office]\nhours = "24/7"\nclosed = ["2026-12-24"]\n')
    assert calendar.add(ms("2026-12-23T23:00Z"), 2 * HOUR) == ms("2026-12-25T01:00Z")


@pytest.mark.parametrize(
    ("code", "day", "name"),
    [
        ("ES", "2026-01-06", "Epiphany"),
        ("ES-MD", "2026-12-07", "Monday following Constitution Day"),
        ("es-md", "2026-12-07", "Monday following Constitution Day"),
        (" DE-BY ", "2026-11-01", "All Saints' Day"),
        ("GB", "2026-12-28", "Boxing Day (observed)"),
        ("JP", "2026-11-03", "Culture Day"),
    ],
)
def test_public_holidays_have_english_names(tmp_path: Path, code: str, day: str, name: str) -> None:
    """By country, and by region where that matters; closed all day."""
    calendar = office(tmp_path, f'{OFFICE}holidays = ["{code}"]\n')
    assert calendar.days[day] == Day(name)


def test_a_region_has_holidays_of_its_own(tmp_path: Path) -> None:
    """All Saints' Day is one in Bavaria, and none in Berlin."""
    berlin = office(tmp_path, OFFICE + 'holidays = ["DE-BE"]\n')
    assert "2027-11-01" not in berlin.days
    both = office(tmp_path, OFFICE + 'holidays = ["DE-BE", "DE-BY"]\n')
    assert {"2027-11-01", "2027-03-08"} <= set(both.days), "several are laid together"


def test_holidays_are_known_for_fixed_years(tmp_path: Path) -> None:
    """What is compiled does not depend on the year in which it is."""
    days = office(tmp_path, OFFICE + 'holidays = ["FR"]\n').days
    assert {int(day[:4]) for day in days} == set(YEARS)
    assert len(YEARS) > 30
    assert 2026 in YEARS


def test_a_special_day_wins_over_a_day_off_and_that_over_a_holiday(tmp_path: Path) -> None:
    """In whatever order they stand in the file."""
    text = f"""\
{OFFICE}closed = ["2026-12-24", "2026-12-25", "2026-12-26..2026-12-27", "2026-10-12"]
holidays = ["ES"]
[[calendar.office.special]]
date = "2026-12-24..2026-12-25"
hours = ["10:00-13:00"]
name = "Short day"
[[calendar.office.special]]
date = "2026-12-25"
"""
    days = office(tmp_path, text).days
    assert days["2026-12-24"] == Day("Short day", ((600, 780),))
    assert days["2026-12-25"] == Day("", ()), "a later one has the last word"
    assert days["2026-12-26"] == days["2026-12-27"] == Day("closed that day")
    assert days["2026-10-12"] == Day("closed that day"), "it is a holiday too"
    assert days["2026-12-08"] == Day("Immaculate Conception")


_MUST = 'must be hours by weekday, such as { mon-fri = ["09:00-18:00"] }, or "24/7".'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hours = 5", f" hours: {_MUST}"),
        ('hours = ["09:00-18:00"]', f" hours: {_MUST}"),
        ("hours = { mon = 9 }", f" hours: {_MUST}"),
        ("hours = { mon = [9] }", f" hours: {_MUST}"),
        ("hours = {}", " hours: is never open: give at least one weekday hours."),
        ('hours = "24/6"', " hours: '24/6' is neither \"24/7\" nor a table of weekdays."),
        (
            'hours = { mon-fri = ["9-18"] }',
            ' hours: \'9-18\' is not hours such as "09:00-14:00", or "22:00-06:00" over midnight.',
        ),
        (
            'hours = { mno = ["09:00-18:00"] }',
            (
                ' hours: \'mno\' is not a weekday such as "mon", several such as "mon-fri" or '
                '"sat, sun".'
            ),
        ),
        (
            'hours = { mon-fri = ["09:00-18:00"], wed = ["09:00-12:00"] }',
            " hours: names wed twice.",
        ),
        (
            'hours = { mon-fri = ["09:00-14:00", "13:00-18:00"] }',
            " hours: 09:00-14:00 and 13:00-18:00 overlap.",
        ),
        ('holidays = ["ES"]', ': "hours" is missing.'),
        (
            'hours = "24/7"\ntime_zone = "Europe/Madird"',
            " time_zone: unknown time zone 'Europe/Madird'. Did you mean \"Europe/Madrid\"?",
        ),
        (
            'hours = "24/7"\nholiday = ["ES"]',
            ': unknown setting "holiday". Did you mean "holidays"?',
        ),
        ('hours = "24/7"\nholidays = "ES"', " holidays: must be a list in brackets."),
        ('hours = "24/7"\nholidays = [34]', " holidays, item 1: must be a text in quotes."),
        (
            'hours = "24/7"\nclosed = ["24.12."]',
            (
                " closed: '24.12.' is not a date such as \"2026-12-24\", or several as "
                '"2026-12-24..2027-01-02".'
            ),
        ),
        ('hours = "24/7"\nclosed = [2026-12-24]', " closed, item 1: must be a text in quotes."),
    ],
)
def test_mistakes_are_told_by_table_and_key(tmp_path: Path, text: str, said: str) -> None:
    """In one line each, with what is accepted."""
    assert refusal(tmp_path, f"[calendar.office]\n{text}\n") == [
        f"config.toml, [calendar.office]{said}"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('hours = ["10:00-20:00"]', '[[calendar.office.special]] 1: "date" is missing.'),
        (
            'date = "2026-12-05"\nhours = ["10-20"]',
            (
                "[[calendar.office.special]] 1 hours: '10-20' is not hours such as "
                '"09:00-14:00", or "22:00-06:00" over midnight.'
            ),
        ),
        (
            'date = "tomorrow"',
            (
                "[[calendar.office.special]] 1 date: 'tomorrow' is not a date such as "
                '"2026-12-24", or several as "2026-12-24..2027-01-02".'
            ),
        ),
        (
            'date = "2026-12-05"\nnmae = "x"',
            '[[calendar.office.special]] 1: unknown setting "nmae". Did you mean "name"?',
        ),
        (
            'date = "2026-12-05"\nname = "a\\u001b[2J"',
            "[[calendar.office.special]] 1 name: must be at most 100 printable characters.",
        ),
    ],
)
def test_mistakes_in_special_days(tmp_path: Path, text: str, said: str) -> None:
    """Are told by the number of their table."""
    lines = refusal(tmp_path, f"{OFFICE}[[calendar.office.special]]\n{text}\n")
    assert lines == [f"config.toml, {said}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[calendar]]\nhours = '24/7'", "[calendar]: must be a table."),
        ("[calendar]\nhours = '24/7'", "[calendar.hours]: must be a table."),
        (
            f"{OFFICE}[calendar.office.special]\ndate = '2026-12-05'",
            (
                "[calendar.office.special]: write [[calendar.office.special]] with two brackets: "
                "there may be several."
            ),
        ),
    ],
)
def test_mistakes_in_brackets(tmp_path: Path, text: str, said: str) -> None:
    """Say which brackets belong there."""
    assert refusal(tmp_path, text) == [f"config.toml, {said}"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("XX", "'XX': no country 'XX' is known; near it: XK, SX, MX."),
        ("Spain", "'Spain': no country 'SPAIN' is known."),
        ("", "'': no country '' is known."),
        ("MC-ZZ", "'MC-ZZ': no region 'ZZ' is known in MC, it has none here."),
        ("GB-XXX", "'GB-XXX': no region 'XXX' is known in GB: ENG, "),
    ],
)
def test_countries_and_regions_that_are_not_known(tmp_path: Path, code: str, said: str) -> None:
    """What is near, or which regions there are, is said; a wrong one is not passed over."""
    (line,) = refusal(tmp_path, f'{OFFICE}holidays = ["{code}"]\n')
    assert line.startswith(f"config.toml, [calendar.office] holidays: {said}")


def test_the_name_of_the_calendar_that_never_closes_is_taken(tmp_path: Path) -> None:
    """Nobody redefines what `always` means."""
    lines = refusal(tmp_path, OFFICE.replace("office", "always"))
    assert lines == [
        'config.toml, [calendar.always]: "always" is there already: open around the clock.'
    ]


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ('[sla]\ncalendar = "offcie"\n', "[sla] calendar"),
        ('[sla.question]\ncalendar = "offcie"\n', "[sla.question] calendar"),
        (
            (
                '[[sla.policy]]\nname = "a"\nrespond_within = "1h"\n'
                '[[sla.policy]]\nname = "b"\nrespond_within = "1h"\ncalendar = "offcie"\n'
            ),
            "[[sla.policy]] 2 calendar",
        ),
    ],
)
def test_a_calendar_that_is_not_there(tmp_path: Path, table: str, where: str) -> None:
    """Is told where it is named, once, with the nearest that is there."""
    (line,) = refusal(tmp_path, table + OFFICE)
    said = 'there is no calendar "offcie". Did you mean "office"?'
    assert line == f"config.toml, {where}: {said}"
    (line,) = refusal(tmp_path, table.replace("offcie", "office"))
    assert line.endswith('there is no calendar "office". Known: always.')


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ('[sla]\ncalendar = "office"\n[sla.other]\nrespond_within = "9h"\n', "[sla.other]"),
        ('[sla.complaint]\nrespond_within = "9h"\ncalendar = "office"\n', "[sla.complaint]"),
        (
            '[[sla.policy]]\nname = "a"\nrespond_within = "9h"\ncalendar = "office"\n',
            "[[sla.policy]] 1",
        ),
    ],
)
def test_a_promise_that_its_calendar_cannot_keep_within_ten_years(
    tmp_path: Path, table: str, where: str
) -> None:
    """A minute of hours a week is a slip."""
    minute = '[calendar.office]\nhours = { mon = ["09:00-09:01"] }\n'
    lines = refusal(tmp_path, table + minute)
    said = 'respond_within: with the hours of calendar "office" that is more than ten years.'
    assert f"config.toml, {where} {said}" in lines
    compile_settings(load(tmp_path, table + OFFICE), {})


def test_a_next_response_that_takes_more_than_ten_years(tmp_path: Path) -> None:
    """Is told by its own key."""
    lines = refusal(
        tmp_path,
        '[[sla.policy]]\nname = "a"\nrespond_within = "1m"\nnext_response_within = "9h"\n'
        'calendar = "office"\n[calendar.office]\nhours = { mon = ["09:00-09:01"] }\n',
    )
    assert lines == [
        (
            "config.toml, [[sla.policy]] 1 next_response_within: with the hours of calendar "
            '"office" that is more than ten years.'
        )
    ]


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Names, holidays and promises, in the order of calendars and then policies."""
    lines = refusal(
        tmp_path,
        '[calendar.always]\nhours = "24/7"\n'
        '[calendar.a]\nhours = "24/7"\nholidays = ["XX"]\n'
        '[calendar.b]\nhours = { mon = ["09:00-09:01"] }\n'
        '[sla]\ncalendar = "c"\n[sla.other]\ncalendar = "b"\n',
    )
    places = [line.split(": ")[0] for line in lines]
    assert places == [
        "config.toml, [calendar.always]",
        "config.toml, [calendar.a] holidays",
        "config.toml, [sla] calendar",
        "config.toml, [sla.other] respond_within",
    ]


_COMPILE = """
import json, sys
from triage.config.compile import compile_settings
from triage.config.load import load_config
from triage.config.places import resolve_places
env = {"HOME": "/home/ana", "USER": "ana"}
config = load_config(resolve_places(config=sys.argv[1], env=env), env)
settings = compile_settings(config, {})
days = settings.calendars["office"].to_data()["days"]
print(json.dumps([settings.fingerprint, days["2026-01-06"][0]]))
"""
LOCALES: list[dict[str, str]] = [
    {},
    {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de", "TZ": "Asia/Tokyo"},
]


def test_settings_are_the_same_in_every_environment(tmp_path: Path) -> None:
    """Cron has no LANG: a due time must not depend on who runs the program."""
    load(tmp_path, OFFICE + 'holidays = ["ES-MD", "DE-BY", "JP", "BR", "SA"]\n')
    told = set()
    for env in LOCALES:
        done = subprocess.run(
            [sys.executable, "-c", _COMPILE, str(tmp_path / "config.toml")],
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        told.add(tuple(json.loads(done.stdout)))
    assert {name for _, name in told} == {"Epiphany"}
    assert len(told) == 1


@pytest.mark.parametrize("code", ["ES-MD", "DE", "JP", "TH", "US"])
def test_names_do_not_follow_the_language_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """The library alone would take it from LANGUAGE."""
    before = holidays_of(code)
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setitem(os.environ, name, "de")
    assert holidays_of(code) == before


def test_minutes_of_a_week(tmp_path: Path) -> None:
    """Ranges that reach over into another count once."""
    text = '[calendar.office]\nhours = { mon = ["22:00-06:00"], tue = ["05:00-06:30"] }\n'
    assert office(tmp_path, text).open_in_a_week == 8 * HOUR + 30 * MINUTE
