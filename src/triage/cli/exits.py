"""Exit codes, and the one table that maps what went wrong to them."""

from __future__ import annotations

from enum import IntEnum

from triage.errors import (
    ConfigError,
    FateUnknown,
    SignInNeeded,
    StoreUnfit,
    TriageError,
    TryLater,
    UpgradeNeeded,
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
    """The configuration cannot be used, or the server that it names as the store."""
    INTERRUPTED = 130
    """Ctrl-C. A signal from outside is 128 and its number: 143 for SIGTERM."""


_TABLE: tuple[tuple[type[TriageError], Exit], ...] = (
    (FateUnknown, Exit.UNKNOWN),
    (SignInNeeded, Exit.SIGN_IN),
    (TryLater, Exit.TRY_LATER),
    (ConfigError, Exit.CONFIG),
    (StoreUnfit, Exit.CONFIG),
    (UpgradeNeeded, Exit.CONFIG),
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
        Exit.TRY_LATER: "try later: rate limit, network, the store's server, or another run",
        Exit.CONFIG: "the configuration cannot be used, or the server of the store",
        Exit.INTERRUPTED: "Ctrl-C; 143 for SIGTERM, 129 for SIGHUP",
    }
    return "\n".join(f"{code.value:>3}  {words[code]}" for code in Exit)
