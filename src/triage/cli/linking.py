"""The commands of `triage customer` that say who is the same person as whom."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.app import linking
from triage.app.linking import Joined
from triage.cli import narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.naming import Who, handle_of, named
from triage.cli.output import Column
from triage.cli.sending import program
from triage.core.people import Customer, reference_of
from triage.core.text import one_line

Other = Annotated[
    str, typer.Argument(metavar="OTHER", help="Who is the same person; named like WHO.")
]


def link(context: typer.Context, who: Who, other: Other) -> None:
    """Say that OTHER is the same person as WHO, on another channel or under another handle.

    What is noted of one counts for both, and their history is shown as one; messages, waits and
    replies stay where they are. What waits is judged again, what had ended is not. It can be taken
    back: triage customer unlink OTHER. `merge` is another name for it.
    """
    flags = globals_of(context)
    app = flags.app
    one, same = named(app, who), named(app, other)
    joined = linking.link(app.store, one, same, app.agent, app.now(), app.tagger_for)
    _show(flags, joined)
    narrate.say_beside(
        f"{handle_of(same)} and {handle_of(one)} are one person: {_names(joined)}.",
        f"back: {program(app)} customer unlink {reference_of(joined.linked_id)}",
    )


def unlink(context: typer.Context, who: Who) -> None:
    """Say that a customer is not the same person as whoever they were linked to.

    Each keeps what was noted of them. What waits is judged again, what had ended is not.
    """
    flags = globals_of(context)
    app = flags.app
    whom = named(app, who)
    left = linking.unlink(app.store, whom, app.agent, app.now(), app.tagger_for)
    own = linking.joined_of(app.store, whom.customer_id)
    if flags.as_json:
        output.document([_item(own), _item(left)])
    elif not output.stdout_is_terminal():
        output.rows([*own.members, *left.members], _columns(), flags.form())
    narrate.say_beside(
        f"{handle_of(whom)} is {_names(own)} again.",
        f"back: {program(app)} customer link {reference_of(left.main.id)} {whom.reference}",
    )


def _show(flags: Globals, joined: Joined) -> None:
    if flags.as_json:
        output.document([_item(joined)])
    elif not output.stdout_is_terminal():
        output.rows(joined.members, _columns(), flags.form())


def _item(joined: Joined) -> dict[str, object]:
    return {
        "id": reference_of(joined.main.id),
        "customers": [{c.key: c.value(member) for c in _columns()} for member in joined.members],
    }


def _columns() -> list[Column[Customer]]:
    return [
        Column("id", lambda c: reference_of(c.id)),
        Column("channel", lambda c: c.channel),
        Column("customer", lambda c: c.handle),
        Column("name", lambda c: c.name),
    ]


def _names(joined: Joined) -> str:
    return ", ".join(
        f"{reference_of(c.id)} (@{one_line(c.handle)} on {c.channel})" for c in joined.members
    )
