"""Learn weights of rules from labelled posts, held near what they are.

A multinomial logistic regression over what the engine itself finds in a post. Each weight is held
at its start by a penalty, so that a rule which the posts hardly show keeps what its author
thought, and a few posts move it little. A kind with few posts counts for more than their number
(by the square root, between trusting the mixture of the posts and ignoring it).

What follows from weights beside the sum, such as which words name a failure, is left as the
engine finds it under the present ones. `cross_validate` therefore asks the engine itself.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import exp, log, sqrt
from typing import NamedTuple, Protocol

from triage.core.descent import Vector, lowest
from triage.core.model import Kind, Verdict
from triage.core.rules import Finding
from triage.core.rules_data import MAX_WEIGHT

Weights = Mapping[str, Mapping[Kind, float]]
"""Weights by rule id, then by kind; a kind that is missing weighs 0."""

HOLD = 20.0
"""How many posts hold a weight: about as many as it takes to move it by 1."""
FOLDS = 5
STEP = 0.1
"""Weights are written in steps of this size; what changes by less does not matter."""

_KINDS = tuple(Kind)
_PRAISE = _KINDS.index(Kind.PRAISE)
_CLOSE = 0.001
"""How near a weight comes to what is sought: far within a step."""


class Labelled(NamedTuple):
    """A post, and what a person says it is."""

    text: str
    kind: Kind
    lang: str | None = None


class Example(NamedTuple):
    """A labelled post as the engine sees it.

    Attributes:
        kind: Its label.
        key: The same for the same text, and otherwise as good as random.
        plain: Rules that spoke, with the sum of the factors of their matches.
        flipped: Rules whose praise counts as complaint here, in the same way.
    """

    kind: Kind
    key: int
    plain: Mapping[str, float]
    flipped: Mapping[str, float]


class Change(NamedTuple):
    """A weight that is proposed to change.

    Attributes:
        agree: Of the posts in which the rule spoke, those whose label asks for this direction.
        posts: In how many posts the rule spoke.
    """

    rule: str
    kind: Kind
    before: float
    after: float
    agree: int
    posts: int


class Compared(NamedTuple):
    """A post that was judged by the present weights, and by weights that never saw it."""

    label: Kind
    now: Kind
    learned: Kind


class Finder(Protocol):
    """What finds rules in a text, such as `core.rules.Tagger`."""

    def findings(self, text: str, lang: str | None = None) -> Sequence[Finding]:
        """Every match, with what becomes of it."""
        ...


class Judge(Protocol):
    """What tags a text, such as `core.rules.Tagger`."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """Give a text's kind and the reasons."""
        ...


def examples(posts: Iterable[Labelled], finder: Finder) -> list[Example]:
    """See posts as the engine does, in their order."""
    return [_example(post, finder) for post in posts]


def _example(post: Labelled, finder: Finder) -> Example:
    plain: dict[str, float] = {}
    flipped: dict[str, float] = {}
    for finding in finder.findings(post.text, post.lang):
        if finding.factor:
            to = flipped if finding.flipped else plain
            to[finding.rule.id] = to.get(finding.rule.id, 0.0) + finding.factor
    digest = hashlib.sha256(post.text.encode("utf-8", "surrogatepass")).digest()
    return Example(post.kind, int.from_bytes(digest[:8], "big"), plain, flipped)


def learn(
    posts: Sequence[Example],
    start: Weights,
    hold: float = HOLD,
    only: Collection[str] | None = None,
) -> dict[str, dict[Kind, float]]:
    """Find the weights that tell the posts best while they stay near the start.

    Args:
        posts: What to learn from; their order makes no difference that matters.
        start: The weights to begin with, of every rule that speaks in the posts.
        hold: How many posts hold a weight; more than 0.
        only: Ids of the rules that may change; None for all.

    Returns:
        The weights of every rule in `start`, not rounded, each within what a rule may weigh.
    """
    spoken = sorted({rule for post in posts for rule in (*post.plain, *post.flipped)})
    free = [rule for rule in spoken if only is None or rule in only]
    places = {rule: place * len(_KINDS) for place, rule in enumerate(free)}
    begin = [start[rule].get(kind, 0.0) for rule in free for kind in _KINDS]
    compiled = _compile(posts, start, places)

    def cost(weights: Vector) -> tuple[float, Vector]:
        return _cost(compiled, weights, begin, hold)

    found = lowest(cost, begin, _CLOSE * hold)
    learned = {rule: dict(weights) for rule, weights in start.items()}
    for rule, place in places.items():
        for offset, kind in enumerate(_KINDS):
            learned[rule][kind] = max(-MAX_WEIGHT, min(MAX_WEIGHT, found[place + offset]))
    return learned


class _Row(NamedTuple):
    """A post for the innermost loop.

    Attributes:
        kind: Place of its label among the kinds.
        share: How much it counts.
        fixed: What the rules that may not change add, by kind.
        plain: Where the weights of a rule that may change begin, and its factor.
        flipped: The same for rules whose praise counts as complaint.
    """

    kind: int
    share: float
    fixed: tuple[float, float, float, float]
    plain: tuple[tuple[int, float], ...]
    flipped: tuple[tuple[int, float], ...]


def _compile(posts: Sequence[Example], start: Weights, places: Mapping[str, int]) -> list[_Row]:
    many = Counter(post.kind for post in posts)
    shares = {kind: sqrt(len(posts) / (len(_KINDS) * number)) for kind, number in many.items()}
    return [
        _Row(
            kind=_KINDS.index(post.kind),
            share=shares[post.kind],
            fixed=_fixed(post, start, places),
            plain=_free(post.plain, places),
            flipped=_free(post.flipped, places),
        )
        for post in posts
    ]


