"""Walks down a stream: nothing is lost and no checkpoint moves too early, however they end."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.core import walk
from triage.core.channel import Page, PageRequest
from triage.core.model import Author, Post, id_key
from triage.core.progress import Checkpoint

ANA = Author("30", "ana")
LIMIT = 800
NEXT = "t"
"""A channel's way to continue."""
OVERLAP = 30


def post(number: int) -> Post:
    """A post whose time is its id."""
    return Post(native_id=str(number), author=ANA, text="", posted_at=number)


def page(*numbers: int, token: str | None = None) -> Page:
    """A page of posts."""
    return Page([post(n) for n in numbers], next_token=token)


# One step at a time.


def test_a_first_walk_has_no_floor() -> None:
    """It reads as far down as the channel goes, from the newest."""
    begun = walk.start(Checkpoint(), None)
    assert walk.request(begun) == PageRequest(since_id=None, until_id=None, token=None)


def test_a_new_walk_reads_down_to_its_floor() -> None:
    """And counts anew."""
    stored = Checkpoint(reached_id="100", walk_seen=7, completed_at=5)
    begun = walk.start(stored, "90")
    assert walk.request(begun) == PageRequest(since_id="90")
    assert (begun.walk_seen, begun.reached_id) == (0, "100")


def test_a_walk_under_way_is_continued_with_its_own_floor() -> None:
    """The floor of today is not put under the walk of yesterday."""
    stored = walk.advance(walk.start(Checkpoint("100"), "90"), page(120, 110, token=NEXT))
    assert walk.start(stored, "115") == stored


def test_the_token_goes_before_the_oldest_id_until_it_expires() -> None:
    """Without it the walk goes on below what it saw."""
    begun = walk.advance(walk.start(Checkpoint("90"), "90"), page(120, 110, token=NEXT))
    assert walk.request(begun) == PageRequest(since_id="90", token=NEXT)
    assert walk.request(walk.without_token(begun)) == PageRequest(since_id="90", until_id="110")


def test_target_and_oldest_are_compared_as_numbers() -> None:
    """99 is below 100, wherever a page has it."""
    after = walk.advance(Checkpoint(), page(99, 100, token=NEXT))
    assert (after.walk_target_id, after.walk_oldest_id, after.walk_seen) == ("100", "99", 2)
    after = walk.advance(after, page(98, 9))
    assert (after.walk_target_id, after.walk_oldest_id, after.walk_seen) == ("100", "9", 4)


def test_an_empty_page_moves_nothing_but_the_token() -> None:
    """It may be followed by more."""
    before = walk.advance(Checkpoint(), page(100, token=NEXT))
    after = walk.advance(before, page(token=NEXT * 2))
    assert after == before._replace(walk_token=NEXT * 2)


def test_a_finished_walk_reaches_its_target() -> None:
    """And nothing of it is left."""
    begun = walk.advance(walk.start(Checkpoint("90"), "80"), page(120, 110))
    assert walk.finish(begun, 7) == Checkpoint(reached_id="120", completed_at=7)


def test_a_walk_without_news_keeps_what_was_reached() -> None:
    """A quiet hour does not forget, nor does a walk that saw only the overlap."""
    assert walk.finish(Checkpoint("90"), 7).reached_id == "90"
    overlapping = walk.advance(walk.start(Checkpoint("90"), "80"), page(85))
    assert walk.finish(overlapping, 7).reached_id == "90"


# The overlap.


def test_the_floor_lies_an_overlap_before_what_was_reached() -> None:
    """Some posts show up late, below what was read."""
    assert walk.overlap_floor("100", int, str, 30) == "70"


def test_ids_without_time_have_no_overlap() -> None:
    """The floor is what was reached."""
    assert walk.overlap_floor("x9", lambda _: None, str, 30) == "x9"
    assert walk.overlap_floor("100", int, lambda _: None, 30) == "100"


def test_before_anything_was_reached_there_is_no_floor() -> None:
    """The first walk reads all that there is."""
    assert walk.overlap_floor(None, int, str, 30) is None


# The gap.


def walked(seen: int, oldest: str | None = "200", reached: str | None = "100") -> Checkpoint:
    """A walk at its end."""
    return Checkpoint(reached_id=reached, walk_oldest_id=oldest, walk_seen=seen)


@pytest.mark.parametrize(
    ("checkpoint", "resumed", "gap"),
    [
        (walked(LIMIT), False, ("100", "200")),
        (walked(LIMIT - 1), False, None),
        (walked(600), True, ("100", "200")),
        (walked(599), True, None),
        (walked(LIMIT, oldest="100"), False, None),
        (walked(LIMIT, oldest="99"), False, None),
        (walked(LIMIT, reached=None), False, None),
        (walked(0, oldest=None), False, None),
    ],
)
def test_a_gap_is_a_walk_that_hit_the_limit_above_what_was_reached(
    checkpoint: Checkpoint, resumed: bool, gap: tuple[str, str] | None
) -> None:
    """Resumed, a walk hits it earlier: what came in meanwhile counts against the limit."""
    assert walk.gap(checkpoint, LIMIT, resumed=resumed) == gap


