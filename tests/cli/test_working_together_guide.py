"""docs/working-together.md shows what the program does: its commands are run, in order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from builders import Desk
from guides import DOCS, Reader
from screens import Runner
from triage.config.raw import locate


def test_the_guide_works_and_shows_what_is_printed(
    busy: Desk, run: Runner, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command of the page, in order: exit code 0, and the screen as it is shown."""
    path = home / ".config" / "triage" / "config.toml"
    path.write_text('agents = ["carla"]\n' + path.read_text())
    with busy.store.tx():
        busy.store.settings.put(
            "settings_source", locate(config=None, db=None, env=os.environ).require().source_hash
        )
    monkeypatch.chdir(tmp_path)
    Reader(run, monkeypatch).read(DOCS / "working-together.md")
