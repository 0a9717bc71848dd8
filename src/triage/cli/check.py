"""`triage check`: the protocol of Nagios plug-ins, so one line and an exit code of its own."""

from collections.abc import Callable
from typing import Annotated

import typer

from triage.app.monitoring import Check, Limits, check, figures
from triage.bootstrap import App
from triage.cli import output
from triage.cli.context import globals_of
from triage.cli.exits import Exit
from triage.cli.main import command
from triage.cli.options import examples, span
from triage.cli.output import iso
from triage.core.kinds import SECOND
from triage.core.nagios import State, parse_range, status_line
from triage.errors import TriageError

_said = False


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "check",
        epilog=examples(
            "triage check",
            "triage check -w 2 -c 5 --max-age 30m",
            "triage check --account acmehelp -c 0",
        ),
    )(check_command)


def check_command(
    context: typer.Context,
    warning: Annotated[
        str,
        typer.Option(
            "--warning", "-w", metavar="RANGE", help="Warn unless so many are overdue: N, N:, N:M."
        ),
    ] = "0",
    critical: Annotated[
        str,
        typer.Option("--critical", "-c", metavar="RANGE", help="The same, for critical."),
    ] = "5",
    max_age: Annotated[
        str | None,
        typer.Option(
            metavar="SPAN", help="An older last fetch is critical; [fetch] stale_after by default."
        ),
    ] = None,
) -> None:
    """Tell a monitoring system how things stand, as a Nagios plug-in does.

    Exits 0 if all is well, 1 with a warning, 2 if it is critical, 3 if it cannot be told. An old
    fetch is critical however empty the queue is. Thresholds are N (0 to N), N:, ~:N, N:M and @N:M.
    """
    flags = globals_of(context)
    try:
        state = _check(flags.app, warning, critical, max_age, as_json=flags.as_json)
    except TriageError as problem:
        state = _unknown(problem, as_json=flags.as_json)
    raise typer.Exit(state)


def _check(app: App, warning: str, critical: str, max_age: str | None, *, as_json: bool) -> State:
    limits = Limits(
        parse_range(warning, "-w"),
        parse_range(critical, "-c"),
        None if max_age is None else span(max_age, "--max-age"),
    )
    ids = [a.id for a in app.accounts()] if app.only_accounts else ()
    found = check(app.store, app.brand_id, ids, limits, app.now())
    if as_json:
        output.document([_item(found, limits)])
    else:
        output.line(status_line(found.state, found.text, figures(found, limits)))
    _note_said()
    return found.state


def _item(found: Check, limits: Limits) -> dict[str, object]:
    return {
        "state": found.state.name.lower(),
        "text": found.text,
        "waiting": found.waiting,
        "overdue": found.overdue,
        "due_soon": found.due_soon,
        "oldest_overdue_s": found.oldest_overdue // SECOND,
        "fetched_at": iso(found.fetched_at),
        "fetch_age_s": None if found.fetch_age is None else found.fetch_age // SECOND,
        "warning": limits.warning.text,
        "critical": limits.critical.text,
        "max_age_s": None if found.max_age is None else found.max_age // SECOND,
    }


def _unknown(problem: TriageError, *, as_json: bool = False) -> State:
    text = " ".join(part for part in (problem.message, problem.reason, problem.hint) if part)
    if as_json:
        output.document([{"state": State.UNKNOWN.name.lower(), "text": text}])
    else:
        output.line(status_line(State.UNKNOWN, text))
    _note_said()
    return State.UNKNOWN


def _note_said() -> None:
    global _said  # noqa: PLW0603 - one process, one command
    _said = True


def as_plugin(run: Callable[[], int]) -> int:
    """Keep to the protocol whatever happens: one line on stdout, an exit code from 0 to 3.

    A wrong option or a bug ends before the command has said its line, and with a code that a
    monitoring system would take for something else: 2 for critical. Ctrl-C stays what it is.

    Args:
        run: Runs the command and gives its exit code.
    """
    global _said  # noqa: PLW0603 - one process, one command
    _said = False
    code = run()
    if code in (Exit.OK, Exit.INTERRUPTED) or (_said and code in list(State)):
        return code
    if not _said:
        _unknown(TriageError(f"It could not be checked (exit {code}).", hint="See stderr."))
    return State.UNKNOWN
