"""`triage demo`: everything on made-up data, through the real code, without an account."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from triage.bootstrap import App
from triage.cli import narrate
from triage.cli.context import Globals, globals_of
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.queue import queue
from triage.errors import Busy, Refused, TriageError, UsageError

_ACCOUNTS = ("acme", "acmehelp")
_AFTER_ACCOUNTS = "# How long whom may wait."
_MORE_ACCOUNTS = """\
[[account]]
channel = "x"
handle = "acmehelp"

"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "demo",
        epilog=examples(
            "triage demo",
            "triage demo --reset",
            "triage demo --store postgresql://ana@localhost/triage_demo",
        ),
    )(demo)


def demo(
    context: typer.Context,
    reset: Annotated[bool, typer.Option("--reset", help="Throw it away and start anew.")] = False,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Keep it on a PostgreSQL server: postgresql://..."),
    ] = None,
) -> None:
    """Try everything: made-up customers, fetched from a sandbox on this computer.

    Nothing leaves this computer, and no key is needed. What you do to the demo stays until --reset.
    With --store it is kept in a database on a server, which must be empty; it remembers that.
    """
    _check_store(store)
    flags = globals_of(context)
    app = App(
        demo=True, env=flags.app.env, now=flags.app.now, only_accounts=flags.app.only_accounts
    )
    context.find_root().call_on_close(app.close)
    flags.app = app
    is_new = _make(app, reset=reset, store=store)
    if is_new or _is_empty(app):
        _fetch(app)
    else:
        narrate.say("This is the demo as you left it; --reset starts anew.")
    narrate.say()
    queue(context)
    _tell(flags)


def _check_store(store: str | None) -> None:
    if store is None:
        return
    from triage.core.store_url import is_url, trouble

    if not is_url(store) or trouble(store):
        raise UsageError(
            "--store is not the address of a server.",
            hint="Write postgresql://USER@HOST/DATABASE, special characters as %XX.",
        )


def _is_empty(app: App) -> bool:
    """Whether a first fetch was never begun."""
    if app.located.places.url:
        return not app.store.accounts.brands()
    return not app.located.places.db.exists()


def _make(app: App, *, reset: bool, store: str | None) -> bool:
    """Lay down configuration, keys, the sandbox's state and tables; whether that was done."""
    folder = app.demo_dir
    if reset:
        _reset(app, store)
    if (folder / "config.toml").exists():
        _refuse_another(app, store)
        return False
    if store is not None:
        from triage.store.demo_server import make

        make(store)
    from triage.config.starters import lay_down
    from triage.config.writing import write_credentials, write_private
    from triage.sandbox.seeds import HELP_TOKEN, demo
    from triage.sandbox.state import APP_TOKEN, USER_TOKEN
    from triage.sandbox.statefile import save

    try:
        save(folder / "sandbox.json", demo(app.now()))
    except OSError as error:
        raise TriageError(
            "The demo cannot be made.",
            reason=f"{folder}: {error.strerror}.",
            hint="Make room for it, or set XDG_DATA_HOME to another folder.",
        ) from error
    sections = {
        "x": {"bearer_token": APP_TOKEN},
        "x:acme": {"user_token": USER_TOKEN},
        "x:acmehelp": {"user_token": HELP_TOKEN},
    }
    write_credentials(folder / "credentials.toml", sections, force=True)
    lay_down(folder / "config.toml")
    # Last: a demo is there as soon as its configuration is.
    write_private(folder / "config.toml", _config_text(store), force=True)
    return True


def _reset(app: App, store: str | None) -> None:
    """Throw away the demo that is here, and the one that the server holds."""
    folder = app.demo_dir
    urls = {store} if store else set()
    if (folder / "config.toml").exists():
        urls |= {app.located.places.url} - {""}
        # It is looked for again once it is made anew.
        app.__dict__.pop("located")
    for url in sorted(urls):
        from triage.store.demo_server import throw_away

        throw_away(url)
    if folder.exists():
        _remove(folder)


def _refuse_another(app: App, store: str | None) -> None:
    """The demo remembers its store; another one would be another demo."""
    places = app.located.places
    if store is None or store == places.url:
        return
    raise Refused(
        "There is a demo already, and its store is another one.",
        reason=f"It is {places.store_name}.",
        hint="Throw it away and start anew: triage demo --reset --store ...",
    )


def _config_text(store: str | None) -> str:
    from triage.config.writing import commented_config

    text = commented_config(brand="Acme", handle=_ACCOUNTS[0], store=store)
    text = text.replace(_AFTER_ACCOUNTS, _MORE_ACCOUNTS + _AFTER_ACCOUNTS, 1)
    return text.replace('#since = "48h"', 'since = "3d"')


def _remove(folder: Path) -> None:
    # The name is ours, and nobody else's files are in it.
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise Busy(
            "The demo cannot be thrown away.",
            reason=f"{error.filename}: {error.strerror}.",
            hint="Is another command at work on it? Try again.",
        ) from error


def _fetch(app: App) -> None:
    from triage.cli.fetch import fetch_all

    names = " and ".join(f"@{name}" for name in _ACCOUNTS)
    narrate.say(f"Fetching from the sandbox what was written to {names} in two days.")
    run = fetch_all(app)
    for one in run.fetched:
        if one.error is not None:
            raise one.error
    mentions = sum(one.saved.new_mentions for one in run.fetched)
    own = sum(one.saved.new_own for one in run.fetched)
    narrate.say(f"{mentions} mentions came in and were tagged by rules.")
    narrate.say(f"{own} answers that were given in another app ended their waits.")


def _tell(flags: Globals) -> None:
    first = _first_waiting(flags.app)
    name = _command_name()
    narrate.say()
    narrate.say("Try:")
    for words, what in (
        (f"show {first}", "thread, reasons, clock"),
        (f"reply {first} 'Sorry! We are on it.'", "answer, after a look at it"),
        (f"reply {first} -t sorry", "the same from a template"),
        ("queue --kind question", "some of the queue"),
        ("report", "the figures"),
        ("fetch", "as cron would"),
    ):
        narrate.say(f"  {name} --demo {words:<33}  {what}")


def _first_waiting(app: App) -> str:
    from triage.app.queueing import load_queue
    from triage.core.queue import QueueFilter

    found = load_queue(app.store, QueueFilter(app.brand_id), app.now(), limit=1)
    return str(found.items[0].id) if found.items else "ID"


def _command_name() -> str:
    """How this program is called from here: by its name only if the shell would find it."""
    if shutil.which("triage"):
        return "triage"
    called = Path(sys.argv[0])
    if called.name != "triage":
        return "python -m triage"
    try:
        return os.path.relpath(called)
    except ValueError:
        return str(called)
