"""The meter: what it refuses, what it writes, and that nothing that befalls it stops a request."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace

import pytest

from builders import START, Desk
from engines import sqlite_only
from triage.app.metering import Payer, Terms, UsageMeter
from triage.core.kinds import DAY, MINUTE
from triage.core.money import MICROS
from triage.core.ratebudget import Told
from triage.core.usage import Ask, Call, Tally, for_reply
from triage.errors import CapReached, NotFound, RateLimited
from triage.store.store import SqlStore

MENTIONS, BY_APP = Ask("mentions"), Ask("mentions", as_app=True)
CREATE = Ask("create")
LIMITS = {"mentions": (8, 4), "own": (8, 4), "create": (3, 3)}
TERMS = Terms(limits=LIMITS)


def meter(desk: Desk, terms: Terms = TERMS, **payer: object) -> UsageMeter:
    """A meter of the desk's account, outside of a run of `fetch`."""
    account = Payer(desk.account.id, desk.brand_id)
    return UsageMeter(lambda: desk.store, replace(account, **payer), terms, desk.clock)  # type: ignore[arg-type]


def page(*things: str, told: Told | None = None, ask: Ask = MENTIONS) -> Call:
    """A page of posts that came back."""
    return Call(ask, 200, things=things, told=told)


def ask_until_refused(one: UsageMeter, ask: Ask, most: int = 50) -> int:
    """How many requests a meter allows."""
    for number in range(most):
        try:
            one.allow(ask)
        except RateLimited:
            return number
        one.note(Call(ask, 200))
    return most


def books(desk: Desk) -> dict[str, Tally]:
    """This month's lines."""
    return {row.line: row.tally for row in desk.store.usage.rows(desk.brand_id, "2026-03")}


def test_a_budget_is_shared_by_all_that_have_the_store(desk: Desk) -> None:
    """Another process, and another run, take from the same window."""
    assert ask_until_refused(meter(desk), MENTIONS, most=3) == 3
    assert ask_until_refused(meter(desk), MENTIONS) == 1
    desk.now += 16 * MINUTE + MINUTE
    assert ask_until_refused(meter(desk), MENTIONS) == 4


def test_accounts_share_the_window_of_their_app_and_no_other(desk: Desk) -> None:
    """By the name that the configuration gives the app."""
    assert ask_until_refused(meter(desk), BY_APP) == 8
    assert ask_until_refused(meter(desk, account_id=2), BY_APP) == 0
    assert ask_until_refused(meter(desk, app="second"), BY_APP) == 8
    assert ask_until_refused(meter(desk), MENTIONS) == 4


def test_a_refusal_says_when_it_is_over(desk: Desk) -> None:
    """As the channel's own would, in time for the next run."""
    one = meter(desk)
    one.allow(MENTIONS)
    one.note(page(told=Told(4, 0, START + 5 * MINUTE)))
    with pytest.raises(RateLimited, match="used up") as refusal:
        one.allow(MENTIONS)
    assert refusal.value.endpoint == "mentions"
    assert START + 5 * MINUTE <= refusal.value.reset_at < START + 6 * MINUTE


def test_a_day_has_a_limit_for_all_replies_of_an_app(desk: Desk) -> None:
    """Besides the quarter of an hour of each account."""
    many = Terms(limits={"create": (10_001, 10_001)})
    one = meter(desk, many)
    with desk.store.tx():
        slot = START // (DAY // 60)
        desk.store.engine.execute(
            "INSERT INTO rate_taken (who, endpoint, slot, calls) "
            "VALUES ('app:app', 'create/day', :slot, 9999)",
            {"slot": slot},
        )
    one.allow(CREATE)
    with pytest.raises(RateLimited):
        one.allow(CREATE)
    desk.now += DAY + 30 * MINUTE
    one.allow(CREATE)


def test_the_books_are_kept_by_account_day_and_line(desk: Desk) -> None:
    """What was read before on the same day is no cost; on the next it is one again."""
    one = meter(desk)
    one.note(page("p:1", "p:2"))
    one.note(page("p:2", "p:3"))
    assert books(desk) == {"mentions": Tally(2, 4, 1, 15_000, 5_000)}
    desk.now += DAY
    one.note(page("p:3"))
    rows = desk.store.usage.rows(desk.brand_id, "2026-03")
    assert [row.day for row in rows] == ["2026-03-02", "2026-03-03"]
    assert rows[1].tally == Tally(1, 1, 0, 5_000)


def test_nothing_is_written_after_a_reply_before_it_is_recorded(desk: Desk) -> None:
    """Its note goes with the next request, or at the end: a reply is never lost for the books."""
    one = meter(desk)
    one.allow(CREATE)
    one.note(Call(CREATE, 201, "reply"))
    assert books(desk) == {}
    one.flush()
    one.flush()
    assert books(desk) == {"reply": Tally(1, 1, 0, 10_000)}


