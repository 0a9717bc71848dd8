"""The power fails: the file opens, stands at a moment that was, and nothing is said again.

A cut leaves the database file and a beginning of its log, with rubbish in the sectors that were
being written. What was committed is in the log before the program goes on, so an honest disk loses
only what nobody was told of. A disk that lies loses more: then the generation beside the store is
ahead of it, and nothing is sent before our own timeline was read.
"""

from __future__ import annotations

import copy
import hashlib
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import pytest

import builders
from builders import tagger_for
from chaos.desk import Desk, Maker, rounds, seeded
from chaos.lives import LIVES
from chaos.oracle import assert_complete, assert_never_ahead
from counted import Count
from engines import lite
from triage.app import replying
from triage.app.fetching import FetchOptions
from triage.app.running import FetchParts, FetchRun, run_fetch
from triage.channels.memory import MemoryChannel
from triage.core.channel import Fate, PostOutcome
from triage.core.model import MINUTE
from triage.core.outbox import ReplyState
from triage.sandbox.wire import Request
from triage.store.engine import Lite
from triage.store.store import SqlStore

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos]

BATCHES = rounds(1, 1 / 60)
CUTS = 120
HEALED = rounds(12, 1 / 3)
SECTOR = 512
CUSTOMERS = 9
TEXTS = [f"We look into it, {i}." for i in range(CUSTOMERS)]


class Commit(NamedTuple):
    """A moment at which the program was told that its writing is safe.

    Attributes:
        end: The length of the log then, bytes.
        state: A digest of all rows.
    """

    end: int
    state: str


class Lived(NamedTuple):
    """A desk that worked for a while, and what it left on the disk.

    Attributes:
        base: The database file, which no checkpoint has touched since.
        log: All that was appended to its log.
        commits: In their order; the first is the state before all.
        note: The generation beside it: its file, and what it says.
    """

    desk: builders.Desk
    base: bytes
    log: bytes
    commits: list[Commit]
    note: tuple[Path, str]


def digest(engine: Lite) -> str:
    """All rows of all tables, and what the search index would find."""
    total = hashlib.sha256()
    tables = engine.query(
        "SELECT name FROM sqlite_master WHERE type = 'table' "
        "AND name NOT LIKE 'message_fts%' ORDER BY name"
    )
    for (table,) in tables:
        total.update(repr((table, engine.query(f"SELECT * FROM {table} ORDER BY 1, 2"))).encode())  # noqa: S608
    found = engine.query("SELECT rowid FROM message_fts WHERE message_fts MATCH 'order OR look'")
    total.update(repr(sorted(found)).encode())
    return total.hexdigest()


@contextmanager
def commits_of(desk: builders.Desk) -> Iterator[list[Commit]]:
    """Take down every commit that is made inside."""
    engine = lite(desk.store)
    log = Path(f"{desk.db}-wal")
    noted = [Commit(0, digest(engine))]
    execute = Lite.execute

    def executed(self: Lite, sql: str, params: object = None) -> int:
        changed = execute(self, sql, params)  # type: ignore[arg-type]
        if self is engine and not self.connection.in_transaction:
            end = log.stat().st_size
            if end > noted[-1].end:
                noted.append(Commit(end, digest(engine)))
        return changed

    with mock.patch.object(Lite, "execute", executed):
        yield noted


def work(desk: builders.Desk) -> None:
    """Customers write, are read page by page, and are answered in every way that there is."""
    for i in range(CUSTOMERS):
        desk.write(f"c{i}", f"@acme my order {i} is broken", ago=(30 - i) * MINUTE)
    fetch(desk)
    fates = [None, PostOutcome(Fate.NOT_SENT, detail="no route"), Fate.UNKNOWN]
    for i, text in enumerate(TEXTS):
        fate = fates[i % len(fates)]
        if fate is not None:
            desk.channel.fate_next(fate, accepted=fate is Fate.UNKNOWN)
        replying.send(desk.sender, desk.draft(i + 1, text).id)
        desk.now += MINUTE
        if i % 3 == 1:
            desk.write(f"c{i}", "@acme and my order?")
            fetch(desk)
    fetch(desk)
    assert [len(desk.public(t)) for t in TEXTS] == [1] * CUSTOMERS


def fetch(desk: builders.Desk) -> FetchRun:
    """Do what `triage fetch` does."""
    run = run_fetch(
        FetchParts(
            store=desk.store,
            accounts=[desk.account],
            sender_for=lambda _: desk.sender,
            options=FetchOptions(),
            now=desk.clock,
            tagger_for=tagger_for,
        )
    )
    assert [one.error for one in run.fetched] == [None]
    return run


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """A desk whose work is on the disk, and that was closed."""
    desk = builders.Desk(tmp_path_factory.mktemp("lived"))
    desk.channel = MemoryChannel(builders.ACME, now=desk.clock, page_size=3)
    connection = lite(desk.store).connection
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    base = desk.db.read_bytes()
    with commits_of(desk) as commits:
        work(desk)
    log = Path(f"{desk.db}-wal").read_bytes()
    assert desk.db.read_bytes() == base
    assert commits[-1].end == len(log)
    assert len(commits) > 40
    desk.close()
    (note,) = desk.state_dir.iterdir()
    return Lived(desk, base, log, commits, (note, note.read_text()))


