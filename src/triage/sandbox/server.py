"""HTTP on loopback around the endpoints.

with Sandbox(state_path=path) as sandbox:
    requests.get(sandbox.base_url + "/2/users/me", headers=sandbox.user_headers)
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import urlsplit

from triage.sandbox.api import Api
from triage.sandbox.control import Control
from triage.sandbox.state import APP_TOKEN, USER_TOKEN
from triage.sandbox.statefile import StateFile
from triage.sandbox.wire import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from triage.sandbox.faults import Faults, Kind, Limits, Rule
    from triage.sandbox.state import State
    from triage.sandbox.wire import Options

    # As the base class has them: it serves datagrams too.
    _Incoming = socket.socket | tuple[bytes, socket.socket]
    _Address = tuple[str, int] | str

_LARGEST_BODY = 8 << 20
"""A picture of X's largest size in base64, and more."""
_JOIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, as they went over the wire.

    Attributes:
        url: In full, with the loopback host.
        status: 0 where the connection ended without an answer.
        fault: What was made to go wrong, or None: only such an answer must keep the contract.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes
    fault: Kind | None


class Sandbox:
    """A running sandbox: a context manager, or `start` and `stop`.

    Attributes:
        api: The endpoints, for those who share the process.
        exchanges: With `record`: every X request and its answer, in the order of the answers.
        app_headers: The Authorization header of the default app token.
        user_headers: The same of the default user token.
    """

    def __init__(
        self,
        state_path: Path | None = None,
        *,
        state: State | None = None,
        faults: Faults | None = None,
        limits: Limits | None = None,
        options: Options | None = None,
        record: bool = False,
        port: int = 0,
    ) -> None:
        """Prepare a server; nothing listens before `start`.

        Args:
            state_path: Where the state is kept; a file that exists wins over `state`. None keeps
                it in memory.
            state: What to begin with; None is an empty state with the account `@acme`.
            faults: What goes wrong; more can be added while it runs.
            limits: Requests per 15 minutes; None has X's own.
            options: How it behaves where X may behave in several ways.
            record: Keep all exchanges.
            port: 0 takes a free one.

        Raises:
            OSError, ValueError: The state file cannot be used.
        """
        self.api = Api(StateFile(state_path, state), faults=faults, limits=limits, options=options)
        self.control = Control(self.api)
        self.exchanges: list[Exchange] = []
        self.app_headers = {"Authorization": f"Bearer {APP_TOKEN}"}
        self.user_headers = {"Authorization": f"Bearer {USER_TOKEN}"}
        self._record = record
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """Give `http://127.0.0.1:PORT`. Raises `RuntimeError` before `start`."""
        if self._server is None:
            raise RuntimeError("the sandbox has not been started")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Self:
        """Listen, on a thread. Raises `OSError` if the port is taken."""
        self._server = _Server(self, self._port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening, end what hangs, close all connections. Harmless when not started."""
        server, self._server = self._server, None
        if server is None or self._thread is None:
            return
        server.released.set()
        server.shutdown()
        self._thread.join(_JOIN_S)
        server.server_close()
        server.drop_connections()

    def wait(self) -> None:
        """Wait until another thread calls `stop`; Ctrl-C comes through."""
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextlib.contextmanager
    def change(self) -> Iterator[State]:
        """Change the state under its lock; kept when the block ends."""
        with self.api.file.change() as state:
            yield state

    @contextlib.contextmanager
    def read(self) -> Iterator[State]:
        """Look at the state under its lock."""
        with self.api.file.read() as state:
            yield state

    def fail(self, *rules: Rule) -> None:
        """Let things go wrong from now on."""
        self.api.faults.add(*rules)

    def release(self) -> None:
        """End what hangs now; later hangs end at once too."""
        if self._server is not None:
            self._server.released.set()

    def answer(self, request: Request) -> Response:
        """Answer a request without HTTP: `/sandbox/...` by the control, the rest as X."""
        if request.target.startswith("/sandbox/"):
            return self.control.handle(request)
        return self.api.handle(request)

    def keep(self, request: Request, response: Response) -> None:
        """Record an exchange, if asked to."""
        path = urlsplit(request.target).path
        if not self._record or path.startswith("/sandbox/"):
            return
        exchange = Exchange(
            method=request.method,
            url=self.base_url + request.target if self._server else request.target,
            headers=request.headers,
            body=request.body,
            status=response.status,
            response_headers=response.headers,
            response_body=response.body,
            fault=response.fault,
        )
        self.exchanges.append(exchange)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        self.sandbox = sandbox
        self.released = threading.Event()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request_thread(self, request: _Incoming, client_address: _Address) -> None:
        with self._guard:
            self._connections[cast(socket.socket, request)] = threading.current_thread()
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._connections.pop(cast(socket.socket, request), None)

    def handle_error(self, request: _Incoming, client_address: _Address) -> None:
        """Say nothing of clients that went away; a bug of ours still shows."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        with self._guard:
            open_now = dict(self._connections)
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in open_now.values():
            thread.join(_JOIN_S)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "triage-sandbox"
    server: _Server
    # An answer is one write: two small ones would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep quiet: requests are recorded where somebody wants them."""

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self.send_error(413)
            return
        request = Request(self.command, self.path, headers, self.rfile.read(int(length)))
        sandbox = self.server.sandbox
        response = sandbox.answer(request)
        sandbox.keep(request, response)
        if response.hold_s:
            self.server.released.wait(response.hold_s)
        if response.close:
            self.close_connection = True
            return
        if response.raw is not None:
            self.close_connection = True
            self._write_slowly(response.raw, response.drip_s)
            return
        self.send_response_only(response.status)
        self.send_header("server", self.version_string())
        with sandbox.read() as state:
            self.send_header("date", self.date_time_string(state.now_ms() / 1_000))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body[: response.cut])
        self.wfile.flush()
        if response.cut is not None:
            self.close_connection = True

    def _write_slowly(self, data: bytes, pause_s: float) -> None:
        if not pause_s:
            self.wfile.write(data)
            self.wfile.flush()
            return
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.released.wait(pause_s):
                return
