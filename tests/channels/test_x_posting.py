"""Posting to X over real HTTP: one request at most, and an honest fate for whatever happens."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest
from tinyserver import Reply, TinyServer, answer

from triage.channels.x.channel import XChannel
from triage.core.channel import Fate, Outgoing
from triage.core.credentials import Credentials
from triage.core.model import HOUR, MINUTE, SECOND
from triage.errors import ChannelError, NetworkDown, SignInNeeded

pytestmark = pytest.mark.enable_socket

NOW = 1_760_000_000_000
KEYS = Credentials(user_token="user-token-for-tests")  # noqa: S106 - made up
REPLY = Outgoing("On its way", "1976000000000000000")
CREATED = {"data": {"id": "1977000000000000000", "text": "On its way"}}


def channel(base_url: str, credentials: Credentials = KEYS) -> XChannel:
    """Make a channel with short time-outs and a clock that stands still."""
    return XChannel(
        credentials,
        now=lambda: NOW,
        base_url=base_url,
        timeout_s=(0.5, 0.3),
        attempts=3,
        retry_wait_s=0,
    )


@pytest.mark.parametrize("status", [200, 201])
def test_sent(status: int) -> None:
    """A good status with an id is sent; the request says what to answer and who asks."""
    with TinyServer(answer(status, CREATED)) as server:
        outcome = channel(server.base_url).post(REPLY)
    assert (outcome.fate, outcome.native_id) == (Fate.SENT, "1977000000000000000")
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /2/tweets HTTP/1.1\r\n")
    assert b"Authorization: Bearer user-token-for-tests" in head
    assert json.loads(body) == {
        "text": "On its way",
        "reply": {"in_reply_to_tweet_id": "1976000000000000000"},
    }


def test_signed_with_keys() -> None:
    """With OAuth 1.0a keys a post is signed for X itself, whatever server stands in for it."""
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    keys = Credentials(**{name: f"made-up-{name}" for name in names})
    with TinyServer(answer(201, CREATED)) as server:
        assert channel(server.base_url, keys).post(REPLY).fate is Fate.SENT
    assert b'Authorization: OAuth oauth_nonce="' in server.requests[0]
    assert b'oauth_token="made-up-access_token"' in server.requests[0]
    assert b"Bearer" not in server.requests[0]


@pytest.mark.parametrize(
    "reply",
    [
        answer(500, {"title": "Internal Server Error"}),
        answer(503, {"detail": "Service Unavailable"}),
        answer(503, b"<html>busy</html>", {"content-type": "text/html"}),
        answer(408, {}),
        answer(200, {"data": None}),
        answer(200, {"data": {"text": "no id"}}),
        answer(200, {"data": {"id": ""}}),
        answer(200, {"data": {"id": True}}),
        answer(200, {"errors": [{"message": "something"}]}),
        answer(200, None),
        answer(200, [1, 2]),
        answer(200, b"<html>welcome</html>", {"content-type": "text/html"}),
        answer(201, b'{"data": {"id": "19770000'),
        answer(201, b'{"data": {"id": "19770000', {"content-length": "60"}),
        answer(204, b""),
        answer(302, b"", {"location": "https://example.com/login"}),
        answer(307, b"", {"location": "https://api.twitter.com/2/tweets"}),
        Reply(),
        Reply(reset=True),
        Reply(b"HTTP/1.1 201 Created\r\n"),
        Reply(b"nonsense\r\n\r\n"),
        Reply(hang=True),
        Reply(b"HTTP/1.1 201 Created\r\ncontent-length: 60\r\n\r\n{", hang=True),
    ],
    ids=repr,
)
def test_unknown(reply: Reply) -> None:
    """Once bytes have left, whatever is no clear answer is unknown, after one request."""
    with TinyServer(reply, answer(201, CREATED)) as server:
        outcome = channel(server.base_url).post(REPLY)
        connections = server.connections
    assert outcome.fate is Fate.UNKNOWN
    assert outcome.native_id is None
    assert outcome.retry_at is None
    assert outcome.detail
    assert connections == 1


@pytest.mark.parametrize(
    ("status", "body", "words", "sign_in"),
    [
        (400, {"errors": [{"message": "text is too long"}]}, "text is too long", False),
        (400, None, "status 400", False),
        (400, [], "status 400", False),
        (400, {"errors": None, "detail": "odd"}, "odd", False),
        (400, {"errors": ["plain"]}, "plain", False),
        (401, {"title": "Unauthorized", "detail": "Unauthorized"}, "Unauthorized", True),
        (402, {"title": "CreditsDepleted", "detail": "no credits"}, "no credits", False),
        (403, {"detail": "You may not reply to this."}, "You may not reply", False),
        (403, {"detail": "duplicate content"}, "duplicate content", False),
        (403, {"reason": "client-not-enrolled", "detail": "enrol first"}, "enrol first", True),
        (
            403,
            {"type": "https://api.x.com/2/problems/oauth1-permissions", "detail": "read only"},
            "read only",
            True,
        ),
        (404, b"gone", "status 404", False),
        (413, b"", "status 413", False),
        (422, {"error": "invalid"}, "invalid", False),
    ],
)
def test_refused(status: int, body: object, words: str, sign_in: bool) -> None:
    """A clear no is refused, with X's words and whether signing in would help."""
    with TinyServer(answer(status, body)) as server:
        outcome = channel(server.base_url).post(REPLY)
    assert outcome.fate is Fate.REFUSED
    assert words in outcome.detail
    assert outcome.sign_in is sign_in
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("headers", "retry_at"),
    [
        ({"x-rate-limit-reset": str(NOW // 1000 + 600)}, NOW + 600 * SECOND),
        ({}, NOW + 15 * MINUTE),
        ({"x-rate-limit-reset": "soon"}, NOW + 15 * MINUTE),
        ({"x-rate-limit-reset": ""}, NOW + 15 * MINUTE),
        ({"x-rate-limit-reset": "-5"}, NOW + 15 * MINUTE),
        ({"x-rate-limit-reset": "9" * 40}, NOW + 15 * MINUTE),
        ({"x-rate-limit-reset": "99999999999"}, NOW + 15 * MINUTE),
        ({"x-rate-limit-reset": str(NOW // 1000 - 3600)}, NOW + 5 * SECOND),
        (
            {
                "x-rate-limit-reset": str(NOW // 1000 + 60),
                "x-rate-limit-remaining": "99",
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": str(NOW // 1000 + 20 * 3600),
            },
            NOW + 20 * HOUR,
        ),
    ],
    ids=str,
)
def test_asked_to_wait(headers: dict[str, str], retry_at: int) -> None:
    """A 429 was not sent, and tells when to try again: never now, never in the past."""
    with TinyServer(answer(429, b"Rate limit exceeded\n", headers)) as server:
        outcome = channel(server.base_url).post(REPLY)
    assert (outcome.fate, outcome.retry_at) == (Fate.NOT_SENT, retry_at)
    assert len(server.requests) == 1


def test_connection_refused() -> None:
    """A connection that was refused has carried nothing: not sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    outcome = channel(base_url).post(REPLY)
    assert (outcome.fate, outcome.retry_at) == (Fate.NOT_SENT, None)
    assert "refused" in outcome.detail


def test_torn_down_at_once() -> None:
    """A connection torn down while it comes about may or may not have carried bytes: one try."""
    with TinyServer(Reply(read=False, reset=True), answer(201, CREATED)) as server:
        outcome = channel(server.base_url).post(REPLY)
        assert server.connections == 1
    assert outcome.fate in {Fate.NOT_SENT, Fate.UNKNOWN}


def test_name_not_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that was not found has received nothing: not sent."""

    def fail(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    outcome = channel("http://localhost:9").post(REPLY)
    assert outcome.fate is Fate.NOT_SENT
    assert "not found" in outcome.detail


def test_no_connection_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that did not come about in time has carried nothing: not sent."""

    def slow(*_: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", slow)
    outcome = channel("http://127.0.0.1:9").post(REPLY)
    assert outcome.fate is Fate.NOT_SENT
    assert "0.5 s" in outcome.detail


def test_failed_handshake_is_not_sent() -> None:
    """A TLS handshake that fails precedes the request: not sent."""
    with TinyServer(Reply(b"HTTP/1.1 400 Bad Request\r\n\r\n", read=False)) as server:
        outcome = channel(server.base_url.replace("http:", "https:")).post(REPLY)
    assert outcome.fate is Fate.NOT_SENT
    assert "secure connection" in outcome.detail or "connection" in outcome.detail


@pytest.mark.parametrize(
    "reply", [answer(407, b""), answer(502, b""), Reply(), Reply(hang=True)], ids=repr
)
def test_a_proxy_that_does_not_let_through(reply: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a proxy is asked before the request is not the request: not sent."""
    with TinyServer(reply) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.base_url)
        monkeypatch.setenv("NO_PROXY", "")
        x = XChannel(KEYS, now=lambda: NOW, timeout_s=(0.5, 0.3))
        outcome = x.post(REPLY)
    assert outcome.fate is Fate.NOT_SENT
    assert server.requests[0].startswith(b"CONNECT api.twitter.com:443 ")
    assert b"user-token-for-tests" not in server.requests[0]


def test_after_a_read_a_post_has_its_own_connection() -> None:
    """A post never rides on a kept connection, which may have died unseen."""
    me = {"data": {"id": "1", "name": "Acme", "username": "acme"}}
    kept = replace(answer(200, me, {"connection": "keep-alive"}), hang=True)
    with TinyServer(kept, answer(201, CREATED)) as server:
        x = channel(server.base_url)
        assert x.me().handle == "acme"
        assert x.post(REPLY).fate is Fate.SENT
    assert [r.split(b" ", 1)[0] for r in server.requests] == [b"GET", b"POST"]


def test_credentials_that_only_read() -> None:
    """Without credentials of an account nothing is sent, and signing in would help."""
    reader = Credentials(bearer_token="app-token-for-tests")  # noqa: S106 - made up
    with TinyServer() as server:
        x = channel(server.base_url, reader)
        outcome = x.post(REPLY)
        with pytest.raises(SignInNeeded):
            x.delete("1")
        assert server.connections == 0
    assert (outcome.fate, outcome.sign_in) == (Fate.REFUSED, True)
    assert x.capabilities.can_post is False


def test_a_parent_that_is_no_id() -> None:
    """A parent that cannot be an id of X is refused without a request."""
    with TinyServer() as server:
        outcome = channel(server.base_url).post(Outgoing("a", "1/../2"))
        assert server.connections == 0
    assert outcome.fate is Fate.REFUSED


def test_lone_surrogates_do_not_break_a_post() -> None:
    """A text that no encoding can hold is handed over escaped, for X to judge."""
    with TinyServer(answer(400, {"detail": "no"})) as server:
        assert channel(server.base_url).post(Outgoing("a\ud800b", None)).fate is Fate.REFUSED
    assert rb"a\ud800b" in server.requests[0]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (answer(200, {"data": {"deleted": True}}), True),
        (answer(200, {"data": {"deleted": False}}), False),
        (answer(404, {"title": "Not Found"}), True),
    ],
    ids=repr,
)
def test_delete(reply: Reply, expected: bool) -> None:
    """A post is gone when X says so, also if it was gone before."""
    with TinyServer(reply) as server:
        assert channel(server.base_url).delete("123") is expected
    assert server.requests[0].startswith(b"DELETE /2/tweets/123 ")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(), NetworkDown),
        (answer(503, {}), NetworkDown),
        (answer(403, {"detail": "not yours"}), ChannelError),
        (answer(401, {}), SignInNeeded),
        (answer(200, None), ChannelError),
        (answer(200, {"data": {}}), ChannelError),
        (answer(200, {"errors": [{"detail": "no word of it"}]}), ChannelError),
    ],
    ids=repr,
)
def test_failed_delete(reply: Reply, error: type[Exception]) -> None:
    """A deletion that is not confirmed raises, after one request."""
    with TinyServer(reply, answer(200, {"data": {"deleted": True}})) as server:
        with pytest.raises(error):
            channel(server.base_url).delete("123")
        assert server.connections == 1
