"""The walk at the end of docs/sign-in.md, step by step as it is written there."""

from __future__ import annotations

import re
import socket
import threading
import time
import webbrowser
from pathlib import Path

import pytest

from screens import Runner
from signins import every_secret, fetch_page, say
from triage.sandbox import seeds
from triage.sandbox.oauth_state import CLIENT_ID
from triage.sandbox.server import Sandbox
from triage.sandbox.wire import Options

pytestmark = pytest.mark.enable_socket

GUIDE = Path(__file__).parents[2] / "docs" / "sign-in.md"
ADDRESS = "http://127.0.0.1:8080"
STEPS = [
    ["init", "--handle", "acme", "--sandbox", ADDRESS],
    ["auth", "login"],
    ["doctor"],
    ["fetch"],
    ["queue"],
    ["reply", "2"],
]


def test_the_guide_has_these_steps() -> None:
    """What is tried below is what a reader is told."""
    walk = GUIDE.read_text().partition("## Trying it without X")[2]
    told = [line.split() for line in re.findall(r"^ {4}triage (.+)$", walk, re.MULTILINE)]
    assert told == [["sandbox", "--oauth", "--seed", "--port", "8080"], *STEPS]


def test_the_walk(home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a fresh home, from nothing to an answer that is public, with OAuth on."""
    config = home / ".config/triage/config.toml"
    config.unlink()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def walk(url: str) -> None:
        fetch_page(say(url, "approve", "acme")[1])

    def browse(url: str) -> bool:
        threading.Thread(target=walk, args=(url,), daemon=True).start()
        return True

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", browse)
    state = seeds.demo(time.time_ns() // 1_000_000)
    state.sign_ins.clients[CLIENT_ID].redirect_uris = [f"http://127.0.0.1:{port}/callback"]
    with Sandbox(state=state, options=Options(standing_tokens=False)) as sandbox:
        said = ""
        for step in STEPS:
            words = [word.replace(ADDRESS, sandbox.base_url) for word in step]
            if words[0] == "reply":
                words += ["We are sorry, and on it.", "--yes"]
            ran = run(*words, tty=True, keys="\n\n")
            assert ran.code == 0, (words, ran)
            said += ran.out + ran.err
            if words[0] == "init":
                text = config.read_text().replace(
                    "#callback_port = 8765", f"callback_port = {port}"
                )
                config.write_text(text)
        assert not [s for s in every_secret(sandbox) if s in said]
        with sandbox.read() as after:
            assert any(p.text == "We are sorry, and on it." for p in after.posts.values())
