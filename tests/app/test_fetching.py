"""Fetching: pages, failures in the middle, limits, gaps, and what answers elsewhere end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builders import ACME, START, Desk
from engines import rows_in
from triage.app.fetching import FetchOptions, fetch_account, read_own
from triage.channels.memory import MemoryChannel
from triage.core.channel import Stream
from triage.core.model import DAY, HOUR, MINUTE, Role, WaitState
from triage.errors import ChannelError, NetworkDown, RateLimited, TryLater


def paged(desk: Desk, page_size: int, history_limit: int | None = 800) -> MemoryChannel:
    """Let the desk's channel give small pages."""
    desk.channel = MemoryChannel(
        ACME, now=desk.clock, page_size=page_size, history_limit=history_limit
    )
    return desk.channel


def write_many(desk: Desk, count: int) -> list[str]:
    """So many people complain, a minute apart; the last of them now."""
    return [
        desk.write(f"u{desk.now}_{n}", "@acme it is broken", ago=n * MINUTE).native_id
        for n in reversed(range(count))
    ]


def stored(desk: Desk) -> list[str]:
    """Native ids of all mentions, oldest first."""
    rows = desk.store.engine.query(
        "SELECT native_id FROM message WHERE role = 'mention' ORDER BY length(native_id), native_id"
    )
    return [row[0] for row in rows]


def reached(desk: Desk, stream: Stream = Stream.MENTIONS) -> str | None:
    """The checkpoint of a stream."""
    return desk.store.accounts.checkpoint(desk.account.id, stream.value).reached_id


# Pages.


def test_every_page_comes_in(desk: Desk) -> None:
    """Each mention once, whatever their number."""
    paged(desk, 3)
    ids = write_many(desk, 10)
    fetched = desk.fetch()
    assert fetched.error is None
    assert fetched.saved.new_mentions == 10
    assert stored(desk) == ids
    assert reached(desk) == ids[-1]


def test_fetching_again_brings_nothing_new(desk: Desk) -> None:
    """The overlap is read again, and changes nothing."""
    write_many(desk, 3)
    desk.fetch()
    before = rows_in(desk.store)
    again = desk.fetch()
    assert (again.saved.new_mentions, again.saved.changed) == (0, 0)
    assert again.saved.known == 3
    after = rows_in(desk.store)
    assert after == before + 1  # the run


def test_a_post_that_shows_up_late_below_what_was_read_is_found(desk: Desk) -> None:
    """Within the overlap."""
    write_many(desk, 1)
    desk.fetch()
    late = desk.write("bo", "@acme and mine?", ago=10 * MINUTE)
    assert desk.fetch().saved.new_mentions == 1
    assert late.native_id in stored(desk)


def test_empty_pages_with_a_token_are_not_the_end(desk: Desk) -> None:
    """Channels give them."""
    ids = write_many(desk, 2)
    desk.channel.empty_next(3)
    assert desk.fetch().error is None
    assert stored(desk) == ids


def test_a_channel_that_goes_round_in_circles_is_left(desk: Desk) -> None:
    """Twenty empty pages in a row; the next fetch tries again."""
    write_many(desk, 1)
    desk.channel.empty_next(30)
    assert isinstance(desk.fetch().error, ChannelError)
    assert reached(desk) is None
    assert desk.fetch().error is None
    assert len(stored(desk)) == 1


# Failures in the middle.


@pytest.mark.parametrize("expired", [False, True])
def test_a_walk_that_broke_off_goes_on_where_it_stopped(desk: Desk, expired: bool) -> None:
    """By its token, or below the oldest post that it saw; what came meanwhile is not lost."""
    channel = paged(desk, 3)
    ids = write_many(desk, 10)
    pages = iter([None, None, NetworkDown("gone")])
    give = channel.page

    def page(*args: object) -> object:
        error = next(pages, None)
        if error:
            raise error
        return give(*args)  # type: ignore[arg-type]

    channel.page = page  # type: ignore[assignment,method-assign]
    broken = desk.fetch()
    assert isinstance(broken.error, NetworkDown)
    assert stored(desk) == ids[-3:]
    assert reached(desk) is None  # not before the end
    desk.now += HOUR
    if expired:
        channel.expire_tokens()
    ids += write_many(desk, 2)
    resumed = desk.fetch()
    assert resumed.error is None
    assert resumed.saved.new_mentions == 9
    assert stored(desk) == ids
    assert reached(desk) == ids[-1]
    assert list(resumed.gaps) == []


