"""How a budget is parted between the rings of stored posts, and how gaps are told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from triage.core.following import Ring, shares
from triage.core.gaps import gap_words
from triage.core.model import HOUR, MINUTE
from triage.core.progress import Checkpoint, Gap
from triage.core.walk import covered, pace, time_of

NUMBER = st.integers(0, 300)
EPOCH = 1_288_834_974_657


def id_at(at: int) -> str:
    """An id of a time after the epoch, ms."""
    return str(at << 22)


@given(NUMBER, NUMBER, NUMBER, NUMBER)
def test_a_budget_is_used_and_never_exceeded(
    budget: int, open_: int, recent: int, old: int
) -> None:
    """As much as there is is read, and no ring is asked for more than it has."""
    found = shares(budget, open_, recent, old)
    assert sum(found.values()) == min(budget, open_ + recent + old)
    has = {Ring.OPEN: open_, Ring.RECENT: recent, Ring.OLD: old}
    assert all(0 <= found[ring] <= has[ring] for ring in Ring)


@given(st.integers(5, 300), NUMBER, st.integers(1, 300), st.integers(1, 300))
def test_no_ring_starves(budget: int, open_: int, recent: int, old: int) -> None:
    """However many conversations are open, some others are read; open ones have most of it."""
    found = shares(budget, open_, recent, old)
    assert found[Ring.RECENT] + found[Ring.OLD] >= 1
    assert found[Ring.OPEN] >= min(open_, budget - budget // 5)


def test_the_default_budget() -> None:
    """Of twenty-five: twenty to who waits, four to what is recent, one to what is old."""
    assert shares(25, 100, 100, 100) == {Ring.OPEN: 20, Ring.RECENT: 4, Ring.OLD: 1}
    assert shares(25, 3, 100, 100) == {Ring.OPEN: 3, Ring.RECENT: 15, Ring.OLD: 7}


def test_a_walk_that_came_to_its_floor_has_covered_all_above_it() -> None:
    """One that the channel cut short has covered what it saw; an interrupted one sooner."""
    walked = Checkpoint(
        walk_target_id="900", walk_floor_id="100", walk_oldest_id="200", walk_seen=8
    )
    assert covered(walked, None, resumed=False) == ("100", "900")
    assert covered(walked, 9, resumed=False) == ("100", "900")
    assert covered(walked, 8, resumed=False) == ("200", "900")
    assert covered(walked, 10, resumed=True) == ("200", "900")
    assert covered(Checkpoint(walk_floor_id="100"), 8, resumed=False) is None
    assert covered(walked._replace(walk_floor_id=None), 9, resumed=False) == ("0", "900")


def test_a_pace_is_taken_from_what_was_read() -> None:
    """Ten posts in an hour are five in half of one; without times there is no pace."""
    walked = Checkpoint(
        walk_target_id=id_at(3 * HOUR), walk_oldest_id=id_at(2 * HOUR), walk_seen=10
    )
    between = (id_at(HOUR), id_at(HOUR + 30 * MINUTE))
    assert pace(walked, between, EPOCH) == 5
    assert pace(walked, between, None) is None
    assert time_of(id_at(HOUR), EPOCH) == EPOCH + HOUR
    assert time_of("an id", EPOCH) is None


def test_a_gap_in_words() -> None:
    """From when to when and how many to expect; of an old file that does not tell, its ids."""
    gap = Gap(1, "mentions", "5", "9", 0, 1234, 2 * HOUR, 5 * HOUR)
    assert gap_words(gap, lambda at: f"{at // HOUR}h") == (
        "between 2h and 5h (3h), from none to about 1,234 at the pace of those read"
    )
    assert gap_words(Gap(1, "mentions", "5", "9", 0), str) == (
        "between 5 and 9, from none to nobody knows how many"
    )
