"""What stands between us and X: a proxy, and X's own side of a secure connection. On loopback."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path
from typing import Self

CERTIFICATE = Path(__file__).parent / "tls" / "cert.pem"
"""For X's host and for loopback, signed by itself; made for these tests, it guards nothing."""
_KEY = CERTIFICATE.with_name("key.pem")
_PATIENCE_S = 120.0


class Relay:
    """Takes connections on a thread each; see its children."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for taken in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                taken.shutdown(socket.SHUT_RDWR)
            taken.close()
        self._thread.join(_PATIENCE_S)

    def _take(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE_S)
        with connection, contextlib.suppress(OSError):
            self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        """Deal with one connection."""
        raise NotImplementedError

    def join(self, one: socket.socket, port: int) -> None:
        """Pass on what comes, both ways, between a connection and a port of loopback."""
        with socket.create_connection(("127.0.0.1", port)) as other:
            self._open.append(other)
            back = threading.Thread(target=_pump, args=(other, one), daemon=True)
            back.start()
            _pump(one, other)
            back.join(_PATIENCE_S)


class SecureFront(Relay):
    """Ends secure connections before a port of loopback, as X's servers do."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(CERTIFICATE, _KEY)

    def serve(self, connection: socket.socket) -> None:
        """Shake hands, then pass on."""
        with self._context.wrap_socket(connection, server_side=True) as secure:
            self.join(secure, self._port)


class Proxy(Relay):
    """An HTTP proxy: refuses, hangs, or leads every name to one port of loopback.

    Attributes:
        asked: The first line of each request.
    """

    def __init__(self, *, answer: bytes = b"", leads_to: int | None = None) -> None:
        """Answer so and end; without an answer and a port, never answer."""
        super().__init__()
        self.asked: list[bytes] = []
        self._answer = answer
        self._leads_to = leads_to

    def serve(self, connection: socket.socket) -> None:
        """Read what is asked for."""
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                return
            head += piece
        self.asked.append(head.partition(b"\r\n")[0])
        if self._leads_to is not None:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.join(connection, self._leads_to)
        elif self._answer:
            connection.sendall(self._answer)
        else:
            self._ended.wait(_PATIENCE_S)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
