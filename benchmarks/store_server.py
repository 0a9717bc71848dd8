"""A PostgreSQL server for a measurement, with the settings of a new one; stopped at the end.

`python benchmarks/store_server.py FOLDER PID` is the process beside the measurement that runs it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import postgres

_START_S = 60
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """Run a server; give the URL of an empty database on it, and the process of the server."""
    folder = Path(tempfile.mkdtemp(prefix="triage-bench-"))
    folder.chmod(0o755)
    told = folder / "server.json"
    words = [sys.executable, __file__, str(folder), str(os.getpid())]
    with (folder / "log").open("w") as log:
        beside = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
    try:
        until = time.monotonic() + _START_S
        while not told.exists():
            if time.monotonic() > until or beside.poll() is not None:
                raise SystemExit(f"no server: {(folder / 'log').read_text()}")
            time.sleep(0.05)
        url = json.loads(told.read_text())["url"]
        yield _database(url), int((folder / "data" / "postmaster.pid").read_text().split()[0])
    finally:
        beside.terminate()
        beside.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _database(url: str) -> str:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE triage TEMPLATE template0 ENCODING UTF8 LOCALE 'C.UTF-8'"
        )
    return urlunsplit(urlsplit(url)._replace(path="/triage"))


def cpu_s(process: int) -> float:
    """CPU seconds that a server has used, with its children, those that ended as well."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        mine = int(stat.parent.name) == process
        if mine or int(told[1]) == process:
            # Its own time; of the server itself also that of children that ended.
            total += sum(map(int, told[11:15] if mine else told[11:13]))
    return total / _TICKS


if __name__ == "__main__":
    # Ended this way, it still stops the server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # As it comes, which is one that keeps what it said it had saved.
    postgres._SETTINGS.clear()  # noqa: SLF001 - the server of the tests, set otherwise
    postgres._SETTINGS.update(shared_buffers="256MB", max_wal_size="4GB")  # noqa: SLF001
    postgres._serve(Path(sys.argv[1]), int(sys.argv[2]))  # noqa: SLF001
