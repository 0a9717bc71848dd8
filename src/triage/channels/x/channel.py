"""The X channel: pages of mentions and of our own posts, and replies that are posted once.

tweepy and its network stack are imported at the first request: what needs only the length of a
text or the address of a post does not pay for them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any

from triage.channels.x import answers, counting, media, payload, reading
from triage.channels.x.answers import Json, RateLimit
from triage.channels.x.asking import Asker
from triage.channels.x.fields import USER_PARAMETERS, post_parameters
from triage.channels.x.length import MAX_WEIGHTED_LENGTH, weighted_length
from triage.channels.x.loopback import loopback_base
from triage.channels.x.urls import extract_urls
from triage.core.channel import (
    Capabilities,
    Fate,
    Lookup,
    Outgoing,
    Page,
    PageRequest,
    PostOutcome,
    Stream,
    Upload,
)
from triage.core.model import DAY, MINUTE
from triage.core.usage import Meter
from triage.errors import (
    ChannelError,
    ConfigError,
    NetworkDown,
    NotFound,
    RateLimited,
    SignInNeeded,
    TriageError,
)

if TYPE_CHECKING:
    from triage.core.credentials import Credentials
    from triage.core.model import Author
    from triage.core.signin import Keys

HISTORY_LIMIT = 800
"""How many mentions X gives back, counted from the newest."""

_SMALLEST_PAGE, _LARGEST_PAGE = 5, 100
_LOOKUP_SIZE = 100
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_ID = re.compile(r"[0-9]{1,19}")
_ROUTES = {Stream.MENTIONS: "mentions", Stream.OWN: "tweets"}
_POST_NEEDS_S = 1.0
"""With less time left in the run, seconds, a post is not begun: it would end of unknown fate."""
_HANDLE_HINT = "Look on x.com how the account is called now"
_AHEAD, _AHEAD_OF_X = DAY, 5 * MINUTE
"""So far a post may be ahead of our clock, and of X's where an answer told it, ms."""
_KEYS_HINT = "Sign in: triage auth login"

_log = logging.getLogger(__name__)


