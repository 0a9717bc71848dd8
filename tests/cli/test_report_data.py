"""A report as data: JSON holds all of it, rows hold the lines, and waits come one by one."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from builders import Desk
from report_sample import hostile_report, sample_report
from screens import Runner
from triage.cli.output import Format, iso
from triage.cli.report_data import write_json, write_lines
from triage.core.model import DAY, HOUR
from triage.core.report.line import FIGURES
from triage.core.report.lines import Lines
from triage.core.report.model import Report


def _json(report: Report, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    write_json(report)
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_json_holds_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing of the report is left out, and the period before is told the same way."""
    report = sample_report()
    told = _json(report, capsys)
    assert told["schema"] == 1
    for name in ("missed", "days", "hours", "themes", "agents", "customers", "turned", "advice"):
        assert len(told[name]) == len(getattr(report, name)) > 0
    assert told["reopened"] == list(report.reopened)
    assert len(told["items"]) == len(report.lines) + 1
    assert told["items"][:-1] == told["kinds"], "they are split by kind here"
    assert set(told["previous"]) == set(told) - {"schema"}
    assert told["previous"]["items"][-1]["mentions"] == 1190
    assert told["fetching"]["gaps"][1] == {
        "account": "acmehelp",
        "stream": "timeline",
        "from_at": None,
        "to_at": None,
        "found_at": "2026-03-13T01:10:00Z",
        "about": None,
    }


def test_json_is_exact(capsys: pytest.CaptureFixture[str]) -> None:
    """Spans are seconds, times are UTC, and every figure leads to its conversations."""
    report = sample_report()
    told = _json(report, capsys)
    complaint = told["items"][0]
    assert complaint["first"]["seen"] == {
        "n": 135,
        "median_s": 4380.0,
        "p90_s": 4380.0 * 3.4,
        "p95_s": 4380.0 * 5.2,
        "slowest_s": 4380.0 * 11,
        "quartile_1_s": 4380.0 * 0.45,
        "quartile_3_s": 4380.0 * 1.9,
    }
    assert complaint["median_s"] == complaint["first"]["seen"]["median_s"]
    assert complaint["within_sla"] == 162 / (162 + 19 + 3)
    assert {name: len(ids) for name, ids in complaint["ids"].items()} == {
        name: complaint[name] for name in FIGURES if complaint[name]
    }
    other = told["items"][2]
    assert (other["lasting_s"], other["lasting_from_s"]) == (None, 88_200.0)
    assert told["missed"][0]["is_open"] is True
    assert told["missed"][0]["waiting_since_at"] == iso(report.missed[0].opened_at)
    short = told["days"][28]
    assert (short["day"], short["from_at"], short["to_at"]) == (
        "2026-03-29",
        "2026-03-28T23:00:00Z",
        "2026-03-29T22:00:00Z",
    )
    assert sum(day["mentions"] for day in told["days"]) == told["items"][-1]["mentions"]
    assert (told["turned"][0]["id"], told["turned"][0]["turned_at"][:10]) == (59, "2026-03-05")


def test_rows_say_what_json_says(capsys: pytest.CaptureFixture[str]) -> None:
    """The name of a column is the way through the document, joined by `_`."""
    report = sample_report()
    told = _json(report, capsys)["items"]
    write_lines(Lines(report.by, report.lines, report.total), Format.CSV)
    rows = _table(capsys.readouterr().out)
    assert len(rows) == len(told)
    for row, item in zip(rows, told, strict=True):
        nested = {
            f"{which}_{measure}_{span}": value
            for which in ("first", "next")
            for measure, spread in item[which].items()
            for span, value in spread.items()
        }
        for column, cell in row.items():
            value = item[column] if column in item else nested[column]
            assert cell == ("" if value is None else str(value)), column


