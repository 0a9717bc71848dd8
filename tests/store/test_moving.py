"""A store is moved whole between the engines, and never are both in use."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import builders
import postgres
from counted import Count
from depth import deep
from movable import dump, fill, filled
from triage.core.media import Picture
from triage.errors import Busy, Refused, SchemaMismatch, StoreBusy, StoreError
from triage.store import moving_pg
from triage.store.engine import Lite
from triage.store.generation import Generation
from triage.store.generation_pg import SharedGeneration
from triage.store.moving import Moved, Options, Outcome, back, move
from triage.store.moving_counters import read_counters
from triage.store.moving_open import Where, opened
from triage.store.moving_tables import LEFT_OUT, META, PICTURES, tables
from triage.store.pg import Pg
from triage.store.store import SqlStore

NOW = builders.START
OPTIONS = Options(now=lambda: NOW)
SMALL = OPTIONS._replace(batch=3)
"""So that most tables take several batches."""
PAIRS = [(a, b) for a in ("sqlite", "postgres") for b in ("sqlite", "postgres")]
BOTH_WAYS = [("sqlite", "postgres"), ("postgres", "sqlite")]
LONG = int(os.environ.get("TRIAGE_CHAOS", "0"))

Place = Callable[[str, str], Where]
"""Makes an empty store of an engine, by a name."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that tests take copies of: making their tables takes longer than moving them."""
    folder = tmp_path_factory.mktemp("made")
    SqlStore.open(folder / "empty.db", create=True).close()
    filled(folder / "first.db", rows=2)
    filled(folder / "odd.db", rows=5)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Place:
    """Where a store of an engine goes; nothing is in it."""

    def make(engine: str, name: str) -> Where:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        if engine == "postgres":
            return postgres.database(folder)
        if not (folder / "triage.db").exists():
            shutil.copy(made / "empty.db", folder / "triage.db")
        return folder / "triage.db"

    return make


@pytest.fixture
def first(made: Path, tmp_path: Path) -> Path:
    """A file with odd rows in every table."""
    return Path(shutil.copy(made / "first.db", tmp_path))


@pytest.fixture
def odd(made: Path, tmp_path: Path) -> Path:
    """As `first`, with more of them."""
    return Path(shutil.copy(made / "odd.db", tmp_path))


def moved(where: Where, to: Where, options: Options = OPTIONS) -> Moved:
    """Move, and see that it was."""
    done = move(where, to, options)
    assert done.outcome is Outcome.MOVED
    return done


def begun(kind: str, file: Path, place: Place) -> Where:
    """A store of an engine with the rows of a file."""
    if kind == "sqlite":
        return file
    moved(file, place(kind, "begun"))
    return place(kind, "begun")


# What goes over


def test_every_table_of_both_engines_is_copied_or_left_out_for_a_reason(place: Place) -> None:
    """A table that a migration makes is moved without anybody thinking of it, on both engines."""
    every = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' "
        "AND substr(name, 1, 7) <> 'sqlite_' AND substr(name, 1, 12) <> 'message_fts_'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    found = {}
    for kind in ("sqlite", "postgres"):
        with opened(place(kind, kind), create=True) as engine:
            copied = tables(engine)
            names = {name for (name,) in engine.query(every[engine.dialect])}
            assert names == {t.name for t in copied} | ({*LEFT_OUT} & names)
            assert all(t.key for t in copied), "rows without a key cannot be put in order"
            # A row that refers to another one of its table is found by its id.
            assert all(t.key == ("id",) for t in copied if t.forward)
            # What migrations write into a new store would stand in the way.
            assert not [t.name for t in copied if t.name != META and _count(engine, t.name)]
            found[kind] = {
                (t.name, frozenset(t.columns), t.key, t.forward, t.counted) for t in copied
            }
    assert found["sqlite"] == found["postgres"]
    assert all(LEFT_OUT.values())


