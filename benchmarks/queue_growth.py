"""How the queue's query grows with the archive: 10,000 against 1,000,000 mentions.

Usage: python benchmarks/queue_growth.py     (both stores have 1,000 open waits)
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from make_store import make_store

from triage.app.queueing import load_queue
from triage.core.queue import QueueFilter
from triage.store.store import SqlStore

_ROUNDS = 200
_SIZES = (10_000, 1_000_000)


def main(sizes: tuple[int, int]) -> None:
    """Time both stores turn by turn in one process, and print the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        stores = []
        for size in sizes:
            path = Path(folder) / f"{size}.db"
            make_store(size, path)
            stores.append(SqlStore.open(path))
        spent = [[], []]  # type: list[list[int]]
        for _ in range(_ROUNDS):
            for store, times in zip(stores, spent, strict=True):
                started = time.process_time_ns()
                load_queue(store, QueueFilter(1), time.time_ns() // 1_000_000, limit=20)
                times.append(time.process_time_ns() - started)
    small, large = (sorted(times)[_ROUNDS // 2] / 1e6 for times in spent)
    print("the queue's query and first 20 lines, CPU ms, median of", _ROUNDS)
    print(f"  {sizes[0]:>9,} mentions  {small:.2f}   1.00")
    print(f"  {sizes[1]:>9,} mentions  {large:.2f}   {large / small:.2f}   (bound 1.50)")


if __name__ == "__main__":
    told = tuple(int(word) for word in sys.argv[1:3])
    main(_SIZES if len(told) < 2 else (told[0], told[1]))
