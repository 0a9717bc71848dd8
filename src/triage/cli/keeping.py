"""What a fetch does besides: it finishes what was begun, and lets go what is older than told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from triage.cli import narrate
from triage.errors import TriageError

if TYPE_CHECKING:
    from triage.app.checking import Finding
    from triage.bootstrap import App


def forget_to_the_end(app: App) -> None:
    """Finish forgetting, before anything new comes in. Trouble with it is told, and no more."""
    try:
        _finish_forgetting(app)
    except TriageError as error:
        narrate.warn(f"A customer is not forgotten to the end yet: {error.message} {error.reason}")


def keep_house(app: App) -> None:
    """Apply the age limits. Trouble with it is told, and no more."""
    try:
        _let_go(app)
    except TriageError as error:
        narrate.warn(f"What is older than its limit stays for now: {error.message} {error.reason}")


def _finish_forgetting(app: App) -> None:
    # Asked first: almost always there is nothing, and nothing is loaded for it.
    if not app.store.privacy.unfinished(app.brand_id):
        return
    from triage.app.forgetting import carry_on_all
    from triage.cli.privacy import privacy_of

    for one in carry_on_all(privacy_of(app), app.brand_id):
        if one.done_at is not None:
            narrate.say(f"forgotten-{one.customer_id} is forgotten to the end now.")
        else:
            narrate.say(
                f"forgotten-{one.customer_id}: another program has the database open; the next "
                "fetch wipes what is left."
            )


def _let_go(app: App) -> None:
    """Apply the limits of the configuration, once a day."""
    from triage.app.retention import AT_ONCE, is_due, let_go

    limits = app.settings_file.retention.limits
    if not is_due(app.store, app.brand_id, limits, app.now()):
        return
    store, keeps = app.store, app.store.retention
    for one in let_go(store, keeps, app.brand_id, limits, app.agent, app.now(), AT_ONCE):
        narrate.say(f"{one.rows} {one.data.value} were older than they are kept: let go.")


def findings(app: App) -> Iterator[Finding]:
    """Whether somebody is forgotten in part; nothing where all is well."""
    from triage.app.checking import Finding, Health

    try:
        if not app.has_store:
            return
        begun = app.store.privacy.unfinished(app.brand_id)
    except TriageError:
        return  # said by the line on the database
    if begun:
        names = ", ".join(f"forgotten-{one.customer_id}" for one in begun)
        who = "by the owner of the tables" if not app.store.privacy.may_erase() else "by a fetch"
        yield Finding(
            Health.WARN,
            "privacy",
            f"Not forgotten to the end: {names}. Words may still stand in the files.",
            f"It is finished {who}: triage fetch",
        )
