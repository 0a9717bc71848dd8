"""The index on a server finds what the one in a file finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import postgres
from triage.core.text import storable
from triage.store.engine import Engine
from triage.store.opening import open_lite

FIND = "SELECT f.rowid FROM message_fts f WHERE {match} ORDER BY f.rowid"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    """An index in a file and one on a server."""
    postgres.need()
    from triage.store.opening_pg import open_pg

    folder: Path = tmp_path_factory.mktemp("search")
    url = postgres.database(folder)
    with (
        closing(open_lite(folder / "t.db", create=True)) as file,
        closing(open_pg(url)) as server,
    ):
        for engine in (file, server):
            engine.execute("INSERT INTO brand (name) VALUES ('acme')")
        yield file, server
    postgres.forget(folder)


def write(engine: Engine, texts: list[str]) -> None:
    """Have these posts and no others, indexed."""
    with engine.tx():
        engine.execute("DELETE FROM message")
        engine.execute("UPDATE search_mark SET through_id = 0 WHERE id = 1")
        engine.many(
            "INSERT INTO message (id, brand_id, channel, native_id, version_id, role, text, "
            "posted_at, fetched_at, thread_id, visibility, is_history) VALUES (:id, 1, 'x', "
            "CAST(:id AS TEXT), '1', 'mention', :text, 1, 1, '1', 'public', 0)",
            [{"id": n, "text": storable(text)} for n, text in enumerate(texts, 1)],
        )
        engine.search.index(1_000)


def found(engine: Engine, words: str) -> list[int]:
    """Which of them hold the words."""
    sql = FIND.format(match=engine.tokens["match"])
    return [n for (n,) in engine.query(sql, {"words": engine.search.match(words)})]


LETTERS = (
    "aAbBzZéÉe\u0301ßÅåøØñ日本語ｱ① ½²٣०'\"*-_.:&|!<>()\\@#/\n\t🙂🏳%"
    "\u017f\u0131\u0130\u041d\u043d\u0438\u0439\u2019\ufe0f\u200d"
)
"""Accents by themselves and not, scripts, digits of some, signs of both query languages."""
words = st.text(st.sampled_from(LETTERS), max_size=12) | st.text(max_size=8)


@given(texts=st.lists(words, min_size=1, max_size=6), asked=words)
@example(["Café in Zürich", "CAFE\u0301"], "cafe")
@example(["a b a b c", "b a"], "a-b c")
@example(["order", "orders", "order book"], "order")
@example(["x", "it's", "its"], "it's -")
@example(["a" * 5_000, "b"], "a" * 3_000)
@example(["a\\b", "a'b"], "a\\b")
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_same_words_are_found(
    both: tuple[Engine, Engine], texts: list[str], asked: str
) -> None:
    """Whatever was written and whatever is asked for, accents, scripts, signs and beginnings."""
    file, server = both
    for engine in both:
        write(engine, texts)
    for each in (asked, *texts):
        assert found(server, each) == found(file, each), each


def test_a_changed_text_is_found_by_its_new_words(both: tuple[Engine, Engine]) -> None:
    """The old words are out of the index at once, the new ones with the next run."""
    for engine in both:
        write(engine, ["parcel", "order"])
        engine.execute("UPDATE message SET text = 'voucher' WHERE id = 1")
        assert found(engine, "parcel") == []
        engine.search.index(10)
        assert found(engine, "voucher") == [1]
        assert engine.search.unindexed() == 0
        engine.execute("DELETE FROM message WHERE id = 2")
        assert found(engine, "order") == []


def test_a_post_that_was_saved_late_is_indexed_all_the_same(both: tuple[Engine, Engine]) -> None:
    """Ids become visible in no order on a server: one below those that are indexed waits too."""
    _, server = both
    write(server, ["one", "two", "three"])
    server.execute("DELETE FROM message WHERE id = 2")
    server.execute(
        "INSERT INTO message (id, brand_id, channel, native_id, version_id, role, text, posted_at, "
        "fetched_at, thread_id, visibility, is_history) VALUES (2, 1, 'x', '2', '1', 'mention', "
        "'late', 1, 1, '1', 'public', 0)"
    )
    assert server.search.unindexed() == 1
    assert server.search.index(10) == 1
    assert found(server, "late") == [2]


def test_a_word_far_behind_is_found(both: tuple[Engine, Engine]) -> None:
    """A server counts no further than some thousand words; a mail may be longer."""
    _, server = both
    write(server, ["word " * 20_000 + "behind", "word"])
    assert found(server, "behind") == [1]
    assert found(server, "word") == [1, 2]
