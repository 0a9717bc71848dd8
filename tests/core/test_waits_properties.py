"""What holds of the waits of every history, and a second, slower reading of the same rules.

Histories are small and crowded: a few moments, ids that follow no order, so that equal times,
deletions together with answers and closes behind what was seen are the rule, not the exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from depth import deep
from triage.core import waits as module
from triage.core.holds import Act, HoldState
from triage.core.model import GRAVITY, CloseReason, Kind, WaitState
from triage.core.policy import AS_FIRST, EVERYBODY, Policy, Settings, When
from triage.core.wait import NOTHING_ELSE, About, Attribute
from triage.core.waits import (
    Answer,
    Closing,
    Former,
    Judge,
    JudgeFor,
    Mention,
    Wait,
    _Making,
    _sweep,
    decide_waits,
    first_answer,
    judge_by_history,
    moment,
    periods_of,
)

TIMES = st.integers(0, 12)
RANKS = ["safety", "press", "an-own-one", "churn-threat", None]
"""Priorities, the gravest first."""


@dataclass(frozen=True)
class History:
    """All facts of one conversation."""

    mentions: tuple[Mention, ...]
    answers: tuple[Answer, ...]
    closings: tuple[Closing, ...]
    about: About = NOTHING_ELSE

    def waits(self, judge: Judge) -> tuple[Wait, ...]:
        """The waits under one snapshot."""
        return self.judged(lambda _: judge)

    def judged(self, judge_for: JudgeFor) -> tuple[Wait, ...]:
        """The waits under several."""
        return decide_waits(self.mentions, self.answers, self.closings, judge_for, self.about)

    def until(self, time: int) -> History:
        """What was known when everything up to that time had happened, and nothing after it."""
        mentions = tuple(
            m if m.deleted_at is None or max(m.deleted_at, m.posted_at) <= time else _undeleted(m)
            for m in self.mentions
            if m.posted_at <= time
        )
        answers = tuple(a for a in self.answers if a.posted_at <= time)
        closings = tuple(c for c in self.closings if max(c.at, c.seen_through[0]) <= time)
        attributes = tuple(a for a in self.about.attributes if a.at <= time)
        acts = tuple(a for a in self.about.acts if a.at <= time)
        return History(mentions, answers, closings, About("acme", attributes, acts))


def _undeleted(mention: Mention) -> Mention:
    return mention._replace(deleted_at=None)


@st.composite
def histories(draw: st.DrawFn, *, plain: bool = False) -> History:
    """Any history: up to seven mentions, four answers and three closes.

    Unless it is plain, up to three acts let the conversation rest or go on with it, and two things
    are noted of the customer.
    """
    ids = draw(st.lists(st.integers(1, 150), unique=True, min_size=11, max_size=11))
    mentions = tuple(
        Mention(
            message_id=native,
            native_id=str(native),
            posted_at=draw(TIMES),
            fetched_at=draw(TIMES),
            kind=draw(st.sampled_from(Kind)),
            deleted_at=draw(st.none() | TIMES | st.just(12)),
            priority=draw(st.sampled_from(RANKS)),
            confidence=draw(st.sampled_from([0.0, 0.1, 1.0])),
        )
        for native in ids[: draw(st.integers(0, 7))]
    )
    seen = st.builds(lambda time, native: moment(time, str(native)), TIMES, st.integers(1, 150))
    if mentions:
        seen = st.sampled_from([m.moment for m in mentions]) | seen
    answers = tuple(
        Answer(
            message_id=native,
            native_id=str(native),
            posted_at=draw(TIMES),
            seen_through=draw(st.none() | seen),
            agent=draw(st.sampled_from(["", "kim"])),
            outside=draw(st.booleans()),
        )
        for native in ids[7 : 7 + draw(st.integers(0, 4))]
    )
    closings = tuple(
        Closing(number, draw(TIMES), draw(st.sampled_from(CloseReason)), draw(seen), "kim")
        for number in range(draw(st.integers(0, 3)))
    )
    if plain:
        return History(mentions, answers, closings)
    acts = tuple(
        Act(
            activity_id=number,
            at=draw(TIMES),
            state=draw(st.none() | st.sampled_from(HoldState)),
            until=draw(st.none() | TIMES),
            stays=draw(st.booleans()),
            seen_through=draw(seen),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    noted = st.builds(Attribute, TIMES, st.just("vip"), st.sampled_from(["yes", "no", None]))
    attributes = draw(st.lists(noted, max_size=2))
    about = About("acme", tuple(sorted(attributes, key=lambda a: a.at)), acts)
    return History(mentions, answers, closings, about)


def _judge(number: int, spans: Sequence[int | None]) -> Judge:
    policies = {kind: Policy(span, warn_before=2) for kind, span in zip(Kind, spans, strict=True)}
    return Judge(number, Settings(policies=policies))


@st.composite
def judges(draw: st.DrawFn, number: int) -> Judge:
    """Settings with every sort of policy.

    Spans of their own for the next response, for customers of note and for what cannot wait, and
    clocks that stand in some states of hold.
    """
    span = st.none() | st.integers(0, 9)
    pauses = st.frozensets(st.sampled_from(HoldState))

    def policy(name: str, when: When = EVERYBODY) -> Policy:
        return Policy(
            draw(span),
            warn_before=2,
            next_within=draw(st.just(AS_FIRST) | span),
            name=name,
            when=when,
            pauses=draw(pauses),
        )

    special = []
    if draw(st.booleans()):
        special.append(policy("vip", When(attributes=(("vip", "yes"),))))
    if draw(st.booleans()):
        special.append(policy("pressing", When(priorities=("any",), accounts=("acme",))))
    policies = {kind: policy(kind.value) for kind in Kind}
    return Judge(number, Settings(policies=policies, special=tuple(special)))


SPANS = st.lists(st.none() | st.integers(0, 9), min_size=4, max_size=4)
PLAIN_JUDGES = st.builds(_judge, st.just(1), SPANS)
JUDGES = judges(1)
OTHER_JUDGES = judges(2)


# --- properties -----------------------------------------------------------------------------------


@settings(max_examples=deep(100))
@given(histories(), JUDGES, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_arrive_does_not_matter(
    history: History, judge: Judge, random: Random
) -> None:
    """Any permutation of mentions, answers and closes gives the same waits."""
    mentions, answers, closings = history.mentions, history.answers, history.closings
    acts = history.about.acts
    shuffled = History(
        tuple(random.sample(mentions, len(mentions))),
        tuple(random.sample(answers, len(answers))),
        tuple(random.sample(closings, len(closings))),
        history.about._replace(acts=tuple(random.sample(acts, len(acts)))),
    )
    assert shuffled.waits(judge) == history.waits(judge)


@given(histories(), JUDGES)
def test_deciding_again_from_the_result_changes_nothing(history: History, judge: Judge) -> None:
    """With the snapshots that the closed waits name, the same facts give the same waits."""
    waits = history.waits(judge)
    closed = [(w.ended_at, judge) for w in waits if w.ended_at is not None]
    judge_for = judge_by_history(closed, judge)
    assert history.judged(judge_for) == waits


@given(histories(), JUDGES, OTHER_JUDGES)
def test_new_settings_leave_closed_waits_as_they_were(
    history: History, old: Judge, new: Judge
) -> None:
    """Whatever the new snapshot demands, the waits that had ended stand unchanged."""
    closed = [w for w in history.waits(old) if w.ended_at is not None]
    judge_for = judge_by_history([(w.ended_at or 0, old) for w in closed], new)
    again = history.judged(judge_for)
    assert list(again[: len(closed)]) == closed


@example(
    History(
        (
            Mention(1, "1", 6, 0, Kind.COMPLAINT),
            Mention(2, "2", 6, 0, Kind.QUESTION, deleted_at=12),
            Mention(6, "6", 7, 0, Kind.COMPLAINT),
        ),
        (),
        (Closing(0, 0, CloseReason.NOT_US, moment(6, "1"), "kim"),),
    ),
    _judge(1, [None, 0, None, None]),
    _judge(2, [None, None, None, None]),
    6,
)
@settings(max_examples=deep(100))
@given(histories(), JUDGES, OTHER_JUDGES, TIMES)
def test_deciding_again_after_new_settings_changes_nothing(
    history: History, old: Judge, new: Judge, time: int
) -> None:
    """New settings come in the middle; what is decided then is decided once and for all.

    A wait that was left over by an end under the old snapshot (a mention that the agent had not
    seen) ends under the new one: the same facts then give the same waits again.
    """
    judges = {old.settings_id: old, new.settings_id: new}
    closed = history.until(time).waits(old)
    results = []
    for _ in range(2):
        ends = [(w.ended_at, judges[w.settings_id]) for w in closed if w.ended_at is not None]
        judge_for = judge_by_history(ends, new)
        closed = history.judged(judge_for)
        results.append(closed)
    assert results[0] == results[1]


@given(histories(), JUDGES, OTHER_JUDGES, st.permutations(list(Kind)))
def test_new_rules_leave_closed_waits_as_they_were(
    history: History, old: Judge, new: Judge, kinds: Sequence[Kind]
) -> None:
    """Whatever the mentions are taken for now, the waits that had ended stand unchanged."""
    closed = [w for w in history.waits(old) if w.ended_at is not None]
    again = dict(zip(Kind, kinds, strict=True))
    mentions = [
        m._replace(
            kind=again[m.kind],
            priority="press",
            confidence=0.3,
            former=(Former(old.settings_id, m.kind, m.priority),),
        )
        for m in history.mentions
    ]
    judge_for = judge_by_history([(w.ended_at or 0, old) for w in closed], new)
    waits = replace(history, mentions=tuple(mentions)).judged(judge_for)
    assert list(waits[: len(closed)]) == closed
    assert all(w.urgency == "press" for w in waits[len(closed) :])


@example(
    History(
        (Mention(1, "1", 0, 0, Kind.COMPLAINT, deleted_at=5),),
        (),
        (),
        About("acme", (), (Act(1, 2, HoldState.ON_HOLD, stays=True), Act(2, 8, None))),
    ),
    Judge(
        1,
        Settings(
            policies={k: Policy(4, pauses=frozenset({HoldState.ON_HOLD})) for k in Kind},
        ),
    ),
    6,
)
@given(histories(), JUDGES, TIMES)
def test_what_ended_is_not_touched_by_what_happens_later(
    history: History, judge: Judge, time: int
) -> None:
    """The ended waits of everything up to a time are the first of the ended waits of all.

    Up to a time means by the time of the events: a mention, an answer, a close and the deletion
    of a mention each at their own. Nothing is taken back here: a reopened close or a deleted
    answer of ours is a fact less, not an event more.
    """
    before = [w for w in history.until(time).waits(judge) if w.ended_at is not None]
    after = [w for w in history.waits(judge) if w.ended_at is not None]
    assert after[: len(before)] == before
    assert all((w.ended_at or 0) > time for w in after[len(before) :])


@given(histories(), JUDGES)
def test_every_mention_is_in_one_wait_at_most(history: History, judge: Judge) -> None:
    """Counts add up: what is in no wait was deleted while something else still waited."""
    waits = history.waits(judge)
    held = sum(w.mentions for w in waits)
    standing = sum(m.deleted_at is None for m in history.mentions)
    assert standing <= held <= len(history.mentions)
    openings = [w.opening_id for w in waits]
    assert len(set(openings)) == len(openings)


@given(histories(), JUDGES)
def test_times_of_a_wait_are_in_order(history: History, judge: Judge) -> None:
    """Opened, then due and ended; ends come in their order, and the open wait is the last."""
    waits = history.waits(judge)
    for wait in waits:
        assert wait.due_at is None or wait.due_at >= wait.opened_at
        assert wait.ended_at is None or wait.ended_at >= wait.opened_at
        assert (wait.ended_at is None) == (wait.state is WaitState.OPEN)
        assert (wait.due_by is None) == (wait.promised is None) == (not wait.needs_answer)
        assert (wait.due_at is None) == (not wait.needs_answer or _stands(wait))
    ends = [w.ended_at for w in waits if w.ended_at is not None]
    assert ends == sorted(ends)
    assert [w.state for w in waits[:-1]].count(WaitState.OPEN) == 0


def _without_times(wait: Wait) -> Wait:
    """Less all that an agent's rest may change."""
    less = wait._replace(due_at=None, due_by=None, warn_at=None, policy="", promised=None)
    return less._replace(hold=None, hold_until=None)


