"""What `triage queue` costs over a large store, against `sqlite-utils --help`.

Usage: python benchmarks/queue_cpu.py [MENTIONS]     (default 1,000,000, with 1,000 open waits)
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from make_store import make_store
from measure import cost, unit


def main(count: int) -> None:
    """Print both ratios and whether they are within their bounds."""
    bin_dir = Path(sys.executable).parent
    config = Path(__file__).parent.parent / "config.example.toml"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "triage.db"
        make_store(count, path)
        queue = [sys.executable, str(bin_dir / "triage"), "queue", "--db", str(path)]
        queue += ["--config", str(config)]
        peer = cost([sys.executable, str(bin_dir / "sqlite-utils"), "--help"])
        terminal = cost(queue, on_terminal=True)
        piped = cost(queue)
    print(f"triage queue, {count:,} mentions, 1,000 open waits, in {unit()}:")
    print(f"  sqlite-utils --help   {peer:>15,.4g}   1.00")
    print(f"  on a terminal         {terminal:>15,.4g}   {terminal / peer:.2f}   (bound 1.00)")
    print(f"  piped, 1,000 lines    {piped:>15,.4g}   {piped / peer:.2f}   (bound 0.70)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
