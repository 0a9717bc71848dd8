"""Naming a customer on the command line, and reading what is to be written down of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from triage.app.naming import find_whom
from triage.app.profile import zone_for
from triage.bootstrap import App
from triage.cli import times
from triage.core.people import Whom
from triage.core.text import one_line, storable
from triage.errors import UsageError

Who = Annotated[
    str,
    typer.Argument(
        metavar="WHO",
        help="@handle, a customer's id (c12), a conversation's id, a post's or profile's URL.",
    ),
]
Words = Annotated[
    list[str], typer.Argument(metavar="TEXT", help="What is to be written down; - for stdin.")
]
MOST_ID = 1 << 62
"""No id of a store is greater, and no database takes a much greater number."""
_MOST_BYTES = 100_000


def named(app: App, reference: str) -> Whom:
    """Whom an agent named; times are shown in the zone of whoever answers them from here on."""
    whom = find_whom(app.store, app.brand_id, reference)
    times.set_zone(zone_for(app.store, whom))
    return whom


def handle_of(whom: Whom) -> str:
    """Their name for a sentence."""
    return f"@{one_line(whom.handle)}" if whom.handle else whom.reference


def words_of(text: Sequence[str]) -> str:
    """What is to be written down, from the command line or standard input.

    Raises:
        UsageError: It is not UTF-8, or too much, or standard input is closed.
    """
    given = " ".join(text)
    if given == "-":
        return _from_stdin()
    if given != storable(given):
        raise UsageError("The TEXT is not UTF-8.", hint="Set a UTF-8 locale, or use - for stdin.")
    return given


def _from_stdin() -> str:
    if sys.stdin is None:
        raise UsageError("Standard input is closed.", hint="Write the TEXT instead of -.")
    try:
        return storable(sys.stdin.read(_MOST_BYTES))
    except UnicodeDecodeError as error:
        raise UsageError("What came in is not UTF-8 text.", hint="Save it as UTF-8.") from error
