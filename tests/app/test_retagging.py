"""Other rules over what is stored: what would change, and changing it without touching the past."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from builders import START, Desk, tagger_for
from engines import content
from triage.app import retagging
from triage.app.acting import close, reopen, tag
from triage.app.applying import apply_settings
from triage.app.judging import Judged, judge_pending
from triage.core.model import HOUR, MINUTE, CloseReason, Evidence, Kind, Verdict
from triage.core.policy import Settings
from triage.core.ports import Tagger
from triage.core.queue import QueueFilter
from triage.core.retagging import Difference
from triage.core.rule import Rule
from triage.core.waits import Judge

EVER = 0


class Says:
    """Takes every text for one kind, for one reason."""

    def __init__(self, kind: Kind, priority: str | None = None) -> None:
        self.kind = kind
        self.priority = priority
        self.judged = 0

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """The one kind."""
        del lang
        self.judged += 1
        reason = Evidence(f"says-{self.kind.value}", text[:3], 0, 3, {self.kind: 1.0})
        scores = {kind: float(kind is self.kind) for kind in Kind}
        return Verdict(self.kind, scores, (reason,), 1.0, None, self.priority)

    def for_any(self, judge: Judge) -> Tagger:
        """The same under every snapshot."""
        del judge
        return self


class Killed(BaseException):
    """The process is gone."""


class Dies(Says):
    """Takes a few texts for a kind; then the process is killed."""

    def judge(self, text: str, lang: str | None = None) -> Verdict:
        """The kind, or the end."""
        if self.judged == 3:
            raise Killed
        return super().judge(text, lang)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk where ana was answered, bo was closed, and eve and finn wait; all asked."""
    desk = Desk(tmp_path)
    asked = desk.write("ana", "@acme where is it?", ago=9 * HOUR)
    desk.write("acme", "@ana here", ago=8 * HOUR, in_reply_to=asked.native_id)
    desk.write("bo", "@acme and mine?", ago=7 * HOUR)
    desk.write("eve", "@acme what about me?", ago=2 * HOUR)
    desk.write("finn", "@acme do you hear me?", ago=HOUR)
    desk.fetch()
    bo = desk.conversation(conversation_of(desk, "bo"))
    close(desk.store, bo, CloseReason.NOT_US, "kim", desk.now, Says(Kind.QUESTION).for_any)
    return desk


def conversation_of(desk: Desk, handle: str) -> int:
    """The conversation of somebody who has one."""
    rows = desk.store.engine.query(
        "SELECT t.id FROM conversation t JOIN customer c ON c.id = t.customer_id "
        "WHERE c.handle = :h",
        {"h": handle},
    )
    return int(rows[0][0])


def kinds(desk: Desk) -> dict[str, str]:
    """What the rules took everybody's mention for."""
    return dict(
        desk.store.engine.query(
            "SELECT c.handle, v.kind FROM verdict v JOIN message m ON m.id = v.message_id "
            "JOIN customer c ON c.id = m.customer_id"
        )
    )


def waits(desk: Desk) -> dict[str, tuple[Any, ...]]:
    """State, kind, priority and promised span of everybody's wait."""
    rows = desk.store.engine.query(
        "SELECT c.handle, w.state, w.kind, w.urgency, (w.due_at - w.opened_at) / 3600000 "
        "FROM wait w JOIN conversation t ON t.id = w.conversation_id "
        "JOIN customer c ON c.id = t.customer_id"
    )
    return {row[0]: row[1:] for row in rows}


def in_force(desk: Desk, rule: str) -> None:
    """Other rules are in force, and nothing was judged by them yet."""
    apply_settings(
        desk.store,
        Settings(rules={rule: {"phrases": [rule], "weights": {"other": 1}}}),
        rule,
        "kim",
        desk.now,
        brand="acme",
        accounts=[],
        tagger_for=Says(Kind.OTHER).for_any,
        judging=False,
    )


def count(desk: Desk, tagger: Says) -> Difference:
    """Count what other rules would change."""
    return retagging.count_changes(desk.store, desk.brand_id, tagger, EVER, Settings(), desk.now)


def retag(desk: Desk, tagger: Says, since: int = EVER, many: int = 2) -> Judged:
    """Tag what is stored."""
    return retagging.retag(desk.store, desk.brand_id, since, "kim", desk.now, tagger.for_any, many)


ANSWERED = ("answered", "question", None, 4)
DISMISSED = ("dismissed", "question", None, 4)
COMPLAINING = ("open", "complaint", "safety", 1)


