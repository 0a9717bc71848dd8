"""Why a wait is due then: every part of it is told, and it never differs from the wait."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.talk_facts import TALK, Talk, answer, at, closing, mention, noted, rest
from triage.core.calendar import Day, WeeklyCalendar
from triage.core.explaining import Explanation, explain
from triage.core.holds import HoldState
from triage.core.hours import ALWAYS_OPEN
from triage.core.model import HOUR, MINUTE, Kind, WaitState
from triage.core.policy import DEFAULT_POLICIES, Policy, Settings, When
from triage.core.wait import Former, Judge

C, Q, P = Kind.COMPLAINT, Kind.QUESTION, Kind.PRAISE
OTHER = Kind.OTHER
SNOOZED, CUSTOMER, ON_HOLD = (
    HoldState.SNOOZED,
    HoldState.WAITING_ON_CUSTOMER,
    HoldState.ON_HOLD,
)
DEFAULT = Judge(1, Settings())
OFFICE = WeeklyCalendar(
    "office", "UTC", (((540, 840), (900, 1080)),) * 5 + ((), ()), {"2026-03-03": Day("Fair")}
)
"""Mondays to Fridays from nine to two and from three to six; the day after ours is a holiday."""


def judge(policy: Policy, *special: Policy, number: int = 1) -> Judge:
    """Settings with this for complaints, in which everything else is as by default."""
    policies = {**DEFAULT_POLICIES, C: replace(policy, name="complaint")}
    return Judge(number, Settings(policies, special=special, calendars={"office": OFFICE}))


def told(
    talk: Talk, settings: Judge = DEFAULT, *, now: float = 0, number: int | None = None
) -> Explanation:
    """The explanation of a wait, which must be there."""
    found = explain(talk.facts, TALK, settings, at(now), number)
    assert found is not None
    return found


def steps(why: Explanation) -> list[tuple[float, float, bool, str]]:
    """From when to when in minutes, whether it counts, and why not."""
    return [
        ((s.start_at - at(0)) / MINUTE, (s.end_at - at(0)) / MINUTE, s.counts, s.why)
        for s in why.steps
    ]


# --- which wait -----------------------------------------------------------------------------------

TWO = Talk([mention(1, 0), answer(2, 10, 1), mention(3, 20, Q), answer(4, 30, 3), mention(5, 40)])


def test_the_open_wait_is_explained() -> None:
    """Of three; it is said which one it is."""
    why = told(TWO)
    assert (why.number, why.many) == (3, 3)
    assert (why.wait.state, why.wait.opening_id, why.mention.message_id) == (WaitState.OPEN, 5, 5)


@pytest.mark.parametrize(("number", "opening"), [(1, 1), (2, 3), (3, 5)])
def test_a_wait_by_its_number(number: int, opening: int) -> None:
    """From one, in the order in which they ended."""
    why = told(TWO, number=number)
    assert (why.number, why.wait.opening_id) == (number, opening)


def test_without_an_open_wait_the_last_is_explained() -> None:
    """What had ended is asked about too."""
    why = told(Talk([mention(1, 0), answer(2, 10, 1)]))
    assert (why.wait.state, why.wait.is_met) == (WaitState.ANSWERED, True)


def test_what_is_not_there_is_not_explained() -> None:
    """No such number, no such conversation, or nothing with a clock in it."""
    for number in (0, 4, -1):
        assert explain(TWO.facts, TALK, DEFAULT, at(0), number) is None
    assert explain(TWO.facts, TALK + 1, DEFAULT, at(0)) is None
    silent = Talk([mention(1, 0)._replace(is_history=1)])
    assert explain(silent.facts, TALK, DEFAULT, at(0)) is None


# --- the policy -----------------------------------------------------------------------------------


def test_policies_are_told_until_the_one_that_was_taken() -> None:
    """Each with why it was not."""
    special = (
        Policy(HOUR, name="vip", when=When(attributes=(("vip", "yes"),))),
        Policy(HOUR, name="asked", when=When(kinds=(Q,))),
        Policy(HOUR, name="acme", when=When(accounts=("acme",))),
        Policy(HOUR, name="never", when=When()),
    )
    why = told(Talk([mention(1, 0)]), judge(Policy(HOUR), *special))
    assert [(t.policy.name, bool(t.missed)) for t in why.tried] == [
        ("vip", True),
        ("asked", True),
        ("acme", False),
    ]
    assert why.policy.name == why.wait.policy == "acme"
    assert why.within == why.wait.promised == HOUR


def test_an_ended_wait_knows_nothing_that_was_noted_later() -> None:
    """Who became a regular customer afterwards was not one then."""
    vip = Policy(MINUTE, name="vip", when=When(attributes=(("vip", "yes"),)))
    messages = [mention(1, 0), answer(2, 10, 1)]
    before = Talk(messages, attributes=[noted(5, "vip", "yes")])
    after = Talk(messages, attributes=[noted(11, "vip", "yes")])
    assert told(before, judge(Policy(HOUR), vip)).policy.name == "vip"
    assert told(after, judge(Policy(HOUR), vip)).policy.name == "complaint"


def test_the_next_response_is_told_as_such() -> None:
    """Whoever was answered, or settled with privately, before they wrote this."""
    two_spans = judge(Policy(HOUR, next_within=10 * MINUTE))
    first = told(TWO, two_spans, number=1)
    third = told(TWO, two_spans)
    assert (first.is_next, first.within) == (False, HOUR)
    assert (third.is_next, third.within) == (True, 10 * MINUTE)
    spam = Talk([mention(1, 0), mention(3, 20)], closings=[closing(9, 10)])
    assert not told(spam, two_spans).is_next


def test_what_was_written_before_the_answer_is_a_first_response() -> None:
    """The agent had not seen it: nobody had been answered when it was written."""
    seen_one = answer(3, 10, 1)._replace(agent="kim", seen_at=at(0), seen_id="1")
    talk = Talk([mention(1, 0), mention(2, 5), seen_one])
    why = told(talk, judge(Policy(HOUR, next_within=10 * MINUTE)))
    assert (why.number, why.mention.message_id) == (2, 2)
    assert (why.is_next, why.within, why.wait.promised) == (False, HOUR, HOUR)


def test_settings_that_are_not_in_force_any_more() -> None:
    """What ended keeps those that judged it; what is open has those of now."""
    old, new = judge(Policy(HOUR)), judge(Policy(2 * HOUR), number=2)
    talk = replace(TWO, closed=[(10, old), (30, old)])
    first, third = told(talk, new, number=1), told(talk, new)
    assert (first.judge.settings_id, first.is_current, first.within) == (1, False, HOUR)
    assert (third.judge.settings_id, third.is_current, third.within) == (2, True, 2 * HOUR)


def test_a_mention_is_what_it_was_under_the_settings_of_then() -> None:
    """Rules that came later call it praise; the wait that had ended was a question's."""
    old, new = Judge(1, Settings()), Judge(2, Settings())
    former = (Former(1, Q),)
    talk = Talk([mention(1, 0, P, former=former), answer(2, 10, 1)], closed=[(10, old)])
    why = told(talk, new)
    assert (why.mention.kind, why.policy.name, why.wait.kind) == (Q, "question", Q)


