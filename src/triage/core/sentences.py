"""Which sentences of a text were said before."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from triage.core.outbox import LINK, normalise

_ENDS = re.compile(r"(?<=[.!?…。！？؟।])[\s\"'”’)]+|(?<=[。！？])|\n+")  # noqa: RUF001
_FEWEST_WORDS = 4
_FEWEST_LETTERS = 12
"""A sentence of fewer words, or letters in a script that parts no words, is a greeting."""


class Said(NamedTuple):
    """A text that went out.

    Attributes:
        at: UTC ms.
        text: As it was posted.
    """

    at: int
    text: str


class Repeated(NamedTuple):
    """A sentence that was said before.

    Attributes:
        sentence: As the text has it.
        at: When it was said last, UTC ms.
    """

    sentence: str
    at: int


def sentences(text: str) -> list[str]:
    """The sentences of a text, as they are written."""
    return [part.strip() for part in _ENDS.split(text) if part.strip()]


def repeated(text: str, before: Iterable[Said], leave_out: Sequence[str] = ()) -> list[Repeated]:
    """The sentences of a text that were said before, in its order.

    They are compared as read: without capitals, signs, links or spaces. Greetings and the like,
    of a few words, are said again and again and do not count.

    Args:
        text: What is to go out.
        before: What went out to the same person.
        leave_out: What says nothing by itself, such as the agent's sign or the person's name.
    """
    said: dict[str, int] = {}
    for old in before:
        for sentence in sentences(old.text):
            key = _key(sentence, leave_out)
            said[key] = max(old.at, said.get(key, old.at))
    found = {_key(s, leave_out): s for s in reversed(sentences(text))}
    return [
        Repeated(sentence, said[key])
        for key, sentence in reversed(found.items())
        if key in said and _tells(key)
    ]


def _key(sentence: str, leave_out: Sequence[str]) -> str:
    for words in leave_out:
        sentence = sentence.replace(words, " ") if words else sentence
    folded = unicodedata.normalize("NFKC", normalise(sentence)).casefold()
    kept = (c if c.isalnum() or c == LINK or unicodedata.combining(c) else " " for c in folded)
    return " ".join("".join(kept).split())


def _tells(key: str) -> bool:
    letters = len(key.replace(" ", ""))
    return letters >= _FEWEST_LETTERS and (
        key.count(" ") + 1 >= _FEWEST_WORDS or not any(c.islower() for c in key)
    )
