"""Was the clock set: two clocks compared at two moments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.clockwatch import (
    TOLD_FOR,
    Jump,
    Reading,
    find_jump,
    jump_from,
    reading_from,
    to_text,
)
from triage.core.kinds import DAY, HOUR, MINUTE, SECOND

BEFORE = Reading(1_772_442_000_000, 5 * HOUR, "boot")


def later(passed: int, wall_set_by: int = 0, boot: str = "boot") -> Reading:
    """Both clocks after a time, with the wall clock set meanwhile."""
    return Reading(BEFORE.wall + passed + wall_set_by, BEFORE.steady + passed, boot)


@pytest.mark.parametrize("by", [3 * HOUR, -3 * HOUR, 2 * MINUTE + 1, -2 * MINUTE - 1, 400 * DAY])
def test_a_jump_has_its_size(by: int) -> None:
    """Forward or back, by whatever passed in between; found when it is looked for."""
    for passed in (0, 5 * MINUTE, 90 * DAY):
        now = later(passed, by)
        assert find_jump(BEFORE, now) == Jump(by, now.wall)


@given(st.integers(0, 1000 * DAY), st.integers(-2 * MINUTE, 2 * MINUTE))
def test_time_that_passes_is_no_jump(passed: int, slewed: int) -> None:
    """However long, asleep or not, and with the small corrections that keep a clock right."""
    assert find_jump(BEFORE, later(passed, slewed)) is None


def test_another_run_of_the_machine_tells_nothing() -> None:
    """After a new start the steady clock begins anew."""
    restarted = Reading(BEFORE.wall + HOUR, 40 * SECOND, "another boot")
    assert find_jump(BEFORE, restarted) is None


def test_without_the_id_of_a_run_only_backwards_is_a_jump() -> None:
    """A new start looks like a jump forward there, and must not be taken for one."""
    before = BEFORE._replace(boot="")
    assert find_jump(before, Reading(before.wall + DAY, 40 * SECOND, "")) is None
    assert find_jump(before, later(MINUTE, -HOUR, "")) == Jump(-HOUR, before.wall + MINUTE - HOUR)


def test_the_first_look_finds_nothing() -> None:
    """There is nothing to compare with."""
    assert find_jump(None, BEFORE) is None


def test_news_gets_old() -> None:
    """A jump is told for seven days, also by a clock that has gone back since."""
    jump = Jump(HOUR, BEFORE.wall)
    assert jump.is_news(BEFORE.wall - DAY)
    assert jump.is_news(BEFORE.wall + TOLD_FOR)
    assert not jump.is_news(BEFORE.wall + TOLD_FOR + 1)


def test_texts_come_back() -> None:
    """As the store keeps them; what cannot be read is as if there were none."""
    assert reading_from(to_text(BEFORE)) == BEFORE
    assert jump_from(to_text(Jump(-HOUR, 7))) == Jump(-HOUR, 7)
    for broken in (None, "", "x", "{}", "[1]", '["a", 1, 2]', "[1, 2, 3, 4]", "null"):
        assert reading_from(broken) is None
        assert jump_from(broken) is None
