"""The X channel: pages of mentions and of our own posts, and replies that are posted once.

tweepy and its network stack are imported at the first request: what needs only the length of a
text or the address of a post does not pay for them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from triage.channels.x import answers, payload
from triage.channels.x.answers import Answer, Json, RateLimit
from triage.channels.x.fields import USER_PARAMETERS, post_parameters
from triage.channels.x.length import MAX_WEIGHTED_LENGTH, weighted_length
from triage.channels.x.loopback import loopback_base
from triage.core.channel import (
    Capabilities,
    Fate,
    Lookup,
    Outgoing,
    Page,
    PageRequest,
    PostOutcome,
    Stream,
)
from triage.errors import (
    ChannelError,
    ConfigError,
    CursorExpired,
    NetworkDown,
    NotFound,
    SignInNeeded,
)

if TYPE_CHECKING:
    from triage.channels.x.client import XClient
    from triage.core.credentials import Credentials
    from triage.core.model import Author

HISTORY_LIMIT = 800
"""How many mentions X gives back, counted from the newest."""

_SMALLEST_PAGE, _LARGEST_PAGE = 5, 100
_LOOKUP_SIZE = 100
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_ID = re.compile(r"[0-9]{1,19}")
_ROUTES = {Stream.MENTIONS: "mentions", Stream.OWN: "tweets"}
_KEYS_HINT = "Put OAuth 1.0a keys or a user token of the account into credentials.toml"

_log = logging.getLogger(__name__)


class XChannel:
    """One account's way to X. See `triage.core.channel.Channel` for what each method promises.

    Attributes:
        limits: What X last said about its rate limits, by endpoint (`mentions`, `own`, ...).
    """

    name = "x"

    def __init__(
        self,
        credentials: Credentials,
        *,
        now: Callable[[], int],
        base_url: str | None = None,
        timeout_s: tuple[float, float] = (5.0, 20.0),
        attempts: int = 3,
        retry_wait_s: float = 0.5,
        time_left_s: Callable[[], float] | None = None,
        fields: str = "tweet",
        page_size: int = _LARGEST_PAGE,
        account_handle: str | None = None,
    ) -> None:
        """Prepare; nothing is imported and nothing is sent.

        Args:
            credentials: What to sign with.
            now: The clock, UTC epoch ms.
            base_url: A loopback server that stands in for X.
            timeout_s: Seconds to connect, and to wait for each piece of an answer.
            attempts: How often a read is tried in all.
            retry_wait_s: Seconds before the second try; doubled with each, with jitter; 0 waits
                not at all.
            time_left_s: Seconds that the whole run may still take; None is without end.
            fields: Which spelling of its contract X is spoken to in: `tweet` or `post`.
            page_size: Posts per page, 5 to 100.
            account_handle: Whose account it is, for credentials that cannot tell (an app's token).

        Raises:
            ConfigError: `fields` or `page_size` is not one that X knows, or `base_url` leads away
                from this computer.
        """
        if not _SMALLEST_PAGE <= page_size <= _LARGEST_PAGE:
            raise ConfigError(f"A page of X has 5 to 100 posts, not {page_size}")
        if base_url is not None:
            loopback_base(base_url)
        self.capabilities = Capabilities(
            can_post=credentials.can_post,
            history_limit=HISTORY_LIMIT,
            max_length=MAX_WEIGHTED_LENGTH,
            id_epoch_ms=payload.SNOWFLAKE_EPOCH_MS,
        )
        self.limits: dict[str, RateLimit] = {}
        self._credentials = credentials
        self._now = now
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._retry_wait_s = retry_wait_s
        self._time_left_s = time_left_s
        self._fields = post_parameters(fields)
        self._page_size = page_size
        self._account_handle = account_handle

    def me(self) -> Author:
        """Tell whose credentials these are; an app's token has only `account_handle` to go by."""
        if self._credentials.can_post:
            body = self._get("me", "/2/users/me", USER_PARAMETERS, as_user=True)
            return _author(body, "the account of these credentials")
        if self._account_handle is None:
            raise SignInNeeded(
                "These X credentials belong to an app, not to an account", hint=_KEYS_HINT
            )
        return self.account(self._account_handle)

    def account(self, handle: str) -> Author:
        """Look up an account by handle, with or without `@`."""
        name = handle.removeprefix("@")
        if _HANDLE.fullmatch(name) is None:
            raise NotFound(
                f"{handle!r} is no handle of X", hint="Use 1 to 15 letters, digits and underscores"
            )
        try:
            body = self._get("user", f"/2/users/by/username/{name}", USER_PARAMETERS)
        except answers.Missing as error:
            raise NotFound(f"X does not know @{name}", reason=error.reason) from error
        if "data" not in body and payload.reports_missing(body):
            raise NotFound(f"X does not know @{name}", reason=answers.said(body))
        return _author(body, f"@{name}")

    def page(self, stream: Stream, account_id: str, request: PageRequest) -> Page:
        """Read one page, newest first. A 400 to a token means that it is not accepted any more."""
        params = {**self._fields, "max_results": str(self._page_size)}
        if request.since_id is not None:
            params["since_id"] = request.since_id
        if request.token is not None:
            params["pagination_token"] = request.token
        elif request.until_id is not None:
            params["until_id"] = request.until_id
        route = f"/2/users/{_checked_id(account_id)}/{_ROUTES[stream]}"
        body = self._get(stream.value, route, params, with_token=request.token is not None)
        meta = body.get("meta")
        if "data" not in body and not isinstance(meta, Mapping):
            # No posts and no word that there are none: not an empty page.
            raise ChannelError(
                f"X gave no {stream.value} of account {account_id}", reason=answers.said(body)
            )
        batch = self._batch(body)
        token = meta.get("next_token") if isinstance(meta, Mapping) else None
        return Page(
            posts=batch.posts,
            next_token=token if isinstance(token, str) and token else None,
            context=batch.context,
            gone=batch.gone,
            problems=[f"post {p.native_id or '?'}: {p.reason}" for p in batch.problems],
        )

    def lookup(self, native_ids: Sequence[str]) -> Lookup:
        """Re-read posts by id, a hundred per request. What is no id of X is left without a word."""
        ids = [i for i in dict.fromkeys(native_ids) if _ID.fullmatch(i)]
        found = Lookup()
        for start in range(0, len(ids), _LOOKUP_SIZE):
            params = {**self._fields, "ids": ",".join(ids[start : start + _LOOKUP_SIZE])}
            batch = self._batch(self._get("posts", "/2/tweets", params))
            found = Lookup([*found.posts, *batch.posts], [*found.gone, *batch.gone])
        return found

    def post(self, outgoing: Outgoing) -> PostOutcome:
        """Post once: one request at most, and an honest account of what became of it."""
        from triage.channels.x.client import NoAnswer

        parent = outgoing.in_reply_to
        if not self._credentials.can_post:
            words = "these credentials can only read"
            return PostOutcome(Fate.REFUSED, detail=words, sign_in=True)
        if parent is not None and _ID.fullmatch(parent) is None:
            return PostOutcome(Fate.REFUSED, detail=f"{parent!r} is no id of X")
        body: dict[str, Any] = {"text": outgoing.text}
        if parent is not None:
            body["reply"] = {"in_reply_to_tweet_id": parent}
        try:
            client = self._client
        except SignInNeeded as error:
            return PostOutcome(Fate.REFUSED, detail=error.message, sign_in=True)
        try:
            answer = client.call("POST", "/2/tweets", body=body, as_user=True)
        except NoAnswer as failure:
            fate = Fate.UNKNOWN if failure.sent else Fate.NOT_SENT
            return PostOutcome(fate, detail=failure.words)
        self._note_limit("create", answer)
        return answers.outcome(answer, self._now())

    def delete(self, native_id: str) -> bool:
        """Take back a post of ours, in one request."""
        from triage.channels.x.client import NoAnswer

        if not self._credentials.can_post:
            raise SignInNeeded("These X credentials can only read", hint=_KEYS_HINT)
        try:
            route = f"/2/tweets/{_checked_id(native_id)}"
            answer = self._client.call("DELETE", route, as_user=True)
        except NoAnswer as failure:
            raise NetworkDown(
                "X did not answer; the post may still be there",
                reason=failure.words,
                hint="Delete it again: that is harmless",
            ) from None
        self._note_limit("delete", answer)
        if answer.status == answers.NOT_FOUND:
            return True
        if answer.status not in answers.OK:
            raise answers.error(answer, "delete", self._now())
        body = answers.document(answer)
        data = body.get("data")
        deleted = isinstance(data, Mapping) and data.get("deleted") is True
        return deleted or native_id in payload.gone_ids(body)

    def length(self, text: str, *, is_reply: bool) -> int:
        """Measure a text in X's weighted units."""
        return weighted_length(text, is_reply=is_reply)

    def post_url(self, handle: str, native_id: str) -> str:
        """Where a browser finds a post; an empty handle is no hindrance."""
        return payload.post_url(handle, native_id)

    def id_at(self, at_ms: int) -> str | None:
        """Give the smallest id that a post of that time (UTC epoch ms) can have."""
        return payload.id_at(at_ms)

    @cached_property
    def _client(self) -> XClient:
        from triage.channels.x.client import XClient

        return XClient(self._credentials, base_url=self._base_url, timeout_s=self._timeout_s)

    def _batch(self, body: Json) -> payload.Batch:
        batch = payload.posts_of(body)
        for problem in batch.problems:
            _log.info("X: post %s cannot be read: %s", problem.native_id, problem.reason)
        return batch

    def _get(
        self,
        endpoint: str,
        route: str,
        params: Mapping[str, str],
        *,
        as_user: bool = False,
        with_token: bool = False,
    ) -> Json:
        """Read with a few tries; raises what `Channel` names."""
        import stamina

        _silence(logging.getLogger("stamina"))
        if not self._credentials.can_read:
            raise SignInNeeded("There are no credentials for X", hint="Run `triage doctor`")
        for attempt in stamina.retry_context(
            on=self._may_retry,
            attempts=self._attempts,
            timeout=self._time_left(),
            wait_initial=self._retry_wait_s,
            wait_jitter=self._retry_wait_s,
            wait_max=10 * self._retry_wait_s,
        ):
            with attempt:
                return self._get_once(endpoint, route, params, as_user, with_token)
        raise AssertionError("stamina ends with a value or an error")

    def _may_retry(self, error: Exception) -> bool:
        in_time = self._time_left_s is None or self._time_left_s() > 0
        return in_time and isinstance(error, (NetworkDown, answers.Unreadable))

    def _time_left(self) -> float | None:
        left = self._time_left_s() if self._time_left_s else None
        if left is not None and left <= 0:
            raise NetworkDown("There was no time left to read from X")
        return left

    def _get_once(
        self, endpoint: str, route: str, params: Mapping[str, str], as_user: bool, with_token: bool
    ) -> Json:
        from triage.channels.x.client import NoAnswer

        left = self._time_left()
        try:
            answer = self._client.call(
                "GET", route, params=params, as_user=as_user, read_timeout_s=left
            )
        except NoAnswer as failure:
            raise NetworkDown("X could not be reached", reason=failure.words) from None
        self._note_limit(endpoint, answer)
        if answer.status == answers.BAD_REQUEST and with_token:
            # Whatever the matter is: the walk can go on from the oldest id seen, without a token.
            raise CursorExpired("X does not accept the page token", reason=answers.detail(answer))
        if answer.status not in answers.OK:
            raise answers.error(answer, endpoint, self._now())
        return answers.document(answer)

    def _note_limit(self, endpoint: str, answer: Answer) -> None:
        limit = answers.rate_limit(answer.headers)
        if limit is not None:
            self.limits[endpoint] = limit


def _silence(logger: logging.Logger) -> None:
    """Keep warnings of each retry off the terminal: what failed in the end is told."""
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _author(body: Json, who: str) -> Author:
    data = body.get("data")
    if not isinstance(data, Mapping):
        raise ChannelError(f"X gave no profile of {who}", reason=answers.said(body))
    try:
        return payload.author_of(data)
    except payload.PayloadError as error:
        raise ChannelError(f"X gave no usable profile of {who}", reason=str(error)) from error


def _checked_id(native_id: str) -> str:
    if _ID.fullmatch(native_id) is None:
        raise ChannelError(f"{native_id!r} is no id of X", hint="Ids of X are decimal numbers")
    return native_id
