"""Posts that count down to an event: reviewed, at their time, once, and true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from builders import START, Desk
from triage.app import event_gate, eventing, outbox, replying
from triage.app.event_drawing import Desk as Table
from triage.core.channel import Fate, PostOutcome
from triage.core.countdown import event_at
from triage.core.events import WAITING, Event, Late, Planned, SpikePolicy
from triage.core.model import DAY, HOUR, MINUTE
from triage.core.outbox import ReplyState
from triage.delivery.templating import render
from triage.errors import Refused, TriageError, UsageError

MADRID = "Europe/Madrid"
TEXT = "{{ days }} until the {{ name }} ({{ when }})"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty desk at 10:00 in Madrid on 2 March 2026."""
    made = Desk(tmp_path)
    yield made
    made.close()


def table(desk: Desk, agent: str = "ana") -> Table:
    """What working on events needs, at the desk's time."""
    return Table(
        desk.store,
        desk.account,
        length=lambda text: desk.channel.length(text, is_reply=False),
        most=desk.channel.capabilities.max_length,
        render=render,
        agent=agent,
        now=desk.now,
    )


def an_event(desk: Desk, **more: Any) -> Event:  # noqa: ANN401 - fields of an event
    """A sale on 10 March 2026 at 9:00 in Madrid."""
    wall = more.pop("wall", datetime(2026, 3, 10, 9))  # noqa: DTZ001 - a wall's
    made = Event(
        id=0,
        uuid="e1",
        account_id=desk.account.id,
        name="sale",
        wall=wall,
        zone=MADRID,
        at=event_at(wall, MADRID),
        language="en",
        countdown="3d,1d,0",
        text=TEXT,
        created_at=desk.now,
        agent="ana",
    )
    return replace(made, **more)


def added(desk: Desk, **more: Any) -> tuple[Event, list[Planned]]:  # noqa: ANN401
    """An event with its drafts."""
    done = eventing.add(table(desk), an_event(desk, **more))
    return done.event, list(done.planned)


def approved(desk: Desk, **more: Any) -> tuple[Event, list[Planned]]:  # noqa: ANN401
    """An event all of whose posts were reviewed."""
    event, planned = added(desk, **more)
    return event, [eventing.approve(table(desk), event, p) for p in planned]


def state(desk: Desk, planned: Planned) -> tuple[ReplyState, str]:
    """Of a post as it is now."""
    reply = replying.get_reply(desk.store, planned.reply.id)
    return reply.state, reply.detail


def flush(desk: Desk, spikes: SpikePolicy | None = None) -> list[ReplyState]:
    """One run of the cron."""
    return [r.state for r in outbox.flush(replace(desk.sender, spikes=spikes), desk.now)]


def test_each_step_is_a_draft_with_its_own_words(desk: Desk) -> None:
    """Saved, read right, and nothing will send them."""
    event, planned = added(desk)
    assert [(p.post.step, p.reply.state, p.reply.text) for p in planned] == [
        ("3d", ReplyState.DRAFT, "3 days until the sale (in 3 days)"),
        ("1d", ReplyState.DRAFT, "1 day until the sale (tomorrow)"),
        ("0", ReplyState.DRAFT, "0 days until the sale (today)"),
    ]
    assert eventing.find(desk.store, desk.brand_id, event.id) == event
    desk.now = event.at
    assert flush(desk) == [ReplyState.CANCELLED, ReplyState.CANCELLED]
    assert desk.channel.attempts == []
    assert "nobody reviewed it in time" in state(desk, planned[0])[1]


def test_it_goes_out_at_the_minute_once(desk: Desk) -> None:
    """Not a moment before; then by the first run, and never again."""
    _, (first, *_) = approved(desk)
    assert first.reply.state is ReplyState.SCHEDULED
    desk.now = first.post.due_at - 1
    assert flush(desk) == []
    desk.now += 1
    assert flush(desk) == [ReplyState.SENT]
    assert flush(desk) == []
    assert len(desk.public(first.reply.text)) == 1


