"""The brand's accounts, and how fresh what they brought in is.

Named tuples: every read makes some. How far each was read is in `core.progress`.
"""

from typing import NamedTuple

from triage.core.kinds import MINUTE

STALE_AFTER = "stale_after"
"""The store's mark of how old the last good fetch may be, ms; put there with the settings."""

DEFAULT_STALE_AFTER = 30 * MINUTE
"""What holds where no settings have said it, ms."""


class Account(NamedTuple):
    """One identity of the brand on one channel.

    Attributes:
        native_id: The channel's id; None until the channel or an import told.
        clocks_from_at: Older mentions are history, UTC ms; None before the first fetch.
    """

    id: int
    brand_id: int
    channel: str
    handle: str
    native_id: str | None = None
    clocks_from_at: int | None = None


class Freshness(NamedTuple):
    """How long ago a brand, or some accounts of it, were fetched.

    Attributes:
        last_success: When they were last read to the end, UTC ms; None if never.
        first_try: When that was first tried, UTC ms; None if never: they are only imported into.
        stale_after: How old the last success may be, ms.
    """

    last_success: int | None = None
    first_try: int | None = None
    stale_after: int = DEFAULT_STALE_AFTER

    def age(self, now: int) -> int | None:
        """How old what is known is, ms; without any success, since the first try.

        None where nothing was ever fetched. A clock that was set back makes nothing younger than 0.
        """
        since = self.first_try if self.last_success is None else self.last_success
        return None if since is None else max(0, now - since)

    def is_stale(self, now: int) -> bool:
        """Whether nothing was fetched for longer than it may be."""
        age = self.age(now)
        return age is not None and age > self.stale_after
