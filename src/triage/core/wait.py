"""What waits are made of, and what judges them: mentions, answers, closes, waits, snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from triage.core.holds import Act, HoldState, Period, due_with_stops, stops_of
from triage.core.kinds import CloseReason, Kind, WaitState, id_key
from triage.core.policy import Case, Policy, Settings

Moment = tuple[int, tuple[int, str]]
"""A point in the order of messages: posted_at (UTC ms), then the id as a number."""


def moment(posted_at: int, native_id: str) -> Moment:
    """Place a message in the order of messages."""
    return (posted_at, id_key(native_id))


class Former(NamedTuple):
    """What a mention was taken for when a wait ended, before the rules changed.

    Attributes:
        settings_id: The snapshot that judged that wait.
        kind: The rules' kind.
        priority: Why it could not wait, or None.
    """

    settings_id: int
    kind: Kind
    priority: str | None = None


class Version(NamedTuple):
    """What a mention said before it was edited.

    Attributes:
        until: When the next version was written, UTC ms: from then on this one counts no more.
        taken: What it was taken for, under one snapshot or several, oldest first.
    """

    until: int
    taken: tuple[Former, ...]

    def under(self, settings_id: int) -> Former:
        """What it counts as under a snapshot: what was said last by then."""
        known = [one for one in self.taken if one.settings_id <= settings_id]
        return known[-1] if known else self.taken[0]


class Mention(NamedTuple):
    """A customer's message as the clock sees it. An import makes one of each, so a tuple.

    Attributes:
        message_id: Our id.
        native_id: The channel's.
        posted_at: When it was written, UTC ms.
        fetched_at: When we first had it, UTC ms.
        kind: An agent's correction, else the rules' kind.
        deleted_at: When its author had deleted it, as far as we know; None while it stands.
        priority: Why it cannot wait, or None.
        confidence: How sure the rules are, 0..1; 1 where an agent has spoken.
        former: What it counts as under snapshots of other rules; elsewhere it is what it is now.
        account: Handle of the account that was asked, folded; empty where that is not known.
        versions: What it said before it was edited, oldest first; mostly none.
    """

    message_id: int
    native_id: str
    posted_at: int
    fetched_at: int
    kind: Kind
    deleted_at: int | None = None
    priority: str | None = None
    confidence: float = 1.0
    former: tuple[Former, ...] = ()
    account: str = ""
    versions: tuple[Version, ...] = ()

    @property
    def moment(self) -> Moment:
        """Its place in the order of messages."""
        return moment(self.posted_at, self.native_id)

    def under(self, settings_id: int, at: int | None = None) -> Mention:
        """The mention as a snapshot has to take it.

        Args:
            settings_id: The snapshot.
            at: When its wait ended, UTC ms: what was written into it later is not held against
                anybody. None takes what it says now.
        """
        if at is not None and self.versions:
            stood = next((version for version in self.versions if at < version.until), None)
            if stood is not None:
                _, kind, priority = stood.under(settings_id)
                return self._replace(kind=kind, priority=priority)
        for former in self.former:
            if former.settings_id == settings_id:
                return self._replace(kind=former.kind, priority=former.priority)
        return self


class Answer(NamedTuple):
    """A confirmed message of ours that refers to the customer's.

    Attributes:
        message_id: Our id of the outbound message.
        native_id: The channel's.
        posted_at: The channel's time of it, UTC ms.
        seen_through: The newest mention that the agent had before them; None when the answer was
            given elsewhere: then it covers all that was written before it.
        agent: Who sent it through us; empty when it was given elsewhere.
        outside: It was given in another app.
    """

    message_id: int
    native_id: str
    posted_at: int
    seen_through: Moment | None = None
    agent: str = ""
    outside: bool = True


@dataclass(frozen=True, slots=True)
class Closing:
    """An agent's act that ends a wait without a public answer.

    Attributes:
        activity_id: Which act.
        at: When, UTC ms by our clock.
        reason: Why; `PRIVATE` settles, all others dismiss.
        seen_through: The newest mention that the agent had before them.
        agent: Who.
    """

    activity_id: int
    at: int
    reason: CloseReason
    seen_through: Moment
    agent: str = ""


class Attribute(NamedTuple):
    """What an agent noted of a customer, such as `vip` = `yes`.

    Attributes:
        at: When, UTC ms.
        key: What.
        value: None takes it back.
    """

    at: int
    key: str
    value: str | None


class About(NamedTuple):
    """What else a conversation's waits follow from, besides who wrote what.

    Attributes:
        account: Handle of the account that it is counted under, folded; for mentions of which it
            is not known which account they asked.
        attributes: What was noted of the customer, oldest first.
        acts: What agents did to let the conversation rest, or to go on with it, in any order.
    """

    account: str = ""
    attributes: Sequence[Attribute] = ()
    acts: Sequence[Act] = ()

    def attributes_at(self, at: int | None) -> Mapping[str, str]:
        """What was known at a time, UTC ms; by now if it is None."""
        known: dict[str, str] = {}
        for noted in self.attributes:
            if at is not None and noted.at > at:
                continue
            known.pop(noted.key, None)
            if noted.value is not None:
                known[noted.key] = noted.value
        return known


NOTHING_ELSE = About()


class Wait(NamedTuple):
    """From a mention that deserves an answer to the answer. A row of the store, so a tuple.

    Attributes:
        opening_id: Our id of the mention that opened it.
        last_id: Our id of its newest mention.
        mentions: How many mentions it holds.
        opened_at: `posted_at` of the opening mention, UTC ms.
        fetched_at: When we first had the opening mention, UTC ms.
        kind: That of its gravest mention.
        needs_answer: False when no mention in it demands one; it has no due time then.
        due_at: The earliest time that any of its mentions demands, UTC ms; None where none does,
            or where the clock stands and nobody knows until when.
        due_by: Our id of the mention that demands `due_at`, or None.
        warn_at: From when on it is due soon, UTC ms, or None.
        state: How it stands.
        settings_id: The snapshot that judged it.
        ended_at: When it ended, UTC ms, or None.
        ended_by_message: Our id of the answer, or None.
        ended_by_activity: The act that closed it, or None.
        agent: Who ended it through us; empty otherwise.
        outside: It was answered in another app.
        urgency: Why it cannot wait: the gravest priority of its mentions, or None.
        confidence: That of its least sure mention while it is open; 1 once it has ended.
        policy: Name of the policy that gave `due_at`; empty if no answer is demanded.
        promised: How much open time it gives, ms; None if no answer is demanded.
        hold: In which state an agent let it rest last; None if that is over.
        hold_until: Until when, UTC ms; None if nobody knows. It is over when this has come.
    """

    opening_id: int
    last_id: int
    mentions: int
    opened_at: int
    fetched_at: int
    kind: Kind
    needs_answer: bool
    due_at: int | None
    due_by: int | None
    warn_at: int | None
    state: WaitState
    settings_id: int
    ended_at: int | None = None
    ended_by_message: int | None = None
    ended_by_activity: int | None = None
    agent: str = ""
    outside: bool = False
    urgency: str | None = None
    confidence: float = 1.0
    policy: str = ""
    promised: int | None = None
    hold: HoldState | None = None
    hold_until: int | None = None

    @property
    def ending(self) -> tuple[object, ...]:
        """How it ended, or that it has not: what it is known by under any settings."""
        return (self.state, self.ended_at, self.ended_by_message, self.ended_by_activity)

    @property
    def is_met(self) -> bool | None:
        """Whether the promise was kept; None while that is open or not measured.

        Only an answer can keep it, and only one before the due time: at the due time it is late.
        """
        if self.state is not WaitState.ANSWERED or self.due_at is None or self.ended_at is None:
            return None
        return self.ended_at < self.due_at


class Due(NamedTuple):
    """What a policy demands of one mention.

    Attributes:
        due_at: UTC ms; None while its clock stands and nobody knows until when.
        warn_at: From when on it is due soon, UTC ms; None likewise.
        policy: Name of the policy.
        promised: How much open time it gives, ms.
    """

    due_at: int | None
    warn_at: int | None
    policy: str
    promised: int


@dataclass(frozen=True, slots=True)
class Judge:
    """A settings snapshot and its id."""

    settings_id: int
    settings: Settings

    def policy(
        self, mention: Mention, about: About = NOTHING_ELSE, at: int | None = None
    ) -> Policy:
        """The policy that a mention falls under.

        Args:
            mention: As this snapshot has to take it; see `Mention.under`.
            about: Its conversation.
            at: When its wait ended, UTC ms, or None: what is known of the customer later counts
                for nothing.
        """
        settings = self.settings
        if not settings.special:
            return settings.policies[mention.kind]
        return settings.policy_for(self.case(mention, about, at))

    def case(self, mention: Mention, about: About, at: int | None) -> Case:
        """What a policy is chosen by; the arguments are those of `policy`."""
        attributes = about.attributes_at(at) if about.attributes else {}
        account = mention.account or about.account
        return Case(mention.kind, mention.priority, account, attributes)

    def due(
        self,
        mention: Mention,
        about: About = NOTHING_ELSE,
        periods: Sequence[Period] = (),
        at: int | None = None,
        *,
        is_next: bool = False,
    ) -> Due | None:
        """When an answer to this mention is due and when to warn; None if none is demanded.

        Args:
            mention: As this snapshot has to take it.
            about: Its conversation.
            periods: In which it rested.
            at: When its wait ended, UTC ms, or None.
            is_next: The customer had been answered before they wrote it.
        """
        settings = self.settings
        if settings.special:
            terms = settings.terms(self.policy(mention, about, at), is_next=is_next)
        else:
            terms = settings.terms_of_kind(mention.kind, is_next)
        if terms is None:
            return None
        name, within, warn_after, calendar, pauses = terms
        start_at = mention.posted_at
        stops = stops_of(periods, pauses) if periods and pauses else ()
        if stops:
            return Due(
                due_with_stops(calendar, start_at, within, stops),
                due_with_stops(calendar, start_at, warn_after, stops),
                name,
                within,
            )
        warn_at, due_at = calendar.add_two(start_at, warn_after, within)
        return Due(due_at, warn_at, name, within)
