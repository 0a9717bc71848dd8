"""What the use cases ask of the store, one small Protocol for each family of tables.

Every method that writes is to be called inside `Store.tx()`; every time is UTC epoch ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from triage.core.act_ports import ActivityPort, AlertPort, ClaimPort, MediaPort, OutboxPort
from triage.core.people_ports import WithPeople

if TYPE_CHECKING:
    # For types alone: whoever imports a port must not pay for every value that passes through it.
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from triage.core.accounts import Account, Freshness
    from triage.core.channel import Absence
    from triage.core.event_ports import EventPort
    from triage.core.following import FollowingPort
    from triage.core.judging_ports import JudgingPort
    from triage.core.model import Author, Post, Role, Verdict
    from triage.core.outbox import Found
    from triage.core.policy import Settings
    from triage.core.progress import Checkpoint, Gap, Run
    from triage.core.queue import QueueFilter, QueueItem, Waiting
    from triage.core.records import (
        ConversationView,
        Correction,
        MessageView,
        Saved,
        VersionView,
        WaitView,
    )
    from triage.core.report.ports import ReportPort
    from triage.core.retagging import Place, Tagged
    from triage.core.team_ports import TeamPort
    from triage.core.usage_ports import UsagePort
    from triage.core.waits import Judge


class Incoming(NamedTuple):
    """A post with what was decided about it before it is stored.

    Attributes:
        account_id: Our account that wrote it or was asked; None if nothing tells yet.
        is_history: It is kept without clocks.
    """

    post: Post
    role: Role
    account_id: int | None
    is_history: bool = False


class Tagger(Protocol):
    """The rule engine."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """Give a text's kind and the reasons."""
        ...


class MessagePort(Protocol):
    """Facts coming in."""

    def save_posts(
        self, brand_id: int, channel: str, incoming: Sequence[Incoming], fetched_at: int
    ) -> Saved:
        """Write posts with their authors, and mark their threads to be judged."""
        ...

    def mark_deleted(self, brand_id: int, channel: str, native_ids: Iterable[str], at: int) -> int:
        """Note that posts are gone from the channel."""
        ...

    def mark_absent(
        self, brand_id: int, channel: str, absences: Mapping[str, Absence], at: int
    ) -> list[str]:
        """Note that posts are not given any more, and why; give the ids that newly are not."""
        ...

    def mark_unjudged_around(self, brand_id: int, channel: str, native_id: str) -> None:
        """Have the thread of a message judged again."""
        ...

    def customer_id(self, brand_id: int, channel: str, author: Author, at: int) -> int:
        """Give our id of an author."""
        ...


class SettingsPort(Protocol):
    """Snapshots, and small marks of the whole store."""

    def current(self) -> Judge | None:
        """The snapshot in force; None before the first was applied."""
        ...

    def judge(self, settings_id: int) -> Judge:
        """A snapshot by id."""
        ...

    def apply(self, settings: Settings, source_hash: str, by: str, at: int) -> Judge:
        """Put a snapshot in force."""
        ...

    def get(self, key: str) -> str | None:
        """Read a mark."""
        ...

    def put(self, key: str, value: str | None) -> None:
        """Write a mark; None removes it."""
        ...


class AccountPort(Protocol):
    """The brand, its accounts, and how far each was read."""

    def brand(self, name: str) -> int:
        """Give the brand's id, made if it is new."""
        ...

    def find_brand(self, name: str) -> int | None:
        """Give the brand's id, or None."""
        ...

    def brands(self) -> dict[int, str]:
        """Names of all brands, by id."""
        ...

    def accounts(self, brand_id: int) -> list[Account]:
        """All accounts of a brand, oldest first."""
        ...

    def add(
        self, brand_id: int, channel: str, handle: str, native_id: str | None, at: int
    ) -> Account:
        """Give an account, made if it is new; a native id that was unknown is filled in."""
        ...

    def start_clocks(self, account_id: int, from_at: int) -> None:
        """Fix from when on mentions have clocks; only the first call counts."""
        ...

    def checkpoint(self, account_id: int, stream: str) -> Checkpoint:
        """How far a stream was read."""
        ...

    def save_checkpoint(self, account_id: int, stream: str, checkpoint: Checkpoint) -> None:
        """Write how far a stream was read."""
        ...

    def add_gap(self, gap: Gap) -> bool:
        """Note a gap; False if it was known."""
        ...

    def gaps(self, brand_id: int) -> list[Gap]:
        """All gaps of a brand."""
        ...

    def close_gap(self, gap: Gap, at: int) -> None:
        """Note that a gap was read after all."""
        ...

    def rate_limit(self, account_id: int, endpoint: str) -> int | None:
        """When an endpoint may be asked again, or None."""
        ...

    def set_rate_limit(self, account_id: int, endpoint: str, reset_at: int) -> None:
        """Note when an endpoint may be asked again."""
        ...

    def add_run(self, run: Run) -> None:
        """Note how a fetch ended."""
        ...

    def last_run(self, account_id: int) -> Run | None:
        """The newest fetch of an account."""
        ...

    def freshness(self, brand_id: int, account_ids: Sequence[int] = ()) -> Freshness:
        """How long ago a brand was fetched, or these of its accounts."""
        ...