def test_a_failed_fetch_is_told_as_such(desk: Desk) -> None:
    """In the log of runs; it is no success."""
    desk.channel.fail_next("page", NetworkDown("The network is down."))
    desk.fetch()
    run = desk.store.accounts.last_run(desk.account.id)
    assert run is not None
    assert (run.outcome, run.detail) == ("NetworkDown", "The network is down.")
    assert desk.store.accounts.freshness(desk.brand_id).last_success is None
    desk.fetch()
    run = desk.store.accounts.last_run(desk.account.id)
    assert run is not None
    assert run.outcome == "ok"
    assert desk.store.accounts.freshness(desk.brand_id).last_success == START


def test_a_deadline_stops_before_the_next_page(desk: Desk) -> None:
    """What was stored stays, and the next fetch goes on."""
    paged(desk, 3)
    write_many(desk, 10)
    asked = iter([False, False, True])
    options = FetchOptions(is_over=lambda: next(asked))
    fetched = fetch_account(desk.store, desk.channel, desk.account, options, desk.clock)
    assert isinstance(fetched.error, TryLater)
    assert len(stored(desk)) == 3
    assert desk.fetch().saved.new_mentions == 7


# Limits of the channel.


def test_a_rate_limit_is_remembered_and_respected(desk: Desk) -> None:
    """Nothing is asked before the channel said so, and then all goes on."""
    write_many(desk, 1)
    until = desk.now + 10 * MINUTE
    limit = RateLimited("Slow down.", reset_at=until, endpoint="mentions")
    give, calls = desk.channel.page, iter([None, limit])

    def page(*args: object) -> object:
        error = next(calls, None)
        if error:
            raise error
        return give(*args)  # type: ignore[arg-type]

    desk.channel.page = page  # type: ignore[assignment,method-assign]
    assert desk.fetch().error is limit
    desk.channel.calls.clear()
    for now in (until - 10 * MINUTE, until - 1):
        desk.now = now
        fetched = desk.fetch()
        assert (fetched.waiting_until, fetched.error) == (until, None)
    assert desk.channel.calls == []
    desk.now = until
    assert desk.fetch().saved.new_mentions == 1


def test_reading_our_own_posts_respects_the_limit_too(desk: Desk) -> None:
    """When a lost reply is looked for."""
    limit = RateLimited("Slow down.", reset_at=desk.now + MINUTE, endpoint="own")
    desk.channel.fail_next("page", limit)
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            read_own(desk.store, desk.channel, desk.account, FetchOptions(), desk.clock)
        assert caught.value.reset_at == desk.now + MINUTE
    assert desk.channel.calls == ["page"]
    desk.now += MINUTE
    desk.write("acme", "hello all")
    saved = read_own(desk.store, desk.channel, desk.account, FetchOptions(), desk.clock)
    assert saved.new_own == 1


def test_a_gap_is_told_once(desk: Desk) -> None:
    """More came in than the channel gives back: the stretch is named, and not named again."""
    paged(desk, 5, history_limit=10)
    known = write_many(desk, 1)[0]
    desk.fetch()
    desk.now += 5 * HOUR
    new = write_many(desk, 15)
    (gap,) = desk.fetch().gaps
    assert (gap.stream, gap.after_id, gap.before_id) == ("mentions", known, new[-10])
    assert list(desk.fetch().gaps) == []
    assert desk.store.accounts.gaps(desk.brand_id) == [gap]


def test_exactly_as_many_as_the_channel_gives_are_no_gap(desk: Desk) -> None:
    """It reads down to what was known."""
    paged(desk, 5, history_limit=10)
    write_many(desk, 1)
    desk.fetch()
    desk.now += 5 * HOUR
    write_many(desk, 9)
    assert list(desk.fetch().gaps) == []


# What comes in.


