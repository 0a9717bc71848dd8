"""A desk that is put through one fault after another, with the checks that hold after every run."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from chaos.desk import Desk, Ran, Server, now_ms
from chaos.faultlist import PATIENT_S
from chaos.oracle import assert_complete
from chaos.recorded import check_recorded
from triage.bootstrap import App
from triage.channels.x.channel import XChannel
from triage.core.credentials import Credentials
from triage.core.outbox import normalise
from triage.matching.defaults import default_tagger
from triage.sandbox.faults import Rule
from triage.sandbox.state import Post, fresh, ms_of

SECRETS = (b"sandbox-app-token", b"sandbox-user-token")
_NOT_OURS = frozenset({"config.toml", "credentials.toml"})
_ONE_LINE = re.compile(r"triage: .*\(exit (\d+)\)\n")
_SENTENCES = re.compile(r"[.?!:] ")
_NEW = 6
"""So many mentions and posts of ours come in before each run: two small pages of each."""


class Bench:
    """One desk, its X, and how far the time of the made-up history has come."""

    def __init__(self, root: Path, server: Server, *, settings: str = "") -> None:
        """Make a desk that was fetched once; `settings` are more lines of `[fetch]`."""
        self.desk = Desk(root, server, settings=f'page_size = 5\noverlap = "0s"\n{settings}')
        self.server = server
        self.cases = 0
        self.timeout_s = PATIENT_S
        self._at = 0
        self._number = 0
        self.fill()
        assert self.desk.run_here("fetch").code == 0

    def channel(self, credentials: Credentials, **options: Any) -> XChannel:  # noqa: ANN401
        """The channel with time-outs that the configuration does not go down to."""
        options["timeout_s"] = (self.timeout_s, self.timeout_s)
        return XChannel(credentials, **options)

    def fill(self) -> None:
        """Let customers write, and us post by another app."""
        with self.server.change() as state:
            us = state.user_named("acme")
            assert us is not None
            for _ in range(_NEW):
                self._number += 1
                self._at = max(self._at + 2, now_ms())
                writer = state.user_named(f"fan{self._number % 9}")
                writer = writer or state.add_user(f"fan{self._number % 9}")
                text = f"@acme my order {self._number} never arrived"
                state.add_post(writer, text, at_ms=self._at)
                state.add_post(us, f"Beans no {self._number}", at_ms=self._at + 1)

    def complaint(self) -> str:
        """The newest mention, read already: its id."""
        with self.server.read() as state:
            us = state.user_named("acme")
            assert us is not None
            return state.mentions(us)[0].id

    def fetch(self) -> Ran:
        """Fetch as a cron does."""
        return self.run("fetch")

    def run(self, *words: str) -> Ran:
        """Run a command, and check all that must hold after every run."""
        # The rules that ship are made ready once, not by each of a thousand runs.
        with (
            mock.patch("triage.channels.load", return_value=self.channel),
            mock.patch.object(App, "tagger_for", return_value=default_tagger()),
        ):
            ran = self.desk.run_here(*words)
        self.check_told(ran)
        self.check_state()
        return ran

    def heal(self) -> Ran:
        """Let nothing go wrong any more, let the time pass that X asked for, and fetch."""
        self.server.api.faults.clear()
        self.server.api.limits.forget()
        self.timeout_s = PATIENT_S
        with self.database() as rows:
            rows.execute("DELETE FROM rate_limit")
            rows.execute("UPDATE reply SET retry_at = NULL")
        self.desk.pass_limits()
        return self.fetch()

    def forget_who_we_are(self) -> None:
        """Let the next fetch look the account up again."""
        with self.database() as rows:
            rows.execute("UPDATE account SET native_id = NULL")

    def fail(self, *rules: Rule) -> None:
        """Let things go wrong."""
        self.server.fail(*rules)

    @contextlib.contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """The database, behind the program's back."""
        rows = sqlite3.connect(self.desk.db, isolation_level=None, timeout=10)
        try:
            yield rows
        finally:
            rows.close()

    def check_told(self, ran: Ran) -> None:
        """One line for a failure, with what, why and how; its code at the end."""
        if ran.code == 0:
            return
        lines = ran.err.splitlines(keepends=True)
        told = [_ONE_LINE.fullmatch(line) for line in lines if line.startswith("triage: ")]
        assert len(told) == 1, ran
        assert told[0] is not None, ran
        assert told[0][1] == str(ran.code), ran
        assert len(_SENTENCES.findall(told[0][0])) >= 3, f"what, why, how: {ran.err}"
        for secret in SECRETS:
            assert secret.decode() not in ran.out + ran.err

    def check_state(self) -> None:
        """The invariants, in whatever state the run has left."""
        with self.database() as rows:
            stored = Counter(i for (i,) in rows.execute("SELECT native_id FROM message"))
            assert max(stored.values(), default=1) == 1, "a post is there twice"
            self._check_checkpoints(rows, stored)
            self._check_waits(rows)
            self._check_outbox(rows)
        self._check_secrets()

    def _check_checkpoints(self, rows: sqlite3.Connection, stored: Counter[str]) -> None:
        """What a checkpoint says was read is there, and so is what a walk under way has read."""
        sql = "SELECT stream, reached_id, walk_oldest_id, walk_target_id FROM checkpoint"
        clocks_from = rows.execute("SELECT max(clocks_from_at) FROM account").fetchone()[0] or 0
        for stream, reached, oldest, target in rows.execute(sql):
            for post in self._listed(stream, clocks_from):
                is_read = reached is not None and int(post.id) <= int(reached)
                is_walked = oldest and target and int(oldest) <= int(post.id) <= int(target)
                if is_read or is_walked:
                    assert post.history[0] in stored, f"{stream} passed over {post.text!r}"

    def _listed(self, stream: str, clocks_from: int) -> list[Post]:
        with self.server.read() as state:
            us = state.user_named("acme")
            assert us is not None
            if stream == "mentions":
                return state.mentions(us)
            return [p for p in state.timeline(us) if ms_of(p.history[0]) >= clocks_from]

    def _check_waits(self, rows: sqlite3.Connection) -> None:
        """What ended a wait is a post of ours that X has."""
        sql = (
            "SELECT m.native_id FROM wait w LEFT JOIN message m ON m.id = w.ended_by_message "
            "WHERE w.state = 'answered'"
        )
        with self.server.read() as state:
            us = state.user_named("acme")
            assert us is not None
            for (native_id,) in rows.execute(sql):
                assert native_id in state.posts, "a wait ended without a confirmed id"
                assert state.posts[native_id].author_id == us.id

    def _check_outbox(self, rows: sqlite3.Connection) -> None:
        """Each reply is public once at most, and what passes for sent is what X has."""
        sql = "SELECT text, in_reply_to, state, native_id FROM reply"
        with self.server.read() as state:
            ours = [p for p in state.current() if p.reply_to is not None]
            public = Counter((normalise(state.plain(p)), p.reply_to) for p in ours)
            for text, parent, where, native_id in rows.execute(sql):
                assert public[normalise(text), parent] <= 1, f"said twice: {text}"
                assert (where in ("sent", "deleted")) == (native_id is not None)
                assert native_id is None or native_id in state.posts

    def _check_secrets(self) -> None:
        """No token is in the database, a log, a crash file or anything else that we wrote."""
        for path in self.desk.root.rglob("*"):
            if path.is_file() and path.name not in _NOT_OURS:
                content = path.read_bytes()
                assert not any(secret in content for secret in SECRETS), path

    def finish(self) -> None:
        """After a while of faults: nothing is missing, every wait and every request is right."""
        assert_complete(self.desk)
        check_recorded(self.server.exchanges)

    def outbox(self) -> list[dict[str, Any]]:
        """The rows of the outbox, oldest first."""
        return self.desk.replies()


class Benches:
    """Benches of a session: one is used for some cases, and a new one after a failure."""

    _CASES = 25

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made = 0
        self._bench: Bench | None = None

    @contextlib.contextmanager
    def one(self) -> Iterator[Bench]:
        """A bench for one case."""
        bench = self._bench or self._make()
        self._bench = None
        try:
            yield bench
        except BaseException:
            bench.server.stop()
            raise
        bench.cases += 1
        self._bench = bench
        if bench.cases >= self._CASES:
            self.close()

    def _make(self) -> Bench:
        self._made += 1
        return Bench(self._root / str(self._made), Server(fresh()).start())

    def close(self) -> None:
        """Check the last bench as a whole, and give it back."""
        bench, self._bench = self._bench, None
        if bench is not None:
            try:
                bench.finish()
            finally:
                bench.server.stop()
