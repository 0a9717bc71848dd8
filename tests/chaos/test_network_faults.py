"""What goes wrong on our side of the network: names, certificates, proxies, clocks, time."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest

from chaos.between import CERTIFICATE, Proxy, SecureFront
from chaos.desk import (
    MINUTE_MS,
    Desk,
    Maker,
    complaints,
    now_ms,
    published,
    waiting_customers,
)
from chaos.oracle import assert_complete
from secrecy import SECRET
from triage.channels.x.channel import XChannel
from triage.channels.x.wire import API_HOST
from triage.core.credentials import Credentials
from triage.sandbox.faults import Kind, Rule
from triage.sandbox.state import Clock

pytestmark = pytest.mark.enable_socket

OK, UNKNOWN, TRY_LATER = 0, 5, 75
TEXT = "We are sorry: it is on its way."
HOUR_MS = 60 * MINUTE_MS
SILENCE = (OK, "", "")
X = None
"""No base URL: the account is at X itself."""


@pytest.fixture(autouse=True)
def _hasty() -> Iterator[None]:
    """A read is tried twice without a pause, and nothing is waited for longer than a moment."""
    import stamina

    def hasty(credentials: Credentials, **options: Any) -> XChannel:  # noqa: ANN401
        return XChannel(credentials, **{**options, "timeout_s": (0.3, 0.3)})

    with (
        stamina.set_testing(True, attempts=2, cap=True),
        mock.patch("triage.channels.load", return_value=hasty),
    ):
        yield


@pytest.fixture
def parent(desk: Desk) -> str:
    """The post that is answered."""
    return complaints(desk.server)[0].id


def port_of(desk: Desk) -> int:
    """Where the desk's sandbox listens."""
    port = urlsplit(desk.server.base_url).port
    assert port is not None
    return port


def assert_nothing_left(desk: Desk, parent: str, words: str) -> None:
    """A fetch and a reply both end with 75 and these words; the reply waits to be sent."""
    fetched, replied = desk.run_here("fetch"), desk.run_here("reply", parent, TEXT, "-y")
    # A reply says before it goes out that nobody could look at its thread.
    for ran, lines in ((fetched, 1), (replied, 2)):
        assert (ran.code, ran.err.count("\n")) == (TRY_LATER, lines), ran
        assert words in ran.err
        assert SECRET not in ran.err
    assert [r["state"] for r in desk.replies()] == ["queued"]
    assert published(desk.server, TEXT, parent) == []


def assert_healed(desk: Desk, parent: str) -> None:
    """The next fetch reads what is new, and sends what waited, once."""
    assert desk.run_here("fetch").code == OK
    assert len(published(desk.server, TEXT, parent)) == 1
    assert [(r["state"], r["text"]) for r in desk.replies()] == [("sent", TEXT)]
    assert desk.run_here("fetch") == SILENCE
    assert_complete(desk)


@contextlib.contextmanager
def names(failure: OSError | None, held: threading.Event | None = None) -> Iterator[None]:
    """The name server does not know X, or does not answer until it is released."""
    real = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - as the library has it
        if host != API_HOST:
            return real(host, *args, **more)
        if held is not None:
            held.wait(20)
        raise failure or socket.gaierror(socket.EAI_AGAIN, "Temporary failure")

    with mock.patch("socket.getaddrinfo", look_up):
        yield


def test_no_name(desk: Desk, parent: str) -> None:
    """A name that is not found: 75, nothing has left, and the next run sends what waited."""
    desk.point_to(X)
    with names(socket.gaierror(socket.EAI_NONAME, "Name or service not known")):
        assert_nothing_left(desk, parent, "the name of X's server was not found")
    desk.point_to(desk.server.base_url)
    assert_healed(desk, parent)


def test_a_name_server_that_hangs(desk: Desk, parent: str) -> None:
    """It holds neither a read nor a reply; what had not left by then never leaves."""
    desk.point_to(X)
    held = threading.Event()
    with names(None, held):
        began = time.monotonic()
        assert_nothing_left(desk, parent, "no answer within 1.2 s")
        assert time.monotonic() - began < 18
        held.set()
    desk.point_to(desk.server.base_url)
    assert_healed(desk, parent)


def test_a_certificate_that_nobody_signed(desk: Desk, parent: str) -> None:
    """A secure connection that cannot be trusted is not used; with its certificate known it is."""
    with SecureFront(port_of(desk)) as front:
        desk.point_to(f"https://127.0.0.1:{front.port}")
        assert_nothing_left(desk, parent, "the secure connection failed")
        desk.more_env = {"REQUESTS_CA_BUNDLE": str(CERTIFICATE)}
        assert_healed(desk, parent)


def test_a_server_without_security(desk: Desk, parent: str) -> None:
    """Where https is expected and something else speaks, nothing is sent."""
    desk.point_to(desk.server.base_url.replace("http:", "https:"))
    assert_nothing_left(desk, parent, "the secure connection failed")
    desk.point_to(desk.server.base_url)
    assert_healed(desk, parent)


