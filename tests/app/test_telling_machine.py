"""Whatever is done in whatever order: each person told once of an action, and nothing unread."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from builders import Desk, tagger_for
from depth import deep
from engines import hurry
from triage.app import outbox, replying
from triage.app.actions import Actor, add_action, finish_action
from triage.app.drafting import OFFERED, commit
from triage.app.telling import approve, draft, people, skip, to_review
from triage.app.telling_out import Pace, send_approved
from triage.app.theming import say_theme
from triage.core.actions import Action, Told
from triage.core.channel import Fate, PostOutcome
from triage.core.model import DAY, HOUR, MINUTE
from triage.core.outbox import ReplyState
from triage.core.telling import WITHIN, Us
from triage.errors import Refused

WHO = ("ana", "bo", "eve")
PER_HOUR = 2
FATES = (
    (Fate.SENT, False),
    (PostOutcome(Fate.NOT_SENT, detail="no connection"), False),
    (PostOutcome(Fate.REFUSED, detail="not permitted"), False),
    (PostOutcome(Fate.UNKNOWN, detail="it broke"), False),
    (PostOutcome(Fate.UNKNOWN, detail="it broke"), True),
)
"""What the channel says, and whether it is public all the same."""
people_of = st.integers(0, len(WHO) - 1)


class Telling(RuleBasedStateMachine):
    """Three people who raised a theme, one action, and agents who draft, read, edit and send."""

    @initialize()
    def begin(self) -> None:
        """What they asked for is done."""
        self.folder = tempfile.TemporaryDirectory()
        self.desk = Desk(Path(self.folder.name))
        hurry(self.desk.store)
        for who in WHO:
            self.desk.write(who, "@acme my refund never came")
            self.desk.now += MINUTE
        self.desk.fetch()
        for number in range(1, len(WHO) + 1):
            talk = self.desk.conversation(number)
            say_theme(self.desk.store, talk, "refund", "ana", self.desk.now)
        now = self.desk.now
        made = Action(0, "a", "Refunds", "refund", now - DAY, "", None, None, None, now, "ana")
        saved = add_action(self.desk.store, self.actor, made)
        self.action = finish_action(self.desk.store, self.actor, saved, now)
        self.passed: set[str] = set()
        self.texts = 0

    @property
    def actor(self) -> Actor:
        """Who acts now."""
        return Actor(self.desk.brand_id, "ana", self.desk.now)

    def told(self) -> list[Told]:
        """Whom it tells."""
        return self.desk.store.actions.told(self.action.id)

    def new_text(self) -> str:
        """Words that nobody has written before."""
        self.texts += 1
        return f"We did it, {self.texts}."

    @rule()
    def draft_all(self) -> None:
        """A message for everybody who is left."""
        us = {self.desk.account.id: Us("acme", needs_summons=True)}
        desk = self.desk
        for reach in people(desk.store, desk.brand_id, self.action, us, desk.now, WITHIN):
            draft(desk.store, self.actor, self.action, desk.account, reach, self.new_text())

    @rule(who=people_of)
    def read(self, who: int) -> None:
        """Somebody lets one pass."""
        for told in to_review(self.desk.store, self.action)[who : who + 1]:
            approve(self.desk.store, self.actor, told)
            self.passed.add(told.text)

    @rule(who=people_of)
    def change(self, who: int) -> None:
        """Somebody writes another text."""
        for told in [t for t in self.told() if t.state in OFFERED][who : who + 1]:
            reply = replying.get_reply(self.desk.store, told.reply_id)
            changed = replace(reply, text=self.new_text())
            commit(self.desk.store, self.desk.brand_id, changed, self.desk.now)

    @rule(who=people_of)
    def skip_one(self, who: int) -> None:
        """Somebody is not to be told after all."""
        for told in [t for t in self.told() if t.state in OFFERED][who : who + 1]:
            skip(self.desk.store, self.actor, told)

    @rule(fates=st.lists(st.sampled_from(FATES), max_size=2))
    def send(self, fates: list[tuple[PostOutcome | Fate, bool]]) -> None:
        """What was let pass goes out, and the channel does as it likes."""
        for outcome, accepted in fates:
            self.desk.channel.fate_next(outcome, accepted=accepted)
        pace = Pace(per_run=3, per_hour=PER_HOUR, pause=0)
        store, before = self.desk.store, len(self.desk.channel.attempts)
        send_approved(
            store, self.actor, self.action, lambda _: self.desk.sender, pace, lambda _: None
        )
        since = self.desk.now - HOUR
        assert len(self.desk.channel.attempts) - before <= PER_HOUR
        assert store.actions.attempts(self.desk.brand_id, since) <= PER_HOUR

    @rule(who=people_of)
    def send_as_a_draft(self, who: int) -> None:
        """Somebody tries the other way."""
        for told in self.told()[who : who + 1]:
            try:
                replying.send(self.desk.sender, told.reply_id)
            except Refused:
                continue

    @rule()
    def fetch(self) -> None:
        """A cron's fetch: our timeline is read, open fates are settled, what is queued goes."""
        self.desk.fetch()
        outbox.settle_by_timeline(self.desk.store, self.desk.account, self.desk.now, tagger_for)
        outbox.flush(self.desk.sender, self.desk.now)

    @rule(hours=st.integers(0, 2))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self.desk.now += hours * HOUR + MINUTE

    @invariant()
    def each_once(self) -> None:
        """A person has one row, and at most one message in public."""
        told = self.told()
        assert len({t.person_id for t in told}) == len(told)
        ours = [p for p in self.desk.channel.posts.values() if p.author.handle == "acme"]
        answered = [p.in_reply_to for p in ours]
        assert len(set(answered)) == len(answered), "somebody was told twice"

    @invariant()
    def nothing_unread(self) -> None:
        """Every word that was ever given to the channel was let pass by somebody."""
        assert {a.text for a in self.desk.channel.attempts} <= self.passed

    @invariant()
    def nobody_lost(self) -> None:
        """Every message that anybody drafted is a row of the outbox."""
        rows = self.desk.store.outbox.list_states(self.desk.brand_id, list(ReplyState))
        assert {t.reply_id for t in self.told()} <= {r.id for r in rows}

    def teardown(self) -> None:
        """Give the desk back."""
        if hasattr(self, "desk"):
            self.desk.leave()
            self.folder.cleanup()


TestTelling = Telling.TestCase
TestTelling.settings = settings(
    max_examples=deep(60, 8), stateful_step_count=deep(25, 12), deadline=None
)
