"""Snoozing, putting on hold and waking: what the queue shows, and when the clock stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders import START, Desk, tagger_for
from triage.app.acting import close, hold, open_wait, reopen, wake
from triage.app.queueing import Queue, load_queue
from triage.core.holds import HoldState
from triage.core.model import HOUR, MINUTE, CloseReason, Post, WaitState
from triage.core.policy import DEFAULT_POLICIES, Policy, Settings
from triage.core.queue import Held, QueueFilter, Sla
from triage.core.records import Activity, WaitView
from triage.errors import Refused

SNOOZED, CUSTOMER, ON_HOLD = (
    HoldState.SNOOZED,
    HoldState.WAITING_ON_CUSTOMER,
    HoldState.ON_HOLD,
)
PAUSING = Settings(
    policies={
        kind: replace(policy, pauses=frozenset({ON_HOLD, CUSTOMER}))
        for kind, policy in DEFAULT_POLICIES.items()
    }
)
"""A clock stands on hold and while the customer must act; while snoozed it runs on."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An empty desk whose policies pause."""
    made = Desk(tmp_path, settings=PAUSING)
    yield made
    made.close()


@pytest.fixture
def complaint(desk: Desk) -> Post:
    """Ana wrote ten minutes ago that it is broken: an answer is due in fifty."""
    post = desk.write("ana", "@acme it is broken", ago=10 * MINUTE)
    desk.fetch()
    return post


def rest(
    desk: Desk, state: HoldState, until: int | None = None, *, stays: bool = False, note: str = ""
) -> WaitView:
    """Kim lets conversation 1 rest, now."""
    return hold(
        desk.store,
        desk.conversation(1),
        state,
        "kim",
        desk.now,
        tagger_for,
        until=until,
        stays=stays,
        note=note,
    )


def go_on(desk: Desk) -> WaitView:
    """Bo wakes conversation 1, now."""
    return wake(desk.store, desk.conversation(1), "bo", desk.now, tagger_for)


def again(desk: Desk, post: Post, text: str = "@acme still broken") -> Post:
    """Ana writes once more in the same thread, and it is fetched."""
    found = desk.write("ana", text, in_reply_to=post.native_id)
    desk.fetch()
    return found


def listed(desk: Desk, held: Held = "without") -> Queue:
    """The queue as a screen asks for it."""
    return load_queue(desk.store, QueueFilter(desk.brand_id), desk.now, held=held)


def ids(queue: Queue) -> list[int]:
    """Which conversations it lists."""
    return [item.id for item in queue.items]


def acts(desk: Desk) -> list[Activity]:
    """What people did."""
    return desk.store.activity.log(desk.brand_id, 1, None)


# --- hiding ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", HoldState)
@pytest.mark.usefixtures("complaint")
def test_what_rests_is_hidden_until_its_time(desk: Desk, state: HoldState) -> None:
    """No command is needed to bring it back."""
    rest(desk, state, START + 2 * HOUR)
    assert ids(listed(desk)) == []
    assert (listed(desk).resting, listed(desk).total) == (1, 0)
    (item,) = listed(desk, "only").items
    assert (item.hold, item.hold_until) == (state, START + 2 * HOUR)
    desk.now = START + 2 * HOUR - 1
    assert ids(listed(desk)) == []
    desk.now += 1
    (item,) = listed(desk).items
    assert (item.hold, item.hold_until) == (None, None)
    assert listed(desk, "only").items == []


@pytest.mark.usefixtures("complaint")
def test_what_rests_stands_among_all(desk: Desk) -> None:
    """`--all` leaves nothing out, and counts nothing as hidden."""
    desk.write("bo", "@acme broken too", ago=MINUTE)
    desk.fetch()
    rest(desk, SNOOZED, START + HOUR)
    assert ids(listed(desk, "with")) == [1, 2]
    assert listed(desk, "with").resting == 0
    assert ids(listed(desk)) == [2]


@pytest.mark.usefixtures("complaint")
def test_what_is_overdue_at_rest_is_counted(desk: Desk) -> None:
    """Nobody forgets it because it is out of sight."""
    rest(desk, SNOOZED, START + 2 * HOUR)
    assert (listed(desk).resting, listed(desk).resting_overdue) == (1, 0)
    desk.now = START + 50 * MINUTE
    assert (listed(desk).resting, listed(desk).resting_overdue) == (1, 1)
    assert listed(desk).overdue == 0


# --- the clock ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("complaint")
def test_a_snooze_does_not_stop_the_clock(desk: Desk) -> None:
    """The policy names other states."""
    wait = rest(desk, SNOOZED, START + 2 * HOUR)
    assert (wait.due_at, wait.hold) == (START + 50 * MINUTE, SNOOZED)


