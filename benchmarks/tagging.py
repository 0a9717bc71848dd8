"""How well and how fast the shipped rules tag, beside VADER and a TF-IDF baseline.

The labelled posts are in `$TRIAGE_SHARED/data` (default `../shared` beside the project). They are
split by a hash of their text: one half may be read while rules are written, the other is only
ever counted. Both sides of each comparison are measured in this one run. The peers are needed by
nothing else, so install them for the day:

    pip install vaderSentiment scikit-learn
    python benchmarks/tagging.py
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from triage.core.kinds import Kind
from triage.core.scoring import Score, score
from triage.matching.defaults import default_tagger

LABELS = tuple(kind.value for kind in Kind)
LEARNABLE = "ibm-customer-care"
"""The source whose licence lets us learn; the others measure."""
LANGUAGE = "en"
"""What X says of these posts."""
ROUNDS = 9
MOOD = 0.05
"""From this compound score on, VADER calls a text positive or negative (its own advice)."""

Judge = Callable[[str], str]


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


def is_read(row: Row) -> bool:
    """Whether a row is in the half that may be looked at while rules are written.

    Decided by the text alone, so that it never changes.
    """
    digest = hashlib.sha256(row.text.encode("utf-8", "replace")).hexdigest()
    return int(digest, 16) % 2 == 1


def figures(pairs: Sequence[tuple[str, str]]) -> Score:
    """The figures of some (label, verdict)."""
    return score([(Kind(label), Kind(verdict)) for label, verdict in pairs])


def line(name: str, pairs: Sequence[tuple[str, str]]) -> str:
    """A line of figures."""
    found = figures(pairs)
    low, high = found.interval or (0.0, 0.0)
    kinds = [f"{k.f1:.3f}" if k.f1 is not None else "  -  " for k in found.kinds]
    missed = next(k.recall for k in found.kinds if k.kind is Kind.COMPLAINT) or 0.0
    return (
        f"{name:28}{found.posts:>6}   {found.macro_f1 or 0.0:.3f} ({low:.3f}-{high:.3f})"
        f"   {missed:.3f}   {'  '.join(kinds)}"
    )


def our_judge() -> Judge:
    """The shipped rules."""
    tagger = default_tagger()
    return lambda text: tagger.judge(text, LANGUAGE).kind.value


def vader() -> tuple[Judge, Callable[[str], object]] | None:
    """VADER with a rule for question marks, and VADER alone; None if it is not installed."""
    try:
        module = importlib.import_module("vaderSentiment.vaderSentiment")
    except ImportError:
        return None
    analyzer = module.SentimentIntensityAnalyzer()

    def judge(text: str) -> str:
        if "?" in text:
            return Kind.QUESTION.value
        mood: float = analyzer.polarity_scores(text)["compound"]
        if mood <= -MOOD:
            return Kind.COMPLAINT.value
        return Kind.PRAISE.value if mood >= MOOD else Kind.OTHER.value

    return judge, analyzer.polarity_scores


def tf_idf(train: Sequence[Row]) -> Judge | None:
    """TF-IDF with logistic regression, trained on some rows; None if it is not installed."""
    try:
        texts: Any = importlib.import_module("sklearn.feature_extraction.text")
        linear: Any = importlib.import_module("sklearn.linear_model")
        pipes: Any = importlib.import_module("sklearn.pipeline")
    except ImportError:
        return None
    model = pipes.make_pipeline(
        texts.TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        linear.LogisticRegression(C=5, max_iter=2000, class_weight="balanced"),
    )
    model.fit([row.text for row in train], [row.kind for row in train])
    return lambda text: str(model.predict([text])[0])


def judged(judge: Judge, rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Label and verdict of each row."""
    return [(row.kind, judge(row.text)) for row in rows]


def per_second(judges: Sequence[Callable[[str], object]], texts: Sequence[str]) -> list[float]:
    """Posts per second of CPU of each, the best of some rounds in turn."""
    best = [float("inf")] * len(judges)
    for _ in range(ROUNDS):
        for place, judge in enumerate(judges):
            begun = time.process_time()
            for text in texts:
                judge(text)
            best[place] = min(best[place], time.process_time() - begun)
    return [len(texts) / spent for spent in best]


def print_quality(rows: Sequence[Row]) -> None:
    """Print the figures of both halves, and of the peers on each after learning from the other."""
    ours = our_judge()
    read = [row for row in rows if is_read(row)]
    unread = [row for row in rows if not is_read(row)]
    print(f"{'':28}{'posts':>6}   macro-F1 (95%)        recall  F1 of {', '.join(LABELS)}")
    print(f"{'':55}of complaints")
    for name, half, other in (("read", read, unread), ("unread", unread, read)):
        print(f"the {name} half")
        print(line("  triage", judged(ours, half)))
        for source in sorted({row.source for row in half}):
            some = [row for row in half if row.source == source]
            print(line(f"    {source}", judged(ours, some)))
        mood, learner = vader(), tf_idf(other)
        if mood is not None:
            print(line("  VADER with a ? rule", judged(mood[0], half)))
        if learner is not None:
            print(line("  TF-IDF from the other half", judged(learner, half)))
    cells = figures(judged(ours, unread)).cells
    print("\nthe unread half: label down, verdict across")
    print(f"{'':12}" + "".join(f"{kind:>11}" for kind in LABELS))
    for label in Kind:
        across = "".join(f"{cells.get((label, kind), 0):>11}" for kind in Kind)
        print(f"{label.value:12}{across}")


def print_speed(rows: Sequence[Row], loaded: float) -> None:
    """Print posts per second beside VADER, and what starting costs."""
    texts = [row.text for row in rows]
    tagger = default_tagger()
    judges: list[Callable[[str], object]] = [lambda text: tagger.judge(text, LANGUAGE)]
    peer = vader()
    if peer is not None:
        judges.append(peer[1])
    speeds = per_second(judges, texts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nrules loaded and compiled in {loaded * 1e3:.0f} ms of CPU")
    print(f"triage: {speeds[0]:,.0f} posts/s, reasons included; {peak:.0f} MB with the peers")
    if peer is None:
        print("VADER is not installed")
    else:
        print(f"VADER: {speeds[1]:,.0f} posts/s; triage is {speeds[0] / speeds[1]:.2f} as fast")


def main() -> None:
    """Print accuracy and speed."""
    begun = time.process_time()
    default_tagger().judge("", LANGUAGE)
    loaded = time.process_time() - begun
    alone = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = rows_of_shared()
    print_quality(rows)
    print_speed(rows, loaded)
    print(f"memory after loading the rules, before anything else: {alone:.0f} MB")


if __name__ == "__main__":
    main()
