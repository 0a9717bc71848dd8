"""`triage rules diff` and `retag`: what edited rules change in the mentions that are stored."""

from __future__ import annotations

from typing import Annotated

import typer

from triage.app import retagging
from triage.bootstrap import App
from triage.cli import narrate, output
from triage.cli.context import Globals, app_of, globals_of
from triage.cli.exits import Exit
from triage.cli.main import command
from triage.cli.options import Csv, examples, span
from triage.cli.output import Column, Format, iso
from triage.cli.sending import ask, program
from triage.core.kinds import Kind
from triage.core.policy import Settings
from triage.core.retagging import Change, Difference
from triage.core.text import one_line
from triage.errors import UsageError

_ON_A_SCREEN = 20
_HANDFUL = 10
"""So many may change without asking."""
_WHY = 32
_WHY_FROM, _FROM_FROM = 76, 100
"""Terminal widths from which a column is shown; ID, CHANGE and TEXT always are."""

_DEFAULT = "30d"
Since = Annotated[
    str | None,
    typer.Option(metavar="SPAN", help=f"Only what was posted within a span; {_DEFAULT} if not."),
]
Everything = Annotated[bool, typer.Option("--all", "-a", help="All that is stored.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    command(
        group,
        "diff",
        epilog=examples("triage rules diff --since 7d", "triage rules diff --all --kind complaint"),
    )(diff)
    command(
        group,
        "retag",
        epilog=examples("triage rules retag --dry-run", "triage rules retag --all -y"),
    )(retag)


def diff(
    context: typer.Context,
    since: Since = None,
    everything: Everything = False,
    kind: Annotated[
        Kind | None, typer.Option("--kind", "-k", help="Only changes from, to or within this kind.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-L", min=1, help="At most so many lines; 20 on a terminal."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 3 if anything would change.")
    ] = False,
    csv: Csv = False,
) -> None:
    """Show which stored mentions would change kind or priority under the rules as edited.

    Nothing is changed. What an agent said (triage tag) stands under any rules.
    """
    flags = globals_of(context)
    app = flags.app
    form = flags.form(as_csv=csv)
    start = _start(app, since, everything=everything)
    ours = [a.id for a in app.accounts()] if app.only_accounts else []
    tagger = app.tagger_of_files()
    difference = Difference(_policies(app), app.now(), tagger.rules)
    most = limit or (_ON_A_SCREEN if form is Format.TERMINAL else None)
    shown: list[Change] = []
    number = 0
    for change in retagging.changes(app.store, app.brand_id, tagger, start, difference, kind, ours):
        number += 1
        if most is not None and number > most:
            continue
        if form is Format.TSV:
            # As they are found: there may be a million.
            output.rows([change], _COLUMNS, form)
        else:
            shown.append(change)
    if form is Format.JSON:
        output.document([_item(c) for c in shown], **_counts(difference))
    elif form is Format.TERMINAL:
        _screen(app, difference, shown, _again(since, everything=everything))
    elif form is Format.CSV:
        output.rows(shown, _COLUMNS, form)
    if exit_code and difference.changes:
        raise typer.Exit(Exit.CONDITION)


def _policies(app: App) -> Settings:
    """What would judge what waits: the files, as the rules are theirs."""
    if app.has_configuration:
        settings: Settings = app.compile_settings()[0]
        return settings
    current = app.store.settings.current()
    return current.settings if current else Settings()


def _start(app: App, since: str | None, *, everything: bool) -> int:
    """From when on mentions are looked at, UTC ms."""
    if everything and since is not None:
        raise UsageError("--since and --all exclude each other.", hint="Leave one of the two out.")
    return 0 if everything else app.now() - span(since or _DEFAULT, "--since")


def _again(since: str | None, *, everything: bool) -> str:
    """The flags that name the same mentions."""
    return "--all" if everything else f"--since {since or _DEFAULT}"


def _change(change: Change) -> str:
    before, after = change.before, change.after
    words = after.kind.value
    if before.kind is not after.kind:
        words = f"{before.kind.value} → {words}"
    if before.priority == after.priority:
        return words
    return f"{words}, {after.priority or f'not {before.priority}'}"


def _because(change: Change) -> str:
    reason = change.reason
    if reason is None and change.before.kind is not change.after.kind:
        return "nothing says otherwise"
    if reason is None:
        return "" if change.after.priority else "no rule says so any more"
    words = one_line(f'{reason.rule} "{reason.text}"')
    return words if len(words) <= _WHY else f"{words[: _WHY - 1]}…"


_COLUMNS: list[Column[Change]] = [
    Column("id", lambda c: c.mention.conversation_id, "ID", right=True),
    Column("native_id", lambda c: c.mention.native_id),
    Column("posted_at", lambda c: iso(c.mention.posted_at)),
    Column(
        "customer",
        lambda c: c.mention.author,
        "FROM",
        lambda c: f"@{c.mention.author}",
        at_least=_FROM_FROM,
    ),
    Column(
        "before",
        lambda c: c.before.kind.value,
        "CHANGE",
        _change,
    ),
    Column("after", lambda c: c.after.kind.value),
    Column("priority_before", lambda c: c.before.priority),
    Column("priority_after", lambda c: c.after.priority),
    Column("confidence", lambda c: c.verdict.confidence),
    Column("rule", lambda c: c.reason.rule if c.reason else None),
    Column(
        "matched",
        lambda c: c.reason.text if c.reason else None,
        "BECAUSE",
        _because,
        at_least=_WHY_FROM,
    ),
    Column("text", lambda c: c.mention.text, "TEXT", wide=True),
]


def _item(change: Change) -> dict[str, object]:
    return {column.key: column.value(change) for column in _COLUMNS}


def _counts(difference: Difference) -> dict[str, object]:
    return {
        "mentions": difference.mentions,
        "changed": [
            {"before": before.value, "after": after.value, "count": count}
            for (before, after), count in difference.changed.most_common()
        ],
        "corrected": difference.corrected,
        **_pressing(difference),
    }


def _pressing(difference: Difference) -> dict[str, int]:
    return {
        "priority_only": difference.priority_only,
        "go_first": difference.go_first,
        "go_first_no_longer": difference.not_first,
        "begin_to_wait": difference.demanding,
        "overdue_at_once": difference.overdue,
    }


def _screen(app: App, difference: Difference, shown: list[Change], again: str) -> None:
    for line in _summary(difference):
        output.wrapped(line)
    if not shown:
        return
    output.line()
    output.rows(shown, _COLUMNS, Format.TERMINAL)
    more = difference.changes - len(shown)
    name = f"{program(app)} rules"
    whole = "".join(f" --account {handle}" for handle in app.only_accounts)
    hints = [f"{more} more: {name} diff {again}{whole} -L {more + len(shown)}"] if more > 0 else []
    hints.append(f"put it in force: {name} retag {again}")
    narrate.say()
    for hint in hints:
        narrate.say(hint)


def _summary(difference: Difference) -> list[str]:
    if not difference.changes:
        lines = [f"None of {_mentions(difference.mentions)} would change."]
    else:
        ways = [
            f"{before.value} → {after.value} {count:,}"
            for (before, after), count in difference.changed.most_common()
        ]
        if difference.priority_only:
            ways.append(f"priority alone {difference.priority_only:,}")
        of = f"{difference.changes:,} of {_mentions(difference.mentions)}"
        lines = [f"{of} would change: {', '.join(ways)}"]
    lines += _in_the_queue(difference)
    if difference.corrected:
        lines.append(_stay(difference.corrected))
    return lines


def _in_the_queue(difference: Difference) -> list[str]:
    lines = []
    if difference.go_first or difference.not_first:
        lines.append(
            f"{difference.go_first:,} would go first in the queue, {difference.not_first:,} no "
            "longer."
        )
    if difference.demanding:
        overdue = f"{difference.overdue:,} of them overdue at once"
        lines.append(f"{difference.demanding:,} would begin to wait for an answer, {overdue}.")
    return lines


def _stay(corrected: int) -> str:
    return f"{corrected:,} stay, since an agent said what they are."


def _mentions(count: int) -> str:
    return f"{count:,} mention{'s' if count != 1 else ''}"


def retag(
    context: typer.Context,
    since: Since = None,
    everything: Everything = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Only tell what would change.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Put the rules as edited in force, and tag stored mentions by them.

    What an agent said (triage tag) stays. Open waits are computed again; those that have ended
    stay as they were judged. Stopped half-way, run the same command again.
    """
    flags = globals_of(context)
    app = app_of(context)
    if app.only_accounts:
        raise UsageError(
            "Rules are put in force for the whole database, not for one account.",
            hint="Leave --account out; look at one account with `triage rules diff`.",
        )
    start = _start(app, since, everything=everything)
    settings, source_hash = app.compile_settings()
    if dry_run or not yes:
        difference = retagging.count_changes(
            app.store, app.brand_id, app.tagger_of_files(), start, settings, app.now()
        )
        if dry_run:
            _tell_dry(flags, difference)
            return
        if not _agreed(flags, difference, _again(since, everything=everything)):
            narrate.say("Nothing was changed.")
            return
    applied = app.apply_settings(settings, source_hash, judging=False)
    judged = retagging.retag(
        app.store, applied.brand_id, start, app.agent, app.now(), app.tagger_for
    )
    if flags.as_json:
        output.document([_done(judged.tagged, judged.changed, judged.waits, judged.corrected)])
    narrate.say(
        f"{_mentions(judged.tagged)} tagged, {judged.changed:,} changed kind, "
        f"{judged.waits:,} waits computed again."
    )
    if judged.corrected:
        narrate.say(_stay(judged.corrected))


def _agreed(flags: Globals, difference: Difference, again: str) -> bool:
    if difference.changes <= _HANDFUL:
        return True
    if not flags.may_ask:
        raise UsageError(
            f"Nothing was changed: nobody can be asked about {_mentions(difference.changes)}.",
            reason=f"More than {_HANDFUL} would change.",
            hint=f"Change them without asking: {program(flags.app)} rules retag {again} --yes",
        )
    for line in _summary(difference):
        output.wrapped(line)
    return ask("y change them, q cancel [q]:", "q")[:1] == "y"


def _tell_dry(flags: Globals, difference: Difference) -> None:
    changed = difference.changed.total()
    item = _done(difference.mentions, changed, None, difference.corrected)
    item |= _pressing(difference)
    form = flags.form()
    if form is Format.JSON:
        output.document([item])
    elif form is Format.TERMINAL:
        for line in _summary(difference):
            output.wrapped(line)
    else:
        output.line(f"{difference.mentions}\t{changed}\t{difference.priority_only}")


def _done(tagged: int, changed: int, waits: int | None, corrected: int) -> dict[str, object]:
    return {
        "dry_run": waits is None,
        "tagged": tagged,
        "changed": changed,
        "waits": waits,
        "corrected": corrected,
    }
