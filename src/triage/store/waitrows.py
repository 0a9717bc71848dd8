"""Waits as rows, and rows as waits."""

from __future__ import annotations

from collections.abc import Mapping

from triage.core.holds import HoldState
from triage.core.kinds import Kind, WaitState, priority_class
from triage.core.waits import Wait
from triage.store.engine import Row

NAMES = Wait._fields
"""The columns that are a wait's own fields, under their names."""

COLUMNS = ("brand_id", "account_id", "conversation_id", "priority", "is_met", *NAMES)
"""What `wait_row` gives."""

_KINDS = {kind.value: kind for kind in Kind}
_STATES = {state.value: state for state in WaitState}
HOLDS: Mapping[str | None, HoldState | None] = {
    None: None,
    **{state.value: state for state in HoldState},
}
"""States of hold by the word in a row."""


def wait_of(row: Row) -> Wait:
    """Make a wait of its `NAMES`."""
    kind, needs, state, outside = _KINDS[row[5]], row[6] == 1, _STATES[row[10]], row[16] == 1
    rest = (*row[11:16], outside, *row[17:21], HOLDS[row[21]], *row[22:])
    return Wait._make((*row[:5], kind, needs, *row[7:10], state, *rest))


def wait_row(brand_id: int, account_id: int | None, conversation_id: int, wait: Wait) -> Row:
    """The values of `COLUMNS`."""
    met = wait.is_met
    return (
        brand_id,
        account_id,
        conversation_id,
        priority_class(wait.urgency),
        None if met is None else int(met),
        *wait[:5],
        wait.kind.value,
        int(wait.needs_answer),
        *wait[7:10],
        wait.state.value,
        *wait[11:16],
        int(wait.outside),
        *wait[17:21],
        None if wait.hold is None else wait.hold.value,
        *wait[22:],
    )
