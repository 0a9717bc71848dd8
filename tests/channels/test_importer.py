"""Files become posts: every line is a post or a reason, and nothing else is raised."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.channels.importer import BadLine, Imported, PostLine, read_posts
from triage.channels.importer_csv import MAX_ROW
from triage.channels.importer_fields import BadRecordError, time_of
from triage.channels.importer_lines import MAX_LINE
from triage.core.model import Author, Post
from triage.errors import ChannelError

NOON = 1_772_366_400_000
"""2026-03-01T12:00:00Z."""

SIMPLE = {
    "id": "1001",
    "author": "@Mia_K",
    "text": "Where is my parcel?",
    "posted_at": "2026-03-01T12:00:00Z",
}


def read(data: bytes | str, name: str = "posts.jsonl") -> list[Imported]:
    """Import bytes or text."""
    raw = data if isinstance(data, bytes) else data.encode()
    return list(read_posts(io.BytesIO(raw), name=name))


def lines(*records: object) -> str:
    """Write records as JSON lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


def one_post(**changes: object) -> Post:
    """Import one simple record with changes."""
    (item,) = read(lines({**SIMPLE, **changes}))
    assert isinstance(item, PostLine), item
    return item.post


def reason(**changes: object) -> str:
    """Import one simple record that must be bad, for its reason."""
    (item,) = read(lines({**SIMPLE, **changes}))
    assert isinstance(item, BadLine), item
    return item.reason


def posts(items: list[Imported]) -> list[tuple[int, str]]:
    """The posts among items, by number and id."""
    return [(i.number, i.post.native_id) for i in items if isinstance(i, PostLine)]


def bad(items: list[Imported]) -> list[tuple[int, str]]:
    """The bad lines among items."""
    return [(i.number, i.reason) for i in items if isinstance(i, BadLine)]


# --- simple JSON lines --------------------------------------------------------------------------


def test_every_field_of_a_simple_line_reaches_the_post() -> None:
    """Required and optional keys become the fields of the post; the handle is the key."""
    post = one_post(
        in_reply_to="1000", conversation="990", author_name="Mia", lang="en", url="https://x.com/1"
    )
    assert post == Post(
        native_id="1001",
        author=Author(native_id="@mia_k", handle="Mia_K", name="Mia"),
        text="Where is my parcel?",
        posted_at=NOON,
        thread_id="990",
        in_reply_to="1000",
        lang="en",
        url="https://x.com/1",
    )


def test_a_handle_is_the_same_author_in_any_spelling() -> None:
    """With or without @ and in any case, one handle is one author."""
    assert one_post(author="MIA_K").author.native_id == one_post().author.native_id


def test_ids_that_are_whole_numbers_are_taken_exactly() -> None:
    """A JSON integer keeps all of its digits, also beyond what a double holds."""
    post = one_post(id=1245425308704149507, in_reply_to=1245403438755852289)
    assert (post.native_id, post.in_reply_to) == ("1245425308704149507", "1245403438755852289")


@pytest.mark.parametrize("key", ["id", "in_reply_to", "conversation"])
@pytest.mark.parametrize("value", [1.245425308704149e18, "1.24543E+18", "1245425308704149507.0"])
def test_ids_that_lost_digits_are_refused(key: str, value: object) -> None:
    """What a spreadsheet made of an id names no post; the reason says how to mend it."""
    assert key in reason(**{key: value})
    assert "write ids as text" in reason(**{key: value})


@pytest.mark.parametrize("key", ["id", "author", "text", "posted_at"])
def test_a_missing_key_is_named(key: str) -> None:
    """Without one of the four keys, or with null, the line is bad and says which."""
    record = {k: v for k, v in SIMPLE.items() if k != key}
    assert bad(read(lines(record))) == [(1, f"{key} is missing")]
    assert reason(**{key: None}) == f"{key} is missing"


