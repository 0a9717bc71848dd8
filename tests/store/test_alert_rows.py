"""What is told of a wait hangs on its mentions, whatever order they came in, and is found fast."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builders import START, Desk, tagger_for
from engines import lite, sqlite_only
from listeners import Listener, tell
from triage.app.acting import close, hold, reopen
from triage.app.judging import judge_pending
from triage.core.alerts import Alert, AlertCase, Owed, Told
from triage.core.digest import MOST_TEXT, AlertLevel
from triage.core.holds import HoldState
from triage.core.kinds import HOUR, MINUTE, CloseReason, Role
from triage.core.model import Post
from triage.core.ports import Incoming

WARNING, BREACH, REPEAT = AlertLevel.WARNING, AlertLevel.BREACH, AlertLevel.REPEAT


def late(desk: Desk, post: Post, role: Role = Role.MENTION) -> None:
    """A post that was written before comes in now."""
    account = desk.account.id if role is not Role.CONTEXT else None
    with desk.store.tx():
        desk.store.messages.save_posts(
            desk.brand_id, "memory", [Incoming(post, role, account)], desk.now
        )
    judge_pending(desk.store, desk.brand_id, tagger_for)


def case(desk: Desk) -> AlertCase:
    """The one wait that has come so far."""
    (found,) = desk.store.alerts.cases(desk.brand_id, desk.now)
    return found


def told(desk: Desk) -> list[tuple[AlertLevel, int]]:
    """What was told of it."""
    return [(one.level, one.number) for one in case(desk).told]


def rows(desk: Desk) -> list[tuple[int, str, int]]:
    """Conversation, level and number of every alert there is."""
    return desk.store.engine.query("SELECT conversation_id, level, number FROM alert ORDER BY id")


def states(desk: Desk, target: str = "desk") -> list[str]:
    """How far each alert got to a target, oldest first; `-` where nothing was tried."""
    found = desk.store.engine.query(
        "SELECT coalesce(d.state, '-') FROM alert x "
        "LEFT JOIN delivery d ON d.alert_id = x.id AND d.target = :t ORDER BY x.id",
        {"t": target},
    )
    return [state for (state,) in found]


@pytest.fixture
def ana(desk: Desk) -> Post:
    """Ana complains at 9:00; it is due at 10:00, and warned of from 9:45 on."""
    post = desk.write("ana", "@acme it is broken")
    desk.fetch()
    return post


# Which waits have come so far.


@pytest.mark.usefixtures("ana")
def test_a_wait_becomes_a_case_with_its_warning(desk: Desk) -> None:
    """It names what it is about, and by what it is judged."""
    desk.now = START + 45 * MINUTE - 1
    assert desk.store.alerts.cases(desk.brand_id, desk.now) == []
    desk.now += 1
    settings = desk.store.settings.current()
    assert settings is not None
    assert case(desk) == AlertCase(
        conversation_id=1,
        message_id=desk.store.reading.thread(1)[0].id,
        due_at=START + HOUR,
        warn_at=START + 45 * MINUTE,
        policy="complaint",
        kind="complaint",
        settings_id=settings.settings_id,
    )


def test_what_demands_no_answer_or_has_ended_is_none(desk: Desk) -> None:
    """Praise, an answered question, and a complaint that was closed."""
    desk.write("eve", "@acme thanks a lot", ago=30 * HOUR)
    asked = desk.write("bo", "@acme where is it?", ago=9 * HOUR)
    desk.write("acme", "@bo here", ago=HOUR, in_reply_to=asked.native_id)
    shut = desk.write("finn", "@acme broken", ago=9 * HOUR)
    desk.fetch()
    assert len(desk.store.alerts.cases(desk.brand_id, desk.now)) == 1
    close(desk.store, desk.conversation(shut.native_id), CloseReason.SPAM, "ana", START, tagger_for)
    assert desk.store.alerts.cases(desk.brand_id, desk.now) == []


def test_cases_come_in_the_order_of_the_queue(desk: Desk) -> None:
    """What is due first, first; a clock that stands comes last."""
    for name, ago in (("ana", 90), ("bo", 200), ("eve", 100)):
        desk.write(name, "@acme broken", ago=ago * MINUTE)
    desk.fetch()
    desk.store.engine.execute(
        "UPDATE wait SET due_at = NULL WHERE due_at < :at", {"at": START - HOUR}
    )
    numbers = [c.conversation_id for c in desk.store.alerts.cases(desk.brand_id, desk.now)]
    names = [desk.conversation(number).customer for number in numbers]
    assert names == ["eve", "ana", "bo"]


# What was told of which wait.


def test_the_next_wait_is_told_of_anew(desk: Desk, ana: Post) -> None:
    """What was told of a wait that was answered does not silence the one behind it."""
    desk.now = START + 2 * HOUR
    listener = Listener()
    tell(desk, listener)
    assert (told(desk), listener.heard()) == ([(BREACH, 0)], [(1, BREACH, 0)])
    answer = desk.write("acme", "@ana sorry", in_reply_to=ana.native_id)
    desk.now += MINUTE
    desk.write("ana", "@acme broken again", in_reply_to=answer.native_id)
    desk.fetch()
    desk.now += 50 * MINUTE
    assert told(desk) == []
    tell(desk, listener)
    assert (told(desk), listener.heard()) == ([(WARNING, 0)], [(1, WARNING, 0)])
    assert rows(desk) == [(1, "breach", 0), (1, "warning", 0)]


def test_what_could_not_be_told_of_an_answered_wait_is_over(desk: Desk, ana: Post) -> None:
    """Although they wait again: a target that works again hears of the wait that is open."""
    listener = Listener(is_down=True)
    desk.now = START + 2 * HOUR
    tell(desk, listener)
    answer = desk.write("acme", "@ana sorry", in_reply_to=ana.native_id)
    desk.now += MINUTE
    desk.write("ana", "@acme broken again", in_reply_to=answer.native_id)
    desk.fetch()
    desk.now += 50 * MINUTE
    tell(desk, listener)
    listener.is_down = False
    tell(desk, listener)
    assert listener.heard() == [(1, WARNING, 0)]
    assert states(desk) == ["moot", "sent"]


def test_more_mentions_are_the_same_wait(desk: Desk, ana: Post) -> None:
    """Three are one alert, whichever of them came last."""
    listener = Listener()
    desk.now = START + 2 * HOUR
    tell(desk, listener)
    for _ in range(2):
        desk.now += MINUTE
        desk.write("ana", "@acme never again", in_reply_to=ana.native_id)
        desk.fetch()
        tell(desk, listener)
    assert listener.heard() == [(1, BREACH, 0)]
    assert told(desk) == [(BREACH, 0)]


@pytest.mark.parametrize("before", [10 * MINUTE, 3 * HOUR])
def test_an_earlier_mention_that_comes_late_repeats_nothing(
    desk: Desk, ana: Post, before: int
) -> None:
    """It moves the opening and the due time of the wait, and not what was told of it."""
    listener = Listener()
    desk.now = START + 2 * HOUR
    tell(desk, listener)
    early = desk.channel.write(
        desk.author("ana"), "@acme never came", at=START - before, in_reply_to=ana.native_id
    )
    was = case(desk)
    late(desk, early)
    assert case(desk).due_at == (was.due_at or 0) - before
    assert case(desk).message_id != was.message_id
    tell(desk, listener)
    assert listener.heard() == [(1, BREACH, 0)]
    assert told(desk) == [(BREACH, 0)]
    # And the repeat goes on from there, once.
    desk.now += 4 * HOUR
    tell(desk, listener)
    tell(desk, listener)
    assert listener.heard() == [(1, REPEAT, 1)]


def test_an_answer_that_comes_late_swallows_nothing(desk: Desk, ana: Post) -> None:
    """The breach that was told turns out to be of an answered wait; who waits behind it is told of.

    The answer was given elsewhere at 9:10, and is found at 11:00.
    """
    desk.now = START + 20 * MINUTE
    desk.write("ana", "@acme still broken", in_reply_to=ana.native_id)
    desk.fetch()
    desk.now = START + 2 * HOUR
    listener = Listener()
    tell(desk, listener)
    assert listener.heard() == [(1, BREACH, 0)]
    answer = desk.channel.write(
        desk.author("acme"), "@ana sorry", at=START + 10 * MINUTE, in_reply_to=ana.native_id
    )
    late(desk, answer, Role.OWN)
    assert (case(desk).due_at, told(desk)) == (START + 80 * MINUTE, [])
    tell(desk, listener)
    assert listener.heard() == [(1, BREACH, 0)]


def test_an_answer_that_was_taken_back_repeats_nothing(desk: Desk, ana: Post) -> None:
    """The wait goes on, and so does what was told of it."""
    desk.now = START + 2 * HOUR
    listener = Listener()
    tell(desk, listener)
    answer = desk.write("acme", "@ana sorry", in_reply_to=ana.native_id)
    desk.fetch()
    with desk.store.tx():
        desk.store.messages.mark_deleted(desk.brand_id, "memory", [answer.native_id], desk.now)
    judge_pending(desk.store, desk.brand_id, tagger_for)
    assert told(desk) == [(BREACH, 0)]
    tell(desk, listener)
    assert listener.heard() == [(1, BREACH, 0)]


@pytest.mark.usefixtures("ana")
def test_a_close_that_is_taken_back_repeats_nothing(desk: Desk) -> None:
    """Reopened, it is the same wait."""
    desk.now = START + 2 * HOUR
    listener = Listener()
    tell(desk, listener)
    close(desk.store, desk.conversation(1), CloseReason.SPAM, "bo", desk.now, tagger_for)
    tell(desk, listener)
    reopen(desk.store, desk.conversation(1), "bo", desk.now, tagger_for)
    tell(desk, listener)
    assert listener.heard() == [(1, BREACH, 0)]


def test_of_two_mentions_at_one_time_the_greater_id_is_later(desk: Desk) -> None:
    """Ids are compared as numbers: 100 stands behind 99."""
    author = desk.author("ana")
    for native_id in ("99", "100"):
        late(desk, Post(native_id, author, "@acme broken", START, thread_id="t"))
    (first, second) = desk.store.engine.query("SELECT id FROM message ORDER BY id")
    desk.store.engine.execute("UPDATE wait SET opening_id = :id", {"id": second[0]})
    desk.now = START + 2 * HOUR
    with desk.store.tx():
        desk.store.alerts.add(desk.brand_id, [Alert(1, first[0], BREACH)], desk.now)
    assert told(desk) == []
    with desk.store.tx():
        desk.store.alerts.add(desk.brand_id, [Alert(1, second[0], BREACH)], desk.now)
    assert told(desk) == [(BREACH, 0)]


# Threads that turn out to be one.


def two_threads(desk: Desk) -> Post:
    """Ana's thread, and her answer to a post that is not known yet; give that post."""
    root = desk.channel.write(desk.author("ana"), "@acme it is broken", at=START)
    unknown = Post("50", desk.author("bo"), "me too", START + MINUTE, in_reply_to=root.native_id)
    answer = Post(
        "60", desk.author("ana"), "@acme never again", START + 2 * MINUTE, in_reply_to="50"
    )
    desk.fetch()
    late(desk, answer)
    return unknown


