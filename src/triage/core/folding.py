"""The form of a post that rules are matched against, and the way back to the original.

Folding lower-cases, straightens quotes and apostrophes, turns every white space into a space and
composes accents (NFC). The leading run of @names is left out: it addresses a post, it says
nothing. Names and web addresses further on are masked, so that no rule finds words in them.

All offsets that leave this module count characters of the original text.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

LIMIT = 10_000
"""Only so many characters of a post are judged, which bounds the cost of a hostile one."""

HANDLE_MASK = "@"
"""What each character of a @name becomes."""
LINK_MASK = "/"
"""What each character of a web address becomes."""

# Each entry is one character for one: the offsets stay. After it `str.lower` keeps the length
# too: U+0130 is the only character that grows, and the sigmas the only ones that look around.
_ONE_TO_ONE: dict[int, str] = {
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),  # lone surrogates cannot be encoded
    **dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029\u202f\u3000"), " "),
    **dict.fromkeys(range(0x2000, 0x200B), " "),
    **dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u00b4`\uff07"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02"), '"'),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013"), "-"),
    ord("\uff1f"): "?",
    ord("\uff01"): "!",
    ord("\u0130"): "i",
    ord("\u017f"): "s",
    ord("\u03a3"): "\u03c3",
    ord("\u03c2"): "\u03c3",
}
_LEAD = re.compile(r"(?:[\s.,:;\-]*@\w+)+[\s,:;\-]*")
_MASKED = re.compile(
    r"(?P<link>https?://\S+|www\.\S+|\bt\.co/\S+|\bpic\.twitter\.com/\S+)"
    r"|(?<![\w@])@\w+"
)
_NAME = re.compile(r"@(?<![\w@]@)\w+")
"""The names alone, for posts without links; looking behind the `@` finds it by plain search."""
# Runs of spaces, and letters with the marks that Unicode composes them with: Latin, Greek and
# Cyrillic accents, Arabic hamza, Devanagari nukta, kana voicing.
_COMPACTED = re.compile(
    r" {2,}|[^ ][\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u0653-\u0655\u093c\u3099\u309a]+"
)


_Joint = tuple[int, int, int]
"""Offset in the folded text, offset in the original, and where the original of characters that
stand for a whole ends; 0 where each stands for itself."""
_BEHIND = sys.maxsize


class Folded(NamedTuple):
    """A folded post; a plain tuple, since every post makes one.

    Attributes:
        text: What rules are matched against.
        base: How many characters of the original stand before it.
        joints: Where what was made shorter begins and what stands as it was goes on, in
            order: see `_Joint`. None if nothing was: each character is at `base + i`.
    """

    text: str
    base: int
    joints: Sequence[_Joint] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's offsets of a folded span, which must not be empty."""
        if self.joints is None:
            return self.base + start, self.base + end
        at, first, whole = self.joints[bisect_right(self.joints, (start, _BEHIND, 0)) - 1]
        if not whole:
            first += start - at
        at, last, whole = self.joints[bisect_right(self.joints, (end - 1, _BEHIND, 0)) - 1]
        return first, whole or last + end - at


def _mask(match: re.Match[str]) -> str:
    mask = LINK_MASK if match.lastgroup == "link" else HANDLE_MASK
    return mask * (match.end() - match.start())


def _compact(text: str, base: int) -> Folded:
    """Compose accents and join runs of spaces, remembering where each character came from."""
    out: list[str] = []
    joints: list[_Joint] = []
    at = size = 0
    for match in _COMPACTED.finditer(text):
        start, end = match.span()
        piece = " " if text[start] == " " else unicodedata.normalize("NFC", match.group())
        out += text[at:start], piece
        joints.append((size, base + at, 0))
        size += start - at
        # What did not compose stays several characters, all of which stand for the whole.
        joints.append((size, base + start, base + end))
        size += len(piece)
        at = end
    out.append(text[at:])
    joints.append((size, base + at, 0))
    return Folded("".join(out), base, joints)


def fold_phrase(phrase: str) -> str:
    """Fold a phrase of a rule the way posts are folded."""
    plain = unicodedata.normalize("NFC", phrase.translate(_ONE_TO_ONE).lower())
    return " ".join(plain.split())


def _straighten(text: str) -> str:
    """Lower-case a text and replace its odd characters, one for one."""
    # Printable ASCII has a single character to replace, and most posts have not even that.
    if text.isascii() and "`" not in text and text.isprintable():
        return text.lower()
    return text.translate(_ONE_TO_ONE).lower()


def fold(text: str) -> Folded:
    """Fold a post; only its first `LIMIT` characters are kept."""
    plain = _straighten(text[:LIMIT])
    base = 0
    if "@" in plain:
        lead = _LEAD.match(plain)
        if lead is not None:
            base = lead.end()
            plain = plain[base:]
    if "://" in plain or "www." in plain or "t.co/" in plain or "twitter.com/" in plain:
        plain = _MASKED.sub(_mask, plain)
    elif "@" in plain:
        plain = _NAME.sub(_mask, plain)
    if "  " in plain or not (plain.isascii() or unicodedata.is_normalized("NFC", plain)):
        return _compact(plain, base)
    return Folded(plain, base)
