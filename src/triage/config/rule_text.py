"""Rules as the TOML that an own file may hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from triage.config.rules import LISTS, RuleTables
from triage.core.folding import fold_phrase
from triage.core.rules_data import KEYS

_WIDTH = 100
_INDENT = "    "
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SHORT = 0xFFFF
"""The last character whose escape has four digits."""


def rules_text(tables: RuleTables) -> str:
    """The text of a rules file with these rules, in the order of their ids."""
    return "\n".join(rule_text(rule_id, tables[rule_id]) for rule_id in sorted(tables))


def rule_text(rule_id: str, table: Mapping[str, Any]) -> str:
    """A whole rule under its heading, ending in a line feed."""
    settings = (f"{key} = {value_text(key, table[key])}" for key in KEYS if key in table)
    return "\n".join([f"[rules.{rule_id}]", *settings, ""])


def value_text(key: str, value: object) -> str:
    """The value of a rule's key, in characters that a terminal and any editor show.

    Args:
        key: Its name, which counts toward the width of a list.
        value: A text, a number, true or false, a list of texts or a table of either.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{name} = {_plain(worth)}" for name, worth in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        texts = [_quoted(str(text)) for text in value]
        together = f"[{', '.join(texts)}]"
        if len(f"{key} = {together}") <= _WIDTH:
            return together
        return "\n".join(["[", *_filled(texts), "]"])
    return _quoted(value) if isinstance(value, str) else repr(value)


def _plain(worth: object) -> str:
    return _quoted(worth) if isinstance(worth, str) else repr(worth)


def _filled(texts: Iterable[str]) -> Iterator[str]:
    """Lines with as many of the texts as fit."""
    line = ""
    for text in texts:
        if line and len(f"{_INDENT}{line} {text},") > _WIDTH:
            yield f"{_INDENT}{line}"
            line = ""
        line += f" {text}," if line else f"{text},"
    yield f"{_INDENT}{line}"


def _quoted(text: str) -> str:
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES or char.isprintable():
        return _ESCAPES.get(char, char)
    return f"\\u{ord(char):04X}" if ord(char) <= _SHORT else f"\\U{ord(char):08X}"


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Say what became of a rule, a line for each key that differs."""
    for key in KEYS:
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if key in LISTS:
            yield from _changed_list(key, old or [], new or [])
        elif old is None:
            yield f"{key} was not set"
        else:
            yield f"{key} was {value_text(key, old)}"


def _changed_list(key: str, old: list[str], new: list[str]) -> Iterator[str]:
    same = fold_phrase if key == "phrases" else str
    had, has = ({same(text) for text in texts} for texts in (old, new))
    for verb, texts in (
        ("added", [text for text in new if same(text) not in had]),
        ("dropped", [text for text in old if same(text) not in has]),
    ):
        if texts:
            yield f"{key} {verb}: {', '.join(map(_quoted, texts))}"
