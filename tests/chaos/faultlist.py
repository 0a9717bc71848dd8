"""Everything that can go wrong with a call to X, and how the call must end while it lasts.

A new fault is one entry here, and a new call one in `calls.py`: the suites run each at each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from triage.sandbox.faults import AFTER, Kind, Rule

OK, FAILED, SIGN_IN, UNKNOWN, TRY_LATER = 0, 1, 4, 5, 75

PAGE, LOOKUP, PROFILE, CREATE, DELETE = "page", "lookup", "profile", "create", "delete"
"""Kinds of calls: what a fault means depends on what was asked for."""
READS = (PAGE, LOOKUP, PROFILE)
PATIENT_S, HASTY_S = 15.0, 0.08
"""Time-outs: of all cases, and of those that are about to reach it."""


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: As the sandbox does it.
        ends: The exit code by kind of call; a kind that is not there is not touched by the fault.
        options: More of the sandbox's rule.
        name: For the name of a test.
        slow: It takes a time-out, which is short for it.
        told: A run that succeeds in spite of it has something to say.
        matters: It is among those that are combined in pairs.
    """

    kind: Kind
    ends: Mapping[str, int]
    options: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    slow: bool = False
    told: bool = False
    matters: bool = False

    def __str__(self) -> str:
        return self.name or self.kind.value

    @property
    def is_done(self) -> bool:
        """What was asked for is done before it goes wrong."""
        return self.kind in AFTER

    def rule(self, endpoint: str, skip: int = 0, times: int | None = None) -> Rule:
        """The sandbox's rule for it; it lasts until the rules are cleared, or so many times."""
        return Rule(endpoint, self.kind, skip=skip, times=times, **self.options)


def _ends(reads: int, create: int | None = None, delete: int | None = None) -> dict[str, int]:
    """Codes of all reads, and of what changes something."""
    changes = {CREATE: create, DELETE: delete}
    return {**dict.fromkeys(READS, reads), **{k: v for k, v in changes.items() if v is not None}}


def _broken(delete: int = TRY_LATER) -> dict[str, int]:
    """The network's fault: what was read is read later, what was sent is of unknown fate."""
    return _ends(TRY_LATER, UNKNOWN, delete)


def _unreadable() -> dict[str, int]:
    """An answer that cannot be read."""
    return _ends(FAILED, UNKNOWN, FAILED)


def _wrong(field_name: str, body: object, **ends: int) -> Fault:
    return Fault(
        Kind.WRONG_TYPES,
        ends,
        {"fields": (field_name,), "body": body},
        name=f"{field_name} is {body!r}",
    )


_STATUSES = (
    Fault(Kind.TIMED_OUT, _broken()),
    Fault(Kind.TOO_EARLY, _ends(TRY_LATER, TRY_LATER, TRY_LATER)),
    Fault(Kind.ERROR, _broken()),
    Fault(Kind.BAD_GATEWAY, _broken()),
    Fault(Kind.UNAVAILABLE, _broken()),
    Fault(Kind.GATEWAY_TIMEOUT, _broken()),
    Fault(Kind.UNAVAILABLE_AFTER, _broken()),
    Fault(Kind.REDIRECT, _unreadable()),
    Fault(Kind.UNAUTHORIZED, _ends(SIGN_IN, SIGN_IN, SIGN_IN), matters=True),
    Fault(Kind.CREDITS, _ends(FAILED, FAILED, FAILED)),
    Fault(Kind.ODD_BODY, _ends(FAILED, FAILED, FAILED), {"status": 400}, name="400 null"),
    Fault(
        Kind.ODD_BODY,
        _ends(FAILED, FAILED, FAILED),
        {"status": 403, "body": {"detail": "Not for you."}},
        name="403",
    ),
    Fault(Kind.RATE_LIMITED, _ends(TRY_LATER, TRY_LATER, TRY_LATER), matters=True),
    Fault(Kind.RATE_LIMITED_NO_RESET, _ends(TRY_LATER, TRY_LATER, TRY_LATER)),
    Fault(Kind.RATE_LIMITED_BAD_RESET, _ends(TRY_LATER, TRY_LATER, TRY_LATER)),
    Fault(Kind.RATE_LIMITED_TEXT, _ends(TRY_LATER, TRY_LATER, TRY_LATER)),
)

