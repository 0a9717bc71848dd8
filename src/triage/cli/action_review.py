"""`triage action review`: each message read by somebody, one by one, before any goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from triage.cli import narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.moments import day, zone_of
from triage.cli.output import Column, Format, iso
from triage.cli.sending import account_of, ask, check_guards, program, reply_of
from triage.core.text import one_line
from triage.errors import TriageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage.app.guards import Guard
    from triage.bootstrap import App
    from triage.core.actions import Action, Told
    from triage.core.records import MessageView, Reply

_EXPECTED = frozenset({"nobody-waits"})
"""What stands against every late answer is not told of each."""

Replies = list[int]


def review(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="An action's id.")],
    approve: Annotated[
        Replies | None,
        typer.Option("--approve", metavar="REPLY", help="Let this one pass; repeatable."),
    ] = None,
    skip: Annotated[
        Replies | None,
        typer.Option("--skip", metavar="REPLY", help="This person is not told; repeatable."),
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", "-a", help="Also what was let pass and has not left.")
    ] = False,
) -> None:
    """Read the messages of an action one by one: let each pass, edit it, or skip the person.

    Nothing is sent. What was let pass goes out with `action send`, as it was read: a message that
    is changed afterwards, or whose customer wrote again, comes back here.
    """
    from triage.app.actions import get_action
    from triage.app.telling import approved, to_review

    flags = globals_of(context)
    app = flags.app
    zone_of(app)
    action = get_action(app.store, app.brand_id, number)
    if approve or skip:
        _by_name(flags, action, approve or [], skip or [])
        return
    waiting = to_review(app.store, action)
    if show_all:
        waiting += approved(app.store, action)
    if not flags.may_ask:
        output.rows(waiting, _columns(), flags.form())
        return
    if not waiting:
        narrate.say(_nothing(app, action))
        return
    passed = _one_by_one(flags, action, waiting)
    narrate.say()
    words = f"{passed:,} of {len(waiting):,} let pass; nothing was sent."
    narrate.say_beside(words, _next(app, action))


def _columns() -> list[Column[Told]]:
    return [
        Column("reply", lambda t: t.reply_id),
        Column("customer", lambda t: t.handle),
        Column("conversation", lambda t: t.conversation_id),
        Column("state", lambda t: t.standing.value),
        Column("detail", lambda t: t.detail or None),
        Column("reviewed_by", lambda t: t.reviewed_by or None),
        Column("reviewed_at", lambda t: iso(t.reviewed_at)),
        Column("text", lambda t: t.text),
    ]


def _next(app: App, action: Action) -> str:
    from triage.app.telling import approved, to_review

    name = f"{program(app)} action"
    if to_review(app.store, action):
        return f"go on: {name} review {action.id}"
    if approved(app.store, action):
        return f"next: {name} send {action.id}"
    return f"see: {name} tell {action.id}"


def _nothing(app: App, action: Action) -> str:
    from triage.app.telling import approved

    count = len(approved(app.store, action))
    name = f"{program(app)} action"
    if count:
        return f"Nothing is left to review; {count:,} may go out: {name} send {action.id}"
    return f"There is no message to review. Draft some: {name} tell {action.id} --text ..."


def _by_name(flags: Globals, action: Action, approve: Sequence[int], skip: Sequence[int]) -> None:
    """For scripts, and for whoever has read them elsewhere: each is named."""
    from triage.app import telling
    from triage.cli.actors import actor_of

    both = sorted(set(approve) & set(skip))
    if both:
        raise UsageError(f"Reply {both[0]} is to pass and to be skipped.", hint="Say one of them.")
    app = flags.app
    for number in (*approve, *skip):
        telling.told_of(app.store, action, number)
    for number in approve:
        told = telling.told_of(app.store, action, number)
        stop = next((g for g in _guards(app, reply_of(app, number)) if g.stops), None)
        if stop is not None:
            raise UsageError(f"Reply {number} cannot pass: {stop.message}", hint=stop.hint)
        telling.approve(app.store, actor_of(app), told)
    for number in skip:
        told = telling.told_of(app.store, action, number)
        telling.skip(app.store, actor_of(app), told)
    named = [telling.told_of(app.store, action, n) for n in (*approve, *skip)]
    if flags.form() is not Format.TERMINAL:
        output.rows(named, _columns(), flags.form())
    narrate.say(f"{len(approve)} let pass, {len(skip)} skipped; nothing was sent.")


def _guards(app: App, reply: Reply) -> list[Guard]:
    """What stands against a message, as far as this store knows."""
    return [g for g in check_guards(app, reply) if g.code not in _EXPECTED]


def _one_by_one(flags: Globals, action: Action, waiting: Sequence[Told]) -> int:
    """Ask of each until the person stops; give how many they let pass."""
    passed = 0
    for place, told in enumerate(waiting, 1):
        answer = _ask_of(flags, action, told, f"{place} of {len(waiting)}")
        passed += answer == "y"
        if answer == "q":
            break
        output.line()
    return passed


def _ask_of(flags: Globals, action: Action, told: Told, place: str) -> str:
    """Ask of one message until it is decided: y, s, n for later, or q to stop."""
    from triage.app import telling
    from triage.cli.actors import actor_of

    app = flags.app
    while True:
        told = telling.told_of(app.store, action, told.reply_id)
        reply = reply_of(app, told.reply_id)
        found = _guards(app, reply)
        _show(app, told, reply, place)
        for guard in found:
            narrate.warn(guard.message)
        stops = any(g.stops for g in found)
        choices = "e edit, s skip them, n later, q stop [n]:"
        answer = ask(choices if stops else f"y let it pass, {choices}", "n")[:1]
        try:
            if answer == "y" and not stops:
                telling.approve(app.store, actor_of(app), told)
                return "y"
            if answer == "s":
                telling.skip(app.store, actor_of(app), told)
                return "s"
            if answer == "e":
                _edit(flags, reply)
        except TriageError as error:
            narrate.warn(f"{error.message} {error.reason}".strip())
        if answer == "n" and told.is_approved:
            telling.withdraw(app.store, actor_of(app), told)
        if answer in ("n", "q"):
            return answer


def _show(app: App, told: Told, reply: Reply, place: str) -> None:
    account = account_of(app, reply)
    channel = app.channel(account)
    length = channel.length(reply.text, is_reply=True)
    most = channel.capabilities.max_length
    over = f", {length - most} too many" if length > most else ""
    output.spread(
        f"{place}  To @{told.handle}, publicly, as @{account.handle}", f"{length}/{most}{over}"
    )
    target = _target(app, told)
    if target is not None:
        asked = f"{day(target.posted_at)}, #{told.conversation_id}: {one_line(target.text)}"
        output.indented(f"They wrote on {asked}")
        if target.url:
            output.indented(target.url)
    output.line()
    for paragraph in reply.text.splitlines() or [""]:
        output.indented(paragraph, 4)
    output.line()
    if told.is_approved:
        narrate.say(f"{told.reviewed_by} has let it pass; n takes that back.")
    if told.detail:
        narrate.warn(f"It came back: {told.detail}.")


def _target(app: App, told: Told) -> MessageView | None:
    found = app.store.reading.messages([told.message_id])
    return found[0] if found else None


def _edit(flags: Globals, reply: Reply) -> None:
    from triage.app.acting import find_conversation
    from triage.cli import writing

    app = flags.app
    talk = find_conversation(app.store, app.brand_id, str(reply.conversation_id))
    target = app.store.reading.messages(
        [app.store.reading.message_id(app.brand_id, reply.in_reply_to or "") or 0]
    )[0]
    desk = writing.Desk(flags, talk, account_of(app, reply), target)
    writing.rewrite(desk, reply, f"The text is kept as reply {reply.id}.")
    writing.leave(desk)
