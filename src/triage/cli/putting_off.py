"""Replies that go out later: `reply --at`, `reply --when-open`, and their commands in `outbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.cli import narrate, output, times
from triage.cli.context import Globals, globals_of
from triage.cli.event_posts import turn_away
from triage.cli.output import Format
from triage.cli.sending import outlook_of, program, reply_columns, reply_of
from triage.core.queue import rough_span
from triage.errors import UsageError

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.core.records import ConversationView, Reply

At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help='Later: 2h, "tomorrow 9:00", "2026-11-30 09:00".'),
]
WhenOpen = Annotated[
    bool, typer.Option("--when-open", help="When the customer's support hours begin next.")
]


class Plan(NamedTuple):
    """When a reply is to go out.

    Attributes:
        at: UTC ms.
        how: As it was told; see `app.timing`.
        why: What made it that time, in words; empty if somebody named it.
    """

    at: int
    how: str
    why: str = ""

    def moment(self, app: App) -> str:
        """When, as people say it."""
        return times.moment(self.at, app.now())


def plan_of(
    app: App, conversation: ConversationView, at: str | None, *, when_open: bool
) -> Plan | None:
    """Read when a reply is to go out; None is now.

    Raises:
        UsageError: Both are given, or the time is not understood or is past.
        Refused: There are no hours to wait for.
    """
    from triage.app.showing import zone_of
    from triage.app.timing import AT, WHEN_OPEN, calendar_for, next_opening
    from triage.core.until import parse_until

    zone, now = zone_of(app.store, conversation), app.now()
    times.set_zone(zone)
    if at is not None and when_open:
        raise UsageError("Both --at and --when-open are given.", hint="Give one of them.")
    if at is not None:
        return Plan(parse_until(at, now, zone, calendar_for(app.store, conversation)), AT)
    if not when_open:
        return None
    opening = next_opening(app.store, conversation, now)
    if opening.at <= now:
        narrate.say(f"{opening.calendar} is open now, so it goes out now ({opening.hours}).")
        return None
    closed = f", closed until then: {opening.why_closed}" if opening.why_closed else ""
    why = f"when {opening.calendar} opens ({opening.hours}{closed})"
    return Plan(opening.at, WHEN_OPEN, why)


def put_off(flags: Globals, reply_id: int, plan: Plan) -> None:
    """Have a reply go out later, and say when."""
    from triage.app import timing

    app = flags.app
    brand_id, now = app.brand_id, app.now()
    done = timing.schedule(app.store, reply_id, plan.at, plan.how, now)
    with app.store.tx():
        timing.log_scheduled(app.store, brand_id, done, app.agent, now)
    _show(flags, done)
    why = f", {plan.why}" if plan.why else ""
    span = rough_span(plan.at - now)
    narrate.say(f"Reply {done.id} goes out at {plan.moment(app)} (in {span}){why}.")
    narrate.say("The first fetch after that sends it; it is held if the customer writes first.")
    narrate.say(f"call it off: {program(app)} outbox cancel {done.id}")


def _show(flags: Globals, reply: Reply) -> None:
    form = flags.form()
    if form is not Format.TERMINAL:
        output.rows([reply], reply_columns(flags.app), form)


Number = Annotated[int, typer.Argument(metavar="ID", help="A reply's id.")]


def schedule(
    context: typer.Context, number: Number, at: At = None, when_open: WhenOpen = False
) -> None:
    """Have a reply that has not left go out later, or at another time than before.

    It is sent by the first fetch after that time, once. It is held for you instead if the customer
    writes first, somebody answers, the case is closed, or fetches did not run for hours.
    """
    flags = globals_of(context)
    app = flags.app
    reply = reply_of(app, number)
    turn_away(app, reply)
    conversation = app.store.reading.conversation(reply.conversation_id or 0)
    if at is None and not when_open:
        raise UsageError("Say when: --at TIME or --when-open.", hint="Such as --at 2h.")
    if conversation is None:
        raise UsageError(f"Reply {number} belongs to no conversation.")
    plan = plan_of(app, conversation, at, when_open=when_open)
    if plan is None:
        raise UsageError(
            "It is open now: there is nothing to wait for.",
            hint=f"Send it: {program(app)} drafts send {number}",
        )
    put_off(flags, number, plan)


def cancel(context: typer.Context, number: Number) -> None:
    """Call off a reply that has not left, scheduled or not; its text stays in the list."""
    from triage.app import outbox

    flags = globals_of(context)
    app = flags.app
    reply_of(app, number)
    done = outbox.drop(app.store, app.brand_id, number, app.agent, app.now())
    _show(flags, done)
    narrate.say(f"Reply {number} is given up; it will not be sent.")


def say_outlooks(app: App, found: list[Reply]) -> None:
    """Below a list of replies: what happens next to each, never cut."""
    if found:
        output.line()
    output.lines([f"{reply.id}: {outlook_of(app, reply).words}" for reply in found])
