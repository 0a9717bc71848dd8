"""Tell a dead man's switch that a run began and how it ended, as healthchecks.io has it.

Nothing but the address is sent: no body, no text. The address is for those who may say that all is
well, so it is in no message and no representation.
"""

from __future__ import annotations

import threading
from typing import IO, TYPE_CHECKING

from triage import __version__
from triage.core.heartbeat import address, shown, trouble

if TYPE_CHECKING:
    from http.client import HTTPMessage
    from urllib.request import OpenerDirector

TIMEOUT_S = 10.0
"""How long one ping may take in all, seconds."""


class Heartbeat:
    """The way to one switch."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """Prepare; nothing is sent.

        Args:
            url: Where; whether it can be pinged is told by the first ping.
            timeout_s: How long one ping may take in all, seconds.
        """
        self._url = url
        self._timeout_s = timeout_s

    def __repr__(self) -> str:
        """Leave out all that is secret of the address."""
        return f"<Heartbeat: {shown(self._url)}>"

    def ping(self, word: str) -> str:
        """Say a word: `start`, or an exit status.

        Returns:
            Why it could not be said, in words without the address; empty if it was. Nothing is
            raised: a switch that is broken is no reason to stop.
        """
        problem = trouble(self._url)
        if problem:
            return f"its address {problem}"
        told: list[str] = []
        # A thread, since neither the look-up of a name nor a server that answers a byte at a time
        # heeds the time-out of a socket. It is left behind when the time is up.
        thread = threading.Thread(
            target=lambda: told.append(_send(address(self._url, word), self._timeout_s)),
            daemon=True,
        )
        thread.start()
        thread.join(self._timeout_s)
        return told[0] if told else f"no answer within {self._timeout_s:g} s"


def _send(url: str, timeout_s: float) -> str:
    import http.client
    import urllib.error
    import urllib.request

    request = urllib.request.Request(url, headers={"User-Agent": f"triage/{__version__}"})  # noqa: S310 - checked by `trouble`
    try:
        with _opener().open(request, timeout=timeout_s):
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answered {error.code}"
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except urllib.error.URLError as error:
        reason = error.reason
        if isinstance(reason, TimeoutError):
            return f"no answer within {timeout_s:g} s"
        return (reason.strerror if isinstance(reason, OSError) else "") or "it was not reached"
    except (OSError, ValueError, http.client.HTTPException):
        # Their own words may hold the address.
        return "the connection broke"


def _opener() -> OpenerDirector:
    """What speaks http and https, through a proxy where the environment names one."""
    from urllib import request

    class SameScheme(request.HTTPRedirectHandler):
        """Follows to https from http, but never away from https, nor to another scheme."""

        def redirect_request(
            self,
            req: request.Request,
            fp: IO[bytes],
            code: int,
            msg: str,
            headers: HTTPMessage,
            newurl: str,
        ) -> request.Request | None:
            if not newurl.startswith("https:") and not newurl.startswith(f"{req.type}:"):
                return None
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        SameScheme(),
        request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
