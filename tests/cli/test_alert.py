"""`triage alert`, and what `triage fetch` does about alerts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tinyserver import TinyServer, answer

from builders import START, Desk
from engines import content
from screens import Runner, assert_golden
from triage.config.writing import toml_string
from triage.core.kinds import HOUR, MINUTE
from triage.sandbox.server import Sandbox
from triage.sandbox.state import fresh
from triage.store.lock import hold
from triage.store.store import SqlStore

READS = "import sys; open('told', 'a').write(sys.stdin.read() + '\\n')"
FAILS = "import sys; sys.stdin.read(); sys.exit(3)"
SECRET = "hunter2hunter2"  # noqa: S105 - made up
HOSTILE = "@acme broken @channel <!here> https://evil.com \x1b[2J\u202e\r\n#9 praise, due 9d"

Configure = Callable[..., Path]


@pytest.fixture
def configure(home: Path) -> Configure:
    """Adds `[alerts]` with a script of Python's, targets and their URLs; gives the folder."""
    folder = home / ".config" / "triage"
    config = folder / "config.toml"
    text = config.read_text()

    def go(
        script: str = "", *, targets: str = "", urls: str = "", brand: str = "acme", more: str = ""
    ) -> Path:
        lines = ["[alerts]"]
        if script:
            words = ", ".join(map(toml_string, (sys.executable, "-S", "-c", script)))
            lines.append(f"alert_command = [{words}]")
        if targets:
            lines.append(f"targets = [{targets}]")
        named = text.replace('brand = "acme"', f"brand = {toml_string(brand)}")
        config.write_text("\n".join([named, *lines, more, ""]))
        keys = folder / "credentials.toml"
        keys.write_text(f'[x]\nbearer_token = "sandbox-app-token"\n[alerts]\n{urls}\n')
        keys.chmod(0o600)
        return folder

    return go


def told(folder: Path) -> list[dict[str, Any]]:
    """What the command was handed."""
    file = folder / "told"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def whom(folder: Path) -> list[list[tuple[str, str]]]:
    """Of whom each message told, with the levels."""
    return [[(item["customer"], item["level"]) for item in one["items"]] for one in told(folder)]


def dump(desk: Desk) -> list[str]:
    """The whole database."""
    return content(desk.store).splitlines()


# Telling.


def test_who_waits_too_long_is_told_of_once(busy: Desk, run: Runner, configure: Configure) -> None:
    """A row for each target that was told something; nothing more where nothing is new."""
    folder = configure(READS)
    assert run("alert") == (0, "command\tdelivered\t1\t\n", "")
    assert run("alert") == (0, "", "")
    busy.now += 40 * MINUTE
    assert run("alert") == (0, "command\tdelivered\t2\t\n", "")
    assert whom(folder) == [[("ana", "breach")], [("finn", "warning"), ("bo", "warning")]]
    assert run("alert", tty=True).err == "Nobody is to be told anything new.\n"


def test_as_json(busy: Desk, run: Runner, configure: Configure) -> None:
    """The same names in every case."""
    configure(READS, targets='"desk"', urls=f'desk = "nope://{SECRET}"')
    ran = run("alert", "--json")
    assert (ran.code, ran.err) == (1, "")
    document = json.loads(ran.out)
    why = "Apprise cannot use its URL, or lacks a package that this service needs."
    assert document == {
        "schema": 1,
        "items": [
            {"target": "command", "result": "delivered", "alerts": 1, "reason": ""},
            {"target": "desk", "result": "failed", "alerts": 1, "reason": why},
        ],
    }
    configure(READS)
    assert json.loads(run("alert", "--json").out) == {"schema": 1, "items": []}


@pytest.mark.parametrize("width", [60, 80])
def test_screens(busy: Desk, run: Runner, configure: Configure, width: int) -> None:
    """What would be told, what was told, and what did not arrive, on a terminal."""
    configure(FAILS)
    busy.now += 40 * MINUTE
    shown = run("alert", "--dry-run", tty=True, width=width)
    assert (shown.code, shown.err) == (0, "")
    failed = run("alert", tty=True, width=width)
    assert failed.code == 1
    configure(READS)
    ran = run("alert", tty=True, width=width)
    assert (ran.code, ran.err) == (0, "")
    for screen in (shown, failed, ran):
        assert all(len(line) <= width for line in (screen.out + screen.err).splitlines())
    parts = (shown.out, failed.out, failed.err, ran.out)
    assert_golden(f"alert-{width}", "----\n".join(parts))


