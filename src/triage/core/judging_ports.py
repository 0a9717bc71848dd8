"""What judging asks of the store: threads that wait for it, and their verdicts.

Every method that writes is to be called inside `Store.tx()`; every time is UTC epoch ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For types alone: whoever imports a port must not pay for every value that passes through it.
    from collections.abc import Iterable, Mapping, Sequence

    from triage.core.model import Verdict
    from triage.core.retagging import Place, Untagged
    from triage.core.thread import ConversationVerdict, ThreadFacts
    from triage.core.waits import Judge

ThreadKey = tuple[str, str]
"""Channel and thread id."""


class JudgingPort(Protocol):
    """Verdicts going in."""

    def has_unjudged(self, brand_id: int) -> bool:
        """Whether any thread is to be judged."""
        ...

    def untagged(
        self, brand_id: int, many: int, conversation_id: int | None = None
    ) -> list[Untagged]:
        """Mentions to be tagged, or tagged again, in the next threads, or in one."""
        ...

    def save_verdicts(self, verdicts: Sequence[tuple[int, Verdict]], settings_id: int) -> None:
        """Write verdicts by message id."""
        ...

    def untagged_versions(
        self, brand_id: int, many: int, settings_id: int, conversation_id: int | None = None
    ) -> list[tuple[int, str, str, str | None]]:
        """What mentions in those threads said before they were edited, if it is to be tagged.

        As message, version, text and language.
        """
        ...

    def save_version_verdicts(
        self, verdicts: Sequence[tuple[int, str, Verdict]], settings_id: int
    ) -> None:
        """Write verdicts by message and version."""
        ...

    def keep_former(self, message_ids: Iterable[int]) -> None:
        """Keep what mentions were taken for, for the waits that had ended under it."""
        ...

    def load_threads(
        self,
        brand_id: int,
        many: int,
        default_account: Mapping[str, int],
        conversation_id: int | None = None,
    ) -> list[tuple[ThreadKey, ThreadFacts]]:
        """Load the next threads to be judged, or one; make the conversations that they lack."""
        ...

    def read_threads(
        self,
        brand_id: int,
        conversation_ids: Sequence[int],
        default_account: Mapping[str, int],
    ) -> list[ThreadFacts]:
        """The threads of some conversations, as they are judged; nothing is written."""
        ...

    def save_threads(
        self,
        brand_id: int,
        decided: Iterable[tuple[ThreadFacts, Sequence[ConversationVerdict]]],
    ) -> int:
        """Write what changed; give the number of waits that are new or different."""
        ...

    def done(self, brand_id: int, keys: Sequence[ThreadKey]) -> None:
        """Take threads off the list."""
        ...

    def judge(self, settings_id: int) -> Judge:
        """A settings snapshot by id."""
        ...

    def mark_conversation(self, conversation_id: int) -> None:
        """Have a conversation judged again."""
        ...

    def mark_open(self, brand_id: int, *, retag: bool) -> None:
        """Have every thread with an open wait judged again, and tagged again if asked."""
        ...

    def mark_customer(self, customer_id: int) -> None:
        """Have every conversation of a customer judged again."""
        ...

    def mark_customer_from(self, customer_id: int, since: int) -> None:
        """Have what stands since a time in a customer's threads tagged and judged again."""
        ...

    def mark_closed(self, conversation_ids: Sequence[int], since: int) -> None:
        """Have waits of conversations that ended since a time judged by the settings in force."""
        ...

    def conversations_with_waits(
        self, brand_id: int, since: int, account_ids: Sequence[int] = (), *, ended: bool
    ) -> list[int]:
        """Ids of conversations with waits that opened, or ended, since a time, in order."""
        ...

    def mark_since(self, brand_id: int, since: int, after: Place, many: int) -> Place | None:
        """Have the next mentions since a time tagged again; give the last, None at the end."""
        ...
