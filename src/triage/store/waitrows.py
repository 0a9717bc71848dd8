"""Waits as rows, and rows as waits."""

from __future__ import annotations

from triage.core.model import Kind, WaitState
from triage.core.waits import Wait
from triage.store.engine import Row

NAMES = (
    "opening_id",
    "last_id",
    "mentions",
    "opened_at",
    "fetched_at",
    "kind",
    "needs_answer",
    "due_at",
    "due_by",
    "warn_at",
    "state",
    "settings_id",
    "ended_at",
    "ended_by_message",
    "ended_by_activity",
    "agent",
    "outside",
)
"""The columns that are a wait's own fields, under their names."""

COLUMNS = ("brand_id", "account_id", "conversation_id", "priority", "is_met", *NAMES)
"""What `wait_row` gives."""


def wait_of(row: Row) -> Wait:
    """Make a wait of its `NAMES`."""
    values = dict(zip(NAMES, row, strict=True))
    values["kind"] = Kind(values["kind"])
    values["state"] = WaitState(values["state"])
    values["needs_answer"] = values["needs_answer"] == 1
    values["outside"] = values["outside"] == 1
    return Wait(**values)


def wait_row(brand_id: int, account_id: int | None, conversation_id: int, wait: Wait) -> Row:
    """The values of `COLUMNS`."""
    met = wait.is_met
    return (
        brand_id,
        account_id,
        conversation_id,
        0,
        None if met is None else int(met),
        wait.opening_id,
        wait.last_id,
        wait.mentions,
        wait.opened_at,
        wait.fetched_at,
        wait.kind.value,
        int(wait.needs_answer),
        wait.due_at,
        wait.due_by,
        wait.warn_at,
        wait.state.value,
        wait.settings_id,
        wait.ended_at,
        wait.ended_by_message,
        wait.ended_by_activity,
        wait.agent,
        int(wait.outside),
    )