def test_nobody_sends_it_unread(desk: Desk) -> None:
    """By no way: as a draft, queued by another way, or changed after it was read."""
    event, (first, second, _) = added(desk)
    desk.now = first.post.due_at
    with pytest.raises(Refused, match="nobody has reviewed this text"):
        replying.send(desk.sender, first.reply.id)
    first = eventing.approve(table(desk), event, first)
    with desk.store.tx():
        desk.store.outbox.move(
            first.reply.id, ReplyState.SCHEDULED, ReplyState.DRAFT, desk.now, detail=""
        )
        desk.store.outbox.edit(first.reply.id, "3 days until hell", desk.now)
        for number in (first.reply.id, second.reply.id):
            desk.store.outbox.move(number, ReplyState.DRAFT, ReplyState.QUEUED, desk.now, detail="")
    assert flush(desk) == [ReplyState.HELD, ReplyState.HELD]
    assert desk.channel.attempts == []
    assert state(desk, first)[1] == "nobody has reviewed this text"


def _sent_with_an_edit(desk: Desk, moment: int) -> bool:
    """Send while somebody edits and queues it at the so-many-th look at the clock: did they?"""
    _, (first, *_) = approved(desk)
    desk.now = first.post.due_at
    looks = 0

    def now() -> int:
        nonlocal looks
        looks += 1
        reply = replying.get_reply(desk.store, first.reply.id)
        if looks == moment and reply.state in WAITING:
            with desk.store.tx():
                desk.store.outbox.move(reply.id, reply.state, ReplyState.DRAFT, desk.now)
                desk.store.outbox.edit(reply.id, "Nobody read this", desk.now)
                desk.store.outbox.move(reply.id, ReplyState.DRAFT, ReplyState.QUEUED, desk.now)
        return desk.now

    with suppress(Refused):
        replying.send(replace(desk.sender, now=now), first.reply.id)
    return replying.get_reply(desk.store, first.reply.id).text == "Nobody read this"


def test_it_is_looked_at_as_it_is_about_to_leave(tmp_path: Path) -> None:
    """Edited by somebody at any moment before it is marked as leaving: it is held."""
    edited = 0
    for moment in range(1, 7):
        desk = Desk(tmp_path / str(moment))
        edited += _sent_with_an_edit(desk, moment)
        assert desk.public("Nobody read this") == []
        assert len(desk.channel.attempts) <= 1
        desk.close()
    assert edited >= 3


def test_a_day_is_never_said_on_another_day(desk: Desk) -> None:
    """Late on its own day it goes out; at midnight there it is skipped, resent or not."""
    _, (first, second, _) = approved(desk)
    desk.now = first.post.due_at + 14 * HOUR
    assert flush(desk) == [ReplyState.SENT]
    desk.now = second.post.due_at + 15 * HOUR
    with pytest.raises(Refused, match="its day is over: it was for 2026-03-09"):
        replying.send(desk.sender, second.reply.id)
    desk.now += 1
    assert flush(desk) == [ReplyState.CANCELLED]
    assert len(desk.channel.attempts) == 1


def test_one_that_never_left_is_tried_again_on_its_day_only(desk: Desk) -> None:
    """No network in the morning, and none all day."""
    _, (first, second, _) = approved(desk)
    desk.now = first.post.due_at
    desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    assert flush(desk) == [ReplyState.QUEUED]
    assert flush(desk) == [ReplyState.SENT]
    desk.now = second.post.due_at
    desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    assert flush(desk) == [ReplyState.QUEUED]
    desk.now += DAY - 9 * HOUR + HOUR
    assert flush(desk) == [ReplyState.CANCELLED]


