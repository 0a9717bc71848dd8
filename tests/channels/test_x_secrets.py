"""No token of X is ever in a log, an error, an outcome or a description."""

from __future__ import annotations

import logging
import traceback

import pytest
from tinyserver import Reply, TinyServer, answer

from triage.channels.x.channel import XChannel
from triage.core.channel import Outgoing, PageRequest, Stream
from triage.core.credentials import Credentials
from triage.errors import SignInNeeded, TriageError

pytestmark = pytest.mark.enable_socket

NAMES = (
    "bearer_token",
    "consumer_key",
    "consumer_secret",
    "access_token",
    "access_token_secret",
    "user_token",
)
SECRETS = {name: f"SECRET-{name}-value" for name in NAMES}
SETS = {
    "tokens": ("bearer_token", "user_token"),
    "keys": ("consumer_key", "consumer_secret", "access_token", "access_token_secret"),
}
REPLIES = [
    answer(200, {"meta": {}}),
    answer(401, {"detail": "Unauthorized"}),
    answer(403, None),
    answer(429, b"no", {"x-rate-limit-reset": "soon"}),
    answer(500, b"<html>"),
    answer(302, b"", {"location": "https://example.com/"}),
    Reply(),
    Reply(hang=True),
    Reply(b"nonsense"),
]


def _no_secret(text: str) -> None:
    assert not [name for name, value in SECRETS.items() if value in text]


@pytest.mark.parametrize("chosen", SETS)
@pytest.mark.parametrize("reply", REPLIES, ids=repr)
def test_nothing_tells_a_token(chosen: str, reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    """With every logger at DEBUG, and whatever X answers, no token is written or raised."""
    caplog.set_level(logging.DEBUG)
    credentials = Credentials(**{name: SECRETS[name] for name in SETS[chosen]})
    told = ""
    with TinyServer(*[reply] * 4) as server:
        x = XChannel(
            credentials,
            now=lambda: 1_760_000_000_000,
            base_url=server.base_url,
            timeout_s=(0.5, 0.1),
            attempts=2,
            retry_wait_s=0,
        )
        try:
            told += repr(x.page(Stream.MENTIONS, "1", PageRequest()))
        except TriageError as error:
            told += "".join(traceback.format_exception(error)) + error.reason + error.hint
        told += repr(x.post(Outgoing("hello", None)))
        told += repr(x) + repr(vars(x))
    assert server.requests
    told += "".join(record.getMessage() + repr(vars(record)) for record in caplog.records)
    _no_secret(told)
    if chosen == "tokens":
        assert SECRETS["bearer_token"].encode() in server.requests[0]


def test_a_token_with_a_line_end(caplog: pytest.LogCaptureFixture) -> None:
    """A token that cannot be sent is named, not shown, and nothing is sent."""
    caplog.set_level(logging.DEBUG)
    credentials = Credentials(bearer_token=SECRETS["bearer_token"] + "\n", user_token="a b")  # noqa: S106
    with TinyServer() as server:
        x = XChannel(credentials, now=lambda: 0, base_url=server.base_url)
        with pytest.raises(SignInNeeded, match="bearer_token") as caught:
            x.page(Stream.MENTIONS, "1", PageRequest())
        outcome = x.post(Outgoing("hello", None))
        assert server.connections == 0
    assert outcome.sign_in
    _no_secret("".join(traceback.format_exception(caught.value)) + repr(outcome) + caplog.text)
