"""The server's side dies at a statement: the fate of a reply is right, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres
from chaos.cutting import Cut, Cutter
from chaos.desk import Desk, Maker, Ran, complaints, now_ms, published, seeded, waiting_customers
from chaos.oracle import assert_complete
from counted import Count
from depth import DEEP

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos, pytest.mark.timeout(3000)]

PARTS = range(20 if DEEP else 1)
"""In the long form every statement is tried, in so many tests; otherwise one by chance."""
_REPLIES = [(how, part) for how in Cut for part in (PARTS if how is Cut.KILLED else PARTS[:4])]
"""The server is killed at every one; its answer is lost at every fifth."""
_FETCHES = PARTS[:2]
"""Of a fetch, which has a new store for each case, every tenth statement."""
_CUSTOMERS = 30 if DEEP else 4


class Bench:
    """A desk on a server, reached through what cuts, with a new customer for each case."""

    def __init__(self, desk: Desk, cutter: Cutter) -> None:
        self.desk = desk
        self.cutter = cutter
        self.direct = desk.where
        self.cases = 0

    def run(self, at: int | None, how: Cut, *words: str) -> Ran:
        """Run a command through what cuts, at a statement."""
        self.cutter.arm(at, how)
        self.desk.where = self.cutter.url
        try:
            ran = self.desk.run_here(*words)
        finally:
            self.desk.where = self.direct
        assert "Traceback" not in ran.err
        assert "of the tests" not in ran.err, "a password"
        return ran

    def next(self) -> tuple[str, str]:
        """A post that nobody has answered yet, and what is answered."""
        self.cases += 1
        return complaints(self.desk.server)[self.cases].id, f"We are at it, case {self.cases}."


@pytest.fixture
def bench(make_desk: Maker) -> Iterator[Bench]:
    """Fetched once."""
    postgres.need()
    desk = make_desk(waiting_customers(_CUSTOMERS), on_a_server=True)
    assert desk.run_here("fetch") == (0, "", "")
    with Cutter(str(desk.where)) as cutter:
        yield Bench(desk, cutter)


def chosen(number: int, part: int) -> list[int]:
    """Which of so many statements are tried."""
    if DEEP:
        return list(range(1 + part, number + 1, len(PARTS)))
    return [seeded(now_ms()).randint(1, number)]


def rows_of(desk: Desk, text: str) -> list[dict[str, object]]:
    """The rows of the outbox with a text."""
    return [row for row in desk.replies() if row["text"] == text]


def is_kept(desk: Desk, text: str) -> bool:
    """Whether what was typed can be found: in the store, or in a file that is told of."""
    files = (p for p in (desk.root / "state").rglob("*") if p.is_file())
    return bool(rows_of(desk, text)) or any(text in p.read_text() for p in files)


def reply_and_check(bench: Bench, at: int, how: Cut) -> None:
    """Cut a reply at a statement; whatever was heard of it, it comes out right by itself."""
    desk = bench.desk
    parent, text = bench.next()
    ran = bench.run(at, how, "reply", parent, text, "-y")
    case = f"statement {at}, {how}: {ran}"
    assert ran.code in (0, 5, 75), case
    before = published(desk.server, text, parent)
    assert len(before) <= 1, case
    assert is_kept(desk, text), case
    rows = rows_of(desk, text)
    assert len(rows) <= 1, case
    state = rows[0]["state"] if rows else "kept in a file"
    if before:
        assert ran.code in (0, 5), case
        assert state in ("sending", "unknown", "sent"), case
    else:
        assert ran.code == 75, case
        assert state in ("kept in a file", "draft", "queued", "sending", "unknown"), case
    for _ in range(2 if DEEP else 1):
        assert desk.run_here("fetch").code == 0, case
    after = published(desk.server, text, parent)
    settled = [row["state"] for row in rows_of(desk, text)]
    if before:
        assert after == before, case
        assert settled == ["sent"], case
    elif state == "queued":
        assert len(after) == 1, case
        assert settled == ["sent"], case
    else:
        assert after == [], case
        assert settled == {"sending": ["unknown"], "kept in a file": []}.get(str(state), [state])


@pytest.mark.parametrize(("how", "part"), _REPLIES)
def test_a_reply(bench: Bench, how: Cut, part: int, count: Count) -> None:
    """At every statement of it, those of its lock among them."""
    parent, text = bench.next()
    assert bench.run(None, how, "reply", parent, text, "-y").code == 0
    assert len(published(bench.desk.server, text, parent)) == 1
    number = bench.cutter.seen
    assert number > 40
    for at in chosen(number, part):
        reply_and_check(bench, at, how)
        count("replies cut off at a statement")


@pytest.mark.parametrize("how", Cut)
def test_a_claim(bench: Bench, how: Cut, count: Count) -> None:
    """It is made or not; the next one is another conversation, and nobody's twice."""
    assert bench.run(None, how, "claim").code == 0
    number = bench.cutter.seen
    for at in chosen(number, 0) if not DEEP else range(1, number + 1):
        before = bench.desk.rows("SELECT count(*) AS n FROM claim")[0]["n"]
        ran = bench.run(at, how, "claim", "--json")
        assert ran.code in (0, 75), ran
        after = bench.desk.rows("SELECT count(*) AS n FROM claim")[0]["n"]
        assert after - before in (0, 1)
        if ran.code == 0:
            assert after - before == len(json.loads(ran.out)["items"])
        count("claims cut off at a statement")
        bench.desk.change("DELETE FROM claim WHERE conversation_id > 3")
    rows = bench.desk.rows("SELECT conversation_id FROM claim")
    assert len(rows) == len({row["conversation_id"] for row in rows})


@pytest.mark.parametrize("part", _FETCHES)
@pytest.mark.parametrize("how", Cut)
def test_a_fetch(make_desk: Maker, tmp_path: Path, how: Cut, part: int, count: Count) -> None:
    """The next one goes on from there: all is stored once, and every wait is right."""
    postgres.need()
    desk = make_desk(waiting_customers(7), settings="page_size = 5\n", on_a_server=True)
    with Cutter(str(desk.where)) as cutter:
        bench = Bench(desk, cutter)
        ran = bench.run(None, how, "fetch")
        assert ran == (0, "", ""), ran
        number = bench.cutter.seen
        postgres.forget(tmp_path)
        for at in chosen(number, part):
            desk.where = bench.direct = postgres.database(desk.root)
            with Cutter(str(desk.where)) as again:
                bench.cutter = again
                ran = bench.run(at, how, "fetch")
            assert ran.code in (0, 75), (at, ran)
            assert desk.run_here("fetch").code == 0
            assert_complete(desk)
            count("fetches cut off at a statement")
            postgres.forget(tmp_path)
