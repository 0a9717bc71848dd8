"""All families of tables on one database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triage.store.engine import Engine
from triage.store.opening import open_lite

if TYPE_CHECKING:
    # Each family is imported when it is first used: a hot read uses two of them.
    from collections.abc import Sequence

    from triage.core.marks import Marks
    from triage.store.accounts import AccountStore
    from triage.store.actions import ActionTables
    from triage.store.activity import ActivityStore
    from triage.store.alerts import AlertStore
    from triage.store.claims import ClaimStore
    from triage.store.events import EventStore
    from triage.store.following import FollowingStore
    from triage.store.forgetting import PrivacyStore
    from triage.store.generation import Generation
    from triage.store.generation_pg import SharedGeneration
    from triage.store.judging import JudgingStore
    from triage.store.media import MediaStore
    from triage.store.messages import MessageStore
    from triage.store.outbox import OutboxStore
    from triage.store.people import PeopleStore
    from triage.store.queueing import QueueStore
    from triage.store.reading import ReadingStore
    from triage.store.reports import ReportStore
    from triage.store.retention import RetentionStore
    from triage.store.settings import SettingsStore
    from triage.store.team import TeamStore
    from triage.store.themes import ThemeStore
    from triage.store.usage import UsageStore


_SCHEMES = ("postgresql:", "postgres:")


def is_url(where: Path | str) -> bool:
    """Whether this names a database on a server, and not a file."""
    return isinstance(where, str) and where.startswith(_SCHEMES)


class SqlStore:
    """The store as the use cases see it (`core.ports.Store`)."""

    def __init__(self, engine: Engine) -> None:
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
    def following(self) -> FollowingStore:
        """See `FollowingStore`."""
        from triage.store.following import FollowingStore

        return FollowingStore(self.engine)

    @cached_property
    def outbox(self) -> OutboxStore:
        """See `OutboxStore`."""
        from triage.store.outbox import OutboxStore

        return OutboxStore(self.engine)

    @cached_property
    def media(self) -> MediaStore:
        """See `MediaStore`."""
        from triage.store.media import MediaStore

        return MediaStore(self.engine)

    @cached_property
    def claims(self) -> ClaimStore:
        """See `ClaimStore`."""
        from triage.store.claims import ClaimStore

        return ClaimStore(self.engine)

    @cached_property
    def people(self) -> PeopleStore:
        """See `PeopleStore`."""
        from triage.store.people import PeopleStore

        return PeopleStore(self.engine)

    @cached_property
    def events(self) -> EventStore:
        """See `EventStore`."""
        from triage.store.events import EventStore

        return EventStore(self.engine)

    @cached_property
    def team(self) -> TeamStore:
        """See `TeamStore`."""
        from triage.store.team import TeamStore

        return TeamStore(self.engine)

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

    @cached_property
    def usage(self) -> UsageStore:
        """See `UsageStore`."""
        from triage.store.usage import UsageStore

        return UsageStore(self.engine)

    @cached_property
    def themes(self) -> ThemeStore:
        """See `ThemeStore`."""
        from triage.store.themes import ThemeStore

        return ThemeStore(self.engine)

    @cached_property
    def actions(self) -> ActionTables:
        """See `ActionTables`."""
        from triage.store.actions import ActionTables

        return ActionTables(self.engine)

    @cached_property
    def privacy(self) -> PrivacyStore:
        """See `PrivacyStore`."""
        from triage.store.forgetting import PrivacyStore

        return PrivacyStore(self.engine)

    @cached_property
    def retention(self) -> RetentionStore:
        """See `RetentionStore`."""
        from triage.store.retention import RetentionStore

        return RetentionStore(self.engine)

    @classmethod
    def open(cls, where: Path | str, *, create: bool = False) -> SqlStore:
        """Open a file, or a database on a server by its URL.

        See `open_lite` and `open_pg` for what is raised.
        """
        if is_url(where):
            from triage.store.opening_pg import open_pg

            return cls(open_pg(str(where)))
        return cls(open_lite(Path(where), create=create))

    def generation(self, state_dir: Path, database: Path) -> Generation | SharedGeneration:
        """What notices that the store was restored or copied; see `generation`.

        Args:
            state_dir: Where this machine keeps its side.
            database: The file, if the store is one.
        """
        if self.engine.dialect == "sqlite":
            from triage.store.generation import Generation

            return Generation(self.settings, state_dir, database)
        from triage.store.generation_pg import SharedGeneration

        return SharedGeneration(self.engine, self.settings, state_dir)

    def close(self) -> None:
        """Give the database back."""
        self.engine.close()

    def tx(self) -> AbstractContextManager[None]:
        """See `Engine.tx`."""
        held: AbstractContextManager[None] = self.engine.tx()
        return held

    def brief_tx(self) -> AbstractContextManager[None]:
        """See `Engine.brief_tx`."""
        held: AbstractContextManager[None] = self.engine.brief_tx()
        return held

    def fence(self) -> None:
        """See `Engine.fence`."""
        self.engine.fence()

    def bulk(self) -> AbstractContextManager[None]:
        """See `Engine.bulk`."""
        held: AbstractContextManager[None] = self.engine.bulk()
        return held

    def purge(self, brand_id: int, at: int) -> int:
        """Take the words of absent posts out of the store; see `absence.purge`."""
        from triage.store.absence import purge

        return purge(self.engine, brand_id, at)

    def marks(self, conversation_ids: Sequence[int], since: int) -> dict[int, Marks]:
        """What is marked of the customers of these conversations; see `marks.marks`."""
        from triage.store.marks import marks

        return marks(self.engine, conversation_ids, since)

    def promises_due(self, brand_id: int, now: int, soon: int) -> tuple[int, int]:
        """How many promises to customers are late, and due soon; see `marks.promises_due`."""
        from triage.store.marks import promises_due

        return promises_due(self.engine, brand_id, now, soon)

    def index_search(self, batch: int = 5_000) -> int:
        """Bring the search index up to date in short transactions."""
        search = self.engine.search
        total = 0
        while True:
            with self.tx():
                count = search.index(batch)
            if not count:
                return total
            total += count

    def unindexed(self) -> int:
        """How many messages the search index does not know yet."""
        return self.engine.search.unindexed()

    def quick_check(self) -> list[str]:
        """What a look at every page finds, without comparing indexes; empty when all is well."""
        from triage.store.upkeep import quick_check

        return quick_check(self.engine)

    def datasette(self, database: str) -> dict[str, Any]:
        """What Datasette is told of it under this name; see `store.datasette`."""
        from triage.store.datasette import metadata

        return metadata(self.engine, database)

    def problems(self) -> list[str]:
        """What an integrity check finds; empty when all is well."""
        from triage.store.upkeep import problems

        return problems(self.engine)

    def backup(self, target: Path) -> Path:
        """Copy the live database; see `upkeep.copy`."""
        from triage.store.upkeep import copy

        return copy(self.engine, target)
