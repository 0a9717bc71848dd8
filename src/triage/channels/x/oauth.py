"""X's sign-in endpoints: one POST each, and what its answer means. Imports requests when used.

Every error is ours, and holds X's own words without any secret that was sent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from triage.channels.x import answers
from triage.channels.x.answers import Answer
from triage.core.credentials import HIDDEN
from triage.core.model import SECOND
from triage.core.signin import Grant, RenewalUnknown
from triage.errors import ChannelError, NetworkDown, RateLimited, SignInNeeded, TriageError

if TYPE_CHECKING:
    import requests

    from triage.channels.x.pkce import Attempt

HOST = "api.x.com"
TOKEN = "/2/oauth2/token"  # noqa: S105 - a path
REVOKE = "/2/oauth2/revoke"
_REDIRECTS = (300, 399)
_LONGEST_SPAN_S = 10 * 365 * 86_400
_AGAIN = "Sign in: triage auth login"


class Endpoint:
    """The way to X's sign-in endpoints: HTTPS to one host, or a loopback server in its place."""

    def __init__(
        self,
        *,
        now: Callable[[], int],
        base_url: str | None = None,
        timeout_s: tuple[float, float] = (5.0, 20.0),
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            now: The clock, UTC epoch ms.
            base_url: A loopback server that stands in for X.
            timeout_s: Seconds to connect, and to wait for each piece of an answer.

        Raises:
            ConfigError: The base URL is not a loopback address.
        """
        import requests

        from triage.channels.x.client import leave_alone, quieten
        from triage.channels.x.wire import Wire

        quieten()
        self._now = now
        self._timeout_s = timeout_s
        self._wire = Wire(base_url=base_url, timeout_s=timeout_s, host=HOST)
        self._session = requests.Session()
        self._session.mount("https://", self._wire)
        self._session.mount("http://", self._wire)
        self._session.max_redirects = 0
        self._session.auth = leave_alone

    def post(
        self,
        path: str,
        form: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        auth: Callable[[requests.PreparedRequest], requests.PreparedRequest] | None = None,
    ) -> Answer:
        """Send a form, once.

        Returns:
            Whatever came back.

        Raises:
            NoAnswer: Nothing did.
        """
        from triage.channels.x.client import NoAnswer
        from triage.channels.x.failures import failure_of

        self._wire.forget()
        try:
            self._session.post(f"https://{HOST}{path}", data=dict(form), headers=headers, auth=auth)
        except Exception as error:  # noqa: BLE001 - requests and oauthlib raise many kinds
            if self._wire.answer is None:
                # Without the chain: it can quote what was sent.
                failure = failure_of(error, self._timeout_s)
                raise NoAnswer(failure.words, sent=self._wire.sent, hint=failure.hint) from None
        if self._wire.answer is None:
            raise NoAnswer("no answer", sent=self._wire.sent)
        return self._wire.answer

    def trouble(
        self, answer: Answer, what: str, hide: Iterable[str], hint: str = _AGAIN
    ) -> TriageError:
        """Give the error that a refusal means; `hide` are secrets that were sent."""
        reason = without(answers.detail(answer), hide)
        if answer.status == answers.TOO_MANY:
            reset = answers.reset_at(answer.headers, self._now())
            return RateLimited(
                f"X asks to wait before it will {what}",
                reset_at=reset,
                endpoint="sign-in",
                reason=reason,
            )
        if answer.status == answers.PAYMENT:
            return ChannelError(
                "The X account has no credit left",
                reason=reason,
                hint="Add credit in the X developer console",
            )
        if answers.may_pass(answer.status):
            return NetworkDown(f"X is out of order (status {answer.status})", reason=reason)
        if _REDIRECTS[0] <= answer.status <= _REDIRECTS[1]:
            return NetworkDown("X answered with a redirect", reason=reason)
        if answer.status in answers.OK:
            return ChannelError(f"X gave an answer that cannot be read: it did not {what}")
        return SignInNeeded(f"X refused to {what}", reason=reason, hint=hint)


class XOAuth2:
    """OAuth 2.0 of one app: codes, renewals, and the end of tokens."""

    def __init__(self, endpoint: Endpoint, client_id: str, client_secret: str = "") -> None:
        """Prepare.

        Args:
            endpoint: The way there.
            client_id: The app's.
            client_secret: Of a confidential app; a public one has none.
        """
        self._endpoint = endpoint
        self._client_id = client_id
        self._secret = client_secret

    def redeem(self, attempt: Attempt, code: str) -> Grant:
        """Trade a code for tokens.

        Raises:
            SignInNeeded: X refused it.
            TryLater: X could not be reached.
            ChannelError: X answered something else.
        """
        from triage.channels.x.client import NoAnswer

        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        try:
            answer = self._post(TOKEN, form)
        except NoAnswer as failure:
            raise NetworkDown(
                "X could not be reached; nobody was signed in", reason=failure.words, hint=_AGAIN
            ) from None
        grant = grant_of(answer)
        if grant is None:
            raise self._trouble(answer, "trade the code for tokens", [code, attempt.verifier])
        return grant

    def refresh(self, token: str) -> Grant:
        """Trade a refresh token for a new grant; see `triage.core.signin.Authority`."""
        from triage.channels.x.client import NoAnswer

        try:
            answer = self._post(TOKEN, {"grant_type": "refresh_token", "refresh_token": token})
        except NoAnswer as failure:
            if failure.sent:
                raise _unknown(failure.words) from None
            raise NetworkDown(
                "X could not be reached to renew the sign-in", reason=failure.words
            ) from None
        grant = grant_of(answer)
        if grant is not None:
            return grant
        trouble = self._trouble(answer, "renew the sign-in", [token])
        # A refusal without a word of X may be somebody else's on the way, such as a proxy's.
        wordless = isinstance(trouble, SignInNeeded) and not answers.is_worded(answer)
        if isinstance(trouble, NetworkDown) or answer.status in answers.OK or wordless:
            raise _unknown(trouble.reason or trouble.message)
        raise trouble

    def revoke(self, token: str) -> None:
        """End a token at X. Raises `TriageError` where it is not known to have ended."""
        from triage.channels.x.client import NoAnswer

        try:
            answer = self._post(REVOKE, {"token": token})
        except NoAnswer as failure:
            raise NetworkDown("X could not be reached", reason=failure.words) from None
        try:
            said = answers.document(answer).get("revoked") if answer.status in answers.OK else None
        except answers.Unreadable:
            said = None
        if said is not True:
            raise self._trouble(answer, "end the token", [token])

    def _post(self, path: str, form: dict[str, str]) -> Answer:
        headers = {}
        if self._secret:
            pair = f"{quote(self._client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form = {**form, "client_id": self._client_id}
        return self._endpoint.post(path, form, headers=headers)

    def _trouble(self, answer: Answer, what: str, hide: list[str]) -> TriageError:
        hint = _AGAIN
        if answer.status == answers.UNAUTHORIZED:
            hint = (
                "Check client_id under [auth]; a confidential app also needs client_secret in "
                "credentials.toml. Then: triage auth login"
            )
        return self._endpoint.trouble(answer, what, [*hide, self._secret], hint)


def grant_of(answer: Answer) -> Grant | None:
    """Read the tokens of an answer; None if it gives none."""
    if answer.status not in answers.OK or answer.flaw is not None:
        return None
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    access = _token(body, "access_token")
    if not access:
        return None
    span, scope = body.get("expires_in"), body.get("scope")
    known = isinstance(span, int) and not isinstance(span, bool) and 0 < span < _LONGEST_SPAN_S
    return Grant(
        access_token=access,
        refresh_token=_token(body, "refresh_token"),
        scopes=tuple(scope.split()) if isinstance(scope, str) else (),
        expires_in=span * SECOND if known else None,
    )


def without(text: str, secrets: Iterable[str]) -> str:
    """Take secrets out of somebody else's words."""
    for secret in sorted((s for s in secrets if s), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _token(body: Any, name: str) -> str:  # noqa: ANN401 - whatever JSON held
    value = body.get(name) if isinstance(body, Mapping) else None
    usable = isinstance(value, str) and value.isascii() and value.isprintable()
    return value if usable and isinstance(value, str) and " " not in value else ""


def _unknown(reason: str) -> RenewalUnknown:
    return RenewalUnknown(
        "It is not known whether X renewed the sign-in",
        reason=reason,
        hint="The next run tries again; if X has used up the refresh token, it will ask to sign in",
    )
