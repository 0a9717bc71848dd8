"""The last step before the network: time-outs, the loopback switch, and what really left.

tweepy has no time-out, no base URL, and its exceptions do not tell whether a request began to
leave, which decides whether a reply may be sent again. All of that is done in one `requests`
adapter under it. Importing this module imports requests.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import exceptions as failures
from urllib3.util.retry import Retry

from triage.channels.x.answers import Answer, Flaw
from triage.channels.x.loopback import loopback_base

API_HOST = "api.twitter.com"
"""The host that tweepy writes into every request; what needs another one says so."""

MAX_BODY = 10 * 1024 * 1024
_CHUNK = 64 * 1024
_SLOWEST = 3
"""A whole body may take so many times the read time-out."""


def longest_s(timeout_s: tuple[float, float]) -> float:
    """How many seconds a whole request may take by its time-outs."""
    connect, read = timeout_s
    return connect + _SLOWEST * read


class Abandoned(Exception):
    """Nobody waits for this request any more: it must not leave."""


class Wire(HTTPAdapter):
    """An adapter that sends each request once, and remembers what happened to it.

    A request that takes too long is given up from another thread, by `abandon`: what has not left
    by then never does, so that nobody has to guess. After that the wire is of no use.

    Attributes:
        timeout_s: Seconds to connect, and seconds to wait for each piece of an answer.
        sent: The last request began to leave.
        proxied: It was to go by way of a proxy.
        answer: What came back for it; None if nothing did.
    """

    def __init__(
        self, *, base_url: str | None, timeout_s: tuple[float, float], host: str = API_HOST
    ) -> None:
        # urllib3 must not retry by itself: a POST that was sent twice is two posts.
        super().__init__(max_retries=Retry(0, read=False))
        self.timeout_s = timeout_s
        self.sent = False
        self.proxied = False
        self.answer: Answer | None = None
        self._host = host
        self._abandoned = False
        self._connection: Any = None
        self._leaving = threading.Lock()
        self._base = loopback_base(base_url) if base_url is not None else None

    def forget(self) -> None:
        """Begin anew, before a request."""
        self.sent = False
        self.answer = None

    def abandon(self) -> None:
        """Give up the request that is under way: nothing of it leaves any more, none of it counts.

        What its broken connection still passes for an answer is none.
        """
        with self._leaving:
            self._abandoned = True
        open_socket = getattr(self._connection, "sock", None)
        if open_socket is not None:
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)

    def leave(self, connection: Any) -> None:  # noqa: ANN401 - urllib3's classes vary
        """Note that a request begins to leave by a connection. Raises `Abandoned`."""
        with self._leaving:
            if self._abandoned:
                raise Abandoned
            self.sent = True
            self._connection = connection

    def connecting(self, connection: Any) -> None:  # noqa: ANN401 - as above
        """Note a connection that is being made. Raises `Abandoned`."""
        with self._leaving:
            if self._abandoned:
                raise Abandoned
            self._connection = connection

    def drop_connections(self) -> None:
        """Close what is kept open: the next request goes by a connection of its own."""
        self.poolmanager.clear()
        for manager in self.proxy_manager.values():
            manager.clear()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: bool | str = True,
        cert: Any = None,  # noqa: ANN401 - as requests has it
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request and read its answer; `stream` and `timeout` are ours to decide."""
        del stream, timeout
        request = request.copy()
        request.url = self._target(str(request.url))
        if request.method != "GET":
            # A pooled connection may have died unseen; then nobody could tell what arrived.
            self.drop_connections()
        through = {} if self._base else dict(proxies or {})
        self.proxied = select_proxy(request.url, through) is not None
        response: Any = super().send(
            request,
            stream=True,
            timeout=self.timeout_s,
            verify=verify,
            cert=cert,
            proxies=through,
        )
        body, flaw = self._read(response)
        headers = {name.lower(): value for name, value in response.headers.items()}
        with self._leaving:
            if self._abandoned:
                raise Abandoned
            self.answer = Answer(response.status_code, headers, body, flaw)
        # requests would read the body by itself, without a limit.
        response._content = body  # noqa: SLF001
        response._content_consumed = True  # noqa: SLF001
        return response  # type: ignore[no-any-return]

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: Any = None,  # noqa: ANN401 - as requests has it
    ) -> Any:  # noqa: ANN401 - a pool; the stubs name another class than what is made
        """Give the pool of a host, with connections that tell when a request begins to leave."""
        pool: Any = super().get_connection_with_tls_context(request, verify, proxies, cert)
        if not getattr(pool.ConnectionCls, "watched", False):
            pool.ConnectionCls = _watched(pool.ConnectionCls, self)
        return pool

    def _target(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.netloc != self._host:
            raise requests.exceptions.InvalidURL(f"requests go to {self._host} only")
        return url if self._base is None else self._base + url.removeprefix(f"https://{self._host}")

    def _read(self, response: requests.Response) -> tuple[bytes, Flaw | None]:
        body = bytearray()
        flaw: Flaw | None = None
        give_up = time.monotonic() + _SLOWEST * self.timeout_s[1]
        try:
            while flaw is None and (piece := response.raw.read1(_CHUNK, decode_content=True)):
                body += piece
                if len(body) > MAX_BODY:
                    flaw = Flaw.TOO_LONG
                elif time.monotonic() > give_up:
                    flaw = Flaw.TOO_SLOW
        except failures.DecodeError:
            flaw = Flaw.COMPRESSION
        except (failures.HTTPError, OSError):
            flaw = Flaw.BROKE_OFF
        if flaw is not None:
            response.close()
            return bytes(body[:MAX_BODY]), flaw
        response.raw.release_conn()
        return bytes(body), None


def _watched(base: Any, wire: Wire) -> type:  # noqa: ANN401 - urllib3's classes vary
    """Make a connection class that tells the wire when the first byte of a request leaves."""

    class Watched(base):  # type: ignore[misc]
        watched = True
        connecting = False

        def connect(self) -> None:
            wire.connecting(self)
            self.connecting = True  # a proxy's CONNECT is not yet the request
            try:
                super().connect()
            finally:
                self.connecting = False

        def send(self, data: Any) -> None:  # noqa: ANN401 - as http.client has it
            if self.sock is None:
                self.connect()
            if not self.connecting:
                wire.leave(self)
            super().send(data)

    return Watched
