"""OAuth 2.0 with PKCE: what is sent to the browser, and what comes back from it. Pure.

The verifier never leaves this computer before the code is redeemed; the state ties the answer to
the question, so that nobody can slip in a code of another account.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from triage.core.text import clean
from triage.errors import Refused, SignInNeeded

AUTHORIZE = "https://x.com/i/oauth2/authorize"
CALLBACK_PATH = "/callback"
_AGAIN = "Begin again: triage auth login"
_LONGEST = 4_096


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One attempt to sign in.

    Attributes:
        state: Comes back with the code.
        verifier: Proves, with the code, that the attempt was ours.
        redirect_uri: Where the browser is sent afterwards; as registered with X.
    """

    state: str
    verifier: str
    redirect_uri: str

    def __repr__(self) -> str:
        """Never tell the verifier."""
        return f"<Attempt: {self.redirect_uri}>"


def begin(port: int) -> Attempt:
    """Make an attempt whose answer comes to a port of this computer."""
    # 64 random bytes are 86 characters; the standard asks for 43 to 128.
    return Attempt(
        state=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(64),
        redirect_uri=f"http://127.0.0.1:{port}{CALLBACK_PATH}",
    )


def challenge(verifier: str) -> str:
    """Give the S256 challenge of a verifier."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorize_url(
    attempt: Attempt, client_id: str, scopes: Sequence[str], base: str | None = None
) -> str:
    """Give the address that a person opens to say yes.

    Args:
        attempt: Whose answer it will be.
        client_id: The app's.
        scopes: What is asked for.
        base: A loopback server that stands in for X.
    """
    query = urlencode(
        {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": " ".join(scopes),
            "state": attempt.state,
            "code_challenge": challenge(attempt.verifier),
            "code_challenge_method": "S256",
        }
    )
    place = AUTHORIZE if base is None else f"{base}{urlsplit(AUTHORIZE).path}"
    return f"{place}?{query}"


def is_answer_to(attempt: Attempt, target: str) -> bool:
    """Whether a redirected address carries the state of this attempt."""
    state = _only(parse_qs(urlsplit(target).query), "state")
    return secrets.compare_digest(state.encode(), attempt.state.encode())


def code_of(attempt: Attempt, answer: str) -> str:
    """Read the code from what came back: a redirected address, or the code alone.

    A code alone carries no state; the verifier still makes it worthless for anybody else.

    Raises:
        Refused: It belongs to another attempt, or it holds no code.
        SignInNeeded: The person said no at X.
    """
    text = answer.strip()
    if len(text) > _LONGEST:
        raise Refused("What was pasted is too long to be a code.", hint=_AGAIN)
    if "://" not in text and "code=" not in text and "error=" not in text:
        return _checked(text)
    query = parse_qs(urlsplit(text).query or text.lstrip("?"))
    state = _only(query, "state")
    if not secrets.compare_digest(state.encode(), attempt.state.encode()):
        raise Refused(
            "The answer belongs to another attempt to sign in; it was not used.",
            reason="Its state is not the one that was sent.",
            hint=_AGAIN,
        )
    error = _only(query, "error")
    if error == "access_denied":
        raise SignInNeeded("X was told no; nobody was signed in.", hint=_AGAIN)
    if error:
        raise SignInNeeded(
            "X did not give a code.", reason=f"It said: {clean(error)[:200]}.", hint=_AGAIN
        )
    return _checked(_only(query, "code"))


def _only(query: dict[str, list[str]], name: str) -> str:
    values = query.get(name, [])
    return values[0] if len(values) == 1 else ""


def _checked(code: str) -> str:
    if not code or not code.isascii() or not code.isprintable() or " " in code:
        raise Refused(
            "What came back holds no code.",
            hint="Paste the whole address that the browser shows after you said yes.",
        )
    return code
