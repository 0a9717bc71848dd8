"""How well and how fast the shipped rules tag, beside a plain loop of `re` over them.

Macro-F1 by source of the labelled posts, the confusion matrix, and posts per second of both
sides in one run. The posts are in `$TRIAGE_SHARED/data` (default `../shared` beside the project).
VADER joins as a peer if it is installed.

    python benchmarks/tagging.py
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from triage.core.folding import fold
from triage.core.rules import Tagger
from triage.matching.defaults import default_tagger

LABELS = ("complaint", "question", "other", "praise")
NO_LEARNING = ("airline-sentiment", "complaints-acl2019")
"""Sources whose licence lets us measure, not learn."""
ROUNDS = 5


class Row(NamedTuple):
    """A labelled post."""

    source: str
    text: str
    kind: str


def shared() -> Path:
    """The folder with the data files."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    return Path(os.environ.get("TRIAGE_SHARED", beside)) / "data"


def rows_of_shared() -> list[Row]:
    """The labelled posts; ends the program if they are not here."""
    path = shared() / "mentions-labelled.jsonl"
    if not path.exists():
        sys.exit(f"{path} is not here; set TRIAGE_SHARED to the shared folder.")
    with path.open(encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    return [Row(item["source"], item["text"], item["kind"]) for item in items]


def f1_by_kind(pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """F1 of each kind that the labels hold, from (label, verdict)."""
    found: dict[str, float] = {}
    for kind in LABELS:
        hit = sum(label == verdict == kind for label, verdict in pairs)
        wrong = sum((label == kind) != (verdict == kind) for label, verdict in pairs)
        if any(label == kind for label, _ in pairs):
            found[kind] = 2 * hit / (2 * hit + wrong)
    return found


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """The mean of the kinds' F1, over the kinds that the labels hold."""
    found = f1_by_kind(pairs)
    return sum(found.values()) / len(found)


def per_second(judge: Callable[[str], object], texts: Sequence[str]) -> float:
    """Posts per second of CPU, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for text in texts:
            judge(text)
        best = min(best, time.process_time() - begun)
    return len(texts) / best


def loop_of_re(tagger: Tagger) -> Callable[[str], object]:
    """The plain way: each pattern in turn, with spans."""
    patterns: list[tuple[str, re.Pattern[str]]] = []
    for rule in tagger.rules.values():
        edge = ("(?<!\\w)", "(?!\\w)") if rule.word_bounds else ("", "")
        sources = [re.escape(phrase) for phrase in rule.spellings()]
        sources += [
            expr.replace(r"[^\pL\pN]", r"\W").replace(r"[^\pL\pN/]", r"[^\w/]")
            for expr in rule.expressions
        ]
        patterns += [(rule.id, re.compile(f"{edge[0]}(?:{s}){edge[1]}")) for s in sources]

    def judge(text: str) -> object:
        body = fold(text).text
        return [(rule, m.span()) for rule, pattern in patterns for m in pattern.finditer(body)]

    return judge


def vader() -> Callable[[str], object] | None:
    """VADER, if it is installed."""
    try:
        module = importlib.import_module("vaderSentiment.vaderSentiment")
    except ImportError:
        return None
    judge: Callable[[str], object] = module.SentimentIntensityAnalyzer().polarity_scores
    return judge


def main() -> None:
    """Print accuracy and speed."""
    rows = rows_of_shared()
    begun = time.process_time()
    tagger = default_tagger()
    loaded = time.process_time() - begun
    verdicts = [tagger.judge(row.text).kind.value for row in rows]
    pairs = [(row.kind, verdict) for row, verdict in zip(rows, verdicts, strict=True)]
    groups = {source: [source] for source in sorted({row.source for row in rows})}
    groups["not learned from"] = list(NO_LEARNING)
    groups["all"] = sorted({row.source for row in rows})
    print(f"{'macro-F1':20}{'posts':>7}{'F1':>8}   by kind")
    for name, sources in groups.items():
        some = [pair for row, pair in zip(rows, pairs, strict=True) if row.source in sources]
        by_kind = ", ".join(f"{kind} {value:.3f}" for kind, value in f1_by_kind(some).items())
        print(f"{name:20}{len(some):>7}{macro_f1(some):>8.3f}   {by_kind}")
    counts = Counter(
        pair for row, pair in zip(rows, pairs, strict=True) if row.source in NO_LEARNING
    )
    print("\nnot learned from: label down, verdict across")
    print(f"{'':12}" + "".join(f"{kind:>11}" for kind in LABELS))
    for label in LABELS:
        print(f"{label:12}" + "".join(f"{counts[label, kind]:>11}" for kind in LABELS))
    texts = [row.text for row in rows]
    ours = per_second(tagger.judge, texts)
    print(f"\nrules loaded in {loaded * 1e3:.0f} ms of CPU")
    print(f"triage: {ours:,.0f} posts/s ({1e6 / ours:.0f} us each), reasons included")
    peers = {"loop of re, spans only": loop_of_re(tagger), "VADER": vader()}
    for name, peer in peers.items():
        if peer is None:
            print(f"{name}: not installed")
            continue
        theirs = per_second(peer, texts[::10] if "re" in name else texts)
        print(f"{name}: {theirs:,.0f} posts/s; triage is {ours / theirs:.1f} times as fast")


if __name__ == "__main__":
    main()
