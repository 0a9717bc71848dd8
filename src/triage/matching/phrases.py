"""Phrases found by their words: a tree of words, walked from each word of a post.

The cost of a post does not grow with the number of phrases, and words are bounded by what Unicode
calls a letter or digit. Words that stand for one another (`core.spelling`) are one to the tree.
In a phrase, `#` is any number, and a leading `^` asks for the beginning of a sentence, be it
behind a greeting ("hi, can you ..."). A hyphen joins words like a space.
"""

from __future__ import annotations

import re
from itertools import accumulate, compress, count
from typing import Any

from triage.core.rule import Hit
from triage.core.spelling import CANONICAL, canonical

_HERE = " "
"""Under this key, which no word has, a node keeps the rules whose phrase ends there."""

_Node = dict[str | None, Any]


class _Spaces(dict[int, int]):
    """What separates words becomes a space; worked out for each character when it first comes."""

    def __missing__(self, code: int) -> int:
        char = chr(code)
        kept = char.isalnum() or char in "_'"
        self[code] = found = code if kept else ord(" ")
        return found


_SPACES = _Spaces()
OPENING = "^"
NUMBER = "#"
_GREETING_WORDS = """
hi hey hello hiya dear guys team folks ok okay please question hola bonjour salut hallo moin servus
"""
_GREETINGS = frozenset(_GREETING_WORDS.split())
_STOPS = frozenset(".!?:;\u2026")
_MARKED = re.compile(r"[^\s']*'[^\s]*")


def is_words(phrase: str) -> bool:
    """Whether a folded phrase is nothing but words, so that a `PhraseTree` can hold it."""
    words = _plain(phrase)
    # A number alone means itself; to the tree it would be any.
    # A hyphen joins words; at an edge, or beside a space, it is a mark like any other.
    return all(words.split(" ")) and _spaced(words) == words and not phrase.isdigit()


def _plain(phrase: str) -> str:
    """A phrase without its signs, with a digit for any number."""
    bare = phrase.removeprefix(OPENING).replace("-", " ")
    return " ".join("0" if word == NUMBER else word for word in bare.split(" "))


def _spaced(text: str) -> str:
    """The words of a folded text, each where it stands, with spaces for everything else."""
    spaced = text.translate(_SPACES)
    if "'" in spaced and not all(w in CANONICAL for w in spaced.split() if "'" in w):
        return _MARKED.sub(_unmarked, spaced)
    return spaced


def _unmarked(match: re.Match[str]) -> str:
    """An apostrophe belongs to a word in a known contraction alone: not in "l'été", "bob's"."""
    word = match.group()
    if word in CANONICAL:
        return word
    bare = word.strip("'")
    if bare in CANONICAL:  # a contraction between quotation marks
        return word.replace(bare, "\0", 1).replace("'", " ").replace("\0", bare)
    return word.replace("'", " ")


class PhraseTree:
    """The phrases of some rules."""

    __slots__ = ("_openers", "_root")

    def __init__(self) -> None:
        self._root: _Node = {}
        self._openers: _Node = {}
        """Phrases that begin a sentence."""

    def add(self, rule: int, phrase: str) -> None:
        """Add a phrase for which `is_words` holds; `rule` is what its matches will name."""
        node = self._openers if phrase.startswith(OPENING) else self._root
        for word in _plain(phrase).split(" "):
            node = node.setdefault(_canonical(word), {})
        rules: tuple[int, ...] = node.get(_HERE, ())
        if rule not in rules:
            node[_HERE] = (*rules, rule)

    def find(self, text: str) -> list[Hit]:
        """Every place of every phrase in a folded text.

        Between the words of a match stands one space or hyphen each, nothing else.
        """
        plain = _spaced(text).split(" ")
        # Plain loops over the words would cost more than all that follows.
        words: list[str | None] = list(map(CANONICAL.get, plain, plain))
        if any(map(str.isdigit, plain)):
            words = [NUMBER if word is not None and word.isdigit() else word for word in words]
        words.append(None)  # which follows in no phrase
        hits: list[_Hit] = []
        root = self._root
        for first in compress(count(), map(root.__contains__, words)):
            node = root[words[first]]
            if _HERE in node:
                hits.append((node[_HERE], first, first))
            if words[first + 1] in node:
                _walk(node, words, first, first + 1, hits)
        opens = not self._openers.keys().isdisjoint(words)
        if not hits and not opens:
            return []
        ends = list(accumulate(map(len, plain)))  # less the spaces: there is one for each word
        if opens:
            self._open(text, plain, words, ends, hits)
        return _places(text, plain, ends, hits)

    def _open(
        self,
        text: str,
        plain: list[str],
        words: list[str | None],
        ends: list[int],
        hits: list[_Hit],
    ) -> None:
        """Collect the phrases that begin a sentence."""
        openers = self._openers
        for index in compress(count(), map(openers.__contains__, words)):
            before = text[: ends[index] - len(plain[index]) + index].rstrip()
            if (
                not before
                or before[-1] in _STOPS
                or before[before.rfind(" ") + 1 :].strip("\"'(,") in _GREETINGS
            ):
                _walk(openers, words, index, index, hits)


_Hit = tuple[tuple[int, ...], int, int]
"""Rules, and the first and last word of their phrase."""


def _canonical(word: str) -> str:
    return NUMBER if word.isdigit() else canonical(word)


def _walk(above: _Node, words: list[str | None], first: int, last: int, hits: list[_Hit]) -> None:
    """Collect the phrases that begin at a word and go on with another one, which a node has."""
    node: _Node | None = above[words[last]]
    while node is not None:
        if _HERE in node:
            hits.append((node[_HERE], first, last))
        last += 1
        node = node.get(words[last])


def _places(text: str, plain: list[str], ends: list[int], hits: list[_Hit]) -> list[Hit]:
    """Start, end and rule of some hits, instead of their first and last word."""
    found: list[Hit] = []
    for rules, first, last in hits:
        start, end = ends[first] - len(plain[first]) + first, ends[last] + last
        # Another mark than a hyphen between two words ends a phrase.
        if first == last or _is_spaced(text, start, end, last - first):
            found += [(start, -end, rule) for rule in rules]
    return found


def _is_spaced(text: str, start: int, end: int, gaps: int) -> bool:
    part = text[start:end]
    return part.count(" ") + part.count("-") == gaps
