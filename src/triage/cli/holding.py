"""`triage snooze`, `hold` and `wake`: letting a conversation rest, and going on with it."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.app import acting
from triage.app.showing import zone_of
from triage.bootstrap import App
from triage.cli import output, times
from triage.cli.acts import Told, each
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import Ids, examples
from triage.cli.sending import program
from triage.core.holds import HoldState
from triage.core.hours import Calendar
from triage.core.queue import short_span
from triage.core.records import ConversationView, WaitView
from triage.core.until import parse_until
from triage.errors import UsageError

Until = Annotated[
    str | None,
    typer.Argument(metavar="[UNTIL]", help='Such as 2h, "tomorrow 9:00", mon or 2026-12-01.'),
]
UntilReply = Annotated[bool, typer.Option("--until-reply", help="Until the customer writes again.")]
Stay = Annotated[bool, typer.Option("--stay", help="The customer's next message does not end it.")]
Note = Annotated[str, typer.Option("--note", "-m", help="A word for the log.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command(
        app,
        "snooze",
        epilog=examples(
            "triage snooze 41 2h",
            'triage snooze 41 "tomorrow 9:00"',
            "triage snooze 41 --until-reply",
        ),
    )(snooze)
    command(
        app,
        "hold",
        epilog=examples(
            'triage hold 41 -m "asked the carrier"',
            "triage hold 41 fri --customer",
        ),
    )(hold)
    command(app, "wake", epilog=examples("triage wake 41", "triage wake 41 --json"))(wake)


def snooze(
    context: typer.Context,
    reference: Ids,
    until: Until = None,
    until_reply: UntilReply = False,
    stay: Stay = False,
    note: Note = "",
) -> None:
    """Hide a wait from the queue until later; its clock runs on unless its policy says otherwise.

    The customer's next message brings it back, with --stay only the time does.
    """
    if (until is None) == (not until_reply):
        raise UsageError(
            "Say until when, or --until-reply." if until is None else "Say one of the two.",
            hint="Such as: triage snooze 41 2h",
        )
    if stay and until is None:
        raise UsageError("--stay needs a time: nothing else would end it.")
    _rest(context, reference, HoldState.SNOOZED, until, stay=stay, note=note)


def hold(
    context: typer.Context,
    reference: Ids,
    until: Until = None,
    customer: Annotated[
        bool, typer.Option("--customer", help="It is the customer who must act: they were asked.")
    ] = False,
    stay: Stay = False,
    note: Note = "",
) -> None:
    """Put a wait on hold: somebody else must act first. The policy says whether its clock stands.

    The customer's next message ends it, with --stay only the time or `triage wake` does.
    """
    state = HoldState.WAITING_ON_CUSTOMER if customer else HoldState.ON_HOLD
    _rest(context, reference, state, until, stay=stay, note=note)


def wake(context: typer.Context, reference: Ids) -> None:
    """Go on with a wait that was snoozed or on hold."""
    flags = globals_of(context)
    app = flags.app

    def act(talk: ConversationView) -> Told:
        times.set_zone(zone_of(app.store, talk))
        wait = acting.wake(app.store, talk, app.agent, app.now(), app.tagger_for)
        return Told(
            {"state": wait.state.value, "due_at": output.iso(wait.due_at)},
            f"#{talk.id} is in the queue again{_due(wait, app.now())}.",
        )

    each(flags, reference, act)


def _rest(
    context: typer.Context,
    reference: str,
    state: HoldState,
    until: str | None,
    *,
    stay: bool,
    note: str,
) -> None:
    flags = globals_of(context)
    app = flags.app

    def act(talk: ConversationView) -> Told:
        zone = zone_of(app.store, talk)
        times.set_zone(zone)
        now = app.now()
        ends_at = None
        if until is not None:
            ends_at = parse_until(until, now, zone, _calendar(app, talk))
        wait = acting.hold(
            app.store,
            talk,
            state,
            app.agent,
            now,
            app.tagger_for,
            until=ends_at,
            stays=stay,
            note=note,
        )
        item: dict[str, object] = {
            "hold": state.value,
            "hold_until_at": output.iso(ends_at),
            "stays": stay,
            "due_at": output.iso(wait.due_at),
        }
        words = (
            f"#{talk.id} {state_words(state)} {_until(ends_at, now, stay=stay)}{_due(wait, now)}."
        )
        return Told(item, words, f"{program(app)} wake {talk.id}")

    each(flags, reference, act)


def _calendar(app: App, talk: ConversationView) -> Calendar | None:
    """In whose hours `tomorrow` begins: that of the policy under which they wait."""
    wait = acting.open_wait(app.store, talk.id)
    if wait is None:
        return None
    settings = app.store.judging.judge(wait.settings_id).settings
    return settings.calendar_of(settings.named(wait.policy, wait.kind))


def state_words(state: str) -> str:
    """A state of hold in words: `snoozed`, `waiting on the customer`, `on hold`."""
    if state == HoldState.WAITING_ON_CUSTOMER:
        return "waiting on the customer"
    return state.replace("-", " ")


def _until(ends_at: int | None, now: int, *, stay: bool) -> str:
    if ends_at is None:
        return "until somebody wakes it" if stay else "until they write again"
    return f"until {times.day_time(ends_at, now)}"


def _due(wait: WaitView, now: int) -> str:
    """When it is due; that its clock stands, if it does."""
    if wait.due_at is None:
        return "; its clock stands" if wait.needs_answer else ""
    if wait.due_at <= now:
        return f"; overdue {short_span(now - wait.due_at)}"
    return f"; due {times.day_time(wait.due_at, now)}"
