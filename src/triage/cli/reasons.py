"""The reasons of a verdict in words: rule, what matched, weight and note."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from triage.core.kinds import Kind
from triage.core.text import one_line

if TYPE_CHECKING:
    # The engine comes in with the text that it judges.
    from triage.core.model import Evidence

_MATCH = 30
"""Some signs, such as length, are seen in the whole post: so much of a match is shown."""


def excerpt(text: str) -> str:
    """Words of a post on one line, with an ellipsis where they are many."""
    text = one_line(text)
    return text if len(text) <= _MATCH else f"{text[:_MATCH]}…"


def in_words(reason: Evidence, toward: Kind | None = None) -> str:
    """Such as `late "is late" complaint +1.2 (softened)`.

    The weight is that toward a kind, which is then not named; where there is none, and without
    such a kind, it is the strongest.
    """
    weight = _strongest(reason.weights, toward)
    return " ".join(filter(None, (reason.rule, quoted(reason), weight, _noted(reason))))


def cells(reason: Evidence) -> list[str]:
    """Rule, what matched, and every weight with the note: for a row."""
    weight = weights(reason) or "nothing"
    return [reason.rule, quoted(reason), " ".join(filter(None, (weight, _noted(reason))))]


def quoted(reason: Evidence) -> str:
    """What matched, in quotes; empty for a rule that matches no words."""
    words = excerpt(reason.text)
    return f'"{words}"' if words else ""


def weights(reason: Evidence) -> str:
    """Every weight, the strongest first, such as `complaint +2.00, praise -0.50`."""
    ranked = sorted(reason.weights.items(), key=lambda item: -abs(item[1]))
    return ", ".join(f"{kind.value} {weight:+.2f}" for kind, weight in ranked)


def _strongest(weighed: Mapping[Kind, float], toward: Kind | None) -> str:
    if toward is not None and weighed.get(toward):
        return f"{weighed[toward]:+.1f}"
    if not any(weighed.values()):
        return ""
    strongest = max(weighed, key=lambda kind: abs(weighed[kind]))
    return f"{strongest.value} {weighed[strongest]:+.1f}"


def _noted(reason: Evidence) -> str:
    return f"({reason.note})" if reason.note else ""
