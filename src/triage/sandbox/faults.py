"""Limits and faults: what goes wrong on purpose.

A `Faults` holds rules. A request goes through them in order: a rule for another endpoint is passed
by, a rule with requests left to skip counts this one and lets it pass, and the first other rule
that is not used up fires. Each rule is told by JSON values as well, so that another process can
add it over the control interface.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW_MS = 15 * 60 * 1_000


class Kind(StrEnum):
    """What goes wrong. Kinds that end in `_AFTER` do what was asked first."""

    RATE_LIMITED = "429"
    """With the time of the reset, 15 minutes ahead or `reset_after_s`."""
    RATE_LIMITED_NO_RESET = "429-no-reset"
    RATE_LIMITED_BAD_RESET = "429-bad-reset"
    """With a reset header that is no number."""
    RATE_LIMITED_TEXT = "429-text"
    """With a body that is not JSON, as once seen."""
    ERROR = "500"
    UNAVAILABLE = "503"
    UNAVAILABLE_AFTER = "503-after"
    CLOSE = "close"
    """The connection ends without an answer, before anything is done."""
    CLOSE_AFTER = "close-after"
    HANG = "hang"
    """No answer for `hold_s` seconds or until the server is released, then the connection ends."""
    HANG_AFTER = "hang-after"
    TRUNCATED = "truncated"
    """JSON cut in the middle, with a length that fits the cut."""
    CUT_SHORT = "cut-short"
    """The connection ends in the middle of the announced body."""
    HTML = "html"
    """A page for people, with status 200; nothing is done."""
    HTML_AFTER = "html-after"
    ODD_BODY = "odd-body"
    """`status` with the JSON `body`: null, a list, whatever is given; nothing is done."""
    EMPTY_PAGE = "empty-page"
    """No posts, but a token that continues where this page would have begun."""
    TOKEN_EXPIRED = "token-expired"  # noqa: S105 - the name of a fault
    """400 for a page token; requests without one are not touched."""
    UNAUTHORIZED = "401"
    CREDITS = "402"
    DUPLICATE = "duplicate"
    """The last post of this page comes again on the next, or at the end of the only one."""
    OUT_OF_ORDER = "out-of-order"
    NULLS = "nulls"
    """Fields without a value come as null, and so do those of `fields`."""
    BAD_RESET = "bad-reset"
    """A good answer whose reset header is no number."""
    TIMED_OUT = "408"
    TOO_EARLY = "425"
    BAD_GATEWAY = "502"
    GATEWAY_TIMEOUT = "504"
    REDIRECT = "redirect"
    """302 to a page for people, as the sign-in of a hotel's network; nothing is done."""
    ERRORS_ONLY = "errors-only"
    """200 with nothing but `errors`; nothing is done."""
    NO_HTTP = "no-http"
    """Bytes that are no HTTP; nothing is done."""
    NO_HTTP_AFTER = "no-http-after"
    MANY_HEADERS = "many-headers"
    """A good answer with more headers than anybody takes."""
    DRIP = "drip"
    """The answer comes byte by byte, `hold_s` seconds apart, the headers too."""
    BIG_BODY = "big-body"
    """A good answer, blown up with blanks beyond 10 MB."""
    BAD_GZIP = "bad-gzip"
    """Said to be compressed, and is not."""
    CUT_GZIP = "cut-gzip"
    """Compressed, and cut in the middle with a length that fits the cut."""
    GZIP_BOMB = "gzip-bomb"
    """Some kilobytes that unpack to more than 10 MB."""
    BAD_CHUNKS = "bad-chunks"
    """In chunks, whose lengths are no numbers from the second on."""
    SHORT_LENGTH = "short-length"
    """A content-length that is less than the body."""
    BAD_UTF8 = "bad-utf8"
    """JSON with bytes that are no UTF-8."""
    DEEP = "deep"
    """JSON that is nested beyond all reason."""
    ODD_NUMBERS = "odd-numbers"
    """NaN, infinity and numbers of a thousand digits where numbers stand, and beside them."""
    TWICE = "twice"
    """Keys that are there twice, such as a second `meta` without a token."""
    SAME_TOKEN = "same-token"  # noqa: S105 - the name of a fault
    """The token of the next page is the one that was asked with."""
    ELSEWHERE = "elsewhere"
    """Something else is answered than what was asked: the newest page, another post or user."""
    FUTURE_ID = "future-id"
    """One post more, with an id from the day after tomorrow."""
    NUMERIC_IDS = "numeric-ids"
    """Ids are numbers, not text."""
    WRONG_TYPES = "wrong-types"
    """`fields` (of posts and users; `data`, `meta`, `includes`, `meta.next_token`) are `body`."""


