"""`triage db`: where the database is, copying it, and whether it is sound."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from triage.cli import narrate, output
from triage.cli.context import app_of, globals_of
from triage.cli.exits import Exit
from triage.cli.main import command
from triage.cli.options import examples
from triage.errors import StoreError, UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Find, copy and check the database.",
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
    app.add_typer(group, name="db")


def path(context: typer.Context) -> None:
    """Print where the database is, whether or not it is there yet."""
    flags = globals_of(context)
    place = flags.app.located.places.db
    if flags.as_json:
        output.document([{"path": str(place), "exists": place.exists()}])
    else:
        output.line(str(place))


def backup(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(metavar="TARGET", help="A file; by default beside the database."),
    ] = None,
) -> None:
    """Copy the database while it may be in use; the copy is whole and only yours to read."""
    flags = globals_of(context)
    app = flags.app
    source = app.located.places.db
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
    """Look at every page, every reference and the search index; migrate an older file first."""
    flags = globals_of(context)
    app = app_of(context)
    if app.located.places.db.exists():
        app.create_store()
    store = app.store
    problems = store.problems()
    behind = store.unindexed()
    if flags.as_json:
        output.document(problems, path=str(app.located.places.db), unindexed=behind)
    else:
        for problem in problems:
            output.line(problem)
        if behind:
            narrate.say(f"{behind} messages are not searchable yet; the next fetch adds them.")
        if not problems:
            narrate.say(f"{app.located.places.db} is sound.")
    if problems:
        raise typer.Exit(Exit.FAILED)
