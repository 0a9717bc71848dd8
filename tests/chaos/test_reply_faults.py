"""Each way in which X can fail a reply: the exit code, the state, and at most one post."""

from __future__ import annotations

import socket

import pytest

from chaos.desk import (
    FAULTS_AFTER,
    FAULTS_BEFORE,
    MINUTE_MS,
    Desk,
    complaints,
    now_ms,
    published,
)
from chaos.oracle import assert_complete, stored_waits
from triage.core.outbox import ASK_AFTER
from triage.sandbox.faults import Kind, Rule

pytestmark = pytest.mark.enable_socket

TEXT = "We are sorry: it is on its way, see https://acme.example/parcels?a=1&b=2 for where."
OK, FAILED, SIGN_IN, UNKNOWN, TRY_LATER = 0, 1, 4, 5, 75


@pytest.fixture
def parent(desk: Desk) -> str:
    """The post that is answered."""
    return complaints(desk.server)[0].id


def assert_one_line(err: str, code: int) -> None:
    """Without a terminal a failure is one line that ends in its code."""
    assert err.startswith("triage: ")
    assert err.endswith(f"(exit {code})\n")
    assert err.count("\n") == 1


def wait_state(desk: Desk, opening: str) -> str:
    """How the wait that a post opened stands."""
    return next(w.state for w in stored_waits(desk) if w.opening == opening)


def creates(desk: Desk) -> int:
    """How many requests to post there were."""
    return len(desk.server.seen("/2/tweets", "POST"))


def test_a_reply_that_nothing_disturbs(desk: Desk, parent: str) -> None:
    """Exit 0: public once, confirmed, and the wait ended by it; a fetch changes nothing."""
    ran = desk.run("reply", parent, TEXT, "-y")
    assert (ran.code, ran.err) == (OK, "")
    assert len(published(desk.server, TEXT, parent)) == 1
    before = stored_waits(desk)
    assert wait_state(desk, parent) == "answered"
    assert desk.run_here("fetch") == (OK, "", "")
    assert sorted(stored_waits(desk), key=repr) == sorted(before, key=repr)
    assert creates(desk) == 1


@pytest.mark.thin(2)
@pytest.mark.parametrize("kind", FAULTS_AFTER)
def test_posted_without_a_usable_answer(desk: Desk, parent: str, kind: Kind) -> None:
    """Exit 5 and locked; the next fetch finds it and ends the wait at the post's own time."""
    desk.server.fail(Rule("create", kind))
    ran = desk.run_here("reply", parent, TEXT, "-y")
    assert ran.code == UNKNOWN
    assert_one_line(ran.err, UNKNOWN)
    assert "outbox settle 1" in ran.err
    public = published(desk.server, TEXT, parent)
    assert len(public) == 1
    row = desk.replies()[0]
    assert (row["state"], row["native_id"]) == ("unknown", None)
    assert wait_state(desk, parent) == "open", "only a confirmed answer ends a wait"
    fetched = desk.run_here("fetch")
    assert fetched.code == OK
    assert "found on our timeline" in fetched.err
    row = desk.replies()[0]
    assert (row["state"], row["native_id"]) == ("sent", public[0])
    assert desk.run_here("fetch") == (OK, "", "")
    assert (published(desk.server, TEXT, parent), creates(desk)) == (public, 1)
    # The oracle ends each wait at the post's own time, not when somebody noticed.
    assert_complete(desk)
    credited = desk.rows("SELECT agent, outside FROM wait WHERE ended_at IS NOT NULL")
    assert credited == [{"agent": "ana", "outside": 0}]


