"""How long a post is in X's own measure (version 3 of its weights).

A post may hold 280 units. Latin letters, digits and common punctuation weigh 1, all else 2. A URL
weighs 23 and an emoji 2, whatever they are made of. Text is measured in NFC. The names that stand
at the start of a reply are added by X and weigh nothing.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain

from triage.channels.x.urls import extract_urls

MAX_WEIGHTED_LENGTH = 280
URL_WEIGHT = 23
EMOJI_WEIGHT = 2

_LIGHT = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
_ALWAYS_PLAIN = re.compile("[\u0000-\u00a8\u00aa-\u00ad\u00af-\u1fff]*")
_LEADING_NAMES = re.compile(r"(?:\s*+@[A-Za-z0-9_]{1,15}(?![A-Za-z0-9_@]))++\s*+")


def weighted_length(text: str, *, is_reply: bool = False) -> int:
    """Measure a text in X's units.

    Args:
        text: The text as it would be posted.
        is_reply: Do not count the leading run of names: X adds those by itself.
    """
    text = unicodedata.normalize("NFC", text)
    if is_reply:
        text = without_leading_names(text)
    length = position = 0
    for start, end, weight in _entities(text):
        if start < position:  # an emoji inside a URL
            continue
        length += _weight(text[position:start]) + weight
        position = end
    return length + _weight(text[position:])


def without_leading_names(text: str) -> str:
    """Take away the `@names` at the start, as X does with those of a reply."""
    match = _LEADING_NAMES.match(text)
    return text[match.end() :] if match else text


def _entities(text: str) -> list[tuple[int, int, int]]:
    urls = ((start, end, URL_WEIGHT) for start, end in extract_urls(text))
    emoji = ((start, end, EMOJI_WEIGHT) for start, end in _emoji(text))
    return sorted(chain(urls, emoji))


def _emoji(text: str) -> list[tuple[int, int]]:
    # Importing emoji costs more than measuring: most texts hold nothing that could be one.
    if _ALWAYS_PLAIN.fullmatch(text):
        return []
    import emoji

    return [
        (match["match_start"], match["match_end"])
        for match in emoji.emoji_list(text)
        # Alone these are text: only U+FE0F makes emoji of them.
        if match["emoji"] not in {"\u00a9", "\u00ae"}
    ]


def _weight(text: str) -> int:
    if text.isascii():
        return len(text)
    return 2 * len(text) - len(_LIGHT.findall(text))
