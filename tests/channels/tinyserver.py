"""A server of a few lines that answers bytes exactly as told: for what real servers do not do."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_LONGEST_S = 20.0


@dataclass(frozen=True)
class Reply:
    """What happens to one connection.

    Attributes:
        data: What is written, as it is.
        read: The request is read first; without, the connection ends unread.
        hang: After `data` nothing more comes, until the server is closed.
        reset: The connection is torn down instead of closed.
        pause_s: Seconds between the bytes of `data`.
    """

    data: bytes = b""
    read: bool = True
    hang: bool = False
    reset: bool = False
    pause_s: float = 0.0


def answer(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> Reply:
    """Make an ordinary answer; a body that is not `bytes` becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {
        "content-type": "application/json",
        "content-length": str(len(content)),
        "connection": "close",  # each connection has one reply
    }
    given |= {name.lower(): value for name, value in (headers or {}).items()}
    lines = [f"HTTP/1.1 {status} Status", *(f"{k}: {v}" for k, v in given.items())]
    return Reply("\r\n".join([*lines, "", ""]).encode() + content)


class TinyServer:
    """Takes one connection per reply, in order; what comes after the last is closed unread.

    Attributes:
        requests: Each request as it was read, head and body.
        connections: How many were taken.
    """

    def __init__(self, *replies: Reply) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._replies = list(replies)
        self._done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def base_url(self) -> str:
        """Give `http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(_LONGEST_S)

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            reply = self._replies.pop(0) if self._replies else Reply(read=False)
            threading.Thread(target=self._answer, args=(connection, reply), daemon=True).start()

    def _answer(self, connection: socket.socket, reply: Reply) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(_LONGEST_S)
            self._talk(connection, reply)

    def _talk(self, connection: socket.socket, reply: Reply) -> None:
        if reply.read:
            self.requests.append(_request(connection))
        if reply.pause_s:
            for byte in reply.data:
                connection.sendall(bytes([byte]))
                if self._done.wait(reply.pause_s):
                    break
        else:
            connection.sendall(reply.data)
        if reply.hang:
            self._done.wait(_LONGEST_S)
        if reply.reset:
            # Lingering for no time makes the end a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            missing = int(line.partition(b":")[2]) - len(body)
            while missing > 0 and (piece := connection.recv(65_536)):
                data += piece
                missing -= len(piece)
    return data
