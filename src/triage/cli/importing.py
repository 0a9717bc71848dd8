"""`triage import`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Annotated, BinaryIO

import typer

from triage.app.applying import apply_settings
from triage.app.collecting import nothing_collected
from triage.app.importing import ImportOptions, ImportResult, import_posts
from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.exits import Exit
from triage.cli.files import opened
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.output import Column, Format
from triage.cli.progress import bar
from triage.core.accounts import Account
from triage.core.model import Post
from triage.core.policy import Settings
from triage.errors import UsageError

_SHOWN = 20
"""So many bad lines are told one by one."""
_CHANNELS = ("x", "import")


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "import",
        epilog=examples(
            "triage import archive.jsonl --account acme --channel x",
            "zcat posts.csv.gz | triage import - --account acme --account acmehelp --history",
        ),
    )(import_)


def import_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file; - reads stdin.")],
    channel: Annotated[
        str, typer.Option(help="Whose ids they are: x, or import for any other source.")
    ] = "import",
    brand: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The brand, where no configuration names one."),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Keep all without clocks.")] = False,
    no_tag: Annotated[
        bool, typer.Option("--no-tag", help="Only store; the next fetch or apply tags.")
    ] = False,
) -> None:
    """Take posts from a file: X API v2 JSON, JSON lines or CSV.

    --account HANDLE, repeatable, says whose posts are ours. What is known already stays as it is.
    """
    flags = globals_of(context)
    app = flags.app
    if channel not in _CHANNELS:
        raise UsageError(f"--channel {channel}: unknown.", hint="Use x or import.")
    options = ImportOptions(channel, history=history, tagging=not no_tag)
    with opened(file) as (stream, size), bar("Importing", size) as progress:
        lines = _Lines(stream, file, progress)
        brand_id, ours = _prepare(app, channel, brand)
        with nothing_collected():
            result = import_posts(
                app.store, brand_id, ours, lines.posts(), options, app.now, app.tagger_for
            )
    lines.tell_rest()
    _summary(result, lines.bad, flags.form())
    if no_tag and result.saved.new_mentions:
        narrate.say("Nothing was tagged yet; this does it: triage config apply")
    if lines.bad:
        raise typer.Exit(Exit.FAILED)


class _Lines:
    """The posts of a file; what cannot be read is told on the way."""

    def __init__(self, stream: BinaryIO, name: str, progress: Callable[[int], None] | None) -> None:
        self.stream = stream
        self.name = name
        self.progress = progress
        self.bad = 0

    def posts(self) -> Iterator[tuple[Post, bool]]:
        from triage.channels.importer import BadLine, read_posts

        for line in read_posts(self.stream, name=self.name, on_progress=self.progress):
            if isinstance(line, BadLine):
                self.bad += 1
                if self.bad <= _SHOWN:
                    narrate.warn(f"line {line.number}: {line.reason}")
            else:
                yield line.post, line.context

    def tell_rest(self) -> None:
        if self.bad > _SHOWN:
            narrate.warn(f"and {self.bad - _SHOWN} more bad lines")


def _prepare(app: App, channel: str, brand: str | None) -> tuple[int, list[Account]]:
    """Make the store, the brand and its accounts, and put settings in force."""
    places = app.located.places
    named = places.config_file.exists() or app.config or app.demo
    if named:
        settings, source_hash = app.compile_settings()
        name = app.settings_file.brand
        handles = app.only_accounts or tuple(a.handle for a in app.settings_file.accounts)
    else:
        handles = app.only_accounts
        name, source_hash = brand or "", ""
        settings = _shipped()
    if not handles:
        raise UsageError(
            "Whose posts are ours?",
            reason="Neither --account nor a configuration says it.",
            hint="Name the brand's accounts: --account HANDLE",
        )
    if named and brand and brand != name:
        raise UsageError(
            f"--brand {brand}: the configuration says {name}.",
            hint="Leave --brand out, or name another configuration with --config.",
        )
    store = app.create_store()
    current = store.settings.current()
    if not named and current is not None:
        # Without a configuration the store's own settings stay in force.
        settings, source_hash = current.settings, store.settings.get("settings_source") or ""
    applied = apply_settings(
        store,
        settings,
        source_hash,
        app.agent,
        app.now(),
        brand=name or handles[0].removeprefix("@"),
        accounts=[(channel, handle) for handle in handles],
        tagger_for=app.tagger_for,
        judging=False,
    )
    ours = [a for a in store.accounts.accounts(applied.brand_id) if a.channel == channel]
    return applied.brand_id, ours


def _shipped() -> Settings:
    from triage.core.rules_data import rules_to_data
    from triage.matching.defaults import load_default_rules

    return Settings(rules=rules_to_data(load_default_rules()))


def _summary(result: ImportResult, bad: int, form: Format) -> None:
    saved = result.saved
    counts = {
        "mentions": saved.new_mentions,
        "ours": saved.new_own,
        "context": saved.new_other,
        "changed": saved.changed,
        "known": saved.known,
        "bad": bad,
        "left_out": saved.left_out,
    }
    if form is not Format.TERMINAL:
        columns: list[Column[dict[str, int]]] = [Column(k, itemgetter(k)) for k in counts]
        output.rows([counts], columns, form)
        return
    words = [f"{saved.new_mentions} mentions", f"{saved.new_own} posts of ours"]
    words += [f"{saved.new_other} others for context"] if saved.new_other else []
    words += [f"{saved.changed} changed"] if saved.changed else []
    left_out = "1 post" if saved.left_out == 1 else f"{saved.left_out} posts"
    words += [f"{left_out} of forgotten customers left out"] if saved.left_out else []
    words += [f"{saved.known} known already", f"{bad} bad lines"]
    output.line("Imported " + ", ".join(words) + ".")
