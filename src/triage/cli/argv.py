"""Global flags may stand anywhere: they are moved to the front before anything parses them."""

from __future__ import annotations

from collections.abc import Sequence

SWITCHES = ("-q", "--quiet", "--json", "--debug", "--no-input", "--demo")
"""Global flags without a value."""

VALUED = ("--config", "--db", "--account", "--color")
"""Global flags with one."""

_OWN_VALUES = ("-F", "--file", "-m", "--note")
"""Flags of commands whose value may look like a global flag; it is left alone."""


def hoist(argv: Sequence[str]) -> list[str]:
    """Move global flags to the front; what follows `--` is left alone.

    A global flag that lacks its value stays where it is, for the parser to complain about.
    """
    front: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            rest.append(word)
            rest.extend(words)
        elif word in _OWN_VALUES:
            rest.append(word)
            rest.extend(value for value in [next(words, None)] if value is not None)
        elif word in SWITCHES or word.startswith(tuple(f"{v}=" for v in VALUED)):
            front.append(word)
        elif word in VALUED:
            value = next(words, None)
            if value is None:
                rest.append(word)
            else:
                front.extend((word, value))
        else:
            rest.append(word)
    return front + rest


def command_of(argv: Sequence[str]) -> str | None:
    """The name of the command in hoisted arguments, or None."""
    skip = False
    for word in argv:
        if skip:
            skip = False
        elif word in VALUED:
            skip = True
        elif not word.startswith("-"):
            return word
    return None
