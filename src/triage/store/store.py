"""All families of tables on one database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from triage.store.engine import Lite
from triage.store.opening import open_lite

if TYPE_CHECKING:
    # Each family is imported when it is first used: a hot read uses two of them.
    from triage.store.accounts import AccountStore
    from triage.store.activity import ActivityStore
    from triage.store.alerts import AlertStore
    from triage.store.judging import JudgingStore
    from triage.store.messages import MessageStore
    from triage.store.outbox import OutboxStore
    from triage.store.queueing import QueueStore
    from triage.store.reading import ReadingStore
    from triage.store.reports import ReportStore
    from triage.store.settings import SettingsStore


class SqlStore:
    """The store as the use cases see it (`core.ports.Store`)."""

    def __init__(self, engine: Lite) -> None:
        self.engine = engine

    @cached_property
    def messages(self) -> MessageStore:
        """See `MessageStore`."""
        from triage.store.messages import MessageStore

        return MessageStore(self.engine)

    @cached_property
    def judging(self) -> JudgingStore:
        """See `JudgingStore`."""
        from triage.store.judging import JudgingStore

        return JudgingStore(self.engine)

    @cached_property
    def settings(self) -> SettingsStore:
        """See `SettingsStore`."""
        from triage.store.settings import SettingsStore

        return SettingsStore(self.engine)

    @cached_property
    def accounts(self) -> AccountStore:
        """See `AccountStore`."""
        from triage.store.accounts import AccountStore

        return AccountStore(self.engine)

    @cached_property
    def activity(self) -> ActivityStore:
        """See `ActivityStore`."""
        from triage.store.activity import ActivityStore

        return ActivityStore(self.engine)

    @cached_property
    def outbox(self) -> OutboxStore:
        """See `OutboxStore`."""
        from triage.store.outbox import OutboxStore

        return OutboxStore(self.engine)

    @cached_property
    def queue(self) -> QueueStore:
        """See `QueueStore`."""
        from triage.store.queueing import QueueStore

        return QueueStore(self.engine)

    @cached_property
    def reading(self) -> ReadingStore:
        """See `ReadingStore`."""
        from triage.store.reading import ReadingStore

        return ReadingStore(self.engine)

    @cached_property
    def report(self) -> ReportStore:
        """See `ReportStore`."""
        from triage.store.reports import ReportStore

        return ReportStore(self.engine)

    @cached_property
    def alerts(self) -> AlertStore:
        """See `AlertStore`."""
        from triage.store.alerts import AlertStore

        return AlertStore(self.engine)

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> SqlStore:
        """Open a file; see `open_lite` for what is raised."""
        return cls(open_lite(path, create=create))

    def close(self) -> None:
        """Give the file back."""
        self.engine.connection.close()

    def tx(self) -> AbstractContextManager[None]:
        """Everything inside is written together or not at all."""
        return self.engine.tx()

    def bulk(self) -> AbstractContextManager[None]:
        """See `Lite.bulk`."""
        return self.engine.bulk()

    def index_search(self, batch: int = 5_000) -> int:
        """Bring the search index up to date in short transactions.

        The mark of how far it is stands in the store, so that a crash loses nothing.
        """
        total = 0
        while True:
            with self.tx():
                through = self.engine.query("SELECT through_id FROM search_mark WHERE id = 1")[0][0]
                upto = self.engine.query(
                    "SELECT max(id), count(*) FROM (SELECT id FROM message WHERE id > :from "
                    "ORDER BY id LIMIT :batch) t",
                    {"from": through, "batch": batch},
                )[0]
                if upto[0] is None:
                    return total
                self.engine.execute(
                    "INSERT INTO message_fts (rowid, text) "
                    "SELECT id, text FROM message WHERE id > :from AND id <= :upto ORDER BY id",
                    {"from": through, "upto": upto[0]},
                )
                self.engine.execute(
                    "UPDATE search_mark SET through_id = :upto WHERE id = 1", {"upto": upto[0]}
                )
            total += int(upto[1])

    def quick_check(self) -> list[str]:
        """What a look at every page finds, without comparing indexes; empty when all is well."""
        found = [str(row[0]) for row in self.engine.query("PRAGMA quick_check")]
        return [] if found == ["ok"] else found

    def unindexed(self) -> int:
        """How many messages the search index does not know yet."""
        rows = self.engine.query(
            "SELECT count(*) FROM message WHERE id > "
            "(SELECT through_id FROM search_mark WHERE id = 1)"
        )
        return int(rows[0][0])

    def backup(self, target: Path) -> Path:
        """Copy the live database; see `opening.backup`."""
        from triage.store.opening import backup

        return backup(self.engine, Path(self.engine.path), target)

    def problems(self) -> list[str]:
        """What an integrity check finds; empty when all is well."""
        found = [str(row[0]) for row in self.engine.query("PRAGMA integrity_check")]
        problems = [] if found == ["ok"] else found
        broken = self.engine.query("PRAGMA foreign_key_check")
        if broken:
            problems.append(f"{len(broken)} rows refer to rows that are not there")
        return problems