@pytest.mark.parametrize("key", ["id", "author", "posted_at"])
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_required_value_is_missing(key: str, value: str) -> None:
    """Blank is missing, but for the text: a post may be a mere picture."""
    assert reason(**{key: value}) == f"{key} is missing"
    assert one_post(text="").text == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", True),
        ("id", "10 01"),
        ("id", "10\x0001"),
        ("id", "9" * 300),
        ("id", []),
        ("author", 5),
        ("author", "@"),
        ("author", "mia\x1b[2J"),
        ("author", "m\ud800"),
        ("author", "m" * 300),
        ("author_name", 5),
        ("text", 5),
        ("text", {}),
        ("lang", 5),
        ("lang", "e\x00"),
        ("url", "file:///etc/passwd"),
        ("url", "javascript:alert(1)"),
        ("url", 5),
        ("posted_at", True),
        ("posted_at", "yesterday"),
        ("posted_at", []),
    ],
)
def test_a_value_of_the_wrong_sort_is_a_bad_line(key: str, value: object) -> None:
    """The reason names the key, and is itself safe to print."""
    found = reason(**{key: value})
    assert found.startswith(key)
    assert found.isascii()
    assert found.isprintable()
    assert len(found) < 150


def test_a_reply_to_itself_is_no_reply() -> None:
    """A post cannot be its own parent: a walk to the thread's top would never end."""
    assert one_post(in_reply_to="1001").in_reply_to is None
    assert one_post(in_reply_to=1001).in_reply_to is None


def test_nuls_and_lone_surrogates_in_a_text_pass() -> None:
    """The store cleans text; the import neither crashes on it nor loses the post."""
    assert one_post(text="a\x00b\ud800c").text == "a\x00b\ud800c"


def test_a_megabyte_in_one_line_is_one_post() -> None:
    """Long texts are texts."""
    assert len(one_post(text="long " * 250_000).text) == 1_250_000


def test_unknown_keys_are_passed_over() -> None:
    """A file may say more than we read."""
    assert one_post(likes=5) == one_post()


# --- times --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01t12:00:00z",
        "2026-03-01 12:00:00",
        "2026-03-01T12:00",
        " 2026-03-01T12:00:00.000Z ",
        "2026-03-01T13:30:00+01:30",
        "20260301T120000Z",
        1_772_366_400,
        1_772_366_400_000,
        1_772_366_400.0,
        "1772366400",
        "1772366400000",
    ],
    ids=repr,
)
def test_times_in_every_accepted_form_are_the_same_moment(value: object) -> None:
    """ISO 8601 with and without offset, and seconds or milliseconds since 1970."""
    assert time_of(value) == NOON


@pytest.mark.parametrize("value", ["2026-03-01T12:00:00.341999Z", 1_772_366_400.341, NOON + 341])
def test_times_keep_their_milliseconds(value: object) -> None:
    """Finer fractions are cut off, never rounded into the next second."""
    assert time_of(value) == NOON + 341


@pytest.mark.parametrize(
    "value",
    [
        "1989-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        0,
        20260301,
        "20260301",
        NOON * 1000,
        -NOON,
        float("nan"),
        float("inf"),
        pytest.param(10**400, id="huge"),
    ],
    ids=repr,
)
def test_times_outside_of_the_years_are_refused(value: object) -> None:
    """A day without dashes, microseconds and the zero of an unset field are mistakes."""
    with pytest.raises(BadRecordError, match="1990 to 2099"):
        time_of(value)


# --- lines --------------------------------------------------------------------------------------


def test_a_bad_line_costs_only_itself() -> None:
    """Each bad line is reported with its physical number; the others are read."""
    data = b"\n".join(
        [
            lines(SIMPLE).strip().encode(),
            b"",
            b'{"id": "1002", "author"',
            b'{"id": "1003", "text": "\xff"}',
            b"[1]",
            b'"text"',
            b"\xff\xfe\x00",
            b'{"id": ' + b"9" * 5000 + b"}",
            b"[" * 5000,
            lines({**SIMPLE, "id": "1004"}).strip().encode(),
        ]
    )
    items = read(data)
    assert posts(items) == [(1, "1001"), (10, "1004")]
    assert [number for number, _ in bad(items)] == [3, 4, 5, 6, 7, 8, 9]
    assert "not JSON" in bad(items)[0][1]
    assert bad(items)[1][1] == "it is not UTF-8"


@pytest.mark.parametrize("first", [b'{"id": "1', b"garbage", b"\xff\xff", b"["])
def test_a_broken_first_line_does_not_hide_the_format(first: bytes) -> None:
    """What follows says that these are JSON lines, whatever the file is called."""
    good = lines(SIMPLE, {**SIMPLE, "id": "1002"}).encode()
    items = read(first + b"\n" + good, name="export")
    assert posts(items) == [(2, "1001"), (3, "1002")]
    assert [number for number, _ in bad(items)] == [1]


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    """Files from Windows begin with one."""
    assert posts(read(b"\xef\xbb\xbf" + lines(SIMPLE).encode())) == [(1, "1001")]


