"""A desk as people have it: a configuration, a store, the real command, and a sandbox for X."""

from __future__ import annotations

import contextlib
import io
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from chaos.older import migrations
from engines import named_rows
from triage.cli.argv import hoist
from triage.cli.main import run
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.server import Sandbox
from triage.sandbox.state import Post, State, fresh
from triage.sandbox.wire import Request, Response
from triage.store.migrations import MIGRATIONS
from triage.store.store import SqlStore

PATIENCE_S = 300.0
"""No command of these tests takes so long; one that does is a failure, not a wait."""
MINUTE_MS = 60_000
CREDENTIALS = """\
[x]
bearer_token = "sandbox-app-token"
user_token = "sandbox-user-token"
["x:acmehelp"]
user_token = "sandbox-user-token-acmehelp"
"""

PROGRAM = (sys.executable, "-m", "triage")

Hook = Callable[[int, Request], None]
"""Told of a request: how many this server has had, and which it is."""


class Ran(NamedTuple):
    """How a command ended: a negative code is the signal that killed it."""

    code: int
    out: str
    err: str


class Server(Sandbox):
    """A sandbox that tells of requests as they come and as their answers are about to go.

    Attributes:
        arrived: Called before a request is looked at.
        answered: Called when its answer is made, and what it asked for is done.
    """

    def __init__(self, state: State) -> None:
        super().__init__(None, state=state, record=True)
        self.arrived: Hook = _nothing
        self.answered: Hook = _nothing
        self._arrivals = 0
        self._answers = 0
        self._count = threading.Lock()

    def answer(self, request: Request) -> Response:
        """Tell of the request, then answer it."""
        with self._count:
            self._arrivals += 1
            number = self._arrivals
        self.arrived(number, request)
        return super().answer(request)

    def keep(self, request: Request, response: Response) -> None:
        """Record the exchange, then tell of it."""
        super().keep(request, response)
        with self._count:
            self._answers += 1
            number = self._answers
        self.answered(number, request)

    def watch(self, *, arrived: Hook | None = None, answered: Hook | None = None) -> None:
        """Count anew, and tell these from now on."""
        with self._count:
            self._arrivals = self._answers = 0
        self.arrived, self.answered = arrived or _nothing, answered or _nothing

    def seen(self, path_end: str, method: str = "GET") -> list[dict[str, str]]:
        """The queries of the recorded requests whose path ends like this, in their order."""
        return [
            {k: v[0] for k, v in parse_qs(urlsplit(e.url).query).items()}
            for e in self.exchanges
            if e.method == method and urlsplit(e.url).path.endswith(path_end)
        ]


def _nothing(_number: int, _request: Request) -> None:
    """Nobody listens."""


class Desk:
    """One brand's desk in a directory of its own."""

    def __init__(
        self,
        root: Path,
        server: Server,
        *,
        settings: str = "",
        help_too: bool = False,
        url: str | None = None,
        agent: str = "ana",
    ) -> None:
        """Write the files; `settings` are lines of `[fetch]`, `url` is of a store on a server."""
        self.root = root
        self.server = server
        self.settings = settings
        self.handles = ("acme", "acmehelp") if help_too else ("acme",)
        self.more_env: Mapping[str, str] = {}
        self.db = root / "triage.db"
        self.where: Path | str = url or self.db
        self.agent = agent
        root.mkdir(parents=True, exist_ok=True)
        credentials = root / "credentials.toml"
        credentials.write_text(CREDENTIALS)
        credentials.chmod(0o600)
        self.point_to(server.base_url)

    def point_to(self, base_url: str | None) -> None:
        """Let the accounts be at this address; None is X's own."""
        where = "" if base_url is None else f'base_url = "{base_url}"\n'
        accounts = "".join(
            f'[[account]]\nchannel = "x"\nhandle = "{h}"\n{where}' for h in self.handles
        )
        text = f'brand = "acme"\nagent = "{self.agent}"\n{accounts}'
        text += f'[fetch]\nsince = "30d"\n{self.settings}'
        # However busy the machine is, it looks before it replies.
        text += '\n[reply]\nlook_within = "4s"\n'
        (self.root / "config.toml").write_text(text)

    @property
    def env(self) -> dict[str, str]:
        """All that the command is told: nothing of whoever runs the tests."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.root),
            "LANG": "C.UTF-8",
            "TRIAGE_CONFIG": str(self.root / "config.toml"),
            "TRIAGE_DB": str(self.where),
            "TRIAGE_STATE_DIR": str(self.root / "state"),
            **self.more_env,
        }

    @property
    def is_made(self) -> bool:
        """Whether the store is there and of this version: a run that died early left none."""
        return self.db.exists() and migrations(self.db) == [name for name, _ in MIGRATIONS]

    def start(self, *words: str, program: Sequence[str] = PROGRAM) -> subprocess.Popen[str]:
        """Start a command without a terminal."""
        return subprocess.Popen(
            [*program, *words],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *words: str) -> Ran:
        """Run a command to its end."""
        return self.end(self.start(*words))

    @staticmethod
    def end(process: subprocess.Popen[str]) -> Ran:
        """Wait for a command."""
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Ran(process.returncode, out, err)

    def run_here(self, *words: str) -> Ran:
        """Run a command inside this process: five times as quick, where nothing is killed."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.env, clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(hoist(words))
        return Ran(code, out.getvalue(), err.getvalue())

    def fetch_to_the_end(self, most: int = 4) -> Ran:
        """Run `fetch` until it succeeds, as a cron would."""
        for _ in range(most):
            ran = self.run_here("fetch")
            if ran.code == 0:
                return ran
        raise AssertionError(f"fetch did not come to its end: {ran}")

    @contextlib.contextmanager
    def store(self) -> Iterator[SqlStore]:
        """Open the store."""
        store = SqlStore.open(self.where)
        try:
            yield store
        finally:
            store.close()

    def rows(self, sql: str, **params: object) -> list[dict[str, Any]]:
        """Ask the store; rows by column."""
        with self.store() as store:
            return named_rows(store.engine, sql, params)

    def change(self, sql: str, **params: object) -> None:
        """Change the store behind the program's back: let time pass, mostly."""
        with self.store() as store, store.tx():
            store.engine.execute(sql, params)

    def pass_limits(self) -> None:
        """Let the windows of X's limits end: what was told of them and asked in them is over."""
        self.change("UPDATE rate_told SET reset_at = :past", past=now_ms() - 60_000)
        self.change("DELETE FROM rate_taken")

    def replies(self) -> list[dict[str, Any]]:
        """The rows of the outbox, oldest first."""
        return self.rows("SELECT * FROM reply ORDER BY id")

    def kill_when(
        self,
        process: subprocess.Popen[str],
        *,
        arrives: int | None = None,
        answered: int | None = None,
        delay_s: float = 0.0,
        wanted: Callable[[Request], bool] = lambda _: True,
    ) -> None:
        """Have a process killed by an event at the server, `delay_s` after it."""
        counted = {"arrived": 0, "answered": 0}

        def hook(name: str, when: int | None) -> Hook:
            def told(_number: int, request: Request) -> None:
                if when is None or not wanted(request):
                    return
                counted[name] += 1
                if counted[name] == when:
                    kill_after(process, delay_s)

            return told

        self.server.watch(arrived=hook("arrived", arrives), answered=hook("answered", answered))


