"""`triage action send`: what was let pass goes out, paced and capped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli import narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.costing import warn_beyond_cap
from triage.cli.output import Column, Format
from triage.cli.sending import account_of, ask, program
from triage.core.kinds import SECOND
from triage.core.outbox import ReplyState
from triage.core.queue import rough_span
from triage.errors import TriageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage.app.replying import Sender
    from triage.app.telling_out import Batch, Pace, Tried
    from triage.bootstrap import App
    from triage.core.actions import Action, Told
    from triage.core.records import Reply


def send(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="An action's id.")],
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-L", min=1, help="At most so many now; 20 by default."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking.")] = False,
) -> None:
    """Send the messages of an action that were let pass, with a pause between two.

    So many go out in a run and in an hour, as the configuration says in [tell]; the rest with the
    next run. Each is looked at before it goes, and comes back to review where something speaks
    against it. A run that was broken off is simply run again: nobody is told twice.
    """
    from triage.app.actions import get_action
    from triage.app.telling import approved, require_done, to_review
    from triage.app.telling_out import send_approved
    from triage.cli.actors import actor_of

    flags = globals_of(context)
    app = flags.app
    action = get_action(app.store, app.brand_id, number)
    require_done(action, app.now())
    waiting = approved(app.store, action)
    if not waiting:
        _nothing(flags, action, len(to_review(app.store, action)))
        return
    pace = _pace(app, limit)
    if not yes and not _confirmed(flags, action, waiting, pace):
        narrate.say("Nothing was sent.")
        return
    batch = send_approved(
        app.store,
        actor_of(app),
        action,
        lambda reply: _sender(app, reply),
        pace,
        lambda ms: time.sleep(ms / SECOND),
        _say_one,
    )
    if flags.form() is not Format.TERMINAL:
        output.rows(batch.tried, _COLUMNS, flags.form())
    _finish(app, action, batch, pace)


def _sender(app: App, reply: Reply) -> Sender:
    return app.sender(account_of(app, reply))


def _pace(app: App, limit: int | None) -> Pace:
    from triage.app.telling_out import Pace

    told = app.settings_file.tell
    return Pace(
        per_run=told.per_run if limit is None else limit,
        per_hour=told.per_hour,
        pause=told.pause,
        same_text_within=app.settings_file.reply.same_text_within,
    )


def _nothing(flags: Globals, action: Action, to_review: int) -> None:
    if flags.form() is not Format.TERMINAL:
        output.rows([], _COLUMNS, flags.form())
    name = f"{program(flags.app)} action"
    if to_review:
        narrate.warn(
            f"Nothing was sent: {to_review:,} wait for a review. Read them: "
            f"{name} review {action.id}"
        )
    else:
        narrate.say(f"There is nothing to send. See: {name} tell {action.id}")


def _confirmed(flags: Globals, action: Action, waiting: Sequence[Told], pace: Pace) -> bool:
    app = flags.app
    if not flags.may_ask:
        raise UsageError(
            "Nothing was sent: nobody can be asked here.",
            reason=f"{len(waiting):,} messages of action {action.id} may go out.",
            hint=f"Send them without asking: {program(app)} action send {action.id} -y",
        )
    count = min(len(waiting), pace.per_run)
    people = ", ".join(f"@{t.handle}" for t in waiting[:count])
    output.wrapped(f"{count:,} of {len(waiting):,} go out now, publicly, to {people}.")
    if count > 1 and pace.pause:
        output.wrapped(f"That takes {rough_span((count - 1) * pace.pause)}.")
    first = app.store.outbox.get(waiting[0].reply_id)
    if first is not None:
        warn_beyond_cap(app, account_of(app, first), [t.text for t in waiting[:count]])
    return ask("y send, q cancel [q]:", "q")[:1] == "y"


def _say_one(tried: Tried) -> None:
    who = f"@{tried.told.handle} (#{tried.told.conversation_id})"
    if tried.reply.state is ReplyState.SENT:
        narrate.say(f"told {who}")
    elif tried.why:
        narrate.warn(f"{who} goes back to review: {tried.why}.")
    else:
        narrate.warn(f"{who}: {tried.reply.state.value}, {tried.reply.detail}.")


_COLUMNS: list[Column[Tried]] = [
    Column("reply", lambda t: t.reply.id),
    Column("customer", lambda t: t.told.handle),
    Column("conversation", lambda t: t.told.conversation_id),
    Column("state", lambda t: "to review" if t.why else t.reply.state.value),
    Column("native_id", lambda t: t.reply.native_id),
    Column("detail", lambda t: t.why or t.reply.detail or None),
]


def _finish(app: App, action: Action, batch: Batch, pace: Pace) -> None:
    """Tell how the run ended.

    Raises:
        TriageError: Something stopped it, or the channel refused one.
    """
    from triage.app.outbox import failure_of

    name = f"{program(app)} action"
    sent, left = len(batch.sent), batch.left
    words = f"{sent:,} told" + (f", {left:,} left" if left else "") + "."
    if batch.stopped is not None:
        problem = failure_of(batch.stopped)
        if problem is not None:
            problem.reason = f"{words} {problem.reason}"
            raise problem
    if batch.capped:
        words += {
            "run": f" {pace.per_run:,} go out in a run; the rest with the next.",
            "hour": f" {pace.per_hour:,} go out in an hour; run it again later.",
        }[batch.capped]
    again = f"go on: {name} send {action.id}" if left else f"then: {name} report {action.id}"
    narrate.say_beside(words, again)
    refused = [t for t in batch.tried if t.reply.state is ReplyState.FAILED]
    if refused:
        raise TriageError(
            f"{len(refused):,} of {len(batch.tried):,} were refused; the others are told.",
            reason=f"@{refused[0].told.handle}: {refused[0].reply.detail}.",
            hint=f"Review them again: {name} review {action.id}",
        )
