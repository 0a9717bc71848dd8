"""The budget of a limit: never more than the channel allows, and never stuck."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from depth import deep
from triage.core.kinds import DAY, HOUR, MINUTE, SECOND
from triage.core.ratebudget import (
    MARGIN,
    Past,
    Rule,
    Told,
    for_others,
    hear,
    left,
    limit_of,
    next_at,
    share,
)

NOW = 1_795_000_000_000
SPAN = 15 * MINUTE


class Server:
    """Counts as X does: in windows that begin with a request, or at a phase of its own."""

    def __init__(self, limit: int, phase: int | None) -> None:
        self.limit = limit
        self.phase = phase
        self.ends = 0
        self.used = 0
        self.refused = 0

    def answer(self, at: int) -> Told:
        """Count a request that arrives; tell what is left."""
        if at >= self.ends:
            begin = at if self.phase is None else at - (at - self.phase) % SPAN
            self.ends, self.used = begin + SPAN, 0
        if self.used >= self.limit:
            self.refused += 1
        self.used += 1
        reset_at = -(-self.ends // SECOND) * SECOND
        return Told(self.limit, max(0, self.limit - self.used), reset_at)


class Client:
    """Holds what the store holds."""

    def __init__(self, limit: int) -> None:
        self.rule = Rule(limit)
        self.past = Past({})

    def take(self, now: int) -> bool:
        """Begin a request, if the budget allows it."""
        if left(self.rule, self.past, now) <= 0:
            return False
        slot = self.rule.slot_at(now)
        slots = {**self.past.slots, slot: self.past.slots.get(slot, 0) + 1}
        told = self.past.told
        if told is not None:
            told = told._replace(remaining=max(0, told.remaining - 1))
        self.past = Past(slots, told)
        return True

    def hear(self, said: Told, now: int) -> None:
        """Take in a header."""
        self.past = Past(self.past.slots, hear(self.rule, self.past, said, now))


class Step(NamedTuple):
    """A pause, and requests after it, each with its way there and whether its header is lost."""

    pause: int
    requests: list[tuple[int, bool]]


REQUESTS = st.tuples(st.sampled_from([0, SECOND, 30 * SECOND]), st.booleans())
PAUSES = st.integers(0, 20 * MINUTE) | st.integers(-9, 9).map(lambda n: SPAN + n * 5 * SECOND)
STEPS = st.lists(st.builds(Step, PAUSES, st.lists(REQUESTS, max_size=4)), max_size=10)


@settings(max_examples=deep(1_000, 100))
@given(st.integers(1, 4), st.none() | st.integers(0, SPAN), STEPS)
def test_no_window_ever_holds_more_than_the_limit(
    limit: int, phase: int | None, steps: list[Step]
) -> None:
    """Whatever headers are lost, wherever the channel's windows begin, and however slow it is."""
    server, client, now = Server(limit, phase), Client(limit), NOW
    for pause, requests in steps:
        now += pause
        for way, is_lost in requests:
            if not client.take(now):
                break
            now += way
            said = server.answer(now)
            if not is_lost:
                client.hear(said, now)
    assert server.refused == 0


@example(1, 52_460, [Step(0, []), Step(545_000, [(0, False), (0, False)])])
@given(st.integers(1, 4), st.none() | st.integers(0, SPAN), STEPS)
def test_a_budget_that_is_used_up_comes_back_when_it_says(
    limit: int, phase: int | None, steps: list[Step]
) -> None:
    """A request may begin at the time that is told, and that is at most a window and some away."""
    server, client, now = Server(limit, phase), Client(limit), NOW
    for pause, requests in steps:
        now += pause
        for way, is_lost in requests:
            if not client.take(now):
                again = next_at(client.rule, client.past, now)
                assert now < again <= now + SPAN + 2 * MARGIN
                assert left(client.rule, client.past, again) > 0
                break
            now += way
            said = server.answer(now)
            if not is_lost:
                client.hear(said, now)