def test_no_answer_is_demanded() -> None:
    """Then there is no clock, and nothing counts."""
    why = told(Talk([mention(1, 0, P)]), now=30)
    assert (why.within, why.wait.due_at, why.steps, why.counted) == (None, None, [], 0)
    assert why.policy.name == "praise"


def test_the_mention_that_demands_it_is_explained() -> None:
    """A complaint behind a question is due before it."""
    why = told(Talk([mention(1, 0, Q), mention(2, 30, C)]))
    assert why.mention.message_id == 2
    assert steps(why) == [(30, 90, True, "")]


# --- every stretch of time ------------------------------------------------------------------------


def test_around_the_clock_everything_counts() -> None:
    """In one stretch, which is the span."""
    why = told(Talk([mention(1, 0.5)]))
    assert why.calendar is ALWAYS_OPEN
    assert steps(why) == [(0.5, 60.5, True, "")]
    assert (why.counted, why.paused) == (HOUR, 0)


def test_closed_hours_and_holidays_are_told() -> None:
    """Five hours to two o'clock and three in the afternoon, and another one after the holiday."""
    why = told(Talk([mention(1, 0)]), judge(Policy(9 * HOUR, calendar="office")))
    hours = [(start / 60, end / 60, counts, reason) for start, end, counts, reason in steps(why)]
    assert hours == [
        (0, 5, True, ""),
        (5, 6, False, "outside opening hours"),
        (6, 9, True, ""),
        (9, 15, False, "outside opening hours"),
        (15, 39, False, "Fair"),
        (39, 48, False, "outside opening hours"),
        (48, 49, True, ""),
    ]
    assert why.counted == 9 * HOUR


