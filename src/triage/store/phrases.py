"""A person's words as a full-text query."""

from __future__ import annotations

from triage.core.text import storable


def match_words(words: str) -> str:
    """A person's words as an FTS query: each must occur, the last may go on."""
    parts = ['"' + part.replace('"', '""') + '"' for part in storable(words).split()]
    if not parts:
        return '""'
    return " ".join(parts) + "*"
