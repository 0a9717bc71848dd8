"""Sign-in as X does it: OAuth 2.0 with PKCE, and OAuth 1.0a with a PIN.

The error bodies of the token endpoint are those that X was seen to give. Where X may behave in
several ways, this is the strict one: a code is good once and for 30 seconds, a refresh token once,
and a renewal ends the access token before it. Signatures of OAuth 1.0a are not checked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from triage.sandbox import consent
from triage.sandbox.oauth_state import Code, Refresh, Ticket
from triage.sandbox.state import CONSUMER_KEY, Token
from triage.sandbox.wire import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from triage.sandbox.state import State, User

CODE_MS = 30_000
ACCESS_S = 7_200
_ROUTES = {
    ("GET", "/i/oauth2/authorize"): "authorize",
    ("POST", "/i/oauth2/authorize"): "authorize",
    ("POST", "/2/oauth2/token"): "token",
    ("POST", "/2/oauth2/revoke"): "revoke",
    ("POST", "/oauth/request_token"): "request_token",
    ("GET", "/oauth/authorize"): "pin",
    ("POST", "/oauth/authorize"): "pin",
    ("POST", "/oauth/access_token"): "access_token",
    ("POST", "/1.1/oauth/invalidate_token"): "invalidate",
}
_READ = frozenset({"tweet.read", "users.read"})
_WRITE = frozenset({"create", "delete"})


class _Refused(Exception):
    """A request ends with this answer, and nothing is kept."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"{response.status}")
        self.response = response


def endpoint_of(method: str, target: str) -> str | None:
    """Name the sign-in endpoint that a request is for; None if it is for none."""
    return _ROUTES.get((method, urlsplit(target).path))


def scopes_for(endpoint: str) -> frozenset[str]:
    """Tell what a token must be allowed for an endpoint of the API."""
    if endpoint.startswith("media"):
        return frozenset({"media.write"})
    return _READ | {"tweet.write"} if endpoint in _WRITE else _READ


def serve(endpoint: str, request: Request, state: State) -> Response:
    """Answer a request for a sign-in endpoint; what it changes in the state must be kept."""
    parts = urlsplit(request.target)
    given = dict(parse_qsl(parts.query) + parse_qsl(request.body.decode("ascii", "replace")))
    handlers: dict[str, Callable[[Request, dict[str, str], State], Response]] = {
        "authorize": _authorize,
        "token": _token,
        "revoke": _revoke,
        "request_token": _request_token,
        "pin": _pin,
        "access_token": _access_token,
        "invalidate": _invalidate,
    }
    try:
        return handlers[endpoint](request, given, state)
    except _Refused as refused:
        return refused.response


def _authorize(request: Request, given: dict[str, str], state: State) -> Response:
    client = state.sign_ins.clients.get(given.get("client_id", ""))
    redirect = given.get("redirect_uri", "")
    if client is None or redirect not in client.redirect_uris:
        # Never a redirect to an address that was not registered.
        return consent.page(400, "Something went wrong", consent.NOT_REGISTERED)
    wrong = (
        given.get("response_type") != "code"
        or given.get("code_challenge_method") != "S256"
        or not given.get("code_challenge")
        or not given.get("state")
        or not given.get("scope")
    )
    if wrong:
        return consent.page(400, "Something went wrong", "A parameter is missing or wrong.")
    if request.method == "GET":
        return consent.ask(request.target, given["scope"].split(), state)
    if given.get("decision") != "approve":
        return _redirect(redirect, {"error": "access_denied", "state": given["state"]})
    code = secrets.token_urlsafe(32)
    state.sign_ins.codes[code] = Code(
        client_id=given["client_id"],
        user_id=_who(given, state).id,
        redirect_uri=redirect,
        scopes=given["scope"].split(),
        challenge=given["code_challenge"],
        expires_ms=state.now_ms() + CODE_MS,
    )
    return _redirect(redirect, {"state": given["state"], "code": code})


def _token(request: Request, given: dict[str, str], state: State) -> Response:
    client_id = _client(request, given, state)
    match given.get("grant_type"):
        case "authorization_code":
            return _redeem(client_id, given, state)
        case "refresh_token":
            return _renew(client_id, given, state)
    raise _invalid("Value passed for the grant type was invalid.")


def _redeem(client_id: str, given: dict[str, str], state: State) -> Response:
    code = state.sign_ins.codes.get(given.get("code", ""))
    if (
        code is None
        or code.used
        or code.client_id != client_id
        or state.now_ms() >= code.expires_ms
    ):
        raise _invalid("Value passed for the authorization code was invalid.")
    if given.get("redirect_uri") != code.redirect_uri:
        raise _invalid(
            "Value passed for the redirect uri did not match the uri of the authorization code."
        )
    digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
        raise _invalid("Value passed for the code verifier did not match the code challenge.")
    code.used = True
    return _grant(client_id, code.user_id, code.scopes, state)


def _renew(client_id: str, given: dict[str, str], state: State) -> Response:
    refresh = state.sign_ins.refreshes.get(given.get("refresh_token", ""))
    if refresh is None or refresh.used or refresh.client_id != client_id:
        raise _invalid("Value passed for the token was invalid.")
    refresh.used = True
    state.tokens[refresh.access_token].revoked = True
    return _grant(client_id, refresh.user_id, refresh.scopes, state)


