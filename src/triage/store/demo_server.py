"""The demo's store on a server: made in a database that holds nothing, and thrown away again.

What is not marked as a demo is never touched.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from triage.errors import Refused
from triage.store.opening_pg import applied, connect, upgrade
from triage.store.settings import SettingsStore

if TYPE_CHECKING:
    from triage.store.pg import Pg

MARK = "demo"
"""In `meta`: everything in this schema was made up."""
_RELATIONS = """
SELECT count(*) FROM pg_class
WHERE relnamespace = to_regnamespace(quote_ident(current_schema()))
    AND relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_OURS = """
SELECT CASE WHEN relkind = 'v' THEN 'VIEW ' ELSE 'TABLE ' END || CAST(CAST(oid AS regclass) AS TEXT)
FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema()))
    AND relkind IN ('r', 'p', 'v')
UNION ALL
SELECT 'FUNCTION ' || CAST(CAST(oid AS regprocedure) AS TEXT) FROM pg_proc
WHERE pronamespace = to_regnamespace(quote_ident(current_schema()))
    AND prorettype = CAST('trigger' AS regtype)
ORDER BY 1
"""


def make(url: str) -> None:
    """Make the tables of a demo, and mark them.

    Raises:
        Refused: The database holds something already.
        StoreUnavailable: It cannot be reached.
    """
    engine, has_tables = connect(url)
    with closing(engine):
        _refuse_what_is_held(engine, has_tables=has_tables)
    upgrade(url)
    engine, _ = connect(url)
    with closing(engine), engine.tx():
        SettingsStore(engine).put(MARK, "1")


def throw_away(url: str) -> None:
    """Drop all that a demo made, if that is what the database holds.

    Raises:
        Refused: It holds something else.
        StoreUnavailable: It cannot be reached.
    """
    engine, has_tables = connect(url)
    with closing(engine), engine.tx():
        if not _is_demo(engine, has_tables=has_tables):
            _refuse_what_is_held(engine, has_tables=has_tables)
            return
        for (what,) in engine.query(_OURS):
            kind, _, name = what.partition(" ")
            engine.execute(f"DROP {kind} IF EXISTS {name} CASCADE")


def _is_demo(engine: Pg, *, has_tables: bool) -> bool:
    if not has_tables or not applied(engine):
        return False
    return SettingsStore(engine).get(MARK) is not None


def _refuse_what_is_held(engine: Pg, *, has_tables: bool) -> None:
    if _is_demo(engine, has_tables=has_tables):
        raise Refused(
            f"The database {engine.label} holds a demo already.",
            reason="Somebody may be trying it.",
            hint="Throw it away and start anew: triage demo --reset --store ...",
        )
    is_made = has_tables and bool(applied(engine))
    # Tables of ours without a brand: nobody has worked with them.
    query = "SELECT count(*) FROM brand" if is_made else _RELATIONS
    if engine.query(query)[0][0]:
        raise Refused(
            f"The database {engine.label} holds something else than a demo.",
            reason="It is left as it is.",
            hint="Name an empty one; make it with createdb.",
        )
