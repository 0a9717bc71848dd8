"""Where something stands in a TOML file: the parser gives values without their lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

Keys = tuple[str, ...]
"""A dotted key, such as `("rules", "late", "weights")`."""

_PART = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_SETTING = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")


def line_of(source: str, table: Sequence[str], key: str = "") -> int | None:
    """Find the line of a key in a table, or of the table where the key has none of its own.

    Args:
        source: The text of the file.
        table: The table's name, part by part.
        key: Dotted, such as `weights.complaint`.

    Returns:
        Counted from 1; None if not even the table is found.
    """
    lines = _lines(source)
    wanted = (*table, *filter(None, key.split(".")))
    for length in range(len(wanted), len(table) - 1, -1):
        if wanted[:length] in lines:
            return lines[wanted[:length]]
    return None


@lru_cache(maxsize=16)
def _lines(source: str) -> Mapping[Keys, int]:
    """The first line of each key and of each table, and of what holds them."""
    found: dict[Keys, int] = {}
    heading: Keys = ()
    # TOML ends a line at a line feed alone.
    for number, line in enumerate(source.split("\n"), 1):
        if line.lstrip().startswith("["):
            keys = heading = _parsed(line) or heading
        else:
            setting = _SETTING.match(line)
            keys = (*heading, *_parsed(f"{setting.group(1)} = 0")) if setting else ()
        for length in range(1, len(keys) + 1):
            found.setdefault(keys[:length], number)
    return found


def _parsed(line: str) -> Keys:
    """The dotted key of a line that stands alone; empty if it is a part of a longer value."""
    try:
        return tuple(_walk(tomllib.loads(line)))
    except tomllib.TOMLDecodeError:
        return ()


def _walk(value: object) -> Iterator[str]:
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))
        yield key
