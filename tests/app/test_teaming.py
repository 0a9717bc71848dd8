"""How much each of a team has to do, on both engines, and when a day begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from both import ENGINES, busy_on
from builders import START, Desk, tagger_for
from triage.app import acting, claiming, replying
from triage.app.assigning import assign
from triage.app.claiming import Press
from triage.app.teaming import Team, load_team, start_of_day
from triage.core.claims import LEASE
from triage.core.model import DAY, HOUR, MINUTE, CloseReason
from triage.core.team import Assigned, Member, members
from zones import ZONES

ANA, BO, FINN = 3, 4, 6


@pytest.fixture(params=ENGINES)
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """The busy desk, in a file and on a server whose clock is moved by hand too."""
    yield from busy_on(request.param, tmp_path, monkeypatch)


def team(desk: Desk, *names: str, only: bool = False) -> Team:
    """The team now."""
    accounts = desk.store.accounts.accounts(desk.brand_id)
    return load_team(desk.store, desk.brand_id, names, desk.now, accounts, all_accounts=not only)


def give(desk: Desk, number: int, to: str) -> None:
    """Kim gives a conversation to somebody."""
    assign(desk.store, desk.conversation(number), to, "kim", desk.now)


@pytest.mark.enable_socket
def test_open_claimed_and_load(desk: Desk) -> None:
    """What is theirs and what they are at, each once; who has neither is idle."""
    give(desk, ANA, "bo")
    give(desk, BO, "bo")
    for number in (BO, FINN):
        claiming.claim(desk.store, desk.conversation(number), "bo", desk.now, LEASE)
    found = team(desk, "ana")
    assert found.members == [
        Member("bo", 2, 1, 2, 0, 3, START),
        Member("ana", 0, 0, 0, 0, 0, None),
        Member("kim", 0, 0, 0, 0, 0, START),
    ]
    assert [m.is_idle for m in found.members] == [False, True, True]
    assert (found.waiting, found.unassigned, found.nobody_at) == (3, 1, 0)
    desk.now += LEASE
    assert team(desk).nobody_at == 1
    assert team(desk).members[0].claimed == 0


@pytest.mark.enable_socket
def test_who_answered_today(desk: Desk) -> None:
    """Whoever sent it, whosever it is; closes and what was typed elsewhere are no answers here."""
    give(desk, ANA, "ana")
    replying.send(desk.sender, desk.draft(ANA, "Sorry!", agent="bo").id, Press("bo"))
    talk = desk.conversation(BO)
    acting.close(desk.store, talk, CloseReason.SPAM, "ana", desk.now, tagger_for)
    today = {m.agent: m.answered_today for m in team(desk).members}
    assert today == {"ana": 0, "bo": 1, "kim": 0}
    assert {m.agent: m.load for m in team(desk).members} == {"ana": 0, "bo": 0, "kim": 0}
    desk.now += 15 * HOUR - 1
    assert max(m.answered_today for m in team(desk).members) == 1
    desk.now += 1
    assert max(m.answered_today for m in team(desk).members) == 0


@pytest.mark.enable_socket
def test_a_wait_that_began_days_ago_and_was_answered_today(desk: Desk) -> None:
    """However long it lasted."""
    desk.now += 9 * DAY
    replying.send(desk.sender, desk.draft(ANA, "Sorry!", agent="bo").id, Press("bo"))
    assert {m.agent: m.answered_today for m in team(desk).members} == {"bo": 1}


@pytest.mark.enable_socket
def test_of_one_account(desk: Desk) -> None:
    """`--account` leaves out what is of others."""
    give(desk, ANA, "bo")
    claiming.claim(desk.store, desk.conversation(FINN), "bo", desk.now, LEASE)
    assert team(desk, only=True).members[0].load == 2
    found = load_team(desk.store, desk.brand_id, (), desk.now, (), all_accounts=True)
    assert found.members[0].load == 2
    with desk.store.tx():
        other = desk.store.accounts.add(desk.brand_id, "memory", "help", "2", desk.now)
    found = load_team(desk.store, desk.brand_id, (), desk.now, [other], all_accounts=False)
    assert [m.load for m in found.members] == [0, 0]
    assert found.waiting == 0


@pytest.mark.enable_socket
def test_who_was_not_seen_for_long_is_not_listed(desk: Desk) -> None:
    """Unless something is theirs."""
    give(desk, ANA, "bo")
    desk.now += 31 * DAY
    assert [m.agent for m in team(desk, "ana").members] == ["bo", "ana"]


@given(st.sampled_from(ZONES), st.integers(0, 70 * 366 * DAY // MINUTE).map(lambda n: n * MINUTE))
def test_a_day_begins_once(zone: str, now: int) -> None:
    """At or before now, less than 26 h ago, and it is the same one for every moment since."""
    begin = start_of_day(now, zone)
    assert now - 26 * HOUR < begin <= now
    assert start_of_day(begin, zone) == begin
    assert start_of_day(begin - 1, zone) < begin
    assert start_of_day((begin + now) // 2, zone) == begin


def test_a_zone_that_nobody_knows() -> None:
    """Is taken for UTC, as everywhere."""
    assert start_of_day(START, "Mars/Base") == START - 9 * HOUR


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from("abc")), unique_by=lambda a: a[0]),
    st.dictionaries(st.integers(1, 9), st.sampled_from("abcd")),
)
def test_the_load_counts_each_once(given_to: list[tuple[int, str]], at: dict[int, str]) -> None:
    """Load is at most both together, at least the greater, and the busiest stand first."""
    found = members([], [Assigned(n, a, None) for n, a in given_to], at, [], {}, START)
    for one in found:
        assert max(one.assigned, one.claimed) <= one.load <= one.assigned + one.claimed
        assert one.is_idle == (one.load == 0)
    assert [m.load for m in found] == sorted((m.load for m in found), reverse=True)
    assert sum(m.assigned for m in found) == len(given_to)
