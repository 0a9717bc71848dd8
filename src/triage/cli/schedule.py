"""`triage schedule print`: what to install so that mentions are fetched by themselves."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import examples, span
from triage.cli.store_words import libpq_variables, password_told
from triage.core.kinds import MINUTE
from triage.core.scheduling import UNIT, Job, cron_line, service_unit, timer_unit
from triage.errors import UsageError

_UNITS = ("service", "timer")
_FOLDER = "~/.config/systemd/user"
_LEAST = MINUTE
_SECRETS = ("TRIAGE_X_", "TRIAGE_PING_URL")
"""Variables that stay out of a schedule, since others may read it."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Have mentions fetched by themselves.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples("triage schedule print --cron", "triage schedule print --systemd"),
    )
    command(
        group,
        "print",
        epilog=examples(
            "triage schedule print --cron",
            "triage schedule print --cron --every 10m",
            "triage schedule print --cron --events",
            f"triage schedule print --systemd --unit timer > {_FOLDER}/{UNIT}.timer",
        ),
    )(print_schedule)
    app.add_typer(group, name="schedule")


def print_schedule(
    context: typer.Context,
    cron: Annotated[bool, typer.Option("--cron", help="A line for a crontab.")] = False,
    systemd: Annotated[bool, typer.Option("--systemd", help="Units for systemd.")] = False,
    every: Annotated[
        str | None, typer.Option(metavar="SPAN", help="How often; 5m, with --events 1m.")
    ] = None,
    events: Annotated[
        bool, typer.Option("--events", help="Of `event run`, for posts to the minute; with --cron.")
    ] = False,
    unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="Of systemd's units only service or timer.")
    ] = None,
) -> None:
    """Print what to install; nothing is installed.

    Paths are absolute, and what --config, --db, --account and the environment say here is said
    there too, save for secrets.
    """
    flags = globals_of(context)
    app = flags.app
    if cron == systemd:
        raise UsageError("Neither cron nor systemd was named, or both were.", hint="Name one.")
    if unit is not None and (cron or unit not in _UNITS):
        raise UsageError(
            f"--unit {unit}: there is none.", hint="Say --systemd with --unit service or timer."
        )
    if events and not cron:
        raise UsageError("--events is for a crontab.", hint="Say --cron --events.")
    if app.demo:
        raise UsageError("The demo is not for a schedule.", hint="Leave out --demo.")
    what, usual = (("event", "run"), "1m") if events else (("fetch",), "5m")
    job = Job(_words(app, *what), _env(app), _span(every or usual))
    texts = {"crontab": cron_line(job)} if cron else _systemd(job, unit)
    if flags.as_json:
        output.document([{"name": name, "text": text} for name, text in texts.items()])
    else:
        _write(texts)
    _tell_where(cron=cron)
    _tell_secrets(app)


def _span(text: str) -> int:
    every = span(text, "--every")
    if every < _LEAST:
        raise UsageError(f"--every {text}: too often.", hint="Write at least 1m.")
    return every


def _systemd(job: Job, unit: str | None) -> dict[str, str]:
    texts = {f"{UNIT}.service": service_unit(job), f"{UNIT}.timer": timer_unit(job)}
    return {name: text for name, text in texts.items() if unit is None or name.endswith(unit)}


def _write(texts: dict[str, str]) -> None:
    if len(texts) == 1:
        (text,) = texts.values()
    else:
        text = "\n".join(f"# {name}\n{text}" for name, text in texts.items())
    output.raw(text.rstrip("\n") + "\n")


def _words(app: App, *what: str) -> list[str]:
    """The command with everything that would be found otherwise in another environment."""
    places = app.located.places
    words = [*_program(), *what]
    # What is at its default is found without being named, also after a move.
    if _is_told(places.origins["config_file"]):
        words += ["--config", str(places.config_file)]
    if _is_told(places.origins["db"]):
        words += ["--db", places.store_name]
    for handle in app.only_accounts:
        words += ["--account", handle]
    return words


def _env(app: App) -> dict[str, str]:
    """Where the marks lie: elsewhere the database would pass for one that was copied.

    And by what else a server is found.
    """
    places = app.located.places
    env = {}
    if _is_told(places.origins["state_dir"]):
        env["TRIAGE_STATE_DIR"] = str(places.state_dir)
    if app.env.get("TRIAGE_AGENT"):
        env["TRIAGE_AGENT"] = app.env["TRIAGE_AGENT"]
    if places.url:
        env |= libpq_variables(app.env)
    return env


def _is_told(origin: str) -> bool:
    """Whether a place comes from a flag or a variable, which a schedule does not have."""
    return origin.startswith(("flag ", "environment "))


def _program() -> list[str]:
    """This program by an absolute path; links stay, since an update may turn them elsewhere."""
    called = os.path.abspath(sys.argv[0])  # noqa: PTH100 - `resolve` would follow links
    if Path(called).name == "triage" and os.access(called, os.X_OK) and Path(called).is_file():
        return [called]
    # -P: a folder of that name in the home, where cron runs it, is not the program.
    return [sys.executable, "-P", "-m", "triage"]


def _tell_where(*, cron: bool) -> None:
    narrate.say()
    if cron:
        narrate.say("Add that line: crontab -e")
        return
    narrate.say("Each into its file, by this command again, then switch it on:")
    narrate.say(f"  mkdir -p {_FOLDER}")
    for unit in _UNITS:
        narrate.say(f"  ... --unit {unit} > {_FOLDER}/{UNIT}.{unit}")
    narrate.say("  systemctl --user daemon-reload")
    narrate.say(f"  systemctl --user enable --now {UNIT}.timer")
    narrate.say("  loginctl enable-linger       so that it runs while you are logged out")


def _tell_secrets(app: App) -> None:
    places = app.located.places
    secret = (*_SECRETS, "PGPASSWORD") if places.url else _SECRETS
    names = sorted(name for name in app.env if name.startswith(secret) and app.env[name])
    of_store = ", a password of the store into ~/.pgpass" if "PGPASSWORD" in names else ""
    if names:
        narrate.warn(
            f"{', '.join(names)} of your environment will be missing there, and secrets do not "
            f"belong into a schedule: keys go into {places.credentials_file}, ping_url into "
            f"[heartbeat] of the configuration{of_store}."
        )
    told = password_told(places)
    if told and _is_told(places.origins["db"]):
        narrate.warn(f"{told[0]} It is left out there. {told[1]}")
