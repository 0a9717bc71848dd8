"""Figures' raw material."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from triage.core.report import WaitRow
from triage.store.engine import Engine, any_of


class ReportStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wait_rows(
        self, brand_id: int, since: int, until: int, account_ids: Sequence[int] = ()
    ) -> Iterable[WaitRow]:
        """Waits that opened within [since, until), UTC ms, of these accounts or of all."""
        params: dict[str, object] = {"b": brand_id, "since": since, "until": until}
        rows = self._engine.query(
            "SELECT kind, state, needs_answer, opened_at, due_at, ended_at, is_met, outside "
            "FROM wait WHERE brand_id = :b AND opened_at >= :since AND opened_at < :until"
            + _of("account_id", account_ids, params),
            params,
        )
        return [WaitRow(*row) for row in rows]

    def mentions_by_kind(
        self, brand_id: int, since: int, until: int, account_ids: Sequence[int] = ()
    ) -> dict[str, int]:
        """How many mentions were posted within [since, until), by effective kind."""
        params: dict[str, object] = {"b": brand_id, "since": since, "until": until}
        rows = self._engine.query(
            "SELECT coalesce((SELECT g.after FROM activity g WHERE g.message_id = m.id "
            "AND g.what = 'tag' ORDER BY g.id DESC LIMIT 1), v.kind) AS kind, count(*) "
            "FROM message m JOIN verdict v ON v.message_id = m.id WHERE m.brand_id = :b "
            "AND m.posted_at >= :since AND m.posted_at < :until "
            "AND m.role IN ('mention', 'incidental')"
            + _of("m.account_id", account_ids, params)
            + " GROUP BY 1",
            params,
        )
        return dict(rows)


def _of(column: str, ids: Sequence[int], params: dict[str, object]) -> str:
    return f" AND {any_of(column, 'a', ids, params)}" if ids else ""
