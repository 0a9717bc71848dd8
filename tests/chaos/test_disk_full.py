"""A disk that is full at any moment loses nothing, says nothing twice, and heals with space."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

from chaos.desk import Desk, Maker, Ran, complaints, published, rounds, seeded
from chaos.lives import (
    LIVES,
    TEXT,
    assert_healed,
    assert_nothing_lost,
    drafted,
    fetched,
    names,
    parent_of,
    queued,
    run_limited,
    words_of,
)
from chaos.oracle import assert_complete, assert_private
from counted import Count
from triage.sandbox.wire import Request
from triage.store import opening
from triage.store.engine import Lite

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos, pytest.mark.new_files]

ROUNDS = rounds(2, 1 / 10)
needs_prlimit = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux limits another process"
)


def fill_when(
    desk: Desk, process: subprocess.Popen[str], wanted: Callable[[Request], bool], *, after: bool
) -> None:
    """Let nothing of a process grow any more from a request on, or from its answer on."""

    def full(_number: int, request: Request) -> None:
        if wanted(request):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, 0))

    desk.server.watch(answered=full) if after else desk.server.watch(arrived=full)


def is_create(request: Request) -> bool:
    """Whether it is the request that posts."""
    return request.method == "POST"


def assert_told(ran: Ran, code: int) -> None:
    """One line that names the disk, and no mistake of ours."""
    assert ran.code == code, ran
    assert len(ran.err.splitlines()) == 1, ran
    assert "disk" in ran.err
    assert f"(exit {code})" in ran.err


@contextmanager
def room_for(pages: int) -> Iterator[None]:
    """Let databases that are opened grow by so many pages, as `PRAGMA max_page_count` does it."""
    settle_in = opening._settle_in

    def settle(engine: Lite) -> None:
        settle_in(engine)
        now = engine.query("PRAGMA page_count")[0][0]
        engine.query(f"PRAGMA max_page_count = {now + pages}")

    with mock.patch.object(opening, "_settle_in", settle):
        yield


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_room_for_one_page_more(make_desk: Maker, count: Count, seed: int) -> None:
    """Whichever page of a new store it is that does not fit: one line, exit 1, and it heals."""
    life = LIVES["first fetch"]
    desk = life.before(make_desk)
    with room_for(seeded(seed).randint(1, 60)):
        ran = desk.run_here(*life.words)
    assert_told(ran, 1)
    count("full disks")
    assert_nothing_lost(desk)
    assert_healed(desk, life)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_room_for_one_write_more(make_desk: Maker, count: Count, seed: int) -> None:
    """Whichever write of a command it is that does not fit: told in one line, and it heals."""
    life = LIVES[names()[seed % len(names())]]
    desk = life.before(make_desk)
    parent = parent_of(desk, life)
    before = published(desk.server, TEXT, parent)
    most = seeded(seed).randrange(32_768, 160_000)
    ran = run_limited(desk, most, *words_of(desk, life))
    if ran.code:
        is_said = published(desk.server, TEXT, parent) != before
        # A life that heals in its own way says texts of its own.
        is_said = is_said or (life.healed is not None and ran.code == 5)
        assert_told(ran, 5 if is_said else 1)
        count("full disks")
    assert_nothing_lost(desk)
    assert_healed(desk, life)


@needs_prlimit
def test_full_as_a_page_arrives(busy_desk: Desk) -> None:
    """What came before is kept, the checkpoint is not ahead of it, and the next fetch goes on."""
    process = busy_desk.start("fetch")
    fill_when(busy_desk, process, lambda r: "/mentions" in r.target, after=True)
    assert_told(busy_desk.end(process), 1)
    busy_desk.server.watch()
    assert_nothing_lost(busy_desk)
    busy_desk.fetch_to_the_end()
    assert_complete(busy_desk)


@pytest.mark.parametrize("most", [0, 36_864])
def test_full_from_the_start(make_desk: Maker, most: int) -> None:
    """Not even the lock's note fits, or no more than some pages: nothing is sent, one line."""
    desk = fetched(make_desk)
    parent = complaints(desk.server)[0].id
    assert_told(run_limited(desk, most, "fetch"), 1)
    ran = run_limited(desk, most, "reply", parent, TEXT, "-y")
    assert ran.code == 1, ran
    assert len(ran.err.splitlines()) == 1, ran
    assert published(desk.server, TEXT, parent) == []
    for row in desk.replies():
        assert f"the text is kept as reply {row['id']}" in ran.err
    assert_healed(desk, LIVES["later fetch"])


@needs_prlimit
@pytest.mark.parametrize(
    ("before", "after"),
    [(drafted, True), (queued, True), (fetched, False)],
    ids=["draft", "queued", "typed"],
)
def test_full_while_a_reply_is_in_the_air(
    make_desk: Maker, before: Callable[[Maker], Desk], *, after: bool
) -> None:
    """It is public, which cannot be written down: that is said, and the next run finds it."""
    desk = before(make_desk)
    life = next(a for a in LIVES.values() if a.answers and a.before is before)
    parent = complaints(desk.server)[0].id
    process = desk.start(*(parent if w == "POST" else w for w in life.words))
    fill_when(desk, process, is_create, after=after)
    ran = desk.end(process)
    desk.server.watch()
    assert_told(ran, 5)
    assert "The reply was posted, but that could not be written down." in ran.err
    (public,) = published(desk.server, TEXT, parent)
    assert public in ran.err
    assert [r["state"] for r in desk.replies()] == ["sending"]
    assert_healed(desk, life)
    assert [r["state"] for r in desk.replies()] == ["sent"]


def test_no_room_beside_the_store_for_the_generation(make_desk: Maker) -> None:
    """What cannot be noted beside the store is not sent; the reply waits."""
    desk = queued(make_desk)
    state = desk.root / "state"
    (note,) = state.glob("generation-*")
    note.with_suffix(".partial").mkdir()  # in the way of what is to be written
    ran = desk.run_here("fetch")
    assert ran.code == 1, ran
    assert "the state directory cannot be written" in ran.err
    assert published(desk.server, TEXT, complaints(desk.server)[0].id) == []
    assert [r["state"] for r in desk.replies()] == ["queued"]
    note.with_suffix(".partial").rmdir()
    assert_healed(desk, LIVES["fetch that sends"])


def test_an_import_on_a_full_disk(busy_desk: Desk) -> None:
    """Whole batches stay or nothing does; the same import again has every line once."""
    assert busy_desk.run_here("fetch").code == 0
    source = busy_desk.root / "posts.jsonl"
    source.write_text(
        "".join(
            f'{{"id": "{100 + i}", "author": "guest{i}", "text": "@acme question {i}?", '
            f'"posted_at": "2026-03-01T10:00:00Z"}}\n'
            for i in range(3_000)
        )
    )
    words = ("import", str(source), "--account", "acme", "--history")
    assert_told(run_limited(busy_desk, busy_desk.db.stat().st_size + 200_000, *words), 1)
    assert_nothing_lost(busy_desk)
    assert busy_desk.run_here(*words).code == 0
    rows = busy_desk.rows(
        "SELECT count(*) AS n, count(DISTINCT native_id) AS ids FROM message "
        "WHERE channel = 'import'"
    )
    assert rows == [{"n": 3_000, "ids": 3_000}]
    assert_private(busy_desk)
