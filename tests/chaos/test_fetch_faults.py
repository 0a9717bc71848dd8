"""Each way in which X can fail a fetch: the exit code, what stays, and that the next run heals."""

from __future__ import annotations

import re
import threading
import time

import pytest

from chaos.desk import MINUTE_MS, Desk, Maker, always, now_ms, waiting_customers
from chaos.oracle import assert_complete, assert_sound
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.state import State

pytestmark = pytest.mark.enable_socket

OK, FAILED, TRY_LATER = 0, 1, 75
PAGE = 5
SMALL_PAGES = 'page_size = 5\noverlap = "1s"\n'
SILENCE = (OK, "", "")


@pytest.fixture
def paged(make_desk: Maker) -> Desk:
    """A desk with many small pages of mentions and of own posts, nothing fetched yet."""
    state = waiting_customers(28)
    us = state.user_named("acme")
    assert us is not None
    for i in range(11):
        state.add_post(us, f"Beans of the day, no {i}.", at_ms=now_ms() - i * MINUTE_MS - 100_000)
    return make_desk(state, settings=f'{SMALL_PAGES}timeout = "1s"\n')


def stored(desk: Desk, role: str) -> int:
    """How many messages of a role there are."""
    rows = desk.rows("SELECT count(*) AS n FROM message WHERE role = :role", role=role)
    return int(rows[0]["n"])


def heal(desk: Desk) -> None:
    """Let nothing go wrong any more, and fetch in silence."""
    desk.server.api.faults.clear()
    desk.change("DELETE FROM rate_limit")
    desk.pass_limits()
    desk.server.release()
    assert desk.run_here("fetch") == SILENCE
    assert_complete(desk)


BROKEN = [(Kind.UNAVAILABLE, TRY_LATER), (Kind.HTML, FAILED)]
"""One of each code; `test_fault_matrix.py` has them all."""


@pytest.mark.parametrize(("kind", "code"), BROKEN)
def test_mentions_break_off_in_the_middle(paged: Desk, kind: Kind, code: int) -> None:
    """One line and the code; the pages before it stay, and the next run goes on below them."""
    paged.server.fail(always("mentions", kind, skip=3))
    ran = paged.run_here("fetch")
    assert (ran.code, ran.out) == (code, "")
    assert re.fullmatch(rf"triage: .*\(exit {code}\)\n", ran.err), ran.err
    assert f"{3 * PAGE} new mentions were saved before that" in ran.err
    assert stored(paged, "mention") == 3 * PAGE
    assert_waits_begun(paged, 3 * PAGE)
    before = len(paged.server.seen("/mentions"))
    heal(paged)
    # 28 mentions: three pages of five were there, the other 13 take three, and one looks on top.
    assert len(paged.server.seen("/mentions")) - before == 4


def assert_waits_begun(desk: Desk, number: int) -> None:
    """A failed run has started the clocks of what it saved."""
    rows = desk.rows("SELECT count(*) AS n FROM wait WHERE state = 'open'")
    assert rows == [{"n": number}]


def test_faults_that_pass_do_not_show(paged: Desk) -> None:
    """Reads are tried again: a fault here and there is a silent success."""
    kinds = (Kind.UNAVAILABLE, Kind.CLOSE, Kind.TRUNCATED)
    paged.server.fail(*(Rule("mentions", kind, skip=n) for n, kind in enumerate(kinds, 1)))
    assert paged.run_here("fetch") == SILENCE
    assert paged.server.api.faults.pending() == []
    assert_complete(paged)


LIMITS = [
    (Kind.RATE_LIMITED, 600),
    (Kind.RATE_LIMITED_NO_RESET, 900),
    (Kind.RATE_LIMITED_BAD_RESET, 900),
    (Kind.RATE_LIMITED_TEXT, 600),
]


