"""`triage claim` and `release`: say that you are at a conversation, so that nobody else is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from triage.app import claiming
from triage.app.queueing import load_queue
from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.acts import Told, each
from triage.cli.context import Globals, globals_of
from triage.cli.exits import Exit
from triage.cli.main import command
from triage.cli.options import Ids, examples, span
from triage.cli.queue import as_data, show_lines
from triage.cli.sending import program
from triage.cli.standing import at_it, claim_item
from triage.core.claims import LEASE, LONGEST, Claim
from triage.core.queue import QueueFilter, short_span
from triage.core.records import ConversationView
from triage.errors import Refused, UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "claim",
        epilog=examples(
            "triage claim --exit-code && triage queue --mine",
            "triage claim 41 --for 1h",
            "triage claim 41 --take --json",
        ),
    )(claim)
    command(
        app,
        "release",
        epilog=examples("triage release 41", "triage queue --mine | triage release -"),
    )(release)


def lease_of(app: App) -> int:
    """How long a claim lasts, ms; the configuration is validated only if it says so."""
    table = app.located.raw.data.get("reply") if app.located.raw else None
    told = isinstance(table, dict) and "lease" in table
    return app.settings_file.reply.lease if told else LEASE


Next = Annotated[
    str | None,
    typer.Argument(
        metavar="[ID]",
        help="A conversation's id, a post's id or URL, or - for ids on stdin; the next without it.",
    ),
]


def claim(
    context: typer.Context,
    reference: Next = None,
    lasts: Annotated[
        str | None, typer.Option("--for", metavar="SPAN", help="For how long; 15m by default.")
    ] = None,
    take: Annotated[bool, typer.Option("--take", help="Take it over from somebody else.")] = False,
    of_anybody: Annotated[
        bool, typer.Option("--any", help="Without ID: also what is assigned to somebody else.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Without ID: exit 3 if there is none to claim.")
    ] = False,
) -> None:
    """Say that you are at a conversation. It ends by itself, and when you have answered.

    Without ID it is the first of the queue that nobody is at: two who ask at once get two. What is
    overdue goes first, and what is assigned to you before what is nobody's; what is assigned to
    somebody else is left to them until it is overdue. The others see your name in the queue, and
    are asked before they type. Beginning a reply on a terminal claims too.
    """
    flags = globals_of(context)
    lease = lease_of(flags.app) if lasts is None else span(lasts, "--for")
    if not 0 < lease <= LONGEST:
        raise UsageError(
            f"--for {lasts}: not a time for a claim.", hint=f"Write at most {short_span(LONGEST)}."
        )
    if reference is None:
        if take:
            raise UsageError(
                "--take needs the conversation that is to be taken over.",
                hint="Name it: triage claim ID --take",
            )
        _claim_next(flags, lease, exit_code=exit_code, of_anybody=of_anybody)
    elif exit_code or of_anybody:
        flag = "--exit-code" if exit_code else "--any"
        raise UsageError(f"{flag} is for claiming the next one.", hint="Leave the ID out.")
    else:
        _claim_named(flags, reference, lease, take=take)


def _claim_next(flags: Globals, lease: int, *, exit_code: bool, of_anybody: bool) -> None:
    app = flags.app
    accounts = [a.id for a in app.accounts()] if app.only_accounts else []
    held = claiming.claim_next(
        app.store, app.brand_id, app.agent, app.now(), lease, accounts, of_anybody=of_anybody
    )
    if held is None:
        if flags.as_json:
            output.document([])
        theirs = not of_anybody and _others_wait(app, accounts)
        beside = f" What is somebody else's: {program(app)} claim --any" if theirs else ""
        narrate.say(f"Nobody waits whom nobody is at.{beside}")
        if exit_code:
            raise typer.Exit(Exit.CONDITION)
        return
    wanted = QueueFilter(brand_id=app.brand_id)
    mine = load_queue(app.store, wanted, app.now(), whose=app.agent).items
    found = [item for item in mine if item.id == held.conversation_id]
    if flags.as_json:
        more = as_data(found[0]) if found else {}
        output.document([{**more, "id": held.conversation_id, **claim_item(held)}])
    else:
        show_lines(app, found, flags.form())
    narrate.say_beside(
        f"#{held.conversation_id} is yours for {short_span(lease)}{_of(app, held)}.",
        f"next: {program(app)} reply {held.conversation_id}",
    )


def _others_wait(app: App, accounts: Sequence[int]) -> bool:
    """Whether customers of others wait whom nobody is at."""
    wanted = QueueFilter(brand_id=app.brand_id, account_ids=accounts)
    return bool(load_queue(app.store, wanted, app.now(), whose="", limit=1).items)


def _of(app: App, held: Claim) -> str:
    """Whose it is, if it is somebody else's to look after."""
    found = app.store.team.assignment(held.conversation_id)
    if found is None or found.agent == app.agent:
        return ""
    return f"; it is assigned to {found.agent}"


def _claim_named(flags: Globals, reference: str, lease: int, *, take: bool) -> None:
    app = flags.app

    def act(talk: ConversationView) -> Told:
        now = app.now()
        before = app.store.claims.get(talk.id, now)
        held = claiming.claim(app.store, talk, app.agent, now, lease, over=before if take else None)
        if held.agent != app.agent:
            raise Refused(
                f"{at_it(app, talk, held)}.",
                reason="A claim ends by itself; until then they are asked first.",
                hint=f"Take it over: {program(app)} claim {talk.id} --take",
            )
        over = before is not None and before.agent != app.agent
        words = f"#{talk.id} is yours for {short_span(lease)}{_of(app, held)}"
        words += f"; it was {held.taken_from}'s." if over else "."
        return Told(claim_item(held), words, f"{program(app)} release {talk.id}")

    each(flags, reference, act)


def release(context: typer.Context, reference: Ids) -> None:
    """Let go of a conversation that you have claimed."""
    flags = globals_of(context)
    app = flags.app

    def act(talk: ConversationView) -> Told:
        claiming.release(app.store, talk, app.agent, app.now())
        return Told({"agent": None}, f"#{talk.id} is free again.")

    each(flags, reference, act)
