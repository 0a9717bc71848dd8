"""What was asked of channels: costs by day, what was read today, and the windows of limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from triage.core.costs import UsageRow
from triage.core.ratebudget import Past, Told
from triage.core.usage import NEWS, Tally
from triage.store.engine import Engine, any_of, query_in


class UsageStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, account_id: int, day: str, line: str, tally: Tally, at: int) -> None:
        """Add to an account's line of a UTC day."""
        self._engine.execute(
            "INSERT INTO usage (account_id, day, line, calls, resources, repeated, micros, "
            "repeated_micros, last_at) VALUES (:account_id, :day, :line, :calls, :resources, "
            ":repeated, :micros, :repeated_micros, :at) "
            "ON CONFLICT (account_id, day, line) DO UPDATE SET "
            "calls = usage.calls + excluded.calls, "
            "resources = usage.resources + excluded.resources, "
            "repeated = usage.repeated + excluded.repeated, "
            "micros = usage.micros + excluded.micros, "
            "repeated_micros = usage.repeated_micros + excluded.repeated_micros, "
            "last_at = CASE WHEN excluded.last_at > usage.last_at THEN excluded.last_at "
            "ELSE usage.last_at END",
            {**tally._asdict(), "account_id": account_id, "day": day, "line": line, "at": at},
        )

    def see(self, app: str, day: str, things: Iterable[str]) -> set[str]:
        """Note what an app read on a UTC day; give what it had not read before on that day."""
        self._engine.execute("DELETE FROM usage_seen WHERE day < :day", {"day": day})
        asked = dict.fromkeys(things)
        known = query_in(
            self._engine,
            "SELECT thing FROM usage_seen WHERE day = :day AND app = :app AND thing IN ({values})",
            {"day": day, "app": app},
            asked,
        )
        fresh = asked.keys() - {str(row[0]) for row in known}
        rows = [(day, app, thing) for thing in sorted(fresh)]
        self._engine.insert("usage_seen", ("day", "app", "thing"), rows)
        return fresh

    def spent(self, brand_id: int, month: str) -> int:
        """What a brand's accounts cost in a UTC month, millionths of a dollar."""
        rows = self._engine.query(
            "SELECT coalesce(sum(u.micros), 0) FROM usage u JOIN account a ON a.id = u.account_id "
            "WHERE u.day >= :first AND u.day <= :last AND a.brand_id = :b",
            {"b": brand_id, **_days(month)},
        )
        return int(rows[0][0])

    def rows(self, brand_id: int, month: str, account_ids: Sequence[int] = ()) -> list[UsageRow]:
        """Every line of a UTC month, of these accounts or of all, by day."""
        params: dict[str, object] = {"b": brand_id, **_days(month)}
        ours = f" AND {any_of('a.id', 'a', account_ids, params)}" if account_ids else ""
        rows = self._engine.query(
            "SELECT a.handle, u.day, u.line, u.calls, u.resources, u.repeated, u.micros, "
            "u.repeated_micros FROM usage u JOIN account a ON a.id = u.account_id "
            f"WHERE u.day >= :first AND u.day <= :last AND a.brand_id = :b{ours} "
            "ORDER BY u.day, a.id, u.line",
            params,
        )
        return [UsageRow(row[0], row[1], row[2], Tally(*row[3:])) for row in rows]

    def last_read(self, account_ids: Sequence[int]) -> dict[int, int]:
        """When mentions were last asked for, by account; those that never were are left out."""
        rows = query_in(
            self._engine,
            "SELECT account_id, max(last_at) FROM usage WHERE line = :line "
            "AND account_id IN ({values}) GROUP BY account_id",
            {"line": NEWS},
            account_ids,
        )
        return {int(row[0]): int(row[1]) for row in rows}

    def past(self, who: str, endpoint: str, oldest_slot: int, newest_slot: int) -> Past:
        """What is known of one limit, as far back as it matters."""
        key = {"who": who, "endpoint": endpoint}
        slots = self._engine.query(
            "SELECT slot, calls FROM rate_taken WHERE who = :who AND endpoint = :endpoint "
            "AND slot >= :oldest AND slot <= :newest ORDER BY slot",
            {**key, "oldest": oldest_slot, "newest": newest_slot},
        )
        told = self._engine.query(
            "SELECT allowed, remaining, reset_at FROM rate_told "
            "WHERE who = :who AND endpoint = :endpoint",
            key,
        )
        return Past({int(s): int(n) for s, n in slots}, Told(*told[0]) if told else None)

    def take(self, who: str, endpoint: str, slot: int, oldest_slot: int) -> None:
        """Count a request that begins; what matters no more is cleaned up."""
        key = {"who": who, "endpoint": endpoint}
        self._engine.execute(
            "INSERT INTO rate_taken (who, endpoint, slot, calls) "
            "VALUES (:who, :endpoint, :slot, 1) "
            "ON CONFLICT (who, endpoint, slot) DO UPDATE SET calls = rate_taken.calls + 1",
            {**key, "slot": slot},
        )
        self._engine.execute(
            "DELETE FROM rate_taken WHERE who = :who AND endpoint = :endpoint AND slot < :oldest",
            {**key, "oldest": oldest_slot},
        )
        self._engine.execute(
            "UPDATE rate_told SET remaining = remaining - 1 "
            "WHERE who = :who AND endpoint = :endpoint AND remaining > 0",
            key,
        )

    def tell(self, who: str, endpoint: str, told: Told) -> None:
        """Note what is to be believed of a window."""
        self._engine.execute(
            "INSERT INTO rate_told (who, endpoint, allowed, remaining, reset_at) "
            "VALUES (:who, :endpoint, :limit, :remaining, :reset_at) "
            "ON CONFLICT (who, endpoint) DO UPDATE SET allowed = excluded.allowed, "
            "remaining = excluded.remaining, reset_at = excluded.reset_at",
            {**told._asdict(), "who": who, "endpoint": endpoint},
        )


def _days(month: str) -> dict[str, str]:
    return {"first": f"{month}-01", "last": f"{month}-31"}
