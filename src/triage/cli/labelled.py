"""Files of labelled posts, as people name them; bad lines are told."""

from __future__ import annotations

from triage.app.labelled import BadLine, LabelledLine, read_labelled
from triage.cli import narrate
from triage.cli.files import opened
from triage.errors import TriageError

_SHOWN = 20
"""So many bad lines are told one by one."""


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
