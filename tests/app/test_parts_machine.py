"""A thread against whatever may happen: parts in order, each once, none before its turn.

The machine of `test_outbox_machine` for threads: they are sent, fail in every way, are killed at
any step, looked for, decided about by a person, and given up.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.test_outbox_machine import (
    FATES,
    STEPS,
    Killed,
    Life,
    MortalChannel,
    MortalGeneration,
    prepared,
    write,
)
from builders import Desk, put, tagger_for
from depth import deep
from engines import hurry
from triage.app import outbox
from triage.app.fetching import FetchOptions, read_own
from triage.app.judging import judge_pending
from triage.app.parts import is_waiting, parts_of, split_draft, to_send
from triage.app.replying import Sender, check_generation, send
from triage.app.thread_sending import send_thread
from triage.core.channel import PostOutcome
from triage.core.model import MINUTE
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.core.splitting import numbered
from triage.errors import Refused

_OPEN = (ReplyState.SENDING, ReplyState.UNKNOWN)
Fated = list[tuple[PostOutcome, bool]]


class Threads(RuleBasedStateMachine):
    """See the module: two threads of three, each to a customer of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        put(folder, prepared())
        self.desk = write(Desk(folder))
        hurry(self.desk.store)
        self.heads = [self._thread(item.id) for item in self.desk.waiting()]

    def _thread(self, number: int) -> Reply:
        desk = self.desk
        texts = numbered([f"{number}: {words}" for words in ("we look", "we found", "we send")])
        return split_draft(
            desk.store, desk.brand_id, desk.draft(number, " ".join(texts)), texts, desk.now
        )

    def _parts(self, which: int) -> list[Reply]:
        return parts_of(self.desk.store, self.heads[which])

    def _sender(self, life: Life) -> Sender:
        def now() -> int:
            life.step()
            return self.desk.now

        return replace(
            self.desk.sender,
            channel=MortalChannel(self.desk.channel, life),  # type: ignore[arg-type]
            generation=MortalGeneration(self.desk.generation, life),
            now=now,
        )

    def _scripted(self, fates: Fated) -> None:
        self.desk.channel._fates.clear()
        for outcome, accepted in fates:
            self.desk.channel.fate_next(outcome, accepted=accepted)

    def teardown(self) -> None:
        """Let everything come to its end: nothing waits for what is public, or for nothing."""
        self._scripted([])
        for _ in range(4):
            self.desk.now += 10 * MINUTE
            self.look()
            outbox.flush(self._sender(Life(None)), self.desk.now)
        self.look()
        for which in range(len(self.heads)):
            for before, part in pairwise(self._parts(which)):
                assert part.state not in (ReplyState.SENDING, ReplyState.QUEUED)
                assert not (is_waiting(part) and before.state is ReplyState.SENT)
        self.desk.leave()
        self._folder.cleanup()

    @rule(which=st.integers(0, 1), fates=st.lists(FATES, max_size=3), steps=STEPS)
    def send(self, which: int, fates: Fated, steps: int | None) -> None:
        """Somebody sends what is to be sent of it."""
        self._scripted(fates)
        with suppress(Refused, Killed):
            send_thread(self._sender(Life(steps)), to_send(self._parts(which)).id)

    @rule(which=st.integers(0, 1), part=st.integers(1, 2))
    def out_of_turn(self, which: int, part: int) -> None:
        """Somebody asks for a later part: it goes out only if its turn has come."""
        before = self._parts(which)[part - 1].state
        attempts = len(self.desk.channel.attempts)
        self._scripted([])
        with suppress(Refused):
            send(self._sender(Life(None)), self._parts(which)[part].id)
        if before is not ReplyState.SENT:
            assert len(self.desk.channel.attempts) == attempts

    @rule(fates=st.lists(FATES, max_size=4), steps=STEPS)
    def flush(self, fates: Fated, steps: int | None) -> None:
        """A cron sends what is queued."""
        self._scripted(fates)
        with suppress(Refused, Killed):
            outbox.flush(self._sender(Life(steps)), self.desk.now)

    @rule()
    def look(self) -> None:
        """A fetch reads our timeline; what is public is sent from then on."""
        desk, sender = self.desk, self._sender(Life(None))
        check_generation(desk.store, sender.generation, desk.brand_id, desk.now)
        outbox.recover_orphans(sender)
        read_own(desk.store, desk.channel, desk.account, FetchOptions(), desk.clock)
        judge_pending(desk.store, desk.brand_id, tagger_for)
        outbox.settle_by_timeline(desk.store, desk.account, desk.now, tagger_for)
        outbox.release_held(desk.store, desk.account, desk.now, sender)
        for which in range(len(self.heads)):
            for part in self._parts(which):
                if desk.public(part.text):
                    assert part.state is ReplyState.SENT

    @rule(which=st.integers(0, 1), resend=st.booleans())
    def decide(self, which: int, resend: bool) -> None:
        """A person looks, and says of a part of unknown fate that it is not public."""
        desk, part = self.desk, to_send(self._parts(which))
        if part.state is ReplyState.UNKNOWN and not desk.public(part.text):
            outbox.settle_by_hand(
                desk.store, desk.brand_id, part.id, "ana", desk.now, resend=resend
            )

    @rule(which=st.integers(0, 1), part=st.integers(0, 2))
    def drop(self, which: int, part: int) -> None:
        """A person gives up what has not left."""
        desk = self.desk
        with suppress(Refused):
            outbox.drop(desk.store, desk.brand_id, self._parts(which)[part].id, "ana", desk.now)

    @rule()
    def wait(self) -> None:
        """Time goes on."""
        self.desk.now += MINUTE

    @invariant()
    def each_part_is_public_once_under_the_one_before(self) -> None:
        """Whoever reads the thread reads it from its begin, in order, without a hole."""
        for which, head in enumerate(self.heads):
            parent = head.in_reply_to
            for part in self._parts(which):
                found = self.desk.public(part.text)
                assert [p.in_reply_to for p in found] in ([], [parent])
                parent = found[0].native_id if found else "nothing"

    @invariant()
    def no_part_is_on_its_way_before_its_turn(self) -> None:
        """Behind a part that is not confirmed nothing is sent, and none is forgotten."""
        for which in range(len(self.heads)):
            parts = self._parts(which)
            assert len(parts) == 3
            for before, part in pairwise(parts):
                if before.state is not ReplyState.SENT:
                    assert part.state not in (*_OPEN, ReplyState.QUEUED, ReplyState.SENT)


TestThreads = Threads.TestCase
TestThreads.settings = settings(
    max_examples=deep(60),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
