"""Tagging what is stored again, under other rules: what changes, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from triage.core.kinds import priority_class
from triage.core.model import Evidence, Kind, Verdict
from triage.core.policy import Case, Policy, Settings

if TYPE_CHECKING:
    # For types alone: whoever judges need not load what rules are made of.
    from triage.core.rule import Rule

Place = tuple[int, int]
"""Where a message stands in time: its `posted_at`, UTC ms, then our id."""

_PRESSING = (Kind.COMPLAINT, Kind.QUESTION)
"""Kinds that leave a priority standing when an agent corrects to them, as in `core.thread`."""


class Untagged(NamedTuple):
    """A mention that is to be tagged.

    Attributes:
        kind: What it was taken for so far; None if it has no verdict yet.
        priority: Why it could not wait so far, or None.
        corrected: An agent said what it is, after the rules had.
        customer_id: Who wrote it, where that is known.
    """

    message_id: int
    text: str
    lang: str | None
    kind: str | None
    priority: str | None
    corrected: bool = False
    customer_id: int | None = None

    def differs(self, verdict: Verdict) -> bool:
        """Whether waits that follow from a verdict would be others than before."""
        return (self.kind, self.priority) != (verdict.kind.value, verdict.priority)


class Standing(NamedTuple):
    """What a mention counts as: its kind, and why it cannot wait, or None."""

    kind: Kind
    priority: str | None


class Tagged(NamedTuple):
    """A stored mention with what the rules took it for.

    Attributes:
        conversation_id: The id that people type; None if it belongs to none.
        priority: Why it cannot wait, by the rules, or None.
        kind: By the rules, whatever an agent said.
        corrected: What an agent said it is, or None.
        waits: It is part of an open wait.
        customer_id: Who wrote it, where that is known.
    """

    message_id: int
    conversation_id: int | None
    native_id: str
    author: str
    posted_at: int
    text: str
    lang: str | None
    priority: str | None
    kind: Kind
    corrected: Kind | None
    waits: bool
    customer_id: int | None = None

    @property
    def place(self) -> Place:
        """Its place in time."""
        return (self.posted_at, self.message_id)

    def under(self, kind: Kind, priority: str | None) -> Standing:
        """What it counts as if the rules say so: an agent's word on it stands."""
        if self.corrected is None:
            return Standing(kind, priority)
        return Standing(self.corrected, priority if self.corrected in _PRESSING else None)


class Change(NamedTuple):
    """A mention that counts as something else under other rules.

    Attributes:
        mention: As it is stored.
        verdict: What the other rules say.
        before: What it counts as now.
        after: What it would count as.
        reason: What speaks most for the new kind, or for the priority where the kind stays; None
            if nothing does.
    """

    mention: Tagged
    verdict: Verdict
    before: Standing
    after: Standing
    reason: Evidence | None


@dataclass(slots=True)
class Difference:
    """What other rules change, counted while mentions pass by.

    Attributes:
        settings: The policies that say which mentions demand an answer, and until when.
        now: UTC ms.
        rules: The other rules by id, where reasons are wanted: they tell who gave a priority.
        mentions: How many were judged.
        changed: How many would change their kind, by the kind before and after.
        priority_only: How many would keep their kind, and change their priority.
        corrected: How many would change their kind, had an agent not said what they are.
        go_first: How many of those that wait would go first in the queue.
        not_first: How many of them would go first no longer.
        demanding: How many of them would begin to demand an answer.
        overdue: How many of these are overdue already.
    """

    settings: Settings = field(default_factory=Settings)
    now: int = 0
    rules: Mapping[str, Rule] = field(default_factory=dict)
    mentions: int = 0
    changed: Counter[tuple[Kind, Kind]] = field(default_factory=Counter)
    priority_only: int = 0
    corrected: int = 0
    go_first: int = 0
    not_first: int = 0
    demanding: int = 0
    overdue: int = 0

    @property
    def changes(self) -> int:
        """How many mentions would change, in kind or in priority."""
        return self.changed.total() + self.priority_only

    def watch(
        self,
        stored: Iterable[Tagged],
        judge: Callable[[Tagged], Verdict],
        kind: Kind | None = None,
    ) -> Iterator[Change]:
        """Judge each mention, and give those that change; one that an agent tagged keeps its kind.

        Args:
            stored: The mentions.
            judge: The other rules.
            kind: Count and give only what changes from, to or within this kind.
        """
        for mention in stored:
            self.mentions += 1
            verdict = judge(mention)
            if mention.corrected and mention.kind is not verdict.kind:
                self.corrected += kind in (None, mention.kind, verdict.kind)
            before = mention.under(mention.kind, mention.priority)
            after = mention.under(verdict.kind, verdict.priority)
            if before != after and kind in (None, before.kind, after.kind):
                self._count(mention, before, after)
                yield Change(mention, verdict, before, after, self._reason(verdict, before, after))

    def _count(self, mention: Tagged, before: Standing, after: Standing) -> None:
        if before.kind is after.kind:
            self.priority_only += 1
        else:
            self.changed[before.kind, after.kind] += 1
        if not mention.waits:
            return
        was_first, is_first = self._goes_first(before), self._goes_first(after)
        self.go_first += is_first and not was_first
        self.not_first += was_first and not is_first
        if self._within(after) is not None and self._within(before) is None:
            self.demanding += 1
            self.overdue += self._due(mention, after) <= self.now

    def _policy(self, standing: Standing) -> Policy:
        """That of anybody who writes to any account: whose mention it is is not known here."""
        return self.settings.policy_for(Case(standing.kind, standing.priority))

    def _within(self, standing: Standing) -> int | None:
        return self._policy(standing).respond_within

    def _goes_first(self, standing: Standing) -> bool:
        demands = self._within(standing) is not None
        return demands and priority_class(standing.priority) > 0

    def _due(self, mention: Tagged, standing: Standing) -> int:
        calendar = self.settings.calendar_of(self._policy(standing))
        return calendar.add(mention.posted_at, self._within(standing) or 0)

    def _reason(self, verdict: Verdict, before: Standing, after: Standing) -> Evidence | None:
        if before.kind is not after.kind:
            toward = (e for e in verdict.because if e.weights.get(after.kind, 0.0) > 0)
            return max(toward, key=lambda e: e.weights[after.kind], default=None)
        giving = (e for e in verdict.because if self._gives(e.rule) == after.priority)
        return None if after.priority is None else next(giving, None)

    def _gives(self, rule_id: str) -> str | None:
        rule = self.rules.get(rule_id)
        return rule.priority if rule else None
