"""`triage rules`: what tags mentions, and how to make it fit a brand. Here `list` and `check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

import typer

from triage.cli import narrate, output, rules_learning, rules_stored, rules_text, rules_why
from triage.cli.context import globals_of
from triage.cli.exits import Exit
from triage.cli.main import command
from triage.cli.options import Csv, examples
from triage.cli.output import Column, Format
from triage.config.rules import Merged, Origin, Problem, Source
from triage.core.kinds import Kind
from triage.core.rule import Rule
from triage.core.rules_data import rule_from_data

_LANG_FROM, _KIND_FROM, _THEME_FROM, _PATTERNS_FROM, _PRIORITY_FROM = 60, 46, 74, 90, 110
"""Terminal widths from which a column is shown; ID, WEIGHT and FROM always are."""
_ANY = "any"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Show, check, test and tune the rules that tag mentions.",
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog=examples("triage rules list", "triage rules why 'my parcel never arrived'"),
    )
    command(
        group,
        "list",
        epilog=examples("triage rules list --kind complaint", "triage rules list --own --json"),
    )(list_rules)
    rules_text.add_to(group)
    command(
        group,
        "check",
        epilog=examples("triage rules check", "triage rules check --config new.toml --json"),
    )(check)
    rules_why.add_to(group)
    rules_learning.add_to(group)
    rules_stored.add_to(group)
    app.add_typer(group, name="rules")


class _Listed(NamedTuple):
    """A rule, and where it comes from."""

    rule: Rule
    source: Source


def list_rules(
    context: typer.Context,
    lang: Annotated[
        str | None,
        typer.Option(metavar="LANG", help="Only for this language, such as en; or any."),
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option("--kind", "-k", help="Only what leads to this kind.")
    ] = None,
    theme: Annotated[
        str | None, typer.Option(metavar="THEME", help="Only with this theme, such as billing.")
    ] = None,
    own: Annotated[
        bool, typer.Option("--own", help="Only what is yours, changed or switched off.")
    ] = False,
    csv: Csv = False,
) -> None:
    """List the rules: what ships, what you changed, what is off.

    They are those of your files, also before `triage config apply`.
    """
    flags = globals_of(context)
    form = flags.form(as_csv=csv)
    found = [
        item
        for item in _listed(flags.app.merged_rules())
        if (lang is None or (item.rule.lang or _ANY) == lang.lower())
        and (kind is None or item.rule.leads_to is kind)
        and (theme is None or item.rule.theme == theme)
        and (not own or item.source.origin is not Origin.DEFAULT)
    ]
    if form is Format.TERMINAL:
        with output.paged():
            output.rows(found, _COLUMNS, form)
        if not found:
            narrate.say("There is no such rule.")
    else:
        output.rows(found, _COLUMNS, form)


def _listed(merged: Merged) -> Iterator[_Listed]:
    tables = {**merged.rules, **merged.off}
    for rule_id in sorted(tables):
        yield _Listed(rule_from_data(rule_id, tables[rule_id]), merged.sources[rule_id])


def _weight(item: _Listed) -> float | None:
    """What one match adds toward the kind that it leads to."""
    leads_to = item.rule.leads_to
    return None if leads_to is None else item.rule.weights[leads_to]


def _weight_words(item: _Listed) -> str:
    weight = _weight(item)
    return "" if weight is None else f"{weight:+.1f}"


def _leads_to(item: _Listed) -> str | None:
    leads_to = item.rule.leads_to
    return None if leads_to is None else leads_to.value


def _looks_for(item: _Listed) -> str:
    return "a sign" if item.rule.sign is not None else str(_patterns(item))


def _patterns(item: _Listed) -> int:
    return len(item.rule.phrases) + len(item.rule.expressions)


_COLUMNS: list[Column[_Listed]] = [
    Column("id", lambda i: i.rule.id, "ID", wide=True),
    Column("lang", lambda i: i.rule.lang, "LANG", at_least=_LANG_FROM),
    Column("kind", _leads_to, "KIND", at_least=_KIND_FROM),
    Column("weight", _weight, "WEIGHT", _weight_words, right=True),
    Column("theme", lambda i: i.rule.theme, "THEME", at_least=_THEME_FROM),
    Column("priority", lambda i: i.rule.priority, "PRIORITY", at_least=_PRIORITY_FROM),
    Column("patterns", _patterns, "PATTERNS", _looks_for, right=True, at_least=_PATTERNS_FROM),
    Column("origin", lambda i: i.source.origin.value, "FROM"),
    Column("place", lambda i: i.source.place, " "),
]


def check(context: typer.Context) -> None:
    """Tell every rule that cannot be used, where and why.

    Nothing is put in force while one is broken: then the exit code is 78. It is also said how
    many others are in order.
    """
    flags = globals_of(context)
    merged = flags.app.check_rules()
    form = flags.form()
    if form is Format.JSON:
        items = [{c.key: c.value(problem) for c in _PROBLEMS} for problem in merged.problems]
        output.document(items, ok=not items, loaded=len(merged.rules))
    elif form is Format.TERMINAL:
        for problem in merged.problems:
            output.wrapped(str(problem))
    else:
        output.rows(merged.problems, _PROBLEMS, form)
    if merged.problems:
        narrate.warn(f"{_told(merged)} Nothing is put in force before all is mended.")
        raise typer.Exit(Exit.CONFIG)
    narrate.say(_told(merged))


_PROBLEMS: list[Column[Problem]] = [
    Column("file", lambda p: p.file),
    Column("line", lambda p: p.line),
    Column("rule", lambda p: p.rule),
    Column("key", lambda p: p.key),
    Column("text", lambda p: p.text),
]


def _told(merged: Merged) -> str:
    counts = dict.fromkeys(Origin, 0)
    for rule_id in (*merged.rules, *merged.off):
        counts[merged.sources[rule_id].origin] += 1
    of_which = ", ".join(
        f"{counts[origin]} {words}"
        for origin, words in (
            (Origin.CHANGED, "changed"),
            (Origin.OWN, "your own"),
            (Origin.OFF, "switched off"),
        )
        if counts[origin]
    )
    problems = len(merged.problems)
    broken = f"{problems} problem{'' if problems == 1 else 's'}. " if problems else ""
    others = "other rules" if problems else "rules"
    return f"{broken}{len(merged.rules)} {others} load{f' ({of_which})' if of_which else ''}."
