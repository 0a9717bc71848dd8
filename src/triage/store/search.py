"""The full-text index of a SQLite file: FTS5, filled in batches behind a mark.

The mark of how far it is stands in the store, so that a crash loses nothing.
"""

from __future__ import annotations

from triage.store.engine import Engine
from triage.store.phrases import match_words


class LiteSearch:
    """See the module; `Search` is what it gives."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def match(self, words: str) -> str:
        """See `Search.match`."""
        return match_words(words)

    def index(self, batch: int) -> int:
        """See `Search.index`."""
        engine = self._engine
        through = engine.query("SELECT through_id FROM search_mark WHERE id = 1")[0][0]
        upto, count = engine.query(
            "SELECT max(id), count(*) FROM (SELECT id FROM message WHERE id > :from "
            "ORDER BY id LIMIT :batch) t",
            {"from": through, "batch": batch},
        )[0]
        if upto is None:
            return 0
        engine.execute(
            "INSERT INTO message_fts (rowid, text) "
            "SELECT id, text FROM message WHERE id > :from AND id <= :upto ORDER BY id",
            {"from": through, "upto": upto},
        )
        engine.execute("UPDATE search_mark SET through_id = :upto WHERE id = 1", {"upto": upto})
        return int(count)

    def unindexed(self) -> int:
        """See `Search.unindexed`."""
        rows = self._engine.query(
            "SELECT count(*) FROM message WHERE id > "
            "(SELECT through_id FROM search_mark WHERE id = 1)"
        )
        return int(rows[0][0])
