"""Three pieces of work through the real command, on a file and on a server, with one outcome."""

from __future__ import annotations

import json

import pytest

import postgres
from chaos.desk import Desk, Maker, complaints, published, waiting_customers
from chaos.oracle import assert_complete, stored_waits

pytestmark = [pytest.mark.enable_socket]

TEXT = "We are sorry & it is on its way today."


@pytest.fixture(params=["sqlite", "postgres"])
def on_a_server(request: pytest.FixtureRequest) -> bool:
    """Where the desk keeps its rows."""
    if request.param == "postgres":
        postgres.need(in_suite=True)
    return bool(request.param == "postgres")


@pytest.fixture
def desk(make_desk: Maker, *, on_a_server: bool) -> Desk:
    """Two waiting customers, fetched once."""
    made: Desk = make_desk(waiting_customers(), on_a_server=on_a_server)
    ran = made.run_here("fetch")
    assert ran == (0, "", "")
    return made


def items(desk: Desk, *words: str) -> list[dict[str, object]]:
    """What a command says in JSON."""
    ran = desk.run_here(*words, "--json")
    assert ran.code == 0, ran
    found: list[dict[str, object]] = json.loads(ran.out)["items"]
    return found


def test_fetch(make_desk: Maker, *, on_a_server: bool) -> None:
    """All is read page by page, and again without a change."""
    settings = "page_size = 5\n"
    desk = make_desk(waiting_customers(12), settings=settings, on_a_server=on_a_server)
    assert desk.run_here("fetch") == (0, "", "")
    assert_complete(desk)
    before = desk.rows("SELECT * FROM message ORDER BY id")
    assert desk.run_here("fetch") == (0, "", "")
    assert desk.rows("SELECT * FROM message ORDER BY id") == before
    assert len(items(desk, "queue")) == 12
    assert len(items(desk, "queue", "--search", "arrived order")) == 12


def test_claim_and_reply(desk: Desk) -> None:
    """Who claims is named in the queue; the reply ends the wait and the claim."""
    talk = items(desk, "queue")[0]
    number = str(talk["id"])
    assert items(desk, "claim", number)[0]["agent"] == "ana"
    assert items(desk, "queue")[0]["assignee"] == "ana"
    parent = complaints(desk.server)[0].id
    sent = desk.run_here("reply", parent, TEXT, "-y")
    assert sent.code == 0, sent
    assert len(published(desk.server, TEXT, parent)) == 1
    assert [r["state"] for r in desk.replies()] == ["sent"]
    assert desk.rows("SELECT * FROM claim") == []
    again = desk.run_here("reply", parent, TEXT, "-y")
    assert again.code == 1, again
    assert desk.run_here("fetch").code == 0
    assert len(published(desk.server, TEXT, parent)) == 1
    assert {w.state for w in stored_waits(desk) if w.opening == parent} == {"answered"}
    assert_complete(desk)


def test_report(desk: Desk) -> None:
    """One of two complaints was answered within the hour, and one still waits."""
    parent = complaints(desk.server)[0].id
    assert desk.run_here("reply", parent, TEXT, "-y").code == 0
    told = next(i for i in items(desk, "report") if i["kind"] == "complaint")
    names = ("waits", "answered", "open", "met", "missed", "outside", "within_sla")
    assert [told[name] for name in names] == [2, 1, 1, 1, 0, 0, 1.0]
