"""`triage store`: what the store stands on, whether it is of this version, and making it so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from triage import __version__
from triage.cli import narrate, output, store_grants, store_move
from triage.cli.context import globals_of
from triage.cli.exits import Exit
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.output import Column, Format
from triage.cli.store_words import listed, way_in_words
from triage.core.media import size_words

if TYPE_CHECKING:
    # Only what is asked about a store loads what opens it.
    from triage.store.status import Facts


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="See what the store stands on, and bring it up to date.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples("triage store status", "triage store upgrade"),
    )
    command(
        group,
        "status",
        epilog=examples("triage store status", "triage store status --exit-code || echo upgrade"),
    )(status)
    command(
        group,
        "upgrade",
        epilog=examples(
            "triage store upgrade",
            "triage store upgrade --db 'postgresql://triage_owner@db.acme.example/triage'",
        ),
    )(upgrade)
    store_grants.add_to(group)
    store_move.add_to(group)
    app.add_typer(group, name="store")


def status(
    context: typer.Context,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 3 if it lacks an upgrade.")
    ] = False,
) -> None:
    """Show engine, user, way, version of the schema, clock and size; nothing is changed."""
    from triage.store.status import facts

    flags = globals_of(context)
    found = facts(flags.app.store_place)
    form = flags.form()
    if form is Format.JSON:
        output.document([_item(found)])
    elif form is Format.TERMINAL:
        _show(found)
    else:
        columns: list[Column[tuple[str, Any]]] = [
            Column("name", lambda pair: pair[0]),
            Column("value", lambda pair: pair[1]),
        ]
        output.rows(_pairs(found), columns, form)
    if exit_code and found.missing:
        raise typer.Exit(Exit.CONDITION)


def upgrade(context: typer.Context) -> None:
    """Run the migrations that the store lacks; a file is copied beside itself before.

    A store on a server is never upgraded by itself: its owner runs this once, before the others
    use a new version. It may run beside them, and twice at once.
    """
    from triage.store.status import upgrade as run

    flags = globals_of(context)
    app = flags.app
    place, name = app.store_place, app.located.places.store_name
    done = run(place)
    if flags.as_json:
        output.document([{"migration": each} for each in done], store=name)
        return
    output.lines(done)
    if not done:
        narrate.say(f"{name} is up to date.")
        return
    narrate.say(f"{name} is up to date now.")
    if isinstance(place, Path):
        narrate.say(f"As it was: {place}.before-upgrade")


def _item(found: Facts) -> dict[str, Any]:
    return {
        "engine": found.engine,
        "version": found.version,
        "store": found.label,
        "database": found.database,
        "user": found.user,
        "may_upgrade": found.may_upgrade,
        "lacks_rights": list(found.lacks_rights),
        "is_near": found.is_near,
        "tls": found.tls,
        "sslmode": found.sslmode,
        "is_writable": found.is_writable,
        "encoding": found.encoding,
        "migrations": list(found.present) if found.is_told else None,
        "missing": list(found.missing),
        "newer": list(found.newer),
        "min_client": found.min_client,
        "client": __version__,
        "clock_ahead_s": None if found.skew is None else found.skew / 1000,
        "bytes": found.bytes,
        "tables": [{"name": t.name, "rows": t.rows, "bytes": t.bytes} for t in found.tables],
    }


def _pairs(found: Facts) -> list[tuple[str, Any]]:
    """The same as lines of name and value; a table's value are its rows."""
    item = _item(found)
    tables = item.pop("tables")
    pairs = [(k, " ".join(v) if isinstance(v, list) else v) for k, v in item.items()]
    return [*pairs, *((f"rows.{table['name']}", table["rows"]) for table in tables)]


def _show(found: Facts) -> None:
    rows = [
        ("store", found.label),
        ("engine", f"{found.engine} {found.version}, {found.encoding}"),
        ("user", _user(found)),
        ("way", way_in_words(found)),
        ("schema", _schema(found)),
        ("clients", f"{found.min_client} or newer; this is {__version__}"),
        ("clock", _clock(found.skew)),
        ("size", size_words(found.bytes)),
    ]
    without = {"user", "way", "clock"} if found.user is None else set()
    if found.min_client is None:
        without.add("clients")
    for name, text in rows:
        if name not in without:
            output.line(f"{name:<8}{text}")
    if found.tables:
        output.line()
    for table in found.tables:
        count = "not yours to read" if table.rows is None else f"{table.rows:,} rows"
        taken = "" if table.bytes is None else size_words(table.bytes)
        output.line(f"  {table.name:<22}{count:>18}  {taken:>9}".rstrip())


def _user(found: Facts) -> str:
    may = "may upgrade it" if found.may_upgrade else "may not upgrade it"
    said = f"{found.user}, {may}"
    if not found.is_writable:
        said += "; nobody may write: it follows another server"
    if found.lacks_rights:
        said += f"; lacks rights on {listed(found.lacks_rights)}"
    return said


def _schema(found: Facts) -> str:
    if not found.is_told:
        return "not yours to read"
    if found.newer:
        return f"newer than this triage: it has {', '.join(found.newer)}"
    if found.missing:
        what = "none of triage yet" if not found.present else f"lacks {', '.join(found.missing)}"
        return f"{what}; triage store upgrade"
    return f"up to date, {len(found.present)} migrations"


def _clock(skew: int | None) -> str:
    return (
        ""
        if skew is None
        else f"the server's is {abs(skew) / 1000:.1f} s "
        + ("ahead of ours" if skew >= 0 else "behind ours")
    )
