"""The rules of the clock, one by one, on a conversation of a few messages.

Times are minutes after nine o'clock; ids follow the order of writing unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from triage.core.model import HOUR, MINUTE, CloseReason, Kind, WaitState
from triage.core.policy import Policy, Settings
from triage.core.thread import tagged
from triage.core.waits import (
    Answer,
    Closing,
    Former,
    Judge,
    Mention,
    Moment,
    Version,
    Wait,
    decide_waits,
    judge_by_history,
    moment,
)

NINE = 1_772_355_600_000
DEFAULT = Judge(1, Settings())
C, Q, P = Kind.COMPLAINT, Kind.QUESTION, Kind.PRAISE


def at(minutes: float) -> int:
    """That many minutes after nine, UTC ms."""
    return NINE + round(minutes * MINUTE)


def mention(number: int, minutes: float, kind: Kind = C, deleted: float | None = None) -> Mention:
    """A customer's post whose ids are its number."""
    gone = None if deleted is None else at(deleted)
    return Mention(number, str(number), at(minutes), at(minutes) + 5_000, kind, gone)


def answer(
    number: int, minutes: float, seen: Moment | None = None, agent: str = "", outside: bool = True
) -> Answer:
    """A post of ours that answers the customer."""
    return Answer(number, str(number), at(minutes), seen, agent, outside)


def closing(
    number: int, minutes: float, seen: Mention, reason: CloseReason = CloseReason.SPAM
) -> Closing:
    """A close by kim, who had seen everything up to `seen`."""
    return Closing(number, at(minutes), reason, seen.moment, "kim")


def decide(
    mentions: Sequence[Mention],
    answers: Sequence[Answer] = (),
    closings: Sequence[Closing] = (),
    judge: Judge = DEFAULT,
) -> tuple[Wait, ...]:
    """The waits under one snapshot."""
    return decide_waits(mentions, answers, closings, lambda _: judge)


# --- rule 1: what opens a wait, what joins it, what it is -----------------------------------------


def test_a_mention_opens_a_wait_at_its_own_time() -> None:
    """Not at the time when we fetched it; that is kept beside it."""
    (wait,) = decide([mention(1, 0)])
    assert (wait.state, wait.opening_id, wait.last_id) == (WaitState.OPEN, 1, 1)
    assert (wait.opened_at, wait.fetched_at) == (at(0), at(0) + 5_000)
    assert (wait.due_at, wait.warn_at, wait.due_by) == (at(60), at(45), 1)
    assert (wait.needs_answer, wait.settings_id, wait.is_met) == (True, 1, None)
    assert (wait.ended_at, wait.ended_by_message, wait.ended_by_activity) == (None, None, None)


def test_more_mentions_join_the_wait() -> None:
    """An angry customer writing five times is one wait and one possible breach."""
    (wait,) = decide([mention(n, n) for n in range(1, 6)])
    assert (wait.mentions, wait.opening_id, wait.last_id) == (5, 1, 5)
    assert wait.due_at == at(61)


def test_praise_does_not_open_the_wait() -> None:
    """Praise nine days before a complaint does not start the complaint's clock."""
    nine_days = 9 * 24 * 60
    (wait,) = decide([mention(1, 0, P), mention(2, nine_days, C)])
    assert (wait.opening_id, wait.opened_at) == (2, at(nine_days))
    assert (wait.due_at, wait.mentions) == (at(nine_days + 60), 2)


def test_praise_alone_waits_without_a_due_time() -> None:
    """A policy of none gives no due time: it is there, and it needs no answer."""
    (wait,) = decide([mention(1, 0, P)])
    assert (wait.due_at, wait.warn_at, wait.due_by) == (None, None, None)
    assert (wait.needs_answer, wait.opened_at, wait.kind) == (False, at(0), P)


def test_the_gravest_mention_gives_the_kind() -> None:
    """Complaint > question > other > praise, in whatever order they come."""
    assert decide([mention(1, 0, Kind.OTHER), mention(2, 1, Q)])[0].kind is Q
    assert decide([mention(1, 0, C), mention(2, 1, Q)])[0].kind is C
    assert decide([mention(1, 0, P), mention(2, 1, Kind.OTHER)])[0].kind is Kind.OTHER


def test_the_earliest_demand_gives_the_due_time() -> None:
    """A complaint after a question is due before it; the wait says which mention demands it."""
    (wait,) = decide([mention(1, 0, Q), mention(2, 30, C)])
    assert (wait.opening_id, wait.due_by, wait.due_at, wait.warn_at) == (1, 2, at(90), at(75))
    (wait,) = decide([mention(1, 0, Q), mention(2, 230, C)])
    assert (wait.due_by, wait.due_at) == (1, at(240))