def test_a_line_beyond_the_limit_is_skipped_without_the_rest() -> None:
    """Memory stays flat: an absurd line is reported, the next one is read."""
    good = lines(SIMPLE).encode()
    items = read(good + b'"' + b"x" * (MAX_LINE + 10) + b'"\n' + good)
    assert posts(items) == [(1, "1001"), (3, "1001")]
    assert bad(items) == [(2, "the line is too long")]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf", b"\n" * 100])
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a"])
def test_an_empty_file_has_no_posts(data: bytes, name: str) -> None:
    """Nothing to import is not an error."""
    assert read(data, name) == []


def test_progress_tells_the_bytes_and_ends_at_the_size() -> None:
    """A progress bar never goes back and ends at the size of the file."""
    data = lines(*({**SIMPLE, "id": str(n), "text": "x" * 500} for n in range(2000))).encode()
    seen: list[int] = []
    assert len(list(read_posts(io.BytesIO(data), name="a", on_progress=seen.append))) == 2000
    assert seen == sorted(seen)
    assert seen[-1] == len(data)
    assert len(seen) >= 3


def test_lines_are_read_as_they_are_asked_for() -> None:
    """The file is a stream: the first post comes long before the last line was read."""
    data = lines(*({**SIMPLE, "id": str(n), "text": "x" * 500} for n in range(2000))).encode()
    stream = io.BytesIO(data)
    next(read_posts(stream, name="a"))
    assert stream.tell() < len(data) / 10


# --- formats that are refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x1f\x8b\x08\x00abc", "compressed"),
        (b"PK\x03\x04abc", "compressed"),
        ("id,author".encode("utf-16"), "UTF-16"),
        (b"Dear all,\nhere are the posts\n", "none of the formats"),
        (b"id;author;text;posted_at\n", "separated by commas"),
        (b"id,author,message,time\n", "lacks the columns text, posted_at"),
        (b'{\n "data": [\n', "not a complete JSON"),
        (b'[\n "\xff"\n]\n', "not a complete JSON"),
        (b"\x00\x01\x02", "none of the formats"),
    ],
)
def test_a_file_in_no_format_is_refused_with_what_would_do(data: bytes, words: str) -> None:
    """One error names the file and what is wrong with it."""
    with pytest.raises(ChannelError, match=words) as caught:
        read(data, "letter.txt")
    assert "letter.txt" in caught.value.message


