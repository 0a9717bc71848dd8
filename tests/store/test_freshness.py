"""How long ago a brand was fetched, from one read."""

from __future__ import annotations

from builders import START, Desk
from engines import lite, sqlite_only
from triage.core.accounts import STALE_AFTER, Freshness
from triage.core.kinds import HOUR, MINUTE
from triage.core.progress import Checkpoint, Run
from triage.errors import NetworkDown


def test_what_is_only_imported_into_has_no_age(desk: Desk) -> None:
    """No run was tried, so nothing is stale."""
    fresh = desk.store.accounts.freshness(desk.brand_id)
    assert fresh == Freshness(None, None, 30 * MINUTE)
    assert fresh.age(START) is None
    assert not fresh.is_stale(START + 1000 * HOUR)


def test_the_last_success_and_the_first_try(desk: Desk) -> None:
    """A failure later does not touch the success; without a success the first try counts."""
    desk.channel.fail_next("page", NetworkDown("down"))
    desk.fetch()
    fresh = desk.store.accounts.freshness(desk.brand_id)
    assert fresh[:2] == (None, START)
    assert not fresh.is_stale(START + 30 * MINUTE)
    assert fresh.is_stale(START + 30 * MINUTE + 1)
    desk.now += HOUR
    desk.fetch()
    desk.now += HOUR
    desk.channel.fail_next("page", NetworkDown("down"))
    desk.fetch()
    fresh = desk.store.accounts.freshness(desk.brand_id)
    assert fresh[:2] == (START + HOUR, START)
    assert fresh.age(desk.now) == HOUR


def test_our_own_posts_are_not_what_is_asked_for(desk: Desk) -> None:
    """A fetch that came no further than our own timeline is no success."""
    with desk.store.tx():
        read = Checkpoint(completed_at=START)
        desk.store.accounts.save_checkpoint(desk.account.id, "own", read)
    assert desk.store.accounts.freshness(desk.brand_id).last_success is None


def test_accounts_and_brands_are_kept_apart(desk: Desk) -> None:
    """What one did says nothing of another."""
    desk.fetch()
    accounts = desk.store.accounts
    with desk.store.tx():
        other = accounts.add(desk.brand_id, "memory", "help", "9", START)
        accounts.add_run(Run(other.id, START - HOUR, START, "NetworkDown", 0, 0, ""))
        elsewhere = accounts.brand("other")
    assert accounts.freshness(desk.brand_id)[:2] == (START, START - HOUR)
    assert accounts.freshness(desk.brand_id, [other.id])[:2] == (None, START - HOUR)
    assert accounts.freshness(desk.brand_id, [desk.account.id])[:2] == (START, START)
    assert accounts.freshness(elsewhere)[:2] == (None, None)


def test_the_settings_say_what_is_stale(desk: Desk) -> None:
    """The mark that they put."""
    with desk.store.tx():
        desk.store.settings.put(STALE_AFTER, str(5 * MINUTE))
    assert desk.store.accounts.freshness(desk.brand_id).stale_after == 5 * MINUTE


def test_the_newest_post_of_a_channel(desk: Desk) -> None:
    """By the channel's clock; what a file says of an import does not count."""
    assert desk.store.reading.newest_fetched(desk.brand_id) is None
    desk.write("ana", "@acme hi", ago=HOUR)
    desk.fetch()
    assert desk.store.reading.newest_fetched(desk.brand_id) == START - HOUR
    with desk.store.tx():
        desk.store.engine.execute(
            "UPDATE message SET channel = 'import', posted_at = :at", {"at": START + HOUR}
        )
    assert desk.store.reading.newest_fetched(desk.brand_id) is None


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
def test_one_read_by_indexes(desk: Desk) -> None:
    """A year of runs costs no more than one: nothing is scanned but the accounts."""
    connection = lite(desk.store).connection
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    desk.store.accounts.freshness(desk.brand_id)
    connection.set_trace_callback(None)
    (statement,) = asked
    plan = "; ".join(r[3] for r in desk.store.engine.query(f"EXPLAIN QUERY PLAN {statement}"))
    assert "SEARCH r USING COVERING INDEX run_account" in plan
    assert "SCAN" not in plan.replace("SCAN a ", "")
