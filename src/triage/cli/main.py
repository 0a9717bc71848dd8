"""The entry: global flags, the commands by name, and the one boundary that gives exit codes."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer

from triage import __version__
from triage.cli import narrate, signals
from triage.cli.argv import command_of, hoist
from triage.cli.context import Globals
from triage.cli.exits import Exit, code_of, described
from triage.errors import TriageError, UsageError

COMMANDS: dict[str, str] = {
    "init": "triage.cli.init",
    "auth": "triage.cli.auth",
    "fetch": "triage.cli.fetch",
    "queue": "triage.cli.queue",
    "show": "triage.cli.show",
    "sync": "triage.cli.sync",
    "reply": "triage.cli.reply",
    "close": "triage.cli.acts",
    "reopen": "triage.cli.acts",
    "tag": "triage.cli.acts",
    "templates": "triage.cli.templates",
    "search": "triage.cli.search",
    "report": "triage.cli.report",
    "themes": "triage.cli.themes",
    "action": "triage.cli.action",
    "cost": "triage.cli.cost",
    "snooze": "triage.cli.holding",
    "hold": "triage.cli.holding",
    "wake": "triage.cli.holding",
    "sla": "triage.cli.sla",
    "calendar": "triage.cli.calendar",
    "customer": "triage.cli.customer",
    "note": "triage.cli.noting",
    "check": "triage.cli.check",
    "alert": "triage.cli.alert",
    "assign": "triage.cli.assigning",
    "claim": "triage.cli.claims",
    "release": "triage.cli.claims",
    "event": "triage.cli.events",
    "undo": "triage.cli.taking_back",
    "team": "triage.cli.team",
    "drafts": "triage.cli.drafts",
    "outbox": "triage.cli.outbox",
    "log": "triage.cli.log",
    "import": "triage.cli.importing",
    "classify": "triage.cli.classify",
    "rules": "triage.cli.rules",
    "config": "triage.cli.config",
    "db": "triage.cli.db",
    "store": "triage.cli.store",
    "doctor": "triage.cli.doctor",
    "schedule": "triage.cli.schedule",
    "demo": "triage.cli.demo",
    "sandbox": "triage.cli.sandbox",
    "completion": "triage.cli.completion",
}
"""Where each command lives. A module has `register(app)`, which adds all that it holds.

Only the module of the command that was asked for is imported; help and completion import all.
"""

_HELP = """Answer customers from the terminal: who is waiting, since when, and why.

Three commands are the job: fetch (on a cron), queue (who waits), reply (answer).

\b
Exit codes:
"""


_DIGITS = 18
"""That every number has which a store takes."""


class Interrupted(BaseException):
    """Ctrl-C or a signal, carried past the parser, which would make exit code 1 of it."""


def build(names: Sequence[str] | None = None) -> typer.Typer:
    """Make the program with the named commands, or with all of them."""
    app = typer.Typer(
        name="triage",
        help="\b\n" + _HELP + described(),
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
        no_args_is_help=True,
    )
    app.callback()(_root)
    for module in dict.fromkeys(COMMANDS[n] for n in (COMMANDS if names is None else names)):
        importlib.import_module(module).register(app)
    return app


def _version(*, value: bool) -> None:
    if value:
        sys.stdout.write(f"triage {__version__}\n")
        raise typer.Exit


def _root(
    context: typer.Context,
    config: Annotated[
        str | None, typer.Option(metavar="FILE", help="The configuration (TRIAGE_CONFIG).")
    ] = None,
    db: Annotated[
        str | None,
        typer.Option(
            metavar="STORE",
            help="The store: a file, or postgresql://... (TRIAGE_DB, TRIAGE_STORE).",
        ),
    ] = None,
    account: Annotated[
        list[str] | None, typer.Option(metavar="HANDLE", help="Only this account; repeatable.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    color: Annotated[str, typer.Option(help="auto, always or never.")] = "auto",
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask anything.")] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Work on the data of `triage demo`.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    from triage.bootstrap import App
    from triage.cli import output

    if color not in ("auto", "always", "never"):
        raise UsageError(f"--color {color}: unknown.", hint="Use auto, always or never.")
    output.set_color(color)
    narrate.set_quiet(quiet=quiet)
    context.obj = Globals(
        App(config=config, db=db, demo=demo, only_accounts=tuple(account or ())),
        as_json=json,
        no_input=no_input,
        debug=debug,
    )
    context.call_on_close(context.obj.app.close)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its code."""
    signals.install()
    words = hoist(sys.argv[1:] if argv is None else argv)
    try:
        code = run(words)
    except (KeyboardInterrupt, Interrupted):
        code = signals.exit_code()
    if signals.received() is not None and code == Exit.FAILED:
        # The parser was at work, and made of it what it makes of Ctrl-C.
        code = signals.exit_code()
    signals.ignore()
    sys.exit(code)


