"""Figures' raw material."""

from __future__ import annotations

from collections.abc import Iterable

from triage.core.report import WaitRow
from triage.store.engine import Engine


class ReportStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wait_rows(self, brand_id: int, since: int, until: int) -> Iterable[WaitRow]:
        """Waits that opened within [since, until), UTC ms."""
        rows = self._engine.query(
            "SELECT kind, state, needs_answer, opened_at, due_at, ended_at, is_met, outside "
            "FROM wait WHERE brand_id = :b AND opened_at >= :since AND opened_at < :until",
            {"b": brand_id, "since": since, "until": until},
        )
        return [WaitRow(*row) for row in rows]

    def mentions_by_kind(self, brand_id: int, since: int, until: int) -> dict[str, int]:
        """How many mentions were posted within [since, until), by effective kind."""
        rows = self._engine.query(
            "SELECT coalesce((SELECT g.after FROM activity g WHERE g.message_id = m.id "
            "AND g.what = 'tag' ORDER BY g.id DESC LIMIT 1), v.kind) AS kind, count(*) "
            "FROM message m JOIN verdict v ON v.message_id = m.id WHERE m.brand_id = :b "
            "AND m.posted_at >= :since AND m.posted_at < :until "
            "AND m.role IN ('mention', 'incidental') GROUP BY 1",
            {"b": brand_id, "since": since, "until": until},
        )
        return dict(rows)
