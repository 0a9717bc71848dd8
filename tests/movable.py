"""Stores to be moved: rows in every table, whatever tables there are, and odd texts in them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from triage.store.engine import Lite
from triage.store.moving_open import Where, opened
from triage.store.moving_sums import lines
from triage.store.moving_tables import META, Table, tables
from triage.store.store import SqlStore

ODD_TEXTS = (
    "",
    "NULL",
    "\\N",
    "\\.",
    "\\",
    "a\tb",
    "a\nb\r\nc",
    "\x01\x08\x0b\x1f\x7f\x85",
    'it\'s "quoted" `so` $1 %s %(x)s :name {int}',
    "👨‍👩‍👧‍👦 \U0001d518 \U0010ffff",
    "e\u0301 é \ufeff\u202e\ufffd\ufffe",
    " both ends ",
    "0",
    "-0.0",
)
ODD_NUMBERS = (0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
ODD_TIMES = (0, 1, -1, 2**53 + 1, -(2**53))
"""Indexes hold spans between them, which must be numbers too."""
ODD_REALS = (0.0, -0.0, 0.1, 1 / 3, 1e-300, 1.7976931348623157e308, 5e-324, 1e16, 2.0)
Pick = Callable[[tuple[object, ...]], object]
"""Chooses one of several values."""


def fill(where: Path, pick: Pick, rows: int) -> None:
    """Write rows into every table of a file: each refers to what is there, and is odd elsewhere.

    The first one of a table refers to its last one, where they do.
    """
    store = SqlStore.open(where, create=True)
    engine = store.engine
    assert isinstance(engine, Lite)
    for table in tables(engine):
        for number in range(rows):
            _write(engine, table, pick, number)
        for column in table.forward:
            engine.execute(_TO_THE_LAST.format(table=table.name, column=column))
    store.close()


def _write(engine: Lite, table: Table, pick: Pick, number: int) -> None:
    about = {"table": table.name}
    refers = {
        column: _ALL.format(column=to, table=other)
        for other, column, to in engine.query(_REFERENCES, about)
    }
    row: list[object] = []
    for name, kind, is_needed, in_key in engine.query(_COLUMNS, about):
        values: tuple[object, ...]
        if name in refers:
            values = tuple(v for (v,) in engine.query(refers[name]))
        elif name == "id":
            values = (number * 3 + 1,)
        elif table.name == META and name == "key":
            values = (f"mark {number}",)
        elif name.endswith("_at"):
            values = ODD_TIMES
        else:
            values = {"INTEGER": ODD_NUMBERS, "REAL": ODD_REALS, "TEXT": ODD_TEXTS}[kind]
            # A number tells rows apart where there are more of them than odd texts.
            values = (*values, f"{number}") if kind == "TEXT" else values
        if not is_needed and not in_key:
            values = (*values, *(None,) * (1 + len(values) // 3))
        if not values:
            return
        row.append(pick(values))
    engine.insert(table.name, [f'"{c}"' for c in table.columns], [tuple(row)], _BESIDE)


_BESIDE = "ON CONFLICT DO NOTHING"
_ALL = 'SELECT DISTINCT "{column}" FROM {table}'
_COLUMNS = 'SELECT name, type, "notnull", pk FROM pragma_table_info(:table)'
_REFERENCES = 'SELECT "table", "from", "to" FROM pragma_foreign_key_list(:table)'
_TO_THE_LAST = """
UPDATE {table} SET {column} = (SELECT max(id) FROM {table})
WHERE id = (SELECT min(id) FROM {table})
"""


def filled(where: Path, seed: int = 1, rows: int = 4) -> Path:
    """A file with rows in every table, always the same ones."""
    chance = random.Random(seed)  # noqa: S311 - it is to come again
    fill(where, chance.choice, rows)
    return where


def dump(where: Where) -> str:
    """Every row that is moved, as it is summed up: byte for byte what a store holds."""
    with opened(where) as engine:
        return "".join(
            f"{table.name} {line}\n"
            for table in sorted(tables(engine), key=lambda t: t.name)
            for batch in lines(engine, table, 1_000)
            for line in batch
        )
