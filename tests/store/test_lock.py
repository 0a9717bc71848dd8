"""One run at a time: who holds the lock is named, and a killed process frees it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from builders import START
from triage.errors import Busy, StoreError
from triage.store.lock import hold, holder

HOLD = """
import sys
from pathlib import Path
from triage.store.lock import hold

with hold(Path(sys.argv[1]), "fetch", started_at=int(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Holds the lock until it is told to go on or is killed."""
    command = [sys.executable, "-c", HOLD, str(path), str(START)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of the lock's file, in a folder that is not there yet."""
    return tmp_path / "desk" / "triage.db.lock"


def test_who_holds_it_is_named(path: Path) -> None:
    """By process and time, so that a person can look at it."""
    with another_process(path) as process:
        with pytest.raises(Busy, match=r"Another fetch is running\.") as caught, taken(path):
            pytest.fail("two at once")
        words = f"Process {process.pid} holds the lock since 2026-03-02 09:00:00Z."
        assert caught.value.reason == words
        assert "--wait" in caught.value.hint
        assert holder(path) == words


@contextmanager
def taken(path: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold it here."""
    with hold(path, "fetch", started_at=START, wait_s=wait_s):
        yield


def test_a_killed_process_frees_it(path: Path) -> None:
    """No stale file ever has to be removed by hand."""
    with another_process(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        assert holder(path) is None
        with taken(path):
            pass
    assert path.exists()


@pytest.mark.real_time
def test_who_waits_gets_it_as_soon_as_it_is_free(path: Path) -> None:
    """With `--wait`."""
    with another_process(path) as process:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        with taken(path, wait_s=30):
            assert process.wait(timeout=60) == 0


@pytest.mark.real_time
def test_who_waited_in_vain_is_told_the_same(path: Path) -> None:
    """After the time is over, and not before."""
    with another_process(path), pytest.raises(Busy, match="is running"), taken(path, wait_s=0.15):
        pytest.fail("two at once")


def test_it_is_free_again_after_use_and_after_a_failure(path: Path) -> None:
    """One after the other, the second of them in spite of an error."""
    for _ in range(2):
        with pytest.raises(KeyError), taken(path):
            raise KeyError
    with taken(path):
        assert holder(path) == f"Process {os.getpid()} holds the lock since 2026-03-02 09:00:00Z."
    assert holder(path) is None


def test_two_descriptors_of_one_process_exclude_each_other(path: Path) -> None:
    """A thread of ours is somebody else too."""
    with taken(path), pytest.raises(Busy), taken(path):
        pytest.fail("two at once")


def test_different_files_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Two databases, two locks."""
    with taken(tmp_path / "a.lock"), taken(tmp_path / "b.lock"):
        assert holder(tmp_path / "a.lock") is not None


def test_a_lock_that_never_was_is_held_by_nobody(path: Path) -> None:
    """And asking makes no file."""
    assert holder(path) is None
    assert not path.exists()


def test_asking_does_not_take_it(path: Path) -> None:
    """A look while nobody holds it leaves it free."""
    with taken(path):
        pass
    assert holder(path) is None
    with taken(path):
        assert holder(path) is not None


@pytest.mark.parametrize("garbage", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "started_at": "x"}'])
def test_a_holder_that_did_not_say_who_it_is_still_holds(path: Path, garbage: str) -> None:
    """What stands in the file is for people; the kernel decides."""
    with another_process(path):
        path.write_text(garbage)
        with pytest.raises(Busy) as caught, taken(path):
            pytest.fail("two at once")
        assert caught.value.reason == "Its process did not say which it is."


def test_a_shorter_name_leaves_nothing_of_a_longer_one(path: Path) -> None:
    """The file is emptied first."""
    path.parent.mkdir()
    path.write_text("x" * 500)
    with taken(path):
        assert str(os.getpid()) in (holder(path) or "")


def test_the_file_is_private(path: Path) -> None:
    """0600 in a folder of 0700, whatever the umask."""
    before = os.umask(0)
    try:
        with taken(path):
            modes = [stat.S_IMODE(p.stat().st_mode) for p in (path, path.parent)]
    finally:
        os.umask(before)
    assert modes == [0o600, 0o700]


def test_a_place_where_no_lock_can_be_made_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """A part of the path is a file."""
    (tmp_path / "desk").write_text("")
    with (
        pytest.raises(StoreError, match="cannot be made") as caught,
        taken(tmp_path / "desk" / "x.lock"),
    ):
        pytest.fail("held nothing")
    assert "--db" in caught.value.hint
