"""Which alerts are due, with values and with laws; nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.core.alerts import (
    Alert,
    AlertCase,
    AlertOptions,
    Owed,
    Told,
    choose_owed,
    decide_alert,
    decide_alerts,
)
from triage.core.calendar import WeeklyCalendar
from triage.core.digest import AlertLevel
from triage.core.hours import ALWAYS
from triage.core.kinds import HOUR, MINUTE, Kind
from triage.core.policy import Policy, Settings, When
from zones import ms

WARNING, BREACH, REPEAT = AlertLevel.WARNING, AlertLevel.BREACH, AlertLevel.REPEAT
OFFICE = WeeklyCalendar("office", "UTC", (*[((9 * 60, 18 * 60),)] * 5, (), ()))
NIGHTS = WeeklyCalendar("nights", "Europe/Madrid", (((22 * 60, 30 * 60),),) * 7)
WITHIN = Policy(HOUR, 15 * MINUTE, name="complaint", calendar="office")
SETTINGS = Settings(
    policies={kind: replace(WITHIN, name=kind.value) for kind in Kind},
    special=(Policy(HOUR, name="vip", calendar="office", alert_anytime=True, when=When()),),
    calendars={"office": OFFICE, "nights": NIGHTS},
)
DUE = ms("2026-03-02T11:00+00:00")
"""A Monday."""
CASE = AlertCase(
    conversation_id=41,
    message_id=7,
    due_at=DUE,
    warn_at=DUE - 15 * MINUTE,
    policy="complaint",
    kind="complaint",
    settings_id=1,
)
OPTIONS = AlertOptions()


def decide(
    now: int,
    *told: Told,
    case: AlertCase = CASE,
    policy: Policy = WITHIN,
    options: AlertOptions = OPTIONS,
) -> tuple[AlertLevel, int] | None:
    """The level and number of the alert that is due, if one is."""
    found = decide_alert(case._replace(told=told), policy, SETTINGS, options, now)
    if found is None:
        return None
    assert (found.conversation_id, found.message_id) == (case.conversation_id, case.message_id)
    return found.level, found.number


WARNED = Told(WARNING, 0, DUE - 15 * MINUTE)
BREACHED = Told(BREACH, 0, DUE)


# Levels.


@pytest.mark.parametrize(
    ("now", "told", "due"),
    [
        (DUE - 15 * MINUTE - 1, (), None),
        (DUE - 15 * MINUTE, (), (WARNING, 0)),
        (DUE - 1, (), (WARNING, 0)),
        (DUE - 1, (WARNED,), None),
        (DUE, (WARNED,), (BREACH, 0)),
        (DUE, (WARNED, BREACHED), None),
        (DUE + HOUR, (BREACHED,), None),
        # A policy has given it more time since.
        (DUE - 1, (BREACHED,), None),
    ],
)
def test_one_alert_for_each_level(
    now: int, told: Sequence[Told], due: tuple[AlertLevel, int] | None
) -> None:
    """A warning at its time, a breach at the due time, to the millisecond; each of them once."""
    assert decide(now, *told) == due


def test_only_the_gravest_is_told() -> None:
    """Whoever was not looked at in time is overdue: nobody is warned of that any more."""
    assert decide(DUE + HOUR) == (BREACH, 0)
    assert decide(DUE + HOUR, BREACHED) is None


def test_a_clock_that_stands_warns_and_does_not_breach() -> None:
    """Nobody knows when it will be due."""
    case = CASE._replace(due_at=None)
    assert decide(DUE + HOUR, case=case) == (WARNING, 0)
    assert decide(DUE + HOUR, WARNED, case=case) is None
    assert decide(DUE + HOUR, case=case._replace(warn_at=None)) is None


def test_what_has_no_warning_breaches_all_the_same() -> None:
    """A policy may warn at no time."""
    case = CASE._replace(warn_at=None)
    assert decide(DUE - 1, case=case) is None
    assert decide(DUE, case=case) == (BREACH, 0)


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ([WARNING, BREACH, REPEAT], [(WARNING, 0), (BREACH, 0), (REPEAT, 1)]),
        ([BREACH, REPEAT], [None, (BREACH, 0), (REPEAT, 1)]),
        ([WARNING, BREACH], [(WARNING, 0), (BREACH, 0), None]),
        ([WARNING], [(WARNING, 0), None, None]),
        ([BREACH], [None, (BREACH, 0), None]),
        ([WARNING, REPEAT], [(WARNING, 0), None, (REPEAT, 1)]),
        ([REPEAT], [None, None, None]),
        ([], [None, None, None]),
    ],
)
def test_levels_that_nobody_wants(
    levels: Sequence[AlertLevel], found: list[tuple[AlertLevel, int] | None]
) -> None:
    """They are left out, and the others come as they would; a repeat repeats something."""
    told: list[Told] = []
    seen = []
    for now in (DUE - 15 * MINUTE, DUE, DUE + 5 * HOUR):
        alert = decide(now, *told, options=AlertOptions(levels))
        seen.append(alert)
        if alert is not None:
            told.append(Told(*alert, now))
    assert seen == found


# Opening hours.


def test_nothing_while_the_calendar_is_closed() -> None:
    """What came to its time meanwhile is told when it opens, as it stands then."""
    case = CASE._replace(due_at=ms("2026-03-02T18:30+00:00"), warn_at=ms("2026-03-02T18:10+00:00"))
    for closed in ("2026-03-02T18:00", "2026-03-02T18:31", "2026-03-03T03:00", "2026-03-03T08:59"):
        assert decide(ms(f"{closed}+00:00"), case=case) is None, closed
    assert decide(ms("2026-03-03T09:00+00:00"), case=case) == (BREACH, 0)


def test_a_weekend_is_no_time_for_alerts() -> None:
    """From Friday evening to Monday morning."""
    friday = ms("2026-03-06T17:59+00:00")
    case = CASE._replace(due_at=friday + MINUTE, warn_at=friday)
    assert decide(friday, case=case) == (WARNING, 0)
    assert decide(ms("2026-03-08T12:00+00:00"), WARNED, case=case) is None
    assert decide(ms("2026-03-09T09:00+00:00"), WARNED, case=case) == (BREACH, 0)


def test_unless_the_policy_says_otherwise() -> None:
    """Then at night too; repeats still count open time alone."""
    anytime = replace(WITHIN, alert_anytime=True)
    night = ms("2026-03-03T03:00+00:00")
    case = CASE._replace(due_at=night, warn_at=night - HOUR)
    assert decide(night - 1, case=case, policy=anytime) == (WARNING, 0)
    assert decide(night, case=case, policy=anytime) == (BREACH, 0)
    told = Told(BREACH, 0, night)
    assert decide(night + 5 * HOUR, told, case=case, policy=anytime) is None
    assert decide(night + 10 * HOUR - 1, told, case=case, policy=anytime) is None
    assert decide(night + 10 * HOUR, told, case=case, policy=anytime) == (REPEAT, 1)


# Repeats.


def test_a_repeat_comes_after_so_much_open_time() -> None:
    """Four hours behind an alert of 16:00 are two of that day and two of the next."""
    last = Told(BREACH, 0, ms("2026-03-02T16:00+00:00"))
    at = ms("2026-03-03T11:00+00:00")
    assert decide(at - 1, last) is None
    assert decide(at, last) == (REPEAT, 1)


def test_repeats_count_from_the_last_alert_and_end() -> None:
    """Three by default, each four hours behind the one before it."""
    told = [BREACHED]
    for number, at in enumerate(
        ("2026-03-02T15:00", "2026-03-03T10:00", "2026-03-03T14:00"), start=1
    ):
        now = ms(f"{at}+00:00")
        assert decide(now - 1, *told) is None
        assert decide(now, *told) == (REPEAT, number)
        told.append(Told(REPEAT, number, now))
    assert decide(ms("2026-03-06T17:00+00:00"), *told) is None
    more = AlertOptions(repeat_at_most=4)
    assert decide(ms("2026-03-06T17:00+00:00"), *told, options=more) == (REPEAT, 4)


@pytest.mark.parametrize(
    "options", [AlertOptions(repeat_every=None), AlertOptions(repeat_at_most=0)], ids=repr
)
def test_no_repeats(options: AlertOptions) -> None:
    """They can be switched off by their span or by their number."""
    assert decide(DUE + 30 * 24 * HOUR + 2 * HOUR, BREACHED, options=options) is None


def test_the_next_wait_begins_anew() -> None:
    """What was told of an earlier one is not in its case, and it is told from the first level."""
    assert decide(DUE - 1, case=CASE._replace(message_id=8)) == (WARNING, 0)


def test_a_clock_that_was_set_back_tells_nothing_twice() -> None:
    """An alert of the future has been told; the repeat comes when that time is over."""
    future = Told(BREACH, 0, DUE + 3 * HOUR)
    assert decide(DUE + HOUR, future) is None
    assert decide(ms("2026-03-03T09:00+00:00") - 1, future) is None
    assert decide(ms("2026-03-03T09:00+00:00"), future) == (REPEAT, 1)


# Many.


def test_each_by_its_own_policy() -> None:
    """By the snapshot that judged it, and by the name of the policy, else by its kind."""
    night = ms("2026-03-03T03:00+00:00")
    silent = Settings(
        policies={kind: replace(WITHIN, name=kind.value) for kind in Kind},
        calendars={"office": OFFICE},
    )
    cases = [
        CASE._replace(conversation_id=1),
        CASE._replace(conversation_id=2, policy="vip"),
        CASE._replace(conversation_id=3, policy="vip", settings_id=2),
        CASE._replace(conversation_id=4, policy="vip", kind="question"),
    ]
    by_id = {1: SETTINGS, 2: silent}
    found = decide_alerts(cases, by_id, OPTIONS, night)
    assert found == [Alert(2, 7, BREACH), Alert(4, 7, BREACH)]
    assert len(decide_alerts(cases, by_id, OPTIONS, DUE)) == len(cases)
    assert decide_alerts([], {}, OPTIONS, night) == []


# Laws.


class Course(NamedTuple):
    """A wait, and the times at which it is looked at."""

    case: AlertCase
    policy: Policy
    options: AlertOptions
    looks: list[int]


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """Any calendar, any options, looks at any times; some of them when something is due."""
    calendar = draw(st.sampled_from(["office", "nights", ALWAYS]))
    anytime = draw(st.booleans())
    policy = replace(WITHIN, calendar=calendar, alert_anytime=anytime)
    due = DUE + draw(st.integers(0, 7 * 24 * 60)) * MINUTE
    warn = draw(st.none() | st.integers(0, 90).map(lambda m: due - m * MINUTE))
    options = AlertOptions(
        draw(st.sets(st.sampled_from(AlertLevel))),
        draw(st.none() | st.integers(1, 900).map(lambda m: m * MINUTE)),
        draw(st.integers(0, 4)),
    )
    near = st.sampled_from([0, -1, 1]) | st.integers(-120 * MINUTE, 6 * 24 * HOUR)
    looks = sorted(due + step for step in draw(st.lists(near, max_size=25)))
    due_at = draw(st.just(due) | st.none())
    return Course(CASE._replace(due_at=due_at, warn_at=warn), policy, options, looks)


def follow(course: Course) -> list[Told]:
    """What is told in the course of it."""
    told: list[Told] = []
    for now in course.looks:
        found = decide(now, *told, case=course.case, policy=course.policy, options=course.options)
        if found is not None:
            told.append(Told(*found, now))
    return told


@given(courses())
def test_every_level_and_number_comes_once_and_in_order(course: Course) -> None:
    """At most a warning, then a breach, then repeats from 1 on; none that is not wanted."""
    told = follow(course)
    steps = [(list(AlertLevel).index(t.level), t.number) for t in told]
    assert steps == sorted(set(steps))
    assert {t.level for t in told} <= set(course.options.levels)
    repeats = [t.number for t in told if t.level is REPEAT]
    assert repeats == list(range(1, len(repeats) + 1))
    assert len(repeats) <= course.options.repeat_at_most


@given(courses())
def test_no_alert_is_early_or_at_a_closed_door(course: Course) -> None:
    """Neither before its time, nor while the calendar is closed, nor too soon after another."""
    calendar = SETTINGS.calendar_of(course.policy)
    told = follow(course)
    for before, one in zip([None, *told], told, strict=False):
        assert course.policy.alert_anytime or calendar.is_open(one.at)
        at = course.case.warn_at if one.level is WARNING else course.case.due_at
        assert at is not None
        assert at <= one.at
        if one.level is REPEAT:
            assert before is not None
            assert calendar.between(before.at, one.at) >= (course.options.repeat_every or 0)


@given(courses())
def test_nothing_is_forgotten(course: Course) -> None:
    """Whoever looks while it is open, and finds it late, has told a breach once they have looked.

    And a repeat, where one was due by then.
    """
    calendar = SETTINGS.calendar_of(course.policy)
    looks = [t for t in course.looks if course.policy.alert_anytime or calendar.is_open(t)]
    late = [t for t in looks if course.case.due_at is not None and t >= course.case.due_at]
    if BREACH not in course.options.levels or not late:
        return
    told = follow(course)
    breach = next(t for t in told if t.level is BREACH)
    assert breach.at == late[0]
    every = course.options.repeat_every
    if REPEAT in course.options.levels and every is not None and course.options.repeat_at_most:
        again = [t for t in late if calendar.between(breach.at, t) >= every]
        assert [t.at for t in told if t.number == 1] == again[:1]


# What a target is owed.


def owed(
    number: int,
    conversation: int,
    level: AlertLevel,
    policy: str = "complaint",
    *,
    repeat: int = 0,
    has: bool = False,
) -> Owed:
    """An alert, and whether the target has it."""
    return Owed(number, conversation, 7, level, repeat, DUE, policy, "complaint", 1, has)


def chosen(*alerts: Owed, now: int = DUE) -> tuple[list[int], list[int]]:
    """Ids of what is told and of what that covers."""
    told, covered = choose_owed(alerts, {1: SETTINGS}, now)
    return [o.alert_id for o in told], [o.alert_id for o in covered]


def test_of_several_the_gravest_is_told() -> None:
    """Of two that are as grave, the newer; of other conversations, their own."""
    assert chosen(
        owed(1, 41, WARNING),
        owed(2, 42, WARNING),
        owed(3, 41, BREACH),
        owed(4, 41, REPEAT, repeat=2),
        owed(5, 41, REPEAT, repeat=1),
        owed(6, 41, REPEAT, repeat=2),
    ) == ([2, 6], [1, 3, 4, 5])
    # A warning that is newer than a breach: two conversations that became one.
    assert chosen(owed(1, 41, BREACH), owed(2, 41, WARNING)) == ([1], [2])
    assert chosen() == ([], [])


def test_nothing_is_told_that_is_less_than_what_the_target_has() -> None:
    """Nor as much: of two conversations that became one, one was told and the other was not."""
    assert chosen(owed(1, 41, BREACH, has=True), owed(2, 41, WARNING)) == ([], [])
    assert chosen(owed(1, 41, BREACH), owed(2, 41, BREACH, has=True)) == ([], [])
    assert chosen(owed(1, 41, BREACH, has=True), owed(2, 41, BREACH)) == ([], [])
    assert chosen(owed(1, 41, BREACH, has=True), owed(2, 42, WARNING)) == ([2], [])
    assert chosen(owed(1, 41, BREACH, has=True), owed(2, 41, REPEAT, repeat=1)) == ([2], [])
    several = (owed(1, 41, REPEAT, repeat=1, has=True), owed(2, 41, REPEAT, repeat=2))
    assert chosen(*several, owed(3, 41, BREACH)) == ([2], [3])


def test_what_was_decided_before_closing_is_not_told_at_night() -> None:
    """It is neither told nor covered, and is owed until it opens."""
    night = ms("2026-03-03T03:00+00:00")
    late = (owed(1, 41, WARNING), owed(2, 41, BREACH), owed(3, 42, BREACH, "vip"))
    assert chosen(*late, now=night) == ([3], [])
    assert chosen(*late, now=ms("2026-03-03T09:00+00:00")) == ([2, 3], [1])


ALERTS = st.lists(
    st.builds(
        owed,
        st.integers(1, 99),
        st.integers(41, 44),
        st.sampled_from(AlertLevel),
        has=st.booleans(),
    ),
    unique_by=lambda alert: alert.alert_id,
)


@given(ALERTS, st.randoms(use_true_random=False))
def test_each_conversation_is_told_of_once(alerts: list[Owed], random: Random) -> None:
    """By its gravest alert, unless the target has one that is as grave; whatever their order."""
    told, covered = chosen(*alerts)
    by_id = {o.alert_id: o for o in alerts}
    for conversation in {o.conversation_id for o in alerts}:
        about = [o for o in alerts if o.conversation_id == conversation]
        lacking = [o for o in about if not o.has]
        ones = [by_id[i] for i in told if by_id[i].conversation_id == conversation]
        least = max((o.gravity for o in about if o.has), default=(-1, 0))
        most = max((o.gravity for o in lacking), default=(-1, 0))
        assert [o.gravity for o in ones] == ([most] if most > least else [])
        left = [i for i in covered if by_id[i].conversation_id == conversation]
        assert len(left) == (len(lacking) - 1 if ones else 0)
    assert not any(by_id[i].has for i in told + covered)
    shuffled = list(alerts)
    random.shuffle(shuffled)
    assert chosen(*shuffled) == (told, covered)
