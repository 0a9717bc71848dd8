"""Several machines at one store on a server: nothing is done twice, whoever loses what."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

import postgres
from chaos.desk import Desk, Maker, complaints, published, waiting_customers
from chaos.oracle import assert_complete, assert_private
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.wire import Request
from triage.store.lock_pg import Name

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

ANAS, BOS = "It left our house today.", "Your money is on its way."


@pytest.fixture
def ana(make_desk: Maker) -> Desk:
    """Ana's machine; three customers of seven were fetched."""
    postgres.need()
    made: Desk = make_desk(waiting_customers(3), settings="page_size = 5\n", on_a_server=True)
    assert made.run_here("fetch") == (0, "", "")
    with made.server.change() as state:
        for i in range(4):
            state.add_post(state.add_user(f"later{i}"), f"@acme where is parcel {i}?")
    return made


@pytest.fixture
def bo(ana: Desk, tmp_path: Path) -> Desk:
    """Another machine, with files and a state directory of its own, at the same store."""
    return Desk(tmp_path / "bo", ana.server, settings=ana.settings, url=str(ana.where), agent="bo")


def end_session(desk: Desk, what: str) -> None:
    """Let the server find nobody at the other end of the session that holds a lock."""
    with desk.store() as store:
        ended = store.engine.query(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE objsubid = 2 "
            "AND locktype = 'advisory' AND objid = CAST(:key AS oid) AND :class > 0 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            Name(what, "acme").params,
        )
    assert len(ended) == 1


def test_two_fetches_from_two_machines(ana: Desk, bo: Desk) -> None:
    """One waits for the other; one that does not wait is told who is at it, and where."""
    told: list[str] = []

    def arrived(_number: int, request: Request) -> None:
        if "/mentions" in request.target and not told:
            told.append(bo.run_here("fetch").err)

    ana.server.watch(arrived=arrived)
    fetches = [ana.start("fetch", "--wait", "50"), bo.start("fetch", "--wait", "50")]
    assert [Desk.end(one) for one in fetches] == [(0, "", ""), (0, "", "")]
    (line,) = told
    holder = rf"(ana|bo) on {re.escape(socket.gethostname())} \(process \d+\) holds it since 20"
    assert "Another fetch is running." in line
    assert re.search(holder, line)
    assert "(exit 75)" in line
    assert_complete(ana)
    assert_private(ana)
    assert_private(bo)


def test_a_fetch_whose_lock_was_lost(ana: Desk, bo: Desk) -> None:
    """It writes no page any more once another one may run; that one reads to the end."""

    def arrived(_number: int, request: Request) -> None:
        if "/mentions" in request.target:
            ana.server.watch()
            end_session(ana, "fetch")
            assert bo.run_here("fetch") == (0, "", "")
            assert_complete(ana)

    ana.server.watch(arrived=arrived)
    ran = Desk.end(ana.start("fetch"))
    assert ran.code == 75, ran
    assert "The lock of this fetch was lost." in ran.err
    assert len(ran.err.splitlines()) == 1
    assert_complete(ana)
    assert ana.run_here("fetch") == (0, "", "")


def test_two_agents_answer_one_customer_at_once(ana: Desk, bo: Desk) -> None:
    """One answer is public; the other is kept, and its writer told who was quicker."""
    parent = complaints(ana.server)[0].id
    replies = [ana.start("reply", parent, ANAS, "-y"), bo.start("reply", parent, BOS, "-y")]
    ran = [Desk.end(one) for one in replies]
    assert sorted(one.code for one in ran) == [0, 1], ran
    public = [len(published(ana.server, text, parent)) for text in (ANAS, BOS)]
    assert sorted(public) == [0, 1]
    assert {row["text"] for row in ana.replies()} == {ANAS, BOS}
    assert ana.run_here("fetch").code == 0
    assert [len(published(ana.server, text, parent)) for text in (ANAS, BOS)] == public
    assert_complete(ana)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_reply_whose_lock_was_lost_in_the_air(ana: Desk, bo: Desk, *, accepted: bool) -> None:
    """Another machine has locked it meanwhile: its own word of how it ended still counts."""
    parent = complaints(ana.server)[0].id
    if not accepted:
        ana.server.fail(Rule("create", Kind.RATE_LIMITED))

    def arrived(_number: int, request: Request) -> None:
        if request.method == "POST":
            ana.server.watch()
            end_session(ana, "send")
            assert bo.run_here("fetch").code == 0
            assert [row["state"] for row in ana.replies()] == ["unknown"]

    ana.server.watch(arrived=arrived)
    ran = Desk.end(ana.start("reply", parent, ANAS, "-y"))
    assert ran.code == (0 if accepted else 5), ran
    assert len(published(ana.server, ANAS, parent)) == int(accepted)
    assert bo.run_here("fetch").code == 0
    assert [row["state"] for row in ana.replies()] == ["sent" if accepted else "unknown"]
    assert len(published(ana.server, ANAS, parent)) == int(accepted)
    assert_complete(ana)


@pytest.fixture
def restored(ana: Desk, bo: Desk, tmp_path: Path) -> tuple[Desk, Desk]:
    """What was queued in a copy of the database was sent since; both look at the copy now."""
    parent = complaints(ana.server)[0].id
    ana.server.fail(Rule("create", Kind.RATE_LIMITED))
    assert ana.run_here("reply", parent, ANAS, "-y").code == 75
    assert bo.run_here("fetch").code == 0
    assert [row["state"] for row in ana.replies()] == ["queued"]
    rows = postgres.rows_of(str(ana.where))
    ana.change("UPDATE reply SET retry_at = 0")
    ana.pass_limits()
    assert ana.run_here("fetch").code == 0
    assert len(published(ana.server, ANAS, parent)) == 1
    postgres.put(tmp_path / "copy", rows)
    ana.where = bo.where = postgres.database(tmp_path / "copy")
    ana.change("UPDATE reply SET retry_at = 0")
    ana.pass_limits()
    return ana, bo


def test_a_restored_store_says_nothing_again(restored: tuple[Desk, Desk], tmp_path: Path) -> None:
    """A machine that was never here notices it as well; the first fetch finds what was said."""
    ana, bo = restored
    parents = [post.id for post in complaints(ana.server)]
    new = Desk(tmp_path / "new", ana.server, url=str(ana.where), agent="new")
    for machine in (new, bo):
        ran = machine.run_here("reply", parents[1], BOS, "-y")
        assert ran.code == 1, ran
        assert "our own timeline must be read first" in ran.err
    assert [row["state"] for row in ana.replies()] == ["held", "draft", "draft"]
    ran = bo.run_here("fetch")
    assert ran.code == 0, ran
    assert "was found on our timeline: it was sent" in ran.err
    assert len(published(ana.server, ANAS, parents[0])) == 1
    assert ana.run_here("fetch") == (0, "", "")
    assert bo.run_here("drafts", "send", "3", "-y").code == 0
    assert len(published(ana.server, BOS, parents[1])) == 1
    assert ana.run_here("fetch") == (0, "", "")
    assert len(published(ana.server, ANAS, parents[0])) == 1
    assert_complete(ana)
