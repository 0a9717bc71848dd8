"""The brand, its accounts, and how far each was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from triage.core.accounts import STALE_AFTER, Account, Freshness
from triage.core.text import handle_key
from triage.store.engine import Engine, any_of

if TYPE_CHECKING:
    # Those who fetch make these; a hot read does without.
    from triage.core.progress import Checkpoint, Gap, Run

_ACCOUNT = "SELECT id, brand_id, channel, handle, native_id, clocks_from_at FROM account"
_CHECKPOINT = """
reached_id, walk_target_id, walk_floor_id, walk_oldest_id, walk_token, walk_seen, completed_at
"""


class AccountStore:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def brand(self, name: str) -> int:
        """Give the brand's id, made if it is new."""
        self._engine.execute(
            "INSERT INTO brand (name) VALUES (:name) ON CONFLICT (name) DO NOTHING", {"name": name}
        )
        return self.find_brand(name) or 0

    def find_brand(self, name: str) -> int | None:
        """Give the brand's id, or None."""
        rows = self._engine.query("SELECT id FROM brand WHERE name = :name", {"name": name})
        return int(rows[0][0]) if rows else None

    def brands(self) -> dict[int, str]:
        """All brands by id."""
        return dict(self._engine.query("SELECT id, name FROM brand ORDER BY id"))

    def accounts(self, brand_id: int) -> list[Account]:
        """All accounts of a brand, oldest first."""
        rows = self._engine.query(f"{_ACCOUNT} WHERE brand_id = :b ORDER BY id", {"b": brand_id})
        return [Account(*row) for row in rows]

    def add(
        self, brand_id: int, channel: str, handle: str, native_id: str | None, at: int
    ) -> Account:
        """Give an account, made if it is new; a native id that was unknown is filled in.

        What the new account had written before, and was taken for a customer's, becomes ours.
        """
        values = {
            "b": brand_id,
            "channel": channel,
            "handle": handle.removeprefix("@"),
            "key": handle_key(handle),
            "native_id": native_id,
            "at": at,
        }
        added = self._engine.execute(
            "INSERT INTO account (brand_id, channel, handle, handle_key, native_id, added_at) "
            "VALUES (:b, :channel, :handle, :key, :native_id, :at) "
            "ON CONFLICT (brand_id, channel, handle_key) DO NOTHING",
            values,
        )
        told = native_id is not None and self._engine.execute(
            "UPDATE account SET native_id = :native_id, handle = :handle WHERE brand_id = :b "
            "AND channel = :channel AND handle_key = :key AND native_id IS NULL",
            values,
        )
        row = self._engine.query(
            f"{_ACCOUNT} WHERE brand_id = :b AND channel = :channel AND handle_key = :key", values
        )[0]
        account = Account(*row)
        if added or told:
            self._take_over(account)
        return account

    def _take_over(self, account: Account) -> None:
        values = {
            "b": account.brand_id,
            "channel": account.channel,
            "account": account.id,
            "native_id": account.native_id or "",
            "by_handle": f"@{handle_key(account.handle)}",
        }
        theirs = (
            "SELECT c.id FROM customer c WHERE c.brand_id = :b AND c.channel = :channel "
            "AND c.native_id IN (:native_id, :by_handle)"
        )
        self._engine.execute(
            "INSERT INTO unjudged (brand_id, channel, thread_id) "
            "SELECT DISTINCT m.brand_id, m.channel, m.thread_id FROM message m "
            f"WHERE m.brand_id = :b AND m.customer_id IN ({theirs}) "
            "ON CONFLICT (brand_id, channel, thread_id) DO NOTHING",
            values,
        )
        self._engine.execute(
            "UPDATE message SET role = 'own', customer_id = NULL, account_id = :account, "
            f"conversation_id = NULL WHERE brand_id = :b AND customer_id IN ({theirs})",
            values,
        )

    def start_clocks(self, account_id: int, from_at: int) -> None:
        """Fix from when on mentions have clocks; only the first call counts."""
        self._engine.execute(
            "UPDATE account SET clocks_from_at = :at WHERE id = :id AND clocks_from_at IS NULL",
            {"id": account_id, "at": from_at},
        )

    def checkpoint(self, account_id: int, stream: str) -> Checkpoint:
        """How far a stream was read."""
        rows = self._engine.query(
            f"SELECT {_CHECKPOINT} FROM checkpoint WHERE account_id = :id AND stream = :stream",
            {"id": account_id, "stream": stream},
        )
        from triage.core.progress import Checkpoint

        return Checkpoint(*rows[0]) if rows else Checkpoint()

    def save_checkpoint(self, account_id: int, stream: str, checkpoint: Checkpoint) -> None:
        """Write how far a stream was read."""
        values = {**checkpoint._asdict(), "account_id": account_id, "stream": stream}
        columns = [c.strip() for c in _CHECKPOINT.split(",")]
        self._engine.execute(
            f"INSERT INTO checkpoint (account_id, stream, {', '.join(columns)}) "
            f"VALUES (:account_id, :stream, {', '.join(':' + c for c in columns)}) "
            "ON CONFLICT (account_id, stream) DO UPDATE SET "
            + ", ".join(f"{c} = excluded.{c}" for c in columns),
            values,
        )

    def add_gap(self, gap: Gap) -> bool:
        """Note a gap; False if it was known."""
        return bool(
            self._engine.execute(
                "INSERT INTO gap (account_id, stream, after_id, before_id, found_at, about, "
                "after_at, before_at) VALUES (:account_id, :stream, :after_id, :before_id, "
                ":found_at, :about, :after_at, :before_at) "
                "ON CONFLICT (account_id, stream, after_id, before_id) DO NOTHING",
                gap._asdict(),
            )
        )

    def gaps(self, brand_id: int) -> list[Gap]:
        """All gaps of a brand, oldest first."""
        rows = self._engine.query(
            "SELECT g.account_id, g.stream, g.after_id, g.before_id, g.found_at, g.about, "
            "g.after_at, g.before_at, g.closed_at FROM gap g "
            "JOIN account a ON a.id = g.account_id WHERE a.brand_id = :b ORDER BY g.id",
            {"b": brand_id},
        )
        from triage.core.progress import Gap

        return [Gap(*row) for row in rows]

    def close_gap(self, gap: Gap, at: int) -> None:
        """Note that a gap was read after all."""
        self._engine.execute(
            "UPDATE gap SET closed_at = :at WHERE account_id = :account_id AND stream = :stream "
            "AND after_id = :after_id AND before_id = :before_id AND closed_at IS NULL",
            {**gap._asdict(), "at": at},
        )

    def rate_limit(self, account_id: int, endpoint: str) -> int | None:
        """When an endpoint may be asked again, or None."""
        rows = self._engine.query(
            "SELECT reset_at FROM rate_limit WHERE account_id = :id AND endpoint = :endpoint",
            {"id": account_id, "endpoint": endpoint},
        )
        return int(rows[0][0]) if rows else None

    def set_rate_limit(self, account_id: int, endpoint: str, reset_at: int) -> None:
        """Note when an endpoint may be asked again."""
        self._engine.execute(
            "INSERT INTO rate_limit (account_id, endpoint, reset_at) "
            "VALUES (:id, :endpoint, :reset_at) "
            "ON CONFLICT (account_id, endpoint) DO UPDATE SET reset_at = excluded.reset_at",
            {"id": account_id, "endpoint": endpoint, "reset_at": reset_at},
        )

    def add_run(self, run: Run) -> None:
        """Note how a fetch ended."""
        self._engine.execute(
            "INSERT INTO run (account_id, started_at, ended_at, outcome, new_mentions, new_own, "
            "detail, missed) VALUES (:account_id, :started_at, :ended_at, :outcome, "
            ":new_mentions, :new_own, :detail, :missed)",
            run._asdict(),
        )

    def last_run(self, account_id: int) -> Run | None:
        """The newest fetch of an account."""
        rows = self._engine.query(
            "SELECT account_id, started_at, ended_at, outcome, new_mentions, new_own, "
            "detail, missed FROM run WHERE account_id = :id "
            "ORDER BY started_at DESC, id DESC LIMIT 1",
            {"id": account_id},
        )
        from triage.core.progress import Run

        return Run(*rows[0]) if rows else None

    def freshness(self, brand_id: int, account_ids: Sequence[int] = ()) -> Freshness:
        """How long ago a brand was fetched, or these of its accounts, in one read."""
        params: dict[str, object] = {"b": brand_id, "key": STALE_AFTER}
        ours = f" AND {any_of('a.id', 'a', account_ids, params)}" if account_ids else ""
        rows = self._engine.query(
            "SELECT max(c.completed_at), "
            "min((SELECT min(r.started_at) FROM run r WHERE r.account_id = a.id)), "
            "(SELECT m.value FROM meta m WHERE m.key = :key) "
            "FROM account a LEFT JOIN checkpoint c ON c.account_id = a.id "
            f"AND c.stream = 'mentions' WHERE a.brand_id = :b{ours}",
            params,
        )
        success, first_try, stale_after = rows[0]
        if stale_after is None:
            return Freshness(success, first_try)
        return Freshness(success, first_try, int(stale_after))