def test_what_has_ended_stays_as_it_was_judged(desk: Desk) -> None:
    """All verdicts are other ones; only who waits has another kind, priority and due time."""
    in_force(desk, "new")
    done = retag(desk, Says(Kind.COMPLAINT, "safety"))
    assert done == Judged(threads=4, tagged=4, waits=2, changed=4)
    assert set(kinds(desk).values()) == {"complaint"}
    assert waits(desk) == {
        "ana": ANSWERED,
        "bo": DISMISSED,
        "eve": COMPLAINING,
        "finn": COMPLAINING,
    }


def test_it_stays_so_however_often_the_rules_change(desk: Desk) -> None:
    """The waits of three sets of rules each keep their own, also when facts come late."""
    in_force(desk, "second")
    retag(desk, Says(Kind.COMPLAINT))
    eve = desk.conversation(conversation_of(desk, "eve"))
    close(desk.store, eve, CloseReason.SPAM, "kim", desk.now, Says(Kind.COMPLAINT).for_any)
    in_force(desk, "third")
    retag(desk, Says(Kind.PRAISE))
    desk.store.judging.mark_conversation(eve.id)
    judge_pending(desk.store, desk.brand_id, Says(Kind.PRAISE).for_any)
    assert waits(desk) == {
        "ana": ANSWERED,
        "bo": DISMISSED,
        "eve": ("dismissed", "complaint", None, 1),
        "finn": ("open", "praise", None, None),
    }


def test_the_same_settings_may_tag_in_another_way(desk: Desk) -> None:
    """A newer program reads the same rules otherwise: who waits is what they are now."""
    desk.now += MINUTE
    desk.write("ana", "@acme and the other one?", in_reply_to=first_post(desk, "ana"))
    desk.fetch()
    retag(desk, Says(Kind.COMPLAINT))
    assert states(desk, "ana") == [("answered", "question"), ("open", "complaint")]
    assert waits(desk)["bo"] == DISMISSED


def test_what_is_opened_again_is_judged_by_the_rules_in_force(desk: Desk) -> None:
    """A close that is taken back was never the end: the wait is what its mentions are now."""
    in_force(desk, "new")
    tagger = Says(Kind.COMPLAINT, "safety")
    retag(desk, tagger)
    bo = desk.conversation(conversation_of(desk, "bo"))
    reopen(desk.store, bo, "kim", desk.now, tagger.for_any)
    assert waits(desk)["bo"] == COMPLAINING
    close(desk.store, bo, CloseReason.NOT_US, "kim", desk.now, tagger.for_any)
    desk.store.judging.mark_conversation(bo.id)
    judge_pending(desk.store, desk.brand_id, tagger.for_any)
    assert waits(desk)["bo"] == ("dismissed", "complaint", "safety", 1)


def test_putting_rules_in_force_leaves_what_has_ended_in_a_thread(desk: Desk) -> None:
    """Ana waits again: tagging her thread again does not change how she was answered before."""
    desk.now += MINUTE
    desk.write("ana", "@acme and the other one?", in_reply_to=first_post(desk, "ana"))
    desk.fetch()
    in_force(desk, "new")
    judge_pending(desk.store, desk.brand_id, Says(Kind.COMPLAINT).for_any)
    assert states(desk, "ana") == [("answered", "question"), ("open", "complaint")]


def test_what_was_withdrawn_stays_so(desk: Desk) -> None:
    """It ended since nothing that stood then demanded an answer; now some of it does."""
    first = desk.write("gus", "@acme thanks", ago=3 * MINUTE)
    asked = desk.write("gus", "@acme why?", ago=2 * MINUTE, in_reply_to=first.native_id)
    desk.write("gus", "@acme thanks again", ago=MINUTE, in_reply_to=first.native_id)
    desk.fetch()
    with desk.store.tx():
        desk.store.messages.mark_deleted(desk.brand_id, "memory", [asked.native_id], desk.now)
    judge_pending(desk.store, desk.brand_id, tagger_for)
    assert states(desk, "gus") == [("open", "praise"), ("withdrawn", "question")]
    in_force(desk, "new")
    retag(desk, Says(Kind.COMPLAINT))
    assert states(desk, "gus") == [("open", "complaint"), ("withdrawn", "question")]


def states(desk: Desk, handle: str) -> list[tuple[Any, ...]]:
    """State and kind of somebody's waits, oldest first."""
    return desk.store.engine.query(
        "SELECT state, kind FROM wait WHERE conversation_id = :id ORDER BY opened_at",
        {"id": conversation_of(desk, handle)},
    )