def _stands(wait: Wait) -> bool:
    """Whether nobody knows when its clock goes on: only of an open wait that rests."""
    return wait.due_at is None and wait.hold is not None and wait.hold_until is None


@settings(max_examples=deep(100))
@given(histories(), JUDGES, OTHER_JUDGES, TIMES)
def test_what_is_told_after_a_change_of_settings_is_judged_as_if_told_before(
    history: History, old: Judge, new: Judge, time: int
) -> None:
    """Whether what happened before the change was known then makes no difference to what ended.

    Here all of it comes to be known after the change, and there everything up to it was known.
    """
    former = [(0, time, lambda: old)]
    late = history.judged(judge_by_history([], new, former))
    known = history.until(time - 1).judged(judge_by_history([], old))
    judges = {old.settings_id: old, new.settings_id: new}
    ends = [(w.ended_at, judges[w.settings_id]) for w in known if w.ended_at is not None]
    assert history.judged(judge_by_history(ends, new, former)) == late


@given(histories(), JUDGES)
def test_rest_puts_a_due_time_off_and_never_forward(history: History, judge: Judge) -> None:
    """Without any act that lets it rest, each wait is the same, and due at the same time or before.

    Only what the customer writes, what we answer and what agents close begins and ends waits.
    """
    busy = replace(history, about=history.about._replace(acts=()))
    for rested, worked in zip(history.waits(judge), busy.waits(judge), strict=True):
        assert _without_times(rested) == _without_times(worked)
        if rested.due_at is not None and worked.due_at is not None:
            assert rested.due_at >= worked.due_at


