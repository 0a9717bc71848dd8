"""What follows from what is known of a person."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.deadline import parse_deadline
from triage.core.marks import Marks, because
from triage.core.model import HOUR, SECOND, Kind
from triage.core.people import Outcome, Promise, PromiseState, Said, Turn, themes_of, turn_of
from triage.core.until import parse_until
from triage.errors import UsageError
from zones import ms, wall

MADRID = "Europe/Madrid"
NOW = ms("2026-11-25T11:00+01:00")
"""A Wednesday."""


def said(*kinds: tuple[int, Kind | None], theme: str | None = None) -> list[Said]:
    """Mentions at times, of kinds."""
    return [Said(at, 1, at, kind, theme, "") for at, kind in kinds]


def test_who_praises_after_the_last_complaint_has_turned() -> None:
    """Whoever complains again has turned back; praise before it does not count."""
    complaint, praise, question = Kind.COMPLAINT, Kind.PRAISE, Kind.QUESTION
    assert turn_of(said((1, complaint), (2, question), (3, praise), (4, praise))) == Turn(1, 3)
    assert turn_of(said((1, complaint), (3, praise), (5, complaint))) is None
    assert turn_of(said((1, complaint), (3, praise), (5, complaint), (6, praise))) == Turn(5, 6)
    assert turn_of(said((1, praise), (2, complaint))) is None
    assert turn_of(said((1, praise), (2, praise))) is None
    assert turn_of(said((2, complaint), (2, praise))) is None
    assert turn_of(said((1, None))) is None
    assert turn_of([]) is None


def test_the_order_of_mentions_is_no_matter() -> None:
    """What came in late tells the same."""
    known = said((1, Kind.COMPLAINT), (2, Kind.PRAISE), (3, Kind.COMPLAINT), (4, Kind.PRAISE))
    assert {turn_of(order) for order in permutations(known)} == {Turn(3, 4)}


def test_themes_are_of_complaints() -> None:
    """The most frequent first, equal ones by name; what a question was about is no complaint."""
    known = [
        *said((1, Kind.COMPLAINT), (2, Kind.COMPLAINT), theme="refund"),
        *said((3, Kind.COMPLAINT), theme="delivery"),
        *said((4, Kind.COMPLAINT), theme="billing"),
        *said((5, Kind.QUESTION), theme="delivery"),
        *said((6, Kind.COMPLAINT)),
    ]
    assert list(themes_of(known).items()) == [("refund", 2), ("billing", 1), ("delivery", 1)]


@pytest.mark.parametrize(
    ("vip", "complaints", "words"),
    [
        (None, 1, []),
        ("yes", 0, ["VIP"]),
        ("gold", 2, ["VIP", "repeat"]),
        ("no", 3, ["repeat"]),
        ("False", 0, []),
        ("0", 0, []),
        ("", 0, []),
    ],
)
def test_marks(vip: str | None, complaints: int, words: list[str]) -> None:
    """Any value but a no makes a VIP; two conversations with complaints make a repeat."""
    assert Marks(vip, complaints).words() == words
    told = "complained in 2 conversations within 90 days"
    assert because(Marks(vip, complaints)) in ("", told, told.replace("2", "3"))
    assert bool(because(Marks(vip, complaints))) == ("repeat" in words)


def promise(outcome: Outcome | None = None, ended_at: int | None = None) -> Promise:
    """Due at 100."""
    return Promise(1, 1, "a call", 100, 0, "ana", None, outcome, ended_at, "ana")


@pytest.mark.parametrize(
    ("known", "now", "state"),
    [
        (promise(), 99, PromiseState.OPEN),
        (promise(), 100, PromiseState.LATE),
        (promise(Outcome.KEPT, 99), 500, PromiseState.KEPT),
        (promise(Outcome.KEPT, 100), 500, PromiseState.KEPT_LATE),
        (promise(Outcome.BROKEN, 50), 60, PromiseState.BROKEN),
        (promise(Outcome.TAKEN_BACK, 50), 500, PromiseState.TAKEN_BACK),
    ],
)
def test_how_a_promise_stands(known: Promise, now: int, state: PromiseState) -> None:
    """At its due time it is late; that it was kept counts from when somebody said so."""
    assert known.state(now) is state
    assert state.is_open == (known.outcome is None)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("today", "2026-11-26T00:00+01:00"),
        ("tomorrow", "2026-11-27T00:00+01:00"),
        ("fri", "2026-11-28T00:00+01:00"),
        (" Friday ", "2026-11-28T00:00+01:00"),
        ("2026-11-25", "2026-11-26T00:00+01:00"),
        ("2026-12-01", "2026-12-02T00:00+01:00"),
        ("2d", "2026-11-27T11:00+01:00"),
        ("17:30", "2026-11-25T17:30+01:00"),
        ("fri 14:00", "2026-11-27T14:00+01:00"),
        ("2026-12-01T09:00+00:00", "2026-12-01T10:00+01:00"),
    ],
)
def test_until_when_something_is_promised(text: str, due: str) -> None:
    """A day is meant with its evening; a time and a span are what they are."""
    assert parse_deadline(text, NOW, MADRID) == ms(due)


@pytest.mark.parametrize(
    "text", ["", "  ", "yesterday", "2026-11-24", "soon", "11:00x", "9999-01-01", "-3d", "\x1b[2J"]
)
def test_what_nobody_can_promise(text: str) -> None:
    """It is refused in the words that a snooze has for it."""
    with pytest.raises(UsageError) as refused:
        parse_deadline(text, NOW, MADRID)
    with pytest.raises(UsageError) as as_until:
        parse_until(text, NOW, MADRID)
    assert (refused.value.message, refused.value.hint) == (
        as_until.value.message,
        as_until.value.hint,
    )


@given(st.integers(0, 400), st.sampled_from([MADRID, "America/New_York", "Asia/Kathmandu", "UTC"]))
def test_the_end_of_a_day_is_a_second_after_its_last(days: int, zone: str) -> None:
    """Also where a clock is put forward or back on that day."""
    now = ms("2026-01-01T12:00+00:00")
    day = wall(now, zone).date() + timedelta(days=days)
    due = parse_deadline(day.isoformat(), now, zone)
    assert wall(due - SECOND, zone).isoformat()[:19] == f"{day}T23:59:59"
    assert 0 < due - now < (days + 2) * 24 * HOUR