def test_rest_is_told_where_the_calendar_is_open() -> None:
    """What was closed stays closed; what was open did not count."""
    policy = Policy(2 * HOUR, calendar="office", pauses=frozenset({ON_HOLD}))
    talk = Talk([mention(1, 60)], [rest(9, 120, until=360)])
    why = told(talk, judge(policy), now=500)
    assert steps(why) == [
        (60, 120, True, ""),
        (120, 300, False, "on-hold"),
        (300, 360, False, "outside opening hours"),
        (360, 420, True, ""),
    ]
    assert [s.rests for s in why.steps] == [False, True, False, False]
    assert (why.counted, why.paused) == (2 * HOUR, 3 * HOUR)
    assert why.wait.due_at == at(420)


def test_rest_that_does_not_stop_the_clock_is_told_and_counts() -> None:
    """The period is there, and no stretch of it is left out."""
    policy = Policy(HOUR, pauses=frozenset({ON_HOLD}))
    why = told(Talk([mention(1, 0)], [rest(9, 10, SNOOZED, 30)]), judge(policy), now=40)
    assert [(p.state, p.start_at, p.end_at) for p in why.periods] == [(SNOOZED, at(10), at(30))]
    assert steps(why) == [(0, 60, True, "")]
    assert why.paused == 0


def test_several_rests_in_one_stretch() -> None:
    """Each is told by its own state, also where one follows at once upon another."""
    policy = Policy(HOUR, pauses=frozenset(HoldState))
    acts = [rest(7, 10, SNOOZED, 20), rest(8, 30, CUSTOMER), rest(9, 40, ON_HOLD, 50)]
    why = told(Talk([mention(1, 0)], acts), judge(policy), now=100)
    assert steps(why) == [
        (0, 10, True, ""),
        (10, 20, False, "snoozed"),
        (20, 30, True, ""),
        (30, 40, False, "waiting-on-customer"),
        (40, 50, False, "on-hold"),
        (50, 90, True, ""),
    ]


def test_while_the_clock_stands_it_is_told_until_now() -> None:
    """There is no due time yet; what has counted so far is known."""
    policy = Policy(HOUR, pauses=frozenset({ON_HOLD}))
    why = told(Talk([mention(1, 0)], [rest(9, 20)]), judge(policy), now=90)
    assert (why.wait.due_at, why.wait.needs_answer) == (None, True)
    assert steps(why) == [(0, 20, True, ""), (20, 90, False, "on-hold")]
    assert (why.counted, why.paused) == (20 * MINUTE, 70 * MINUTE)


def test_a_wait_that_ended_at_rest_is_told_until_its_due_time() -> None:
    """Its clock went on when the answer came: what rests is over then."""
    policy = Policy(HOUR, pauses=frozenset({ON_HOLD}))
    talk = Talk([mention(1, 0), answer(2, 90, 1)], [rest(9, 20)])
    why = told(talk, judge(policy), now=500)
    assert (why.wait.due_at, why.wait.is_met) == (at(130), True)
    assert steps(why) == [(0, 20, True, ""), (20, 90, False, "on-hold"), (90, 130, True, "")]


def test_rests_of_earlier_waits_are_not_told() -> None:
    """Only what lasted behind the opening of this one."""
    acts = [rest(8, 2, until=5), rest(9, 42, until=45)]
    why = told(replace(TWO, acts=acts))
    assert [p.act.activity_id for p in why.periods] == [9]
    assert [p.act.activity_id for p in told(replace(TWO, acts=acts), number=1).periods] == [8]


def test_a_special_day_is_named_where_it_counts() -> None:
    """The fair opens at noon: what counts there says why it does."""
    fair = replace(OFFICE, days={"2026-03-02": Day("Fair", ((720, 780),))})
    settings = judge(Policy(30 * MINUTE, calendar="office"))
    settings = Judge(1, replace(settings.settings, calendars={"office": fair}))
    assert steps(told(Talk([mention(1, 0)]), settings)) == [
        (0, 180, False, "outside the hours of Fair"),
        (180, 210, True, "Fair"),
    ]


# --- what would change it -------------------------------------------------------------------------


def due_as(why: Explanation) -> dict[Kind, float | None]:
    """When it would be due as other kinds, in minutes."""
    return {
        kind: None if wait is None or wait.due_at is None else (wait.due_at - at(0)) / MINUTE
        for kind, wait in why.as_kind.items()
    }


def test_other_kinds() -> None:
    """When the wait would be due, had the mention been something else."""
    why = told(Talk([mention(1, 0)]))
    assert due_as(why) == {Q: 4 * 60, OTHER: 24 * 60, P: None}
    praise = why.as_kind[P]
    assert praise is not None
    assert not praise.needs_answer


