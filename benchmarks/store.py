"""A store in a SQLite file beside one on a PostgreSQL server, turn by turn in one run.

Usage: python benchmarks/store.py [MENTIONS] [--rounds N] [--seconds S]     (default 1,000,000)

Both hold the same mentions with 1,000 open waits, and both keep what they have saved through a
power cut. The server is one of its own on this machine, reached by a socket: a network adds its own
way there and back to every statement. What the server itself works is counted from /proc.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

from make_store import make_store, posts_of
from store_server import cpu_s, server

from triage.app.claiming import claim_next
from triage.app.judging import judge_pending
from triage.app.queueing import load_queue
from triage.core.claims import LEASE
from triage.core.model import Author, Post, Role
from triage.core.ports import Incoming, Tagger
from triage.core.queue import QueueFilter
from triage.core.waits import Judge
from triage.matching.defaults import default_tagger
from triage.store.store import SqlStore

_PAGE = 100
_AGENTS = 8
_LOOK_S = 0.2
"""How long an agent keeps what they claimed: a person keeps it for minutes."""
_PAUSES_S = (0.3, 0.0)
"""Between two pages: about what X takes to answer, and none, which nobody does for long."""
_ENGINES = ("sqlite", "postgresql")


@dataclass
class Spent:
    """What an operation took, each time.

    Attributes:
        wall: Seconds on the clock.
        client: CPU seconds in this process.
        server: CPU seconds of the server in all.
    """

    wall: list[float] = field(default_factory=list)
    client: float = 0.0
    server: float = 0.0

    def at(self, percent: int) -> float:
        """A percentile of the time on the clock, ms."""
        ordered = sorted(self.wall)
        return ordered[(len(ordered) * percent + 99) // 100 - 1] * 1000

    def each_ms(self) -> tuple[float, float]:
        """CPU ms of one, here and on the server."""
        times = len(self.wall)
        return self.client / times * 1000, self.server / times * 1000


class Bench:
    """One engine under measurement."""

    def __init__(self, where: Path | str, process: int | None) -> None:
        self.where = where
        self.store = SqlStore.open(where)
        self.process = process
        self.pages = 0
        self.spent: dict[str, Spent] = {}

    @contextmanager
    def measured(self, what: str) -> Iterator[None]:
        """Count what happens inside."""
        spent = self.spent.setdefault(what, Spent())
        before, here, started = self._server_s(), time.process_time(), time.perf_counter()
        yield
        spent.wall.append(time.perf_counter() - started)
        spent.client += time.process_time() - here
        spent.server += self._server_s() - before

    def _server_s(self) -> float:
        return cpu_s(self.process) if self.process else 0.0


def queue(bench: Bench) -> None:
    """The first twenty lines of the queue, as `triage queue` loads them."""
    for _ in range(10):
        load_queue(bench.store, QueueFilter(1), _now(), limit=20)


def claim(bench: Bench) -> None:
    """The next ten that nobody is at, taken one after the other, as an agent would."""
    for _ in range(10):
        claim_next(bench.store, 1, "ana", _now(), LEASE)


def save_new(bench: Bench) -> None:
    """A page of mentions that nobody knows yet, with their payloads."""
    bench.pages += 1
    _save(bench.store, page(bench.pages))


def save_known(bench: Bench) -> None:
    """The same page once more, as a walk that reads back over what is known."""
    _save(bench.store, page(bench.pages))


def judge(bench: Bench) -> None:
    """What came is tagged, its waits are opened, and it is indexed for search."""
    judge_pending(bench.store, 1, _tagger_for)
    bench.store.index_search()


MEASURED: Sequence[tuple[str, Callable[[Bench], None], int]] = (
    ("queue, 20 lines", queue, 10),
    ("claim the next", claim, 10),
    ("store 100 new mentions", save_new, 1),
    ("store the same 100 again", save_known, 1),
    ("judge and index 100", judge, 1),
)
"""Name, what is done, and how often in one go: the server's CPU is counted in hundredths."""


def page(number: int, who: int = 0) -> list[Incoming]:
    """A page of new mentions with payloads of the usual size."""
    now = _now()
    return [
        Incoming(
            Post(
                native_id,
                Author(author, f"writer_{author}", "Somebody new"),
                text,
                now,
                thread_id=native_id,
                lang="en",
                url=f"https://x.com/i/status/{native_id}",
                raw=json.dumps({"id": native_id, "text": text, "more": "x" * 1_200}),
            ),
            Role.MENTION,
            1,
        )
        for native_id, author, text in posts_of(number + who, _PAGE, now)
    ]


def _save(store: SqlStore, posts: Sequence[Incoming]) -> None:
    with store.tx():
        store.messages.save_posts(1, "x", posts, _now())


def _tagger_for(judge: Judge) -> Tagger:
    del judge
    return default_tagger()


def _now() -> int:
    return time.time_ns() // 1_000_000


# Agents, each a process of its own.


@dataclass(frozen=True)
class Worked:
    """What an agent did in its time.

    Attributes:
        claims: Seconds that each claim took.
        twice: Claims of a conversation that somebody else held, or that were lost on the way.
    """

    claims: list[float]
    twice: int


