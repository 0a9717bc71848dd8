"""`triage search`."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.cli import narrate, output, times
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import Csv, examples
from triage.cli.output import Column, Format, iso
from triage.core.records import MessageView
from triage.errors import UsageError

_EVERYTHING = 1 << 31
_ON_A_SCREEN = 20
_KIND_FROM, _FROM_FROM = 54, 44
"""Terminal widths from which a column is shown; ID, WHEN and TEXT always are."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "search",
        epilog=examples(
            "triage search refund",
            "triage search never arrived -L 50",
            "triage search invoice --csv > invoices.csv",
        ),
    )(search)


def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORDS...", help="What was written.")],
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-L", min=1, help="At most so many; 20 on a terminal."),
    ] = None,
    csv: Csv = False,
) -> None:
    """Find messages, theirs and ours, that hold all the words; newest first.

    Case and accents make no difference, and the last word may go on: refund finds refunded.
    """
    flags = globals_of(context)
    app = flags.app
    form = flags.form(as_csv=csv)
    wanted = " ".join(words)
    if not wanted.strip():
        raise UsageError("There are no words to search for.", hint="triage search refund")
    most = limit or (_ON_A_SCREEN if form is Format.TERMINAL else _EVERYTHING)
    accounts = [a.id for a in app.accounts()] if app.only_accounts else []
    found = app.store.reading.search(app.brand_id, wanted, most, accounts)
    if form is Format.TERMINAL:
        judge = app.store.settings.current()
        times.set_zone(judge.settings.time_zone if judge else "UTC")
        with output.paged():
            output.rows(found, _columns(app.now()), form)
        _narrate(wanted, len(found), most, "triage --demo" if app.demo else "triage")
    else:
        output.rows(found, _columns(app.now()), form)


def _narrate(wanted: str, many: int, most: int, name: str) -> None:
    if not many:
        narrate.say(f"No message holds these words: {wanted}")
    elif many == most:
        narrate.say()
        narrate.say(f"There may be more: {name} search -L {most * 5} {wanted}")


def _columns(now: int) -> list[Column[MessageView]]:
    return [
        Column("id", lambda m: m.conversation_id, "ID", right=True),
        Column(
            "posted_at",
            lambda m: iso(m.posted_at),
            "WHEN",
            lambda m: times.day_time(m.posted_at, now),
        ),
        Column("author", lambda m: m.author, "FROM", lambda m: f"@{m.author}", at_least=_FROM_FROM),
        Column("role", lambda m: m.role.value),
        Column(
            "kind",
            lambda m: m.kind.value if m.kind else None,
            "KIND",
            lambda m: m.kind.value if m.kind else m.role.value,
            at_least=_KIND_FROM,
        ),
        Column("native_id", lambda m: m.native_id),
        Column("url", lambda m: m.url),
        Column("text", lambda m: m.text, "TEXT", wide=True),
    ]