def run(words: Sequence[str]) -> int:
    """Run hoisted arguments; give the exit code."""
    _survive_any_locale()
    name = command_of(words)
    if name == "check":
        from triage.cli.check import as_plugin

        return as_plugin(lambda: _run(name, words))
    return _run(name, words)


def _run(name: str | None, words: Sequence[str]) -> int:
    completing = "_TRIAGE_COMPLETE" in os.environ
    only = [name] if name in COMMANDS else [] if "--version" in words else None
    if name == "customer":
        from triage.cli.customer import with_show

        words = with_show(words)
    app = build(None if completing else only)
    try:
        app(list(words), prog_name="triage")
    except SystemExit as stop:
        return _flushed(stop.code if isinstance(stop.code, int) else int(bool(stop.code)))
    except TriageError as problem:
        if "--debug" in words:
            _traceback()
        code = code_of(problem)
        _flushed(code)
        if "--demo" in words:
            # What is told to be typed is for the store that was asked.
            problem.hint = _for_demo(problem.hint)
        narrate.error(problem, code)
        return int(code)
    except (KeyboardInterrupt, Interrupted):
        return _flushed(signals.exit_code())
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as bug:  # noqa: BLE001 - the one boundary: a bug ends in a crash file
        return _crash(bug, words)
    return _flushed(Exit.OK)


def _for_demo(hint: str) -> str:
    for name in COMMANDS:
        hint = hint.replace(f"triage {name}", f"triage --demo {name}")
    return hint.replace("triage --demo demo", "triage demo")


def _mistyped(bug: Exception, words: Sequence[str]) -> UsageError | None:
    """What was typed that no store takes: bytes that are no text, or a number beyond all ids."""
    typed = "".join((*words, os.environ.get("TRIAGE_AGENT", "")))
    if isinstance(bug, UnicodeEncodeError) and any("\ud800" <= c <= "\udfff" for c in typed):
        return UsageError("What was typed is not UTF-8.", hint="Set a UTF-8 locale, or retype it.")
    if isinstance(bug, OverflowError) and any(len(w) > _DIGITS and w.isdecimal() for w in words):
        return UsageError("A number that was typed is too great.", hint="Write a smaller one.")
    return None


def _survive_any_locale() -> None:
    """A terminal that cannot show a character must not stop a command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _flushed(code: int) -> int:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        return _closed_pipe()
    except OSError as error:
        _give_up_stdout()
        if code == Exit.OK:
            problem = TriageError("The output could not be written.", reason=str(error.strerror))
            narrate.error(problem, Exit.FAILED)
            return int(Exit.FAILED)
    return int(code)


def _closed_pipe() -> int:
    """`| head` has read enough: not a failure."""
    _give_up_stdout()
    return int(Exit.OK)


def _give_up_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of failing once more."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())


def _traceback() -> None:
    import traceback

    traceback.print_exc()


def _crash(bug: Exception, words: Sequence[str]) -> int:
    mistyped = _mistyped(bug, words)
    if mistyped is not None:
        narrate.error(mistyped, Exit.USAGE)
        return _flushed(Exit.USAGE)
    from triage.cli.crash import write_crash_file

    if "--debug" in words:
        _traceback()
    path = write_crash_file(bug, words)
    narrate.error(
        TriageError(
            f"This is a mistake of ours: {type(bug).__name__}.",
            reason=f"What we know of it, without texts or tokens, is in {path}.",
            hint="Please report it with that file.",
        ),
        Exit.BUG,
    )
    return int(Exit.BUG)


def command(app: typer.Typer, name: str | None = None, **options: Any) -> Any:  # noqa: ANN401
    """Register a command whose Ctrl-C reaches the boundary."""
    import functools

    def decorate(function: Any) -> Any:  # noqa: ANN401
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            try:
                return function(*args, **kwargs)
            except KeyboardInterrupt:
                raise Interrupted from None

        app.command(name, **options)(inner)
        return function

    return decorate
