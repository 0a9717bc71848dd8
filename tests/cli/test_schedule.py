"""`triage schedule print`: what it prints works where nothing of this environment is left."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from screens import Runner
from triage.config.credentials import ENVIRONMENT
from triage.core.scheduling import UNIT
from triage.sandbox.server import Sandbox
from triage.store.store import SqlStore

PYTHON = f"{sys.executable} -P -m triage"


def as_cron_runs(line: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a crontab as cron does: with its own few variables, by /bin/sh."""
    command = line.split(" ", 5)[5].replace(r"\%", "%")
    env = {"HOME": str(home), "LOGNAME": "ana", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        ["/usr/bin/env", "-i", *(f"{k}={v}" for k, v in env.items()), "/bin/sh", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        timeout=300,
    )


def printed(env: dict[str, str], *words: str, called: Sequence[str] = ()) -> str:
    """What the program prints in an environment."""
    done = subprocess.run(
        [*(called or (sys.executable, "-m", "triage")), "schedule", "print", *words],
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stderr == ""
    return done.stdout


def settle(folder: Path, sandbox: Sandbox) -> Path:
    """A configuration with keys, in a folder."""
    folder.mkdir(parents=True)
    config = folder / "config.toml"
    config.write_text(
        'brand = "acme"\n[[account]]\nchannel = "x"\nhandle = "acme"\n'
        f'base_url = "{sandbox.base_url}"\n'
    )
    keys = folder / "credentials.toml"
    keys.write_text('[x]\nbearer_token = "sandbox-app-token"\n')
    keys.chmod(0o600)
    return config


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", ["a home", "50% of $HOME's"])
def test_the_line_runs_under_cron(tmp_path: Path, name: str) -> None:
    """In an empty environment, with everything at its place: it fetches, and prints nothing."""
    home = tmp_path / name
    with Sandbox() as sandbox:
        settle(home / ".config/triage", sandbox)
        (home / "triage").mkdir()
        (home / "triage/__init__.py").write_text("raise SystemExit('not the program')")
        line = printed({"HOME": str(home)}, "--cron")
        assert line == f"*/5 * * * * {PYTHON} fetch\n"
        done = as_cron_runs(line.rstrip("\n"), home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    store = SqlStore.open(home / ".local/share/triage/triage.db")
    assert store.accounts.freshness(1).last_success is not None
    store.close()


@pytest.mark.thin(3)
@pytest.mark.enable_socket
@pytest.mark.parametrize("name", ["a home", "50% of $HOME's"])
@pytest.mark.parametrize("by", ["flags", "TRIAGE", "XDG"])
def test_places_of_ones_own_are_carried_over(tmp_path: Path, name: str, by: str) -> None:
    """Said by flags, by our variables or by those of XDG, with spaces and signs in their paths.

    Also where the marks lie: elsewhere the database would pass for a copy.
    """
    home, there = tmp_path / "home", tmp_path / name
    home.mkdir()
    db, state = there / "data/triage/triage.db", there / "state/triage"
    words: list[str] = []
    env = {"HOME": str(home)}
    with Sandbox() as sandbox:
        config = settle(there / "config/triage", sandbox)
        if by == "flags":
            words = ["--config", str(config), "--db", str(db)]
            env["TRIAGE_STATE_DIR"] = str(state)
        elif by == "TRIAGE":
            env |= {
                "TRIAGE_CONFIG": str(config),
                "TRIAGE_DB": str(db),
                "TRIAGE_STATE_DIR": str(state),
            }
        else:
            env |= {f"XDG_{n.upper()}_HOME": str(there / n) for n in ("config", "data", "state")}
        line = printed(env, "--cron", *words).rstrip("\n")
        done = as_cron_runs(line, home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert db.exists()
    assert list(home.iterdir()) == []
    assert f"TRIAGE_STATE_DIR={shlex.quote(str(state))} ".replace("%", r"\%") in line


def test_the_installed_program_names_itself(tmp_path: Path) -> None:
    """By the path that it was called by, through a link too: an update may turn it elsewhere."""
    script = shutil.which("triage", path=str(Path(sys.executable).parent))
    assert script is not None, "tests run where the project is installed: make test"
    env = {"HOME": str(tmp_path)}
    line = printed(env, "--cron", called=[script])
    assert line == f"*/5 * * * * {script} fetch\n"
    link = tmp_path / "bin" / "triage"
    link.parent.mkdir()
    link.symlink_to(script)
    done = printed(env, "--systemd", "--unit", "service", called=[str(link)])
    assert f"\nExecStart={link} fetch\n" in done


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_accepts_what_is_printed(tmp_path: Path) -> None:
    """Both units, as they are redirected into their files; it says nothing."""
    config = tmp_path / "50% of $HOME's place" / "config.toml"
    env = {"HOME": str(tmp_path)}
    for unit in ("service", "timer"):
        text = printed(env, "--systemd", "--unit", unit, "--config", str(config))
        (tmp_path / f"{UNIT}.{unit}").write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", *map(str, sorted(tmp_path.glob(f"{UNIT}.*")))],
        env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.fixture
def plain(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home where everything is at its place, and no variable says so."""
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.delenv(f"XDG_{name}_HOME")
    return home


def test_both_units_at_once(plain: Path, run: Runner) -> None:
    """With their names above them; JSON has them apart."""
    ran = run("schedule", "print", "--systemd")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"# {UNIT}.service\n[Unit]\n")
    assert f"\n\n# {UNIT}.timer\n[Unit]\n" in ran.out
    items = json.loads(run("schedule", "print", "--systemd", "--json").out)["items"]
    assert [i["name"] for i in items] == [f"{UNIT}.service", f"{UNIT}.timer"]
    assert all(item["text"] in ran.out for item in items)
    (line,) = json.loads(run("schedule", "print", "--cron", "--json").out)["items"]
    assert line == {"name": "crontab", "text": f"*/5 * * * * {PYTHON} fetch"}


def test_accounts_and_agent_are_carried_over(
    plain: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who works here is told there too."""
    monkeypatch.setenv("TRIAGE_AGENT", "ana b")
    ran = run("--account", "acme", "schedule", "print", "--cron", "--every", "1h")
    assert ran.out == f"0 * * * * TRIAGE_AGENT='ana b' {PYTHON} fetch --account acme\n"


def test_posts_of_events_to_the_minute(home: Path, run: Runner) -> None:
    """A line of its own, every minute; it is the crontab's alone."""
    del home
    ran = run("schedule", "print", "--cron", "--events")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("* * * * * ")
    assert " event run " in ran.out
    assert run("schedule", "print", "--cron", "--events", "--every", "5m").out.startswith("*/5 ")
    assert run("schedule", "print", "--systemd", "--events").code == 2


def test_where_to_put_it_is_told_to_a_person(home: Path, run: Runner) -> None:
    """On stderr: stdout is there to be redirected."""
    piped = run("schedule", "print", "--cron")
    on_terminal = run("schedule", "print", "--cron", tty=True)
    assert on_terminal.out == piped.out
    assert "crontab -e" in on_terminal.err
    told = run("schedule", "print", "--systemd", tty=True).err
    for words in (
        "mkdir -p ~/.config/systemd/user\n",
        f"--unit service > ~/.config/systemd/user/{UNIT}.service\n",
        f"--unit timer > ~/.config/systemd/user/{UNIT}.timer\n",
        "systemctl --user daemon-reload\n",
        f"systemctl --user enable --now {UNIT}.timer\n",
        "loginctl enable-linger",
    ):
        assert words in told
    assert run("schedule", "print", "--systemd", "-q", tty=True).err == ""


def test_secrets_stay_here(home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with a secret is not written down; that it will be missing is said by name."""
    monkeypatch.setenv("TRIAGE_PING_URL", "https://hc-ping.com/0a1b2c3d")
    monkeypatch.setenv(ENVIRONMENT["bearer_token"], "0a1b2c3d")
    for form in ("--cron", "--systemd"):
        ran = run("schedule", "print", form)
        assert ran.code == 0
        assert "0a1b2c3d" not in ran.out + ran.err
        assert "TRIAGE_PING_URL, TRIAGE_X_BEARER_TOKEN of your environment" in ran.err
        assert "credentials.toml" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Name one"),
        (["--cron", "--systemd"], "Name one"),
        (["--cron", "--every", "7m"], "10m, 12m, 15m"),
        (["--cron", "--every", "30s"], "at least 1m"),
        (["--systemd", "--every", "often"], "30m"),
        (["--systemd", "--unit", "socket"], "service or timer"),
        (["--cron", "--unit", "timer"], "--systemd"),
        (["--cron", "--db", "/a\nb"], "line end"),
        (["--systemd", "--db", "/a\nb"], "line end"),
        (["--cron", "--demo"], "demo"),
    ],
)
def test_what_makes_no_sense(home: Path, run: Runner, words: list[str], told: str) -> None:
    """Exit 2, with what would; nothing is printed that could be installed."""
    (home / ".local/share/triage/demo").mkdir(parents=True)
    (home / ".local/share/triage/demo/config.toml").write_text("")
    ran = run("schedule", "print", *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_it_works_without_and_with_a_broken_configuration(home: Path, run: Runner) -> None:
    """A schedule can be made before everything else."""
    config = home / ".config/triage/config.toml"
    config.write_text("= = =")
    assert run("schedule", "print", "--cron").code == 0
    config.unlink()
    assert run("schedule", "print", "--cron").code == 0
