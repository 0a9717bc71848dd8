"""What stands against sending, told before anything leaves."""

from __future__ import annotations

from builders import Desk, tagger_for
from triage.app import acting, outbox, replying
from triage.app.guards import Guard, blocking, guards
from triage.core.channel import Fate, PostOutcome
from triage.core.model import DAY, HOUR, MINUTE, CloseReason, Role
from triage.core.records import Reply

ANA, BO = 3, 4


def _found(desk: Desk, reply: Reply) -> dict[str, Guard]:
    message_id = desk.store.reading.message_id(desk.brand_id, reply.in_reply_to or "")
    target = desk.store.reading.messages([message_id or 0])[0]
    return {g.code: g for g in guards(desk.store, desk.channel, reply, target, desk.now)}


def _close(desk: Desk) -> None:
    conversation = desk.conversation(ANA)
    acting.close(desk.store, conversation, CloseReason.PRIVATE, "ana", desk.now, tagger_for)


def test_nothing_stands_against_it(busy: Desk) -> None:
    """A plain answer to someone who waits may go."""
    assert _found(busy, busy.draft(ANA, "Sorry!")) == {}


def test_text(busy: Desk) -> None:
    """Empty and too long stop it; the limit itself is allowed."""
    assert _found(busy, busy.draft(ANA, " \n"))["empty"].stops
    assert _found(busy, busy.draft(ANA, "x" * 280)) == {}
    assert _found(busy, busy.draft(ANA, "x" * 281))["too-long"].message == "281/280, 1 too many."


def test_the_post_is_gone(busy: Desk) -> None:
    """A deleted post cannot be answered."""
    reply = busy.draft(ANA, "Sorry!")
    with busy.store.tx():
        busy.store.messages.mark_deleted(
            busy.brand_id, "memory", [reply.in_reply_to or ""], busy.now
        )
    assert _found(busy, reply)["gone"].stops


def test_answered_meanwhile(busy: Desk) -> None:
    """An answer that the agent had not seen is told; one that they had seen is not."""
    reply = busy.draft(ANA, "Sorry!")
    busy.now += MINUTE
    busy.write("acme", "@ana " + "we know " * 20, in_reply_to=reply.in_reply_to)
    busy.fetch()
    answered = _found(busy, reply)["answered"]
    assert not answered.stops
    assert answered.message.startswith("@acme has replied meanwhile: @ana we know")
    assert len(answered.message) < 100
    ours = next(m for m in busy.store.reading.thread(ANA) if m.role is Role.OWN)
    with busy.store.tx():
        busy.store.messages.mark_deleted(busy.brand_id, "memory", [ours.native_id], busy.now)
    assert "answered" not in _found(busy, reply)


def test_nobody_waits(busy: Desk) -> None:
    """A public word after the case was closed is unusual, not forbidden."""
    _close(busy)
    assert not _found(busy, busy.draft(ANA, "You are welcome!"))["nobody-waits"].stops


def test_incidental(desk: Desk) -> None:
    """X refuses API replies to posts that name us only in the automatic leading run."""
    first = desk.write("ana", "@acme broken")
    desk.write("bo", "@ana @acme same here", in_reply_to=first.native_id)
    desk.fetch()
    bo = desk.store.reading.search(desk.brand_id, "same here", 1)[0]
    found = _found(desk, desk.draft(bo.native_id, "Sorry both!"))
    assert not found["not-summoned"].stops
    assert found["not-summoned"].hint.startswith("Answer in a browser: https://")


def test_the_same_text(busy: Desk) -> None:
    """In flight, or standing there, it stops; elsewhere it is told for an hour."""
    busy.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="broken"))
    lost = replying.send(busy.sender, busy.draft(ANA, "Sorry!").id)
    twin = busy.draft(ANA, "  Sorry! ")
    assert _found(busy, twin)["in-flight"].hint == f"triage outbox settle {lost.id}"
    assert _found(busy, busy.draft(BO, "Sorry!")) == {}
    outbox.settle_by_hand(busy.store, busy.brand_id, lost.id, "ana", busy.now, resend=True)
    replying.send(busy.sender, lost.id)
    assert _found(busy, twin)["duplicate"].stops
    busy.now += MINUTE
    busy.write("ana", "@acme hello?", in_reply_to=twin.in_reply_to)
    busy.fetch()
    again = busy.draft(ANA, "Sorry!")
    assert "repeated" in _found(busy, again)
    busy.now += HOUR + MINUTE
    assert "repeated" not in _found(busy, again)
    assert "duplicate" in _found(busy, twin)
    busy.now += DAY
    assert "duplicate" not in _found(busy, twin)


def test_the_same_text_from_another_app(busy: Desk) -> None:
    """What a colleague said there in an app counts; with a link in it only a person can tell."""
    for number, text, stops in ((ANA, "Sorry!", True), (BO, "See https://acme.example", False)):
        reply = busy.draft(number, text)
        busy.now += MINUTE
        busy.write("acme", f"@x {text}", in_reply_to=reply.in_reply_to)
        busy.fetch()
        assert _found(busy, reply)["duplicate"].stops is stops


def test_paused_stops_everything_and_comes_first(busy: Desk) -> None:
    """What stops stands before what warns."""
    outbox.pause(busy.store, busy.brand_id, "bo", busy.now, "since noon")
    _close(busy)
    reply = busy.draft(ANA, "You are welcome!")
    found = list(_found(busy, reply).values())
    assert [g.code for g in found] == ["paused", "nobody-waits"]
    stop = blocking(found)
    assert stop is not None
    assert stop.message == "All sending is paused (by bo, since noon)."