@pytest.mark.parametrize(
    ("late", "after", "ends"),
    [
        (Late.SKIP, 30 * MINUTE, ReplyState.SENT),
        (Late.SKIP, 31 * MINUTE, ReplyState.CANCELLED),
        (Late.SEND, 3 * HOUR, ReplyState.SENT),
        (Late.SEND, 4 * HOUR, ReplyState.CANCELLED),
    ],
)
def test_late_hours_by_policy(desk: Desk, late: Late, after: int, ends: ReplyState) -> None:
    """Skipped after half an hour, or sent until the event begins."""
    event, (one,) = approved(desk, countdown="4h", text="{{ when }}!", late=late)
    assert one.post.due_at == event.at - 4 * HOUR
    desk.now = one.post.due_at + after
    assert flush(desk) == [ends]


def test_a_late_post_is_held_to_all_that_it_says(desk: Desk) -> None:
    """Hours that count days end with the day, days that count hours with the half hour."""
    night = {"wall": datetime(2026, 3, 4, 1, 50), "uuid": "n"}  # noqa: DTZ001 - a wall's
    _, (one,) = approved(desk, countdown="26h", text="{{ hours }}, {{ days }}", **night)
    assert one.reply.text == "26 hours, 2 days"
    _, (other,) = approved(desk, countdown="1d", text="{{ hours }} left")
    desk.now = one.post.due_at + 11 * MINUTE
    assert flush(desk) == [ReplyState.CANCELLED]
    assert "it speaks of days, and its day is over" in state(desk, one)[1]
    desk.now = other.post.due_at + 31 * MINUTE
    assert flush(desk) == [ReplyState.CANCELLED]
    assert "it speaks of hours, and is late" in state(desk, other)[1]


def test_an_unknown_fate_is_settled_by_our_timeline(desk: Desk) -> None:
    """And a person who resends it meets the same gate."""
    _, (first, second, _) = approved(desk)
    desk.now = first.post.due_at
    desk.channel.fate_next(PostOutcome(Fate.UNKNOWN, native_id="p", detail="broken"))
    assert flush(desk) == [ReplyState.UNKNOWN]
    desk.now = second.post.due_at
    again = outbox.settle_by_hand(
        desk.store, desk.brand_id, first.reply.id, "ana", desk.now, resend=True
    )
    assert again.state is ReplyState.QUEUED
    with pytest.raises(Refused, match="its day is over"):
        replying.send(desk.sender, first.reply.id)
    assert flush(desk) == [ReplyState.CANCELLED, ReplyState.SENT]


def test_a_restored_backup_says_nothing_again(desk: Desk) -> None:
    """From before a post went out, reviewed or not."""
    event, (first, *_) = added(desk)
    unread = desk.copy()
    first = eventing.approve(table(desk), event, first)
    read = desk.copy()
    desk.now = first.post.due_at
    assert flush(desk) == [ReplyState.SENT]
    for copy in (read, unread):
        desk.restore(copy)
        desk.now += MINUTE
        assert flush(desk) in ([ReplyState.SCHEDULED], [], [ReplyState.HELD])
        with pytest.raises(Refused):
            replying.send(desk.sender, first.reply.id)
        desk.fetch()
        outbox.settle_by_timeline(desk.store, desk.account, desk.now, desk.sender.tagger_for)
        desk.now += 10 * MINUTE
        desk.fetch()
        outbox.release_held(desk.store, desk.account, desk.now, desk.sender)
        flush(desk)
        assert len(desk.public(first.reply.text)) == 1
        now = next(p for p in desk.store.events.posts(event.id) if p.reply.id == first.reply.id)
        if now.reply.state is not ReplyState.SENT:
            with pytest.raises(Refused, match="same words stand on our timeline"):
                eventing.approve(table(desk), event, now)
    assert len(desk.public(first.reply.text)) == 1


