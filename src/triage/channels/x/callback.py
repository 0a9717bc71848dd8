"""Waiting for the browser to come back from X: one small server on 127.0.0.1, for one answer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from triage.channels.x.pkce import CALLBACK_PATH, Attempt, is_answer_to
from triage.errors import SignInNeeded, TriageError

_PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>triage</title></head>'
    "<body><h1>{title}</h1><p>{text}</p></body></html>"
)
_BACK = _PAGE.format(
    title="Back to the terminal", text="triage has its answer. You may close this page."
)
_FOREIGN = _PAGE.format(
    title="Not from this sign-in",
    text="This answer belongs to another attempt; it was not used. You may close this page.",
)
_NOTHING = _PAGE.format(title="Nothing is here", text="You may close this page.")
_SLOWEST_S = 10
_POLL_S = 0.05


class Callback:
    """A server that waits for the answer to an attempt."""

    def __init__(self, server: _Server) -> None:
        self._server = server

    def wait(self, timeout_s: float) -> str:
        """Wait for the address that the browser was sent to.

        Raises:
            SignInNeeded: It did not come in time.
        """
        try:
            return self._server.answers.get(timeout=timeout_s)
        except queue.Empty:
            raise SignInNeeded(
                "Nobody was signed in: no answer came from the browser.",
                reason=f"It was waited for {timeout_s / 60:.0f} minutes.",
                hint="Begin again: triage auth login. Without a browser here: --no-browser",
            ) from None


@contextmanager
def listening(attempt: Attempt) -> Iterator[Callback]:
    """Listen where the attempt's answer will come, while inside.

    Raises:
        TriageError: The port is taken.
    """
    port = urlsplit(attempt.redirect_uri).port or 0
    try:
        server = _Server(attempt, port)
    except OSError as error:
        raise TriageError(
            f"Port {port} of this computer is taken; X's answer would come there.",
            reason=f"{error.strerror}.",
            hint="Say --no-browser and paste the answer, or set another callback_port under "
            "[auth] and register its address with X.",
        ) from error
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": _POLL_S}, daemon=True
    )
    thread.start()
    try:
        yield Callback(server)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    # A browser opens connections in advance and says nothing on them: none may block another.
    daemon_threads = True
    block_on_close = False

    def __init__(self, attempt: Attempt, port: int) -> None:
        self.attempt = attempt
        self.answers: queue.Queue[str] = queue.Queue()
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of browsers that hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SLOWEST_S
    server_version = "triage"
    sys_version = ""

    def do_GET(self) -> None:
        if urlsplit(self.path).path != CALLBACK_PATH:
            self._answer(404, _NOTHING)
        elif is_answer_to(self.server.attempt, self.path):
            self._answer(200, _BACK)
            self.server.answers.put(f"http://127.0.0.1{self.path}")
        else:
            self._answer(400, _FOREIGN)

    def _answer(self, status: int, page: str) -> None:
        body = page.encode()
        self.send_response(status)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.send_header("referrer-policy", "no-referrer")
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep quiet: the address holds the code."""
