"""`triage team` on a screen and for scripts."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.app import claiming, replying
from triage.app.assigning import assign
from triage.app.claiming import Press
from triage.core.claims import LEASE
from triage.core.model import MINUTE

ANA, BO, FINN = 3, 4, 6


@pytest.fixture
def working(busy: Desk, home: Path) -> Desk:
    """Bo has two and is at one of them, eve has answered one, carla is new and ana looks on."""
    path = home / ".config" / "triage" / "config.toml"
    path.write_text('agents = ["carla"]\n' + path.read_text())
    for number in (ANA, BO):
        assign(busy.store, busy.conversation(number), "bo", "bo", busy.now)
    claiming.claim(busy.store, busy.conversation(BO), "bo", busy.now, LEASE)
    busy.now += 4 * MINUTE
    replying.send(busy.sender, busy.draft(FINN, "Done!", agent="eve").id, Press("eve"))
    return busy


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.usefixtures("working")
def test_screen(run: Runner, width: int) -> None:
    """The busiest first; idle is said in words."""
    ran = run("team", tty=True, width=width)
    assert_golden(f"team-{width}", ran.out + ran.err)


@pytest.mark.usefixtures("working")
def test_for_scripts(run: Runner) -> None:
    """The same rows in a pipe, as CSV and as JSON."""
    items = json.loads(run("team", "--json").out)["items"]
    assert items[0] == {
        "agent": "bo",
        "assigned": 2,
        "overdue": 1,
        "claimed": 1,
        "answered_today": 0,
        "load": 2,
        "idle": False,
        "last_act_at": "2026-03-02T09:00:00Z",
    }
    assert [(i["agent"], i["answered_today"], i["idle"]) for i in items[1:]] == [
        ("ana", 0, True),
        ("carla", 0, True),
        ("eve", 1, True),
    ]
    rows = [line.split("\t") for line in run("team").out.splitlines()]
    assert [row[0] for row in rows] == ["bo", "ana", "carla", "eve"]
    assert [r["agent"] for r in csv.DictReader(run("team", "--csv").out.splitlines())] == [
        row[0] for row in rows
    ]


@pytest.mark.usefixtures("busy")
def test_nobody_has_done_anything(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks is the team."""
    monkeypatch.setenv("TRIAGE_AGENT", "eve")
    assert len(json.loads(run("team", "--json").out)["items"]) == 1


@pytest.mark.parametrize("name", ["e\x1b[2Jve\u202e", "none", "me"])
@pytest.mark.usefixtures("busy")
def test_a_name_that_nobody_can_have(
    run: Runner, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One that cannot be shown, or that means others, is refused where it would be written."""
    monkeypatch.setenv("TRIAGE_AGENT", name)
    for words in (("team",), ("claim",), ("assign", "3", "me")):
        ran = run(*words, tty=True)
        assert (ran.code, ran.out) == (2, "")
        assert not {"\x1b", "\u202e"} & set(ran.err)
