"""Filling the target of a move: rows in batches, pictures, counters, and the search index.

Each step sees what is there already, so a move that was killed goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from triage.store.engine import Engine, Lite, Row
from triage.store.moving_counters import read_counters, write_counters
from triage.store.moving_pictures import Pictures
from triage.store.moving_tables import META, Table, batches, count_rows, last_key


class Tell(Protocol):
    """Told what is being done, how much of it is, and how much there is."""

    def __call__(self, what: str, done: int, total: int, /) -> None:
        """Say so."""
        ...


def copy(source: Engine, target: Engine, tables: Sequence[Table], tell: Tell, size: int) -> None:
    """Copy all that is not there yet, holding `size` rows at once."""
    with target.bulk():
        for table in tables:
            if table.name == META:
                _copy_marks(source, target, table)
            else:
                _copy_table(source, target, table, tell, size)
        for table in tables:
            _fill_forward(source, target, table, size)
    pictures, there = Pictures(source), Pictures(target)
    present = set(there.names())
    for name in pictures.names():
        if name not in present:
            there.keep(name, pictures.read(name))
    with target.tx():
        write_counters(target, read_counters(source, tables))
    _index(target, tell, size)


def _copy_table(source: Engine, target: Engine, table: Table, tell: Tell, size: int) -> None:
    total, done = count_rows(source, table), count_rows(target, table)
    tell(table.name, done, total)
    for rows in batches(source, table, size, last_key(target, table)):
        with target.tx():
            _insert(target, table, _without_forward(table, rows))
        done += len(rows)
        tell(table.name, done, total)


def _copy_marks(source: Engine, target: Engine, table: Table) -> None:
    rows = [row for batch in batches(source, table, 1_000) for row in batch]
    with target.tx():
        there = [{"key": row[0]} for batch in batches(target, table, 1_000) for row in batch]
        target.many("DELETE FROM meta WHERE key = :key", there)
        _insert(target, table, rows)


def _insert(target: Engine, table: Table, rows: Sequence[Row]) -> None:
    if isinstance(target, Lite):
        target.insert(table.name, [f'"{column}"' for column in table.columns], rows)
    else:
        from triage.store.moving_pg import copy_in

        copy_in(target, table, rows)


def _without_forward(table: Table, rows: Sequence[Row]) -> Sequence[Row]:
    """A row may refer to one of its table that comes later: that is filled in when it is there."""
    places = [table.columns.index(column) for column in table.forward]
    if not places:
        return rows
    return [
        tuple(None if i in places and value is not None else value for i, value in enumerate(row))
        for row in rows
    ]


def _fill_forward(source: Engine, target: Engine, table: Table, size: int) -> None:
    for column in table.forward:
        key = table.key[0]
        after = -1
        while rows := source.query(
            f"SELECT {key}, {column} FROM {table.name} WHERE {column} IS NOT NULL "
            f"AND {key} > :after ORDER BY {key} LIMIT :size",
            {"after": after, "size": size},
        ):
            with target.tx():
                target.many(
                    f"UPDATE {table.name} SET {column} = :value WHERE {key} = :id",
                    [{"id": number, "value": value} for number, value in rows],
                )
            after = rows[-1][0]


def _index(target: Engine, tell: Tell, size: int) -> None:
    search = target.search
    total, done = search.unindexed(), 0
    while True:
        tell("search", done, total)
        with target.tx():
            count = search.index(size)
        if not count:
            return
        done += count
