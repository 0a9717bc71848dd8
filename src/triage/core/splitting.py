"""Cut a long answer into numbered parts, each short enough to be posted. Pure.

A part ends at a paragraph where one ends late enough in it, else at a sentence, else at a word. A
link, an `@name`, a `#tag` and a character that is made of several code points are never cut. Each
part ends in its number, such as `2/3`, which counts toward its length.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from triage.core.clusters import boundaries
from triage.errors import Refused

MAX_PARTS = 25
"""X's own composer takes so many posts in one thread; a longer answer is no answer any more."""

_CHARACTERS_PER_UNIT = 20
"""No real text has so many code points for a unit of length: what has more is not even cut."""

_LONGEST_TAG = 100
_ENOUGH = 2
"""A paragraph or a sentence may end a part from this fraction (one half) of what fits."""

_ENDS = frozenset(".!?\u2026\u3002\uff01\uff1f")
_WIDE_ENDS = frozenset("\u3002\uff01\uff1f")
_CLOSERS = frozenset("\"')]}\u2019\u201d\u00bb\u300d\u300f\uff09")
_OPENERS = frozenset("([{\u2018\u201c\u00ab\u300c\u300e\uff08")
_NOT_FIRST = _ENDS | _CLOSERS | frozenset(",;:%\u3001\uff0c\uff1b\uff1a\u30fc\uff5e")
_INVISIBLE = frozenset("\u200b\u2060\ufeff")

Links = Callable[[str], Sequence[tuple[int, int]]]
"""Tells where links stand in a text, as start and end; see `Channel.links`."""


class _Class(IntEnum):
    """How good a place to cut is."""

    ANYWHERE = 0
    WORD = 1
    SENTENCE = 2
    PARAGRAPH = 3


class _Cut(NamedTuple):
    """A place where a part may end, and where the next one begins."""

    end: int
    start: int
    quality: _Class


def split(
    text: str,
    measure: Callable[[str], int],
    most: int,
    *,
    links: Links = lambda _: (),
    limit: int = MAX_PARTS,
) -> tuple[str, ...]:
    """Cut a text into parts that end in their numbers; one that fits is given back alone.

    Args:
        text: What is to be said; white space around it is left out.
        measure: The length of a text in the channel's units.
        most: How long a part may be, number and all.
        links: Where links stand in a text.
        limit: How many parts there may be.

    Raises:
        Refused: It makes too many parts, or something in it that is never cut is too long.
    """
    text = text.strip()
    if len(text) > limit * most * _CHARACTERS_PER_UNIT:
        raise _too_many(limit)
    if not text or measure(text) <= most:
        return (text,) if text else ()
    cuts = list(_cuts(text, links))
    for digits in range(1, len(str(limit)) + 1):
        bodies = _bodies(text, cuts, measure, most, digits, limit)
        parts = numbered(bodies)
        is_whole = len(bodies) <= limit and len(str(len(bodies))) <= digits
        if is_whole and all(measure(part) <= most for part in parts):
            return parts
    raise _too_many(limit)


def _too_many(limit: int) -> Refused:
    return Refused(
        f"The text would make more than {limit} parts.",
        reason="A thread that long is not read.",
        hint="Shorten it, or put it on a page and send the link.",
    )


def numbered(bodies: Sequence[str]) -> tuple[str, ...]:
    """Put its number behind each of several texts."""
    return tuple(f"{body} {i}/{len(bodies)}" for i, body in enumerate(bodies, 1))


def without_number(part: str, number: int, parts: int) -> str:
    """Take a part's number away again."""
    return part.removesuffix(f" {number}/{parts}")


