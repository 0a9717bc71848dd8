"""A sync that is killed at any moment is finished by the next one, to the last word."""

from __future__ import annotations

import os

import pytest

from chaos.desk import Desk, Maker, kill_after, now_ms, seeded
from chaos.oracle import assert_sound
from triage.sandbox import seeds
from triage.sandbox.state import State

pytestmark = pytest.mark.enable_socket

ROUNDS = max(2, int(os.environ.get("TRIAGE_CHAOS", "0")) // 4)
KILLED = -9
UNHEARD = ("zyxquarble", "womblenaught", "grimplesnook")
"""Words that stand nowhere else."""


def gone(make_desk: Maker) -> tuple[Desk, list[str]]:
    """The demo's brand, fetched, with a dozen posts that were taken back since; and their ids."""
    state = seeds.demo(now_ms())
    ids = [odd_post(state, n) for n in range(12)]
    desk: Desk = make_desk(state, help_too=True)
    assert desk.run_here("fetch").code == 0
    with desk.server.change() as kept:
        for number, native_id in enumerate(ids):
            if number % 3 == 2:
                kept.withhold(native_id)
            else:
                kept.delete(native_id)
    return desk, ids


def odd_post(state: State, number: int) -> str:
    """Somebody complains in words of their own."""
    author = state.add_user(f"odd{number}")
    words = " ".join(UNHEARD)
    return state.add_post(author, f"@acme my {words} is broken", at_ms=now_ms() - 9_000_000).id


def words_left(desk: Desk) -> list[str]:
    """Which of the words stand in the database or in a file beside it."""
    files = [f for f in desk.root.iterdir() if f.name.startswith("triage.db")]
    blob = b"".join(f.read_bytes() for f in files).lower()
    return [word for word in UNHEARD if word.encode() in blob]


@pytest.mark.chaos
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_killed_sync_is_finished_by_the_next(make_desk: Maker, seed: int) -> None:
    """After kill -9 the next run takes out what is left; no clock and no other post is touched."""
    desk, ids = gone(make_desk)
    others = "SELECT native_id, text FROM message WHERE native_id NOT IN ({}) ORDER BY id"
    others = others.format(", ".join(ids))
    waits = "SELECT opening_id, opened_at, due_at, kind FROM wait ORDER BY opening_id, opened_at"
    before = desk.rows(others), desk.rows(waits)
    assert words_left(desk) == list(UNHEARD)
    rng = seeded(seed)
    process = desk.start("sync", "--budget", "400")
    if seed % 2:
        desk.kill_when(process, answered=rng.randint(1, 4), delay_s=rng.uniform(0, 0.15))
    else:
        kill_after(process, rng.uniform(0.5, 1.5))
    assert desk.end(process).code in (KILLED, 0)
    desk.server.watch()
    assert desk.run_here("sync", "--budget", "400").code == 0
    assert words_left(desk) == []
    assert (desk.rows(others), desk.rows(waits)) == before
    states = desk.rows(
        "SELECT absent, count(*) AS many FROM message WHERE purged_at IS NOT NULL "
        "GROUP BY absent ORDER BY absent"
    )
    assert states == [{"absent": "deleted", "many": 8}, {"absent": "withheld", "many": 4}]
    assert_sound(desk)


def test_a_fetch_takes_out_what_a_sync_left(make_desk: Maker) -> None:
    """Whatever run comes next does it: a fetch as well."""
    desk, _ = gone(make_desk)
    with desk.store() as store, store.tx():
        rows = store.engine.query("SELECT native_id FROM message WHERE text LIKE '%womblenaught%'")
        store.messages.mark_deleted(1, "x", [native_id for (native_id,) in rows], now_ms())
    assert words_left(desk) != []
    assert desk.run_here("fetch").code == 0
    assert words_left(desk) == []
