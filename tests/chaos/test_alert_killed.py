"""Alerts of a run that is killed at any moment arrive, and at most once more for each kill."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chaos.desk import MINUTE_MS, Desk, Maker, kill_after, now_ms, rounds, seeded
from chaos.oracle import assert_complete
from triage.sandbox.state import State, fresh

pytestmark = pytest.mark.enable_socket

ROUNDS = rounds(2, 1 / 6)
KILLED = -9
POLLS = 3_000
AGES = {"ana": 180, "bo": 120, "carla": 70, "dee": 50, "eve": 1}
"""How long ago who complained, minutes: all but eve are overdue or due soon."""
EXPECTED = {("ana", "breach"), ("bo", "breach"), ("carla", "breach"), ("dee", "warning")}
NOTIFY = """\
import os, pathlib, sys, time
here = pathlib.Path(__file__).parent
told = sys.stdin.buffer.read()
(here / "pid").write_text(str(os.getpid()))
(here / "pid").rename(here / "begun")
while (here / "wait").exists():
    time.sleep(0.01)
file = os.open(here / "told", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
os.write(file, told + b"\\n")
(here / "done").touch()
while (here / "stay").exists():
    time.sleep(0.01)
"""
"""An alert_command: it keeps what it is told, and waits where a test wants it to.

It is a process of its own: it can only look again and again, and sleeps in between.
"""

Alert = tuple[str, str]
"""Whom it is about, and its level."""


def complaints() -> State:
    """A small X on which five customers complained."""
    state = fresh()
    for name, age in AGES.items():
        text = f"@acme my order never arrived and nobody answers, says {name}"
        state.add_post(state.add_user(name), text, at_ms=now_ms() - age * MINUTE_MS)
    return state


@pytest.fixture
def desk(make_desk: Maker, tmp_path: Path) -> Iterator[Desk]:
    """A desk that has fetched nothing, with a command that is told."""
    script = tmp_path / "notify.py"
    script.write_text(NOTIFY)
    command = json.dumps([sys.executable, "-S", str(script)])
    made = make_desk(complaints(), settings=f"[alerts]\nalert_command = {command}\n")
    yield made
    for name in ("wait", "stay"):
        flag(made, name).unlink(missing_ok=True)


def flag(desk: Desk, name: str) -> Path:
    """A file by which the test and the command talk."""
    return desk.root.parent / name


def told(desk: Desk) -> list[list[Alert]]:
    """What has arrived: the alerts of each message."""
    file = flag(desk, "told")
    lines = file.read_text().splitlines() if file.exists() else []
    return [[(i["customer"], i["level"]) for i in json.loads(line)["items"]] for line in lines]


def arrivals(desk: Desk) -> Counter[Alert]:
    """How often each alert has arrived."""
    return Counter(alert for message in told(desk) for alert in message)


def wait_for(path: Path, process: subprocess.Popen[str]) -> bool:
    """Wait until a file is there; False if the process ended without it."""
    pause = threading.Event()
    for _ in range(POLLS):
        if path.exists():
            return True
        if process.poll() is not None:
            return path.exists()
        pause.wait(0.01)
    raise AssertionError(f"{path.name} never came")


def let_it_end(desk: Desk) -> None:
    """A command outlives whoever started it: wait until none is left."""
    script = str(flag(desk, "notify.py"))
    pause = threading.Event()
    for _ in range(POLLS):
        listed = subprocess.run(
            ["ps", "-A", "-o", "args="], capture_output=True, check=True, text=True
        )
        if script not in listed.stdout:
            return
        pause.wait(0.01)
    raise AssertionError("the command does not end")


def clear(desk: Desk) -> None:
    """Forget the files of a run."""
    for name in ("begun", "done"):
        flag(desk, name).unlink(missing_ok=True)


def fetch_quietly(desk: Desk) -> None:
    """Fetch under a configuration without alerts."""
    config = desk.root / "config.toml"
    text = config.read_text()
    config.write_text(text.partition("[alerts]")[0])
    assert desk.run_here("fetch").code == 0
    config.write_text(text)


def kill_both(desk: Desk, process: subprocess.Popen[str]) -> None:
    """Kill a run and the command that it has started, as when the machine goes down."""
    assert wait_for(flag(desk, "begun"), process)
    os.kill(int(flag(desk, "begun").read_text()), signal.SIGKILL)
    process.kill()
    assert desk.end(process).code == KILLED
    flag(desk, "wait").unlink()


def finish(desk: Desk) -> None:
    """Run it as a cron would until all is well, and see that there is no more to tell then."""
    clear(desk)
    desk.fetch_to_the_end()
    assert desk.run_here("alert") == (0, "", "")
    before = told(desk)
    assert desk.run_here("fetch").code == 0
    assert told(desk) == before


def assert_told(desk: Desk, kills: int) -> None:
    """Each alert arrived, and more than once at most for each kill; the store is sound."""
    counted = arrivals(desk)
    assert set(counted) == EXPECTED
    assert max(counted.values()) <= 1 + kills, counted
    states = desk.rows("SELECT state, count(*) AS n FROM delivery GROUP BY state")
    assert states == [{"state": "sent", "n": len(EXPECTED)}]
    acts = desk.rows("SELECT conversation_id, after FROM activity WHERE what = 'alert'")
    assert len(acts) == len(EXPECTED)
    assert_complete(desk)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_killed_run_loses_no_alert(desk: Desk, seed: int) -> None:
    """`fetch` and `alert`, killed at seeded moments of one to three runs."""
    rng = seeded(seed)
    kills, commands = 0, ["fetch"]
    if rng.random() < 0.5:
        # What is fetched already leaves the whole run to the alerts.
        fetch_quietly(desk)
        commands.append("alert")
    for _ in range(rng.choice((1, 1, 2, 3))):
        clear(desk)
        process = desk.start(rng.choice(commands))
        kill(desk, process, rng)
        ran = desk.end(process)
        assert ran.code in (KILLED, 0), ran
        kills += ran.code == KILLED
        let_it_end(desk)
    finish(desk)
    assert_told(desk, kills)


def kill(desk: Desk, process: subprocess.Popen[str], rng: random.Random) -> None:
    """By time, or by how far the command has come."""
    sort = rng.randrange(4)
    if sort == 0:
        kill_after(process, rng.uniform(0.1, 1.5))
        return
    if wait_for(flag(desk, "begun" if sort == 1 else "done"), process):
        kill_after(process, rng.choice((0.0, rng.uniform(0, 0.05))))


def test_an_undisturbed_run_tells_each_once(desk: Desk) -> None:
    """In one message, without a word on the screen, complaints by their due times."""
    assert desk.run("fetch") == (0, "", "")
    (message,) = told(desk)
    assert message == [("ana", "breach"), ("bo", "breach"), ("carla", "breach"), ("dee", "warning")]
    finish(desk)
    assert_told(desk, 0)


@pytest.mark.chaos
def test_killed_before_the_command_took_it(desk: Desk) -> None:
    """The command lives on and takes it, but nobody is there to note it: it comes once more."""
    flag(desk, "wait").touch()
    process = desk.start("fetch")
    assert wait_for(flag(desk, "begun"), process)
    process.kill()
    assert desk.end(process).code == KILLED
    assert desk.rows("SELECT DISTINCT state FROM delivery") == [{"state": "sending"}]
    flag(desk, "wait").unlink()
    let_it_end(desk)
    finish(desk)
    assert_told(desk, 1)
    assert [len(message) for message in told(desk)] == [len(EXPECTED)] * 2
    ids = {json.loads(line)["id"] for line in flag(desk, "told").read_text().splitlines()}
    assert len(ids) == 1, "the target can tell that it is the same"


@pytest.mark.chaos
def test_killed_together_with_the_command(desk: Desk) -> None:
    """Nothing has arrived, and all of it comes with the next run."""
    flag(desk, "wait").touch()
    kill_both(desk, desk.start("fetch"))
    assert told(desk) == []
    finish(desk)
    assert_told(desk, 0)


@pytest.mark.chaos
def test_answered_after_the_kill(desk: Desk) -> None:
    """What was on its way to a dead run is not told any more of whom somebody answered."""
    flag(desk, "wait").touch()
    kill_both(desk, desk.start("fetch"))
    assert desk.run_here("close", "1", "--as", "spam").code == 0
    (gone,) = desk.rows(
        "SELECT c.handle FROM conversation t JOIN customer c ON c.id = t.customer_id WHERE t.id = 1"
    )
    finish(desk)
    assert {name for name, _ in arrivals(desk)} == set(AGES) - {"eve", gone["handle"]}
    states = desk.rows("SELECT state, count(*) AS n FROM delivery GROUP BY state ORDER BY state")
    assert states == [{"state": "moot", "n": 1}, {"state": "sent", "n": 3}]


@pytest.mark.thin(3)
@pytest.mark.chaos
@pytest.mark.parametrize("words", [("alert", "alert"), ("fetch", "alert"), ("fetch", "fetch")])
def test_two_runs_at_once_deliver_once(desk: Desk, words: tuple[str, str]) -> None:
    """Whoever comes second is told that it is busy, or finds nothing to do."""
    fetch_quietly(desk)
    flag(desk, "stay").touch()
    first = desk.start(words[0])
    assert wait_for(flag(desk, "done"), first)
    second = desk.end(desk.start(words[1]))
    assert second.code == (75 if words[1] == "alert" else 0), second
    assert ("Another alert is running." in second.err) == (words[1] == "alert")
    flag(desk, "stay").unlink()
    assert desk.end(first).code == 0
    finish(desk)
    assert_told(desk, 0)


@pytest.mark.chaos
def test_many_at_the_same_moment_deliver_once(desk: Desk) -> None:
    """Eight at a time; each ends well, or says that another is at it."""
    fetch_quietly(desk)
    started = [desk.start("alert") for _ in range(8)]
    codes = {desk.end(process).code for process in started}
    assert codes <= {0, 75}
    finish(desk)
    assert_told(desk, 0)


@pytest.mark.chaos
def test_alerts_go_out_while_a_fetch_is_running(desk: Desk) -> None:
    """Each has a lock of its own: a fetch that hangs does not silence them, nor the reverse."""
    fetch_quietly(desk)
    with lock_held(desk, "fetch"):
        ran = desk.run_here("alert")
        assert (ran.code, ran.err) == (0, "")
        assert set(arrivals(desk)) == EXPECTED
    # As to a target that is new.
    desk.change("DELETE FROM delivery")
    flag(desk, "told").unlink()
    with lock_held(desk, "alert"):
        assert desk.run_here("fetch") == (0, "", "")
        assert told(desk) == []
    assert desk.run_here("fetch") == (0, "", "")
    assert set(arrivals(desk)) == EXPECTED


@contextmanager
def lock_held(desk: Desk, what: str) -> Iterator[None]:
    """Be the one who does it."""
    with Path(f"{desk.db}.{what}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
