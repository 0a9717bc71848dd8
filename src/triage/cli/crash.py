"""The crash file: where in our code it happened, without any text of a post or token."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from triage import __version__
from triage.cli.argv import command_of


def write_crash_file(bug: Exception, words: Sequence[str]) -> Path:
    """Write versions and the places of the traceback; never values, which may be private."""
    places = [
        f"  {frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(bug.__traceback__)
    ]
    command = command_of(words) or ""
    lines = [
        (
            f"triage {__version__}, Python {platform.python_version()}, "
            f"SQLite {sqlite3.sqlite_version}, {sys.platform}"
        ),
        f"at {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}, command {command!r}",
        f"{type(bug).__module__}.{type(bug).__name__}",
        *places,
        "",
    ]
    text = "\n".join(lines)
    for folder in (_state_dir(), Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = folder / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.txt"
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(text)
        except OSError:
            continue
        return path
    return Path(os.devnull)


def _state_dir() -> Path:
    from triage.config.places import resolve_places
    from triage.errors import TriageError

    try:
        return resolve_places(env=os.environ).state_dir
    except TriageError:
        return Path(tempfile.gettempdir())
