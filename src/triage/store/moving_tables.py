"""The tables of a store as its schema tells them, and reading their rows in the order of keys.

Nobody lists what is to be moved: a table that a later migration makes is found by itself. What is
left out stands here with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from triage.errors import StoreError
from triage.store.engine import Engine, Row
from triage.store.moving_marks import OWN

META = "meta"
PICTURES = "picture"
LEFT_OUT: Mapping[str, str] = {
    "message_fts": "the search index is made anew, of the messages",
    "search_mark": "how far the search index is, which is made anew",
    "picture": "pictures are copied as what they are there: files, or rows",
    "_sqlite_migrations": "what was done to the tables of that file",
    "triage_migration": "what was done to the tables of that database",
}
"""Tables that are not copied row by row. `meta` keeps the marks that are about one store alone."""

_OF_SQLITE = "sqlite_"
"""How SQLite's own tables begin: counters are carried over, statistics are made anew."""

_COLUMNS = {
    "sqlite": """
SELECT t.name, c.name, c.pk, t.name IN (SELECT s.name FROM sqlite_master s
    WHERE s.type = 'table' AND instr(upper(s.sql), 'AUTOINCREMENT') > 0)
FROM pragma_table_list t JOIN pragma_table_info(t.name) c
WHERE t.schema = 'main' AND t.type = 'table' ORDER BY t.name, c.cid
""",
    "postgresql": """
SELECT c.relname, a.attname,
    coalesce(array_position(CAST(i.indkey AS int2[]), a.attnum) + 1, 0),
    EXISTS (SELECT 1 FROM pg_attribute n WHERE n.attrelid = c.oid AND n.attidentity <> '')
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = to_regnamespace(quote_ident(current_schema()))
ORDER BY CAST(c.relname AS TEXT) COLLATE "C", a.attnum
""",
}
_REFERENCES = {
    "sqlite": """
SELECT t.name, f."table", f."from"
FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) f
WHERE t.schema = 'main' AND t.type = 'table' ORDER BY t.name, f.id, f.seq
""",
    "postgresql": """
SELECT c.relname, r.relname, a.attname
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE k.contype = 'f' ORDER BY 1, 2, 3
""",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows are copied.

    Attributes:
        name: Its name.
        columns: All of them.
        key: Its primary key: the order in which rows are read.
        refers: Other tables that its rows refer to.
        forward: Columns that refer to rows of the table itself, perhaps to later ones.
        counted: Its ids come from a counter.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    refers: frozenset[str]
    forward: tuple[str, ...]
    counted: bool

    @property
    def key_places(self) -> tuple[int, ...]:
        """Where the key stands in a row."""
        return tuple(self.columns.index(name) for name in self.key)


def tables(engine: Engine) -> list[Table]:
    """Every table that is copied; one comes behind those that it refers to."""
    columns: dict[str, list[Row]] = {}
    for name, *column in engine.query(_COLUMNS[engine.dialect]):
        if name not in LEFT_OUT and not name.startswith(_OF_SQLITE):
            columns.setdefault(name, []).append(tuple(column))
    references: dict[str, list[Row]] = {name: [] for name in columns}
    for name, other, column in engine.query(_REFERENCES[engine.dialect]):
        if name in columns:
            references[name].append((other, column))
    made = {name: _table(name, columns[name], references[name]) for name in columns}
    order = TopologicalSorter({name: sorted(made[name].refers) for name in sorted(made)})
    return [made[name] for name in order.static_order()]


def _table(name: str, columns: list[Row], references: list[Row]) -> Table:
    key = sorted((place, column) for column, place, _ in columns if place)
    return Table(
        name=name,
        columns=tuple(column for column, _, _ in columns),
        key=tuple(column for _, column in key),
        refers=frozenset(other for other, _ in references if other != name),
        forward=tuple(sorted({column for other, column in references if other == name})),
        counted=any(counted == 1 for _, _, counted in columns),
    )


def refuse_unlike(source: Engine, target: Engine) -> list[Table]:
    """The tables of the source, if the target has the same ones.

    Raises:
        StoreError: One of them has a table or a column that the other lacks, or one without a key.
    """
    there = {table.name: table for table in tables(target)}
    found = tables(source)
    for table in found:
        other = there.get(table.name)
        if other is None or set(other.columns) != set(table.columns) or not table.key:
            raise StoreError(
                f"The table {table.name} of {source.label} cannot be moved.",
                reason="It is none of triage, or not the same in the other store.",
                hint=f"Copy it elsewhere and drop it, if you made it: DROP TABLE {table.name}.",
            )
    return found


def last_key(engine: Engine, table: Table) -> Row | None:
    """The key of the last row; None if there is none."""
    order = ", ".join(f"{_quoted(column)} DESC" for column in table.key)
    rows = engine.query(f"SELECT {_names(table.key)} FROM {table.name} ORDER BY {order} LIMIT 1")
    return rows[0] if rows else None


def batches(
    engine: Engine, table: Table, size: int, after: Row | None = None
) -> Iterator[list[Row]]:
    """Read the rows behind a key, in the order of their keys, holding few at once."""
    head = f"SELECT {_names(table.columns)} FROM {table.name}"
    tail = f"ORDER BY {_names(table.key)} LIMIT :size"
    marks = ", ".join(f":k{i}" for i in range(len(table.key)))
    behind = f"WHERE ({_names(table.key)}) > ({marks})"
    while True:
        where = "" if after is None else behind
        params = {f"k{i}": value for i, value in enumerate(after or ())}
        rows = engine.query(f"{head} {where} {tail}", {**params, "size": size})
        if not rows:
            return
        after = tuple(rows[-1][place] for place in table.key_places)
        yield [row for row in rows if not row[0].startswith(OWN)] if table.name == META else rows


def count_rows(engine: Engine, table: Table) -> int:
    """How many rows it has; of `meta` those that are moved."""
    if table.name == META:
        return sum(map(len, batches(engine, table, 1_000)))
    return int(engine.query(f"SELECT count(*) FROM {table.name}")[0][0])


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(map(_quoted, columns))


def _quoted(name: str) -> str:
    return f'"{name}"'
