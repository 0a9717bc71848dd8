"""Sending: once or not at all, and always known which."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import Desk
from triage.app import replying
from triage.app.outbox import failure_of, settle_by_hand
from triage.core.channel import Fate, Outgoing, PostOutcome
from triage.core.model import MINUTE, Role, WaitState
from triage.core.outbox import ReplyState
from triage.errors import FateUnknown, NotFound, Refused, SignInNeeded, TryLater

ANA, BO = 3, 4


class BrokenDisk:
    """A generation whose side beside the store cannot be written."""

    def is_known(self) -> bool:
        """As for a store that never sent."""
        return True

    def begin(self) -> bool:
        """Have one already."""
        return False

    def advance(self, covers: int | None = None) -> str:
        """Nothing to write in the store."""
        del covers
        return ""

    def confirm(self) -> None:
        """Fail as a full disk does."""
        raise OSError("No space left on device")


class Interrupting:
    """A channel on which Ctrl-C comes while a reply is on its way."""

    def post(self, outgoing: Outgoing) -> PostOutcome:
        """Be interrupted."""
        del outgoing
        raise KeyboardInterrupt


def test_sent(busy: Desk) -> None:
    """The confirmation, our message and the end of the wait come together."""
    draft = busy.draft(ANA, "Sorry!")
    assert draft.state is ReplyState.DRAFT
    sent = replying.send(busy.sender, draft.id)
    assert sent.state is ReplyState.SENT
    assert sent.attempts == 1
    [post] = busy.public("Sorry!")
    assert sent.native_id == post.native_id
    assert post.in_reply_to == draft.in_reply_to
    ours = busy.store.reading.thread(ANA)[-1]
    assert (ours.role, ours.agent, ours.url) == (Role.OWN, "ana", post.url)
    wait = busy.store.reading.waits(ANA)[-1]
    assert (wait.state, wait.outside, wait.agent) == (WaitState.ANSWERED, False, "ana")
    assert wait.ended_at == post.posted_at
    assert busy.store.reading.search(busy.brand_id, "Sorry", 5)[0].id == ours.id
    [act] = busy.store.activity.log(busy.brand_id, ANA, None)
    assert (act.what, act.agent, act.after) == ("reply", "ana", "sent")


def test_a_later_fetch_does_not_repeat_it(busy: Desk) -> None:
    """Our own post comes in again by the timeline, and is the one that we know."""
    replying.send(busy.sender, busy.draft(ANA, "Sorry!").id)
    before = busy.store.reading.thread(ANA)
    busy.now += MINUTE
    busy.fetch()
    after = busy.store.reading.thread(ANA)
    assert [m.id for m in after] == [m.id for m in before]
    assert not busy.store.reading.waits(ANA)[-1].outside


def test_what_was_not_seen_still_waits(busy: Desk) -> None:
    """A mention that came between typing and sending opens a wait of its own."""
    draft = busy.draft(ANA, "Sorry!")
    busy.now += MINUTE
    busy.write("ana", "@acme and the box was broken too", in_reply_to=draft.in_reply_to)
    busy.fetch()
    busy.now += MINUTE
    replying.send(busy.sender, draft.id)
    states = [w.state for w in busy.store.reading.waits(ANA)]
    assert states == [WaitState.ANSWERED, WaitState.OPEN]


@pytest.mark.parametrize(
    ("outcome", "state", "error"),
    [
        (PostOutcome(Fate.NOT_SENT, detail="no route"), ReplyState.QUEUED, TryLater),
        (PostOutcome(Fate.REFUSED, detail="not permitted"), ReplyState.FAILED, Refused),
        (PostOutcome(Fate.REFUSED, "", "bad token", None, True), ReplyState.FAILED, SignInNeeded),
        (PostOutcome(Fate.UNKNOWN, detail="time-out"), ReplyState.UNKNOWN, FateUnknown),
    ],
)
def test_fates(busy: Desk, outcome: PostOutcome, state: ReplyState, error: type[Exception]) -> None:
    """Each fate has its state and its error, which carries the channel's words and the id."""
    busy.channel.fate_next(outcome)
    reply = replying.send(busy.sender, busy.draft(ANA, "Sorry!").id)
    assert reply.state is state
    problem = failure_of(reply)
    assert type(problem) is error
    assert problem is not None
    assert outcome.detail in problem.message
    assert str(reply.id) in problem.reason + problem.hint
    assert ANA in [item.id for item in busy.waiting()]