@pytest.mark.thin(2)
@pytest.mark.parametrize("kind", FAULTS_BEFORE)
def test_not_posted_but_nobody_knows(desk: Desk, parent: str, kind: Kind) -> None:
    """Exit 5; absence is no evidence: never sent again by itself, a person is asked once."""
    desk.server.fail(Rule("create", kind, hold_s=5.0))
    ran = desk.run_here("reply", parent, TEXT, "-y")
    assert ran.code == UNKNOWN
    assert_one_line(ran.err, UNKNOWN)
    assert desk.run_here("fetch") == (OK, "", "")
    assert desk.replies()[0]["state"] == "unknown"
    refused = desk.run_here("reply", parent, TEXT, "-y")
    assert refused.code == FAILED
    assert "triage outbox settle 1" in refused.err
    desk.change("UPDATE reply SET attempted_at = attempted_at - :ms", ms=ASK_AFTER + 1_000)
    asked = desk.run_here("fetch")
    assert asked.code == OK
    assert "outbox settle 1 --sent URL | --resend | --cancel" in asked.err
    assert desk.run_here("fetch") == (OK, "", ""), "asked once"
    assert desk.replies()[0]["state"] == "unknown"
    assert (published(desk.server, TEXT, parent), creates(desk)) == ([], 1)
    assert wait_state(desk, parent) == "open"


@pytest.mark.parametrize(
    ("kind", "reset_in_s"),
    [
        (Kind.RATE_LIMITED, 600),
        (Kind.RATE_LIMITED_NO_RESET, 900),
        (Kind.RATE_LIMITED_BAD_RESET, 900),
        (Kind.RATE_LIMITED_TEXT, 600),
    ],
)
def test_too_many_requests(desk: Desk, parent: str, kind: Kind, reset_in_s: int) -> None:
    """Exit 75 and queued: not before the reset, then by the next fetch, once."""
    desk.server.fail(Rule("create", kind, reset_after_s=600))
    ran = desk.run_here("reply", parent, TEXT, "-y")
    assert ran.code == TRY_LATER
    assert_one_line(ran.err, TRY_LATER)
    row = desk.replies()[0]
    assert row["state"] == "queued"
    assert abs(row["retry_at"] - (now_ms() + reset_in_s * 1_000)) < MINUTE_MS
    assert desk.run_here("fetch").code == OK
    assert (desk.replies()[0]["state"], creates(desk)) == ("queued", 1), "too early"
    desk.change("UPDATE reply SET retry_at = :now", now=now_ms() - 1)
    desk.pass_limits()
    assert desk.run_here("fetch").code == OK
    assert desk.replies()[0]["state"] == "sent"
    assert desk.run_here("fetch").code == OK
    assert (len(published(desk.server, TEXT, parent)), creates(desk)) == (1, 2)
    assert_complete(desk)


def test_nobody_listens(desk: Desk, parent: str) -> None:
    """A refused connection: provably nothing left, so exit 75, queued, and sent by a later run."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        desk.point_to(f"http://127.0.0.1:{taken.getsockname()[1]}")
        ran = desk.run_here("reply", parent, TEXT, "-y")
        assert ran.code == TRY_LATER
        looked, failure = ran.err.splitlines(keepends=True)
        assert looked.startswith("X could not be asked about the thread (X could not be reached: ")
        assert_one_line(failure, TRY_LATER)
        assert desk.replies()[0]["state"] == "queued"
        # Our timeline cannot be read, so nothing is sent either.
        assert desk.run_here("fetch").code == TRY_LATER
        assert desk.replies()[0]["state"] == "queued"
    desk.point_to(desk.server.base_url)
    refused = desk.run_here("reply", parent, TEXT, "-y")
    assert refused.code == FAILED, "the queue has this very text"
    assert desk.run_here("fetch").code == OK
    assert desk.replies()[0]["state"] == "sent"
    assert desk.run_here("fetch").code == OK
    assert (len(published(desk.server, TEXT, parent)), creates(desk)) == (1, 1)
    assert_complete(desk)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule("create", Kind.UNAUTHORIZED), SIGN_IN),
        (Rule("create", Kind.CREDITS), FAILED),
        (Rule("create", Kind.ODD_BODY, status=400, body=None), FAILED),
        (Rule("create", Kind.ODD_BODY, status=403, body={"detail": "Not for you."}), FAILED),
    ],
    ids=["401", "402", "400 null", "403"],
)
def test_a_clear_refusal(desk: Desk, parent: str, rule: Rule, code: int) -> None:
    """Exit 4 or 1, nothing public, the text kept; sent later by `drafts send`, never by itself."""
    desk.server.fail(Rule(rule.endpoint, rule.kind, status=rule.status, body=rule.body))
    ran = desk.run_here("reply", parent, TEXT, "-y")
    assert ran.code == code
    assert_one_line(ran.err, code)
    row = desk.replies()[0]
    assert (row["state"], row["text"]) == ("failed", TEXT)
    assert desk.run_here("fetch") == (OK, "", "")
    assert (published(desk.server, TEXT, parent), creates(desk)) == ([], 1)
    again = desk.run_here("drafts", "send", str(row["id"]), "-y")
    assert again.code == OK, again
    assert (len(published(desk.server, TEXT, parent)), creates(desk)) == (1, 2)


def test_x_does_not_take_the_same_text_twice(desk: Desk, parent: str) -> None:
    """The duplicate-403 of a first attempt is a refusal in X's words: exit 1."""
    with desk.server.change() as state:
        us = state.user_named("acme")
        assert us is not None
        state.add_post(us, "@customer0 hello there")
    ran = desk.run_here("reply", parent, "hello there", "-y")
    assert ran.code == FAILED
    assert "duplicate content" in ran.err
    assert desk.replies()[0]["state"] == "failed"


