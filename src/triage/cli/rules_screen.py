"""The screen of `triage rules test`: figures, matrix and mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from triage.cli import output
from triage.cli.figures import number
from triage.cli.output import Column, Format
from triage.cli.reasons import in_words
from triage.core.kinds import Kind
from triage.core.scoring import Judged, Score
from triage.core.text import one_line

_REASONS = 3
"""So many reasons of a mistake are shown."""
_LABEL = 9
_GAP = 2
_LONG_FROM = 50
"""Terminal width from which heads are written out."""
_SHORT = {"PRECISION": "PREC.", "complaint": "compl.", "question": "quest."}


def show_score(
    score: Score, groups: Mapping[str, Score], worst: Sequence[Judged], by: str | None
) -> None:
    """Write a headline, a line for each group and each kind, the matrix and the mistakes.

    Args:
        score: Of all posts.
        groups: Of the posts by the values of a field.
        worst: The mistakes to show.
        by: The field; None if there are no groups.
    """
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
        f"macro-F1 {number(score.macro_f1)} ({_between(score) or 'too few posts to tell'})",
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
            "COMPLAINT RECALL" if output.width() >= _LONG_FROM else "COMPL. RECALL",
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
    """Figures under their heads, which are short on a narrow screen; first comes a kind."""
    if output.width() < _LONG_FROM:
        head = [_SHORT.get(word, word) for word in head]
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
        told = [in_words(reason) for reason in post.verdict.because[:_REASONS]]
        output.indented(f"because {', '.join(told)}" if told else "because no rule spoke")


def _cut(text: str) -> str:
    """The text on one line, set in, with an ellipsis where it is too long."""
    from rich.text import Text

    line = Text(f"  {one_line(text)}")
    line.truncate(output.width(), overflow="ellipsis")
    return line.plain
