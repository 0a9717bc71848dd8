"""Counts and checksums of a store, the same on every engine.

A table's checksum is the SHA-256 of its rows in the order of their keys, each as a JSON array on a
line of its own: whoever doubts one can write the same lines with another program.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from triage.store.engine import Engine, Row
from triage.store.moving_counters import read_counters
from triage.store.moving_pictures import Pictures
from triage.store.moving_tables import PICTURES, Table, batches

_ENCODE = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=lambda value: bytes(value).hex()
).encode
_MINUS_ZERO = "-0.0"


class Sum(NamedTuple):
    """What a table holds.

    Attributes:
        table: Its name.
        rows: How many.
        sha256: Of its rows; see the module.
        counter: The highest id that was ever given out; None where ids are not counted.
    """

    table: str
    rows: int
    sha256: str
    counter: int | None


def lines(engine: Engine, table: Table, size: int) -> Iterator[list[str]]:
    """The rows of a table as they are summed up, in batches."""
    for rows in batches(engine, table, size):
        yield [_line(row) for row in rows]


def sum_of(engine: Engine, table: Table, counter: int | None, size: int) -> Sum:
    """Sum up a table."""
    total, digest = 0, hashlib.sha256()
    for batch in lines(engine, table, size):
        total += len(batch)
        digest.update("".join(f"{line}\n" for line in batch).encode())
    return Sum(table.name, total, digest.hexdigest(), counter)


def sums(engine: Engine, tables: Sequence[Table], size: int) -> Iterator[Sum]:
    """Sum up tables, and the pictures of replies."""
    counters = read_counters(engine, tables)
    for table in tables:
        yield sum_of(engine, table, counters.get(table.name), size)
    yield _sum_of_pictures(Pictures(engine))


def _sum_of_pictures(pictures: Pictures) -> Sum:
    names, digest = pictures.names(), hashlib.sha256()
    for name in names:
        content = hashlib.sha256(pictures.read(name)).hexdigest()
        digest.update(f"{_ENCODE([name, content])}\n".encode())
    return Sum(PICTURES, len(names), digest.hexdigest(), None)


def _line(row: Row) -> str:
    line = _ENCODE(row)
    # SQLite knows no sign of zero.
    return _ENCODE([_unsigned(value) for value in row]) if _MINUS_ZERO in line else line


def _unsigned(value: Any) -> Any:  # noqa: ANN401 - what a column holds
    return value + 0.0 if isinstance(value, float) else value
