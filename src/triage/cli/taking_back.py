"""`triage undo`: taking back the last thing that one did, after a look at before and after."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.app.acting import open_wait
from triage.app.showing import zone_of
from triage.app.taking_back import Last, last_act, take_back
from triage.bootstrap import App
from triage.cli import output, times
from triage.cli.acts import Told, each
from triage.cli.context import Globals, globals_of
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.output import iso
from triage.cli.sending import ask, program
from triage.core.queue import rough_span, short_span
from triage.core.records import Activity, ConversationView
from triage.core.undoing import UNDOINGS
from triage.errors import Refused, UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "undo",
        epilog=examples("triage undo", "triage undo 41 -y", "triage undo --yes --json"),
    )(undo)


def undo(
    context: typer.Context,
    reference: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="What you did last there: a conversation's id, a post's id or URL, or - for ids "
            "on stdin. Without it: what you did last of all.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take it back without asking.")] = False,
    what: Annotated[
        str | None,
        typer.Option("--what", metavar="ACT", help="Only if your last act there is of this sort."),
    ] = None,
) -> None:
    """Take back what you did last: close, reopen, tag, assign, snooze, hold, wake, a note, a claim.

    You see what it is now and what it will be, and are asked. Nothing is deleted: the log has both.
    Again, and the act before it is taken back. A reply is public, and is taken back with
    `triage outbox undo`.
    """
    flags = globals_of(context)

    def act(talk: ConversationView) -> Told:
        return _undo(flags, talk, yes=yes, what=what)

    if reference is not None:
        each(flags, reference, act)
        return
    app = flags.app
    found = last_act(app.store, app.brand_id, app.agent, app.now())
    if found.act.conversation_id is None:
        raise Refused(
            f"Your last act ({found.act.what}) is about somebody without a conversation.",
            reason="There is nothing to show of before and after.",
            hint=f"Take it back by hand, or what you did elsewhere: {program(app)} undo ID",
        )
    each(flags, str(found.act.conversation_id), act)


def _undo(flags: Globals, talk: ConversationView, *, yes: bool, what: str | None) -> Told:
    app = flags.app
    found = last_act(app.store, app.brand_id, app.agent, app.now(), talk.id)
    if what not in (None, found.act.what):
        raise Refused(
            f"Your last act in #{talk.id} is {found.act.what}, not {what}; nothing was taken back.",
            hint=f"Take that back first: {program(app)} undo {talk.id}",
        )
    if not yes:
        _show(flags, talk, found)
        if ask("Take it back? y yes, q no [q]:", "q")[:1] != "y":
            return Told({"undone": None}, "Nothing was taken back.")
    done = take_back(app.store, app.brand_id, found, app.agent, app.now(), app.tagger_for)
    words = f"Taken back: {_did(talk, found.act)}; {_now(app, talk, found)}."
    return Told(_item(found, done.number), words, _again(app, found))


def _again(app: App, found: Last) -> str:
    """What to type to do it again."""
    again = found.undoing.again(found.act)
    if not again:
        return ""
    words = f"{program(app)} {again}"
    if found.act.what == "tag" and found.act.message_id is not None:
        [post] = app.store.reading.messages([found.act.message_id])
        words += f" --post {post.native_id}"
    return words


def _show(flags: Globals, talk: ConversationView, found: Last) -> None:
    """What it is now and what it will be."""
    app = flags.app
    if not flags.may_ask:
        raise UsageError(
            "Nothing was taken back: nobody can be asked here.",
            reason=f"It would be: {_did(talk, found.act)}.",
            hint=f"Take it back without asking: {program(app)} undo {talk.id} -y",
        )
    times.set_zone(zone_of(app.store, talk))
    at, now = found.act.at, app.now()
    ago = f"{rough_span(now - at)} ago ({times.day_or_clock(at, now)})"
    output.wrapped(f"You did last: {_did(talk, found.act)}, {ago}")
    for one in reversed(found.all):
        undoing = UNDOINGS[one.what]
        output.wrapped(f"  now   {undoing.now(one)}")
        output.wrapped(f"  then  {_then(app, one)}")


def _then(app: App, act: Activity) -> str:
    """How it was before an act; a claim's own history is kept beside the act."""
    if act.what != "claim":
        return UNDOINGS[act.what].before(act)
    held, now = app.store.claims.before(act.id), app.now()
    if held is None or held.until_at <= now:
        return "free"
    return f"claimed by {held.agent} until {times.day_or_clock(held.until_at, now)}"


def _did(talk: ConversationView, act: Activity) -> str:
    return f"{act.what} of #{talk.id} @{talk.customer}"


def _now(app: App, talk: ConversationView, found: Last) -> str:
    """How it stands now that it is taken back."""
    words = _then(app, found.act)
    wait = open_wait(app.store, talk.id)
    if wait is None or wait.due_at is None:
        return words
    left = wait.due_at - app.now()
    return f"{words}, {'due in' if left > 0 else 'overdue'} {short_span(left)}"


def _item(found: Last, number: int) -> dict[str, object]:
    act = found.act
    return {
        "undone": act.id,
        "by": number,
        "what": act.what,
        "acted_at": iso(act.at),
        "before": act.after,
        "after": act.before,
        "detail": act.detail,
        "parts": [part.id for part in found.parts],
    }
