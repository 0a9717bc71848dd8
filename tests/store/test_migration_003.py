"""A file of the second version: what waits in it is judged anew, what ended stays as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from builders import START, tagger_for
from triage.app.judging import judge_pending
from triage.core.holds import HoldState
from triage.core.model import HOUR, MINUTE
from triage.core.policy import Settings
from triage.core.queue import QueueFilter
from triage.core.records import Activity
from triage.store import opening
from triage.store.migrations import MIGRATIONS
from triage.store.schema import statements
from triage.store.store import SqlStore

OLD_SETTINGS = (
    '{"policies":{"complaint":{"respond_within":1200000,"warn_before":300000},'
    '"other":{"respond_within":86400000,"warn_before":7200000},'
    '"praise":{"respond_within":null,"warn_before":0},'
    '"question":{"respond_within":14400000,"warn_before":3600000}},'
    '"rules":{},"time_zone":"UTC"}'
)
"""A snapshot as the second version wrote it: complaints have twenty minutes."""

MANY = """
INSERT INTO customer (brand_id, channel, native_id, handle, handle_key, name, first_at, seen_at)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)
SELECT 1, 'x', 'c' || i, 'c' || i, 'c' || i, '', :at, :at FROM n;
INSERT INTO conversation (brand_id, account_id, channel, thread_id, customer_id)
SELECT 1, 1, 'x', native_id, id FROM customer ORDER BY id;
INSERT INTO message (brand_id, account_id, channel, native_id, version_id, role, customer_id,
    conversation_id, text, posted_at, fetched_at, thread_id, visibility, is_history)
SELECT 1, 1, 'x', 1000 + id, 1000 + id, 'mention', customer_id, id, 'it is broken', :at, :at,
    thread_id, 'public', 0 FROM conversation ORDER BY id;
INSERT INTO verdict (message_id, settings_id, kind, scores, because, confidence)
SELECT id, 1, 'complaint', '{"complaint": 1.0}', '[]', 1.0 FROM message;
INSERT INTO activity (uuid, brand_id, at, agent, what, conversation_id, message_id, before, after,
    detail, seen_at, seen_id)
SELECT 'close-' || id, 1, :at + 60000, 'ana', 'close', conversation_id, id, 'open', 'no-answer', '',
    posted_at, native_id FROM message WHERE id % 4 = 0;
INSERT INTO wait (brand_id, account_id, conversation_id, state, kind, priority, needs_answer,
    opening_id, last_id, mentions, opened_at, fetched_at, due_at, due_by, warn_at, settings_id,
    agent, outside, confidence, ended_at, ended_by_activity)
SELECT 1, 1, m.conversation_id, CASE WHEN a.id IS NULL THEN 'open' ELSE 'dismissed' END,
    'complaint', 0, 1, m.id, m.id, 1, m.posted_at, m.fetched_at, m.posted_at + 1200000, m.id,
    m.posted_at + 900000, 1, coalesce(a.agent, ''), 0, 1.0, a.at, a.id
FROM message m LEFT JOIN activity a ON a.message_id = m.id ORDER BY m.id;
"""
"""Customers with a mention each; every fourth was closed, the others wait."""


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of the second version with a brand, an account, and a snapshot in force."""
    path = tmp_path / "triage.db"
    with monkeypatch.context() as patch:
        patch.setattr(opening, "MIGRATIONS", MIGRATIONS[:2])
        with closing(SqlStore.open(path, create=True)) as store, store.tx():
            store.accounts.add(store.accounts.brand("acme"), "x", "acme", "1", START)
            settings = Settings.from_json(OLD_SETTINGS)
            assert store.settings.apply(settings, "", "ana", START).settings_id == 1
            (body,) = store.engine.query("SELECT body FROM settings")[0]
            assert body == OLD_SETTINGS
    return path


def fill(path: Path, many: int) -> None:
    """So many customers write to it."""
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements(MANY):
            names = {"many": many, "at": START}
            db.execute(statement, {k: v for k, v in names.items() if f":{k}" in statement})


