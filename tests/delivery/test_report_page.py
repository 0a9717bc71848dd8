"""The report as a page: what it says, what it refuses, and what it is made of."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import report_sample
from depth import deep
from pages import Element, read
from report_sample import empty_report, hostile_report, sample_report
from triage.core.queue import short_span
from triage.core.report.line import FIGURES, Dimension, Line, Spread, Waits
from triage.core.report.model import Advice, Report
from triage.delivery.page import render_page
from triage.delivery.page.render import MOST_MISSED

REPORTS: dict[str, Callable[[], Report]] = {
    "busy": sample_report,
    "alone": lambda: sample_report(compared=False),
    "split": lambda: sample_report(by=Dimension.LANGUAGE),
    "empty": empty_report,
    "hostile": hostile_report,
}


def rendered(report: Report) -> str:
    """A page, made a minute after the moment that it is about."""
    return render_page(report, generated_at=report.as_of_at + 60_000, version="1.2.3")


@cache
def html_of(name: str) -> str:
    """One of the pages, made once."""
    return rendered(REPORTS[name]())


@cache
def page_of(name: str) -> Element:
    """The same, read once."""
    return read(html_of(name))


@pytest.fixture
def busy() -> Element:
    """The page of the busy month."""
    return page_of("busy")


def section(page: Element, name: str) -> Element:
    """The section that a heading belongs to."""
    (found,) = [s for s in page.all("section") if s.attributes["aria-labelledby"] == name]
    return found


def spoken(seconds: float | None) -> str:
    """A span as the terminal says it."""
    return "-" if seconds is None else short_span(round(seconds * 1000))


@pytest.mark.parametrize("missed", [40, 2000])
def test_the_reports_made_by_hand_are_true(missed: int) -> None:
    """Whoever shows them relies on it: all that should add up does."""
    report = sample_report(missed=missed)
    total, waits = report.total, report.total.waits
    for w in (waits, *(kind.waits for kind in report.kinds)):
        assert w.answered + w.settled + w.dismissed + w.withdrawn + w.open == w.opened
        assert w.met + w.missed == w.answered
    assert sum(k.mentions for k in report.kinds) == total.mentions
    assert sum(d.total for d in report.days) == sum(h.mentions for h in report.hours)
    assert sum(d.total for d in report.days) == total.mentions
    assert sum(d.opened for d in report.days) == waits.opened
    assert sum(h.answers for h in report.hours) == sum(a.answers for a in report.agents)
    assert (report.days[-1].waiting, report.days[-1].overdue) == (waits.open, waits.overdue)
    assert all(day.overdue <= day.waiting for day in report.days)
    assert len(report.missed) == waits.missed + waits.overdue == missed
    assert sum(m.is_open for m in report.missed) == waits.overdue
    late = [m.late_s for m in report.missed]
    assert late == sorted(late, reverse=True)
    for m in report.missed:
        ended_at = report.as_of_at if m.ended_at is None else m.ended_at
        assert m.late_s * 1000 == ended_at - m.due_at


@pytest.mark.parametrize("name", REPORTS)
def test_every_element_is_closed_where_it_should_be(name: str) -> None:
    """And no id stands twice."""
    page = page_of(name)
    ids = [e.attributes["id"] for e in page.walk() if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    assert page.one("html").attributes["lang"] == "en"


@pytest.mark.parametrize("name", REPORTS)
def test_headings_are_in_order_and_name_their_sections(name: str) -> None:
    """One headline, no level left out, and contents that lead to every section but the first."""
    page = page_of(name)
    levels = [int(e.tag[1]) for e in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    sections = [s.attributes["aria-labelledby"] for s in page.all("section")]
    assert [page.by_id(s).tag for s in sections] == ["h2"] * len(sections)
    links = [a.attributes["href"] for a in page.one("nav").all("a")]
    assert links == [f"#{s}" for s in sections[2:]]
    skip = page.one("body").all("a")[0]
    assert page.by_id(skip.attributes["href"][1:]).tag == "h2"
    for landmark in ("main", "nav", "footer"):
        page.one(landmark)


@pytest.mark.parametrize("name", REPORTS)
def test_every_chart_says_what_it_is_and_has_a_table(name: str) -> None:
    """A name and a description that are there, and a table in the same section."""
    page = page_of(name)
    for part in page.all("section"):
        charts = [e for e in part.with_class("chart") if e.tag == "svg"]
        for chart in charts:
            assert chart.attributes["role"] == "img"
            named = [page.by_id(i) for i in chart.attributes["aria-labelledby"].split()]
            assert [e.tag for e in named] == ["title", "desc"]
            assert all(e.text and e in chart.walk() for e in named)
        if charts:
            assert part.all("table")
    outer = [e for e in page.all("svg") if e.attributes.get("role") == "img"]
    assert len(outer) == len(page.with_class("chart")) >= 3


@pytest.mark.parametrize("name", REPORTS)
def test_every_table_names_itself_its_columns_and_its_rows(name: str) -> None:
    """A caption, and heads that say for what they stand; every row as long as the others."""
    for table in page_of(name).all("table"):
        assert table.one("caption").text
        assert {len(row) for row in table.rows()} == {len(table.rows()[0])}
        heads = table.one("thead").all("th")
        assert {h.attributes["scope"] for h in heads} == {"col"}
        for row in table.one("tbody").all("tr"):
            (head,) = row.all("th")
            assert head.attributes["scope"] == "row"
            assert head.text


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_allows_itself_nothing_but_its_own_style(name: str) -> None:
    """The policy stands before all that it is about, and names the style by its hash."""
    html, page = html_of(name), page_of(name)
    policy = page.all("meta")[1].attributes
    assert policy["http-equiv"] == "Content-Security-Policy"
    style = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert [rule.strip() for rule in policy["content"].split(";")] == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not re.search(r"url\(|@import|expression|</", style)


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_is_loaded_and_nothing_runs(name: str) -> None:
    """No script, frame, picture, handler or style of an element; links to the web alone."""
    page = page_of(name)
    for element in page.walk():
        assert element.tag not in {"script", "iframe", "object", "embed", "img", "form", "base"}
        for key, value in element.attributes.items():
            assert not key.startswith("on"), key
            assert key not in {"style", "src", "srcdoc", "xlink:href", "action", "formaction"}
            if key == "href":
                ours = value.startswith("#") or (element.tag, value) == ("link", "data:,")
                assert ours or re.fullmatch(r"https?://[!-~]+", value), value
                assert ours or element.attributes["rel"] == "noreferrer noopener"


def test_a_post_is_a_link_where_it_has_an_address(busy: Element) -> None:
    """And only there."""
    missed = sample_report().missed
    links = [a.attributes["href"] for a in section(busy, "missed").all("a")]
    assert links == [m.url for m in missed if m.url]
    assert len(links) < len(missed)


def test_no_hostile_address_is_a_link() -> None:
    """Scripts, files, half addresses and those that break out of a quote."""
    assert section(page_of("hostile"), "missed").all("a") == []


def test_hostile_texts_add_no_element(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of the attackers has the elements and attributes that harmless words have."""

    def shape(report: Report) -> list[tuple[str, tuple[str, ...]]]:
        return [(e.tag, tuple(e.attributes)) for e in read(rendered(report)).walk()]

    hostile = shape(hostile_report())
    monkeypatch.setattr(report_sample, "HOSTILE", ("word",) * len(report_sample.HOSTILE))
    assert hostile == shape(hostile_report())