def test_alerts_follow_a_thread_that_is_part_of_another(desk: Desk) -> None:
    """Both were told of; as one they are told of no more, and the next is a repeat of both."""
    unknown = two_threads(desk)
    desk.now = START + 2 * HOUR
    listener = Listener()
    tell(desk, listener)
    assert listener.heard() == [(1, BREACH, 0), (2, BREACH, 0)]
    late(desk, unknown, Role.CONTEXT)
    assert rows(desk) == [(1, "breach", 0), (1, "breach", 0)]
    assert told(desk) == [(BREACH, 0), (BREACH, 0)]
    tell(desk, listener)
    assert listener.heard() == []
    desk.now += 4 * HOUR
    tell(desk, listener)
    assert listener.heard() == [(1, REPEAT, 1)]
    acts = [a.conversation_id for a in desk.store.activity.log(desk.brand_id, 1, None)]
    assert acts == [1, 1, 1]


def test_what_could_not_be_told_of_two_is_told_of_one(desk: Desk) -> None:
    """The target has a line for the one conversation that they are by now."""
    unknown = two_threads(desk)
    desk.now = START + 2 * HOUR
    listener = Listener(is_down=True)
    tell(desk, listener)
    late(desk, unknown, Role.CONTEXT)
    listener.is_down = False
    tell(desk, listener)
    assert listener.heard() == [(1, BREACH, 0)]
    assert sorted(states(desk)) == ["covered", "sent"]
    tell(desk, listener)
    assert listener.heard() == []


