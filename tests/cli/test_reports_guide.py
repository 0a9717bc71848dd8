"""docs/reports.md shows what the program does, and names every key and column of the data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guides import DOCS, Reader, reader_in
from screens import Runner
from triage.core.report.line import FIGURES, Dimension

PAGE = DOCS / "reports.md"


@pytest.fixture
def reader(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader of the page."""
    yield from reader_in(tmp_path, run, monkeypatch)


def _words() -> set[str]:
    """Everything that the page sets in code."""
    return set(re.findall(r"`([\w]+)`", PAGE.read_text(encoding="utf-8")))


def _keys(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON values
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in {"ids", "by_kind"}:  # their keys are figures and kinds
                yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def test_the_guide_works_and_shows_what_is_printed(reader: Reader) -> None:
    """Every file and command of the page, in order: exit code 0, and the screen as it is shown."""
    reader.read(PAGE)


@pytest.mark.usefixtures("busy")
def test_every_key_is_described(run: Runner) -> None:
    """What --json says, the page names."""
    told = json.loads(run("report", "--json", "--compare", "previous").out)
    assert set(_keys(told)) - _words() == set()


@pytest.mark.usefixtures("busy")
def test_every_column_is_described(run: Runner) -> None:
    """So it does with the columns of --csv and --ids."""
    lines, waits = (run("report", *words).out for words in (["--csv"], ["--ids", "--csv"]))
    described = _words()
    for column in waits.splitlines()[0].split(","):
        assert column in described
    for column in lines.splitlines()[0].split(","):
        plain = re.sub(r"^(first|next)_(seen|team)(_open)?_", "", column)
        assert plain in described, column


def test_every_word_is_named() -> None:
    """The page lists all that --by and --of take."""
    assert {d.value for d in Dimension} | set(FIGURES) <= _words()
