"""Posts of events against whatever may happen: none twice, none unread, none untrue.

A machine adds events, reviews, edits, skips, moves and cancels, lets time go by, sends by every way
with every fate, is killed at any step, comes back from a backup and has complaints spike. Whatever
leaves is looked at as it leaves, by a reckoning of its own.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.test_eventing import table
from app.test_outbox_machine import (
    FATES,
    STEPS,
    Killed,
    MortalChannel,
    MortalGeneration,
)
from app.test_outbox_machine import Life as Lifetime
from builders import Copy, Desk, put, tagger_for
from depth import deep
from engines import hurry
from triage.app import eventing, outbox, replying
from triage.app.fetching import FetchOptions, read_own
from triage.app.judging import judge_pending
from triage.app.replying import Sender
from triage.channels.memory import MemoryChannel
from triage.core.channel import Fate, Outgoing, PostOutcome
from triage.core.countdown import Wall, event_at
from triage.core.events import Event, Late, Planned, SpikePolicy
from triage.core.model import DAY, HOUR, MINUTE
from triage.core.outbox import ReplyState
from triage.errors import Refused, TriageError
from zones import wall

ZONE = "Europe/Madrid"
SPIKES = SpikePolicy(complaints=2, factor=0.0)
TEXT = "{{ days_left }} days, {{ hours_left }} h to {{ name }}, {{ date }} {{ time }}"
SAID = re.compile(r"(?P<days>\d+) days?, (?P<hours>\d+) h to \S+, (?P<day>\d+) (?P<month>\w+) ")
WHICH = st.integers(min_value=0, max_value=5)
WHEN = st.tuples(st.integers(min_value=0, max_value=3), st.sampled_from([1, 12, 18, 23]))
"""On which day from now, and at which hour there."""
COUNTDOWNS = st.sampled_from(["0", "1d,0", "2d,1d,3h", "6h,2h", "3d,1h,0"])


@cache
def prepared() -> Copy:
    """An empty desk's store, made once."""
    desk = Desk(Path(tempfile.mkdtemp()))
    copy = desk.copy()
    desk.leave()
    return copy


class Left(NamedTuple):
    """A post as it left."""

    text: str
    at: int


class Watched(MortalChannel):
    """Looks at what leaves as it leaves."""

    def __init__(self, channel: MemoryChannel, life: Lifetime, machine: Countdown) -> None:
        super().__init__(channel, life)
        self._machine = machine

    def post(self, outgoing: Outgoing) -> PostOutcome:
        """Look, then post or die."""
        self._machine.look_at(outgoing.text)
        return super().post(outgoing)


