"""What a server or the way to it reports, as errors that a person can mend."""

from __future__ import annotations

import re
from typing import NoReturn

import psycopg

from triage.errors import SchemaMismatch, StoreBusy, StoreError, StoreUnavailable, StoreUnfit
from triage.store.engine import Conflict

_BUSY = ("Another process is writing to it.", "Try again in a moment.")
_OLDER = (
    "Its tables are not those that this version knows.",
    "See `triage store status`.",
)
_UNPROVEN = "an unproven server"
_WRONG_WAY = "a wrong way"
"""What no server was asked about has no code."""
_BY_STATE: dict[str, tuple[type[StoreError | StoreBusy | StoreUnavailable], str, str]] = {
    "55P03": (StoreBusy, *_BUSY),
    "40P01": (StoreBusy, *_BUSY),
    "40001": (StoreBusy, *_BUSY),
    "57014": (
        StoreUnavailable,
        "The server did not answer in time.",
        "Try again; ask who runs it if it stays so.",
    ),
    "25P03": (
        StoreUnavailable,
        "The server gave up a transaction that stood still.",
        "Run the command again.",
    ),
    "25006": (
        StoreUnavailable,
        "The server lets nobody write just now: it is a copy, or is being moved.",
        "Try again, or name the server that is written to.",
    ),
    "53100": (StoreError, "The server's disk is full.", "Tell who runs it."),
    "42501": (
        StoreError,
        "The database user may not do this.",
        "Ask the owner for the rights that `triage store grants` prints.",
    ),
    "28P01": (
        StoreUnfit,
        "The server does not take the password.",
        "Check the password file (PGPASSFILE) or the service file.",
    ),
    "28000": (
        StoreUnfit,
        "The server does not let this user in.",
        "Ask who runs it to allow the user, the database and this address.",
    ),
    "3D000": (
        StoreUnfit,
        "There is no database of that name.",
        "Have it made with `createdb`, or name another one.",
    ),
    _UNPROVEN: (
        StoreUnfit,
        "",
        "Check sslmode, sslrootcert and the host's name in the address; the password was not sent.",
    ),
    _WRONG_WAY: (
        StoreUnfit,
        "",
        "Check the service file (PGSERVICEFILE) and the files that the address names.",
    ),
    "42P01": (SchemaMismatch, *_OLDER),
    "42703": (SchemaMismatch, *_OLDER),
}
_IN_WORDS = (
    ("password authentication failed", "28P01"),
    ("no password supplied", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ('role ".*" (does not exist|is not permitted to log in)', "28000"),
    ("permission denied for database", "28000"),
    ('database ".*" does not exist', "3D000"),
    ("certificate verify failed|does not match host name", _UNPROVEN),
    ("root certificate file|does not support SSL", _UNPROVEN),
    ("definition of service|service file", _WRONG_WAY),
    ("invalid (sslmode|target_session_attrs|channel_binding|connection option)", _WRONG_WAY),
)
"""How a refused sign-in reads: it has no code."""
_GONE = ("08", "53", "57", "58", "XX")
"""Classes of codes that say that the server or the way to it failed."""


def raise_as_ours(error: psycopg.Error, label: str, *, is_commit: bool = False) -> NoReturn:
    """Turn a driver's error that a person can mend into ours; let bugs pass as they are.

    Args:
        error: What the driver raised.
        label: Which database, without a password.
        is_commit: It was raised by the end of a transaction: nobody knows whether it was saved.
    """
    if isinstance(error, psycopg.errors.UniqueViolation):
        raise Conflict(str(error)) from error
    state = error.sqlstate or _state_of_words(error)
    if state in _BY_STATE:
        kind, reason, hint = _BY_STATE[state]
        if not reason:
            reason = _said(error)
        raise kind(f"The database {label} cannot be used.", reason=reason, hint=hint) from error
    if isinstance(error, psycopg.OperationalError) or state[:2] in _GONE:
        raise _gone(error, label, is_commit=is_commit) from error
    raise error


def _state_of_words(error: psycopg.Error) -> str:
    words = str(error)
    return next((state for mark, state in _IN_WORDS if re.search(mark, words)), "")


def _said(error: psycopg.Error) -> str:
    """The driver's own words; they name servers, files and users, never a password."""
    return " ".join(str(error).split())


def _gone(error: psycopg.Error, label: str, *, is_commit: bool) -> StoreUnavailable:
    said = _said(error) or "The connection ended."
    if is_commit:
        return StoreUnavailable(
            f"The connection to the database {label} was lost while it saved.",
            reason=f"Whether it did is not known. {said}",
            hint="Look, and run the command again where it is not there.",
        )
    return StoreUnavailable(
        f"The database {label} cannot be reached.",
        reason=said,
        hint="Check the network and the server, and run the command again.",
    )
