"""Find the lowest point of a smooth bowl, such as what a set of weights costs: L-BFGS.

Plain Python and deterministic. The bowl must be strictly convex, as a penalty on the distance
from a point makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum
from operator import mul
from typing import NamedTuple

Vector = list[float]
Bowl = Callable[[Vector], tuple[float, Vector]]
"""The height at a point, and the slope there."""

_REMEMBERED = 8
"""So many steps tell how the bowl is bent."""
_STEPS = 200
_ENOUGH = 1e-4
"""A step must lower the height by this share of what the slope promises."""
_SHORTEST = 1e-10


class _Step(NamedTuple):
    """A step that was taken: how far, what it did to the slope, and the two multiplied."""

    moved: Vector
    turned: Vector
    product: float


def lowest(bowl: Bowl, start: Sequence[float], flat: float) -> Vector:
    """Go down from a start until no part of the slope is steeper than `flat`."""
    at = list(start)
    height, slope = bowl(at)
    steps: list[_Step] = []
    for _ in range(_STEPS):
        if max(map(abs, slope), default=0.0) <= flat:
            break
        way = _way_down(slope, steps)
        found = _walk(bowl, at, height, slope, way)
        if found is None:
            break
        beyond, height, slope_there = found
        moved = [b - a for a, b in zip(at, beyond, strict=True)]
        turned = [b - a for a, b in zip(slope, slope_there, strict=True)]
        at, slope = beyond, slope_there
        product = _dot(moved, turned)
        if product > 0:
            steps = [*steps, _Step(moved, turned, product)][-_REMEMBERED:]
    return at


def _dot(one: Vector, other: Vector) -> float:
    return fsum(map(mul, one, other))


def _way_down(slope: Vector, steps: Sequence[_Step]) -> Vector:
    """The slope turned around and bent by what the last steps taught (two-loop recursion)."""
    way = [-value for value in slope]
    shares: list[float] = []
    for moved, turned, product in reversed(steps):
        share = _dot(moved, way) / product
        shares.append(share)
        way = [value - share * turn for value, turn in zip(way, turned, strict=True)]
    # Before the first step nothing is known of the scale: go no further than 1 in any direction.
    scale = 1 / max(1.0, *map(abs, slope))
    if steps:
        scale = steps[-1].product / _dot(steps[-1].turned, steps[-1].turned)
    way = [value * scale for value in way]
    for (moved, turned, product), share in zip(steps, reversed(shares), strict=True):
        rest = share - _dot(turned, way) / product
        way = [value + rest * move for value, move in zip(way, moved, strict=True)]
    return way


def _walk(
    bowl: Bowl, at: Vector, height: float, slope: Vector, way: Vector
) -> tuple[Vector, float, Vector] | None:
    """Go the way, or half of it and so on, until it leads down; None if it never does."""
    promised = _dot(slope, way)
    length = 1.0
    while length > _SHORTEST:
        beyond = [value + length * step for value, step in zip(at, way, strict=True)]
        height_there, slope_there = bowl(beyond)
        if height_there <= height + _ENOUGH * length * promised:
            return beyond, height_there, slope_there
        length /= 2
    return None
