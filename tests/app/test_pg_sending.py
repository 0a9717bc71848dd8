"""Sending under a lock of the server that can be lost, and writing again what nobody heard of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

import postgres
from builders import START, Desk, busy_desk
from triage.app.claiming import Press
from triage.app.drafting import commit
from triage.app.replying import Sender, recover, send
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import StoreUnavailable
from triage.store.generation import Generation
from triage.store.lock_pg import Name, hold
from triage.store.store import SqlStore

SEND = Name("send", "acme")
TEXT = "Sorry, it is on its way!"


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Desk]:
    """A desk on a server."""
    postgres.need()
    made = busy_desk(tmp_path, where=postgres.database(tmp_path))
    yield made
    made.close()


def under_a_lock(desk: Desk) -> Sender:
    """What sends as the program does there."""

    def lock() -> AbstractContextManager[None]:
        return hold(desk.store.engine, str(desk.where), SEND, agent="ana", started_at=START)

    return replace(desk.sender, lock=lock)


def end_session(desk: Desk) -> None:
    """Let the server find nobody at the other end of the session that holds the lock."""
    ended = desk.store.engine.query(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' "
        "AND objsubid = 2 AND objid = CAST(:key AS oid) AND :class > 0",
        SEND.params,
    )
    assert ended == [(1,)]


class Interrupted(Generation):
    """Something happens right before a reply leaves."""

    event: Callable[[], None]

    def confirm(self) -> None:
        """Let it happen after all that was written down."""
        super().confirm()
        self.event()


def interrupted(desk: Desk, event: Callable[[], None]) -> Sender:
    """What sends, with an event between the commit and the request."""
    with desk.store.tx():
        # Not only now: that would be another moment at which it is written down.
        desk.generation.begin()
    made = Interrupted(desk.store.settings, desk.state_dir, desk.db)
    made.event = event
    return replace(under_a_lock(desk), generation=made)


def state(desk: Desk, reply: Reply) -> ReplyState:
    """Of a reply, now."""
    found = desk.store.outbox.get(reply.id)
    assert found is not None
    return found.state


def test_it_goes_out_under_the_lock(shared: Desk) -> None:
    """Where nothing is lost."""
    reply = shared.draft(3, TEXT)
    assert send(under_a_lock(shared), reply.id, Press("ana")).state is ReplyState.SENT
    assert len(shared.public(TEXT)) == 1


def test_a_lock_that_is_lost_before_it_is_marked(shared: Desk) -> None:
    """Nothing is sent; it waits in the queue, and the error says so."""
    reply = shared.draft(3, TEXT)
    sender = under_a_lock(shared)
    with pytest.raises(StoreUnavailable, match="lock of this send was lost") as caught:
        send(sender, reply.id, Press("ana"), still_fine=lambda _: end_session(shared))
    assert "Nothing was sent" in caught.value.reason
    assert shared.public(TEXT) == []
    assert state(shared, reply) is ReplyState.QUEUED


def test_a_lock_that_is_lost_right_before_it_leaves(shared: Desk) -> None:
    """The machine slept between the commit and the request: it is put back into the queue."""
    reply = shared.draft(3, TEXT)
    sender = interrupted(shared, lambda: end_session(shared))
    with pytest.raises(StoreUnavailable, match="lock of this send was lost") as caught:
        send(sender, reply.id, Press("ana"))
    assert "Nothing was sent" in caught.value.reason
    assert shared.public(TEXT) == []
    assert state(shared, reply) is ReplyState.QUEUED


def test_another_one_found_the_lock_free_right_before_it_leaves(shared: Desk) -> None:
    """It has locked the reply, and its word stands: a person is asked, and nothing leaves."""
    reply = shared.draft(3, TEXT)

    def taken_over() -> None:
        end_session(shared)
        other = SqlStore.open(shared.where)
        with hold(other.engine, str(shared.where), SEND, agent="bo", started_at=START):
            assert recover(other, shared.brand_id, shared.now) == 1
        other.close()

    with pytest.raises(StoreUnavailable, match="lock of this send was lost"):
        send(interrupted(shared, taken_over), reply.id, Press("ana"))
    assert shared.public(TEXT) == []
    assert state(shared, reply) is ReplyState.UNKNOWN


def test_who_lost_the_lock_locks_nobody_elses_reply(shared: Desk) -> None:
    """A reply that somebody alive is sending is not taken for a dead one's."""
    reply = shared.draft(3, TEXT)
    shared.store.outbox.move(reply.id, ReplyState.DRAFT, ReplyState.QUEUED, START)
    shared.store.outbox.move(reply.id, ReplyState.QUEUED, ReplyState.SENDING, START)
    with hold(shared.store.engine, str(shared.where), SEND, agent="ana", started_at=START):
        end_session(shared)
        with pytest.raises(StoreUnavailable):
            recover(shared.store, shared.brand_id, START)
    assert state(shared, reply) is ReplyState.SENDING
    assert recover(shared.store, shared.brand_id, START) == 1


def test_a_draft_that_is_saved_again_is_one(shared: Desk) -> None:
    """The connection was lost as it was saved: saving the same again changes nothing."""
    draft = replace(shared.draft(4, "first"), id=0, uuid="of the one", text=TEXT)
    saved = commit(shared.store, shared.brand_id, draft, START)
    other = SqlStore.open(shared.where)
    pid = shared.store.engine.query("SELECT pg_backend_pid()")[0][0]
    other.engine.query("SELECT pg_terminate_backend(CAST(:pid AS INT), 10000)", {"pid": pid})
    with pytest.raises(StoreUnavailable):
        commit(shared.store, shared.brand_id, draft, START)
    assert commit(other, shared.brand_id, draft, START) == saved
    rows = other.engine.query("SELECT count(*) FROM reply WHERE text = :t", {"t": TEXT})
    assert rows == [(1,)]
    other.close()
