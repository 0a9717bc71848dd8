"""Whatever is done and taken back: what stands is what would be, had that never been done.

A machine has two agents do everything that can be taken back, to three conversations of two
customers, and take back what they may. Then a second desk does the same at the same times, without
what was taken back, and both must hold the same.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from builders import Copy, Desk, put, tagger_for
from depth import deep
from engines import hurry
from triage.app import acting, assigning, claiming, noting, remembering, taking_back, theming
from triage.core.holds import HoldState
from triage.core.kinds import Kind
from triage.core.model import MINUTE, CloseReason
from triage.core.people import Outcome
from triage.core.policy import Policy, Settings, When
from triage.core.undoing import UNDO, UNDOINGS
from triage.errors import NotFound, Refused

AGENTS = st.sampled_from(["ana", "bo"])
WHERE = st.sampled_from([1, 2, 3])
Step = Callable[[Desk], None]

_WAITS = """
SELECT conversation_id, state, kind, priority, needs_answer, opening_id, last_id, mentions,
    opened_at, due_at, warn_at, ended_at, ended_by_message, agent, outside, is_met, policy, hold,
    hold_until
FROM wait ORDER BY conversation_id, opened_at, id
"""
_CLAIMS = """
SELECT conversation_id, agent, claimed_at, until_at, taken_from FROM claim
WHERE until_at > :now ORDER BY conversation_id
"""


VIP = Policy(
    10 * MINUTE,
    name="vip",
    when=When(attributes=(("vip", "yes"),)),
    pauses=frozenset({HoldState.ON_HOLD}),
)
SETTINGS = Settings(special=(VIP,))
"""Notes and rests change what is due, and so what is met."""


def begin(desk: Desk) -> Desk:
    """Zed writes in two threads, yan in one; the same each time."""
    desk.write("zed", "@acme it is broken", ago=50 * MINUTE)
    desk.write("zed", "@acme do you open on Sundays?", ago=40 * MINUTE)
    desk.write("yan", "@acme it never came", ago=30 * MINUTE)
    return desk


@cache
def prepared() -> Copy:
    """A store that has fetched what they wrote, made once."""
    folder = Path(tempfile.mkdtemp())
    desk = begin(Desk(folder, settings=SETTINGS))
    desk.fetch()
    copy = desk.copy()
    desk.leave()
    return copy


def customers(desk: Desk) -> list[int]:
    """Zed and yan."""
    return [desk.conversation(n).customer_id for n in (1, 3)]


def state(desk: Desk) -> dict[str, object]:
    """All that follows from acts."""
    store = desk.store
    return {
        "waits": store.engine.query(_WAITS),
        "claims": store.engine.query(_CLAIMS, {"now": desk.now}),
        "assigned": store.team.assignments(desk.brand_id),
        "noted": [store.people.attributes([desk.conversation(n).customer_id]) for n in (1, 3)],
        "kinds": [(m.id, m.kind, m.corrected) for n in (1, 2, 3) for m in store.reading.thread(n)],
        "themes": [store.themes.of(store.reading.thread(n)[0].id) for n in (1, 2, 3)],
        "notes": [(n.at, n.agent, n.text) for n in store.people.notes(customers(desk))],
        "promises": [(p.text, p.due_at, p.outcome) for p in store.people.promises(customers(desk))],
        "corrected": [(c.message_id, c.kind) for c in store.reading.corrections(desk.brand_id)],
    }


class TakingBack(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.desk = self._desk("first")
        self.steps: list[tuple[int, int | None, Step]] = []
        self.undone: set[int] = set()

    def _desk(self, name: str) -> Desk:
        folder = Path(self.folder.name) / name
        folder.mkdir()
        put(folder, prepared())
        desk = begin(Desk(folder, settings=SETTINGS))
        hurry(desk.store)
        return desk

    def _newest(self) -> int:
        rows = self.desk.store.engine.query(
            "SELECT coalesce(max(id), 0) FROM activity WHERE part_of IS NULL"
        )
        return int(rows[0][0])

    def _do(self, step: Step) -> None:
        """Do something, and remember it if it was an act."""
        before = self._newest()
        try:
            step(self.desk)
        except (Refused, NotFound):
            assert self._newest() == before
            return
        if self._newest() > before:
            self.steps.append((self.desk.now, self._newest(), step))

    @rule(minutes=st.integers(1, 9))
    def time_passes(self, minutes: int) -> None:
        """Claims and snoozes come to their end."""
        self.desk.now += minutes * MINUTE

    @rule(who=st.sampled_from(["zed", "yan", "acme"]))
    def somebody_writes(self, who: str) -> None:
        """A customer writes again in their first thread, or we answer zed in another app."""
        self.desk.now += MINUTE
        number = 3 if who == "yan" else 1
        first = self.desk.store.reading.thread(number)[0].native_id
        text = f"@acme still broken at {self.desk.now}" if who != "acme" else f"At {self.desk.now}."

        def step(desk: Desk) -> None:
            desk.write(who, text, in_reply_to=first)
            desk.fetch()

        step(self.desk)
        self.steps.append((self.desk.now, None, step))

    @rule(agent=AGENTS, number=WHERE, reason=st.sampled_from(["spam", "private"]))
    def close(self, agent: str, number: int, reason: str) -> None:
        """End a wait; a rest and a claim end with it."""

        def step(desk: Desk) -> None:
            talk = desk.conversation(number)
            acting.close(desk.store, talk, CloseReason(reason), agent, desk.now, tagger_for)

        self._do(step)

    @rule(agent=AGENTS, number=WHERE)
    def reopen(self, agent: str, number: int) -> None:
        """Take back a close the other way."""
        self._do(
            lambda desk: _none(
                acting.reopen(desk.store, desk.conversation(number), agent, desk.now, tagger_for)
            )
        )

    @rule(agent=AGENTS, number=WHERE, how=st.sampled_from(HoldState), minutes=st.integers(0, 9))
    def hold(self, agent: str, number: int, how: HoldState, minutes: int) -> None:
        """Let it rest, for a while or until the customer writes."""

        def step(desk: Desk) -> None:
            until = desk.now + minutes * MINUTE if minutes else None
            talk = desk.conversation(number)
            acting.hold(desk.store, talk, how, agent, desk.now, tagger_for, until=until)

        self._do(step)

    @rule(agent=AGENTS, number=WHERE)
    def wake(self, agent: str, number: int) -> None:
        """Go on with it."""
        self._do(
            lambda desk: _none(
                acting.wake(desk.store, desk.conversation(number), agent, desk.now, tagger_for)
            )
        )

    @rule(agent=AGENTS, number=WHERE, kind=st.sampled_from(Kind))
    def tag(self, agent: str, number: int, kind: Kind) -> None:
        """Say what the first mention is."""

        def step(desk: Desk) -> None:
            talk = desk.conversation(number)
            first = desk.store.reading.thread(number)[0].native_id
            acting.tag(desk.store, talk, kind, agent, desk.now, tagger_for, first)

        self._do(step)

    @rule(
        agent=AGENTS,
        number=WHERE,
        pairs=st.lists(
            st.tuples(st.sampled_from(["vip", "order"]), st.sampled_from(["yes", "no", None])),
            min_size=1,
            max_size=2,
        ),
    )
    def note(self, agent: str, number: int, pairs: list[tuple[str, str | None]]) -> None:
        """Note something of the customer, or two things at once."""
        said = self._news(number, pairs)

        def step(desk: Desk) -> None:
            talk = desk.conversation(number)
            noting.note_all(
                desk.store, noting.whom_of(desk.store, talk), said, agent, desk.now, tagger_for
            )

        self._do(step)

    def _news(
        self, number: int, pairs: list[tuple[str, str | None]]
    ) -> list[tuple[str, str | None]]:
        """What of it changes anything, or is refused: to say what is known already is no act."""
        desk = self.desk
        known = desk.store.people.attributes([desk.conversation(number).customer_id])
        found = []
        for key, value in pairs:
            if value is None or known.get(key) != value:
                found.append((key, value))
            if value is not None:
                known[key] = value
            else:
                known.pop(key, None)
        return found

    @rule(agent=AGENTS, number=WHERE, theme=st.sampled_from(["refund", "delivery", None]))
    def theme(self, agent: str, number: int, theme: str | None) -> None:
        """Say what the first mention is about."""

        def step(desk: Desk) -> None:
            first = desk.store.reading.thread(number)[0].native_id
            talk = desk.conversation(number)
            theming.say_theme(desk.store, talk, theme, agent, desk.now, first)

        self._do(step)

    @rule(agent=AGENTS, number=WHERE, back=st.booleans())
    def remark(self, agent: str, number: int, back: bool) -> None:
        """Write a note, or take the newest one back."""

        def step(desk: Desk) -> None:
            whom = noting.whom_of(desk.store, desk.conversation(number))
            if not back:
                remembering.remark(desk.store, whom, f"At {desk.now}", agent, desk.now)
                return
            numbers = [note.id for note in desk.store.people.notes(whom.members)] or [0]
            remembering.take_note_back(desk.store, desk.brand_id, numbers[-1], agent, desk.now)

        self._do(step)

    @rule(agent=AGENTS, number=WHERE, outcome=st.none() | st.sampled_from(Outcome))
    def promise(self, agent: str, number: int, outcome: Outcome | None) -> None:
        """Promise something, or say what became of what is due last."""

        def step(desk: Desk) -> None:
            whom = noting.whom_of(desk.store, desk.conversation(number))
            if outcome is None:
                due = desk.now + MINUTE
                remembering.promise(desk.store, whom, f"At {due}", due, agent, desk.now)
                return
            numbers = [p.id for p in desk.store.people.promises(whom.members)] or [0]
            remembering.settle(desk.store, desk.brand_id, numbers[-1], outcome, agent, desk.now)

        self._do(step)

    @rule(agent=AGENTS, number=WHERE, to=st.sampled_from(["ana", "bo", None]))
    def assign(self, agent: str, number: int, to: str | None) -> None:
        """Give it to somebody."""
        self._do(
            lambda desk: _none(
                assigning.assign(desk.store, desk.conversation(number), to, agent, desk.now)
            )
        )

    @rule(agent=AGENTS, number=WHERE, minutes=st.integers(1, 9), take=st.booleans())
    def claim(self, agent: str, number: int, minutes: int, take: bool) -> None:
        """Claim it, renew the claim, or take it over."""

        def step(desk: Desk) -> None:
            held = desk.store.claims.get(number, desk.now)
            claiming.claim(
                desk.store,
                desk.conversation(number),
                agent,
                desk.now,
                minutes * MINUTE,
                over=held if take else None,
            )

        self._do(step)

    @rule(agent=AGENTS, number=WHERE)
    def release(self, agent: str, number: int) -> None:
        """Let go of it."""
        self._do(
            lambda desk: claiming.release(desk.store, desk.conversation(number), agent, desk.now)
        )

    @rule(agent=AGENTS, number=st.none() | WHERE)
    def undo(self, agent: str, number: int | None) -> None:
        """Take back what one did last, of all or somewhere; refused, nothing has changed."""
        desk, before = self.desk, self._newest()
        try:
            found = taking_back.last_act(desk.store, desk.brand_id, agent, desk.now, number)
        except Refused:
            assert self._newest() == before
            return
        assert found.act.agent == agent
        assert found.act.what in UNDOINGS
        assert found.act.id not in self.undone
        taking_back.take_back(desk.store, desk.brand_id, found, agent, desk.now, tagger_for)
        self.undone.add(found.act.id)
        written = desk.store.activity.log(desk.brand_id, None, 1 + len(found.parts))
        assert [a.what for a in written] == [UNDO] * len(written)
        assert {a.voids_id for a in written} == {a.id for a in found.all}

    def teardown(self) -> None:
        """A second desk, on which that was never done, holds the same."""
        now = self.desk.now
        other = self._desk("second")
        for at, act, step in self.steps:
            if act not in self.undone:
                other.now = at
                step(other)
        other.now = now
        try:
            assert state(self.desk) == state(other)
            assigned = self.desk.store.team.assignments(self.desk.brand_id)
            with self.desk.store.tx():
                self.desk.store.team.rebuild(self.desk.brand_id)
            assert self.desk.store.team.assignments(self.desk.brand_id) == assigned
        finally:
            other.leave()
            self.desk.leave()
            self.folder.cleanup()


def _none(_given: object) -> None:
    """What a step gives is nothing to it."""


TestTakingBack = TakingBack.TestCase
TestTakingBack.settings = settings(
    max_examples=deep(60, 12), stateful_step_count=deep(40, 25), deadline=None
)