@pytest.mark.thin(4)
@pytest.mark.parametrize(("kind", "reset_in_s"), LIMITS)
@pytest.mark.parametrize(("endpoint", "skip"), [("mentions", 2), ("own", 1), ("user", 0)])
def test_too_many_requests(
    paged: Desk, endpoint: str, skip: int, kind: Kind, reset_in_s: int
) -> None:
    """75 once, with the time; until then silence, and X is not asked; then it goes on."""
    paged.server.fail(Rule(endpoint, kind, skip=skip, reset_after_s=600))
    ran = paged.run_here("fetch")
    assert (ran.code, ran.out) == (TRY_LATER, "")
    assert re.fullmatch(r"triage: .*may be asked again at .*\(exit 75\)\n", ran.err), ran.err
    reset = paged.rows("SELECT reset_at FROM rate_limit")
    assert len(reset) == 1
    assert abs(reset[0]["reset_at"] - (now_ms() + reset_in_s * 1_000)) < MINUTE_MS
    asked = len(paged.server.exchanges)
    kept = stored(paged, "mention"), stored(paged, "own")
    assert kept == {"mentions": (2 * PAGE, 12), "own": (0, PAGE), "user": (0, 0)}[endpoint]
    assert paged.run_here("fetch") == SILENCE
    assert len(paged.server.exchanges) == asked, "X had asked to wait"
    paged.change("UPDATE rate_limit SET reset_at = :now", now=now_ms() - 1)
    paged.pass_limits()
    assert paged.run_here("fetch") == SILENCE
    assert_complete(paged)


def test_a_silent_success_of_the_real_command(paged: Desk) -> None:
    """As cron sees it: one line and 75 at the limit, then not a word and 0 until the reset."""
    paged.server.fail(Rule("mentions", Kind.RATE_LIMITED, skip=1))
    ran = paged.run("fetch")
    assert (ran.code, ran.out, ran.err.count("\n")) == (TRY_LATER, "", 1)
    asked = len(paged.server.exchanges)
    assert paged.run("fetch") == SILENCE
    assert len(paged.server.exchanges) == asked


@pytest.mark.thin(3)
@pytest.mark.parametrize("endpoint", ["mentions", "own"])
@pytest.mark.parametrize(
    "rule",
    [
        Rule("", Kind.DUPLICATE, times=None),
        Rule("", Kind.OUT_OF_ORDER, times=None),
        Rule("", Kind.NULLS, times=None, fields=("lang", "entities", "note_tweet")),
        Rule("", Kind.EMPTY_PAGE, skip=1, times=3),
        Rule("", Kind.TOKEN_EXPIRED, skip=1, times=1),
        Rule("", Kind.BAD_RESET, times=None),
    ],
    ids=lambda rule: rule.kind,
)
def test_odd_pages_are_good_pages(paged: Desk, endpoint: str, rule: Rule) -> None:
    """Duplicates, disorder, nulls, empty pages, expired tokens: exit 0, and nothing is lost."""
    paged.server.fail(
        Rule(endpoint, rule.kind, skip=rule.skip, times=rule.times, fields=rule.fields)
    )
    assert paged.run_here("fetch") == SILENCE
    assert_complete(paged)
    if rule.kind is Kind.TOKEN_EXPIRED:
        queries = paged.server.seen("/mentions" if endpoint == "mentions" else "/tweets")
        continued = [q for q in queries if "until_id" in q]
        assert len(continued) == 1
        assert "pagination_token" not in continued[0]


def test_an_edit_and_a_deletion_between_runs(paged: Desk) -> None:
    """An edited mention is one message with its new text and its old time."""
    assert paged.run_here("fetch") == SILENCE
    with paged.server.change() as state:
        newest = next(p for p in state.current() if "order 27" in p.text)
        state.edit(newest.id, "@acme found it, sorry & thanks")
    assert paged.run_here("fetch") == SILENCE
    assert_complete(paged)
    versions = paged.rows("SELECT count(*) AS n FROM message_version")
    assert versions == [{"n": 2}]


def test_an_account_that_is_added_later(make_desk: Maker) -> None:
    """Who answered our second account is no stranger once that is known to be ours.

    Read before, such posts passed for talk among strangers; read again, they start their clocks.
    """
    state = waiting_customers(1)
    helper = state.add_user("acmehelp")
    customer = state.user_named("customer0")
    assert customer is not None
    complaint = next(p for p in state.current() if p.author_id == customer.id)
    said = state.add_post(helper, "Which number is it?", reply_to=complaint.id)
    state.add_post(customer, "@acme 4711, and where is it?", reply_to=said.id)
    desk = make_desk(state)
    assert desk.run_here("fetch") == SILENCE
    assert stored(desk, "incidental") == 1
    desk.handles = ("acme", "acmehelp")
    desk.point_to(desk.server.base_url)
    assert desk.run_here("fetch") == SILENCE
    assert stored(desk, "incidental") == 0
    assert_complete(desk)