def test_a_due_time_that_two_demand_is_the_first_ones() -> None:
    """An equal due time is credited to the mention that came first."""
    judge = Judge(1, Settings(policies={k: Policy(HOUR) for k in Kind}))
    (wait,) = decide([mention(2, 0), mention(1, 0)], judge=judge)
    assert (wait.opening_id, wait.due_by) == (1, 1)


# --- rules 2, 3, 7: answers -----------------------------------------------------------------------


def test_an_answer_ends_the_wait_at_its_own_time() -> None:
    """Given in another app or by us: at the channel's time, with who gave it."""
    (outside,) = decide([mention(1, 0)], [answer(2, 20)])
    assert (outside.state, outside.ended_at, outside.ended_by_message) == ("answered", at(20), 2)
    assert (outside.outside, outside.agent, outside.is_met) == (True, "", True)
    ours = answer(2, 20, mention(1, 0).moment, "kim", outside=False)
    (inside,) = decide([mention(1, 0)], [ours])
    assert (inside.outside, inside.agent) == (False, "kim")


@pytest.mark.parametrize(
    ("minutes", "met"), [(59.98, True), (60, False), (60.02, False)], ids=["before", "at", "behind"]
)
def test_a_promise_is_kept_only_before_the_due_time(minutes: float, met: bool) -> None:
    """Answered a second before it is due is met; at the due time it is late."""
    assert decide([mention(1, 0)], [answer(2, minutes)])[0].is_met is met


def test_an_answer_to_praise_is_neither_met_nor_missed() -> None:
    """Nothing was promised, so nothing is measured."""
    (wait,) = decide([mention(1, 0, P)], [answer(2, 5)])
    assert (wait.state, wait.is_met) == (WaitState.ANSWERED, None)


def test_an_answer_covers_only_what_was_written_before_it() -> None:
    """A later mention opens the next wait."""
    first, second = decide([mention(1, 0), mention(3, 20)], [answer(2, 10)])
    assert (first.state, first.mentions) == (WaitState.ANSWERED, 1)
    assert (second.state, second.opening_id) == (WaitState.OPEN, 3)


def test_an_answer_with_nothing_to_answer_ends_nothing() -> None:
    """Before any mention, or as a second answer, it makes no wait."""
    assert decide([], [answer(1, 0)]) == ()
    waits = decide([mention(2, 5)], [answer(1, 0), answer(3, 10), answer(4, 11)])
    assert [(w.state, w.ended_by_message) for w in waits] == [("answered", 3)]


def test_equal_times_are_ordered_by_ids_as_numbers() -> None:
    """Id 9 comes before id 10, which as text it would not."""
    (answered,) = decide([mention(9, 0)], [answer(10, 0)])
    assert (answered.state, answered.ended_at) == (WaitState.ANSWERED, at(0))
    (waiting,) = decide([mention(10, 0)], [answer(9, 0)])
    assert waiting.state is WaitState.OPEN
    (joined,) = decide([mention(10, 0, Q), mention(9, 0, Q)])
    assert (joined.opening_id, joined.last_id) == (9, 10)


# --- rule 4: what comes later, and what was not seen ----------------------------------------------


def test_thanks_after_an_answer_open_the_next_wait() -> None:
    """What follows an answer is a new wait, be it one that needs no answer."""
    first, second = decide([mention(1, 0), mention(3, 30, P)], [answer(2, 10)])
    assert first.state is WaitState.ANSWERED
    assert (second.state, second.needs_answer) == (WaitState.OPEN, False)


def test_an_unseen_mention_opens_a_wait_of_its_own() -> None:
    """Written before our answer left, but after what the agent had before them."""
    seen, unseen = mention(1, 0), mention(2, 9.9, Q)
    first, second = decide([seen, unseen], [answer(3, 10, seen.moment, "kim", outside=False)])
    assert (first.mentions, first.last_id) == (1, 1)
    assert (second.state, second.opening_id, second.opened_at) == ("open", 2, at(9.9))
    assert second.due_at == at(9.9) + 4 * HOUR


def test_an_unseen_mention_survives_a_close() -> None:
    """A close carries what was seen, as an answer does."""
    seen, unseen = mention(1, 0), mention(2, 4)
    first, second = decide([seen, unseen], (), [closing(7, 5, seen)])
    assert (first.state, first.mentions) == (WaitState.DISMISSED, 1)
    assert (second.state, second.opening_id) == (WaitState.OPEN, 2)


