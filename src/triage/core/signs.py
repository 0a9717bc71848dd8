"""What a post shows besides its words: marks, capitals, length, links.

Rules name a sign instead of patterns. Each sign is found once in a post at most. The last few
follow from what the other rules found; the tagger tells them.
"""

from __future__ import annotations

import re
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
    """One to four words, none of which speaks clearly for a kind."""
    LONG = "long"
    """More than 18 words."""
    UNADDRESSED = "unaddressed"
    """The post holds no @name at all."""
    SUPPORT_NAME = "support-name"
    """The leading names hold one that speaks of support, help or care."""
    FAILURE = "failure"
    """A rule that names a failure matched, which is not just supposed; the span is the first's."""
    BLAME = "blame"
    """A rule with words speaks for complaint, however weakly; the span is that of the first."""
    FAILURE_AND_PRAISE = "failure-and-praise"
    """So did one that praises."""
    FAILURE_AND_QUESTION = "failure-and-question"
    """So did one that asks."""
    UNSAID = "unsaid"
    """No rule with words speaks for any kind. Never listed as a reason."""

    # Every post looks several up; an enum's own hash is written in Python.
    __hash__ = str.__hash__


UNLISTED = frozenset({Sign.ALWAYS, Sign.UNSAID})
"""Signs without a place in the post: they count and are not shown."""


_SHORT_WORDS = 4
_LONG_WORDS = 18
_FEW_GAPS = 8
_SHOUTED_WORDS = 2
_SHOUTED_CAPITALS = 8
"""Fewer cannot make two shouted words, and counting them is quicker than looking for words."""
_NO_CAPITALS = bytes(byte for byte in range(128) if not chr(byte).isupper())
_CAPITALS = re.compile(r"(?:https?://|www\.)\S+|([A-Z\u00c0-\u00d6\u00d8-\u00de]{4,}(?!\w))")
"""Words in capitals, and the web addresses in which there are none."""
_PART_OF = re.compile(r"[\w@#/]")
_HEATED = re.compile(r"[!?]{2,}")
# The runs are possessive: what they could give back would only be tried in vain, and in more ways
# than anyone can wait for when a long web address follows the question.
_ENDS_ASKING = re.compile(r"\?[?!. ]*(?:(?:/{4,}+|@{2,}+|#\w{1,80}+) ?)*$")
_SUPPORT = re.compile(r"@\w*(?:[sS]upport|[hH]elp|[cC]are|[sS]ervice|[aA]sk)\w*")
_HASHTAG = re.compile(r"#\w+")
_LINKS = LINK_MASK * 4
_NAMES = HANDLE_MASK * 2


_Span = tuple[Sign, int, int]


def _marks(body: str) -> list[_Span]:
    found: list[_Span] = []
    asked = body.rfind("?")
    exclaimed = body.find("!")
    if asked >= 0:
        found.append((Sign.QUESTION_MARK, asked, asked + 1))
        # The window keeps a hostile tail from being tried at every question mark.
        ending = _ENDS_ASKING.search(body, max(0, len(body) - 200))
        if ending is not None:
            found.append((Sign.ENDS_ASKING, ending.start(), ending.start() + 1))
    if exclaimed >= 0:
        found.append((Sign.EXCLAMATION, exclaimed, exclaimed + 1))
    # Looking for the pairs first is plain search, several times as fast as the expression.
    if (asked >= 0 or exclaimed >= 0) and (
        "!!" in body or "??" in body or "?!" in body or "!?" in body
    ):
        heated = _HEATED.search(body)
        if heated is not None:
            found.append((Sign.HEATED_MARKS, heated.start(), heated.end()))
    return found


def _run_end(body: str, start: int) -> int:
    """Where the run of the character at `start` ends."""
    rest = body[start:]
    return len(body) - len(rest.lstrip(rest[0]))


def _parts(body: str) -> list[_Span]:
    found: list[_Span] = []
    link = body.find(_LINKS)
    if link >= 0:
        found.append((Sign.LINK, link, _run_end(body, link)))
    name = body.find(_NAMES)
    if name >= 0:
        found.append((Sign.NAME_INSIDE, name, _run_end(body, name)))
    if "#" in body:
        tag = _HASHTAG.search(body)
        if tag is not None:
            found.append((Sign.HASHTAG, tag.start(), tag.end()))
    return found


def _shouted(text: str, start: int, end: int) -> list[tuple[int, int]]:
    part = text[start:end]
    if part.isascii() and len(part.encode().translate(None, _NO_CAPITALS)) < _SHOUTED_CAPITALS:
        return []
    return [
        match.span()
        for match in _CAPITALS.finditer(text, start, end)
        if match[1] and not _PART_OF.match(text, max(0, match.start() - 1), match.start())
    ]


def _size(body: str) -> Sign | None:
    """What the number of words says, if anything."""
    gaps = body.count(" ")
    if gaps > _FEW_GAPS:  # counting exactly is worth it for short posts only
        return Sign.LONG if gaps >= _LONG_WORDS else None
    words = [word for word in body.split() if word[0] not in "/@"]
    if not any(map(str.isalnum, "".join(words))):
        return Sign.WORDLESS
    return Sign.SHORT if len(words) <= _SHORT_WORDS else None


def signs(text: str, folded: Folded, *, clear: bool = False) -> list[_Span]:
    """Every sign of a post, with its span in the original text.

    Args:
        text: The original post.
        folded: It folded.
        clear: Some words speak clearly for a kind, so that it does not matter how few there are.

    Signs of the whole post (`ALWAYS`, `WORDLESS`, `SHORT`, `LONG`) have the span of the post
    behind its leading run, which may be empty.
    """
    body, base, joints = folded
    behind = folded.span(0, len(body))[1] if body else base
    found: list[_Span] = [(Sign.ALWAYS, base, behind)]
    if base and "@" in text[:base]:
        found.append((Sign.ADDRESSED, 0, base))
        support = _SUPPORT.search(text, 0, base)
        if support is not None:
            found.append((Sign.SUPPORT_NAME, support.start(), support.end()))
    elif _NAMES not in body:
        found.append((Sign.UNADDRESSED, base, behind))
    inside = _marks(body) + _parts(body)
    if base or joints is not None:
        inside = [(sign, *folded.span(start, end)) for sign, start, end in inside]
    found += inside
    shouted = _shouted(text, base, behind)
    if len(shouted) >= _SHOUTED_WORDS:
        found.append((Sign.SHOUTING, shouted[0][0], shouted[-1][1]))
    size = _size(body)
    if size is not None and not (clear and size is Sign.SHORT):
        found.append((size, base, behind))
    return found
