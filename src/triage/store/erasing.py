"""Leaving no deleted word in a SQLite file: its free pages, its search index and the log beside it.

Pages are overwritten and the log is emptied; if another process reads just then, it cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from triage.errors import StoreBusy
from triage.store.engine import BUSY_TIMEOUT_S, Lite

_MERGED_PAGES = 500
_CHECKPOINT_WAIT_S = 2


@contextmanager
def overwriting(engine: Lite) -> Iterator[None]:
    """Inside, what is deleted is overwritten with zeros."""
    before = engine.query("PRAGMA secure_delete")[0][0]
    engine.query("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        engine.query(f"PRAGMA secure_delete = {before}")


def forget_words(engine: Lite) -> bool:
    """Merge the search index, which keeps deleted words until then, and empty the log.

    Some pages at a time: a reply must not wait for the whole of it. False if the log could not be
    emptied, since others read from it still.
    """
    pages = -_MERGED_PAGES
    while True:
        with engine.tx():
            before = engine.connection.total_changes
            engine.execute(
                "INSERT INTO message_fts (message_fts, rank) VALUES ('merge', :pages)",
                {"pages": pages},
            )
            # By SQLite's manual: less than two changes say that there was nothing to do.
            is_done = engine.connection.total_changes - before < 2  # noqa: PLR2004
        pages = _MERGED_PAGES
        if is_done:
            break
    return _empty_log(engine)


def rewrite(engine: Lite) -> bool:
    """Write the whole file anew, without what stood in free pages, and empty the log.

    What was deleted before anybody asked for it to be overwritten stands in such pages. It needs
    as much room again as the file takes, for as long as it lasts.

    Raises:
        StoreError: There is no room for it.
    """
    forget_words(engine)
    try:
        engine.query("VACUUM")
    except StoreBusy:
        return False
    return _empty_log(engine)


def _empty_log(engine: Lite) -> bool:
    """Bring the log beside the file into it; False if others read from it still."""
    engine.query(f"PRAGMA busy_timeout = {_CHECKPOINT_WAIT_S * 1000}")
    try:
        return bool(engine.query("PRAGMA wal_checkpoint(TRUNCATE)")[0][0] == 0)
    finally:
        engine.query(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
