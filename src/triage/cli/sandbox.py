"""`triage sandbox`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import examples
from triage.errors import TriageError

_DAY_S = 86_400


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "sandbox",
        epilog=examples(
            "triage sandbox",
            "triage sandbox --port 8080 --state sandbox.json",
            "triage sandbox --oauth --seed --port 8080",
        ),
    )(sandbox)


def sandbox(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes a free port.")
    ] = 0,
    state: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Keep the state in this file; made if it is missing."),
    ] = None,
    oauth: Annotated[
        bool,
        typer.Option("--oauth", help="Accept only tokens of a sign-in: triage auth login."),
    ] = False,
    seed: Annotated[
        bool, typer.Option("--seed", help="Begin with the mentions of the demo.")
    ] = False,
) -> None:
    """Run a local server that speaks the X API, until Ctrl-C; nothing leaves this computer."""
    from triage.sandbox import seeds
    from triage.sandbox.oauth_state import CLIENT_ID
    from triage.sandbox.server import Sandbox
    from triage.sandbox.wire import Options

    flags = globals_of(context)
    path = Path(state) if state else None
    try:
        server = Sandbox(
            path,
            state=seeds.demo(flags.app.now()) if seed else None,
            options=Options(standing_tokens=not oauth),
            port=port,
        ).start()
    except (OSError, ValueError) as error:
        raise TriageError(
            "The sandbox cannot start.",
            reason=f"{error}.",
            hint="Name another --port or --state.",
        ) from error
    try:
        if flags.as_json:
            output.document(
                [{"base_url": server.base_url, **({"client_id": CLIENT_ID} if oauth else {})}]
            )
        else:
            output.line(server.base_url)
        output.flush()
        _tell(server.base_url, client_id=CLIENT_ID if oauth else None)
        while True:
            # A wait without an end would keep Ctrl-C from the main thread on some systems.
            time.sleep(_DAY_S)
    finally:
        server.stop()


def _tell(base_url: str, *, client_id: str | None) -> None:
    from triage.sandbox.state import APP_TOKEN, USER_TOKEN

    narrate.say()
    narrate.say("To point an account at it, in the configuration:")
    narrate.say("  [[account]]")
    narrate.say('  channel = "x"')
    narrate.say('  handle = "acme"')
    narrate.say(f'  base_url = "{base_url}"')
    if client_id is not None:
        narrate.say("  [auth]")
        narrate.say(f'  client_id = "{client_id}"')
        narrate.say("or: " + f"triage init --handle acme --sandbox {base_url}")
        narrate.say("and then: triage auth login")
    else:
        narrate.say("and in credentials.toml (chmod 600):")
        narrate.say("  [x]")
        narrate.say(f'  bearer_token = "{APP_TOKEN}"')
        narrate.say(f'  user_token = "{USER_TOKEN}"')
    narrate.say("Ctrl-C stops it.")
