"""What a post shows besides its words: marks, capitals, length, links.

Rules name a sign instead of patterns. Each sign is found once in a post at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from triage.core.folding import HANDLE_MASK, LINK_MASK, Folded


class Sign(StrEnum):
    """The signs that a rule can weigh."""

    ALWAYS = "always"
    """Every post: what is believed before anything is read. Never listed as a reason."""
    QUESTION_MARK = "question-mark"
    """A question mark outside web addresses."""
    ENDS_ASKING = "ends-asking"
    """The last sentence ends in a question mark (links and hashtags behind it do not count)."""
    EXCLAMATION = "exclamation"
    """An exclamation mark."""
    HEATED_MARKS = "heated-marks"
    """Marks in a row: `!!`, `??`, `?!`."""
    SHOUTING = "shouting"
    """At least two words of four or more capitals."""
    LINK = "link"
    """A web address."""
    NAME_INSIDE = "name-inside"
    """A @name that is not in the leading run."""
    ADDRESSED = "addressed"
    """The post begins with a @name."""
    HASHTAG = "hashtag"
    """A hashtag."""
    WORDLESS = "wordless"
    """No letter or digit at all, names and links aside; up to nine tokens."""
    SHORT = "short"
    """One to four words."""
    LONG = "long"
    """More than 18 words."""


_SHORT_WORDS = 4
_LONG_WORDS = 18
_FEW_GAPS = 8
_SHOUTED_WORDS = 2
_CAPITALS = re.compile(r"[A-Z\u00c0-\u00d6\u00d8-\u00de]{4,}(?!\w)")
_PART_OF = re.compile(r"[\w@#/]")
_HEATED = re.compile(r"[!?]{2,}")
_ENDS_ASKING = re.compile(r"\?[?!. ]*(?:(?:/{4,}|@{2,}|#\w{1,80}) ?)*$")
_HASHTAG = re.compile(r"#\w+")
_LINKS = LINK_MASK * 4
_NAMES = HANDLE_MASK * 2


def _marks(body: str) -> Iterator[tuple[Sign, int, int]]:
    asked = body.rfind("?")
    if asked >= 0:
        yield Sign.QUESTION_MARK, asked, asked + 1
        # The window keeps a hostile tail from being tried at every question mark.
        ending = _ENDS_ASKING.search(body, max(0, len(body) - 200))
        if ending is not None:
            yield Sign.ENDS_ASKING, ending.start(), ending.start() + 1
    exclaimed = body.find("!")
    if exclaimed >= 0:
        yield Sign.EXCLAMATION, exclaimed, exclaimed + 1
    if asked >= 0 or exclaimed >= 0:
        heated = _HEATED.search(body)
        if heated is not None:
            yield Sign.HEATED_MARKS, heated.start(), heated.end()


def _parts(body: str) -> Iterator[tuple[Sign, int, int]]:
    link = body.find(_LINKS)
    if link >= 0:
        end = link
        while end < len(body) and body[end] == LINK_MASK:
            end += 1
        yield Sign.LINK, link, end
    name = body.find(_NAMES)
    if name >= 0:
        end = name
        while end < len(body) and body[end] == HANDLE_MASK:
            end += 1
        yield Sign.NAME_INSIDE, name, end
    if "#" in body:
        tag = _HASHTAG.search(body)
        if tag is not None:
            yield Sign.HASHTAG, tag.start(), tag.end()


def signs(text: str, folded: Folded) -> Iterator[tuple[Sign, int, int]]:
    """Every sign of a post, with its span in the original text.

    Signs of the whole post (`ALWAYS`, `WORDLESS`, `SHORT`, `LONG`) have the span of the post
    behind its leading run, which may be empty.
    """
    body, base = folded.text, folded.base
    whole = (base, folded.span(0, len(body))[1] if body else base)
    yield Sign.ALWAYS, *whole
    if base and "@" in text[:base]:
        yield Sign.ADDRESSED, 0, base
    for sign, start, end in _marks(body):
        yield sign, *folded.span(start, end)
    for sign, start, end in _parts(body):
        yield sign, *folded.span(start, end)
    shouted = [
        match.span()
        for match in _CAPITALS.finditer(text, *whole)
        if not _PART_OF.match(text, max(0, match.start() - 1), match.start())
    ]
    if len(shouted) >= _SHOUTED_WORDS:
        yield Sign.SHOUTING, shouted[0][0], shouted[-1][1]
    gaps = body.count(" ")
    if gaps <= _FEW_GAPS:  # counting exactly is worth it for short posts only
        words = [word for word in body.split() if word[0] not in "/@"]
        if not any(map(str.isalnum, "".join(words))):
            yield Sign.WORDLESS, *whole
        elif len(words) <= _SHORT_WORDS:
            yield Sign.SHORT, *whole
    elif gaps >= _LONG_WORDS:
        yield Sign.LONG, *whole
