"""Whatever agents do in whatever order: one holder at a time, one answer, no word lost."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from builders import Desk
from depth import deep
from triage.app import claiming, replying
from triage.app.claiming import Press, Standing
from triage.core.claims import LEASE, Claim
from triage.core.model import MINUTE
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import Refused

AGENTS = ("ana", "bo", "eve")
agents = st.sampled_from(AGENTS)


class Claiming(RuleBasedStateMachine):
    """Three agents at one conversation, each with a draft and what they were told last."""

    @initialize()
    def begin(self) -> None:
        """One customer waits; nobody is at it."""
        self.folder = tempfile.TemporaryDirectory()
        self.desk = Desk(Path(self.folder.name))
        self.desk.write("zed", "@acme it is broken")
        self.desk.fetch()
        self.talk = self.desk.conversation(1)
        self.holder: tuple[str, int] | None = None
        self.told: dict[str, tuple[Reply, Standing]] = {}
        self.typed: dict[int, str] = {}

    def live(self) -> str | None:
        """Who holds it, as the model has it."""
        if self.holder is None or self.holder[1] <= self.desk.now:
            return None
        return self.holder[0]

    @rule(minutes=st.integers(0, 20))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.desk.now += minutes * MINUTE

    @rule(agent=agents, take=st.booleans())
    def claim(self, agent: str, take: bool) -> None:
        """Somebody wants it, and takes it over or does not."""
        now = self.desk.now
        seen = self.desk.store.claims.get(1, now)
        got = claiming.claim(
            self.desk.store, self.talk, agent, now, LEASE, over=seen if take else None
        )
        if self.live() in (None, agent) or take:
            self.holder = (agent, now + LEASE)
        assert got.agent == self.live()

    @rule(agent=agents)
    def release(self, agent: str) -> None:
        """Only its holder lets it go."""
        may = self.live() == agent
        try:
            claiming.release(self.desk.store, self.talk, agent, self.desk.now)
        except Refused:
            assert not may
        else:
            assert may
            self.holder = None

    @rule(agent=agents)
    def write(self, agent: str) -> None:
        """Type a draft, and be told how things stand."""
        draft = self.desk.draft(1, f"Answer {len(self.typed)} of {agent}", agent=agent)
        self.typed[draft.id] = draft.text
        found = claiming.standing(self.desk.store, draft, agent, self.desk.now)
        self.told[agent] = (draft, found)

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        """Press send on what was told then: it goes, or is held for what came since."""
        agent = data.draw(st.sampled_from(sorted(self.told)))
        draft, told = self.told.pop(agent)
        now = claiming.standing(self.desk.store, draft, agent, self.desk.now)
        news = {r.id for r in now.begun} - {r.id for r in told.begun}
        is_new = now.claim is not None and not now.claim.is_of(told.claim)
        after = replying.send(self.desk.sender, draft.id, Press(agent, told))
        assert (after.state is ReplyState.HELD) == bool(news or is_new)
        if after.state is ReplyState.SENT:
            assert len(self.desk.public(draft.text)) == 1
            if self.live() in (None, agent) or now.claim is not None:
                self.holder = None
        else:
            assert after.detail
            assert self.desk.public(draft.text) == []

    @invariant()
    def one_holder(self) -> None:
        """The store has the holder that the model has."""
        found: Claim | None = self.desk.store.claims.get(1, self.desk.now)
        assert (found.agent if found else None) == self.live()

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every draft that was typed is a row with its words."""
        rows = self.desk.store.outbox.list_states(self.desk.brand_id, list(ReplyState))
        assert {r.id: r.text for r in rows} == self.typed

    def teardown(self) -> None:
        """Give the file back."""
        if hasattr(self, "desk"):
            self.desk.leave()
            self.folder.cleanup()


TestClaiming = Claiming.TestCase
TestClaiming.settings = settings(max_examples=deep(40), stateful_step_count=25, deadline=None)