def test_a_target_that_fails_is_tried_again(busy: Desk, run: Runner, configure: Configure) -> None:
    """Exit 1 with the reason, without what the program printed; the next run delivers."""
    folder = configure(f"print({SECRET!r})\n{FAILS}")
    ran = run("alert")
    assert ran == (1, "command\tfailed\t1\tIt ended with exit code 3.\n", "")
    on_screen = run("alert", tty=True)
    assert "It is tried again with the next fetch." in on_screen.err.replace("\n", " ")
    assert SECRET not in on_screen.out + on_screen.err
    configure(READS)
    assert run("alert") == (0, "command\tdelivered\t1\t\n", "")
    assert whom(folder) == [[("ana", "breach")]]
    assert run("log").out.count("\talert\t") == 1


def test_one_without_url_does_not_silence_the_others(
    busy: Desk, run: Runner, configure: Configure
) -> None:
    """It fails, and says which variable or file lacks it."""
    folder = configure(READS, targets='"desk"')
    ran = run("alert")
    assert ran.code == 1
    assert ran.out.startswith("command\tdelivered\t1\t\ndesk\tfailed\t1\tNeither TRIAGE_ALERT_DESK")
    assert len(told(folder)) == 1


def test_levels_and_repeats_are_those_of_the_file(
    busy: Desk, run: Runner, configure: Configure
) -> None:
    """No warning; a reminder each hour, two of them."""
    more = 'levels = ["breach", "repeat"]\nrepeat_every = "1h"\nrepeat_at_most = 2'
    folder = configure(READS, more=more)
    for _ in range(6):
        run("alert")
        busy.now += 40 * MINUTE
    found = [(i["customer"], i["level"], i["number"]) for one in told(folder) for i in one["items"]]
    assert [one for one in found if one[0] == "ana"] == [
        ("ana", "breach", 0),
        ("ana", "repeat", 1),
        ("ana", "repeat", 2),
    ]
    assert not [one for one in found if one[1] == "warning"]


def test_hostile_words(desk: Desk, run: Runner, configure: Configure) -> None:
    """Neither a post nor the brand's own name breaks a line, a cell, or out of the JSON."""
    folder = configure(READS, brand="acme @here <!channel> https://evil.com")
    desk.write("evil", HOSTILE, ago=2 * HOUR)
    desk.fetch()
    shown = run("alert", "--dry-run")
    assert len(shown.out.splitlines()) == 1
    assert not set("\x1b\u202e\r") & set(shown.out)
    assert len(run("alert", "--dry-run", tty=True).out.splitlines()) == 2
    assert run("alert").code == 0
    (message,) = told(folder)
    message["items"][0].pop("url")
    assert message["brand"].endswith("https[:]//evil[.]com")
    assert not set("@<\x1b\u202e\r") & set(json.dumps(message, ensure_ascii=False))


@pytest.mark.parametrize("brand", ["ac\nme", "acme\r\nBcc: all@evil.com", "a\x1b[2Jb"])
def test_a_brand_on_several_lines_is_refused(
    busy: Desk, run: Runner, configure: Configure, brand: str
) -> None:
    """By the configuration, before anybody is told anything under it."""
    folder = configure(READS, brand=brand)
    ran = run("alert")
    assert (ran.code, ran.out) == (78, "")
    assert "brand: must be a name" in ran.err
    assert told(folder) == []


# Looking ahead.


def test_a_dry_run_changes_nothing(busy: Desk, run: Runner, configure: Configure) -> None:
    """Not a byte of any table, and nobody is told; the run behind it tells all the same."""
    folder = configure(READS)
    busy.now += 40 * MINUTE
    before = dump(busy)
    for words in ((), ("--json",)):
        ran = run("alert", "--dry-run", *words)
        assert (ran.code, ran.err) == (0, "")
    run("alert", "--dry-run", tty=True)
    assert dump(busy) == before
    assert told(folder) == []
    assert run("alert").out == "command\tdelivered\t3\t\n"
    assert run("alert", "--dry-run") == (0, "", "")
    assert run("alert", "--dry-run", tty=True).err == "Nobody is to be told anything new.\n"


