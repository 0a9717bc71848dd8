"""`triage rules show` and `export`: rules as the TOML that your own files may hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from triage.bootstrap import App
from triage.cli import output
from triage.cli.context import globals_of
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.output import Format, iso
from triage.config.rule_text import changes, rule_text, rules_text
from triage.config.rules import Merged, Origin, nearest_rule
from triage.core.records import Correction
from triage.errors import NotFound, UsageError


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    command(
        group,
        "show",
        epilog=examples(
            "triage rules show never-arrived", "triage rules show never-arrived >> rules.toml"
        ),
    )(show)
    command(
        group,
        "export",
        epilog=examples(
            "triage rules export > rules-today.toml",
            "triage rules export --corrections > labelled.jsonl",
        ),
    )(export)


def show(
    context: typer.Context,
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="A rule's id.")],
) -> None:
    """Show a rule as TOML, and where it comes from.

    It is the whole rule, to be pasted into a file of yours; what was changed is told above it.
    """
    flags = globals_of(context)
    merged = flags.app.merged_rules()
    tables = {**merged.rules, **merged.off}
    if rule_id not in tables:
        raise NotFound(
            f'There is no rule "{rule_id}".',
            reason=nearest_rule(rule_id, tables),
            hint="See `triage rules list`.",
        )
    table, default = tables[rule_id], flags.app.shipped_rules().get(rule_id)
    source = merged.sources[rule_id]
    told = [] if default is None else list(changes(default, table))
    if flags.form() is Format.JSON:
        item = {
            "id": rule_id,
            "origin": source.origin.value,
            "place": source.place,
            "rule": table,
            "default": default,
            "changes": told,
        }
        output.document([item])
        return
    output.lines(f"# {line}" for line in (_origin_words(merged, rule_id), *told))
    output.raw(rule_text(rule_id, table))


def _origin_words(merged: Merged, rule_id: str) -> str:
    source = merged.sources[rule_id]
    words = {
        Origin.DEFAULT: "It ships with triage.",
        Origin.CHANGED: f"It ships with triage; {source.place} changes it:",
        Origin.OWN: f"It is your own: {source.place}.",
        Origin.OFF: f"It is switched off: {source.place}.",
    }
    return words[source.origin]


def export(
    context: typer.Context,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="The rules that ship, without yours.")
    ] = False,
    corrections: Annotated[
        bool,
        typer.Option("--corrections", help="What agents tagged by hand, as labelled JSON lines."),
    ] = False,
) -> None:
    """Write the rules as one TOML file, or corrections as a test set.

    With [rules] defaults = false that file is all that tags. Each correction is an agent's newest
    word on a mention; a mention that its author took back is left out.
    """
    flags = globals_of(context)
    if defaults and corrections:
        raise UsageError("--defaults and --corrections: choose one.", hint="Export them in turn.")
    if corrections:
        _corrections(flags.app, as_json=flags.as_json)
        return
    tables = flags.app.shipped_rules() if defaults else flags.app.merged_rules().rules
    if flags.as_json:
        output.document([{"id": rule_id, **tables[rule_id]} for rule_id in sorted(tables)])
    else:
        output.raw(rules_text(tables))


def _corrections(app: App, *, as_json: bool) -> None:
    accounts = [a.id for a in app.accounts()] if app.only_accounts else []
    found = app.store.reading.corrections(app.brand_id, account_ids=accounts)
    if as_json:
        output.document([_labelled(correction) for correction in found])
    else:
        for line in _json_lines(found):
            output.line(line, cleaned=True)


def _json_lines(corrections: list[Correction]) -> Iterator[str]:
    import json

    for correction in corrections:
        yield json.dumps(_labelled(correction), ensure_ascii=True)


def _labelled(correction: Correction) -> dict[str, Any]:
    """A correction as `rules test` reads it."""
    return {
        "text": correction.text,
        "kind": correction.kind.value,
        "lang": correction.lang,
        "was": correction.was.value if correction.was else None,
        "at": iso(correction.at),
        "agent": correction.agent,
        "conversation": correction.conversation_id,
    }