def test_what_stands_on_our_timeline_is_settled_as_sent(desk: Desk) -> None:
    """Posted by hand before its time, or forgotten by this store: held, then found."""
    _, (first, *_) = approved(desk)
    desk.now = first.post.due_at
    by_hand = desk.write("acme", first.reply.text)
    assert flush(desk) == [ReplyState.HELD]
    assert state(desk, first)[1].startswith(event_gate.SAID)
    desk.fetch()
    outbox.settle_by_timeline(desk.store, desk.account, desk.now, desk.sender.tagger_for)
    found = replying.get_reply(desk.store, first.reply.id)
    assert (found.state, found.native_id) == (ReplyState.SENT, by_hand.native_id)
    assert len(desk.public(first.reply.text)) == 1


def test_the_same_words_are_refused(desk: Desk) -> None:
    """Within an event, in another one, and as what we posted by hand."""
    with pytest.raises(Refused, match="3d and 1d would say the same"):
        added(desk, text="Soon: the Sale!")
    with pytest.raises(Refused, match="3d and 1d would say the same"):
        added(desk, text="", texts={"3d": "Soon", "1d": "  soon ", "0": "Now"})
    desk.write("acme", "3 days until the sale (in 3 days)")
    desk.fetch()
    with pytest.raises(Refused, match="same words stand on our timeline"):
        added(desk)
    added(desk, name="fair")
    with pytest.raises(Refused, match="3d of event 1 says the same"):
        added(desk, name="fair", uuid="e2")


UNFIT: list[tuple[dict[str, Any], type[TriageError], str]] = [
    ({"text": "x" * 300 + " {{ days }}"}, Refused, "307/280, 27 too many"),
    ({"text": "{% if days_left %}a{{ days }}{% endif %}"}, Refused, "0 cannot go out: it is e"),
    ({"text": "{{ order }} {{ days }}"}, Refused, "order of the template for 3d has no value"),
    ({"text": "{{ days"}, TriageError, "cannot be read"),
    ({"texts": {"7d": "x"}}, UsageError, "There is a text for 7d"),
    ({"name": ""}, UsageError, "1 to 100 printable"),
    ({"name": "a\x1b[2Jb"}, UsageError, "1 to 100 printable"),
    ({"language": "tlh"}, UsageError, "no language"),
    ({"wall": datetime(2036, 3, 10, 9)}, UsageError, "five years ahead"),  # noqa: DTZ001
    ({"wall": datetime(2026, 3, 1, 9)}, Refused, "Nothing of 'sale' is still to come"),  # noqa: DTZ001
]
"""What is different of an event, and how it is refused."""


def test_what_could_not_go_out_is_not_added(desk: Desk) -> None:
    """Refused whole, with the reason; nothing is saved."""
    for more, error, words in UNFIT:
        with pytest.raises(error, match=words):
            added(desk, **more)
    assert desk.store.events.all(desk.brand_id) == []
    assert desk.store.outbox.list_states(desk.brand_id, list(ReplyState)) == []


def test_steps_that_are_past_are_left_out(desk: Desk) -> None:
    """Today's is not: its day lasts."""
    done = eventing.add(table(desk), an_event(desk, countdown="14d,8d,1d"))
    assert [s.step.label for s in done.passed] == ["14d"]
    assert [p.post.step for p in done.planned] == ["8d", "1d"]
    assert done.planned[0].post.due_at < desk.now
    eventing.approve(table(desk), done.event, done.planned[0])
    assert flush(desk) == [ReplyState.SENT]


def test_an_edit_is_to_be_read_again(desk: Desk) -> None:
    """It takes the approval away, and what a person sees is what they approve."""
    event, (first, *_) = approved(desk)
    seen = first
    first = eventing.edit(table(desk), event, first, "Three days!")
    assert (first.reply.state, first.is_reviewed) == (ReplyState.DRAFT, False)
    with pytest.raises(Refused, match="was changed since it was shown"):
        eventing.approve(table(desk), event, seen)
    with pytest.raises(Refused, match="291/280"):
        eventing.edit(table(desk), event, first, "x" * 291)
    bo = table(desk, "bo")
    first = eventing.approve(bo, event, first)
    assert (first.post.reviewed_by, first.reply.agent, first.reply.written_by) == (
        "bo",
        "bo",
        "ana",
    )
    desk.now = first.post.due_at
    assert flush(desk) == [ReplyState.SENT]
    with pytest.raises(Refused, match="is sent"):
        eventing.skip(table(desk), event, eventing.find_post(desk.store, event, "3d"))


