"""One request to X through tweepy, and nothing but facts about it in return.

tweepy signs and sends. Its exceptions are not relied on: some statuses and bodies make it fail in
ways of their own (a reset header that is no number, an error body that is `null`), so the answer
is taken from the wire below it. Importing this module imports tweepy.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import requests
import tweepy

from triage.channels.x.answers import NEXT_TIME, Answer
from triage.channels.x.failures import Failure, failure_of
from triage.channels.x.patience import call_in_time
from triage.channels.x.wire import Wire, longest_s
from triage.core.credentials import Credentials
from triage.errors import SignInNeeded

# At DEBUG these write tokens and signatures.
_TALKATIVE = ("tweepy", "tweepy.client", "oauthlib", "requests_oauthlib")


class NoAnswer(Exception):
    """A request ended without an answer.

    Attributes:
        words: What happened, for a person.
        hint: How to mend it, in the imperative.
        sent: It began to leave: X may have carried it out.
    """

    def __init__(self, words: str, *, sent: bool, hint: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.hint = hint
        self.sent = sent


class XClient:
    """X's API v2 with one account's credentials."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str | None = None,
        timeout_s: tuple[float, float] = (5.0, 20.0),
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            credentials: What to sign with.
            base_url: A loopback server that stands in for X.
            timeout_s: Seconds to connect, and to wait for each piece of an answer.

        Raises:
            ConfigError: The base URL is not a loopback address.
            SignInNeeded: A token holds a character that no token has.
        """
        if credentials.unusable:
            raise SignInNeeded(
                f"The X credentials cannot be used: {', '.join(credentials.unusable)}",
                reason="A blank, a line end or another character is in it that no token has",
                hint="Copy it again from the X developer console",
            )
        quieten()
        self._timeout_s = timeout_s
        self._base_url = base_url
        self._credentials = credentials
        self._read_bearer = credentials.bearer_token or credentials.user_token
        self._oauth1 = credentials.oauth1
        self._begin()

    def _begin(self) -> None:
        self._wire = Wire(base_url=self._base_url, timeout_s=self._timeout_s)
        self._reader = self._tweepy(self._credentials, self._read_bearer)
        self._writer = self._tweepy(self._credentials, self._credentials.user_token)

    def call(
        self,
        method: str,
        route: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        as_user: bool = False,
        read_timeout_s: float | None = None,
    ) -> Answer:
        """Send one request, once.

        Args:
            method: Of HTTP.
            route: Beginning with `/2/`.
            params: Of the query.
            body: Sent as JSON.
            as_user: Sign as the account, not as the app.
            read_timeout_s: A shorter time-out than the client's own, for the last reads of a run;
                then the whole request takes no longer either.

        Returns:
            Whatever came back, good or bad.

        Raises:
            NoAnswer: Nothing did.
        """
        client = self._writer if as_user else self._reader
        user_auth = self._oauth1 if as_user else not self._read_bearer
        connect, read = self._timeout_s
        longest = longest_s(self._timeout_s)
        if read_timeout_s is not None:
            connect, read = min(connect, read_timeout_s), min(read, read_timeout_s)
            longest = min(longest, read_timeout_s)
        wire = self._wire
        wire.timeout_s = (connect, read)
        wire.forget()
        failure: Failure | None = None
        try:
            error = call_in_time(
                lambda: client.request(
                    method, route, params=params, json=body, user_auth=user_auth
                ),
                longest,
            )
            # tweepy lets anything through, also for an answer that is here; see above.
            failure = None if error is None else failure_of(error, wire.timeout_s)
        except TimeoutError:
            failure = Failure(f"no answer within {longest:g} s", NEXT_TIME)
            self._give_up()
        except BaseException:
            self._give_up()  # Ctrl-C: what has not left yet is not to leave behind our back
            raise
        if wire.answer is None:
            failure = failure or Failure("no answer", NEXT_TIME)
            if wire.proxied and not wire.sent:
                failure = failure.by_a_proxy()
            raise NoAnswer(failure.words, sent=wire.sent, hint=failure.hint)
        return wire.answer

    def hang_up(self) -> None:
        """Keep no connection: what follows a broken answer on the same one may belong to it."""
        self._wire.drop_connections()

    def _give_up(self) -> None:
        self._wire.abandon()
        self._begin()

    def _tweepy(self, credentials: Credentials, bearer: str) -> Any:  # noqa: ANN401 - untyped
        client = tweepy.Client(
            bearer_token=bearer or None,
            consumer_key=credentials.consumer_key or None,
            consumer_secret=credentials.consumer_secret or None,
            access_token=credentials.access_token or None,
            access_token_secret=credentials.access_token_secret or None,
            return_type=dict,
            wait_on_rate_limit=False,
        )
        session = client.session
        session.mount("https://", self._wire)
        session.mount("http://", self._wire)
        session.max_redirects = 0  # a redirect would carry credentials elsewhere, or post again
        session.auth = leave_alone
        return client


def quieten() -> None:
    """Keep libraries from logging what they sign with."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(max(logging.WARNING, logger.level))


def leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from replacing our Authorization by one out of a `.netrc`."""
    return request
