"""Every command that writes, killed at any step of its whole life: nothing lost or said twice."""

from __future__ import annotations

import pytest

from chaos.desk import Desk, Maker, rounds, seeded
from chaos.lives import (
    KILLED,
    LIVES,
    StepsOf,
    assert_healed,
    assert_nothing_lost,
    in_the_air,
    moment,
    names,
    start,
)
from counted import Count

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

KILLS = rounds(15)


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_at_any_step(
    make_desk: Maker,
    steps_of: StepsOf,
    count: Count,
    seed: int,
) -> None:
    """Killed at a step of start, migration, transaction, request or after it: the next run heals.

    Right after the kill no checkpoint is ahead of what is stored, and no wait was ended by a post
    that is not public. In the end every mention is there once, the reply public at most once, and
    its text kept.
    """
    name = names()[seed % len(names())]
    life = LIVES[name]
    rng = seeded(seed)
    sort, number = moment(rng, steps_of(name))
    desk: Desk = life.before(make_desk)
    ran = start(desk, life, sort, number)
    assert ran.code in (KILLED, 0), (name, sort, number, ran)
    if ran.code == KILLED:
        count("kills")
        count("of them while a reply was in the air", in_the_air(desk))
    assert_nothing_lost(desk)
    assert_healed(desk, life)


@pytest.mark.parametrize("name", ["first fetch", "reply"])
def test_every_sort_of_step_is_there(steps_of: StepsOf, name: str) -> None:
    """A life without statements, requests or files would be killed nowhere."""
    assert set(steps_of(name)) == {"sql", "network", "file"}