# What a target is owed.


@pytest.mark.usefixtures("ana")
def test_an_alert_is_written_once(desk: Desk) -> None:
    """By conversation, mention, level and number; whoever decides it twice writes one."""
    alert = Alert(1, desk.store.reading.thread(1)[0].id, BREACH)
    repeat = alert._replace(level=REPEAT, number=1)
    with desk.store.tx():
        assert desk.store.alerts.add(desk.brand_id, [alert, repeat], 1) == 2
        assert desk.store.alerts.add(desk.brand_id, [alert, repeat], 2) == 0
    desk.now = START + 2 * HOUR
    assert case(desk).told == (Told(BREACH, 0, 1), Told(REPEAT, 1, 1))


@pytest.mark.usefixtures("ana")
def test_each_target_is_owed_what_it_has_not(desk: Desk) -> None:
    """By its whole name: `desk` has nothing to do with `desk-2`, nor with `d%`."""
    desk.now = START + 2 * HOUR
    tell(desk, Listener("desk"))
    assert lacks(desk, "desk", desk.now) == []
    for other in ("desk-2", "des", "d%", "DESK", "desk' OR 1=1 --"):
        (owed,) = lacks(desk, other, desk.now)
        assert (owed.conversation_id, owed.level, owed.decided_at) == (1, BREACH, desk.now)
    assert desk.store.alerts.decided(desk.brand_id + 1, "mail", desk.now) == []


