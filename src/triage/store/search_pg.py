"""The full-text index on a server, which finds the same words as the one in a file.

SQLite itself cuts the texts into words, by an index in memory, and the server gets the words with
their positions. A trigger says which rows are to be indexed, so no writer can forget one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from triage.core.text import storable

if TYPE_CHECKING:
    from triage.store.pg import Pg

_LONGEST = 2_046
"""Bytes of a word that the server takes; a longer one is cut, here and in what is asked for."""
_LAST_POSITION = 16_383
_NEXT = """
SELECT f.rowid, m.text FROM message_fts f JOIN message m ON m.id = f.rowid
WHERE f.words IS NULL ORDER BY f.rowid LIMIT :batch
"""
_WRITE = """
UPDATE message_fts SET words = CAST(n.words AS tsvector)
FROM unnest(CAST(:ids AS BIGINT[]), CAST(:words AS TEXT[])) AS n (id, words) WHERE rowid = n.id
"""
_NOTHING = "''"


class PgSearch:
    """See the module; `Search` is what it gives."""

    def __init__(self, engine: Pg) -> None:
        self._engine = engine

    def match(self, words: str) -> str:
        """See `Search.match`."""
        phrases = words_of(storable(words).split())
        parts = [" <-> ".join(map(_quoted, phrase)) for phrase in phrases]
        if not any(parts):
            return ""
        if parts[-1]:
            parts[-1] += ":*"
        return " & ".join(f"({part})" for part in parts if part)

    def index(self, batch: int) -> int:
        """See `Search.index`."""
        rows = self._engine.query(_NEXT, {"batch": batch})
        if rows:
            ids = [number for number, _ in rows]
            words = [_vector(found) for found in words_of([text for _, text in rows])]
            self._engine.execute(_WRITE, {"ids": ids, "words": words})
        return len(rows)

    def unindexed(self) -> int:
        """See `Search.unindexed`."""
        rows = self._engine.query("SELECT count(*) FROM message_fts WHERE words IS NULL")
        return int(rows[0][0])


def words_of(texts: Sequence[str]) -> list[list[str]]:
    """The words of each text in their order, as the index of a file has them."""
    found: list[list[str]] = [[] for _ in texts]
    memory = sqlite3.connect(":memory:")
    try:
        memory.execute(
            "CREATE VIRTUAL TABLE words USING fts5 "
            "(text, content='', tokenize='unicode61 remove_diacritics 2')"
        )
        memory.execute("CREATE VIRTUAL TABLE places USING fts5vocab (words, instance)")
        memory.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", enumerate(texts))
        # Read by word: each text's are put into their order below.
        places: list[list[tuple[int, str]]] = [[] for _ in texts]
        for number, offset, term in memory.execute("SELECT doc, offset, term FROM places"):
            places[number].append((offset, term))
        for number, placed in enumerate(places):
            found[number] = [term for _, term in sorted(placed)]
    finally:
        memory.close()
    return found


def _quoted(word: str) -> str:
    cut = word.encode()[:_LONGEST].decode(errors="ignore")
    return "'" + cut.replace("\\", "\\\\").replace("'", "''") + "'"


def _vector(words: Sequence[str]) -> str:
    """What the server keeps: each word with its places; behind the last place all stand on it."""
    return " ".join(
        f"{_quoted(word)}:{min(place, _LAST_POSITION)}" for place, word in enumerate(words, 1)
    )
