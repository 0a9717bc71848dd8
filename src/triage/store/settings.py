"""Settings snapshots, and small marks of the whole store (`meta`)."""

from __future__ import annotations

from functools import lru_cache

from triage.core.policy import Settings
from triage.core.wait import Judge
from triage.store.engine import Engine

CURRENT = "settings_id"
SOURCE_HASH = "settings_source"


class SettingsStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def current(self) -> Judge | None:
        """The snapshot in force; None before the first was applied."""
        rows = self._engine.query(
            "SELECT s.id, s.body FROM meta m JOIN settings s ON s.id = CAST(m.value AS BIGINT) "
            "WHERE m.key = :key",
            {"key": CURRENT},
        )
        return Judge(rows[0][0], Settings.from_json(rows[0][1])) if rows else None

    @lru_cache(maxsize=64)  # noqa: B019 - as long as the store; a handful of snapshots
    def judge(self, settings_id: int) -> Judge:
        """A snapshot by id."""
        body = self._engine.query("SELECT body FROM settings WHERE id = :id", {"id": settings_id})
        return Judge(settings_id, Settings.from_json(body[0][0]))

    def apply(self, settings: Settings, source_hash: str, by: str, at: int) -> Judge:
        """Put a snapshot in force; one that was in force before is found again by its content.

        Args:
            settings: The compiled settings.
            source_hash: Hash of the files that they came from, for reads to compare.
            by: Who applies them.
            at: UTC ms.
        """
        fingerprint = settings.fingerprint
        self._engine.execute(
            "INSERT INTO settings (fingerprint, body, rules_fingerprint, applied_by, applied_at) "
            "VALUES (:fingerprint, :body, :rules, :by, :at) "
            "ON CONFLICT (fingerprint) DO NOTHING",
            {
                "fingerprint": fingerprint,
                "body": settings.to_json(),
                "rules": settings.rules_fingerprint,
                "by": by,
                "at": at,
            },
        )
        found = self._engine.query(
            "SELECT id FROM settings WHERE fingerprint = :f", {"f": fingerprint}
        )
        self.put(CURRENT, str(found[0][0]))
        self.put(SOURCE_HASH, source_hash)
        return Judge(int(found[0][0]), settings)

    def get(self, key: str) -> str | None:
        """Read a mark."""
        rows = self._engine.query("SELECT value FROM meta WHERE key = :key", {"key": key})
        return str(rows[0][0]) if rows else None

    def put(self, key: str, value: str | None) -> None:
        """Write a mark; None removes it."""
        if value is None:
            self._engine.execute("DELETE FROM meta WHERE key = :key", {"key": key})
            return
        self._engine.execute(
            "INSERT INTO meta (key, value) VALUES (:key, :value) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            {"key": key, "value": value},
        )
