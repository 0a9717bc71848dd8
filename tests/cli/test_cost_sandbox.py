"""Costs, the cap and the rate budget from end to end: the program, a sandbox, a clock by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from builders import START
from screens import Ran, Runner
from triage.core.kinds import DAY, HOUR, MINUTE, SECOND
from triage.sandbox.faults import WINDOW_MS, Limit, Limits
from triage.sandbox.server import Sandbox
from triage.sandbox.state import APP_TOKEN, USER_TOKEN, Clock, fresh

pytestmark = pytest.mark.enable_socket

HANDLES = ("acme", "acmehelp", "acmenews", "acmeshop")


class Cron:
    """A brand's computer, X on loopback, and the time of both.

    Attributes:
        now: UTC ms.
    """

    def __init__(self, run: Runner, sandbox: Sandbox) -> None:
        self.run = run
        self.sandbox = sandbox
        self.now = START

    def at(self, now: int) -> None:
        """Set both clocks."""
        self.now = now
        with self.sandbox.change() as state:
            state.clock = Clock("fixed", now)

    def fetch(self, after: int = 0) -> Ran:
        """Run `fetch` after a while, as cron does."""
        self.at(self.now + after)
        return self.run("fetch")

    def write(self, to: str, many: int, *, text: str = "where is my order?") -> None:
        """So many customers write to an account."""
        with self.sandbox.change() as state:
            ana = state.add_user("ana")
            for number in range(many):
                at = self.now - SECOND * (many - number)
                state.add_post(ana, f"@{to} {text} {number}", at_ms=at)

    def asked(self, endpoint: str) -> list[int]:
        """The statuses of all requests for something."""
        return [e.status for e in self.sandbox.exchanges if f"/{endpoint}?" in e.url]

    def json(self, *words: str) -> dict[str, object]:
        """What a command says to scripts."""
        found: dict[str, object] = json.loads(self.run(*words, "--json").out)
        return found


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """X with four accounts of one app."""
    state = fresh(clock=Clock("fixed", START))
    for handle in HANDLES[1:]:
        state.add_user(handle)
    with Sandbox(record=True, state=state, limits=Limits()) as running:
        yield running


@pytest.fixture
def cron(home: Path, sandbox: Sandbox, run: Runner, monkeypatch: pytest.MonkeyPatch) -> Cron:
    """The computer, with one account and no cap."""
    made = Cron(run, sandbox)

    def told(_clock: int = 0) -> int:
        return made.now * 1_000_000

    clock = SimpleNamespace(time_ns=told, clock_gettime_ns=told, CLOCK_MONOTONIC=1)
    monkeypatch.setattr("triage.bootstrap.time", clock)
    configure(home, sandbox)
    return made


def configure(
    home: Path, sandbox: Sandbox, *handles: str, overlap: str = "0s", more: str = ""
) -> None:
    """Write the configuration and the keys."""
    accounts = "".join(
        f'[[account]]\nchannel = "x"\nhandle = "{h}"\nbase_url = "{sandbox.base_url}"\n'
        for h in handles or ("acme",)
    )
    folder = home / ".config/triage"
    (folder / "config.toml").write_text(
        f'brand = "acme"\nagent = "ana"\n{accounts}[fetch]\npage_size = 5\n'
        f'overlap = "{overlap}"\n{more}'
    )
    keys = folder / "credentials.toml"
    keys.write_text(f'[x]\nbearer_token = "{APP_TOKEN}"\n["x:acme"]\nuser_token = "{USER_TOKEN}"\n')
    keys.chmod(0o600)


def test_four_accounts_in_one_cron_are_never_refused(
    home: Path, cron: Cron, sandbox: Sandbox
) -> None:
    """Limits as low as can be, a backlog in each, many runs: not one 429, and all is read."""
    configure(home, sandbox, *HANDLES)
    sandbox.api.limits.table |= {"mentions": Limit(7, 7), "own": Limit(9, 9), "user": Limit(3, 3)}
    for handle in HANDLES:
        cron.write(handle, 23)
    for number in range(30):
        assert cron.fetch(after=5 * MINUTE).code in (0, 1, 75)
        if number % 5 == 0:
            cron.write(HANDLES[number // 5 % 4], 4, text=f"again {number}")
    statuses = [e.status for e in sandbox.exchanges]
    assert statuses.count(429) == 0
    assert set(statuses) == {200}
    stored = cron.json("report", "--since", "30d")["items"]
    assert isinstance(stored, list)
    with sandbox.read() as state:
        theirs = sum(p.text.startswith("@") for p in state.posts.values())
    assert sum(item["mentions"] for item in stored if item["kind"] == "all") == theirs


def test_a_run_before_the_reset_asks_nothing_and_says_nothing(cron: Cron, sandbox: Sandbox) -> None:
    """As after a 429 of X: one run says it, those that follow are silent until then."""
    sandbox.api.limits.table["mentions"] = Limit(2, 2)
    cron.write("acme", 20)
    first = cron.fetch()
    assert first.code == 75
    assert "It may be asked again at" in first.err
    before = len(sandbox.exchanges)
    assert cron.fetch(after=5 * MINUTE) == (0, "", "")
    assert len(sandbox.exchanges) == before
    assert cron.fetch(after=WINDOW_MS).code == 75
    assert len(sandbox.exchanges) > before


def test_costs_of_a_day(home: Path, cron: Cron, sandbox: Sandbox) -> None:
    """What is read twice on a day is counted apart; a reply has its price."""
    configure(home, sandbox, overlap="15m")
    cron.write("acme", 3)
    assert cron.fetch().code == 0
    assert cron.run("reply", "1", "On its way!", "-y").code == 0
    assert cron.fetch(after=MINUTE).code == 0
    items = cron.json("cost")["items"]
    assert isinstance(items, list)
    books = {i["endpoint"]: (i["resources"], i["repeated"], i["cost_micros"]) for i in items}
    assert books["reply"] == (1, 0, 10_000)
    assert books["mentions"] == (3 + 3, 3, 15_000)
    assert books["user"] == (1, 0, 10_000)
    assert books["own"] == (1, 0, 5_000)
    sandbox_reads = len([e for e in sandbox.exchanges if e.method == "GET"])
    assert sum(i["calls"] for i in items) == sandbox_reads + 1


def test_before_a_reply_its_cost_is_told(cron: Cron) -> None:
    """By X's own eye for URLs; a person is told what a URL does to it."""
    cron.write("acme", 1)
    cron.fetch()
    plain = _previewed(cron, "See Pier St. 4")
    dear = _previewed(cron, "See acme.com")
    assert (plain["cost_micros"], plain["has_url"]) == (10_000, False)
    assert (dear["cost_micros"], dear["has_url"]) == (200_000, True)
    told = cron.run("reply", "1", "Sorry!", "--dry-run", tty=True).err
    assert "It costs about $0.010; a URL in it makes it $0.20, twenty times as much." in told
    told = cron.run("reply", "1", "See acme.com", "--dry-run", tty=True).err.replace("\n", " ")
    assert "about $0.20, since there is a URL in it, twenty times as much as without one" in told


