"""A reply that is killed at any step is public at most once, and never forgotten."""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chaos.desk import Desk, complaints, published, rounds, seeded
from chaos.oracle import assert_sound, stored_waits
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.wire import Request

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

ROUNDS = rounds(2, 1 / 12)
KILLED = -9
TEXT = "We are sorry & it is on its way today."
POLLS = 4_000


def is_create(request: Request) -> bool:
    """Whether it is the request that posts."""
    return request.method == "POST"


def start_reply(desk: Desk, parent: str) -> subprocess.Popen[str]:
    """Start answering a post."""
    return desk.start("reply", parent, TEXT, "-y")


def settle_and_check(desk: Desk, parent: str) -> None:
    """Whatever happened: it comes out right by itself, and nothing that a script does harms it.

    Raises:
        AssertionError: It is public twice, or was forgotten, or its fate is told wrongly.
    """
    before = published(desk.server, TEXT, parent)
    assert len(before) <= 1
    row = one_reply(desk)
    assert row["text"] == TEXT
    assert row["state"] in ("sending", "unknown", "sent"), "killed on its way"
    again = desk.run_here("reply", parent, TEXT, "-y")
    assert again.code == 1, again
    assert published(desk.server, TEXT, parent) == before
    if row["state"] != "sent":
        assert f"outbox settle {row['id']}" in again.err
    fetched = desk.run_here("fetch")
    assert fetched.code == 0, fetched
    assert published(desk.server, TEXT, parent) == before, "the fetch posted it"
    after = desk.replies()[0]
    if not before:
        assert after["state"] == "unknown"
        assert waits_of(desk, parent) == {"open"}
        assert desk.run_here("fetch").code == 0
        assert desk.replies()[0]["state"] == "unknown"
    else:
        assert (after["state"], after["native_id"]) == ("sent", before[0])
        wait = next(w for w in stored_waits(desk) if w.opening == parent)
        posted = desk.rows("SELECT posted_at FROM message WHERE native_id = :i", i=before[0])
        assert (wait.state, wait.ended_by) == ("answered", before[0])
        assert wait.ended_at == posted[0]["posted_at"]
    more = desk.run_here("reply", parent, TEXT, "-y")
    assert more.code == 1, more
    assert ("settle" in more.err) == (not before)
    assert published(desk.server, TEXT, parent) == before
    assert_sound(desk)


def one_reply(desk: Desk) -> dict[str, object]:
    """The only row of the outbox."""
    rows = desk.replies()
    assert len(rows) == 1
    return rows[0]


def waits_of(desk: Desk, opening: str) -> set[str]:
    """The states of the waits that a post opened."""
    return {w.state for w in stored_waits(desk) if w.opening == opening}


@contextmanager
def send_lock_held(desk: Desk) -> Iterator[None]:
    """Be the one who sends, so that another has to wait."""
    path = Path(f"{desk.db}.send.lock")
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def wait_for_state(desk: Desk, state: str, process: subprocess.Popen[str]) -> bool:
    """Look at the outbox until a reply is in a state; False if the process ended before."""
    pause = threading.Event()
    connection = sqlite3.connect(f"file:{desk.db}?mode=ro", uri=True)
    try:
        for _ in range(POLLS):
            rows = connection.execute("SELECT state FROM reply").fetchall()
            if rows == [(state,)]:
                return True
            if process.poll() is not None:
                return False
            pause.wait(0.001 if state == "sending" else 0.01)
    finally:
        connection.close()
    raise AssertionError(f"no reply was ever {state}")


def test_killed_before_it_was_queued_it_is_a_draft(desk: Desk) -> None:
    """What was typed is in the drafts although the program died before it could queue it."""
    parent = complaints(desk.server)[0].id
    with send_lock_held(desk):
        process = start_reply(desk, parent)
        assert wait_for_state(desk, "draft", process)
        process.kill()
        assert desk.end(process).code == KILLED
    assert one_reply(desk)["text"] == TEXT
    assert desk.run_here("fetch").code == 0
    assert one_reply(desk)["state"] == "draft", "nothing sends a draft by itself"
    assert published(desk.server, TEXT, parent) == []
    again = desk.run_here("reply", parent, TEXT, "-y")
    assert again.code == 0, again
    assert len(published(desk.server, TEXT, parent)) == 1
    assert [r["state"] for r in desk.replies()] == ["draft", "sent"]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_around_the_commit_before_the_request(desk: Desk, seed: int) -> None:
    """Killed some ms after it was marked as being sent: public at most once, never forgotten."""
    delay_s = seeded(seed).uniform(0, 0.02)
    parent = complaints(desk.server)[0].id
    process = start_reply(desk, parent)
    assert wait_for_state(desk, "sending", process)
    threading.Event().wait(delay_s)
    process.kill()
    assert desk.end(process).code in (KILLED, 0)
    settle_and_check(desk, parent)


