"""Sign-ins for tests: made at a sandbox without a browser, and laid on a shelf."""

from __future__ import annotations

import secrets
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from triage.config.shelf import TokenShelf
from triage.core.credentials import Credentials
from triage.core.signin import MEDIA, OAUTH2, READ_AND_ANSWER, SignIn
from triage.sandbox.oauth_state import CLIENT_ID, Refresh
from triage.sandbox.server import Sandbox
from triage.sandbox.state import Token

SCOPES = (*READ_AND_ANSWER, MEDIA)
HOUR_MS = 3_600_000


def granted(
    sandbox: Sandbox,
    handle: str = "acme",
    *,
    left_ms: int = 2 * HOUR_MS,
    scopes: tuple[str, ...] = SCOPES,
    kept_in: str = "file",
) -> SignIn:
    """Let a sandbox give tokens for an account, of which `left_ms` are left."""
    access, refresh = f"access-{secrets.token_hex(8)}", f"refresh-{secrets.token_hex(8)}"
    with sandbox.change() as state:
        user = state.user_named(handle) or state.add_user(handle)
        ends = state.now_ms() + left_ms
        state.tokens[access] = Token("user", user.id, expires_ms=ends, scopes=list(scopes))
        state.sign_ins.refreshes[refresh] = Refresh(CLIENT_ID, user.id, list(scopes), access)
        saved = state.now_ms()
    return SignIn(
        key=f"sandbox:{handle}",
        method=OAUTH2,
        handle=handle,
        user_id=user.id,
        credentials=Credentials(user_token=access),
        refresh_token=refresh,
        client_id=CLIENT_ID,
        scopes=scopes,
        expires_at=ends,
        saved_at=saved,
        kept_in=kept_in,
    )


def shelve(path: Path, sign_in: SignIn) -> TokenShelf:
    """Lay a sign-in on the shelf of a file."""
    shelf = TokenShelf(path)
    shelf.put(sign_in)
    return shelf


def say(url: str, decision: str = "approve", username: str = "acme") -> tuple[int, str, str]:
    """Say yes or no on a page of a sandbox; give status, where it leads, and the page."""
    form = {"decision": decision, "username": username}
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request("POST", f"{parts.path}?{parts.query}", body=urlencode(form))
        answer = connection.getresponse()
        page = answer.read().decode()
        return answer.status, answer.getheader("location") or "", page
    finally:
        connection.close()


def fetch_page(url: str) -> tuple[int, str]:
    """Open an address as a browser does."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def query_of(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(url).query))


def every_secret(sandbox: Sandbox) -> set[str]:
    """All that a sandbox gave which must never be shown."""
    with sandbox.read() as state:
        ours = state.sign_ins
        return {*state.tokens, *ours.refreshes, *ours.codes}
