"""Handles of a forgotten customer in what others wrote: they become unreadable, the rest stays.

Texts are found by the search index, which has to be up to date. A reply that may still go out is
left as it is: it is not ours to change what somebody is about to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from triage.core.outbox import FINAL, text_key
from triage.core.privacy import FORGOTTEN, Person, mask
from triage.store.engine import Engine, Params

_BATCH = 200
_FINAL = ", ".join(f"'{state.value}'" for state in FINAL)
_MESSAGES = """
SELECT x.id, x.text, x.role FROM message_fts f JOIN message x ON x.id = f.rowid
WHERE {match} AND x.brand_id = :b AND x.channel = :channel ORDER BY x.id
"""
_NAMING = """
SELECT x.id, x.text, x.role FROM message x WHERE x.brand_id = :b AND x.channel = :channel
    AND x.text LIKE '%@%' ORDER BY x.id
"""
_OTHERS: Sequence[tuple[str, str]] = (
    (
        (
            "SELECT x.message_id, x.version_id, x.text FROM message_version x "
            "JOIN message m ON m.id = x.message_id "
            "WHERE m.brand_id = :b AND m.channel = :channel AND x.text LIKE '%@%'"
        ),
        "UPDATE message_version SET text = :text WHERE message_id = :id AND version_id = :key",
    ),
    (
        (
            "SELECT r.id, '', r.text FROM reply r WHERE r.brand_id = :b AND r.text LIKE '%@%' "
            f"AND r.state IN ({_FINAL})"
        ),
        "UPDATE reply SET text = :text, text_key = :text_key WHERE id = :id",
    ),
    (
        (
            "SELECT p.reply_id, CAST(p.position AS TEXT), p.alt FROM reply_media p "
            "JOIN reply r ON r.id = p.reply_id WHERE r.brand_id = :b AND p.alt LIKE '%@%' "
            f"AND r.state IN ({_FINAL})"
        ),
        "UPDATE reply_media SET alt = :text WHERE reply_id = :id AND CAST(position AS TEXT) = :key",
    ),
    *(
        (
            (
                f"SELECT a.id, '', a.{column} FROM activity a WHERE a.brand_id = :b "
                f"AND a.{column} LIKE '%@%'"
            ),
            f"UPDATE activity SET {column} = :text WHERE id = :id",
        )
        for column in ("before", "after", "detail")
    ),
    (
        (
            "SELECT v.activity_id, '', v.value FROM attribute v JOIN activity a "
            "ON a.id = v.activity_id WHERE a.brand_id = :b AND v.value LIKE '%@%'"
        ),
        "UPDATE attribute SET value = :text WHERE activity_id = :id",
    ),
    *(
        (
            (
                f"SELECT n.activity_id, '', n.text FROM {table} n JOIN activity a "
                "ON a.id = n.activity_id WHERE a.brand_id = :b AND n.text LIKE '%@%'"
            ),
            f"UPDATE {table} SET text = :text WHERE activity_id = :id",
        )
        for table in ("note", "promise")
    ),
    *(
        (
            (
                f"SELECT x.id, '', x.{column} FROM {table} x WHERE x.brand_id = :b "
                f"AND x.{column} LIKE '%@%'"
            ),
            f"UPDATE {table} SET {column} = :text WHERE id = :id",
        )
        for table, column in (("action", "title"), ("event", "name"), ("event", "text"))
    ),
)
"""Where else people write: how it is read (id, what else names the row, text), and written."""


def mask_others(engine: Engine, person: Person) -> None:
    """Make the handles of a customer unreadable wherever somebody wrote them.

    What others only repeat of theirs goes altogether. Call it outside a transaction; where it was
    stopped, call it again.
    """
    known = (person.handle, *person.former)
    handles = [handle for handle in known if handle and not handle.startswith(FORGOTTEN)]
    scope = {"b": person.brand_id, "channel": person.channel}
    for handle in handles:
        changed = list(_masked_messages(engine, scope, handle, handles))
        for first in range(0, len(changed), _BATCH):
            with engine.tx():
                _write_messages(engine, changed[first : first + _BATCH], handles)
    for read, write in _OTHERS if handles else ():
        rows = [
            {"id": number, "key": key, "text": masked, "text_key": text_key(masked)}
            for number, key, text in engine.query(read, scope)
            if (masked := mask(text, handles)) != text
        ]
        if rows:
            with engine.tx():
                engine.many(write, rows)


def _masked_messages(
    engine: Engine, scope: Params, handle: str, handles: Sequence[str]
) -> Iterator[tuple[int, str]]:
    words = engine.search.match(handle)
    sql = _MESSAGES.format(match=engine.tokens["match"])
    if not any(map(str.isalnum, handle)):
        # The index has no word for it: all that name anybody are read.
        sql = _NAMING
    names = "|".join(map(re.escape, handles))
    repeats = re.compile(rf"RT @({names})(?!\w)", re.IGNORECASE)
    for number, text, role in engine.stream(sql, {**scope, "words": words}):
        masked = "" if role == "retweet" and repeats.match(text) else mask(text, handles)
        if masked != text:
            yield number, masked


def _write_messages(
    engine: Engine, changed: Sequence[tuple[int, str]], handles: Sequence[str]
) -> None:
    rows = [{"id": number, "text": text} for number, text in changed]
    engine.many("UPDATE message SET text = :text WHERE id = :id", rows)
    engine.many("DELETE FROM payload WHERE message_id = :id", rows)
    for row in rows:
        for (because,) in engine.query("SELECT because FROM verdict WHERE message_id = :id", row):
            masked = mask(because, handles)
            if masked != because:
                engine.execute(
                    "UPDATE verdict SET because = :because WHERE message_id = :id",
                    {**row, "because": masked},
                )