@given(histories(), JUDGES)
def test_each_end_has_its_one_cause(history: History, judge: Judge) -> None:
    """An answer or an act ends one wait at most, and each state names its own sort of cause."""
    waits = history.waits(judge)
    messages = [w.ended_by_message for w in waits if w.ended_by_message is not None]
    acts = [w.ended_by_activity for w in waits if w.ended_by_activity is not None]
    assert len(set(messages)) == len(messages)
    assert len(set(acts)) == len(acts)
    for wait in waits:
        assert (wait.ended_by_message is not None) == (wait.state is WaitState.ANSWERED)
        by_act = wait.state in {WaitState.DISMISSED, WaitState.SETTLED}
        assert (wait.ended_by_activity is not None) == by_act
        assert wait.is_met is None or wait.state is WaitState.ANSWERED


# --- the second reading ---------------------------------------------------------------------------

Place = tuple[int, int, int]
"""When something happened: time; message, act or deletion; its number."""

LAST: Place = (1 << 60, 0, 0)


@dataclass(frozen=True)
class _End:
    place: Place
    covers: Place
    state: str
    cause: int


def _ends(history: History) -> list[_End]:
    ends = []
    for answer in history.answers:
        own = (answer.posted_at, 0, int(answer.native_id))
        seen = answer.seen_through
        covers = own if seen is None else min(own, (seen[0], 0, int(seen[1][1])))
        ends.append(_End(own, covers, "answered", answer.message_id))
    for act in history.closings:
        covers = (act.seen_through[0], 0, int(act.seen_through[1][1]))
        state = "settled" if act.reason is CloseReason.PRIVATE else "dismissed"
        place = (max(act.at, act.seen_through[0]), 1, act.activity_id)
        ends.append(_End(place, covers, state, act.activity_id))
    return ends


