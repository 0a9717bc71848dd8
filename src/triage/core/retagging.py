"""Tagging what is stored again, under other rules: what changes, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from triage.core.model import Evidence, Kind, Verdict
from triage.core.ports import Tagger

Place = tuple[int, int]
"""Where a message stands in time: its `posted_at`, UTC ms, then our id."""


class Untagged(NamedTuple):
    """A mention that is to be tagged.

    Attributes:
        kind: What it was taken for so far; None if it has no verdict yet.
        priority: Why it could not wait so far, or None.
    """

    message_id: int
    text: str
    lang: str | None
    kind: str | None
    priority: str | None

    def differs(self, verdict: Verdict) -> bool:
        """Whether waits that follow from a verdict would be others than before."""
        return (self.kind, self.priority) != (verdict.kind.value, verdict.priority)


class Tagged(NamedTuple):
    """A stored mention with what the rules took it for.

    Attributes:
        conversation_id: The id that people type; None if it belongs to none.
        kind: By the rules, whatever an agent said.
        corrected: An agent said what it is.
    """

    message_id: int
    conversation_id: int | None
    native_id: str
    author: str
    posted_at: int
    text: str
    lang: str | None
    kind: Kind
    corrected: bool

    @property
    def place(self) -> Place:
        """Its place in time."""
        return (self.posted_at, self.message_id)


class Change(NamedTuple):
    """A mention that other rules take for another kind."""

    mention: Tagged
    verdict: Verdict

    @property
    def reason(self) -> Evidence | None:
        """What speaks most for the new kind; None if nothing does."""
        kind = self.verdict.kind
        toward = (e for e in self.verdict.because if e.weights.get(kind, 0.0) > 0)
        return max(toward, key=lambda e: e.weights[kind], default=None)


@dataclass(slots=True)
class Difference:
    """What other rules change, counted while mentions pass by.

    Attributes:
        mentions: How many were judged.
        changed: How many would change their kind, by the kind before and after.
        corrected: How many would, had an agent not said what they are.
    """

    mentions: int = 0
    changed: Counter[tuple[Kind, Kind]] = field(default_factory=Counter)
    corrected: int = 0

    def watch(
        self, stored: Iterable[Tagged], tagger: Tagger, kind: Kind | None = None
    ) -> Iterator[Change]:
        """Judge each mention, and give those that change; one that an agent tagged does not.

        Args:
            stored: The mentions.
            tagger: The other rules.
            kind: Count and give only what changes from or to this kind.
        """
        for mention in stored:
            self.mentions += 1
            verdict = tagger.judge(mention.text, mention.lang)
            before, after = mention.kind, verdict.kind
            if before is after or (kind is not None and kind not in (before, after)):
                continue
            if mention.corrected:
                self.corrected += 1
                continue
            self.changed[before, after] += 1
            yield Change(mention, verdict)
