"""`triage store grants`: the rights of a team on its database, as SQL."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import examples


def add_to(group: typer.Typer) -> None:
    """Add the command to `triage store`."""
    command(
        group,
        "grants",
        epilog=examples(
            "triage store grants | psql -X -v ON_ERROR_STOP=1 -d triage",
            "triage store grants --agent support --reader dashboards > grants.sql",
        ),
    )(grants)


def grants(
    context: typer.Context,
    owner: Annotated[
        str, typer.Option(metavar="ROLE", help="Who upgrades the store.")
    ] = "triage_owner",
    agent: Annotated[
        str, typer.Option(metavar="ROLE", help="What people who answer are in.")
    ] = "triage_agent",
    reader: Annotated[
        str, typer.Option(metavar="ROLE", help="What dashboards are in.")
    ] = "triage_reader",
) -> None:
    """Print the SQL that makes the roles of a team on a PostgreSQL store; nothing is run.

    Agents work with the rows and change no table; a reader sees the views. Run it once as a
    superuser, and again as the owner after each `triage store upgrade`.
    """
    from triage.store.grants import grants as sql

    flags = globals_of(context)
    text = sql(owner, agent, reader)
    if flags.as_json:
        output.document([{"sql": text, "owner": owner, "agent": agent, "reader": reader}])
        return
    output.raw(text)
    if output.stdout_is_terminal():
        narrate.say("Nothing was run: give it to psql, as its first lines say.")
