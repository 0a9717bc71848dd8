"""Sending alerts, for `fetch` and `alert`: one run at a time, and never in the way of a fetch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from triage.cli import narrate
from triage.errors import Busy, StoreBusy, TriageError

if TYPE_CHECKING:
    from triage.app.alerting import Delivered
    from triage.bootstrap import App
    from triage.core.alerts import AlertOptions
    from triage.core.digest import Target


def options_of(app: App) -> AlertOptions:
    """Of what people want to be told, as the configuration says it."""
    from triage.core.alerts import AlertOptions
    from triage.core.digest import AlertLevel

    table = app.settings_file.alerts
    return AlertOptions(
        frozenset(map(AlertLevel, table.levels)), table.repeat_every, table.repeat_at_most
    )


def send(app: App, targets: Sequence[Target]) -> list[Delivered]:
    """Deliver what is due.

    Raises:
        Busy: Another run is at it.
    """
    from triage.app.alerting import send_alerts

    with app.lock("alert"):
        return send_alerts(
            app.store, app.brand_id, app.brand_name, targets, options_of(app), app.now()
        )


def send_after_fetch(app: App) -> None:
    """Deliver what is due; whatever is wrong with it is told and stops nothing.

    A target that cannot be reached has it again with the next fetch.
    """
    try:
        table = app.settings_file.alerts
        if not table.targets and not table.alert_command:
            return
        for one in send(app, app.alert_targets()):
            if one.problem is not None:
                narrate.warn(
                    f"Alerts to {one.target} did not arrive, and are tried again with the next "
                    f"fetch: {one.problem.reason or one.problem.message}"
                )
            else:
                narrate.say(f"{count(len(one.lines))} to {one.target}.")
    except StoreBusy as error:
        narrate.warn(f"Alerts were not sent: {error.message}")
    except Busy:
        return  # whoever is at it delivers the same
    except TriageError as error:
        narrate.warn(f"Alerts were not sent: {error.message}")


def count(many: int) -> str:
    """So many alerts."""
    return "1 alert" if many == 1 else f"{many} alerts"
