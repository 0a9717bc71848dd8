"""`triage report`: figures of a period, on one screen and for machines."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from builders import START, Desk
from screens import Runner, assert_golden
from triage.core.model import DAY, HOUR


def _items(out: str) -> dict[str, dict[str, Any]]:
    return {item["kind"]: item for item in json.loads(out)["items"]}


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.usefixtures("busy")
def test_screen(run: Runner, width: int) -> None:
    """One screen, nothing cut, at every width; the sentence says what to do."""
    ran = run("report", tty=True, width=width)
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= width
    assert len((ran.out + ran.err).splitlines()) < 24
    said = " ".join(ran.err.split())
    assert "1 is overdue; begin with them: triage queue --overdue" in said
    assert_golden(f"report-{width}", ran.out)


@pytest.mark.usefixtures("busy")
def test_json(run: Runner) -> None:
    """Seconds end in `_s`, a share is a fraction, and what is undefined is null."""
    ran = run("report", "--json")
    document = json.loads(ran.out)
    assert document["period"] == {
        "from_at": "2026-02-23T09:00:00Z",
        "to_at": "2026-03-02T09:00:00Z",
    }
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
    ran = run("report", "--json", "--from", "2026-03-29", "--to", "2026-03-29")
    assert json.loads(ran.out)["period"] == {
        "from_at": "2026-03-28T23:00:00Z",
        "to_at": "2026-03-29T22:00:00Z",  # 23 hours: the clock changes
    }


@pytest.mark.parametrize(
    "words",
    [
        ("--since", "7"),
        ("--since", "7d", "--from", "2026-03-01"),
        ("--to", "2026-03-01"),
        ("--from", "yesterday"),
        ("--from", "2026-13-01"),
        ("--from", "2026-03-02", "--to", "2026-02-01"),
    ],
)
@pytest.mark.usefixtures("busy")
def test_bad_periods(run: Runner, words: tuple[str, ...]) -> None:
    """A period that makes no sense is a usage error, in one line that names the flag."""
    ran = run("report", *words)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("triage: ")
    assert ran.err.count("\n") == 1


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
    assert "Nobody wrote in this period." in ran.err
    assert "%" not in ran.out


def test_all_answered(desk: Desk, run: Runner) -> None:
    """With nobody waiting, the sentence names where answers came too late."""
    asked = desk.write("bo", "@acme it is broken", ago=DAY)
    desk.write("acme", "@bo sorry", ago=DAY - 2 * HOUR, in_reply_to=asked.native_id)
    desk.fetch()
    ran = run("report", tty=True)
    said = " ".join(ran.err.split())
    assert "1 of 1 answers came too late, most of them to complaint mentions (1)." in said
