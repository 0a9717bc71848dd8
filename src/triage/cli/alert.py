"""`triage alert`: tell the brand's own people who waits too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from triage.cli import narrate, output
from triage.cli.alerting import options_of, send
from triage.cli.context import Globals, globals_of
from triage.cli.exits import Exit
from triage.cli.groups import group, subcommand
from triage.cli.options import examples
from triage.cli.output import Column, Format, iso
from triage.errors import ConfigError, DeliveryFailed, NotFound, UsageError

if TYPE_CHECKING:
    from triage.app.alerting import Delivered
    from triage.bootstrap import App
    from triage.core.digest import AlertLine, Target


class Tested(NamedTuple):
    """What became of a test message.

    Attributes:
        target: Its name.
        problem: Why it did not arrive; None if it did.
    """

    target: str
    problem: DeliveryFailed | None

    @property
    def result(self) -> str:
        """In one word."""
        return "delivered" if self.problem is None else "failed"

    @property
    def reason(self) -> str:
        """Why it did not arrive; empty if it did."""
        if self.problem is None:
            return ""
        return self.problem.reason or self.problem.message


def register(app: typer.Typer) -> None:
    """Add the commands."""
    alert = group(
        app,
        "alert",
        _by_itself,
        epilog=examples("triage alert", "triage alert --dry-run", "triage alert test desk"),
    )
    add = subcommand(alert)
    add("test", examples("triage alert test", "triage alert test desk --json"))(try_out)


def _by_itself(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be told; tell nobody.")
    ] = False,
) -> None:
    """Tell the brand's own people who waits too long, as `triage fetch` does."""
    if context.invoked_subcommand is None:
        flags = globals_of(context)
        run = _preview if dry_run else _alert
        run(flags)
    elif dry_run:
        raise UsageError(
            f"--dry-run does not go with `triage alert {context.invoked_subcommand}`.",
            hint="See what would be told: triage alert --dry-run",
        )


def _preview(flags: Globals) -> None:
    from triage.app.alerting import preview
    from triage.config.alerts import COMMAND

    app, now = flags.app, flags.app.now()
    table = app.settings_file.alerts
    names = [*([COMMAND] if table.alert_command else []), *table.targets]
    due = preview(app.store, app.brand_id, names, options_of(app), now)
    output.rows(due, _columns(app, now), flags.form())
    if not due:
        narrate.say(_NOTHING)
    elif not names:
        narrate.say()
        narrate.say(f"There is nobody to tell: no target and no alert_command. {_add(app)}")


def _alert(flags: Globals) -> None:
    done = send(flags.app, _chosen(flags.app, None))
    output.rows(done, _DELIVERED, flags.form())
    if not done:
        narrate.say(_NOTHING)
    for one in done:
        if one.problem is not None:
            narrate.say()
            narrate.say(f"{one.target}: {_reason(one)} It is tried again with the next fetch.")
            narrate.say(f"  {one.problem.hint}")
    if any(one.problem for one in done):
        raise typer.Exit(Exit.FAILED)


def _columns(app: App, now: int) -> list[Column[AlertLine]]:
    from triage.core.text import handle_key, without_names

    ours = [handle_key(account.handle) for account in app.accounts()]
    return [
        Column("id", lambda a: a.conversation_id, "ID", right=True),
        Column("level", lambda a: a.level.value, "LEVEL"),
        Column("number", lambda a: a.number),
        Column("due_at", lambda a: iso(a.due_at), "SLA", lambda a: _sla(a.due_at, now)),
        Column("kind", lambda a: a.kind.value, "KIND", at_least=_KIND_FROM),
        Column("customer", lambda a: a.customer, "FROM", lambda a: f"@{a.customer}"),
        Column("mentions", lambda a: a.mentions),
        Column("priority", lambda a: a.priority),
        Column("text", lambda a: a.text, "TEXT", lambda a: without_names(a.text, ours), wide=True),
    ]


def _sla(due_at: int | None, now: int) -> str:
    from triage.core.queue import Sla, sla_words

    is_late = due_at is not None and due_at <= now
    return sla_words(Sla.OVERDUE if is_late else Sla.DUE_SOON, due_at, now)


def _reason(done: Delivered) -> str:
    return (done.problem.reason or done.problem.message) if done.problem else ""


_NOTHING = "Nobody is to be told anything new."
_KIND_FROM = 70
"""Terminal width from which the kind is shown."""
_DELIVERED: list[Column[Delivered]] = [
    Column("target", lambda d: d.target, "TARGET"),
    Column("result", lambda d: "failed" if d.problem else "delivered", "RESULT"),
    Column("alerts", lambda d: len(d.lines), "ALERTS", right=True),
    Column("reason", _reason, "WHY", wide=True),
]


def try_out(
    context: typer.Context,
    target: Annotated[
        str | None, typer.Argument(metavar="[TARGET]", help="Only this one; all if left out.")
    ] = None,
) -> None:
    """Send a made-up alert to every target, or to one; exit 1 if any did not take it."""
    flags = globals_of(context)
    targets = _chosen(flags.app, target)
    done = [_tell(flags.app, chosen) for chosen in targets]
    form = flags.form()
    output.rows(done, _COLUMNS, form)
    if form is Format.TERMINAL:
        _hints(done)
    if any(tested.problem for tested in done):
        raise typer.Exit(Exit.FAILED)


def _chosen(app: App, name: str | None) -> list[Target]:
    from triage.config.problems import did_you_mean

    targets = app.alert_targets()
    if not targets:
        raise ConfigError(
            "Alerts go nowhere: there is no target and no alert_command.",
            hint=_add(app),
        )
    names = [target.name for target in targets]
    if name is not None and name not in names:
        raise NotFound(f'There is no alert target "{name}".', hint=did_you_mean(name, names))
    return [target for target in targets if name in (None, target.name)]


def _add(app: App) -> str:
    return f"Add one under [alerts] in {app.located.places.config_file}."


def _tell(app: App, target: Target) -> Tested:
    from triage.core.digest import sample_digest

    try:
        target.deliver(sample_digest(app.settings_file.brand, target.name, app.now()))
    except DeliveryFailed as problem:
        return Tested(target.name, problem)
    return Tested(target.name, None)


_COLUMNS: list[Column[Tested]] = [
    Column("target", lambda t: t.target, "TARGET"),
    Column(
        "result",
        lambda t: t.result,
        "RESULT",
        style=lambda t: "bold red" if t.problem else "green",
    ),
    Column("reason", lambda t: t.reason, "WHY", wide=True),
    Column("hint", lambda t: t.problem.hint if t.problem else ""),
]


def _hints(done: Sequence[Tested]) -> None:
    failed = [(tested.target, tested.problem) for tested in done if tested.problem]
    if not failed:
        narrate.say()
        narrate.say("Look whether they have arrived.")
    for name, problem in failed:
        narrate.say()
        narrate.say(f"{name}: {problem.reason}")
        narrate.say(f"  {problem.hint}")