def test_an_answer_from_elsewhere_covers_all_before_it() -> None:
    """Whoever answered in another app saw the thread."""
    (wait,) = decide([mention(1, 0), mention(2, 9.9)], [answer(3, 10)])
    assert (wait.state, wait.mentions) == (WaitState.ANSWERED, 2)


def test_an_answer_never_covers_what_came_after_it() -> None:
    """Also when the agent is said to have seen it: the answer's own time rules."""
    late = mention(3, 20)
    first, second = decide([mention(1, 0), late], [answer(2, 10, late.moment)])
    assert (first.mentions, second.opening_id) == (1, 3)


# --- rule 5: ends without an answer ---------------------------------------------------------------


@pytest.mark.parametrize("reason", list(CloseReason))
def test_a_close_is_never_met(reason: CloseReason) -> None:
    """Private answers settle, all other reasons dismiss; each names the act and who did it."""
    (wait,) = decide([mention(1, 0)], (), [closing(7, 5, mention(1, 0), reason)])
    expected = "settled" if reason is CloseReason.PRIVATE else "dismissed"
    assert (wait.state, wait.is_met) == (expected, None)
    assert (wait.ended_at, wait.ended_by_activity, wait.agent) == (at(5), 7, "kim")
    assert (wait.ended_by_message, wait.outside) == (None, False)


def test_a_close_by_a_clock_that_runs_behind_still_closes() -> None:
    """What was seen came before the act, whatever our clock said."""
    (wait,) = decide([mention(1, 5)], (), [closing(7, 4, mention(1, 5))])
    assert (wait.state, wait.ended_at) == (WaitState.DISMISSED, at(5))


def test_reopening_keeps_the_original_clock() -> None:
    """The act is void: without it the wait stands as if it had never been closed."""
    first = mention(1, 0)
    assert decide([first], (), [closing(7, 5, first)])[0].state is WaitState.DISMISSED
    (wait,) = decide([first], (), [])
    assert (wait.state, wait.opened_at, wait.due_at) == (WaitState.OPEN, at(0), at(60))


def test_taking_back_our_answer_reopens_the_wait_with_what_followed() -> None:
    """Without the answer both mentions are one wait since the first."""
    mentions = [mention(1, 0), mention(3, 20)]
    assert len(decide(mentions, [answer(2, 10)])) == 2
    (wait,) = decide(mentions)
    assert (wait.opened_at, wait.mentions) == (at(0), 2)


def test_a_deleted_mention_withdraws_its_wait() -> None:
    """Counted by itself, never as met; it ends when the deletion was known."""
    (wait,) = decide([mention(1, 0, deleted=30)])
    assert (wait.state, wait.ended_at, wait.is_met) == (WaitState.WITHDRAWN, at(30), None)
    assert (wait.opened_at, wait.due_at) == (at(0), at(60))


def test_the_wait_goes_on_while_something_in_it_stands() -> None:
    """Deleting the first of two leaves the second waiting since its own time."""
    (wait,) = decide([mention(1, 0, deleted=30), mention(2, 10)])
    assert (wait.state, wait.opening_id, wait.mentions) == (WaitState.OPEN, 2, 1)
    assert wait.due_at == at(70)


def test_deleting_all_that_demanded_an_answer_withdraws_the_wait() -> None:
    """Praise that still stands does not keep it: it waits by itself, and needs nothing."""
    gone, left = decide([mention(1, 0, P), mention(2, 10, C, deleted=20)])
    assert (gone.state, gone.opening_id, gone.mentions) == (WaitState.WITHDRAWN, 2, 1)
    assert (left.state, left.opening_id, left.needs_answer) == (WaitState.OPEN, 1, False)


@pytest.mark.parametrize("deletions", [(30, 31), (31, 30), (30, 30)], ids=repr)
def test_a_withdrawn_wait_began_with_its_first_mention(deletions: tuple[float, float]) -> None:
    """In whatever order, or all at once, its mentions were deleted."""
    mentions = [mention(1, 0, deleted=deletions[0]), mention(2, 10, deleted=deletions[1])]
    for given in (mentions, mentions[::-1]):
        (wait,) = decide(given)
        assert (wait.opening_id, wait.last_id, wait.opened_at) == (1, 2, at(0))
        assert (wait.due_at, wait.ended_at) == (at(60), at(max(deletions)))