def _previewed(cron: Cron, text: str) -> dict[str, object]:
    items = cron.json("reply", "1", text, "--dry-run")["items"]
    assert isinstance(items, list)
    found: dict[str, object] = items[0]
    return found


def test_the_prices_are_those_of_the_configuration(
    home: Path, cron: Cron, sandbox: Sandbox
) -> None:
    """What was read before stays at the price of its day."""
    cron.write("acme", 2)
    cron.fetch()
    configure(home, sandbox, overlap="2d", more="[cost.prices]\npost_read = 0.25\n")
    cron.fetch(after=DAY)
    assert cron.json("cost")["total_micros"] == 10_000 + 10_000 + 500_000


def test_the_cap_warns_once_stops_reads_and_lets_replies_out(
    home: Path, cron: Cron, sandbox: Sandbox
) -> None:
    """The whole way: four fifths, all of it, a reply beyond it, and the next month."""
    configure(home, sandbox, more="[cost]\nmonthly_cap = 0.04\n")
    cron.write("acme", 5)
    warned = cron.fetch()
    assert warned.code == 0
    assert warned.err.startswith("87% of the monthly cap is used: $0.035 of $0.040")
    assert warned.err.count("\n") == 1
    assert cron.fetch(after=5 * MINUTE) == (0, "", "")
    cron.write("acme", 3)
    assert cron.fetch(after=5 * MINUTE).code == 0

    stopped = cron.fetch(after=5 * MINUTE)
    assert stopped.code == 1
    assert "The monthly cap stops reading: $0.050 of $0.040 are spent." in stopped.err
    assert stopped.err.count("\n") == 1
    asked = len(sandbox.exchanges)
    assert cron.run("reply", "1", "We are on it.", "-y").code == 0
    assert [e.method for e in sandbox.exchanges[asked:]] == ["POST"]
    beyond = cron.run("reply", "2", "Coming!", "-y").err
    assert "The monthly cap is passed: $0.060 of $0.040 are spent. This reply costs" in beyond
    assert "the monthly cap on costs is used up" in _stale(cron)

    cron.at(cron.now + 31 * DAY)
    assert cron.fetch().code == 0


