"""Tagging by rules: named patterns with weights toward the kinds, summed and explained.

A verdict is the sum of what every matched rule weighs, turned into shares by the softmax. What
the engine sees beyond the words of a rule:

- **Leading names.** The run of @names at the front addresses a post; nothing in it counts.
  Names and web addresses further on hide their words (`core.folding`).
- **Spelling.** Case, curly quotes, white space and composed accents make no difference, and
  phrases with `n't` also match without the apostrophe (`dont`, `cant`).
- **Signs.** Marks, capitals, length and links are rules like any other (`core.signs`).
- **Overruled.** Inside a longer match, a shorter one that leans another way does not count
  ("happy" within "not happy", "thanks" within "thanks for nothing").
- **Negated.** After a negation within three words of the same clause ("never was any good"),
  praise counts as complaint; a rule may say `flip`, `drop` or `keep` for itself.
- **Intensified.** A match weighs more after "so", "very" and the like, shouted in capitals, or
  right before an exclamation mark.
- **Repeated.** Each further match of one rule weighs half of the one before.
- **Doubted.** Praise in front of a failure ("great, my bag is lost again") weighs little.
- **Softened.** Beside a failure, asking weighs less: "my game won't start, please help" reports
  one, however politely.

The same text and rules give the same verdict everywhere, in whatever order the rules stand:
evidence is summed in a fixed order and scores are rounded to four decimals. Equal scores are
decided by gravity, complaint before question before other before praise, since a missed
complaint costs most; a post without any evidence is `other`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp
from types import MappingProxyType
from typing import NamedTuple, Protocol

from triage.core.folding import Folded, fold, fold_phrase
from triage.core.model import GRAVITY, Evidence, Kind, Verdict
from triage.core.signs import Sign, signs

KINDS: tuple[Kind, ...] = tuple(sorted(Kind, key=lambda kind: -GRAVITY[kind]))
"""The kinds, the one that wins a tie first."""


class Negation(StrEnum):
    """What a negation in front of a match does to it."""

    FLIP = "flip"
    """Its praise counts as complaint, the rest not at all."""
    DROP = "drop"
    """It does not count."""
    KEEP = "keep"
    """Nothing: the pattern says it already, or means the same."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A named pattern with weights toward the kinds.

    Attributes:
        id: Its readable name, kebab-case, unique in a set.
        phrases: Words to find as they stand, folded.
        expressions: RE2 expressions over the folded text, in which leading names are gone,
            other names are runs of `@` and web addresses runs of `/`.
        sign: A sign to find instead of patterns, or None.
        weights: What one match adds, by kind; may be negative; empty for a theme alone.
        theme: What complaints with it are about, such as `billing`; None if it says nothing.
        priority: Why it cannot wait, such as `safety`; None if it can.
        lang: Primary language subtag that it is for; None for any language.
        negation: What a negation in front does; None leaves it to the kind that leads: praise
            is flipped, everything else kept.
        word_bounds: Whether a match must begin and end at the bounds of words.
    """

    id: str
    phrases: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    sign: Sign | None = None
    weights: Mapping[Kind, float] = field(default_factory=lambda: MappingProxyType({}))
    theme: str | None = None
    priority: str | None = None
    lang: str | None = None
    negation: Negation | None = None
    word_bounds: bool = True

    @property
    def leads_to(self) -> Kind | None:
        """The kind it weighs most for; None if it speaks for none."""
        return _leading(self.weights)

    def spellings(self) -> tuple[str, ...]:
        """Its phrases as a matcher must look for them: folded, with and without `n't`'s mark."""
        found: dict[str, None] = {}
        for phrase in self.phrases:
            plain = fold_phrase(phrase)
            found[plain] = None
            found[plain.replace("n't", "nt")] = None
        return tuple(found)


class Matcher(Protocol):
    """Finds the patterns of the rules it was made from: the port that `matching` implements."""

    def find(self, folded: str) -> Iterable[tuple[int, int, int]]:
        """Every match in a folded text: index of the rule, start and end in that text.

        Spans are not empty, in any order, and each is reported once for a rule.
        """
        ...


class Finding(NamedTuple):
    """A match before it is weighed; a plain tuple, since every post makes several.

    Attributes:
        rule: The matched rule.
        start: Offset in the original text, in characters.
        end: Offset behind it.
        factor: What the rule's weights are multiplied with.
        flipped: Its praise counts as complaint.
        note: Why factor and flip are what they are.
    """

    rule: Rule
    start: int
    end: int
    factor: float = 1.0
    flipped: bool = False
    note: str = ""