STEPS: dict[str, tuple[Kind | None, Callable[[Desk, subprocess.Popen[str]], None]]] = {
    "as the request arrives": (
        Kind.CLOSE,
        lambda d, p: d.kill_when(p, arrives=1, wanted=is_create),
    ),
    "while X hangs, before it is accepted": (
        Kind.HANG,
        lambda d, p: d.kill_when(p, answered=1, delay_s=0.02, wanted=is_create),
    ),
    "while X hangs, after it was accepted": (
        Kind.HANG_AFTER,
        lambda d, p: d.kill_when(p, answered=1, delay_s=0.02, wanted=is_create),
    ),
    "accepted, before the answer": (
        None,
        lambda d, p: d.kill_when(p, answered=1, wanted=is_create),
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_of_the_request(desk: Desk, step: str) -> None:
    """Killed at each step of the request: found if it is public, locked if it is not."""
    fault, arrange = STEPS[step]
    if fault is not None:
        desk.server.fail(Rule("create", fault))
    parent = complaints(desk.server)[0].id
    process = start_reply(desk, parent)
    arrange(desk, process)
    assert desk.end(process).code == KILLED
    desk.server.watch()
    assert len(published(desk.server, TEXT, parent)) == int("accepted," in step or "after" in step)
    assert one_reply(desk)["state"] == "sending"
    settle_and_check(desk, parent)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_after_the_answer(desk: Desk, seed: int) -> None:
    """Killed a seeded moment after X's answer: it is public once, and known as sent in the end."""
    parent = complaints(desk.server)[0].id
    process = start_reply(desk, parent)
    delay_s = seeded(seed).uniform(0, 0.06)
    desk.kill_when(process, answered=1, delay_s=delay_s, wanted=is_create)
    assert desk.end(process).code in (KILLED, 0)
    desk.server.watch()
    assert len(published(desk.server, TEXT, parent)) == 1
    settle_and_check(desk, parent)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_killed_fetch_that_was_sending_the_queue(desk: Desk, accepted: bool) -> None:
    """A fetch killed while it sends a queued reply leaves it like any other: at most once."""
    parent = complaints(desk.server)[0].id
    desk.server.fail(Rule("create", Kind.RATE_LIMITED))
    assert desk.run_here("reply", parent, TEXT, "-y").code == 75
    assert one_reply(desk)["state"] == "queued"
    desk.change("UPDATE reply SET retry_at = 0")
    desk.pass_limits()
    desk.server.fail(Rule("create", Kind.HANG_AFTER if accepted else Kind.HANG))
    process = desk.start("fetch")
    desk.kill_when(process, answered=1, delay_s=0.01, wanted=is_create)
    assert desk.end(process).code == KILLED
    desk.server.watch()
    assert len(published(desk.server, TEXT, parent)) == int(accepted)
    settle_and_check(desk, parent)


def test_cancelling_an_unknown_reply_frees_its_text(desk: Desk) -> None:
    """`outbox settle ID --cancel` is a person's word: then the same text may go out, once."""
    parent = complaints(desk.server)[0].id
    desk.server.fail(Rule("create", Kind.HANG))
    process = start_reply(desk, parent)
    desk.kill_when(process, answered=1, wanted=is_create)
    assert desk.end(process).code == KILLED
    desk.server.watch()
    assert desk.run_here("fetch").code == 0
    row = one_reply(desk)
    assert row["state"] == "unknown"
    cancelled = desk.run_here("outbox", "settle", str(row["id"]), "--cancel")
    assert cancelled.code == 0, cancelled
    assert one_reply(desk)["state"] == "cancelled"
    again = desk.run_here("reply", parent, TEXT, "-y")
    assert again.code == 0, again
    assert len(published(desk.server, TEXT, parent)) == 1
    assert desk.run_here("fetch").code == 0
    assert len(published(desk.server, TEXT, parent)) == 1
