"""`triage db`: where the database is, copying it, and whether it is sound."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from triage.cli import narrate, output
from triage.cli.context import app_of, globals_of
from triage.cli.exits import Exit
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.retention import retention
from triage.errors import Refused, StoreError, UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Find, copy and check the database, and let go what is old.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples("triage db check", "triage db backup"),
    )
    command(group, "path", epilog=examples("triage db path", 'datasette "$(triage db path)"'))(path)
    command(
        group,
        "backup",
        epilog=examples("triage db backup", "triage db backup /mnt/usb/triage.db"),
    )(backup)
    command(group, "check", epilog=examples("triage db check", "triage db check --json"))(check)
    command(
        group,
        "retention",
        epilog=examples("triage db retention", "triage db retention --apply"),
    )(retention)
    command(
        group,
        "datasette",
        epilog=examples(
            "triage db datasette metadata.json",
            'datasette "$(triage db path)" -m metadata.json',
        ),
    )(datasette)
    app.add_typer(group, name="db")


def path(context: typer.Context) -> None:
    """Print where the database is, whether or not it is there yet; never a password."""
    flags = globals_of(context)
    places = flags.app.located.places
    if flags.as_json:
        # Nobody is asked about what is on a server.
        exists = None if places.url else places.db.exists()
        output.document([{"path": places.store_name, "exists": exists}])
    else:
        output.line(places.store_name)


def backup(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(metavar="TARGET", help="A file; by default beside the database."),
    ] = None,
) -> None:
    """Copy the database while it may be in use; the copy is whole and only yours to read.

    A database on a server is copied there, with pg_dump: docs/postgresql.md.
    """
    flags = globals_of(context)
    app = flags.app
    source = app.located.places.db
    if app.located.places.url:
        raise Refused(
            "The database is on a server, and is not copied from here.",
            reason="PostgreSQL has its own tool, which knows roles and sequences as well.",
            hint=f"Copy it: pg_dump -Fc -f triage.dump '{app.located.places.store_name}'",
        )
    stamp = datetime.fromtimestamp(app.now() / 1000, UTC)
    copy = Path(target) if target else source.with_name(f"{source.name}.{stamp:%Y%m%dT%H%M%SZ}")
    if copy.is_dir():
        copy /= f"{source.name}.{stamp:%Y%m%dT%H%M%SZ}"
    if not copy.parent.is_dir():
        raise UsageError(f"There is no folder {copy.parent}.", hint="Name a file in one that is.")
    if copy.resolve() == source.resolve():
        raise UsageError("A database is no backup of itself.", hint="Name another file.")
    try:
        app.store.backup(copy)
    except OSError as error:
        raise StoreError(
            f"The backup {copy} cannot be written.",
            reason=f"{error.strerror}.",
            hint="Name another place.",
        ) from error
    if flags.as_json:
        output.document([{"path": str(copy), "bytes": copy.stat().st_size}])
    else:
        output.line(str(copy))


def check(context: typer.Context) -> None:
    """Look at every page, every reference and the search index; migrate an older file first.

    A server looks after its pages itself; there the indexes and the search index are looked at.
    """
    flags = globals_of(context)
    app = app_of(context)
    name = app.located.places.store_name
    if app.located.places.db.exists():
        app.create_store()
    store = app.store
    problems = store.problems()
    behind = store.unindexed()
    if flags.as_json:
        output.document(problems, path=name, unindexed=behind)
    else:
        for problem in problems:
            output.line(problem)
        if behind:
            narrate.say(f"{behind} messages are not searchable yet; the next fetch adds them.")
        if not problems:
            narrate.say(f"{name} is sound.")
    if problems:
        raise typer.Exit(Exit.FAILED)


def datasette(
    context: typer.Context,
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="Where to; by default stdout.")
    ] = None,
) -> None:
    """Write the metadata with which Datasette shows the queue, the waits and what reports count.

    Datasette is a program of its own (pip install datasette) that shows a SQLite file in a browser:
    titles, facets and some questions to start from are in this file. It shows all that customers
    wrote to whoever reaches it, so leave it on this computer, as it is by default.
    """
    import json

    flags = globals_of(context)
    app = flags.app
    place = app.store_place
    if isinstance(place, str):
        raise Refused(
            "The database is on a server, and Datasette shows files.",
            reason="Tools for PostgreSQL show it: tables and views are those of docs/store.md.",
            hint="See docs/postgresql.md.",
        )
    found = app.store.datasette(place.stem)
    if file is None or file == "-":
        output.line(json.dumps(found, indent=2), cleaned=True)
        return
    from triage.config.writing import write_private

    path = Path(file)
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.", hint="Name a file in one that is.")
    write_private(path, f"{json.dumps(found, indent=2)}\n", force=True)
    if flags.as_json:
        output.document([{"path": str(path)}])
    else:
        output.line(str(path))
    narrate.say(f"Look at it: datasette {shlex.quote(str(place))} -m {shlex.quote(str(path))}")
