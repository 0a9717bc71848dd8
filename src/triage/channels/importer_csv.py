"""Posts in CSV, row by row; a quote that never ends costs one row, not the file."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator

from triage.channels.importer_fields import OPTIONAL, REQUIRED, BadRecordError, post_of
from triage.channels.importer_lines import BadLine, Imported, PostLine

MAX_ROW = 4 * 1024 * 1024
"""A row of more characters is taken for one whose quote never ends."""

_KNOWN = frozenset((*REQUIRED, *OPTIONAL))


class _EndlessRowError(Exception):
    """The row goes on for more than `MAX_ROW` characters."""


def columns_of(first: bytes) -> tuple[str, ...]:
    """Give the names of the columns that a first line names, in small letters."""
    try:
        row = next(csv.reader([first.decode(errors="replace")]), [])
    except csv.Error:
        return ()
    return _columns(row)


def read_rows(lines: Iterator[bytes]) -> Iterator[Imported]:
    """Read every row behind the first, which names the columns.

    Args:
        lines: Physical lines with their line ends, UTF-8; the first that is not blank is the head.

    Yields:
        A `PostLine` or a `BadLine` for each row; rows whose cells are all empty are passed over.
    """
    # The module's own limit is for all its users; it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW))
    rows = _Rows(lines)
    columns: tuple[str, ...] = ()
    for number, row in rows.read():
        if isinstance(row, str):
            yield BadLine(number, row)
        elif not any(row):
            continue
        elif not columns:
            columns = _columns(row)
        else:
            yield _item(number, columns, row)


def _columns(row: list[str]) -> tuple[str, ...]:
    return tuple(cell.strip().casefold() for cell in row)


def _item(number: int, columns: tuple[str, ...], row: list[str]) -> Imported:
    if len(row) > len(columns):
        problem = f"{len(row)} cells for {len(columns)} columns: a comma outside of quotes?"
        return BadLine(number, problem)
    # An empty cell is no value, but an empty text is a text: a post may be a mere picture.
    record = {
        key: cell
        for key, cell in zip(columns, row, strict=False)
        if key in _KNOWN and (cell or key == "text")
    }
    try:
        return PostLine(number, post_of(record))
    except BadRecordError as error:
        return BadLine(number, str(error))


class _Rows:
    """Feeds physical lines to the parser of CSV, and takes lines back when a row goes wrong."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self._taken: list[str] = []
        self._count = 0
        self._size = 0
        self._has_bad_bytes = False

    def read(self) -> Iterator[tuple[int, list[str] | str]]:
        """Give each row, or why it is none, with the number of the line where it starts."""
        # Strict: else a quote that was forgotten silently swallows the rows behind it.
        parser = csv.reader(self, strict=True)
        while True:
            self._taken.clear()
            self._size = 0
            self._has_bad_bytes = False
            number = self._count + 1
            try:
                row = next(parser)
            except StopIteration:
                return
            except (csv.Error, _EndlessRowError) as error:
                yield number, self._give_back(error)
                continue
            yield number, "it is not UTF-8" if self._has_bad_bytes else row

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._decoded()
        self._count += 1
        self._taken.append(line)
        self._size += len(line)
        if self._size > MAX_ROW:
            raise _EndlessRowError
        if not line.isascii() and not self._has_bad_bytes:
            self._has_bad_bytes = _has_escapes(line)
        return line

    def _decoded(self) -> str:
        # Bytes that are no text stay recognisable until their row is known.
        return next(self._lines).decode(errors="surrogateescape")

    def _give_back(self, error: Exception) -> str:
        """Begin again behind the first line of a row that went wrong."""
        if len(self._taken) > 1:
            self._back.extendleft(reversed(self._taken[1:]))
            self._count -= len(self._taken) - 1
        if isinstance(error, _EndlessRowError) or len(self._taken) > 1:
            return "a quote in it is not closed as CSV asks"
        return f"not CSV: {error}"


def _has_escapes(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return True
    return False
