"""`triage classify`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, BinaryIO

import typer

from triage.app.classify import classify_lines, to_json
from triage.cli import output
from triage.cli.context import globals_of
from triage.cli.files import opened
from triage.cli.main import command
from triage.cli.options import examples
from triage.cli.output import Format
from triage.cli.reasons import in_words
from triage.core.kinds import Kind
from triage.core.model import Evidence
from triage.core.text import one_line

_EXCERPT = 40


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(
        app,
        "classify",
        epilog=examples(
            "echo 'Where is my parcel?' | triage classify",
            "triage classify posts.jsonl --json | jq -r .kind | sort | uniq -c",
        ),
    )(classify)


def classify(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="One text a line, or JSON with text; - is stdin.")
    ] = "-",
) -> None:
    """Tag texts by the rules of your files: kind, share and the reasons.

    Without a configuration the rules are those that ship. What your files say counts at once, also
    before `triage config apply`. With --json one line of JSON for each line, in order.
    """
    flags = globals_of(context)
    form, tagger = flags.form(), flags.app.tagger_of_files()
    with opened(file) as (stream, _):
        lines = _Remembered(stream)
        for result in classify_lines(lines, tagger):
            if form is Format.JSON:
                output.line(to_json(result), cleaned=True)
            else:
                _row(result, lines.last, form)


class _Remembered:
    """Lines as text, and the last that was given."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.last = ""

    def __iter__(self) -> Iterator[str]:
        for line in self.stream:
            # A line that is not UTF-8 still gets its verdict: one result for each line.
            self.last = line.decode(errors="replace").rstrip("\r\n")
            yield self.last


def _row(result: dict[str, Any], text: str, form: Format) -> None:
    kind = result["kind"]
    score = f"{result['scores'][kind]:.2f}"
    because = ", ".join(_reason(reason) for reason in result["because"])
    if form is Format.TSV:
        cells = (kind, score, one_line(text), one_line(because))
        output.line("\t".join(cells), cleaned=True)
        return
    excerpt = one_line(text)
    if len(excerpt) > _EXCERPT:
        excerpt = excerpt[: _EXCERPT - 1] + "…"
    output.line(f"{kind:<9}  {score}  {excerpt}")
    if because:
        output.line(f"                 because {one_line(because)}")


def _reason(data: dict[str, Any]) -> str:
    weights = {Kind(kind): weight for kind, weight in data["weights"].items()}
    reason = Evidence(
        data["rule"], data["text"], data["start"], data["end"], weights, data.get("note", "")
    )
    return in_words(reason)
