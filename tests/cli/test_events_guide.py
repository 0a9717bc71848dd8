"""docs/events.md shows what the program does: its commands are run, in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import Desk
from guides import DOCS, Reader
from screens import Runner


def test_the_page_works_and_shows_what_is_printed(
    busy: Desk, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command of the page, in order: exit code 0, and the screen as it is shown."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr(busy.channel, "post_url", lambda h, i: f"https://x.com/{h}/status/{i}")
    Reader(run, monkeypatch).read(DOCS / "events.md")
