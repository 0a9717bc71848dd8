"""The page to which the browser comes back."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from signins import fetch_page
from triage.channels.x.callback import listening
from triage.channels.x.pkce import Attempt, code_of
from triage.errors import SignInNeeded, TriageError

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def attempt() -> Attempt:
    """An attempt whose answer comes to a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return Attempt("the-state", "the-verifier", f"http://127.0.0.1:{port}/callback")


def test_the_answer_comes_and_the_page_says_so(attempt: Attempt) -> None:
    """The person reads that the page may be closed; the program has the code."""
    with listening(attempt) as callback:
        status, page = fetch_page(f"{attempt.redirect_uri}?state=the-state&code=abc")
        assert status == 200
        assert "You may close this page" in page
        assert code_of(attempt, callback.wait(60)) == "abc"


def test_an_answer_to_another_attempt_is_not_taken(attempt: Attempt) -> None:
    """A wrong state gets a page that says so, and the right one is still waited for."""
    with listening(attempt) as callback:
        status, page = fetch_page(f"{attempt.redirect_uri}?state=foreign&code=evil")
        assert status == 400
        assert "not used" in page
        assert fetch_page(attempt.redirect_uri.replace("callback", "favicon.ico"))[0] == 404
        fetch_page(f"{attempt.redirect_uri}?state=the-state&code=abc")
        assert code_of(attempt, callback.wait(60)) == "abc"


def test_nobody_comes(attempt: Attempt) -> None:
    """The wait ends with how to go on."""
    with listening(attempt) as callback, pytest.raises(SignInNeeded) as error:
        callback.wait(0.01)
    assert "--no-browser" in error.value.hint


def test_a_silent_connection_does_not_block(attempt: Attempt) -> None:
    """Browsers open connections in advance and say nothing on them."""
    port = urlsplit(attempt.redirect_uri).port or 0
    with (
        listening(attempt) as callback,
        socket.create_connection(("127.0.0.1", port)),
    ):
        fetch_page(f"{attempt.redirect_uri}?state=the-state&code=abc")
        assert code_of(attempt, callback.wait(60)) == "abc"


def test_a_port_that_is_taken(attempt: Attempt) -> None:
    """It is said which, and what to do instead."""
    with listening(attempt), pytest.raises(TriageError) as error, listening(attempt):
        pass
    assert "callback_port" in error.value.hint
    assert "--no-browser" in error.value.hint