@pytest.mark.parametrize("state", [ON_HOLD, CUSTOMER])
@pytest.mark.usefixtures("complaint")
def test_on_hold_until_a_time_it_is_due_so_much_later(desk: Desk, state: HoldState) -> None:
    """Known at once, also to who is warned."""
    wait = rest(desk, state, START + 2 * HOUR)
    assert wait.due_at == START + 2 * HOUR + 50 * MINUTE
    assert desk.store.engine.query("SELECT warn_at FROM wait") == [
        (START + 2 * HOUR + 35 * MINUTE,)
    ]


@pytest.mark.usefixtures("complaint")
def test_on_hold_for_nobody_knows_how_long_it_has_no_due_time(desk: Desk) -> None:
    """It still needs an answer; when it goes on it has the time that was left."""
    wait = rest(desk, ON_HOLD)
    assert (wait.due_at, wait.needs_answer, wait.hold_until) == (None, True, None)
    assert listed(desk, "only").items[0].state is Sla.PAUSED
    desk.now += 10 * HOUR
    assert go_on(desk).due_at == desk.now + 50 * MINUTE


@pytest.mark.usefixtures("complaint")
def test_rests_add_up(desk: Desk) -> None:
    """On hold twice, for an hour each time, after ten and after twenty minutes."""
    rest(desk, ON_HOLD)
    desk.now += HOUR
    go_on(desk)
    desk.now += 10 * MINUTE
    rest(desk, CUSTOMER)
    desk.now += HOUR
    assert go_on(desk).due_at == desk.now + 40 * MINUTE


# --- what ends it ---------------------------------------------------------------------------------


def test_the_customers_next_message_brings_it_back(desk: Desk, complaint: Post) -> None:
    """At its own time: the clock goes on from there, however late it is fetched."""
    rest(desk, ON_HOLD)
    desk.now += HOUR
    desk.write("ana", "@acme still broken", in_reply_to=complaint.native_id)
    desk.now += HOUR
    desk.fetch()
    (item,) = listed(desk).items
    assert (item.hold, item.mentions) == (None, 2)
    assert item.due_at == START + HOUR + 50 * MINUTE


def test_it_may_stay_whatever_they_write(desk: Desk, complaint: Post) -> None:
    """The message joins the wait, and nothing is seen of it before its time."""
    rest(desk, SNOOZED, START + 2 * HOUR, stays=True)
    desk.now += HOUR
    again(desk, complaint)
    assert ids(listed(desk)) == []
    assert listed(desk, "only").items[0].mentions == 2
    desk.now = START + 2 * HOUR
    assert ids(listed(desk)) == [1]


def test_a_mention_that_the_agent_had_not_seen_brings_it_back(desk: Desk, complaint: Post) -> None:
    """Written before they acted, fetched after: as if it had not rested at all."""
    desk.write("ana", "@acme never again", ago=MINUTE, in_reply_to=complaint.native_id)
    rest(desk, ON_HOLD)
    assert ids(listed(desk)) == []
    desk.now += 30 * MINUTE
    desk.fetch()
    (item,) = listed(desk).items
    assert (item.mentions, item.due_at) == (2, START + 50 * MINUTE)


def test_somebody_elses_message_does_not_bring_it_back(desk: Desk, complaint: Post) -> None:
    """A third person in the thread has a conversation of their own."""
    rest(desk, ON_HOLD)
    desk.write("bo", "broken here too @acme, hello", in_reply_to=complaint.native_id)
    desk.fetch()
    assert ids(listed(desk)) == [2]
    assert ids(listed(desk, "only")) == [1]


def test_an_answer_ends_wait_and_rest(desk: Desk, complaint: Post) -> None:
    """What they write after it waits, and does not rest."""
    rest(desk, ON_HOLD)
    desk.now += 3 * HOUR
    desk.write("acme", "@ana done", in_reply_to=complaint.native_id)
    desk.now += MINUTE
    again(desk, complaint)
    first, second = desk.store.reading.waits(1)
    assert (first.state, first.is_met) == (WaitState.ANSWERED, True)
    assert (second.state, second.hold) == (WaitState.OPEN, None)
    assert second.due_at == desk.now + HOUR
    assert ids(listed(desk)) == [1]


