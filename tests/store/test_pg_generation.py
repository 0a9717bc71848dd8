"""Many machines share a store, and each notices when it was restored; none when another sent."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

import postgres
from depth import deep
from triage.store.generation_pg import HOME, SharedGeneration
from triage.store.store import SqlStore

MACHINES = ("ana", "bo", "cron")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """Shared by all."""
    postgres.need()
    opened = SqlStore.open(postgres.database(tmp_path))
    yield opened
    opened.close()


def at(store: SqlStore, folder: Path, machine: str) -> SharedGeneration:
    """The generation as a machine sees it."""
    found = store.generation(folder / machine, folder / "unused")
    assert isinstance(found, SharedGeneration)
    return found


def fetch(store: SqlStore, folder: Path, machine: str) -> bool:
    """Look whether all is known, as every fetch does; then remember how far the store is."""
    generation = at(store, folder, machine)
    if not generation.is_known():
        return False
    with store.tx():
        generation.begin()
    return True


def send(store: SqlStore, folder: Path, machine: str) -> None:
    """A reply leaves."""
    generation = at(store, folder, machine)
    with store.tx():
        generation.advance()
    generation.confirm()


def test_what_another_machine_sent_is_no_alarm(store: SqlStore, tmp_path: Path) -> None:
    """A machine lags behind by as much as it likes; a new one joins."""
    assert fetch(store, tmp_path, "ana")
    send(store, tmp_path, "ana")
    for _ in range(3):
        send(store, tmp_path, "bo")
    assert fetch(store, tmp_path, "ana")
    assert fetch(store, tmp_path, "new")


def test_a_new_store_begins_once(store: SqlStore, tmp_path: Path) -> None:
    """Then it has a home, and every machine remembers it."""
    generation = at(store, tmp_path, "ana")
    assert generation.is_known()
    with store.tx():
        assert generation.begin()
        assert not generation.begin()
    assert at(store, tmp_path, "bo").is_known()


def test_a_backup_from_before_the_first_reply_is_noticed(store: SqlStore, tmp_path: Path) -> None:
    """It looks like a new store, and this machine has sent from it."""
    send(store, tmp_path, "ana")
    with store.tx():
        store.engine.execute("DELETE FROM generation")
        for mark in ("generation", HOME):
            store.settings.put(mark, None)
    assert not at(store, tmp_path, "ana").is_known()
    assert at(store, tmp_path, "new").is_known()


def test_a_store_that_was_moved_here_from_a_file_is_noticed(
    store: SqlStore, tmp_path: Path
) -> None:
    """It has a generation, and no home."""
    store.settings.put("generation", "of the file")
    assert not at(store, tmp_path, "ana").is_known()
    with store.tx():
        at(store, tmp_path, "ana").advance(covers=1)
    assert at(store, tmp_path, "bo").is_known()


@pytest.mark.parametrize("garbage", ["", "not it", "a b c", "id -1"])
def test_a_damaged_note_is_not_believed(store: SqlStore, tmp_path: Path, garbage: str) -> None:
    """Rather ask a person once too often."""
    send(store, tmp_path, "ana")
    (note,) = (tmp_path / "ana").iterdir()
    note.write_text(garbage)
    assert not at(store, tmp_path, "ana").is_known()


def test_a_store_that_is_not_to_be_believed(store: SqlStore, tmp_path: Path) -> None:
    """On this machine, until it is told so; whatever was looked for meanwhile."""
    send(store, tmp_path, "ana")
    at(store, tmp_path, "ana").forget()
    with store.tx():
        at(store, tmp_path, "bo").advance(covers=1 << 60)
    assert not at(store, tmp_path, "ana").is_known()
    assert at(store, tmp_path, "bo").is_known()
    at(store, tmp_path, "ana").confirm()
    assert at(store, tmp_path, "ana").is_known()


def test_without_a_place_for_the_note_nothing_may_be_sent(store: SqlStore, tmp_path: Path) -> None:
    """The caller gets the error before anything leaves."""
    (tmp_path / "ana").write_text("a file stands in the way")
    with pytest.raises(OSError, match=r"exists|directory"):
        send(store, tmp_path, "ana")


def test_a_server_that_took_over_is_noticed(store: SqlStore, tmp_path: Path) -> None:
    """Its history is another one from there on: what was sent last may be missing."""
    send(store, tmp_path, "ana")
    system, history, *tables = (store.settings.get(HOME) or "").split("/")
    assert len(history) == 8
    store.settings.put(HOME, "/".join([system, "00000009", *tables]))
    assert not at(store, tmp_path, "ana").is_known()
    assert not at(store, tmp_path, "new").is_known()
    store.settings.put(HOME, "/".join(["?", "?", *tables]))
    assert at(store, tmp_path, "ana").is_known(), "who may not ask for it takes any"


@pytest.mark.real_time
def test_a_dump_that_was_brought_back_is_noticed_by_all(store: SqlStore, tmp_path: Path) -> None:
    """With the server's own tools, in another database and over the same one; also by a new one."""
    tools = [shutil.which(t) or f"/usr/lib/postgresql/15/bin/{t}" for t in ("pg_dump", "psql")]
    if not all(Path(tool).exists() for tool in tools):
        pytest.skip("needs pg_dump and psql beside the server")
    dump, psql = tools
    url = postgres.database(tmp_path)
    send(store, tmp_path, "ana")
    fetch(store, tmp_path, "bo")
    run = [dump, "--clean", "--if-exists", "-f", str(tmp_path / "dump.sql"), url]
    subprocess.run(run, check=True, timeout=300)
    assert fetch(store, tmp_path, "bo"), "taking a dump changes nothing"
    other = postgres.clone()
    for where in (other, url):
        restored = [psql, "-q", "-v", "ON_ERROR_STOP=1", "-f", str(tmp_path / "dump.sql"), where]
        subprocess.run(restored, check=True, timeout=300, stdout=subprocess.DEVNULL)
        found = SqlStore.open(where)
        for machine in ("ana", "bo", "new"):
            assert not at(found, tmp_path, machine).is_known()
        with found.tx():
            at(found, tmp_path, "cron").advance(covers=1)
        for machine in ("ana", "bo", "new"):
            assert at(found, tmp_path, machine).is_known()
        found.close()
    postgres.drop(other)


