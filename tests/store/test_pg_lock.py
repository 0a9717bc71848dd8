"""One run at a time for all computers on a server: named, freed by a crash, never presumed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import postgres
from builders import START
from triage.errors import Busy, StoreUnavailable
from triage.store.lock_pg import Name, hold, holder
from triage.store.store import SqlStore

FETCH = Name("fetch", "acme")
HOLD = """
import sys
from triage.store.lock_pg import Name, hold
from triage.store.store import SqlStore

store = SqlStore.open(sys.argv[1])
url, at = sys.argv[1], int(sys.argv[2])
with hold(store.engine, url, Name("fetch", "acme"), agent="bo", started_at=at):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Of a database of ours."""
    postgres.need()
    return postgres.database(tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """What is worked with under the lock."""
    opened = SqlStore.open(url)
    yield opened
    opened.close()


@contextmanager
def another_process(url: str) -> Iterator[subprocess.Popen[str]]:
    """Holds the lock until it is told to go on or is killed."""
    command = [sys.executable, "-c", HOLD, url, str(START)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def taken(store: SqlStore, url: str, name: Name = FETCH, wait_s: float = 0.0) -> Iterator[None]:
    """Hold it here."""
    with hold(store.engine, url, name, agent="ana", started_at=START, wait_s=wait_s):
        yield


def cut_off(store: SqlStore, name: Name = FETCH) -> None:
    """End the session that holds a lock, as a server does that finds nobody at its other end."""
    ended = store.engine.query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' "
        "AND objid = CAST(:key AS oid) AND objsubid = 2 AND classid = CAST(:class AS oid)",
        name.params,
    )
    assert len(ended) == 1


def test_who_holds_it_is_named(store: SqlStore, url: str) -> None:
    """By agent, host, process and time, so that a person on another machine can ask them."""
    with another_process(url) as process:
        with pytest.raises(Busy, match=r"Another fetch is running\.") as caught, taken(store, url):
            pytest.fail("two at once")
        words = f"bo on {socket.gethostname()} (process {process.pid}) "
        words += "holds it since 2026-03-02 09:00:00Z."
        assert caught.value.reason == words
        assert "--wait" in caught.value.hint
        assert holder(store.engine, FETCH) == words


@pytest.mark.real_time
def test_a_killed_process_frees_it(store: SqlStore, url: str) -> None:
    """Whoever waits for it gets it; what the dead one said of itself is believed no more."""
    with another_process(url) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        with taken(store, url, wait_s=10):
            assert f"process {os.getpid()}" in (holder(store.engine, FETCH) or "")
    assert holder(store.engine, FETCH) is None


@pytest.mark.real_time
def test_who_waits_gets_it_as_soon_as_it_is_free(store: SqlStore, url: str) -> None:
    """With `--wait`."""
    with another_process(url) as process:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        with taken(store, url, wait_s=30):
            assert process.wait(timeout=60) == 0


@pytest.mark.real_time
def test_who_waited_in_vain_is_told_the_same(store: SqlStore, url: str) -> None:
    """After the time is over; the session that waited is gone."""
    with (
        taken(store, url),
        pytest.raises(Busy, match="is running") as caught,
        taken(store, url, wait_s=0.15),
    ):
        pytest.fail("two at once")
    assert "ana on" in caught.value.reason


def test_it_is_free_again_after_use_and_after_a_failure(store: SqlStore, url: str) -> None:
    """At once, although the session that held it may take a moment to end."""
    for _ in range(3):
        with pytest.raises(KeyError), taken(store, url):
            raise KeyError
    with taken(store, url):
        pass
    assert holder(store.engine, FETCH) is None


def test_other_activities_and_brands_do_not_disturb(store: SqlStore, url: str) -> None:
    """A reply goes out during a fetch, and a database may hold two brands."""
    with (
        taken(store, url),
        taken(store, url, Name("send", "acme")),
        taken(store, url, Name("fetch", "other")),
        pytest.raises(Busy),
        taken(store, url),
    ):
        pytest.fail("two at once")


def write_under_the_lock(store: SqlStore) -> None:
    """What a run does that must not write without it."""
    with store.tx():
        store.settings.put("written", "by two")
        store.fence()


def test_a_lock_that_was_lost_is_noticed(store: SqlStore, url: str) -> None:
    """In a transaction and outside one; somebody else may have it by then."""
    other = SqlStore.open(url)
    with taken(store, url):
        store.fence()
        with store.tx():
            store.fence()
        cut_off(store)
        with taken(other, url):
            other.fence()
            with pytest.raises(StoreUnavailable, match="lock of this fetch was lost") as caught:
                store.fence()
            with pytest.raises(StoreUnavailable):
                write_under_the_lock(store)
        assert "another run" in caught.value.reason
    assert store.settings.get("written") is None
    store.fence()
    other.close()


def test_one_lost_lock_of_two_is_enough(store: SqlStore, url: str) -> None:
    """A fetch that sends holds both."""
    send = Name("send", "acme")
    with taken(store, url), taken(store, url, send):
        store.fence()
        cut_off(store)
        with pytest.raises(StoreUnavailable, match="lock of this fetch"):
            store.fence()


@pytest.mark.parametrize("garbage", ["", "{", "[]", '{"session": 1}', '{"agent": "ana"}'])
def test_a_holder_that_did_not_say_who_it_is_still_holds(
    store: SqlStore, url: str, garbage: str
) -> None:
    """What stands in the table is for people; the server decides."""
    with taken(store, url):
        store.settings.put(FETCH.mark, garbage)
        with pytest.raises(Busy) as caught, taken(store, url):
            pytest.fail("two at once")
    assert caught.value.reason == "Its process did not say which it is."


def test_nobody_can_be_reached_nobody_holds(store: SqlStore) -> None:
    """A refused connection is told as such, not as a lock that is held."""
    with pytest.raises(StoreUnavailable), taken(store, "postgresql://nobody@127.0.0.1:1/none"):
        pytest.fail("held nothing")