@pytest.mark.parametrize(
    ("state", "is_owed"),
    [("pending", True), ("sending", True), ("moot", True), ("sent", False), ("covered", False)],
)
@pytest.mark.usefixtures("ana")
def test_states_of_a_delivery(desk: Desk, state: str, is_owed: bool) -> None:
    """What failed, broke off, or was over while the wait was ended, is owed while it is open."""
    desk.now = START + 2 * HOUR
    tell(desk, Listener("mail"))
    with desk.store.tx():
        desk.store.alerts.mark([1], "desk", "sending", 1)
        desk.store.alerts.mark([1], "desk", state, 2)
    assert bool(lacks(desk, "desk", desk.now)) is is_owed
    (row,) = desk.store.engine.query("SELECT * FROM delivery WHERE target = 'desk'")
    assert row == (1, "desk", state, 2 if state == "sending" else 1, 2)
    with desk.store.tx():
        desk.store.alerts.mark([1], "desk", "pending", 3)
    assert states(desk) == ["sent" if state == "sent" else "pending"]


@pytest.mark.usefixtures("ana")
def test_what_is_over(desk: Desk) -> None:
    """Of what a target was to have, that whose wait has ended; nothing else."""
    desk.now = START + 50 * MINUTE
    tell(desk, Listener(is_down=True))
    assert desk.store.alerts.over(desk.brand_id, "desk") == []
    close(desk.store, desk.conversation(1), CloseReason.SPAM, "bo", desk.now, tagger_for)
    assert desk.store.alerts.over(desk.brand_id, "desk") == [1]
    assert desk.store.alerts.over(desk.brand_id, "mail") == []
    assert desk.store.alerts.over(desk.brand_id + 1, "desk") == []
    assert lacks(desk, "desk", desk.now) == []
    assert desk.store.alerts.lines([owed(1)], desk.now) == []