def test_a_dry_run_as_data(busy: Desk, run: Runner, configure: Configure) -> None:
    """What is due, most urgent first; times in UTC, the whole text."""
    configure(READS)
    busy.now += 40 * MINUTE
    items = json.loads(run("alert", "--dry-run", "--json").out)["items"]
    assert [item["customer"] for item in items] == ["ana", "finn", "bo"]
    assert items[0] == {
        "id": 3,
        "level": "breach",
        "number": 0,
        "due_at": "2026-03-02T07:00:00Z",
        "kind": "complaint",
        "customer": "ana",
        "mentions": 1,
        "priority": None,
        "text": "@acme my order never came and it is broken",
    }
    first = run("alert", "--dry-run").out.splitlines()[0]
    text = "@acme my order never came and it is broken"
    assert first == f"3\tbreach\t0\t2026-03-02T07:00:00Z\tcomplaint\tana\t1\t\t{text}"


def test_a_dry_run_needs_no_target(busy: Desk, run: Runner, configure: Configure) -> None:
    """Nor an URL: it shows how it will look, and where to add somebody to tell."""
    configure(targets='"desk"')
    assert run("alert", "--dry-run").out.startswith("3\tbreach\t")
    configure()
    ran = run("alert", "--dry-run", tty=True)
    assert "@ana" in ran.out
    assert "There is nobody to tell" in ran.err
    assert "config.toml" in ran.err


@pytest.mark.parametrize("words", [("--dry-run", "test"), ("--dry-run", "test", "desk")])
def test_a_dry_run_of_a_test_is_refused(
    busy: Desk, run: Runner, configure: Configure, words: tuple[str, ...]
) -> None:
    """A test is for sending: it must not go out under a flag that says that nothing does."""
    folder = configure(READS)
    ran = run("alert", *words)
    assert (ran.code, ran.out) == (2, "")
    assert "--dry-run does not go with `triage alert test`" in ran.err
    assert told(folder) == []


# What is in the way.


def test_nobody_to_tell(busy: Desk, run: Runner, configure: Configure) -> None:
    """It says where to add somebody, and decides nothing."""
    configure()
    before = dump(busy)
    ran = run("alert")
    assert (ran.code, ran.out) == (78, "")
    assert "Alerts go nowhere" in ran.err
    assert dump(busy) == before


def test_another_run_is_at_it(busy: Desk, run: Runner, configure: Configure) -> None:
    """Try later; it is told by the other one."""
    folder = configure(READS)
    with hold(busy.db.with_name("triage.db.alert.lock"), "alert", started_at=START):
        ran = run("alert")
    assert (ran.code, ran.out) == (75, "")
    assert "Another alert is running." in ran.err
    assert told(folder) == []


def test_nothing_was_fetched_yet(home: Path, run: Runner, configure: Configure) -> None:
    """It says what to do first."""
    configure(READS)
    ran = run("alert")
    assert ran.code == 1
    assert "triage fetch" in ran.err


