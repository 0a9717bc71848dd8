"""Why a request was not answered, in plain words, and what a person can do about it.

Never a header's value, an address with a password or anything else of the request: what requests
and urllib3 write into their errors can quote all of these. Importing this module imports requests.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import requests
from urllib3 import exceptions as failures

_Seconds = tuple[float, float]

_NETWORK = "Look at the network; the next fetch continues from there"
_NAMES = "Look at the network and its name server; the next fetch continues from there"
_SECURE = "Look at this computer's clock and certificates, and at what stands between it and X"
_PROXY = "Look at HTTPS_PROXY, or name X's host in NO_PROXY"
_BUNDLE = "Let REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE name a file that is there, or unset them"
_SOCKS = "Install PySocks beside triage, or name a proxy of another kind in HTTPS_PROXY"
_BETWEEN = "Something that is not X may have answered: sign in to the network, look at HTTPS_PROXY"


class Failure(NamedTuple):
    """What kept a request from being answered.

    Attributes:
        words: What happened, for a person.
        hint: How to mend it, in the imperative.
    """

    words: str
    hint: str

    def by_a_proxy(self) -> Failure:
        """The same, where a proxy that was not gone through yet may be what failed."""
        if "proxy" in self.words:
            return self
        return Failure(f"{self.words}, by way of a proxy", _PROXY)


def failure_of(error: BaseException, timeout_s: _Seconds) -> Failure:
    """Tell from an error of the network stack what happened.

    Args:
        error: As it came out of requests.
        timeout_s: Seconds that there were to connect, and to wait for each piece of an answer.
    """
    chain = list(_causes(error))
    for applies, failure in _known(timeout_s):
        if any(applies(cause) for cause in chain):
            return failure
    system = (cause.strerror for cause in chain if isinstance(cause, OSError) and cause.strerror)
    return Failure(next(system, "the connection broke"), _NETWORK)


def _known(timeout_s: _Seconds) -> Iterator[tuple[Callable[[BaseException], bool], Failure]]:
    """What can be told apart, the most telling first."""
    connect, read = timeout_s
    yield _says(r"Tunnel connection failed"), Failure("the proxy did not let it through", _PROXY)
    yield _is(failures.ProxyError), Failure("the proxy could not be used", _PROXY)
    yield _is(requests.exceptions.InvalidProxyURL), Failure("the proxy's address is none", _PROXY)
    yield _says(r"SOCKS support"), Failure("a SOCKS proxy needs one more package", _SOCKS)
    yield _says(r"TLS CA certificate bundle"), Failure("the file of certificates is gone", _BUNDLE)
    yield (
        _is(failures.NameResolutionError),
        Failure("the name of X's server was not found", _NAMES),
    )
    yield _is(failures.SSLError), Failure("the secure connection failed", _SECURE)
    yield _is(requests.TooManyRedirects), Failure("X answered with a redirect", _BETWEEN)
    yield (
        _is(failures.ConnectTimeoutError),
        Failure(f"no connection within {connect:g} s", _NETWORK),
    )
    yield _is(failures.ReadTimeoutError), Failure(f"no answer within {read:g} s", _NETWORK)
    yield (
        _is(http.client.RemoteDisconnected),
        Failure("the connection ended without an answer", _NETWORK),
    )
    yield (
        lambda cause: isinstance(cause, http.client.HTTPException),
        Failure("what came back is not HTTP", _BETWEEN),
    )


def _is(kind: type[BaseException]) -> Callable[[BaseException], bool]:
    # Exactly this: urllib3 derives "refused" from "no connection in time".
    return lambda cause: type(cause) is kind


def _says(pattern: str) -> Callable[[BaseException], bool]:
    return lambda cause: re.search(pattern, str(cause)) is not None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and all that it wraps, in `args`, `reason`, cause and context."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or item in found:
            continue
        found.append(item)
        yield item
        waiting += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]
