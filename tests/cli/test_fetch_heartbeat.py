"""The heartbeat of `fetch`: start and exit code, whatever happens, and nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from screens import Runner
from triage.bootstrap import App
from triage.cli.heartbeat import heartbeat, ping_url
from triage.config.load import load_config
from triage.config.places import resolve_places
from triage.errors import Busy, ConfigError, StoreBusy
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Sandbox
from triage.store.lock import hold

SECRET = "0a1b2c3d"  # noqa: S105 - of a test

pytestmark = pytest.mark.enable_socket


class Switch:
    """A dead man's switch on loopback.

    Attributes:
        heard: Each ping: its word, and how much X had been asked before it.
        bodies: Their bodies.
        status: What it answers.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.heard: list[tuple[str, int]] = []
        self.bodies: list[bytes] = []
        self.status = 200
        switch = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place, _, word = self.path.rpartition("/")
                assert place == f"/{SECRET}"
                switch.heard.append((word, len(sandbox.exchanges)))
                switch.bodies.append(self.rfile.read(int(self.headers["Content-Length"] or 0)))
                self.send_response(switch.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as the base class has it
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{SECRET}"

    @property
    def words(self) -> list[str]:
        """The words that it heard."""
        return [word for word, _ in self.heard]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is asked, whatever proxy whoever runs the tests has."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """X, on this computer."""
    with Sandbox(record=True) as running:
        yield running


@pytest.fixture
def switch(sandbox: Sandbox) -> Iterator[Switch]:
    """A switch that listens."""
    made = Switch(sandbox)
    yield made
    made.close()


@pytest.fixture
def config(home: Path, sandbox: Sandbox, switch: Switch) -> Path:
    """A configuration with a heartbeat, and with keys."""
    path = home / ".config/triage/config.toml"
    text = path.read_text() + f'base_url = "{sandbox.base_url}"\n'
    path.write_text(f'{text}[heartbeat]\nping_url = "{switch.url}"\n')
    keys = path.with_name("credentials.toml")
    keys.write_text('[x]\nbearer_token = "sandbox-app-token"\n')
    keys.chmod(0o600)
    return path


def test_a_fetch_tells_its_start_and_its_end(
    config: Path, switch: Switch, sandbox: Sandbox, run: Runner
) -> None:
    """The start before X is asked for anything, the exit code after; no body; and all is silent."""
    assert run("fetch") == (0, "", "")
    assert switch.heard == [("start", 0), ("0", len(sandbox.exchanges))]
    assert sandbox.exchanges
    assert switch.bodies == [b"", b""]


def test_the_environment_wins(
    config: Path, switch: Switch, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRIAGE_PING_URL goes before the file, without its being mended."""
    config.write_text(config.read_text().replace(switch.url, "http://127.0.0.1:1/other"))
    monkeypatch.setenv("TRIAGE_PING_URL", switch.url)
    assert run("fetch").code == 0
    assert switch.words == ["start", "0"]


def test_no_keys(config: Path, switch: Switch, run: Runner) -> None:
    """Exit 4."""
    config.with_name("credentials.toml").unlink()
    assert run("fetch").code == 4
    assert switch.words == ["start", "4"]


def test_a_rate_limit(config: Path, switch: Switch, sandbox: Sandbox, run: Runner) -> None:
    """Exit 75: it is tried again, and who watches knows."""
    sandbox.fail(Rule("mentions", Kind.RATE_LIMITED))
    assert run("fetch").code == 75
    assert switch.words == ["start", "75"]


def test_one_account_of_two(config: Path, switch: Switch, sandbox: Sandbox, run: Runner) -> None:
    """Exit 1, though the other is up to date."""
    other = f'[[account]]\nchannel = "x"\nhandle = "nobody"\nbase_url = "{sandbox.base_url}"\n'
    config.write_text(config.read_text() + other)
    assert run("fetch").code == 1
    assert switch.words == ["start", "1"]


@pytest.mark.parametrize(("error", "code"), [(ZeroDivisionError, 70), (KeyboardInterrupt, 130)])
def test_a_bug_and_ctrl_c(
    config: Path,
    switch: Switch,
    run: Runner,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
    code: int,
) -> None:
    """Whatever ends it is told as the exit code says it."""

    def stop(_parts: object) -> None:
        raise error

    monkeypatch.setattr("triage.cli.fetch.run_fetch", stop)
    assert run("fetch").code == code
    assert switch.words == ["start", str(code)]


def test_a_setting_that_is_wrong(config: Path, switch: Switch, run: Runner) -> None:
    """A configuration that cannot be used is told to where it says; nothing has begun."""
    config.write_text(config.read_text() + "\n[fetch]\npage_siez = 3\n")
    assert run("fetch").code == 78
    assert switch.words == ["78"]


def test_a_configuration_that_cannot_be_read(
    config: Path, switch: Switch, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the environment knows where to tell it."""
    config.write_text("= = =")
    monkeypatch.setenv("TRIAGE_PING_URL", switch.url)
    assert run("fetch").code == 78
    config.unlink()
    assert run("fetch").code == 78
    assert switch.words == ["78", "78"]


def test_a_wrong_flag(config: Path, switch: Switch, run: Runner) -> None:
    """A crontab with a mistake in it is told as well."""
    assert run("fetch", "--deadline", "soon").code == 2
    assert switch.words == ["2"]


def test_another_fetch_is_at_work(config: Path, switch: Switch, home: Path, run: Runner) -> None:
    """A run that is skipped sends nothing: it failed in nothing, and vouches for nothing."""
    lock = home / ".local/share/triage/triage.db.fetch.lock"
    with hold(lock, "fetch", started_at=0):
        assert run("fetch").code == 75
    assert switch.words == []


def test_only_another_run_is_a_reason_to_skip(switch: Switch) -> None:
    """A database that stays locked is a failure, and so is whatever comes after the start."""
    app = App(env={"TRIAGE_PING_URL": switch.url, "HOME": "/nowhere"})
    with pytest.raises(StoreBusy), heartbeat(app):
        raise StoreBusy("locked")
    with pytest.raises(Busy), heartbeat(app) as begun:
        _begin_and_fail(begun)
    assert switch.words == ["75", "start", "75"]


def _begin_and_fail(begun: Callable[[], None]) -> None:
    begun()
    raise Busy("busy")


def test_a_failed_ping_changes_nothing(config: Path, switch: Switch, run: Runner) -> None:
    """The exit code stays; a terminal gets one line for both pings, cron none, and no address."""
    switch.status = 500
    assert run("fetch") == (0, "", "")
    ran = run("fetch", tty=True)
    assert ran.code == 0
    assert ran.err.count("The heartbeat was not sent: it answered 500.") == 1
    assert SECRET not in ran.err
    assert run("fetch", "-q", tty=True).err == ""


def test_a_wrong_address_in_the_environment(
    config: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does one that cannot be used; it is not repeated."""
    monkeypatch.setenv("TRIAGE_PING_URL", f"ftp://{SECRET}")
    assert run("fetch") == (0, "", "")
    ran = run("fetch", tty=True)
    assert (ran.code, "its address must be an http" in ran.err, SECRET in ran.err) == (
        0,
        True,
        False,
    )


def test_the_address_is_shown_nowhere(config: Path, switch: Switch, run: Runner) -> None:
    """Scheme and host alone, by `config show` and by the doctor; nothing by a representation."""
    shown = "http://127.0.0.1/..."
    assert f"heartbeat.ping_url\t{shown}" in run("config", "show").out
    assert f'heartbeat.ping_url = "{shown}"' in run("config", "show", tty=True).out
    items = json.loads(run("doctor", "--json").out)["items"]
    assert [i["text"] for i in items if i["what"] == "heartbeat"] == [f"Fetches tell {shown}"]
    env = {"HOME": str(config.parent)}
    loaded = load_config(resolve_places(config=str(config), env=env), env)
    assert loaded.model.heartbeat.ping_url == switch.url
    assert SECRET not in repr(loaded)


def test_show_says_that_the_environment_wins(
    config: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And shows no more of it."""
    monkeypatch.setenv("TRIAGE_PING_URL", f"https://hc-ping.com/{SECRET}")
    line = "heartbeat.ping_url\thttps://hc-ping.com/...\tenvironment TRIAGE_PING_URL"
    assert line in run("config", "show", "--origin").out.splitlines()


def test_a_wrong_address_in_the_file(config: Path, switch: Switch, run: Runner) -> None:
    """The check says what is wrong with it and does not repeat it."""
    config.write_text(config.read_text().replace("http://127", f"ftp://{SECRET}.127"))
    ran = run("config", "check")
    assert ran.code == 78
    assert "[heartbeat] ping_url: must be an http or https address" in ran.err
    assert SECRET not in ran.err


def test_who_has_no_switch() -> None:
    """The demo tells nobody, whatever is set; nor does who sets nothing or knows no home."""
    url = {"TRIAGE_PING_URL": "https://hc-ping.com/x"}
    assert ping_url(App(demo=True, env=url)) is None
    assert ping_url(App(env={"HOME": "/nowhere"})) is None
    assert ping_url(App(env={"HOME": "/nowhere", "TRIAGE_PING_URL": ""})) is None
    with pytest.raises(ConfigError), heartbeat(App(env={"HOME": "/nowhere"})):
        raise ConfigError("wrong")
