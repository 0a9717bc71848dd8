"""The commands of `triage customer` about what customers were promised."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.app import remembering
from triage.app.profile import zone_for
from triage.bootstrap import App
from triage.cli import narrate, output, times
from triage.cli.context import Globals, globals_of
from triage.cli.naming import MOST_ID, Who, Words, handle_of, named, words_of
from triage.cli.options import Csv
from triage.cli.output import Column, Format, iso
from triage.cli.sending import program
from triage.core.deadline import parse_deadline
from triage.core.people import Outcome, Promise, PromiseState, reference_of
from triage.core.queue import short_span
from triage.core.text import one_line
from triage.errors import UsageError

Number = Annotated[
    int, typer.Argument(metavar="PROMISE", min=1, max=MOST_ID, help="A promise's number.")
]


def promise(
    context: typer.Context,
    who: Who,
    text: Words,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="TIME", help='Until when: fri, 2026-12-01, 2d, "mon 14:00".'),
    ] = None,
) -> None:
    """Write down what a customer was promised, and until when; it is never public.

    A day means its end: what is promised by Friday may be done on Friday. It stays in sight, in
    `customer`, `show` and the review of a reply, until you say that it was kept or broken.
    """
    flags = globals_of(context)
    app = flags.app
    whom = named(app, who)
    words = words_of(text)
    if by is None:
        raise UsageError(
            "A promise needs a time.",
            reason="Nobody can tell whether one without was kept.",
            hint='Say until when: --by fri, --by 2026-12-01, --by 2d, --by "mon 14:00".',
        )
    due_at = parse_deadline(by, app.now(), zone_for(app.store, whom))
    made = remembering.promise(app.store, whom, words, due_at, app.agent, app.now())
    _show(flags, made)
    narrate.say_beside(
        f"Promise {made.id} to {handle_of(whom)}, by {by_words(made.due_at, app.now())}.",
        f"when it is done: {program(app)} customer kept {made.id}",
    )


def kept(context: typer.Context, number: Number) -> None:
    """Say that a promise was kept; now counts as when."""
    _settle(context, number, Outcome.KEPT)


def broken(context: typer.Context, number: Number) -> None:
    """Say that a promise was not kept, and will not be."""
    _settle(context, number, Outcome.BROKEN)


def unpromise(context: typer.Context, number: Number) -> None:
    """Take a promise back that was never made, or not to them; it is listed no more."""
    _settle(context, number, Outcome.TAKEN_BACK)


def _settle(context: typer.Context, number: int, outcome: Outcome) -> None:
    flags = globals_of(context)
    app = flags.app
    now = app.now()
    before = remembering.settle(app.store, app.brand_id, number, outcome, app.agent, now)
    after = remembering.get_promise(app.store, app.brand_id, number)
    _show(flags, after)
    state = after.state(now)
    words = state.value
    if state is PromiseState.KEPT_LATE:
        words = f"kept, {short_span(now - after.due_at)} late"
    was = "" if before.outcome is None else f" (was {before.state(now).value})"
    narrate.say(f"Promise {number} is {words}{was}: {one_line(after.text)}")


def promises(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Also those that were kept or broken.")
    ] = False,
    csv: Csv = False,
) -> None:
    """List what customers were promised and nobody has said to be done, soonest first."""
    flags = globals_of(context)
    app = flags.app
    now = app.now()
    found = [
        p
        for p in app.store.people.all_promises(app.brand_id)
        if p.state(now).is_open or (everything and p.outcome is not Outcome.TAKEN_BACK)
    ]
    judge = app.store.settings.current()
    times.set_zone(judge.settings.time_zone if judge else "UTC")
    form = flags.form(as_csv=csv)
    with output.paged():
        output.rows(found, promise_columns(app), form)
    if not found and form is Format.TERMINAL:
        narrate.say("Nothing is promised that is not done." if not everything else "Nothing yet.")


def _show(flags: Globals, made: Promise) -> None:
    if flags.as_json:
        output.document([promise_item(flags.app, made)])
    elif not output.stdout_is_terminal():
        output.rows([made], promise_columns(flags.app), flags.form())


def promise_item(app: App, promise: Promise) -> dict[str, object]:
    """A promise for JSON."""
    return {column.key: column.value(promise) for column in promise_columns(app)}


def promise_columns(app: App) -> list[Column[Promise]]:
    """A promise as data, and in a list on a terminal."""
    now = app.now()
    handles: dict[int, str] = {}

    def handle(promise: Promise) -> str:
        if promise.customer_id not in handles:
            found = app.store.people.customers([promise.customer_id])
            handles[promise.customer_id] = found[0].handle if found else ""
        return handles[promise.customer_id]

    return [
        Column("id", lambda p: p.id, "NO", right=True),
        Column(
            "state", lambda p: p.state(now), "STATE", style=lambda p: _STYLE.get(p.state(now), "")
        ),
        Column("due_at", lambda p: iso(p.due_at), "BY", lambda p: by_words(p.due_at, now)),
        Column("customer", handle, "TO", lambda p: f"@{handle(p)}"),
        Column("customer_id", lambda p: reference_of(p.customer_id)),
        Column("conversation", lambda p: p.conversation_id),
        Column("text", lambda p: p.text, "WHAT", wide=True),
        Column("agent", lambda p: p.agent),
        Column("promised_at", lambda p: iso(p.made_at)),
        Column("ended_at", lambda p: iso(p.ended_at)),
        Column("ended_by", lambda p: p.ended_by),
    ]


_STYLE = {PromiseState.LATE: "bold red"}


def promise_row(promise: Promise, now: int) -> list[str]:
    """A promise for a screen: its number, how it stands, what it says, and who said so."""
    state = promise.state(now)
    words = state.value
    if state is PromiseState.LATE:
        words = f"late {short_span(now - promise.due_at)}"
    by = f"by {by_words(promise.due_at, now)}"
    return [f"promise {promise.id}", words, by, f"{promise.text}  ({promise.agent})"]


def by_words(due_at: int, now: int) -> str:
    """Until when, as people say it: the end of a day is that day."""
    when = times.local(due_at)
    if (when.hour, when.minute) != (0, 0):
        return times.day_time(due_at, now)
    last = times.local(due_at - 1)
    same_year = last.year == times.local(now).year
    return f"{last:%a} {last.day} {last:%b}" + ("" if same_year else f" {last.year}")