@given(STEPS, st.lists(st.tuples(st.integers(), st.integers(), st.integers()), max_size=5))
def test_no_header_stops_a_budget_for_good(
    steps: list[Step], headers: list[tuple[int, int, int]]
) -> None:
    """Wrong headers and a clock that is set back are over after a day and an hour at most."""
    client, now = Client(3), NOW
    for pause, requests in steps:
        now += pause
        for _ in requests:
            client.take(now)
    for header in headers:
        client.hear(Told(*header), now)
    assert left(client.rule, client.past, now + DAY + HOUR + SPAN + MARGIN) > 0
    set_back = now - 40 * DAY
    assert left(client.rule, Past({}, Told(3, 0, now + MINUTE)), set_back) == 3


def test_without_a_header_the_limit_holds_in_every_stretch() -> None:
    """Nothing is forgotten at a window's edge that nobody told of."""
    client = Client(2)
    assert client.take(NOW)
    assert client.take(NOW + 14 * MINUTE)
    assert not client.take(NOW + 15 * MINUTE)
    assert client.take(NOW + 17 * MINUTE)
    assert not client.take(NOW + 18 * MINUTE)


def test_a_header_is_believed_less_what_was_asked_since() -> None:
    """Another program with the same keys is taken into account."""
    client = Client(450)
    assert client.take(NOW)
    client.hear(Told(450, 2, NOW + 5 * MINUTE), NOW)
    assert [client.take(NOW) for _ in range(3)] == [True, True, False]
    assert client.take(NOW + 5 * MINUTE + 2 * SECOND)


def test_a_limit_that_a_header_tells_replaces_the_default() -> None:
    """Also in the windows that follow."""
    client = Client(450)
    assert client.take(NOW)
    client.hear(Told(7, 6, NOW + SPAN), NOW)
    assert limit_of(client.rule, client.past) == 7
    later = NOW + SPAN + 2 * SECOND
    assert left(client.rule, client.past, later) == 7


def test_an_older_answer_gives_nothing_back() -> None:
    """Of two answers that overtake each other the lower counts."""
    client = Client(10)
    for _ in range(2):
        assert client.take(NOW)
    client.hear(Told(10, 3, NOW + SPAN), NOW)
    client.hear(Told(10, 4, NOW + SPAN), NOW)
    assert left(client.rule, client.past, NOW) == 3


def test_a_refusal_without_a_limit_in_it_stops_until_the_reset() -> None:
    """A 429 need not say how much it would have allowed."""
    client = Client(10)
    assert client.take(NOW)
    client.hear(Told(0, 0, NOW + 3 * MINUTE), NOW)
    assert not client.take(NOW + MINUTE)
    assert limit_of(client.rule, client.past) == 10
    assert client.take(NOW + 3 * MINUTE + 2 * SECOND)


@pytest.mark.parametrize(
    ("available", "limit", "accounts", "expected"),
    [
        (450, 450, 4, 101),
        (450, 450, 1, 405),
        (40, 450, 4, 1),
        (1, 450, 4, 1),
        (3, 4, 4, 1),
        (0, 450, 4, 0),
    ],
)
def test_a_share_leaves_something_to_the_others_and_to_later_runs(
    available: int, limit: int, accounts: int, expected: int
) -> None:
    """An equal part of all but a tenth of the window; one at least."""
    assert share(available, limit, accounts) == expected


@given(st.integers(0, 500), st.integers(1, 500), st.integers(1, 8))
def test_shares_together_are_never_more_than_there_is(
    available: int, limit: int, accounts: int
) -> None:
    """Taken one after the other; and while enough is there everybody has one."""
    rest, given_ = available, []
    for waiting in range(accounts, 0, -1):
        part = share(rest, limit, waiting)
        given_.append(part)
        rest -= part
    assert rest >= 0
    assert sum(part > 0 for part in given_) >= min(available, accounts)


def test_a_part_is_kept_for_replies() -> None:
    """A twentieth of the window; nothing of a very small one."""
    assert for_others(300, 300) == 285
    assert for_others(10, 300) == 0
    assert for_others(4, 4) == 4


def test_what_began_before_a_reset_may_count_after_it() -> None:
    """A request on its way at the reset is in the next window, and its own header may be lost."""
    client = Client(2)
    assert client.take(NOW)
    client.hear(Told(2, 1, NOW + SPAN), NOW)
    assert client.take(NOW + SPAN - 40 * SECOND)
    assert left(client.rule, client.past, NOW + SPAN + 5 * SECOND) == 1