def test_a_skipped_post_stays_out(desk: Desk) -> None:
    """One by one."""
    event, (first, second, _) = approved(desk)
    eventing.skip(table(desk), event, first)
    desk.now = second.post.due_at
    assert flush(desk) == [ReplyState.SENT]
    assert state(desk, first) == (ReplyState.CANCELLED, "skipped by ana")


def test_a_cancelled_event_says_nothing(desk: Desk) -> None:
    """Whatever was approved."""
    event, (first, *_) = approved(desk)
    assert len(eventing.cancel(table(desk), event)) == 3
    desk.now = first.post.due_at
    assert flush(desk) == []
    with pytest.raises(Refused, match="cancelled already"):
        eventing.cancel(table(desk), event)
    with pytest.raises(Refused, match="is cancelled"):
        eventing.approve(table(desk), event, first)


def test_a_moved_event_is_written_and_read_anew(desk: Desk) -> None:
    """What was public stays told; nothing approved for the old date goes out."""
    event, (first, *_) = approved(desk)
    desk.now = first.post.due_at
    assert flush(desk) == [ReplyState.SENT]
    wall = datetime(2026, 3, 20, 18)  # noqa: DTZ001 - a wall's
    done = eventing.move(table(desk), event, wall, MADRID)
    assert [(p.post.step, p.post.turn, p.reply.state) for p in done.planned] == [
        ("3d", 0, ReplyState.SENT),
        ("3d", 1, ReplyState.DRAFT),
        ("1d", 1, ReplyState.DRAFT),
        ("0", 1, ReplyState.DRAFT),
    ]
    desk.now += 3 * DAY
    assert flush(desk) == []
    moved = eventing.find(desk.store, desk.brand_id, event.id)
    assert (moved.wall, moved.turn) == (wall, 1)
    again = eventing.find_post(desk.store, moved, "3d")
    with pytest.raises(Refused, match="same words stand on our timeline"):
        eventing.approve(table(desk), moved, again)
    again = eventing.edit(table(desk), moved, again, "Later, but it comes: 3 days!")
    eventing.approve(table(desk), moved, again)
    desk.now = again.post.due_at
    assert flush(desk) == [ReplyState.SENT]
    with pytest.raises(Refused, match="cancelled or moved meanwhile"):
        eventing.move(table(desk), event, wall, MADRID)


def test_complaints_hold_it_until_a_person_lets_it_go(desk: Desk) -> None:
    """The reason is told; the other posts and other days are not held for that."""
    policy = SpikePolicy(complaints=3, factor=3.0)
    event, (first, second, _) = approved(desk)
    desk.now = first.post.due_at
    for who in ("a", "b", "c"):
        desk.write(who, "@acme it is broken", ago=MINUTE)
    desk.write("d", "@acme it never came", ago=3 * DAY)
    desk.fetch()
    assert flush(desk, policy) == [ReplyState.HELD]
    assert state(desk, first)[1] == ("complaints spike: 3 in the last 60 min, usually 0.0")
    assert flush(desk, policy) == []
    (back,) = eventing.release(table(desk), event, None)
    assert back.reply.state is ReplyState.SCHEDULED
    assert flush(desk, policy) == [ReplyState.SENT]
    with pytest.raises(Refused, match="No post of event 1 is held"):
        eventing.release(table(desk), event, "1d")
    desk.now = second.post.due_at
    assert flush(desk, policy) == [ReplyState.SENT]


