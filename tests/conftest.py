"""Guards around every test: no home of yours, no network, no sleeping, one zone, one width.

Markers:
    enable_socket: the test talks over loopback, and to no other host.
    real_time: the test may sleep: it waits for processes or threads. All of `chaos/` may.
    sqlite_only(reason): the test is about the file itself; with `--engine postgres` it is skipped.
    new_files: the test is about how a file comes to be: each is made by all migrations.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_socket

import builders
import engines
import postgres
from counted import Total, count
from depth import DEEP, deep
from triage.store import opening

__all__ = ["count"]  # a fixture for all tests

LOOPBACK = ["127.0.0.1", "::1", "localhost"]
KEPT = ("TRIAGE_CHAOS", "TRIAGE_GOLDEN", "TRIAGE_SHARED")
"""Variables that are meant for the tests; all others of ours are taken away."""
OF_A_PERSON = (
    "CLICOLOR",
    "EDITOR",
    "FORCE_COLOR",
    "LESS",
    "PAGER",
    "PYTHONWARNINGS",
    "VISUAL",
    "_TRIAGE_COMPLETE",
)
"""What a person sets for themselves and the program reads."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """On which engine the desks of tests stand."""
    parser.addoption("--engine", choices=("sqlite", "postgres"), help="where desks keep their rows")
    parser.addoption("--servers", action="store_true", help="run what needs a server too")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, set the zone before anything reads it, and time no example."""
    config.pluginmanager.register(Total())
    config.addinivalue_line("markers", "real_time: may sleep, since it waits for somebody else")
    config.addinivalue_line("markers", "sqlite_only(reason): is about the file itself")
    config.addinivalue_line("markers", "new_files: is about how a file comes to be")
    postgres.configure(config)
    # Behind `nohup` or `&` these are ignored, and so they would be in all that tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.environ["TZ"] = "UTC"
    time.tzset()
    # How long an example takes says how busy the machine is.
    hypothesis.settings.register_profile("unhurried", deadline=None, max_examples=deep(100, 25))
    hypothesis.settings.load_profile("unhurried")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out most cases of what is thin in the suite, others from run to run."""
    if DEEP:
        return
    met: Counter[str] = Counter()
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        mark = item.get_closest_marker("thin")
        name = item.nodeid.partition("[")[0]
        is_kept = mark is None or met[name] % mark.args[0] == 0
        met[name] += 1
        (kept if is_kept else left_out).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)


def pytest_unconfigure() -> None:
    """Let go of the server."""
    postgres.finish()


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests of crashes and faults mostly wait."""
    return (os.cpu_count() or 1) + 1


_numbers = itertools.count()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the homes of a session stand."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def _an_empty_home(homes: Path) -> Iterator[None]:
    """A home of its own for every test, and no variable of whoever runs them."""
    home = homes / str(next(_numbers))
    home.mkdir()
    # Not the test's own `monkeypatch`: its `undo` must not undo this.
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            ours = name.startswith(("TRIAGE_", "XDG_")) and name not in KEPT
            if ours or name in OF_A_PERSON:
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
        patch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
        patch.setenv("XDG_STATE_HOME", str(home / ".local" / "state"))
        patch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
        patch.setenv("COLUMNS", "80")
        patch.setenv("NO_COLOR", "1")
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        yield


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest) -> None:
    """No socket at all, or with `enable_socket` loopback alone; lifted by pytest-socket."""
    if request.node.get_closest_marker("enable_socket"):
        pytest_socket.socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _no_sleep(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that sleeps is slow or a matter of luck: it is to move a clock instead."""
    in_chaos = "chaos" in request.path.parts
    if in_chaos or request.node.get_closest_marker("real_time"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", _refuse)
        yield


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What stands in a database file that all migrations have made and nobody has written to."""
    path = tmp_path_factory.mktemp("empty") / "triage.db"
    opening.open_lite(path, create=True).close()
    return path.read_bytes()


@pytest.fixture(autouse=True)
def _files_made_once(request: pytest.FixtureRequest, empty_file: bytes) -> Iterator[None]:
    """A new file is a copy of one that the migrations made: they take as long as most tests do."""
    if request.node.get_closest_marker("new_files"):
        yield
        return
    make, migrations = opening._make_file, vars(opening)["MIGRATIONS"]

    def copied(path: Path) -> None:
        is_new = not path.exists()
        make(path)
        if is_new and vars(opening)["MIGRATIONS"] is migrations:
            path.write_bytes(empty_file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_make_file", copied)
        yield


@pytest.fixture(autouse=True)
def _an_engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Skip what is about the file alone; drop the databases that the test made."""
    folder = _folder_of(request)
    about_files = request.node.get_closest_marker("sqlite_only")
    if about_files and postgres.is_chosen():
        pytest.skip(about_files.kwargs["reason"])
    with pytest.MonkeyPatch.context() as patch:
        if postgres.is_chosen():
            # Desks have a clock that is moved by hand; what is about a server's own asks for it.
            patch.setitem(postgres.tokens(), "now", ":now")
            opened = engines.opened(patch)
        else:
            opened = []
        yield
        for engine in opened:
            engine.close()
    if folder is not None:
        builders.close_in(folder)
        postgres.forget(folder)


def _folder_of(request: pytest.FixtureRequest) -> Path | None:
    """The folder of a test, if it has one: making one takes as long as many a test."""
    if "tmp_path" not in request.fixturenames:
        return None
    folder: Path = request.getfixturevalue("tmp_path")
    return folder


_real_sleep = time.sleep
_MAY_SLEEP = frozenset({"subprocess"})
"""Modules of the standard library that sleep while they wait for a process."""


def _refuse(seconds: float) -> None:
    if seconds == 0 or sys._getframe(1).f_globals.get("__name__") in _MAY_SLEEP:
        _real_sleep(seconds)
        return
    raise AssertionError(
        f"time.sleep({seconds}) in a test: move a clock, or mark the test with real_time"
    )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[builders.Desk]:
    """An empty desk; see `builders`."""
    made = builders.Desk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[builders.Desk]:
    """A desk with some of everything; see `builders.busy_desk`."""
    made = builders.busy_desk(tmp_path)
    yield made
    made.close()
