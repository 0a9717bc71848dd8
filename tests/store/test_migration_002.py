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
from triage.store.schema import MIGRATIONS, statements
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
    """A store that the first version filled, opened by this one; all four customers wait."""
    path = tmp_path / "triage.db"
    with monkeypatch.context() as patch:
        patch.setattr(opening, "MIGRATIONS", MIGRATIONS[:1])
        with closing(SqlStore.open(path, create=True)) as store, store.tx():
            brand_id = store.accounts.brand("acme")
            store.accounts.add(brand_id, "x", "acme", "1", START)
            settings = store.settings.apply(Settings(), "", "ana", START)
            for number, shares in SHARES.items():
                _waiting(store, number, shares, settings.settings_id)
    monkeypatch.setattr(migration_002, "_BATCH", 3)
    with closing(SqlStore.open(path, create=True)) as store:
        yield store


def _waiting(store: SqlStore, number: int, shares: str, settings_id: int) -> None:
    values = {"id": number, "at": START, "scores": shares, "s": settings_id, "n": str(100 + number)}
    for statement in statements(WAITING):
        store.engine.execute(statement, values)


def test_confidence_is_the_lead_of_the_first_share(upgraded: SqlStore) -> None:
    """In all batches; where there is one share alone nothing is in doubt."""
    rows = upgraded.engine.query("SELECT message_id, confidence, theme, priority FROM verdict")
    assert sorted(rows) == [
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


def test_what_waits_is_in_doubt_after_the_next_run(upgraded: SqlStore) -> None:
    """Open waits are marked, and whoever judges next works the marks off; tagging nothing anew."""
    done = judge_pending(upgraded, 1, tagger_for)
    assert (done.threads, done.tagged) == (4, 0)
    waiting = upgraded.queue.waiting(QueueFilter(1, unsure=True))
    assert [w.conversation_id for w in waiting] == [2]


def test_views_show_it(upgraded: SqlStore) -> None:
    """New columns stand behind the old ones."""
    names = [row[1] for row in upgraded.engine.query("PRAGMA table_info(mentions)")]
    assert names[-3:] == ["confidence", "theme", "priority"]
    assert names[:2] == ["id", "conversation"]
    assert upgraded.engine.query("SELECT count(*), max(priority) FROM queue") == [(4, None)]
    assert upgraded.engine.query("SELECT count(*), max(priority) FROM waits") == [(4, None)]


def test_it_is_what_a_new_file_is(upgraded: SqlStore, tmp_path: Path) -> None:
    """Tables, indexes and views are the same, word for word."""
    words = "SELECT name, coalesce(sql, '') FROM sqlite_master ORDER BY 1"
    with closing(SqlStore.open(tmp_path / "new.db", create=True)) as new:
        assert new.engine.query(words) == upgraded.engine.query(words)


def test_a_verdict_of_a_wrong_type_is_refused(upgraded: SqlStore) -> None:
    """The tables are strict in their new columns too."""
    with pytest.raises(sqlite3.IntegrityError):
        upgraded.engine.execute("UPDATE verdict SET confidence = 'high'")
