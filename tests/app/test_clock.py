"""A clock that was set is noticed by the next look, and told for a week."""

from __future__ import annotations

import pytest

from builders import START, Desk
from engines import content
from triage.app.checking import Health, check_clock
from triage.app.clock import latest_jump, watch_clock
from triage.core.clockwatch import Jump, Reading
from triage.core.kinds import DAY, HOUR, MINUTE

BOOT = "0b0e5f2a"


@pytest.fixture
def looked(desk: Desk) -> Desk:
    """A desk whose clocks were looked at."""
    assert watch_clock(desk.store, Reading(START, HOUR, BOOT)) is None
    return desk


def after(passed: int, set_by: int = 0, boot: str = BOOT) -> Reading:
    """Both clocks later."""
    return Reading(START + passed + set_by, HOUR + passed, boot)


@pytest.mark.parametrize("size", [3 * HOUR, -3 * HOUR])
def test_a_jump_is_found_once_and_kept(looked: Desk, size: int) -> None:
    """The next looks compare with the clock as it is now, and the doctor still tells it."""
    jump = Jump(size, START + MINUTE + size)
    assert watch_clock(looked.store, after(MINUTE, size)) == jump
    assert watch_clock(looked.store, after(2 * MINUTE, size)) is None
    assert latest_jump(looked.store, after(3 * MINUTE, size)) == jump
    assert latest_jump(looked.store, after(7 * DAY + MINUTE, size)) == jump
    assert latest_jump(looked.store, after(7 * DAY + MINUTE + 1, size)) is None


def test_the_doctor_finds_it_before_the_next_fetch(looked: Desk) -> None:
    """And writes nothing: the fetch will find it by itself."""
    before = content(looked.store)
    assert latest_jump(looked.store, after(MINUTE, HOUR)) == Jump(HOUR, START + MINUTE + HOUR)
    assert content(looked.store) == before


def test_a_new_start_of_the_machine(looked: Desk) -> None:
    """It is not compared with the one before; what was found before is still told."""
    watch_clock(looked.store, after(MINUTE, HOUR))
    assert watch_clock(looked.store, Reading(START + DAY, 0, "another")) is None
    assert latest_jump(looked.store, Reading(START + DAY, 0, "another")) is not None


def test_the_last_of_several_is_told(looked: Desk) -> None:
    """Such as the way back after a mistake."""
    watch_clock(looked.store, after(MINUTE, HOUR))
    watch_clock(looked.store, after(2 * MINUTE))
    assert latest_jump(looked.store, after(3 * MINUTE)) == Jump(-HOUR, START + 2 * MINUTE)


def test_marks_that_cannot_be_read(looked: Desk) -> None:
    """They are as good as none, and are written anew."""
    with looked.store.tx():
        for key in ("clock", "clock_jump"):
            looked.store.settings.put(key, "broken")
    assert latest_jump(looked.store, after(MINUTE)) is None
    assert watch_clock(looked.store, after(MINUTE)) is None
    assert watch_clock(looked.store, after(MINUTE, HOUR)) is not None


def test_in_order() -> None:
    """With small differences, as any two clocks have them."""
    near = START + 2 * MINUTE
    (found,) = check_clock(START, latest=near, newest_post=near, jump=None)
    assert (found.health, found.text) == (Health.OK, "It goes forward.")
    assert list(check_clock(START, latest=None, newest_post=None, jump=None)) == [found]


def test_everything_that_is_wrong_is_told() -> None:
    """Each with what to do, and that nothing is to be computed again."""
    found = list(
        check_clock(
            START,
            latest=START + 2 * MINUTE + 1,
            newest_post=START + 2 * HOUR,
            jump=Jump(-3 * HOUR, START - DAY),
        )
    )
    assert [f.health for f in found] == [Health.FAIL, Health.FAIL, Health.WARN]
    assert "2m behind what it wrote" in found[0].text
    assert "from 2h ahead of now: this machine's clock is behind" in found[1].text
    assert found[2].text == "It jumped 3h back; that was found 1d ago."
    assert {f.what for f in found} == {"clock"}
    for each in found:
        assert "timedatectl" in each.hint
        assert "No `triage sla recompute` is needed" in each.hint
