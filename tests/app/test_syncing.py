"""Stored posts are read again in turn, and what changed on the channel is followed here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import Desk
from triage.app.syncing import STREAM, Synced, is_due, sync_account, sync_posts
from triage.core.channel import Absence, Lookup
from triage.core.kinds import Kind, WaitState
from triage.core.model import DAY, HOUR, MINUTE, Post
from triage.core.queue import QueueItem
from triage.errors import ChannelError, NetworkDown, RateLimited


def sync(desk: Desk, budget: int = 100) -> Synced:
    """Read again, judge and purge, as `triage sync` does."""
    synced = sync_account(desk.store, desk.channel, desk.account, budget, desk.clock)
    desk.fetch_nothing()
    desk.store.purge(desk.brand_id, desk.now)
    return synced


def waiting(desk: Desk) -> dict[str, QueueItem]:
    """The queue by customer."""
    return {item.customer: item for item in desk.waiting()}


def text_of(desk: Desk, post: Post) -> str:
    """What is stored of a post."""
    rows = desk.store.engine.query(
        "SELECT text FROM message WHERE native_id = :id", {"id": post.native_id}
    )
    return str(rows[0][0])


def test_a_deleted_mention_waits_no_more(desk: Desk) -> None:
    """No fetch would ever tell: it is found by asking for it, and its words leave."""
    ana = desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.write("bo", "@acme it is broken too", ago=HOUR)
    desk.fetch()
    desk.channel.remove(ana.native_id)
    synced = sync(desk)
    assert synced.absent == {ana.native_id: Absence.DELETED}
    assert set(waiting(desk)) == {"bo"}
    assert text_of(desk, ana) == ""


def test_an_answer_that_was_deleted_elsewhere_reopens_the_wait(desk: Desk) -> None:
    """Somebody took our answer back in another app: the customer waits since the beginning."""
    ana = desk.write("ana", "@acme it is broken", ago=2 * HOUR)
    ours = desk.write("acme", "@ana sorry", ago=HOUR, in_reply_to=ana.native_id)
    desk.fetch()
    assert waiting(desk) == {}
    desk.channel.remove(ours.native_id)
    synced = sync(desk)
    assert synced.ours == [ours.native_id]
    assert waiting(desk)["ana"].waiting_since_at == ana.posted_at


def test_an_edit_that_no_page_brings_is_read(desk: Desk) -> None:
    """An open question that became a complaint is one, due since it was written."""
    ana = desk.write("ana", "@acme where is it?", ago=HOUR)
    desk.fetch()
    due_before = waiting(desk)["ana"].due_at
    desk.channel.edit(ana.native_id, "@acme it is broken")
    synced = sync(desk)
    assert synced.edited == [ana.native_id]
    item = waiting(desk)["ana"]
    assert (item.kind, item.waiting_since_at) == (Kind.COMPLAINT, ana.posted_at)
    assert due_before is not None
    assert item.due_at == ana.posted_at + HOUR < due_before


@pytest.mark.parametrize("why", [w for w in Absence if w is not Absence.DELETED])
def test_what_is_kept_back_comes_back(desk: Desk, why: Absence) -> None:
    """It waits on, without words; shown again, it is what it was."""
    ana = desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.fetch()
    before = waiting(desk)["ana"]
    desk.channel.hide(ana.native_id, why)
    assert sync(desk).absent == {ana.native_id: why}
    assert waiting(desk)["ana"]._replace(text=before.text) == before
    assert text_of(desk, ana) == ""
    desk.channel.hide(ana.native_id, None)
    assert sync(desk).back == [ana.native_id]
    assert waiting(desk)["ana"] == before


def test_silence_is_no_answer(desk: Desk) -> None:
    """A post that the channel says nothing about is left alone, however often it is asked for."""
    ana = desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.fetch()
    del desk.channel.posts[ana.native_id]
    synced = sync(desk)
    assert (synced.asked, synced.silent, dict(synced.absent)) == (1, 1, {})
    assert text_of(desk, ana) == ana.text
    assert "ana" in waiting(desk)


@pytest.mark.parametrize("error", [NetworkDown("away"), ChannelError("odd")])
def test_an_error_changes_nothing(desk: Desk, error: ChannelError) -> None:
    """The run says why; nothing is taken for deleted, and the next one asks for the same."""
    ana = desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.fetch()
    desk.channel.remove(ana.native_id)
    desk.channel.fail_next("lookup", error)
    assert sync(desk).error is error
    assert text_of(desk, ana) == ana.text
    assert sync(desk).absent == {ana.native_id: Absence.DELETED}


def test_a_limit_is_remembered(desk: Desk) -> None:
    """Asked to wait, the next fetch does not read again before that."""
    desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.fetch()
    limit = RateLimited("wait", reset_at=desk.now + HOUR, endpoint="posts")
    desk.channel.fail_next("lookup", limit)
    assert sync(desk).error is limit
    desk.now += 30 * MINUTE
    assert not is_due(desk.store, desk.account, 1, desk.now)


def test_every_post_has_its_turn(desk: Desk) -> None:
    """With a small budget the runs go round: all posts within so many runs, none twice before."""
    posts = [
        desk.write(f"p{n}", "@acme thanks", ago=n * HOUR if n % 2 else 20 * DAY + n * HOUR)
        for n in range(20)
    ]
    with desk.store.tx():
        desk.store.engine.execute("UPDATE account SET clocks_from_at = 0")
    desk.fetch()
    asked: list[str] = []
    for _ in range(12):
        desk.channel.looked_up.clear()
        assert sync(desk, budget=5).asked == 5
        asked += desk.channel.looked_up
    assert {p.native_id for p in posts} <= set(asked)
    again = [i for i in asked if asked.count(i) > 2]
    recent = {p.native_id for p in posts if p.posted_at > desk.now - 7 * DAY}
    assert set(again) <= recent, "only what is recent comes round more often"


def test_open_conversations_come_first_and_leave_something(desk: Desk) -> None:
    """Who waits is asked for first; a fifth of the budget is kept for all the others."""
    with desk.store.tx():
        desk.store.engine.execute("UPDATE account SET clocks_from_at = 0")
    thanks = {desk.write(f"t{n}", "@acme thanks", ago=HOUR).native_id for n in range(10)}
    broken = {desk.write(f"b{n}", "@acme broken", ago=HOUR).native_id for n in range(10)}
    desk.fetch()
    sync_account(desk.store, desk.channel, desk.account, 10, desk.clock)
    asked = desk.channel.looked_up
    assert len(set(asked[:8]) & broken) == 8
    assert len(set(asked[8:]) & thanks) == 2


def test_what_is_deleted_is_not_asked_for_again(desk: Desk) -> None:
    """Nothing is paid for a post that will not come back; one that is named is asked for."""
    ana = desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.fetch()
    desk.channel.remove(ana.native_id)
    sync(desk)
    assert sync(desk).asked == 0
    known = desk.store.following.of_conversations([desk.conversation(ana.native_id).id])
    named = sync_posts(desk.store, desk.channel, desk.account, known, desk.clock)
    assert named.asked == 1


def test_a_channel_that_gives_old_versions_is_asked_for_the_newest(desk: Desk) -> None:
    """X gives the version that it is asked for, and tells the ids of newer ones."""
    ana = desk.write("ana", "@acme where is it?", ago=HOUR)
    desk.fetch()
    new = desk.channel.edit(ana.native_id, "@acme it is broken")
    old = replace(ana, history=new.history)
    by_id = {ana.native_id: old, new.current_id: new}

    def lookup(ids: list[str]) -> Lookup:
        return Lookup([by_id[i] for i in ids])

    desk.channel.lookup = lookup  # type: ignore[method-assign,assignment]
    assert sync(desk).edited == [ana.native_id]
    assert text_of(desk, ana) == "@acme it is broken"
    (version,) = desk.store.reading.versions(1)
    assert (version.text, version.kind) == ("@acme where is it?", Kind.QUESTION)


def test_the_first_time_it_only_begins_to_count(desk: Desk) -> None:
    """What a first fetch brought was read just now; from then on it is due every so often."""
    assert not is_due(desk.store, desk.account, HOUR, desk.now)
    desk.now += HOUR - 1
    assert not is_due(desk.store, desk.account, HOUR, desk.now)
    desk.now += 1
    assert is_due(desk.store, desk.account, HOUR, desk.now)
    assert not is_due(desk.store, desk.account, 0, desk.now)
    sync(desk)
    assert desk.store.accounts.checkpoint(desk.account.id, STREAM).completed_at == desk.now
    assert not is_due(desk.store, desk.account, HOUR, desk.now)


def test_an_edit_after_the_answer_makes_it_not_late(desk: Desk) -> None:
    """A question that was answered in time stays one that was, whatever it says later."""
    ana = desk.write("ana", "@acme where is it?", ago=2 * HOUR)
    desk.write("acme", "@ana here", ago=30 * MINUTE, in_reply_to=ana.native_id)
    desk.fetch()
    desk.channel.edit(ana.native_id, "@acme it is broken")
    sync(desk)
    (wait,) = desk.store.reading.waits(desk.conversation(ana.native_id).id)
    assert (wait.state, wait.kind, wait.is_met) == (WaitState.ANSWERED, Kind.QUESTION, True)
