"""Verdicts as the JSON text that the store keeps.

An import writes hundreds of thousands of them, and the reasons differ in little but the matched
words: what repeats is encoded once.
"""

from __future__ import annotations

import json
from functools import lru_cache
from json.encoder import encode_basestring_ascii

from triage.core.model import Verdict


def scores_text(verdict: Verdict) -> str:
    """The share of each kind."""
    # Joined, the kinds are plain text: a lookup by the enums themselves costs more than the rest.
    return _scores_frame(",".join(verdict.scores)) % tuple(map(_digits, verdict.scores.values()))


def because_text(verdict: Verdict) -> str:
    """The reasons, as a list in their order."""
    reasons = []
    for evidence in verdict.because:
        weights = evidence.weights
        head, tail = _frame(
            evidence.rule, evidence.note, ",".join(weights), tuple(weights.values())
        )
        text = encode_basestring_ascii(evidence.text)
        reasons.append(f'{head}{text}, "start": {evidence.start}, "end": {evidence.end}, {tail}')
    return "[" + ", ".join(reasons) + "]"


_digits = lru_cache(maxsize=16_384)(repr)
"""Shares have four digits, so there are about as many."""


@lru_cache(maxsize=64)
def _scores_frame(kinds: str) -> str:
    return "{" + ", ".join(f'"{kind}": %s' for kind in kinds.split(",") if kind) + "}"


@lru_cache(maxsize=4096)
def _frame(rule: str, note: str, kinds: str, numbers: tuple[float, ...]) -> tuple[str, str]:
    """What stands before the matched words and behind their place."""
    names = kinds.split(",") if kinds else []
    tail = {"weights": dict(zip(names, numbers, strict=True)), **({"note": note} if note else {})}
    return f'{{"rule": {json.dumps(rule)}, "text": ', json.dumps(tail)[1:]
