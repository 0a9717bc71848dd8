"""What `triage import` costs beside a sqlite-utils table with full-text search, in CPU time.

    python benchmarks/import_cpu.py [N] [--rounds R]     # 200,000 posts, 3 rounds by default

Both sides run as commands of their own in one run. Theirs makes the table, enables full-text search
with triggers before anything is in it, as a store that is read while it grows must have it, and
then inserts the lines as they are; all three commands count. Ours stores posts, customers and
threads, tags, starts and ends waits and fills the search index. CPU is user and system time of the
child processes, the least of the rounds; memory is the greatest resident set of ours.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path(sys.executable).parent
COLUMNS = [
    c for name in ("id", "author", "text", "posted_at", "in_reply_to") for c in (name, "text")
]
LIMIT_TAGGED = 2.5
LIMIT_PLAIN = 1.0
LIMIT_MB = 150


def main() -> None:
    """Measure and print both ratios."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("count", metavar="N", type=int, nargs="?", default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        posts = folder / "posts.jsonl"
        maker = Path(__file__).with_name("make_posts.py")
        _run(sys.executable, str(maker), str(options.count), str(posts), home=folder)
        rounds = [_round(folder, posts) for _ in range(options.rounds)]
    peer, plain, tagged = (min(side) for side in zip(*(r[:3] for r in rounds), strict=True))
    peak = max(r[3] for r in rounds)
    print(f"{options.count} posts, least of {options.rounds} rounds, CPU seconds")
    print(f"sqlite-utils enable-fts, insert --nl   {peer:6.2f}")
    for name, seconds, limit in (
        ("triage import --no-tag", plain, LIMIT_PLAIN),
        ("triage import", tagged, LIMIT_TAGGED),
    ):
        ratio = f"ratio {seconds / peer:.2f} (at most {limit})"
        print(f"{name:<38} {seconds:6.2f}  {ratio}")
    print(f"peak memory of triage import           {peak:6.0f}  MB (at most {LIMIT_MB})")


def _round(folder: Path, posts: Path) -> tuple[float, float, float, float]:
    for old in folder.glob("*.db*"):
        old.unlink()
    utils, triage = str(BIN / "sqlite-utils"), [str(BIN / "triage"), "import", str(posts)]
    theirs = str(folder / "peer.db")
    peer = sum(
        _run(utils, words[0], theirs, "posts", *words[1:], home=folder)[0]
        for words in (
            ("create-table", *COLUMNS, "--pk", "id"),
            ("enable-fts", "text", "--create-triggers"),
            ("insert", str(posts), "--nl"),
        )
    )
    ours = ["--account", "acme", "-q", "--db"]
    plain, _ = _run(*triage, "--no-tag", *ours, str(folder / "plain.db"), home=folder)
    tagged, peak = _run(*triage, *ours, str(folder / "tagged.db"), home=folder)
    return peer, plain, tagged, peak


def _run(*words: str, home: Path) -> tuple[float, float]:
    """CPU seconds and peak memory in MB of a command."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{words[0]} failed with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, _megabytes(usage)


def _megabytes(usage: resource.struct_rusage) -> float:
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss / scale


if __name__ == "__main__":
    main()
