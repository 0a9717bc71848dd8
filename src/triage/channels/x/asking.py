"""Asking X: what signs, waits, tries again, renews and counts, whatever is asked.

tweepy and its network stack are imported at the first request.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from triage.channels.x import answers, counting, media
from triage.channels.x.answers import Answer, Json, RateLimit
from triage.core.channel import Stream
from triage.core.usage import Ask, Meter
from triage.errors import CursorExpired, NetworkDown, SignInNeeded

if TYPE_CHECKING:
    from triage.channels.x.client import XClient
    from triage.core.credentials import Credentials
    from triage.core.signin import Keys

_HURRIED = ("posts", Stream.OWN.value, Stream.MENTIONS.value)
"""What a look before a reply asks for."""


class Asker:
    """Asks X as one account: a read with a few tries, anything else once.

    Attributes:
        limits: What X last said about its rate limits, by endpoint (`mentions`, `own`, ...).
        meter: What every request passes; None if nothing is counted.
        skew_ms: How far X's clock is ahead of ours; None if it has not told its time.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        now: Callable[[], int],
        base_url: str | None,
        timeout_s: tuple[float, float],
        attempts: int,
        retry_wait_s: float,
        time_left_s: Callable[[], float] | None,
        meter: Meter | None,
        keys: Keys | None,
    ) -> None:
        """Prepare; nothing is sent. What each is for, `XChannel` says."""
        self.limits: dict[str, RateLimit] = {}
        self.meter = meter
        self.skew_ms: int | None = None
        self._credentials = credentials
        self._now = now
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._retry_wait_s = retry_wait_s
        self._time_left_s = time_left_s
        self._keys = keys
        self._made: XClient | None = None
        self._reads_as_user = False

    @property
    def can_post(self) -> bool:
        """Whether the credentials are an account's, and may write."""
        return self._credentials.can_post

    @property
    def left_s(self) -> float | None:
        """Seconds that the whole run may still take; None is without end."""
        return self._time_left_s() if self._time_left_s else None

    def hurry(self, span_s: float) -> None:
        """From now on read once, as the account, by a connection of its own, for so many seconds.

        What must be imported is imported before the time runs.
        """
        import stamina  # noqa: F401

        self._made = None
        self._attempts = 1
        self._reads_as_user = self._credentials.can_post
        if self.meter is not None:
            asks = [self._ask_of(endpoint, as_user=False) for endpoint in _HURRIED]
            self.meter = self.meter.apart(asks)
        _ = self._client
        until = time.monotonic() + span_s
        self._time_left_s = lambda: until - time.monotonic()

    @property
    def _client(self) -> XClient:
        """What signs with credentials that hold now. Raises as `Keys.current`."""
        return self._client_with(self._keys.current() if self._keys else self._credentials)

    def _client_with(self, credentials: Credentials) -> XClient:
        from triage.channels.x.client import XClient

        if self._made is None or credentials != self._credentials:
            self._credentials = credentials
            self._made = XClient(credentials, base_url=self._base_url, timeout_s=self._timeout_s)
        return self._made

    def read(
        self,
        endpoint: str,
        route: str,
        params: Mapping[str, str],
        *,
        as_user: bool = False,
        with_token: bool = False,
        body: Json | None = None,
        check: Callable[[Json], None] = lambda _: None,
    ) -> Json:
        """Read, or with a body upload, with a few tries.

        Raises what `Channel` names, and what `check` does of an answer.
        """
        import stamina

        _silence(logging.getLogger("stamina"))
        if not self._credentials.can_read:
            raise SignInNeeded("There are no credentials for X", hint="Run `triage doctor`")
        for attempt in stamina.retry_context(
            on=self._may_retry,
            attempts=self._attempts,
            timeout=self._time_left(),
            wait_initial=self._retry_wait_s,
            wait_jitter=self._retry_wait_s,
            wait_max=10 * self._retry_wait_s,
        ):
            with attempt:
                signed = as_user or self._reads_as_user
                got = self._get_signed(endpoint, route, params, signed, with_token, body)
                check(got)
                return got
        raise AssertionError("stamina ends with a value or an error")

    def _get_signed(
        self,
        endpoint: str,
        route: str,
        params: Mapping[str, str],
        as_user: bool,
        with_token: bool,
        body: Json | None,
    ) -> Json:
        """Ask, and where the token was refused and could be renewed once more."""
        try:
            return self._get_once(endpoint, route, params, as_user, with_token, body)
        except answers.NotAccepted:
            if not self.renew(as_user=as_user):
                raise
        return self._get_once(endpoint, route, params, as_user, with_token, body)

    def renew(self, *, as_user: bool) -> bool:
        """Renew the user token that was refused; False if it was another, or cannot be renewed."""
        if self._keys is None or (self._credentials.bearer_token and not as_user):
            return False
        renewed = self._keys.after_refusal(self._credentials)
        if renewed is None:
            return False
        self._client_with(renewed)
        return True

    def _may_retry(self, error: Exception) -> bool:
        left = self.left_s
        return (left is None or left > 0) and isinstance(error, (NetworkDown, answers.Unreadable))

    def _time_left(self) -> float | None:
        left = self.left_s
        if left is not None and left <= 0:
            raise NetworkDown("There was no time left to read from X", hint=answers.NEXT_TIME)
        return left

    def _get_once(
        self,
        endpoint: str,
        route: str,
        params: Mapping[str, str],
        as_user: bool,
        with_token: bool,
        body: Json | None,
    ) -> Json:
        from triage.channels.x.client import NoAnswer

        left = self._time_left()
        try:
            answer = self.call(
                endpoint,
                "GET" if body is None else "POST",
                route,
                params=params,
                body=body,
                as_user=as_user,
                read_timeout_s=left,
            )
        except NoAnswer as failure:
            raise NetworkDown(
                "X could not be reached", reason=failure.words, hint=failure.hint
            ) from None
        if answer.status == answers.BAD_REQUEST and with_token:
            # Whatever the matter is: the walk can go on from the oldest id seen, without a token.
            raise CursorExpired("X does not accept the page token", reason=answers.detail(answer))
        if answer.status not in answers.OK:
            meaning = answers.error if body is None else media.error
            raise meaning(answer, endpoint, self._now())
        try:
            return answers.document(answer)
        except (answers.Unreadable, NetworkDown):
            if self._made is not None:
                self._made.hang_up()
            raise

    def call(
        self,
        endpoint: str,
        method: str,
        route: str,
        *,
        as_user: bool,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        read_timeout_s: float | None = None,
        item: str = "",
    ) -> Answer:
        """Send one request past the meter: the one way to X. See `XClient.call`.

        Args:
            endpoint: What is asked, as limits and prices name it.
            method: As the rest, see `XClient.call`.
            route: The same.
            as_user: The same.
            params: The same.
            body: The same.
            read_timeout_s: The same.
            item: What a write is charged as.

        Raises:
            NoAnswer: As `XClient.call`.
            RateLimited: The budget is used up, and nothing was sent.
            CapReached: The same of the monthly cap, for a read.
        """
        from triage.channels.x.client import NoAnswer

        client, meter = self._client, self.meter
        ask = self._ask_of(endpoint, as_user=as_user)
        if meter is not None:
            meter.allow(ask)
        asked_at = self._now()
        try:
            answer = client.call(
                method,
                route,
                params=params,
                body=body,
                as_user=as_user,
                read_timeout_s=read_timeout_s,
            )
        except NoAnswer as failure:
            if meter is not None and failure.sent:
                meter.note(counting.unanswered(ask, item))
            raise
        self._note(endpoint, answer, asked_at)
        if meter is not None:
            meter.note(counting.answered(ask, item, answer, self._now()))
        return answer

    def _ask_of(self, endpoint: str, *, as_user: bool) -> Ask:
        signed = as_user or self._reads_as_user
        return Ask(endpoint, as_app=bool(self._credentials.bearer_token) and not signed)

    def _note(self, endpoint: str, answer: Answer, asked_at: int) -> None:
        now = self._now()
        limit = answers.rate_limit(answer.headers, now)
        if limit is not None:
            self.limits[endpoint] = limit
        skew = answers.clock_skew(answer.headers, asked_at, now)
        self.skew_ms = self.skew_ms if skew is None else skew


def _silence(logger: logging.Logger) -> None:
    """Keep warnings of each retry off the terminal: what failed in the end is told."""
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