def _stale(cron: Cron) -> str:
    cron.at(cron.now + HOUR)
    return cron.run("queue").err


def test_a_queued_reply_goes_out_with_the_next_fetch_in_spite_of_the_cap(
    home: Path, cron: Cron, sandbox: Sandbox
) -> None:
    """Our own posts and its thread are read for it, from what the cap keeps for replies."""
    configure(home, sandbox, more="[cost]\nmonthly_cap = 0.5\n")
    cron.write("acme", 99)
    sandbox.api.limits.table["create"] = Limit(0, 0)
    assert cron.fetch().code == 0
    assert cron.run("reply", "1", "We are on it.", "-y").code == 75
    sandbox.api.limits.table["create"] = Limit(9, 9)
    before = len(sandbox.exchanges)
    moved = cron.fetch(after=16 * MINUTE)
    assert moved.code == 1
    looked_and_sent = ["GET", "GET", "GET", "GET", "POST"]
    assert [e.method for e in sandbox.exchanges[before:]] == looked_and_sent
    assert cron.json("outbox")["items"] == []


def test_what_a_thread_costs_is_told_and_counted_for_all_of_it(cron: Cron, tmp_path: Path) -> None:
    """The parts behind the first answer our own post, so each is priced as any other post."""
    cron.write("acme", 1)
    cron.fetch()
    long = tmp_path / "long.txt"
    long.write_text("\n\n".join(f"Part {part}, " + "la " * 75 for part in "abc"))
    shown = cron.json("reply", "1", "-F", str(long), "--split", "--dry-run")["items"]
    assert isinstance(shown, list)
    item = shown[0]
    assert (item["cost_micros"], item["has_url"]) == (10_000 + 2 * 15_000, False)
    assert cron.run("reply", "1", "-F", str(long), "--split", "-y").code == 0
    items = cron.json("cost")["items"]
    assert isinstance(items, list)
    books = {i["endpoint"]: i["cost_micros"] for i in items}
    assert (books["reply"], books["post"]) == (10_000, 30_000)


def test_no_key_is_in_the_books(home: Path, cron: Cron) -> None:
    """The database names apps as the configuration does."""
    cron.write("acme", 1)
    cron.fetch()
    cron.run("reply", "1", "Thanks!", "-y")
    for file in (home / ".local/share/triage").iterdir():
        content = file.read_bytes()
        assert APP_TOKEN.encode() not in content
        assert USER_TOKEN.encode() not in content
