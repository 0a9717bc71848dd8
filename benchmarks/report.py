"""What `triage report` of one month costs, against a bare count over the whole message table.

Usage: python benchmarks/report.py [--large] [--keep FOLDER]

Both sides in one run, each a process of its own, turn by turn, in CPU seconds: the count and the
sum of lengths over 1,000,000 messages of 12 months, and the report of one of these months as it
leaves in a pipe, as all of its data, and its figures without a command around them. A ratio is told
of the least of several runs and of the median. `--large` makes a store of 10,000,000 messages over
120 months as well, which takes minutes and some 7 GB, and holds its month against that of the
smaller store. `--keep` keeps the stores in a folder, and uses those that are there.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from report_store import END, MONTH, make_report_store

RUNS = 9
_COUNT = "SELECT count(*), sum(length(text)) FROM message"
_ROOT = Path(__file__).parent.parent
_AGO = 2
"""So many months before the last one: what came later is not to be read."""
BOUND, LARGE_BOUND, MEMORY_MB = 2.5, 1.5, 200
_PIPED, _JSON = "triage report --from ... --to ...", "triage report --from ... --to ... --json"
_SCREEN, _ALL = "  the figures of one screen alone", "  all figures alone"
_BARE = """
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())
"""
_FIGURES = """
import sys
from pathlib import Path
from triage.app.reporting import load_report
from triage.core.report.query import ReportQuery
from triage.store.store import SqlStore
path, begin, end, now, brief = sys.argv[1:]
query = ReportQuery(1, int(begin), int(end), now=int(now), brief=brief == "True")
load_report(SqlStore.open(Path(path)), query)
"""
Costs = Mapping[str, list[float]]


def main(folder: Path, *, large: bool) -> None:
    """Print the ratios and whether they are within their bounds."""
    small = _store(folder / "small.db", 1_000_000, 12)
    stores = [small, _store(folder / "large.db", 10_000_000, 120)] if large else [small]
    costs, *larger = _measured(stores)
    print("1,000,000 messages over 12 months, the report of one, CPU seconds, least and median:")
    for what in costs:
        _line(what, costs[what], costs[_COUNT], BOUND if what == _PIPED else None)
    print(f"  memory of the command, MB {_peak(small):35.0f}   (bound {MEMORY_MB})")
    for found in larger:
        print("10,000,000 messages over 120 months, the same month, against the smaller store:")
        for what in found:
            _line(what, found[what], costs[what], LARGE_BOUND if what == _PIPED else None)


def _store(path: Path, messages: int, months: int) -> Path:
    if not path.exists():
        making = path.with_suffix(".making")
        make_report_store(messages, months, making)
        making.rename(path)
    return path


def _line(what: str, cost: list[float], against: list[float], bound: float | None) -> None:
    ratios = f"{min(cost) / min(against):.2f}   {median(cost) / median(against):.2f}"
    told = "" if bound is None else f"   (bound {bound:.2f})"
    print(f"  {what:52} {min(cost):7.3f}   {median(cost):7.3f}   {ratios}{told}")


def _measured(stores: list[Path]) -> list[Costs]:
    """All commands on all stores, turn by turn, so that all see the same machine."""
    commands = [{**({} if number else _bare(p)), **_commands(p)} for number, p in enumerate(stores)]
    costs: list[dict[str, list[float]]] = [{what: [] for what in some} for some in commands]
    for run in range(RUNS + 1):
        for some, found in zip(commands, costs, strict=True):
            for what, command in some.items():
                cost = _cpu(command)
                if run:  # the first one warms up
                    found[what].append(cost)
    return list(costs)


def _bare(path: Path) -> dict[str, list[str]]:
    return {_COUNT: [sys.executable, "-c", _BARE, str(path), _COUNT]}


def _commands(path: Path) -> dict[str, list[str]]:
    figures = [sys.executable, "-c", _FIGURES, str(path), *map(str, (*_period(), END))]
    return {
        _PIPED: _command(path),
        _JSON: [*_command(path), "--json"],
        _SCREEN: [*figures, "True"],
        _ALL: [*figures, "False"],
    }


def _period() -> tuple[int, int]:
    end = END - _AGO * MONTH
    return end - MONTH, end


def _command(path: Path) -> list[str]:
    first, end = (datetime.fromtimestamp(at / 1000, UTC) for at in _period())
    last = end - timedelta(days=1)
    config = _ROOT / "config.example.toml"
    words = ["report", "--from", f"{first:%Y-%m-%d}", "--to", f"{last:%Y-%m-%d}"]
    return [sys.executable, "-m", "triage", *words, "--db", str(path), "--config", str(config)]


def _cpu(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _peak(path: Path) -> float:
    """The most memory of the command, MB, told by a process of its own."""
    probe = (
        "import resource, subprocess, sys; "
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, "
        "check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    told = subprocess.run(
        [sys.executable, "-c", probe, *_command(path)], capture_output=True, text=True, check=True
    )
    return int(told.stdout) / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also 10,000,000 messages")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the stores here")
    asked = parser.parse_args()
    if asked.keep is None:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made), large=asked.large)
    else:
        asked.keep.mkdir(parents=True, exist_ok=True)
        main(asked.keep, large=asked.large)
