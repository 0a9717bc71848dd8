"""The outbox against whatever may happen: nothing is public twice, and nothing is forgotten.

A machine drafts, schedules, sends, fails in every way, is killed at any step, looks at our
timeline, takes back, comes back from a backup, has a colleague in the way, and lets a person
decide. After a kill nothing of the dead run happens any more, as with `kill -9`.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from builders import START, Copy, Desk, put, tagger_for
from depth import deep
from engines import hurry
from triage.app import outbox, replying, timing, undoing
from triage.app.drafting import commit
from triage.app.fetching import FetchOptions, read_own
from triage.app.guards import answer_since, guards, mention_since
from triage.app.judging import judge_pending
from triage.app.replying import Sender
from triage.channels.memory import MemoryChannel
from triage.core.channel import Fate, Outgoing, PostOutcome
from triage.core.model import HOUR, MINUTE, SECOND, WaitState, id_key
from triage.core.outbox import TRANSITIONS, ReplyState
from triage.core.records import Reply
from triage.errors import NetworkDown, Refused, TriageError
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
def prepared() -> Copy:
    """A store that has fetched what they wrote, made once."""
    folder = Path(tempfile.mkdtemp())
    desk = write(Desk(folder))
    desk.fetch()
    copy = desk.copy()
    desk.leave()
    return copy


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

    def delete(self, native_id: str) -> bool:
        """Die before, after, or not at all."""
        self._life.step()
        is_gone = self._channel.delete(native_id)
        self._life.step()
        return is_gone


class MortalGeneration:
    """The real generation; the process may die around each of its writes."""

    def __init__(self, generation: Generation, life: Life) -> None:
        self._generation = generation
        self._life = life

    def is_known(self) -> bool:
        """As the real one."""
        return self._generation.is_known()

    def begin(self) -> bool:
        """As the real one: nothing is on its way yet."""
        return self._generation.begin()

    def advance(self, covers: int | None = None) -> str:
        """Die before, or not at all."""
        self._life.step()
        return self._generation.advance(covers)

    def confirm(self) -> None:
        """Die before, after, or not at all."""
        self._life.step()
        self._generation.confirm()
        self._life.step()


PENDING = (ReplyState.SCHEDULED, ReplyState.QUEUED)
"""What a run may send by itself."""


class Outbox(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        put(folder, prepared())
        self.desk = write(Desk(folder))
        self._hurry()
        self.ids = [item.id for item in self.desk.waiting()]
        self.typed = 0
        self.numbers: list[int] = []
        self.texts: dict[int, str] = {}
        self.resent: Counter[str] = Counter()
        self.mistaken: set[str] = set()
        self.forgotten: set[str] = set()
        self.unsure: set[str] = set()
        self.taken_back: set[str] = set()
        self.states: dict[int, ReplyState] = {}
        self.backup: tuple[Copy, list[int], dict[int, str]] | None = None

    def _hurry(self) -> None:
        hurry(self.desk.store)

    def teardown(self) -> None:
        """Let everything come to its end, then look whether anything is missing."""
        self.desk.channel._failures.clear()
        for _ in range(len(self.texts) + 2):
            self.desk.now += 10 * HOUR
            self.look()
            outbox.flush(self._sender(Life(None)), self.desk.now)
        self.look()
        for number, text in self.texts.items():
            reply = replying.get_reply(self.desk.store, number)
            assert reply.state not in (ReplyState.SENDING, *PENDING)
            assert reply.undo_at is None or reply.state is ReplyState.DELETED
            if reply.state is ReplyState.DELETED and not self.resent[text]:
                assert not self.desk.public(text)
        self.desk.leave()
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
            look_within=HOUR,
        )

    def _get(self, number: int) -> Reply:
        reply = self.desk.store.outbox.get(number)
        assert reply is not None, "a reply is gone"
        return reply

    def _state(self, number: int) -> ReplyState:
        return self._get(number).state

    def _scripted(self, fate: tuple[PostOutcome, bool]) -> None:
        self.desk.channel._fates.clear()
        outcome, accepted = fate
        self.desk.channel.fate_next(outcome, accepted=accepted)

    def _reply(self, which: int) -> int:
        """The which-th reply, told by its words: typed when it is first needed, or at its end."""
        while len(self.numbers) <= which:
            self.numbers.append(self._type(len(self.numbers)))
        if self._state(self.numbers[which]) in (ReplyState.CANCELLED, ReplyState.DELETED):
            self.numbers[which] = self._type(which)
        return self.numbers[which]

    def _type(self, which: int) -> int:
        self.typed += 1
        text = f"Sorry, we are at it, number {self.typed}."
        reply = self.desk.draft(self.ids[which % 2], text)
        self.texts[reply.id] = text
        return reply.id

    def _any(self, *states: ReplyState) -> bool:
        return any(self._state(number) in states for number in self.numbers)

    def _person_decides(self, number: int) -> None:
        """A person looks first, as the commands do; they may send all the same.

        Raises:
            Refused: A guard stops it.
        """
        desk, reply = self.desk, self._get(number)
        look = desk.sender.look(reply)
        message_id = desk.store.reading.message_id(desk.brand_id, reply.in_reply_to or "")
        target = desk.store.reading.messages([message_id or 0])[0]
        found = guards(desk.store, desk.channel, reply, target, desk.now, look=look)
        if any(g.stops for g in found):
            raise Refused("a guard stops it")
        if desk.public(reply.text) and reply.state is not ReplyState.SENT:
            # Told that somebody answered, they say the same once more.
            assert found
            self.resent[reply.text] += 1

    @rule(which=WHICH, fate=FATES, steps=STEPS)
    def send(self, which: int, fate: tuple[PostOutcome, bool], steps: int | None) -> None:
        """Somebody sends it, or tries to although it is on its way."""
        number = self._reply(which)
        with suppress(Refused, Killed):
            self._person_decides(number)
            self._scripted(fate)
            replying.send(self._sender(Life(steps)), number)

    @rule(which=WHICH)
    def all_goes_well(self, which: int) -> None:
        """Somebody sends it, and nothing is in the way."""
        self.send(which, (PostOutcome(Fate.SENT), True), None)

    @rule(which=WHICH)
    def it_is_lost(self, which: int) -> None:
        """Somebody sends it, and nobody knows what became of it."""
        self.send(which, (PostOutcome(Fate.UNKNOWN, detail="broken"), True), None)

    @rule(which=WHICH)
    def it_never_left(self, which: int) -> None:
        """Somebody sends it, and there is no network."""
        self.send(which, (PostOutcome(Fate.NOT_SENT, detail="no route"), False), None)

    @rule(which=WHICH)
    def its_time_comes(self, which: int) -> None:
        """It was put off, and a run of the cron finds its time come."""
        self.put_off(which, MINUTE)
        self.desk.now += MINUTE
        if self._any(*PENDING):
            self.flush((PostOutcome(Fate.SENT), True), None)

    @rule(which=WHICH, span=st.sampled_from([MINUTE, 10 * MINUTE, 7 * HOUR]))
    def put_off(self, which: int, span: int) -> None:
        """Somebody has it go out later, or at another time."""
        number = self._reply(which)
        with suppress(Refused):
            timing.schedule(self.desk.store, number, self.desk.now + span, timing.AT, self.desk.now)
            assert self._state(number) is ReplyState.SCHEDULED

    @precondition(lambda self: self._any(*PENDING))
    @rule(fate=FATES, steps=STEPS)
    def flush(self, fate: tuple[PostOutcome, bool], steps: int | None) -> None:
        """A cron sends what is queued, and nothing that something speaks against."""
        store, now = self.desk.store, self.desk.now
        pending = store.outbox.list_states(self.desk.brand_id, PENDING)
        early = {r.text for r in pending if (r.send_at or r.retry_at or 0) > now}
        spoken = {r.text for r in pending if self._speaks_against(r)}
        before = {text: len(self.desk.public(text)) for text in early | spoken}
        self._scripted(fate)
        with suppress(Refused, Killed):
            outbox.flush(self._sender(Life(steps)), now)
        for text, count in before.items():
            assert len(self.desk.public(text)) == count

    def _speaks_against(self, reply: Reply) -> bool:
        """Whether the channel has what its writer had not seen: known here, or not yet."""
        newest = [
            post
            for post in self.desk.channel.posts.values()
            if id_key(post.native_id) > id_key(reply.seen_id or "0")
            and post.in_reply_to == reply.in_reply_to
            and post.text != reply.text
        ]
        store = self.desk.store
        known = answer_since(store, reply) is not None or mention_since(store, reply) is not None
        return known or bool(newest)

    @rule(which=WHICH)
    def customer_writes(self, which: int) -> None:
        """The customer writes again, under the post that is to be answered."""
        reply = self._get(self._reply(which))
        name = self.desk.channel.posts[reply.in_reply_to or ""].author.handle
        self.desk.write(name, "@acme hello, still broken", in_reply_to=reply.in_reply_to)

    @rule(which=WHICH)
    def another_app(self, which: int) -> None:
        """A colleague answers in another app."""
        reply = self._get(self._reply(which))
        self.desk.write("acme", "@x we called you", in_reply_to=reply.in_reply_to)

    @precondition(lambda self: self._any(*PENDING))
    @rule(which=WHICH)
    def colleague(self, which: int) -> None:
        """A second agent's reply to the same customer goes out between the look and the lock."""
        reply = self._get(self._reply(which))
        if reply.state not in PENDING or reply.conversation_id is None:
            return
        theirs = self.desk.draft(reply.conversation_id, f"{reply.text} ^bo", agent="bo")
        count = len(self.desk.public(reply.text))
        sender = self._sender(Life(None))
        self.desk.channel._fates.clear()

        @contextmanager
        def slow_lock() -> Iterator[None]:
            if self._state(theirs.id) is ReplyState.DRAFT:
                replying.send(self._sender(Life(None)), theirs.id)
            with self.desk.lock():
                yield

        with suppress(Refused):
            outbox.flush(replace(sender, lock=slow_lock), self.desk.now)
        if self._state(theirs.id) is ReplyState.SENT:
            assert len(self.desk.public(reply.text)) == count
        else:
            outbox.drop(self.desk.store, self.desk.brand_id, theirs.id, "bo", self.desk.now)

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
        undoing.finish_wishes(sender)
        for number, text in self.texts.items():
            if self.desk.public(text) and text not in self.mistaken | self.forgotten:
                assert self._state(number) is ReplyState.SENT

    @precondition(lambda self: self._any(ReplyState.UNKNOWN))
    @rule(which=WHICH)
    def twin(self, which: int) -> None:
        """The same words to the same post are refused while one of them may be public."""
        reply = replying.get_reply(self.desk.store, self._reply(which))
        if reply.state is not ReplyState.UNKNOWN or reply.conversation_id is None:
            return
        attempts = len(self.desk.channel.attempts)
        desk, message_id = self.desk, self.desk.store.reading.message_id
        [target] = desk.store.reading.messages(
            [message_id(desk.brand_id, reply.in_reply_to or "") or 0]
        )
        talk = desk.conversation(reply.conversation_id)
        twin = replying.new_draft(
            desk.store, desk.account, talk, target, reply.text, "ana", desk.now
        )
        twin = commit(desk.store, desk.brand_id, twin, desk.now)
        with suppress(Refused):
            replying.send(self._sender(Life(None)), twin.id)
        assert len(self.desk.channel.attempts) == attempts
        outbox.drop(self.desk.store, self.desk.brand_id, twin.id, "ana", self.desk.now)

    @precondition(lambda self: self._any(ReplyState.UNKNOWN))
    @rule(which=WHICH, fate=FATES, steps=STEPS)
    def resend(self, which: int, fate: tuple[PostOutcome, bool], steps: int | None) -> None:
        """A person says that it is not public, perhaps wrongly, and sends it again."""
        number = self._reply(which)
        if self._state(number) is not ReplyState.UNKNOWN:
            return
        text = self.texts[number]
        self.resent[text] += 1
        if self.desk.public(text):
            self.mistaken.add(text)
        outbox.settle_by_hand(
            self.desk.store, self.desk.brand_id, number, "ana", self.desk.now, resend=True
        )
        self._scripted(fate)
        with suppress(Refused, Killed):
            replying.send(self._sender(Life(steps)), number)

    @precondition(lambda self: self._any(ReplyState.UNKNOWN))
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
            text = self.texts[number]
            if text in self.unsure:
                # A copy came back that does not know it yet: no reading finds it any more.
                self.forgotten.add(text)
            assert not self.desk.public(text) or text in self.mistaken | self.forgotten

    @precondition(lambda self: self._any(ReplyState.SENT))
    @rule(which=WHICH, steps=STEPS, broken=st.booleans())
    def undo(self, which: int, steps: int | None, broken: bool) -> None:
        """A person takes back what is public; the network or the process may end between."""
        number = self._reply(which)
        text = self.texts[number]
        if self._state(number) is ReplyState.SENT:
            self.taken_back.add(text)
        if broken:
            self.desk.channel.fail_next("delete", NetworkDown("no answer"))
        with suppress(TriageError, Killed):
            undoing.wish(self.desk.store, self.desk.brand_id, number, "ana", self.desk.now)
            undoing.take_back(self._sender(Life(steps)), number)
        self.desk.channel._failures.clear()
        if self._state(number) is ReplyState.SENT and text in self.taken_back:
            assert self._get(number).undo_at is not None, "the wish is forgotten"

    @rule()
    def back_up(self) -> None:
        """Somebody copies the database."""
        self.backup = (self.desk.copy(), list(self.numbers), dict(self.texts))

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self) -> None:
        """The copy comes back: what was typed since is not in it, what was said since is said."""
        if self.backup is None:
            return
        copy, numbers, texts = self.backup
        self.desk.restore(copy)
        self._hurry()
        self.numbers, self.texts = list(numbers), dict(texts)
        self.states.clear()
        for number, text in self.texts.items():
            state = self._state(number)
            if self.desk.public(text) and state in PENDING:
                self.unsure.add(text)
            if self.desk.public(text) and state not in (ReplyState.UNKNOWN, *PENDING):
                # It is a draft again, say: no reading makes it `sent`.
                self.forgotten.add(text)

    @rule(span=st.sampled_from([SECOND, MINUTE, 10 * MINUTE, 7 * HOUR]))
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
        for text in self.texts.values():
            assert len(self.desk.public(text)) <= 1 + self.resent[text]

    @invariant()
    def nothing_is_forgotten(self) -> None:
        """Every reply stands in some state, with its words."""
        for number, text in self.texts.items():
            assert replying.get_reply(self.desk.store, number).text == text

    @invariant()
    def what_is_sent_is_public(self) -> None:
        """`sent` is never said of what is not there, but for what is being taken back."""
        for number, text in self.texts.items():
            if self._state(number) is ReplyState.SENT and text not in self.taken_back:
                assert self.desk.public(text)

    @invariant()
    def only_what_a_channel_confirmed_ends_a_wait(self) -> None:
        """Whoever counts as answered has an answer with an id that the channel gave."""
        for number in self.ids:
            for wait in self.desk.store.reading.waits(number):
                if wait.state is WaitState.ANSWERED:
                    ours = self.desk.store.reading.thread(number)
                    answers = [m for m in ours if m.posted_at == wait.ended_at]
                    assert {m.native_id for m in answers} & self.desk.channel._taken

    @invariant()
    def states_follow_the_table(self) -> None:
        """Whatever happened, a reply came to where it is along the table."""
        for number in self.texts:
            state = self._state(number)
            before = self.states.get(number, ReplyState.DRAFT)
            assert state in reachable(before)
            self.states[number] = state


@cache
def reachable(state: ReplyState) -> frozenset[ReplyState]:
    """Where the table leads from a state, in any number of moves."""
    found, waiting = {state}, [state]
    while waiting:
        for after in TRANSITIONS[waiting.pop()] - found:
            found.add(after)
            waiting.append(after)
    return frozenset(found)


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(
    max_examples=deep(90),
    stateful_step_count=26,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