@pytest.fixture
def upgraded(second: Path) -> Iterator[SqlStore]:
    """The file with eight customers, of whom two were closed, opened by this version."""
    fill(second, 8)
    with closing(SqlStore.open(second, create=True)) as store:
        yield store


def waits(store: SqlStore) -> list[tuple[object, ...]]:
    """What this version adds to a wait, beside how it stands."""
    return store.engine.query(
        "SELECT conversation_id, state, due_at, policy, promised, hold, hold_until FROM wait "
        "ORDER BY conversation_id"
    )


def test_a_blank_file_becomes_what_a_new_one_is(second: Path, tmp_path: Path) -> None:
    """Tables, indexes and views are the same, word for word."""
    words = "SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY 1"
    with (
        closing(SqlStore.open(second, create=True)) as old,
        closing(SqlStore.open(tmp_path / "new.db", create=True)) as new,
    ):
        assert new.engine.query(words) == old.engine.query(words)
        assert not old.judging.has_unjudged(1)


def test_a_file_with_rows_becomes_what_a_new_one_is(upgraded: SqlStore, tmp_path: Path) -> None:
    """And its rows are as they were; nothing that it had is lost."""
    words = "SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY 1"
    with closing(SqlStore.open(tmp_path / "new.db", create=True)) as new:
        assert new.engine.query(words) == upgraded.engine.query(words)
    counts = upgraded.engine.query(
        "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM verdict), "
        "(SELECT count(*) FROM wait), (SELECT count(*) FROM activity)"
    )
    assert counts == [(8, 8, 8, 2)]
    assert upgraded.engine.query("PRAGMA foreign_key_check") == []
    assert upgraded.engine.query("PRAGMA integrity_check") == [("ok",)]


def test_what_waits_is_marked_to_be_judged(upgraded: SqlStore) -> None:
    """Only that, and nothing of it is tagged anew or taken out of what had ended."""
    rows = upgraded.engine.query(
        "SELECT thread_id, retag_from, rejudge_from FROM unjudged ORDER BY thread_id"
    )
    assert rows == [(f"c{n}", None, None) for n in (1, 2, 3, 5, 6, 7)]
    assert {row[3:] for row in waits(upgraded)} == {("", None, None, None)}


def test_what_waits_is_listed_before_it_is_judged(upgraded: SqlStore) -> None:
    """A read does not wait for the next fetch: the due times of the old version stand."""
    listed = upgraded.queue.waiting(QueueFilter(1))
    assert sorted(w.conversation_id for w in listed) == [1, 2, 3, 5, 6, 7]
    assert {(w.due_at, w.hold) for w in listed} == {(START + 20 * MINUTE, None)}
    items = upgraded.queue.items(1, listed, START)
    assert {item.state for item in items} == {"due"}


def test_the_next_judge_names_the_policies(upgraded: SqlStore) -> None:
    """Under the same snapshot nobody is due at another time, and what ended stays as it was."""
    before = waits(upgraded)
    done = judge_pending(upgraded, 1, tagger_for)
    assert (done.threads, done.tagged, done.waits) == (6, 0, 6)
    after = waits(upgraded)
    assert [row[:3] for row in after] == [row[:3] for row in before]
    assert {row[3:] for row in after if row[1] == "open"} == {
        ("complaint", 20 * MINUTE, None, None)
    }
    assert {row[3:] for row in after if row[1] != "open"} == {("", None, None, None)}
    assert judge_pending(upgraded, 1, tagger_for).threads == 0


def test_settings_that_were_in_force_still_are(upgraded: SqlStore) -> None:
    """With the fingerprint that they had: an upgrade alone changes no settings."""
    current = upgraded.settings.current()
    assert current is not None
    assert current.settings == Settings.from_json(OLD_SETTINGS)
    with upgraded.tx():
        again = upgraded.settings.apply(Settings.from_json(OLD_SETTINGS), "", "bo", START)
    assert again.settings_id == current.settings_id == 1