def test_other_kinds_among_other_mentions() -> None:
    """Were the complaint a question, the question before it would still be due first."""
    why = told(Talk([mention(1, 0, Q), mention(2, 30, C)]))
    assert due_as(why) == {Q: 240, OTHER: 240, P: 240}


def test_other_kinds_are_as_a_correction_makes_them() -> None:
    """A correction holds under any rules, and what is corrected to praise can wait."""
    press = Policy(MINUTE, name="press", when=When(priorities=("press",)))
    talk = Talk([mention(1, 0, C, priority="press")])
    why = told(talk, judge(Policy(HOUR), press))
    assert due_as(why) == {Q: 1, OTHER: 24 * 60, P: None}
    for kind in (Q, OTHER, P):
        corrected = Talk([mention(1, 0, C, priority="press", corrected=kind)])
        (wait,) = corrected.judged(judge(Policy(HOUR), press))
        assert why.as_kind[kind] == wait


def test_other_kinds_of_a_wait_that_ended() -> None:
    """A question would have been answered in time."""
    why = told(Talk([mention(1, 0), answer(2, 90, 1)]))
    assert why.wait.is_met is False
    question = why.as_kind[Q]
    assert question is not None
    assert question.is_met


def test_other_kinds_while_the_clock_stands() -> None:
    """It would stand for them too; that is not the same as never."""
    policy = Policy(HOUR, pauses=frozenset({ON_HOLD}))
    policies = {**dict.fromkeys(Kind, policy), P: Policy(None, name="praise")}
    settings = Judge(1, Settings(policies))
    why = told(Talk([mention(1, 0)], [rest(9, 20)]), settings, now=30)
    needs = {kind: wait is not None and wait.needs_answer for kind, wait in why.as_kind.items()}
    assert due_as(why) == {Q: None, OTHER: None, P: None}
    assert needs == {Q: True, OTHER: True, P: False}


# --- it is the wait -------------------------------------------------------------------------------

POLICY = Policy(
    2 * HOUR, next_within=HOUR, calendar="office", pauses=frozenset({ON_HOLD, CUSTOMER})
)
TALKS = [
    TWO,
    Talk([mention(1, 0)], [rest(9, 20, until=50)]),
    Talk([mention(1, 0), mention(2, 30)], [rest(9, 20, CUSTOMER)]),
    Talk([mention(1, 0), mention(2, 30)], [rest(9, 20, CUSTOMER, stays=True), rest(10, 60, None)]),
    Talk([mention(1, 0), mention(2, 5, Q), answer(3, 400, 2), mention(4, 500)], [rest(9, 100)]),
    Talk([mention(1, 0, deleted=20), mention(2, 5, P)]),
    Talk([mention(1, 0), mention(3, 200)], closings=[closing(9, 150)]),
]


@pytest.mark.parametrize("talk", TALKS)
def test_an_explanation_adds_up_to_the_due_time(talk: Talk) -> None:
    """What counts is what was promised, without a gap, and it ends when the wait is due."""
    settings = judge(POLICY)
    waits = talk.judged(settings)
    for number, wait in enumerate(waits, 1):
        why = told(talk, settings, now=10_000, number=number)
        assert why.wait == wait
        assert why.policy.name == wait.policy or not wait.needs_answer
        if wait.due_at is not None:
            assert why.counted == wait.promised
            assert why.steps[0].start_at == why.mention.posted_at
            assert why.steps[-1].end_at == wait.due_at
        ends = [step.end_at for step in why.steps[:-1]]
        assert ends == [step.start_at for step in why.steps[1:]]
        assert sum(s.span for s in why.steps) == (
            why.steps[-1].end_at - why.steps[0].start_at if why.steps else 0
        )


def test_it_says_whether_the_store_knows_yet() -> None:
    """A fact that came in and was not judged is explained all the same."""
    talk = TWO.stored(DEFAULT)
    assert told(talk).is_stored
    later = replace(talk, messages=[*talk.messages, mention(6, 45)])
    assert not told(later).is_stored
    assert told(later).wait.mentions == 2


def test_a_row_of_an_older_store_is_told_as_stored() -> None:
    """It does not name its policy, and no fetch would write it anew."""
    talk = Talk([mention(1, 0), answer(2, 10, 1)]).stored(DEFAULT)
    old = tuple(w._replace(policy="", promised=None) for w in talk.waits)
    assert told(replace(talk, waits=old)).is_stored
    other = tuple(w._replace(due_at=at(61)) for w in old)
    assert not told(replace(talk, waits=other)).is_stored
