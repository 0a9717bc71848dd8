"""`triage rules test`: how well the rules tell the posts of a labelled file."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated, Any

import typer

from triage.app.classify import verdict_to_data
from triage.app.labelled import judge_labelled
from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.exits import Exit
from triage.cli.figures import interval_data, number, rounded
from triage.cli.labelled import labelled_of
from triage.cli.main import command
from triage.cli.options import Csv, check_within, examples
from triage.cli.output import Column, Format
from triage.cli.rules_screen import show_score
from triage.core.kinds import Kind
from triage.core.scoring import Judged, Score, by_group, score_judged, worst_mistakes
from triage.errors import UsageError


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    command(
        group,
        "test",
        epilog=examples(
            "triage rules test labelled.jsonl --by source",
            "triage rules test labelled.csv --min-f1 0.75 > judged.tsv || exit 1",
        ),
    )(score_file)


def score_file(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="JSON lines or CSV with text and kind; - is stdin."),
    ],
    mistakes: Annotated[
        int, typer.Option(metavar="N", min=0, help="Show the worst so many mistakes.")
    ] = 10,
    by: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Also by a field, such as source.")
    ] = None,
    min_f1: Annotated[
        float | None,
        typer.Option("--min-f1", metavar="F1", help="Exit 3 if macro-F1 is below; 0 to 1."),
    ] = None,
    csv: Csv = False,
) -> None:
    """Score the rules of your files on posts that a person labelled.

    Macro-F1 is the mean over the kinds that the labels hold, with its 95 % interval. Each post
    may name its lang. In a pipe, and with --csv, each post is a row: line, label, verdict,
    confidence, text. A bad line is told, the rest is scored, and the exit code is 1.
    """
    flags = globals_of(context)
    if min_f1 is not None:
        check_within(min_f1, "--min-f1", 0, 1)
    lines, bad = labelled_of(file, by)
    if by is not None and not any(line.group for line in lines):
        raise UsageError(f"--by {by}: no post has it.", hint="Name a field of the file.")
    judged = judge_labelled(lines, flags.app.tagger_of_files())
    score = score_judged(judged)
    worst = worst_mistakes(judged, mistakes)
    groups = {} if by is None else {k: score_judged(v) for k, v in by_group(judged).items()}
    form = flags.form(as_csv=csv)
    if form is Format.JSON:
        items = [{column.key: column.value(post) for column in _POSTS} for post in judged]
        more = {"bad": bad, **_score_data(score), "mistakes": [_mistake(post) for post in worst]}
        if by is not None:
            more["groups"] = [{"value": k, **_score_data(v)} for k, v in groups.items()]
        output.document(items, **more)
    elif form is Format.TERMINAL:
        with output.paged():
            show_score(score, groups, worst, by)
    else:
        output.rows(judged, _POSTS, form)
    _end(score, bad, min_f1)


def _end(score: Score, bad: int, least: float | None) -> None:
    """Tell by the exit code what a script must not miss; a bad line weighs more."""
    is_below = least is not None and (score.macro_f1 or 0.0) < least
    if is_below:
        narrate.warn(f"macro-F1 {number(score.macro_f1)} is below {least:g}")
    if bad:
        raise typer.Exit(Exit.FAILED)
    if is_below:
        raise typer.Exit(Exit.CONDITION)


_POSTS: list[Column[Judged]] = [
    Column("line", attrgetter("number")),
    Column("label", lambda post: post.label.value),
    Column("verdict", lambda post: post.verdict.kind.value),
    Column("confidence", lambda post: rounded(post.verdict.confidence)),
    Column("text", attrgetter("text")),
]


def _score_data(score: Score) -> dict[str, Any]:
    return {
        "posts": score.posts,
        "accuracy": rounded(score.accuracy),
        "macro_f1": rounded(score.macro_f1),
        "macro_f1_interval": interval_data(score.interval),
        "kinds": [
            {
                "kind": line.kind.value,
                "posts": line.support,
                "precision": rounded(line.precision),
                "recall": rounded(line.recall),
                "f1": rounded(line.f1),
            }
            for line in score.kinds
        ],
        "confusion": {
            label.value: {verdict.value: score.cells[label, verdict] for verdict in Kind}
            for label in Kind
        },
    }


def _mistake(post: Judged) -> dict[str, Any]:
    row = {column.key: column.value(post) for column in _POSTS}
    return {**row, "because": verdict_to_data(post.verdict)["because"]}
