"""A sign-in: whose tokens they are, until when they hold, and how they are renewed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from triage.core.credentials import Credentials
from triage.core.model import MINUTE, SECOND
from triage.errors import TryLater

OAUTH2 = "oauth2"
"""Signed in with a browser: tokens that hold for hours and are renewed."""
OAUTH1 = "oauth1"
"""Signed in with a PIN: keys that hold until they are revoked."""
GIVEN = "given"
"""Handed over on stdin; nothing is known of how long they hold."""

IN_FILE = "file"
IN_KEYRING = "keyring"

READ_AND_ANSWER = ("tweet.read", "users.read", "tweet.write", "offline.access")
"""What reading, answering, and staying signed in need."""
MEDIA = "media.write"
"""What a picture in an answer needs on top."""

EARLY = 5 * MINUTE
"""So long before a token ends it is renewed."""
TIGHT = 30 * SECOND
"""A token that holds for less than this is not begun with."""


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """What X gave for a code or for a refresh token.

    Attributes:
        access_token: The user token.
        refresh_token: What to renew it with, once; empty if there is none.
        scopes: What it may do.
        expires_in: How long it holds, ms; None if X did not say.
    """

    access_token: str
    refresh_token: str = ""
    scopes: tuple[str, ...] = ()
    expires_in: int | None = None

    def __repr__(self) -> str:
        """Never tell a token."""
        return f"<Grant: {' '.join(self.scopes)}>"


@dataclass(frozen=True, slots=True, repr=False)
class SignIn:
    """One account's sign-in, as it is kept. Times are UTC epoch ms.

    Attributes:
        key: Such as `x:acme`; of a sandbox `sandbox:acme`.
        method: `OAUTH2`, `OAUTH1` or `GIVEN`.
        handle: The account that X named.
        user_id: Its id.
        credentials: What to sign requests with.
        refresh_token: What the next renewal needs; empty if there can be none.
        client_id: The app that it belongs to.
        scopes: What it may do; empty where that is not told (OAuth 1.0a).
        expires_at: When the user token ends; None if it does not, or nobody knows.
        saved_at: When this was written.
        renewing_since: A renewal was begun then, and its end was never seen.
        kept_in: `IN_FILE` or `IN_KEYRING`.
    """

    key: str
    method: str
    handle: str
    user_id: str = ""
    credentials: Credentials = field(default_factory=Credentials)
    refresh_token: str = ""
    client_id: str = ""
    scopes: tuple[str, ...] = ()
    expires_at: int | None = None
    saved_at: int = 0
    renewing_since: int | None = None
    kept_in: str = IN_FILE

    def holds(self, now: int, spare: int = 0) -> bool:
        """Whether the token still holds, and will for `spare` ms, as far as is known."""
        return self.expires_at is None or now + spare < self.expires_at

    def renewed(self, grant: Grant, now: int) -> SignIn:
        """What it is after a renewal; what X did not say again stays as it was."""
        return replace(
            self,
            credentials=replace(self.credentials, user_token=grant.access_token),
            refresh_token=grant.refresh_token or self.refresh_token,
            scopes=grant.scopes or self.scopes,
            expires_at=None if grant.expires_in is None else now + grant.expires_in,
            saved_at=now,
            renewing_since=None,
        )

    def __repr__(self) -> str:
        """Never tell a token."""
        return f"<SignIn: {self.key}, {self.method}>"


class RenewalUnknown(TryLater):
    """A renewal left, and no answer came: X may have used up the refresh token. Exit 75."""


class Shelf(Protocol):
    """Where sign-ins are kept. `put` and `remove` are called by whoever holds the lock."""

    def get(self, key: str) -> SignIn | None:
        """Read one as it is now; None if there is none."""

    def every(self) -> Sequence[SignIn]:
        """Read all, by key, without their secrets."""

    def put(self, sign_in: SignIn) -> None:
        """Keep one; it survives a power cut when this returns."""

    def remove(self, key: str) -> None:
        """Forget one; harmless if there is none."""


class Authority(Protocol):
    """Who renews tokens."""

    def refresh(self, token: str) -> Grant:
        """Trade a refresh token for a new grant, in one request.

        Raises:
            SignInNeeded: It was refused for good.
            RenewalUnknown: It may have been used up.
            TriageError: It certainly was not.
        """


class Keys(Protocol):
    """Credentials that stay good while a command runs."""

    def current(self) -> Credentials:
        """Give what holds now, renewed if it would soon end.

        Raises:
            SignInNeeded: It cannot be renewed.
            TryLater: It could not be renewed now.
        """

    def after_refusal(self, used: Credentials) -> Credentials | None:
        """Give others in place of those that X did not accept; None if there are none.

        Raises: as `current`.
        """
