"""Tagging by rules: named patterns with weights toward the kinds, summed and explained.

A verdict is the sum of what every matched rule weighs, turned into shares by the softmax. What
the engine sees beyond the words of a rule:

- **Leading names.** The run of @names at the front addresses a post; nothing in it counts.
  Names and web addresses further on hide their words (`core.folding`).
- **Spelling.** Case, curly quotes, white space and composed accents make no difference, and
  phrases are found as people spell them: `cant`, `pls`, `recieved` (`core.spelling`).
- **Hidden words.** Stretched words ("sooooo") and those inside a hashtag ("#worstflightever")
  are found (`core.respelling`).
- **Signs.** Marks, capitals, length and links are rules like any other (`core.signs`).
- **Context.** A match may be overruled, negated, supposed, intensified, quoted, repeated, doubted,
  softened, excused or a mere courtesy by what stands around it (`core.weighing`).
- **Customer.** Rules that ask for something noted of the customer are left out where it is not.
- **Language.** Rules of other languages than the post's are left out. Where the channel names
  none, the post is taken for English, and for any other language whose rules match more of it.

The same text and rules give the same verdict everywhere, in whatever order the rules stand:
evidence is summed in a fixed order and scores are rounded to four decimals. Equal scores are
decided by gravity, complaint before question before other before praise, since a missed
complaint costs most; a post without any evidence is `other`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from math import exp
from types import MappingProxyType
from typing import NamedTuple

from triage.core.compiled import Compiled
from triage.core.folding import Folded, fold
from triage.core.kinds import Kind, gravest
from triage.core.model import Evidence, Verdict
from triage.core.respelling import needs_respelling, respell, vocabulary
from triage.core.rule import DEFAULT_LANGUAGE, KINDS, Act, Hit, Matcher, Negation, Rule
from triage.core.signs import Sign, signs
from triage.core.weighing import Match, Weighing, beside_failure, weigh

__all__ = ["KINDS", "Act", "Finding", "Matcher", "Negation", "Rule", "Tagger"]

_HARMLESS = tuple([1.0 if kind is Kind.OTHER else 0.0 for kind in KINDS])
_NOTHING = Weighing([])
_UNNOTED: Mapping[str, str] = MappingProxyType({})
"""Of whom nothing is noted."""
_WORDLESS = 0.4
_UNKNOWN = ""
"""For a matcher, any language that no rule is for."""


class Finding(NamedTuple):
    """A match as it was weighed.

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


_evidence = tuple.__new__
"""Makes a named tuple of a tuple; its own constructor takes twice as long, and posts make many."""


def _marks(marked: list[tuple[Rule, float]]) -> tuple[str | None, str | None]:
    """The theme that weighs most toward complaint, and the gravest priority."""
    themes = [(-weight, rule.id, rule.theme) for rule, weight in marked if rule.theme is not None]
    return min(themes)[2] if themes else None, gravest(rule.priority for rule, _ in marked)


def _primary(lang: str | None) -> str | None:
    """The primary subtag, or None where the channel does not know the language."""
    if not lang:
        return None
    subtag = lang.replace("_", "-").split("-", 1)[0].lower()
    # X marks posts without language as und, zxx, art or one of its own, in the private range.
    return None if subtag in {"und", "zxx", "art", "mul"} or "qaa" <= subtag <= "qtz" else subtag


