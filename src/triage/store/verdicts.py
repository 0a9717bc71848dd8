"""Verdicts as the JSON text that the store keeps.

An import writes hundreds of thousands of them, and the reasons differ in little but the matched
words: what repeats is encoded once.
"""

from __future__ import annotations

import json
from functools import lru_cache
from json.encoder import encode_basestring_ascii

from triage.core.model import Evidence, Kind, Verdict


def scores_text(verdict: Verdict) -> str:
    """The share of each kind."""
    # A kind is its own name: asking the enum for the value would cost as much as all the rest.
    shares = ['"' + kind + '": ' + repr(share) for kind, share in verdict.scores.items()]
    return "{" + ", ".join(shares) + "}"


def because_text(verdict: Verdict) -> str:
    """The reasons, as a list in their order."""
    return "[" + ", ".join([_reason(evidence) for evidence in verdict.because]) + "]"


def _reason(evidence: Evidence) -> str:
    weights = evidence.weights
    head, tail = _frame(evidence.rule, evidence.note, tuple(weights), tuple(weights.values()))
    text = encode_basestring_ascii(evidence.text)
    return f'{head}{text}, "start": {evidence.start}, "end": {evidence.end}, {tail}'


@lru_cache(maxsize=4096)
def _frame(
    rule: str, note: str, kinds: tuple[Kind, ...], numbers: tuple[float, ...]
) -> tuple[str, str]:
    """What stands before the matched words and behind their place."""
    weights = {kind.value: number for kind, number in zip(kinds, numbers, strict=True)}
    tail = {"weights": weights, **({"note": note} if note else {})}
    return f'{{"rule": {json.dumps(rule)}, "text": ', json.dumps(tail)[1:]
