"""docs/threads-and-media.md shows what the program does: its commands are run, in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import Desk
from guides import DOCS, Reader
from screens import Runner
from triage.core.channel import Fate, PostOutcome


def test_the_page_works_and_shows_what_is_printed(
    busy: Desk, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that stopped before, then every command: exit code 0, and the screen as shown."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    (work / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 214_000)
    monkeypatch.setattr(busy.channel, "post_url", lambda h, i: f"https://x.com/{h}/status/{i}")
    busy.channel.fate_next(Fate.SENT)
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no connection within 5 s"))
    text = (
        "Hello Bo, our shop in Lyon is open on Sundays from ten to six, the one in Paris on the "
        "first of each month. Both are closed on holidays, and you find those on the door. "
        "\n\nPlease bring your receipt if you come with something to return. Without one we "
        "find your order by your name, which takes a little longer when the shop is full."
    )
    assert run("reply", "4", text, "--split", "-y").code == 75
    Reader(run, monkeypatch).read(DOCS / "threads-and-media.md")
