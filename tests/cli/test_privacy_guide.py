"""docs/privacy.md shows what the program does, and names every kind of data that has a limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from guides import DOCS, Reader, reader_in
from screens import Runner
from triage.core.retention import Data

PAGE = DOCS / "privacy.md"


@pytest.fixture
def reader(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader of the page."""
    yield from reader_in(tmp_path, run, monkeypatch)


def test_the_guide_works_and_shows_what_is_printed(reader: Reader) -> None:
    """Every file and command of the page, in order: exit code 0, and the screen as it is shown."""
    reader.read(PAGE)


def test_every_kind_of_data_is_described() -> None:
    """The table of limits names all that the configuration takes."""
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [data.value for data in Data]
