"""A file of the first version: its verdicts become as sure as their shares say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from builders import START, tagger_for
from triage.app.judging import judge_pending
from triage.core.model import Kind
from triage.core.policy import Settings
from triage.core.queue import QueueFilter
from triage.store import migration_002, opening
from triage.store.migrations import MIGRATIONS
from triage.store.schema import statements
from triage.store.store import SqlStore

SHARES = {
    1: '{"complaint": 0.5, "question": 0.3, "other": 0.1, "praise": 0.1}',
    2: '{"complaint": 0.3, "question": 0.3, "other": 0.1, "praise": 0.3}',
    3: '{"complaint": 0.01, "question": 0.98, "other": 0.01, "praise": 0.0}',
    4: '{"complaint": 1.0}',
}
"""Of mentions by number: one sure enough, one in doubt, one sure, one of another program."""


WAITING = """
INSERT INTO customer (brand_id, channel, native_id, handle, handle_key, name, first_at, seen_at)
VALUES (1, 'x', :n, :n, :n, '', :at, :at);
INSERT INTO conversation (brand_id, account_id, channel, thread_id, customer_id)
VALUES (1, 1, 'x', :n, :id);
INSERT INTO message (brand_id, account_id, channel, native_id, version_id, role, customer_id,
    conversation_id, text, posted_at, fetched_at, thread_id, visibility, is_history)
VALUES (1, 1, 'x', :n, :n, 'mention', :id, :id, 'hello', :at, :at, :n, 'public', 0);
INSERT INTO verdict (message_id, settings_id, kind, scores, because)
VALUES (:id, :s, 'complaint', :scores, '[]');
INSERT INTO wait (brand_id, account_id, conversation_id, state, kind, priority, needs_answer,
    opening_id, last_id, mentions, opened_at, fetched_at, settings_id, agent, outside)
