"""The counters that ids come from: an id that a person typed is never given out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.store.engine import Engine, Lite
from triage.store.moving_tables import Table


def read_counters(engine: Engine, tables: Sequence[Table]) -> dict[str, int]:
    """The highest id that was ever given out, by table."""
    counted = [table for table in tables if table.counted]
    if isinstance(engine, Lite):
        known: dict[str, int] = dict(engine.query("SELECT name, seq FROM sqlite_sequence"))
        return {table.name: int(known.get(table.name, 0)) for table in counted}
    return {
        table.name: max(_of_server(engine, table), _highest(engine, table)) for table in counted
    }


def write_counters(engine: Engine, counters: Mapping[str, int]) -> None:
    """Go on behind these ids; call it inside a transaction."""
    for name, value in counters.items():
        values = {"name": name, "value": value}
        if isinstance(engine, Lite):
            engine.execute("DELETE FROM sqlite_sequence WHERE name = :name", {"name": name})
            if value:
                engine.execute("INSERT INTO sqlite_sequence VALUES (:name, :value)", values)
        elif value:
            engine.query("SELECT setval(pg_get_serial_sequence(:name, 'id'), :value)", values)


def _of_server(engine: Engine, table: Table) -> int:
    sequence = engine.query("SELECT pg_get_serial_sequence(:name, 'id')", {"name": table.name})[0][
        0
    ]
    last, is_called = engine.query(f"SELECT last_value, is_called FROM {sequence}")[0]
    return int(last) if is_called == 1 else int(last) - 1


def _highest(engine: Engine, table: Table) -> int:
    """Who writes rows with ids of their own does not move a server's counter."""
    return int(engine.query(f"SELECT coalesce(max(id), 0) FROM {table.name}")[0][0])