def test_a_cap_stops_reads_and_no_reply(desk: Desk) -> None:
    """The message says how it stands, and how to mend it."""
    one = meter(desk, replace(TERMS, cap=10_000))
    one.allow(MENTIONS)
    one.note(page("p:1", "p:2"))
    with pytest.raises(CapReached, match=r"\$0\.010 of \$0\.010") as stop:
        one.allow(Ask("own"))
    assert "Replies still go out" in stop.value.reason
    one.allow(CREATE)
    one.allow(Ask("delete"))
    one.allow(Ask("token"))
    desk.now += 31 * DAY
    one.allow(MENTIONS)


def test_what_a_reply_needs_is_read_beyond_the_cap_for_a_while(desk: Desk) -> None:
    """A fiftieth of the cap is for that; inside `for_reply` alone."""
    one = meter(desk, Terms(cap=MICROS))
    one.note(page(*(f"p:{n}" for n in range(200))))
    with pytest.raises(CapReached):
        one.allow(Ask("posts"))
    with one.for_reply():
        one.allow(Ask("posts"))
    one.note(page(*(f"p:{n}" for n in range(200, 204))))
    with one.for_reply(), pytest.raises(CapReached):
        one.allow(Ask("posts"))


def test_what_another_thread_asks_is_taken_before_and_written_after(desk: Desk) -> None:
    """It does not touch the store: what it may ask is known, what it asked goes with the next."""
    one = meter(desk, replace(TERMS, cap=MICROS, limits={"own": (1, 1), "posts": (1, 1)}))
    own, posts = Ask("own"), Ask("posts")
    one.allow(own)
    apart = one.apart([own, posts])
    with pytest.raises(RateLimited):
        meter(desk, replace(TERMS, limits={"posts": (1, 1)})).allow(posts)
    in_use = []
    store, one._store = one._store, lambda: in_use.append(1) or desk.store  # type: ignore[func-returns-value]
    with pytest.raises(RateLimited):
        apart.allow(own)
    apart.allow(posts)
    apart.note(page("p:1", ask=posts))
    assert (in_use, books(desk)) == ([], {})
    one._store = store
    one.flush()
    assert books(desk) == {"posts": Tally(1, 1, 0, 5_000)}


def test_a_part_of_every_limit_is_for_replies(desk: Desk) -> None:
    """Whatever else is read, a reply can still look at the thread before it goes out."""
    desk.channel.meter = one = meter(desk, Terms(limits={"posts": (40, 40)}))  # type: ignore[attr-defined]
    assert ask_until_refused(one, Ask("posts")) == 38
    with for_reply(desk.channel):
        assert ask_until_refused(one, Ask("posts")) == 2
    with for_reply(object()):
        pass


def test_a_locked_store_stops_no_request(desk: Desk) -> None:
    """What was to be written goes with the next, nothing twice."""
    one = meter(desk)
    with closing(SqlStore.open(desk.where)) as other, other.tx():
        one.allow(MENTIONS)
        one.note(page("p:1"))
    assert books(desk) == {}
    one.allow(MENTIONS)
    assert books(desk) == {"mentions": Tally(1, 1, 0, 5_000)}
    one.note(page("p:2"))
    assert books(desk) == {"mentions": Tally(2, 2, 0, 10_000)}
    assert ask_until_refused(one, MENTIONS) == 2


@sqlite_only("fills the file up to a size")
def test_a_full_disk_stops_no_reply(desk: Desk) -> None:
    """Neither before it leaves nor after; what is known is written when there is room again."""
    pages = desk.store.engine.query("PRAGMA page_count")[0][0]
    one = meter(desk)
    with desk.store.tx():
        desk.store.engine.execute("CREATE TABLE filler (text TEXT)")
    desk.store.engine.query(f"PRAGMA max_page_count = {pages + 1}")
    with suppress(Exception):
        while True:
            with desk.store.tx():
                desk.store.engine.execute("INSERT INTO filler VALUES (hex(zeroblob(3000)))")
    many = [f"p:{n}" for n in range(2_000)]
    one.note(page(*many))
    one.allow(CREATE)
    one.note(Call(CREATE, 201, "reply"))
    one.flush()
    assert books(desk) == {}
    desk.store.engine.query("PRAGMA max_page_count = 1000000")
    one.flush()
    assert books(desk)["reply"] == Tally(1, 1, 0, 10_000)
    assert books(desk)["mentions"].resources == 2_000


def test_a_store_that_is_not_there_stops_no_request(desk: Desk) -> None:
    """A channel can be used before there is a database."""

    def missing() -> None:
        raise NotFound("There is no database.")

    one = UsageMeter(missing, Payer(1, 1), Terms(cap=0), desk.clock)  # type: ignore[arg-type]
    one.allow(MENTIONS)
    one.note(page("p:1"))
    one.flush()


def test_a_crash_loses_one_note_and_its_request_stays_counted(desk: Desk) -> None:
    """The request was taken out of the window before it was made."""
    meter(desk).allow(MENTIONS)
    assert books(desk) == {}
    assert ask_until_refused(meter(desk), MENTIONS) == 3