VALUES (1, 1, :id, 'open', 'complaint', 0, 1, :id, :id, 1, :at, :at, :s, '', 0);
"""
"""A customer with a mention that waits."""


@pytest.fixture
def upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlStore]:
    """A store that the first version filled, opened by this one; all its customers wait."""
    path = tmp_path / "triage.db"
    with monkeypatch.context() as patch:
        patch.setattr(opening, "MIGRATIONS", MIGRATIONS[:1])
        with closing(SqlStore.open(path, create=True)) as store, store.tx():
            brand_id = store.accounts.brand("acme")
            store.accounts.add(brand_id, "x", "acme", "1", START)
            settings = store.settings.apply(Settings(), "", "ana", START)
            for number, shares in SHARES.items():
                _waiting(store, number, shares, settings.settings_id)
            _add_more(store, settings.settings_id)
    monkeypatch.setattr(migration_002, "_BATCH", 3)
    with closing(SqlStore.open(path, create=True)) as store:
        yield store


def _waiting(store: SqlStore, number: int, shares: str, settings_id: int) -> None:
    values = {"id": number, "at": START, "scores": shares, "s": settings_id, "n": str(100 + number)}
    for statement in statements(WAITING):
        store.engine.execute(statement, values)


def _add_more(store: SqlStore, settings_id: int) -> None:
    """What one mention, or one that is in doubt, does to a wait in every way that it can.

    5 was corrected; 6 has a second mention, in doubt; 7 had one that was closed; 8 has one that
    was deleted, one of history and one that stands aside; 9 has an older one, in doubt.
    """
    doubtful = SHARES[2]
    _waiting(store, 5, doubtful, settings_id)
    for number in (6, 7, 8, 9):
        _waiting(store, number, SHARES[3], settings_id)
    _act(store, 5, "tag", "question")
    for message_id, number, at in (
        (16, 6, START + 1),
        (17, 7, START - 2),
        (18, 8, START + 1),
        (28, 8, START + 1),
        (38, 8, START + 1),
        (19, 9, START - 1),
    ):
        _mention(store, message_id, number, at, doubtful, settings_id)
    for statement in (
        "UPDATE message SET deleted_at = posted_at WHERE id = 18",
        "UPDATE message SET is_history = 1 WHERE id = 28",
        "UPDATE message SET role = 'incidental' WHERE id = 38",
    ):
        store.engine.execute(statement)
    store.engine.execute("UPDATE wait SET mentions = 2 WHERE conversation_id IN (6, 9)")
    act = _act(store, 17, "close", "spam", START - 1)
    store.engine.execute(
        "INSERT INTO wait (brand_id, account_id, conversation_id, state, kind, priority, "
        "needs_answer, opening_id, last_id, mentions, opened_at, fetched_at, settings_id, "
        "ended_at, ended_by_activity, agent, outside) VALUES (1, 1, 7, 'dismissed', 'complaint', "
        "0, 1, 17, 17, 1, :at, :at, :s, :ended, :act, 'ana', 0)",
        {"at": START - 2, "s": settings_id, "ended": START - 1, "act": act},
    )


def _mention(
    store: SqlStore, message_id: int, number: int, at: int, shares: str, settings_id: int
) -> None:
    values = {"id": message_id, "at": at, "n": str(100 + message_id), "c": number}
    store.engine.execute(
        "INSERT INTO message (id, brand_id, account_id, channel, native_id, version_id, role, "
        "customer_id, conversation_id, text, posted_at, fetched_at, thread_id, visibility, "
        "is_history) SELECT :id, 1, 1, 'x', :n, :n, 'mention', customer_id, :c, 'hello', :at, "
        ":at, thread_id, 'public', 0 FROM conversation WHERE id = :c",
        values,
    )
    store.engine.execute(
        "INSERT INTO verdict (message_id, settings_id, kind, scores, because) "
        "VALUES (:id, :s, 'complaint', :scores, '[]')",
        {"id": message_id, "s": settings_id, "scores": shares},
    )


def _act(store: SqlStore, message_id: int, what: str, after: str, at: int = START) -> int:
    (place,) = store.engine.query(
        "SELECT conversation_id, posted_at, native_id FROM message WHERE id = :id",
        {"id": message_id},
    )
    # With the columns of then.
    store.engine.execute(
        "INSERT INTO activity (uuid, brand_id, at, agent, what, conversation_id, message_id, "
        "after, detail, seen_at, seen_id) "
        "VALUES (:uuid, 1, :at, 'ana', :what, :c, :m, :after, '', :seen_at, :seen_id)",
        {
            "uuid": f"{what}-{message_id}",
            "at": at,
            "what": what,
            "c": place[0],
            "m": message_id,
            "after": after,
            "seen_at": place[1],
            "seen_id": place[2],
        },
    )
    return int(store.engine.query("SELECT max(id) FROM activity")[0][0])


def test_confidence_is_the_lead_of_the_first_share(upgraded: SqlStore) -> None:
    """In all batches; where there is one share alone nothing is in doubt."""
    rows = upgraded.engine.query("SELECT message_id, confidence, theme, priority FROM verdict")
    assert sorted(rows)[:4] == [
        (1, 0.2, None, None),
        (2, 0.0, None, None),
        (3, 0.97, None, None),
        (4, 1.0, None, None),
    ]


def test_a_verdict_reads_back_whole(upgraded: SqlStore) -> None:
    """With its confidence, and without what nobody knew then."""
    verdict = upgraded.reading.verdict(2)
    assert verdict is not None
    assert (verdict.kind, verdict.confidence) == (Kind.COMPLAINT, 0.0)
    assert (verdict.theme, verdict.priority) == (None, None)


def test_what_waits_is_in_doubt_at_once(upgraded: SqlStore) -> None:
    """A wait is as sure as its least sure mention."""
    waiting = upgraded.queue.waiting(QueueFilter(1, unsure=True))
    assert [w.conversation_id for w in waiting] == [2, 6, 9]


def test_waits_are_as_sure_as_the_next_judge_finds_them(upgraded: SqlStore) -> None:
    """Judged again, with nothing tagged anew, each is as sure as before."""
    sure = "SELECT conversation_id, state, confidence FROM wait ORDER BY 1, 2"
    filled = upgraded.engine.query(sure)
    with upgraded.tx():
        upgraded.judging.mark_open(1, retag=False)
    done = judge_pending(upgraded, 1, tagger_for)
    assert (done.threads, done.tagged) == (9, 0)
    assert upgraded.engine.query(sure) == filled
    assert filled == [
        (1, "open", 0.2),
        (2, "open", 0.0),
        (3, "open", 0.97),
        (4, "open", 1.0),
        (5, "open", 1.0),
        (6, "open", 0.0),
        (7, "dismissed", 1.0),
        (7, "open", 0.97),
        (8, "open", 0.97),
        (9, "open", 0.0),
    ]


def test_views_show_it(upgraded: SqlStore) -> None:
    """New columns stand behind the old ones."""
    names = [row[1] for row in upgraded.engine.query("PRAGMA table_info(mentions)")]
    assert names[-3:] == ["confidence", "theme", "priority"]
    assert names[:2] == ["id", "conversation"]
    assert upgraded.engine.query("SELECT count(*), max(priority) FROM queue") == [(9, None)]
    assert upgraded.engine.query("SELECT count(*), max(priority) FROM waits") == [(10, None)]


def test_it_is_what_a_new_file_is(upgraded: SqlStore, tmp_path: Path) -> None:
    """Tables, indexes and views are the same, word for word."""
    words = "SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY 1"
    with closing(SqlStore.open(tmp_path / "new.db", create=True)) as new:
        assert new.engine.query(words) == upgraded.engine.query(words)


def test_a_verdict_of_a_wrong_type_is_refused(upgraded: SqlStore) -> None:
    """The tables are strict in their new columns too."""
    with pytest.raises(sqlite3.IntegrityError):
        upgraded.engine.execute("UPDATE verdict SET confidence = 'high'")
