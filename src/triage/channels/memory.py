"""A channel that lives in memory, for the tests of everything above the channels.

It passes the same conformance suite as the real ones: newest first, page tokens, a limited history
of mentions, ids that carry time. What a test wants to go wrong is scripted ahead, call by call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from triage.channels.x import payload
from triage.channels.x.length import MAX_WEIGHTED_LENGTH, weighted_length
from triage.channels.x.media import MAX_ALT, MAX_PICTURE_BYTES, MAX_PICTURES
from triage.channels.x.urls import extract_urls
from triage.core.channel import (
    Absence,
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
from triage.core.model import Author, Post, id_key
from triage.errors import CursorExpired, NotFound, TriageError

_START = 1_700_000_000_000


class MemoryChannel:
    """One account's view of posts that are kept in a dictionary.

    Attributes:
        posts: All that stand, by native id.
        attempts: Every reply that was asked for, in order, whatever became of it.
        calls: Every method that was called, in order, by name.
        uploads: Every picture that was brought here, by id.
        looked_up: Every id that was asked for by `lookup`, in order.
        shy: Native ids that are left out of pages that name an id to begin behind.
    """

    name = "memory"

    def __init__(
        self,
        account: Author | None = None,
        *,
        now: Callable[[], int] | None = None,
        page_size: int = 100,
        history_limit: int | None = 800,
        can_post: bool = True,
    ) -> None:
        """Begin empty.

        Args:
            account: Whose credentials these are; None is `@acme` with id 1.
            now: The clock, UTC epoch ms; None is a moment in 2023 that stands still.
            page_size: Posts per page.
            history_limit: How many mentions can be read back; None is all.
            can_post: Whether replies can be sent.
        """
        self.capabilities = Capabilities(
            can_post=can_post,
            history_limit=history_limit,
            max_length=MAX_WEIGHTED_LENGTH,
            id_epoch_ms=payload.SNOWFLAKE_EPOCH_MS,
            max_media=MAX_PICTURES,
            max_media_bytes=MAX_PICTURE_BYTES,
            max_alt=MAX_ALT,
            needs_summons=True,
        )
        self.uploads: dict[str, Upload] = {}
        self.posts: dict[str, Post] = {}
        self.attempts: list[Outgoing] = []
        self.calls: list[str] = []
        self.looked_up: list[str] = []
        self.shy: set[str] = set()
        self._account = account or Author("1", "acme", "Acme")
        self._now = now or (lambda: _START)
        self._page_size = page_size
        self._gone: set[str] = set()
        self._hidden: dict[str, Absence] = {}
        self._taken: set[str] = set()
        self._failures: dict[str, deque[TriageError]] = {}
        self._fates: deque[tuple[PostOutcome, bool]] = deque()
        self._generation = 0
        self._empty_pages = 0

    # What a test prepares.

    def add(self, *posts: Post) -> None:
        """Put posts there, as anyone's; one with a known native id is its newer version."""
        for post in posts:
            self.posts[post.native_id] = post
            self._taken |= {post.native_id, post.current_id}

    def write(
        self,
        author: Author,
        text: str,
        *,
        at: int | None = None,
        in_reply_to: str | None = None,
        quotes: str | None = None,
        mentions: Sequence[str] | None = None,
    ) -> Post:
        """Write a post as anyone and add it.

        Args:
            author: Who writes.
            text: What.
            at: When, UTC epoch ms; None is now.
            in_reply_to: Native id of the post that it answers; that one's thread goes on.
            quotes: Native id of a post that it quotes.
            mentions: Ids of the accounts named; None names ours, if somebody else writes.
        """
        posted_at = self._now() if at is None else at
        native_id = self._free_id(posted_at)
        parent = self.posts.get(in_reply_to or "")
        if mentions is None:
            mentions = [] if author == self._account else [self._account.native_id]
        post = Post(
            native_id=native_id,
            version_id=native_id,
            author=author,
            text=text,
            posted_at=posted_at,
            thread_id=parent.thread_id if parent else native_id,
            in_reply_to=in_reply_to,
            in_reply_to_author=parent.author.native_id if parent else None,
            quotes=quotes,
            mentions=tuple(mentions),
            url=self.post_url(author.handle, native_id),
        )
        self.add(post)
        return post

    def edit(self, native_id: str, text: str) -> Post:
        """Make a newer version of a post."""
        at = self._now()
        version, known = self._free_id(at), self.posts[native_id]
        history = (*(known.history or (native_id,)), version)
        self.add(replace(known, text=text, version_id=version, history=history, edited_at=at))
        return self.posts[native_id]

    def remove(self, native_id: str) -> None:
        """Delete a post, as its author."""
        self.posts.pop(native_id, None)
        self._gone.add(native_id)

    def hide(self, native_id: str, why: Absence | None) -> None:
        """Keep a post back, as the channel or its author does; None shows it again."""
        self._hidden.pop(native_id, None)
        if why is not None:
            self._hidden[native_id] = why

    def fail_next(self, call: str, *errors: TriageError) -> None:
        """Let the next calls of a method (`page`, `me`, `delete`, ...) raise, one error each."""
        self._failures.setdefault(call, deque()).extend(errors)

    def fate_next(self, outcome: PostOutcome | Fate, *, accepted: bool = False) -> None:
        """Decide what becomes of the next reply that no earlier call has decided.

        Args:
            outcome: What `post` will return; a bare `Fate.SENT` gets its id.
            accepted: The reply appears among our posts although it may be reported otherwise.
        """
        if isinstance(outcome, Fate):
            outcome = PostOutcome(outcome)
        self._fates.append((outcome, accepted or outcome.fate is Fate.SENT))

    def expire_tokens(self) -> None:
        """Accept none of the page tokens given so far."""
        self._generation += 1

    def empty_next(self, pages: int = 1) -> None:
        """Give the next pages empty, each with a token that continues."""
        self._empty_pages += pages

    # The channel.

    def me(self) -> Author:
        """Tell whose credentials these are."""
        self._begin("me")
        return self._account

    def account(self, handle: str) -> Author:
        """Look up an account among ours and all who have written."""
        self._begin("account")
        wanted = handle.removeprefix("@").lower()
        authors = [self._account, *(post.author for post in self.posts.values())]
        for author in authors:
            if author.handle.lower() == wanted:
                return author
        raise NotFound(f"There is no account @{wanted}")

    def page(self, stream: Stream, account_id: str, request: PageRequest) -> Page:
        """Read one page, newest first."""
        self._begin("page")
        below = self._before(request)
        lowest = 0 if request.start_at is None else int(payload.id_at(request.start_at))
        posts = [
            post
            for post in self._stream(stream, account_id)
            if (below is None or id_key(post.current_id) < id_key(below))
            and (request.since_id is None or id_key(post.current_id) > id_key(request.since_id))
            and (request.since_id is None or post.native_id not in self.shy)
            and (request.start_at is None or int(post.current_id) >= lowest)
        ]
        if self._empty_pages and posts:
            self._empty_pages -= 1
            highest = str(int(posts[0].current_id) + 1)
            return Page((), next_token=self._token(below or highest))
        shown = posts[: self._page_size]
        more = len(posts) > len(shown)
        context, gone, hidden = self._context(shown)
        token = self._token(shown[-1].current_id) if more else None
        return Page(shown, next_token=token, context=context, gone=gone, hidden=hidden)

    def lookup(self, native_ids: Sequence[str]) -> Lookup:
        """Re-read posts by id."""
        self._begin("lookup")
        ids = dict.fromkeys(native_ids)
        self.looked_up += ids
        posts = [self._visible[i] for i in ids if i in self._visible]
        return Lookup(
            posts=posts,
            gone=[i for i in ids if i in self._gone],
            hidden={i: self._hidden[i] for i in ids if i in self._hidden},
            context=self._context(posts)[0],
        )

    def post(self, outgoing: Outgoing) -> PostOutcome:
        """Post once, with the fate that was scripted; it is sent if none was."""
        self.calls.append("post")
        self.attempts.append(outgoing)
        if not self.capabilities.can_post:
            return PostOutcome(Fate.REFUSED, detail="these credentials only read", sign_in=True)
        if any(i not in self.uploads for i in outgoing.media):
            return PostOutcome(Fate.REFUSED, detail="Your media IDs are invalid.")
        outcome, accepted = self._fates.popleft() if self._fates else (PostOutcome(Fate.SENT), True)
        if accepted:
            # As X does: a link to the pictures stands behind the text.
            link = f" https://t.co/{outgoing.media[0]}" if outgoing.media else ""
            made = self.write(self._account, outgoing.text + link, in_reply_to=outgoing.in_reply_to)
            if outcome.fate is Fate.SENT and outcome.native_id is None:
                outcome = replace(outcome, native_id=made.native_id)
        return outcome

    def upload(self, upload: Upload) -> str:
        """Take a picture."""
        self._begin("upload")
        native_id = str(9_000_000_000 + len(self.uploads))
        self.uploads[native_id] = upload
        return native_id

    def delete(self, native_id: str) -> bool:
        """Take back a post of ours."""
        self._begin("delete")
        post = self.posts.get(native_id)
        if post is None:
            return native_id in self._gone
        if post.author.native_id != self._account.native_id:
            return False
        self.remove(native_id)
        return True

    def length(self, text: str, *, is_reply: bool) -> int:
        """Measure as X does."""
        return weighted_length(text, is_reply=is_reply)

    def links(self, text: str) -> Sequence[tuple[int, int]]:
        """Tell where links stand in a text, as start and end."""
        return extract_urls(text)

    def post_url(self, handle: str, native_id: str) -> str:
        """Give an address that leads nowhere."""
        name = handle if handle.isalnum() else "i"
        return f"https://memory.invalid/{name}/{native_id}"

    def answer_url(self, native_id: str, text: str) -> str | None:
        """Give an address that leads nowhere, with everything in it that X's has."""
        return payload.answer_url(native_id, text).replace("//x.com/", "//memory.invalid/")

    def within(self, span_s: float) -> MemoryChannel:
        """Give itself: memory answers at once."""
        del span_s
        return self

    def id_at(self, at_ms: int) -> str | None:
        """Give the smallest id that a post of that time can have."""
        return payload.id_at(at_ms)

    def _begin(self, call: str) -> None:
        self.calls.append(call)
        failures = self._failures.get(call)
        if failures:
            raise failures.popleft()

    def _stream(self, stream: Stream, account_id: str) -> list[Post]:
        newest = sorted(
            self._visible.values(), key=lambda post: id_key(post.current_id), reverse=True
        )
        if stream is Stream.OWN:
            return [post for post in newest if post.author.native_id == account_id]
        named = [post for post in newest if account_id in post.mentions]
        return named[: self.capabilities.history_limit]

    def _before(self, request: PageRequest) -> str | None:
        if request.token is None:
            return request.until_id
        generation, _, native_id = request.token.partition(":")
        if generation != str(self._generation) or not native_id.isdecimal():
            raise CursorExpired("The page token is not accepted any more")
        return native_id

    def _token(self, native_id: str) -> str:
        return f"{self._generation}:{native_id}"

    @property
    def _visible(self) -> dict[str, Post]:
        return {i: post for i, post in self.posts.items() if i not in self._hidden}

    def _context(self, shown: Sequence[Post]) -> tuple[list[Post], list[str], dict[str, Absence]]:
        here = {post.native_id for post in shown}
        wanted = (i for post in shown for i in (post.in_reply_to, post.quotes) if i is not None)
        others = [i for i in dict.fromkeys(wanted) if i not in here]
        context = [self._visible[i] for i in others if i in self._visible]
        gone = [i for i in others if i in self._gone]
        return context, gone, {i: self._hidden[i] for i in others if i in self._hidden}

    def _free_id(self, at: int) -> str:
        """Give an id of that moment that was never given."""
        candidate = int(payload.id_at(at))
        while str(candidate) in self._taken:
            candidate += 1
        return str(candidate)
