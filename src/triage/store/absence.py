"""Posts that the channel gives no more: what is noted of them, and what leaves the store.

A post is marked first. Its words go once its thread was judged, so that what it was taken for, and
how long its author waited, are known without them. Both steps leave marks: a crash between them, or
in the middle of the second, leaves the rest to the next run.
"""

from __future__ import annotations

from collections.abc import Mapping

from triage.core.channel import Absence
from triage.store.engine import Engine

_FIND = """
SELECT m.id, m.native_id, m.absent FROM message m
WHERE m.brand_id = :brand_id AND m.channel = :channel AND m.native_id = :native_id
UNION SELECT m.id, m.native_id, m.absent
FROM message_version x JOIN message m ON m.id = x.message_id
WHERE m.brand_id = :brand_id AND m.channel = :channel AND x.version_id = :native_id
ORDER BY 1
"""
_MARK = """
UPDATE message SET absent = :absent, deleted_at = :deleted_at
WHERE id = :id AND (absent IS NULL OR (absent <> 'deleted' AND absent <> :absent))
"""
_DUE = """
SELECT m.id FROM message m WHERE m.brand_id = :brand_id AND m.absent IS NOT NULL
    AND m.purged_at IS NULL AND NOT EXISTS (SELECT 1 FROM unjudged u WHERE u.brand_id = m.brand_id
        AND u.channel = m.channel AND u.thread_id = m.thread_id)
ORDER BY m.id LIMIT :many
"""
_PURGE = (
    "UPDATE message SET text = '', purged_at = :at WHERE id = :id",
    "UPDATE message_version SET text = '' WHERE message_id = :id",
    "DELETE FROM payload WHERE message_id = :id",
    "UPDATE verdict SET because = '[]' WHERE message_id = :id",
)
_BATCH = 200
_WORDS_REMAIN = "purged_words_remain"
"""A mark: words that were taken out may still stand in the search index or beside the file."""


def mark_absent(
    engine: Engine, brand_id: int, channel: str, absences: Mapping[str, Absence], at: int
) -> list[str]:
    """Note that posts are not given any more; give the native ids of those that newly are not.

    Call it inside a transaction. Deleted stays deleted, until the channel gives the post again.

    Args:
        engine: The database.
        brand_id: Whose posts.
        channel: Where they were written.
        absences: By the id of the post, or of any of its versions: why.
        at: When we got to know, UTC ms.
    """
    newly = []
    for asked, why in absences.items():
        key = {"brand_id": brand_id, "channel": channel, "native_id": asked}
        for message_id, native_id, _ in engine.query(_FIND, key):
            deleted_at = at if why is Absence.DELETED else None
            values = {"id": message_id, "absent": why.value, "deleted_at": deleted_at}
            if engine.execute(_MARK, values):
                newly.append(str(native_id))
    return newly


def purge(engine: Engine, brand_id: int, at: int) -> int:
    """Take the words of absent posts out of the store; give how many posts.

    Call it outside a transaction. What remains are ids, times, kinds and waits. The words leave the
    rows and the search index; then they are erased where they still stand, as far as the engine
    can: see `erasing` and `pg`. What cannot be erased just then, the next run erases.
    """
    total = 0
    with engine.erasing():
        while True:
            with engine.tx():
                due = engine.query(_DUE, {"brand_id": brand_id, "many": _BATCH})
                for statement in _PURGE if due else ():
                    engine.many(statement, [{"id": number, "at": at} for (number,) in due])
                if due:
                    note_words_remain(engine)
            total += len(due)
            if len(due) < _BATCH:
                break
        erase_marked(engine)
    return total


def erase_marked(engine: Engine) -> None:
    """Erase what was taken out of rows and may stand elsewhere, if anything was; inside `erasing`.

    What cannot be erased just now stays marked.
    """
    marked = engine.query("SELECT 1 FROM meta WHERE key = :key", {"key": _WORDS_REMAIN})
    if marked and engine.erase():
        engine.execute("DELETE FROM meta WHERE key = :key", {"key": _WORDS_REMAIN})


def note_words_remain(engine: Engine) -> None:
    """Mark that words were taken out; in the transaction that does it."""
    engine.execute(
        "INSERT INTO meta (key, value) VALUES (:key, '1') ON CONFLICT (key) DO NOTHING",
        {"key": _WORDS_REMAIN},
    )