def test_hostile_texts_are_shown_as_text() -> None:
    """What was written is there to be read, without what commands or hides."""
    html = html_of("hostile")
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", html
    )
    html.encode()
    text = page_of("hostile").text
    assert "<script>document.title='owned'</script><img src=x onerror=" in text
    assert "{{ 7 * 7 }}{% raw %}{{ self.__init__.__globals__ }}" in text
    assert "[2J[31mredtxt.exe" in text
    assert "\N{REPLACEMENT CHARACTER}lone" in text


def test_no_text_is_shown_as_it_came() -> None:
    """Not even one that should be a word of ours: all are cleaned in the one place."""
    report, word = sample_report(), "a\x1b[2J\u202eb<i>"
    said = replace(
        report,
        zone=word,
        missed=[replace(m, kind=word) for m in report.missed],
        customers=[replace(c, channel=word) for c in report.customers],
        fetching=replace(
            report.fetching, gaps=[replace(g, stream=word) for g in report.fetching.gaps]
        ),
    )
    html = rendered(said)
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert html.count("a[2Jb&lt;i&gt;") >= 40 + 20 + 2 + 1


ANYTHING = st.text(st.characters(exclude_categories=()), max_size=40)


@settings(max_examples=deep(25, 5))
@given(ANYTHING)
def test_any_text_is_shown_as_text(text: str) -> None:
    """Whatever a customer writes, the page has the same elements and can be written to a file."""
    report = empty_report()
    said = replace(report, brand=text, advice=(Advice(text, do=text, command=text),))
    html = rendered(said)
    html.encode()
    tags = [e.tag for e in read(html).walk()]
    assert tags.count("script") == 0
    assert tags.count("section") == len(page_of("empty").all("section"))


