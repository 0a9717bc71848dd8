"""`triage sla`: what was promised to whom, why it is due then, and the past under other ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.groups import subcommand
from triage.cli.holding import state_words
from triage.cli.options import Csv, Id, examples
from triage.cli.output import Column, Format
from triage.cli.sending import program
from triage.cli.sla_explain import explain_wait_of
from triage.cli.sla_past import recompute, what_if
from triage.core.holds import HoldState
from triage.core.policy import Policy
from triage.core.queue import short_span

if TYPE_CHECKING:
    from triage.bootstrap import App
    from triage.core.policy import Settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    made = typer.Typer(
        help="See what was promised to whom, why a wait is due then, and what would change it.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples("triage sla list", "triage sla explain 41"),
    )
    add = subcommand(made)
    add("list", examples("triage sla list", "triage sla list --json"))(list_)
    add("explain", examples("triage sla explain 41", "triage sla explain 41 --wait 1 --json"))(
        explain
    )
    add(
        "what-if",
        examples(
            "triage sla what-if complaint=30m --since 30d",
            "triage sla what-if question=2h complaint.next=1h --json",
        ),
    )(what_if)
    add(
        "recompute",
        examples(
            "triage sla recompute --closed --since 2026-11-01 --dry-run",
            "triage sla recompute --closed --since 7d -y",
        ),
    )(recompute)
    app.add_typer(made, name="sla")


class _Listed(NamedTuple):
    """A policy, where it stands in the order, and the words of its calendar."""

    place: int
    policy: Policy
    calendar: str


def list_(context: typer.Context, csv: Csv = False) -> None:
    """List the promises in the order in which they are tried: the first that holds is taken."""
    flags = globals_of(context)
    settings, is_in_force = _settings(flags.app)
    rows = [
        _Listed(place, policy, settings.calendar_of(policy).describe())
        for place, policy in enumerate(settings.in_order(), 1)
    ]
    form = flags.form(as_csv=csv)
    if form is not Format.TERMINAL:
        output.rows(rows, _DATA, form)
        return
    # Whom a promise is for is never cut: it is wrapped.
    output.grid([_HEADS, *map(_cells, rows)], wide=1)
    output.line()
    for words in [*dict.fromkeys(row.calendar for row in rows), *_stops(rows)]:
        output.wrapped(words)
    if not is_in_force:
        narrate.say()
        narrate.say(
            f"These are the files; nothing is in force yet: {program(flags.app)} config apply"
        )


def _settings(app: App) -> tuple[Settings, bool]:
    """Those in force; the files' where there are none."""
    current = app.store.settings.current() if app.has_store else None
    if current is not None:
        return current.settings, True
    return app.compile_settings()[0], False


def span_words(span: int | None) -> str:
    """A span, or that no answer is due."""
    return "none" if span is None else short_span(span)


def warning_words(policy: Policy) -> str:
    """When it warns, as the configuration says it: what is left of the time."""
    if policy.respond_within is None:
        return ""
    if policy.warn_share is not None:
        return f"{100 - policy.warn_share}%"
    return short_span(policy.warn_before)


_DATA: list[Column[_Listed]] = [
    Column("place", lambda r: r.place),
    Column("policy", lambda r: r.policy.name),
    Column("for", lambda r: r.policy.when.whom(r.policy.name)),
    Column("respond_within_s", lambda r: _seconds(r.policy.within(is_next=False))),
    Column("next_response_within_s", lambda r: _seconds(r.policy.within(is_next=True))),
    Column("warn_before", lambda r: warning_words(r.policy)),
    Column("calendar", lambda r: r.policy.calendar),
    Column("pauses", lambda r: " ".join(sorted(r.policy.pauses))),
    Column("alert_when_closed", lambda r: r.policy.alert_anytime),
]
_HEADS = ["POLICY", "FOR", "FIRST", "NEXT", "WARN", "CALENDAR"]


def _cells(row: _Listed) -> list[str]:
    policy = row.policy
    spans = [policy.within(is_next=False), policy.within(is_next=True)]
    return [
        policy.name,
        policy.when.whom(policy.name),
        *map(span_words, spans),
        warning_words(policy),
        policy.calendar,
    ]


def _stops(rows: Sequence[_Listed]) -> Iterator[str]:
    """In which states whose clock stands, and who is told also while it is closed."""
    for state in HoldState:
        names = [row.policy.name for row in rows if state in row.policy.pauses]
        if names:
            yield f"the clock stands while {state_words(state)}: {', '.join(names)}"
    names = [row.policy.name for row in rows if row.policy.alert_anytime]
    if names:
        yield f"alerts come also while it is closed: {', '.join(names)}"


def _seconds(span: int | None) -> int | None:
    return None if span is None else span // 1000


def explain(
    context: typer.Context,
    reference: Id,
    wait: Annotated[
        int | None,
        typer.Option("--wait", metavar="N", min=1, help="The Nth wait of the conversation."),
    ] = None,
) -> None:
    """Explain when an answer is due: the policy, and every stretch of time that counted or did not.

    Without --wait it is the open wait, or the last.
    """
    explain_wait_of(globals_of(context), reference, wait)
