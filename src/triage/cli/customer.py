"""`triage customer`: what is noted of a customer, for policies to ask; and who is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from triage.app.noting import note_all
from triage.cli import narrate, output
from triage.cli.acts import find
from triage.cli.context import Globals, globals_of
from triage.cli.groups import subcommand
from triage.cli.options import Id, examples
from triage.cli.output import Column
from triage.cli.privacy import register_in
from triage.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = typer.Typer(
        help="Note what policies and people are to know of a customer, or forget them.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples(
            "triage customer set 41 vip=yes",
            "triage customer unset 41 vip",
            "triage customer forget @ana --dry-run",
        ),
    )
    add = subcommand(made)
    add("set", examples("triage customer set 41 vip=yes", "triage customer set 41 order=8841"))(
        set_
    )
    add("unset", examples("triage customer unset 41 vip", "triage customer unset 41 vip order"))(
        unset
    )
    register_in(add)
    app.add_typer(made, name="customer")


def set_(
    context: typer.Context,
    reference: Id,
    pairs: Annotated[list[str], typer.Argument(metavar="KEY=VALUE", help="Such as vip=yes.")],
) -> None:
    """Note something of the customer of a conversation; what waits of theirs is judged by it."""
    noted: list[tuple[str, str | None]] = []
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise UsageError(f"{pair[:40]!r}: not KEY=VALUE.", hint="Write it like vip=yes.")
        noted.append((key.strip().lower(), value.strip()))
    _note(globals_of(context), reference, noted)


def unset(
    context: typer.Context,
    reference: Id,
    keys: Annotated[list[str], typer.Argument(metavar="KEY", help="Such as vip.")],
) -> None:
    """Take back what was noted."""
    _note(globals_of(context), reference, [(key.strip().lower(), None) for key in keys])


def _note(flags: Globals, reference: str, noted: Sequence[tuple[str, str | None]]) -> None:
    app = flags.app
    talk = find(flags, reference)
    all_before = note_all(app.store, talk, noted, app.agent, app.now(), app.tagger_for)
    for (key, value), before in zip(noted, all_before, strict=True):
        was = "" if before is None else " already" if before == value else f" (was {before})"
        words = f"{key} = {value}{was}" if value is not None else f"{key} is taken back{was}"
        narrate.say(f"@{talk.customer}: {words}")
    known = app.store.activity.attributes(talk.customer_id)
    if flags.as_json:
        output.document([{"customer": talk.customer, "attributes": known}])
        return
    columns: list[Column[tuple[str, str]]] = [
        Column("key", lambda pair: pair[0]),
        Column("value", lambda pair: pair[1]),
    ]
    if not output.stdout_is_terminal():
        output.rows(list(known.items()), columns, flags.form())
