"""How long people wait for an answer, with those counted who still wait (Kaplan and Meier, 1958).

Whoever has no answer yet has waited so long at least: they are among those at risk up to there, and
no longer. So a brand that leaves people waiting does not look quicker for it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from operator import mul

_CLEARLY = 0.5 + 1e-6
"""A product of so many shares is off by less than that; what is nearer is worked out exactly."""


def median_wait(answered: Sequence[int], unanswered: Sequence[int]) -> int | None:
    """The time by which half have their answer.

    Between two times at which somebody stops waiting without an answer, the share of those who have
    none falls by the same step with each answer; so each such stretch is looked at once.

    Args:
        answered: How long each answer took, sorted.
        unanswered: How long each of the others waited: until now, or until the wait ended in
            another way; sorted.

    Returns:
        The least time at which the estimated share of those without an answer is a half or less;
        None if it never is.
    """
    at_risk = len(answered) + len(unanswered)
    left = 1.0
    parts: list[tuple[int, int]] = []
    done = 0
    for until, leaving in chain(_leaving(unanswered), [(None, 0)]):
        # Who stops waiting at the time of an answer was at risk of it.
        upto = len(answered) if until is None else bisect_right(answered, until, done)
        rest = at_risk - (upto - done)
        if upto > done:
            left *= rest / at_risk
            if left < _CLEARLY:
                needed = _answers_to_half(parts, at_risk)
                if needed <= upto - done:
                    return answered[done + needed - 1]
            parts.append((rest, at_risk))
        at_risk, done = rest - leaving, upto
    return None


def _leaving(unanswered: Iterable[int]) -> Iterator[tuple[int | None, int]]:
    """When somebody stops waiting without an answer, and how many at once."""
    for at, alike in groupby(unanswered):
        yield at, len(list(alike))


def _answers_to_half(parts: Sequence[tuple[int, int]], at_risk: int) -> int:
    """How many more answers make the share a half or less, exactly.

    Args:
        parts: What the share is a product of so far: how many were left, of how many.
        at_risk: How many wait.
    """
    above, below = _product(rest for rest, _ in parts), _product(many for _, many in parts)
    return max(1, at_risk - below * at_risk // (2 * above))


def _product(factors: Iterable[int]) -> int:
    """Of thousands of factors: multiplied in pairs, so that few products are long."""
    found = list(factors)
    while len(found) > 1:
        rest = found[-1:] if len(found) % 2 else []
        found = [*map(mul, found[0::2], found[1::2]), *rest]
    return found[0] if found else 1
