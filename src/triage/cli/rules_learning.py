"""`triage rules learn`: weights that fit labels better, and what they would do; adds `test` too."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any

import typer

from triage.app.labelled import LabelledLine
from triage.app.learning import Proposal, propose
from triage.bootstrap import App
from triage.cli import narrate, output, rules_scoring
from triage.cli.context import globals_of
from triage.cli.exits import Exit
from triage.cli.figures import interval_data, number, rounded
from triage.cli.labelled import labelled_of
from triage.cli.main import command
from triage.cli.options import Csv, check_within, examples, span
from triage.cli.output import Column, Format
from triage.core.learning import HOLD, Change
from triage.core.records import Correction
from triage.core.scoring import Comparison
from triage.errors import NotFound, Refused, UsageError

_ON_A_SCREEN = 20
_LABEL = 16
_WIDTH = 9
_EVER = "all"
"""As a span: whatever its age."""
_LEAST_HOLD, _MOST_HOLD = 0.1, 1_000_000

_POSTS_FROM = 50
"""Terminal width from which it is shown how many posts speak for a change."""


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    rules_scoring.add_to(group)
    command(
        group,
        "learn",
        epilog=examples(
            "triage rules learn --since 90d",
            "triage rules learn labelled.jsonl --only-rule late-refund --write learned.toml",
        ),
    )(learn)


def learn(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="Labelled posts, as for test; - is stdin."),
    ] = None,
    corrections: Annotated[
        bool | None,
        typer.Option(
            "--corrections/--no-corrections", help="Learn from what agents corrected (default)."
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Corrections of the last 90d, 4w; or all.")
    ] = None,
    only_rule: Annotated[
        list[str] | None,
        typer.Option("--only-rule", metavar="ID", help="Change only this rule; repeatable."),
    ] = None,
    hold: Annotated[
        float,
        typer.Option(
            metavar="POSTS", help="About so many posts move a weight by 1; 0.1 to 1000000."
        ),
    ] = HOLD,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the weights to a rules file.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what --write names.")] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-L", min=1, help="Show so many changes; 20 on a terminal."),
    ] = None,
    csv: Csv = False,
) -> None:
    """Propose weights that fit your labels better, and show what they would do.

    It learns from what agents corrected with `triage tag`, and from a labelled file. The effect
    is measured by cross-validation: each post is judged by weights that were learned without it.
    Nothing changes without --write, and then only that file.
    """
    flags = globals_of(context)
    app = flags.app
    check_within(hold, "--hold", _LEAST_HOLD, _MOST_HOLD)
    if write is not None:
        _check_target(app, write, force=force)
    corrected = _corrections(app, file, corrections, since)
    lines, bad = ([], 0) if file is None else labelled_of(file)
    proposal = _propose(app, corrected, lines, hold, only_rule or [])
    form = flags.form(as_csv=csv)
    if form is Format.JSON:
        items = [{c.key: c.value(change) for c in _COLUMNS} for change in proposal.changes[:limit]]
        output.document(items, **_effect_data(proposal))
    elif form is Format.TERMINAL:
        _screen(proposal, limit or _ON_A_SCREEN)
    else:
        output.rows(proposal.changes[:limit], _COLUMNS, form)
    _finish(app, proposal, write, force=force)
    if bad:
        raise typer.Exit(Exit.FAILED)


def _check_target(app: App, write: Path, *, force: bool) -> None:
    """Refuse at once what would be refused after all the work."""
    if write.exists() and not force:
        raise Refused(f"{write} exists already; nothing was changed.", hint="Replace it: --force")
    config, raw = app.located.places.config_file, app.located.raw
    if write.exists() and config.exists() and write.samefile(config):
        raise Refused(
            f"{write} is your configuration; nothing was changed.",
            reason="What it says now would be lost.",
            hint="Write to a new file, and name it there under [rules] files.",
        )
    named = [] if raw is None else [f.path for f in raw.rule_files if f.path.exists()]
    if any(write.exists() and write.samefile(path) for path in named):
        raise Refused(
            f"{write} is one of your rules files; nothing was changed.",
            reason="What it says now would be lost.",
            hint="Write to a new file, and name it behind that one.",
        )


def _corrections(
    app: App, file: str | None, wanted: bool | None, since: str | None
) -> list[Correction]:
    """What agents corrected; with a file, it is no mistake that there is no database yet."""
    if wanted is False:
        if since is not None:
            raise UsageError(
                "--since is for corrections, and --no-corrections leaves them out.",
                hint="Leave one of the two out.",
            )
        if file is None:
            raise UsageError("There is nothing to learn from.", hint="Name a labelled file.")
        return []
    start = None if since is None or since == _EVER else app.now() - span(since, "--since")
    try:
        ours = [a.id for a in app.accounts()] if app.only_accounts else []
        return app.store.reading.corrections(app.brand_id, start, ours)
    except NotFound:
        if file is None or wanted or since is not None:
            raise
        return []


def _propose(
    app: App,
    corrected: list[Correction],
    lines: list[LabelledLine],
    hold: float,
    only: list[str],
) -> Proposal:
    from triage.matching.defaults import make_tagger

    return propose(
        app.tagger_of_files(),
        make_tagger,
        corrected,
        [line.post for line in lines],
        hold=hold,
        only=only,
    )


_COLUMNS: list[Column[Change]] = [
    Column("rule", attrgetter("rule"), "RULE", wide=True),
    Column("kind", lambda c: c.kind.value, "KIND"),
    Column("from", attrgetter("before"), "FROM", lambda c: f"{c.before:.4g}", right=True),
    Column("to", attrgetter("after"), "TO", lambda c: f"{c.after:.4g}", right=True),
    Column(
        "agree",
        attrgetter("agree"),
        "POSTS FOR IT",
        lambda c: f"{c.agree} of {c.posts}",
        right=True,
        at_least=_POSTS_FROM,
    ),
    Column("posts", attrgetter("posts")),
]


def _effect_data(proposal: Proposal) -> dict[str, Any]:
    return {
        "posts": proposal.posts,
        "corrections": proposal.corrections,
        "changes": len(proposal.changes),
        "macro_f1": _comparison_data(proposal.macro_f1),
        "complaint_recall": _comparison_data(proposal.complaint_recall),
    }


def _comparison_data(found: Comparison) -> dict[str, Any]:
    return {
        "now": rounded(found.before),
        "learned": rounded(found.after),
        "difference": rounded(_difference(found)),
        "difference_interval": interval_data(found.interval),
        "is_noise": found.is_noise,
    }


def _difference(found: Comparison) -> float | None:
    return None if found.before is None or found.after is None else found.after - found.before


def _screen(proposal: Proposal, limit: int) -> None:
    file = proposal.posts - proposal.corrections
    output.wrapped(
        f"{proposal.posts} labelled posts: {proposal.corrections} corrections by agents, "
        f"{file} from a file"
    )
    output.line()
    output.line(f"{'':<{_LABEL}}{'now':>{_WIDTH}}{'learned':>{_WIDTH}}")
    _figure("macro-F1", proposal.macro_f1)
    _figure("complaint recall", proposal.complaint_recall)
    if proposal.changes:
        output.line()
        if _is_noise(proposal):
            output.line("Not worth writing: within the noise.")
            output.line()
        output.rows(proposal.changes[:limit], _COLUMNS, Format.TERMINAL)
        more = len(proposal.changes) - limit
        if more > 0:
            narrate.say(f"{more} more: -L {len(proposal.changes)}")


def _figure(name: str, found: Comparison) -> None:
    left = f"{name:<{_LABEL}}{number(found.before):>{_WIDTH}}{number(found.after):>{_WIDTH}}"
    output.choices([left, _verdict(found)])


def _verdict(found: Comparison) -> str:
    """What the difference is worth, in words."""
    if found.interval is None:
        return "too few posts to tell"
    between = f"({found.interval.low:+.3f} to {found.interval.high:+.3f})"
    if found.is_noise:
        return f"within the noise {between}"
    return f"{'worse' if _is_worse(found) else 'better'} {between}"


def _is_noise(proposal: Proposal) -> bool:
    """Whether nothing shows that the changes do anything."""
    return proposal.macro_f1.is_noise and proposal.complaint_recall.is_noise


def _is_worse(found: Comparison) -> bool:
    return found.interval is not None and found.interval.high < 0


def _finish(app: App, proposal: Proposal, write: Path | None, *, force: bool) -> None:
    """Write if that was asked for, and tell what comes next."""
    narrate.say()
    if proposal.corrections == proposal.posts:
        narrate.say(
            "Corrections are what the rules got wrong: on all mentions both figures are higher."
        )
    if not proposal.changes:
        narrate.say("No weight is worth changing; nothing was written.")
        return
    if write is None:
        keep = "To keep the weights, say --write FILE.toml as well."
        more = "More labelled posts would tell."
        narrate.say(f"Nothing was changed. {more if _is_noise(proposal) else keep}")
        return
    from triage.config.rule_writing import weights_text, write_weights

    write_weights(write, weights_text(proposal.weights, proposal.changes), force=force)
    _next_steps(app, proposal, write)


def _next_steps(app: App, proposal: Proposal, write: Path) -> None:
    rules = len(proposal.weights)
    many = "weight" if len(proposal.changes) == 1 else "weights"
    of = "rule" if rules == 1 else "rules"
    narrate.say(f"Written: {len(proposal.changes)} {many} of {rules} {of}, in {write}.")
    if proposal.macro_f1.is_noise:
        narrate.say("What it does to macro-F1 is within the noise; more labelled posts would tell.")
    program = "triage --demo" if app.demo else "triage"
    config = app.located.places.config_file
    if _is_worse(proposal.complaint_recall):
        narrate.say("More complaints would be missed: look twice.")
    narrate.say("They count for nothing yet. Next:")
    narrate.say(f'  name the file last in {config}: [rules] files = [..., "{write.resolve()}"]')
    narrate.say(f"  see what would change: {program} rules diff --since 30d")
    narrate.say(f"  put them in force:     {program} config apply")
