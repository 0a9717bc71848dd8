"""The channel in memory: the conformance suite, and what it adds for tests."""

from __future__ import annotations

import pytest
from conformance import PAGE, START, ChannelFacts, World

from triage.channels import load
from triage.channels.memory import MemoryChannel
from triage.core.channel import Absence, Fate, Outgoing, PageRequest, PostOutcome, Stream
from triage.core.model import MINUTE, Author, Post
from triage.errors import (
    CursorExpired,
    NetworkDown,
    RateLimited,
    SignInNeeded,
    TriageError,
)

JANE = Author("42", "jane", "Jane")


class MemoryWorld:
    """Authors by handle over one `MemoryChannel`."""

    def __init__(self) -> None:
        self.now = START
        self.account = Author("1", "acme", "Acme")
        self.channel = MemoryChannel(self.account, now=lambda: self.now, page_size=PAGE)

    def write(
        self, handle: str, text: str, *, at: int = START, in_reply_to: str | None = None
    ) -> str:
        """See `World`."""
        author = self.account if handle == "acme" else Author(f"9{len(handle)}", handle, handle)
        named = [self.account.native_id] if "@acme" in text else []
        return self.channel.write(
            author, text, at=at, in_reply_to=in_reply_to, mentions=named
        ).native_id

    def edit(self, native_id: str, text: str) -> str:
        """See `World`."""
        self.now += MINUTE
        return self.channel.edit(native_id, text).current_id

    def remove(self, native_id: str) -> None:
        """See `World`."""
        self.channel.remove(native_id)

    def hide(self, native_id: str, why: Absence | None) -> None:
        """See `World`."""
        self.channel.hide(native_id, why)

    def expire_tokens(self) -> None:
        """See `World`."""
        self.channel.expire_tokens()

    def empty_page(self) -> None:
        """See `World`."""
        self.channel.empty_next()

    def fail_read(self, error: type[TriageError]) -> None:
        """See `World`."""
        made = (
            RateLimited("wait", reset_at=self.now + MINUTE, endpoint="mentions")
            if error is RateLimited
            else error("it failed")
        )
        self.channel.fail_next("page", made)

    def fail_post(self, fate: Fate, *, accepted: bool) -> None:
        """See `World`."""
        retry_at = self.now + MINUTE if fate is Fate.NOT_SENT else None
        outcome = PostOutcome(fate, detail="no", retry_at=retry_at)
        self.channel.fate_next(outcome, accepted=accepted)

    def requests_to_post(self) -> int:
        """See `World`."""
        return len(self.channel.attempts)


class TestMemoryChannel(ChannelFacts):
    """The facts that every channel shows."""

    @pytest.fixture
    def world(self) -> World:
        """Give a fresh channel."""
        return MemoryWorld()


def test_loaded_by_name() -> None:
    """The registry gives the class under its name."""
    assert load("memory") is MemoryChannel


def test_scripted_failures_come_in_order() -> None:
    """Each call takes the next error scripted for it, and then works."""
    channel = MemoryChannel()
    channel.fail_next("me", NetworkDown("first"), SignInNeeded("second"))
    with pytest.raises(NetworkDown):
        channel.me()
    with pytest.raises(SignInNeeded):
        channel.me()
    assert channel.me().handle == "acme"
    assert channel.calls == ["me", "me", "me"]


def test_fates_come_in_order() -> None:
    """Each reply takes the next scripted fate; without one it is sent."""
    channel = MemoryChannel()
    channel.fate_next(Fate.UNKNOWN, accepted=True)
    channel.fate_next(Fate.SENT)
    outcomes = [channel.post(Outgoing(text, None)) for text in "abc"]
    assert [outcome.fate for outcome in outcomes] == [Fate.UNKNOWN, Fate.SENT, Fate.SENT]
    assert [outcome.native_id is None for outcome in outcomes] == [True, False, False]
    assert [post.text for post in channel.posts.values()] == ["a", "b", "c"]
    assert [attempt.text for attempt in channel.attempts] == ["a", "b", "c"]


def test_reader_cannot_post_or_take_back_others() -> None:
    """Without the right to post a reply is refused for want of sign-in; others' posts stay."""
    channel = MemoryChannel(can_post=False)
    outcome = channel.post(Outgoing("a", None))
    assert (outcome.fate, outcome.sign_in) == (Fate.REFUSED, True)
    post = channel.write(JANE, "mine")
    assert channel.delete(post.native_id) is False
    assert channel.delete("12345") is False
    assert post.native_id in channel.posts


def test_added_posts_are_taken_as_they_are() -> None:
    """Posts made elsewhere are served by what they say of themselves."""
    channel = MemoryChannel()
    channel.add(Post("7", JANE, "hello", START, mentions=("1",)), Post("8", JANE, "x", START))
    page = channel.page(Stream.MENTIONS, "1", PageRequest())
    assert [post.native_id for post in page.posts] == ["7"]


def test_gone_references_are_reported() -> None:
    """A page names the posts that its own refer to and that were deleted."""
    channel = MemoryChannel()
    root = channel.write(JANE, "root", mentions=())
    channel.write(JANE, "reply", at=START, in_reply_to=root.native_id)
    channel.remove(root.native_id)
    page = channel.page(Stream.MENTIONS, "1", PageRequest())
    assert list(page.gone) == [root.native_id]


def test_tokens_of_an_earlier_generation() -> None:
    """A token from before `expire_tokens` is refused, one from after it works."""
    channel = MemoryChannel(page_size=1)
    for _ in range(3):
        channel.write(JANE, "again")
    old = channel.page(Stream.MENTIONS, "1", PageRequest()).next_token
    channel.expire_tokens()
    with pytest.raises(CursorExpired):
        channel.page(Stream.MENTIONS, "1", PageRequest(token=old))
    new = channel.page(Stream.MENTIONS, "1", PageRequest()).next_token
    assert len(channel.page(Stream.MENTIONS, "1", PageRequest(token=new)).posts) == 1