def first_post(desk: Desk, handle: str) -> str:
    """The native id of the first mention of somebody."""
    found = desk.store.reading.thread(conversation_of(desk, handle))
    return found[0].native_id


def test_an_edit_leaves_what_an_ended_wait_was_judged_by(desk: Desk) -> None:
    """Neither other rules nor other words are held against an answer that was given before."""
    in_force(desk, "new")
    retag(desk, Says(Kind.COMPLAINT))
    desk.channel.edit(first_post(desk, "ana"), "@acme thanks")
    desk.fetch()
    assert waits(desk)["ana"][:2] == ("answered", "question")


def test_what_an_agent_said_stands(desk: Desk) -> None:
    """A correction wins over any rules; a safety matter stays first while it wants an answer."""
    eve = desk.conversation(conversation_of(desk, "eve"))
    finn = desk.conversation(conversation_of(desk, "finn"))
    tagger = Says(Kind.QUESTION)
    tag(desk.store, eve, Kind.COMPLAINT, "kim", desk.now, tagger.for_any)
    tag(desk.store, finn, Kind.PRAISE, "kim", desk.now, tagger.for_any)
    retag(desk, Says(Kind.OTHER, "safety"))
    assert waits(desk)["eve"] == ("open", "complaint", "safety", 1)
    assert waits(desk)["finn"] == ("open", "praise", None, None)


def test_stopped_half_way_it_goes_on(desk: Desk) -> None:
    """Killed between two transactions: what was done stays, and the next run does the rest."""
    in_force(desk, "new")
    with pytest.raises(Killed):
        retag(desk, Dies(Kind.COMPLAINT), many=2)
    desk.close()
    desk.store = type(desk.store).open(desk.where)
    assert sorted(kinds(desk).values()) == ["complaint", "complaint", "question", "question"]
    done = judge_pending(desk.store, desk.brand_id, Says(Kind.COMPLAINT).for_any)
    assert (done.tagged, done.changed) == (2, 2)
    assert set(kinds(desk).values()) == {"complaint"}
    assert waits(desk)["ana"] == ANSWERED
    assert waits(desk)["finn"][:2] == ("open", "complaint")
    assert desk.store.engine.query("SELECT count(*) FROM unjudged") == [(0,)]


def test_twice_is_once(desk: Desk) -> None:
    """The same rules again change nothing."""
    retag(desk, Says(Kind.COMPLAINT))
    before = (kinds(desk), waits(desk))
    assert retag(desk, Says(Kind.COMPLAINT)) == Judged(threads=4, tagged=4, waits=0, changed=0)
    assert (kinds(desk), waits(desk)) == before


def test_older_mentions_are_left(desk: Desk) -> None:
    """Only what was posted since the time that was named."""
    assert retag(desk, Says(Kind.COMPLAINT), since=desk.now - 3 * HOUR).tagged == 2
    assert kinds(desk) == {
        "ana": "question",
        "bo": "question",
        "eve": "complaint",
        "finn": "complaint",
    }


def test_it_is_in_the_log(desk: Desk) -> None:
    """Who had it done, and what came of it."""
    retag(desk, Says(Kind.COMPLAINT))
    act = desk.store.activity.log(desk.brand_id, None, 1)[0]
    assert (act.agent, act.what, act.detail) == ("kim", "retag", "4 tagged, 4 changed kind")
    assert act.at == START


