"""The next of the queue goes to one agent, whoever asks at once and whatever their clocks say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import postgres
from builders import START, Desk, busy_desk
from counted import Count
from depth import deep
from triage.app.assigning import assign
from triage.app.claiming import claim, claim_next
from triage.app.queueing import load_queue
from triage.core.claims import LEASE, Claim
from triage.core.kinds import Kind
from triage.core.model import HOUR, MINUTE
from triage.core.queue import QueueFilter
from triage.store.engine import SERVER_CLOCK
from triage.store.store import SqlStore

_MANY = 1_000
_TAKERS = 8
_TAKER = """
import json, os, sys
from triage.app.claiming import claim_next
from triage.core.claims import LEASE
from triage.store.store import SqlStore
where, takers, now = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if where.startswith("postgresql"):
    import triage.store.opening_pg, triage.store.pg_errors, triage.store.pg_text
may_go, go = os.pipe()
pipes = []
for number in range(takers):
    told, tell = os.pipe()
    if os.fork():
        os.close(tell)
        pipes.append(told)
        continue
    os.close(go)
    store = SqlStore.open(where)
    os.write(tell, b"+")
    os.read(may_go, 1)
    won = []
    while held := claim_next(store, 1, f"agent{number}", now, LEASE):
        won.append(held.conversation_id)
    store.close()
    os.write(tell, json.dumps(won).encode())
    os._exit(0)
for told in pipes:
    os.read(told, 1)
os.close(go)
print(json.dumps([json.loads(open(told, "rb").read()) for told in pipes]))
"""


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where the desk keeps its rows."""
    if request.param == "sqlite":
        return tmp_path / "triage.db"
    postgres.need()
    return postgres.database(tmp_path)


def first(store: SqlStore, agent: str, now: int) -> int | None:
    """The conversation that an agent gets who asks for the next one."""
    found = claim_next(store, 1, agent, now, LEASE)
    return None if found is None else found.conversation_id


def queued(desk: Desk) -> list[int]:
    """The conversations of the queue, in its order."""
    found = load_queue(desk.store, QueueFilter(desk.brand_id), desk.now)
    return [item.id for item in found.items]


@pytest.mark.real_time
def test_eight_processes_and_a_thousand_mentions(
    tmp_path: Path, where: Path | str, count: Count
) -> None:
    """Each is claimed by exactly one of those who all want the next one, and none is left."""
    desk = Desk(tmp_path, where=where)
    for number in range(_MANY):
        desk.write(f"c{number}", "@acme it is broken")
        if number % 500 == 499:
            desk.fetch()
    command = [sys.executable, "-c", _TAKER, str(where), str(_TAKERS), str(desk.now)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=500, check=True)
    won = json.loads(ran.stdout)
    taken = Counter(number for numbers in won for number in numbers)
    assert sorted(taken) == sorted(queued(desk))
    assert len(taken) == _MANY
    assert max(taken.values()) == 1
    assert sum(bool(numbers) for numbers in won) > 1
    rows = desk.store.engine.query("SELECT conversation_id, agent FROM claim")
    assert dict(rows) == {n: f"agent{i}" for i, numbers in enumerate(won) for n in numbers}
    logged = desk.store.engine.query("SELECT count(*) FROM activity WHERE what = 'claim'")
    assert logged[0][0] == _MANY
    count("mentions claimed by 8 processes at once", _MANY)


def test_the_first_that_nobody_holds(busy: Desk) -> None:
    """Whoever asks again gets the next; one's own count as held; an ended claim is nobody's."""
    order = queued(busy)
    assert len(order) == 3
    claim(busy.store, busy.conversation(order[0]), "zoe", busy.now, MINUTE)
    assert first(busy.store, "ana", busy.now) == order[1]
    assert first(busy.store, "ana", busy.now) == order[2]
    assert first(busy.store, "bo", busy.now) is None
    busy.now += MINUTE
    assert first(busy.store, "bo", busy.now) == order[0]
    held = busy.store.claims.get(order[0], busy.now)
    assert held == Claim(order[0], "bo", busy.now, busy.now + LEASE)