GARBLED = frozenset(
    {
        Kind.NO_HTTP_AFTER,
        Kind.MANY_HEADERS,
        Kind.DRIP,
        Kind.BIG_BODY,
        Kind.BAD_GZIP,
        Kind.CUT_GZIP,
        Kind.GZIP_BOMB,
        Kind.BAD_CHUNKS,
        Kind.SHORT_LENGTH,
        Kind.BAD_UTF8,
        Kind.DEEP,
        Kind.ODD_NUMBERS,
        Kind.TWICE,
        Kind.SAME_TOKEN,
        Kind.ELSEWHERE,
        Kind.FUTURE_ID,
        Kind.NUMERIC_IDS,
        Kind.WRONG_TYPES,
    }
)
"""These spoil a good answer itself: see `garble`."""

AFTER = GARBLED | frozenset(
    {
        Kind.UNAVAILABLE_AFTER,
        Kind.CLOSE_AFTER,
        Kind.HANG_AFTER,
        Kind.TRUNCATED,
        Kind.CUT_SHORT,
        Kind.HTML_AFTER,
        Kind.DUPLICATE,
        Kind.OUT_OF_ORDER,
        Kind.NULLS,
        Kind.BAD_RESET,
    }
)
"""These let the request through and spoil the answer."""


@dataclass(slots=True)
class Rule:
    """One thing that goes wrong, where and how often.

    Attributes:
        endpoint: `me`, `user`, `mentions`, `own`, `post`, `posts`, `search`, `create`, `delete`,
            `upload`, `metadata`, those of sign-in (`authorize`, `token`, `revoke`,
            `request_token`, `pin`, `access_token`, `invalidate`), or `*` for all.
        kind: What goes wrong.
        skip: So many matching requests pass first.
        times: So many go wrong then; None is all that follow.
        hold_s: With a hang: seconds at most; with a drip: seconds between two bytes.
        reset_after_s: With `429`: seconds from the sandbox's now; may be negative.
        status: With `odd-body`.
        body: With `odd-body` and `wrong-types`: any JSON value.
        fields: With `nulls`: more fields that become null in every post; with `wrong-types`:
            which are spoilt.
    """

    endpoint: str
    kind: Kind
    skip: int = 0
    times: int | None = 1
    hold_s: float = 600.0
    reset_after_s: int = 900
    status: int = 400
    body: Any = None
    fields: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rule:
        """Take a rule from JSON values. Raises `ValueError` naming what is wrong."""
        try:
            values = dict(data)
            values["kind"] = Kind(values["kind"])
            values["fields"] = tuple(values.get("fields", ()))
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise ValueError(f"a fault needs endpoint and kind: {error}") from error


class Faults:
    """The rules in force, in order. Safe to use from several threads."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, *rules: Rule) -> None:
        """Put rules behind those that are there."""
        with self._lock:
            self._rules.extend(rules)

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()

    def pending(self) -> list[Rule]:
        """Give the rules that are not used up."""
        with self._lock:
            return [rule for rule in self._rules if rule.times != 0]

    def take(self, endpoint: str, query: Mapping[str, str]) -> Rule | None:
        """Tell what goes wrong with a request, and count it."""
        with self._lock:
            for rule in self._rules:
                if rule.times == 0 or rule.endpoint not in ("*", endpoint):
                    continue
                if rule.kind is Kind.TOKEN_EXPIRED and "pagination_token" not in query:
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                if rule.times is not None:
                    rule.times -= 1
                return rule
        return None


@dataclass(frozen=True, slots=True)
class Limit:
    """Requests per 15 minutes: by the app's token, and by an account's."""

    app: int
    user: int


LIMITS: Mapping[str, Limit] = {
    "me": Limit(75, 75),
    "user": Limit(300, 900),
    "mentions": Limit(450, 300),
    "own": Limit(10_000, 900),
    "post": Limit(450, 900),
    "posts": Limit(3_500, 5_000),
    "search": Limit(450, 300),
    "create": Limit(100, 100),
    "delete": Limit(50, 50),
    "upload": Limit(500, 500),
    "metadata": Limit(500, 500),
}


@dataclass(slots=True)
class _Window:
    ends_ms: int
    used: int = 0


@dataclass(slots=True)
class Limits:
    """Counting requests in windows of 15 minutes of the sandbox's time.

    Attributes:
        table: The limits by endpoint; may be replaced to run into one soon.
    """

    table: dict[str, Limit] = field(default_factory=lambda: dict(LIMITS))
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(
        self, endpoint: str, who: str, now_ms: int, *, app: bool
    ) -> tuple[bool, dict[str, str]]:
        """Count a request; tell whether it is within the limit, and give the headers."""
        limit = self.table[endpoint].app if app else self.table[endpoint].user
        with self._lock:
            window = self._windows.get((endpoint, who))
            # A clock that was set back begins anew, or the window would never end.
            if window is None or not window.ends_ms - WINDOW_MS <= now_ms < window.ends_ms:
                window = self._windows[endpoint, who] = _Window(now_ms + WINDOW_MS)
            allowed = window.used < limit
            window.used += allowed
            remaining = limit - window.used
        return allowed, {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(0, remaining)),
            "x-rate-limit-reset": str(-(-window.ends_ms // 1_000)),
        }

    def forget(self) -> None:
        """Begin all windows anew."""
        with self._lock:
            self._windows.clear()
