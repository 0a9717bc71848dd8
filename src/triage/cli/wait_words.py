"""How a wait stands or ended, in words."""

from __future__ import annotations

from triage.core.model import WaitState
from triage.core.queue import Sla, Waiting, short_span, sla_words
from triage.core.records import WaitView


def state_of(wait: WaitView | None, now: int) -> str:
    """Such as `overdue 3h12m`, or `answered after 1h05m, met`."""
    if wait is None:
        return "no wait"
    if wait.state is not WaitState.OPEN:
        return _ended(wait)
    thin = Waiting(
        wait.id,
        0,
        wait.kind,
        0,
        wait.opened_at,
        wait.due_at,
        wait.warn_at,
        wait.needs_answer,
        wait.hold,
    )
    sla = thin.sla(now)
    return "no answer needed" if sla is Sla.NONE else sla_words(sla, wait.due_at, now)


def _ended(wait: WaitView) -> str:
    after = short_span((wait.ended_at or wait.opened_at) - wait.opened_at)
    words = f"{wait.state.value} after {after}"
    if wait.is_met is not None:
        words += ", met" if wait.is_met else ", missed"
    if wait.close_reason is not None:
        words += f" ({wait.close_reason.value})"
    return words
