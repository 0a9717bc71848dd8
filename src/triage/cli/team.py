"""`triage team`: who has how much to do, who answered today, and who is idle."""

from __future__ import annotations

import typer

from triage.app.teaming import Team, load_team
from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.assigning import roster
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import Csv, examples
from triage.cli.output import Column, Format, iso
from triage.cli.sending import program
from triage.core.queue import rough_span
from triage.core.team import Member


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "team",
        epilog=examples(
            "triage team",
            "triage team --json | jq -r '.items[] | select(.idle).agent'",
            "triage queue --of ana",
        ),
    )(team)


def team(context: typer.Context, csv: Csv = False) -> None:
    """Show who has how much to do, what each answered today, and who is idle.

    OPEN is what is assigned to them and waits, LATE is what of it is overdue, AT is what they have
    claimed now, and LOAD is both, each conversation counted once. TODAY are the waits that an
    answer of theirs ended since midnight where the account is.
    """
    flags = globals_of(context)
    app = flags.app
    form = flags.form(as_csv=csv)
    now = app.now()
    found = load_team(
        app.store,
        app.brand_id,
        roster(app),
        now,
        app.accounts(),
        all_accounts=not app.only_accounts,
    )
    if form is Format.TERMINAL:
        output.line(_summary(found))
        output.line()
        output.rows(found.members, _columns(now), form)
        _hints(app, found)
    else:
        output.rows(found.members, _columns(now), form)


def _summary(found: Team) -> str:
    idle = sum(member.is_idle for member in found.members)
    mine = f"{found.unassigned} of them nobody's" if found.unassigned else "each is somebody's"
    return f"{found.waiting} waiting, {mine}; {idle} of {len(found.members)} idle"


def _columns(now: int) -> list[Column[Member]]:
    return [
        Column("agent", lambda m: m.agent, "WHO", wide=True),
        Column("assigned", lambda m: m.assigned, "OPEN", right=True),
        Column(
            "overdue",
            lambda m: m.overdue,
            "LATE",
            style=lambda m: "bold red" if m.overdue else "",
            right=True,
        ),
        Column("claimed", lambda m: m.claimed, "AT", right=True),
        Column("answered_today", lambda m: m.answered_today, "TODAY", right=True),
        Column("load", lambda m: m.load, "LOAD", right=True),
        Column("idle", lambda m: m.is_idle, "", lambda m: "idle" if m.is_idle else ""),
        Column(
            "last_act_at", lambda m: iso(m.last_at), "LAST ACT", lambda m: _seen(m, now), right=True
        ),
    ]


def _seen(member: Member, now: int) -> str:
    idle = "idle, " if member.is_idle else ""
    if member.last_at is None:
        return f"{idle}never seen"
    return f"{idle}{rough_span(now - member.last_at)} ago"


def _hints(app: App, found: Team) -> None:
    name = program(app)
    narrate.say()
    if found.nobody_at:
        narrate.say(f"nobody's: {name} queue --unassigned      next: {name} claim")
    else:
        narrate.say(f"whose: {name} queue --of WHO      hand over: {name} assign ID WHO -m REASON")
