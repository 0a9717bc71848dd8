"""Versions of a message: their texts, what they were taken for, and which of them stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from triage.core.kinds import Kind
from triage.core.model import Post, Verdict
from triage.core.text import storable
from triage.core.waits import Former, Version
from triage.store.engine import Engine, Params, Row
from triage.store.sources import BATCH, Source

_UPSERT = """
INSERT INTO message_version (message_id, version_id, text, seen_at, written_at)
VALUES (:message_id, :version_id, :text, :seen_at, :written_at)
ON CONFLICT (message_id, version_id) DO UPDATE SET
    text = CASE WHEN message_version.text = '' THEN excluded.text ELSE message_version.text END,
    written_at = coalesce(message_version.written_at, excluded.written_at)
WHERE (message_version.text = '' AND excluded.text <> '')
    OR (message_version.written_at IS NULL AND excluded.written_at IS NOT NULL)
"""
_NEWER = """
UPDATE message SET version_id = :version_id, text = :text
WHERE id = :id AND (length(version_id) < length(:version_id)
    OR (length(version_id) = length(:version_id) AND version_id < :version_id))
"""
_KEEP = """
INSERT INTO version_verdict (message_id, version_id, settings_id, kind, priority)
SELECT f.message_id, :version_id, f.settings_id, f.kind, f.priority
FROM {table} f WHERE f.message_id = :id
ON CONFLICT (message_id, version_id, settings_id) DO NOTHING
"""
_UNTAGGED = f"""
SELECT x.message_id, x.version_id, x.text, m.lang
FROM {BATCH} u JOIN message m
    ON m.brand_id = u.brand_id AND m.channel = u.channel AND m.thread_id = u.thread_id
    AND m.version_id <> m.native_id AND m.role IN ('mention', 'incidental')
JOIN message_version x ON x.message_id = m.id AND x.version_id <> m.version_id AND x.text <> ''
WHERE NOT EXISTS (SELECT 1 FROM version_verdict v WHERE v.message_id = x.message_id
    AND v.version_id = x.version_id
    AND (u.retag_from IS NULL OR m.posted_at < u.retag_from OR v.settings_id = :settings_id))
ORDER BY x.message_id, x.version_id
"""
_VERDICT = ("message_id", "version_id", "settings_id", "kind", "priority")
_NEW_VERDICT = "ON CONFLICT (message_id, version_id, settings_id) DO NOTHING"


def versions_of(rows: Sequence[Row]) -> Iterator[tuple[int, tuple[Version, ...]]]:
    """Make versions of rows: message, whether it stands, when written, and one verdict each.

    The rows come by message, its versions oldest first.
    """
    for message_id, of_message in groupby(rows, lambda row: row[0]):
        edges: list[tuple[int, tuple[Former, ...]]] = []
        for written_at, of_version in groupby(of_message, lambda row: (row[2], row[1])):
            taken = tuple(Former(r[3], Kind(r[4]), r[5]) for r in of_version if r[4] is not None)
            edges.append((written_at[0], () if written_at[1] else taken))
        versions = [Version(until, taken) for (_, taken), (until, _) in pairwise(edges) if taken]
        if versions:
            yield message_id, tuple(versions)


class VersionStore:
    """Writes versions; use it inside a transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, message: Row, post: Post, seen_at: int) -> bool:
        """Write a version of a stored message; give whether it is the newest, and was not known.

        Args:
            message: Its `id, version_id, text, fetched_at, posted_at`.
            post: The version.
            seen_at: When it came, UTC ms.
        """
        message_id, known_id, known_text, fetched_at, posted_at = message
        first = post.native_id
        told: dict[str, tuple[str, int, int | None]]
        told = dict.fromkeys(post.history, ("", seen_at, None))
        # What was stored is a version too; its time is known if it is the first one.
        told[known_id] = (known_text, fetched_at, posted_at if known_id == first else None)
        if first in told:
            told[first] = (*told[first][:2], posted_at)
        written_at = posted_at if post.current_id == first else post.edited_at
        told[post.current_id] = (storable(post.text), seen_at, written_at)
        rows: list[Params] = [
            {
                "message_id": message_id,
                "version_id": version_id,
                "text": text,
                "seen_at": at,
                "written_at": written,
            }
            for version_id, (text, at, written) in told.items()
        ]
        self._engine.many(_UPSERT, rows)
        values = {"id": message_id, "version_id": post.current_id, "text": storable(post.text)}
        if not self._engine.execute(_NEWER, values):
            return False
        for table in ("former_verdict", "verdict"):
            keep = {"id": message_id, "version_id": known_id}
            self._engine.execute(_KEEP.format(table=table), keep)
        return True

    def untagged(self, source: Source, settings_id: int) -> list[tuple[int, str, str, str | None]]:
        """Versions that do not stand and are to be tagged: message, version, text, language."""
        if not self._engine.query("SELECT 1 FROM message_version LIMIT 1"):
            return []
        rows = self._engine.query(
            _UNTAGGED.replace(BATCH, source.sql), {**source.params, "settings_id": settings_id}
        )
        return [(i, version, text, lang) for i, version, text, lang in rows]

    def save_verdicts(self, verdicts: Sequence[tuple[int, str, Verdict]], settings_id: int) -> None:
        """Write what versions were taken for, under the snapshot that says so."""
        rows = [(n, version, settings_id, v.kind.value, v.priority) for n, version, v in verdicts]
        self._engine.insert("version_verdict", _VERDICT, rows, _NEW_VERDICT)
