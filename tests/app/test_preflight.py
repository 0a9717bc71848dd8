"""The look before sending: what it finds, what it keeps, and that it never takes long."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from builders import Desk
from engines import is_inside
from triage.app import replying
from triage.app.guards import Guard, guards
from triage.app.preflight import Look
from triage.channels.memory import MemoryChannel
from triage.core.channel import Absence, Lookup, Page, PageRequest, Stream
from triage.core.model import HOUR, MINUTE
from triage.core.records import Reply
from triage.errors import ChannelError, NetworkDown, RateLimited, SignInNeeded

ANA = 3


class Stuck(MemoryChannel):
    """A channel whose posts are found, and whose timelines never answer."""

    def __init__(self, other: MemoryChannel) -> None:
        super().__init__(now=other._now)
        self.posts = other.posts
        self.let_go = threading.Event()

    def page(self, stream: Stream, account_id: str, request: PageRequest) -> Page:
        """Wait until the test is over."""
        self.let_go.wait()
        return super().page(stream, account_id, request)


class Unsigned(MemoryChannel):
    """A channel that finds out early that it has no credentials."""

    def within(self, span_s: float) -> MemoryChannel:
        """Refuse before the first call."""
        raise SignInNeeded(f"There are no credentials for {span_s} s")


class Broken(MemoryChannel):
    """A channel with a bug."""

    def lookup(self, native_ids: Sequence[str]) -> Lookup:
        """Fail as only a bug does."""
        raise ZeroDivisionError(native_ids)


def _look(desk: Desk, reply: Reply, *, within: int = 30_000) -> Look:
    return replace(desk.sender, look_within=within).look(reply)


def _found(desk: Desk, reply: Reply, look: Look) -> dict[str, Guard]:
    message_id = desk.store.reading.message_id(desk.brand_id, reply.in_reply_to or "")
    target = desk.store.reading.messages([message_id or 0])[0]
    found = guards(desk.store, desk.channel, reply, target, desk.now, look=look)
    return {g.code: g for g in found}


def _checkpoints(desk: Desk) -> list[object]:
    return [desk.store.accounts.checkpoint(desk.account.id, s.value) for s in Stream]


def test_nothing_happened(busy: Desk) -> None:
    """The post stands, nobody wrote: nothing stands against it."""
    reply = busy.draft(ANA, "Sorry!")
    look = _look(busy, reply)
    assert (look.problem, look.is_hidden) == ("", False)
    assert look.post is not None
    assert look.post.native_id == reply.in_reply_to
    assert _found(busy, reply, look) == {}


def test_an_answer_from_another_app(busy: Desk) -> None:
    """Somebody answered since the last fetch: seen, stored, and it ends the wait at its time."""
    reply = busy.draft(ANA, "Sorry!")
    busy.now += MINUTE
    answer = busy.write("acme", "@ana we are at it", in_reply_to=reply.in_reply_to)
    busy.now += MINUTE
    found = _found(busy, reply, _look(busy, reply))
    assert found["answered"].message == "@acme has replied meanwhile: @ana we are at it"
    assert busy.store.reading.waits(ANA)[-1].ended_at == answer.posted_at
    assert len(busy.store.reading.search(busy.brand_id, "we are at it", 5)) == 1


def test_the_post_is_deleted(busy: Desk) -> None:
    """What its author deleted is not answered, though no fetch has told yet."""
    reply = busy.draft(ANA, "Sorry!")
    busy.channel.remove(reply.in_reply_to or "")
    assert _found(busy, reply, _look(busy, reply))["gone"].stops


def test_the_post_is_hidden(busy: Desk) -> None:
    """Locked, or blocked: it stops, and the post is not taken for deleted."""
    reply = busy.draft(ANA, "Sorry!")
    busy.channel.hide(reply.in_reply_to or "", Absence.PROTECTED)
    look = _look(busy, reply)
    assert (look.is_hidden, look.post) == (True, None)
    found = _found(busy, reply, look)
    assert found["hidden"].stops
    assert "gone" not in found


def test_the_customer_wrote_again(busy: Desk) -> None:
    """It is told, and does not stop: what was not seen waits on by itself."""
    reply = busy.draft(ANA, "Sorry!")
    busy.now += MINUTE
    busy.write("ana", "@acme now it never came", in_reply_to=reply.in_reply_to)
    again = _found(busy, reply, _look(busy, reply))["wrote-again"]
    assert (again.stops, again.asks) == (False, False)
    assert again.message == "@ana has written again: @acme now it never came"


def test_twice_is_once_and_no_checkpoint_moves(busy: Desk) -> None:
    """The same look again changes nothing; a fetch reads all of it once more."""
    reply = busy.draft(ANA, "Sorry!")
    busy.write("gina", "@acme broken too")
    before = _checkpoints(busy)
    _look(busy, reply)
    thread = busy.store.reading.search(busy.brand_id, "broken", 50)
    _look(busy, reply)
    assert busy.store.reading.search(busy.brand_id, "broken", 50) == thread
    assert _checkpoints(busy) == before
    assert len([i for i in busy.waiting() if i.customer == "gina"]) == 1


@pytest.mark.real_time
def test_it_ends_with_its_time(busy: Desk) -> None:
    """A channel that does not answer is given up; what it said before that is kept and used."""
    reply = busy.draft(ANA, "Sorry!")
    busy.channel.remove(reply.in_reply_to or "")
    stuck = Stuck(busy.channel)
    stuck.remove(reply.in_reply_to or "")
    answered = threading.Event()
    lookup = stuck.lookup

    def noted(native_ids: Sequence[str]) -> Lookup:
        found = lookup(native_ids)
        answered.set()
        return found

    stuck.lookup = noted  # type: ignore[method-assign]
    busy.now += 4 * MINUTE
    began = time.monotonic()
    look = replace(busy.sender, channel=stuck, look_within=300).look(reply)
    assert time.monotonic() - began < 60
    stuck.let_go.set()
    assert answered.is_set()
    assert look.problem == "no answer within 0.3 s"
    found = _found(busy, reply, look)
    assert found["not-looked"].message == (
        "Memory could not be asked about the thread (no answer within 0.3 s); as known 4m ago."
    )
    assert (found["not-looked"].stops, found["not-looked"].asks) == (False, False)
    assert found["gone"].stops


@pytest.mark.parametrize("call", ["lookup", "page"])
def test_no_network(busy: Desk, call: str) -> None:
    """It is said, and no more: the reply may go."""
    reply = busy.draft(ANA, "Sorry!")
    busy.channel.fail_next(call, NetworkDown("It could not be reached", reason="no route"))
    look = _look(busy, reply)
    assert look.problem == "It could not be reached: no route"
    assert list(_found(busy, reply, look)) == ["not-looked"]


def test_other_failures_are_said_too(busy: Desk) -> None:
    """A channel out of credit, or without credentials, does not keep the reply."""
    reply = busy.draft(ANA, "Sorry!")
    busy.channel.fail_next("lookup", ChannelError("There is no credit left"))
    assert _look(busy, reply).problem == "There is no credit left"
    unsigned = replace(busy.sender, channel=Unsigned())
    assert unsigned.look(reply).problem.startswith("There are no credentials")


def test_a_bug_is_not_hidden(busy: Desk) -> None:
    """What is no failure of the channel comes out as what it is."""
    reply = busy.draft(ANA, "Sorry!")
    with pytest.raises(ZeroDivisionError):
        replace(busy.sender, channel=Broken()).look(reply)


def test_rate_limits(busy: Desk) -> None:
    """A limit is remembered, and what is known to be spent is not asked; the rest is."""
    reply = busy.draft(ANA, "Sorry!")
    busy.channel.fail_next(
        "page", RateLimited("It asks to wait", reset_at=busy.now + HOUR, endpoint="own")
    )
    assert _look(busy, reply).problem == "It asks to wait"
    asked = len(busy.channel.calls)
    look = _look(busy, reply)
    assert busy.channel.calls[asked:] == ["lookup", "page"]
    assert look.problem == "it asked to wait before more of own is read"
    assert look.post is not None


def test_an_account_that_was_never_fetched(busy: Desk) -> None:
    """Without its id its timelines cannot be asked for; the post can."""
    reply = busy.draft(ANA, "Sorry!")
    account = busy.account._replace(native_id=None)
    look = replace(busy.sender, account=account).look(reply)
    assert look.problem == "the account was never fetched"
    assert look.post is not None


def test_no_more_than_what_is_new_is_read(busy: Desk) -> None:
    """Each timeline is asked for what is newer than the agent's eyes or the last reading."""
    seen: list[PageRequest] = []
    page = busy.channel.page

    def noted(stream: Stream, account_id: str, request: PageRequest) -> Page:
        seen.append(request)
        return page(stream, account_id, request)

    busy.channel.page = noted  # type: ignore[method-assign]
    reply = busy.draft(ANA, "Sorry!")
    _look(busy, reply)
    reached = [c.reached_id for c in _checkpoints(busy)]  # type: ignore[attr-defined]
    assert [r.since_id for r in reversed(seen)] == [
        max(r, reply.seen_id or "", key=int) for r in reached
    ]