def test_a_channel_without_a_limit_has_no_gaps() -> None:
    """It gives everything."""
    assert walk.gap(walked(10**6), None, resumed=False) is None


# Whole walks, interrupted anywhere.


@dataclass
class Stream:
    """A channel's stream with a limit, and a reader with its store.

    Attributes:
        numbers: Of the posts that exist.
        stored: How often each came to the store.
        checkpoint: As stored.
        top: The newest post when the last walk that was finished began.
    """

    limit: int
    page_size: int
    numbers: set[int] = field(default_factory=set)
    stored: dict[int, int] = field(default_factory=dict)
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    gaps: list[tuple[str, str]] = field(default_factory=list)

    def give(self, wanted: PageRequest) -> Page:
        """One page, newest first, from the newest `limit` posts."""
        below = wanted.token or wanted.until_id
        within = sorted(self.numbers, reverse=True)[: self.limit]
        listed = [
            n
            for n in within
            if (below is None or n < int(below))
            and (wanted.since_id is None or n > int(wanted.since_id))
        ]
        shown = listed[: self.page_size]
        token = str(shown[-1]) if len(listed) > len(shown) else None
        return page(*shown, token=token)

    def read(self, pages: int, *, tokens: bool) -> int:
        """Read as a fetch does, until so many pages were stored; tell how many are left."""
        stored = self.checkpoint
        if not tokens:
            stored = walk.without_token(stored)
        if stored.walk_target_id is not None:
            pages = self._walk(stored, pages, resumed=True)
            if not pages:
                return 0
        floor = walk.overlap_floor(self.checkpoint.reached_id, int, str, OVERLAP)
        return self._walk(walk.start(self.checkpoint, floor), pages, resumed=False)

    def _walk(self, checkpoint: Checkpoint, pages: int, *, resumed: bool) -> int:
        while pages:
            pages -= 1
            got = self.give(walk.request(checkpoint))
            for each in got.posts:
                number = int(each.native_id)
                self.stored[number] = self.stored.get(number, 0) + 1
            checkpoint = walk.advance(checkpoint, got)
            if got.next_token is None:
                missing = walk.gap(checkpoint, self.limit, resumed=resumed)
                self.gaps += [missing] if missing else []
                self.checkpoint = walk.finish(checkpoint, 0)
                return pages
            before, self.checkpoint = self.checkpoint, checkpoint
            assert checkpoint.reached_id == before.reached_id  # never before the end
        return 0


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 5), st.booleans()), min_size=1, max_size=8
    ),
    st.integers(1, 20),
)
@settings(deadline=None)
def test_whatever_interrupts_it_every_post_is_seen(
    runs: list[tuple[int, int, bool]], page_size: int
) -> None:
    """New posts, a few pages, an interruption, with the token or without: nothing is lost."""
    stream = Stream(LIMIT, page_size)
    newest = 0
    for new, pages, tokens in runs:
        stream.numbers |= set(range(newest + 1, newest + new + 1))
        newest += new
        stream.read(pages, tokens=tokens)
    stream.read(10**6, tokens=True)
    assert set(stream.stored) == stream.numbers
    assert stream.gaps == []
    assert stream.checkpoint.reached_id == (str(newest) if newest else None)


@given(st.integers(1, 120), st.integers(1, 9), st.integers(1, 20), st.booleans())
def test_one_interrupted_walk_sees_each_post_once(
    count: int, page_size: int, pages: int, tokens: bool
) -> None:
    """Going on by token or below the oldest id repeats nothing that this walk had stored."""
    stream = Stream(LIMIT, page_size, numbers=set(range(1, count + 1)))
    first = -(-count // page_size)
    stream.read(min(pages, first), tokens=True)
    stream.read(max(0, first - pages), tokens=tokens)
    assert stream.stored == dict.fromkeys(range(1, count + 1), 1)
    assert stream.checkpoint == Checkpoint(reached_id=str(count), completed_at=0)


@given(st.integers(1, 60), st.integers(0, 100), st.integers(1, 30))
def test_what_the_limit_cuts_off_is_told_as_a_gap(known: int, missed: int, page_size: int) -> None:
    """More new posts than the channel gives back: who is missing lies in the gap that is told."""
    limit = 50
    stream = Stream(limit, page_size, numbers=set(range(1, known + 1)))
    stream.read(10**6, tokens=True)
    stream.gaps = []  # whoever was before the first walk is nobody's loss
    newest = known + limit + missed
    stream.numbers = set(range(1, newest + 1))
    stream.read(10**6, tokens=True)
    lost = set(range(known + 1, newest + 1)) - set(stream.stored)
    assert len(lost) == missed
    if missed:
        (gap,) = stream.gaps
        assert all(id_key(gap[0]) < id_key(str(n)) < id_key(gap[1]) for n in lost)
    assert stream.checkpoint.reached_id == str(newest)