def lay_out(path: Path, base: bytes, log: bytes) -> None:
    """Write what a cut has left."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(base)
    path.with_name(f"{path.name}-wal").write_bytes(log)


def cut(log: bytes, rng: random.Random) -> tuple[int, bytes]:
    """How much of a log is as it was written, and the log as a cut leaves it."""
    whole = rng.randint(0, len(log))
    sort = rng.randrange(4)
    if sort == 0:  # the file ends there, wherever in a frame
        return whole, log[:whole]
    if sort == 1:  # what follows is of zeros: its length was written, its content was not
        return whole, log[:whole] + bytes(len(log) - whole)
    if sort == 2:  # a sector is rubbish, and what was written behind it is there
        rubbish = rng.randbytes(min(SECTOR, len(log) - whole))
        return whole, log[:whole] + rubbish + log[whole + len(rubbish) :]
    if whole == len(log):
        return whole, log
    return whole, log[:whole] + bytes([log[whole] ^ (1 << rng.randrange(8))]) + log[whole + 1 :]


@pytest.mark.parametrize("seed", range(BATCHES))
def test_any_cut_leaves_a_moment_that_was(
    lived: Lived, tmp_path: Path, count: Count, seed: int
) -> None:
    """It opens, is sound, has the state after some commit, and none that returned is missing."""
    rng = seeded(seed)
    path = tmp_path / "triage.db"
    states = {commit.state: i for i, commit in enumerate(lived.commits)}
    assert len(states) == len(lived.commits)
    for _ in range(CUTS):
        whole, log = cut(lived.log, rng)
        lay_out(path, lived.base, log)
        with closing(SqlStore.open(path)) as store:
            assert store.problems() == []
            found = states[digest(lite(store))]
            store.index_search()  # from its mark on, as the next fetch does
            store.engine.execute(
                "INSERT INTO message_fts (message_fts, rank) VALUES ('integrity-check', 1)"
            )
        safe = sum(commit.end <= whole for commit in lived.commits) - 1
        assert found == safe, (whole, found, safe)
        count("power cuts")


@pytest.mark.parametrize("seed", range(HEALED))
def test_a_disk_that_lied_says_nothing_twice(lived: Lived, seed: int, count: Count) -> None:
    """Replies that the store has forgotten are looked for before any that it believes queued."""
    rng = seeded(seed)
    _, log = cut(lived.log, rng)
    lay_out(lived.desk.db, lived.base, log)
    lived.note[0].write_text(lived.note[1])
    desk = copy.copy(lived.desk)
    desk.store = SqlStore.open(desk.db)
    try:
        is_known = desk.generation.is_known()
        fetch(desk)
        desk.now += 10 * MINUTE
        fetch(desk)
        assert [len(desk.public(t)) for t in TEXTS] == [1] * CUSTOMERS, "said twice"
        for reply in desk.store.outbox.list_states(desk.brand_id, list(ReplyState)):
            assert reply.text in TEXTS
            assert reply.state in (ReplyState.SENT, ReplyState.DRAFT), reply
        stored = desk.store.engine.query("SELECT native_id FROM message ORDER BY native_id")
        assert [native for (native,) in stored] == sorted(desk.channel.posts)
        assert desk.store.problems() == []
        count("power cuts healed")
        count("of them noticed by the generation", not is_known)
    finally:
        desk.close()


@pytest.mark.parametrize("seed", range(max(1, HEALED // 12)))
def test_a_fetch_that_the_power_cut_ends(make_desk: Maker, tmp_path: Path, seed: int) -> None:
    """Copied from under a real fetch that stands still, with a log that ends anywhere."""
    rng = seeded(seed)
    desk = LIVES["long fetch"].before(make_desk)
    process = desk.start("fetch")
    stop_when(desk, process, rng.randint(3, 30))
    after = Desk(tmp_path / "after", desk.server, settings=desk.settings, help_too=True)
    try:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        for suffix in ("", "-wal", "-shm"):
            shutil.copy(f"{desk.db}{suffix}", f"{after.db}{suffix}")
    finally:
        process.kill()
        process.communicate()
        desk.server.watch()
    log = Path(f"{after.db}-wal")
    os.truncate(log, max(0, log.stat().st_size - rng.choice((0, 100, rng.randint(0, 60_000)))))
    if rng.random() < 0.5:
        Path(f"{after.db}-shm").unlink()
    assert after.is_made
    assert_never_ahead(after)
    after.fetch_to_the_end()
    assert_complete(after)


def stop_when(desk: Desk, process: subprocess.Popen[str], number: int) -> None:
    """Have a process stand still as its n-th request arrives."""

    def arrived(arrival: int, _request: Request) -> None:
        if arrival == number:
            process.send_signal(signal.SIGSTOP)

    desk.server.watch(arrived=arrived)
