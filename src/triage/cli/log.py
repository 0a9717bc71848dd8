"""`triage log`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import typer

from triage.bootstrap import App
from triage.cli import narrate, output, times
from triage.cli.acts import find
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import Csv, examples, span
from triage.cli.output import Column, Format, iso
from triage.core.records import Activity
from triage.core.undoing import UNDO
from triage.errors import UsageError

_ON_A_SCREEN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "log",
        epilog=examples(
            "triage log 41",
            "triage log --by ana --since 8h",
            "triage log --by me --what close --since 10m | cut -f4 | triage undo - -y --what close",
            "triage log --csv > acts.csv",
        ),
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
    by: Annotated[
        str | None, typer.Option("--by", metavar="WHO", help="What somebody did: a name, or me.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help='Since then: 8h, today, 2026-11-28, "yesterday 9:00".'),
    ] = None,
    what: Annotated[
        list[str] | None,
        typer.Option("--what", metavar="ACT", help="Such as close or assign; repeatable."),
    ] = None,
    csv: Csv = False,
) -> None:
    """Show who did what, oldest first: of one conversation, or of all."""
    flags = globals_of(context)
    app = flags.app
    form = flags.form(as_csv=csv)
    number = None if reference is None else find(flags, reference).id
    judge = app.store.settings.current()
    zone = judge.settings.time_zone if judge else "UTC"
    wanted = _Wanted(
        number,
        app.agent if by == "me" else by,
        None if since is None else _since(since, app.now(), zone),
        tuple(what or ()),
    )
    most = _ON_A_SCREEN if form is Format.TERMINAL and since is None else None
    acts = _acts(app, wanted, limit or most)
    if form is Format.TERMINAL:
        times.set_zone(zone)
        with output.paged():
            output.rows(acts, _columns(app.now()), form)
        if not acts:
            nobody = "Nobody has done anything yet."
            narrate.say("Nobody did anything like that." if wanted.is_narrow else nobody)
    else:
        output.rows(acts, _columns(app.now()), form)


class _Wanted(NamedTuple):
    """Which acts to show; each condition may be left out."""

    number: int | None
    by: str | None
    since: int | None
    what: tuple[str, ...]

    @property
    def is_narrow(self) -> bool:
        """Whether more is asked than a conversation."""
        return self.by is not None or self.since is not None or bool(self.what)


def _since(text: str, now: int, zone: str) -> int:
    """A span before now, or a moment, in UTC ms. Raises `UsageError`."""
    from triage.core.until import MOMENTS, parse_moment

    plain = text.strip()
    try:
        return now - span(plain, "--since")
    except UsageError:
        if plain[:1].isdigit() and plain[-1:].isalpha() and " " not in plain and "T" not in plain:
            raise
    try:
        at = parse_moment(plain, now, zone)
    except UsageError as error:
        error.hint = f"Write a span such as 8h. Or: {MOMENTS}"
        raise
    if at > now:
        raise UsageError("--since is in the future.", hint="Name a time that is past.")
    return at


def _acts(app: App, wanted: _Wanted, limit: int | None) -> Sequence[Activity]:
    def read(most: int | None) -> list[Activity]:
        return app.store.activity.log(
            app.brand_id,
            wanted.number,
            most,
            by=wanted.by,
            since=wanted.since,
            what=wanted.what,
        )

    if wanted.number is not None or not app.only_accounts:
        return read(limit)
    ours = {a.id for a in app.accounts()}
    acts = [act for act in read(None) if _account_id(app, act) in ours]
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
    if act.what in ("link", "unlink"):
        return f"{act.what}, {act.detail} is {act.after or f'not {act.before}'}"
    if act.what == "assign":
        given = f"{act.before or 'nobody'} to {act.after or 'nobody'}"
        return f"assign, {given}" + (f", {act.detail}" if act.detail else "")
    if act.voids_id is not None and act.what == UNDO:
        return f"undo of {act.detail}" + (f", {act.before}" if act.before else "")
    change = " to ".join(part for part in (act.before, act.after) if part)
    return act.what + "".join(f", {part}" for part in (change, act.detail) if part)
