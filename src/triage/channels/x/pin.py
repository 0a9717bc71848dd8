"""OAuth 1.0a with a PIN: for apps that have keys of the older kind, and machines without a browser.

requests-oauthlib signs; the requests go the same way as all others of sign-in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from triage.channels.x import answers
from triage.channels.x.answers import Answer
from triage.channels.x.oauth import Endpoint
from triage.core.credentials import Credentials
from triage.errors import NetworkDown, Refused

AUTHORIZE = "https://api.x.com/oauth/authorize"
REQUEST = "/oauth/request_token"
ACCESS = "/oauth/access_token"
INVALIDATE = "/1.1/oauth/invalidate_token"
_AGAIN = "Begin again: triage auth login --pin"
_MOST_DIGITS = 20


@dataclass(frozen=True, slots=True, repr=False)
class Ticket:
    """A sign-in that waits for its PIN.

    Attributes:
        token: Names it.
        secret: Proves that it is ours.
    """

    token: str
    secret: str

    def __repr__(self) -> str:
        """Never tell what it holds."""
        return "<Ticket>"


class XPin:
    """Sign-in with a PIN for one app."""

    def __init__(self, endpoint: Endpoint, app: Credentials) -> None:
        """Prepare; `app` has the consumer key and secret."""
        self._endpoint = endpoint
        self._app = app

    def begin(self) -> Ticket:
        """Ask X for a ticket. Raises `SignInNeeded`, `TryLater` or `ChannelError`."""
        answer = self._post(REQUEST, callback_uri="oob")
        form = _form(answer)
        if not form.get("oauth_token") or not form.get("oauth_token_secret"):
            raise self._endpoint.trouble(
                answer,
                "begin a sign-in by PIN",
                [self._app.consumer_secret],
                "Check consumer_key and consumer_secret in credentials.toml",
            )
        return Ticket(form["oauth_token"], form["oauth_token_secret"])

    def finish(self, ticket: Ticket, pin: str) -> Credentials:
        """Trade the PIN for keys of the account.

        Raises:
            Refused: It is no PIN.
            SignInNeeded: X refused it.
            TryLater, ChannelError: As the names say.
        """
        digits = pin.strip()
        if not digits.isascii() or not digits.isalnum() or len(digits) > _MOST_DIGITS:
            raise Refused("That is no PIN of X.", hint=f"It has only digits. {_AGAIN}")
        answer = self._post(
            ACCESS,
            verifier=digits,
            resource_owner_key=ticket.token,
            resource_owner_secret=ticket.secret,
        )
        form = _form(answer)
        if not form.get("oauth_token") or not form.get("oauth_token_secret"):
            hide = [digits, ticket.token, ticket.secret]
            raise self._endpoint.trouble(answer, "take the PIN", hide, _AGAIN)
        return Credentials(
            consumer_key=self._app.consumer_key,
            consumer_secret=self._app.consumer_secret,
            access_token=form["oauth_token"],
            access_token_secret=form["oauth_token_secret"],
        )

    def revoke(self, keys: Credentials) -> None:
        """End an account's keys at X. Raises `TriageError` where they may still be good."""
        answer = self._post(
            INVALIDATE,
            resource_owner_key=keys.access_token,
            resource_owner_secret=keys.access_token_secret,
        )
        if answer.status not in answers.OK:
            raise self._endpoint.trouble(answer, "end the keys", _values(keys))

    def _post(self, path: str, **signing: str) -> Answer:
        from requests_oauthlib import OAuth1

        from triage.channels.x.client import NoAnswer

        sign: Any = OAuth1(
            self._app.consumer_key, client_secret=self._app.consumer_secret, **signing
        )
        try:
            return self._endpoint.post(path, {}, auth=sign)
        except NoAnswer as failure:
            raise NetworkDown("X could not be reached", reason=failure.words) from None


def authorize_url(ticket: Ticket, base: str | None = None) -> str:
    """Give the address where a person says yes and is shown the PIN."""
    place = AUTHORIZE if base is None else f"{base}/oauth/authorize"
    return f"{place}?{urlencode({'oauth_token': ticket.token})}"


def _form(answer: Answer) -> dict[str, str]:
    if answer.status not in answers.OK or answer.flaw is not None:
        return {}
    fields = parse_qs(answer.body.decode("ascii", "replace"))
    return {name: values[0] for name, values in fields.items() if values[0].isprintable()}


def _values(keys: Credentials) -> Iterable[str]:
    return (keys.consumer_secret, keys.access_token, keys.access_token_secret)