def test_what_is_older_than_the_first_fetch_reaches_back_is_history(tmp_path: Path) -> None:
    """It is kept and tagged, and nobody is told to be late."""
    desk = Desk(tmp_path)
    try:
        desk.write("ana", "@acme it is broken", ago=48 * HOUR + 1)
        desk.write("bo", "@acme it is broken", ago=48 * HOUR)
        desk.fetch()
        assert [item.customer for item in desk.waiting()] == ["bo"]
        rows = desk.store.engine.query("SELECT is_history FROM message ORDER BY posted_at")
        assert rows == [(1,), (0,)]
        desk.now += DAY  # the edge is fixed by the first fetch
        desk.fetch()
        assert [item.customer for item in desk.waiting()] == ["bo"]
    finally:
        desk.close()


def test_an_answer_given_in_another_app_ends_the_wait_at_its_own_time(desk: Desk) -> None:
    """It is met though it was found hours later."""
    post = desk.write("ana", "@acme it is broken")
    desk.fetch()
    desk.now += 59 * MINUTE
    desk.write("acme", "@ana a new one is coming", in_reply_to=post.native_id)
    desk.now += 5 * HOUR
    fetched = desk.fetch()
    assert fetched.saved.new_own == 1
    (wait,) = desk.store.reading.waits(1)
    assert (wait.state, wait.ended_at, wait.is_met, wait.outside, wait.answered_by) == (
        WaitState.ANSWERED,
        START + 59 * MINUTE,
        True,
        True,
        "acme",
    )


def test_a_quote_of_ours_ends_the_wait_of_whom_it_quotes(desk: Desk) -> None:
    """It begins another thread."""
    post = desk.write("ana", "@acme it is broken")
    desk.fetch()
    desk.now += MINUTE
    desk.channel.write(ACME, "We are on it", at=desk.now, quotes=post.native_id)
    desk.fetch()
    assert desk.waiting() == []
    assert [w.state for w in desk.store.reading.waits(1)] == [WaitState.ANSWERED]


def test_a_post_that_is_gone_withdraws_its_wait(desk: Desk) -> None:
    """The channel tells it with a post that answers it."""
    gone = desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.fetch()
    desk.channel.remove(gone.native_id)
    desk.write("bo", "@ana @acme mine too", in_reply_to=gone.native_id)
    desk.fetch()
    (wait,) = desk.store.reading.waits(desk.conversation(gone.native_id).id)
    assert (wait.state, wait.is_met, wait.ended_at) == (WaitState.WITHDRAWN, None, START)
    assert "ana" not in [item.customer for item in desk.waiting()]


def test_an_edit_within_the_overlap_is_a_new_version_of_the_same_post(desk: Desk) -> None:
    """Tagged anew, from its original time."""
    post = desk.write("ana", "@acme thanks a lot", ago=MINUTE)
    desk.fetch()
    assert desk.waiting() == []
    desk.channel.edit(post.native_id, "@acme thanks for nothing, it is broken?")
    fetched = desk.fetch()
    assert (fetched.saved.new_mentions, fetched.saved.changed) == (0, 1)
    (item,) = desk.waiting()
    assert (item.kind.value, item.waiting_since_at) == ("complaint", post.posted_at)


def test_a_third_person_has_a_conversation_of_their_own(desk: Desk) -> None:
    """In the same thread; our answer to one is none to the other."""
    ana = desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.write("bo", "@acme @ana mine is broken and @acme never answers", in_reply_to=ana.native_id)
    desk.write("acme", "@ana sorry", in_reply_to=ana.native_id)
    desk.fetch()
    assert [item.customer for item in desk.waiting()] == ["bo"]


def test_retweets_and_our_own_posts_wait_for_nothing(desk: Desk) -> None:
    """They are kept for the thread alone."""
    post = desk.write("ana", "RT @bo: @acme it is broken")
    desk.channel.add(replace(post, is_retweet=True))
    desk.write("acme", "never buy a broken oven?")
    desk.fetch()
    assert desk.waiting() == []
    roles = desk.store.engine.query("SELECT role FROM message ORDER BY role")
    assert roles == [(Role.OWN.value,), (Role.RETWEET.value,)]