@dataclass
class Copy:
    """What a backup holds of our tables, and which generations are in it."""

    rows: dict[str, list[tuple[Any, ...]]]
    sent: frozenset[int]
    looked: frozenset[int]
    history: int


@dataclass
class World:
    """What really happened.

    Attributes:
        sent: Generations that the store knows: of sends, of its beginning, of releases.
        seen: Those that a machine has made or has seen in the store.
        looked: Those that a release has looked for.
        history: Which one the server is in; a dump that is brought back begins another.
    """

    sent: set[int] = field(default_factory=set)
    seen: dict[str, set[int]] = field(default_factory=dict)
    looked: set[int] = field(default_factory=set)
    total: int = 0
    history: int = 1
    copy: Copy | None = None


class Machines(RuleBasedStateMachine):
    """Machines send and fetch, backups are taken and brought back, in any order."""

    store: SqlStore
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._write({"meta": [("parents_through", "0")], "generation": []})

    def _write(self, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        columns = {"meta": ("key", "value"), "generation": ("id", "at", "covers")}
        with self.store.tx():
            for table, names in columns.items():
                self.store.engine.execute(f"DELETE FROM {table}")  # noqa: S608 - named here
                self.store.engine.insert(table, names, rows[table])

    def _at(self, machine: str) -> SharedGeneration:
        made = at(self.store, self.folder, machine)
        system, _, *tables = made._here.split("/")
        made.__dict__["_here"] = "/".join([system, str(self.world.history), *tables])
        return made

    def _may_send(self, machine: str) -> bool:
        """Whether a machine believes the store, which must be so exactly when it may."""
        known = self._at(machine).is_known()
        home = (self.store.settings.get(HOME) or f"/{self.world.history}").split("/")[1]
        forgotten = self.world.seen.get(machine, set()) - self.world.sent - self.world.looked
        moved = home != str(self.world.history)
        assert known == (not moved and not forgotten), (forgotten, moved)
        return known

    def _advanced(self) -> None:
        """The store has another generation."""
        self.world.total += 1
        self.world.sent.add(self.world.total)

    def _see(self, machine: str) -> None:
        generation = self._at(machine)
        with self.store.tx():
            if generation.begin():
                self._advanced()
        self.world.seen[machine] = set(self.world.sent)

    @rule(machine=st.sampled_from(MACHINES))
    def fetches(self, machine: str) -> None:
        """A machine looks; where it does not believe the store, our timeline is read first."""
        if self._may_send(machine):
            self._see(machine)

    @rule(machine=st.sampled_from(MACHINES))
    def sends(self, machine: str) -> None:
        """A machine sends what is to be sent, if it may."""
        if not self._may_send(machine):
            return
        self._see(machine)
        generation = self._at(machine)
        with self.store.tx():
            generation.advance()
        self._advanced()
        generation.confirm()
        self.world.seen[machine] = set(self.world.sent)

    @rule(machine=st.sampled_from(MACHINES))
    def releases(self, machine: str) -> None:
        """A machine that does not believe the store has read our timeline: all up to now is found.

        The tests' own look at the clock comes first, as the mark of the held outbox does.
        """
        if self._may_send(machine):
            return
        (now,) = self.store.engine.query("SELECT coalesce(max(at), 0) FROM generation")[0]
        notes = self.folder.rglob("generation-*")
        latest = max([int(note.read_text().split()[1]) for note in notes], default=0)
        generation = self._at(machine)
        with self.store.tx():
            generation.advance(covers=max(now, latest) + 1)
        generation.confirm()
        self.world.looked |= set(range(1, self.world.total + 1))
        self._advanced()
        self.world.seen[machine] = set(self.world.sent)

    @rule()
    def backs_up(self) -> None:
        """A copy is taken."""
        query = self.store.engine.query
        rows = {
            "meta": query("SELECT key, value FROM meta"),
            "generation": query("SELECT id, at, covers FROM generation"),
        }
        self.world.copy = Copy(
            rows, frozenset(self.world.sent), frozenset(self.world.looked), self.world.history
        )

    @precondition(lambda self: self.world.copy is not None)
    @rule(same_home=st.booleans())
    def restores(self, *, same_home: bool) -> None:
        """The copy is brought back: the disk of the server as it was, or a dump of it."""
        copy = self.world.copy
        assert copy is not None
        self._write(copy.rows)
        self.world.sent = set(copy.sent)
        self.world.looked = set(copy.looked)
        self.world.history = copy.history if same_home else self.world.history + 1


def test_machines_in_any_order(store: SqlStore, tmp_path: Path) -> None:
    """A machine believes the store exactly when that has forgotten nothing which it ever saw."""

    class Here(Machines):
        pass

    Here.store, Here.folder = store, tmp_path / "machines"
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=deep(60, in_suite=12),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
