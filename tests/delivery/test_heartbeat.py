"""One ping: what is sent, how it can fail, and that the address stays in no message."""

from __future__ import annotations

import socket
from http.client import HTTPMessage
from io import BytesIO
from urllib.request import HTTPRedirectHandler, Request

import pytest
from tinyserver import Reply, TinyServer, answer

from triage.delivery.heartbeat import Heartbeat, _opener

SECRET = "0a1b2c3d"  # noqa: S105 - of a test
PATH = f"/ping/{SECRET}"

pytestmark = pytest.mark.enable_socket


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is asked, whatever proxy whoever runs the tests has."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def asked(server: TinyServer) -> list[str]:
    """The first line of each request."""
    return [request.partition(b"\r\n")[0].decode() for request in server.requests]


def test_a_word_is_said() -> None:
    """A GET without a body; the query of the address stays behind the word."""
    with TinyServer(answer(200), answer(200)) as server:
        assert Heartbeat(server.base_url + PATH).ping("start") == ""
        assert Heartbeat(f"{server.base_url}{PATH}?create=1").ping("0") == ""
    assert asked(server) == [f"GET {PATH}/start HTTP/1.1", f"GET {PATH}/0?create=1 HTTP/1.1"]
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == b""
    assert b"user-agent: triage/" in head.lower()


@pytest.mark.parametrize("status", [404, 409, 500, 503])
def test_a_switch_that_refuses(status: int) -> None:
    """Its status is told."""
    with TinyServer(answer(status)) as server:
        assert Heartbeat(server.base_url + PATH).ping("0") == f"it answered {status}"


@pytest.mark.real_time
@pytest.mark.parametrize(
    "reply",
    [Reply(hang=True), Reply(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500, pause_s=0.02)],
    ids=["silent", "a byte at a time"],
)
def test_a_switch_that_never_answers(reply: Reply) -> None:
    """The time-out is for the whole of it: a byte now and then does not lengthen it."""
    with TinyServer(reply) as server:
        beat = Heartbeat(server.base_url + PATH, timeout_s=0.2)
        assert beat.ping("0") == "no answer within 0.2 s"


def test_a_switch_that_is_not_there() -> None:
    """Nobody listens: said as the system says it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert Heartbeat(f"http://127.0.0.1:{port}{PATH}").ping("0") == "Connection refused"


@pytest.mark.parametrize(
    "reply", [Reply(read=False), Reply(b"nonsense\r\n\r\n"), Reply(reset=True)], ids=str
)
def test_a_switch_that_breaks_off(reply: Reply) -> None:
    """Whatever comes instead of an answer is a failed ping, and no more."""
    with TinyServer(reply) as server:
        problem = Heartbeat(server.base_url + PATH).ping("0")
    assert problem
    assert SECRET not in problem


def test_a_redirect_is_followed() -> None:
    """Within its own scheme."""
    with TinyServer(answer(200)) as there:
        moved = answer(302, b"", {"Location": f"{there.base_url}/elsewhere"})
        with TinyServer(moved) as server:
            assert Heartbeat(server.base_url + PATH).ping("start") == ""
    assert asked(there) == ["GET /elsewhere HTTP/1.1"]


@pytest.mark.parametrize(
    "to", ["ftp://127.0.0.1:{}/x", "file:///etc/passwd", "data:,x", "gopher:x"]
)
def test_a_redirect_to_another_scheme_is_not_followed(to: str) -> None:
    """Nothing is asked there, and the ping has failed."""
    with TinyServer() as there:
        location = to.format(there.base_url.rpartition(":")[2])
        with TinyServer(answer(302, b"", {"Location": location})) as server:
            assert Heartbeat(server.base_url + PATH).ping("start") == "it answered 302"
    assert there.connections == 0


@pytest.mark.parametrize(
    ("url", "to", "is_followed"),
    [
        ("https://a.example/x", "https://b.example/x", True),
        ("http://a.example/x", "https://a.example/x", True),
        ("http://a.example/x", "http://b.example/x", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "ftp://a.example/x", False),
    ],
)
def test_no_redirect_leaves_https(url: str, to: str, *, is_followed: bool) -> None:
    """The address would go over the wire for everybody to read; the other way it is hidden."""
    handler = next(h for h in vars(_opener())["handlers"] if isinstance(h, HTTPRedirectHandler))
    asked = handler.redirect_request(Request(url), BytesIO(), 302, "", HTTPMessage(), to)  # noqa: S310
    assert (asked is not None) == is_followed


def test_a_redirect_in_a_circle_ends() -> None:
    """After a few times."""
    moved = answer(302, b"", {"Location": PATH})
    with TinyServer(*[moved] * 20) as server:
        assert Heartbeat(server.base_url + PATH).ping("0") == "it answered 302"
    assert server.connections < 20


@pytest.mark.parametrize("url", [f"ftp://x/{SECRET}", SECRET, f"http://a:{SECRET}@x/", ""])
def test_what_is_no_address(url: str) -> None:
    """Nothing is asked; it is said without repeating it."""
    problem = Heartbeat(url).ping("start")
    assert problem.startswith("its address must")
    assert SECRET not in problem


def test_the_address_is_not_shown() -> None:
    """Nor by its representation."""
    assert repr(Heartbeat(f"https://hc-ping.com/{SECRET}")) == (
        "<Heartbeat: https://hc-ping.com/...>"
    )
