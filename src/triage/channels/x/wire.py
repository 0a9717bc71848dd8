"""The last step before the network: time-outs, the loopback switch, and what really left.

tweepy has no time-out, no base URL, and its exceptions do not tell whether a request began to
leave, which decides whether a reply may be sent again. All of that is done in one `requests`
adapter under it. Importing this module imports requests.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as failures
from urllib3.util.retry import Retry

from triage.channels.x.answers import Answer
from triage.channels.x.loopback import loopback_base

API_HOST = "api.twitter.com"
"""The host that tweepy writes into every request."""

MAX_BODY = 10 * 1024 * 1024
_CHUNK = 64 * 1024
_SLOWEST = 3
"""A whole body may take so many times the read time-out."""


class Wire(HTTPAdapter):
    """An adapter that sends each request once, and remembers what happened to it.

    Attributes:
        timeout_s: Seconds to connect, and seconds to wait for each piece of an answer.
        sent: The last request began to leave.
        answer: What came back for it; None if nothing did.
    """

    def __init__(self, *, base_url: str | None, timeout_s: tuple[float, float]) -> None:
        # urllib3 must not retry by itself: a POST that was sent twice is two posts.
        super().__init__(max_retries=Retry(0, read=False))
        self.timeout_s = timeout_s
        self.sent = False
        self.answer: Answer | None = None
        self._base = loopback_base(base_url) if base_url is not None else None

    def forget(self) -> None:
        """Begin anew, before a request."""
        self.sent = False
        self.answer = None

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
            self._drop_connections()
        response: Any = super().send(
            request,
            stream=True,
            timeout=self.timeout_s,
            verify=verify,
            cert=cert,
            proxies={} if self._base else dict(proxies or {}),
        )
        body, complete = self._read(response)
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.answer = Answer(response.status_code, headers, body, complete)
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
        if parts.scheme != "https" or parts.netloc != API_HOST:
            raise requests.exceptions.InvalidURL(f"requests go to {API_HOST} only")
        return url if self._base is None else self._base + url.removeprefix(f"https://{API_HOST}")

    def _drop_connections(self) -> None:
        self.poolmanager.clear()
        for manager in self.proxy_manager.values():
            manager.clear()

    def _read(self, response: requests.Response) -> tuple[bytes, bool]:
        body = bytearray()
        give_up = time.monotonic() + _SLOWEST * self.timeout_s[1]
        try:
            while piece := response.raw.read1(_CHUNK, decode_content=True):
                body += piece
                if len(body) > MAX_BODY or time.monotonic() > give_up:
                    response.close()
                    return bytes(body[:MAX_BODY]), False
        except (failures.HTTPError, OSError):
            response.close()
            return bytes(body), False
        response.raw.release_conn()
        return bytes(body), True


def words(error: BaseException, timeout_s: tuple[float, float]) -> str:
    """Say in plain words what kept a request from being answered; never with a header's value."""
    said: dict[type[BaseException], str] = {
        failures.NameResolutionError: "the name of X's server was not found",
        failures.ConnectTimeoutError: f"no connection within {timeout_s[0]:g} s",
        failures.ReadTimeoutError: f"no answer within {timeout_s[1]:g} s",
        failures.SSLError: "the secure connection failed; check the clock and the certificates",
        failures.ProxyError: "the proxy did not let it through",
        requests.TooManyRedirects: "X answered with a redirect",
    }
    chain = _causes(error)
    for cause in chain:
        # Exactly these: urllib3 derives "refused" from "no connection in time".
        if type(cause) in said:
            return said[type(cause)]
    system = (cause.strerror for cause in chain if isinstance(cause, OSError) and cause.strerror)
    return next(system, "the connection broke")


def _causes(error: BaseException) -> list[BaseException]:
    """Give an error and all that it wraps, in `args`, `reason`, cause and context."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or item in found:
            continue
        found.append(item)
        waiting += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]
    return found


def _watched(base: Any, wire: Wire) -> type:  # noqa: ANN401 - urllib3's classes vary
    """Make a connection class that tells the wire when the first byte of a request leaves."""

    class Watched(base):  # type: ignore[misc]
        watched = True
        connecting = False

        def connect(self) -> None:
            self.connecting = True  # a proxy's CONNECT is not yet the request
            try:
                super().connect()
            finally:
                self.connecting = False

        def send(self, data: Any) -> None:  # noqa: ANN401 - as http.client has it
            if self.sock is None:
                self.connect()
            if not self.connecting:
                wire.sent = True
            super().send(data)

    return Watched