def test_the_head_says_what_the_page_is_about(busy: Element) -> None:
    """Brand, period, accounts, zone, as of when, and against what."""
    assert busy.one("head").one("title").text == "Acme: March 2026"
    head = busy.all("header")[0]
    assert head.one("h1").text == "Acme, March 2026"
    assert "@acme , @acmehelp" in head.text
    assert "1 Apr 2026 08:30" in head.text
    assert "Europe/Madrid" in head.text
    assert "29 January to 28 February 2026" in head.text
    assert head.one("time").attributes["datetime"] == "2026-04-01T08:30:00+02:00"
    assert "triage 1.2.3" in busy.one("footer").text


@pytest.mark.parametrize(
    ("zone", "from_at", "to_at", "words"),
    [
        ("UTC", "2026-03-02T00:00Z", "2026-03-03T00:00Z", "2 March 2026"),
        ("UTC", "2026-02-27T00:00Z", "2026-03-06T00:00Z", "27 February to 5 March 2026"),
        ("UTC", "2025-12-29T00:00Z", "2026-01-05T00:00Z", "29 December 2025 to 4 January 2026"),
        ("UTC", "2024-02-01T00:00Z", "2024-03-01T00:00Z", "February 2024"),
        ("UTC", "2026-02-01T00:00Z", "2026-02-28T00:00Z", "1 to 27 February 2026"),
        ("UTC", "2026-03-02T00:00Z", "2026-04-01T00:00Z", "2 to 31 March 2026"),
        ("UTC", "2026-03-02T09:30Z", "2026-03-03T00:00Z", "2 Mar 2026 09:30 to 3 Mar 2026 00:00"),
        ("Europe/Madrid", "2026-02-28T23:00Z", "2026-03-31T22:00Z", "March 2026"),
        ("No/Where", "2026-03-02T00:00Z", "2026-03-03T00:00Z", "2 March 2026"),
    ],
)
def test_a_period_is_said_as_people_say_it(zone: str, from_at: str, to_at: str, words: str) -> None:
    """Whole days of the report's zone as days, anything else with its times."""
    report = replace(empty_report(), zone=zone, from_at=_ms(from_at), to_at=_ms(to_at))
    assert read(rendered(report)).one("h1").text == f"Acme, {words}"


def test_what_is_left_out_is_asked_for_with_the_times_of_a_period_that_has_some() -> None:
    """To the second, with the offset of the report's zone from UTC."""
    part_of_a_day = replace(
        sample_report(missed=200),
        from_at=_ms("2026-03-02T09:30:05Z"),
        to_at=_ms("2026-03-09T09:30:05Z"),
    )
    more = section(read(rendered(part_of_a_day)), "missed").with_class("more")[0]
    assert "--from 2026-03-02T10:30:05+01:00 --to 2026-03-09T10:30:05+01:00 --ids" in more.text


def _ms(text: str) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_advice_says_what_to_do_and_with_which_command(busy: Element) -> None:
    """Most pressing first, with the conversations that it is about."""
    items = busy.with_class("advice")[0].all("li")
    assert [item.one("code").text for item in items] == [
        f"triage {advice.command}" for advice in sample_report().advice
    ]
    assert items[0].text == (
        "5 people are overdue; the longest waits 7h20m longer than promised. "
        "Answer them first. triage queue --overdue #41 #44 #47 #50 #53"
    )


def tiles_of(report: Report) -> dict[str, str]:
    """The key figures of a page by their names."""
    (tiles,) = read(rendered(report)).with_class("tiles")
    return {
        tile.one("dt").text: " | ".join(part.text for part in tile.all("dd"))
        for tile in tiles.all("div")
    }


