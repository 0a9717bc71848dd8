"""What a monitoring system is told: the overdue, and whether anybody still fetches."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import START, Desk
from triage.app.monitoring import Check, Limits, check, figures
from triage.core.accounts import DEFAULT_STALE_AFTER, STALE_AFTER
from triage.core.kinds import HOUR, MINUTE
from triage.core.nagios import State, parse_range
from triage.errors import NetworkDown


def limits(warning: str = "0", critical: str = "5", max_age: int | None = None) -> Limits:
    """The limits of a command line."""
    return Limits(parse_range(warning, "-w"), parse_range(critical, "-c"), max_age)


def look(desk: Desk, wanted: Limits | None = None, *accounts: int) -> Check:
    """Look at a desk."""
    return check(desk.store, desk.brand_id, accounts, wanted or limits(), desk.now)


@pytest.mark.parametrize(
    ("wanted", "state"),
    [
        (limits(), State.WARNING),
        (limits("1"), State.OK),
        (limits("0", "0"), State.CRITICAL),
        (limits("@1:3", "~:5"), State.WARNING),
        (limits("1", "2:"), State.CRITICAL),
    ],
)
def test_the_overdue_are_counted(busy: Desk, wanted: Limits, state: State) -> None:
    """One is overdue, by two hours; the thresholds say what that means."""
    found = look(busy, wanted)
    assert found.state is state
    assert (found.waiting, found.overdue, found.due_soon) == (3, 1, 1)
    assert found.oldest_overdue == 2 * HOUR
    assert found.text == "3 waiting, 1 overdue by up to 2h, 1 due within 1 h, fetched 0s ago"


def test_what_rests_still_counts(busy: Desk) -> None:
    """A snooze hides a wait from the queue; the customer is overdue all the same."""
    with busy.store.tx():
        busy.store.engine.execute(
            "UPDATE wait SET hold = 'snoozed', hold_until = :until", {"until": START + 24 * HOUR}
        )
    assert busy.waiting() == []
    assert look(busy)[2:5] == (3, 1, 1)


def test_at_its_due_time_a_wait_is_overdue(desk: Desk) -> None:
    """A millisecond earlier it is not; by how much is told from then on."""
    desk.write("ana", "@acme broken")
    desk.fetch()
    wanted = limits(max_age=HOUR)
    desk.now += HOUR - 1
    assert look(desk, wanted)[:5] == (State.OK, look(desk, wanted).text, 1, 0, 1)
    desk.now += 1
    assert look(desk, wanted)[2:6] == (1, 1, 0, 0)
    assert look(desk, wanted).state is State.WARNING


def test_an_old_fetch_is_critical(desk: Desk) -> None:
    """However empty the queue: nobody knows who waits."""
    desk.fetch()
    desk.now += 30 * MINUTE
    wanted = limits(max_age=30 * MINUTE)
    assert look(desk, wanted).state is State.OK
    desk.now += 1
    found = look(desk, wanted)
    assert found.state is State.CRITICAL
    assert found.text.endswith("fetched 30m ago, more than 30m")
    assert (found.fetched_at, found.fetch_age) == (START, 30 * MINUTE + 1)


def test_without_a_limit_the_settings_have_one(desk: Desk) -> None:
    """The one of the configuration, as it was applied; half an hour before that."""
    desk.fetch()
    assert look(desk).max_age == DEFAULT_STALE_AFTER == 30 * MINUTE
    with desk.store.tx():
        desk.store.settings.put(STALE_AFTER, str(2 * HOUR))
    assert look(desk).max_age == 2 * HOUR
    desk.now += 2 * HOUR + 1
    assert look(desk).state is State.CRITICAL
    assert look(desk, limits(max_age=3 * HOUR)).state is State.OK


def test_who_is_never_fetched(desk: Desk) -> None:
    """A desk that lives on imports is in order, unless its age is asked for: then nobody knows."""
    found = look(desk)
    assert (found.state, found.max_age, found.fetch_age) == (State.OK, None, None)
    assert found.text == "0 waiting, 0 overdue, 0 due within 1 h, never fetched"
    assert look(desk, limits(max_age=HOUR)).state is State.UNKNOWN


def test_fetches_that_never_succeed(desk: Desk) -> None:
    """They are as old as the first try."""
    desk.channel.fail_next("page", NetworkDown("The network is down."))
    desk.fetch()
    assert look(desk).state is State.OK
    desk.now += HOUR
    found = look(desk)
    assert found.state is State.CRITICAL
    assert found.text.endswith("no fetch succeeded since the first 1h ago, more than 30m")
    assert (found.fetched_at, found.fetch_age) == (None, None)


def test_an_account_by_itself(busy: Desk) -> None:
    """Its own waits, and its own fetches: another account's do not vouch for it."""
    with busy.store.tx():
        other = busy.store.accounts.add(busy.brand_id, "memory", "help", "9", START)
    mine = look(busy, limits(max_age=HOUR), busy.account.id)
    assert (mine.state, mine.waiting) == (State.WARNING, 3)
    theirs = look(busy, limits(max_age=HOUR), other.id)
    assert (theirs.state, theirs.waiting) == (State.UNKNOWN, 0)


def test_a_clock_that_was_set_back_makes_no_age(desk: Desk) -> None:
    """A fetch in the future is as fresh as can be."""
    desk.fetch()
    desk.now -= HOUR
    assert look(desk).fetch_age == 0


def test_figures_are_in_seconds(busy: Desk) -> None:
    """With the thresholds as they were written; the limit of the age is one of critical."""
    busy.now += 61_999
    wanted = limits("2", "@5:9")
    assert " ".join(map(str, figures(look(busy, wanted), wanted))) == (
        "overdue=1;2;@5:9;0 waiting=3;;;0 due_soon=2;;;0 oldest_overdue=7261s;;;0 "
        "fetch_age=61s;;1800;0"
    )


def test_figures_that_nobody_knows(tmp_path: Path) -> None:
    """Are `U`, which is not drawn."""
    desk = Desk(tmp_path)
    assert str(figures(look(desk), limits())[-1]) == "fetch_age=U;;;0"
    desk.close()
