"""Exit codes, and the one table that maps what went wrong to them."""

from __future__ import annotations

from enum import IntEnum

from triage.errors import (
    ConfigError,
    FateUnknown,
    SignInNeeded,
    TriageError,
    TryLater,
    UsageError,
)


class Exit(IntEnum):
    """What a script can tell from the code."""

    OK = 0
    """Done."""
    FAILED = 1
    """It did not work; the message says why."""
    USAGE = 2
    """The command line makes no sense."""
    CONDITION = 3
    """The condition of --exit-code is met."""
    SIGN_IN = 4
    """Credentials are missing or not accepted."""
    UNKNOWN = 5
    """A reply may or may not be public. Never retry it."""
    BUG = 70
    """A mistake of ours; a crash file was written."""
    TRY_LATER = 75
    """Rate limit, network or lock: the same command may work later."""
    CONFIG = 78
    """The configuration cannot be used."""
    INTERRUPTED = 130
    """Ctrl-C."""


_TABLE: tuple[tuple[type[TriageError], Exit], ...] = (
    (FateUnknown, Exit.UNKNOWN),
    (SignInNeeded, Exit.SIGN_IN),
    (TryLater, Exit.TRY_LATER),
    (ConfigError, Exit.CONFIG),
    (UsageError, Exit.USAGE),
    (TriageError, Exit.FAILED),
)


def code_of(error: TriageError) -> Exit:
    """The exit code of an error."""
    return next(code for kind, code in _TABLE if isinstance(error, kind))


def described() -> str:
    """The table for `--help`, one code to a line."""
    words = {
        Exit.OK: "done",
        Exit.FAILED: "it did not work; the message says why",
        Exit.USAGE: "the command line makes no sense",
        Exit.CONDITION: "the condition of --exit-code is met",
        Exit.SIGN_IN: "credentials are missing or not accepted",
        Exit.UNKNOWN: "a reply may or may not be public; never retry it",
        Exit.BUG: "a mistake of ours; a crash file was written",
        Exit.TRY_LATER: "try later: rate limit, network, or another run",
        Exit.CONFIG: "the configuration cannot be used",
        Exit.INTERRUPTED: "Ctrl-C",
    }
    return "\n".join(f"{code.value:>3}  {words[code]}" for code in Exit)
