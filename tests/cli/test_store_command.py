"""`triage store`: on a file and on a server, and what every command says of a server."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import builders
import postgres
from cli.conftest import _data, _seated
from screens import Ran, Runner
from secrecy import SECRET
from triage.errors import StoreUnavailable
from triage.store import opening, opening_pg
from triage.store.migrations import MIGRATIONS
from triage.store.store import SqlStore

NAMES = [name for name, _ in MIGRATIONS]
GUEST = f"ana_{os.getpid()}"
"""A role of the server; other processes of the run have theirs."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database on a server, with our tables."""
    postgres.need()
    return postgres.database(tmp_path)


@pytest.fixture
def empty(url: str) -> Iterator[str]:
    """A database on the same server without any table."""
    del url
    made = postgres.clone()
    yield made
    postgres.drop(made)


@pytest.fixture
def served(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[builders.Desk]:
    """The desk of `builders.busy_desk` on a server, as TRIAGE_STORE names it with a password."""
    postgres.need()
    monkeypatch.setattr(postgres, "is_chosen", lambda: True)
    made = builders.busy_desk(_data(home))
    monkeypatch.setenv("TRIAGE_STORE", _with_password(str(made.where)))
    yield from _seated(made, monkeypatch)


def _with_password(url: str) -> str:
    """The same by its address, with a password that occurs nowhere else."""
    if postgres.is_named():
        pytest.skip("the server is somebody's own")
    postgres._admin(
        f"DO $$ BEGIN IF to_regrole('{GUEST}') IS NULL THEN "
        f"CREATE ROLE {GUEST} LOGIN SUPERUSER PASSWORD '{SECRET}'; END IF; END $$"
    )
    return postgres.by_address(url, GUEST, SECRET)


def item(ran: Ran) -> dict[str, Any]:
    """The one thing that a command told as JSON."""
    (found,) = json.loads(ran.out)["items"]
    assert isinstance(found, dict)
    return found


def lines(ran: Ran) -> dict[str, str]:
    """What a command told as lines of name and value."""
    return dict(line.split("\t", 1) for line in ran.out.splitlines())


@pytest.mark.usefixtures("busy")
def test_status_of_a_file(run: Runner) -> None:
    """What it stands on, all of its tables, and nothing of servers."""
    found = item(run("store", "status", "--json"))
    assert (found["engine"], found["database"], found["user"]) == ("SQLite", "triage.db", None)
    assert (found["migrations"], found["missing"], found["newer"]) == (NAMES, [], [])
    assert found["clock_ahead_s"] is None
    rows = {table["name"]: table["rows"] for table in found["tables"]}
    assert (rows["account"], rows["conversation"]) == (1, 6)
    screen = run("store", "status", tty=True).out
    assert f"schema  up to date, {len(NAMES)} migrations" in screen
    assert "conversation                      6 rows" in screen
    assert not any(line.startswith(("user", "way", "clock")) for line in screen.splitlines())
    assert run("store", "status", "--exit-code").code == 0


def test_status_of_a_server(served: builders.Desk, run: Runner) -> None:
    """Who is signed in, the way there, the clock, and the same tables; never the password."""
    found = item(run("store", "status", "--json"))
    assert (found["engine"], found["user"], found["encoding"]) == ("PostgreSQL", GUEST, "UTF8")
    assert f"/{found['database']}?" in str(served.where)
    assert (found["migrations"], found["missing"], found["newer"]) == (NAMES, [], [])
    assert (found["is_near"], found["is_writable"], found["may_upgrade"]) == (True, True, True)
    assert found["lacks_rights"] == []
    assert found["store"] == os.environ["TRIAGE_STORE"].replace(f":{SECRET}", "")
    rows = {table["name"]: (table["rows"], table["bytes"] > 0) for table in found["tables"]}
    assert (rows["account"], rows["conversation"]) == ((1, True), (6, True))
    assert set(rows) > {"message", "picture", "triage_migration"}
    told = lines(run("store", "status"))
    assert (told["engine"], told["rows.conversation"]) == ("PostgreSQL", "6")
    screen = run("store", "status", tty=True).out
    assert f"user    {GUEST}, may upgrade it\nway     on this machine\n" in screen


def test_the_clocks_difference(served: builders.Desk, run: Runner) -> None:
    """How much the server is ahead, whichever of the two is wrong."""
    del served
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("triage.store.status.time.time_ns", lambda: 1_000_000_000 * 10**9)
        ahead = item(run("store", "status", "--json"))["clock_ahead_s"]
        assert "ahead of ours" in run("store", "status", tty=True).out
        warned = {i["what"]: i for i in json.loads(run("doctor", "--json").out)["items"]}
    assert ahead > 700_000_000
    assert warned["server clock"]["health"] == "warn"
    assert abs(item(run("store", "status", "--json"))["clock_ahead_s"]) < 60


def test_upgrade_of_a_file(home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it lacks is said, then run, after a copy; again there is nothing to do."""
    db = _data(home) / "triage.db"
    with monkeypatch.context() as patch:
        patch.setattr(opening, "MIGRATIONS", MIGRATIONS[:3])
        SqlStore.open(db, create=True).close()
    refused = run("queue")
    assert refused.code == 1
    assert "triage store upgrade" in refused.err
    ran = run("store", "status", "--json", "--exit-code")
    assert (ran.code, item(ran)["missing"]) == (3, NAMES[3:])
    assert f"lacks {', '.join(NAMES[3:])}; triage" in run("store", "status", tty=True).out
    done = run("store", "upgrade", tty=True)
    assert done.out.split() == NAMES[3:]
    assert f"As it was: {db}.before-upgrade" in done.err.replace("\n", " ").replace("  ", " ")
    assert Path(f"{db}.before-upgrade").exists()
    again = run("store", "upgrade", tty=True)
    assert (again.code, again.out) == (0, "")
    assert "is up to date." in again.err
    assert run("store", "status", "--exit-code").code == 0


@pytest.mark.usefixtures("home")
def test_nothing_to_upgrade(run: Runner) -> None:
    """A file that is not there is not made."""
    ran = run("store", "upgrade")
    assert ran.code == 1
    assert "There is no database" in ran.err


def test_upgrade_of_a_server(
    home: Path, empty: str, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No command makes a table there but this one, and all say so; it may run twice."""
    del home
    monkeypatch.setenv("TRIAGE_STORE", empty)
    posts = Path("posts.jsonl")
    for words in (["queue"], ["config", "apply"], ["db", "check"], ["import", str(posts)]):
        if words[0] == "import":
            monkeypatch.chdir(os.environ["HOME"])
            posts.write_text(
                '{"id": "1", "author": "bo", "text": "hi", "posted_at": "2026-03-02T09:00:00Z"}\n'
            )
        ran = run(*words)
        assert (words, ran.code) == (words, 78)
        assert "triage store upgrade" in ran.err
    found = item(run("store", "status", "--json"))
    assert (found["tables"], found["missing"], found["min_client"]) == ([], NAMES, None)
    assert "none of triage yet; triage store upgrade" in run("store", "status", tty=True).out
    done = json.loads(run("store", "upgrade", "--json").out)
    assert [each["migration"] for each in done["items"]] == NAMES
    assert run("store", "upgrade").out == ""
    assert run("config", "apply").code == 0
    assert run("import", str(posts), "--account", "acme").code == 0
    assert run("search", "hi").out.count("\n") == 1


def test_a_server_of_another_version(
    served: builders.Desk, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older is upgraded by its owner; newer is left alone; too old a client may not write."""
    del served
    later = [*MIGRATIONS, ("m999_later", MIGRATIONS[-1][1])]
    with monkeypatch.context() as patch:
        for module in ("opening_pg", "status"):
            patch.setattr(f"triage.store.{module}.MIGRATIONS", later)
        assert run("queue").code == 78
        assert item(run("store", "status", "--json"))["missing"] == ["m999_later"]
        assert _health(run)["schema"] == "fail"
    with monkeypatch.context() as patch:
        for module in ("opening_pg", "status"):
            patch.setattr(f"triage.store.{module}.MIGRATIONS", MIGRATIONS[:-1])
        ran = run("store", "upgrade")
        assert ran.code == 1
        assert NAMES[-1] in ran.err
        assert item(run("store", "status", "--json"))["newer"] == NAMES[-1:]
        assert "newer than this triage" in run("store", "status", tty=True).out
        assert _health(run)["schema"] == "fail"
    with monkeypatch.context() as patch:
        patch.setattr(opening_pg, "__version__", "0.0.9")
        ran = run("queue")
        assert ran.code == 1
        assert "is too old" in ran.err
    with monkeypatch.context() as patch:
        patch.setattr(opening_pg, "MINIMUM_SERVER", 990_000)
        ran = run("queue")
        assert ran.code == 78
        assert "The server of" in ran.err


def _health(run: Runner) -> dict[str, str]:
    items = json.loads(run("doctor", "--json").out)["items"]
    return {found["what"]: found["health"] for found in items}


def test_a_copy_that_follows(served: builders.Desk, run: Runner) -> None:
    """It is read from; whoever writes is told to come back; status and doctor say why."""
    name = item(run("store", "status", "--json"))["database"]
    postgres._admin(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        assert len(run("queue").out.splitlines()) == len(served.waiting())
        ran = run("claim", "3")
        assert ran.code == 75
        assert "lets nobody write" in ran.err
        assert item(run("store", "status", "--json"))["is_writable"] is False
        assert "it follows another server" in run("store", "status", tty=True).out
        assert _health(run)["rights"] == "fail"
    finally:
        postgres._admin(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def test_a_user_without_rights(
    served: builders.Desk, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may not be read is not taken for missing; whoever has the rights gives them."""
    guest = f"bo_{os.getpid()}"
    postgres._admin(f"DROP ROLE IF EXISTS {guest}; CREATE ROLE {guest} LOGIN")
    monkeypatch.setenv("TRIAGE_STORE", str(served.where).replace("postgres@", f"{guest}@", 1))
    found = item(run("store", "status", "--json"))
    assert (found["migrations"], found["missing"], found["may_upgrade"]) == (None, [], False)
    assert {table["rows"] for table in found["tables"]} == {None}
    assert len(found["lacks_rights"]) == len(found["tables"])
    screen = run("store", "status", tty=True).out
    assert f" and {len(found['tables']) - 4} more\n" in screen
    assert "schema  not yours to read" in screen
    health = _health(run)
    assert (health["rights"], "schema" in health) == ("fail", False)
    for words, said in (
        (["queue"], "triage store grants"),
        (["store", "upgrade"], "its owner run"),
    ):
        ran = run(*words)
        assert ran.code == 1
        assert said in ran.err


REFUSED = {
    "password": (f"postgresql://{GUEST}:{SECRET}x@HOST/NAME", 78, "does not take the password"),
    "database": (f"postgresql://{GUEST}:{SECRET}@HOST/nowhere", 78, "no database of that name"),
    "port": (f"postgresql://{GUEST}:{SECRET}@127.0.0.1:1/x", 75, "cannot be reached"),
    "socket": (f"postgresql:///x?host=%2Fnowhere&password={SECRET}", 75, "cannot be reached"),
    "service": (f"postgresql://?service=nobody&password={SECRET}", 78, "service"),
    "tls": (f"postgresql://{GUEST}:{SECRET}@HOST/NAME?sslmode={SECRET}", 78, "sslmode"),
    "number": (f"postgresql://HOST/NAME?connect_timeout={SECRET}", 78, "cannot be read"),
    "parameter": (f"postgresql://HOST/NAME?passwort={SECRET}", 78, "cannot be read"),
    "sign": (f"postgresql://{GUEST}:a@{SECRET}@HOST/NAME", 78, "must be an address"),
}


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_a_server_that_cannot_be_used(
    home: Path, url: str, run: Runner, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A sentence, a reason, a hint and the right code for any command; no password, no crash."""
    pattern, code, said = REFUSED[what]
    address = _with_password(url).partition("@")[2].partition("?")[0]
    host, _, name = address.partition("/")
    monkeypatch.setenv("TRIAGE_STORE", pattern.replace("HOST", host).replace("NAME", name))
    for words in (["queue"], ["store", "status", "--json"], ["reply", "3", "Sorry!", "-y"]):
        ran = run(*words)
        assert (ran.code, ran.out) == (code, "")
        assert said in ran.err
        assert ran.err.count("\n") <= (2 if words[0] == "reply" else 1)
    on_a_terminal = run("queue", "--debug", tty=True, width=200).err
    assert "\n  " in on_a_terminal
    shown = [ran.err, on_a_terminal, run("doctor").out, run("check").out]
    left = [f.read_text(errors="replace") for f in home.rglob("*") if f.is_file()]
    if what != "tls":  # its value is no secret
        assert SECRET not in "".join(shown + left)
    assert not list(home.rglob("crash-*"))


SHOWING = [
    "config path",
    "config path --json",
    "config show --origin",
    "config show --json",
    "config check",
    "db path",
    "db path --json",
    "db check",
    "db check --json",
    "db backup",
    "store status",
    "store status --json",
    "store upgrade",
    "store upgrade --json",
    "doctor",
    "doctor --json",
    "schedule print --cron",
    "schedule print --systemd",
    "schedule print --cron --db URL",
    "log --json",
    "fetch --db URL",
]
ON_A_TERMINAL = {"config path", "config check", "db check", "db backup", "store status"}
"""Where the store is named in other words to a person."""


def test_no_password_is_shown(
    served: builders.Desk, home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever said the address, nothing that is shown or written has its password."""
    secret = os.environ["TRIAGE_STORE"]
    assert SECRET in secret
    monkeypatch.setattr("triage.cli.queue.load_queue", _bug)
    for words in (*SHOWING, "queue --json"):
        for on_terminal in {False, words in ON_A_TERMINAL}:
            ran = run(*words.replace("URL", secret).split(), tty=on_terminal)
            assert SECRET not in ran.out + ran.err, words
    for file in home.rglob("*"):
        assert file.is_dir() or SECRET not in file.read_text(errors="replace"), file
    assert list(home.rglob("crash-*"))
    del served


def _bug(*_: object) -> None:
    raise ZeroDivisionError(os.environ["TRIAGE_STORE"])


def test_what_is_said_of_a_password(served: builders.Desk, home: Path, run: Runner) -> None:
    """It is allowed in the address; doctor and the check of the configuration advise against it."""
    del served
    told = run("config", "check", "--json")
    assert json.loads(told.out)["warnings"][0].startswith("The address of the store holds a pass")
    assert "~/.pgpass" in run("config", "check").err
    assert ("password", "warn") in _health(run).items()
    config = home / ".config/triage/config.toml"
    url = os.environ.pop("TRIAGE_STORE")
    config.write_text(f'store = "{url}"\n{config.read_text()}')
    assert "(config.toml store)" in run("config", "check").err
    config.write_text(config.read_text().replace(f":{SECRET}", ""))
    assert run("config", "check").err == ""


def test_a_password_file_and_a_service(
    served: builders.Desk, tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As libpq has them: the address names neither password nor server, and it works."""
    server, _, name = os.environ["TRIAGE_STORE"].partition("@")[2].partition("/")
    host, _, port = server.partition(":")
    passes, services = tmp_path / "pass", tmp_path / "services"
    passes.write_text(f"{host}:{port}:*:{GUEST}:{SECRET}\n")
    passes.chmod(0o600)
    services.write_text(f"[desk]\nhost={host}\nport={port}\nuser={GUEST}\ndbname={name}\n")
    monkeypatch.setenv("PGPASSFILE", str(passes))
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    waiting = len(served.waiting())
    for address in (f"postgresql://{GUEST}@{server}/{name}", "postgresql://?service=desk"):
        monkeypatch.setenv("TRIAGE_STORE", address)
        assert len(run("queue").out.splitlines()) == waiting
        assert run("db", "path").out.strip() == address
    line = run("schedule", "print", "--cron").out
    for variable in (f"PGPASSFILE={passes}", f"PGSERVICEFILE={services}", "postgresql://?service"):
        assert variable in line
    monkeypatch.setenv("PGPASSWORD", SECRET)
    ran = run("schedule", "print", "--cron")
    assert SECRET not in ran.out + ran.err
    assert "PGPASSWORD of your environment will be missing" in ran.err


def test_without_the_driver(home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install is said, by any command; the places are told all the same."""
    del home
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setenv("TRIAGE_STORE", f"postgresql://ana:{SECRET}@h/d")
    for words in (["queue"], ["store", "status"], ["store", "upgrade"], ["config", "apply"]):
        ran = run(*words)
        assert ran.code == 78
        assert "pip install 'triage[postgres]'" in ran.err
        assert SECRET not in ran.err
    assert run("db", "path").out == "postgresql://ana@h/d\n"
    assert "pip install" in run("doctor").out


def test_a_copy_is_made_there(served: builders.Desk, home: Path, run: Runner) -> None:
    """A backup of a server is refused with the command that makes one, before any file is."""
    del served
    ran = run("db", "backup", str(home / "copy"))
    assert ran.code == 1
    assert "pg_dump -Fc -f triage.dump 'postgresql://" in ran.err
    assert not (home / "copy").exists()
    shown = run("db", "datasette", str(home / "metadata.json"))
    assert shown.code == 1
    assert "Datasette shows files" in shown.err
    assert not (home / "metadata.json").exists()
    assert run("db", "check", tty=True).err.endswith("is sound.\n")


def test_words_survive_a_server_that_is_gone(
    served: builders.Desk, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are kept under the name of the database, and offered whoever signs in later."""
    server, _, name = os.environ["TRIAGE_STORE"].partition("@")[2].partition("/")
    with monkeypatch.context() as patch:
        patch.setattr(opening_pg, "connect", _unreachable)
        ran = run("reply", "3", "So sorry, on its way!", "-y")
    assert ran.code == 75
    assert "on its way" in run("drafts", "--json").out
    monkeypatch.setenv("TRIAGE_STORE", f"postgres://{server}/{name}?user={GUEST}&password={SECRET}")
    assert "on its way" in run("drafts", "--json").out
    monkeypatch.setenv("TRIAGE_STORE", str(served.where))
    assert "on its way" not in run("drafts", "--json").out


def _unreachable(url: str) -> None:
    raise StoreUnavailable(f"The database {url} cannot be reached.")


NEED_A_STORE = [
    "alert",
    "claim 3",
    "close 3 --as spam",
    "config apply",
    "cost",
    "customer set 3 vip=yes",
    "db check",
    "drafts",
    "fetch",
    "hold 3",
    "import posts.jsonl --account acme",
    "log",
    "outbox",
    "outbox pause",
    "queue",
    "release 3",
    "reopen 3",
    "reply 3 Sorry! -y",
    "report",
    "rules diff",
    "search parcel",
    "show 3",
    "sla explain 3",
    "sla list",
    "sla recompute --closed --since 7d --dry-run",
    "snooze 3 2h",
    "store status",
    "store upgrade",
    "sync",
    "tag 3 complaint",
    "wake 3",
]


@pytest.mark.parametrize("words", NEED_A_STORE)
def test_every_command_tells_of_a_server_that_is_away(
    home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Try later, in one line for cron, without a password and without a crash."""
    pytest.importorskip("psycopg")
    monkeypatch.chdir(home)
    (home / "posts.jsonl").write_text(
        '{"id": "1", "author": "bo", "text": "hi", "posted_at": "2026-03-02T09:00:00Z"}\n'
    )
    keys = home / ".config/triage/credentials.toml"
    keys.write_text('[x]\nbearer_token = "b"\nuser_token = "u"\n')
    keys.chmod(0o600)
    with (home / ".config/triage/config.toml").open("a") as config:
        config.write('[alerts]\nalert_command = ["true"]\n')
    monkeypatch.setenv("TRIAGE_STORE", f"postgresql://ana:{SECRET}@127.0.0.1:1/desk")
    ran = run(*words.split())
    assert (ran.code, ran.out) == (75, ""), ran.err
    assert "The database postgresql://ana@127.0.0.1:1/desk cannot be reached." in ran.err
    assert SECRET not in ran.err
    assert not list(home.rglob("crash-*"))


def test_a_check_cannot_tell(home: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A monitoring system hears that nothing is known, in its own protocol."""
    pytest.importorskip("psycopg")
    del home
    monkeypatch.setenv("TRIAGE_STORE", f"postgresql://ana:{SECRET}@127.0.0.1:1/desk")
    ran = run("check")
    assert ran.code == 3
    assert "UNKNOWN" in ran.out
    assert "cannot be reached" in ran.out
    assert SECRET not in ran.out + ran.err
