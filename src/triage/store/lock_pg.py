"""One run at a time for all computers on one server: a lock of the database, held by a session.

The session is a connection of its own. The server frees the lock when that ends: given back, by
kill -9, and within a minute where the machine or the way to it is gone. Then somebody else may
hold it while we still run, so whoever works under it has the store ask whether it stands (see
`Engine.fence`): inside the transaction that is about to write, where nobody else can write
meanwhile, and before anything leaves.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, NamedTuple

from triage.errors import STORE_FAILURES, Busy, StoreBusy, StoreUnavailable
from triage.store.engine import Engine
from triage.store.opening_pg import connect
from triage.store.pg import Pg

_CLASS = 0x74726961
"""Ours, among the advisory locks of a database that have two numbers."""
_MOST_WAIT_S = 2_000_000
_SETTLE = """
SELECT set_config('statement_timeout', '0', false), set_config('idle_session_timeout', '0', false),
    set_config('lock_timeout', :wait, false), set_config('tcp_keepalives_idle', '20', false),
    set_config('tcp_keepalives_interval', '10', false),
    set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '50s', false)
"""
"""It may stand still for hours; the server notices within a minute that nobody is there."""
_NUMBERS = "CAST(:class AS INT), CAST(:key AS INT)"
_TRY = f"SELECT pg_try_advisory_lock({_NUMBERS})"
_LOCK = f"SELECT pg_advisory_lock({_NUMBERS})"
_FREE = f"SELECT pg_advisory_unlock({_NUMBERS})"
_OF_OURS = """
locktype = 'advisory' AND objsubid = 2 AND granted AND classid = CAST(:class AS oid)
AND objid = CAST(:key AS oid)
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_STANDS = f"SELECT 1 FROM pg_locks WHERE {_OF_OURS} AND pid = :pid"
_HELD_BY = f"SELECT pid FROM pg_locks WHERE {_OF_OURS}"
_SIGN = (
    "INSERT INTO meta (key, value) VALUES (:name, :told) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


class Name(NamedTuple):
    """Which lock: two brands in one database do not wait for each other.

    Attributes:
        what: What is being done, such as `fetch`.
        brand: For whom.
    """

    what: str
    brand: str

    @property
    def mark(self) -> str:
        """Under which key of `meta` its holder says who it is."""
        return f"lock:{self.what}:{self.brand}"

    @property
    def params(self) -> dict[str, Any]:
        """The two numbers of the lock."""
        key = hashlib.sha256(self.mark.encode()).digest()[:4]
        return {"class": _CLASS, "key": int.from_bytes(key) & 0x7FFFFFFF}


@contextmanager
def hold(
    engine: Engine, url: str, name: Name, *, agent: str, started_at: int, wait_s: float = 0.0
) -> Iterator[None]:
    """Hold the lock while inside.

    Args:
        engine: What is worked with under the lock: its `fence` asks whether the lock stands.
        url: The same database.
        name: Which lock.
        agent: Who runs this, for the message of whoever finds it held.
        started_at: When this run began, UTC epoch ms.
        wait_s: How long to wait for a lock that is held, seconds.

    Raises:
        Busy: Somebody else holds it; the message names them.
        StoreUnavailable: The server cannot be reached.
    """
    assert isinstance(engine, Pg)  # noqa: S101 - the URL names a server
    session, _ = connect(url)
    with closing(session):
        _acquire(session, name, wait_s)
        _sign(session, name, agent, started_at)
        pid = session.connection.info.backend_pid

        def check() -> None:
            if not engine.query(_STANDS, {**name.params, "pid": pid}):
                raise _lost(name)

        engine.fences.append(check)
        try:
            yield
        finally:
            engine.fences.remove(check)
            # Where it fails the session is gone, and the lock with it.
            with suppress(*STORE_FAILURES):
                session.query(_FREE, name.params)


def _acquire(session: Pg, name: Name, wait_s: float) -> None:
    wait_ms = int(min(wait_s, _MOST_WAIT_S) * 1000)
    session.query(_SETTLE, {"wait": str(wait_ms)})
    try:
        if wait_ms:
            session.query(_LOCK, name.params)
            return
        is_held = session.query(_TRY, name.params)[0][0] != 1
    except StoreBusy:
        is_held = True
    if is_held:
        raise Busy(
            f"Another {name.what} is running.",
            reason=holder(session, name) or "It has just ended.",
            hint="Wait for it, or give it time with --wait SECONDS.",
        )


def _sign(session: Pg, name: Name, agent: str, started_at: int) -> None:
    """Say who holds it. The lock holds without: a full disk keeps nobody from running."""
    told = {
        "session": session.connection.info.backend_pid,
        "agent": agent,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "started_at": started_at,
    }
    with suppress(*STORE_FAILURES):
        session.execute(_SIGN, {"name": name.mark, "told": json.dumps(told)})


def _lost(name: Name) -> StoreUnavailable:
    return StoreUnavailable(
        f"The lock of this {name.what} was lost.",
        reason="The connection that held it ended, and another run may have begun.",
        hint="Run it again: what was written down stands, and it goes on from there.",
    )


def holder(engine: Engine, name: Name) -> str | None:
    """Who holds the lock now, in words; None if nobody does."""
    held = engine.query(_HELD_BY, name.params)
    if not held:
        return None
    told = engine.query("SELECT value FROM meta WHERE key = :name", {"name": name.mark})
    try:
        said = json.loads(told[0][0]) if told else {}
        if said["session"] != held[0][0]:
            raise KeyError("session")
        since = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(said["started_at"] / 1000))
        return f"{said['agent']} on {said['host']} (process {said['pid']}) holds it since {since}."
    except (ValueError, KeyError, TypeError):
        return "Its process did not say which it is."
