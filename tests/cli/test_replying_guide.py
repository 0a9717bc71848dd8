"""docs/replying.md shows what the program does: its commands are run, in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from guides import DOCS, Reader
from screens import Runner


@pytest.mark.usefixtures("busy")
def test_the_guide_works_and_shows_what_is_printed(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command of the page, in order: exit code 0, and the screen as it is shown."""
    monkeypatch.chdir(tmp_path)
    Reader(run, monkeypatch).read(DOCS / "replying.md")
