"""PKCE: what goes to the browser, and what is believed of what comes back."""

from __future__ import annotations

import pytest

from signins import query_of
from triage.channels.x.pkce import (
    Attempt,
    authorize_url,
    begin,
    challenge,
    code_of,
    is_answer_to,
)
from triage.core.signin import READ_AND_ANSWER
from triage.errors import Refused, SignInNeeded

ATTEMPT = Attempt("the-state", "the-verifier", "http://127.0.0.1:8765/callback")
BACK = "http://127.0.0.1:8765/callback"


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_every_attempt_is_another() -> None:
    """State and verifier are made anew, long enough for the standard."""
    one, two = begin(8765), begin(8765)
    assert one.state != two.state
    assert one.verifier != two.verifier
    assert 43 <= len(one.verifier) <= 128
    assert one.redirect_uri == BACK


def test_the_address_asks_for_what_is_needed() -> None:
    """Scopes, state and challenge are in it; the verifier is not."""
    url = authorize_url(ATTEMPT, "client", READ_AND_ANSWER)
    assert url.startswith("https://x.com/i/oauth2/authorize?")
    assert query_of(url) == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": BACK,
        "scope": "tweet.read users.read tweet.write offline.access",
        "state": "the-state",
        "code_challenge": challenge("the-verifier"),
        "code_challenge_method": "S256",
    }
    assert "the-verifier" not in url


def test_the_address_of_a_sandbox() -> None:
    """Only the host differs."""
    url = authorize_url(ATTEMPT, "client", ("tweet.read",), "http://127.0.0.1:9")
    assert url.startswith("http://127.0.0.1:9/i/oauth2/authorize?")


@pytest.mark.parametrize(
    "answer",
    [
        f"{BACK}?state=the-state&code=abc",
        f"  {BACK}?code=abc&state=the-state\n",
        "code=abc&state=the-state",
        "?state=the-state&code=abc",
        "abc",
        " abc\n",
    ],
)
def test_what_a_person_pastes(answer: str) -> None:
    """The whole address, its end, or the code alone."""
    assert code_of(ATTEMPT, answer) == "abc"


@pytest.mark.parametrize(
    "answer",
    [
        f"{BACK}?state=another&code=abc",
        f"{BACK}?code=abc",
        f"{BACK}?state=the-state&state=the-state&code=abc",
        f"{BACK}?state=the-stat%C3%A9&code=abc",
        "code=abc",
        f"{BACK}?error=access_denied",
    ],
)
def test_another_state_is_refused(answer: str) -> None:
    """An answer without our state, or with two, is not used, whatever it says."""
    with pytest.raises(Refused, match="another attempt"):
        code_of(ATTEMPT, answer)
    assert not is_answer_to(ATTEMPT, answer)


@pytest.mark.parametrize("answer", ["", "two words", f"{BACK}?state=the-state", "ä", "x" * 5000])
def test_no_code(answer: str) -> None:
    """What holds no code is told so before X is asked."""
    with pytest.raises(Refused):
        code_of(ATTEMPT, answer)


def test_no_at_x() -> None:
    """Saying no is no error of anybody; other errors keep X's word, cleaned."""
    with pytest.raises(SignInNeeded, match="told no"):
        code_of(ATTEMPT, f"{BACK}?state=the-state&error=access_denied")
    with pytest.raises(SignInNeeded) as error:
        code_of(ATTEMPT, f"{BACK}?state=the-state&error=%1b]0;server_error")
    assert "\x1b" not in error.value.reason
    assert "server_error" in error.value.reason


def test_nothing_shows_the_verifier() -> None:
    """An attempt can be printed."""
    assert "the-verifier" not in repr(ATTEMPT)
    assert "the-state" not in repr(ATTEMPT)
