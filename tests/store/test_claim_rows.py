"""Two agents never hold one conversation, whatever comes at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders import START, Desk, busy_desk
from engines import lite, sqlite_only
from triage.core.alerts import Owed
from triage.core.claims import LEASE, Claim
from triage.core.digest import AlertLevel
from triage.core.model import MINUTE
from triage.store.store import SqlStore

TALK = 3
ANAS = Claim(TALK, "ana", START, START + LEASE)
BOS = Claim(TALK, "bo", START + MINUTE, START + MINUTE + LEASE, "ana")

_MANY = 200
_TAKERS = 8
_TAKER = """
import json, random, sys, time
from triage.core.claims import Claim
from triage.store.store import SqlStore
path, agent, many, now = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = SqlStore.open(path)
ids = list(range(1, many + 1))
random.Random(agent).shuffle(ids)
won = []
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
for number in ids:
    time.sleep(0.002)  # or the first to come has them all before the others wake
    with store.tx():
        if store.claims.take(1, Claim(number, agent, now, now + 60_000), now):
            won.append(number)
sys.stdout.write(json.dumps(won))
"""


def take(store: SqlStore, claim: Claim, now: int, over: Claim | None = None) -> bool:
    """Take it in a transaction."""
    with store.tx():
        return store.claims.take(1, claim, now, over=over)


@pytest.fixture
def other(busy: Desk) -> Iterator[SqlStore]:
    """Another connection to the same file."""
    opened = SqlStore.open(busy.where)
    yield opened
    opened.close()


def test_the_second_does_not_get_it(busy: Desk, other: SqlStore) -> None:
    """While a lease runs it is one agent's; from its end on it is nobody's."""
    assert take(busy.store, ANAS, START)
    assert not take(other, BOS, START + MINUTE)
    assert other.claims.get(TALK, START + MINUTE) == ANAS
    assert other.claims.get(TALK, ANAS.until_at - 1) == ANAS
    assert other.claims.get(TALK, ANAS.until_at) is None
    assert take(other, replace(BOS, taken_from=None), ANAS.until_at)


def test_renewing_keeps_since_when(busy: Desk) -> None:
    """Whoever holds it may hold it longer, or less long; since when does not change."""
    take(busy.store, ANAS, START)
    later = replace(ANAS, claimed_at=START + MINUTE, until_at=START + 2 * LEASE)
    assert take(busy.store, later, START + MINUTE)
    assert busy.store.claims.get(TALK, START) == replace(ANAS, until_at=START + 2 * LEASE)


def test_a_lease_that_ended_begins_anew(busy: Desk) -> None:
    """The same agent comes back after the end: it is a new claim, with a new beginning."""
    take(busy.store, ANAS, START)
    back = replace(ANAS, claimed_at=ANAS.until_at, until_at=ANAS.until_at + LEASE)
    assert take(busy.store, back, ANAS.until_at)
    assert busy.store.claims.get(TALK, ANAS.until_at) == back


def test_only_the_claim_that_was_seen_is_taken_over(busy: Desk, other: SqlStore) -> None:
    """Two take over from the same agent: the second finds another than they meant."""
    take(busy.store, ANAS, START)
    assert take(busy.store, BOS, START + MINUTE, over=ANAS)
    eves = replace(BOS, agent="eve")
    assert not take(other, eves, START + MINUTE, over=ANAS)
    assert other.claims.get(TALK, START + MINUTE) == BOS


def test_letting_go(busy: Desk) -> None:
    """One's own alone, if an agent is named; whoever's, if none is."""
    take(busy.store, ANAS, START)
    with busy.store.tx():
        assert not busy.store.claims.release(TALK, "bo")
        assert busy.store.claims.release(TALK, "ana")
        assert not busy.store.claims.release(TALK)
    take(busy.store, ANAS, START)
    with busy.store.tx():
        assert busy.store.claims.release(TALK)
    assert busy.store.claims.get(TALK, START) is None


def test_eight_processes_and_two_hundred_conversations(tmp_path: Path) -> None:
    """Each conversation is claimed by exactly one of those who want it at once."""
    desk = busy_desk(tmp_path)
    for number in range(_MANY):
        desk.write(f"c{number}", "@acme it is broken")
    desk.fetch()
    assert desk.store.engine.query("SELECT count(*) FROM conversation")[0][0] >= _MANY
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", _TAKER, str(desk.where), f"agent{i}", str(_MANY), str(desk.now)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for i in range(_TAKERS)
    ]
    for taker in takers:
        assert taker.stdout is not None
        assert taker.stdout.readline() == "ready\n"
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("go\n")
        taker.stdin.flush()
    won = {i: json.loads(taker.communicate(timeout=300)[0]) for i, taker in enumerate(takers)}
    assert sorted(n for numbers in won.values() for n in numbers) == list(range(1, _MANY + 1))
    assert sum(bool(numbers) for numbers in won.values()) > 1
    for i, numbers in won.items():
        for number in numbers:
            held = desk.store.claims.get(number, desk.now)
            assert held is not None
            assert held.agent == f"agent{i}"
    desk.close()


def test_who_is_at_it_in_the_queue(busy: Desk) -> None:
    """A live claim wins over a draft; an ended one leaves the draft's writer."""
    busy.draft(TALK, "Sorry!", agent="zoe")
    take(busy.store, ANAS, START)
    queue = busy.store.queue
    assert queue.assignees(busy.brand_id, START) == {TALK: "ana"}
    assert queue.assignees(busy.brand_id, ANAS.until_at) == {TALK: "zoe"}
    assert {i.id: i.assignee for i in busy.waiting()}[TALK] == "ana"


def test_who_is_at_it_in_an_alert(busy: Desk) -> None:
    """As in the queue: the holder of a live claim, then whoever has a draft."""
    busy.draft(TALK, "Sorry!", agent="zoe")
    take(busy.store, ANAS, START)
    owed = Owed(7, TALK, 0, AlertLevel.BREACH, 0, START, "complaint", "complaint", 1)
    found = [busy.store.alerts.lines([owed], now)[0].assignee for now in (START, ANAS.until_at)]
    assert found == ["ana", "zoe"]


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
def test_the_marks_of_the_queue_come_from_indexes(busy: Desk) -> None:
    """Neither all replies nor all claims are read for them."""
    asked: list[str] = []
    lite(busy.store).connection.set_trace_callback(asked.append)
    busy.store.queue.assignees(busy.brand_id, START)
    lite(busy.store).connection.set_trace_callback(None)
    plan = "; ".join(row[3] for row in busy.store.engine.query(f"EXPLAIN QUERY PLAN {asked[0]}"))
    assert "claim_brand (brand_id=? AND until_at>?)" in plan
    assert "SCAN r" not in plan
    assert "SCAN k" not in plan