_INTENSE = 1.25
_DOUBT = 0.3
_SOFTEN = 0.6
_FLIP = 0.8
_FAILURE = 1.0
"""A rule that weighs at least this toward complaint names a failure."""
_WINDOW = 40
"""How many characters in front of a match are read for a negation."""
_SHOUTED_LETTERS = 4
_NEGATED = re.compile(
    r"(?:\b(?:not|never|no|nor|cannot|without|hardly|barely|nothing|zero"
    r"|(?:ai|are|ca|could|did|does|do|had|has|have|is|should|was|were|wo|would)n'?t))"
    r" (?:[\w'-]+ ){0,2}$"
)
_NEGATION_ENDS = re.compile(r"\b(?:but|only|just|and|because|wait|problem|worries) ")
_INTENSIFIERS = frozenset(
    [
        "so",
        "very",
        "really",
        "absolutely",
        "extremely",
        "totally",
        "completely",
        "utterly",
        "such",
        "beyond",
        "super",
        "truly",
        "incredibly",
        "most",
        "fucking",
        "bloody",
        "damn",
    ]
)
_HARMLESS = tuple([1.0 if kind is Kind.OTHER else 0.0 for kind in KINDS])
_REPEATS = 5
"""From this many matches on, a further one of the same rule weighs nothing less."""


class _Weighed(NamedTuple):
    """What a match adds: its strength, and the weights by the order of `KINDS` and by kind."""

    strength: float
    numbers: tuple[float, ...]
    weights: Mapping[Kind, float]


def _leading(weights: Mapping[Kind, float]) -> Kind | None:
    best: Kind | None = None
    for kind in KINDS:
        weight = weights.get(kind, 0.0)
        if weight > 0 and (best is None or weight > weights[best]):
            best = kind
    return best


def _primary(lang: str | None) -> str | None:
    """The primary subtag, or None where the channel does not know the language."""
    if not lang:
        return None
    subtag = lang.replace("_", "-").split("-", 1)[0].lower()
    # X marks posts without language as und, zxx, art or one of its own q-codes.
    return None if subtag in {"und", "zxx", "art", "mul"} or subtag.startswith("q") else subtag


class _Compiled:
    """What the tagger needs to know of a rule at each match, worked out once.

    Weights are kept in the order of `KINDS`: hashing an enum's member at each match would cost
    more than matching does.
    """

    __slots__ = (
        "_cache",
        "asks",
        "fails",
        "flips",
        "id",
        "lang",
        "leads",
        "listed",
        "negatable",
        "plain",
        "praises",
        "rule",
    )

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.id = rule.id
        self.lang = rule.lang
        self.leads = rule.leads_to
        self.asks = self.leads is Kind.QUESTION
        self.praises = self.leads is Kind.PRAISE
        self.listed = rule.sign is not Sign.ALWAYS
        self.fails = rule.weights.get(Kind.COMPLAINT, 0.0) >= _FAILURE
        negation = rule.negation or (Negation.FLIP if self.praises else Negation.KEEP)
        self.negatable = negation is not Negation.KEEP
        self.flips = negation is Negation.FLIP
        self._cache: dict[tuple[float, bool], _Weighed] = {}
        self.plain = self._work_out(1.0, flipped=False)

    def weighed(self, factor: float, *, flipped: bool) -> _Weighed:
        """What a match adds; `plain` is that of one which nothing modifies."""
        found = self._cache.get((factor, flipped))
        if found is None:
            # Factors are products of a few constants and at most `_REPEATS` halvings.
            found = self._cache[factor, flipped] = self._work_out(factor, flipped=flipped)
        return found

    def _work_out(self, factor: float, *, flipped: bool) -> _Weighed:
        weights = self.rule.weights
        if flipped:
            weights = {Kind.COMPLAINT: weights.get(Kind.PRAISE, 0.0)}
        added = {k: round(w * factor, 4) for k, w in weights.items()} if factor else {}
        numbers = tuple(added.get(kind, 0.0) for kind in KINDS)
        return _Weighed(max(map(abs, numbers)), numbers, MappingProxyType(added))


_Hit = tuple[int, int, int]
"""Start, end turned negative, and place of the rule in the order of ids: sorts as it stands."""
_Match = tuple[_Compiled, int, int, float, bool, str]
"""A `Finding` with the compiled rule."""