@pytest.mark.usefixtures("complaint")
def test_a_close_ends_wait_and_rest_and_reopening_wakes_it(desk: Desk) -> None:
    """Whoever reopens it wants to see it: the clock stood until the close, and went on then."""
    rest(desk, ON_HOLD)
    desk.now += HOUR
    close(desk.store, desk.conversation(1), CloseReason.SPAM, "ana", desk.now, tagger_for)
    assert listed(desk, "with").items == []
    desk.now += HOUR
    after = reopen(desk.store, desk.conversation(1), "bo", desk.now, tagger_for)
    assert (after.hold, after.due_at) == (None, desk.now - HOUR + 50 * MINUTE)
    assert ids(listed(desk)) == [1]
    assert [a.what for a in acts(desk)] == ["hold", "close", "wake", "reopen"]


@pytest.mark.usefixtures("complaint")
def test_another_rest_takes_its_place(desk: Desk) -> None:
    """Snoozed, then on hold: the last word counts."""
    rest(desk, SNOOZED, START + 5 * HOUR)
    desk.now += 10 * MINUTE
    wait = rest(desk, ON_HOLD, START + HOUR)
    assert (wait.hold, wait.hold_until) == (ON_HOLD, START + HOUR)
    assert wait.due_at == START + HOUR + 40 * MINUTE


# --- refusals and the record ----------------------------------------------------------------------


@pytest.mark.parametrize("state", HoldState)
def test_where_nobody_waits_nothing_can_rest(desk: Desk, complaint: Post, state: HoldState) -> None:
    """It was answered; and nothing is written down."""
    desk.write("acme", "@ana done", in_reply_to=complaint.native_id)
    desk.fetch()
    with pytest.raises(Refused, match="Nobody waits in #1"):
        rest(desk, state)
    with pytest.raises(Refused, match="Nobody waits in #1"):
        go_on(desk)
    assert acts(desk) == []
    assert desk.store.engine.query("SELECT count(*) FROM hold") == [(0,)]


@pytest.mark.usefixtures("complaint")
def test_what_does_not_rest_cannot_be_woken(desk: Desk) -> None:
    """Never rested, woken already, or over by its own time."""
    with pytest.raises(Refused, match="#1 does not rest") as error:
        go_on(desk)
    assert "triage show 1" in error.value.hint
    rest(desk, SNOOZED, START + HOUR)
    go_on(desk)
    with pytest.raises(Refused, match="#1 does not rest"):
        go_on(desk)
    desk.now += MINUTE
    rest(desk, SNOOZED, START + HOUR)
    desk.now = START + HOUR
    with pytest.raises(Refused, match="#1 does not rest"):
        go_on(desk)
    assert [a.what for a in acts(desk)] == ["hold", "wake", "hold"]


@pytest.mark.usefixtures("complaint")
def test_who_did_it_stands_in_the_log(desk: Desk) -> None:
    """From what to what, with a word, on the conversation and the message it was about."""
    rest(desk, SNOOZED, START + HOUR, note="after lunch")
    desk.now += MINUTE
    rest(desk, CUSTOMER)
    desk.now += MINUTE
    go_on(desk)
    told = [(a.agent, a.what, a.before, a.after, a.detail) for a in acts(desk)]
    assert told == [
        ("kim", "hold", "open", "snoozed", "after lunch"),
        ("kim", "hold", "snoozed", "waiting-on-customer", ""),
        ("bo", "wake", "waiting-on-customer", "open", ""),
    ]
    wait = open_wait(desk.store, 1)
    assert wait is not None
    assert {a.message_id for a in acts(desk)} == {wait.opening_id}
    assert [a.conversation_id for a in acts(desk)] == [1, 1, 1]


@pytest.mark.usefixtures("complaint")
def test_a_rest_that_is_over_is_told_as_open(desk: Desk) -> None:
    """The log of the next one does not say that it was snoozed still."""
    rest(desk, SNOOZED, START + MINUTE)
    desk.now += HOUR
    rest(desk, ON_HOLD)
    assert [a.before for a in acts(desk)] == ["open", "open"]


@pytest.mark.usefixtures("complaint")
def test_other_settings_judge_what_rests(desk: Desk) -> None:
    """Where the new policy does not pause, the clock ran all the time."""
    from triage.app.applying import apply_settings

    rest(desk, ON_HOLD)
    desk.now += HOUR
    apply_settings(
        desk.store,
        Settings(policies={**DEFAULT_POLICIES}, special=(Policy(2 * HOUR, name="all"),)),
        "hash",
        "bo",
        desk.now,
        brand="acme",
        accounts=[("memory", "acme")],
        tagger_for=tagger_for,
    )
    (item,) = listed(desk, "only").items
    assert (item.hold, item.due_at) == (ON_HOLD, START + 110 * MINUTE)
