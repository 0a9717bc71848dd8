"""`triage config`: where it is, what it says, whether it is right, and putting it in force."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import app_of, globals_of
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.output import Column, Format


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Show, check and apply the configuration.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples("triage config check", "triage config show --origin"),
    )
    command(group, "path", epilog=examples("triage config path", "triage config path --json"))(path)
    command(
        group,
        "show",
        epilog=examples("triage config show", "triage config show --origin | grep sla"),
    )(show)
    command(
        group,
        "check",
        epilog=examples("triage config check", "triage config check --config new.toml"),
    )(check)
    command(group, "apply", epilog=examples("triage config apply", "triage config apply -q"))(apply)
    app.add_typer(group, name="config")


def path(context: typer.Context) -> None:
    """Show where everything lies, and who said so; works without a configuration."""
    flags = globals_of(context)
    columns: list[Column[Any]] = [
        Column("name", lambda r: r[0], "NAME"),
        Column("path", lambda r: str(r[1]), "PATH", wide=True),
        Column("exists", lambda r: _exists(r[1])),
        Column("origin", lambda r: r[2], "SAID BY"),
    ]
    found = flags.app.located.places.rows()
    form = flags.form()
    if form is Format.TERMINAL:
        # Never cut: a path is there to be copied.
        for name, place, origin in found:
            missing = ", not there yet" if _exists(place) is False else ""
            output.choices([f"{name:<16}  {place}", f"({origin}{missing})"])
    else:
        output.rows(found, columns, form)


def _exists(place: Path | str) -> bool | None:
    """Nobody is asked about what is on a server."""
    return place.exists() if isinstance(place, Path) else None


def show(
    context: typer.Context,
    origin: Annotated[
        bool, typer.Option("--origin", help="Also say where each value comes from.")
    ] = False,
) -> None:
    """Show every setting that is in use; never a secret."""
    from triage.config.origins import Setting, origins

    flags = globals_of(context)
    app = flags.app
    settings = origins(app.settings_file, app.located.places, app.env)
    form = flags.form()
    if form is Format.TERMINAL:
        for setting in settings:
            said = f"    # {setting.origin}" if origin else ""
            output.line(f"{setting.key} = {_toml(setting.value)}{said}")
        return
    columns: list[Column[Setting]] = [
        Column("key", lambda s: s.key),
        Column("value", lambda s: s.value if form is Format.JSON else _plain(s.value)),
    ]
    if origin:
        columns.append(Column("origin", lambda s: s.origin))
    output.rows(settings, columns, form)


def check(context: typer.Context) -> None:
    """Tell everything that is wrong with the configuration, at once; exit 78 if anything is."""
    from triage.core.rules_data import rules_from_data
    from triage.matching.defaults import make_tagger

    flags = globals_of(context)
    app = flags.app
    settings, _ = app.compile_settings()
    # What only the matcher can refuse.
    make_tagger(rules_from_data(settings.rules))
    said = _said_better(app)
    if flags.as_json:
        file = str(app.located.places.config_file)
        output.document([], config=file, ok=True, warnings=said)
        return
    for line in said:
        narrate.warn(line)
    narrate.say(f"{app.located.places.config_file} is in order.")


def _said_better(app: App) -> list[str]:
    """What may stand there, and had better not."""
    from triage.cli.store_words import password_told

    told = password_told(app.located.places)
    return [f"{told[0]} {told[1]}"] if told else []


def apply(context: typer.Context) -> None:
    """Put the configuration in force, and judge what waits by it."""
    flags = globals_of(context)
    app = app_of(context)
    # A rule that cannot be used must be told before the store is touched.
    settings, source_hash = app.compile_settings()
    store = app.create_store()
    applied = app.apply_settings(settings, source_hash)
    store.index_search()
    if flags.as_json:
        item = {
            "changed": applied.changed,
            "settings": applied.judge.settings_id,
            "threads": applied.judged.threads,
            "tagged": applied.judged.tagged,
            "waits": applied.judged.waits,
        }
        output.document([item])
        return
    words = "was in force already" if not applied.changed else "is in force"
    narrate.say(
        f"The configuration {words}; {applied.judged.tagged} posts tagged, "
        f"{applied.judged.waits} waits computed again."
    )


def _toml(value: Any) -> str:  # noqa: ANN401 - a value of TOML
    from triage.config.writing import toml_string

    if value is None:
        return "(not set)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(toml_string(v) for v in value) + "]"
    return str(value) if isinstance(value, int) else toml_string(str(value))


def _plain(value: Any) -> Any:  # noqa: ANN401 - a value of TOML
    return " ".join(value) if isinstance(value, list) else value
