"""Statements as psycopg reads them: names, strings, casts and per cent signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import postgres

postgres.need_driver()

from triage.store.pg_text import named  # noqa: E402 - where there is a driver


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("SELECT :a, :b_2", "SELECT %(a)s, %(b_2)s"),
        ("SELECT ':a' || :a", "SELECT ':a' || %(a)s"),
        ("SELECT 'it''s :a', :a", "SELECT 'it''s :a', %(a)s"),
        ("SELECT x::text, :x::text", "SELECT x::text, %(x)s::text"),
        ("SELECT 7 % 2, '5 %'", "SELECT 7 %% 2, '5 %%'"),
        ("SELECT 1 -- not :a\n, :a", "SELECT 1 -- not :a\n, %(a)s"),
        ("SELECT /* :a % */ :a", "SELECT /* :a %% */ %(a)s"),
        ('SELECT ":a" FROM t WHERE x = :a', 'SELECT ":a" FROM t WHERE x = %(a)s'),
        ("DO $$ BEGIN x := :a; END $$", "DO $$ BEGIN x := :a; END $$"),
        ("DO $f$ ':a $$ :a $f$; SELECT :a", "DO $f$ ':a $$ :a $f$; SELECT %(a)s"),
    ],
)
def test_what_is_a_name_and_what_is_not(sql: str, read: str) -> None:
    """Only what stands in the statement itself."""
    assert named(sql) == read


pieces = st.one_of(
    st.sampled_from([" ", ",", "(", ")", "SELECT", "x", "=", "::int", "1", "%", "\n"]),
    st.text("ab'%:$ -", max_size=5).map(lambda t: "'" + t.replace("'", "''") + "'"),
    st.text("ab:%", min_size=1, max_size=4).map(lambda t: f'"{t}"'),
    st.text("ab:%'", max_size=5).map(lambda t: f"-- {t}\n"),
)
names = st.sampled_from([":a", ":b", ":long_name2"])


@given(st.lists(st.tuples(pieces, st.none() | names), max_size=12))
def test_every_name_is_found_and_nothing_else_is_touched(
    parts: list[tuple[str, str | None]],
) -> None:
    """Whatever strings, quoted names and comments stand between them."""
    sql = read = ""
    for piece, name in parts:
        sql += f" {piece} {name or ''} "
        read += f" {piece.replace('%', '%%')} {f'%({name[1:]})s' if name else ''} "
    assert named(sql) == read
