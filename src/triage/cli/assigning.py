"""`triage assign`: whose a conversation is, and handing it over with a reason."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.app import assigning
from triage.bootstrap import App
from triage.cli import narrate, times
from triage.cli.acts import Told, each
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import Ids, examples
from triage.cli.output import iso
from triage.cli.sending import program
from triage.core.records import ConversationView
from triage.core.team import Assignment
from triage.errors import UsageError

ME, NONE = "me", "none"


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "assign",
        epilog=examples(
            "triage assign 41 me",
            'triage assign 41 bo -m "knows the carrier"',
            "triage queue --of ana | triage assign - bo",
        ),
    )(assign)


def roster(app: App) -> set[str]:
    """Who works here by what is said on this computer: `agents`, and whoever sits here."""
    data = app.located.raw.data if app.located.raw else {}
    told = app.settings_file.model.agents if "agents" in data else ()
    return {app.agent, *told}


def meant(app: App, who: str, *, new: bool = False) -> str | None:
    """Whom a person means by a name, `me` or `none`.

    Raises:
        UsageError: It cannot be a name.
        NotFound: Nobody of this name is known.
    """
    if who == NONE:
        return None
    if who == ME:
        return app.agent
    if new:
        return assigning.check_name(who)
    return assigning.find_agent(app.store, app.brand_id, who, roster(app), app.now())


def assign(
    context: typer.Context,
    reference: Ids,
    who: Annotated[str, typer.Argument(metavar="WHO", help="A name, me, or none for nobody.")],
    reason: Annotated[
        str, typer.Option("--note", "-m", metavar="REASON", help="Why; whoever gets it reads it.")
    ] = "",
    new: Annotated[
        bool, typer.Option("--new", help="WHO has done nothing here yet; the name is right.")
    ] = False,
) -> None:
    """Give a conversation to somebody: it stays theirs, also when the customer writes again.

    `triage queue --mine` lists what is yours, and `triage claim` gives you that first. Anybody may
    still answer; who answers is credited.
    """
    flags = globals_of(context)
    app = flags.app
    to = meant(app, who, new=new)
    if new and to is None:
        raise UsageError("--new needs a name.", hint="Leave it out.")

    def act(talk: ConversationView) -> Told:
        done = assigning.assign(app.store, talk, to, app.agent, app.now(), reason.strip())
        item: dict[str, object] = {"assigned": done.after, "before": done.before}
        if not done.is_news:
            return Told(item, f"#{talk.id} is {_whose(app, to)} already.")
        was = f"; it was {_whose(app, done.before)}" if done.before is not None else ""
        return Told(
            item,
            f"#{talk.id} is {_whose(app, to)} now{was}.",
            f"{program(app)} undo {talk.id}",
        )

    each(flags, reference, act)


def _whose(app: App, agent: str | None) -> str:
    if agent is None:
        return "nobody's"
    return "yours" if agent == app.agent else f"{agent}'s"


def assignment_item(assignment: Assignment | None) -> dict[str, object] | None:
    """Whose a conversation is, for JSON."""
    if assignment is None:
        return None
    return {
        "agent": assignment.agent,
        "by": assignment.by,
        "assigned_at": iso(assignment.at),
        "reason": assignment.reason,
    }


def told_words(assignment: Assignment, now: int) -> str:
    """Such as `assigned to bo by ana, Fri 11:48: knows the carrier`; the zone must be set."""
    by = "" if assignment.by == assignment.agent else f" by {assignment.by}"
    why = f": {assignment.reason}" if assignment.reason else ""
    return f"assigned to {assignment.agent}{by}, {times.day_time(assignment.at, now)}{why}"


def tell_whose(app: App, talk: ConversationView) -> None:
    """Say to whoever begins to answer that somebody else looks after this customer."""
    found = app.store.team.assignment(talk.id)
    if found is not None and found.agent != app.agent:
        why = f" ({found.by}: {found.reason})" if found.reason else ""
        narrate.say(f"#{talk.id} is assigned to {found.agent}{why}.")
