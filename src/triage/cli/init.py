"""`triage init`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import Globals, globals_of
from triage.cli.main import command
from triage.cli.options import examples, span
from triage.config.raw import Located, Raw
from triage.errors import ConfigError, Refused, TriageError, UsageError

_LOCALTIME = Path("/etc/localtime")
_SINCE = '#since = "48h"'


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "init",
        epilog=examples(
            "triage init",
            "triage init --brand Acme --handle acme --time-zone Europe/Madrid --since 7d",
        ),
    )(init)


def init(
    context: typer.Context,
    brand: Annotated[str | None, typer.Option(metavar="NAME", help="Who is written to.")] = None,
    handle: Annotated[
        str | None, typer.Option(metavar="HANDLE", help="Your account on X, such as acme.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="Such as Europe/Madrid.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="SPAN", help="How much of the past gets clocks; 48h.")
    ] = None,
    client_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The Client ID of your app; no secret.")
    ] = None,
    sandbox: Annotated[
        str | None, typer.Option(metavar="URL", help="A sandbox's address, instead of X.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a configuration.")] = False,
) -> None:
    """Write a commented configuration; what is not said is asked on a terminal."""
    flags = globals_of(context)
    app = flags.app
    if app.demo:
        raise UsageError("The demo makes its own configuration.", hint="Make it: triage demo")
    path = app.located.places.config_file
    if path.exists() and not force:
        # Before anything is asked: answers must not be typed for nothing.
        raise Refused(
            "There is a configuration already; nothing was changed.",
            reason=f"It is at {path}.",
            hint="Edit it, or replace it: triage init --force",
        )
    if since is not None:
        span(since, "--since")
    handle = handle or _ask(flags, "Your account on X, such as acme", "--handle")
    handle = handle.strip().removeprefix("@")
    brand = brand or _ask_or(flags, "The brand's name", handle)
    time_zone = time_zone or _ask_or(flags, "Time zone", _system_zone(app))
    text = _text(
        brand.strip(), handle, time_zone.strip(), since, client_id=client_id, base_url=sandbox
    )
    _check(app, path, text)
    _write(path, text, force=force)
    _lay_down_templates(path)
    _tell(path, flags, has_app=bool(client_id or sandbox))


def _text(
    brand: str,
    handle: str,
    time_zone: str,
    since: str | None,
    *,
    client_id: str | None,
    base_url: str | None,
) -> str:
    from triage.config.writing import commented_config, toml_string

    if base_url is not None and client_id is None:
        from triage.sandbox.oauth_state import CLIENT_ID

        client_id = CLIENT_ID
    text = commented_config(
        brand=brand, handle=handle, time_zone=time_zone, base_url=base_url, client_id=client_id
    )
    if since is None:
        return text
    return text.replace(_SINCE, f"since = {toml_string(since)}", 1)


def _check(app: App, path: Path, text: str) -> None:
    """Refuse an answer that the program would not take, before anything is written."""
    from triage.config.load import load_config
    from triage.config.raw import parse_toml

    try:
        raw = Raw(path, parse_toml(text.encode(), path), "")
        load_config(Located(app.located.places, raw), app.env)
    except ConfigError as error:
        raise UsageError(
            error.message, reason="Nothing was written.", hint="Say it differently."
        ) from error


def _write(path: Path, text: str, *, force: bool) -> None:
    from triage.config.writing import write_config

    write_config(path, text, force=force)


def _lay_down_templates(path: Path) -> None:
    """Some to begin with; without them the configuration is as good."""
    from triage.config.starters import lay_down

    try:
        folder = lay_down(path)
    except TriageError as error:
        narrate.warn(f"{error.message} {error.reason}")
        return
    if folder is not None:
        narrate.say(f"Wrote templates to begin with to {folder}.")


def _ask(flags: Globals, question: str, flag: str) -> str:
    if not flags.may_ask:
        raise UsageError(
            f"{flag} is missing.", reason="Nobody can be asked here.", hint=f"Say {flag} ..."
        )
    while True:
        answer = _answer(f"{question}: ")
        if answer:
            return answer


def _ask_or(flags: Globals, question: str, otherwise: str) -> str:
    return (_answer(f"{question} [{otherwise}]: ") if flags.may_ask else "") or otherwise


def _answer(question: str) -> str:
    output.raw(question)
    output.flush()
    line = sys.stdin.readline()
    if not line:
        raise UsageError("The questions were not answered; nothing was written.")
    return line.strip()


def _system_zone(app: App) -> str:
    """The machine's own zone as an IANA name, or UTC."""
    told = app.env.get("TZ", "").removeprefix(":")
    name = told if "/" in told else ""
    if not name and _LOCALTIME.is_symlink():
        name = os.path.realpath(_LOCALTIME).partition("zoneinfo/")[2]
    return name.removeprefix("posix/") or "UTC"


def _tell(path: Path, flags: Globals, *, has_app: bool) -> None:
    if flags.as_json:
        output.document([{"config": str(path)}])
        return
    output.line(str(path) if not narrate.is_heard() else f"Wrote {path}.")
    narrate.say()
    narrate.say("Next:")
    if not has_app:
        narrate.say(f"  set client_id under [auth] in {path} (docs/sign-in.md)")
    narrate.say("  triage auth login        sign in to X")
    narrate.say("  triage config check      is all in order?")
    narrate.say("  triage fetch             bring in the mentions")
    narrate.say("  triage queue             who is waiting")
