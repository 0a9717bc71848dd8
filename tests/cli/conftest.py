"""Running the program in this process: a home of its own, a fixed clock, terminal or pipe."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import builders
from screens import Ran, Runner
from triage.bootstrap import App
from triage.channels.memory import MemoryChannel
from triage.cli import main
from triage.cli.argv import hoist
from triage.core.accounts import Account

CONFIG = """\
brand = "acme"
agent = "ana"
time_zone = "UTC"

[[account]]
channel = "x"
handle = "acme"
"""


_PLACES = {
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}


class _Keyboard(io.StringIO):
    """Standard input with a person at it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home with a configuration."""
    for name, place in _PLACES.items():
        monkeypatch.setenv(name, str(tmp_path / place))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TRIAGE_PAGER", "cat")
    folder = tmp_path / ".config" / "triage"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def desk(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[builders.Desk]:
    """An empty desk that the program finds as its own, with its channel, clock and tagger."""
    yield from _seated(builders.Desk(_data(home)), monkeypatch)


@pytest.fixture
def busy(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[builders.Desk]:
    """The desk of `builders.busy_desk`, as the program finds it."""
    yield from _seated(builders.busy_desk(_data(home)), monkeypatch)


def _data(home: Path) -> Path:
    folder = home / ".local" / "share" / "triage"
    folder.mkdir(parents=True)
    return folder


def _seated(made: builders.Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[builders.Desk]:
    def channel(_app: App, _account: Account) -> MemoryChannel:
        return made.channel

    def told(_clock: int = 0) -> int:
        return made.now * 1_000_000

    # Moved by hand, both clocks of the machine go on: time passes.
    clock = SimpleNamespace(time_ns=told, clock_gettime_ns=told, CLOCK_MONOTONIC=1)
    monkeypatch.setattr("triage.bootstrap.time", clock)
    monkeypatch.setattr(App, "_make_channel", channel)
    monkeypatch.setattr(App, "tagger_for", lambda _app, judge: builders.tagger_for(judge))
    yield made
    made.close()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run a command: `run("queue", "--json")`, or `run("queue", tty=True, width=60)`."""

    def go(*words: str, tty: bool = False, width: int = 80, keys: str = "") -> Ran:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", str(width))
            if tty:
                patch.setattr(sys.stdout, "isatty", lambda: True)
                patch.setattr(sys.stderr, "isatty", lambda: True)
                patch.setattr(sys, "stdin", _Keyboard(keys))
            else:
                patch.setattr(sys, "stdin", io.StringIO(keys))
            code = main.run(hoist(words))
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return go
