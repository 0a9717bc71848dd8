"""Two agents, one conversation, both typing: two real commands on two terminals, on both engines.

The second is warned before anything is typed. Whoever sends is told once more what happened while
they were asked. The customer gets one answer, and no word is lost.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

import postgres
from chaos.desk import Desk, Maker, complaints, published, waiting_customers
from depth import DEEP

pytestmark = [pytest.mark.enable_socket, pytest.mark.real_time]

ANAS = "Sorry! It left our store this morning."
BOS = "We are on it & will write again today."
PATIENCE_S = 100
_ON_ITS_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from triage.cli.main import main
main(sys.argv[1:])
"""
_EDITOR = """#!/bin/sh
printf "%s" "{text}" > "$1"
"""
whole_way = pytest.mark.skipif(not DEEP, reason="two commands on terminals: in the long form")
PROMPT = "e edit, p save draft, q cancel [p]:"


class Terminal:
    """Somebody at `triage reply`, with an editor that types one text.

    Attributes:
        process: The command.
        seen: What was on the screen so far, with single blanks.
    """

    def __init__(self, desk: Desk, agent: str, text: str, post: str) -> None:
        editor = desk.root / f"editor of {agent}"
        editor.write_text(_EDITOR.format(text=text))
        editor.chmod(0o755)
        self.seen = ""
        self._screen, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ON_ITS_TERMINAL, "reply", post],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={
                **desk.env,
                "TRIAGE_AGENT": agent,
                "TRIAGE_EDITOR": f"'{editor}'",
                "TERM": "xterm",
                "COLUMNS": "200",
                "NO_COLOR": "1",
            },
        )
        os.close(theirs)

    def until(self, words: str) -> str:
        """Read until some words are on the screen; give what was new, and forget it."""
        end = time.monotonic() + PATIENCE_S
        while words not in self.seen:
            left = end - time.monotonic()
            ready = left > 0 and select.select([self._screen], [], [], left)[0]
            part = b""
            if ready:
                with contextlib.suppress(OSError):
                    part = os.read(self._screen, 4096)
            assert part, f"{words!r} never came; there was: {self.seen}"
            self.seen = " ".join((self.seen + part.decode(errors="replace")).split())
        found, _, self.seen = self.seen.partition(words)
        return found + words

    def type(self, keys: str) -> None:
        """Press keys and the return key."""
        os.write(self._screen, f"{keys}\n".encode())

    def ended(self) -> int:
        """How the command ended, once all that it said was read."""
        with contextlib.suppress(OSError):
            while os.read(self._screen, 4096):
                pass
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """Take the terminal away, and what is left of the command."""
        os.close(self._screen)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, make_desk: Maker) -> Desk:
    """Two customers wait; read once."""
    on_a_server = request.param == "postgres"
    if on_a_server:
        postgres.need()
    made: Desk = make_desk(waiting_customers(), on_a_server=on_a_server)
    assert made.run_here("fetch") == (0, "", "")
    return made


Sits = Callable[[str, str], Terminal]


@pytest.fixture
def sits(desk: Desk) -> Iterator[Sits]:
    """Have somebody answer the first complaint at a terminal of their own."""
    made: list[Terminal] = []

    def start(agent: str, text: str) -> Terminal:
        made.append(Terminal(desk, agent, text, complaints(desk.server)[0].id))
        return made[-1]

    yield start
    for terminal in made:
        terminal.close()


def states(desk: Desk) -> list[tuple[str, str, str]]:
    """Who wrote what, and what became of it."""
    return [(r["agent"], r["text"], r["state"]) for r in desk.replies()]


def test_both_typing(desk: Desk, sits: Sits) -> None:
    """Bo is told of ana before he types, and goes on; ana is told of bo when she sends."""
    post = complaints(desk.server)[0].id
    ana = sits("ana", ANAS)
    ana.until(PROMPT)
    bo = sits("bo", BOS)
    warned = bo.until("Take it over? [y/N]")
    assert "ana has been at #" in warned
    assert BOS not in warned
    bo.type("y")
    assert ANAS in bo.until("n new [n]:"), "what ana has typed so far is shown"
    bo.type("n")
    bo.until(PROMPT)
    bo.type("y")
    bo.until("Sent")
    assert bo.ended() == 0
    ana.type("y")
    told = ana.until("triage drafts send 1")
    assert f"@acme has replied meanwhile: {BOS}" in told
    assert "Nothing was sent. The text is kept as reply 1." in told
    assert ana.ended() == 1
    assert len(published(desk.server, BOS, post)) == 1
    assert published(desk.server, ANAS, post) == []
    assert sorted(states(desk)) == [("ana", ANAS, "draft"), ("bo", BOS, "sent")]
    claims = desk.rows("SELECT agent, before, after FROM activity WHERE what = 'claim' ORDER BY id")
    assert [tuple(row.values()) for row in claims] == [("ana", None, None), ("bo", "ana", "bo")]


@whole_way
def test_the_second_stands_back(desk: Desk, sits: Sits) -> None:
    """Warned, bo leaves it: his editor never opens, and ana's answer goes out as if alone."""
    post = complaints(desk.server)[0].id
    ana = sits("ana", ANAS)
    ana.until(PROMPT)
    bo = sits("bo", BOS)
    bo.until("Take it over? [y/N]")
    bo.type("")
    bo.until("Nothing was written.")
    assert bo.ended() == 0
    ana.type("y")
    ana.until("Sent")
    assert ana.ended() == 0
    assert len(published(desk.server, ANAS, post)) == 1
    assert states(desk) == [("ana", ANAS, "sent")]
    assert desk.rows("SELECT * FROM claim") == []


@whole_way
def test_taken_over_at_the_last_moment(desk: Desk, sits: Sits) -> None:
    """Taken over by bo while ana is asked: hers is held, with the reason, and its words stay."""
    post = complaints(desk.server)[0].id
    ana = sits("ana", ANAS)
    ana.until(PROMPT)
    desk.agent = "bo"
    desk.point_to(desk.server.base_url)
    taken = desk.run_here("claim", post, "--take")
    assert taken.code == 0, taken
    ana.type("y")
    ana.until("is held: bo has taken the conversation over from ana.")
    ana.until("triage drafts send 1")
    assert ana.ended() == 1
    assert published(desk.server, ANAS, post) == []
    assert states(desk) == [("ana", ANAS, "held")]
