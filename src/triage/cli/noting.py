"""`triage note`, and the commands of `triage customer` that write something down of somebody."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.app import remembering
from triage.app.noting import whom_of
from triage.bootstrap import App
from triage.cli import narrate, output, times
from triage.cli.acts import find
from triage.cli.context import Globals, globals_of
from triage.cli.main import command
from triage.cli.naming import MOST_ID, Who, Words, handle_of, named, words_of
from triage.cli.options import Id, examples
from triage.cli.output import Column, iso
from triage.cli.sending import program
from triage.core.people import Note, Whom, reference_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "note",
        epilog=examples(
            'triage note 41 "asked the carrier; they call back"',
            "pbpaste | triage note 41 -",
        ),
    )(note)


def note(context: typer.Context, reference: Id, text: Words) -> None:
    """Write something down about a conversation, for whoever answers it; it is never public.

    `show` has it, and so has what is known of the customer. What holds wherever they write is
    better noted of them: triage customer note.
    """
    flags = globals_of(context)
    app = flags.app
    whom = whom_of(app.store, find(flags, reference))
    words = words_of(text)
    about = remembering.OF_CONVERSATION
    made = remembering.remark(app.store, whom, words, app.agent, app.now(), about=about)
    _tell(flags, made, f"Note {made.id} is on #{whom.conversation_id}.", whom)


def customer_note(context: typer.Context, who: Who, text: Words) -> None:
    """Write something down about a customer, for whoever answers them next; it is never public."""
    flags = globals_of(context)
    app = flags.app
    whom = named(app, who)
    made = remembering.remark(app.store, whom, words_of(text), app.agent, app.now())
    _tell(flags, made, f"Note {made.id} is on {handle_of(whom)}.", whom)


def unnote(
    context: typer.Context,
    number: Annotated[
        int, typer.Argument(metavar="NOTE", min=1, max=MOST_ID, help="A note's number.")
    ],
) -> None:
    """Take a note back, whoever wrote it; the log keeps that it was there."""
    flags = globals_of(context)
    app = flags.app
    gone = remembering.take_note_back(app.store, app.brand_id, number, app.agent, app.now())
    if flags.as_json:
        output.document([{**note_item(gone), "taken_back": True}])
    narrate.say(f"Note {number} is taken back.")


def _tell(flags: Globals, made: Note, words: str, whom: Whom) -> None:
    if flags.as_json:
        output.document([note_item(made)])
    elif not output.stdout_is_terminal():
        output.rows([made], note_columns(), flags.form())
    narrate.say_beside(words, f"see: {program(flags.app)} customer {whom.reference}")


def note_item(note: Note) -> dict[str, object]:
    """A note for JSON."""
    return {column.key: column.value(note) for column in note_columns()}


def note_columns() -> list[Column[Note]]:
    """A note as data."""
    return [
        Column("id", lambda n: n.id),
        Column("written_at", lambda n: iso(n.at)),
        Column("agent", lambda n: n.agent),
        Column("about", lambda n: n.about),
        Column("customer_id", lambda n: reference_of(n.customer_id)),
        Column("conversation", lambda n: n.conversation_id),
        Column("text", lambda n: n.text),
    ]


def note_row(app: App, note: Note, here: int | None = None) -> list[str]:
    """A note for a screen: when, who, what, and where that is not the conversation at hand."""
    about = ""
    if note.about == remembering.OF_CONVERSATION and note.conversation_id != here:
        about = f"  (on #{note.conversation_id})"
    return [
        f"note {note.id}",
        times.day_time(note.at, app.now()),
        note.agent,
        f"{note.text}{about}",
    ]
