"""A renewal in the hands of several processes, and one that is killed at any step.

A refresh token works once. So of several processes one renews, and the others take what it got.
After a kill there are two ends: all is well by itself, or, where X had used up the refresh token
and its answer was lost with the process, somebody is told to sign in.
"""

from __future__ import annotations

import os

import pytest

from chaos.desk import Desk, Maker, seeded, waiting_customers
from counted import Count
from signins import HOUR_MS, every_secret, granted, shelve
from triage.config.shelf import TokenShelf
from triage.core.signin import SignIn
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.wire import Options, Request

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

ROUNDS = max(3, int(os.environ.get("TRIAGE_CHAOS", "0")) // 4)
KILLED = -9
KEY = "sandbox:acme"
LONGEST_DELAY_S = 0.03


def is_renewal(request: Request) -> bool:
    """Whether it is the request that uses the refresh token."""
    return request.target.endswith("/oauth2/token")


@pytest.fixture
def signed_in(make_desk: Maker) -> Desk:
    """A desk whose account was signed in, more than two hours ago, and nothing fetched yet."""
    desk: Desk = make_desk(waiting_customers(), settings='timeout = "3s"\n')
    desk.server.api.options = Options(standing_tokens=False)
    sign_in(desk)
    return desk


def sign_in(desk: Desk, left_ms: int = -HOUR_MS) -> SignIn:
    """Sign the account in, so that `left_ms` are left."""
    made = granted(desk.server, left_ms=left_ms)
    shelve(desk.root / "state" / "tokens.json", made)
    return made


def kept(desk: Desk) -> SignIn:
    """What is on the shelf; it can always be read."""
    found = TokenShelf(desk.root / "state" / "tokens.json").get(KEY)
    assert found is not None
    return found


def is_good(desk: Desk) -> bool:
    """Whether X would still take the refresh token that is kept."""
    with desk.server.read() as state:
        return not state.sign_ins.refreshes[kept(desk).refresh_token].used


def test_of_several_processes_one_renews(signed_in: Desk) -> None:
    """Four at once, all with a token that has ended: one request, four that work."""
    words = [("fetch",), *[("auth", "status")] * 3]
    ended = [signed_in.end(process) for process in [signed_in.start(*w) for w in words]]
    assert [ran.code for ran in ended] == [0] * len(words), ended
    assert len(signed_in.server.seen("/oauth2/token", "POST")) == 1
    assert is_good(signed_in)


def test_one_is_told_to_renew_while_another_works(signed_in: Desk) -> None:
    """Tokens that end under a running fetch are taken anew from the shelf, and it goes on."""
    sign_in(signed_in, HOUR_MS)
    fetching = signed_in.start("fetch")
    renewing = signed_in.start("auth", "refresh")
    both = [signed_in.end(process) for process in (fetching, renewing)]
    assert [ran.code for ran in both] == [0, 0], both
    assert is_good(signed_in)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_a_random_moment(signed_in: Desk, seed: int) -> None:
    """It heals by itself, or says who must do what; no token that was received is lost."""
    chance = seeded(seed)
    process = signed_in.start("auth", "refresh")
    early = chance.random() < 0.3
    delay = chance.choice([0.0, chance.uniform(0, LONGEST_DELAY_S)])
    signed_in.kill_when(
        process,
        arrives=1 if early else None,
        answered=None if early else 1,
        delay_s=delay,
        wanted=is_renewal,
    )
    ran = signed_in.end(process)
    assert ran.code in (0, KILLED), ran
    signed_in.server.watch()
    good = is_good(signed_in)
    if ran.code == 0:
        assert good
    else:
        assert kept(signed_in).renewing_since is not None or good
    fetched = signed_in.run_here("fetch")
    if good:
        assert fetched.code == 0, fetched
    else:
        assert fetched.code == 4, fetched
        assert "cut off" in fetched.err
        assert "triage auth login" in fetched.err
        sign_in(signed_in, HOUR_MS)
        assert signed_in.run_here("fetch").code == 0
    assert is_good(signed_in)
    assert kept(signed_in).renewing_since is None
    assert not [s for s in every_secret(signed_in.server) if s in fetched.err + fetched.out]


def test_killed_while_x_thinks(signed_in: Desk) -> None:
    """The request left and nothing came back: the lock is free at once, and the next run heals."""
    signed_in.server.fail(rule := _hang())
    process = signed_in.start("auth", "refresh")
    signed_in.kill_when(process, arrives=1, delay_s=0.1, wanted=is_renewal)
    assert signed_in.end(process).code == KILLED
    assert rule.times == 0
    signed_in.server.watch()
    assert kept(signed_in).renewing_since is not None
    assert signed_in.run_here("fetch").code == 0
    assert kept(signed_in).renewing_since is None


@pytest.mark.thin(5)
@pytest.mark.parametrize("kind", list(Kind))
def test_every_fault_at_a_renewal(signed_in: Desk, count: Count, kind: Kind) -> None:
    """A right code at once, and at the next run all is well, or somebody is told to sign in."""
    before = kept(signed_in).refresh_token
    hold_s = 0.02 if kind is Kind.DRIP else 0.2
    rule = Rule("token", kind, hold_s=hold_s, body={"error": "invalid_request"})
    signed_in.server.fail(rule)
    first = signed_in.run_here("fetch")
    assert first.code in (0, 1, 4, 75), first
    if first.code == 0:
        assert kept(signed_in).refresh_token != before
    if first.code == 4:
        assert kind in (Kind.UNAUTHORIZED, Kind.ODD_BODY), "X's own word alone asks for a person"
    good = is_good(signed_in)
    second = signed_in.run_here("fetch")
    assert second.code == (0 if good else 4), second
    if not good:
        assert "cut off" in second.err
    shown = first.out + first.err + second.out + second.err
    assert not [s for s in every_secret(signed_in.server) if s in shown]
    count("faults at a renewal")


def _hang() -> Rule:
    return Rule("token", Kind.HANG, hold_s=5.0)