def agent(where: Path | str, name: str, seconds: float, told: Any) -> None:  # noqa: ANN401 - a queue
    """Claim the next, look at it for a moment, release it, and so on."""
    store = SqlStore.open(where)
    until = time.monotonic() + seconds
    claims: list[float] = []
    twice = 0
    while time.monotonic() < until:
        started = time.perf_counter()
        taken = claim_next(store, 1, name, _now(), LEASE)
        claims.append(time.perf_counter() - started)
        if taken is None:
            twice += 1
            continue
        time.sleep(_LOOK_S)
        is_mine = store.claims.get(taken.conversation_id, _now()) == taken
        twice += not (store.claims.release(taken.conversation_id, name) and is_mine)
    store.close()
    told.put(Worked(claims, twice))


def ingest(where: Path | str, pause_s: float, stop: Any, told: Any) -> None:  # noqa: ANN401
    """Store, judge and index page after page; tell of the first, and at the end how many more."""
    store = SqlStore.open(where)
    pages = 0
    first = uuid.uuid4().int % 10**7 + 10**4
    while not stop.is_set():
        _save(store, page(first + pages))
        judge_pending(store, 1, _tagger_for)
        store.index_search()
        pages += 1
        if pages == 1:
            told.put(pages)
        time.sleep(pause_s)
    store.close()
    told.put(pages - 1)


def together(where: Path | str, pause_s: float, seconds: float) -> tuple[Spent, int, int]:
    """Eight agents beside a fetch: their claims, how many went wrong, and its pages."""
    context = multiprocessing.get_context("spawn")
    told, pages, stop = context.Queue(), context.Queue(), context.Event()
    fetch = context.Process(target=ingest, args=(where, pause_s, stop, pages))
    agents = [
        context.Process(target=agent, args=(where, f"agent{i}", seconds, told))
        for i in range(_AGENTS)
    ]
    fetch.start()
    pages.get(timeout=120)
    for each in agents:
        each.start()
    try:
        worked = [told.get(timeout=seconds + 120) for _ in agents]
    except Empty:
        raise SystemExit("an agent did not come to its end") from None
    finally:
        stop.set()
    count = pages.get(timeout=60)
    for each in (fetch, *agents):
        each.join()
    wall = [second for each in worked for second in each.claims]
    return Spent(wall), sum(each.twice for each in worked), count


# The table.


def versions(bench: Bench) -> str:
    """What the engines are."""
    told = bench.store.engine.query("SHOW server_version")[0][0]
    return (
        f"SQLite {sqlite3.sqlite_version} and PostgreSQL {told}, Python "
        f"{platform.python_version()}, {multiprocessing.cpu_count()} cores"
    )


def show(benches: Sequence[Bench]) -> None:
    """Each operation on both engines, and the ratio of the medians."""
    print(f"{'':<25}{'SQLite, ms':>22}{'PostgreSQL, ms':>31}{'ratio':>8}")
    print(f"{'':<25}{'p50':>7}{'p95':>7}{'CPU':>8}{'p50':>8}{'p95':>7}{'CPU':>8}{'server':>8}")
    for what, _, times in MEASURED:
        lite, pg = (bench.spent[what] for bench in benches)
        row = [lite.at(50), lite.at(95), lite.each_ms()[0], pg.at(50), pg.at(95), *pg.each_ms()]
        widths = (7, 7, 8, 8, 7, 8, 8)
        cells = "".join(f"{v / times:>{w}.2f}" for v, w in zip(row, widths, strict=True))
        print(f"{what:<25}{cells}{pg.at(50) / lite.at(50):>8.1f}")


def show_together(pause_s: float, found: Sequence[tuple[Spent, int, int]]) -> None:
    """The claims of eight agents on both engines."""
    how = f"a page each {pause_s:g} s" if pause_s else "without a pause"
    print(f"\n{_AGENTS} agents beside a fetch, {how}:")
    for name, (spent, wrong, pages) in zip(("SQLite", "PostgreSQL"), found, strict=True):
        print(
            f"  {name:<11}{len(spent.wall):>6,} claims, p50 {spent.at(50):7.1f} ms, "
            f"p95 {spent.at(95):7.1f} ms, longest {spent.at(100):7.1f} ms; "
            f"{wrong} lost or double; {pages} pages stored"
        )


def main(count: int, rounds: int, seconds: float) -> None:
    """Make both stores, measure turn by turn, and print."""
    with tempfile.TemporaryDirectory() as folder, server() as (url, process):
        places: Sequence[Path | str] = (Path(folder) / "triage.db", url)
        for name, place in zip(_ENGINES, places, strict=True):
            started = time.monotonic()
            make_store(count, place)
            print(f"{name}: {count:,} mentions made in {time.monotonic() - started:.0f} s")
        benches = [Bench(place, process if place == url else None) for place in places]
        print(versions(benches[1]))
        for turn in range(rounds + 1):
            for bench in benches:
                for what, work, _ in MEASURED:
                    with bench.measured(what):
                        work(bench)
                bench.store.engine.execute("DELETE FROM claim")
                if turn == 0:
                    bench.spent.clear()  # the first is to warm up
        print(f"\n{rounds} rounds, one engine after the other:")
        show(benches)
        for bench in benches:
            bench.store.close()
        for pause_s in _PAUSES_S:
            show_together(pause_s, [together(place, pause_s, seconds) for place in places])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    main(asked.count, asked.rounds, asked.seconds)
