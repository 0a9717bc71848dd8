"""What text from outside may become on a terminal, in a file or in the search index."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

_UNSAFE = (
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without TAB and LF, DEL, C1
    "\u00ad\u061c\u200b\u200e\u200f\u2028\u2029"  # invisible marks, line separators
    "\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"  # bidi overrides and isolates
    "\U000e0000-\U000e001f"
    "\ud800-\udfff"  # lone surrogates
    "]"
)
"""Compiled when the first such text comes: most runs meet none, and it costs a millisecond."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def clean(text: str) -> str:
    """Take out what commands a terminal or hides text; keep tabs, line ends and emoji.

    Removed: control characters (so escape sequences lie bare), bidirectional overrides and
    isolates, invisible marks and lone surrogates (shown as U+FFFD).
    """
    if text.isprintable():  # excludes every control, format and unpaired character
        return text
    return re.sub(_UNSAFE, _replace, text.replace("\r\n", "\n"))


def _replace(match: re.Match[str]) -> str:
    return "\N{REPLACEMENT CHARACTER}" if "\ud800" <= match.group() <= "\udfff" else ""


def one_line(text: str) -> str:
    """`clean`, with every run of white space folded to one space."""
    if text.isprintable() and "  " not in text:  # the only printable white space is the space
        return text.strip()
    return re.sub(r"\s+", " ", clean(text)).strip()


def without_names(text: str, handles: Collection[str]) -> str:
    """A post less the names that it begins with, where they are among some handles (folded).

    A reply begins with whom it is to; to those it says nothing. What is nothing else stays.
    """
    text = text.strip()
    while text.startswith("@"):
        name, _, rest = text.partition(" ")
        if handle_key(name) not in handles or not rest.strip():
            break
        text = rest.strip()
    return text


def spreadsheet(text: str) -> str:
    """`clean`, safe in a CSV cell: a cell that a spreadsheet would run gets a leading quote."""
    text = clean(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def storable(text: str) -> str:
    """Replace what a store cannot hold as text: NUL and lone surrogates become U+FFFD."""
    if text.isascii():
        return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def fold(text: str) -> str:
    """Fold for comparing handles and names: compatibility form, no case."""
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=4096)
def handle_key(handle: str) -> str:
    """A handle as a key: without `@`, folded."""
    return fold(handle.strip().removeprefix("@"))


def agent_name(told: str) -> str:
    """A name that somebody gave themselves.

    Raises:
        UsageError: It cannot be shown, or means somebody or nobody: `me`, `none`.
    """
    name = told.strip()
    if not name or not name.isprintable() or name in ("me", "none"):
        from triage.errors import UsageError

        raise UsageError(
            f"{one_line(told)[:40]!r} is no name for an agent.",
            reason="A name can be printed; me and none mean others.",
            hint="Set TRIAGE_AGENT, or agent in the configuration, to a name such as ana.",
        )
    return name
