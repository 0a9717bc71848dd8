"""What becomes of replies that are not simply sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import START, Desk, tagger_for
from triage.app import outbox, replying
from triage.app.drafting import commit
from triage.app.fetching import FetchOptions, read_own
from triage.app.guards import HELD
from triage.core.accounts import Account
from triage.core.channel import Fate, PostOutcome
from triage.core.model import MINUTE, WaitState
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import NetworkDown, NotFound, RateLimited, Refused

ANA, BO, FINN = 3, 4, 6


def _send(desk: Desk, number: int, text: str, fate: Fate, *, accepted: bool = False) -> Reply:
    desk.channel.fate_next(PostOutcome(fate, detail="as scripted"), accepted=accepted)
    return replying.send(desk.sender, desk.draft(number, text).id)


def _look(desk: Desk) -> outbox.Settled:
    read_own(desk.store, desk.channel, desk.account, FetchOptions(), desk.clock)
    return outbox.settle_by_timeline(desk.store, desk.account, desk.now, tagger_for)


def _state(desk: Desk, reply: Reply) -> ReplyState:
    return replying.get_reply(desk.store, reply.id).state


def test_found_on_the_timeline(busy: Desk) -> None:
    """It is sent, credited to its agent, and its wait ended when it was posted."""
    lost = _send(busy, ANA, "Sorry!", Fate.UNKNOWN, accepted=True)
    posted_at = busy.now
    busy.now += MINUTE
    assert [r.id for r in _look(busy).sent] == [lost.id]
    wait = busy.store.reading.waits(ANA)[-1]
    assert (wait.state, wait.agent, wait.outside) == (WaitState.ANSWERED, "ana", False)
    assert wait.ended_at == posted_at
    assert len(busy.channel.attempts) == 1


def test_not_found_proves_nothing(busy: Desk) -> None:
    """It stays locked; a person is asked once, some minutes after the attempt."""
    lost = _send(busy, ANA, "Sorry!", Fate.UNKNOWN)
    assert _look(busy).asked == []
    busy.now += 6 * MINUTE
    assert [r.id for r in _look(busy).asked] == [lost.id]
    assert _look(busy).asked == []
    assert _state(busy, lost) is ReplyState.UNKNOWN
    assert outbox.flush(busy.sender, busy.now) == []


def test_read_own_keeps_limits(busy: Desk) -> None:
    """A limit is stored, and not asked against before its time."""
    reset_at = busy.now + 5 * MINUTE
    busy.channel.fail_next("page", RateLimited("wait", reset_at=reset_at, endpoint="own"))
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            read_own(busy.store, busy.channel, busy.account, FetchOptions(), busy.clock)
        assert caught.value.reset_at == reset_at
    pages = busy.channel.calls.count("page")
    busy.now = reset_at
    read_own(busy.store, busy.channel, busy.account, FetchOptions(), busy.clock)
    assert busy.channel.calls.count("page") == pages + 1


def test_read_own_tells_failures(busy: Desk) -> None:
    """A network that is down is said, not swallowed."""
    busy.channel.fail_next("page", NetworkDown("down"))
    with pytest.raises(NetworkDown):
        read_own(busy.store, busy.channel, busy.account, FetchOptions(), busy.clock)


def test_flush(busy: Desk) -> None:
    """What never left goes out by the next run, when its time has come, oldest first."""
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, "", "wait", retry_at=busy.now + MINUTE))
    first = replying.send(busy.sender, busy.draft(ANA, "Sorry!").id)
    second = _send(busy, BO, "Yes.", Fate.NOT_SENT)
    assert [r.id for r in outbox.flush(busy.sender, busy.now)] == [second.id]
    busy.now += MINUTE
    assert [r.id for r in outbox.flush(busy.sender, busy.now)] == [first.id]
    assert _state(busy, first) is _state(busy, second) is ReplyState.SENT
    assert len(busy.public("Sorry!")) == len(busy.public("Yes.")) == 1


def test_flush_stops_at_the_first_failure(busy: Desk) -> None:
    """A network that is still down is not tried once for each reply."""
    for number, text in ((ANA, "Sorry!"), (BO, "Yes."), (FINN, "On it.")):
        _send(busy, number, text, Fate.NOT_SENT)
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="still down"))
    assert len(outbox.flush(busy.sender, busy.now)) == 1
    assert len(busy.channel.attempts) == 4


def test_flush_holds_what_was_answered_meanwhile(busy: Desk) -> None:
    """A queued reply whose customer has an answer by now waits for a person."""
    queued = _send(busy, ANA, "Sorry!", Fate.NOT_SENT)
    busy.now += MINUTE
    busy.write("acme", "@ana done", in_reply_to=queued.in_reply_to)
    busy.fetch()
    [held] = outbox.flush(busy.sender, busy.now)
    assert (held.state, held.detail) == (ReplyState.HELD, "somebody answered meanwhile")
    problem = outbox.failure_of(held)
    assert problem is not None
    assert f"triage drafts send {held.id}" in problem.hint
    assert busy.public("Sorry!") == []


def test_paused_outbox_is_not_flushed(busy: Desk) -> None:
    """Paused, a cron sends nothing; resumed, it goes on."""
    _send(busy, ANA, "Sorry!", Fate.NOT_SENT)
    outbox.pause(busy.store, busy.brand_id, "ana", busy.now, "now")
    assert outbox.flush(busy.sender, busy.now) == []
    outbox.resume(busy.store, busy.brand_id, "ana", busy.now)
    assert len(outbox.flush(busy.sender, busy.now)) == 1


def test_settle_as_sent(busy: Desk) -> None:
    """A person names a post of ours; one that belongs to another reply is refused."""
    known = replying.send(busy.sender, busy.draft(BO, "Yes.").id)
    lost = _send(busy, ANA, "Sorry!", Fate.UNKNOWN, accepted=True)
    busy.fetch()
    native = busy.public("Sorry!")[0].native_id

    def settle(reply: Reply, post: str) -> Reply:
        return outbox.settle_as_sent(busy.store, busy.account, reply.id, post, busy.now, tagger_for)

    with pytest.raises(Refused, match="another reply"):
        settle(lost, known.native_id or "")
    with pytest.raises(NotFound):
        settle(lost, "999")
    with pytest.raises(NotFound):
        settle(lost, lost.in_reply_to or "")
    assert settle(lost, native).native_id == native
    with pytest.raises(Refused, match="nothing to settle"):
        settle(lost, native)


def test_drop(busy: Desk) -> None:
    """Only what has not left can be dropped."""
    draft = busy.draft(ANA, "Sorry!")
    outbox.drop(busy.store, busy.brand_id, draft.id, "ana", busy.now)
    assert _state(busy, draft) is ReplyState.CANCELLED
    lost = _send(busy, BO, "Yes.", Fate.UNKNOWN)
    with pytest.raises(Refused, match="unknown"):
        outbox.drop(busy.store, busy.brand_id, lost.id, "ana", busy.now)


def _restore(desk: Desk, *accounts: Account) -> list[Reply]:
    """One reply queued for each account; then the store comes back from a backup."""
    replying.send(desk.sender, desk.draft(FINN, "On it.").id)
    queued = []
    for account in accounts:
        desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
        conversation = desk.conversation(ANA)
        target = replying.target_of(desk.store, conversation)
        draft = replying.new_draft(
            desk.store, account, conversation, target, f"Sorry! ^{account.id}", "ana", desk.now
        )
        draft = commit(desk.store, desk.brand_id, draft, desk.now)
        queued.append(replying.send(replace(desk.sender, account=account), draft.id))
    for file in desk.state_dir.glob("generation-*"):
        file.unlink()
    desk.now += MINUTE
    assert replying.check_generation(desk.store, desk.generation, desk.brand_id, desk.now)
    assert not replying.check_generation(desk.store, desk.generation, desk.brand_id, desk.now)
    return queued


def test_restored_store_looks_before_it_sends(busy: Desk) -> None:
    """What was queued in the backup and is public by now is found, and not said again."""
    [queued] = _restore(busy, busy.account)
    busy.write("acme", queued.text, in_reply_to=queued.in_reply_to)
    assert outbox.flush(busy.sender, busy.now) == []
    assert [r.id for r in _look(busy).sent] == [queued.id]
    outbox.release_held(busy.store, busy.account, busy.now, busy.sender)
    assert busy.store.settings.get(HELD) is None
    assert outbox.flush(busy.sender, busy.now) == []
    assert len(busy.public(queued.text)) == 1


def test_restored_store_sends_what_is_not_there(busy: Desk) -> None:
    """After our timeline was read completely, what is not on it may go out."""
    [queued] = _restore(busy, busy.account)
    assert outbox.release_held(busy.store, busy.account, busy.now, busy.sender) == []
    _look(busy)
    released = outbox.release_held(busy.store, busy.account, busy.now, busy.sender)
    assert [r.id for r in released] == [queued.id]
    assert [r.state for r in outbox.flush(busy.sender, busy.now)] == [ReplyState.SENT]


def test_each_account_looks_for_its_own(busy: Desk) -> None:
    """One account's reading does not let another one's replies go, nor forgets them."""
    with busy.store.tx():
        help_account = busy.store.accounts.add(busy.brand_id, "memory", "acmehelp", "2", START)
    first, second = _restore(busy, busy.account, help_account)
    _look(busy)
    released = outbox.release_held(busy.store, busy.account, busy.now, busy.sender)
    assert [r.id for r in released] == [first.id]
    assert _state(busy, second) is ReplyState.HELD
    assert busy.store.settings.get(HELD) is not None
    sender = replace(busy.sender, account=help_account)
    assert outbox.release_held(busy.store, help_account, busy.now, sender) == []
    read_own(busy.store, busy.channel, help_account, FetchOptions(), busy.clock)
    released = outbox.release_held(busy.store, help_account, busy.now, sender)
    assert [r.id for r in released] == [second.id]
    assert busy.store.settings.get(HELD) is None


def test_release_leaves_what_a_person_must_see(busy: Desk) -> None:
    """A reply that is held since somebody answered is not let go by a reading."""
    queued = _send(busy, ANA, "Sorry!", Fate.NOT_SENT)
    busy.now += MINUTE
    busy.write("acme", "@ana done", in_reply_to=queued.in_reply_to)
    busy.fetch()
    outbox.flush(busy.sender, busy.now)
    with busy.store.tx():
        busy.store.settings.put(HELD, str(busy.now))
    _look(busy)
    assert outbox.release_held(busy.store, busy.account, busy.now, busy.sender) == []
    assert _state(busy, queued) is ReplyState.HELD
    assert busy.store.settings.get(HELD) is None