def test_a_file_that_cannot_be_read_is_an_error_of_ours() -> None:
    """A directory, a bad disk: a message, not a traceback."""

    class Broken(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002
            raise OSError(5, "Input/output error")

    with pytest.raises(ChannelError, match="posts cannot be read") as caught:
        list(read_posts(Broken(), name="posts"))
    assert caught.value.reason == "Input/output error"


# --- CSV ----------------------------------------------------------------------------------------


def table(*rows: list[str]) -> str:
    """Write rows as CSV."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


HEAD = ["id", "author", "text", "posted_at", "in_reply_to"]
ROW = ["1001", "@mia", "Hi", "2026-03-01T12:00:00Z", ""]


def test_rows_are_read_by_the_names_of_their_columns() -> None:
    """Columns may stand in any order and case, with others between; empty cells are no value."""
    data = "\ufeff Posted_At ,likes,AUTHOR,id,text,in_reply_to,url\n1772366400,5,@mia,1001,Hi,,\n"
    (item,) = read(data, "a.csv")
    post = Post("1001", Author("@mia", "mia"), "Hi", NOON)
    assert item == PostLine(2, post)


def test_a_row_is_numbered_by_the_line_where_it_starts() -> None:
    """A text over several lines is one row; blank lines count as lines but are no rows."""
    data = table(HEAD, [*ROW[:2], "one\ntwo\nthree", *ROW[3:]]) + "\r\n,,,,\r\n" + table(ROW)
    items = read(data, "a.csv")
    assert posts(items) == [(2, "1001"), (7, "1001")]
    assert isinstance(items[0], PostLine)
    assert items[0].post.text == "one\ntwo\nthree"


def test_bad_rows_are_reported_and_the_rest_is_read() -> None:
    """Bytes that are no text, a missing cell, one cell too many, a lost id: each its reason."""
    head, good = table(HEAD).encode(), table(ROW).encode()
    data = b"".join(
        (
            head,
            good.replace(b"Hi", b"H\xffi"),
            b"1002,@mia\r\n",
            good.replace(b"Hi", b"Hi, there"),
            good.replace(b"1001", b"1.2E+18"),
            good,
        )
    )
    items = read(data, "a.csv")
    assert posts(items) == [(6, "1001")]
    assert [number for number, _ in bad(items)] == [2, 3, 4, 5]
    reasons = [text for _, text in bad(items)]
    assert reasons[:2] == ["it is not UTF-8", "text is missing"]
    assert "6 cells for 5 columns" in reasons[2]


def test_a_quote_that_never_ends_costs_one_row() -> None:
    """The rows behind it are neither swallowed into its text nor lost."""
    good = table(ROW)
    broken = good.replace("Hi", '"Hi')
    items = read(table(HEAD) + good + broken + good + good, "a.csv")
    assert posts(items) == [(2, "1001"), (4, "1001"), (5, "1001")]
    assert bad(items) == [(3, "a quote in it is not closed as CSV asks")]


def test_a_quote_closed_in_a_later_row_costs_one_row() -> None:
    """A later quote would close it: strict parsing notices, and reading begins again behind it."""
    good = table([*ROW[:2], "a, b", *ROW[3:]])
    broken = good.replace('b"', "b")
    items = read(table(HEAD) + broken + good + good, "a.csv")
    assert posts(items) == [(3, "1001"), (4, "1001")]
    assert [number for number, _ in bad(items)] == [2]


def test_long_cells_are_read_and_absurd_ones_refused() -> None:
    """A text of a megabyte is one; a row beyond the limit is reported, the next one read."""
    long, absurd = "x" * 1_000_000, "x" * (MAX_ROW + 1)
    data = table(HEAD, [*ROW[:2], long, *ROW[3:]], [*ROW[:2], absurd, *ROW[3:]], ROW)
    items = read(data, "a.csv")
    assert posts(items) == [(2, "1001"), (4, "1001")]
    assert [number for number, _ in bad(items)] == [3]


def test_nuls_in_a_cell_pass() -> None:
    """The parser of CSV does not stumble over them."""
    (item,) = read(table(HEAD, [*ROW[:2], "a\x00b", *ROW[3:]]), "a.csv")
    assert isinstance(item, PostLine)
    assert item.post.text == "a\x00b"


# --- X ------------------------------------------------------------------------------------------

USER = {"id": "77", "username": "mia", "name": "Mia"}
BRAND = {"id": "88", "username": "acme", "name": "Acme"}
FIRST = {
    "id": "1772366400000000010",
    "text": "Where is it?",
    "author_id": "77",
    "created_at": "2024-03-25T21:00:00.000Z",
    "conversation_id": "1772366400000000010",
}
SECOND = {
    "id": "1772366400000000020",
    "text": "On its way",
    "author_id": "88",
    "created_at": "2024-03-25T21:05:00.000Z",
    "conversation_id": "1772366400000000010",
    "in_reply_to_user_id": "77",
    "referenced_tweets": [{"type": "replied_to", "id": "1772366400000000010"}],
}
PAGE: dict[str, Any] = {
    "data": [SECOND],
    "includes": {"users": [USER, BRAND], "tweets": [FIRST]},
    "meta": {"result_count": 1},
}


def summary(items: list[Imported]) -> list[tuple[int, str, str, str | None, bool]]:
    """What matters of items that must all be posts."""
    assert not bad(items)
    return [
        (i.number, i.post.native_id, i.post.author.handle, i.post.in_reply_to, i.context)
        for i in items
        if isinstance(i, PostLine)
    ]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("is_list", [False, True])
def test_a_page_of_x_is_read_with_its_context_first(indent: int | None, is_list: bool) -> None:
    """A page or a list of pages, on one line or many: posts, and flagged what they refer to."""
    items = read(json.dumps([PAGE] if is_list else PAGE, indent=indent), "archive.json")
    assert summary(items) == [
        (1, FIRST["id"], "mia", None, True),
        (1, SECOND["id"], "acme", FIRST["id"], False),
    ]


def test_lines_of_pages_are_read_line_by_line() -> None:
    """An archive of twarc2: every line a page; a page without posts has none."""
    empty = {"meta": {"result_count": 0}}
    items = read(lines(PAGE, empty, PAGE))
    assert [number for number, *_ in summary(items)] == [1, 1, 3, 3]


def test_flattened_posts_give_what_their_page_gave() -> None:
    """twarc2 moves users and referenced posts into each post; that is undone."""
    flat = {
        **SECOND,
        "author": BRAND,
        "in_reply_to_user": USER,
        "referenced_tweets": [{"type": "replied_to", **FIRST, "author": USER}],
    }
    assert summary(read(lines(flat))) == summary(read(lines(PAGE)))


def test_a_flattened_post_may_name_its_author_by_the_object_alone() -> None:
    """Some tools drop `author_id` where the whole author stands beside it."""
    flat = {k: v for k, v in FIRST.items() if k != "author_id"} | {"author": USER}
    assert summary(read(lines(flat))) == [(1, FIRST["id"], "mia", None, False)]


def test_an_entry_of_a_page_that_cannot_be_read_is_one_bad_line() -> None:
    """The other posts of the page are read."""
    page = {"data": [{"id": "5"}, None, 7, FIRST], "includes": {"users": [USER]}}
    items = read(lines(page))
    assert posts(items) == [(1, FIRST["id"])]
    assert [text.split(":")[0] for _, text in bad(items)] == ["post 5", "a post"]


def test_posts_of_the_old_api_are_named_as_such() -> None:
    """A person with an old archive is told what it is."""
    old = {"id": 5, "id_str": "5", "full_text": "Hi", "user": {}, "created_at": "Mon Mar 25"}
    (item,) = read(lines(old))
    assert isinstance(item, BadLine)
    assert "v1.1" in item.reason


# --- whatever comes -----------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *SIMPLE,
                    *("in_reply_to", "url", "lang", "data", "includes", "users", "tweets"),
                    *("author_id", "created_at", "referenced_tweets", "type", "errors", "user"),
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.lists(st.binary(max_size=40).filter(lambda b: b"\n" not in b), max_size=8))
def test_any_bytes_are_posts_or_reasons_line_by_line(rows: list[bytes]) -> None:
    """In a file of JSON lines each line that is not blank is accounted for, in order."""
    good = json.dumps(SIMPLE).encode()
    rows = [good, good, *rows]
    items = read(b"\n".join(rows), "a.jsonl")
    expected = [n for n, row in enumerate(rows, 1) if row.strip() and row.strip() != b"[]"]
    assert sorted({item.number for item in items}) == expected


@given(st.binary(max_size=200), st.sampled_from(["a.jsonl", "a.json", "a.csv", "a"]))
def test_any_bytes_raise_nothing_but_our_own_error(data: bytes, name: str) -> None:
    """A file of noise is read or refused, never a crash."""
    try:
        items = read(data, name)
    except ChannelError:
        return
    assert all(isinstance(item, PostLine | BadLine) for item in items)


@given(
    st.lists(st.builds(dict, st.just(SIMPLE)) | JSON.map(lambda v: v), max_size=4), st.booleans()
)
def test_any_json_raises_nothing(values: list[object], as_document: bool) -> None:
    """Keys with values of any sort, as lines or as one document, are posts or reasons."""
    data = json.dumps(values, indent=1) if as_document else lines(*values)
    for item in read(data, "a.jsonl"):
        assert isinstance(item, PostLine | BadLine)


CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(CELL, max_size=6))
def test_texts_come_through_csv_unchanged(texts: list[str]) -> None:
    """Whatever a writer of CSV quotes, line ends and quotes included, is read back."""
    rows = [[*ROW[:2], text.replace("\r", ""), *ROW[3:]] for text in texts]
    items = read(table(HEAD, *rows), "a.csv")
    assert [i.post.text for i in items if isinstance(i, PostLine)] == [row[2] for row in rows]
    assert not bad(items)


@given(st.lists(st.text('abc,"\n\r é', max_size=12), max_size=8))
def test_any_csv_rows_are_accounted_for(rows: list[str]) -> None:
    """However broken the rows are, a good row in front is read, and nothing is raised."""
    data = table(HEAD, ROW) + "\n".join(rows)
    items = read(data, "a.csv")
    assert posts(items)[0] == (2, "1001")
    numbers = [item.number for item in items]
    assert numbers == sorted(set(numbers))