class Countdown(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        put(folder, prepared())
        self.desk = Desk(folder)
        hurry(self.desk.store)
        self.added = 0
        self.read: set[str] = set()
        self.copy: Copy | None = None

    def teardown(self) -> None:
        """Nothing stays in the air, and what is public is known."""
        self.look()
        self.look()
        for event in self._events():
            for planned in self.desk.store.events.posts(event.id):
                assert planned.reply.state is not ReplyState.SENDING
                if planned.reply.state is ReplyState.SENT:
                    assert len(self.desk.public(planned.reply.text)) == 1
        self.desk.leave()
        self._folder.cleanup()

    def _events(self) -> list[Event]:
        return self.desk.store.events.all(self.desk.brand_id)

    def _posts(self) -> list[tuple[Event, Planned]]:
        found = self._events()
        return [(e, p) for e in found for p in eventing.standing_posts(self.desk.store, e)]

    def _one(self, which: int) -> tuple[Event, Planned] | None:
        posts = self._posts()
        return posts[which % len(posts)] if posts else None

    def _sender(self, life: Lifetime) -> Sender:
        def now() -> int:
            life.step()
            return self.desk.now

        return replace(
            self.desk.sender,
            channel=Watched(self.desk.channel, life, self),  # type: ignore[arg-type]
            generation=MortalGeneration(self.desk.generation, life),
            now=now,
            look_within=HOUR,
            spikes=SPIKES,
        )

    def look_at(self, text: str) -> None:
        """Is it true, of an event that stands, and was it read by a person?"""
        (found,) = (
            (e, p)
            for e, p in self._posts()
            if p.reply.text == text and p.reply.state is ReplyState.SENDING
        )
        event, planned = found
        assert text in self.read, "nobody has read it"
        assert event.cancelled_at is None
        assert planned.post.turn == event.turn
        said = SAID.search(text)
        assert said is not None
        there = wall(self.desk.now, ZONE)
        assert int(said["day"]) == event.wall.day
        if not planned.post.step.endswith("h"):
            assert (event.wall.date() - there.date()).days == int(said["days"])
            return
        due = event.at - int(said["hours"]) * HOUR
        last = event.at if event.late is Late.SEND else due + 30 * MINUTE
        assert due <= self.desk.now <= last

    def _at(self, when: tuple[int, int]) -> Wall:
        day = wall(self.desk.now, ZONE).date() + timedelta(days=when[0])
        return datetime.fromisoformat(f"{day}T{when[1]:02}:00")

    @rule(when=WHEN, countdown=COUNTDOWNS, late=st.sampled_from(Late))
    def add(self, when: tuple[int, int], countdown: str, late: Late) -> None:
        """Somebody adds an event; half of them are for today."""
        if len(self._events()) > 2:
            return
        self.added += 1
        at = self._at(when)
        event = Event(
            id=0,
            uuid=f"e{self.added}",
            account_id=self.desk.account.id,
            name=f"sale{self.added}",
            wall=at,
            zone=ZONE,
            at=event_at(at, ZONE),
            language="en",
            countdown=countdown,
            text=TEXT,
            created_at=self.desk.now,
            agent="ana",
            late=late,
        )
        with suppress(Refused):
            eventing.add(table(self.desk), event)

    @rule(which=WHICH)
    def approve(self, which: int) -> None:
        """Somebody reads a post and lets it go."""
        found = self._one(which)
        if found is not None:
            with suppress(Refused):
                eventing.approve(table(self.desk), *found)
                self.read.add(found[1].reply.text)

    @rule()
    def approve_all(self) -> None:
        """Somebody reads them one by one."""
        for which in range(len(self._posts())):
            self.approve(which)

    @rule(which=WHICH)
    def edit(self, which: int) -> None:
        """Somebody words it otherwise."""
        found = self._one(which)
        if found is not None:
            with suppress(Refused):
                eventing.edit(table(self.desk), *found, f"Now! {found[1].reply.text}")

    @rule(which=WHICH)
    def change_unseen(self, which: int) -> None:
        """The text of a draft changes by another way, after it was read."""
        found = self._one(which)
        if found is not None and found[1].reply.state is ReplyState.SCHEDULED:
            reply, store = found[1].reply, self.desk.store
            with store.tx():
                store.outbox.move(reply.id, reply.state, ReplyState.DRAFT, self.desk.now)
                store.outbox.edit(reply.id, f"Oh, {reply.text}", self.desk.now)
                store.outbox.move(reply.id, ReplyState.DRAFT, ReplyState.QUEUED, self.desk.now)

    @rule(which=WHICH)
    def skip(self, which: int) -> None:
        """Somebody does not want it."""
        found = self._one(which)
        if found is not None:
            with suppress(Refused):
                eventing.skip(table(self.desk), *found)

    @rule(which=WHICH, when=WHEN)
    def move(self, which: int, when: tuple[int, int]) -> None:
        """The event is at another time."""
        found = self._one(which)
        if found is not None:
            with suppress(TriageError):
                eventing.move(table(self.desk), found[0], self._at(when), ZONE)

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        """The event will not be."""
        found = self._one(which)
        if found is not None and which == 0:
            with suppress(Refused):
                eventing.cancel(table(self.desk), found[0])

    @rule(span=st.sampled_from([MINUTE, 31 * MINUTE, 3 * HOUR, 7 * HOUR, DAY]))
    def wait(self, span: int) -> None:
        """Time goes on."""
        self.desk.now += span

    @rule(fate=FATES, steps=STEPS)
    def run(self, fate: tuple[PostOutcome, bool], steps: int | None) -> None:
        """A cron runs at whatever time."""
        self._scripted(fate)
        with suppress(Refused, Killed):
            outbox.flush(self._sender(Lifetime(steps)), self.desk.now)

    @rule(which=WHICH, fate=FATES, steps=STEPS)
    def at_its_time(self, which: int, fate: tuple[PostOutcome, bool], steps: int | None) -> None:
        """The cron runs at the minute."""
        found = self._one(which)
        if found is not None:
            self.desk.now = max(self.desk.now, found[1].post.due_at)
            self.run(fate, steps)

    @rule(which=WHICH, fate=FATES, steps=STEPS)
    def send(self, which: int, fate: tuple[PostOutcome, bool], steps: int | None) -> None:
        """Some command would send it, whatever its state."""
        found = self._one(which)
        if found is not None and found[1].post.due_at <= self.desk.now:
            self._scripted(fate)
            with suppress(Refused, Killed):
                replying.send(self._sender(Lifetime(steps)), found[1].reply.id)

    @rule(which=WHICH, fate=FATES)
    def resend(self, which: int, fate: tuple[PostOutcome, bool]) -> None:
        """A person finds that it is not public, and sends it again."""
        found = self._one(which)
        if found is None or found[1].reply.state is not ReplyState.UNKNOWN:
            return
        reply = found[1].reply
        if not self.desk.public(reply.text):
            outbox.settle_by_hand(
                self.desk.store, self.desk.brand_id, reply.id, "ana", self.desk.now, resend=True
            )
            self._scripted(fate)
            with suppress(Refused):
                replying.send(self._sender(Lifetime(None)), reply.id)

    def _scripted(self, fate: tuple[PostOutcome, bool]) -> None:
        self.desk.channel._fates.clear()
        outcome, accepted = fate
        self.desk.channel.fate_next(outcome, accepted=accepted)

    @rule(which=WHICH)
    def complain(self, which: int) -> None:
        """Complaints spike: nothing goes out by itself, until a person says so."""
        for who in ("a", "b"):
            self.desk.write(who, "@acme it is broken", ago=MINUTE)
        self.fetch()
        count = len(self.desk.channel.attempts)
        self._scripted((PostOutcome(Fate.SENT), True))
        with suppress(Refused):
            outbox.flush(self._sender(Lifetime(None)), self.desk.now)
        released = any(p.post.released_at for _, p in self._posts())
        assert released or len(self.desk.channel.attempts) == count
        found = self._one(which)
        if found is not None:
            with suppress(Refused):
                eventing.release(table(self.desk), found[0], None)

    @rule()
    def fetch(self) -> None:
        """A fetch reads what customers wrote, and our timeline."""
        self.desk.fetch()
        self.look()

    @rule()
    def look(self) -> None:
        """Our timeline is read: what is open is settled by it."""
        desk, sender = self.desk, self._sender(Lifetime(None))
        replying.check_generation(desk.store, sender.generation, desk.brand_id, desk.now)
        outbox.recover_orphans(sender)
        read_own(desk.store, desk.channel, desk.account, FetchOptions(), desk.clock)
        judge_pending(desk.store, desk.brand_id, tagger_for)
        outbox.settle_by_timeline(desk.store, desk.account, desk.now, tagger_for)
        outbox.release_held(desk.store, desk.account, desk.now, sender)

    @rule()
    def back_up(self) -> None:
        """Somebody copies the database."""
        self.copy = self.desk.copy()

    @precondition(lambda self: self.copy is not None)
    @rule()
    def restore(self) -> None:
        """The copy comes back: what was reviewed and posted since is not in it."""
        if self.copy is not None:
            self.desk.restore(self.copy)
            hurry(self.desk.store)

    @rule()
    def pause(self) -> None:
        """While a person has stopped all sending, nothing goes out."""
        count = len(self.desk.channel.attempts)
        outbox.pause(self.desk.store, self.desk.brand_id, "ana", self.desk.now, "now")
        outbox.flush(self._sender(Lifetime(None)), self.desk.now)
        assert len(self.desk.channel.attempts) == count
        outbox.resume(self.desk.store, self.desk.brand_id, "ana", self.desk.now)

    @invariant()
    def nothing_is_said_twice(self) -> None:
        """By no way, also after a backup that remembers nothing of it."""
        ours = [p.text for p in self.desk.channel.posts.values() if p.author.handle == "acme"]
        assert len(ours) == len(set(ours))


def test_the_reckoning_sees_what_is_wrong() -> None:
    """What the machine reads out of a text is what it says."""
    said = SAID.search("Now! 3 days, 72 h to sale1, 10 March 09:00")
    assert said is not None
    assert (said["days"], said["hours"], said["day"], said["month"]) == ("3", "72", "10", "March")
    assert date(2026, 3, 10).day == int(said["day"])


TestCountdown = Countdown.TestCase
TestCountdown.settings = settings(
    max_examples=deep(150, 15),
    stateful_step_count=26,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