@pytest.mark.usefixtures("ana")
def test_what_is_due_later_now_is_not_owed(desk: Desk) -> None:
    """A warning that could not be told, of a wait that has been given more time since."""
    desk.now = START + 50 * MINUTE
    tell(desk, Listener(is_down=True))
    desk.store.engine.execute("UPDATE wait SET warn_at = :at, due_at = :at", {"at": desk.now + 1})
    assert lacks(desk, "desk", desk.now) == []
    assert len(lacks(desk, "desk", desk.now + 1)) == 1


def lacks(desk: Desk, target: str, now: int) -> list[Owed]:
    """What a target does not have."""
    return [one for one in desk.store.alerts.decided(desk.brand_id, target, now) if not one.has]


def owed(conversation_id: int, level: AlertLevel = BREACH) -> Owed:
    """An alert that was decided."""
    return Owed(7, conversation_id, 0, level, 0, START, "complaint", "complaint", 1)


# What is told.


def test_a_line_tells_how_its_wait_stands_now(busy: Desk) -> None:
    """Whatever was decided: who waits since when, for which account, and where."""
    (line,) = busy.store.alerts.lines([owed(3)], START)
    assert line._asdict() == {
        "alert_id": 7,
        "conversation_id": 3,
        "level": BREACH,
        "number": 0,
        "kind": "complaint",
        "channel": "memory",
        "account": "acme",
        "customer": "ana",
        "customer_name": "Ana",
        "text": "@acme my order never came and it is broken",
        "waiting_since_at": START - 3 * HOUR,
        "due_at": START - 2 * HOUR,
        "mentions": 1,
        "priority": None,
        "assignee": "",
        "hold": None,
        "hold_until": None,
        "url": line.url,
    }
    assert str(line.url).startswith("https://memory.invalid/ana/")


def test_lines_come_as_asked(busy: Desk) -> None:
    """In that order, and none for whom nobody waits any more; any number of them."""
    asked = [owed(6), owed(2), owed(3, WARNING), *(owed(n) for n in range(900, 1_300))]
    found = busy.store.alerts.lines(asked, START)
    assert [(line.conversation_id, line.level) for line in found] == [(6, BREACH), (3, WARNING)]
    assert busy.store.alerts.lines([], START) == []


def test_a_line_quotes_what_makes_it_what_it_is(desk: Desk, ana: Post) -> None:
    """The newest mention of the wait's kind, not what they added, took back, or said before."""
    desk.now = START + MINUTE
    desk.write("ana", "@acme order 8841", in_reply_to=ana.native_id)
    desk.fetch()
    assert desk.store.alerts.lines([owed(1)], desk.now)[0].text == "@acme it is broken"
    gone = desk.write("ana", "@acme never again", in_reply_to=ana.native_id)
    desk.fetch()
    assert desk.store.alerts.lines([owed(1)], desk.now)[0].text == "@acme never again"
    with desk.store.tx():
        desk.store.messages.mark_deleted(desk.brand_id, "memory", [gone.native_id], desk.now)
    judge_pending(desk.store, desk.brand_id, tagger_for)
    assert desk.store.alerts.lines([owed(1)], desk.now)[0].text == "@acme it is broken"


def test_a_line_of_a_kind_that_an_agent_gave(desk: Desk) -> None:
    """No mention was taken for it by the rules: the newest is quoted."""
    first = desk.write("ana", "@acme hm", ago=2 * HOUR)
    desk.write("ana", "@acme well", ago=HOUR, in_reply_to=first.native_id)
    desk.fetch()
    desk.store.engine.execute("UPDATE wait SET kind = 'complaint'")
    assert desk.store.alerts.lines([owed(1)], desk.now)[0].text == "@acme well"


@pytest.mark.usefixtures("ana")
def test_a_hold_that_is_over_is_not_told(desk: Desk) -> None:
    """It ends when its time has come."""
    until = START + 3 * HOUR
    hold(desk.store, desk.conversation(1), HoldState.SNOOZED, "bo", START, tagger_for, until=until)
    before, after = (desk.store.alerts.lines([owed(1)], at)[0] for at in (until - 1, until))
    assert (before.hold, before.hold_until) == ("snoozed", until)
    assert (after.hold, after.hold_until) == (None, None)
    hold(desk.store, desk.conversation(1), HoldState.ON_HOLD, "bo", START, tagger_for)
    for_good = desk.store.alerts.lines([owed(1)], until)[0]
    assert (for_good.hold, for_good.hold_until) == ("on-hold", None)


