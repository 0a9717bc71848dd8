"""Which posts of a list a request asks for: ids, times, page tokens, and searching."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from triage.sandbox import problems
from triage.sandbox.state import Post, State, id_at, ms_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SEARCH_DEPTH_MS = 7 * 24 * 3_600 * 1_000
_ID = re.compile(r"[0-9]{1,19}")
_OPERATORS = frozenset({"conversation_id", "from", "to", "lang", "is"})
_TERM = re.compile(r'-?(?:[\w:.]*"[^"]*"|[^\s"]+)')


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that is asked for; ids exclusive, times inclusive of their start.

    Attributes:
        before: Only ids smaller than this.
        after: Only ids greater than this.
        uses_since: `since_id` was given, which X answers less reliably.
    """

    before: int | None
    after: int | None
    uses_since: bool
    size: int

    def cut(self, posts: Iterable[Post]) -> tuple[list[Post], bool]:
        """Give the posts of this window and whether more follow. Newest first in and out."""
        found: list[Post] = []
        for post in posts:
            number = int(post.id)
            if self.before is not None and number >= self.before:
                continue
            if self.after is not None and number <= self.after:
                continue
            if self.uses_since and post.shy:
                continue
            if len(found) == self.size:
                return found, True
            found.append(post)
        return found, False


def window(query: Mapping[str, str], *, smallest: int, generation: int, host: str) -> Window:
    """Read the window of a request.

    Args:
        query: Its parameters.
        smallest: The least `max_results` of this endpoint; the greatest is 100.
        generation: Page tokens of another one have expired.
        host: Where problem types live.

    Raises:
        problems.Problem: A parameter is not as the contract wants it.
    """
    size = query.get("max_results", "10")
    if not size.isascii() or not size.isdigit() or not smallest <= int(size) <= 100:  # noqa: PLR2004
        raise problems.invalid(
            host,
            f"The `max_results` query parameter value [{size}] is not between {smallest} and 100",
            "max_results",
            size,
        )
    before = [_number(query, "until_id", host)]
    after = [_number(query, "since_id", host)]
    if (start := _moment(query, "start_time", host)) is not None and after[0] is None:
        after.append(id_at(start) - 1)
    if (end := _moment(query, "end_time", host)) is not None and before[0] is None:
        before.append(id_at(end))
    before.extend(
        read_token(query[name], generation, name, host)
        for name in ("pagination_token", "next_token")
        if name in query
    )
    return Window(
        before=min((b for b in before if b is not None), default=None),
        after=max((a for a in after if a is not None), default=None),
        uses_since="since_id" in query,
        size=int(size),
    )


def make_token(before: int, generation: int, serial: int) -> str:
    """Make a page token: opaque to the reader, different each time."""
    words = f"{generation}:{before}:{serial}".encode()
    return base64.b32hexencode(words).decode().rstrip("=").lower()


def read_token(token: str, generation: int, name: str, host: str) -> int:
    """Tell where a page token continues. Raises `problems.Problem` if it is not good any more."""
    try:
        padded = token.upper() + "=" * (-len(token) % 8)
        made_in, before, _ = base64.b32hexdecode(padded).decode("ascii").split(":")
        if int(made_in) == generation:
            return int(before)
    except (binascii.Error, ValueError):
        pass
    raise bad_token(token, name, host)


def bad_token(token: str, name: str, host: str) -> problems.Problem:
    """Make the 400 for a page token that is wrong or has expired."""
    message = f"The `{name}` query parameter value [{token}] is not valid"
    return problems.invalid(host, message, name, token)


def recent_only(query: Mapping[str, str], now_ms: int, host: str) -> None:
    """Refuse a search that reaches back more than seven days, as X does."""
    oldest = now_ms - SEARCH_DEPTH_MS
    since = query.get("since_id")
    if since is not None and ms_of(since) < oldest:
        at = datetime.fromtimestamp(oldest / 1_000, tz=UTC).strftime("%Y-%m-%dT%H:%MZ")
        raise problems.invalid(
            host,
            f"'since_id' must be a tweet id created after {at}. Please use a 'since_id' that is"
            f" larger than {id_at(oldest)}",
            "since_id",
            since,
        )
    start = _moment(query, "start_time", host)
    if start is not None and start < oldest:
        at = datetime.fromtimestamp(oldest / 1_000, tz=UTC).strftime("%Y-%m-%dT%H:%MZ")
        message = f"Invalid 'start_time':'{query['start_time']}'. 'start_time' must be on or after"
        raise problems.invalid(host, f"{message} {at}", "start_time", query["start_time"])


def search(state: State, expression: str, host: str) -> list[Post]:
    """Give the posts of the last seven days that match a query, newest first.

    Understood are words, quoted phrases, `@handle`, `#tag`, `from:`, `to:`, `conversation_id:`,
    `lang:`, `is:reply|quote|retweet`, `-` before a term, and `OR`. Raises `problems.Problem` for
    brackets and other operators.
    """
    branches: list[list[str]] = [[]]
    for term in _TERM.findall(expression):
        if term == "OR":
            branches.append([])
        else:
            _check_term(term.removeprefix("-"), host)
            branches[-1].append(term)
    if not all(branches):
        raise problems.invalid(host, "Rules must contain at least one term", "query", expression)
    oldest = state.now_ms() - SEARCH_DEPTH_MS
    return [
        post
        for post in state.current()
        if ms_of(post.id) >= oldest
        and any(all(_matches(state, post, t) for t in terms) for terms in branches)
    ]


def _check_term(term: str, host: str) -> None:
    name, colon, value = term.partition(":")
    known = name in _OPERATORS and (name != "is" or value in ("reply", "quote", "retweet"))
    if (colon and not known and not term.startswith('"')) or set("()") & set(term):
        message = "There were errors processing your request: Reference to invalid operator"
        raise problems.invalid(host, f"{message} '{name}'", "query", term)


def _matches(state: State, post: Post, term: str) -> bool:
    if term.startswith("-"):
        return not _matches(state, post, term[1:])
    if term.startswith("@"):
        return term[1:].lower() in state.mentioned(post)
    name, colon, value = term.partition(":")
    if not colon or name not in _OPERATORS:
        return term.strip('"').lower() in state.plain(post).lower()
    if name == "is":
        references = {"reply": post.reply_to, "quote": post.quote_of, "retweet": post.repost_of}
        return references[value] is not None
    if name in ("from", "to"):
        user = state.user_named(value)
        given = post.author_id if name == "from" else post.reply_to_user
        return user is not None and given == user.id
    return value == (post.conversation_id if name == "conversation_id" else post.lang)


def _number(query: Mapping[str, str], name: str, host: str) -> int | None:
    value = query.get(name)
    if value is None:
        return None
    if not _ID.fullmatch(value):
        message = f"The `{name}` query parameter value [{value}] does not match ^[0-9]{{1,19}}$"
        raise problems.invalid(host, message, name, value)
    return int(value)


def _moment(query: Mapping[str, str], name: str, host: str) -> int | None:
    value = query.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if "T" not in value or moment.utcoffset() != timedelta(0):
            raise ValueError(value)
    except ValueError:
        message = f"The `{name}` query parameter value [{value}] is not a valid RFC 3339 time"
        raise problems.invalid(host, message, name, value) from None
    return int(moment.timestamp()) * 1_000
