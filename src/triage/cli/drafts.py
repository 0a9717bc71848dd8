"""`triage drafts`: replies that were typed and did not go out."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.groups import group, subcommand
from triage.cli.options import Csv, examples
from triage.cli.output import Format
from triage.cli.sending import (
    STATE_WORDS,
    account_of,
    ask,
    check_guards,
    finish,
    listed,
    program,
    refuse_or_warn,
    reply_columns,
    reply_of,
    target_message,
)
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import Refused, UsageError

_NOT_OUT = (ReplyState.DRAFT, ReplyState.HELD, ReplyState.QUEUED, ReplyState.FAILED)

Number = Annotated[int, typer.Argument(metavar="ID", help="A reply's id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    drafts = group(
        app,
        "drafts",
        _by_itself,
        epilog=examples("triage drafts", "triage drafts send 7", "triage drafts drop 7"),
    )
    add = subcommand(drafts)
    add("list", examples("triage drafts list", "triage drafts list --json"))(_list)
    add("show", examples("triage drafts show 7", "triage drafts show 7 --json"))(show)
    add("send", examples("triage drafts send 7", "triage drafts send 7 -y"))(send)
    add("drop", examples("triage drafts drop 7", "triage drafts drop 7 --json"))(drop)


def _by_itself(context: typer.Context) -> None:
    """List, show, send or drop replies that were typed and did not go out."""
    if context.invoked_subcommand is None:
        _show_list(globals_of(context), globals_of(context).form())


def _list(context: typer.Context, csv: Csv = False) -> None:
    """List drafts, and replies that are queued, held or were refused."""
    flags = globals_of(context)
    _show_list(flags, flags.form(as_csv=csv))


def _show_list(flags: Globals, form: Format) -> None:
    app = flags.app
    found = listed(app, _NOT_OUT)
    output.rows(found, reply_columns(app), form)
    if form is not Format.TERMINAL:
        return
    if found:
        narrate.say()
        narrate.say(f"next: {program(app)} drafts send {found[0].id}")
    else:
        narrate.say("There is no draft.")


def show(context: typer.Context, number: Number) -> None:
    """Show a reply in full, whatever became of it."""
    flags = globals_of(context)
    app = flags.app
    reply = reply_of(app, number)
    form = flags.form()
    if form is not Format.TERMINAL:
        output.rows([reply], reply_columns(app), form)
        return
    words = STATE_WORDS[reply.state] + (f": {reply.detail}" if reply.detail else "")
    output.spread(f"Reply {reply.id} to {_whom(app, reply)}", words)
    for paragraph in reply.text.splitlines() or [""]:
        output.indented(paragraph)
    narrate.say()
    narrate.say(_ways_on(app, reply))


def _ways_on(app: App, reply: Reply) -> str:
    name = program(app)
    if reply.state in _NOT_OUT:
        return f"send: {name} drafts send {reply.id}   give up: {name} drafts drop {reply.id}"
    if reply.state is ReplyState.UNKNOWN:
        return f"look for it: {name} outbox settle {reply.id}"
    return f"the conversation: {name} show {reply.conversation_id}"


def _whom(app: App, reply: Reply) -> str:
    number = reply.conversation_id
    found = app.store.reading.conversation(number) if number is not None else None
    return f"@{found.customer} (#{found.id})" if found else "nobody"


def send(
    context: typer.Context,
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Send although a guard would rather not.")
    ] = False,
) -> None:
    """Send a reply that did not go out, after showing it and asking."""
    from triage.app.replying import send as send_reply

    flags = globals_of(context)
    app = flags.app
    reply = reply_of(app, number)
    _refuse_state(app, reply)
    asked = flags.may_ask and not yes
    if not asked and not yes:
        raise UsageError(
            "Nothing was sent: nobody can be asked here.",
            reason=f"The text is kept as reply {number}.",
            hint=f"Send it without asking: {program(app)} drafts send {number} -y",
        )
    found = check_guards(app, reply)
    refuse_or_warn(found, force=force, asked=asked, kept=number)
    if asked and not _confirmed(app, reply):
        narrate.say(f"Not sent; the text is kept as reply {number}.")
        return
    finish(flags, send_reply(app.sender(account_of(app, reply)), number))


def _refuse_state(app: App, reply: Reply) -> None:
    if reply.state in _NOT_OUT:
        return
    ways = {
        ReplyState.UNKNOWN: f"Look for it first: {program(app)} outbox settle {reply.id}",
        ReplyState.SENDING: f"If its process is gone: {program(app)} outbox settle {reply.id}",
    }
    raise Refused(
        f"Reply {reply.id} cannot be sent: {STATE_WORDS[reply.state]}.",
        reason=reply.detail,
        hint=ways.get(
            reply.state, f"Write a new one: {program(app)} reply {reply.conversation_id}"
        ),
    )


def _confirmed(app: App, reply: Reply) -> bool:
    account = account_of(app, reply)
    channel = app.channel(account)
    length = channel.length(reply.text, is_reply=reply.in_reply_to is not None)
    output.spread(
        f"To @{target_message(app, reply).author}, publicly, as @{account.handle}",
        f"{length}/{channel.capabilities.max_length}",
    )
    for paragraph in reply.text.splitlines() or [""]:
        output.indented(paragraph)
    return ask("y send, q cancel [q]:", "q")[:1] == "y"


def drop(context: typer.Context, number: Number) -> None:
    """Give up a reply that did not go out; its text stays in `outbox list --all`."""
    from triage.app import outbox

    flags = globals_of(context)
    app = flags.app
    reply_of(app, number)
    dropped = outbox.drop(app.store, app.brand_id, number, app.agent, app.now())
    form = flags.form()
    if form is not Format.TERMINAL:
        output.rows([dropped], reply_columns(app), form)
    narrate.say(f"Reply {number} is given up; it will not be sent.")
