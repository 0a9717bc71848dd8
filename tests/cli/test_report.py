"""`triage report`: figures of a period, on one screen and for machines."""

from __future__ import annotations

import csv
import io
import json
import os
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from builders import START, Desk
from screens import Runner, assert_golden
from triage.core.model import DAY
from triage.core.report.line import Dimension


def _items(out: str) -> dict[str, dict[str, Any]]:
    return {item["kind"]: item for item in json.loads(out)["items"]}


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.usefixtures("busy")
def test_screen(run: Runner, width: int) -> None:
    """One screen, nothing cut, at every width; it says what to do, and stderr says nothing."""
    ran = run("report", tty=True, width=width)
    assert (ran.code, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= width
    assert ran.out.count("\n") < (24 if width >= 60 else 36)
    said = " ".join(ran.out.split())
    assert "1 person is overdue" in said
    assert "triage queue --overdue" in said
    assert_golden(f"report-{width}", ran.out)


@pytest.mark.usefixtures("busy")
def test_details(run: Runner) -> None:
    """--full has every section, --by a table of its own, and neither is the first screen."""
    full, split, first = (
        run("report", *words, tty=True).out for words in (["--full"], ["--by", "day"], [])
    )
    for head in ("ANSWERS", "LATE BY", "DAY", "HOUR", "WHO ANSWERED", "WHO WROTE"):
        assert head in full
        assert head not in first
    assert split.splitlines()[2].startswith("DAY")
    assert split.splitlines()[-1].startswith("all")
    assert "Mon 2 Mar" in split


@pytest.mark.usefixtures("busy")
def test_json(run: Runner) -> None:
    """Seconds end in `_s`, a share is a fraction, and what is undefined is null."""
    ran = run("report", "--json")
    document = json.loads(ran.out)
    assert document["period"] == {
        "from_at": "2026-02-23T09:00:00Z",
        "to_at": "2026-03-02T09:00:00Z",
    }
    assert document["as_of_at"] == "2026-03-02T09:00:00Z"
    assert document["previous"] is None
    items = _items(ran.out)
    assert list(items) == ["complaint", "question", "other", "praise", "all"]
    complaint, question = items["complaint"], items["question"]
    assert (complaint["waits"], complaint["answered"], complaint["outside"]) == (3, 1, 1)
    assert (complaint["open"], complaint["overdue"]) == (2, 1)
    assert (complaint["met"], complaint["within_sla"]) == (1, 0.5)
    assert complaint["median_s"] == complaint["p90_s"] == 1800
    assert (question["missed"], question["within_sla"], question["median_s"]) == (1, 0, 5 * 3600)
    assert items["praise"]["mentions"] == 1
    assert items["praise"]["within_sla"] is None
    assert items["praise"]["median_s"] is None
    assert items["all"]["mentions"] == 6
    assert ran.err == ""


@pytest.mark.usefixtures("busy")
def test_pipe_and_csv(run: Runner) -> None:
    """A pipe gets tab-separated lines without a header, --csv the same with one."""
    piped = [line.split("\t") for line in run("report").out.splitlines()]
    table = list(csv.reader(io.StringIO(run("report", "--csv").out)))
    assert [row[0] for row in piped] == ["complaint", "question", "other", "praise", "all"]
    assert table[1:] == piped
    assert table[0][:3] == ["kind", "mentions", "waits"]


@pytest.mark.usefixtures("busy")
def test_period(run: Runner) -> None:
    """Only waits that began within the period count; a day given with --to is a whole day."""
    assert _items(run("report", "--json", "--since", "4h").out)["all"]["waits"] == 3
    day = run("report", "--json", "--from", "2026-03-02", "--to", "2026-03-02")
    assert json.loads(day.out)["period"]["to_at"] == "2026-03-03T00:00:00Z"
    assert _items(day.out)["all"]["waits"] == 5
    before = run("report", "--json", "--from", "2026-03-01", "--to", "2026-03-01")
    assert _items(before.out)["all"]["waits"] == 0
    exact = run("report", "--json", "--from", "2026-03-02T04:00", "--to", "2026-03-02T04:00:01")
    assert _items(exact.out)["complaint"]["waits"] == 1


def test_days_are_those_of_the_settings(desk: Desk, run: Runner) -> None:
    """A day begins at midnight where the brand is."""
    from triage.core.policy import Settings

    with desk.store.tx():
        desk.store.settings.apply(Settings(time_zone="Europe/Madrid"), "x", "ana", START)
    desk.now += 40 * DAY
    ran = run("report", "--json", "--from", "2026-03-29", "--to", "2026-03-29")
    assert json.loads(ran.out)["period"] == {
        "from_at": "2026-03-28T23:00:00Z",
        "to_at": "2026-03-29T22:00:00Z",  # 23 hours: the clock changes
    }


def test_days_are_those_of_the_only_account(desk: Desk, run: Runner) -> None:
    """Where an account has a zone of its own, its day counts, and the report says whose it is."""
    from triage.core.policy import Settings

    made = Settings(time_zone="Europe/Madrid", account_zones={"acme": "Asia/Tokyo"})
    with desk.store.tx():
        desk.store.settings.apply(made, "x", "ana", START)
    told = json.loads(run("report", "2026-03-01", "--json").out)
    assert told["time_zone"] == "Asia/Tokyo"
    assert told["period"]["from_at"] == "2026-02-28T15:00:00Z"
    with desk.store.tx():
        desk.store.accounts.add(desk.brand_id, "memory", "acmehelp", "2", START)
    told = json.loads(run("report", "2026-03-01", "--json").out)
    assert told["time_zone"] == "Europe/Madrid"
    told = json.loads(run("report", "2026-03-01", "--json", "--account", "acme").out)
    assert told["time_zone"] == "Asia/Tokyo"


BAD_WORDS = (
    ("--since", "7"),
    ("--since", "7d", "--from", "2026-03-01"),
    ("--to", "2026-03-01"),
    ("--from", "yesterday"),
    ("--from", "2026-13-01"),
    ("--from", "2026-03-02", "--to", "2026-02-01"),
    ("--week", "--month"),
    ("--week", "2026-03"),
    ("2026-W10", "--since", "1d"),
    ("2027-01",),
    ("--compare", "last"),
    ("--by", "dya"),
    ("--of", "mised"),
    ("--csv", "--tsv"),
    ("--json", "--md"),
    ("--csv", "--html", "-"),
    ("--json", "--open"),
    ("--html", "-", "--open"),
    ("--ids", "--md"),
    ("--of", "open", "--html", "-"),
    ("--ids", "--full"),
)


@pytest.mark.usefixtures("busy")
def test_bad_words(run: Runner) -> None:
    """What makes no sense, or two things at once, is a usage error that names the flag."""
    for words in BAD_WORDS:
        ran = run("report", *words)
        assert (ran.code, ran.out) == (2, ""), words
        assert any(word in ran.err for word in words) or "The period" in ran.err, words


@pytest.mark.usefixtures("busy")
def test_nearest_word(run: Runner) -> None:
    """What is nearly a dimension or a figure is guessed, and what is not is told all of them."""
    assert "Did you mean day?" in run("report", "--by", "Dya").err
    assert "Did you mean overdue?" in run("report", "--of", "overdu").err
    assert "Known: kind, day, hour" in run("report", "--by", "zzz").err


def test_one_account(busy: Desk, run: Runner) -> None:
    """--account leaves out what other accounts were asked; an unknown one is refused."""
    with busy.store.tx():
        busy.store.accounts.add(busy.brand_id, "memory", "acmehelp", "2", START)
    assert _items(run("report", "--json", "--account", "acme").out)["all"]["mentions"] == 6
    assert _items(run("report", "--json", "--account", "acmehelp").out)["all"]["mentions"] == 0
    assert run("report", "--account", "nobody").code == 2


@pytest.mark.usefixtures("desk")
def test_nobody_wrote(run: Runner) -> None:
    """An empty period is no failure and shares are undefined, not 0 or 100 %."""
    ran = run("report", tty=True)
    assert ran.code == 0
    assert "Nobody wrote in this period." in ran.out
    assert "%" not in ran.out


def test_compared(busy: Desk, run: Runner) -> None:
    """The same days before stand beside it, everywhere."""
    busy.now += DAY
    words = ("report", "2026-03-03", "--compare", "previous")
    told = json.loads(run(*words, "--json").out)
    assert told["items"][-1]["waits"] == 0
    assert told["previous"]["period"] == {
        "from_at": "2026-03-02T00:00:00Z",
        "to_at": "2026-03-03T00:00:00Z",
    }
    assert told["previous"]["items"][-1]["waits"] == 5
    assert told["previous"]["previous"] is None
    screen = run(*words, tty=True).out
    assert [line.split()[:3] for line in screen.splitlines() if line.startswith("before")] == [
        ["before", "6", "5"]
    ]


@pytest.mark.usefixtures("busy")
def test_splits(run: Runner) -> None:
    """Every dimension gives lines that begin with their keys, and the total at the end."""
    for name in (dimension.value for dimension in Dimension):
        told = json.loads(run("report", "--by", name, "--json").out)
        assert told["by"] == name
        *lines, total = told["items"]
        assert lines, name
        assert total[name] == "all"
        assert sum(line["waits"] for line in lines) == total["waits"] == 5, name
        piped = run("report", "--by", name).out.splitlines()
        assert [row.split("\t")[0] for row in piped] == [item[name] for item in told["items"]]


@pytest.mark.usefixtures("busy")
def test_tsv_on_a_terminal(run: Runner) -> None:
    """--tsv gives there what a pipe gets."""
    assert run("report", "--tsv", tty=True).out == run("report").out


def test_page(busy: Desk, run: Runner, tmp_path: Path) -> None:
    """A whole page in a file that nobody else may read; said on stderr, and replaced next time."""
    file = tmp_path / "report.html"
    file.write_text("old")
    ran = run("report", "--html", str(file), tty=True)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.split() == ["The", "page", "is", str(file)]
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert file.stat().st_mode & 0o777 == 0o600
    assert [f.name for f in tmp_path.glob("*report*")] == ["report.html"]
    assert run("report", "--html", "-").out == page
    assert run("report", "--html", str(tmp_path)).code == 0, "a folder: report.html in it"
    assert run("report", "--html", str(file)).err == ""
    assert busy.db.exists()


@pytest.mark.usefixtures("busy")
def test_page_nowhere(run: Runner, tmp_path: Path) -> None:
    """A folder is not made for a typing error, and nothing is left behind."""
    ran = run("report", "--html", str(tmp_path / "nowhere" / "r.html"))
    assert (ran.code, ran.out) == (2, "")
    assert "There is no folder" in ran.err
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.usefixtures("busy")
def test_a_page_replaces_nothing_but_files(run: Runner, tmp_path: Path) -> None:
    """A pipe or a device stays what it is, and it is said how to write there."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ran = run("report", "--html", str(pipe))
    assert (ran.code, pipe.is_fifo()) == (2, True)
    assert "is no file" in ran.err
    assert "--html -" in ran.err


@pytest.mark.usefixtures("busy")
def test_a_period_without_length(run: Runner) -> None:
    """It is said what it is; nobody who typed --since is told to swap what they did not type."""
    ran = run("report", "--since", "0d")
    assert ran.code == 2
    assert "The period has no length" in ran.err
    assert "Swap" not in ran.err


@pytest.mark.usefixtures("busy")
def test_page_in_a_browser(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """--open shows the page beside our own state, where there is a window; else it says so."""
    opened: list[str] = []

    def browse(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", browse)
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    refused = run("report", "--open")
    assert (refused.code, opened) == (0, [])
    assert "no browser with a window here" in refused.err
    monkeypatch.setenv("DISPLAY", ":0")
    assert run("report", "--open").code == 0
    page = Path(opened[0].removeprefix("file://"))
    assert page.name == "report.html"
    assert page.parent.name == "triage"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert str(page) in refused.err
