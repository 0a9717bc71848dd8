"""The books of what was asked, what was read today, and the windows of limits."""

from __future__ import annotations

from builders import START, Desk
from engines import sqlite_only
from triage.core.costs import UsageRow
from triage.core.kinds import MINUTE
from triage.core.ratebudget import Past, Rule, Told
from triage.core.usage import Tally

DAY, NEXT_DAY = "2026-03-02", "2026-03-03"


def test_a_day_is_one_row_however_often_it_is_added_to(desk: Desk) -> None:
    """So the books stay small for years: accounts times days times what is asked."""
    usage = desk.store.usage
    with desk.store.tx():
        for _ in range(3):
            usage.add(desk.account.id, DAY, "mentions", Tally(1, 10, 4, 30, 20), START)
        usage.add(desk.account.id, NEXT_DAY, "mentions", Tally(1, 1, 0, 5, 0), START)
        usage.add(desk.account.id, DAY, "reply", Tally(1, 1, 0, 10_000, 0), START)
    assert usage.rows(desk.brand_id, "2026-03") == [
        UsageRow("acme", DAY, "mentions", Tally(3, 30, 12, 90, 60)),
        UsageRow("acme", DAY, "reply", Tally(1, 1, 0, 10_000, 0)),
        UsageRow("acme", NEXT_DAY, "mentions", Tally(1, 1, 0, 5, 0)),
    ]


def test_a_month_ends_with_its_days(desk: Desk) -> None:
    """What was spent on the last day of one and the first of the next stays apart; so do brands."""
    usage = desk.store.usage
    with desk.store.tx():
        other = desk.store.accounts.brand("other")
        theirs = desk.store.accounts.add(other, "memory", "other", "9", START)
        for day, micros in (("2026-02-28", 1), ("2026-03-01", 2), ("2026-03-31", 4)):
            usage.add(desk.account.id, day, "own", Tally(micros=micros), START)
        usage.add(theirs.id, DAY, "own", Tally(micros=8), START)
    assert usage.spent(desk.brand_id, "2026-03") == 6
    assert usage.spent(desk.brand_id, "2026-02") == 1
    assert usage.spent(other, "2026-03") == 8
    assert usage.spent(desk.brand_id, "2026-04") == 0
    assert usage.rows(desk.brand_id, "2026-03", [theirs.id]) == []


def test_what_was_read_today_is_known_until_the_day_ends(desk: Desk) -> None:
    """By app; days that are over are cleaned up."""
    usage = desk.store.usage
    with desk.store.tx():
        assert usage.see("app", DAY, ["p:1", "p:2", "p:1"]) == {"p:1", "p:2"}
        assert usage.see("app", DAY, ["p:2", "p:3"]) == {"p:3"}
        assert usage.see("other", DAY, ["p:2"]) == {"p:2"}
        assert usage.see("app", NEXT_DAY, ["p:1"]) == {"p:1"}
    assert desk.store.engine.query("SELECT day, app, thing FROM usage_seen") == [
        (NEXT_DAY, "app", "p:1")
    ]


def test_a_page_larger_than_one_statement(desk: Desk) -> None:
    """Hundreds at once are told apart as well."""
    things = [f"p:{n}" for n in range(350)]
    with desk.store.tx():
        assert len(desk.store.usage.see("app", DAY, things)) == 350
        assert desk.store.usage.see("app", DAY, [*things, "p:350"]) == {"p:350"}


def test_a_window_is_what_was_taken_and_told(desk: Desk) -> None:
    """Old slots are cleaned up with the next; what is left goes down with each."""
    usage, rule = desk.store.usage, Rule(10)
    now = START
    slot, oldest = rule.slot_at(now), rule.oldest_slot(now)
    with desk.store.tx():
        usage.take("app:app", "own", oldest - 1, oldest - 2)
        usage.tell("app:app", "own", Told(10, 2, now + MINUTE))
        for _ in range(3):
            usage.take("app:app", "own", slot, oldest)
        usage.take("account:1", "own", slot, oldest)
    assert usage.past("app:app", "own", oldest, slot) == Past({slot: 3}, Told(10, 0, now + MINUTE))
    assert usage.past("account:1", "own", oldest, slot) == Past({slot: 1})
    assert usage.past("app:app", "mentions", oldest, slot) == Past({})
    assert desk.store.engine.query("SELECT min(slot) FROM rate_taken") == [(slot,)]


def test_whose_turn_it_is(desk: Desk) -> None:
    """When mentions were last asked for, whatever else was asked since."""
    usage, account = desk.store.usage, desk.account
    with desk.store.tx():
        usage.add(account.id, DAY, "mentions", Tally(1), START)
        usage.add(account.id, DAY, "mentions", Tally(1), START - MINUTE)
        usage.add(account.id, DAY, "reply", Tally(1), START + MINUTE)
    assert usage.last_read([account.id, 99]) == {account.id: START}


@sqlite_only("asks SQLite how long it waits; test_pg_engine asks the server")
def test_a_brief_write_leaves_the_waiting_of_others_as_it_was(desk: Desk) -> None:
    """Half a second inside, half a minute again after it; also when it fails."""

    def waits() -> int:
        return int(desk.store.engine.query("PRAGMA busy_timeout")[0][0])

    with desk.store.brief_tx():
        assert waits() == 500
    assert waits() == 30_000
