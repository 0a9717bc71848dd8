"""Desks with a past, made by chance from a seed: all that can happen to a wait happens in them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from builders import Desk, tagger_for
from triage.app import acting, replying
from triage.core.calendar import Day, WeeklyCalendar
from triage.core.holds import HoldState
from triage.core.model import DAY, HOUR, MINUTE, CloseReason, Kind
from triage.core.policy import DEFAULT_POLICIES, Settings
from triage.core.progress import Gap, Run
from triage.core.records import ConversationView
from triage.errors import TriageError

OFFICE = (((9 * 60, 14 * 60), (15 * 60, 18 * 60)),) * 5 + (((10 * 60, 14 * 60),), ())
_HANDLES = ("ana", "bo", "carlos", "dee", "eve", "finn")
_TEXTS = ("it is broken", "never again", "when do you open?", "thanks a lot", "well well")
_PAUSES = frozenset({HoldState.ON_HOLD, HoldState.WAITING_ON_CUSTOMER})
_STEPS = 70


def settings_of(zone: str, closed: str, *, later: bool = False) -> Settings:
    """Office hours for complaints and questions; the clock stands on hold.

    Args:
        zone: IANA name.
        closed: A date on which the office is closed.
        later: Settings of later, with other hours.
    """
    week = (*OFFICE[:5], (), ()) if later else OFFICE
    office = WeeklyCalendar("office", zone, week, {closed: Day("closed")})
    policies = {
        kind: replace(policy, calendar="office" if kind in _IN_OFFICE else "always", pauses=_PAUSES)
        for kind, policy in DEFAULT_POLICIES.items()
    }
    return Settings(policies=policies, time_zone=zone, calendars={"office": office})


_IN_OFFICE = frozenset({Kind.COMPLAINT, Kind.QUESTION})


class History:
    """A desk at which much has happened.

    Args:
        folder: Where its files go.
        zone: IANA name.
        begin: About when it begins, UTC ms.
        seed: What chance follows from.

    Attributes:
        desk: The desk, its clock at the end of it all.
        begin: When it began.
        changed_at: When other settings were put in force.
    """

    def __init__(self, folder: Path, zone: str, begin: int, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a test repeats what happened
        self.zone = zone
        self.begin = begin
        closed = "2026-03-30"
        self.first, self.second = settings_of(zone, closed), settings_of(zone, closed, later=True)
        self.desk = Desk(folder, settings=self.first)
        self.desk.now = begin
        with self.desk.store.tx():
            self.desk.store.engine.execute("UPDATE account SET clocks_from_at = 0")
        self._written: list[str] = []
        for step in range(_STEPS):
            self.desk.now += self.chance.choice((MINUTE, 7 * MINUTE + 1, HOUR, 5 * HOUR + 17))
            self._happen()
            if step % 4 == 3:
                self.desk.fetch()
            if step == _STEPS // 2:
                self._change_settings()
        self.desk.fetch()
        self._decorate()

    def _change_settings(self) -> None:
        self.desk.fetch()
        with self.desk.store.tx():
            self.desk.store.settings.apply(self.second, "later", "test", self.desk.now)

    def _happen(self) -> None:
        acts = (self._write, self._write, self._write, self._answer, self._reply, *[self._act] * 2)
        try:
            self.chance.choice(acts)()
        except TriageError:
            return  # nobody waits there, or it was closed already: then nothing happens

    def _write(self) -> None:
        parent = self.chance.choice((None, *self._written[-6:]))
        if parent not in self.desk.channel.posts:
            parent = None
        handle = self.chance.choice(_HANDLES)
        if parent is not None and self.chance.random() < 0.8:
            author = self.desk.channel.posts[parent].author.handle
            handle = handle if author == "acme" else author
        text = f"@acme {self.chance.choice(_TEXTS)}"
        ago = self.chance.choice((0, 0, 3 * MINUTE, 2 * HOUR))
        post = self.desk.write(handle, text, ago=ago, in_reply_to=parent)
        self._written.append(post.native_id)

    def _answer(self) -> None:
        """In another app, to one of the last posts."""
        parent = self.chance.choice(self._written[-8:] or [""])
        if parent in self.desk.channel.posts:
            self.desk.write("acme", "we look into it", in_reply_to=parent)

    def _reply(self) -> None:
        self.desk.fetch()
        agent = self.chance.choice(("ana", "kim"))
        draft = self.desk.draft(self._waiting(), "On it.", agent=agent)
        replying.send(self.desk.sender, draft.id)

    def _waiting(self) -> int:
        lines = [item.id for item in self.desk.waiting()]
        return self.chance.choice(lines or [1])

    def _act(self) -> None:
        self.desk.fetch()
        store, now, talk = self.desk.store, self.desk.now, self.desk.conversation(self._waiting())
        what = self.chance.randrange(8)
        if what == 0:
            reason = self.chance.choice(list(CloseReason))
            acting.close(store, talk, reason, "kim", now, tagger_for)
        elif what == 1:
            acting.reopen(store, self._any(), "ana", now, tagger_for)
        elif what in {2, 3}:
            until = self.chance.choice((None, now + 3 * HOUR))
            state = self.chance.choice(list(HoldState))
            stays = self.chance.random() < 0.5
            acting.hold(store, talk, state, "ana", now, tagger_for, until=until, stays=stays)
        elif what == 4:
            acting.wake(store, talk, "kim", now, tagger_for)
        elif what == 5:
            acting.tag(store, talk, self.chance.choice(list(Kind)), "ana", now, tagger_for)
        else:
            self._change(self.chance.choice(self._written))

    def _any(self) -> ConversationView:
        return self.desk.conversation(self.chance.randint(1, 8))

    def _change(self, native_id: str) -> None:
        """The author edits what they wrote, or takes it back."""
        if native_id not in self.desk.channel.posts:
            return
        if self.chance.random() < 0.5:
            self.desk.channel.edit(native_id, f"@acme edited: {self.chance.choice(_TEXTS)}")
            self.desk.fetch_all_again()
            return
        self.desk.channel.remove(native_id)
        with self.desk.store.tx():
            found = self.desk.store.messages
            found.mark_deleted(self.desk.brand_id, "memory", [native_id], self.desk.now)
        self.desk.fetch()

    def _decorate(self) -> None:
        """What the channel in memory does not tell: languages, themes, a second account, gaps."""
        store, execute = self.desk.store, self.desk.store.engine.execute
        with store.tx():
            other = store.accounts.add(self.desk.brand_id, "x", "acme", "77", self.begin)
            for table in ("conversation", "wait", "message"):
                column = "id" if table == "conversation" else "conversation_id"
                execute(f"UPDATE {table} SET account_id = {other.id} WHERE {column} % 3 = 0")  # noqa: S608
            execute("UPDATE message SET account_id = NULL WHERE role = 'mention' AND id % 5 = 0")
            execute("UPDATE message SET lang = 'es' WHERE id % 4 = 1")
            execute("UPDATE message SET lang = 'en' WHERE id % 4 = 2")
            execute("UPDATE message SET is_history = 1 WHERE id % 11 = 0")
            execute("UPDATE verdict SET theme = 'delivery' WHERE message_id % 3 = 1")
            execute("UPDATE verdict SET theme = 'billing' WHERE message_id % 3 = 2")
            for hour, outcome in enumerate(("ok", "RateLimited", "ok")):
                at = self.begin + hour * HOUR
                store.accounts.add_run(Run(other.id, at, at, outcome, 0, 0, ""))
            for hour, closed_at in ((30, None), (60, None), (90, self.desk.now)):
                gap = Gap(other.id, "mentions", str(hour), str(hour + 1), self.begin + hour * HOUR)
                store.accounts.add_gap(gap)
                if closed_at is not None:
                    store.accounts.close_gap(gap, closed_at)

    @property
    def span(self) -> tuple[int, int]:
        """From when until when it lasted, UTC ms."""
        return self.begin - 2 * DAY, self.desk.now + DAY
