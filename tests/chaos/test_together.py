"""Many processes on one store: one fetches, the others are told or wait, and replies go out."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading

import pytest

from chaos.desk import PATIENCE_S, Desk, Maker, Ran, complaints, published, waiting_customers
from chaos.lives import TEXT, due
from chaos.oracle import assert_complete, assert_private
from triage.sandbox.wire import Request

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

TEXTS = ("It left our house today.", "We send another one.", "Your money is on its way.")


@pytest.fixture
def crowd(make_desk: Maker) -> Desk:
    """Twelve customers, of whom three can be answered already; the others are new."""
    desk = make_desk(waiting_customers(3), settings="page_size = 5\n")
    assert desk.run_here("fetch").code == 0
    with desk.server.change() as state:
        for i in range(9):
            state.add_post(state.add_user(f"later{i}"), f"@acme where is parcel {i}?")
    return desk


def answer_three(desk: Desk) -> list[subprocess.Popen[str]]:
    """Start to answer the three, all at once."""
    parents = [p.id for p in complaints(desk.server)[:3]]
    return [
        desk.start("reply", parent, text, "-y") for parent, text in zip(parents, TEXTS, strict=True)
    ]


def assert_answered(desk: Desk, replies: list[subprocess.Popen[str]]) -> None:
    """Each reply went out once."""
    for ran in map(desk.end, replies):
        assert ran.code == 0, ran
        assert "locked" not in ran.err
    parents = [p.id for p in complaints(desk.server)[:3]]
    for parent, text in zip(parents, TEXTS, strict=True):
        assert len(published(desk.server, text, parent)) == 1


def assert_busy(ran: Ran, pid: int) -> None:
    """Told who is at it and since when, in one line."""
    assert ran.code == 75, ran
    assert "Another fetch is running." in ran.err
    assert re.search(
        rf"Process {pid} holds the lock since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ", ran.err
    )
    assert len(ran.err.splitlines()) == 1


def test_one_of_four_fetches_and_three_replies_go_out(crowd: Desk) -> None:
    """While the one reads, the other three say that it does, and replies are not kept waiting."""
    reading, go_on = threading.Event(), threading.Event()

    def arrived(_number: int, request: Request) -> None:
        if "/mentions" in request.target:
            reading.set()
            assert go_on.wait(PATIENCE_S)

    crowd.server.watch(arrived=arrived)
    first = crowd.start("fetch")
    try:
        assert reading.wait(PATIENCE_S)
        others = [crowd.start("fetch") for _ in range(3)]
        replies = answer_three(crowd)
        for ran in map(crowd.end, others):
            assert_busy(ran, first.pid)
        assert_answered(crowd, replies)
    finally:
        go_on.set()
    assert crowd.end(first) == (0, "", "")
    crowd.fetch_to_the_end()
    assert_complete(crowd)
    assert_private(crowd)


def test_four_that_wait_all_end_well(crowd: Desk) -> None:
    """One after the other, with replies in between: nothing is there twice, nothing is locked."""
    fetches = [crowd.start("fetch", "--wait", "50") for _ in range(4)]
    replies = answer_three(crowd)
    for ran in map(crowd.end, fetches):
        assert ran == (0, "", "")
    assert_answered(crowd, replies)
    crowd.fetch_to_the_end()
    assert_complete(crowd)


def test_a_fetch_that_stands_still_keeps_its_lock(crowd: Desk) -> None:
    """A suspended one goes on where it was, though its page tokens are worth nothing any more."""
    process = crowd.start("fetch")
    stop_at(crowd, process, "pagination_token")
    try:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        assert_busy(crowd.end(crowd.start("fetch")), process.pid)
        assert_busy(crowd.end(crowd.start("fetch", "--wait", "0.3")), process.pid)
        waiting = crowd.start("fetch", "--wait", "50")
        with crowd.server.change() as state:
            state.token_generation += 1
            state.add_post(state.add_user("patient"), "@acme still nothing?")
    finally:
        process.send_signal(signal.SIGCONT)
    assert crowd.end(process).code == 0
    assert crowd.end(waiting) == (0, "", "")
    assert_complete(crowd)


def stop_at(desk: Desk, process: subprocess.Popen[str], target: str, method: str = "GET") -> None:
    """Have a process stand still as its first request like this arrives."""

    def arrived(_number: int, request: Request) -> None:
        if target in request.target and request.method == method:
            desk.server.watch()
            process.send_signal(signal.SIGSTOP)

    desk.server.watch(arrived=arrived)


def test_a_fetch_that_slept_past_its_deadline(crowd: Desk) -> None:
    """It stops at the next page, says so, and the next run goes on."""
    process = crowd.start("fetch", "--deadline", "1s")
    stop_at(crowd, process, "/mentions")
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    threading.Event().wait(1.1)
    process.send_signal(signal.SIGCONT)
    ran = crowd.end(process)
    assert ran.code == 75, ran
    assert len(ran.err.splitlines()) == 1
    crowd.fetch_to_the_end()
    assert_complete(crowd)


def test_a_reply_that_slept_while_in_the_air(crowd: Desk) -> None:
    """Its process stood still in the middle of it: it is public once, and known to be."""
    parent = complaints(crowd.server)[0].id
    process = crowd.start("reply", parent, TEXTS[0], "-y")
    stop_at(crowd, process, "/2/tweets", "POST")
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    assert [r["state"] for r in crowd.replies()] == ["sending"]
    process.send_signal(signal.SIGCONT)
    ran = crowd.end(process)
    assert ran.code in (0, 5), ran
    crowd.fetch_to_the_end()
    assert [r["state"] for r in crowd.replies()] == ["sent"]
    assert len(published(crowd.server, TEXTS[0], parent)) == 1
    assert_complete(crowd)


def test_runs_at_once_post_for_an_event_once(make_desk: Maker) -> None:
    """Two of the cron that runs every minute and a fetch, all at the minute at which it is due."""
    desk = due(make_desk)
    at_once = [desk.start(*words) for words in (("event", "run"), ("event", "run"), ("fetch",))]
    for ran in map(desk.end, at_once):
        assert ran.code == 0, ran
    assert len(published(desk.server, TEXT, None)) == 1
    assert [r["state"] for r in desk.replies()] == ["sent"]
    assert_private(desk)