def test_a_held_post_whose_day_goes_by_is_skipped(desk: Desk) -> None:
    """Nobody let it go."""
    _, (first, *_) = approved(desk)
    desk.now = first.post.due_at
    desk.write("a", "@acme it is broken")
    desk.fetch()
    policy = SpikePolicy(complaints=1, factor=1.0)
    assert flush(desk, policy) == [ReplyState.HELD]
    desk.now += DAY
    assert flush(desk, policy) == [ReplyState.CANCELLED]
    assert "its day is over" in state(desk, first)[1]


def test_what_is_usual_is_no_spike(desk: Desk) -> None:
    """As many as on any other day; and 0 turns it off."""
    for day in range(1, 10):
        for _ in range(30):
            desk.write("a", "@acme it is broken", ago=day * DAY)
    for _ in range(3):
        desk.write("a", "@acme it is broken", ago=MINUTE)
    desk.fetch_all_again()
    now, brand = desk.now, desk.brand_id
    assert event_gate.spike_now(desk.store, brand, SpikePolicy(3, 3.0), now) is None
    spike = event_gate.spike_now(desk.store, brand, SpikePolicy(3, 2.0), now)
    assert spike is not None
    assert spike.words == "complaints spike: 3 in the last 60 min, usually 1.3"
    assert event_gate.spike_now(desk.store, brand, SpikePolicy(0), now) is None


def test_an_unknown_zone_keeps_nobody_back(desk: Desk) -> None:
    """A machine that does not know what day it is there holds this one, and sends the others."""
    _, (far, *_) = approved(desk, name="far", uuid="far")
    _, (near, *_) = approved(desk)
    with desk.store.tx():
        desk.store.engine.execute("UPDATE event SET zone = 'Mars/Olympus' WHERE id = 1")
    desk.now = near.post.due_at
    assert flush(desk) == [ReplyState.HELD, ReplyState.SENT]
    assert "does not know the time zone" in state(desk, far)[1]
    with pytest.raises(Refused, match="does not know the time zone"):
        replying.send(desk.sender, far.reply.id)


def test_nothing_goes_out_while_the_outbox_is_paused(desk: Desk) -> None:
    """And what was paused over midnight is skipped."""
    _, (first, *_) = approved(desk)
    outbox.pause(desk.store, desk.brand_id, "ana", desk.now, "now")
    desk.now = first.post.due_at
    assert flush(desk) == []
    desk.now += DAY
    outbox.resume(desk.store, desk.brand_id, "ana", desk.now)
    assert flush(desk) == [ReplyState.CANCELLED]


def test_how_it_was_received(desk: Desk) -> None:
    """Who answered or quoted its posts, of which kind; nobody else's talk."""
    event, (first, *_) = approved(desk)
    desk.now = first.post.due_at
    flush(desk)
    (post,) = desk.public(first.reply.text)
    desk.now += HOUR
    below = desk.write("ana", "@acme thanks, great", ago=MINUTE, in_reply_to=post.native_id)
    desk.channel.write(desk.author("cy"), "@acme again?", at=desk.now, quotes=post.native_id)
    desk.write("bo", "@acme @ana what about returns?", in_reply_to=below.native_id)
    desk.write("eve", "@acme it is broken")
    desk.fetch()
    heard = desk.store.events.reception(event.id)
    assert [(h.reply_id, h.kind.value, h.is_quote) for h in heard] == [
        (first.reply.id, "praise", False),
        (first.reply.id, "question", False),
        (first.reply.id, "question", True),
    ]
    tagged = desk.store.events.of_conversations([h.conversation_id or 0 for h in heard] + [99])
    assert set(tagged.values()) == {"sale"}
    assert len(tagged) == 3


def test_start_is_ten_in_madrid() -> None:
    """What the dates above rest on."""
    assert event_at(datetime(2026, 3, 2, 10), MADRID) == START  # noqa: DTZ001