class Tagger:
    """Judges posts by a fixed set of rules. Immutable, and safe to share."""

    def __init__(self, rules: Sequence[Rule], matcher: Matcher) -> None:
        """Take the rules and a matcher that was made from them in the same order."""
        self._matcher = matcher
        order = sorted(range(len(rules)), key=lambda index: rules[index].id)
        self._compiled = tuple(_Compiled(rules[index]) for index in order)
        """By id: hits and findings name a rule by its place here."""
        self._places = tuple(order.index(index) for index in range(len(rules)))
        self._by_sign: dict[Sign, list[_Compiled]] = {sign: [] for sign in Sign}
        for compiled in self._compiled:
            if compiled.rule.sign is not None:
                self._by_sign[compiled.rule.sign].append(compiled)
        self.rules: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in rules})
        """The rules by id, for what a verdict's reasons say of theme and priority."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """Judge a post.

        Args:
            text: The post as received; only its first `core.folding.LIMIT` characters count.
            lang: BCP 47 tag from the channel. Rules for other languages are left out; without
                one every rule counts.
        """
        complaint = question = other = praise = 0.0
        because: list[tuple[float, int, int, str, int, Evidence]] = []
        for compiled, start, end, factor, flipped, note in self._matches(text, lang):
            same = factor == 1.0 and not flipped
            added = compiled.plain if same else compiled.weighed(factor, flipped=flipped)
            strength, (first, second, third, fourth), weights = added
            complaint += first
            question += second
            other += third
            praise += fourth
            if compiled.listed:
                rule_id = compiled.id
                evidence = Evidence(rule_id, text[start:end], start, end, weights, note)
                # The count keeps evidence that is alike in order, and from being compared.
                because.append((-strength, start, end, rule_id, len(because), evidence))
        because.sort()
        shares = _shares(complaint, question, other, praise)
        kind = KINDS[shares.index(max(shares))]
        reasons = tuple([item[5] for item in because])
        return Verdict(kind, dict(zip(KINDS, shares, strict=True)), reasons)

    def findings(self, text: str, lang: str | None = None) -> list[Finding]:
        """Every match with what becomes of it, in an order that the text alone decides."""
        return [Finding(match[0].rule, *match[1:]) for match in self._matches(text, lang)]

    def _matches(self, text: str, lang: str | None) -> list[_Match]:
        language = _primary(lang)
        folded = fold(text)
        compiled, places = self._compiled, self._places
        hits = [(start, -end, places[i]) for i, start, end in self._matcher.find(folded.text)]
        if language is not None:
            hits = [hit for hit in hits if compiled[hit[2]].lang in (None, language)]
        hits.sort()
        last_failure = max([hit[0] for hit in hits if compiled[hit[2]].fails], default=-1)
        matches = self._weigh(text, folded, hits, last_failure) if hits else []
        by_sign = self._by_sign
        for sign, start, end in signs(text, folded):
            for found in by_sign[sign]:
                if language is None or found.lang is None or found.lang == language:
                    if found.asks and last_failure >= 0:
                        matches.append((found, start, end, _SOFTEN, False, "softened"))
                    else:
                        matches.append((found, start, end, 1.0, False, ""))
        return matches

    def _weigh(
        self, text: str, folded: Folded, hits: list[_Hit], last_failure: int
    ) -> list[_Match]:
        body, base, joints = folded
        seen: dict[int, int] = {}
        matches: list[_Match] = []
        outer_start, outer_end, outer_leads = 0, -1, None
        for start, minus_end, place in hits:
            end, found = -minus_end, self._compiled[place]
            leads = found.leads
            first, last = (base + start, base + end) if joints is None else folded.span(start, end)
            if end > outer_end:
                outer_start, outer_end, outer_leads = start, end, leads
            elif (start != outer_start or end != outer_end) and _disagree(leads, outer_leads):
                matches.append((found, first, last, 0.0, False, "overruled"))
                continue
            factor, flipped, note = 1.0, False, ""
            if found.negatable and start and _is_negated(body[max(0, start - _WINDOW) : start]):
                flipped = found.flips
                factor = _FLIP if flipped else 0.0
                note = "negated"
            elif found.praises and start < last_failure:
                factor, note = _DOUBT, "doubted"
            elif found.asks and last_failure >= 0:
                factor, note = _SOFTEN, "softened"
            if leads is not None and _is_intense(text[first:last], body, start, end):
                factor *= _INTENSE
                note = f"{note}, intensified" if note else "intensified"
            if place in seen:
                repeats = seen[place] = seen[place] + 1
                factor *= 0.5 ** min(repeats, _REPEATS)
                note = f"{note}, repeated" if note else "repeated"
            else:
                seen[place] = 0
            matches.append((found, first, last, factor, flipped, note))
        return matches


def _disagree(inner: Kind | None, outer: Kind | None) -> bool:
    return inner is not outer and inner is not None and outer is not None


def _is_negated(before: str) -> bool:
    if "n" not in before:
        return False
    match = _NEGATED.search(before)
    return match is not None and not _NEGATION_ENDS.search(before, match.start())


def _is_intense(words: str, body: str, start: int, end: int) -> bool:
    if body.startswith("!", end):
        return True
    if words.isupper() and sum(map(str.isalpha, words)) >= _SHOUTED_LETTERS:
        return True
    before = start - 1
    return before > 0 and body[body.rfind(" ", 0, before) + 1 : before] in _INTENSIFIERS


def _shares(a: float, b: float, c: float, d: float) -> list[float]:
    """Turn sums, in the order of `KINDS`, into shares of four decimals that add up to 1."""
    top = max(a, b, c, d)
    if a == b == c == d == 0.0:
        (a, b, c, d), top = _HARMLESS, 1.0
    parts = [exp(a - top), exp(b - top), exp(c - top), exp(d - top)]
    whole = sum(parts)
    # Rounding hides the last digits, in which the exp of platforms may differ.
    shares = [round(part / whole, 4) for part in parts]
    best = shares.index(max(shares))
    shares[best] = round(1.0 - sum(shares) + shares[best], 4)
    return shares
