"""What X's answers mean: statuses, headers and error bodies as the errors and fates of core. Pure.

X's bodies come in several shapes (problem documents, `errors` lists, plain text, HTML, `null`):
whatever does not fit is described by its status alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from triage.core.channel import Fate, PostOutcome
from triage.core.model import HOUR, MINUTE, SECOND
from triage.core.text import clean, one_line
from triage.errors import (
    ChannelError,
    NetworkDown,
    RateLimited,
    SignInNeeded,
    TriageError,
)

Json = Mapping[str, Any]

SKEW_MATTERS = MINUTE
"""Two clocks that differ by no more are taken for one, ms."""

_WINDOW = 15 * MINUTE
_SOONEST = 5 * SECOND
_LATEST = 25 * HOUR
_DETAIL = 300
_LIMITS = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")
_SIGN_IN = re.compile(
    r"/(?:client-forbidden|unsupported-authentication|oauth1-permissions)\Z", re.IGNORECASE
)

_ID = re.compile(r"[0-9]{1,19}")

OK = frozenset({200, 201})
BAD_REQUEST = 400
UNAUTHORIZED = 401
PAYMENT = 402
FORBIDDEN = 403
NOT_FOUND = 404
TIMED_OUT = 408
TOO_LARGE = 413
TOO_EARLY = 425
TOO_MANY = 429
REDIRECT = 300
SERVER_ERROR = 500

NEXT_TIME = "Nothing to do: the next fetch continues from there"
_LATER = "Try again in some minutes; see https://docs.x.com/status if it stays"
_HINTS: Mapping[int, str] = {
    BAD_REQUEST: "Look for a newer version of triage; X may have changed what it accepts",
    FORBIDDEN: "Look in the X developer console at what the app and its account may do",
    NOT_FOUND: "Look on x.com whether the account is still there",
}
_ANOTHER = "Something that is not X may have answered: sign in to the network, look at HTTPS_PROXY"


class Flaw(StrEnum):
    """Why a body is not whole."""

    BROKE_OFF = "it broke off"
    TOO_SLOW = "it came too slowly"
    TOO_LONG = "it is longer than any answer of X"
    COMPRESSION = "its compression is broken"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request.

    Attributes:
        status: Of HTTP.
        headers: By name in small letters.
        body: Decoded from its transfer; at most as long as the reader allows.
        flaw: Why the body is not whole; None if it is.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    flaw: Flaw | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How much of a limit is left.

    Attributes:
        limit: Requests per window.
        remaining: Requests left in this window.
        reset_at: When the next window begins, UTC epoch ms.
    """

    limit: int
    remaining: int
    reset_at: int


class Unreadable(ChannelError):
    """A good status with a body that is no JSON object: worth another try."""


class Missing(ChannelError):
    """A 404: what was asked for is not there."""


class NotAccepted(SignInNeeded):
    """A 401: another token might be accepted."""


def document(answer: Answer) -> Json:
    """Read the JSON object of a good answer. Raises `Unreadable`, or `NetworkDown` for a break."""
    if answer.flaw in (Flaw.BROKE_OFF, Flaw.TOO_SLOW):
        raise NetworkDown(
            "X's answer did not arrive whole",
            reason=f"status {answer.status}, cut short: {answer.flaw}",
            hint=NEXT_TIME,
        )
    body = _json(answer)
    if answer.flaw is not None or not isinstance(body, Mapping):
        raise Unreadable(
            "X gave an answer that cannot be read",
            reason=f"status {answer.status}, {_shape(answer, body)}",
            hint=_LATER,
        )
    return body


def error(answer: Answer, endpoint: str, now: int) -> TriageError:
    """Give the error that a refused read means.

    Args:
        answer: One whose status is not in `OK`.
        endpoint: What was asked for, such as `mentions`.
        now: UTC epoch ms.
    """
    words = detail(answer)
    if answer.status == TOO_MANY:
        return RateLimited(
            f"X asks to wait before more of {endpoint} is read",
            reset_at=reset_at(answer.headers, now),
            endpoint=endpoint,
            reason=words,
            hint=NEXT_TIME,
        )
    if needs_sign_in(answer):
        kind = NotAccepted if answer.status == UNAUTHORIZED else SignInNeeded
        return kind(
            "X did not accept the credentials",
            reason=words,
            hint="Sign in: triage auth login. Or renew the keys in the X developer console",
        )
    if answer.status == PAYMENT:
        return ChannelError(
            "The X account has no credit left",
            reason=words,
            hint="Add credit in the X developer console",
        )
    if may_pass(answer.status):
        message = f"X is out of order (status {answer.status})"
        return NetworkDown(message, reason=words, hint=NEXT_TIME)
    other = Missing if answer.status == NOT_FOUND else ChannelError
    hint = _ANOTHER if answer.status < BAD_REQUEST else _HINTS.get(answer.status, _LATER)
    return other(f"X refused to give {endpoint} (status {answer.status})", reason=words, hint=hint)


def may_pass(status: int) -> bool:
    """Tell whether a status says that the same request may be answered later."""
    return status >= SERVER_ERROR or status in (TIMED_OUT, TOO_EARLY)