def test_rows_are_safe_in_a_spreadsheet(capsys: pytest.CaptureFixture[str]) -> None:
    """No key runs as a formula or commands a terminal, and no row breaks."""
    report = hostile_report()
    write_lines(Lines(report.by, report.lines, report.total), Format.CSV)
    rows = _table(capsys.readouterr().out)
    assert len(rows) == len(report.lines) + 1
    for row in rows:
        assert None not in row
        assert not row["theme"].startswith(("=", "+", "-", "@"))
        assert "\x1b" not in row["theme"]
    write_lines(Lines(report.by, report.lines, report.total), Format.TSV)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(report.lines) + 1
    assert len({line.count("\t") for line in lines}) == 1


@pytest.mark.usefixtures("busy")
def test_waits(run: Runner) -> None:
    """A row for each wait of the period, oldest first, whatever it counts in."""
    rows = _table(run("report", "--ids", "--csv").out)
    assert [row["customer"] for row in rows] == ["dee", "carlos", "ana", "bo", "finn"]
    dee = rows[0]
    assert dee["figures"] == "waits answered outside missed"
    assert (dee["seen_s"], dee["is_met"], dee["outside"]) == (str(5.0 * 3600), "false", "true")
    assert (rows[2]["state"], rows[2]["is_met"], rows[2]["seen_s"]) == ("open", "", "")
    piped = [line.split("\t") for line in run("report", "--ids").out.splitlines()]
    assert piped == [list(row.values()) for row in rows]
    items = json.loads(run("report", "--ids", "--json").out)["items"]
    assert [item["id"] for item in items] == [int(row["id"]) for row in rows]
    assert items[0]["is_met"] is False


@pytest.mark.usefixtures("busy")
def test_every_figure_leads_to_its_waits(run: Runner) -> None:
    """--of lists as many waits as the report counts, and the conversations that JSON names."""
    total = json.loads(run("report", "--json").out)["items"][-1]
    for figure in FIGURES:
        rows = run("report", "--of", figure).out.splitlines()
        assert len(rows) == total[figure], figure
        ids = sorted({int(row.split("\t")[0]) for row in rows})
        assert ids == total["ids"].get(figure, []), figure


def test_waits_on_a_terminal(busy: Desk, run: Runner) -> None:
    """State, and how it stood to the promise, in words; ids go on to other commands."""
    lines = run("report", "--ids", tty=True).out.splitlines()
    assert lines[0].split() == ["ID", "KIND", "FROM", "BEGAN", "STATE", "WAITED", "WHO"]
    words = {line.split()[2]: line for line in lines[1:]}
    assert " late " in words["@dee"]
    assert " in time " in words["@carlos"]
    assert words["@ana"].split()[-2:] == ["overdue", "3h"], "so far"
    assert words["@dee"].split()[-4:-2] == ["late", "5h"]
    assert " open " in words["@bo"]
    for width in (40, 60, 120):
        assert (
            max(map(len, run("report", "--ids", tty=True, width=width).out.splitlines())) <= width
        )
    number = run("report", "--of", "overdue").out.split("\t")[0]
    assert busy.conversation(number).id == int(number)
    assert run("show", number).code == 0


def test_many_waits_come_in_batches(
    desk: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few are held at a time: every wait once, one header."""
    monkeypatch.setattr("triage.cli.output._BATCH", 2)
    for number in range(5):
        desk.write(f"c{number}", "@acme it is broken", ago=DAY + number * HOUR)
    desk.fetch()
    rows = _table(run("report", "--ids", "--csv").out)
    assert [row["customer"] for row in rows] == ["c4", "c3", "c2", "c1", "c0"]
    assert len(run("report", "--ids").out.splitlines()) == 5


@pytest.mark.usefixtures("desk")
def test_no_waits(run: Runner) -> None:
    """None is no failure: a header alone, nothing in a pipe, an empty list."""
    assert run("report", "--ids", "--csv").out.startswith("id,wait,figures,")
    assert run("report", "--ids").out == ""
    assert json.loads(run("report", "--of", "missed", "--json").out)["items"] == []
    ran = run("report", "--of", "missed", tty=True)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "No waits.\n"
