"""`triage close`, `reopen` and `tag`: what an agent decides without saying it in public."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.app import acting
from triage.cli import narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.main import command
from triage.cli.options import Id, examples
from triage.core.model import CloseReason, Kind
from triage.core.queue import short_span
from triage.core.records import ConversationView
from triage.errors import Refused


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "close",
        epilog=examples(
            "triage close 41 --as not-us", 'triage close 41 --as private -m "sent the refund by DM"'
        ),
    )(close)
    command(app, "reopen", epilog=examples("triage reopen 41", "triage reopen 41 --json"))(reopen)
    command(
        app,
        "tag",
        epilog=examples("triage tag 41 complaint", "triage tag 41 question --post 1993…"),
    )(tag)


def find(flags: Globals, reference: str) -> ConversationView:
    """The conversation that a person named, of one of the accounts that `--account` leaves."""
    app = flags.app
    conversation = acting.find_conversation(app.store, app.brand_id, reference)
    if app.only_accounts and conversation.account_id not in {a.id for a in app.accounts()}:
        raise Refused(
            f"#{conversation.id} is a conversation of @{conversation.account}.",
            reason=f"--account names {', '.join(app.only_accounts)}.",
            hint="Leave --account out, or name the right one.",
        )
    return conversation


def close(
    context: typer.Context,
    reference: Id,
    reason: Annotated[CloseReason, typer.Option("--as", help="Why nobody answers in public.")],
    note: Annotated[str, typer.Option("--note", "-m", help="A word for the log.")] = "",
) -> None:
    """End a wait without a public answer.

    not-us, spam, duplicate and no-answer dismiss it; private settles it: you answered by message
    or phone. None of them counts as answered in time.
    """
    flags = globals_of(context)
    app = flags.app
    conversation = find(flags, reference)
    wait = acting.close(app.store, conversation, reason, app.agent, app.now(), app.tagger_for, note)
    waited = short_span((wait.ended_at or wait.opened_at) - wait.opened_at)
    _tell(
        flags,
        conversation,
        {"state": wait.state.value, "reason": reason.value},
        f"#{conversation.id} {wait.state.value} after {waited} ({reason.value}).      "
        f"back: triage reopen {conversation.id}",
    )


def reopen(context: typer.Context, reference: Id) -> None:
    """Take back the last close; the wait keeps its original clock."""
    flags = globals_of(context)
    app = flags.app
    conversation = find(flags, reference)
    wait = acting.reopen(app.store, conversation, app.agent, app.now(), app.tagger_for)
    waited = short_span(app.now() - wait.opened_at)
    _tell(
        flags,
        conversation,
        {"state": wait.state.value, "due_at": output.iso(wait.due_at)},
        f"#{conversation.id} is open again; the customer has waited {waited}.",
    )


def tag(
    context: typer.Context,
    reference: Id,
    kind: Annotated[Kind, typer.Argument(help="What it really is.")],
    post: Annotated[
        str | None, typer.Option(metavar="POST", help="Which post: its id or URL.")
    ] = None,
) -> None:
    """Correct what a mention was taken for; it wins over the rules for good.

    Without --post the gravest mention of the newest wait is corrected.
    """
    flags = globals_of(context)
    app = flags.app
    conversation = find(flags, reference)
    before = acting.tag(app.store, conversation, kind, app.agent, app.now(), app.tagger_for, post)
    was = before.kind.value if before.kind else "untagged"
    _tell(
        flags,
        conversation,
        {"kind": kind.value, "before": was, "post": before.native_id},
        f"#{conversation.id}: {was} is now {kind.value}.",
    )


def _tell(
    flags: Globals, conversation: ConversationView, item: dict[str, object], words: str
) -> None:
    if flags.as_json:
        output.document([{"id": conversation.id, **item}])
    else:
        narrate.say(words)
