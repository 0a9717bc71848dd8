"""`triage outbox undo`: taking back what is public."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.output import Format
from triage.cli.sending import account_of, ask, program, reply_columns, reply_of
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import TriageError, TryLater, UsageError


def undo(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="A reply's id.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
) -> None:
    """Delete a reply that was sent; the customer's wait is open again, with its first clock.

    Of a thread every part is deleted, and what has not left yet is given up. Who has read it has
    read it. What could not be deleted now is deleted by the next fetch.
    """
    from triage.app.parts import parts_of
    from triage.app.undoing import take_back, wish_all

    flags = globals_of(context)
    app = flags.app
    reply = reply_of(app, number)
    sender = app.sender(account_of(app, reply))
    parts = [p for p in parts_of(app.store, reply) if p.state is ReplyState.SENT]
    if parts and not yes and not _confirmed(app, parts, may_ask=flags.may_ask):
        narrate.say(f"Nothing was deleted; reply {number} stays public.")
        return
    done = []
    for part in wish_all(app.store, app.brand_id, number, app.agent, app.now()):
        try:
            done.append(take_back(sender, part.id))
        except TriageError as error:
            raise _unfinished(error, app, part.id) from error
    app.store.index_search()
    if flags.form() is not Format.TERMINAL:
        output.rows(done, reply_columns(app), flags.form())
    all_of_it = f", all {len(done)} parts of it" if len(done) > 1 else ""
    narrate.say(f"Reply {number} is taken back{all_of_it}: it is public no more.")
    if reply.conversation_id is not None:
        narrate.say(f"next: {program(app)} show {reply.conversation_id}")


def _confirmed(app: App, parts: Sequence[Reply], *, may_ask: bool) -> bool:
    if not may_ask:
        raise UsageError(
            "Nothing was deleted: nobody can be asked here.",
            hint=f"Delete it without asking: {program(app)} outbox undo {parts[0].id} -y",
        )
    for part in parts:
        output.indented(part.text)
    return ask("y delete it for everybody, q cancel [q]:", "q")[:1] == "y"


def _unfinished(error: TriageError, app: App, number: int) -> TriageError:
    """What did not end stays wished; the person learns that nothing more is to be done."""
    reply = app.store.outbox.get(number)
    if reply is not None and reply.undo_at is not None:
        kept = "The wish is kept: the next fetch deletes it, which is harmless to repeat."
        error.reason = f"{error.reason} {kept}".strip()
        if isinstance(error, TryLater):
            error.hint = f"Nothing to do; or now: {program(app)} outbox undo {number} -y"
    return error
