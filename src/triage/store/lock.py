"""One run at a time: a kernel lock on a file beside the database, freed even by kill -9."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triage.errors import Busy, StoreError

_RETRY_S = 0.1


@contextmanager
def hold(path: Path, what: str, *, started_at: int, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the lock while inside.

    Args:
        path: The lock's file; made 0600 if it is missing, and never removed.
        what: What is being done, for the message of whoever finds it held.
        started_at: When this run began, UTC epoch ms.
        wait_s: How long to wait for a lock that is held, seconds.

    Raises:
        Busy: Somebody else holds it; the message names their process.
        StoreError: The lock's file cannot be made.
    """
    handle = _open(path)
    try:
        _acquire(handle, what, wait_s)
        _sign(handle, started_at)
        yield
    finally:
        os.close(handle)


def _sign(handle: int, started_at: int) -> None:
    """Say who holds it. The lock holds without: a full disk keeps nobody from running."""
    told = json.dumps({"pid": os.getpid(), "started_at": started_at}).encode()
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, told, 0)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"The lock {path} cannot be made.",
            reason=error.strerror or str(error),
            hint="Check the folder's owner and mode, or name another database with --db.",
        ) from error


def _acquire(handle: int, what: str, wait_s: float) -> None:
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            left = until - time.monotonic()
            if left <= 0:
                raise Busy(
                    f"Another {what} is running.",
                    reason=_holder(handle),
                    hint="Wait for it, or give it time with --wait SECONDS.",
                ) from error
            time.sleep(min(_RETRY_S, left))
        else:
            return


def _holder(handle: int) -> str:
    try:
        told = json.loads(os.pread(handle, 200, 0))
        started = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(told["started_at"] / 1000))
        return f"Process {told['pid']} holds the lock since {started}."
    except (ValueError, KeyError, TypeError, OSError):
        return "Its process did not say which it is."


def holder(path: Path) -> str | None:
    """Who holds the lock now, in words; None if nobody does."""
    if not path.exists():
        return None
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _holder(handle)
    finally:
        os.close(handle)
    return None