@pytest.mark.parametrize("page", [1, 2, 500])
def test_changes_are_found_page_by_page(
    desk: Desk, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the size of a page each mention is looked at once, newest first."""
    desk.write("gus", "@acme hello", ago=HOUR)  # at the same time as finn
    desk.fetch()
    monkeypatch.setattr(retagging, "PAGE", page)
    difference = Difference()
    found = list(
        retagging.changes(desk.store, desk.brand_id, Says(Kind.QUESTION, None), EVER, difference)
    )
    assert [c.mention.author for c in found] == ["gus"]
    assert difference.mentions == 5
    found = list(
        retagging.changes(desk.store, desk.brand_id, Says(Kind.PRAISE), EVER, Difference())
    )
    assert [c.mention.author for c in found] == ["gus", "finn", "eve", "bo", "ana"]


def test_what_an_agent_said_is_no_change(desk: Desk) -> None:
    """It is counted by itself, and the rules' own kinds are what is compared."""
    eve = desk.conversation(conversation_of(desk, "eve"))
    tag(desk.store, eve, Kind.PRAISE, "kim", desk.now, Says(Kind.QUESTION).for_any)
    found = count(desk, Says(Kind.COMPLAINT))
    assert (found.mentions, found.corrected) == (4, 1)
    assert dict(found.changed) == {(Kind.QUESTION, Kind.COMPLAINT): 3}


def test_what_an_agent_said_is_counted_by_itself(desk: Desk) -> None:
    """Tagging it again changes its verdict and not its kind."""
    eve = desk.conversation(conversation_of(desk, "eve"))
    tag(desk.store, eve, Kind.PRAISE, "kim", desk.now, Says(Kind.QUESTION).for_any)
    done = retag(desk, Says(Kind.COMPLAINT))
    assert (done.tagged, done.changed, done.corrected) == (4, 3, 1)


def test_it_is_foretold_who_goes_first(desk: Desk) -> None:
    """As many as then do, and as then do no longer; who was answered goes nowhere."""
    found = count(desk, Says(Kind.QUESTION, "safety"))
    assert (found.priority_only, found.changes) == (4, 4)
    assert (found.go_first, found.not_first) == (2, 0)
    retag(desk, Says(Kind.QUESTION, "safety"))
    assert first_in_queue(desk) == {"eve", "finn"}
    found = count(desk, Says(Kind.QUESTION))
    assert (found.priority_only, found.go_first, found.not_first) == (4, 0, 2)
    assert count(desk, Says(Kind.PRAISE, "safety")).not_first == 2
    assert count(desk, Says(Kind.QUESTION, "press")).go_first == 0


def test_a_threat_to_leave_does_not_go_first(desk: Desk) -> None:
    """It is a change, and the queue keeps its order."""
    found = count(desk, Says(Kind.QUESTION, "churn-threat"))
    assert (found.priority_only, found.go_first, found.not_first) == (4, 0, 0)


def test_what_an_agent_said_may_go_first(desk: Desk) -> None:
    """A priority stands where they said complaint or question, and falls with praise."""
    tagger = Says(Kind.QUESTION)
    for handle, kind in (("eve", Kind.COMPLAINT), ("finn", Kind.PRAISE)):
        talk = desk.conversation(conversation_of(desk, handle))
        tag(desk.store, talk, kind, "kim", desk.now, tagger.for_any)
    urgent = Says(Kind.OTHER, "safety")
    found = count(desk, urgent)
    assert (found.changed.total(), found.corrected) == (2, 2)
    assert (found.priority_only, found.go_first) == (1, 1)
    retag(desk, urgent)
    assert first_in_queue(desk) == {"eve"}


def first_in_queue(desk: Desk) -> set[str]:
    """Who stands before all others."""
    waiting = QueueFilter(desk.brand_id)
    wanted = [w for w in desk.store.queue.waiting(waiting) if w.priority > 0]
    return {item.customer for item in desk.store.queue.items(desk.brand_id, wanted, desk.now)}


def test_it_is_foretold_who_begins_to_wait(desk: Desk) -> None:
    """Who praised and is taken at their word no longer; at the due time it is overdue."""
    retag(desk, Says(Kind.PRAISE))
    assert desk.waiting() == []
    found = count(desk, Says(Kind.COMPLAINT))
    assert (found.demanding, found.overdue) == (2, 2)
    found = count(desk, Says(Kind.QUESTION))
    assert (found.demanding, found.overdue) == (2, 0)
    retag(desk, Says(Kind.COMPLAINT))
    assert len(desk.waiting()) == 2
    assert count(desk, Says(Kind.QUESTION)).demanding == 0


def test_the_reason_for_a_priority_is_its_rule(desk: Desk) -> None:
    """Where the kind stays; without one there is no reason to name."""
    says = Says(Kind.QUESTION, "safety")
    rules = {"says-question": Rule("says-question", priority="safety")}
    known, unknown = Difference(rules=rules), Difference()
    first = [
        next(retagging.changes(desk.store, desk.brand_id, says, EVER, difference))
        for difference in (known, unknown)
    ]
    assert [c.reason.rule if c.reason else None for c in first] == ["says-question", None]


def test_the_reason_is_what_speaks_for_the_new_kind(desk: Desk) -> None:
    """The rule and the words that weigh most toward it."""
    change = next(
        retagging.changes(desk.store, desk.brand_id, Says(Kind.PRAISE), EVER, Difference())
    )
    assert change.reason is not None
    assert (change.reason.rule, change.reason.text) == ("says-praise", "@ac")


def test_looking_changes_nothing(desk: Desk) -> None:
    """The store's rows are the same before and after."""
    before = content(desk.store)
    count(desk, Says(Kind.PRAISE))
    assert content(desk.store) == before
