"""A restored backup or a copied file is noticed before its outbox is sent again."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from triage.store.generation import Generation
from triage.store.store import SqlStore


@contextmanager
def opened(path: Path, state: Path) -> Iterator[tuple[SqlStore, Generation]]:
    """A database with its generation."""
    with closing(SqlStore.open(path, create=True)) as store:
        yield store, Generation(store.settings, state, path)


def advance(store: SqlStore, generation: Generation) -> str:
    """A reply is about to leave: the transaction of the send alone."""
    with store.tx():
        return generation.advance()


def send(path: Path, state: Path) -> None:
    """A reply leaves."""
    with opened(path, state) as (store, generation):
        assert generation.is_known()
        advance(store, generation)
        generation.confirm()


def is_known(path: Path, state: Path) -> bool:
    """Whether the outbox of a file may be sent here."""
    with opened(path, state) as (_, generation):
        return generation.is_known()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of the database."""
    return tmp_path / "triage.db"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state directory, which is not there yet."""
    return tmp_path / "home" / "state"


def test_a_database_that_never_sent_has_nothing_to_repeat(path: Path, state: Path) -> None:
    """A new one is known everywhere, and leaves nothing beside it."""
    with opened(path, state) as (_, generation):
        assert generation.is_known()
        generation.confirm()
    assert not state.exists()


def begin(path: Path, state: Path) -> bool:
    """The first fetch of a file, before anything is queued in it."""
    with opened(path, state) as (store, generation), store.tx():
        return generation.begin()


def test_a_new_database_begins_once(path: Path, state: Path) -> None:
    """Then it is known, and has nothing to begin any more."""
    assert begin(path, state)
    assert is_known(path, state)
    assert not begin(path, state)


def test_a_copy_from_before_anything_was_sent_is_told_from_its_original(
    path: Path, state: Path, tmp_path: Path
) -> None:
    """Both have the same reply queued, which neither has sent."""
    begin(path, state)
    shutil.copy(path, tmp_path / "copy.db")
    assert not is_known(tmp_path / "copy.db", state)
    assert is_known(path, state)


def test_a_backup_from_before_the_first_generation_is_noticed(
    path: Path, state: Path, tmp_path: Path
) -> None:
    """This machine knows the file with one: a version before this one wrote the backup."""
    with opened(path, state) as (store, _):
        store.backup(tmp_path / "backup.db")
    send(path, state)
    shutil.copy(tmp_path / "backup.db", path)
    assert not is_known(path, state)


def test_a_database_that_cannot_begin_has_begun_nothing(path: Path, state: Path) -> None:
    """Without a place beside it the transaction is rolled back, and the file stays a new one."""
    state.parent.mkdir()
    state.write_text("a file stands in the way")
    with pytest.raises(OSError, match=r"exists|directory"):
        begin(path, state)
    with opened(path, state) as (store, _):
        assert store.settings.get("generation") is None


def test_a_file_that_is_used_where_it_was_is_known(path: Path, state: Path) -> None:
    """Send after send."""
    for _ in range(3):
        send(path, state)
    assert is_known(path, state)


def test_every_send_has_a_generation_of_its_own(path: Path, state: Path) -> None:
    """So that a backup between two of them is told from both."""
    with opened(path, state) as (store, generation):
        assert len({advance(store, generation) for _ in range(5)}) == 5


def test_a_restored_backup_is_noticed(path: Path, state: Path, tmp_path: Path) -> None:
    """What was queued then has been said since."""
    send(path, state)
    with opened(path, state) as (store, _):
        store.backup(tmp_path / "backup.db")
    send(path, state)
    send(path, state)
    shutil.copy(tmp_path / "backup.db", path)
    assert not is_known(path, state)


def test_a_backup_of_before_the_last_send_is_noticed(
    path: Path, state: Path, tmp_path: Path
) -> None:
    """One send in between is enough to say something twice."""
    send(path, state)
    with opened(path, state) as (store, _):
        store.backup(tmp_path / "backup.db")
    send(path, state)
    shutil.copy(tmp_path / "backup.db", path)
    assert not is_known(path, state)


def test_a_backup_with_nothing_sent_since_may_go_on(
    path: Path, state: Path, tmp_path: Path
) -> None:
    """There is nothing that it could repeat."""
    send(path, state)
    with opened(path, state) as (store, _):
        store.backup(tmp_path / "backup.db")
    shutil.copy(tmp_path / "backup.db", path)
    assert is_known(path, state)


def test_a_copy_in_another_place_is_another_file(path: Path, state: Path, tmp_path: Path) -> None:
    """Two of them would both send what is queued."""
    send(path, state)
    copy = tmp_path / "copy.db"
    with opened(path, state) as (store, _):
        store.backup(copy)
    assert not is_known(copy, state)
    assert is_known(path, state)


def test_the_same_file_on_another_machine_is_noticed(
    path: Path, state: Path, tmp_path: Path
) -> None:
    """Its state directory knows nothing of it."""
    send(path, state)
    assert not is_known(path, tmp_path / "other")


def test_another_way_to_write_the_path_is_the_same_file(
    path: Path, state: Path, tmp_path: Path
) -> None:
    """Relative, or through a link."""
    send(path, state)
    (tmp_path / "link").symlink_to(tmp_path)
    assert is_known(tmp_path / "link" / "triage.db", state)


def test_a_crash_between_the_commit_and_the_note_beside_it_is_no_alarm(
    path: Path, state: Path
) -> None:
    """The note has the generation before, and the database knows that one too."""
    send(path, state)
    with opened(path, state) as (store, generation):
        advance(store, generation)
    assert is_known(path, state)
    send(path, state)
    assert is_known(path, state)


def test_a_send_that_is_rolled_back_changes_nothing(path: Path, state: Path) -> None:
    """The generation belongs to the transaction of the send."""
    send(path, state)
    with opened(path, state) as (store, generation):
        with pytest.raises(ZeroDivisionError), store.tx():
            assert 1 / (not generation.advance())
        assert generation.is_known()
        generation.confirm()
    assert is_known(path, state)


@pytest.mark.parametrize("garbage", ["", "not it", "\n\n"])
def test_a_damaged_note_is_not_believed(path: Path, state: Path, garbage: str) -> None:
    """Rather ask a person once too often."""
    send(path, state)
    (note,) = state.iterdir()
    note.write_text(garbage)
    assert not is_known(path, state)


def test_the_note_is_private_and_alone(path: Path, state: Path) -> None:
    """0600 in a folder of 0700, whatever the umask; nothing half-written is left."""
    before = os.umask(0)
    try:
        send(path, state)
        send(path, state)
    finally:
        os.umask(before)
    (note,) = state.iterdir()
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_without_a_place_for_the_note_nothing_may_be_sent(path: Path, state: Path) -> None:
    """The caller gets the error before anything leaves."""
    state.parent.mkdir()
    state.write_text("a file stands in the way")
    with opened(path, state) as (store, generation):
        advance(store, generation)
        with pytest.raises(OSError, match=r"exists|directory"):
            generation.confirm()
