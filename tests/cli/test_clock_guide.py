"""docs/clock.md shows what the program does: its files are made and its commands run, in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guides import DOCS, Reader, reader_in
from screens import Runner


@pytest.fixture
def reader(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader of the page."""
    yield from reader_in(tmp_path, run, monkeypatch)


def test_the_guide_works_and_shows_what_is_printed(reader: Reader) -> None:
    """Every file and command of the page, in order: exit code 0, and the screen as it is shown."""
    reader.read(DOCS / "clock.md")