def test_a_resent_reply_that_was_public_after_all(desk: Desk, parent: str) -> None:
    """Sent again by a person's word, X's duplicate-403 means that it is there: found, not lost."""
    desk.server.fail(Rule("create", Kind.CLOSE_AFTER))
    assert desk.run_here("reply", parent, TEXT, "-y").code == UNKNOWN
    desk.server.fail(Rule("own", Kind.UNAVAILABLE))
    resent = desk.run_here("outbox", "settle", "1", "--resend", "-y")
    assert resent.code == UNKNOWN, resent
    assert desk.run_here("fetch").code == OK
    assert desk.replies()[0]["state"] == "sent"
    assert len(published(desk.server, TEXT, parent)) == 1
    assert_complete(desk)


def test_it_is_looked_for_before_it_is_sent_again(desk: Desk, parent: str) -> None:
    """A person overlooked it: what is on our timeline is not sent again, but settled."""
    desk.server.fail(Rule("create", Kind.CLOSE_AFTER))
    assert desk.run_here("reply", parent, TEXT, "-y").code == UNKNOWN
    assert desk.run_here("outbox", "settle", "1", "--resend", "-y").code == OK
    assert (desk.replies()[0]["state"], creates(desk)) == ("sent", 1)
    assert_complete(desk)


def test_a_good_answer_with_a_broken_header(desk: Desk, parent: str) -> None:
    """A reset header that is no number does not make a confirmed reply anything else."""
    desk.server.fail(Rule("create", Kind.BAD_RESET))
    assert desk.run_here("reply", parent, TEXT, "-y").code == OK
    assert desk.replies()[0]["state"] == "sent"


def test_each_lost_reply_finds_its_own_post(desk: Desk) -> None:
    """Two replies with one text to two customers, both of unknown fate: each finds its own."""
    first, second = (p.id for p in complaints(desk.server))
    desk.server.fail(Rule("create", Kind.CLOSE_AFTER), Rule("create", Kind.CLOSE))
    assert desk.run_here("reply", first, TEXT, "-y").code == UNKNOWN
    assert desk.run_here("reply", second, TEXT, "-y").code == UNKNOWN
    assert desk.run_here("fetch").code == OK
    rows = {r["in_reply_to"]: (r["state"], r["native_id"]) for r in desk.replies()}
    assert rows[first] == ("sent", published(desk.server, TEXT, first)[0])
    assert rows[second] == ("unknown", None)
    assert (wait_state(desk, first), wait_state(desk, second)) == ("answered", "open")