def test_certificates_that_are_gone(desk: Desk, parent: str) -> None:
    """A file of certificates that is not there is said, with the variable that names it."""
    with SecureFront(port_of(desk)) as front:
        desk.point_to(f"https://127.0.0.1:{front.port}")
        desk.more_env = {"REQUESTS_CA_BUNDLE": "/nowhere/bundle.pem"}
        assert_nothing_left(desk, parent, "the file of certificates is gone")
        assert "REQUESTS_CA_BUNDLE" in desk.run_here("fetch").err


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "the proxy did not let it through"),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "the proxy did not let it through"),
        (b"", "no answer within 0.3 s, by way of a proxy"),
    ],
    ids=["403", "407", "hangs"],
)
def test_a_proxy_that_refuses_or_hangs(desk: Desk, parent: str, answer: bytes, words: str) -> None:
    """X is asked for by HTTPS_PROXY: 75 where that does not work, and its password is not told."""
    desk.point_to(X)
    with Proxy(answer=answer) as proxy:
        desk.more_env = {"HTTPS_PROXY": f"http://ana:{SECRET}@127.0.0.1:{proxy.port}"}
        assert_nothing_left(desk, parent, words)
        assert {line.split()[1] for line in proxy.asked} == {b"api.twitter.com:443"}


def test_a_proxy_that_is_not_there(desk: Desk, parent: str) -> None:
    """A proxy that refuses connections is said to be the proxy, not X."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        desk.point_to(X)
        desk.more_env = {"HTTPS_PROXY": f"http://127.0.0.1:{taken.getsockname()[1]}"}
        assert_nothing_left(desk, parent, "the proxy could not be used")


def test_a_proxy_that_leads_to_x(desk: Desk, parent: str) -> None:
    """Through a proxy and a secure connection to X's own name all works as without."""
    with SecureFront(port_of(desk)) as front, Proxy(leads_to=front.port) as proxy:
        desk.point_to(X)
        desk.more_env = {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}",
            "REQUESTS_CA_BUNDLE": str(CERTIFICATE),
        }
        assert desk.run_here("reply", parent, TEXT, "-y").code == OK
        assert_healed(desk, parent)
        assert {line.split()[1] for line in proxy.asked} == {b"api.twitter.com:443"}


def test_no_proxy_for_the_sandbox(desk: Desk, parent: str) -> None:
    """A loopback address is asked directly, whatever the environment says."""
    with Proxy() as proxy:
        where = f"http://127.0.0.1:{proxy.port}"
        desk.more_env = {"HTTPS_PROXY": where, "HTTP_PROXY": where}
        assert desk.run_here("reply", parent, TEXT, "-y").code == OK
        assert_healed(desk, parent)
        assert proxy.asked == []


def set_clock(desk: Desk, ahead_ms: int) -> None:
    """Set X's clock, which is the same as setting ours the other way."""
    with desk.server.change() as state:
        state.clock = Clock("offset", ahead_ms)


@pytest.mark.parametrize(
    ("ahead_ms", "words"),
    [(3 * HOUR_MS, "3h behind the channel's"), (-3 * HOUR_MS, "3h ahead of the channel's")],
    ids=["behind", "ahead"],
)
def test_a_clock_that_is_wrong(make_desk: Maker, ahead_ms: int, words: str) -> None:
    """It is said once, and by the doctor; nothing is lost or said twice by it."""
    desk = make_desk(waiting_customers(ago_ms=4 * HOUR_MS))
    parent = complaints(desk.server)[0].id
    set_clock(desk, ahead_ms)
    ran = desk.run_here("fetch")
    assert (ran.code, ran.out, ran.err.count("\n")) == (OK, "", 1)
    assert words in ran.err
    assert desk.run_here("fetch") == SILENCE, "said once"
    assert words in desk.run_here("doctor").out
    desk.server.fail(Rule("create", Kind.CLOSE_AFTER))
    assert desk.run_here("reply", parent, TEXT, "-y").code == UNKNOWN
    assert desk.run_here("fetch").code == OK
    assert [r["state"] for r in desk.replies()] == ["sent"], "found in spite of the clock"
    assert len(published(desk.server, TEXT, parent)) == 1
    assert_complete(desk)
    if ahead_ms > 0:
        return  # X's clock is not set back: what it has posted would be from its future
    set_clock(desk, 0)
    assert desk.run_here("fetch") == SILENCE
    assert "the channel's" not in desk.run_here("doctor").out


@pytest.mark.parametrize("ahead_ms", [3 * HOUR_MS, -3 * HOUR_MS], ids=["behind", "ahead"])
def test_a_limit_by_a_wrong_clock(desk: Desk, ahead_ms: int) -> None:
    """X says by its own clock until when to wait: that is put into ours."""
    set_clock(desk, ahead_ms)
    desk.server.fail(Rule("mentions", Kind.RATE_LIMITED, reset_after_s=600))
    assert desk.run_here("fetch").code == TRY_LATER
    (row,) = desk.rows("SELECT reset_at FROM rate_limit")
    assert abs(row["reset_at"] - (now_ms() + 600_000)) < MINUTE_MS


@pytest.mark.parametrize("kind", [Kind.DRIP, Kind.HANG])
def test_the_deadline_holds(desk: Desk, kind: Kind) -> None:
    """Not even an answer that comes byte by byte, headers too, holds a run beyond its deadline."""
    desk.server.fail(Rule("mentions", kind, times=None, hold_s=0.1))

    def patient(credentials: Credentials, **options: Any) -> XChannel:  # noqa: ANN401
        return XChannel(credentials, **{**options, "timeout_s": (5.0, 20.0)})

    with mock.patch("triage.channels.load", return_value=patient):
        began = time.monotonic()
        ran = desk.run_here("fetch", "--deadline", "1s")
        took = time.monotonic() - began
    assert (ran.code, ran.out) == (TRY_LATER, "")
    assert took < 30, "the time-outs alone are 65 s"
    desk.server.api.faults.clear()
    desk.server.release()
    assert desk.run_here("fetch") == SILENCE
    assert_complete(desk)
