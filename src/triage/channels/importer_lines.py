"""The lines of a file to import, read one by one and counted, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, NamedTuple

from triage.core.model import Post

MAX_LINE = 16 * 1024 * 1024
"""Of a line of more bytes only so many come through, without its end."""

_HEAD_LINES = 20
_HEAD_BYTES = 1024 * 1024
_REPORT_EVERY = 256 * 1024
_BOM = b"\xef\xbb\xbf"


class PostLine(NamedTuple):
    """A post that was read. Every line of a file makes one, so a tuple.

    Attributes:
        number: The physical line where its record starts, from 1; in a JSON document that spans
            lines, which page or post of the document.
        post: What it says.
        context: It came along because another post refers to it (`includes` of X).
    """

    number: int
    post: Post
    context: bool = False


@dataclass(frozen=True, slots=True)
class BadLine:
    """A record, or a part of one, that could not be read; the others are.

    Attributes:
        number: As in `PostLine`.
        reason: What is wrong with it, safe to print.
    """

    number: int
    reason: str


Imported = PostLine | BadLine


class Lines:
    """The lines of a stream with their line ends, without a byte order mark at the start."""

    def __init__(self, stream: BinaryIO, on_progress: Callable[[int], None] | None = None) -> None:
        self._stream = stream
        self._on_progress = on_progress
        self._head: list[bytes] = []
        self._bytes = 0

    def head(self) -> list[bytes]:
        """Read the first lines; they come again with `lines`."""
        size = 0
        for line in self._read(whole_first=True):
            self._head.append(line)
            size += len(line)
            if len(self._head) == _HEAD_LINES or size > _HEAD_BYTES:
                break
        if self._head:
            self._head[0] = self._head[0].removeprefix(_BOM)
        return list(self._head)

    def lines(self) -> Iterator[bytes]:
        """Give all lines, one after another."""
        return chain(self._head, self._read())

    def rest(self) -> bytes:
        """Give everything at once: this loads the file."""
        tail = self._stream.read()
        self._bytes += len(tail)
        return b"".join((*self._head, tail))

    def report(self) -> None:
        """Tell how many bytes were read so far."""
        if self._on_progress is not None:
            self._on_progress(self._bytes)

    def _read(self, *, whole_first: bool = False) -> Iterator[bytes]:
        readline = self._stream.readline
        reported = self._bytes
        while line := readline(MAX_LINE + 1):
            self._bytes += len(line)
            if len(line) > MAX_LINE:
                line = self._long(line, keep=whole_first)
            whole_first = False
            if self._bytes - reported >= _REPORT_EVERY:
                reported = self._bytes
                self.report()
            yield line

    def _long(self, start: bytes, *, keep: bool) -> bytes:
        """Go to the end of a long line; keep it only if it may be a whole document."""
        if keep and start.removeprefix(_BOM).lstrip().startswith((b"{", b"[")):
            tail = self._stream.readline()
            self._bytes += len(tail)
            return start + tail
        part = start
        while part and not part.endswith(b"\n"):
            part = self._stream.readline(MAX_LINE)
            self._bytes += len(part)
        return start.removesuffix(b"\n")
