"""Files of posts as a stream of core `Post`s: archives of X, JSON lines and CSV.

What is read, told apart by content and, where that leaves it open, by the file's name:

- X API v2: one JSON document that is a page (`data`, `includes`) or a list of pages; JSON lines
  of such pages or of single posts, as twarc2 archives and flattens them.
- JSON lines with `id, author, text, posted_at` and, at will, `in_reply_to, conversation,
  author_name, lang, url`.
- CSV with those columns, named in its first line, separated by commas.

All text is UTF-8. Lines are streamed: memory does not grow with the file. A JSON document that
spans lines is loaded whole, since its end must be seen before it means anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from io import BytesIO
from pathlib import PurePath
from typing import BinaryIO

from triage.channels.importer_csv import columns_of, read_rows
from triage.channels.importer_fields import OPTIONAL, REQUIRED, BadRecordError, post_of, shown
from triage.channels.importer_lines import MAX_LINE, BadLine, Imported, Lines, PostLine
from triage.channels.importer_x import is_v1, is_x, posts_of_x
from triage.errors import ChannelError

__all__ = ["BadLine", "Imported", "PostLine", "read_posts"]

_ACCEPTED = (
    "Give X API v2 JSON (as twarc2 writes it), JSON lines or CSV with the columns "
    f"{', '.join(REQUIRED)} and, at will, {', '.join(OPTIONAL)}"
)
_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_JSON_LINES = {".jsonl", ".ndjson"}
_DECODER = json.JSONDecoder()
_NOT_UTF8 = "it is not UTF-8"


class _Format(StrEnum):
    LINES = "JSON lines"
    DOCUMENT = "a JSON document"
    CSV = "CSV"


def read_posts(
    stream: BinaryIO, *, name: str, on_progress: Callable[[int], None] | None = None
) -> Iterator[Imported]:
    """Read every post of a file, in the order of the file.

    Args:
        stream: The file, opened for bytes; a pipe will do.
        name: How the file is called in messages; its ending decides what content leaves open.
        on_progress: Called with the number of bytes read so far, about every 256 KiB and at the
            end: for a progress bar.

    Yields:
        A `PostLine` for each post and a `BadLine` for whatever could not be read. Blank lines are
        passed over; an empty file has no posts.

    Raises:
        ChannelError: The file cannot be read, or it is in none of the formats. Nothing else is
            raised for what a file contains.
    """
    source = Lines(stream, on_progress)
    try:
        head = source.head()
        # Nothing but blank lines at the start says nothing: as JSON lines they are passed over.
        is_blank = not any(line.strip() for line in head)
        found = _Format.LINES if is_blank else _format_of(name, head)
        if found is _Format.CSV:
            yield from read_rows(source.lines())
        elif found is _Format.LINES:
            yield from _read_lines(source.lines())
        else:
            yield from _read_document(name, source.rest())
    except OSError as error:
        raise ChannelError(f"{name} cannot be read", reason=error.strerror or str(error)) from error
    finally:
        source.report()


def _format_of(name: str, head: list[bytes]) -> _Format:
    """Tell the format by the first lines. Raises `ChannelError` if it is none."""
    _refuse_foreign(name, head[0])
    first, *others = (line.strip() for line in head if line.strip())
    is_json = first.startswith((b"{", b"["))
    if is_json and _parsed(first) is not None:
        return _Format.LINES
    # A broken first line is one bad line, if what follows are objects by themselves. The lines of
    # a document that was written over many lines are not.
    whole = sum(isinstance(_parsed(line), dict) for line in others)
    if whole * 2 > len(others):
        return _Format.LINES
    if is_json:
        return _Format.DOCUMENT
    if _is_json_lines(name):
        return _Format.LINES
    _check_columns(name, first)
    return _Format.CSV


def _refuse_foreign(name: str, start: bytes) -> None:
    if start.startswith(_PACKED):
        raise ChannelError(f"{name} is compressed", hint="Unpack it and import the file within")
    if start.startswith(_UTF16):
        raise ChannelError(f"{name} is not UTF-8 but UTF-16", hint="Save it again as UTF-8")


def _check_columns(name: str, first: bytes) -> None:
    columns = columns_of(first)
    missing = [key for key in REQUIRED if key not in columns]
    if not missing:
        return
    if len(missing) < len(REQUIRED):
        raise ChannelError(f"{name} lacks the columns {', '.join(missing)}", hint=_ACCEPTED)
    if any(key in shown(first.decode(errors="replace")).casefold() for key in REQUIRED):
        raise ChannelError(f"the columns of {name} are not separated by commas", hint=_ACCEPTED)
    raise ChannelError(f"{name} is in none of the formats that can be imported", hint=_ACCEPTED)


def _is_json_lines(name: str) -> bool:
    return PurePath(name).suffix.lower() in _JSON_LINES


def _parsed(line: bytes) -> object:
    """The value of a line, or None if it is not one JSON object or list."""
    if not line.startswith((b"{", b"[")):
        return None
    try:
        return json.loads(line.decode())
    except (ValueError, RecursionError):
        return None


def _read_document(name: str, data: bytes) -> Iterator[Imported]:
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        # It may still be lines, the first of them broken.
        if _is_json_lines(name) or any(isinstance(_parsed(b), dict) for b in BytesIO(data)):
            yield from _read_lines(BytesIO(data))
            return
        reason = f"{_why(error)}, line {getattr(error, 'lineno', 1)}"
        raise ChannelError(f"{name} is not a complete JSON file", reason=reason) from None
    for number, record in enumerate(value if isinstance(value, list) else [value], 1):
        yield from _read_record(number, record)


def _read_lines(lines: Iterable[bytes]) -> Iterator[Imported]:
    for number, line in enumerate(lines, 1):
        try:
            record = _value_of(line.decode())
        except (ValueError, RecursionError) as error:
            if line.strip():
                too_long = len(line) > MAX_LINE
                yield BadLine(number, "the line is too long" if too_long else _why(error))
            continue
        # This is the way of nearly all lines; it must be short.
        if type(record) is dict and "posted_at" in record:
            try:
                post = post_of(record)
            except BadRecordError as error:
                yield BadLine(number, str(error))
            else:
                yield PostLine(number, post)
        elif isinstance(record, list):
            for entry in record:
                yield from _read_record(number, entry)
        else:
            yield from _read_record(number, record)


def _value_of(text: str) -> object:
    """What `json.loads` gives, without its two looks for white space where there is none."""
    try:
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError:
        return json.loads(text)
    return value if end == len(text) - 1 and text[end] == "\n" else json.loads(text)


def _read_record(number: int, record: object) -> Iterator[Imported]:
    if not isinstance(record, dict):
        yield BadLine(number, f"not an object but {shown(record)}")
    elif is_x(record):
        batch = posts_of_x(record)
        # What others refer to comes first: parents are there when their answers arrive.
        for post in batch.context:
            yield PostLine(number, post, context=True)
        for post in batch.posts:
            yield PostLine(number, post)
        for problem in batch.problems:
            which = f"post {problem.native_id}" if problem.native_id else "a post"
            yield BadLine(number, f"{which}: {problem.reason}")
    elif is_v1(record):
        yield BadLine(number, "a post of X's API v1.1; only API v2 is read")
    else:
        try:
            yield PostLine(number, post_of(record))
        except BadRecordError as error:
            yield BadLine(number, str(error))


def _why(error: ValueError | RecursionError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return _NOT_UTF8
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg} at column {error.colno}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return "a number in it has too many digits"
