"""Searching by words: accents, beginnings, hostile signs, and what the index knows."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import Desk
from triage.core.model import MINUTE, Role
from triage.core.ports import Incoming


def found(desk: Desk, words: str, limit: int = 50) -> list[str]:
    """Texts that hold the words, as `triage search` gives them."""
    return [m.text for m in desk.store.reading.search(desk.brand_id, words, limit)]


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """A desk with a few posts, oldest first."""
    texts = (
        "@acme Café in Zürich is closed",
        "@acme my ORDER never came",
        "@acme orders are late and the app crashed",
        'say "hello" to @acme',
        "@acme 日本 is far",
    )
    for ago, text in enumerate(reversed(texts)):
        desk.write(f"u{ago}", text, ago=ago * MINUTE)
    desk.fetch()
    return desk


@pytest.mark.parametrize("words", ["cafe", "CAFÉ", "cafe\u0301", "zurich", "Zu\u0308rich café"])
def test_accents_and_case_make_no_difference(filled: Desk, words: str) -> None:
    """However a keyboard writes them."""
    assert found(filled, words) == ["@acme Café in Zürich is closed"]


def test_the_last_word_may_go_on(filled: Desk) -> None:
    """Newest first."""
    assert found(filled, "order") == [
        "@acme orders are late and the app crashed",
        "@acme my ORDER never came",
    ]
    assert found(filled, "acme cra") == ["@acme orders are late and the app crashed"]


def test_the_words_before_it_must_be_whole(filled: Desk) -> None:
    """`order` is not `orders` there, and every word must occur."""
    assert found(filled, "order late") == []
    assert found(filled, "orders never") == []
    assert found(filled, "never order") == ["@acme my ORDER never came"]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ('"hello"', 1),
        ('say "hello', 1),
        ('"', 0),
        ("order OR hello", 0),
        ("order NOT never", 0),
        ("NEAR(order never)", 0),
        ("text:order", 0),
        ("^order", 2),
        ("order*", 2),
        ("-order", 2),
        ("(order)", 2),
        ("@acme", 5),
        ("a'; DROP TABLE message; --", 0),
        ("\x00", 0),
        ("\ud800", 0),
        ("", 0),
        ("   ", 0),
        ("日本", 1),
    ],
)
def test_operators_are_words_like_any_other(filled: Desk, words: str, count: int) -> None:
    """A person's words are never a query of their own."""
    assert len(found(filled, words)) == count


@given(
    words=st.text(st.characters(exclude_categories=()) | st.sampled_from('"*^():-+{}'), max_size=20)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_words_are_an_error(filled: Desk, words: str) -> None:
    """Whatever is typed, pasted or piped in."""
    assert len(found(filled, words)) <= 5


def test_the_limit_keeps_the_newest(filled: Desk) -> None:
    """Cut off at the old end."""
    assert found(filled, "acme", 2) == ["@acme 日本 is far", 'say "hello" to @acme']


def test_an_edited_post_is_found_by_its_new_words_alone(filled: Desk) -> None:
    """The index follows the text."""
    post = next(p for p in filled.channel.posts.values() if "ORDER" in p.text)
    filled.channel.edit(post.native_id, "@acme my parcel never came")
    filled.fetch()
    assert found(filled, "parcel") == ["@acme my parcel never came"]
    assert found(filled, "my order") == []


def test_our_own_posts_are_found_too(filled: Desk) -> None:
    """To see what was promised."""
    filled.write("acme", "A voucher is on its way")
    filled.fetch()
    assert found(filled, "vouch") == ["A voucher is on its way"]


def test_accounts_can_be_chosen(filled: Desk) -> None:
    """And what belongs to another one is not shown."""
    search = filled.store.reading.search
    assert len(search(filled.brand_id, "acme", 50, [filled.account.id])) == 5
    assert search(filled.brand_id, "acme", 50, [99]) == []
    assert search(99, "acme", 50) == []


# The mark of how far the index is.


def unindexed(desk: Desk, count: int) -> None:
    """So many posts are stored and not indexed, as after a crash."""
    posts = [desk.write(f"n{n}", f"@acme number{n}", ago=n) for n in range(count)]
    with desk.store.tx():
        desk.store.messages.save_posts(
            desk.brand_id,
            "memory",
            [Incoming(p, Role.MENTION, desk.account.id) for p in posts],
            desk.now,
        )


def is_sound(desk: Desk) -> None:
    """The index of a file says what the texts say; on a server each row is of a message."""
    if desk.store.engine.dialect == "sqlite":
        desk.store.engine.execute(
            "INSERT INTO message_fts (message_fts, rank) VALUES ('integrity-check', 1)"
        )


def test_the_index_is_filled_in_batches_from_its_mark(desk: Desk) -> None:
    """Each post once, however often it runs."""
    unindexed(desk, 7)
    assert (desk.store.unindexed(), found(desk, "number")) == (7, [])
    assert desk.store.index_search(3) == 7
    assert desk.store.unindexed() == 0
    assert len(found(desk, "number")) == 7
    assert desk.store.index_search(3) == 0
    assert len(found(desk, "number")) == 7


def test_a_crash_between_two_batches_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run goes on from the mark, and indexes nothing twice."""
    unindexed(desk, 5)
    write, batches = desk.store.engine.execute, iter([None, None, RuntimeError()])

    def execute(sql: str, params: object = None) -> int:
        if "message_fts" in sql:
            error = next(batches)
            if error:
                raise error
        return write(sql, params)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.store.engine, "execute", execute)
    with pytest.raises(RuntimeError):
        desk.store.index_search(2)
    monkeypatch.undo()
    assert desk.store.unindexed() == 1
    assert desk.store.index_search(2) == 1
    assert len(found(desk, "number")) == 5
    is_sound(desk)


def test_a_post_edited_before_it_was_indexed_is_indexed_as_it_is(desk: Desk) -> None:
    """The trigger leaves alone what the mark has not reached."""
    unindexed(desk, 2)
    desk.store.engine.execute("UPDATE message SET text = 'parcel' WHERE text LIKE '%number1'")
    desk.store.index_search()
    assert found(desk, "parcel") == ["parcel"]
    assert found(desk, "number") == ["@acme number0"]
    desk.store.engine.execute("DELETE FROM unjudged")
    desk.store.engine.execute("DELETE FROM message WHERE text = 'parcel'")
    assert found(desk, "parcel") == []
    is_sound(desk)