def test_of_some_accounts_alone(busy: Desk) -> None:
    """`--account` leaves the others' customers to them."""
    assert claim_next(busy.store, busy.brand_id, "ana", busy.now, LEASE, [99]) is None
    found = claim_next(busy.store, busy.brand_id, "ana", busy.now, LEASE, [busy.account.id])
    assert found is not None
    assert found.conversation_id == queued(busy)[0]


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk whose waits are moved about."""
    folder = tmp_path_factory.mktemp("shuffled")
    desk = busy_desk(folder)
    desk.fetch()
    yield desk
    desk.close()
    postgres.forget(folder)


class Shape(NamedTuple):
    """What the order of the queue depends on."""

    priority: int
    due_at: int | None
    kind: Kind
    needs: bool
    hold: tuple[str | None, int | None]


_wait = st.builds(
    Shape,
    st.integers(0, 2),
    st.none() | st.integers(-2, 2).map(lambda h: START + h * HOUR),
    st.sampled_from(list(Kind)),
    st.booleans(),
    st.sampled_from([(None, None), ("snoozed", None), ("held", START), ("held", START + 1)]),
)


@given(st.lists(_wait, min_size=6, max_size=6))
@settings(max_examples=deep(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_the_order_of_the_queue(shuffled: Desk, waits: list[Shape]) -> None:
    """Asking again and again gives the lines of the queue from the top, none else, none missing."""
    store = shuffled.store
    with store.tx():
        store.engine.execute("DELETE FROM claim")
        for number, shape in enumerate(waits, 1):
            values = {**shape._asdict(), "kind": shape.kind.value, "needs": int(shape.needs)}
            store.engine.execute(
                "UPDATE wait SET state = 'open', priority = :priority, due_at = :due_at, "
                "kind = :kind, needs_answer = :needs, hold = :hold, hold_until = :until "
                "WHERE conversation_id = :c",
                {**values, "hold": shape.hold[0], "until": shape.hold[1], "c": number},
            )
    got = list(iter(lambda: first(store, "ana", START), None))
    assert got == queued(shuffled)
    assert got == list(dict.fromkeys(got))


@pytest.fixture
def by_hand(where: Path | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The busy desk on either engine, with a clock that is moved by hand."""
    if isinstance(where, str):
        monkeypatch.setitem(postgres.tokens(), "now", ":now")
    made = busy_desk(tmp_path, where=where)
    yield made
    made.close()


def test_mine_first_and_what_is_of_others_last(by_hand: Desk) -> None:
    """What is overdue goes first; in both halves mine before nobody's, of others only overdue."""
    overdue, soon, later = queued(by_hand)
    for number, agent in ((overdue, "bo"), (soon, "bo"), (later, "ana")):
        assign(by_hand.store, by_hand.conversation(number), agent, "kim", by_hand.now)
    again = by_hand.write("zoe", "@acme it is broken", ago=5 * MINUTE)
    by_hand.fetch()
    nobodys = by_hand.conversation(again.native_id).id
    store, now = by_hand.store, by_hand.now
    assert first(store, "ana", now) == overdue, "overdue, and bo is not at it"
    assert first(store, "ana", now) == later, "hers, before what is nobody's and due before"
    assert first(store, "ana", now) == nobodys
    assert first(store, "ana", now) is None, "bo's, and not overdue"
    asked = claim_next(store, 1, "ana", now, LEASE, of_anybody=True)
    assert asked is not None
    assert asked.conversation_id == soon


def test_of_what_is_overdue_mine_first(by_hand: Desk) -> None:
    """Of what is overdue somebody else's comes behind mine and nobody's."""
    by_hand.now += 3 * HOUR
    bos, mine, nobodys = queued(by_hand)
    assign(by_hand.store, by_hand.conversation(bos), "bo", "kim", by_hand.now)
    assign(by_hand.store, by_hand.conversation(mine), "ana", "kim", by_hand.now)
    got = [first(by_hand.store, "ana", by_hand.now) for _ in range(4)]
    assert got == [mine, nobodys, bos, None]


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk on a server, whose own clock counts."""
    postgres.need()
    monkeypatch.setitem(postgres.tokens(), "now", SERVER_CLOCK)
    made = busy_desk(tmp_path, where=postgres.database(tmp_path))
    yield made
    made.close()


def there(desk: Desk) -> int:
    """The server's time."""
    return int(desk.store.engine.query(f"SELECT {SERVER_CLOCK}")[0][0])


@pytest.mark.parametrize("wrong", [-3 * HOUR, 0, 3 * HOUR])
def test_a_laptop_with_a_wrong_clock_neither_steals_nor_loses(shared: Desk, wrong: int) -> None:
    """By the server's clock its lease is as long as anybody's, and the others' stand."""
    now = there(shared) + wrong
    claim(shared.store, shared.conversation(3), "ana", now, LEASE)
    mine = shared.store.claims.get(3, now)
    assert mine is not None
    assert abs(mine.claimed_at - there(shared)) < MINUTE
    assert mine.until_at - mine.claimed_at == LEASE
    others = claim(shared.store, shared.conversation(3), "bo", there(shared), LEASE)
    assert others == mine, "it stands for whoever has a right clock"
    bos = claim(shared.store, shared.conversation(4), "bo", there(shared), LEASE)
    assert claim(shared.store, shared.conversation(4), "ana", now, LEASE) == bos, "stolen"
    assert {i.id: i.assignee for i in shared.waiting()}[4] == "bo"
    assert shared.store.claims.get(4, now) == bos
    assert shared.store.engine.ahead == pytest.approx(0, abs=5_000)