class XChannel:
    """One account's way to X. See `triage.core.channel.Channel` for what each method promises."""

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
        meter: Meter | None = None,
        keys: Keys | None = None,
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
            meter: What every request passes; None counts nothing.
            keys: Where `credentials` are renewed; None where they cannot be.

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
            max_media=media.MAX_PICTURES,
            max_media_bytes=media.MAX_PICTURE_BYTES,
            max_alt=media.MAX_ALT,
            needs_summons=True,
        )
        self._asker = Asker(
            credentials,
            now=now,
            base_url=base_url,
            timeout_s=timeout_s,
            attempts=attempts,
            retry_wait_s=retry_wait_s,
            time_left_s=time_left_s,
            meter=meter,
            keys=keys,
        )
        self._now = now
        self._fields = post_parameters(fields)
        self._page_size = page_size
        self._account_handle = account_handle

    @property
    def limits(self) -> Mapping[str, RateLimit]:
        """What X last said about its rate limits, by endpoint (`mentions`, `own`, ...)."""
        return self._asker.limits

    @property
    def meter(self) -> Meter | None:
        """What every request passes; None if nothing is counted."""
        return self._asker.meter

    def me(self) -> Author:
        """Tell whose credentials these are; an app's token has only `account_handle` to go by."""
        if self._asker.can_post:
            body = self._asker.read("me", "/2/users/me", USER_PARAMETERS, as_user=True)
            return reading.profile(body, "the account of these credentials")
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
            body = self._asker.read("user", f"/2/users/by/username/{name}", USER_PARAMETERS)
        except answers.Missing as error:
            raise NotFound(
                f"X does not know @{name}", reason=error.reason, hint=_HANDLE_HINT
            ) from error
        if "data" not in body and payload.reports_missing(body):
            raise NotFound(f"X does not know @{name}", reason=answers.said(body), hint=_HANDLE_HINT)
        return reading.profile(body, f"@{name}", handle=name)

    def page(self, stream: Stream, account_id: str, request: PageRequest) -> Page:
        """Read one page, newest first. A 400 to a token means that it is not accepted any more."""
        params = {**self._fields, "max_results": str(self._page_size)}
        if request.since_id is not None:
            params["since_id"] = request.since_id
        if request.token is not None:
            params["pagination_token"] = request.token
        elif request.until_id is not None:
            params["until_id"] = request.until_id
        if request.start_at is not None:
            params["start_time"] = payload.time_text(request.start_at)
        route = f"/2/users/{_checked_id(account_id)}/{_ROUTES[stream]}"
        body = self._timeline(stream, route, params, with_token=request.token is not None)
        batch = self._batch(body)
        again = self.lookup(reading.to_ask_again(body))
        found = {p.current_id for p in again.posts} | {*again.gone, *again.hidden}
        return Page(
            posts=[*(p for p in batch.posts if p.current_id not in found), *again.posts],
            next_token=reading.next_token(body),
            context=[*batch.context, *again.context],
            gone=[*batch.gone, *again.gone],
            problems=[
                f"post {p.native_id or '?'}: {p.reason}"
                for p in batch.problems
                if p.native_id not in found
            ],
            skew_ms=self._asker.skew_ms,
            hidden={**batch.hidden, **again.hidden},
        )

    def lookup(self, native_ids: Sequence[str]) -> Lookup:
        """Re-read posts by id, a hundred per request. What is no id of X is left without a word."""
        ids = [i for i in dict.fromkeys(native_ids) if _ID.fullmatch(i)]
        found = Lookup()
        for start in range(0, len(ids), _LOOKUP_SIZE):
            asked = ids[start : start + _LOOKUP_SIZE]
            params = {**self._fields, "ids": ",".join(asked)}
            check = partial(reading.check_lookup, asked)
            body = self._asker.read("posts", "/2/tweets", params, check=check)
            answer = reading.only(asked, self._batch(body))
            found = Lookup(
                [*found.posts, *answer.posts],
                [*found.gone, *answer.gone],
                {**found.hidden, **answer.hidden},
                [*found.context, *answer.context],
            )
        return found

    def post(self, outgoing: Outgoing) -> PostOutcome:
        """Post once: one request at most, and an honest account of what became of it."""
        from triage.channels.x.client import NoAnswer

        parent = outgoing.in_reply_to
        if not self._asker.can_post:
            words = "these credentials can only read"
            return PostOutcome(Fate.REFUSED, detail=words, sign_in=True)
        if parent is not None and _ID.fullmatch(parent) is None:
            return PostOutcome(Fate.REFUSED, detail=f"{parent!r} is no id of X")
        body: dict[str, Any] = {"text": outgoing.text}
        if parent is not None:
            body["reply"] = {"in_reply_to_tweet_id": parent}
        if outgoing.media:
            body["media"] = {"media_ids": list(outgoing.media)}
        item = counting.create_item(outgoing) if self.meter else ""
        left = self._asker.left_s
        if left is not None and left < _POST_NEEDS_S:
            return PostOutcome(Fate.NOT_SENT, detail="this run has no time left to send it")
        try:
            answer = self._asker.call(
                "create",
                "POST",
                "/2/tweets",
                body=body,
                as_user=True,
                read_timeout_s=left,
                item=item,
            )
        except TriageError as error:
            # What `_call` raises besides `NoAnswer` comes before anything leaves.
            return _not_posted(error)
        except NoAnswer as failure:
            fate = Fate.UNKNOWN if failure.sent else Fate.NOT_SENT
            return PostOutcome(fate, detail=failure.words)
        if answer.status == answers.UNAUTHORIZED:
            # For the next: this one is not repeated, and somebody reads that nothing was posted.
            with suppress(TriageError):
                self._asker.renew(as_user=True)
        return answers.outcome(answer, self._now())

    def upload(self, upload: Upload) -> str:
        """Bring a picture to X, and give it its words; both are retried like reads."""
        if not self._asker.can_post:
            raise SignInNeeded("These X credentials can only read", hint=_KEYS_HINT)
        picture = media.upload_body(upload)
        made = self._asker.read("upload", media.UPLOAD_ROUTE, {}, as_user=True, body=picture)
        native_id = media.id_of(made)
        if upload.alt:
            words = media.words_body(native_id, upload.alt)
            self._asker.read("metadata", media.METADATA_ROUTE, {}, as_user=True, body=words)
        return native_id

    def delete(self, native_id: str) -> bool:
        """Take back a post of ours, in one request."""
        from triage.channels.x.client import NoAnswer

        if not self._asker.can_post:
            raise SignInNeeded("These X credentials can only read", hint=_KEYS_HINT)
        try:
            route = f"/2/tweets/{_checked_id(native_id)}"
            answer = self._asker.call("delete", "DELETE", route, as_user=True)
        except NoAnswer as failure:
            raise NetworkDown(
                "X did not answer; the post may still be there",
                reason=failure.words,
                hint="Delete it again: that is harmless",
            ) from None
        if answer.status == answers.NOT_FOUND:
            return True
        if answer.status not in answers.OK:
            raise answers.error(answer, "delete", self._now())
        body = answers.document(answer)
        data = body.get("data")
        deleted = data.get("deleted") if isinstance(data, Mapping) else None
        if native_id in payload.gone_ids(body):
            return True
        if not isinstance(deleted, bool):
            # Neither done nor refused: to believe either would be a guess.
            raise ChannelError(
                "X did not say whether the post was deleted",
                reason=answers.said(body) or "Its answer has no word of it",
                hint="Delete it again: that is harmless",
            )
        return deleted

    def length(self, text: str, *, is_reply: bool) -> int:
        """Measure a text in X's weighted units."""
        return weighted_length(text, is_reply=is_reply)

    def links(self, text: str) -> Sequence[tuple[int, int]]:
        """Tell where links stand in a text, as start and end."""
        return extract_urls(text)

    def post_url(self, handle: str, native_id: str) -> str:
        """Where a browser finds a post; an empty handle is no hindrance."""
        return payload.post_url(handle, native_id)

    def answer_url(self, native_id: str, text: str) -> str | None:
        """Where a person answers a post on X's own page, the text filled in."""
        return payload.answer_url(native_id, text)

    def within(self, span_s: float) -> XChannel:
        """See `Channel.within`."""
        hurried = copy(self)
        hurried.hurry(span_s)
        return hurried

    def hurry(self, span_s: float) -> None:
        """From now on ask in a hurry, see `Asker.hurry`; whom this is a copy of goes on as ever."""
        self._asker = copy(self._asker)
        self._asker.hurry(span_s)

    def id_at(self, at_ms: int) -> str | None:
        """Give the smallest id that a post of that time (UTC epoch ms) can have."""
        return payload.id_at(at_ms)

    def _timeline(
        self, stream: Stream, route: str, params: Mapping[str, str], *, with_token: bool
    ) -> Json:
        """Read a page that can be gone on from; see `reading.check_page`."""
        try:
            return self._asker.read(
                stream.value, route, params, check=reading.check_page, with_token=with_token
            )
        except reading.Unnamed as odd:
            # It stays so however often it is asked for: the others must not wait for it for ever.
            if odd.body is None:
                raise
            return odd.body

    def _batch(self, body: Json) -> payload.Batch:
        skew = self._asker.skew_ms
        latest = self._now() + (_AHEAD if skew is None else skew + _AHEAD_OF_X)
        batch = reading.without_future(payload.posts_of(body), latest)
        for problem in batch.problems:
            _log.info("X: post %s cannot be read: %s", problem.native_id, problem.reason)
        return batch


def _not_posted(error: TriageError) -> PostOutcome:
    """The fate of a post that was stopped before it left."""
    if isinstance(error, SignInNeeded):
        return PostOutcome(Fate.REFUSED, detail=error.message, sign_in=True)
    if isinstance(error, RateLimited):
        words = error.message.removesuffix(".")
        return PostOutcome(Fate.NOT_SENT, detail=words, retry_at=error.reset_at)
    return PostOutcome(Fate.NOT_SENT, detail=error.reason or error.message)


def _checked_id(native_id: str) -> str:
    if _ID.fullmatch(native_id) is None:
        raise ChannelError(f"{native_id!r} is no id of X", hint="Ids of X are decimal numbers")
    return native_id
