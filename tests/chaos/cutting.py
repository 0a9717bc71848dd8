"""Stands between the program and a PostgreSQL server, and ends a connection at one statement."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

import postgres
from chaos.between import Relay

_STATEMENT = frozenset(b"QS")
"""Messages of the program that the server answers: a query, and the end of one with values."""
_READY = ord("Z")
_LARGEST = 65_536


class Cut(StrEnum):
    """How a connection ends."""

    KILLED = "killed before it runs"
    UNHEARD = "run, and its answer lost"


class Cutter(Relay):
    """Passes on what is said to a server, and counts statements over all connections.

    Attributes:
        url: How the program reaches the database through it.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        direct = urlsplit(postgres.by_address(url))
        self._port = direct.port or 0
        self._admin = urlunsplit(direct)
        place = direct.netloc.replace(f":{direct.port}", f":{self.port}")
        query = "sslmode=disable&gssencmode=disable"
        self.url = urlunsplit(direct._replace(netloc=place, query=query))
        self._count = threading.Lock()
        self._seen = 0
        self._at: int | None = None
        self._how = Cut.KILLED

    def arm(self, at: int | None, how: Cut = Cut.KILLED) -> None:
        """Count anew, and cut at this statement, from 1; None lets all pass."""
        with self._count:
            self._seen, self._at, self._how = 0, at, how

    @property
    def seen(self) -> int:
        """Statements since it was armed."""
        with self._count:
            return self._seen

    def _is_its_turn(self) -> bool:
        with self._count:
            self._seen += 1
            return self._seen == self._at

    def serve(self, connection: socket.socket) -> None:
        """Pass on both ways until one side ends it, or until it is cut."""
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            self._open.append(server)
            server.settimeout(None)
            back = _Back(server, connection)
            back.start()
            for message, is_statement in _messages(connection):
                if is_statement and self._is_its_turn():
                    if self._how is Cut.UNHEARD:
                        back.fall_silent()
                        server.sendall(message)
                        back.heard.wait(120)
                        connection.shutdown(socket.SHUT_RDWR)
                        server.shutdown(socket.SHUT_RDWR)
                        return
                    self._kill(server.getsockname()[1])
                server.sendall(message)
            server.shutdown(socket.SHUT_RDWR)
            back.join(120)

    def _kill(self, port: int) -> None:
        with psycopg.connect(self._admin, autocommit=True) as admin:
            ended = admin.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE client_port = %s",
                [port],
            ).fetchall()
        assert ended == [(True,)]


def _messages(connection: socket.socket) -> Iterator[tuple[bytes, bool]]:
    """What the program says, message by message; whether each is a statement.

    The first one has no letter in front of its length.
    """
    held, letter = b"", 0
    while piece := connection.recv(_LARGEST):
        held += piece
        while len(held) >= letter + 4:
            size = letter + int.from_bytes(held[letter : letter + 4])
            if len(held) < size:
                break
            message, held = held[:size], held[size:]
            yield message, letter == 1 and message[0] in _STATEMENT
            letter = 1


class _Back(threading.Thread):
    """What the server says: passed on, or kept from the program once it is to hear no more."""

    def __init__(self, server: socket.socket, connection: socket.socket) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._connection = connection
        self._is_silent = threading.Event()
        self.heard = threading.Event()

    def fall_silent(self) -> None:
        """Keep what comes from now on, up to the end of the answer."""
        self._is_silent.set()

    def run(self) -> None:
        """Read until the server ends it."""
        kept = b""
        try:
            while piece := self._server.recv(_LARGEST):
                if not self._is_silent.is_set():
                    self._connection.sendall(piece)
                    continue
                kept += piece
                if _ends_ready(kept):
                    self.heard.set()
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The program or the test has ended it: there is nobody to tell.
            return
        finally:
            self.heard.set()


def _ends_ready(said: bytes) -> bool:
    """Whether the server waits for the next statement."""
    last: Any = None
    while len(said) >= 5:
        last, said = said[0], said[1 + int.from_bytes(said[1:5]) :]
    return last == _READY and not said
