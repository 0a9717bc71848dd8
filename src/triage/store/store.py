"""All families of tables on one database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from triage.store.accounts import AccountStore
from triage.store.activity import ActivityStore
from triage.store.engine import Lite
from triage.store.judging import JudgingStore
from triage.store.messages import MessageStore
from triage.store.opening import backup, open_lite
from triage.store.outbox import OutboxStore
from triage.store.reading import ReadingStore
from triage.store.reports import ReportStore
from triage.store.settings import SettingsStore


class SqlStore:
    """The store as the use cases see it (`core.ports.Store`)."""

    def __init__(self, engine: Lite) -> None:
        self.engine = engine
        self.messages = MessageStore(engine)
        self.judging = JudgingStore(engine)
        self.settings = SettingsStore(engine)
        self.accounts = AccountStore(engine)
        self.activity = ActivityStore(engine)
        self.outbox = OutboxStore(engine)
        self.reading = ReadingStore(engine)
        self.report = ReportStore(engine)

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

    def backup(self, target: Path) -> Path:
        """Copy the live database; see `opening.backup`."""
        return backup(self.engine, Path(self.engine.path), target)

    def problems(self) -> list[str]:
        """What an integrity check finds; empty when all is well."""
        found = [str(row[0]) for row in self.engine.query("PRAGMA integrity_check")]
        problems = [] if found == ["ok"] else found
        broken = self.engine.query("PRAGMA foreign_key_check")
        if broken:
            problems.append(f"{len(broken)} rows refer to rows that are not there")
        return problems
