"""Alerts against whatever may happen: each target hears once of what is true, and of all of it.

Customers write, posts come late and in any order, answers are given elsewhere and taken back,
agents close, reopen and let rest, time passes, targets fail, take a message and cannot say so, or
die with the run. After each run, what each target was told is compared with the waits as they are.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from builders import START, Copy, Desk, put, tagger_for
from depth import deep
from engines import hurry
from triage.app.acting import close, hold, reopen, wake
from triage.app.alerting import send_alerts
from triage.app.judging import judge_pending
from triage.core.alerts import AlertOptions
from triage.core.calendar import WeeklyCalendar
from triage.core.digest import AlertLevel, Digest
from triage.core.holds import HoldState
from triage.core.hours import ALWAYS
from triage.core.kinds import HOUR, MINUTE, CloseReason, Kind, Role, id_key
from triage.core.model import Post
from triage.core.policy import Policy, Settings
from triage.core.ports import Incoming
from triage.errors import DeliveryFailed, Refused

OFFICE = WeeklyCalendar("office", "UTC", (((9 * 60, 18 * 60),),) * 7)
SETTINGS = Settings(
    policies={
        Kind.COMPLAINT: Policy(
            HOUR,
            15 * MINUTE,
            name="complaint",
            calendar="office",
            pauses=frozenset({HoldState.ON_HOLD}),
        ),
        Kind.QUESTION: Policy(
            2 * HOUR, HOUR, name="question", calendar="office", alert_anytime=True
        ),
        Kind.OTHER: Policy(3 * HOUR, HOUR, name="other", calendar=ALWAYS),
        Kind.PRAISE: Policy(None, name="praise"),
    },
    calendars={"office": OFFICE},
)
OPTIONS = AlertOptions()
RANKS = list(AlertLevel)
WHO = st.sampled_from(["ana", "bo"])
TEXTS = st.sampled_from(["it is broken", "where is it?", "hm", "thanks"])
AGO = st.sampled_from([0, 0, MINUTE, 40 * MINUTE, 3 * HOUR])
WHICH = st.integers(0, 2)
FATES = st.sampled_from(["takes", "down", "takes it and fails", "dies", "took it"])
"""Of a delivery; with the last the run dies when it has arrived."""


@cache
def prepared() -> Copy:
    """An empty store under the settings, made once."""
    folder = Path(tempfile.mkdtemp())
    desk = Desk(folder, settings=SETTINGS)
    copy = desk.copy()
    desk.leave()
    return copy


class Killed(BaseException):
    """The run ends here."""


class Open(NamedTuple):
    """An open wait that demands an answer, as it stands.

    Attributes:
        opening: Place of its opening mention.
        level: How far it has come; None if not even to its warning.
        may_ring: Its policy lets somebody be told now.
    """

    opening: tuple[int, tuple[int, str]]
    level: AlertLevel | None
    may_ring: bool


class Told(NamedTuple):
    """An alert that a target took.

    Attributes:
        alert_id: Our id.
        about: Place of the mention that it is about.
        gravity: Its level and number.
        is_noted: The run lived to know that it arrived.
    """

    alert_id: int
    about: tuple[int, tuple[int, str]]
    gravity: tuple[int, int]
    is_noted: bool


class Ear:
    """A target whose next deliveries have the fates that were chosen."""

    def __init__(self, machine: Alerts, name: str) -> None:
        self.machine = machine
        self.name = name
        self.fate = "takes"
        self.took: list[Told] = []

    def deliver(self, digest: Digest) -> None:
        """See that nothing in it is wrong, then take it or not."""
        told = self.machine.look_at(self, digest)
        if self.fate == "down":
            raise DeliveryFailed("It is down.")
        if self.fate == "dies":
            raise Killed
        is_noted = self.fate == "takes"
        self.took += [one._replace(is_noted=is_noted) for one in told]
        if self.fate == "took it":
            raise Killed
        if self.fate == "takes it and fails":
            raise DeliveryFailed("Nobody knows.")


class Alerts(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        put(folder, prepared())
        self.desk = Desk(folder, settings=SETTINGS)
        hurry(self.desk.store)
        self.coming: list[tuple[Post, Role]] = []
        self.ours: list[str] = []
        self.ears = [Ear(self, "desk"), Ear(self, "desk-2")]
        self.write("ana", "it is broken", 0, thread=False, later=False)
        self.write("bo", "where is it?", 0, thread=False, later=False)

    def teardown(self) -> None:
        """In the end every post arrives, every target works, and it is ten in the morning."""
        for _ in range(len(self.coming)):
            self.arrive(0)
        self.desk.now = OFFICE.next_open(self.desk.now + 24 * HOUR) + MINUTE
        self.run("takes", 0)
        self.desk.leave()
        self._folder.cleanup()

    # What is true.

    def places(self) -> dict[int, tuple[int, tuple[int, str]]]:
        """Where each message stands in the order of messages."""
        return {
            number: (posted_at, id_key(native_id))
            for number, posted_at, native_id in self.desk.store.engine.query(
                "SELECT id, posted_at, native_id FROM message"
            )
        }

    def open_waits(self) -> dict[int, Open]:
        """By conversation."""
        places, found = self.places(), {}
        for number, opening, warn_at, due_at, policy, settings_id in self.desk.store.engine.query(
            "SELECT conversation_id, opening_id, warn_at, due_at, policy, settings_id FROM wait "
            "WHERE state = 'open' AND needs_answer = 1"
        ):
            level = None
            if due_at is not None and due_at <= self.desk.now:
                level = AlertLevel.BREACH
            elif warn_at is not None and warn_at <= self.desk.now:
                level = AlertLevel.WARNING
            judged = self.desk.store.judging.judge(settings_id).settings
            rule = judged.named(policy, Kind.COMPLAINT)
            may = rule.alert_anytime or judged.calendar_of(rule).is_open(self.desk.now)
            found[number] = Open(places[opening], level, may)
        return found

    def look_at(self, ear: Ear, digest: Digest) -> list[Told]:
        """Whether a digest is right to be sent; what it tells."""
        waits, places = self.open_waits(), self.places()
        numbers = [line.conversation_id for line in digest.lines]
        assert numbers, "a message about nobody"
        assert len(set(numbers)) == len(numbers), "somebody stands there twice"
        told = []
        for line in digest.lines:
            wait = waits.get(line.conversation_id)
            assert wait is not None, "whoever was answered is told of"
            assert wait.level is not None, "it is too early"
            assert wait.may_ring, "they sleep"
            ((message_id,),) = self.desk.store.engine.query(
                "SELECT message_id FROM alert WHERE id = :id", {"id": line.alert_id}
            )
            gravity = (RANKS.index(line.level), line.number)
            one = Told(line.alert_id, places[message_id], gravity, is_noted=False)
            assert one.about >= wait.opening, "it is about an earlier wait"
            known = [t for t in self.heard(ear, line.conversation_id, wait) if t.is_noted]
            assert all(t.gravity < one.gravity for t in known), "it was told before"
            told.append(one)
        return told

    def heard(self, ear: Ear, conversation_id: int, wait: Open) -> list[Told]:
        """What a target took of a wait as it stands now."""
        about = {
            number
            for (number,) in self.desk.store.engine.query(
                "SELECT id FROM alert WHERE conversation_id = :c", {"c": conversation_id}
            )
        }
        return [t for t in ear.took if t.alert_id in about and t.about >= wait.opening]

    # What happens.

    def _come(self, post: Post, role: Role) -> None:
        with self.desk.store.tx():
            self.desk.store.messages.save_posts(
                1, "memory", [Incoming(post, role, self.desk.account.id)], self.desk.now
            )
        judge_pending(self.desk.store, 1, tagger_for)

    @rule(who=WHO, text=TEXTS, ago=AGO, thread=st.booleans(), later=st.booleans())
    def write(self, who: str, text: str, ago: int, thread: bool, later: bool) -> None:
        """A customer writes, or has written, in their thread or in another; it may come later."""
        root = f"{who}-{int(thread)}"
        post = self.desk.channel.write(
            self.desk.author(who), f"@acme {text}", at=max(START, self.desk.now - ago)
        )
        post = replace(post, thread_id=root)
        self.desk.channel.add(post)
        if later:
            self.coming.append((post, Role.MENTION))
        else:
            self._come(post, Role.MENTION)

    @rule(which=WHICH, ago=AGO, later=st.booleans())
    def answer(self, which: int, ago: int, later: bool) -> None:
        """Somebody answers in another app, perhaps long ago; we see it now, or later."""
        theirs = [p for p in self.desk.channel.posts.values() if p.author.handle != "acme"]
        if not theirs:
            return
        parent = theirs[which % len(theirs)]
        post = self.desk.channel.write(
            self.desk.author("acme"),
            f"@{parent.author.handle} sorry",
            at=max(parent.posted_at, self.desk.now - ago),
            in_reply_to=parent.native_id,
        )
        self.ours.append(post.native_id)
        if later:
            self.coming.append((post, Role.OWN))
        else:
            self._come(post, Role.OWN)

    @rule(which=WHICH)
    def arrive(self, which: int) -> None:
        """A post that was written before comes in, in any order."""
        if self.coming:
            self._come(*self.coming.pop(which % len(self.coming)))

    @rule(which=WHICH, mine=st.booleans())
    def delete(self, which: int, mine: bool) -> None:
        """We take back an answer, or a customer takes back what they wrote."""
        ids = [i for i in self.desk.channel.posts if (i in self.ours) is mine]
        if ids:
            gone = ids[which % len(ids)]
            with self.desk.store.tx():
                self.desk.store.messages.mark_deleted(1, "memory", [gone], self.desk.now)
            judge_pending(self.desk.store, 1, tagger_for)

    @rule(which=WHICH, what=st.sampled_from(["close", "reopen", "hold", "snooze", "wake"]))
    def act(self, which: int, what: str) -> None:
        """An agent closes, reopens, lets rest, or goes on."""
        store, now = self.desk.store, self.desk.now
        numbers = [n for (n,) in store.engine.query("SELECT id FROM conversation ORDER BY id")]
        if not numbers:
            return
        one = self.desk.conversation(numbers[which % len(numbers)])
        with suppress(Refused):
            if what == "close":
                close(store, one, CloseReason.SPAM, "bo", now, tagger_for)
            elif what == "reopen":
                reopen(store, one, "bo", now, tagger_for)
            elif what == "hold":
                hold(store, one, HoldState.ON_HOLD, "bo", now, tagger_for)
            elif what == "snooze":
                until = now + 2 * HOUR
                hold(store, one, HoldState.ON_HOLD, "bo", now, tagger_for, until=until)
            else:
                wake(store, one, "bo", now, tagger_for)

    @rule(span=st.sampled_from([20 * MINUTE, 50 * MINUTE, 2 * HOUR, 4 * HOUR]))
    def wait(self, span: int) -> None:
        """Time goes on."""
        self.desk.now += span

    @rule()
    def sleep(self) -> None:
        """Until half past nine the next morning."""
        self.desk.now = OFFICE.next_open(self.desk.now + 15 * HOUR) + 30 * MINUTE

    @rule(fate=FATES, which=st.integers(0, 1))
    def run(self, fate: str, which: int) -> None:
        """A cron delivers; a target that takes what it is given knows all that is true."""
        self.ears[which].fate, self.ears[1 - which].fate = fate, "takes"
        try:
            send_alerts(self.desk.store, 1, "acme", self.ears, OPTIONS, self.desk.now)
        except Killed:
            return
        for ear in self.ears:
            if ear.fate == "takes":
                self._knows_all(ear)

    def _knows_all(self, ear: Ear) -> None:
        for number, wait in self.open_waits().items():
            if wait.level is None or not wait.may_ring:
                continue
            grave = max((t.gravity for t in self.heard(ear, number, wait)), default=(-1, 0))
            assert grave[0] >= RANKS.index(wait.level), f"#{number} is not told to {ear.name}"

    @rule()
    def run_twice(self) -> None:
        """The second run has nothing to say."""
        self.run("takes", 0)
        before = [len(ear.took) for ear in self.ears]
        self.run("takes", 0)
        assert [len(ear.took) for ear in self.ears] == before

    @invariant()
    def repeats_end(self) -> None:
        """No alert has a number beyond the greatest that is wanted."""
        taken = [told for ear in self.ears for told in ear.took]
        assert all(told.gravity[1] <= OPTIONS.repeat_at_most for told in taken)

    @invariant()
    def what_was_noted_is_not_told_again(self) -> None:
        """The same alert is taken and noted once by each target."""
        for ear in self.ears:
            noted: defaultdict[int, int] = defaultdict(int)
            for told in ear.took:
                noted[told.alert_id] += told.is_noted
            assert all(times <= 1 for times in noted.values())


TestAlerts = Alerts.TestCase
TestAlerts.settings = settings(
    max_examples=deep(60),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
