"""Taking posts from a file: roles, threads, waits, and that a second time changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from builders import START, tagger_for
from triage.app.applying import apply_settings
from triage.app.importing import ImportOptions, ImportResult, import_posts
from triage.core.accounts import Account
from triage.core.model import HOUR, MINUTE, Author, Post
from triage.core.policy import Settings
from triage.store.store import SqlStore

ANA = Author("@ana", "ana")
ACME = Author("@acme", "Acme")


class Desk:
    """A store with one brand and one account for imports."""

    def __init__(self, folder: Path) -> None:
        self.store = SqlStore.open(folder / "t.db", create=True)
        applied = apply_settings(
            self.store,
            Settings(),
            "",
            "ana",
            START,
            brand="acme",
            accounts=[("import", "acme")],
            tagger_for=tagger_for,
        )
        self.brand_id = applied.brand_id
        self.ours: list[Account] = list(applied.accounts)

    def take(
        self, posts: Iterable[Post], *, context: bool = False, **options: bool
    ) -> ImportResult:
        """Import posts."""
        return import_posts(
            self.store,
            self.brand_id,
            self.ours,
            ((post, context) for post in posts),
            ImportOptions(**options),  # type: ignore[arg-type]
            lambda: START,
            tagger_for,
        )

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What a query finds."""
        return self.store.engine.query(sql)

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table that an import writes."""
        tables = ("message", "customer", "conversation", "wait", "verdict", "unjudged", "account")
        query = "SELECT * FROM {} ORDER BY 1, 2, 3"
        return {name: self.rows(query.format(name)) for name in tables}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty desk."""
    made = Desk(tmp_path)
    yield made
    made.store.close()


def _thread() -> list[Post]:
    return [
        Post("1", ANA, "@acme it is broken", START),
        Post("2", ACME, "@ana sorry!", START + 30 * MINUTE, in_reply_to="1"),
        Post("3", ANA, "@acme and when?", START + HOUR, in_reply_to="2"),
    ]


def test_a_thread(desk: Desk) -> None:
    """An answer in the file ends the wait at its own time; what follows opens the next."""
    result = desk.take(_thread())
    assert (result.saved.new_mentions, result.saved.new_own) == (2, 1)
    assert desk.rows("SELECT state, kind, opened_at, ended_at FROM wait ORDER BY id") == [
        ("answered", "complaint", START, START + 30 * MINUTE),
        ("open", "question", START + HOUR, None),
    ]


def test_whoever_is_asked_follows_from_who_answers(desk: Desk) -> None:
    """A mention in a file names no account; the conversation is that of the one who answered."""
    desk.take(_thread())
    assert desk.rows("SELECT account_id FROM message WHERE native_id = '1'") == [(None,)]
    assert desk.rows("SELECT account_id FROM conversation") == [(desk.ours[0].id,)]


def test_again_changes_nothing(desk: Desk) -> None:
    """The same file twice leaves every row as it was."""
    desk.take(_thread())
    before = desk.everything()
    result = desk.take(_thread())
    assert (result.saved.known, result.saved.new_mentions, result.indexed) == (3, 0, 0)
    assert result.judged.waits == 0
    assert desk.everything() == before


def test_the_order_of_the_file_does_not_matter(desk: Desk, tmp_path: Path) -> None:
    """Answers that stand before what they answer give the same threads and waits."""
    desk.take(_thread())
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    for post in reversed(_thread()):
        other.take([post])
    for query in (
        "SELECT native_id, thread_id, role FROM message ORDER BY native_id",
        "SELECT state, kind, opened_at, ended_at FROM wait ORDER BY opened_at",
    ):
        assert other.rows(query) == desk.rows(query)
    other.store.close()


def test_threads_move_up_within_one_batch(desk: Desk) -> None:
    """A chain that comes leaf first ends up under its topmost ancestor."""
    desk.take(reversed([*_thread(), Post("4", ANA, "@acme ?", START + 2, in_reply_to="3")]))
    assert desk.rows("SELECT DISTINCT thread_id FROM message") == [("1",)]


def test_without_tagging_the_next_one_judges(desk: Desk) -> None:
    """Facts alone are kept and searchable; applying settings later works the marks off."""
    result = desk.take(_thread(), tagging=False)
    assert (result.judged.tagged, result.indexed) == (0, 3)
    assert desk.rows("SELECT count(*) FROM wait") == [(0,)]
    apply_settings(
        desk.store,
        Settings(),
        "",
        "ana",
        START,
        brand="acme",
        accounts=[],
        tagger_for=tagger_for,
    )
    assert desk.rows("SELECT state FROM wait ORDER BY id") == [("answered",), ("open",)]


def test_history_has_no_clocks(desk: Desk) -> None:
    """What is imported as history is tagged and found, but nobody waits in it."""
    desk.take(_thread(), history=True)
    assert desk.rows("SELECT count(*) FROM wait") == [(0,)]
    assert desk.rows("SELECT count(*) FROM verdict") == [(2,)]


def test_context_is_no_mention(desk: Desk) -> None:
    """What only came along is kept as context, unless it names us; then it widens to a mention."""
    stranger = Post("7", ANA, "what a day", START)
    assert desk.take([stranger], context=True).saved.new_other == 1
    assert desk.rows("SELECT role FROM message") == [("context",)]
    assert desk.take([stranger]).saved.changed == 1
    assert desk.rows("SELECT role FROM message") == [("mention",)]


def test_a_later_name_wins_and_the_former_handle_is_kept(desk: Desk) -> None:
    """The newest post tells the handle, in whatever order posts come within a batch."""
    posts = [
        Post("1", Author("77", "old"), "@acme ?", START),
        Post("3", Author("77", "newest"), "@acme ?", START + 3),
        Post("2", Author("77", "newer"), "@acme ?", START + 2),
    ]
    desk.take(posts)
    assert desk.rows("SELECT handle, first_at, seen_at FROM customer") == [
        ("newest", START, START + 3)
    ]
    assert desk.rows("SELECT handle FROM former_handle") == [("old",)]
    desk.take([Post("4", Author("77", "last"), "@acme ?", START + 4)])
    assert desk.rows("SELECT handle FROM former_handle ORDER BY handle") == [("newest",), ("old",)]


def test_a_customer_known_by_handle_is_recognised_by_id(desk: Desk) -> None:
    """An import told the handle alone; the channel's id later is the same person."""
    desk.take([Post("1", ANA, "@acme ?", START)])
    desk.take([Post("2", Author("77", "Ana", "Ana D.", 12), "@acme ?", START + 1)])
    assert desk.rows("SELECT native_id, name, followers FROM customer") == [("77", "Ana D.", 12)]


def test_an_interrupted_import_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stops half way leaves whole batches, and the same file brings the rest."""
    monkeypatch.setattr("triage.app.importing.BATCH", 2)

    def broken() -> Iterator[Post]:
        yield from _thread()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.take(broken())
    assert desk.rows("SELECT count(*) FROM message") == [(2,)]
    desk.take(_thread())
    assert desk.rows("SELECT state FROM wait ORDER BY id") == [("answered",), ("open",)]
