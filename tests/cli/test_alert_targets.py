"""`triage alert test` and what `triage doctor` says of alerts: who is told, and no secret."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tinyserver import TinyServer, answer

from screens import Runner
from triage.bootstrap import App
from triage.config.writing import toml_string
from triage.delivery import apprise_target

pytestmark = pytest.mark.usefixtures("home")

SECRET = "hunter2hunter2"  # noqa: S105 - made up
READS = "import pathlib, sys; pathlib.Path('got').write_text(sys.stdin.read())"
FAILS = f"import sys; print({SECRET!r}); sys.exit(3)"


def configure(home: Path, *, script: str = "", targets: str = "", urls: str = "") -> Path:
    """Add `[alerts]` with a script of Python's and targets; give the configuration's folder."""
    folder = home / ".config" / "triage"
    lines = ["[alerts]"]
    if script:
        words = ", ".join(map(toml_string, (sys.executable, "-c", script)))
        lines.append(f"alert_command = [{words}]")
    if targets:
        lines.append(f"targets = [{targets}]")
    with (folder / "config.toml").open("a") as file:
        file.write("\n".join([*lines, ""]))
    if urls:
        keys = folder / "credentials.toml"
        keys.write_text(f"[alerts]\n{urls}\n")
        keys.chmod(0o600)
    return folder


@pytest.mark.enable_socket
def test_every_target_gets_a_test(home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command first, then the targets in their order; each message says that it is a test."""
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with TinyServer(answer(200, {}), answer(200, {})) as server:
        url = server.base_url.replace("http:", "json:") + f"/{SECRET}"
        folder = configure(home, script=READS, targets='"desk"', urls=f'desk = "{url}"')
        ran = run("alert", "test")
        assert ran == (0, "command\tdelivered\t\t\ndesk\tdelivered\t\t\n", "")
        told = json.loads((folder / "got").read_text())
        assert (told["brand"], told["is_test"]) == ("acme", True)
        assert len(server.requests) == 1
        assert b"nobody below exists" in server.requests[0]
        assert run("alert", "test", "desk", tty=True).err.endswith("they have arrived.\n")
        assert len(server.requests) == 2


def test_one_target_alone(home: Path, run: Runner) -> None:
    """The others are left in peace."""
    folder = configure(home, script=READS, targets='"desk"', urls=f'desk = "nope://{SECRET}"')
    ran = run("alert", "test", "command", "--json")
    assert ran.code == 0
    assert json.loads(ran.out) == {
        "schema": 1,
        "items": [{"target": "command", "result": "delivered", "reason": "", "hint": ""}],
    }
    assert (folder / "got").exists()