def _count(engine: Any, table: str) -> int:  # noqa: ANN401 - either engine
    return int(engine.query(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - named here


def test_a_table_comes_behind_those_that_it_refers_to(first: Path) -> None:
    """So a server can look up every reference as a row is written."""
    with opened(first) as engine:
        seen: set[str] = set()
        for table in tables(engine):
            assert table.refers <= seen
            seen.add(table.name)


@pytest.mark.parametrize("kinds", PAIRS, ids="-".join)
def test_everything_goes_over(kinds: tuple[str, str], place: Place, odd: Path) -> None:
    """Byte for byte, with hostile texts, empty ones beside NULL, big numbers, and the counters."""
    start, to = begun(kinds[0], odd, place), place(kinds[1], "to")
    with opened(start) as engine:
        counters = read_counters(engine, tables(engine))
    done = moved(start, to, SMALL)
    assert dump(to) == dump(odd)
    with opened(to) as engine:
        assert read_counters(engine, tables(engine)) == counters
    assert {s.table for s in done.sums} >= {"message", "reply", "meta", PICTURES}
    assert sum(s.rows for s in done.sums) > 100, "there was something to move"


def test_the_texts_are_odd(odd: Path) -> None:
    """The tests above move what they say: each odd text is somewhere in a message."""
    told = dump(odd)
    with closing(sqlite3.connect(odd)) as file:
        forward = "SELECT count(*) FROM conversation WHERE merged_into > id"
        assert file.execute(forward).fetchone()[0], "a row refers to a later one"
    assert ',"",' in told
    assert ",null," in told
    assert "\\\\N" in told
    assert "👨‍👩‍👧‍👦" in told
    assert "9223372036854775807" in told


@pytest.mark.timeout(3000)  # each example is a database of its own
@settings(max_examples=deep(60, 3))
@given(seed=st.integers(0, 2**32), rows=st.integers(0, 3), batch=st.integers(1, 4))
def test_there_and_back_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, seed: int, rows: int, batch: int
) -> None:
    """Whatever a store holds and however it is cut into batches: file, server, file."""
    folder = tmp_path_factory.mktemp("any")
    chance = random.Random(seed)  # noqa: S311 - it is to come again
    options = Options(now=lambda: NOW, batch=batch)
    fill(folder / "a.db", chance.choice, rows)
    there = moved(folder / "a.db", postgres.database(folder), options)
    again = moved(postgres.database(folder), folder / "b.db", options)
    assert there.sums == again.sums
    assert dump(folder / "a.db") == dump(folder / "b.db")
    postgres.forget(folder)


def test_a_desk_goes_there_and_back(busy: builders.Desk, place: Place) -> None:
    """What people have done: its queue, its search and its pictures are as they were."""
    reply = busy.draft(3, "see this")
    with busy.store.tx():
        busy.store.media.attach(reply.id, [Picture("a.png", b"a picture", "image/png", "odd")])
    queue, found = busy.waiting(), _found(busy.store)
    busy.close()
    there, again = place("postgres", "there"), place("sqlite", "again")
    assert moved(busy.where, there).sums == moved(there, again).sums
    with closing(SqlStore.open(again)) as store:
        busy.store = store
        assert busy.waiting() == queue
        assert _found(store) == found == [6, 3, 2]
        assert store.unindexed() == 0
        assert store.media.read(store.media.of(reply.id)[0]) == b"a picture"


def _found(store: SqlStore) -> list[int | None]:
    """Where a search finds a word: through the index alone."""
    return [m.conversation_id for m in store.reading.search(1, "broken", 10)]


def test_an_id_is_not_given_out_again(place: Place, tmp_path: Path) -> None:
    """Not even that of a row that was deleted before the move, there or back."""
    store = SqlStore.open(tmp_path / "first.db", create=True)
    for name in ("one", "two", "three"):
        store.accounts.brand(name)
    store.engine.execute("DELETE FROM brand WHERE id > 1")
    store.close()
    there, again = place("postgres", "there"), place("sqlite", "again")
    moved(tmp_path / "first.db", there)
    moved(there, again)
    with closing(SqlStore.open(again)) as store:
        assert store.accounts.brand("four") == 4


def test_what_is_moved_is_held_in_small_parts(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many rows there are, no more than a batch of them is in hand."""
    fill(tmp_path / "first.db", lambda values: values[-1] or values[0], 40)
    most: list[int] = []
    for engine in (Lite, Pg):
        monkeypatch.setattr(engine, "query", _measured(engine.query, most))
    moved(tmp_path / "first.db", place("postgres", "to"), OPTIONS._replace(batch=7))
    assert max(most) == 7


def _measured(query: Callable[..., list[Any]], most: list[int]) -> Callable[..., list[Any]]:
    def run(self: Any, sql: str, params: Any = None) -> list[Any]:  # noqa: ANN401
        rows = query(self, sql, params)
        if " LIMIT :" in sql and "meta" not in sql:
            most.append(len(rows))
        return rows

    return run


def test_a_nul_is_refused_by_name(tmp_path: Path, place: Place) -> None:
    """Triage writes none; another program may have, and no server keeps it."""
    first = tmp_path / "first.db"
    SqlStore.open(first, create=True).close()
    with closing(sqlite3.connect(first)) as file:
        file.execute("INSERT INTO brand (id, name) VALUES (7, 'a' || char(0) || 'b')")
        file.commit()
    with pytest.raises(StoreError) as caught:
        move(first, place("postgres", "to"), OPTIONS)
    assert "7 holds a NUL" in caught.value.reason


def test_a_file_is_only_yours_to_read(first: Path, tmp_path: Path) -> None:
    """As every file of the store, from its first byte on."""
    moved(first, tmp_path / "new" / "to.db")
    made = [*(tmp_path / "new").iterdir()]
    assert made
    assert {stat.S_IMODE(each.stat().st_mode) for each in made if each.is_file()} == {0o600}


# Nothing is said twice: only one of them is in use


@pytest.mark.parametrize("kinds", BOTH_WAYS, ids="-".join)
def test_the_old_store_says_where_it_went(
    kinds: tuple[str, str], place: Place, first: Path
) -> None:
    """It opens for nobody any more, and the line for the configuration is in the message."""
    start, to = begun(kinds[0], first, place), place(kinds[1], "to")
    done = moved(start, to)
    with pytest.raises(StoreError) as caught:
        SqlStore.open(start)
    assert caught.value.message == f"The store {done.source} was moved to {done.target}."
    assert f'store = "{done.target}"' in caught.value.hint
    SqlStore.open(to).close()


@pytest.mark.parametrize("kinds", BOTH_WAYS, ids="-".join)
def test_while_it_is_moved_neither_opens(
    kinds: tuple[str, str], place: Place, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first row until all are compared; then the new one does."""
    start, to = begun(kinds[0], first, place), place(kinds[1], "to")
    refused: list[str] = []

    moments = ["brand", "search", "comparing"]

    def look(what: str, _done: int, _total: int) -> None:
        if what not in moments:
            return
        moments.remove(what)
        for where in (start, to):
            with pytest.raises(StoreBusy) as caught:
                SqlStore.open(where)
            refused.append(caught.value.reason)

    done = moved(start, to, OPTIONS._replace(tell=look))
    assert not moments
    assert {*refused} == {
        f"It is being moved to {done.target} since 2026-03-02 09:00:00Z.",
        f"{done.source} is being moved into it since 2026-03-02 09:00:00Z.",
    }


def test_who_has_it_open_is_waited_for(first: Path, tmp_path: Path) -> None:
    """They would write on; nothing is changed, and the store is in use as before."""
    with closing(SqlStore.open(first)) as store:
        store.engine.query("SELECT count(*) FROM brand")
        with pytest.raises(Busy, match="is in use"):
            move(first, tmp_path / "to.db", OPTIONS)
        store.accounts.brand("still in use")
    SqlStore.open(first).close()


def test_who_has_it_open_on_the_server_is_waited_for(place: Place, first: Path) -> None:
    """As with a file."""
    start = place("postgres", "start")
    moved(first, start)
    with closing(SqlStore.open(start)) as store:
        with pytest.raises(Busy, match="is in use"):
            move(start, place("sqlite", "to"), OPTIONS)
        store.accounts.brand("still in use")
    SqlStore.open(start).close()


@pytest.mark.real_time
def test_a_moment_is_waited_for_others(first: Path, tmp_path: Path) -> None:
    """A read that comes to its end meanwhile does not stop it."""
    import threading

    store = SqlStore.open(first)
    store.engine.query("SELECT count(*) FROM brand")
    timer = threading.Timer(0.3, store.close)
    timer.start()
    moved(first, tmp_path / "to.db", OPTIONS._replace(wait_s=20.0))
    timer.join()


def _remembered(state: Path) -> Callable[[Any], Generation | SharedGeneration]:
    """What this machine remembers of stores."""

    def of(engine: Any) -> Generation | SharedGeneration:  # noqa: ANN401 - either engine
        return SqlStore(engine).generation(state, Path(engine.label))

    return of


def _begin_to_send(where: Where, of: Callable[[Any], Generation | SharedGeneration]) -> None:
    with closing(SqlStore.open(where)) as store, store.tx():
        of(store.engine).begin()


def _is_known(where: Where, of: Callable[[Any], Generation | SharedGeneration]) -> bool:
    with closing(SqlStore.open(where)) as store:
        return of(store.engine).is_known()


def test_the_machine_that_moved_it_knows_the_new_one(first: Path, tmp_path: Path) -> None:
    """Its outbox is not held; a backup of the old one from before is told from it, and is."""
    of = _remembered(tmp_path / "state")
    _begin_to_send(first, of)
    with closing(SqlStore.open(first)) as store:
        store.backup(tmp_path / "backup.db")
    moved(first, tmp_path / "to.db", OPTIONS._replace(generation=of))
    assert _is_known(tmp_path / "to.db", of)
    for suffix in ("-wal", "-shm"):
        first.with_name(first.name + suffix).unlink(missing_ok=True)
    (tmp_path / "backup.db").replace(first)
    assert not _is_known(first, of)


def test_a_store_that_was_moved_to_a_server_looks_first(place: Place, tmp_path: Path) -> None:
    """On any machine: none of them has seen this server yet. Back in a file it is known."""
    of, there = _remembered(tmp_path / "state"), place("postgres", "there")
    _begin_to_send(place("sqlite", "old"), of)
    moved(place("sqlite", "old"), there, OPTIONS._replace(generation=of))
    assert not _is_known(there, of)
    _begin_to_send(there, of)
    with closing(SqlStore.open(there)) as store, store.tx():
        of(store.engine).advance(covers=NOW)
        of(store.engine).confirm()
    assert _is_known(there, of)
    moved(there, tmp_path / "again.db", OPTIONS._replace(generation=of))
    assert _is_known(tmp_path / "again.db", of)


def test_a_copy_that_was_not_looked_at_stays_one(first: Path, tmp_path: Path) -> None:
    """What was restored before the move is not taken for the original behind it."""
    of = _remembered(tmp_path / "state")
    _begin_to_send(first, of)
    copied = Path(shutil.copy(first, tmp_path / "copied.db"))
    assert not _is_known(copied, of)
    moved(copied, tmp_path / "to.db", OPTIONS._replace(generation=of))
    assert not _is_known(tmp_path / "to.db", of)
    back(copied, tmp_path / "to.db", OPTIONS._replace(generation=of))
    assert not _is_known(copied, of)


# Again, and elsewhere


@pytest.mark.parametrize("kinds", BOTH_WAYS, ids="-".join)
def test_again_it_says_identical(kinds: tuple[str, str], place: Place, first: Path) -> None:
    """And changes nothing; once the new one is used it says so, and changes nothing either."""
    start, to = begun(kinds[0], first, place), place(kinds[1], "to")
    done = moved(start, to)
    again = move(start, to, OPTIONS)
    assert again.outcome is Outcome.IDENTICAL
    assert again.sums == done.sums
    with closing(SqlStore.open(to)) as store:
        store.accounts.brand("written there since")
    before = dump(to)
    assert move(start, to, OPTIONS).outcome is Outcome.IN_USE
    assert dump(to) == before


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_store_that_holds_something_is_refused(kind: str, place: Place, first: Path) -> None:
    """It is left as it is, and so is the source."""
    to = place(kind, "to")
    with closing(SqlStore.open(to, create=True)) as store:
        store.accounts.brand("another")
    before = dump(to)
    with pytest.raises(Refused, match="is not empty") as caught:
        move(first, to, OPTIONS)
    assert "rows in brand" in caught.value.reason
    assert dump(to) == before
    SqlStore.open(first).close()
    SqlStore.open(to).close()


class _StoppedError(Exception):
    """Stands for the end of a process."""


def stopped(where: Where, to: Where, after: int) -> None:
    """Move, and come to a stop after some news."""
    news = iter(range(after))

    def tell(_what: str, _done: int, _total: int) -> None:
        if next(news, None) is None:
            raise _StoppedError

    with pytest.raises(_StoppedError):
        move(where, to, OPTIONS._replace(tell=tell))


def test_what_another_half_filled_is_refused(place: Place, first: Path, tmp_path: Path) -> None:
    """Nor does the half that went elsewhere go on here."""
    second, to = Path(shutil.copy(first, tmp_path / "second.db")), place("sqlite", "to")
    stopped(first, to, 5)
    with pytest.raises(Refused) as caught:
        move(second, to, OPTIONS)
    assert "half filled by another move" in caught.value.reason
    with pytest.raises(Refused, match=r"is being moved to .* already"):
        move(first, tmp_path / "elsewhere.db", OPTIONS)
    with pytest.raises(Refused, match="is not all there"):
        move(to, tmp_path / "third.db", OPTIONS)
    moved(first, to)
    SqlStore.open(second).close()


def test_a_store_is_not_moved_into_itself(first: Path) -> None:
    """By whatever name."""
    with pytest.raises(Refused):
        move(first, first.parent / "." / first.name, OPTIONS)
    SqlStore.open(first).close()


def test_a_store_of_another_version_is_refused(first: Path, tmp_path: Path) -> None:
    """Both have the same tables, or nothing is moved."""
    with closing(sqlite3.connect(first)) as file:
        file.execute("DELETE FROM _sqlite_migrations WHERE name = 'm005_server'")
        file.commit()
    with pytest.raises(SchemaMismatch) as caught:
        move(first, tmp_path / "to.db", OPTIONS)
    assert "triage store upgrade" in caught.value.hint


def test_a_database_without_tables_is_refused(first: Path, tmp_path: Path) -> None:
    """Its owner makes them."""
    postgres.need()
    url = postgres.clone()
    try:
        with pytest.raises(SchemaMismatch) as caught:
            move(first, url, OPTIONS)
        assert "triage store upgrade" in caught.value.hint
    finally:
        postgres.drop(url)
    SqlStore.open(first).close()


def test_a_table_of_somebody_else_is_not_forgotten(first: Path, tmp_path: Path) -> None:
    """It cannot be moved, and leaving it behind without a word would lose it."""
    with closing(sqlite3.connect(first)) as file:
        file.execute("CREATE TABLE mine (id INTEGER PRIMARY KEY, what TEXT)")
    with pytest.raises(StoreError, match="The table mine of"):
        move(first, tmp_path / "to.db", OPTIONS)
    SqlStore.open(first).close()


def test_a_file_that_is_not_sound_is_not_moved(first: Path, place: Place) -> None:
    """A row that refers to nothing: a server would not take it in the middle of the move."""
    with closing(sqlite3.connect(first)) as file:
        file.execute("UPDATE wait SET conversation_id = 4711")
        file.commit()
    with pytest.raises(StoreError, match="is not sound"):
        move(first, place("postgres", "to"), OPTIONS)
    SqlStore.open(first).close()


# Taking it back


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_move_that_was_stopped_is_taken_back(kind: str, place: Place, first: Path) -> None:
    """The old one is in use again as it was, and what was half filled opens for nobody."""
    before, to = dump(first), place(kind, "to")
    stopped(first, to, 5)
    assert back(first, to, OPTIONS).outcome is Outcome.BACK
    assert dump(first) == before
    SqlStore.open(first).close()
    with pytest.raises(StoreBusy):
        SqlStore.open(to)


def test_a_move_is_taken_back(place: Place, first: Path) -> None:
    """As long as nothing was written to the new one, which is closed then."""
    to = place("sqlite", "to")
    moved(first, to)
    assert len(back(first, to, OPTIONS).sums) > 5
    SqlStore.open(first).close()
    with pytest.raises(StoreError, match="was moved to"):
        SqlStore.open(to)
    with pytest.raises(Refused, match="was moved itself"):
        move(first, to, OPTIONS)
    with pytest.raises(Refused, match="was not moved"):
        back(first, to, OPTIONS)


def test_what_was_written_since_is_not_lost_by_taking_it_back(
    place: Place, first: Path, tmp_path: Path
) -> None:
    """It is refused, and the way back for it is a move."""
    to = place("postgres", "to")
    moved(first, to)
    with closing(SqlStore.open(to)) as store:
        store.accounts.brand("written there since")
    with pytest.raises(Refused) as caught:
        back(first, to, OPTIONS)
    assert "What is in brand would be lost." in caught.value.reason
    SqlStore.open(to).close()
    moved(to, tmp_path / "again.db")


def test_what_was_moved_to_is_lost(first: Path, tmp_path: Path) -> None:
    """Then the old one is as a restored backup: its outbox waits for our timeline to be read."""
    of = _remembered(tmp_path / "state")
    options = OPTIONS._replace(generation=of)
    _begin_to_send(first, of)
    moved(first, tmp_path / "to.db", options)
    (tmp_path / "to.db").unlink()
    with pytest.raises(StoreError) as caught:
        back(first, None, options)
    assert "There is no database" in caught.value.reason
    assert "--lost" in caught.value.hint
    back(first, None, options, lost=True)
    assert not _is_known(first, of)


def test_what_was_moved_off_a_server_is_lost(place: Place, tmp_path: Path) -> None:
    """As with a file, on every machine."""
    of, start = _remembered(tmp_path / "state"), place("postgres", "start")
    _begin_to_send(start, of)
    assert _is_known(start, of)
    moved(start, tmp_path / "to.db", OPTIONS._replace(generation=of))
    back(start, None, OPTIONS, lost=True)
    assert not _is_known(start, of)
    assert not _is_known(start, _remembered(tmp_path / "another machine"))


# Killed at any moment, and damaged on the way


@pytest.mark.timeout(3000)  # hundreds of processes in the long form
@pytest.mark.parametrize("kinds", BOTH_WAYS, ids="-".join)
def test_a_move_that_is_killed_goes_on(
    kinds: tuple[str, str], place: Place, first: Path, count: Count
) -> None:
    """At no moment are both in use, and run again it comes to the same end."""
    start, to = begun(kinds[0], first, place), place(kinds[1], "to")
    before = dump(first)
    chance = random.Random(LONG)  # noqa: S311 - it chooses moments
    steps = _steps(start, to)
    back(start, to, OPTIONS)
    for number in range(max(1, LONG // 4)):
        to = place(kinds[1], f"to{number}")
        kills = 0
        while kills < 3 and _killed(start, to, chance.randint(1, steps // 2)):
            kills += 1
            assert _in_use(start) + _in_use(to) <= 1
        assert move(start, to, SMALL).outcome in (Outcome.MOVED, Outcome.IDENTICAL)
        assert dump(to) == before
        assert (_in_use(start), _in_use(to)) == (0, 1)
        back(start, to, OPTIONS)
        assert kills
        count("kills of a move", kills)


def _in_use(where: Where) -> int:
    if isinstance(where, Path) and not where.exists():
        return 0
    try:
        store = SqlStore.open(where)
    except (StoreError, StoreBusy):
        return 0
    # What nobody has begun with is empty: it says nothing.
    used = bool(store.accounts.brands())
    store.close()
    return int(used)


def _steps(where: Where, to: Where) -> int:
    with pytest.MonkeyPatch.context() as patch:
        taken = _count_steps(patch, 0)
        moved(where, to, SMALL)
    return len(taken)


def _killed(where: Where, to: Where, step: int) -> bool:
    """Move in a process of its own that is killed at a step; whether it came so far."""
    child = os.fork()
    if not child:
        with pytest.MonkeyPatch.context() as patch:
            _count_steps(patch, step)
            try:
                move(where, to, SMALL)
            finally:
                os._exit(7)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 7
    return False


def _count_steps(patch: pytest.MonkeyPatch, last: int) -> list[str]:
    """Count the statements, and what is done to files; be killed at one."""
    taken: list[str] = []

    def watched(owner: Any, name: str) -> None:  # noqa: ANN401 - a class or a module
        run = getattr(owner, name)

        def step(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - as what it stands for
            taken.append(name)
            if len(taken) == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return run(*args, **more)

        patch.setattr(owner, name, step)

    for engine in (Lite, Pg):
        for name in ("query", "execute", "insert", "many"):
            watched(engine, name)
    watched(Pg, "_control")
    watched(moving_pg, "copy_in")
    watched(os, "fsync")
    return taken


@pytest.mark.parametrize("begun_with", ["", "PRAGMA journal_mode = WAL"])
def test_a_file_that_was_hardly_begun_is_made(first: Path, tmp_path: Path, begun_with: str) -> None:
    """Killed as it made the new file, a move leaves one without tables."""
    to = tmp_path / "to.db"
    with closing(sqlite3.connect(to)) as file:
        file.execute(begun_with)
    to.touch()
    moved(first, to)
    SqlStore.open(to).close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_row_that_was_damaged_is_found(kind: str, place: Place, first: Path) -> None:
    """One letter of one row, on the way; neither is in use then."""
    to = place(kind, "to")
    seen: list[str] = []

    def damage(what: str, _done: int, _total: int) -> None:
        if what == "search" and not seen:
            seen.append(what)
            with opened(to) as engine:
                engine.execute("UPDATE customer SET name = 'x' WHERE id = 1")

    with pytest.raises(StoreError, match="does not hold what") as caught:
        move(first, to, OPTIONS._replace(tell=damage))
    assert caught.value.reason.startswith("customer: checksum")
    for where in (first, to):
        with pytest.raises(StoreBusy):
            SqlStore.open(where)
    back(first, to, OPTIONS)
    SqlStore.open(first).close()


def test_a_row_that_is_missing_or_a_counter_that_is_behind_is_found(
    place: Place, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are compared as well."""
    to = place("postgres", "to")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("triage.store.moving_copy.write_counters", lambda _engine, _counters: None)
        with closing(sqlite3.connect(first)) as file:
            file.execute("UPDATE sqlite_sequence SET seq = 99 WHERE name = 'brand'")
            file.commit()
        with pytest.raises(StoreError) as caught:
            move(first, to, OPTIONS)
    assert caught.value.reason.startswith("brand: ids were given out up to 99 against")
    with opened(to) as engine:
        engine.execute("DELETE FROM rate_told")
    monkeypatch.setattr("triage.store.moving_copy._copy_table", lambda *_: None)
    with pytest.raises(StoreError, match="does not hold what") as caught:
        move(first, to, OPTIONS)
    assert caught.value.reason == "rate_told: 2 rows against 0."
