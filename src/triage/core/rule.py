"""What a rule is, and the port of what finds its patterns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from triage.core.kinds import GRAVITY, Kind
from triage.core.signs import Sign
from triage.core.spelling import spellings_of

KINDS: tuple[Kind, ...] = tuple(sorted(Kind, key=lambda kind: -GRAVITY[kind]))
"""The kinds, the one that wins a tie first."""


DEFAULT_LANGUAGE = "en"
"""What a post is taken for where the channel does not know its language."""


class Negation(StrEnum):
    """What a negation in front of a match does to it."""

    FLIP = "flip"
    """Its praise counts as complaint, the rest not at all."""
    DROP = "drop"
    """It does not count."""
    KEEP = "keep"
    """Nothing: the pattern says it already, or means the same."""


class Act(StrEnum):
    """What the matches of a rule do to others."""

    NEGATE = "negate"
    """Negates what begins within three words in the same clause, such as "not"."""
    INTENSIFY = "intensify"
    """Lends weight to what follows at once, such as "very"."""
    END = "end"
    """Ends the reach of a negation, such as "but"."""
    SUPPOSE = "suppose"
    """Makes a failure in the rest of the sentence a thought, such as "what happens if"."""
    COURTESY = "courtesy"
    """Is politeness where the post asked for something before, such as "thanks" at its end."""
    EXCUSE = "excuse"
    """Tells of the writer's own mishap, such as "forgot my password": failures weigh less."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A named pattern with weights toward the kinds.

    Attributes:
        id: Its readable name, kebab-case, unique in a set.
        phrases: Words to find, in any of their usual spellings (`core.spelling`).
        expressions: RE2 expressions over the folded text, in which leading names are gone,
            other names are runs of `@` and web addresses runs of `/`.
        sign: A sign to find instead of patterns, or None.
        acts: What its matches do to others; None for most.
        weights: What one match adds, by kind; may be negative; empty for a theme alone.
        theme: What complaints with it are about, such as `billing`; None if it says nothing.
        priority: Why it cannot wait, such as `safety`; None if it can.
        lang: Primary language subtag that it is for; None for any language.
        negation: What a negation in front does; None leaves it to the kind that leads: praise
            is flipped, everything else kept.
        word_bounds: Whether a match must begin and end at the bounds of words.
        customer: What must be noted of the customer, as key and value, as in a policy; empty for
            everybody.
    """

    id: str
    phrases: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    sign: Sign | None = None
    acts: Act | None = None
    weights: Mapping[Kind, float] = field(default_factory=lambda: MappingProxyType({}))
    theme: str | None = None
    priority: str | None = None
    lang: str | None = None
    negation: Negation | None = None
    word_bounds: bool = True
    customer: tuple[tuple[str, str], ...] = ()

    @property
    def leads_to(self) -> Kind | None:
        """The kind it weighs most for; None if it speaks for none."""
        best: Kind | None = None
        for kind in KINDS:
            weight = self.weights.get(kind, 0.0)
            if weight > 0 and (best is None or weight > self.weights[best]):
                best = kind
        return best

    def spellings(self) -> tuple[str, ...]:
        """Its phrases as a matcher must look for them: folded, in the ways to write them.

        Words are still to be taken as `core.spelling.canonical` says.
        """
        found: dict[str, None] = {}
        for phrase in self.phrases:
            found |= dict.fromkeys(spellings_of(phrase, self.lang))
        return tuple(found)


Hit = tuple[int, int, int]
"""Start, end turned negative, and index of the rule. Sorted as it stands, what begins first comes
first, and of those the longest."""


class Matcher(Protocol):
    """Finds the patterns of the rules it was made from: the port that `matching` implements."""

    def find(self, folded: str, lang: str | None = None) -> list[Hit]:
        """Every match in a folded text.

        Spans are not empty, in any order, and may be reported more than once. With a language,
        rules for other languages are left out; without one, those of which the text shows
        nothing may be.
        """
        ...
