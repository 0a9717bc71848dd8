"""docs/actions.md shows what the program does: its commands are run, in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import Desk
from guides import DOCS, Reader
from screens import Runner
from triage.app.theming import say_theme
from triage.core.model import DAY

WRITTEN = (
    (16, "gus", "@acme two weeks, and my refund never came"),
    (13, "hal", "@acme where is my refund?"),
    (12, "ivy", "bought from acme: the refund never came"),
    (11, "carlos", "@acme the app is broken, and my refund never came"),
    (9, "ana", "@acme my refund never came and nobody answers"),
    (1, "finn", "@acme the refund never came"),
)
"""How many days ago who wrote what; ivy does not call us, though X lists us as named."""


@pytest.fixture
def refunds(desk: Desk) -> Desk:
    """A desk whose customers ask for refunds; all but the last two are tagged with it."""
    for days, who, text in WRITTEN:
        post = desk.write(who, text, ago=days * DAY)
        if who == "carlos":
            desk.write("acme", "@carlos sorry!", ago=10 * DAY, in_reply_to=post.native_id)
    desk.fetch()
    for number in range(1, len(WRITTEN) - 1):
        say_theme(desk.store, desk.conversation(number), "refund", "ana", desk.now)
    return desk


def test_the_page_works_and_shows_what_is_printed(
    refunds: Desk, run: Runner, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a theme to who was told: exit code 0, and the screen as shown."""
    monkeypatch.setattr(refunds.channel, "post_url", lambda h, i: f"https://x.com/{h}/status/{i}")
    config = home / ".config" / "triage" / "config.toml"
    config.write_text(config.read_text() + '[tell]\npause = "0s"\n')
    Reader(run, monkeypatch).read(DOCS / "actions.md")
