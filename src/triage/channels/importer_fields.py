"""The fields of a simple record (a JSON object or a row of CSV) as a core `Post`.

Reasons name the key and show the value in ASCII, cut short: they are printed on a terminal and
the value comes from outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from triage.core.model import Author, Post
from triage.core.text import handle_key

REQUIRED = ("id", "author", "text", "posted_at")
"""Keys that every record has."""

OPTIONAL = ("in_reply_to", "conversation", "author_name", "lang", "url")
"""Keys that a record may have; all others are ignored."""

MAX_ID = 256
"""Ids and handles may have that many characters."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()) * 1000
_LAST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * 1000
_MS_FROM = 100_000_000_000
"""Numbers from here on are milliseconds: as seconds they would lie behind the year 5000."""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_LOST_DIGITS = re.compile(r"[+-]?\d+(\.\d+)?[eE][+-]?\d+|\d+\.0+")
"""What spreadsheets and data frames make of a long id."""

_CACHED_NAME = 100
_SHOWN = 40


class BadRecordError(ValueError):
    """A record cannot become a post; the text says which key and why."""


def post_of(record: Mapping[str, Any]) -> Post:
    """Make a post of one record with the keys `REQUIRED` and, at will, `OPTIONAL`.

    The author is keyed `@handle`, folded, until a channel tells the real id. A reply to itself is
    no reply. The raw payload is not kept: every key that is read has its own field.

    Raises:
        BadRecordError: A required key is missing, or a value is not what its key demands.
    """
    get = record.get
    native_id = _id("id", get("id"), required=True)
    author, text, posted_at = get("author"), get("text"), get("posted_at")
    if author is None or text is None or posted_at is None:
        missing = next(key for key in REQUIRED if get(key) is None)
        raise BadRecordError(f"{missing} is missing")
    if not isinstance(text, str):
        raise BadRecordError(f"text must be a string, not {shown(text)}")
    parent = get("in_reply_to")
    thread, lang, url = get("conversation"), get("lang"), get("url")
    if parent is not None:
        parent = _id("in_reply_to", parent)
    return Post(
        native_id,
        _author(author, get("author_name")),
        text,
        time_of(posted_at),
        thread_id=None if thread is None else _id("conversation", thread) or None,
        in_reply_to=None if parent == native_id else parent or None,
        lang=None if lang is None else _lang(lang),
        url=None if url is None else _url(url),
    )


def time_of(value: object) -> int:
    """Read a time as UTC epoch milliseconds; finer fractions are cut off.

    ISO 8601 or RFC 3339 (without an offset it is UTC), or seconds or milliseconds since 1970 as a
    number or its digits. Only the years 1990 to 2099 are taken: other values are mistakes.

    Raises:
        BadRecordError: It is none of these.
    """
    if isinstance(value, str):
        at = _time_of_text(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        at = _time_of_number(value)
    else:
        raise BadRecordError(f"posted_at must be a time, not {shown(value)}")
    if not _FIRST <= at < _LAST:
        raise BadRecordError(f"posted_at is not within the years 1990 to 2099: {shown(value)}")
    return at


def shown(value: object) -> str:
    """Show a value from outside within a message: ASCII only, at most about 40 characters."""
    if isinstance(value, str):
        cut = value[:_SHOWN]
        return ascii(cut) + ("..." if len(value) > _SHOWN else "")
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int) and abs(value) >= 10**_SHOWN:
        return "a number of more than 40 digits"
    return str(value)


def _time_of_text(value: str) -> int:
    try:
        # Digits alone are a number of seconds, not a date without dashes.
        time = datetime.fromisoformat(value) if value[4:5] == "-" else None
    except ValueError:
        time = None
    if time is None:
        text = value.strip().upper()
        if _NUMBER.fullmatch(text) and len(text) <= _SHOWN:
            return _time_of_number(float(text) if "." in text else int(text))
        try:
            # RFC 3339 allows small letters, this parser does not.
            time = datetime.fromisoformat(text)
        except ValueError:
            problem = f"posted_at is not a time: {shown(value)}" if text else "posted_at is missing"
            raise BadRecordError(problem) from None
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    since = time - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _time_of_number(value: float) -> int:
    if abs(value) >= _MS_FROM:
        # Infinity comes here too; a number that is not one fails the next comparison.
        return int(value) if abs(value) < _LAST else _LAST
    return round(value * 1000) if value == value else _LAST  # noqa: PLR0124 (NaN)


def _id(key: str, value: object, *, required: bool = False) -> str:
    """Read an id; an empty string only where the id is not required."""
    if type(value) is str and value.isdigit() and value.isascii() and len(value) <= MAX_ID:
        return value
    if type(value) is int and 0 <= value < 10**MAX_ID:
        return str(value)
    if value is None:
        raise BadRecordError(f"{key} is missing")
    if isinstance(value, float):
        raise BadRecordError(f"{key} is a number with lost digits ({value!r}): write ids as text")
    if not isinstance(value, str):
        raise BadRecordError(f"{key} must be a string, not {shown(value)}")
    value = value.strip()
    if _LOST_DIGITS.fullmatch(value):
        raise BadRecordError(f"{key} has lost its digits ({shown(value)}): write ids as text")
    if not value.isprintable() or " " in value:
        raise BadRecordError(f"{key} is not an id: {shown(value)}")
    if required and not value:
        raise BadRecordError(f"{key} is missing")
    if len(value) > MAX_ID:
        raise BadRecordError(f"{key} is longer than {MAX_ID} characters")
    return value


def _author(handle: object, name: object) -> Author:
    if not isinstance(handle, str):
        raise BadRecordError(f"author must be a handle, not {shown(handle)}")
    if name is None:
        name = ""
    elif not isinstance(name, str):
        raise BadRecordError(f"author_name must be a string, not {shown(name)}")
    if len(name) > _CACHED_NAME or len(handle) > _CACHED_NAME:
        return _new_author(handle, name)
    return _same_author(handle, name)


def _new_author(handle: str, name: str) -> Author:
    bare = handle.strip().removeprefix("@")
    if not bare:
        raise BadRecordError("author is missing")
    if not bare.isprintable():
        raise BadRecordError(f"author is not a handle: {shown(handle)}")
    if len(bare) > MAX_ID:
        raise BadRecordError(f"author is longer than {MAX_ID} characters")
    return Author(native_id="@" + handle_key(bare), handle=bare, name=name)


# Customers write again and again, and the brand's accounts most of all. Bounded, and only for
# short names: an import's memory must stay flat.
_same_author = lru_cache(maxsize=4096)(_new_author)


def _lang(value: object) -> str | None:
    if not isinstance(value, str) or not value.isprintable() or len(value) > MAX_ID:
        raise BadRecordError(f"lang must be a language tag such as en, not {shown(value)}")
    return value.strip() or None


def _url(value: object) -> str | None:
    if isinstance(value, str):
        url = value.strip()
        if not url:
            return None
        # A browser is pointed at it one day: nothing but the web.
        if url.isprintable() and url.lower().startswith(("https://", "http://")):
            return url
    raise BadRecordError(f"url must begin with https:// or http://, not {shown(value)}")
