"""Covering arrays: few rows in which every two values of every two columns stand together."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
_Pair = tuple[int, int, int, int]
"""Column and value, and another column and value; as numbers."""


def covering(columns: Mapping[str, Sequence[T]], chance: random.Random) -> list[dict[str, T]]:
    """Give rows that cover all pairs, by putting each row together greedily.

    Args:
        columns: The values of each column.
        chance: Decides between values that are as good.
    """
    names = list(columns)
    sizes = [len(columns[name]) for name in names]
    missing: set[_Pair] = {
        (a, x, b, y)
        for a, b in itertools.combinations(range(len(names)), 2)
        for x in range(sizes[a])
        for y in range(sizes[b])
    }
    rows = []
    while missing:
        a, x, b, y = min(missing)
        row = {a: x, b: y}
        rest = [column for column in range(len(names)) if column not in row]
        chance.shuffle(rest)
        for column in rest:
            row[column] = _best(column, sizes[column], row, missing, chance)
        missing -= set(_pairs(row))
        rows.append({names[column]: columns[names[column]][row[column]] for column in sorted(row)})
    return rows


def _best(
    column: int, size: int, row: Mapping[int, int], missing: set[_Pair], chance: random.Random
) -> int:
    def gain(value: int) -> int:
        return sum(pair in missing for pair in _pairs_with(column, value, row))

    values = list(range(size))
    chance.shuffle(values)
    return max(values, key=gain)


def _pairs_with(column: int, value: int, row: Mapping[int, int]) -> list[_Pair]:
    return [
        (other, chosen, column, value) if other < column else (column, value, other, chosen)
        for other, chosen in row.items()
    ]


def _pairs(row: Mapping[int, int]) -> list[_Pair]:
    return [(a, row[a], b, row[b]) for a, b in itertools.combinations(sorted(row), 2)]