def test_key_figures_are_compared_in_words() -> None:
    """What is better or worse says so, what is neither only says what it was."""
    assert tiles_of(sample_report()) == {
        "In time": "92% | 476 of 516 | better: up from 89%",
        "Still waiting": "26 | 5 overdue",
        "Answered late": "35 | of 511 answers | better: down from 46",
        "First answer, median": "1h41m | 9 of 10 within 5h43m | better: down from 2h03m",
        "Wait, median": "2h23m | those still waiting are counted | better: down from 2h37m",
        "Mentions": "1,372 | 688 posts of ours | up from 1,190",
        "Needed an answer": "597 | 511 answered, 34 in other apps | up from 520",
        "Answered privately": "15 | 42 dismissed, 3 taken back",
    }


def test_what_got_worse_says_so() -> None:
    """Against a better period before."""
    report = sample_report()
    better = Waits(opened=597, answered=560, met=560, lasting_s=60.0)
    first = replace(report.total.first, seen=Spread(9, 60.0, 60.0, 60.0, 60.0, (60.0, 60.0)))
    before = Line("all", report.total.mentions, waits=better, first=first)
    tiles = tiles_of(replace(report, previous=replace(report, previous=None, total=before)))
    assert tiles["In time"].endswith("worse: down from 100%")
    assert tiles["Answered late"].endswith("worse: up from 0")
    assert tiles["First answer, median"].endswith("worse: up from 1m")
    assert tiles["Wait, median"].endswith("worse: up from 1m")
    assert tiles["Mentions"].endswith("unchanged from 1,372")


def test_nothing_is_worse_than_a_period_in_which_nothing_was() -> None:
    """It is said that nobody wrote then, and no figure is compared."""
    before = replace(empty_report(), zone="Europe/Madrid")
    page = read(rendered(replace(sample_report(compared=False), previous=before)))
    assert page.with_class("change") == []
    assert "in which nobody wrote" in page.all("header")[0].text
    assert "The upright mark" not in section(page, "kinds").text


def test_without_a_period_before_nothing_is_compared() -> None:
    """No word of it anywhere on the page."""
    page = page_of("alone")
    assert page.with_class("change") == []
    for word in ("period before", ", was ", "rising", "falling", "Compared"):
        assert word not in page.one("body").text


@pytest.mark.parametrize(
    ("met", "missed", "shown"),
    [(29, 71, "29%"), (996, 4, "99%"), (1, 0, "100%"), (0, 3, "0%"), (57, 43, "57%")],
)
def test_a_share_is_cut_and_not_rounded(met: int, missed: int, shown: str) -> None:
    """99.6 % is not everybody; and 29 of 100 is not 28 %, whatever binary fractions say."""
    waits = Waits(opened=met + missed, answered=met + missed, met=met, missed=missed)
    report = replace(empty_report(), total=Line("all", waits=waits))
    assert tiles_of(report)["In time"].startswith(f"{shown} | {met} of {met + missed:,}")


def test_half_that_still_wait_is_said_to_be_longer() -> None:
    """There is no median yet: it is more than what is known."""
    waits = Waits(opened=3, open=3, lasting_from_s=7_200.0)
    tiles = tiles_of(replace(empty_report(), total=Line("all", waits=waits)))
    assert tiles["Wait, median"].startswith("over 2h |")
    assert tiles["Still waiting"] == "3 | nobody overdue"


def test_an_empty_report_says_so_everywhere() -> None:
    """Each section in a sentence, and no figure that is none."""
    page = page_of("empty")
    for name, said in {
        "kinds": "Nothing was answered, and nothing is overdue.",
        "response": "No answer was given.",
        "missed": "Nobody was owed an answer.",
        "themes": "No complaint had a theme.",
        "turns": "Nobody wrote again after an end.",
        "agents": "Nobody answered or closed anything.",
        "customers": "Nobody wrote.",
        "fetching": "As far as is known, nothing is missing.",
    }.items():
        assert said in section(page, name).text
    for word in ("None", "nan", "inf"):
        assert not re.search(rf"\b{word}\b", page.one("main").text)