def _written(mention: Mention) -> Place:
    return (mention.posted_at, 0, int(mention.native_id))


def _deleted(mention: Mention) -> Place:
    if mention.deleted_at is None:
        return LAST
    return (max(mention.deleted_at, mention.posted_at), 2, 0)


def _fate(mention: Mention, ends: list[_End]) -> Place:
    """When the mention stopped waiting: covered by the first end behind it, or deleted."""
    written = _written(mention)
    covered = [e.place for e in ends if e.place > written and written <= e.covers]
    return min([*covered, _deleted(mention)])


def _summary(
    judge: Judge, held: list[Mention], state: str, at: int | None, cause: int | None
) -> tuple[object, ...]:
    held = sorted(held, key=_written)
    spans = {m: judge.settings.policies[m.kind].respond_within for m in held}
    dues = [(m.posted_at + span, _written(m), m) for m, span in spans.items() if span is not None]
    first = next((m for m in held if spans[m] is not None), held[0])
    earliest = min(dues, key=lambda due: due[:2], default=None)
    return (
        state,
        at,
        cause,
        (first.message_id, first.posted_at, first.fetched_at),
        (held[-1].message_id, len(held)),
        max(held, key=lambda m: GRAVITY[m.kind]).kind,
        min((m.priority for m in held), key=RANKS.index),
        min(m.confidence for m in held) if state == "open" else 1.0,
        None if earliest is None else (earliest[0], earliest[2].message_id),
        min((m.posted_at + max(0, (spans[m] or 0) - 2) for _, _, m in dues), default=None),
    )