def test_who_answers_our_other_account_is_no_stranger(make_desk: Maker) -> None:
    """Our second account is known by its posts, before it was fetched itself.

    The customer answers it and names only the first one: nothing lists this post a second time.
    """
    state = waiting_customers(1)
    helper = state.add_user("acmehelp")
    customer = state.user_named("customer0")
    assert customer is not None
    complaint = next(p for p in state.current() if p.author_id == customer.id)
    said = state.add_post(helper, "Which number is it?", reply_to=complaint.id)
    state.add_post(customer, "4711, and where is it?", reply_to=said.id).names = ["acme"]
    desk = make_desk(state, help_too=True)
    assert desk.run_here("fetch") == SILENCE
    assert stored(desk, "incidental") == 0
    assert_complete(desk)


def test_a_second_fetch_while_one_runs(paged: Desk) -> None:
    """75 with the holder's process id; with --wait it comes after it, and both succeed."""
    paged.settings = SMALL_PAGES
    paged.point_to(paged.server.base_url)
    hangs = threading.Event()
    paged.server.fail(Rule("mentions", Kind.HANG, skip=1))
    paged.server.watch(
        answered=lambda number, _: hangs.set() if number > PAGE else None,
    )
    first = paged.start("fetch")
    assert hangs.wait(120)
    second = paged.run_here("fetch")
    assert second.code == TRY_LATER
    assert re.fullmatch(r"triage: .*\(exit 75\)\n", second.err), second.err
    assert f"Process {first.pid} holds the lock since" in second.err
    third = paged.start("fetch", "--wait", "30")
    assert first.poll() is None
    paged.server.release()
    assert paged.end(first) == SILENCE
    assert paged.end(third) == SILENCE
    assert_complete(paged)


def test_the_deadline_ends_a_hanging_run(paged: Desk) -> None:
    """With --deadline a run that hangs ends in time with 75, and keeps what it had."""
    paged.settings = SMALL_PAGES
    paged.point_to(paged.server.base_url)
    paged.server.fail(always("mentions", Kind.HANG, skip=2))
    began = time.monotonic()
    ran = paged.run_here("fetch", "--deadline", "1s")
    assert time.monotonic() - began < 18, "the time-out of a request alone is 20 s"
    assert (ran.code, ran.out) == (TRY_LATER, "")
    assert re.fullmatch(r"triage: .*\(exit 75\)\n", ran.err), ran.err
    assert stored(paged, "mention") == 2 * PAGE
    heal(paged)


def flood(state: State, number: int) -> None:
    """Let that many people write, a second apart, from now on."""
    writers = [state.add_user(f"fan{i}") for i in range(20)]
    began = now_ms() - number * 1_000
    for i in range(number):
        state.add_post(writers[i % 20], f"@acme question {i}?", at_ms=began + i * 1_000)


_GAP = (
    r"@acme: a gap in mentions: the channel gave no more than its newest posts; between \w+ "
    r"\d\d:\d\d and \w+ \d\d:\d\d \(\w+\), from none to about [\d,]+ at the pace of those read may "
    r"be missing\.\n"
)


@pytest.mark.parametrize("interrupted", [False, True])
def test_more_mentions_than_x_gives(make_desk: Maker, interrupted: bool) -> None:
    """Beyond X's newest 800 something may be missing: one line about it, once, and exit 0."""
    desk = make_desk(waiting_customers(3))
    assert desk.run_here("fetch") == SILENCE
    with desk.server.change() as state:
        flood(state, 840)
    if interrupted:
        desk.server.fail(Rule("mentions", Kind.CREDITS, skip=3))
        assert desk.run_here("fetch").code == FAILED
    ran = desk.run("fetch")
    assert (ran.code, ran.out) == (OK, "")
    assert re.fullmatch(_GAP, ran.err), ran.err
    assert len(desk.rows("SELECT * FROM gap")) == 1
    assert desk.run_here("fetch") == SILENCE
    assert len(desk.rows("SELECT * FROM gap")) == 1
    assert stored(desk, "mention") == 3 + 800
    assert_sound(desk)


def test_a_first_fetch_of_a_busy_account_is_no_gap(make_desk: Maker) -> None:
    """Before the first fetch nothing was promised: 800 and no word about a gap."""
    state = waiting_customers(3)
    flood(state, 820)
    desk = make_desk(state)
    assert desk.run_here("fetch") == SILENCE
    assert stored(desk, "mention") == 800
    assert_complete(desk)
