"""Forgetting that is killed at any step is finished by the next fetch, to the last word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from chaos.desk import Desk, Maker, now_ms, rounds, seeded, waiting_customers
from chaos.lives import KILLED, Life, moment, start, steps
from chaos.oracle import assert_sound
from counted import Count

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

UNHEARD = ("zyxquarble", "womblenaught", "grimplesnook", "flabberquux", "mumblecrust")
"""Words that stand nowhere else: a handle, and what was said."""
FORGET = ("customer", "forget", "@zyxquarble", "--yes")
WAITS = "SELECT opening_id, state, kind, opened_at, ended_at, is_met FROM wait ORDER BY id"


def known(make: Maker) -> Desk:
    """Somebody complained, was answered and noted; others wait, and one of them names them."""
    state = waiting_customers()
    author = state.add_user("zyxquarble")
    first = state.add_post(author, "@acme my womblenaught is broken", at_ms=now_ms() - 9_000_000)
    other = state.add_user("neighbour")
    state.add_post(other, "@acme as @zyxquarble says: broken", at_ms=now_ms() - 8_000_000)
    desk: Desk = make(state, settings='timeout = "1s"\n')
    assert desk.run_here("fetch").code == 0
    assert desk.run_here("reply", first.id, "@zyxquarble your grimplesnook left", "-y").code == 0
    assert desk.run_here("customer", "set", first.id, "order=flabberquux").code == 0
    desk.change("UPDATE activity SET detail = 'mumblecrust' WHERE what = 'reply'")
    return desk


LIFE = Life(known, FORGET)


@pytest.fixture
def counted(make_desk: Maker, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, int]:
    """How many steps of each sort it makes, counted once."""
    noted = tmp_path_factory.getbasetemp() / "steps of forgetting.json"
    if not noted.exists():
        told = dict(steps(known(partial(make_desk, name="counted")), LIFE))
        noted.write_text(json.dumps(told))
    found: Mapping[str, int] = json.loads(noted.read_text())
    return found


def words_left(desk: Desk) -> list[str]:
    """Which of the words stand in the database or in a file beside it."""
    files: list[Path] = [f for f in desk.root.rglob("triage.db*") if f.is_file()]
    blob = b"".join(f.read_bytes() for f in files).lower()
    return [word for word in UNHEARD if word.encode() in blob]


@pytest.mark.parametrize("seed", range(rounds(3, 0.25)))
def test_a_killed_forgetting_is_finished_by_the_next_fetch(
    make_desk: Maker, counted: Mapping[str, int], count: Count, seed: int
) -> None:
    """Before it was agreed all is as it was; from then on a fetch ends it, and no figure moves."""
    desk = known(make_desk)
    waits = desk.rows(WAITS)
    assert words_left(desk) == list(UNHEARD)
    sort, number = moment(seeded(seed), {k: n for k, n in counted.items() if k != "network"})
    ran = start(desk, LIFE, sort, number)
    assert ran.code in (KILLED, 0), ran
    count("kills", ran.code == KILLED)
    begun = desk.rows("SELECT done_at FROM forgotten")
    if not begun:
        assert len(desk.rows("SELECT id FROM customer WHERE handle = 'zyxquarble'")) == 1
        assert desk.run_here(*FORGET).code == 0
    count("of them half-way", bool(begun) and begun[0]["done_at"] is None)
    assert desk.run_here("fetch").code == 0
    assert [row["done_at"] is None for row in desk.rows("SELECT done_at FROM forgotten")] == [False]
    assert words_left(desk) == []
    assert desk.rows(WAITS) == waits
    assert desk.run_here("fetch").code == 0
    assert words_left(desk) == []
    assert desk.rows(WAITS) == waits
    assert_sound(desk)
