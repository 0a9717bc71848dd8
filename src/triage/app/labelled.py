"""Labelled posts from a file, JSON lines or CSV, and what the rules say of them."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, BinaryIO, NamedTuple, Protocol

from triage.core.learning import Labelled
from triage.core.model import Kind, Verdict
from triage.core.scoring import Judged
from triage.errors import TriageError

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_JSON_LINES = (".jsonl", ".ndjson")
_REQUIRED = ("text", "kind")
_ACCEPTED = (
    "Give JSON lines or CSV with text and kind, and lang where you know it, such as "
    '{"text": "My kettle leaks", "kind": "complaint"}'
)
_NOT_UTF8 = "it is not UTF-8"
_SHOWN = 30
"""So many characters of a wrong value are shown."""


class LabelledLine(NamedTuple):
    """A labelled post of a file.

    Attributes:
        number: The line where it starts, from 1.
        post: What it says.
        group: What it has in the field that posts are counted by; empty if nothing.
    """

    number: int
    post: Labelled
    group: str = ""


class BadLine(NamedTuple):
    """A line that could not be read; the others are.

    Attributes:
        number: The line, from 1.
        reason: What is wrong with it.
    """

    number: int
    reason: str


class Judge(Protocol):
    """What tags a text, such as `triage.core.rules.Tagger`."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """Judge a post."""
        ...


class _BadRecordError(Exception):
    """A record is no labelled post."""


def judge_labelled(lines: Iterable[LabelledLine], tagger: Judge) -> list[Judged]:
    """Ask the rules what each post is."""
    return [
        Judged(number, post.text, post.kind, tagger.judge(post.text, post.lang), group)
        for number, post, group in lines
    ]


def read_labelled(
    stream: BinaryIO, *, name: str, by: str | None = None
) -> Iterator[LabelledLine | BadLine]:
    """Read every labelled post of a file, in the order of the file.

    Args:
        stream: The file, opened for bytes; it is loaded whole.
        name: How the file is called in messages; `.jsonl` says what its content leaves open.
        by: The field that posts are counted by.

    Yields:
        A post or a bad line for each line or row; blank ones are passed over.

    Raises:
        TriageError: The file cannot be read, or it is in none of the formats.
    """
    try:
        data = stream.read().removeprefix(_BOM)
    except OSError as error:
        reason = f"{error.strerror or error}."
        raise TriageError(f"{name} cannot be read.", reason=reason) from error
    _refuse_foreign(name, data)
    first = data.lstrip()[:1]
    if first == b"[":
        raise TriageError(
            f"{name} is one JSON list, not JSON lines.", hint=f"{_ACCEPTED}, one on a line."
        )
    lines = data.splitlines(keepends=True)
    if first == b"{" or PurePath(name).suffix.lower() in _JSON_LINES:
        yield from _read_json(lines, by)
    else:
        yield from _read_csv(name, lines, None if by is None else by.casefold())


def _refuse_foreign(name: str, data: bytes) -> None:
    if data.startswith(_PACKED):
        raise TriageError(f"{name} is compressed.", hint="Unpack it and name the file within.")
    if data.startswith(_UTF16):
        raise TriageError(f"{name} is not UTF-8 but UTF-16.", hint="Save it again as UTF-8.")


def _read_json(lines: Sequence[bytes], by: str | None) -> Iterator[LabelledLine | BadLine]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line.decode())
        except UnicodeDecodeError:
            yield BadLine(number, _NOT_UTF8)
        except (ValueError, RecursionError) as error:
            yield BadLine(number, f"not JSON: {getattr(error, 'msg', 'it cannot be read')}")
        else:
            yield _line(number, record, by)


def _read_csv(
    name: str, lines: Sequence[bytes], by: str | None
) -> Iterator[LabelledLine | BadLine]:
    # Bytes that are no text stay recognisable until their row is known.
    texts = [line.decode(errors="surrogateescape") for line in lines]
    columns: list[str] | None = None
    for number, row in _rows(texts):
        if isinstance(row, str):
            yield BadLine(number, row)
        elif not any(row):
            continue
        elif columns is None:
            columns = [cell.strip().casefold() for cell in row]
            _check_columns(name, columns)
        elif len(row) > len(columns):
            reason = f"{len(row)} cells for {len(columns)} columns: a comma outside of quotes?"
            yield BadLine(number, reason)
        elif any(_is_broken(cell) for cell in row):
            yield BadLine(number, _NOT_UTF8)
        else:
            yield _line(number, dict(zip(columns, row, strict=False)), by)


def _check_columns(name: str, columns: Sequence[str]) -> None:
    missing = [key for key in _REQUIRED if key not in columns]
    if missing:
        raise TriageError(
            f"{name} is no file of labelled posts.",
            reason=f"Its first line names no column {' and no column '.join(missing)}.",
            hint=f"{_ACCEPTED}.",
        )


def _rows(lines: Sequence[str]) -> Iterator[tuple[int, list[str] | str]]:
    """Give each row, or why it is none, with the number of the line where it starts.

    A quote that is never closed costs its own line: reading goes on behind it.
    """
    at = 0
    while at < len(lines):
        parser = csv.reader((lines[place] for place in range(at, len(lines))), strict=True)
        number = at + 1
        try:
            row = next(parser)
        except csv.Error:
            at += 1
            yield number, "a quote in it is not closed as CSV asks"
        else:
            at += parser.line_num
            yield number, row


def _is_broken(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return True
    return False


def _line(number: int, record: object, by: str | None) -> LabelledLine | BadLine:
    try:
        if not isinstance(record, Mapping):
            raise _BadRecordError("not an object with text and kind")
        post = Labelled(_text(record), _kind(record), _lang(record))
        return LabelledLine(number, post, _group(record, by))
    except _BadRecordError as error:
        return BadLine(number, str(error))


def _text(record: Mapping[str, Any]) -> str:
    text = record.get("text")
    if not isinstance(text, str):
        raise _BadRecordError("it has no text")
    return text


def _kind(record: Mapping[str, Any]) -> Kind:
    kind = record.get("kind")
    if kind is None or kind == "":
        raise _BadRecordError("it has no kind")
    word = str(kind).strip().casefold()
    known = [k.value for k in Kind]
    if word in known:
        return Kind(word)
    near = difflib.get_close_matches(word, known, n=1)
    said = f'did you mean "{near[0]}"?' if near else f"known: {', '.join(known)}"
    raise _BadRecordError(f"unknown kind {str(kind)[:_SHOWN]!r}; {said}")


def _lang(record: Mapping[str, Any]) -> str | None:
    lang = record.get("lang")
    if lang is not None and not isinstance(lang, str):
        raise _BadRecordError("its lang is no text")
    return lang or None


def _group(record: Mapping[str, Any], by: str | None) -> str:
    value = None if by is None else record.get(by)
    return "" if value is None else str(value).strip()