def test_no_summons(busy: Desk) -> None:
    """The channel lists us nowhere: it is certain, and the browser's link has the text in it."""
    reply = busy.draft(ANA, "Sorry & bye?")
    target = reply.in_reply_to or ""
    busy.channel.add(replace(busy.channel.posts[target], text="it is broken", mentions=()))
    with busy.store.tx():
        busy.store.engine.execute(
            "UPDATE message SET text = 'it is broken' WHERE native_id = :n", {"n": target}
        )
    guard = _found(busy, reply, _look(busy, reply))["not-summoned"]
    assert guard.stops
    assert guard.url == (
        f"https://memory.invalid/intent/post?in_reply_to={target}&text=Sorry+%26+bye%3F"
    )
    blind = _found(busy, reply, Look(busy.now))["not-summoned"]
    assert not blind.stops


def test_reply_settings(busy: Desk) -> None:
    """A post that only the named may answer, and that does not name us, stops it."""
    reply = busy.draft(ANA, "Sorry!")
    target = reply.in_reply_to or ""
    look = _look(busy, reply)
    assert look.post is not None
    limited = replace(look.post, reply_settings="mentionedUsers", mentions=())
    assert "limited" not in _found(busy, reply, replace(look, post=limited)), "the text names us"
    with busy.store.tx():
        busy.store.engine.execute(
            "UPDATE message SET text = 'broken' WHERE native_id = :n", {"n": target}
        )
    assert _found(busy, reply, replace(look, post=limited))["limited"].stops