def test_whoever_has_a_draft_is_at_it(busy: Desk) -> None:
    """As in the queue."""
    busy.draft(3, "Sorry Ana", agent="bo")
    assert busy.store.alerts.lines([owed(3)], START)[0].assignee == "bo"


def test_no_more_of_a_text_than_a_message_holds(desk: Desk) -> None:
    """However much somebody wrote, it is not read."""
    desk.write("ana", f"@acme broken {'é' * 99_999}")
    desk.fetch()
    (line,) = desk.store.alerts.lines([owed(1)], desk.now)
    assert len(line.text) == MOST_TEXT + 1


# How it is found.


def plan(desk: Desk, ask: Callable[[], object]) -> list[str]:
    """How SQLite goes about what is asked, in a file of which it has no statistics."""
    connection = lite(desk.store).connection
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    ask()
    connection.set_trace_callback(None)
    steps = [
        row[3] for sql in asked for row in desk.store.engine.query(f"EXPLAIN QUERY PLAN {sql}")
    ]
    assert steps
    return steps


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
def test_cases_are_found_among_open_waits_alone(desk: Desk) -> None:
    """They are asked for every five minutes, in stores with millions of waits that have ended."""
    steps = plan(desk, lambda: desk.store.alerts.cases(desk.brand_id, desk.now))
    assert [step for step in steps if " w " in step] == [
        "SEARCH w USING INDEX wait_open (brand_id=? AND state=?)"
    ] * 2
    assert "SEARCH x USING INDEX sqlite_autoindex_alert_1 (conversation_id=?)" in steps
    assert not [step for step in steps if step.startswith("SCAN")]


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
def test_what_is_owed_is_found_among_open_waits_alone(desk: Desk) -> None:
    """Neither all alerts nor all deliveries are read: both are kept for ever."""
    steps = plan(desk, lambda: desk.store.alerts.decided(desk.brand_id, "desk", desk.now))
    assert steps[0] == "SEARCH w USING INDEX wait_open (brand_id=? AND state=?)"
    assert "SEARCH x USING INDEX sqlite_autoindex_alert_1 (conversation_id=?)" in steps
    assert "SEARCH d USING INDEX sqlite_autoindex_delivery_1 (alert_id=? AND target=?)" in steps
    assert not [step for step in steps if step.startswith("SCAN")]


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
def test_what_is_over_is_found_among_what_was_to_go_out(desk: Desk) -> None:
    """By an index that holds nothing else."""
    steps = plan(desk, lambda: desk.store.alerts.over(desk.brand_id, "desk"))
    assert steps[0] == "SEARCH d USING INDEX delivery_waiting (target=?)"
    assert not [step for step in steps if step.startswith("SCAN")]


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
def test_lines_are_found_by_their_conversations(busy: Desk) -> None:
    """Each step by an index."""
    steps = plan(busy, lambda: busy.store.alerts.lines([owed(3)], START))
    assert "SEARCH w USING INDEX wait_conversation (conversation_id=?)" in steps
    assert not [step for step in steps if step.startswith("SCAN")]


@pytest.mark.usefixtures("ana")
def test_the_view_of_alerts(desk: Desk) -> None:
    """One row for each alert and target, with times that people read."""
    desk.now = START + HOUR
    tell(desk, Listener("desk"), Listener("mail", is_down=True))
    found = desk.store.engine.query(
        "SELECT conversation, customer, level, number, decided_at, target, state, attempts "
        "FROM alerts ORDER BY target"
    )
    at = "2026-03-02T10:00:00.000Z"
    assert found == [
        (1, "ana", "breach", 0, at, "desk", "sent", 1),
        (1, "ana", "breach", 0, at, "mail", "pending", 1),
    ]