def test_the_table_of_kinds_holds_every_figure(busy: Element) -> None:
    """A column for each kind and one for all."""
    report = sample_report()
    lines = [*report.kinds, report.total]
    counts = {
        "Waits": "opened",
        "Answered": "answered",
        "in other apps": "outside",
        "Settled privately": "settled",
        "Dismissed": "dismissed",
        "Taken back": "withdrawn",
        "Open": "open",
        "overdue": "overdue",
        "Met": "met",
        "Missed": "missed",
    }
    rows = section(busy, "kinds").all("table")[0].rows()
    assert rows[0] == ["", "complaint", "question", "other", "praise", "all"]
    assert rows[1] == ["Mentions", *(f"{line.mentions:,}" for line in lines)]
    assert rows[2:-1] == [
        [name, *(f"{getattr(line.waits, key):,}" for line in lines)] for name, key in counts.items()
    ]
    assert rows[-1] == ["In time", "88%", "94%", "89%", "-", "92%"]


def test_the_tables_of_answers_hold_both_measures_in_both_times(busy: Element) -> None:
    """As customers saw it and as the team could, by the clock and in opening hours."""
    report = sample_report()
    ways = ("seen", "seen_open", "team", "team_open")
    spreads = [getattr(r, way) for r in (report.total.first, report.total.next) for way in ways]
    four, kinds = section(busy, "response").all("table")
    assert [row[1:] for row in four.rows()[1:]] == [
        [
            f"{s.n:,}",
            spoken(s.quartiles_s[0]),
            spoken(s.median_s),
            spoken(s.quartiles_s[1]),
            spoken(s.p90_s),
            spoken(s.p95_s),
            spoken(s.slowest_s),
        ]
        for s in spreads
    ]
    assert kinds.rows()[3] == ["other", "14", "8h30m", "1d4h", "1d20h", "3d21h", "5h06m", "over 1d"]


def test_those_who_were_not_answered_in_time_are_listed(busy: Element) -> None:
    """Most late first, with the id, who, what they wrote, and when all of it was."""
    items = section(busy, "missed").with_class("missed")
    entries = [entry for part in items for entry in part.all("li")]
    assert len(entries) == len(sample_report().missed)
    assert entries[0].text == (
        "7h20m late still waiting #41 @ana_diaz complaint post of conversation 41 @acme my parcel "
        "has been “out for delivery” for three days, where is it? "
        "written 31 Mar 01:09 , due 1 Apr 01:09"
    )
    assert entries[-1].text.endswith(
        "written 11 Mar 14:33 , due 12 Mar 14:33 , answered 12 Mar 14:44 by Chidi"
    )
    assert sum("in another app" in entry.text for entry in entries) == 6
    moments = entries[-1].all("time")
    assert moments[0].attributes["datetime"] == "2026-03-11T14:33:00+01:00"


def test_days_and_hours_are_in_tables(busy: Element) -> None:
    """Every figure that a chart draws."""
    report = sample_report()
    days = section(busy, "days").one("table").rows()
    assert len(days) == 1 + 31
    assert days[2][0] == "Mon 2 Mar"
    assert [row[1:] for row in days[1:]] == [
        [
            str(n)
            for n in (d.total, *d.mentions.values(), d.opened, d.answered, d.waiting, d.overdue)
        ]
        for d in report.days
    ]
    hours = section(busy, "hours").one("table").rows()
    assert len(hours) == 1 + 24
    for hour in report.hours:
        star = "*" if hour.is_open >= 0.5 else ""
        cell = hours[1 + hour.hour][1 + hour.weekday]
        assert cell == f"{hour.mentions} / {hour.answers}{star}"


def test_days_to_come_are_not_shown() -> None:
    """A month that goes on: its page ends with today, and no backlog of tomorrow is made up."""
    month = sample_report()
    today = month.days[9]
    page = read(rendered(replace(month, as_of_at=today.to_at - 1)))
    rows = next(t for t in section(page, "days").all("table")).rows()
    assert len(rows) == 1 + 10
    assert rows[-1][-2:] == [f"{today.waiting:,}", f"{today.overdue:,}"]