def outcome(answer: Answer, now: int) -> PostOutcome:
    """Give the fate of a post from the answer to it; `now` in UTC epoch ms.

    Only an id in hand is a success, only a clear refusal is a failure. Everything between may
    have been published.
    """
    words = detail(answer)
    if answer.status == TOO_MANY:
        reset = reset_at(answer.headers, now)
        return PostOutcome(Fate.NOT_SENT, detail=words, retry_at=reset)
    if answer.status == TOO_EARLY:
        return PostOutcome(Fate.NOT_SENT, detail=words)  # by its very meaning: not looked at
    if BAD_REQUEST <= answer.status < SERVER_ERROR and answer.status != TIMED_OUT:
        return PostOutcome(Fate.REFUSED, detail=words, sign_in=needs_sign_in(answer))
    native_id = created_id(answer)
    if native_id is not None:
        return PostOutcome(Fate.SENT, native_id=native_id)
    return PostOutcome(Fate.UNKNOWN, detail=words)


def created_id(answer: Answer) -> str | None:
    """Give the id of what was created, if the answer confirms it."""
    body = _json(answer)
    data = body.get("data") if isinstance(body, Mapping) else None
    native_id = data.get("id") if isinstance(data, Mapping) else None
    # A number would still be the id of what is public.
    text = "" if isinstance(native_id, bool) else str(native_id)
    return text if answer.status in OK and _ID.fullmatch(text) else None


def needs_sign_in(answer: Answer) -> bool:
    """Tell whether other credentials would have been accepted."""
    if answer.status == UNAUTHORIZED:
        return True
    body = _json(answer)
    if answer.status != FORBIDDEN or not isinstance(body, Mapping):
        return False
    kind = str(body.get("type") or "")
    return body.get("reason") == "client-not-enrolled" or _SIGN_IN.search(kind) is not None


def reset_at(headers: Mapping[str, str], now: int) -> int:
    """Tell when a limit that was reached ends, UTC epoch ms.

    Without a usable header it is a whole window from now; a moment that has passed by our clock is
    some seconds from now, so that two clocks that differ do not make a busy loop. Where X's answer
    tells its time, the moment is put into ours.
    """
    limits = [limit for limit in _limits(headers, now) if limit is not None]
    spent = [limit.reset_at for limit in limits if limit.remaining <= 0]
    resets = spent or [limit.reset_at for limit in limits]
    if not resets or not 0 < max(resets) <= now + _LATEST:
        return now + _WINDOW
    return max(*resets, now + _SOONEST)


def rate_limit(headers: Mapping[str, str], now: int) -> RateLimit | None:
    """Read the headers that tell how much of a limit is left; None if they do not."""
    return next(_limits(headers, now))


def clock_skew(headers: Mapping[str, str], asked_at: int, now: int) -> int | None:
    """Tell how far X's clock is ahead of ours, ms; negative behind, None if X does not say.

    An answer that was long on its way has a Date somewhere between: that is no difference.

    Args:
        headers: Of the answer; its Date has whole seconds.
        asked_at: When the request began, UTC epoch ms.
        now: When the answer was there, UTC epoch ms.
    """
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
        at = round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * SECOND)
    except (ValueError, OverflowError):
        return None
    if at > now:
        return at - now
    return min(0, at + SECOND - asked_at)


def detail(answer: Answer) -> str:
    """Give X's own words, in one line, without anything that commands a terminal."""
    body = _json(answer)
    words = said(body) if isinstance(body, Mapping) else ""
    if not words and "text/plain" in answer.headers.get("content-type", ""):
        words = answer.body.decode("utf-8", "replace")
    return _tidy(words) or f"status {answer.status}, {_shape(answer, body)}"


def is_worded(answer: Answer) -> bool:
    """Tell whether a body is a JSON object that says something."""
    body = _json(answer)
    return isinstance(body, Mapping) and bool(said(body))


def said(body: Json) -> str:
    """Give the most telling words of a JSON body, tidied as in `detail`; empty if it has none."""
    return _tidy(next(_sayings(body), ""))


def _tidy(words: str) -> str:
    words = one_line(words)
    return words if len(words) <= _DETAIL else words[: _DETAIL - 1] + "\u2026"


def _sayings(body: Json) -> Iterator[str]:
    """Go through what a body says, the most telling first."""
    errors = body.get("errors")
    for entry in errors if isinstance(errors, list) else ():
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, Mapping):
            yield from _strings(entry, "message", "detail", "title")
    yield from _strings(body, "detail", "error_description", "error", "title")


def _strings(entry: Json, *names: str) -> Iterator[str]:
    for name in names:
        value = entry.get(name)
        if isinstance(value, str) and value.strip():
            yield value


def _limits(headers: Mapping[str, str], now: int) -> Iterator[RateLimit | None]:
    skew = clock_skew(headers, now, now) or 0
    ahead = skew if abs(skew) > SKEW_MATTERS else 0
    for prefix in _LIMITS:
        reset = _number(headers.get(f"{prefix}-reset"))
        if reset is None:
            yield None
            continue
        limit = _number(headers.get(f"{prefix}-limit")) or 0
        remaining = _number(headers.get(f"{prefix}-remaining")) or 0
        yield RateLimit(limit, remaining, reset * SECOND - ahead)


def _number(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isdecimal() and len(text) < len(str(2**63)) else None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is there twice")
    return made


def _json(answer: Answer) -> object:
    try:
        # A key that is there twice could hide where a page goes on: such an object is none.
        value: object = json.loads(answer.body, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return ...
    return value


def _shape(answer: Answer, body: object) -> str:
    if answer.flaw is not None:
        return f"cut short: {answer.flaw}"
    if body is ...:
        kind = answer.headers.get("content-type", "").partition(";")[0]
        return "broken JSON" if kind.endswith("json") else f"{clean(kind) or 'a body'}, not JSON"
    return "without words" if isinstance(body, Mapping) else "JSON of an unknown shape"
