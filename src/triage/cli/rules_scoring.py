"""`triage rules test`: how well the rules tell the posts of a labelled file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Any

import typer

from triage.app.classify import verdict_to_data
from triage.app.labelled import BadLine, LabelledLine, judge_labelled, read_labelled
from triage.cli import narrate, output
from triage.cli.context import globals_of
from triage.cli.exits import Exit
from triage.cli.files import opened
from triage.cli.main import command
from triage.cli.options import Csv, examples
from triage.cli.output import Column, Format
from triage.core.kinds import Kind
from triage.core.model import Evidence
from triage.core.scoring import Interval, Judged, Score, by_group, score_judged, worst_mistakes
from triage.core.text import one_line
from triage.errors import TriageError, UsageError

_SHOWN = 20
"""So many bad lines are told one by one."""
_REASONS = 3
"""So many reasons of a mistake are shown."""
_MATCH = 30
"""Some signs, such as length, are seen in the whole post: so much of a match is shown."""
_LABEL = 9
_GAP = 2
_PLACES = 4


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
        typer.Option("--min-f1", metavar="F1", min=0, max=1, help="Exit 3 if macro-F1 is below."),
    ] = None,
    csv: Csv = False,
) -> None:
    """Score the rules of your files on posts that a person labelled.

    Macro-F1 is the mean over the kinds that the labels hold, with its 95 % interval. Each post
    may name its lang. In a pipe, and with --csv, each post is a row: line, label, verdict,
    confidence, text. A bad line is told, the rest is scored, and the exit code is 1.
    """
    flags = globals_of(context)
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
            _screen(score, groups, worst, by)
    else:
        output.rows(judged, _POSTS, form)
    _end(score, bad, min_f1)


def labelled_of(file: str, by: str | None = None) -> tuple[list[LabelledLine], int]:
    """The labelled posts of a file, and how many of its lines are bad, which are told.

    Raises:
        TriageError: The file cannot be read, or no post is in it.
    """
    lines: list[LabelledLine] = []
    bad = 0
    with opened(file) as (stream, _):
        for line in read_labelled(stream, name=file, by=by):
            if not isinstance(line, BadLine):
                lines.append(line)
                continue
            bad += 1
            if bad <= _SHOWN:
                narrate.warn(f"line {line.number}: {line.reason}")
    if bad > _SHOWN:
        narrate.warn(f"and {bad - _SHOWN} more bad lines")
    if not lines:
        why = f"All its {bad} lines are bad." if bad else "It is empty."
        raise TriageError(
            f"{file} holds no labelled post.",
            reason=why,
            hint="Give posts with text and kind, as JSON lines or CSV.",
        )
    return lines, bad


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
    Column("confidence", lambda post: round(post.verdict.confidence, _PLACES)),
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


def rounded(value: float | None) -> float | None:
    """A share as JSON shows it."""
    return None if value is None else round(value, _PLACES)


def interval_data(interval: Interval | None) -> dict[str, float | None] | None:
    """An interval as JSON shows it."""
    if interval is None:
        return None
    return {"low": rounded(interval.low), "high": rounded(interval.high)}


def number(value: float | None) -> str:
    """A share as a screen shows it; a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"


def _screen(
    score: Score, groups: Mapping[str, Score], worst: Sequence[Judged], by: str | None
) -> None:
    output.choices(_headline(score))
    if by is not None:
        output.line()
        output.rows(list(groups.items()), _group_columns(by), Format.TERMINAL)
    output.line()
    _kinds(score)
    output.line()
    _confusion(score)
    if worst:
        _mistakes(score, worst)


def _headline(score: Score) -> list[str]:
    return [
        f"{score.posts} {'post' if score.posts == 1 else 'posts'}",
        f"macro-F1 {number(score.macro_f1)} ({_between(score) or 'too few to tell how sure'})",
        f"complaint recall {number(score.of(Kind.COMPLAINT).recall)}",
    ]


def _between(score: Score) -> str:
    if score.interval is None:
        return ""
    return f"95%: {score.interval.low:.3f} to {score.interval.high:.3f}"


def _group_columns(by: str) -> list[Column[tuple[str, Score]]]:
    return [
        Column("value", lambda g: g[0], by.upper(), lambda g: g[0] or "-", wide=True),
        Column("posts", lambda g: g[1].posts, "POSTS", right=True),
        Column("f1", lambda g: number(g[1].macro_f1), "MACRO-F1", right=True),
        Column("between", lambda g: _between(g[1]) or "-", "HOW SURE", at_least=80),
        Column(
            "recall",
            lambda g: number(g[1].of(Kind.COMPLAINT).recall),
            "COMPLAINT RECALL",
            right=True,
        ),
    ]


def _kinds(score: Score) -> None:
    lines = [
        [
            line.kind.value,
            str(line.support),
            number(line.precision),
            number(line.recall),
            number(line.f1),
        ]
        for line in score.kinds
    ]
    _table(["KIND", "POSTS", "PRECISION", "RECALL", "F1"], lines)


def _confusion(score: Score) -> None:
    kinds = [kind.value for kind in Kind]
    lines = [[label.value, *(str(score.cells[label, v]) for v in Kind)] for label in Kind]
    output.line("Label down, verdict across:")
    _table(["", *kinds], lines)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Figures under their heads; the first column is a kind."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *lines, strict=True)]
    for first, *others in [head, *lines]:
        cells = (cell.rjust(width + _GAP) for cell, width in zip(others, widths[1:], strict=True))
        output.line(f"{first:<{_LABEL}}{''.join(cells)}")


def _mistakes(score: Score, worst: Sequence[Judged]) -> None:
    wrong = score.posts - sum(score.cells[kind, kind] for kind in Kind)
    output.line()
    output.line(f"The worst {len(worst)} of {wrong} mistakes:")
    for post in worst:
        output.line()
        output.wrapped(
            f"line {post.number}: {post.label.value}, taken for {post.verdict.kind.value} "
            f"with confidence {post.verdict.confidence:.2f}"
        )
        output.line(_cut(post.text))
        told = [_reason(reason) for reason in post.verdict.because[:_REASONS]]
        output.indented(f"because {', '.join(told)}" if told else "because no rule spoke")


def _cut(text: str) -> str:
    """The text on one line, set in, with an ellipsis where it is too long."""
    from rich.text import Text

    line = Text(f"  {one_line(text)}")
    line.truncate(output.width(), overflow="ellipsis")
    return line.plain


def _reason(reason: Evidence) -> str:
    weights = reason.weights
    strongest = max(weights, key=lambda kind: abs(weights[kind]), default=None)
    weight = "" if strongest is None else f" {strongest.value} {weights[strongest]:+.1f}"
    note = f" ({reason.note})" if reason.note else ""
    words = one_line(reason.text)
    words = words if len(words) <= _MATCH else f"{words[:_MATCH]}…"
    return f'{reason.rule} "{words}"{weight}{note}'