def test_a_deletion_after_the_answer_changes_nothing() -> None:
    """What was answered was answered."""
    (wait,) = decide([mention(1, 0, deleted=30)], [answer(2, 10)])
    assert (wait.state, wait.mentions) == (WaitState.ANSWERED, 1)


def test_a_deletion_is_not_earlier_than_the_post() -> None:
    """Our clock may run behind the channel's."""
    (wait,) = decide([mention(1, 5, deleted=0)])
    assert (wait.state, wait.ended_at) == (WaitState.WITHDRAWN, at(5))


# --- snapshots: a closed wait keeps the one that judged it ----------------------------------------

STRICT = Judge(2, Settings(policies={k: Policy(10 * MINUTE) for k in Kind}))


def test_open_waits_are_judged_by_the_snapshot_in_force() -> None:
    """Without a closed wait there is no other."""
    judge_for = judge_by_history([], STRICT)
    (wait,) = decide_waits([mention(1, 0)], (), (), judge_for)
    assert (wait.settings_id, wait.due_at) == (2, at(10))


def test_a_closed_wait_keeps_its_snapshot_also_for_what_comes_late() -> None:
    """A back-filled mention in its time is judged as it was; what follows it is not."""
    judge_for = judge_by_history([(at(20), DEFAULT)], STRICT)
    late, first, next_one = mention(1, 0), mention(2, 5), mention(4, 30)
    closed, open_ = decide_waits([first, next_one, late], [answer(3, 20)], (), judge_for)
    assert (closed.settings_id, closed.opening_id, closed.due_at) == (1, 1, at(60))
    assert (open_.settings_id, open_.due_at) == (2, at(40))


def test_each_closed_wait_keeps_its_own_snapshot() -> None:
    """Three waits under three snapshots, given in any order of their ends."""
    lax = Judge(3, Settings(policies={k: Policy(5 * HOUR) for k in Kind}))
    judge_for = judge_by_history([(at(50), lax), (at(20), DEFAULT)], STRICT)
    mentions = [mention(1, 0), mention(3, 30), mention(5, 60)]
    waits = decide_waits(mentions, [answer(2, 20), answer(4, 50)], (), judge_for)
    assert [w.settings_id for w in waits] == [1, 3, 2]
    assert [w.due_at for w in waits] == [at(60), at(330), at(70)]


def test_moments_order_by_time_then_by_id_as_number() -> None:
    """The order of messages is that of the channel."""
    moments = [moment(2, "1"), moment(1, "10"), moment(1, "9"), moment(1, "100")]
    assert sorted(moments) == [moment(1, "9"), moment(1, "10"), moment(1, "100"), moment(2, "1")]


def versions(*taken: tuple[int, Kind]) -> tuple[Version, ...]:
    """What a mention was taken for until some time, under the first snapshot."""
    return tuple(Version(until, (Former(1, kind),)) for until, kind in taken)


def edited(kind: Kind, *taken: tuple[int, Kind]) -> Mention:
    """A mention of the beginning that says this now, and said other things until some times."""
    return Mention(1, "1", 0, 0, kind, versions=versions(*taken))


@pytest.mark.parametrize(
    ("at", "kind"),
    [(0, Kind.PRAISE), (9, Kind.PRAISE), (10, Kind.QUESTION), (19, Kind.QUESTION), (20, None)],
)
def test_an_ended_wait_takes_the_version_that_stood(at: int, kind: Kind | None) -> None:
    """From the moment of an edit on it is what was written then; an open one has the newest."""
    mention = edited(Kind.COMPLAINT, (10, Kind.PRAISE), (20, Kind.QUESTION))
    assert mention.under(1, at).kind is (kind or Kind.COMPLAINT)
    assert mention.under(1).kind is Kind.COMPLAINT


def test_a_version_has_what_was_said_of_it_last_by_then() -> None:
    """Of several snapshots the newest that is not later; the oldest where none is earlier."""
    version = Version(10, (Former(2, Kind.PRAISE), Former(5, Kind.QUESTION)))
    found = [version.under(number).kind for number in (1, 2, 4, 5, 9)]
    assert found == [Kind.PRAISE, Kind.PRAISE, Kind.PRAISE, Kind.QUESTION, Kind.QUESTION]


def test_what_an_agent_said_holds_for_every_version() -> None:
    """A correction was made by somebody who read it."""
    assert tagged(edited(Kind.COMPLAINT, (10, Kind.PRAISE)), Kind.OTHER).under(1, 5).kind is (
        Kind.OTHER
    )
