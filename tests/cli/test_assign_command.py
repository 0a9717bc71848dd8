"""`triage assign`, and whose the lines of the queue are."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from builders import Desk
from engines import sqlite_only
from screens import Runner, assert_golden
from triage.app import claiming
from triage.app.assigning import assign
from triage.core.claims import LEASE
from triage.store.engine import Lite, Params, Row

ANA, BO, FINN = 3, 4, 6
HOSTILE = "knows \x1b[2J\x1b]52;c;b3duZWQ=\x07it \u202egnp\u202c [red]x[/red]"


def give(desk: Desk, number: int, to: str, by: str = "bo", why: str = "") -> None:
    """Somebody gives a conversation to somebody, at their terminal."""
    assign(desk.store, desk.conversation(number), to, by, desk.now, why)


@pytest.fixture
def shared(busy: Desk) -> Desk:
    """Ana's order is bo's, finn is ana's and claimed by bo, bo's question is nobody's."""
    give(busy, ANA, "bo", why="knows the carrier")
    give(busy, FINN, "ana", by="ana")
    claiming.claim(busy.store, busy.conversation(FINN), "bo", busy.now, LEASE)
    return busy


def ids(out: str) -> list[int]:
    """The conversations of some lines."""
    return [int(line.split("\t")[0]) for line in out.splitlines()]


def test_to_me_to_somebody_to_nobody(busy: Desk, run: Runner) -> None:
    """What it is now, what it was, and the way back."""
    busy.now += 1
    ran = run("assign", "3", "me", tty=True)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "#3 is yours now.      back: triage undo 3\n"
    assert run("assign", "3", "me", tty=True).err == "#3 is yours already.\n"
    ran = run("assign", "3", "bo", "--new", "-m", "knows the carrier", tty=True)
    assert ran.err == "#3 is bo's now; it was yours.      back: triage undo 3\n"
    ran = run("assign", "3", "none", "--json")
    assert json.loads(ran.out)["items"] == [{"id": 3, "assigned": None, "before": "bo"}]
    assert run("assign", "3", "none", tty=True).err == "#3 is nobody's already.\n"


@pytest.mark.usefixtures("shared")
def test_a_name_that_nobody_has(run: Runner) -> None:
    """A mistyped name would leave the customer to nobody: it is told, with how to mend it."""
    ran = run("assign", "4", "boo")
    assert ran.code == 1
    assert "Nobody called boo works here. Known: ana, bo. Did you mean bo?" in ran.err
    assert "--new" in ran.err
    assert run("assign", "4", "none", "--new").code == 2
    assert run("assign", "4", "\x1b[2J").code == 2
    assert run("assign", "99", "bo").code == 1
    assert json.loads(run("show", "4", "--json").out)["items"][0]["assignment"] is None


def test_a_name_of_the_configuration(busy: Desk, run: Runner, home: Path) -> None:
    """`agents` says who works here, before they have done anything."""
    assert busy.waiting()
    path = home / ".config" / "triage" / "config.toml"
    path.write_text('agents = ["carla"]\n' + path.read_text())
    assert run("assign", "4", "carla").code == 0
    assert "carla" in run("config", "show").out


@pytest.mark.usefixtures("shared")
def test_many_at_once(run: Runner) -> None:
    """A hand-over at the end of a shift: what the queue prints is piped in."""
    assert run("assign", "-", "bo", "-m", "I am off", keys=run("queue", "--mine").out).code == 0
    assert ids(run("queue", "--of", "bo").out) == [ANA, FINN]
    log = json.loads(run("log", "6", "--json").out)["items"]
    assert [(a["what"], a["before"], a["after"], a["detail"]) for a in log if a["after"]] == [
        ("assign", None, "ana", ""),
        ("assign", "ana", "bo", "I am off"),
    ]