def _grant(client_id: str, user_id: str, scopes: list[str], state: State) -> Response:
    access = secrets.token_urlsafe(48)
    state.tokens[access] = Token(
        "user", user_id, expires_ms=state.now_ms() + ACCESS_S * 1_000, scopes=list(scopes)
    )
    body: dict[str, object] = {
        "token_type": "bearer",
        "expires_in": ACCESS_S,
        "access_token": access,
        "scope": " ".join(scopes),
    }
    if "offline.access" in scopes:
        refresh = secrets.token_urlsafe(48)
        state.sign_ins.refreshes[refresh] = Refresh(client_id, user_id, list(scopes), access)
        body["refresh_token"] = refresh
    return _json(200, body)


def _revoke(request: Request, given: dict[str, str], state: State) -> Response:
    _client(request, given, state)
    name = given.get("token", "")
    token, refresh = state.tokens.get(name), state.sign_ins.refreshes.get(name)
    if token is None and refresh is None:
        raise _invalid("Value passed for the token was invalid.")
    if token is not None:
        token.revoked = True
    if refresh is not None:
        refresh.used = True
    return _json(200, {"revoked": True})


def _request_token(request: Request, _: dict[str, str], state: State) -> Response:
    signed = _signed(request)
    if signed.get("oauth_consumer_key") != CONSUMER_KEY:
        raise _not_authenticated()
    if signed.get("oauth_callback") != "oob":
        raise _Refused(
            _json(403, {"errors": [{"code": 415, "message": "Callback URL not approved"}]})
        )
    name = secrets.token_urlsafe(20)
    state.sign_ins.tickets[name] = Ticket(CONSUMER_KEY)
    return _form(
        {
            "oauth_token": name,
            "oauth_token_secret": secrets.token_urlsafe(20),
            "oauth_callback_confirmed": "true",
        }
    )


def _pin(request: Request, given: dict[str, str], state: State) -> Response:
    ticket = state.sign_ins.tickets.get(given.get("oauth_token", ""))
    if ticket is None or ticket.used:
        return consent.page(403, "Whoa there!", "The request token for this page is invalid.")
    if request.method == "GET":
        return consent.ask(request.target, ["everything that this app may do"], state)
    if given.get("decision") != "approve":
        return consent.page(200, "Access was denied", "You may close this page.")
    ticket.user_id = _who(given, state).id
    ticket.pin = f"{secrets.randbelow(10_000_000):07}"
    return consent.page(200, "Your PIN", "Type it into triage.", ticket.pin)


def _access_token(request: Request, given: dict[str, str], state: State) -> Response:
    signed = _signed(request)
    ticket = state.sign_ins.tickets.get(signed.get("oauth_token", ""))
    if ticket is None or ticket.used or signed.get("oauth_consumer_key") != ticket.consumer_key:
        raise _not_authenticated()
    verifier = signed.get("oauth_verifier") or given.get("oauth_verifier", "")
    if not ticket.pin or verifier != ticket.pin:
        words = b"Error processing your OAuth request: Invalid oauth_verifier parameter"
        raise _Refused(Response(401, {"content-type": "text/plain; charset=utf-8"}, words))
    ticket.used = True
    name = f"{ticket.user_id}-{secrets.token_urlsafe(24)}"
    state.tokens[name] = Token("oauth1", ticket.user_id, ticket.consumer_key)
    return _form(
        {
            "oauth_token": name,
            "oauth_token_secret": secrets.token_urlsafe(32),
            "user_id": ticket.user_id,
            "screen_name": state.users[ticket.user_id].username,
        }
    )


def _invalidate(request: Request, _: dict[str, str], state: State) -> Response:
    signed = _signed(request)
    name = signed.get("oauth_token", "")
    token = state.tokens.get(name)
    known = token is not None and token.kind == "oauth1" and not token.revoked
    if token is None or not known or token.consumer_key != signed.get("oauth_consumer_key"):
        raise _not_authenticated()
    token.revoked = True
    return _json(200, {"access_token": name})


def _client(request: Request, given: Mapping[str, str], state: State) -> str:
    """Find out which app asks: by Basic if it has a secret, else by its id in the form."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(rest, validate=True).decode()
        except ValueError:
            raise _unauthorized() from None
        client_id, _, secret = (unquote(part) for part in pair.partition(":"))
        client = state.sign_ins.clients.get(client_id)
        if client is None or not client.secret or client.secret != secret:
            raise _unauthorized()
        return client_id
    client_id = given.get("client_id", "")
    public = state.sign_ins.clients.get(client_id)
    if public is None:
        raise _invalid("Value passed for the client id was invalid.")
    if public.secret:
        raise _unauthorized()
    return client_id


def _who(given: Mapping[str, str], state: State) -> User:
    """Tell who says yes: `username`, else the first account."""
    named = state.user_named(given["username"]) if given.get("username") else None
    return named or consent.accounts(state)[0]


def _signed(request: Request) -> dict[str, str]:
    """Read the parameters of an OAuth 1.0a header."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "oauth":
        raise _not_authenticated()
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {unquote(name): unquote(value.strip('"')) for name, _, value in pairs}


def _redirect(to: str, query: dict[str, str]) -> Response:
    return Response(302, {"location": f"{to}?{urlencode(query)}", "cache-control": "no-store"})


def _json(status: int, body: object) -> Response:
    sent = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}
    return Response(status, sent, json.dumps(body).encode())


def _form(fields: dict[str, str]) -> Response:
    return Response(200, {"content-type": "text/html; charset=utf-8"}, urlencode(fields).encode())


def _invalid(description: str) -> _Refused:
    return _Refused(_json(400, {"error": "invalid_request", "error_description": description}))


def _unauthorized() -> _Refused:
    words = "Missing valid authorization header"
    return _Refused(_json(401, {"error": "unauthorized_client", "error_description": words}))


def _not_authenticated() -> _Refused:
    return _Refused(
        _json(401, {"errors": [{"code": 32, "message": "Could not authenticate you."}]})
    )
