"""`triage rules why`: what the rules say of a text, word by word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

import typer

from triage.app.classify import verdict_to_data
from triage.cli import output, reasons
from triage.cli.context import globals_of
from triage.cli.files import opened
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.output import Format
from triage.core.text import clean, one_line

if TYPE_CHECKING:
    # The engine comes in with the text that it judges, and rich where a screen is drawn.
    from rich.text import Text

    from triage.core.model import Evidence, Verdict
    from triage.core.rule import Rule

_COLUMNS_FROM = 80
"""Terminal width from which reasons stand in columns."""


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    command(
        group,
        "why",
        epilog=examples(
            "triage rules why 'my parcel never arrived'",
            "triage rules why - --lang es --json < post.txt",
        ),
    )(why)


def why(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="TEXT...", help="A post; - is stdin.")],
    lang: Annotated[
        str | None,
        typer.Option(metavar="LANG", help="Its language, such as en; guessed if left out."),
    ] = None,
) -> None:
    """Judge a text, and show every reason, the strongest first.

    By the rules of your files, also before `triage config apply`. In a pipe: a line for the
    verdict, then one for each reason.
    """
    flags = globals_of(context)
    text = _read() if words == ["-"] else " ".join(words)
    tagger = flags.app.tagger_of_files()
    verdict = tagger.judge(text, lang)
    form = flags.form()
    if form is Format.JSON:
        output.document([{"text": text, "lang": lang, **verdict_to_data(verdict)}])
    elif form is Format.TERMINAL:
        _screen(text, verdict, tagger.rules)
    else:
        _lines(verdict)


def _read() -> str:
    with opened("-") as (stream, _):
        # What is not UTF-8 still gets its verdict.
        return stream.read().decode(errors="replace").rstrip("\r\n")


def _lines(verdict: Verdict) -> None:
    head = [
        verdict.kind.value,
        str(verdict.confidence),
        verdict.runner_up.value,
        _shares(verdict),
        verdict.theme or "",
        verdict.priority or "",
    ]
    output.line("\t".join(head))
    for reason in verdict.because:
        cells = [reason.rule, one_line(reason.text), str(reason.start), str(reason.end)]
        output.line("\t".join([*cells, reasons.weights(reason), reason.note]))


def _screen(text: str, verdict: Verdict, rules: Mapping[str, Rule]) -> None:
    unsure = ", too little to be sure" if verdict.is_unsure else ""
    output.wrapped(
        f"{verdict.kind.value}, confidence {verdict.confidence:.2f}{unsure}; "
        f"runner-up {verdict.runner_up.value}"
    )
    output.wrapped(_shares(verdict))
    about = {"theme": verdict.theme, "priority": verdict.priority}
    if any(about.values()):
        output.wrapped("; ".join(f"{key} {value}" for key, value in about.items() if value))
    output.line()
    _underlined(text, [reason for reason in verdict.because if _has_place(reason, rules, text)])
    output.line()
    if not verdict.because:
        output.line("No rule matches.")
        return
    _table([reasons.cells(reason) for reason in verdict.because])


def _table(cells: Sequence[Sequence[str]]) -> None:
    """In columns, or one after another where columns would cut the figures off."""
    if output.width() >= _COLUMNS_FROM:
        output.grid(cells, wide=2)
        return
    for row in cells:
        output.wrapped(" ".join(filter(None, row)))


def _shares(verdict: Verdict) -> str:
    ranked = sorted(verdict.scores.items(), key=lambda item: -item[1])
    return ", ".join(f"{kind.value} {share:.2f}" for kind, share in ranked)


def _has_place(reason: Evidence, rules: Mapping[str, Rule], text: str) -> bool:
    """Whether it is about some words, and not a sign that the whole post gives."""
    is_whole = (reason.start, reason.end) == (0, len(text))
    return not is_whole or rules[reason.rule].sign is None


def _underlined(text: str, found: Sequence[Evidence]) -> None:
    """Write the text with what matched underlined, where the terminal can do that."""
    console = output.console_for_stdout()
    with console.capture() as capture:
        console.print(_marked(text, found))
    for row in capture.get().splitlines():
        output.line(row.rstrip(), cleaned=True)


def _marked(text: str, found: Sequence[Evidence]) -> Text:
    from rich.text import Text

    spans = [(reason.start, reason.end) for reason in found]
    edges = sorted({0, len(text), *(edge for span in spans for edge in span)})
    marked = Text()
    for start, end in pairwise(edges):
        inside = any(first <= start and end <= last for first, last in spans)
        # Cleaned piece by piece: offsets are those of the text as it came.
        marked.append(clean(text[start:end]), style="underline" if inside else "")
    return marked
