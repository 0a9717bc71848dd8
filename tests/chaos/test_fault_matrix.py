"""Every fault at every call, one at a time and in pairs: the code, the words, and what is kept.

The suite takes a sixth of the cases and a fourth of the pairs, with every fault and every call
among them; `make chaos` takes all. The registry of faults is `faultlist.py`, that of calls
`calls.py`; `bench.py` has what must hold after every run, also a failed one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaos.bench import Bench, Benches
from chaos.calls import CALLS, TOGETHER, Call, thread
from chaos.covering import covering
from chaos.desk import seeded
from chaos.faultlist import FAULTS, HASTY_S, OK, PATIENT_S, TRY_LATER, Fault
from counted import Count
from depth import DEEP, deep

pytestmark = [pytest.mark.enable_socket, pytest.mark.deep]

ALL = [(c, f) for c in CALLS for f in FAULTS if c.kind in f.ends]
SEED = 5


def spread(of: int) -> list[tuple[Call, Fault]]:
    """One of so many cases along each call and along each fault, and each fault at least once."""
    chosen = [(c, f) for c, f in ALL if (CALLS.index(c) + FAULTS.index(f)) % of == 0]
    met = {id(f) for _, f in chosen}
    return chosen + [next(case for case in ALL if case[1] is f) for f in FAULTS if id(f) not in met]


SINGLE = ALL if DEEP else spread(6)


@pytest.fixture(scope="session")
def benches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Benches]:
    """Desks that many cases share."""
    made = Benches(tmp_path_factory.mktemp("benches"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _no_pause() -> Iterator[None]:
    """A read is tried twice, without a pause between."""
    import stamina

    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.mark.parametrize(("call", "fault"), SINGLE, ids=str)
def test_a_fault_at_a_call(benches: Benches, count: Count, call: Call, fault: Fault) -> None:
    """The right code and the right words; nothing is passed over; the next run heals it."""
    with benches.one() as bench:
        call.before(bench)
        bench.timeout_s = HASTY_S if fault.slow else PATIENT_S
        bench.fail(call.rule(fault))
        ran = call.run(bench)
        assert ran.code == call.expected(fault), ran
        if ran.code == OK and call.run is Bench.fetch:
            assert ran.out == ""
            # What was already there and cannot be read may be told as well.
            assert ran.err or not fault.told, ran
            assert "(exit " not in ran.err, ran
        healed = bench.heal()
        assert healed.code == OK, healed
        call.after(bench, fault, ran)
    count("faults, one at a time")


def pairs() -> list[dict[str, Fault | None]]:
    """Rows in which any two faults at any two calls come together, and each alone."""
    columns: dict[str, list[Fault | None]] = {
        call.name: [
            None,
            *(f for f in FAULTS if call.kind in f.ends and f.matters),
        ]
        for call in CALLS
        if call.run in TOGETHER
    }
    return covering(columns, seeded(SEED))


def test_the_suite_meets_every_fault_and_every_call() -> None:
    """What the suite leaves out is the same fault elsewhere, and the same call with another."""
    chosen = spread(6)
    assert {str(f) for _, f in chosen} == {str(f) for _, f in ALL}
    assert {c.name for c, _ in chosen} == {c.name for c, _ in ALL}
    assert len(chosen) < len(ALL) / 2


@pytest.mark.parametrize("part", range(deep(4, 1)))
def test_pairs_of_faults(benches: Benches, count: Count, part: int) -> None:
    """Whatever comes together, some healthy runs later all is stored, once, and said once."""
    chance = seeded(SEED + part)
    rows = pairs()[part::4]
    for row in rows:
        with benches.one() as bench:
            bench.fill()
            assert bench.fetch().code == OK
            for call in CALLS:
                fault = row.get(call.name)
                if fault is not None:
                    bench.fail(call.rule(fault, chance.choice((1, 2, None))))
            thread(bench)
            CALLS[0].before(bench)
            bench.fetch()
            for _ in range(3):
                healed = bench.heal()
                if healed.code != TRY_LATER:
                    break
            assert healed.code == OK, (row, healed)
    count("faults, in pairs", len(rows))