def _free(factors: Mapping[str, float], places: Mapping[str, int]) -> tuple[tuple[int, float], ...]:
    return tuple((places[rule], factor) for rule, factor in factors.items() if rule in places)


def _fixed(
    post: Example, start: Weights, places: Mapping[str, int]
) -> tuple[float, float, float, float]:
    sums = dict.fromkeys(_KINDS, 0.0)
    for rule, factor in post.plain.items():
        if rule not in places:
            for kind, weight in start[rule].items():
                sums[kind] += weight * factor
    for rule, factor in post.flipped.items():
        if rule not in places:
            sums[Kind.COMPLAINT] += start[rule].get(Kind.PRAISE, 0.0) * factor
    complaint, question, other, praise = sums.values()
    return complaint, question, other, praise


def _cost(
    posts: Sequence[_Row], weights: Vector, begin: Vector, hold: float
) -> tuple[float, Vector]:
    """What weights cost, and the slope there: surprise at the labels, and the way from the start.

    The four kinds are written out, since this loop is where the time goes.
    """
    away = [weight - first for weight, first in zip(weights, begin, strict=True)]
    cost = hold / 2 * sum(value * value for value in away)
    slope = [hold * value for value in away]
    for kind, share, fixed, plain, flipped in posts:
        a, b, c, d = fixed
        for at, factor in plain:
            a += weights[at] * factor
            b += weights[at + 1] * factor
            c += weights[at + 2] * factor
            d += weights[at + 3] * factor
        for at, factor in flipped:
            a += weights[at + _PRAISE] * factor
        top = max(a, b, c, d)
        right = (a, b, c, d)[kind] - top
        parts = [exp(a - top), exp(b - top), exp(c - top), exp(d - top)]
        whole = sum(parts)
        cost += share * (log(whole) - right)
        errors = [share * part / whole for part in parts]
        errors[kind] -= share
        a, b, c, d = errors
        for at, factor in plain:
            slope[at] += a * factor
            slope[at + 1] += b * factor
            slope[at + 2] += c * factor
            slope[at + 3] += d * factor
        for at, factor in flipped:
            slope[at + _PRAISE] += a * factor
    return cost, slope


def _in_steps(weight: float) -> float:
    return round(weight, 1) + 0.0  # which makes 0 of -0


def rounded(weights: Weights) -> dict[str, dict[Kind, float]]:
    """Weights as they are written: in steps, without what says nothing."""
    return {
        rule: {
            kind: _in_steps(by_kind[kind]) for kind in _KINDS if abs(by_kind.get(kind, 0.0)) >= STEP
        }
        for rule, by_kind in weights.items()
    }


def changes(posts: Sequence[Example], start: Weights, learned: Weights) -> list[Change]:
    """What is worth changing: every weight that a step or more lies between, greatest first."""
    found = [
        Change(rule, kind, before, after, *_support(posts, rule, kind, up=after > before))
        for rule, by_kind in learned.items()
        for kind in _KINDS
        for before in [start[rule].get(kind, 0.0)]
        for after in [_in_steps(by_kind.get(kind, 0.0))]
        # A whisker less: 1.3 - 1.2 is less than 0.1 to a computer.
        if abs(after - before) > STEP - _CLOSE
    ]
    found.sort(key=lambda c: (-abs(c.after - c.before), c.rule, _KINDS.index(c.kind)))
    return found


def _support(posts: Sequence[Example], rule: str, kind: Kind, *, up: bool) -> tuple[int, int]:
    agree = among = 0
    for post in posts:
        plain = rule in post.plain
        flipped = rule in post.flipped
        if not plain and not (flipped and kind is Kind.PRAISE):
            continue
        among += 1
        asked = (plain and post.kind is kind) or (flipped and post.kind is Kind.COMPLAINT)
        agree += asked == up
    return agree, among


def applied(start: Weights, proposed: Iterable[Change]) -> dict[str, dict[Kind, float]]:
    """The start with changes made, and everything else as it is."""
    weights = {rule: dict(by_kind) for rule, by_kind in start.items()}
    for change in proposed:
        weights[change.rule][change.kind] = change.after
        if not change.after:
            del weights[change.rule][change.kind]
    return weights


def cross_validate(
    posts: Sequence[Labelled],
    seen: Sequence[Example],
    start: Weights,
    now: Judge,
    make: Callable[[Weights], Judge],
    hold: float = HOLD,
    only: Collection[str] | None = None,
    folds: int = FOLDS,
) -> list[Compared]:
    """Judge each post by weights that were learned without it, and by the present ones.

    Args:
        posts: The labelled posts.
        seen: The same, as the engine sees them.
        start: The present weights.
        now: The engine as it is.
        make: Makes an engine with other weights.
        hold: As in `learn`.
        only: As in `learn`.
        folds: Into how many parts the posts are divided; the same text is in one part only.
    """
    compared: list[Compared] = []
    for fold in range(folds):
        known = [example for example in seen if example.key % folds != fold]
        unknown = [post for post, e in zip(posts, seen, strict=True) if e.key % folds == fold]
        if not unknown:
            continue
        learned = learn(known, start, hold, only)
        engine = make(applied(start, changes(known, start, learned)))
        compared += [
            Compared(
                post.kind,
                now.judge(post.text, post.lang).kind,
                engine.judge(post.text, post.lang).kind,
            )
            for post in unknown
        ]
    return compared