def test_duplicate_after_a_resend_is_unknown(busy: Desk) -> None:
    """Sent again by a person, and the channel has it already: most likely it was public."""
    busy.channel.fate_next(Fate.UNKNOWN)
    reply = replying.send(busy.sender, busy.draft(ANA, "Sorry!").id)
    settle_by_hand(busy.store, busy.brand_id, reply.id, "ana", busy.now, resend=True)
    busy.channel.fate_next(PostOutcome(Fate.REFUSED, detail="Duplicate content"))
    assert replying.send(busy.sender, reply.id).state is ReplyState.UNKNOWN


def test_a_first_duplicate_is_refused(busy: Desk) -> None:
    """The channel knows these words from somewhere else: nothing of ours was posted."""
    busy.channel.fate_next(PostOutcome(Fate.REFUSED, detail="Duplicate content"))
    reply = replying.send(busy.sender, busy.draft(ANA, "Sorry!").id)
    assert reply.state is ReplyState.FAILED


def test_interrupted(busy: Desk) -> None:
    """Ctrl-C with bytes perhaps on their way locks the reply at once."""
    draft = busy.draft(ANA, "Sorry!")
    sender = replace(busy.sender, channel=Interrupting())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        replying.send(sender, draft.id)
    assert replying.get_reply(busy.store, draft.id).state is ReplyState.UNKNOWN


def test_state_directory_cannot_be_written(busy: Desk) -> None:
    """Nothing leaves that a restored copy would say again; the reply stays queued."""
    draft = busy.draft(ANA, "Sorry!")
    with pytest.raises(Refused, match="state directory"):
        replying.send(replace(busy.sender, generation=BrokenDisk()), draft.id)
    assert busy.channel.attempts == []
    assert replying.get_reply(busy.store, draft.id).state is ReplyState.QUEUED


def test_not_twice(busy: Desk) -> None:
    """What is sent, unknown or given up is not sent; what is not there is said."""
    sent = replying.send(busy.sender, busy.draft(ANA, "Sorry!").id)
    with pytest.raises(Refused, match=r"it is sent\."):
        replying.send(busy.sender, sent.id)
    with pytest.raises(NotFound):
        replying.send(busy.sender, 99)
    assert len(busy.channel.attempts) == 1


def test_restored_store(busy: Desk) -> None:
    """A send notices a restored store, holds what is queued, and sends nothing."""
    replying.send(busy.sender, busy.draft(ANA, "Sorry!").id)
    queued = busy.draft(BO, "Yes.")
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    replying.send(busy.sender, queued.id)
    for file in busy.state_dir.glob("generation-*"):
        file.unlink()
    other = busy.draft(BO, "We do.")
    with pytest.raises(Refused, match="restored or copied"):
        replying.send(busy.sender, other.id)
    assert len(busy.channel.attempts) == 2
    assert replying.get_reply(busy.store, queued.id).state is ReplyState.HELD
    assert replying.get_reply(busy.store, other.id).state is ReplyState.DRAFT


def test_target(desk: Desk) -> None:
    """The newest standing mention is answered, or the one that is named."""
    first = desk.write("ana", "@acme broken", ago=MINUTE)
    second = desk.write("ana", "@acme still broken", in_reply_to=first.native_id)
    desk.fetch()
    conversation = desk.conversation(first.native_id)
    assert replying.target_of(desk.store, conversation).native_id == second.native_id
    named = replying.target_of(desk.store, conversation, first.native_id)
    assert named.native_id == first.native_id
    with desk.store.tx():
        desk.store.messages.mark_deleted(desk.brand_id, "memory", [second.native_id], desk.now)
    assert replying.target_of(desk.store, conversation).native_id == first.native_id
    with pytest.raises(NotFound):
        replying.target_of(desk.store, conversation, "12345")