def kill_after(process: subprocess.Popen[str], delay_s: float) -> None:
    """Kill -9 after a moment; at once without one."""
    if not delay_s:
        process.kill()
        return
    timer = threading.Timer(delay_s, process.kill)
    timer.daemon = True
    timer.start()


def rounds(few: int, share: float = 1.0) -> int:
    """How many seeds: a few in the suite, a share of `TRIAGE_CHAOS` in the long form."""
    return max(few, int(int(os.environ.get("TRIAGE_CHAOS", "0")) * share))


def seeded(seed: int) -> random.Random:
    """Chance that comes again with the same seed."""
    return random.Random(seed)  # noqa: S311 - it chooses moments, not secrets


def now_ms() -> int:
    """The time, UTC epoch ms."""
    return time.time_ns() // 1_000_000


def waiting_customers(number: int = 2, *, ago_ms: int = 0) -> State:
    """A small X: @acme with a post of its own, and some customers with a complaint each.

    All of it in the last hour, or so long before.
    """
    state = fresh()
    us = state.user_named("acme")
    assert us is not None
    now = now_ms() - ago_ms
    state.add_post(us, "Fresh beans today.", at_ms=now - 60 * MINUTE_MS)
    for i in range(number):
        state.add_post(
            state.add_user(f"customer{i}"),
            f"@acme my order {i} never arrived and nobody answers",
            at_ms=now - (40 - i) * MINUTE_MS,
        )
    return state


def complaints(server: Server) -> list[Post]:
    """What the customers wrote, oldest first."""
    with server.read() as state:
        found = [p for p in state.current() if state.users[p.author_id].username != "acme"]
    return found[::-1]


def published(server: Server, text: str, parent: str | None) -> list[str]:
    """Ids of our posts with this text under that post, or to nobody: what the public sees."""
    with server.read() as state:
        return [p.id for p in state.current() if p.text == text and p.reply_to == parent]


FAULTS_BEFORE: Mapping[Kind, str] = {
    Kind.ERROR: "500",
    Kind.UNAVAILABLE: "503",
    Kind.CLOSE: "close",
    Kind.HANG: "hang",
    Kind.HTML: "html",
}
"""Nothing was posted, but whoever asked cannot know."""
FAULTS_AFTER: Mapping[Kind, str] = {
    Kind.UNAVAILABLE_AFTER: "503-after",
    Kind.CLOSE_AFTER: "close-after",
    Kind.HANG_AFTER: "hang-after",
    Kind.HTML_AFTER: "html-after",
    Kind.TRUNCATED: "truncated",
    Kind.CUT_SHORT: "cut-short",
}
"""It was posted, and whoever asked cannot know."""


def always(endpoint: str, kind: Kind, skip: int = 0) -> Rule:
    """A fault that stays until the rules are cleared."""
    return Rule(endpoint, kind, skip=skip, times=None)


Maker = Callable[..., Desk]
"""Makes a desk around a state: `settings` and `help_too` as `Desk` has them."""