@pytest.mark.usefixtures("shared")
def test_mine_of_and_unassigned(run: Runner) -> None:
    """Mine is what is assigned to me and what I am at; likewise of somebody else."""
    assert ids(run("queue", "--mine").out) == [FINN]
    assert ids(run("queue", "--of", "me").out) == [FINN]
    assert ids(run("queue", "--of", "bo").out) == [ANA, FINN]
    assert ids(run("queue", "--unassigned").out) == [BO]
    assert ids(run("queue", "--unclaimed").out) == [ANA, BO]
    assert ids(run("queue", "--unclaimed", "--unassigned").out) == [BO]
    for odd in (("--of", "bo", "--mine"), ("--of", "none")):
        assert run("queue", *odd).code == 2
    assert run("queue", "--of", "boo").code == 1
    nobody = run("queue", "--of", "ana", "--kind", "praise", tty=True)
    assert nobody.err.endswith("Nobody like that is waiting.\n")
    shown = run("queue", "--of", "bo", "-L", "1", tty=True)
    assert "1 more: triage queue --of bo -L 2" in shown.err


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.usefixtures("shared")
def test_queue(run: Runner, width: int) -> None:
    """Beside the clock: who is at it, else whose it is."""
    assert_golden(f"queue-assigned-{width}", run("queue", tty=True, width=width).out)


@pytest.mark.usefixtures("shared")
def test_queue_for_scripts(run: Runner) -> None:
    """JSON and CSV say whose it is behind all the rest; what a pipe gets is what it was."""
    items = json.loads(run("queue", "--json").out)["items"]
    assert {i["id"]: (i["assignee"], i["assigned"]) for i in items} == {
        ANA: ("", "bo"),
        FINN: ("bo", "ana"),
        BO: ("", ""),
    }
    rows = list(csv.DictReader(run("queue", "--csv").out.splitlines()))
    assert [row["assigned"] for row in rows] == ["bo", "ana", ""]
    assert {len(line.split("\t")) for line in run("queue").out.splitlines()} == {17}


@sqlite_only("listens to the engine of a file")
def test_a_pipe_does_not_pay_for_it(shared: Desk, run: Runner) -> None:
    """The piped queue asks nothing of assignments unless a flag does."""
    assert shared.waiting()
    query, asked = Lite.query, []

    def heard(self: Lite, sql: str, params: Params | None = None) -> list[Row]:
        asked.append(sql)
        return query(self, sql, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lite, "query", heard)
        assert run("queue").code == 0
        assert asked
        assert not [sql for sql in asked if "assignment" in sql]
        run("queue", "--unassigned")
        assert [sql for sql in asked if "assignment" in sql]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_show(shared: Desk, run: Runner, width: int) -> None:
    """Whose it is, by whom, and why."""
    assert shared.waiting()
    assert_golden(f"show-assigned-{width}", run("show", "3", tty=True, width=width).out)


@pytest.mark.usefixtures("shared")
def test_show_for_scripts(run: Runner) -> None:
    """An object, or nothing."""
    assert json.loads(run("show", "3", "--json").out)["items"][0]["assignment"] == {
        "agent": "bo",
        "by": "bo",
        "assigned_at": "2026-03-02T09:00:00Z",
        "reason": "knows the carrier",
    }


@pytest.mark.usefixtures("shared")
def test_whoever_begins_to_answer_is_told(run: Runner) -> None:
    """On a terminal, before anything is typed; it keeps nobody from answering."""
    ran = run("reply", "3", "Sorry!", tty=True, keys="p\n")
    assert "#3 is assigned to bo (bo: knows the carrier)." in ran.err
    assert run("reply", "3", "Sorry!", "-y").code == 0
    assert "assigned" not in run("reply", "6", "Sorry!", tty=True, keys="q\n").err


def test_hostile_words(busy: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason and a name reach a screen, a pipe and a log cleaned."""
    give(busy, ANA, "b\x1b]0;x\x07o", why=HOSTILE)
    monkeypatch.setenv("TRIAGE_AGENT", "e\x1b[2Jve")
    for words in (("show", "3"), ("log",), ("queue",), ("queue", "--mine"), ("assign", "3", "me")):
        for tty in (True, False):
            ran = run(*words, tty=tty)
            assert not {"\x1b", "\x07", "\u202e"} & set(ran.out.replace("\x1b[0m", "") + ran.err)