def test_what_had_ended_reads_without_a_policy(upgraded: SqlStore) -> None:
    """Nobody wrote it down; what was promised still follows from the snapshot."""
    (wait,) = upgraded.reading.waits(4)
    assert (wait.policy, wait.promised, wait.hold, wait.rests(START)) == ("", None, None, False)
    assert upgraded.judging.judge(wait.settings_id).settings.named(
        wait.policy, wait.kind
    ).respond_within == (20 * MINUTE)


def test_new_acts_can_be_written(upgraded: SqlStore) -> None:
    """A conversation of the old version rests, and its customer is noted."""
    judge_pending(upgraded, 1, tagger_for)
    with upgraded.tx():
        act = Activity("hold-1", START + MINUTE, "ana", "hold", 1, 1, seen_at=START, seen_id="1001")
        number = upgraded.activity.add(1, act)
        upgraded.activity.add_hold(number, HoldState.SNOOZED, START + HOUR, stays=False)
        number = upgraded.activity.add(1, Activity("note-1", START, "ana", "note", 1))
        upgraded.activity.add_attribute(number, 1, "vip", "yes")
        upgraded.judging.mark_conversation(1)
    judge_pending(upgraded, 1, tagger_for)
    assert waits(upgraded)[0][5:] == ("snoozed", START + HOUR)
    assert upgraded.people.attributes([1]) == {"vip": "yes"}


def test_views_have_their_new_columns_behind_the_old_ones(upgraded: SqlStore) -> None:
    """Whoever reads them by position reads what they did."""
    new = ["policy", "promised_s", "hold", "hold_until"]
    for view, names in (("waits", new), ("queue", ["policy", "hold", "hold_until"])):
        columns = [row[1] for row in upgraded.engine.query(f"PRAGMA table_info({view})")]
        assert columns[-len(names) :] == names
    assert upgraded.engine.query("SELECT count(*) FROM queue") == [(6,)]
    assert upgraded.engine.query("SELECT count(*) FROM alerts") == [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wait SET promised = 'long'",
        "INSERT INTO hold VALUES (1, 'snoozed', 'tomorrow', 0)",
        "INSERT INTO hold VALUES (99, 'snoozed', 1, 0)",
        "INSERT INTO attribute VALUES (1, 99, 'vip', 'yes')",
        "INSERT INTO attribute VALUES (1, 1, NULL, 'yes')",
    ],
)
def test_a_value_of_a_wrong_type_is_refused(upgraded: SqlStore, statement: str) -> None:
    """The tables are strict, and refer to rows that are there."""
    with pytest.raises(sqlite3.IntegrityError):
        upgraded.engine.execute(statement)


def test_a_backup_is_made_before(second: Path) -> None:
    """Of the file as it was, and it can be read as such."""
    fill(second, 4)
    SqlStore.open(second, create=True).close()
    with closing(sqlite3.connect(second.with_name("triage.db.before-upgrade"))) as db:
        names = [row[0] for row in db.execute("SELECT name FROM _sqlite_migrations")]
        assert len(names) == 2
        assert db.execute("SELECT count(*) FROM wait").fetchone() == (4,)


def test_a_file_with_thousands_of_waits(second: Path) -> None:
    """All that wait are judged by the next command that judges, and none twice."""
    fill(second, 4_000)
    with closing(SqlStore.open(second, create=True)) as store:
        assert store.engine.query("SELECT count(*) FROM unjudged") == [(3_000,)]
        done = judge_pending(store, 1, tagger_for)
        assert (done.threads, done.waits) == (3_000, 3_000)
        rows = store.engine.query(
            "SELECT state, policy, promised, due_at, count(*) FROM wait GROUP BY 1, 2, 3, 4"
        )
        assert sorted(rows) == [
            ("dismissed", "", None, START + 20 * MINUTE, 1_000),
            ("open", "complaint", 20 * MINUTE, START + 20 * MINUTE, 3_000),
        ]