def _oracle(history: History, judge: Judge) -> list[tuple[object, ...]]:
    """Ask of each end and each deletion which mentions it took, by looking at all of them."""
    ends = _ends(history)
    fates = {m: _fate(m, ends) for m in history.mentions}

    def demands(mentions: Sequence[Mention]) -> bool:
        policies = judge.settings.policies
        return any(policies[m.kind].respond_within is not None for m in mentions)

    found: list[tuple[Place, tuple[object, ...]]] = []
    for end in ends:
        held = [m for m, fate in fates.items() if fate == end.place]
        if held:
            found.append((end.place, _summary(judge, held, end.state, end.place[0], end.cause)))
    for place in sorted({fate for fate in fates.values() if fate[1] == 2}):
        since = max((p for p, _ in found if p < place), default=(-1, 0, 0))
        gone = [m for m, fate in fates.items() if fate[1] == 2 and since < fate <= place]
        left = [m for m, fate in fates.items() if _written(m) < place < fate]
        if not demands(left) and (not left or demands(gone)):
            found.append((place, _summary(judge, gone, "withdrawn", place[0], None)))
    result = [summary for _, summary in sorted(found, key=lambda f: f[0])]
    waiting = [m for m, fate in fates.items() if fate == LAST]
    return [*result, *([_summary(judge, waiting, "open", None, None)] if waiting else [])]


def _shape(wait: Wait) -> tuple[object, ...]:
    cause = wait.ended_by_message if wait.ended_by_activity is None else wait.ended_by_activity
    return (
        wait.state.value,
        wait.ended_at,
        cause,
        (wait.opening_id, wait.opened_at, wait.fetched_at),
        (wait.last_id, wait.mentions),
        wait.kind,
        wait.urgency,
        wait.confidence,
        None if wait.due_at is None else (wait.due_at, wait.due_by),
        wait.warn_at,
    )


@settings(max_examples=deep(100))
@given(histories(plain=True), PLAIN_JUDGES)
def test_a_second_reading_of_the_rules_agrees(history: History, judge: Judge) -> None:
    """Sweeping once and looking at everything for each event give the same waits."""
    assert [_shape(w) for w in history.waits(judge)] == _oracle(history, judge)


@settings(max_examples=deep(100))
@given(histories(), JUDGES)
def test_without_deletions_the_short_way_gives_what_the_sweep_gives(
    history: History, judge: Judge
) -> None:
    """Most conversations know no deletion, and are not walked step by step."""
    facts = replace(history, mentions=tuple(map(_undeleted, history.mentions)))
    acted = (facts.mentions, facts.answers, facts.closings, facts.about)
    answered_at = first_answer(facts.answers, facts.closings)
    making = _Making(lambda _: judge, facts.about, periods_of(*acted), answered_at)
    if facts.mentions:
        _sweep(facts.mentions, sorted(module._ends(facts.answers, facts.closings)), making)
    assert facts.waits(judge) == tuple(making.waits)
