"""The one module that writes stderr: hints, progress, warnings, errors."""

from __future__ import annotations

import sys

from triage.core.text import clean
from triage.errors import TriageError

_quiet = False
_BESIDE = " " * 6


def set_quiet(*, quiet: bool) -> None:
    """Say nothing but errors."""
    global _quiet  # noqa: PLW0603 - one process, one command, one stderr
    _quiet = quiet


def on_terminal() -> bool:
    """Whether somebody reads along."""
    return bool(sys.stderr is not None and sys.stderr.isatty())


def is_heard() -> bool:
    """Whether what is said reaches anybody."""
    return not _quiet and on_terminal()


def say(line: str = "") -> None:
    """Tell something that a person at a terminal may want to know; silent in scripts."""
    if is_heard():
        _tell(line)


def say_beside(line: str, aside: str) -> None:
    """Tell something and what to type then beside it, or below it where both do not fit."""
    if not is_heard():
        return
    import shutil

    whole = f"{line}{_BESIDE}{aside}"
    if aside and len(whole) > shutil.get_terminal_size().columns:
        _tell(line)
        _tell(f"  {aside}")
    else:
        _tell(whole if aside else line)


def warn(line: str) -> None:
    """Tell something that must not be missed, also in scripts; not with --quiet."""
    if not _quiet:
        _tell(line)


def error(problem: TriageError, code: int) -> None:
    """Three lines for a person: what happened, why, how to mend it; one line for cron."""
    if on_terminal():
        _write_wrapped(problem.message, "")
        for text in (problem.reason, problem.hint):
            _write_wrapped(text, "  ")
    else:
        parts = [problem.message, problem.reason, problem.hint]
        line = " ".join(_sentence(p) for p in parts if p)
        _write(f"triage: {line} (exit {code})")


def _tell(text: str) -> None:
    """Write lines; on a terminal broken between words, each set in as far as it begins."""
    if not on_terminal():
        _write(text)
        return
    for line in clean(text).split("\n"):
        words = line.lstrip(" ")
        if words:
            _write_wrapped(words, line.removesuffix(words))
        else:
            _write("")


def _write_wrapped(text: str, indent: str) -> None:
    """Break between words; a path or an address stays whole, to be copied."""
    import shutil
    import textwrap

    width = shutil.get_terminal_size().columns
    for line in text.splitlines():
        for part in textwrap.wrap(
            clean(line).strip(),
            width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ):
            _write(part)


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "?", "!", ":")) else f"{text}."


def _write(line: str) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(clean(line) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # a closed stderr must not change what the command does
