"""Where one character ends and the next begins, as people see them. Pure.

A flag, a family, a letter with its marks and a syllable of Hangul are several code points and one
character. The rules are those of Unicode's annex 29, from what the standard library knows of code
points; where they are simplified, more is kept together, never less.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_JOINER = "\u200d"
_STICKY = frozenset("\u200c\u200d\u0e33\u0eb3\uff9e\uff9f")
_PREFIXES = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd\U000110cd")
_VIRAMA = 9
"""The combining class of signs that tie one consonant to the next."""


def boundaries(text: str) -> Iterator[int]:
    """Give the index at which each character begins."""
    flags = 0
    for at, char in enumerate(text):
        is_flag = "\U0001f1e6" <= char <= "\U0001f1ff"
        second_of_flag = is_flag and flags % 2 == 1
        if at == 0 or not (second_of_flag or _sticks(text[at - 1], char)):
            yield at
        flags = flags + 1 if is_flag else 0


def _sticks(before: str, char: str) -> bool:
    if before in "\r\n" or unicodedata.category(before) == "Cc":
        return before == "\r" and char == "\n"
    if before == _JOINER or before in _PREFIXES or _extends(char):
        return True
    if unicodedata.combining(before) == _VIRAMA:
        return char.isalpha()
    return _is_one_syllable(before, char)


def _extends(char: str) -> bool:
    """Whether it belongs to what stands before it: a mark, a skin colour, a tag of a flag."""
    return (
        unicodedata.category(char).startswith("M")
        or char in _STICKY
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
    )


def _is_one_syllable(before: str, char: str) -> bool:
    """Whether two pieces of Hangul make a syllable: leading, vowel, trailing, or composed."""
    if _is_leading(before):
        return _is_leading(char) or _is_vowel(char) or "\uac00" <= char <= "\ud7a3"
    if _is_vowel(before) or _is_trailing(before) or "\uac00" <= before <= "\ud7a3":
        return _is_vowel(char) or _is_trailing(char)
    return False


def _is_leading(char: str) -> bool:
    return "\u1100" <= char <= "\u115f" or "\ua960" <= char <= "\ua97c"


def _is_vowel(char: str) -> bool:
    return "\u1160" <= char <= "\u11a7" or "\ud7b0" <= char <= "\ud7c6"


def _is_trailing(char: str) -> bool:
    return "\u11a8" <= char <= "\u11ff" or "\ud7cb" <= char <= "\ud7fb"
