"""What came of an action, from what is stored."""

from __future__ import annotations

from triage.app.persons import who_is_who
from triage.core.action_ports import ActionStore
from triage.core.action_report import ActionReport, make_report, span_of
from triage.core.actions import Action
from triage.errors import Refused


def report_action(store: ActionStore, brand_id: int, action: Action, now: int) -> ActionReport:
    """Compare an action's theme before and after it was done, and tell who was told.

    Raises:
        Refused: It is not done: there is no before and no after.
    """
    if action.done_at is None or action.done_at > now:
        raise Refused(
            f"Action {action.id} is not done yet: there is no before and no after.",
            hint=f"When it is: triage action done {action.id}",
        )
    done_at, themes = action.done_at, store.themes
    who_is = who_is_who(store, brand_id)
    span = span_of(done_at, themes.first_at(brand_id), now)
    asked = themes.raised(brand_id, action.since_at, action.until(now), action.theme)
    return make_report(
        action,
        done_at,
        span,
        themes.raised(brand_id, done_at - span, done_at + span, action.theme),
        len({who_is(m.customer_id) for m in asked}),
        store.actions.told(action.id),
        store.actions.answers(action.id),
    )
