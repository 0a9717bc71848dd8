"""The outbox against whatever may happen: nothing is public twice, and nothing is forgotten.

A machine drafts, sends, fails in every way, is killed at any step, looks at our timeline, and lets
a person decide. After a kill nothing of the dead run happens any more, as with `kill -9`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from builders import START, Desk, tagger_for
from triage.app import outbox, replying
from triage.app.fetching import FetchOptions, read_own
from triage.app.judging import judge_pending
from triage.app.replying import Sender
from triage.channels.memory import MemoryChannel
from triage.core.channel import Fate, Outgoing, PostOutcome
from triage.core.model import MINUTE, SECOND
from triage.core.outbox import ReplyState
from triage.errors import Refused
from triage.store.generation import Generation

FATES = st.sampled_from(
    [
        (PostOutcome(Fate.SENT), True),
        (PostOutcome(Fate.NOT_SENT, detail="no route"), False),
        (PostOutcome(Fate.NOT_SENT, detail="wait", retry_at=START + 5 * MINUTE), False),
        (PostOutcome(Fate.REFUSED, detail="not permitted"), False),
        (PostOutcome(Fate.REFUSED, detail="duplicate content"), False),
        (PostOutcome(Fate.UNKNOWN, detail="broken"), True),
        (PostOutcome(Fate.UNKNOWN, detail="broken"), False),
    ]
)
WHICH = st.integers(min_value=0, max_value=2)
"""A few replies, so that much happens to each."""

STEPS = st.none() | st.integers(min_value=0, max_value=14)
"""After how many steps the process is killed; None lets it live."""


def write(desk: Desk) -> Desk:
    """Two customers wait; the same each time."""
    desk.write("ana", "@acme it is broken")
    desk.write("bo", "@acme where is it?")
    return desk


@cache
def prepared() -> Path:
    """A store that has fetched what they wrote, made once."""
    folder = Path(tempfile.mkdtemp())
    desk = write(Desk(folder))
    desk.fetch()
    desk.store.backup(folder / "prepared.db")
    desk.close()
    return folder / "prepared.db"


class Killed(BaseException):
    """`kill -9`: from now on every step of the run fails."""


class Life:
    """One process: it counts its steps and dies at the one that was chosen."""

    def __init__(self, steps: int | None) -> None:
        self.left = steps
        self.is_dead = False

    def step(self) -> None:
        """Go on, or die."""
        if self.left is not None:
            self.left -= 1
            self.is_dead |= self.left < 0
        if self.is_dead:
            raise Killed


class MortalChannel:
    """The channel in memory; the process may die before, and after, a reply was accepted."""

    def __init__(self, channel: MemoryChannel, life: Life) -> None:
        self._channel = channel
        self._life = life

    def __getattr__(self, name: str) -> object:
        return getattr(self._channel, name)

    def post(self, outgoing: Outgoing) -> PostOutcome:
        """Die before, after, or not at all."""
        self._life.step()
        outcome = self._channel.post(outgoing)
        self._life.step()
        return outcome


class MortalGeneration:
    """The real generation; the process may die around each of its writes."""

    def __init__(self, generation: Generation, life: Life) -> None:
        self._generation = generation
        self._life = life

    def is_known(self) -> bool:
        """As the real one."""
        return self._generation.is_known()

    def advance(self) -> str:
        """Die before, or not at all."""
        self._life.step()
        return self._generation.advance()

    def confirm(self) -> None:
        """Die before, after, or not at all."""
        self._life.step()
        self._generation.confirm()
        self._life.step()


class Outbox(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        shutil.copy(prepared(), folder / "triage.db")
        self.desk = write(Desk(folder))
        self.desk.store.engine.execute("PRAGMA synchronous = OFF")
        self.ids = [item.id for item in self.desk.waiting()]
        self.numbers: list[int] = []
        self.texts: dict[int, str] = {}
        self.resent: Counter[int] = Counter()
        self.mistaken: set[int] = set()

    def teardown(self) -> None:
        """Let everything come to its end, then look whether anything is missing."""
        for _ in range(len(self.texts) + 1):
            self.desk.now += 10 * MINUTE
            self.look()
            outbox.flush(self._sender(Life(None)), self.desk.now)
        self.look()
        for number, text in self.texts.items():
            state = self._state(number)
            assert state not in (ReplyState.SENDING, ReplyState.QUEUED)
            if self.desk.public(text) and number not in self.mistaken:
                assert state is ReplyState.SENT
        self.desk.close()
        self._folder.cleanup()

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

    def _state(self, number: int) -> ReplyState:
        reply = self.desk.store.outbox.get(number)
        assert reply is not None, "a reply is gone"
        return reply.state

    def _scripted(self, fate: tuple[PostOutcome, bool]) -> None:
        self.desk.channel._fates.clear()
        outcome, accepted = fate
        self.desk.channel.fate_next(outcome, accepted=accepted)

    def _reply(self, which: int) -> int:
        """The which-th reply; each is typed when it is first needed, and told by its words."""
        while len(self.numbers) <= which:
            text = f"Sorry, we are at it, number {len(self.numbers)}."
            reply = self.desk.draft(self.ids[len(self.numbers) % 2], text)
            self.numbers.append(reply.id)
            self.texts[reply.id] = text
        return self.numbers[which]

    @rule(which=WHICH, fate=FATES, steps=STEPS)
    def send(self, which: int, fate: tuple[PostOutcome, bool], steps: int | None) -> None:
        """Somebody sends it, or tries to although it is on its way."""
        self._scripted(fate)
        with suppress(Refused, Killed):
            replying.send(self._sender(Life(steps)), self._reply(which))

    @rule(fate=FATES, steps=STEPS)
    def flush(self, fate: tuple[PostOutcome, bool], steps: int | None) -> None:
        """A cron sends what is queued."""
        self._scripted(fate)
        with suppress(Refused, Killed):
            outbox.flush(self._sender(Life(steps)), self.desk.now)

    @rule()
    def look(self) -> None:
        """A fetch reads our timeline; what is public is sent from then on."""
        desk, sender = self.desk, self._sender(Life(None))
        replying.check_generation(desk.store, sender.generation, desk.brand_id, desk.now)
        outbox.recover_orphans(sender)
        read_own(desk.store, desk.channel, desk.account, FetchOptions(), desk.clock)
        judge_pending(desk.store, desk.brand_id, tagger_for)
        outbox.settle_by_timeline(desk.store, desk.account, desk.now, tagger_for)
        outbox.release_held(desk.store, desk.account, desk.now, sender)
        for number, text in self.texts.items():
            if desk.public(text) and number not in self.mistaken:
                assert self._state(number) is ReplyState.SENT

    @rule(which=WHICH)
    def twin(self, which: int) -> None:
        """The same words to the same post are refused while one of them may be public."""
        reply = replying.get_reply(self.desk.store, self._reply(which))
        if reply.state is not ReplyState.UNKNOWN or reply.conversation_id is None:
            return
        attempts = len(self.desk.channel.attempts)
        twin = self.desk.draft(reply.conversation_id, reply.text)
        with suppress(Refused):
            replying.send(self._sender(Life(None)), twin.id)
        assert len(self.desk.channel.attempts) == attempts
        outbox.drop(self.desk.store, self.desk.brand_id, twin.id, "ana", self.desk.now)

    @rule(which=WHICH, fate=FATES, steps=STEPS)
    def resend(self, which: int, fate: tuple[PostOutcome, bool], steps: int | None) -> None:
        """A person says that it is not public, perhaps wrongly, and sends it again."""
        number = self._reply(which)
        if self._state(number) is not ReplyState.UNKNOWN:
            return
        self.resent[number] += 1
        if self.desk.public(self.texts[number]):
            self.mistaken.add(number)
        outbox.settle_by_hand(
            self.desk.store, self.desk.brand_id, number, "ana", self.desk.now, resend=True
        )
        self.send(which, fate, steps)

    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        """A person looks, finds that it is not public, and lets it be."""
        number = self._reply(which)
        if self._state(number) is ReplyState.UNKNOWN and not self.desk.public(self.texts[number]):
            outbox.settle_by_hand(
                self.desk.store, self.desk.brand_id, number, "ana", self.desk.now, resend=False
            )

    @rule(which=WHICH)
    def drop(self, which: int) -> None:
        """A person gives up what has not left; nothing that may be public can be dropped."""
        number = self._reply(which)
        with suppress(Refused):
            outbox.drop(self.desk.store, self.desk.brand_id, number, "ana", self.desk.now)
            assert not self.desk.public(self.texts[number]) or number in self.mistaken

    @rule(span=st.sampled_from([SECOND, MINUTE, 10 * MINUTE]))
    def wait(self, span: int) -> None:
        """Time goes on."""
        self.desk.now += span

    @rule(which=WHICH)
    def pause(self, which: int) -> None:
        """While a person has stopped all sending, nothing goes out."""
        store, sender = self.desk.store, self._sender(Life(None))
        attempts = len(self.desk.channel.attempts)
        outbox.pause(store, self.desk.brand_id, "ana", self.desk.now, "now")
        with suppress(Refused):
            replying.send(sender, self._reply(which))
        outbox.flush(sender, self.desk.now)
        assert len(self.desk.channel.attempts) == attempts
        outbox.resume(store, self.desk.brand_id, "ana", self.desk.now)

    @invariant()
    def nothing_is_said_twice(self) -> None:
        """Once, and once more only for each time that a person said so."""
        for number, text in self.texts.items():
            assert len(self.desk.public(text)) <= 1 + self.resent[number]

    @invariant()
    def nothing_is_forgotten(self) -> None:
        """Every reply stands in some state, with its words."""
        for number, text in self.texts.items():
            assert replying.get_reply(self.desk.store, number).text == text

    @invariant()
    def what_is_sent_is_public(self) -> None:
        """`sent` is never said of what is not there."""
        for number, text in self.texts.items():
            if self._state(number) is ReplyState.SENT:
                assert self.desk.public(text)


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(
    max_examples=100,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
