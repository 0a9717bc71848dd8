"""Rules made ready for weighing: what is to be known of each at every match."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from triage.core.kinds import Kind
from triage.core.rule import KINDS, Negation, Rule
from triage.core.signs import UNLISTED

FAILURE = 1.0
"""A rule that weighs at least this toward complaint names a failure."""


class Weighed(NamedTuple):
    """What a match adds: its strength, and the weights by the order of `KINDS` and by kind."""

    strength: float
    numbers: tuple[float, ...]
    weights: Mapping[Kind, float]


class Compiled:
    """What is to be known of a rule at each match, worked out once.

    Weights are kept in the order of `KINDS`: hashing an enum's member at each match would cost
    more than matching does.
    """

    __slots__ = (
        "_cache",
        "acts",
        "asks",
        "blames",
        "clear",
        "fails",
        "flips",
        "id",
        "lang",
        "leads",
        "listed",
        "marked",
        "negatable",
        "plain",
        "praises",
        "rule",
        "silent",
    )

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.id = rule.id
        self.lang = rule.lang
        self.acts = rule.acts
        self.leads = rule.leads_to
        self.asks = self.leads is Kind.QUESTION
        self.blames = self.leads is Kind.COMPLAINT
        self.praises = self.leads is Kind.PRAISE
        self._cache: dict[tuple[float, bool], Weighed] = {}
        self.plain = self._work_out(1.0, flipped=False)
        self.listed = rule.sign not in UNLISTED
        self.clear = self.plain.strength >= FAILURE
        self.silent = not rule.weights and rule.theme is None and rule.priority is None
        self.marked = rule.theme is not None or rule.priority is not None
        self.fails = rule.sign is None and rule.weights.get(Kind.COMPLAINT, 0.0) >= FAILURE
        negation = rule.negation or (Negation.FLIP if self.praises else Negation.KEEP)
        self.negatable = negation is not Negation.KEEP
        self.flips = negation is Negation.FLIP

    def weighed(self, factor: float, *, flipped: bool) -> Weighed:
        """What a match adds; `plain` is that of one which nothing modifies."""
        found = self._cache.get((factor, flipped))
        if found is None:
            # Factors are products of a few constants and at most `_REPEATS` halvings.
            found = self._cache[factor, flipped] = self._work_out(factor, flipped=flipped)
        return found

    def _work_out(self, factor: float, *, flipped: bool) -> Weighed:
        weights = self.rule.weights
        if flipped:
            weights = {Kind.COMPLAINT: weights.get(Kind.PRAISE, 0.0)}
        added = {k: round(w * factor, 4) for k, w in weights.items()} if factor else {}
        numbers = tuple(added.get(kind, 0.0) for kind in KINDS)
        return Weighed(max(map(abs, numbers)), numbers, MappingProxyType(added))
