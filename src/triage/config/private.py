"""Reading a file that holds secrets: only if it is ours, and nobody else may read or change it."""

from __future__ import annotations

import os
import shlex
import stat
from typing import TYPE_CHECKING

from triage.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def read_private(path: Path) -> bytes | None:
    """Read a file that only its owner may read; None if it is not there.

    Raises:
        ConfigError: Its mode, owner or kind is not acceptable, or it cannot be read.
    """
    try:
        # Not blocking: somebody may have put a pipe there.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"{path.name} cannot be read.",
            reason=f"{path}: {error.strerror}.",
            hint=f"Mend it: chmod 600 {shlex.quote(str(path))}",
        ) from error
    with os.fdopen(handle, "rb") as file:
        # The file that is open is the one that is checked.
        _refuse_shared(path, os.fstat(file.fileno()))
        return file.read()


def _refuse_shared(path: Path, status: os.stat_result) -> None:
    name = shlex.quote(str(path))
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"{path.name} is not a file.", reason=f"It is at {path}.")
    if status.st_uid != os.geteuid():
        raise ConfigError(
            f"{path.name} is refused: it belongs to another user.",
            reason=f"{path} belongs to user id {status.st_uid}, and you are {os.geteuid()}.",
            hint=f"Make it yours: sudo chown {os.geteuid()} {name} && chmod 600 {name}",
        )
    if status.st_mode & 0o077:
        raise ConfigError(
            f"{path.name} is refused: other users may read or change it.",
            reason=f"{path} has mode {stat.S_IMODE(status.st_mode):04o}.",
            hint=f"Close it: chmod 600 {name}",
        )
