"""The migrations by name, in the order in which they run; they only go forward.

Facts: `message`, `message_version`, `payload`, `activity` with `hold`, `attribute`, `said_theme`
and `claim_before`, `reply`, `event` with `event_post`, `action` with `told`, and who wrote
(`customer`), with `note`, `promise`, `promise_outcome` and `customer_link`. Verdicts, which can be
computed again: `verdict`, `conversation`, `wait`, `person`, `assignment`;
`former_verdict` keeps those that ended waits were judged by. Marks of what was done: `checkpoint`,
`gap`, `rate_limit`, `unjudged`, `search_mark`, `run`, `alert`, `delivery`, `forgotten` with
`tombstone`, and of what was asked of channels: `usage`, `usage_seen`, `rate_taken`, `rate_told`.

What a migration does is read by whoever migrates, and by nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from triage.store.engine import Engine

APPLICATION_ID = 0x74726961
"""`tria`: marks a SQLite file as ours."""


def m001_first_tables(engine: Engine) -> None:
    """Create everything that the first version needs."""
    from triage.store.schema import FACTS, MARKS, OUTBOX, SEARCH, VERDICTS, VIEWS, run, statements

    run(engine, FACTS, VERDICTS, OUTBOX, MARKS)
    for statement in statements(SEARCH[engine.dialect]):
        engine.execute(statement)
    run(engine, VIEWS)


def m002_confidence_and_priority(engine: Engine) -> None:
    """Keep how sure a verdict is, and why a mention cannot wait."""
    from triage.store.migration_002 import migrate

    migrate(engine)


def m003_clock(engine: Engine) -> None:
    """Keep which policy promised what, holds, notes on customers, and alerts."""
    from triage.store.migration_003 import migrate

    migrate(engine)


def m004_trust(engine: Engine) -> None:
    """Keep schedules, threads and media of replies, claims, what reading costs, and edits."""
    from triage.store.migration_004 import migrate

    migrate(engine)


def m005_server(engine: Engine) -> None:
    """Keep what a store on a server needs: who was signed in, and pictures."""
    from triage.store.migration_005 import migrate

    migrate(engine)


def m006_reports(engine: Engine) -> None:
    """Keep what leads to the waits and messages of a period."""
    from triage.store.migration_006 import migrate

    migrate(engine)


def m007_report_views(engine: Engine) -> None:
    """Show what reports are made of to whoever reads the file."""
    from triage.store.migration_007 import migrate

    migrate(engine)


def m008_customers(engine: Engine) -> None:
    """Keep what is remembered of people: notes, promises, and who is the same person."""
    from triage.store.migration_008 import migrate

    migrate(engine)


def m009_team(engine: Engine) -> None:
    """Keep whose a conversation is, and what taking an act back needs to know."""
    from triage.store.migration_009 import migrate

    migrate(engine)


def m010_events(engine: Engine) -> None:
    """Keep events, and which replies count down to them."""
    from triage.store.migration_010 import migrate

    migrate(engine)


def m011_actions(engine: Engine) -> None:
    """Keep what was done about themes, whom that is told, and what agents say of themes."""
    from triage.store.migration_011 import migrate

    migrate(engine)


def m012_privacy(engine: Engine) -> None:
    """Keep who was forgotten, and what keeps them from coming back."""
    from triage.store.migration_012 import migrate

    migrate(engine)


MIGRATIONS: Sequence[tuple[str, Callable[[Engine], None]]] = (
    ("m001_first_tables", m001_first_tables),
    ("m002_confidence_and_priority", m002_confidence_and_priority),
    ("m003_clock", m003_clock),
    ("m004_trust", m004_trust),
    ("m005_server", m005_server),
    ("m006_reports", m006_reports),
    ("m007_report_views", m007_report_views),
    ("m008_customers", m008_customers),
    ("m009_team", m009_team),
    ("m010_events", m010_events),
    ("m011_actions", m011_actions),
    ("m012_privacy", m012_privacy),
)
"""In order. A name, once released, is never changed or taken out."""
