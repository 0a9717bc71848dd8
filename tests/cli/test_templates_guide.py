"""docs/templates.md shows what the program does: its files are made and its commands run."""

from __future__ import annotations

from pathlib import Path

import pytest

import guides
from builders import Desk
from screens import Runner

HOLE = "```text\n$ triage reply 3 -t tracking\n"


def test_the_guide_works_and_shows_what_is_printed(
    busy: Desk, home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file and command of the page, in order; and the refusal that it quotes."""
    config = home / ".config" / "triage" / "config.toml"
    config.write_text(f'{config.read_text()}[templates]\nsigns = {{ ana = "^AD" }}\n')
    folder = config.parent / "templates"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(guides, "FOLDER", "~/.config/triage/templates")
    page = guides.DOCS / "templates.md"
    guides.Reader(run, monkeypatch).read(page)
    _, _, quoted = page.read_text(encoding="utf-8").partition(HOLE)
    assert run("reply", "4", "-t", "tracking", tty=True).err == quoted.partition("```")[0].replace(
        "set 3", "set 4"
    )
    assert busy.waiting()