# Fetching.


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """X on this computer, on which ana has waited for two hours."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    state = fresh()
    state.add_post(
        state.add_user("ana"),
        "@acme my order never arrived and nobody answers",
        at_ms=state.now_ms() - 2 * HOUR,
    )
    with Sandbox(None, state=state) as running:
        yield running


@pytest.fixture
def fetching(home: Path, sandbox: Sandbox) -> Path:
    """The configuration leads to the sandbox; give the database."""
    config = home / ".config" / "triage" / "config.toml"
    config.write_text(f'{config.read_text()}base_url = "{sandbox.base_url}"\n')
    return home / ".local" / "share" / "triage" / "triage.db"


def mentions(db: Path) -> int:
    """How many came in."""
    store = SqlStore.open(db)
    ((count,),) = store.engine.query("SELECT count(*) FROM message WHERE role = 'mention'")
    store.close()
    return int(count)


@pytest.mark.enable_socket
def test_a_fetch_tells(fetching: Path, configure: Configure, run: Runner) -> None:
    """Once, in silence; on a terminal it says so."""
    folder = configure(READS)
    assert run("fetch") == (0, "", "")
    assert whom(folder) == [[("ana", "breach")]]
    assert run("fetch") == (0, "", "")
    assert len(told(folder)) == 1
    fetching.unlink()
    assert "1 alert to command." in run("fetch", tty=True).err


@pytest.mark.enable_socket
def test_a_fetch_without_alerts_writes_none(
    fetching: Path, configure: Configure, run: Runner
) -> None:
    """Whoever wants none has none waiting when a target is added."""
    configure()
    assert run("fetch") == (0, "", "")
    store = SqlStore.open(fetching)
    assert store.engine.query("SELECT * FROM alert") == []
    store.close()
    assert not fetching.with_name("triage.db.alert.lock").exists()


@pytest.mark.enable_socket
def test_a_dead_target_does_not_stop_a_fetch(
    fetching: Path, configure: Configure, run: Runner
) -> None:
    """It exits as before and prints one line; the next fetch delivers."""
    with TinyServer() as server:
        dead = server.base_url.replace("http:", "json:") + f"/{SECRET}"
    folder = configure(READS, targets='"desk"', urls=f'desk = "{dead}"')
    ran = run("fetch")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == (
        "Alerts to desk did not arrive, and are tried again with the next fetch: "
        "The service could not be reached, or did not answer in time.\n"
    )
    assert (mentions(fetching), whom(folder)) == (1, [[("ana", "breach")]])
    with TinyServer(answer(200, {})) as server:
        alive = server.base_url.replace("http:", "json:") + f"/{SECRET}"
        configure(READS, targets='"desk"', urls=f'desk = "{alive}"')
        assert run("fetch") == (0, "", "")
        assert b"acme: 1 overdue" in server.requests[0]
        assert run("fetch") == (0, "", "")
        assert len(server.requests) == 1
    assert len(told(folder)) == 1


@pytest.mark.enable_socket
def test_a_fetch_that_fails_tells_all_the_same(
    fetching: Path, configure: Configure, run: Runner, sandbox: Sandbox
) -> None:
    """Who waits too long does not wait longer because of it; and it exits as it did."""
    nobody = f'[[account]]\nchannel = "x"\nhandle = "nobody"\nbase_url = "{sandbox.base_url}"'
    configure(more=nobody)
    without = run("fetch")
    assert (without.code, without.out) == (1, "")
    assert "@nobody" in without.err
    folder = configure(READS, more=nobody)
    assert run("fetch") == without
    assert whom(folder) == [[("ana", "breach")]]
    configure(READS, targets='"desk"', more=nobody)
    dead = run("fetch")
    assert (dead.code, dead.out) == (1, "")
    first, second = dead.err.splitlines()
    assert first.startswith("Alerts to desk did not arrive")
    assert f"{second}\n" == without.err


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("targets", "urls", "said"),
    [
        ('"desk"', "", "Alerts to desk did not arrive"),
        ('"desk"', 'desk = "no url"', "Alerts were not sent: "),
        ('"desk"', f'desk = "nope://{SECRET}"', "Alerts to desk did not arrive"),
    ],
)
def test_alerts_that_are_set_up_wrongly_do_not_stop_a_fetch(
    fetching: Path, configure: Configure, run: Runner, targets: str, urls: str, said: str
) -> None:
    """No URL, one that is none, one that apprise does not know: one line, and all is fetched."""
    configure(targets=targets, urls=urls)
    ran = run("fetch")
    assert (ran.code, ran.out) == (0, "")
    (line,) = ran.err.splitlines()
    assert line.startswith(said)
    assert SECRET not in line
    assert mentions(fetching) == 1


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["/nowhere/notify"], "It could not be started: No such file or directory."),
        (["/"], "It could not be started: Permission denied."),
    ],
)
def test_a_command_that_cannot_run_does_not_stop_a_fetch(
    fetching: Path, configure: Configure, run: Runner, command: list[str], said: str
) -> None:
    """One line."""
    configure(more=f"alert_command = [{', '.join(map(toml_string, command))}]")
    ran = run("fetch")
    assert (ran.code, ran.out) == (0, "")
    (line,) = ran.err.splitlines()
    assert line.startswith("Alerts to command did not arrive")
    assert said in line
    assert mentions(fetching) == 1


@pytest.mark.enable_socket
@pytest.mark.real_time
def test_under_cron(fetching: Path, configure: Configure) -> None:
    """With next to no environment, through apprise to a webhook: it arrives, in silence."""
    home = fetching.parents[3]
    with TinyServer(answer(200, {})) as server:
        url = server.base_url.replace("http:", "json:") + f"/{SECRET}"
        configure(targets='"desk"', urls=f'desk = "{url}"')
        words = ["/usr/bin/env", "-i", f"HOME={home}", "PATH=/usr/bin:/bin"]
        argv = [*words, sys.executable, "-m", "triage", "fetch"]
        for _ in range(2):
            ran = subprocess.run(
                argv, capture_output=True, check=False, stdin=subprocess.DEVNULL, cwd="/"
            )
            assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
        assert len(server.requests) == 1
    head, _, message = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST /{SECRET} HTTP".encode())
    text = json.loads(message)
    assert text["title"] == "acme: 1 overdue"
    assert "triage reply 1" in text["message"]
