"""A file of the third version: what was deleted in it is purged, its versions get their times."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from builders import START
from triage.core.model import HOUR, Author, Post, Role
from triage.core.ports import Incoming
from triage.store import opening
from triage.store.migrations import MIGRATIONS
from triage.store.schema import statements
from triage.store.store import SqlStore

EPOCH = 1_288_834_974_657
FIRST, SECOND = (str((at - EPOCH) << 22) for at in (START, START + HOUR))

OLD = """
INSERT INTO customer (brand_id, channel, native_id, handle, handle_key, name, first_at, seen_at)
VALUES (1, 'x', '7', 'ana', 'ana', '', 0, 0);
INSERT INTO message (brand_id, account_id, channel, native_id, version_id, role, customer_id, text,
    posted_at, fetched_at, thread_id, visibility, is_history, deleted_at)
VALUES (1, 1, 'x', :first, :second, 'mention', 1, 'womblenaught', :at, :at, :first, 'public', 0,
    :at);
INSERT INTO message_version (message_id, version_id, text, seen_at)
VALUES (1, :first, 'wombl', 5), (1, :second, 'womblenaught', 6);
"""


@pytest.fixture
def third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of the third version with an edited mention that its author took back later."""
    path = tmp_path / "triage.db"
    with monkeypatch.context() as patch:
        patch.setattr(opening, "MIGRATIONS", MIGRATIONS[:3])
        with closing(SqlStore.open(path, create=True)) as store, store.tx():
            store.accounts.add(store.accounts.brand("acme"), "x", "acme", "1", START)
            names = {"at": START, "first": FIRST, "second": SECOND}
            for statement in statements(OLD):
                used = {k: v for k, v in names.items() if f":{k}" in statement}
                store.engine.execute(statement, used)
    return path


def test_versions_get_their_times(third: Path) -> None:
    """On X they stand in the ids."""
    with closing(SqlStore.open(third, create=True)) as store:
        rows = store.engine.query("SELECT written_at FROM message_version ORDER BY version_id")
        assert rows == [(START,), (START + HOUR,)]


def test_what_was_deleted_before_is_purged(third: Path) -> None:
    """The next run takes its words out."""
    with closing(SqlStore.open(third, create=True)) as store:
        assert store.purge(1, START + HOUR) == 1
    assert b"wombl" not in third.read_bytes()


def test_old_threads_are_not_asked_for(third: Path) -> None:
    """What was there before costs nothing; what comes from now on may be asked for."""
    with closing(SqlStore.open(third, create=True)) as store:
        assert store.settings.get("parents_through") == "1"
        post = Post("9", Author("8", "bo"), "@acme hi", START, in_reply_to="3", thread_id="3")
        with store.tx():
            store.messages.save_posts(1, "x", [Incoming(post, Role.MENTION, 1)], START)
        assert [m.native_id for m in store.following.missing(1, "x", 1, 10, 3)] == ["3"]
