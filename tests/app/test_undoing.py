"""Taking back what is public: wished first, and carried out whatever happens between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import START, Desk
from triage.app import replying, undoing
from triage.core.channel import Fate
from triage.core.model import DAY, HOUR, MINUTE, WaitState
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import ChannelError, NetworkDown, Refused

ANA, BO = 3, 4


@pytest.fixture
def sent(busy: Desk) -> Reply:
    """A reply to Ana that is public."""
    return replying.send(busy.sender, busy.draft(ANA, "Sorry!").id)


def _wish(desk: Desk, reply: Reply) -> Reply:
    return undoing.wish(desk.store, desk.brand_id, reply.id, "bo", desk.now)


def _log(desk: Desk) -> list[tuple[str, str, str | None]]:
    acts = desk.store.activity.log(desk.brand_id, ANA, None)
    return [(a.what, a.agent, a.after) for a in acts]


def test_taken_back(busy: Desk, sent: Reply) -> None:
    """Public no more; the wait is open with its first clock, and the log says who."""
    before = busy.store.reading.waits(ANA)[-1]
    busy.now += MINUTE
    assert _wish(busy, sent).undo_at == busy.now
    done = undoing.take_back(busy.sender, sent.id)
    assert done.state is ReplyState.DELETED
    assert busy.public("Sorry!") == []
    wait = busy.store.reading.waits(ANA)[-1]
    assert (wait.state, wait.opened_at, wait.due_at) == (
        WaitState.OPEN,
        before.opened_at,
        before.due_at,
    )
    ours = busy.store.reading.messages(
        [busy.store.reading.message_id(busy.brand_id, sent.native_id or "") or 0]
    )
    assert ours[0].deleted_at == busy.now
    assert _log(busy) == [
        ("reply", "ana", "sent"),
        ("undo", "bo", "wished"),
        ("undo", "bo", "deleted"),
    ]
    busy.now += MINUTE
    busy.fetch()
    assert busy.store.reading.waits(ANA)[-1].state is WaitState.OPEN


def test_no_answer_is_finished_later(busy: Desk, sent: Reply) -> None:
    """The network broke: nobody knows, the wish stands, and the next fetch does it."""
    _wish(busy, sent)
    busy.channel.fail_next("delete", NetworkDown("no answer"))
    with pytest.raises(NetworkDown):
        undoing.take_back(busy.sender, sent.id)
    assert replying.get_reply(busy.store, sent.id).state is ReplyState.SENT
    assert [r.id for r in undoing.finish_wishes(busy.sender).deleted] == [sent.id]
    assert undoing.finish_wishes(busy.sender) == undoing.Undone([], [])
    assert busy.public("Sorry!") == []


def test_it_was_deleted_and_the_answer_was_lost(busy: Desk, sent: Reply) -> None:
    """Deleting again is harmless: gone is gone."""
    _wish(busy, sent)
    busy.channel.remove(sent.native_id or "")
    [done] = undoing.finish_wishes(busy.sender).deleted
    assert done.state is ReplyState.DELETED


def test_a_crash_after_the_wish(busy: Desk, sent: Reply) -> None:
    """Nothing was asked of the channel yet: the next run finds the wish."""
    _wish(busy, sent)
    assert busy.channel.calls.count("delete") == 0
    assert len(undoing.finish_wishes(busy.sender).deleted) == 1


def test_the_channel_will_not(busy: Desk, sent: Reply) -> None:
    """It says that the post is not ours: forgotten, said, and the reply stands as sent."""
    stranger = busy.write("bo", "not ours")
    with busy.store.tx():
        busy.store.engine.execute(
            "UPDATE reply SET native_id = :n WHERE id = :i", {"n": stranger.native_id, "i": sent.id}
        )
    _wish(busy, sent)
    with pytest.raises(Refused, match="not a post of this account"):
        undoing.take_back(busy.sender, sent.id)
    after = replying.get_reply(busy.store, sent.id)
    assert (after.state, after.undo_at) == (ReplyState.SENT, None)
    assert stranger.native_id in busy.channel.posts


def test_an_answer_that_tells_nothing(busy: Desk, sent: Reply) -> None:
    """The wish stands for a day; then it is given up, so that no fetch asks for ever."""
    _wish(busy, sent)
    busy.channel.fail_next("delete", *(ChannelError("Forbidden") for _ in range(3)))
    with pytest.raises(ChannelError):
        undoing.take_back(busy.sender, sent.id)
    busy.now += DAY
    assert len(undoing.finish_wishes(busy.sender).failed) == 1
    assert replying.get_reply(busy.store, sent.id).undo_at is not None
    busy.now += 1
    [(reply, why)] = undoing.finish_wishes(busy.sender).failed
    assert why == f"Reply {sent.id} was not taken back: Forbidden."
    assert (reply.undo_at, reply.detail) == (None, "not taken back: Forbidden")


def test_only_what_is_public_by_us(busy: Desk) -> None:
    """Drafts, lost replies and what is taken back already are refused with the way on."""
    draft = busy.draft(ANA, "Sorry!")
    with pytest.raises(Refused, match="is draft") as caught:
        _wish(busy, draft)
    assert f"triage drafts drop {draft.id}" in caught.value.hint
    busy.channel.fate_next(Fate.UNKNOWN)
    replying.send(busy.sender, draft.id)
    with pytest.raises(Refused, match="is unknown") as caught:
        _wish(busy, draft)
    assert f"triage outbox settle {draft.id}" in caught.value.hint
    assert busy.channel.calls.count("delete") == 0


def test_wished_twice(busy: Desk, sent: Reply) -> None:
    """Two agents wish it: it is logged once, deleted once, and the second finds it done."""
    _wish(busy, sent)
    busy.now += HOUR
    _wish(busy, sent)
    undoing.take_back(busy.sender, sent.id)
    assert undoing.take_back(busy.sender, sent.id).state is ReplyState.DELETED
    assert [what for what, _, _ in _log(busy)] == ["reply", "undo", "undo"]
    assert busy.channel.calls.count("delete") == 1


def test_each_account_takes_back_its_own(busy: Desk, sent: Reply) -> None:
    """Another account's run leaves the wish alone."""
    _wish(busy, sent)
    with busy.store.tx():
        other = busy.store.accounts.add(busy.brand_id, "memory", "acmehelp", "2", START)
    assert undoing.finish_wishes(replace(busy.sender, account=other)).deleted == []
    assert busy.channel.calls.count("delete") == 0


def test_the_network_ends_the_run(busy: Desk, sent: Reply) -> None:
    """What is left is told as the error, and tried by the next run."""
    _wish(busy, sent)
    busy.channel.fail_next("delete", NetworkDown("down"))
    undone = undoing.finish_wishes(busy.sender)
    assert isinstance(undone.error, NetworkDown)
    assert replying.get_reply(busy.store, sent.id).undo_at is not None