def test_themes_say_how_they_moved(busy: Element) -> None:
    """In the chart in words, and in the table with the conversations behind."""
    part = section(busy, "themes")
    says = [e.text for e in part.with_class("bold") if e.tag == "text"]
    assert says == [
        "71, rising from 44",
        "48, falling from 52",
        "39, rising from 6",
        "27, falling from 31",
        "15, unchanged",
        "12, falling from 19",
    ]
    assert part.one("table").rows()[3] == ["outage", "39", "15%", "6", "#15 #22 #29 and 36 more"]


def test_agents_stand_as_the_report_has_them(busy: Element) -> None:
    """By name; who answered from another app has none."""
    rows = section(busy, "agents").all("table")[0].rows()
    assert [row[0] for row in rows[1:]] == ["in other apps", "Ana", "Ben", "Chidi", "Dora", "Émile"]
    assert rows[2] == ["Ana", "152", "14", "10%", "31m", "18m"]
    drawn = [e.text for e in section(busy, "agents").with_class("bold") if e.tag == "text"]
    assert drawn[3] == "93, 27 after hours"


def test_customers_turns_and_gaps_are_named(busy: Element) -> None:
    """Each with the conversation or the account that it is about."""
    rows = section(busy, "customers").one("table").rows()
    assert rows[2] == ["@b_okafor", "x", "30", "10", "15", "1d3h", "waits", "#42 #62"]
    assert len(rows) == 1 + 20
    turns = section(busy, "turns").text
    assert "to praise 2 conversations. #59 @carla.m 5 Mar 17:05 #98" in turns
    assert "to complaint 1 conversation. #62 @deniz_k 10 Mar 08:40" in turns
    assert "6 conversations whose customer wrote again after an end" in turns
    assert "#44 #57 #71 #112 #140 #233" in turns
    fetching = section(busy, "fetching").text
    assert "8,916 fetches, 23 of them failed. Half of the mentions were here within 2m" in fetching
    assert "@acme , mentions: 12 Mar 02:10 to 12 Mar 05:10 , about 120; found" in fetching
    assert "@acmehelp , timeline: it is not known when, it is not known how many" in fetching


@pytest.mark.parametrize("by", [d for d in Dimension if d is not Dimension.KIND])
def test_a_report_that_is_split_shows_every_line(by: Dimension) -> None:
    """With all figures that the dimension has, and the total below."""
    report = sample_report(by=by)
    page = read(rendered(report))
    assert f"By {by.value}" in [a.text for a in page.one("nav").all("a")]
    rows = section(page, "lines").all("table")[0].rows()
    assert [row[0] for row in rows[1:]] == [line.key or "none" for line in report.lines] + ["all"]
    line = report.lines[1]
    mentions = [] if by in {Dimension.AGENT, Dimension.POLICY} else [f"{line.mentions:,}"]
    spoken_of_ours = {Dimension.DAY, Dimension.HOUR, Dimension.AGENT, Dimension.ACCOUNT}
    sent = [f"{line.sent:,}"] if by in spoken_of_ours | {Dimension.LANGUAGE} else []
    assert rows[2][1:] == [
        *mentions,
        *sent,
        *(
            f"{line.waits.opened if name == 'waits' else getattr(line.waits, name):,}"
            for name in FIGURES
        ),
        f"{int((line.waits.within_sla or 0) * 100 + 1e-9)}%",
        spoken(line.first.seen.median_s),
        spoken(line.first.seen.p90_s),
    ]


def test_conversations_behind_a_figure_are_there_where_they_were_asked_for(busy: Element) -> None:
    """And where nobody asked, there is no empty list."""
    behind = section(busy, "kinds").with_class("behind")
    assert len(behind) == 4, "praise has no waits"
    assert behind[0].text.startswith("waits #11 #12 #13")
    assert "and 152 more answered #11" in behind[0].text
    report = sample_report()
    bare = replace(
        report,
        kinds=[replace(k, ids={}) for k in report.kinds],
        total=replace(report.total, ids={}),
    )
    assert section(read(rendered(bare)), "kinds").all("details") == []


def test_many_who_turned_are_named_up_to_a_point() -> None:
    """The rest is counted."""
    report = sample_report()
    turned = [replace(report.turned[0], conversation_id=i) for i in range(100)]
    part = section(read(rendered(replace(report, turned=turned))), "turns")
    (items,) = part.with_class("inline")
    assert len(items.all("li")) == 41
    assert items.all("li")[-1].text == "and 60 more"
    assert "100 conversations." in part.text


