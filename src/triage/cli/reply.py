"""`triage reply`: answer in public, after a look at what would go out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import typer

from triage.app.guards import Guard, blocking
from triage.app.outbox import drop
from triage.app.replying import get_reply, save_draft, send, target_of
from triage.bootstrap import App
from triage.cli import narrate, output, times
from triage.cli.acts import find
from triage.cli.context import Globals, globals_of
from triage.cli.files import opened
from triage.cli.main import command
from triage.cli.options import Id, examples
from triage.cli.sending import ask, check_guards, finish, program, refuse_or_warn
from triage.core.accounts import Account
from triage.core.outbox import ReplyState
from triage.core.records import ConversationView, MessageView, Reply
from triage.core.text import one_line
from triage.errors import NotFound, Refused, StoreError, TriageError, UsageError

_SCISSORS = "# ------------------------ everything below this line is left out"
_CONTEXT = 6
_MOST_BYTES = 1_000_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "reply",
        epilog=examples(
            "triage reply 41",
            'triage reply 41 "Sorry Ana! It will be with you tomorrow." -y',
            "triage reply 41 -F answer.txt --dry-run",
        ),
    )(reply)


@dataclass(frozen=True, slots=True)
class _Desk:
    """One reply being written."""

    flags: Globals
    conversation: ConversationView
    account: Account
    target: MessageView

    @property
    def app(self) -> App:
        return self.flags.app


def reply(
    context: typer.Context,
    reference: Id,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="The answer.")] = None,
    file: Annotated[
        str | None, typer.Option("--file", "-F", metavar="FILE", help="Read it from a file, or -.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="POST", help="Answer this post of theirs.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Send although a guard would rather not.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would go out; send and save nothing.")
    ] = False,
) -> None:
    """Answer a customer in public. Nothing goes out before you said so.

    What you type is saved first, so it is never lost. Without a text your editor opens
    (TRIAGE_EDITOR, VISUAL, EDITOR); unchanged or empty text cancels.
    """
    flags = globals_of(context)
    conversation = find(flags, reference)
    desk = _Desk(
        flags,
        conversation,
        _account(flags.app, conversation),
        target_of(flags.app.store, conversation, to),
    )
    words = _text(desk, text, file)
    if dry_run:
        _dry_run(desk, words)
        return
    draft = _save(desk, words)
    try:
        _review_and_send(desk, draft, yes=yes, force=force)
    except KeyboardInterrupt:
        narrate.warn(_kept(desk, draft))
        raise


def _save(desk: _Desk, words: str) -> Reply:
    app = desk.app
    try:
        return save_draft(
            app.store, desk.account, desk.conversation, desk.target, words, app.agent, app.now()
        )
    except StoreError as error:
        # The one place where the text can still be kept is the terminal.
        error.reason = f"{error.reason} Nothing was sent. What you wrote: {words}"
        raise


def _account(app: App, conversation: ConversationView) -> Account:
    """Who answers: `--account`, or whoever was asked."""
    accounts = [a for a in app.accounts() if a.channel == conversation.channel]
    if app.only_accounts:
        return accounts[0]
    for account in accounts:
        if account.id == conversation.account_id:
            return account
    raise NotFound(
        f"No account of the brand is on {conversation.channel}.",
        reason="A reply needs an account on the channel where the customer wrote.",
        hint="Add it to the configuration, then run `triage fetch`.",
    )


def _text(desk: _Desk, text: str | None, file: str | None) -> str:
    if text is not None and file is not None:
        raise UsageError("Both a TEXT and a --file are given.", hint="Give one of them.")
    if text is not None:
        return text.strip()
    if file is not None:
        return _read(file)
    if not desk.flags.may_ask:
        raise UsageError(
            "There is no text to send, and nobody to ask for one.",
            hint="Give a TEXT, or -F FILE, or -F - for standard input.",
        )
    return _edit(desk, "")


def _read(file: str) -> str:
    try:
        with opened(file) as (stream, _):
            return stream.read(_MOST_BYTES).decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text.", hint="Save it as UTF-8.") from error


def _edit(desk: _Desk, text: str) -> str:
    """Open the editor; the thread stands below a line that is cut off again."""
    import os

    import click

    editor = next(
        (os.environ[n] for n in ("TRIAGE_EDITOR", "VISUAL", "EDITOR") if os.environ.get(n)), None
    )
    thread = desk.app.store.reading.thread(desk.conversation.id)[-_CONTEXT:]
    below = "\n".join(f"# @{m.author}: {one_line(m.text)}" for m in thread)
    start = (
        f"{text}\n\n{_SCISSORS}\n# Answering @{desk.conversation.customer} in public.\n{below}\n"
    )
    try:
        edited = click.edit(start, editor=editor, extension=".txt", require_save=True)
    except click.ClickException as error:
        raise TriageError(
            "The editor could not be used.",
            reason=error.format_message(),
            hint="Set TRIAGE_EDITOR, or give the text on the command line.",
        ) from error
    words = (edited or "").split(_SCISSORS)[0].strip()
    if not words or words == text:
        raise Refused("Nothing was written, so nothing is sent.")
    return words


def _dry_run(desk: _Desk, words: str) -> None:
    now = desk.app.now()
    draft = Reply(
        id=0,
        uuid="",
        account_id=desk.account.id,
        conversation_id=desk.conversation.id,
        in_reply_to=desk.target.native_id,
        text=words,
        state=ReplyState.DRAFT,
        agent=desk.app.agent,
        seen_at=desk.target.posted_at,
        seen_id=desk.target.native_id,
        created_at=now,
        changed_at=now,
    )
    found = check_guards(desk.app, draft, desk.target)
    if desk.flags.as_json:
        output.document([_preview_item(desk, draft, found)])
    else:
        _preview(desk, draft)
    if desk.flags.as_json:
        return
    for guard in found:
        narrate.warn(guard.message)
    narrate.say("Nothing was sent or saved.")
    stop = blocking(found)
    if stop is not None:
        raise Refused(stop.message, reason="It could not be sent like this.", hint=stop.hint)


def _preview_item(desk: _Desk, draft: Reply, found: list[Guard]) -> dict[str, object]:
    channel = desk.app.channel(desk.account)
    return {
        "id": desk.conversation.id,
        "account": desk.account.handle,
        "customer": desk.conversation.customer,
        "in_reply_to": draft.in_reply_to,
        "text": draft.text,
        "length": channel.length(draft.text, is_reply=True),
        "max_length": channel.capabilities.max_length,
        "guards": [{"code": g.code, "message": g.message, "stops": g.stops} for g in found],
    }


def _preview(desk: _Desk, draft: Reply) -> None:
    """What would go out, from whom, to whom, and how long it is."""
    channel = desk.app.channel(desk.account)
    length = channel.length(draft.text, is_reply=True)
    most = channel.capabilities.max_length
    count = f"{length}/{most}" + (f", {length - most} too many" if length > most else "")
    to = f"To @{desk.conversation.customer}, publicly, as @{desk.account.handle}"
    if not output.stdout_is_terminal():
        output.line(draft.text)
        return
    output.spread(to, count)
    for paragraph in draft.text.splitlines() or [""]:
        output.indented(paragraph)


def _review_and_send(desk: _Desk, draft: Reply, *, yes: bool, force: bool) -> None:
    if yes or not desk.flags.may_ask:
        if not yes:
            raise UsageError(
                "Nothing was sent: nobody can be asked here.",
                reason=_kept(desk, draft),
                hint=f"Send it without asking: {program(desk.app)} drafts send {draft.id} -y",
            )
        refuse_or_warn(_guards(desk, draft), force=force, asked=False, kept=draft.id)
        _send(desk, draft)
        return
    if _reviewed(desk, draft):
        _send(desk, get_reply(desk.app.store, draft.id))


def _guards(desk: _Desk, draft: Reply) -> list[Guard]:
    try:
        return check_guards(desk.app, draft, desk.target)
    except TriageError as error:
        error.reason = f"{error.reason} {_kept(desk, draft)}".strip()
        raise


def _reviewed(desk: _Desk, draft: Reply) -> bool:
    """Ask until the person decides; True to send it."""
    while True:
        found = _guards(desk, draft)
        _preview(desk, draft)
        stop = blocking(found)
        for guard in found:
            narrate.warn(guard.message + (f"  {guard.hint}" if guard.hint else ""))
        choices = "e edit, p save draft, q cancel [p]:"
        answer = ask(choices if stop else f"y send, {choices}", "p")[:1]
        if answer == "y" and stop is None:
            return True
        if answer == "e":
            draft = _edited(desk, draft)
        elif answer == "q":
            drop(
                desk.app.store, desk.conversation.brand_id, draft.id, desk.app.agent, desk.app.now()
            )
            narrate.say("Cancelled; nothing was sent.")
            return False
        elif answer == "p":
            narrate.say(_kept(desk, draft))
            return False


def _edited(desk: _Desk, draft: Reply) -> Reply:
    try:
        words = _edit(desk, draft.text)
    except Refused:
        return draft
    with desk.app.store.tx():
        desk.app.store.outbox.edit(draft.id, words, desk.app.now())
    return replace(draft, text=words)


def _kept(desk: _Desk, draft: Reply) -> str:
    return f"Saved as draft {draft.id}. Send it: {program(desk.app)} drafts send {draft.id}"


def _send(desk: _Desk, draft: Reply) -> None:
    current = desk.app.store.settings.current()
    if current is not None:
        times.set_zone(current.settings.time_zone)
    finish(desk.flags, send(desk.app.sender(desk.account), draft.id))