def test_a_failure_is_told_and_the_others_go_on(home: Path, run: Runner) -> None:
    """A row each, exit 1, and neither an URL nor what a program printed."""
    configure(
        home,
        script=FAILS,
        targets='"desk", "mail"',
        urls=f'desk = "nope://{SECRET}"\nmail = "mailto://{SECRET}"',
    )
    ran = run("alert", "test")
    assert ran.code == 1
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert [row[:2] for row in rows] == [
        ["command", "failed"],
        ["desk", "failed"],
        ["mail", "failed"],
    ]
    assert rows[0][2] == "It ended with exit code 3."
    assert rows[1][2].startswith("Apprise cannot use its URL")
    on_screen = run("alert", "test", tty=True)
    assert on_screen.code == 1
    assert "TARGET" in on_screen.out
    assert "Run it yourself to see what it says" in on_screen.err
    assert SECRET not in ran.out + ran.err + on_screen.out + on_screen.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 78, "Alerts go nowhere: there is no target and no alert_command."),
        (("desk",), 78, "Alerts go nowhere"),
    ],
)
def test_nowhere_to_go(run: Runner, words: tuple[str, ...], code: int, said: str) -> None:
    """It says where to add a target."""
    ran = run("alert", "test", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "[alerts]" in ran.err


def test_a_name_that_is_unknown(home: Path, run: Runner) -> None:
    """The nearest is named."""
    configure(home, targets='"desk"', urls='desk = "json://127.0.0.1/"')
    ran = run("alert", "test", "dsk")
    assert ran.code == 1
    assert 'There is no alert target "dsk". Did you mean "desk"?' in ran.err


def test_a_target_without_url(home: Path, run: Runner) -> None:
    """It fails, and says where to mend it; the others go on."""
    folder = configure(home, script=READS, targets='"desk"')
    ran = run("alert", "test")
    assert ran.code == 1
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert [row[:2] for row in rows] == [["command", "delivered"], ["desk", "failed"]]
    assert "TRIAGE_ALERT_DESK" in rows[1][2]
    assert "credentials.toml" in rows[1][3]
    assert (folder / "got").exists()


def test_targets_of_the_program(home: Path) -> None:
    """They have the zone of the configuration, and none shows its URL."""
    configure(home, script=READS, targets='"desk"', urls=f'desk = "json://{SECRET}"')
    config = home / ".config" / "triage" / "config.toml"
    config.write_text(config.read_text().replace('"UTC"', '"Europe/Madrid"'))
    app = App()
    targets = app.alert_targets()
    assert [target.name for target in targets] == ["command", "desk"]
    assert "Europe/Madrid" in repr(targets)
    assert SECRET not in repr(targets)


def doctor(run: Runner) -> tuple[str, dict[str, dict[str, str]]]:
    """All that doctor writes, and its lines by what they are about."""
    ran = run("doctor", "--json")
    return ran.out + ran.err, {item["what"]: item for item in json.loads(ran.out)["items"]}


def test_doctor_tells_where_urls_come_from(
    home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line for the command and for each target, and nothing is sent."""
    monkeypatch.setenv("TRIAGE_ALERT_MAIL", f"mailto://{SECRET}")
    folder = configure(
        home, script=READS, targets='"desk", "mail", "ops"', urls=f'desk = "slack://{SECRET}"'
    )
    shown, found = doctor(run)
    assert found["alert_command"]["health"] == "ok"
    desk, mail, ops = (found[f"alert target {name}"] for name in ("desk", "mail", "ops"))
    assert (desk["health"], desk["text"]) == ("ok", "Its URL comes from credentials.toml [alerts].")
    assert mail["text"] == "Its URL comes from environment TRIAGE_ALERT_MAIL."
    assert (ops["health"], ops["text"][:37]) == ("fail", 'The alert target "ops" has no URL. Ne')
    assert "TRIAGE_ALERT_OPS" in ops["text"]
    assert SECRET not in shown
    assert not (folder / "got").exists()


def test_doctor_misses_apprise(home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how to install it."""
    configure(home, targets='"desk"', urls=f'desk = "slack://{SECRET}"')
    monkeypatch.setattr(apprise_target, "is_installed", lambda: False)
    _, found = doctor(run)
    assert found["alert target desk"]["health"] == "fail"
    assert "pip install 'triage[alerts]'" in found["alert target desk"]["hint"]


def test_doctor_looks_for_the_program(home: Path, run: Runner) -> None:
    """A path is relative to the configuration; a program that is not there fails."""
    folder = configure(home)
    config = folder / "config.toml"
    config.write_text(f'{config.read_text()}alert_command = ["./notify", "{SECRET}"]\n')
    shown, found = doctor(run)
    assert found["alert_command"]["health"] == "fail"
    assert SECRET not in shown
    (folder / "notify").write_text("#!/bin/sh\n")
    (folder / "notify").chmod(0o700)
    assert doctor(run)[1]["alert_command"]["health"] == "ok"


def test_doctor_says_nothing_of_alerts_that_nobody_wants(run: Runner) -> None:
    """Without a target and a command there is no line."""
    assert not [what for what in doctor(run)[1] if what.startswith("alert")]