class Tagger:
    """Judges posts by a fixed set of rules. Immutable, and safe to share."""

    def __init__(
        self, rules: Sequence[Rule], make_matcher: Callable[[Sequence[Rule]], Matcher]
    ) -> None:
        """Take the rules, and what makes a matcher of those that have patterns to find.

        Raises:
            ConfigError: For a pattern that the matcher refuses.
        """
        ordered = sorted(rules, key=lambda rule: rule.id)
        self._matcher = make_matcher(ordered)
        self._compiled = tuple(map(Compiled, ordered))
        """By id: hits name a rule by its place here."""
        self._by_sign: dict[Sign, list[Compiled]] = {}
        for compiled in self._compiled:
            if compiled.rule.sign is not None and not compiled.silent:
                self._by_sign.setdefault(compiled.rule.sign, []).append(compiled)
        self._languages = frozenset(rule.lang for rule in rules if rule.lang is not None)
        self._asking = tuple(n for n, c in enumerate(self._compiled) if c.rule.customer)
        self._foreign = self._languages - {DEFAULT_LANGUAGE}
        self.rules: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in rules})
        """The rules by id, for what a verdict's reasons say of theme and priority."""

    @property
    def asks(self) -> bool:
        """Whether any rule asks for something noted of the customer."""
        return bool(self._asking)

    @cached_property
    def _words(self) -> frozenset[str]:
        rules = self.rules.values()
        return vocabulary(p.lower() for rule in rules for p in rule.phrases + rule.expressions)

    def judge(
        self, text: str, lang: str | None = None, attributes: Mapping[str, str] = _UNNOTED
    ) -> Verdict:
        """Judge a post.

        Args:
            text: The post as received; only its first `core.folding.LIMIT` characters count.
            lang: BCP 47 tag from the channel, or None.
            attributes: What is noted of the customer.
        """
        complaint = question = other = praise = 0.0
        because: list[tuple[float, int, int, int, Evidence]] = []
        marked: list[tuple[Rule, float]] = []
        matches, worded = self._matches(text, lang, attributes)
        for compiled, start, end, factor, flipped, note in matches:
            added = compiled.weighed(factor, flipped=flipped) if note else compiled.plain
            strength, (first, second, third, fourth), weights = added
            complaint += first
            question += second
            other += third
            praise += fourth
            if compiled.marked and factor:
                marked.append((compiled.rule, first))
            if compiled.listed:
                words = text[start:end]
                reason = _evidence(Evidence, (compiled.id, words, start, end, weights, note))
                # The count keeps evidence that is alike in order, and from being compared.
                because.append((-strength, start, end, len(because), reason))
        because.sort()
        shares = _shares(complaint, question, other, praise)
        first, second = sorted(shares)[:-3:-1]
        confidence = round((first - second) * (1.0 if worded else _WORDLESS), 4)
        theme, priority = _marks(marked) if marked else (None, None)
        return Verdict(
            KINDS[shares.index(first)],
            dict(zip(KINDS, shares, strict=True)),
            tuple([item[4] for item in because]),
            confidence,
            theme,
            priority,
        )

    def findings(self, text: str, lang: str | None = None) -> list[Finding]:
        """Every match with what becomes of it, in an order that the text alone decides."""
        return [Finding(match[0].rule, *match[1:]) for match in self._matches(text, lang)[0]]

    def _idle(self, attributes: Mapping[str, str]) -> set[int]:
        """The places of rules that ask for something which is not noted of a customer."""
        # Policies ask for the same in the same way; most rules ask for nothing.
        from triage.core.policy import has

        rules = ((place, self._compiled[place].rule.customer) for place in self._asking)
        return {n for n, wanted in rules if not all(has(attributes.get(k), v) for k, v in wanted)}

    def _matches(
        self, text: str, lang: str | None, attributes: Mapping[str, str] = _UNNOTED
    ) -> tuple[list[Match], bool]:
        """Every match as it was weighed, and whether words speak for any kind."""
        plain = folded = fold(text)
        if needs_respelling(plain.text):
            folded = respell(text, plain, self._words)
        language = _primary(lang)
        known = language if language is None or language in self._languages else _UNKNOWN
        hits = self._matcher.find(folded.text, known)
        if language is None and self._foreign:
            hits = self._spoken(hits)
        idle = self._idle(attributes) if self._asking else ()
        if idle:
            hits = [hit for hit in hits if hit[2] not in idle]
        hits.sort()
        weighing = weigh(text, folded, hits, self._compiled) if hits else _NOTHING
        by_sign = self._signs(text, plain, weighing, language)
        if idle:
            silent = {self._compiled[place].id for place in idle}
            by_sign = [match for match in by_sign if match[0].id not in silent]
        matches = weighing.matches + by_sign
        return matches, not weighing.unsaid

    def _spoken(self, hits: list[Hit]) -> list[Hit]:
        """The hits in the languages that a post seems to be written in."""
        compiled = self._compiled
        if self._foreign.isdisjoint([compiled[hit[2]].lang for hit in hits]):
            return hits
        told: dict[str | None, int] = {}
        for start, minus_end, place in hits:
            rule = compiled[place]
            if rule.leads is not None:
                told[rule.lang] = told.get(rule.lang, 0) - minus_end - start
        most = told.get(DEFAULT_LANGUAGE, 0)
        spoken = {None, DEFAULT_LANGUAGE}.union(lang for lang, size in told.items() if size > most)
        return [hit for hit in hits if compiled[hit[2]].lang in spoken]

    def _signs(
        self, text: str, folded: Folded, weighing: Weighing, language: str | None
    ) -> list[Match]:
        _, blame, failure, praise, question, unsaid, clear = weighing
        found = signs(text, folded, clear=clear)
        if unsaid:
            found.append((Sign.UNSAID, 0, 0))
        if blame is not None:
            found.append((Sign.BLAME, blame[1], blame[2]))
        if failure is not None:
            found.append((Sign.FAILURE, failure[1], failure[2]))
            if praise is not None:
                found.append((Sign.FAILURE_AND_PRAISE, praise[1], praise[2]))
            if question is not None:
                found.append((Sign.FAILURE_AND_QUESTION, question[1], question[2]))
        by_sign = self._by_sign
        weighed: list[Match] = [
            (rule, start, end, 1.0, False, "")
            for sign, start, end in found
            if sign in by_sign
            for rule in by_sign[sign]
            if _speaks(rule, language, weighing)
        ]
        return [beside_failure(match) for match in weighed] if failure is not None else weighed


def _speaks(sign: Compiled, language: str | None, weighing: Weighing) -> bool:
    """Whether the rule of a sign is for the language of a post, as far as that is known."""
    lang = sign.lang
    if lang is None or lang == language:
        return True
    if language is not None:
        return False
    return lang == DEFAULT_LANGUAGE or any(match[0].lang == lang for match in weighing.matches)


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
