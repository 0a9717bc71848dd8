"""`triage log`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from triage.bootstrap import App
from triage.cli import narrate, output, times
from triage.cli.acts import find
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import Csv, examples
from triage.cli.output import Column, Format, iso
from triage.core.records import Activity

_ON_A_SCREEN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "log",
        epilog=examples("triage log 41", "triage log -L 100", "triage log --csv > acts.csv"),
    )(log)


def log(
    context: typer.Context,
    reference: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="A conversation's id, or a post's id or URL."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-L", min=1, help="The newest so many; 20 on a terminal."),
    ] = None,
    csv: Csv = False,
) -> None:
    """Show who did what, oldest first: of one conversation, or of all."""
    flags = globals_of(context)
    app = flags.app
    form = flags.form(as_csv=csv)
    number = None if reference is None else find(flags, reference).id
    acts = _acts(app, number, limit or (_ON_A_SCREEN if form is Format.TERMINAL else None))
    if form is Format.TERMINAL:
        judge = app.store.settings.current()
        times.set_zone(judge.settings.time_zone if judge else "UTC")
        with output.paged():
            output.rows(acts, _columns(app.now()), form)
        if not acts:
            narrate.say("Nobody has done anything yet.")
    else:
        output.rows(acts, _columns(app.now()), form)


def _acts(app: App, number: int | None, limit: int | None) -> Sequence[Activity]:
    if number is not None or not app.only_accounts:
        return app.store.activity.log(app.brand_id, number, limit)
    ours = {a.id for a in app.accounts()}
    acts = [
        act
        for act in app.store.activity.log(app.brand_id, None, None)
        if _account_id(app, act) in ours
    ]
    return acts[-limit:] if limit else acts


def _account_id(app: App, act: Activity) -> int | None:
    if act.conversation_id is None:
        return None
    found = app.store.reading.conversation(act.conversation_id)
    return found.account_id if found else None


def _columns(now: int) -> list[Column[Activity]]:
    return [
        Column("id", lambda a: a.id),
        Column("acted_at", lambda a: iso(a.at), "WHEN", lambda a: times.day_time(a.at, now)),
        Column("agent", lambda a: a.agent, "WHO"),
        Column(
            "conversation",
            lambda a: a.conversation_id,
            "ID",
            lambda a: str(a.conversation_id or ""),
            right=True,
        ),
        Column("what", lambda a: a.what, "DID", _words, wide=True),
        Column("before", lambda a: a.before),
        Column("after", lambda a: a.after),
        Column("detail", lambda a: a.detail),
        Column("db_user", lambda a: a.db_user),
    ]


def _words(act: Activity) -> str:
    if act.what == "note" and act.before is act.after is None:
        # What it was is not kept any more.
        return f"note, {act.detail}" if act.detail else "note"
    if act.what == "note":
        said = f"{act.detail} = {act.after}" if act.after else f"{act.detail} taken back"
        return f"note, {said}" + (f" (was {act.before})" if act.before else "")
    change = " to ".join(part for part in (act.before, act.after) if part)
    return act.what + "".join(f", {part}" for part in (change, act.detail) if part)
