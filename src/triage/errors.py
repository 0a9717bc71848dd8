"""What a person can mend.

Everything that the program raises on purpose is a `TriageError`: a sentence that says what
happened, a reason, and a hint in the imperative. The command line's one boundary turns the class
into an exit code; whatever is not a `TriageError` is a bug of ours and ends in a crash file.
"""

from __future__ import annotations


class TriageError(Exception):
    """Something that the person at the terminal can mend.

    Attributes:
        message: What happened, one sentence.
        reason: Why, where it is known; may be empty.
        hint: How to mend it, in the imperative; may be empty.
    """

    def __init__(self, message: str, *, reason: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.hint = hint


class UsageError(TriageError):
    """The command was asked for something that makes no sense. Exit 2."""


class NotFound(TriageError):
    """The id, handle or file that was named is not here. Exit 1."""


class Refused(TriageError):
    """A guard said no, or a channel refused for good; nothing was sent. Exit 1."""


class ConfigError(TriageError):
    """The configuration cannot be used. Exit 78."""


class SignInNeeded(TriageError):
    """Credentials are missing, revoked or not allowed to do this. Exit 4."""


class TryLater(TriageError):
    """Nothing is wrong that waiting does not mend. Exit 75."""


class Busy(TryLater):
    """Another run holds the lock, or the store is locked. Exit 75."""


class StoreError(TriageError):
    """The store cannot be read or written: unreadable, foreign, newer, full, read-only. Exit 1."""


class StoreBusy(Busy):
    """Another process holds the store's write lock longer than the time-out. Exit 75."""


class StoreUnavailable(StoreBusy):
    """The server of the store cannot be reached, or did not answer in time. Exit 75.

    Whoever is prepared for a store that is locked is prepared for one that is away.
    """


class SchemaMismatch(StoreError):
    """The store was written by another version, or by another program. Exit 1."""


class UpgradeNeeded(SchemaMismatch):
    """A store on a server lacks what this version needs; its owner has to upgrade it. Exit 78."""


class StoreUnfit(StoreError):
    """A server is no store as it is: too old, no such database, or it lets us not in. Exit 78."""


STORE_FAILURES = (StoreError, StoreBusy)
"""The store did not do what it was asked; nothing else is wrong."""


class FateUnknown(TriageError):
    """A reply may or may not have been posted; it must not be sent again by itself. Exit 5."""


class DeliveryFailed(TriageError):
    """An alert did not reach its target, as far as is known. Exit 1."""


class ChannelError(TriageError):
    """A channel answered something that cannot be used. Exit 1."""


class RateLimited(TryLater):
    """The channel asks to wait.

    Attributes:
        reset_at: When it may be asked again, UTC epoch ms; never in the past of the raiser.
        endpoint: Which limit was hit, such as `mentions`.
    """

    def __init__(
        self, message: str, *, reset_at: int, endpoint: str, reason: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, reason=reason, hint=hint)
        self.reset_at = reset_at
        self.endpoint = endpoint


class CapReached(TriageError):
    """The monthly cap on costs stops what would be read. Waiting a minute mends nothing. Exit 1."""


class NetworkDown(TryLater):
    """The channel could not be reached, or did not answer in time, on a read. Exit 75."""


class CursorExpired(ChannelError):
    """A page token is not accepted any more; go on from the oldest id seen."""
