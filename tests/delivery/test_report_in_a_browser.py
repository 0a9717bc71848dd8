"""The report's page as a browser shows it: quiet, within its window, readable, printable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

import browser as browsers
from report_sample import empty_report, hostile_report, sample_report
from screens import assert_golden
from triage.core.report.line import Dimension
from triage.core.report.model import Report
from triage.delivery.page import render_page

pytestmark = pytest.mark.real_time

REPORTS = {
    "busy": sample_report(by=Dimension.THEME),
    "empty": empty_report(),
    "hostile": hostile_report(),
}
PAPER = 688
"""How wide A4 is within its margins, in pixels."""
TOLD = re.compile(
    r"""^ *- '?(?:banner|main|contentinfo|(?:navigation|region|heading|img|table|link) ".*?")"""
    r"""(?: \[level=\d\])?"""
)
"""What of a tree of accessibility gives a page its order."""
OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"

OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  const scrolled = (e) => e.closest('.scroll') !== null;
  const hidden = (e) => e.closest('.hidden, .skip') !== null || !e.checkVisibility();
  return [...document.body.querySelectorAll('*')]
    .filter((e) => !scrolled(e) && !hidden(e) && e.tagName !== 'rect')
    .filter((e) => e.getBoundingClientRect().right > width + 0.5)
    .map((e) => `${e.tagName}.${e.getAttribute('class')}: ${e.textContent.slice(0, 40)}`)
    .concat(document.documentElement.scrollWidth > width ? ['the page itself'] : []);
}"""
"""What is wider than the window, but for tables that are scrolled by themselves."""

FAINT = """() => {
  const parts = (c) => c.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const e of document.body.querySelectorAll('*')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || ['TITLE', 'DESC', 'title', 'desc'].includes(e.tagName)) continue;
    if (e.closest('.number') || !e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    const ink = luminance(parts(e.closest('svg') ? style.fill : style.color));
    const paper = luminance(behind(e));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(1)} ${e.tagName}: ${e.textContent.slice(0, 40)}`);
  }
  return found;
}"""
"""Words that differ too little from what is behind them; numbers in cells are not looked at."""

CLIPPED = """() => [...document.querySelectorAll('.scroll, .chart')]
  .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.getAttribute('aria-label') || e.getAttribute('aria-labelledby'))"""
"""Tables and charts of which a part is out of sight."""


def page_for(report: Report) -> str:
    """A page, made a minute after the moment that it is about."""
    return render_page(report, generated_at=report.as_of_at + 60_000, version="1.2.3")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of a run."""
    with browsers.started(tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="session")
def opened(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, browsers.Looked]]:
    """The pages, each opened once."""
    folder = tmp_path_factory.mktemp("pages")
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                browsers.looked(browser, saved(folder / f"{name}.html", html))
            )
            for name, html in ((name, page_for(report)) for name, report in REPORTS.items())
        }


def saved(path: Path, html: str) -> Path:
    """A page as a file."""
    path.write_text(html, encoding="utf-8")
    return path


@pytest.fixture(params=REPORTS)
def seen(opened: dict[str, browsers.Looked], request: pytest.FixtureRequest) -> browsers.Looked:
    """Each of the pages as it is when it was just opened, on a light and wide screen."""
    return anew(opened[request.param])


@pytest.fixture
def busy(opened: dict[str, browsers.Looked]) -> browsers.Looked:
    """The page of the busy month as it is when it was just opened."""
    return anew(opened["busy"])


def anew(seen: browsers.Looked) -> browsers.Looked:
    """A page as nobody had touched it."""
    seen.page.emulate_media(media="screen", color_scheme="light")
    seen.page.set_viewport_size({"width": 1280, "height": 800})
    seen.run("document.querySelectorAll('details').forEach(d => d.open = false)")
    seen.run("document.activeElement.blur()")
    return seen


def test_a_page_asks_for_nothing_and_runs_nothing(seen: browsers.Looked) -> None:
    """It loads itself alone, says nothing, asks nothing, and what was written to it is not done."""
    assert not seen.page.title().startswith(("owned", "1"))
    assert seen.run("document.scripts.length") == 0
    seen.run(OPEN_ALL)
    seen.page.mouse.move(200, 200)
    assert set(seen.requests) == {seen.page.url.partition("#")[0]}
    assert (seen.messages, seen.dialogs) == ([], [])


@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_fits_its_window(seen: browsers.Looked, width: int) -> None:
    """Nothing is wider, but for tables that are scrolled by themselves."""
    seen.page.set_viewport_size({"width": width, "height": 800})
    seen.run(OPEN_ALL)
    assert seen.run(OVERFLOW) == []


@pytest.mark.parametrize(("theme", "ground"), [("light", "255, 255, 255"), ("dark", "20, 23, 28")])
def test_all_words_can_be_read_in_both_themes(
    busy: browsers.Looked, theme: Literal["light", "dark"], ground: str
) -> None:
    """As they are really drawn."""
    busy.page.emulate_media(color_scheme=theme)
    busy.run(OPEN_ALL)
    assert busy.run("getComputedStyle(document.body).backgroundColor") == f"rgb({ground})"
    assert busy.run(FAINT) == []


LOUD = """<!doctype html><html><head><title>loud</title></head><body>
<p style="width: 200vw; color: #ccc">faint and wide</p>
<img src="https://evil.example/pixel.png"><script>document.title = 'owned'</script></body></html>"""


def test_a_page_that_is_not_quiet_is_caught(browser: Browser, tmp_path: Path) -> None:
    """The looks above see what they look for."""
    file = tmp_path / "loud.html"
    file.write_text(LOUD)
    with browsers.looked(browser, file) as seen:
        assert seen.page.title() == "owned"
        assert seen.run(OVERFLOW)[-1] == "the page itself"
        assert seen.run(FAINT) == ["1.6 P: faint and wide"]
        assert seen.run("document.scripts.length") == 1
    assert seen.requests[1:] == ["https://evil.example/pixel.png"]
    assert "ERR_FAILED" in seen.messages[0]


def test_what_gets_past_the_escaping_still_does_nothing(browser: Browser, tmp_path: Path) -> None:
    """The policy of the page stops a script, a handler, a style and a picture within it."""
    evil = (
        "<script>document.title = 'owned'</script>"
        "<img src='https://evil.example/pixel.png' onerror=\"document.title = 'owned'\">"
        "<p id='evil' style='color: red'>x</p>"
    )
    html = page_for(REPORTS["empty"]).replace("<main>", f"<main>{evil}", 1)
    file = saved(tmp_path / "breached.html", html)
    with browsers.looked(browser, file) as seen:
        assert seen.page.title() == "Acme: 1 March 2026"
        assert (
            seen.run("getComputedStyle(document.querySelector('#evil')).color") != "rgb(255, 0, 0)"
        )
    assert seen.requests == [file.as_uri()]
    assert len([m for m in seen.messages if "Content Security Policy" in m]) >= 3


def test_a_screen_reader_is_told_the_order_of_the_page(busy: browsers.Looked) -> None:
    """Landmarks, headings, charts and tables by their names, as the browser hands them on."""
    busy.run(OPEN_ALL)
    tree = busy.page.locator("body").aria_snapshot()
    lines = [found.group() for line in tree.splitlines() if (found := TOLD.match(line))]
    assert_golden("report-page-outline", "\n".join(lines) + "\n")


def test_the_page_is_read_with_the_keyboard_alone(busy: browsers.Looked) -> None:
    """The first key skips to what happened; figures open with Enter; the focus can be seen."""
    busy.page.reload()
    keys = busy.page.keyboard
    keys.press("Tab")
    assert busy.run("document.activeElement.textContent") == "Skip to what happened"
    assert busy.run("document.activeElement.getBoundingClientRect().left >= 0")
    keys.press("Enter")
    assert busy.run("document.activeElement.id") == "advice"
    table = busy.page.get_by_role("table", name="Day by day")
    assert table.count() == 0
    busy.page.locator("section[aria-labelledby=days] summary").focus()
    keys.press("Enter")
    assert table.count() == 1
    assert table.is_visible()
    keys.press("Tab")
    assert busy.run("document.activeElement.getAttribute('role')") == "group"
    assert busy.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("name", ["busy", "hostile"])
def test_the_page_prints_in_full_and_light(opened: dict[str, browsers.Looked], name: str) -> None:
    """On paper nothing is cut off, whatever theme the screen has; what was opened is printed."""
    seen = anew(opened[name])
    seen.run(OPEN_ALL)
    seen.page.set_viewport_size({"width": PAPER, "height": 1000})
    seen.page.emulate_media(media="print", color_scheme="dark")
    assert seen.run(CLIPPED) == []
    assert seen.run(OVERFLOW) == []
    assert seen.run("getComputedStyle(document.body).color") == "rgb(27, 32, 39)"
    assert not seen.page.get_by_role("navigation").is_visible()


def test_the_page_becomes_paper(busy: browsers.Looked) -> None:
    """A file of a few pages."""
    pdf = busy.page.pdf(format="A4")
    assert pdf.startswith(b"%PDF-")
    assert 5 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 15