_ON_THE_WIRE = (
    Fault(Kind.CLOSE, _broken()),
    Fault(Kind.CLOSE_AFTER, _broken(), matters=True),
    Fault(Kind.HANG, _broken(), slow=True),
    Fault(Kind.HANG_AFTER, _broken(), slow=True),
    Fault(Kind.DRIP, _broken(), {"hold_s": 0.01}, slow=True),
    Fault(Kind.NO_HTTP, _broken()),
    Fault(Kind.NO_HTTP_AFTER, _broken()),
    Fault(Kind.MANY_HEADERS, _broken()),
    Fault(Kind.CUT_SHORT, _broken()),
    Fault(Kind.BAD_CHUNKS, _broken()),
    Fault(Kind.SHORT_LENGTH, _unreadable()),
    Fault(Kind.TRUNCATED, _unreadable(), matters=True),
    Fault(Kind.BIG_BODY, _ends(FAILED, OK, FAILED)),
    Fault(Kind.GZIP_BOMB, _ends(FAILED, OK, FAILED)),
    Fault(Kind.BAD_GZIP, _unreadable()),
    Fault(Kind.CUT_GZIP, _unreadable()),
)

_IN_THE_BODY = (
    Fault(Kind.HTML, _unreadable()),
    Fault(Kind.HTML_AFTER, _unreadable()),
    Fault(Kind.ERRORS_ONLY, _unreadable()),
    Fault(Kind.BAD_UTF8, _unreadable()),
    Fault(Kind.DEEP, _unreadable()),
    Fault(Kind.TWICE, _unreadable()),
    Fault(Kind.ODD_NUMBERS, _ends(OK, OK, OK)),
    Fault(Kind.NUMERIC_IDS, _ends(OK, OK, OK)),
    Fault(Kind.BAD_RESET, _ends(OK, OK, OK)),
    Fault(Kind.ELSEWHERE, _ends(FAILED)),
    Fault(Kind.DUPLICATE, {PAGE: OK}),
    Fault(Kind.OUT_OF_ORDER, {PAGE: OK}),
    Fault(Kind.NULLS, {PAGE: OK}, {"fields": ("lang", "entities", "note_tweet")}),
    Fault(Kind.EMPTY_PAGE, {PAGE: FAILED}),
    Fault(Kind.SAME_TOKEN, {PAGE: OK}),
    Fault(Kind.FUTURE_ID, {PAGE: OK}, told=True),
    _wrong(
        "data", "none", page=FAILED, lookup=FAILED, profile=FAILED, create=UNKNOWN, delete=FAILED
    ),
    _wrong("data", {}, page=FAILED, lookup=FAILED, profile=FAILED, create=UNKNOWN, delete=FAILED),
    _wrong("id", [5], page=FAILED, lookup=FAILED, profile=FAILED, create=UNKNOWN),
    _wrong("meta", [], page=FAILED),
    _wrong("meta.next_token", 5, page=FAILED),
    _wrong("includes", "none", page=FAILED),
    _wrong("text", 5, page=OK),
    _wrong("author_id", {}, page=OK),
    _wrong("conversation_id", [1], page=OK),
    _wrong("created_at", 5, page=OK),
    _wrong("lang", ["en"], page=OK),
    _wrong("entities", "none", page=OK),
    _wrong("referenced_tweets", {"id": 1}, page=OK),
    _wrong("edit_history_tweet_ids", "none", page=OK),
    _wrong("in_reply_to_user_id", {}, page=OK),
    _wrong("note_tweet", 5, page=OK),
    _wrong("username", 5, page=OK, profile=OK),
    _wrong("name", {}, page=OK, profile=OK),
    _wrong("public_metrics", [1], page=OK, profile=OK),
    _wrong("protected", "yes", page=OK),
)

FAULTS: tuple[Fault, ...] = (*_STATUSES, *_ON_THE_WIRE, *_IN_THE_BODY)
