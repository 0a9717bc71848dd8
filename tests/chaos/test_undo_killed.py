"""Taking a reply back, killed at any step: public and its wait ended, or gone and its wait open."""

from __future__ import annotations

import functools

import pytest

from chaos.desk import Desk, Maker, published, rounds, seeded
from chaos.lives import KILLED, TEXT, Life, answered, fetched, moment, start, steps
from chaos.oracle import assert_private, stored_waits
from counted import Count

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

WISHED = "SELECT undo_at FROM reply WHERE undo_at IS NOT NULL"


def sent(make: Maker) -> Desk:
    """A reply is public, and X was read since."""
    desk = fetched(make)
    assert desk.run_here("reply", answered(desk), TEXT, "-y").code == 0
    assert desk.run_here("fetch").code == 0
    return desk


UNDO = Life(sent, ("outbox", "undo", "1", "-y"))


@pytest.mark.parametrize("seed", range(rounds(2, share=0.1)))
def test_an_undo_that_is_killed(make_desk: Maker, count: Count, seed: int) -> None:
    """Once it was wished the next fetch carries it out; before that nothing has changed."""
    counted = steps(sent(functools.partial(make_desk, name="counted")), UNDO)
    desk = sent(make_desk)
    ran = start(desk, UNDO, *moment(seeded(seed), counted))
    assert ran.code in (KILLED, 0), ran
    count("kills", ran.code == KILLED)
    assert_private(desk)
    wished = bool(desk.rows(WISHED))
    parent = answered(desk)
    desk.fetch_to_the_end()
    [row] = desk.replies()
    public = published(desk.server, TEXT, parent)
    (wait,) = (w for w in stored_waits(desk) if w.opening == parent)
    if wished:
        assert (row["state"], public, wait.state) == ("deleted", [], "open")
    else:
        assert (row["state"], public) == ("sent", [row["native_id"]])
        assert (wait.state, wait.ended_by) == ("answered", row["native_id"])
