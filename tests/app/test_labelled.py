"""Labelled posts from files: what can be read is read, and what cannot is told by its line."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import WordTagger
from triage.app.labelled import BadLine, LabelledLine, judge_labelled, read_labelled
from triage.core.learning import Labelled
from triage.core.model import Kind
from triage.core.scoring import Judged
from triage.errors import TriageError


def read(
    content: str | bytes, name: str = "posts", by: str | None = None
) -> list[LabelledLine | BadLine]:
    """Read a file with this content."""
    data = content.encode() if isinstance(content, str) else content
    return list(read_labelled(io.BytesIO(data), name=name, by=by))


def bad(content: str | bytes, name: str = "posts") -> list[tuple[int, str]]:
    """The bad lines alone."""
    found = read(content, name)
    return [(line.number, line.reason) for line in found if isinstance(line, BadLine)]


def test_json_lines() -> None:
    """One post on a line; blank lines are passed over and still counted."""
    content = (
        '\ufeff{"text": "it broke", "kind": "complaint", "lang": "en", "source": "web"}\n'
        "\n"
        '{"kind": " Praise", "text": "größer\\n\\ud83d\\ude00", "lang": null, "more": [1]}'
    )
    assert read(content, by="source") == [
        LabelledLine(1, Labelled("it broke", Kind.COMPLAINT, "en"), "web"),
        LabelledLine(3, Labelled("größer\n😀", Kind.PRAISE), ""),
    ]


def test_csv() -> None:
    """Columns by name, in any order and case; a quoted cell may span lines."""
    content = 'Kind,Source,text,lang\r\ncomplaint,web,"it broke,\r\nagain",\r\n\r\nother,,hm,fr\r\n'
    assert read(content, by="Source") == [
        LabelledLine(2, Labelled("it broke,\r\nagain", Kind.COMPLAINT), "web"),
        LabelledLine(5, Labelled("hm", Kind.OTHER, "fr"), ""),
    ]


def test_an_empty_text_is_a_text() -> None:
    """A post may be a mere picture."""
    assert read('{"text": "", "kind": "other"}') == [LabelledLine(1, Labelled("", Kind.OTHER))]
    assert read("text,kind\n,other\n") == [LabelledLine(2, Labelled("", Kind.OTHER))]


def test_groups_of_any_type() -> None:
    """A field that is no text groups as it is written."""
    content = '{"text": "a", "kind": "other", "year": 2025}'
    assert read(content, by="year") == [LabelledLine(1, Labelled("a", Kind.OTHER), "2025")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{oops", "not JSON: Expecting property name enclosed in double quotes"),
        ('["a"]', "not an object with text and kind"),
        ('{"kind": "other"}', "it has no text"),
        ('{"kind": "other", "text": 7}', "it has no text"),
        ('{"text": "a"}', "it has no kind"),
        ('{"text": "a", "kind": ""}', "it has no kind"),
        (
            '{"text": "a", "kind": "complain"}',
            "unknown kind 'complain'; did you mean \"complaint\"?",
        ),
        (
            '{"text": "a", "kind": ["x"]}',
            "unknown kind \"['x']\"; known: complaint, question, other, praise",
        ),
        ('{"text": "a", "kind": "other", "lang": 1}', "its lang is no text"),
        ("[" * 100_000, "not JSON: it cannot be read"),
    ],
)
def test_bad_json_lines(line: str, reason: str) -> None:
    """Each is told with its number and why, and the lines around it are read."""
    good = '{"text": "a", "kind": "other"}\n'
    found = read(f"{good}{line}\n{good}")
    assert [type(one) for one in found] == [LabelledLine, BadLine, LabelledLine]
    assert found[1] == BadLine(2, reason)


def test_bad_bytes() -> None:
    """What is not UTF-8 is told, line by line."""
    assert bad(b'{"text": "\xff", "kind": "other"}\n') == [(1, "it is not UTF-8")]
    assert bad(b"text,kind\n\xff,other\n") == [(2, "it is not UTF-8")]


def test_bad_rows() -> None:
    """A row with too many cells, and a quote that never ends: only that line is lost."""
    content = 'text,kind\na,b,other\n"open,other\nfine,other\n'
    assert read(content) == [
        BadLine(2, "3 cells for 2 columns: a comma outside of quotes?"),
        BadLine(3, "a quote in it is not closed as CSV asks"),
        LabelledLine(4, Labelled("fine", Kind.OTHER)),
    ]


def test_a_short_row_lacks_its_kind() -> None:
    """A cell that is not there is no value."""
    assert bad("text,kind\nalone\n") == [(2, "it has no kind")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"text": "a", "kind": "other"}]', "is one JSON list, not JSON lines"),
        ("id,words\n1,2\n", "is no file of labelled posts"),
        ("hello\n", "is no file of labelled posts"),
        (b"\x1f\x8b\x08\x00", "is compressed"),
        ("text".encode("utf-16"), "is not UTF-8 but UTF-16"),
    ],
)
def test_what_is_no_such_file(content: str | bytes, message: str) -> None:
    """A file of another kind is refused as a whole, with what to give instead."""
    with pytest.raises(TriageError) as caught:
        read(content)
    assert message in caught.value.message
    assert caught.value.hint


def test_a_name_says_what_a_broken_start_leaves_open() -> None:
    """In a .jsonl a first line that is no JSON is a bad line, not the head of a table."""
    found = read('oops\n{"text": "a", "kind": "other"}\n', name="posts.JSONL")
    assert [type(one) for one in found] == [BadLine, LabelledLine]


def test_an_empty_file_has_no_posts() -> None:
    """And is no mistake by itself."""
    assert read("") == []
    assert read("\n\n") == []


@given(st.binary(max_size=200))
def test_any_bytes_end_in_posts_or_words(data: bytes) -> None:
    """Nothing that a file contains raises anything but a message."""
    try:
        lines = read(data)
    except TriageError:
        return
    assert all(line.number >= 1 for line in lines)


def test_judged() -> None:
    """Each post is judged with its language, and keeps its place and group."""
    line = LabelledLine(7, Labelled("broken", Kind.OTHER, "en"), "web")
    (judged,) = judge_labelled([line], WordTagger())
    verdict = WordTagger().judge("broken", "en")
    assert judged == Judged(7, "broken", Kind.OTHER, verdict, "web")
