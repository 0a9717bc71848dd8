"""What every channel promises, as tests: subclass `ChannelFacts` and give it a `world`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

import pytest

from triage.core.channel import (
    Absence,
    Channel,
    Fate,
    Outgoing,
    Page,
    PageRequest,
    PostOutcome,
    Stream,
    Upload,
)
from triage.core.model import MINUTE, Author, Post, id_key
from triage.core.outbox import Attempt, Found, settle
from triage.errors import (
    CursorExpired,
    NetworkDown,
    NotFound,
    RateLimited,
    SignInNeeded,
    TriageError,
)

START = 1_760_000_000_000
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
PAGE = 5
"""Posts per page of the channels under test."""


class World(Protocol):
    """A channel and what lies behind it."""

    @property
    def channel(self) -> Channel:
        """Give the channel under test."""
        ...

    @property
    def account(self) -> Author:
        """Tell whose the channel is."""
        ...

    now: int
    """The clock of the channel, UTC epoch ms."""

    def write(
        self, handle: str, text: str, *, at: int = START, in_reply_to: str | None = None
    ) -> str:
        """Let anyone post, naming our account or not as the text says; give the native id."""
        ...

    def edit(self, native_id: str, text: str) -> str:
        """Let the author change a post; give the id of the new version."""
        ...

    def remove(self, native_id: str) -> None:
        """Let the author delete a post."""
        ...

    def hide(self, native_id: str, why: Absence | None) -> None:
        """Keep a post back for a reason that is no deletion; None shows it again."""
        ...

    def expire_tokens(self) -> None:
        """Make all page tokens given so far worthless."""
        ...

    def empty_page(self) -> None:
        """Let the next page of mentions be empty although more follows."""
        ...

    def fail_read(self, error: type[TriageError]) -> None:
        """Let the next page of mentions end in this error."""
        ...

    def fail_post(self, fate: Fate, *, accepted: bool) -> None:
        """Let the next reply have this fate, and appear or not."""
        ...

    def requests_to_post(self) -> int:
        """Tell how often a reply has been handed over."""
        ...


def walk(
    channel: Channel,
    stream: Stream,
    account_id: str,
    request: PageRequest,
    seen: Callable[[Page], None] = lambda _: None,
) -> list[Post]:
    """Read a stream page by page to its end."""
    posts: list[Post] = []
    while True:
        page = channel.page(stream, account_id, request)
        seen(page)
        posts += page.posts
        if page.next_token is None:
            return posts
        request = PageRequest(since_id=request.since_id, token=page.next_token)


class ChannelFacts:
    """The facts. Subclasses override `world`."""

    @pytest.fixture
    def world(self) -> World:
        """Give a fresh, empty world."""
        raise NotImplementedError

    def mentions(self, world: World, count: int) -> list[str]:
        """Write mentions a minute apart; give their ids, newest first."""
        ids = [
            world.write("jane", f"@acme where is parcel {n}?", at=START + n * MINUTE)
            for n in range(count)
        ]
        return ids[::-1]

    def read(self, world: World, request: PageRequest | None = None) -> list[Post]:
        """Walk through the mentions."""
        channel = world.channel
        return walk(channel, Stream.MENTIONS, world.account.native_id, request or PageRequest())

    def test_whose_credentials(self, world: World) -> None:
        """The channel tells whose credentials it has."""
        assert world.channel.me().native_id == world.account.native_id
        assert world.channel.me().handle == world.account.handle

    def test_account_by_handle(self, world: World) -> None:
        """An account is found by its handle, whatever the case and with or without `@`."""
        for handle in ("acme", "@acme", "ACME"):
            assert world.channel.account(handle).native_id == world.account.native_id

    @pytest.mark.parametrize("handle", ["nobody_here", "no such handle", "", "a/../b"])
    def test_unknown_account(self, world: World, handle: str) -> None:
        """A handle that nobody has is not found, also if nobody could have it."""
        with pytest.raises(NotFound):
            world.channel.account(handle)

    def test_empty_stream(self, world: World) -> None:
        """A stream without posts is one empty page, the last."""
        page = world.channel.page(Stream.MENTIONS, world.account.native_id, PageRequest())
        assert (list(page.posts), page.next_token) == ([], None)

    def test_walk_gives_each_post_once_newest_first(self, world: World) -> None:
        """A walk by tokens gives every post exactly once, newest first, in pages."""
        ids = self.mentions(world, 2 * PAGE + 2)
        pages: list[Page] = []
        account_id = world.account.native_id
        posts = walk(world.channel, Stream.MENTIONS, account_id, PageRequest(), seen=pages.append)
        assert [post.native_id for post in posts] == ids
        assert [len(page.posts) for page in pages] == [PAGE, PAGE, 2]

    def test_facts_of_a_post(self, world: World) -> None:
        """A post has its author, text, time to the millisecond, thread, names and address."""
        native_id = world.write("jane", "@acme <b>late</b> & cold", at=START + 123)
        post = self.read(world)[0]
        assert post.native_id == post.current_id == native_id
        assert (post.author.handle, post.posted_at) == ("jane", START + 123)
        assert post.text == "@acme <b>late</b> & cold"
        assert post.thread_id == native_id
        assert world.account.native_id in post.mentions
        assert post.url is not None
        assert native_id in post.url

    def test_since_is_exclusive(self, world: World) -> None:
        """`since_id` leaves out that post and all that are older."""
        ids = self.mentions(world, PAGE + 3)
        posts = self.read(world, PageRequest(since_id=ids[2]))
        assert [post.native_id for post in posts] == ids[:2]

    def test_until_is_exclusive(self, world: World) -> None:
        """`until_id` leaves out that post and all that are newer."""
        ids = self.mentions(world, PAGE + 3)
        posts = self.read(world, PageRequest(until_id=ids[2]))
        assert [post.native_id for post in posts] == ids[3:]

    def test_since_and_until_bound_a_walk(self, world: World) -> None:
        """Both together give what lies between, over several pages."""
        ids = self.mentions(world, 2 * PAGE + 4)
        posts = self.read(world, PageRequest(since_id=ids[-2], until_id=ids[1]))
        assert [post.native_id for post in posts] == ids[2:-2]

    def test_token_wins_over_until(self, world: World) -> None:
        """With a token the walk goes on from there, whatever `until_id` says."""
        ids = self.mentions(world, 2 * PAGE)
        account_id = world.account.native_id
        first = world.channel.page(Stream.MENTIONS, account_id, PageRequest())
        request = PageRequest(until_id=ids[0], token=first.next_token)
        second = world.channel.page(Stream.MENTIONS, account_id, request)
        assert [post.native_id for post in second.posts] == ids[PAGE:]

    def test_new_posts_do_not_shift_a_walk(self, world: World) -> None:
        """What is posted during a walk neither repeats nor hides what follows."""
        ids = self.mentions(world, PAGE + 2)
        account_id = world.account.native_id
        first = world.channel.page(Stream.MENTIONS, account_id, PageRequest())
        world.write("joe", "@acme me too", at=START + 100 * MINUTE)
        request = PageRequest(token=first.next_token)
        second = world.channel.page(Stream.MENTIONS, account_id, request)
        assert [post.native_id for post in second.posts] == ids[PAGE:]

    def test_an_empty_page_is_not_the_end(self, world: World) -> None:
        """A page may be empty although more follows: only a missing token ends a walk."""
        ids = self.mentions(world, 3)
        world.empty_page()
        assert [post.native_id for post in self.read(world)] == ids

    @pytest.mark.parametrize("token", ["nonsense", "0:x", "%00"])
    def test_unusable_token(self, world: World, token: str) -> None:
        """A token that the channel does not know is reported as expired."""
        self.mentions(world, PAGE + 1)
        request = PageRequest(token=token)
        with pytest.raises(CursorExpired):
            world.channel.page(Stream.MENTIONS, world.account.native_id, request)

    def test_expired_token_and_how_to_go_on(self, world: World) -> None:
        """After a token expired the walk goes on from the oldest id seen, and loses nothing."""
        ids = self.mentions(world, PAGE + 3)
        account_id = world.account.native_id
        first = world.channel.page(Stream.MENTIONS, account_id, PageRequest())
        world.expire_tokens()
        with pytest.raises(CursorExpired):
            world.channel.page(Stream.MENTIONS, account_id, PageRequest(token=first.next_token))
        rest = self.read(world, PageRequest(until_id=first.posts[-1].native_id))
        assert [post.native_id for post in rest] == ids[PAGE:]

    def test_own_posts(self, world: World) -> None:
        """Our own posts are a stream of their own, and say what they answer."""
        mention = world.write("jane", "@acme hello?")
        answer = world.write("acme", "Hello Jane", at=START + MINUTE, in_reply_to=mention)
        world.write("acme", "Open on Sunday", at=START + 2 * MINUTE)
        own = walk(world.channel, Stream.OWN, world.account.native_id, PageRequest())
        assert len(own) == 2
        assert own[1].native_id == answer
        assert own[1].in_reply_to == mention
        assert own[1].in_reply_to_author == self.read(world)[0].author.native_id
        assert own[1].thread_id == mention
        assert own[0].in_reply_to is None

    def test_context_of_a_page(self, world: World) -> None:
        """A post that a page's posts answer comes along, and not among the page's own."""
        root = world.write("joe", "Look at this")
        reply = world.write("jane", "@acme see there", at=START + MINUTE, in_reply_to=root)
        page = world.channel.page(Stream.MENTIONS, world.account.native_id, PageRequest())
        assert [post.native_id for post in page.posts] == [reply]
        assert [post.native_id for post in page.context] == [root]

    def test_edits_keep_the_identity(self, world: World) -> None:
        """An edited post keeps its first id and time, with its newest text and version."""
        first = world.write("jane", "@acme wher is it")
        version = world.edit(first, "@acme where is it")
        (post,) = self.read(world)
        assert (post.native_id, post.version_id) == (first, version)
        assert (post.text, post.posted_at) == ("@acme where is it", START)

    def test_lookup(self, world: World) -> None:
        """Posts are re-read by id: found, reported gone, or without a word."""
        here = world.write("jane", "@acme still here")
        gone = world.write("joe", "@acme gone soon", at=START + MINUTE)
        world.remove(gone)
        lookup = world.channel.lookup([here, gone])
        assert [post.native_id for post in lookup.posts] == [here]
        assert list(lookup.gone) == [gone]
        assert list(world.channel.lookup([]).posts) == []

    def test_a_hurried_way_reads_the_same(self, world: World) -> None:
        """What must be over soon gives what the channel gives, and leaves the channel as it is."""
        here = world.write("jane", "@acme still here")
        hurried = world.channel.within(60.0)
        assert [post.native_id for post in hurried.lookup([here]).posts] == [here]
        account_id = world.account.native_id
        page = hurried.page(Stream.MENTIONS, account_id, PageRequest())
        assert [post.native_id for post in page.posts] == [here]
        assert [p.native_id for p in world.channel.lookup([here]).posts] == [here]

    def test_where_a_person_answers(self, world: World) -> None:
        """The channel's own page has the text in it, encoded."""
        url = world.channel.answer_url("123", "Hi & bye?\n@ana #1 100% ü")
        if url is not None:
            assert url.startswith("https://")
            assert "in_reply_to=123" in url
            assert url.endswith("text=Hi+%26+bye%3F%0A%40ana+%231+100%25+%C3%BC")

    @pytest.mark.parametrize("why", [w for w in Absence if w is not Absence.DELETED])
    def test_lookup_of_what_is_kept_back(self, world: World, why: Absence) -> None:
        """What is there and is not shown is told with the reason, and comes back as it was."""
        native_id = world.write("jane", "@acme where is it")
        world.hide(native_id, why)
        lookup = world.channel.lookup([native_id])
        assert (list(lookup.posts), list(lookup.gone)) == ([], [])
        assert lookup.hidden == {native_id: why}
        assert self.read(world) == []
        world.hide(native_id, None)
        lookup = world.channel.lookup([native_id])
        assert [post.text for post in lookup.posts] == ["@acme where is it"]
        assert lookup.hidden == {}

    def test_an_edit_tells_its_versions_and_when_the_newest_was_written(self, world: World) -> None:
        """The ids of all versions, oldest first; a post that was never edited has no history."""
        first = world.write("jane", "@acme wher is it")
        assert [p.history for p in world.channel.lookup([first]).posts] == [()]
        version = world.edit(first, "@acme where is it")
        (post,) = self.read(world)
        assert post.history == (first, version)
        assert post.edited_at is not None
        assert post.edited_at > post.posted_at

    def test_from_a_time_on(self, world: World) -> None:
        """A page may begin at a time, without naming an id; that time is in it."""
        ids = self.mentions(world, 3)
        at = world.channel.page(
            Stream.MENTIONS, world.account.native_id, PageRequest(start_at=START + MINUTE)
        )
        assert [post.native_id for post in at.posts] == ids[:2]

    def test_lookup_of_many(self, world: World) -> None:
        """More ids than one request may carry are all looked up, each once."""
        ids = [world.write("jane", f"@acme {n}", at=START + n * MINUTE) for n in range(120)]
        lookup = world.channel.lookup([*ids, *ids])
        assert sorted(post.native_id for post in lookup.posts) == sorted(ids)

    def test_history_limit(self, world: World) -> None:
        """A channel that says how deep it can be read is read exactly so deep."""
        limit = world.channel.capabilities.history_limit
        if limit is None:
            return
        ids = self.mentions(world, limit + 3)
        posts = self.read(world)
        assert len(posts) == limit
        assert posts[-1].native_id == ids[limit - 1]

    def test_post_and_find_again(self, world: World) -> None:
        """A reply that was sent has an id, and stands among our posts under it."""
        mention = world.write("jane", "@acme hello?")
        outcome = world.channel.post(Outgoing("Hello Jane", mention))
        assert outcome.fate is Fate.SENT
        assert outcome.retry_at is None
        (post,) = walk(world.channel, Stream.OWN, world.account.native_id, PageRequest())
        assert post.native_id == outcome.native_id
        assert (post.in_reply_to, post.author.handle) == (mention, "acme")
        assert post.text.endswith("Hello Jane")
        assert world.requests_to_post() == 1

    def test_post_without_parent(self, world: World) -> None:
        """A post that answers nothing can be sent too."""
        outcome = world.channel.post(Outgoing("Two days left", None))
        assert outcome.fate is Fate.SENT
        (post,) = walk(world.channel, Stream.OWN, world.account.native_id, PageRequest())
        assert post.in_reply_to is None

    @pytest.mark.parametrize("accepted", [False, True])
    def test_unknown_fate(self, world: World, accepted: bool) -> None:
        """Where bytes left and no usable answer came, the fate is unknown, posted or not."""
        mention = world.write("jane", "@acme hello?")
        world.fail_post(Fate.UNKNOWN, accepted=accepted)
        outcome = world.channel.post(Outgoing("Hello Jane", mention))
        assert outcome.fate is Fate.UNKNOWN
        assert outcome.native_id is None
        own = walk(world.channel, Stream.OWN, world.account.native_id, PageRequest())
        assert len(own) == accepted
        assert world.requests_to_post() == 1

    def test_post_that_must_wait(self, world: World) -> None:
        """A rate limit on a post is `NOT_SENT`, with a time to try again that lies ahead."""
        mention = world.write("jane", "@acme hello?")
        world.fail_post(Fate.NOT_SENT, accepted=False)
        outcome: PostOutcome = world.channel.post(Outgoing("Hello Jane", mention))
        assert outcome.fate is Fate.NOT_SENT
        assert outcome.retry_at is not None
        assert outcome.retry_at > world.now
        assert walk(world.channel, Stream.OWN, world.account.native_id, PageRequest()) == []

    def test_refused_post(self, world: World) -> None:
        """A refusal is told with the channel's words, and nothing was posted."""
        mention = world.write("jane", "@acme hello?")
        world.fail_post(Fate.REFUSED, accepted=False)
        outcome = world.channel.post(Outgoing("Hello Jane", mention))
        assert outcome.fate is Fate.REFUSED
        assert outcome.detail
        assert walk(world.channel, Stream.OWN, world.account.native_id, PageRequest()) == []

    @pytest.mark.parametrize("error", [NetworkDown, SignInNeeded, RateLimited])
    def test_failed_read(self, world: World, error: type[TriageError]) -> None:
        """A read that fails raises one of the promised errors, and the next one works."""
        ids = self.mentions(world, 1)
        world.fail_read(error)
        with pytest.raises(error) as caught:
            self.read(world)
        if isinstance(caught.value, RateLimited):
            assert caught.value.reset_at > world.now
            assert caught.value.endpoint
        assert [post.native_id for post in self.read(world)] == ids

    def test_delete(self, world: World) -> None:
        """A post of ours is taken back; doing so twice is harmless."""
        native_id = world.channel.post(Outgoing("Oops", None)).native_id
        assert native_id is not None
        assert world.channel.delete(native_id) is True
        assert walk(world.channel, Stream.OWN, world.account.native_id, PageRequest()) == []
        assert world.channel.delete(native_id) is True

    def test_length(self, world: World) -> None:
        """Lengths are measured in the units of the limit, names that lead a reply aside."""
        assert world.channel.length("", is_reply=False) == 0
        full = "a" * world.channel.capabilities.max_length
        assert world.channel.length(full, is_reply=False) == len(full)
        assert world.channel.length("@acme yes", is_reply=False) >= len("yes")

    def test_a_picture_goes_with_a_reply(self, world: World) -> None:
        """An upload has an id, can be repeated, and a reply that names it is sent."""
        channel = world.channel
        mention = world.write("jane", "@acme hello?")
        assert channel.capabilities.max_media > 0
        first = channel.upload(Upload(PNG, "image/png", "a red button"))
        again = channel.upload(Upload(PNG, "image/png", ""))
        assert first != again
        outcome = channel.post(Outgoing("It looks like this:", mention, (first, again)))
        assert outcome.fate is Fate.SENT
        (post,) = walk(channel, Stream.OWN, world.account.native_id, PageRequest())
        attempt = Attempt(1, "us", mention, "It looks like this:", 0, has_media=True)
        found = Found(post.native_id, "us", mention, post.text, post.posted_at)
        assert settle([attempt], [found]) == {1: outcome.native_id}, "it is found by its text"
        assert world.requests_to_post() == 1

    def test_a_picture_that_nobody_uploaded(self, world: World) -> None:
        """A reply that names no upload of ours is refused, and nothing is posted."""
        outcome = world.channel.post(Outgoing("Look", None, ("17",)))
        assert outcome.fate is Fate.REFUSED
        assert walk(world.channel, Stream.OWN, world.account.native_id, PageRequest()) == []

    def test_links(self, world: World) -> None:
        """What must not be cut is told by where it stands."""
        text = "See https://example.com/a?b=c, please"
        (found,) = world.channel.links(text)
        assert text[slice(*found)] == "https://example.com/a?b=c"
        assert list(world.channel.links("Nothing here.")) == []

    def test_ids_follow_time(self, world: World) -> None:
        """Where ids carry time, `id_at` parts what was posted before from what came after."""
        if world.channel.capabilities.id_epoch_ms is None:
            assert world.channel.id_at(START) is None
            return
        ids = self.mentions(world, 3)[::-1]
        for minute, (earlier, later) in enumerate(pairwise(ids)):
            edge = world.channel.id_at(START + (minute + 1) * MINUTE)
            assert edge is not None
            assert id_key(earlier) < id_key(edge) <= id_key(later)

    def test_address(self, world: World) -> None:
        """The address of a post holds its id, and needs no handle."""
        for handle in ("jane", "", "not a handle", "../evil"):
            url = world.channel.post_url(handle, "1234567890123456789")
            assert url.startswith("https://")
            assert "1234567890123456789" in url
            assert ".." not in url
            assert " " not in url