class QueuePort(Protocol):
    """What the queue shows; the hottest read."""

    def waiting(self, wanted: QueueFilter) -> list[Waiting]:
        """Open waits, thin, in no order."""
        ...

    def items(self, brand_id: int, waiting: Sequence[Waiting], now: int) -> list[QueueItem]:
        """The lines of the queue, in the given order."""
        ...

    def assignees(self, brand_id: int, now: int) -> dict[int, str]:
        """Who is at which conversation."""
        ...

    def assigned(self, brand_id: int) -> dict[int, str]:
        """Whose each conversation is, of those that are somebody's."""
        ...


class ReadingPort(Protocol):
    """What screens show; nothing here writes."""

    def resolve(self, brand_id: int, reference: str) -> int | None:
        """A conversation's id from its id, a post's native id or a URL."""
        ...

    def message_id(self, brand_id: int, reference: str) -> int | None:
        """A message's id from its native id or a URL."""
        ...

    def conversation(self, conversation_id: int) -> ConversationView | None:
        """Who talks to which account."""
        ...

    def thread(self, conversation_id: int) -> list[MessageView]:
        """Every message of the conversation's thread, oldest first."""
        ...

    def messages(self, message_ids: Sequence[int]) -> list[MessageView]:
        """Messages by id, in their order."""
        ...

    def versions(self, message_id: int) -> list[VersionView]:
        """What a message said before it was edited, oldest first."""
        ...

    def waits(self, conversation_id: int) -> list[WaitView]:
        """The waits of a conversation, oldest first."""
        ...

    def customer_waits(self, customer_ids: Sequence[int]) -> list[WaitView]:
        """The waits of these customers in all conversations, oldest first."""
        ...

    def verdict(self, message_id: int) -> Verdict | None:
        """What the rules said of a message."""
        ...

    def tagged(
        self, brand_id: int, since: int, before: Place, many: int, account_ids: Sequence[int] = ()
    ) -> list[Tagged]:
        """The next tagged mentions since a time, newest first, behind a place."""
        ...

    def corrections(
        self, brand_id: int, since: int | None = None, account_ids: Sequence[int] = ()
    ) -> list[Correction]:
        """The newest correction of each mention, oldest first; since a time, or all."""
        ...

    def search(
        self, brand_id: int, words: str, limit: int, account_ids: Sequence[int] = ()
    ) -> list[MessageView]:
        """Messages that hold the words, newest first, of these accounts or of all."""
        ...

    def own_posts(self, account_id: int, since: int) -> list[Found]:
        """What an account of ours posted since; `author_id` is our id of the account."""
        ...

    def newest_fetched(self, brand_id: int) -> int | None:
        """When the newest message was posted that a channel told us of itself."""
        ...


class Store(WithPeople, Protocol):
    """Everything above on one database."""

    @property
    def messages(self) -> MessagePort:
        """See `MessagePort`."""
        ...

    @property
    def judging(self) -> JudgingPort:
        """See `JudgingPort`."""
        ...

    @property
    def following(self) -> FollowingPort:
        """See `FollowingPort`."""
        ...

    @property
    def settings(self) -> SettingsPort:
        """See `SettingsPort`."""
        ...

    @property
    def accounts(self) -> AccountPort:
        """See `AccountPort`."""
        ...

    @property
    def activity(self) -> ActivityPort:
        """See `ActivityPort`."""
        ...

    @property
    def outbox(self) -> OutboxPort:
        """See `OutboxPort`."""
        ...

    @property
    def media(self) -> MediaPort:
        """See `MediaPort`."""
        ...

    @property
    def claims(self) -> ClaimPort:
        """See `ClaimPort`."""
        ...

    @property
    def events(self) -> EventPort:
        """See `EventPort`."""
        ...

    @property
    def team(self) -> TeamPort:
        """See `TeamPort`."""
        ...

    @property
    def queue(self) -> QueuePort:
        """See `QueuePort`."""
        ...

    @property
    def reading(self) -> ReadingPort:
        """See `ReadingPort`."""
        ...

    @property
    def report(self) -> ReportPort:
        """See `ReportPort`."""
        ...

    @property
    def alerts(self) -> AlertPort:
        """See `AlertPort`."""
        ...

    @property
    def usage(self) -> UsagePort:
        """See `UsagePort`."""
        ...

    def tx(self) -> AbstractContextManager[None]:
        """Everything inside is written together or not at all."""
        ...

    def brief_tx(self) -> AbstractContextManager[None]:
        """As `tx`, but it gives up at once where another process writes for long."""
        ...

    def fence(self) -> None:
        """Make sure that the locks which this run works under are still its own.

        A lock in a shared store is lost with the connection that holds it. Inside a transaction
        nobody else writes meanwhile.

        Raises:
            StoreUnavailable: One was lost.
        """
        ...

    def bulk(self) -> AbstractContextManager[None]:
        """Much is written inside: the store may keep more in memory."""
        ...

    def purge(self, brand_id: int, at: int) -> int:
        """Take the words of absent posts out of the file; give how many posts.

        Call it outside `tx`, once what was marked is judged: the rest stays for the next time.
        """
        ...

    def index_search(self, batch: int = 5_000) -> int:
        """Bring the search index up to date; give the number of messages added."""
        ...
