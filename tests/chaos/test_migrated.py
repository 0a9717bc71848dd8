"""A store of the version before is brought up to date once, whoever comes, and however they end."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from chaos.desk import Desk, Maker, complaints, published
from chaos.lives import LIVES, TEXT, assert_healed, older, queued, run_limited
from chaos.older import RELEASED, migrations, to_older
from chaos.oracle import assert_complete, assert_private
from triage.store.migrations import MIGRATIONS

pytestmark = [pytest.mark.enable_socket, pytest.mark.chaos, pytest.mark.new_files]

ALL = [name for name, _ in MIGRATIONS]
TOO_OLD = "was written by an older version"
SECOND = "We found it, it is with you tomorrow."


def assert_backed_up(desk: Desk) -> None:
    """The file as it was stands beside it, sound."""
    backup = desk.root / "triage.db.before-upgrade"
    assert migrations(backup) == ALL[:RELEASED]
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT text FROM reply").fetchall() == [(TEXT,)]
    assert not list(desk.root.glob("*.partial*"))
    assert_private(desk)


def test_six_at_once_on_an_older_store(make_desk: Maker) -> None:
    """One migrates; the others wait for it, go on, or say that a fetch must come first."""
    desk = older(make_desk)
    first, second = (p.id for p in complaints(desk.server)[:2])
    started = [
        desk.start(*words)
        for words in (
            ("fetch", "--wait", "50"),
            ("queue",),
            ("reply", second, SECOND, "-y"),
            ("fetch", "--wait", "50"),
            ("queue",),
            ("reply", second, SECOND, "-y"),
        )
    ]
    ends = [desk.end(process) for process in started]
    for ran in (ends[0], ends[3]):
        assert ran == (0, "", "")
    for ran in (*ends[1:3], *ends[4:]):
        assert ran.code == 0 or TOO_OLD in ran.err or "reply" in ran.err.lower(), ran
        assert ran.code in (0, 1), ran
        assert "locked" not in ran.err
    assert migrations(desk.db) == ALL
    assert_backed_up(desk)
    assert len(published(desk.server, TEXT, first)) == 1, "what was queued before went out"
    assert len(published(desk.server, SECOND, second)) <= 1
    desk.fetch_to_the_end()
    assert_complete(desk)


def test_no_room_for_the_backup(make_desk: Maker) -> None:
    """Without a backup nothing is migrated, and half of one does not stay."""
    desk = older(make_desk)
    before = desk.db.read_bytes()
    ran = run_limited(desk, 100_000, "fetch")
    assert ran.code == 1, ran
    assert len(ran.err.splitlines()) == 1
    assert desk.db.read_bytes() == before
    assert not list(desk.root.glob("*.partial*"))
    assert_healed(desk, LIVES["fetch that migrates"])
    assert_backed_up(desk)


def test_a_queued_reply_survives(make_desk: Maker) -> None:
    """The rows of a store of the version before are all there afterwards."""
    desk = queued(make_desk)
    tables = ("message", "wait", "reply", "verdict", "checkpoint", "activity", "customer")
    counts = {t: desk.rows(f"SELECT count(*) AS n FROM {t}") for t in tables}  # noqa: S608
    to_older(desk.db)
    assert migrations(desk.db) == ALL[:RELEASED]
    assert desk.run_here("db", "check").code == 0
    assert migrations(desk.db) == ALL
    assert {t: desk.rows(f"SELECT count(*) AS n FROM {t}") for t in tables} == counts  # noqa: S608
    assert_backed_up(desk)