def _bodies(
    text: str,
    cuts: Sequence[_Cut],
    measure: Callable[[str], int],
    most: int,
    digits: int,
    limit: int,
) -> list[str]:
    """Cut, with room for numbers of so many digits; one part too many is where it ends."""
    bodies: list[str] = []
    start = first = 0
    while first < len(cuts) and len(bodies) <= limit:
        number = f" {len(bodies) + 1}/{'9' * digits}"

        def fits(index: int, start: int = start, number: str = number) -> bool:
            return measure(text[start : cuts[index].end] + number) <= most

        last = _furthest(first, len(cuts) - 1, fits)
        if last is None:
            raise Refused(
                "The text cannot be cut into parts.",
                reason="Something in it that is never cut, such as a link or a tag, is too long.",
                hint="Shorten it.",
            )
        chosen = _best(cuts, first, last, start)
        bodies.append(text[start : cuts[chosen].end])
        start, first = cuts[chosen].start, chosen + 1
    return bodies


def _furthest(first: int, last: int, fits: Callable[[int], bool]) -> int | None:
    """Give the last index that fits, by doubling steps and then halves; None if none does."""
    if not fits(first):
        return None
    low, step = first, 1
    while low + step <= last and fits(low + step):
        low += step
        step *= 2
    high = min(low + step, last + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def _best(cuts: Sequence[_Cut], first: int, last: int, start: int) -> int:
    """Choose among the cuts that fit: a good one late enough, else the latest of the best."""
    if last == len(cuts) - 1:
        return last
    enough = start + (cuts[last].end - start) // _ENOUGH
    for quality in (_Class.PARAGRAPH, _Class.SENTENCE, _Class.WORD):
        for index in range(last, first - 1, -1):
            too_early = quality > _Class.WORD and cuts[index].end < enough
            if cuts[index].quality >= quality and not too_early:
                return index
    return last


def _cuts(text: str, links: Links) -> Iterator[_Cut]:
    """Go through the places where a part may end; the last is the end of the text."""
    whole = _kept_whole(text, links)
    edges = [*boundaries(text), len(text)]
    blank_from: int | None = None
    for start, end in pairwise(edges):
        if _is_blank(text[start:end]):
            blank_from = start if blank_from is None else blank_from
            continue
        if start == 0:
            continue
        if blank_from is not None:
            yield _Cut(blank_from, start, _quality_of_blank(text, blank_from, start))
        elif start not in whole:
            yield _Cut(start, start, _quality_inside(text, start))
        blank_from = None
    yield _Cut(len(text), len(text), _Class.PARAGRAPH)


def _is_blank(cluster: str) -> bool:
    return cluster.isspace() or all(char in _INVISIBLE for char in cluster)


def _quality_of_blank(text: str, end: int, start: int) -> _Class:
    lines = text[end:start].replace("\r\n", "\n").count("\n")
    if lines > 1:
        return _Class.PARAGRAPH
    ends_sentence = _closes_sentence(text, end) and not text[start].islower()
    return _Class.SENTENCE if lines or ends_sentence else _Class.WORD


def _closes_sentence(text: str, end: int) -> bool:
    while end and text[end - 1] in _CLOSERS:
        end -= 1
    return bool(end) and text[end - 1] in _ENDS


def _quality_inside(text: str, at: int) -> _Class:
    """Where there is no blank: scripts that are written without them are cut between any two."""
    before, after = text[at - 1], text[at]
    if after in _NOT_FIRST or before in _OPENERS:
        return _Class.ANYWHERE
    if before in _WIDE_ENDS:
        return _Class.SENTENCE
    return _Class.WORD if _is_wide(before) or _is_wide(after) else _Class.ANYWHERE


def _is_wide(char: str) -> bool:
    is_hangul = "\uac00" <= char <= "\ud7a3"  # written with blanks
    return not is_hangul and unicodedata.east_asian_width(char) in ("W", "F")


def _kept_whole(text: str, links: Links) -> set[int]:
    """Positions inside of links, names and tags."""
    inside: set[int] = set()
    for start, end in links(text):
        inside.update(range(start + 1, end))
    for at, char in enumerate(text):
        if char in "@\uff20#\uff03":
            end = at + 1
            while end < len(text) and _is_of_name(text[end]):
                end += 1
            if end - at <= _LONGEST_TAG:
                inside.update(range(at + 1, end))
    return inside


def _is_of_name(char: str) -> bool:
    joins = char in "_\u200c\u200d" or unicodedata.category(char).startswith("M")
    return joins or char.isalnum()
