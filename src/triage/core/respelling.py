"""Words that are hidden in a post: stretched ones ("sooooo") and those inside a hashtag.

Both need words to compare with: those of the rules' own phrases, and a few that hold sentences
together. Most posts have neither, and cost a few plain searches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product

from triage.core.folding import Edit, Folded, rewrite

_TRIPLES = tuple(letter * 3 for letter in "oeausylhnmrtgifpwdzvcbkxjq")
_LETTERS = re.compile(r"(?<!\\)[^\W\d_]{3,}")
_WORD = re.compile(r"[^\W\d_]{3,}")
_RUN = re.compile(r"(.)\1{2,}")
_TAG = re.compile(r"#([^\W_]{4,60})")
_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_MOST_RUNS = 3
_LONGEST = 16
_NAME = 3
"""The shortest part of a hashtag that may be a name, which no list of words holds."""
_LETTER_COST = 0.3125
"""What a letter of a name costs, beside 1 for a known word: only words of four letters or more are
worth telling from a name, so that no "not" is found in a town."""
_SMALL_WORDS = """
a all am an and are as at be because been but by can do does ever every for from get go had has
have he her his how i if in is it its just like made make me more my never no not now of off on
one or our out over she should so stop than that the their them then they this to too up us very
was we were what when where who why will with you your again always day life time today week
year people thing things world first last next new old big
"""
_SMALL = frozenset(_SMALL_WORDS.split())


def vocabulary(patterns: Iterable[str]) -> frozenset[str]:
    """The words to compare with, from the patterns of the rules."""
    return _SMALL.union(*(_LETTERS.findall(pattern) for pattern in patterns))


def needs_respelling(body: str) -> bool:
    """Whether there may be anything to do; costs next to nothing."""
    return "#" in body or any(map(body.__contains__, _TRIPLES))


def respell(text: str, folded: Folded, words: frozenset[str]) -> Folded:
    """Shorten stretched words and split hashtags.

    Args:
        text: The original post, whose capitals show the words of a hashtag.
        folded: It folded.
        words: Known words, lower case.

    Returns:
        The same object if there was nothing to do.
    """
    body = folded.text
    edits = list(_tags(text, folded, words)) if "#" in body else []
    if any(map(body.__contains__, _TRIPLES)):
        edits = _apart(sorted([*edits, *_stretched(body, words)]))
    return rewrite(folded, edits) if edits else folded


def _apart(edits: list[Edit]) -> list[Edit]:
    apart: list[Edit] = []
    for edit in edits:
        if not apart or edit[0] >= apart[-1][1]:
            apart.append(edit)
    return apart


def _stretched(body: str, words: frozenset[str]) -> Iterator[Edit]:
    for match in _WORD.finditer(body):
        word = match.group()
        if len(set(word)) > len(word) - 2 or word in words:
            continue
        runs = list(_RUN.finditer(word))
        if not 0 < len(runs) <= _MOST_RUNS:
            continue
        sizes = _known_sizes(word, runs, words)
        for run, size in zip(runs, sizes, strict=False):
            start = match.start()
            yield start + run.start(), start + run.end(), run[1] * size


def _known_sizes(word: str, runs: list[re.Match[str]], words: frozenset[str]) -> tuple[int, ...]:
    """How long each run is in the known word that this is a stretched form of; empty if none."""
    for sizes in product((2, 1), repeat=len(runs)):
        parts: list[str] = []
        at = 0
        for run, size in zip(runs, sizes, strict=True):
            parts += word[at : run.start()], run[1] * size
            at = run.end()
        if "".join((*parts, word[at:])) in words:
            return sizes
    return ()


def _tags(text: str, folded: Folded, words: frozenset[str]) -> Iterator[Edit]:
    for match in _TAG.finditer(folded.text):
        start = match.start(1)
        first, last = folded.span(start, match.end())
        tag, original = match[1], text[first:last]
        if tag in words:
            continue
        # Where folding changed the length, capitals cannot be told from their place.
        cuts = [m.start() for m in _HUMP.finditer(original)] if len(original) == len(tag) else []
        for cut in cuts or _cuts(tag, words):
            yield start + cut, start + cut, " "


_Way = tuple[float, tuple[int, ...]]
"""What a way to cut costs, and where its parts end."""


@lru_cache(maxsize=4096)
def _cuts(tag: str, words: frozenset[str]) -> tuple[int, ...]:
    """Where a tag in one case falls into known words, with at most one name among them.

    The fewest words win, and every few letters of a name count for one; of equals the one with the
    longest first word. Empty if there is no way.
    """
    size = len(tag)
    done: _Way = (0.0, ())
    # The best way from each place to the end, by whether a name may still come.
    ways: dict[tuple[int, bool], _Way] = {(size, True): done, (size, False): done}
    for at in range(size - 1, -1, -1):
        for may_name in (True, False):
            found = list(_steps(tag, at, words, ways, may_name=may_name))
            if found:
                ways[at, may_name] = min(found, key=lambda way: (way[0], -way[1][0]))
    return ways.get((0, True), done)[1][:-1]


def _steps(
    tag: str,
    at: int,
    words: frozenset[str],
    ways: dict[tuple[int, bool], _Way],
    *,
    may_name: bool,
) -> Iterator[_Way]:
    for end in range(min(len(tag), at + _LONGEST), at, -1):
        part = tag[at:end]
        if part in words and (len(part) > 1 or part in "ai"):
            rest = ways.get((end, may_name))
            if rest:
                yield 1.0 + rest[0], (end, *rest[1])
        if may_name and end - at >= _NAME:
            rest = ways.get((end, False))
            if rest:
                yield _LETTER_COST * (end - at) + rest[0], (end, *rest[1])
