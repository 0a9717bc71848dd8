"""What X's answers mean: statuses, headers and error bodies as the errors and fates of core. Pure.

X's bodies come in several shapes (problem documents, `errors` lists, plain text, HTML, `null`):
whatever does not fit is described by its status alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from triage.core.channel import Fate, PostOutcome
from triage.core.model import HOUR, MINUTE, SECOND
from triage.core.text import clean
from triage.errors import (
    ChannelError,
    NetworkDown,
    RateLimited,
    SignInNeeded,
    TriageError,
)

Json = Mapping[str, Any]

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
TOO_MANY = 429
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request.

    Attributes:
        status: Of HTTP.
        headers: By name in small letters.
        body: Decoded from its transfer; at most as long as the reader allows.
        complete: False if the connection ended, or the limit was reached, before the body did.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    complete: bool = True


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


def document(answer: Answer) -> Json:
    """Read the JSON object of a good answer. Raises `Unreadable`."""
    body = _json(answer)
    if not answer.complete or not isinstance(body, Mapping):
        raise Unreadable(
            "X gave an answer that cannot be read",
            reason=f"status {answer.status}, {_shape(answer, body)}",
            hint="Try again in some minutes; see https://docs.x.com/status if it stays",
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
        )
    if needs_sign_in(answer):
        return SignInNeeded(
            "X did not accept the credentials",
            reason=words,
            hint="Renew the keys in the X developer console and put them into credentials.toml",
        )
    if answer.status == PAYMENT:
        return ChannelError(
            "The X account has no credit left",
            reason=words,
            hint="Add credit in the X developer console",
        )
    if answer.status >= SERVER_ERROR or answer.status == TIMED_OUT:
        return NetworkDown(f"X is out of order (status {answer.status})", reason=words)
    kind = Missing if answer.status == NOT_FOUND else ChannelError
    return kind(f"X refused to give {endpoint} (status {answer.status})", reason=words)


def outcome(answer: Answer, now: int) -> PostOutcome:
    """Give the fate of a post from the answer to it; `now` in UTC epoch ms.

    Only an id in hand is a success, only a clear refusal is a failure. Everything between may
    have been published.
    """
    words = detail(answer)
    if answer.status == TOO_MANY:
        reset = reset_at(answer.headers, now)
        return PostOutcome(Fate.NOT_SENT, detail=words, retry_at=reset)
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
    some seconds from now, so that two clocks that differ do not make a busy loop.
    """
    limits = [limit for limit in _limits(headers) if limit is not None]
    spent = [limit.reset_at for limit in limits if limit.remaining <= 0]
    resets = spent or [limit.reset_at for limit in limits]
    if not resets or not 0 < max(resets) <= now + _LATEST:
        return now + _WINDOW
    return max(*resets, now + _SOONEST)


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Read the headers that tell how much of a limit is left; None if they do not."""
    return next(_limits(headers))


def detail(answer: Answer) -> str:
    """Give X's own words, in one line, without anything that commands a terminal."""
    body = _json(answer)
    words = said(body) if isinstance(body, Mapping) else ""
    if not words and "text/plain" in answer.headers.get("content-type", ""):
        words = answer.body.decode("utf-8", "replace")
    words = " ".join(clean(words).split()) or f"status {answer.status}, {_shape(answer, body)}"
    return words if len(words) <= _DETAIL else words[: _DETAIL - 1] + "\u2026"


def said(body: Json) -> str:
    """Give the most telling words of a JSON body; empty if it has none."""
    return next(_sayings(body), "")


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


def _limits(headers: Mapping[str, str]) -> Iterator[RateLimit | None]:
    for prefix in _LIMITS:
        reset = _number(headers.get(f"{prefix}-reset"))
        if reset is None:
            yield None
            continue
        limit = _number(headers.get(f"{prefix}-limit")) or 0
        remaining = _number(headers.get(f"{prefix}-remaining")) or 0
        yield RateLimit(limit, remaining, reset * SECOND)


def _number(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isdecimal() and len(text) < len(str(2**63)) else None


def _json(answer: Answer) -> object:
    try:
        value: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ...
    return value


def _shape(answer: Answer, body: object) -> str:
    if not answer.complete:
        return "cut short"
    if body is ...:
        kind = answer.headers.get("content-type", "").partition(";")[0]
        return "broken JSON" if kind.endswith("json") else f"{clean(kind) or 'a body'}, not JSON"
    return "without words" if isinstance(body, Mapping) else "JSON of an unknown shape"
