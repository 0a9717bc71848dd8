"""A run that is told to stop, by a time limit, a closed terminal or a person, ends in order."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from chaos.desk import Desk, Maker, complaints, published, rounds, seeded
from chaos.lives import (
    LIVES,
    TEXT,
    StepsOf,
    assert_healed,
    assert_nothing_lost,
    moment,
    names,
    start,
)
from chaos.oracle import assert_complete
from counted import Count
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.wire import Request
from triage.store.lock import holder

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

ROUNDS = rounds(2, 1 / 6)
CODES = {"SIGTERM": 143, "SIGHUP": 129, "SIGINT": 130}
"""What a shell says of a program that a signal stopped."""
EARLY = {0, -signal.SIGTERM, -signal.SIGHUP}
"""Before it was set up, when nothing was done yet; or after all was done."""


def is_create(request: Request) -> bool:
    """Whether it is the request that posts."""
    return request.method == "POST"


def assert_free(desk: Desk) -> None:
    """Nobody holds a lock."""
    for what in ("fetch", "send"):
        assert holder(desk.db.with_name(f"{desk.db.name}.{what}.lock")) is None


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_stopped_at_any_step(make_desk: Maker, steps_of: StepsOf, count: Count, seed: int) -> None:
    """One line at most, the code of the signal, the lock free, what was stored kept; it heals."""
    rng = seeded(~seed)
    living = names()[seed % len(names())]
    life = LIVES[living]
    name = rng.choice(list(CODES))
    counted = dict(steps_of(living))
    if name == "SIGINT":
        del counted["file"]  # the first of them is made before the program begins
    when = moment(rng, counted, name)
    desk = life.before(make_desk)
    ran = start(desk, life, *when)
    assert ran.code in {CODES[name]} | EARLY, (when, ran)
    assert len(ran.err.splitlines()) <= 1, (when, ran)
    count("stopped by a signal", ran.code != 0)
    assert_free(desk)
    assert_nothing_lost(desk)
    assert_healed(desk, life)


def stop_at(
    desk: Desk, process: subprocess.Popen[str], name: str, wanted: Callable[[Request], bool]
) -> None:
    """Send the signal as the first request arrives that is wanted."""

    def arrived(_number: int, request: Request) -> None:
        if wanted(request):
            desk.server.watch()
            process.send_signal(signal.Signals[name])

    desk.server.watch(arrived=arrived)


@pytest.mark.parametrize(
    ("name", "accepted"),
    [("SIGTERM", True), ("SIGTERM", False), ("SIGHUP", True), ("SIGINT", False)],
)
def test_stopped_while_a_reply_is_in_the_air(desk: Desk, name: str, accepted: bool) -> None:
    """It is locked as unknown at once, and the next fetch tells what became of it."""
    parent = complaints(desk.server)[0].id
    desk.server.fail(Rule("create", Kind.HANG_AFTER if accepted else Kind.HANG))
    desk.settings = 'timeout = "20s"\n'
    desk.point_to(desk.server.base_url)
    process = desk.start("reply", parent, TEXT, "-y")
    stop_at(desk, process, name, is_create)
    ran = desk.end(process)
    desk.server.watch()
    assert ran.code == CODES[name], ran
    assert len(ran.err.splitlines()) == 1
    assert "Traceback" not in ran.err
    (row,) = desk.replies()
    assert (row["state"], row["text"]) == ("unknown", TEXT)
    assert_free(desk)
    desk.fetch_to_the_end()
    (row,) = desk.replies()
    assert row["state"] == ("sent" if accepted else "unknown")
    assert len(published(desk.server, TEXT, parent)) == int(accepted)
    assert_complete(desk)


def test_a_cron_is_told_in_one_line(desk: Desk) -> None:
    """What stopped it, that nothing is lost, and the code."""
    desk.server.fail(Rule("mentions", Kind.HANG))
    process = desk.start("fetch")
    stop_at(desk, process, "SIGTERM", lambda request: "/mentions" in request.target)
    ran = desk.end(process)
    assert ran.code == 143
    assert ran.err == (
        "triage: Stopped by SIGTERM. What was stored is kept; the next fetch goes on from there. "
        "(exit 143)\n"
    )
    desk.server.watch()
    desk.fetch_to_the_end()
    assert_complete(desk)


def test_nohup_is_respected(desk: Desk) -> None:
    """A run that was told to outlive its terminal does."""
    script = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    script += "os.execv(sys.executable, [sys.executable, '-m', 'triage', *sys.argv[1:]])"
    process = desk.start("fetch", program=(sys.executable, "-c", script))
    stop_at(desk, process, "SIGHUP", lambda _: True)
    assert desk.end(process) == (0, "", "")