def test_the_page_of_a_busy_brand_is_small() -> None:
    """2,000 were not answered in time, and the report holds 500 of them, each with a long post."""
    report = sample_report(missed=2000, by=Dimension.CUSTOMER)
    wordy = replace(report, missed=[replace(m, text="汉" * 5_000) for m in report.missed[:500]])
    html = rendered(wordy)
    assert len(html.encode()) < 300_000
    part = section(read(html), "missed")
    assert len([e for part in part.with_class("missed") for e in part.all("li")]) == MOST_MISSED
    assert part.with_class("more")[0].text == (
        f"And {2000 - MOST_MISSED:,} more: "
        "triage report --from 2026-03-01 --to 2026-03-31 --ids --of missed , and --of overdue"
    )


def test_a_year_is_a_page_too() -> None:
    """No more labels than there is room for, with the year where it changes; no tips."""
    first = date(2025, 6, 1)
    dates = [(first + timedelta(days=i)).isoformat() for i in range(366)]
    report = sample_report()
    days = [replace(report.days[i % 31], date=day) for i, day in enumerate(dates)]
    html = rendered(replace(report, days=days))
    assert len(html.encode()) < 300_000
    part = section(read(html), "days")
    below = [e.text for e in part.with_class("soft") if re.fullmatch(r"\d+ \w+( \d+)?", e.text)]
    assert below[: len(below) // 2] == [
        *("1 Jun 2025", "20 Jul", "7 Sep", "26 Oct", "14 Dec"),
        *("1 Feb 2026", "22 Mar", "10 May"),
    ]
    assert part.with_class("tip") == []
    assert part.one("table").rows()[1][0] == "Sun 1 Jun 2025"


def test_each_day_says_what_it_was_when_it_is_pointed_at(busy: Element) -> None:
    """In both charts."""
    tips = [e.text for e in section(busy, "days").with_class("tip")]
    assert len(tips) == 2 * 31
    assert tips[1] == "Mon 2 Mar: 48 mentions (9 complaint, 14 question, 18 other, 7 praise)"
    assert tips[31] == "End of Sun 1 Mar: 8 waiting, 0 overdue"


def colours(style: str) -> tuple[dict[str, str], dict[str, str]]:
    """The colours of both themes by their names."""
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    )
    return light, dark


def contrast(one: str, other: str) -> float:
    """How much two colours differ, as WCAG 2 has it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


WORDS = [
    *((ink, paper) for ink in ("ink", "muted", "link") for paper in ("paper", "wash")),
    *((ink, paper) for ink in ("ink", "muted", "alarm") for paper in ("alarm-wash",)),
    *(("on-heat", f"heat-{n}") for n in range(4)),
    ("on-heat-4", "heat-4"),
    ("alarm", "paper"),
    ("better", "paper"),
]
"""What is written, and on what."""
MARKS = [(kind, "paper") for kind in ("complaint", "question", "other", "praise", "all", "ink")]
"""What is drawn, and on what."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_can_be_told_apart(theme: str) -> None:
    """Words from what they stand on by 4.5, marks by 3; and both themes name all colours."""
    style = re.findall(r"<style>(.*?)</style>", html_of("empty"), re.DOTALL)[0]
    light, dark = colours(style)
    assert set(light) == set(dark)
    found = light if theme == "light" else dark
    for ink, paper in WORDS:
        assert contrast(found[ink], found[paper]) >= 4.5, (ink, paper)
    for mark, paper in MARKS:
        assert contrast(found[mark], found[paper]) >= 3, (mark, paper)


def test_the_measure_of_contrast_is_the_known_one() -> None:
    """Black on white is 21, and the grey that is known to be just enough is."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_the_style_heeds_what_its_reader_asked_for() -> None:
    """Dark only on a screen, still for who wants no motion, and seen by who uses keys."""
    style = re.findall(r"<style>(.*?)</style>", html_of("empty"), re.DOTALL)[0]
    assert "@media screen and (prefers-color-scheme: dark)" in style
    assert "@media (prefers-reduced-motion: no-preference) {\n  html { scroll-behavior" in style
    assert not re.search(r"\b(animation|transition)\b", style)
    assert ":focus-visible" in style
    assert "@media print" in style
