"""`triage customer`: who somebody is, what is noted of them, and what they were promised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from triage.app.noting import attributes_of, note_all
from triage.cli import narrate, output
from triage.cli.argv import VALUED
from triage.cli.context import Globals, globals_of
from triage.cli.customer_list import list_
from triage.cli.customer_screen import show
from triage.cli.groups import subcommand
from triage.cli.linking import link, unlink
from triage.cli.naming import Who, handle_of, named
from triage.cli.noting import customer_note, unnote
from triage.cli.options import examples
from triage.cli.output import Column
from triage.cli.privacy import export, forget
from triage.cli.promises import broken, kept, promise, promises, unpromise
from triage.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = typer.Typer(
        help="Show who a customer is, and remember what the next agent should know.\n\n"
        "`triage customer WHO` shows somebody: a @handle, a customer's id (c12), a conversation's "
        "id, or the URL of a post or profile.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples(
            "triage customer @ana_diaz",
            "triage customer 41 --json",
            "triage customer list --repeat",
            "triage customer forget @ana_diaz --dry-run",
        ),
    )
    add = subcommand(made)
    for name, (function, lines) in COMMANDS.items():
        add(name, examples(*lines))(function)
    app.add_typer(made, name="customer")


def with_show(words: Sequence[str]) -> list[str]:
    """Arguments in which `customer WHO` is written out as `customer show WHO`.

    Args:
        words: Hoisted arguments of a `customer` command.
    """
    place = next(
        i for i, word in enumerate(words) if word == "customer" and words[i - 1] not in VALUED
    )
    first = words[place + 1 : place + 2]
    if not first or first[0].startswith("-") or first[0] in COMMANDS:
        return list(words)
    return [*words[: place + 1], "show", *words[place + 1 :]]


def set_(
    context: typer.Context,
    who: Who,
    pairs: Annotated[list[str], typer.Argument(metavar="KEY=VALUE", help="Such as vip=yes.")],
) -> None:
    """Note something of a customer for policies and templates; what waits is judged by it.

    vip=yes also marks them in the queue, in show, and before a reply.
    """
    noted: list[tuple[str, str | None]] = []
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign:
            raise UsageError(f"{pair[:40]!r}: not KEY=VALUE.", hint="Write it like vip=yes.")
        noted.append((key.strip().lower(), value.strip()))
    _note(globals_of(context), who, noted)


def unset(
    context: typer.Context,
    who: Who,
    keys: Annotated[list[str], typer.Argument(metavar="KEY", help="Such as vip.")],
) -> None:
    """Take back what was noted."""
    _note(globals_of(context), who, [(key.strip().lower(), None) for key in keys])


def _note(flags: Globals, reference: str, noted: Sequence[tuple[str, str | None]]) -> None:
    app = flags.app
    whom = named(app, reference)
    all_before = note_all(app.store, whom, noted, app.agent, app.now(), app.tagger_for)
    for (key, value), before in zip(noted, all_before, strict=True):
        was = "" if before is None else " already" if before == value else f" (was {before})"
        words = f"{key} = {value}{was}" if value is not None else f"{key} is taken back{was}"
        narrate.say(f"{handle_of(whom)}: {words}")
    known = attributes_of(app.store, whom)
    if flags.as_json:
        output.document([{"customer": whom.handle, "attributes": dict(known)}])
        return
    columns: list[Column[tuple[str, str]]] = [
        Column("key", lambda pair: pair[0]),
        Column("value", lambda pair: pair[1]),
    ]
    if not output.stdout_is_terminal():
        output.rows(list(known.items()), columns, flags.form())


COMMANDS: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
    "show": (show, ("triage customer show @ana_diaz", "triage customer show c12 --json")),
    "list": (
        list_,
        (
            "triage customer list --repeat --waiting",
            "triage customer list --silent --silent-for 14d",
            "triage customer list --advocates --csv > advocates.csv",
        ),
    ),
    "set": (set_, ("triage customer set 41 vip=yes", "triage customer set @ana order=8841")),
    "unset": (unset, ("triage customer unset 41 vip", "triage customer unset @ana vip order")),
    "note": (
        customer_note,
        (
            'triage customer note @ana "prefers Spanish; a regular since 2019"',
            "triage customer note c12 - < call.txt",
        ),
    ),
    "unnote": (unnote, ("triage customer unnote 57", "triage customer unnote 57 --json")),
    "promise": (
        promise,
        (
            'triage customer promise @ana "the refund is on your card" --by fri',
            'triage customer promise 41 "we call back" --by "tomorrow 14:00"',
        ),
    ),
    "promises": (promises, ("triage customer promises", "triage customer promises --all --json")),
    "kept": (kept, ("triage customer kept 3", "triage customer kept 3 --json")),
    "broken": (broken, ("triage customer broken 3", "triage customer broken 3 --json")),
    "unpromise": (unpromise, ("triage customer unpromise 3", "triage customer unpromise 3 --json")),
    "link": (
        link,
        (
            "triage customer link @ana @ana_at_home",
            "triage customer link c12 https://mastodon.social/@ana",
        ),
    ),
    "merge": (
        link,
        ("triage customer merge @ana @ana_at_home", "triage customer merge c12 c77 --json"),
    ),
    "unlink": (unlink, ("triage customer unlink @ana_at_home", "triage customer unlink c77")),
    "forget": (
        forget,
        ("triage customer forget @ana --dry-run", "triage customer forget 41 --yes"),
    ),
    "export": (
        export,
        ("triage customer export @ana > ana.json", "triage customer export 41"),
    ),
}
"""Each with its examples."""
