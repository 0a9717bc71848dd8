"""`triage reply`: answer in public, after a look at what would go out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, NamedTuple

import typer

from triage.app.claiming import Press
from triage.app.guards import Guard, blocking
from triage.app.outbox import drop
from triage.app.parts import parts_of
from triage.app.replying import target_of
from triage.app.thread_sending import send_thread
from triage.bootstrap import App
from triage.cli import looking, narrate, times
from triage.cli.acts import find
from triage.cli.assigning import tell_whose
from triage.cli.context import Globals, globals_of
from triage.cli.costing import warn_beyond_cap
from triage.cli.files import opened
from triage.cli.filling import Language, Names, Vars, Wanted, filled, wanted_of
from triage.cli.looking import (
    Checked,
    answer_in_browser,
    browser_url,
    check,
    check_again,
    news,
    still_fine,
)
from triage.cli.main import command
from triage.cli.media import attach, read_pictures
from triage.cli.options import Id, examples
from triage.cli.preview import dry_run as show_only
from triage.cli.preview import preview
from triage.cli.putting_off import At, WhenOpen, plan_of, put_off
from triage.cli.sending import ask, program, refuse_or_warn
from triage.cli.standing import pressed
from triage.cli.threads import finish_thread, split_saved
from triage.cli.writing import Desk as _Desk
from triage.cli.writing import begin, keep, leave, mention_left, rewrite, save, try_out, write
from triage.core.accounts import Account
from triage.core.media import Picture
from triage.core.records import ConversationView, Reply
from triage.core.text import storable
from triage.errors import STORE_FAILURES, NotFound, Refused, TriageError, UsageError

_MOST_BYTES = 1_000_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "reply",
        epilog=examples(
            "triage reply 41",
            'triage reply 41 "Sorry Ana! It will be with you tomorrow." -y',
            'triage reply 41 "Your parcel is on its way." -y --at "tomorrow 9:00"',
            "triage reply 41 -t sorry -t tracking --var order=8841",
            "triage reply 41 -F answer.txt --dry-run",
            "triage reply 41 -F long.txt --split",
            'triage reply 41 "It looks like this:" --media it.png --alt "a red button"',
        ),
    )(reply)


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
    template: Names = None,
    var: Vars = None,
    language: Language = None,
    edit: Annotated[
        bool, typer.Option("--edit", help="Open your editor on the text before you are asked.")
    ] = False,
    split: Annotated[
        bool, typer.Option("--split", help="Make a numbered thread of a text that is too long.")
    ] = False,
    media: Annotated[
        list[str] | None, typer.Option("--media", metavar="FILE", help="Send this picture with it.")
    ] = None,
    alt: Annotated[
        list[str] | None,
        typer.Option("--alt", metavar="TEXT", help="Say what is on the picture; one for each."),
    ] = None,
    no_alt: Annotated[
        bool, typer.Option("--no-alt", help="Send pictures without such words.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Send although a guard would rather not.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would go out; send and save nothing.")
    ] = False,
    at: At = None,
    when_open: WhenOpen = False,
) -> None:
    """Answer a customer in public. Nothing goes out before you said so.

    What you type is saved first, so it is never lost. Without a text your editor opens
    (TRIAGE_EDITOR, VISUAL, EDITOR); unchanged or empty text cancels. With -t the text comes from
    templates, filled in for the customer and in their language; a TEXT stands behind them.
    """
    flags = globals_of(context)
    given = _given(text, file)
    wanted = wanted_of(template, var, language)
    if edit and (dry_run or not flags.may_ask):
        raise UsageError(
            "--edit needs a terminal, and a draft.", hint="Leave --edit or --dry-run out."
        )
    if given is None and wanted is None and not flags.may_ask:
        raise UsageError(
            "There is no text to send, and nobody to ask for one.",
            hint="Give a TEXT, -t TEMPLATE, -F FILE, or -F - for standard input.",
        )
    with _keeping(flags, reference, given):
        desk = _desk(flags, reference, to)
        desk.plan = plan_of(flags.app, desk.conversation, at, when_open=when_open)
        pictures = _pictures(desk, media or [], alt or [], no_alt=no_alt)
        if wanted is not None:
            given = _with_templates(desk, wanted, given)
    if dry_run:
        show_only(desk, try_out(desk) if given is None else given, pictures, split=split)
        return
    if flags.may_ask and not yes:
        tell_whose(flags.app, desk.conversation)
    draft = write(desk) if given is None else _save(desk, given, asked=not yes)
    if draft is None:
        narrate.say("Nothing was written.")
        return
    if edit and given is not None:
        draft = rewrite(desk, draft, _kept(desk, draft))
    attach(desk.app, draft, pictures, _kept(desk, draft))
    if split:
        draft = split_saved(desk.app, desk.account, draft, _kept(desk, draft))
    try:
        _review_and_send(desk, draft, yes=yes, force=force)
    except KeyboardInterrupt:
        narrate.warn(_kept(desk, draft))
        raise


def _pictures(
    desk: _Desk, media: Sequence[str], alt: Sequence[str], *, no_alt: bool
) -> list[Picture]:
    if not (media or alt):
        # Without credentials there is no channel to ask; a text alone is saved all the same.
        return []
    return read_pictures(media, alt, desk.app.channel(desk.account).capabilities, no_alt=no_alt)


def _desk(flags: Globals, reference: str, to: str | None) -> _Desk:
    conversation = find(flags, reference)
    account = _account(flags.app, conversation)
    return _Desk(flags, conversation, account, target_of(flags.app.store, conversation, to))


@contextmanager
def _keeping(flags: Globals, reference: str, given: str | None) -> Iterator[None]:
    """Keep the words in a file where the store fails before it has them."""
    try:
        yield
    except STORE_FAILURES as error:
        if given:
            error.reason = f"{error.reason} {keep(flags.app, reference, given)}"
        raise


def _with_templates(desk: _Desk, wanted: Wanted, given: str | None) -> str:
    """Templates filled in, with the words that were given behind them, which are never lost."""
    try:
        return filled(desk.app, desk.conversation, wanted, given)
    except TriageError as error:
        if given:
            kept = keep(desk.app, str(desk.conversation.id), given)
            error.reason = f"{error.reason} {kept}".strip()
        raise


def _save(desk: _Desk, words: str, *, asked: bool) -> Reply:
    draft = save(desk, words)
    mention_left(desk, draft)
    if asked and desk.flags.may_ask:
        begin(desk)
    return draft


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


def _given(text: str | None, file: str | None) -> str | None:
    """The words of the command line, a file or standard input; None if they are to be typed."""
    if text is not None and file is not None:
        raise UsageError("Both a TEXT and a --file are given.", hint="Give one of them.")
    if text is not None:
        if text != storable(text):
            raise UsageError("The TEXT is not UTF-8.", hint="Set a UTF-8 locale, or use -F FILE.")
        return text.strip()
    return None if file is None else _read(file)


def _read(file: str) -> str:
    try:
        with opened(file) as (stream, _):
            return stream.read(_MOST_BYTES).decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text.", hint="Save it as UTF-8.") from error


def _review_and_send(desk: _Desk, draft: Reply, *, yes: bool, force: bool) -> None:
    if yes or not desk.flags.may_ask:
        if not yes:
            raise UsageError(
                "Nothing was sent: nobody can be asked here.",
                reason=_kept(desk, draft),
                hint=f"Send it without asking: {program(desk.app)} drafts send {draft.id} -y",
            )
        decided = _decide(desk, draft, force=force)
        refuse_or_warn(decided.checked.guards, force=force, asked=False, kept=draft.id)
        warn_beyond_cap(desk.app, desk.account, _texts(desk.app, draft))
        _send(desk, decided, force=force)
        return
    reviewed = _reviewed(desk, draft)
    if reviewed is not None:
        _send(desk, reviewed)


class _Decided(NamedTuple):
    """A reply, what is known to stand against it, and what its sender knew of the others."""

    draft: Reply
    checked: Checked
    press: Press


def _decide(desk: _Desk, draft: Reply, *, force: bool = False) -> _Decided:
    try:
        press = pressed(desk.app, draft, force=force)
        return _Decided(draft, check(desk.app, draft), press)
    except TriageError as error:
        error.reason = f"{error.reason} {_kept(desk, draft)}".strip()
        raise


def _reviewed(desk: _Desk, draft: Reply) -> _Decided | None:
    """Ask until the person decides; what they knew of if it is to be sent."""
    decided = _decide(desk, draft)
    while True:
        draft, checked, press = decided
        preview(desk, draft)
        stop, url = blocking(checked.guards), browser_url(checked.guards)
        looking.tell(checked.guards)
        answer = _asked(desk, stop, url)
        if answer == "y" and stop is None:
            after = check_again(desk.app, draft, checked)
            if not news(checked, after):
                return _Decided(draft, after, press)
            narrate.warn("Something happened while you were asked:")
            decided = _Decided(draft, after, pressed(desk.app, draft))
        elif answer == "b" and url:
            answer_in_browser(url, _kept(desk, draft))
            return None
        elif answer == "s" and _can_split(stop):
            decided = _decide(desk, _split(desk, draft))
        elif answer == "e":
            decided = _decide(desk, rewrite(desk, draft, _kept(desk, draft)))
        elif answer == "q":
            drop(
                desk.app.store, desk.conversation.brand_id, draft.id, desk.app.agent, desk.app.now()
            )
            leave(desk)
            narrate.say("Cancelled; nothing was sent.")
            return None
        elif answer == "p":
            narrate.say(_kept(desk, draft))
            return None


def _asked(desk: _Desk, stop: Guard | None, url: str) -> str:
    """What the person chooses: the first letter."""
    choices = "b browser, " if url else ""
    choices += "s split, " if _can_split(stop) else ""
    choices += "e edit, p save draft, q cancel [p]:"
    send_it = "y send" + ("" if desk.plan is None else f" at {desk.plan.moment(desk.app)}")
    return ask(choices if stop else f"{send_it}, {choices}", "p")[:1]


def _can_split(stop: Guard | None) -> bool:
    return stop is not None and stop.code == "too-long"


def _split(desk: _Desk, draft: Reply) -> Reply:
    try:
        return split_saved(desk.app, desk.account, draft, _kept(desk, draft))
    except Refused as refused:
        narrate.warn(f"{refused.message} {refused.hint}")
        return draft


def _texts(app: App, draft: Reply) -> list[str]:
    return [p.text for p in parts_of(app.store, draft)]


def _kept(desk: _Desk, draft: Reply) -> str:
    return f"Saved as draft {draft.id}. Send it: {program(desk.app)} drafts send {draft.id}"


def _send(desk: _Desk, decided: _Decided, *, force: bool = False) -> None:
    number = decided.draft.id
    if desk.plan is not None:
        put_off(desk.flags, number, desk.plan)
        return
    current = desk.app.store.settings.current()
    if current is not None:
        times.set_zone(current.settings.time_zone)
    fine = still_fine(desk.app, decided.checked, force=force)
    sender = desk.app.sender(desk.account)
    finish_thread(desk.flags, send_thread(sender, number, decided.press, still_fine=fine))
