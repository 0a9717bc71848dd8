"""Renewing a sign-in, so that no process and no crash loses what X gave.

A refresh token works once. So a renewal is made by one process at a time, under a lock, and begins
with a look at whether another has made it already. Before the request a mark is written: that also
finds a full disk while the token is still good. The answer is written, durably, before anything
uses it. A crash between the request and that leaves the mark: the next run tries the old refresh
token again, since X may not have seen it, and if X refuses it, says that somebody must sign in.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from triage.core.credentials import Credentials
from triage.core.signin import EARLY, TIGHT, Authority, RenewalUnknown, Shelf, SignIn
from triage.errors import SignInNeeded, TriageError

Lock = Callable[[], AbstractContextManager[None]]
Due = Callable[[SignIn], bool]

HINT = "Sign in: triage auth login"


def renew(
    shelf: Shelf,
    key: str,
    authority: Authority,
    lock: Lock,
    now: Callable[[], int],
    *,
    due: Due,
) -> SignIn:
    """Renew a sign-in that is due for it, or take what another process renewed meanwhile.

    Args:
        shelf: Where it is kept.
        key: Whose.
        authority: Who renews.
        lock: Held while it happens, by one process at a time.
        now: The clock, UTC epoch ms.
        due: Asked, once the lock is held, whether it is still to be done.

    Raises:
        SignInNeeded: X refused, or there is nothing to renew it with.
        TryLater: X could not be reached, or it is not known what it did.
    """
    with lock():
        held = shelf.get(key)
        if held is None:
            raise SignInNeeded("The account was signed out meanwhile.", hint=HINT)
        if not due(held):
            return held
        if not held.refresh_token:
            raise SignInNeeded(
                f"The sign-in of @{held.handle} cannot be renewed.",
                reason="It came without a refresh token.",
                hint=HINT,
            )
        begun = held.renewing_since is None
        if begun:
            shelf.put(replace(held, renewing_since=now()))
        try:
            grant = authority.refresh(held.refresh_token)
        except RenewalUnknown:
            raise
        except TriageError as failure:
            if begun:
                shelf.put(held)
            if isinstance(failure, SignInNeeded):
                raise _refused(held, failure) from failure
            raise
        renewed = held.renewed(grant, now())
        shelf.put(renewed)
        return renewed


def _refused(held: SignIn, refusal: SignInNeeded) -> SignInNeeded:
    reason = refusal.reason
    if held.renewing_since is not None:
        reason += (
            " An earlier renewal was cut off before X's answer came; most likely X had used up "
            "the refresh token by then."
        )
    return SignInNeeded(refusal.message, reason=reason.strip(), hint=refusal.hint or HINT)


class RenewedKeys:
    """The credentials of a sign-in, renewed where they would end; see `core.signin.Keys`."""

    def __init__(
        self,
        shelf: Shelf,
        key: str,
        now: Callable[[], int],
        renewer: Callable[[Due], SignIn],
        others: Credentials,
    ) -> None:
        """Prepare.

        Args:
            shelf: Where the sign-in is kept.
            key: Whose.
            now: The clock, UTC epoch ms.
            renewer: `renew` with all but `due`.
            others: The account's credentials; the sign-in's user token takes its place in them.
        """
        self._shelf = shelf
        self._key = key
        self._now = now
        self._renewer = renewer
        self._others = others

    def current(self) -> Credentials:
        """Give what holds now; another process may have renewed it meanwhile."""
        held = self._shelf.get(self._key)
        if held is None:
            raise SignInNeeded("The account was signed out meanwhile.", hint=HINT)
        if self._soon_over(held) and (held.refresh_token or not held.holds(self._now())):
            held = self._renewed_in_time(held)
        return self._with(held)

    def after_refusal(self, used: Credentials) -> Credentials | None:
        """Renew what X did not accept, unless it was renewed already or cannot be."""
        held = self._shelf.get(self._key)
        if held is None:
            return None
        if held.credentials.user_token == used.user_token:
            if not held.refresh_token:
                return None
            held = self._renewer(lambda s: s.credentials.user_token == used.user_token)
        return self._with(held)

    def _renewed_in_time(self, held: SignIn) -> SignIn:
        try:
            return self._renewer(self._soon_over)
        except TriageError:
            # What holds a little longer is used up first; the next run says what is wrong.
            if not held.holds(self._now(), TIGHT):
                raise
            return held

    def _soon_over(self, held: SignIn) -> bool:
        return not held.holds(self._now(), EARLY)

    def _with(self, held: SignIn) -> Credentials:
        return replace(self._others, user_token=held.credentials.user_token)
