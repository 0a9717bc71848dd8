"""The rule matcher on google-re2: one pass says which patterns occur, then only those are sought.

Linear in the text for any pattern, so nobody's rule can hang a run. RE2's word bounds know
ASCII only; ours are Unicode's letters, digits and the underscore. The one pass (an RE2 `Set`)
therefore asks for a little less than a match and the exact bounds are checked for its hits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import re2

from triage.core.rules import Rule
from triage.errors import ConfigError

_SET_MEMORY = 32 << 20
"""Bytes for the automaton of all patterns; it starts anew when they are used up."""
_PATTERN_MEMORY = 4 << 20
"""Bytes for one expression, which bounds what a counted repetition may cost."""

_ASCII_BOUNDED = r"(?:^|[^0-9A-Za-z_])({})(?:$|[^0-9A-Za-z_])"
_BOUNDED = r"(?:^|[^\pL\pN_])({})(?:$|[^\pL\pN_])"
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

    def collect(self, text: str, _encoded: bytes, found: list[tuple[int, int, int]]) -> None:
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
            found.append((self.rule, start, end))
            start = text.find(phrase, end)


class _Expression:
    """An RE2 expression with our word bounds around it."""

    def __init__(self, rule: int, pattern: str, *, bounds: bool) -> None:
        self.rule = rule
        self._pattern = pattern
        self._bounds = bounds
        self._quick = self._compile(self.sieve() if bounds else f"({pattern})")

    @staticmethod
    def _compile(pattern: str) -> Any:  # noqa: ANN401 - re2 publishes no types
        # Whatever was accepted alone must fit with the bounds around it too.
        return re2.compile(pattern, _options(2 * _PATTERN_MEMORY, fold=True))

    @cached_property
    def _exact(self) -> Any:  # noqa: ANN401 - re2 publishes no types
        # Unicode's classes are large, and few texts have a letter of theirs at the bound.
        return self._compile(_BOUNDED.format(self._pattern))

    def sieve(self) -> str:
        """An expression that occurs wherever this one does: with ASCII bounds."""
        return _ASCII_BOUNDED.format(self._pattern) if self._bounds else self._pattern

    def collect(self, text: str, encoded: bytes, found: list[tuple[int, int, int]]) -> None:
        """Add every match, left to right; a bound shared by two matches serves both."""
        # RE2 sees bytes: offsets differ from ours unless the text is ASCII.
        wide = len(encoded) != len(text)
        compiled = self._exact if wide and self._bounds else self._quick
        at = done_bytes = done = 0
        while at <= len(encoded):
            match = compiled.search(encoded, at)
            if match is None:
                return
            start, end = match.span(1)
            if start == end:  # says nothing; go on behind the character
                at = _next(encoded, max(end, at))
                continue
            at = end
            if wide:
                first = done + len(encoded[done_bytes:start].decode())
                last = first + len(encoded[start:end].decode())
                done_bytes, done = end, last
                found.append((self.rule, first, last))
            else:
                found.append((self.rule, start, end))


def _next(encoded: bytes, at: int) -> int:
    at += 1
    while at < len(encoded) and encoded[at] & 0xC0 == 0x80:  # noqa: PLR2004 - UTF-8's continuation
        at += 1
    return at


class Re2Matcher:
    """Finds the patterns of some rules; see `triage.core.rules.Matcher`."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Compile the patterns.

        Raises:
            ConfigError: For a pattern that RE2 refuses, with the rule, the pattern and why;
                or for more rules than fit into memory.
        """
        self._patterns: list[_Phrase | _Expression] = []
        for index, rule in enumerate(rules):
            for phrase in rule.spellings():
                self._patterns.append(_Phrase(index, phrase, bounds=rule.word_bounds))
            for pattern in rule.expressions:
                self._patterns.append(_checked(index, rule, pattern))
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

    def find(self, folded: str) -> list[tuple[int, int, int]]:
        """Every match in a folded text, each once for a rule.

        The text may hold anything but lone surrogates, which folding takes out.
        """
        encoded = folded.encode()
        hits: Sequence[int] = self._set.Match(encoded) or ()
        everything = self._everything
        if everything not in hits:
            hits = range(everything)
        patterns = self._patterns
        found: list[tuple[int, int, int]] = []
        for hit in hits:
            if hit != everything:
                patterns[hit].collect(folded, encoded, found)
        # Two patterns of a rule may match the same words.
        return list(dict.fromkeys(found)) if len(found) > 1 else found


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
