"""The rule matcher: phrases by their words, expressions by google-re2.

Plain phrases are found in a tree of words (`matching.phrases`). For the rest one pass says which
patterns occur, then only those are sought: linear in the text for any pattern, so nobody's rule
can hang a run. RE2's word bounds know
ASCII only; ours are Unicode's letters, digits and the underscore. The one pass (an RE2 `Set`)
therefore asks for a little less than a match and the exact bounds are checked for its hits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import re2

from triage.core.rule import DEFAULT_LANGUAGE, Hit, Rule
from triage.errors import ConfigError
from triage.matching.phrases import PhraseTree, is_words

_SET_MEMORY = 32 << 20
"""Bytes for the automaton of all patterns; it starts anew when they are used up."""
_PATTERN_MEMORY = 4 << 20
"""Bytes for one expression, which bounds what a counted repetition may cost."""

_ASCII_BOUNDED = r"(?:^|[^0-9A-Za-z_])({})(?:$|[^0-9A-Za-z_])"
_BOUNDED = r"(?:^|[^\pL\pN_])({})(?:$|[^\pL\pN_])"
_BETWEEN = r"[^0-9A-Za-z_](?:{})[^0-9A-Za-z_]"
_BOUNDS = 2
"""So many characters of a match with `_BETWEEN` are bounds."""
_ANCHORED = re.compile(r"[\^$]|\\[AzbB]|\(\?[a-zA-Z]*[a-zA-Z-]*\)")
_WIDE = 0x80
_EVERYTHING = ""
"""Matches any text. If it is missing from an answer, RE2 ran out of memory and the rest is too."""


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _is_ascii_word(char: str) -> bool:
    return char.isascii() and _is_word(char)


def _options(memory: int, *, fold: bool) -> Any:  # noqa: ANN401 - re2 publishes no types
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False
    options.case_sensitive = not fold
    return options


class _Phrase:
    """A folded phrase, found by plain search."""

    __slots__ = ("_first", "_last", "_text", "rule")

    def __init__(self, rule: int, text: str, *, bounds: bool) -> None:
        self.rule = rule
        self._text = text
        self._first = bounds and _is_word(text[0])
        self._last = bounds and _is_word(text[-1])

    def sieve(self) -> str:
        """An expression that occurs wherever the phrase does, and seldom elsewhere."""
        # A Unicode bound next to an ASCII letter is an ASCII bound too; next to another letter
        # RE2's \b means the opposite and is left out.
        left = r"\b" if self._first and _is_ascii_word(self._text[0]) else ""
        right = r"\b" if self._last and _is_ascii_word(self._text[-1]) else ""
        return left + str(re2.escape(self._text)) + right

    def collect(self, text: str, _encoded: bytes, found: list[Hit]) -> None:
        """Add every place of the phrase between the bounds that it asks for."""
        phrase, size = self._text, len(self._text)
        first, last = self._first, self._last
        start = text.find(phrase)
        while start >= 0:
            end = start + size
            # Slices are empty at the ends of the text; most bounds are spaces.
            before = text[start - 1 : start] if first else ""
            behind = text[end : end + 1] if last else ""
            if (before != " " and _is_word(before)) or (behind != " " and _is_word(behind)):
                start = text.find(phrase, start + 1)
                continue
            found.append((start, -end, self.rule))
            start = text.find(phrase, end)


class _Expression:
    """An RE2 expression with our word bounds around it."""

    def __init__(self, rule: int, pattern: str, *, bounds: bool) -> None:
        self.rule = rule
        self._pattern = pattern
        self._bounds = bounds
        # An anchor inside must see the true ends of the text.
        self._plain = bounds and not _ANCHORED.search(pattern.replace("[^", "["))

    @staticmethod
    def _compile(pattern: str) -> Any:  # noqa: ANN401 - re2 publishes no types
        # Whatever was accepted alone must fit with the bounds around it too.
        return re2.compile(pattern, _options(2 * _PATTERN_MEMORY, fold=True))

    @cached_property
    def _between(self) -> Any:  # noqa: ANN401 - re2 publishes no types
        # Without a group RE2 needs no more than its automaton, many times as fast as with one.
        return self._compile(_BETWEEN.format(self._pattern))

    @cached_property
    def _exact(self) -> Any:  # noqa: ANN401 - re2 publishes no types
        return self._compile(
            _BOUNDED.format(self._pattern) if self._bounds else f"({self._pattern})"
        )

    def sieve(self) -> str:
        """An expression that occurs wherever this one does: with ASCII bounds."""
        return _ASCII_BOUNDED.format(self._pattern) if self._bounds else self._pattern

    def collect(self, text: str, encoded: bytes, found: list[Hit]) -> None:
        """Add every match, left to right; a bound shared by two matches serves both."""
        spans = self._quick_spans(text, encoded) if self._plain else None
        if spans is None:
            spans = self._exact_spans(encoded)
        if len(encoded) == len(text):
            found += [(start, -end, self.rule) for start, end in spans]
            return
        # RE2 sees bytes: offsets differ from ours.
        done_bytes = done = 0
        for start, end in spans:
            first = done + len(encoded[done_bytes:start].decode())
            done = first + len(encoded[start:end].decode())
            done_bytes = end
            found.append((first, -done, self.rule))

    def _quick_spans(self, text: str, encoded: bytes) -> list[tuple[int, int]] | None:
        """The matches in bytes, by ASCII bounds; None if those are not the true ones."""
        padded = b" " + encoded + b" "
        search = self._between.search
        spans: list[tuple[int, int]] = []
        wide = len(encoded) != len(text)
        at = 0
        while (match := search(padded, at)) is not None:
            start, end = match.span()
            if wide and (padded[start] >= _WIDE or padded[end - 1] >= _WIDE):
                return None  # a letter, perhaps
            if end - start > _BOUNDS:
                spans.append((start, end - _BOUNDS))
            at = end - 1
        return spans

    def _exact_spans(self, encoded: bytes) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        at = 0
        while at <= len(encoded):
            match = self._exact.search(encoded, at)
            if match is None:
                break
            start, end = match.span(1)
            if start == end:  # says nothing; go on behind the character
                at = _next(encoded, max(end, at))
                continue
            at = end
            spans.append((start, end))
        return spans


def _next(encoded: bytes, at: int) -> int:
    at += 1
    while at < len(encoded) and encoded[at] & 0xC0 == 0x80:  # noqa: PLR2004 - UTF-8's continuation
        at += 1
    return at


class _Part:
    """The patterns of some rules, found together."""

    def __init__(
        self, rules: Iterable[tuple[int, Rule]], expressions: Iterable[_Expression]
    ) -> None:
        self.tree = PhraseTree()
        self._patterns: list[_Phrase | _Expression] = []
        for index, rule in rules:
            for phrase in rule.spellings():
                if rule.word_bounds and is_words(phrase):
                    self.tree.add(index, phrase)
                else:
                    self._patterns.append(_Phrase(index, phrase, bounds=rule.word_bounds))
        self._patterns += expressions
        self._set = re2.Set.SearchSet(_options(_SET_MEMORY, fold=True))
        for sought in self._patterns:
            self._set.Add(sought.sieve())
        self._everything = self._set.Add(_EVERYTHING)
        try:
            self._set.Compile()
        except re2.error as error:
            raise ConfigError(
                "The rules are too large together.",
                reason=f"their automaton takes more than {_SET_MEMORY >> 20} MiB",
                hint="Leave out rules, or counted repetitions such as {1,500}.",
            ) from error

    def find(self, folded: str) -> list[Hit]:
        """Every match."""
        return self.tree.find(folded) + self.find_rest(folded)

    def find_rest(self, folded: str) -> list[Hit]:
        """Every match of what is not in the tree."""
        encoded = folded.encode()
        hits: Sequence[int] = self._set.Match(encoded) or ()
        everything = self._everything
        if everything not in hits:
            hits = range(everything)
        found: list[Hit] = []
        for hit in hits:
            if hit != everything:
                self._patterns[hit].collect(folded, encoded, found)
        return found


class Re2Matcher:
    """Finds the patterns of some rules; see `triage.core.rule.Matcher`.

    The patterns of a language are made ready when its first post comes.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Check the patterns.

        Raises:
            ConfigError: For a pattern that RE2 refuses, with the rule, the pattern and why;
                or for more rules than fit into memory. Those of another language than the
                default one are put together, and that is told, when its first post comes.
        """
        self._rules = rules
        self._expressions = [
            _checked(index, rule, pattern)
            for index, rule in enumerate(rules)
            for pattern in rule.expressions
        ]
        self._parts: dict[tuple[str | None, ...], _Part] = {}
        self._foreign = PhraseTree()
        self._has_foreign = False
        self._part(None, DEFAULT_LANGUAGE)

    def _part(self, *langs: str | None) -> _Part:
        part = self._parts.get(langs)
        if part is None:
            chosen = [(i, rule) for i, rule in enumerate(self._rules) if rule.lang in langs]
            places = {index for index, _ in chosen}
            part = _Part(chosen, [e for e in self._expressions if e.rule in places])
            self._parts[langs] = part
        return part

    def find(self, folded: str, lang: str | None = None) -> list[Hit]:
        """Every match in a folded text.

        Without a language, expressions of any but the default one are sought where one of its
        phrases was found.

        The text may hold anything but lone surrogates, which folding takes out.
        """
        found = self._part(None, DEFAULT_LANGUAGE if lang is None else lang).find(folded)
        if lang is None:
            found += self._find_foreign(folded)
        return found

    def _find_foreign(self, folded: str) -> list[Hit]:
        found = self._foreign_tree().find(folded)
        for lang in dict.fromkeys(self._rules[index].lang for _, _, index in found):
            found += self._part(lang).find_rest(folded)
        return found

    def _foreign_tree(self) -> PhraseTree:
        if not self._has_foreign:
            for index, rule in enumerate(self._rules):
                if rule.word_bounds and rule.lang not in (None, DEFAULT_LANGUAGE):
                    for phrase in filter(is_words, rule.spellings()):
                        self._foreign.add(index, phrase)
            self._has_foreign = True
        return self._foreign


def _checked(index: int, rule: Rule, pattern: str) -> _Expression:
    try:
        # Alone first: "a)(b" must not become whole by what we put around it.
        re2.compile(pattern, _options(_PATTERN_MEMORY, fold=True))
        return _Expression(index, pattern, bounds=rule.word_bounds)
    except (re2.error, UnicodeEncodeError) as error:
        reason = _words(error)
        raise ConfigError(
            f'Rule "{rule.id}", regex {pattern!r}: {reason}.',
            reason=reason,
            hint="RE2 has no look-around and no back-references: write it without, or as phrases.",
        ) from error


def _words(error: Exception) -> str:
    if isinstance(error, UnicodeEncodeError):
        return "it holds half of a surrogate pair"
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
