"""The form of a post that rules are matched against, and the way back to the original.

Folding lower-cases, straightens quotes and apostrophes, turns every white space into a space,
composes accents (NFC) and reads the entities with which X escapes `&`, `<` and `>`. The leading
run of @names is left out: it addresses a post, it says nothing. Names and web addresses further
on are masked, so that no rule finds words in them.

All offsets that leave this module count characters of the original text.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
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
# Runs of spaces, letters with the marks that Unicode composes them with (Latin, Greek and
# Cyrillic accents, Arabic hamza, Devanagari nukta, kana voicing), and entities.
_COMPACTED = re.compile(
    r" {2,}|[^ ][\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u0653-\u0655\u093c\u3099\u309a]+"
    r"|&(?:amp|lt|gt|quot|#39);"
)
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'"}


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


Edit = tuple[int, int, str]
"""Start and end of a part of a folded text, and what stands for the whole of it instead. An empty
part is a place where something is put in."""


def rewrite(folded: Folded, edits: Iterable[Edit]) -> Folded:
    """Replace parts of a folded text; spans of the outcome still lead to the original.

    Args:
        folded: What to change.
        edits: In order, without overlaps; no replacement may be empty.
    """
    text = folded.text
    out: list[str] = []
    joints: list[_Joint] = []
    size = at = 0

    def keep(end: int) -> None:
        nonlocal size
        for piece_start, piece_end, joint in _pieces(folded, at, end):
            joints.append((size, *joint))
            size += piece_end - piece_start
        out.append(text[at:end])

    for start, end, piece in edits:
        keep(start)
        if end > start:
            first, last = folded.span(start, end)
        else:
            # What is put in has the place, and not the extent, of what stands before it.
            first = last = folded.span(start - 1, start)[1] if start else folded.base
        joints.append((size, first, last))
        out.append(piece)
        size += len(piece)
        at = end
    keep(len(text))
    return Folded("".join(out), folded.base, joints)


def _pieces(folded: Folded, start: int, end: int) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """The parts of a stretch that lead back each in one way, with the rest of their joint."""
    if folded.joints is None:
        if end > start:
            yield start, end, (folded.base + start, 0)
        return
    joints = folded.joints
    index = bisect_right(joints, (start, _BEHIND, 0)) - 1
    while start < end:
        at, first, whole = joints[index]
        index += 1
        until = min(end, joints[index][0]) if index < len(joints) else end
        if until > start:
            yield start, until, (first if whole else first + start - at, whole)
            start = until


def _compact(plain: str, base: int) -> Folded:
    """Compose accents, join runs of spaces and read entities."""
    edits = [(*match.span(), _compacted(match.group())) for match in _COMPACTED.finditer(plain)]
    return rewrite(Folded(plain, base), edits)


def _compacted(part: str) -> str:
    if part[0] == " ":
        return " "
    # What does not compose stays several characters, all of which stand for the whole.
    return _ENTITIES.get(part) or unicodedata.normalize("NFC", part)


def fold_phrase(phrase: str) -> str:
    """Fold a phrase of a rule the way posts are folded."""
    if phrase.isascii() and phrase.islower() and phrase.isprintable() and "`" not in phrase:
        return " ".join(phrase.split())
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
    if (
        "  " in plain
        or "&" in plain
        or not (plain.isascii() or unicodedata.is_normalized("NFC", plain))
    ):
        return _compact(plain, base)
    return Folded(plain, base)