def test_a_third_person(busy: Desk) -> None:
    """A reply of one conversation to another's post is refused."""
    reply = busy.draft(ANA, "Sorry!")
    bo = busy.draft(4, "Yes.")
    assert _found(busy, replace(reply, in_reply_to=bo.in_reply_to), Look(busy.now))[
        "not-theirs"
    ].stops


def test_it_holds_no_transaction_while_it_asks(busy: Desk) -> None:
    """Another process can write while the channel takes its time."""
    reply = busy.draft(ANA, "Sorry!")
    lookup = busy.channel.lookup

    def writing(native_ids: Sequence[str]) -> Lookup:
        assert not is_inside(busy.store)
        return lookup(native_ids)

    busy.channel.lookup = writing  # type: ignore[method-assign]
    assert _look(busy, reply).problem == ""


def test_still_fine_is_asked_with_the_lock_held(busy: Desk) -> None:
    """What came up since is found before anything changes, and nothing leaves."""
    reply = busy.draft(ANA, "Sorry!")

    def refuse(current: Reply) -> None:
        assert busy._lock.locked()
        assert current.state is reply.state
        raise NetworkDown("no")

    with pytest.raises(NetworkDown):
        replying.send(busy.sender, reply.id, still_fine=refuse)
    assert busy.channel.attempts == []
    assert replying.get_reply(busy.store, reply.id) == reply
