"""Files that a person names, `-` for standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from triage.errors import NotFound, UsageError


@contextmanager
def opened(file: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open for reading; give the stream, and its size in bytes where it has one.

    Raises:
        NotFound: It cannot be read.
        UsageError: Standard input is closed.
    """
    if file == "-":
        if sys.stdin is None:
            raise UsageError("Standard input is closed.", hint="Name a file.")
        yield sys.stdin.buffer, None
        return
    path = Path(file)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise NotFound(
            f"{file} cannot be read.", reason=f"{error.strerror}.", hint="Name a file, or -."
        ) from error
    with stream:
        yield stream, path.stat().st_size
