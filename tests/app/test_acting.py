"""Closing, taking it back, and correcting a kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import START, Desk, tagger_for
from triage.app.acting import close, find_conversation, open_wait, reopen, tag
from triage.app.applying import apply_settings
from triage.app.judging import judge_pending
from triage.core.model import HOUR, MINUTE, CloseReason, Kind, Post, WaitState
from triage.core.policy import Policy, Settings
from triage.core.records import WaitView
from triage.errors import NotFound, Refused


def waits(desk: Desk, reference: str | int = 1) -> list[WaitView]:
    """The waits of a conversation."""
    return desk.store.reading.waits(desk.conversation(reference).id)


def shut(desk: Desk, reason: CloseReason, reference: str | int = 1) -> WaitView:
    """Close it as ana, now."""
    return close(desk.store, desk.conversation(reference), reason, "ana", desk.now, tagger_for)


def take_back(desk: Desk, reference: str | int = 1) -> WaitView:
    """Reopen it as bo, now."""
    return reopen(desk.store, desk.conversation(reference), "bo", desk.now, tagger_for)


def correct(desk: Desk, kind: Kind, *, reference: str | int = 1, post: Post | None = None) -> None:
    """Tag it as ana, now."""
    named = None if post is None else post.native_id
    tag(desk.store, desk.conversation(reference), kind, "ana", desk.now, tagger_for, named)


def apply(desk: Desk, settings: Settings) -> None:
    """Put other settings in force, as `config apply` does."""
    named = [("memory", "acme")]
    apply_settings(
        desk.store,
        settings,
        "hash",
        "bo",
        desk.now,
        brand="acme",
        accounts=named,
        tagger_for=tagger_for,
    )


@pytest.fixture
def complaint(desk: Desk) -> Post:
    """Ana wrote half an hour ago that it is broken."""
    post = desk.write("ana", "@acme it is broken", ago=30 * MINUTE)
    desk.fetch()
    return post


# Closing.


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (CloseReason.NOT_US, WaitState.DISMISSED),
        (CloseReason.SPAM, WaitState.DISMISSED),
        (CloseReason.DUPLICATE, WaitState.DISMISSED),
        (CloseReason.NO_ANSWER, WaitState.DISMISSED),
        (CloseReason.PRIVATE, WaitState.SETTLED),
    ],
)
@pytest.mark.usefixtures("complaint")
def test_a_close_ends_the_wait_and_never_meets_it(
    desk: Desk, reason: CloseReason, state: WaitState
) -> None:
    """It was in time, and still is no answer."""
    wait = shut(desk, reason)
    assert (wait.state, wait.is_met, wait.ended_at) == (state, None, START)
    assert (wait.close_reason, wait.agent) == (reason, "ana")
    assert desk.waiting() == []


@pytest.mark.usefixtures("complaint")
def test_what_nobody_waits_in_cannot_be_closed(desk: Desk) -> None:
    """A second close says so, and is no second act."""
    shut(desk, CloseReason.SPAM)
    with pytest.raises(Refused, match="Nobody waits in #1"):
        shut(desk, CloseReason.PRIVATE)
    acts = desk.store.activity.log(desk.brand_id, 1, None)
    assert [(a.what, a.after, a.agent) for a in acts] == [("close", "spam", "ana")]


@pytest.mark.usefixtures("complaint")
def test_what_is_written_after_a_close_waits_anew(desk: Desk) -> None:
    """The next wait has its own clock."""
    shut(desk, CloseReason.NO_ANSWER)
    desk.now += HOUR
    desk.write("ana", "@acme still broken", in_reply_to=desk_first(desk))
    desk.fetch()
    first, second = waits(desk)
    assert (first.state, second.state) == (WaitState.DISMISSED, WaitState.OPEN)
    assert second.opened_at == START + HOUR


def desk_first(desk: Desk) -> str:
    """The native id of the oldest post."""
    return min(desk.channel.posts, key=int)


@pytest.mark.parametrize("behind", [0, HOUR])
def test_a_close_at_the_time_of_a_deletion(desk: Desk, complaint: Post, behind: int) -> None:
    """What was deleted then, or later by a clock that is set back, is closed with the rest."""
    desk.write("ana", "@acme still broken", in_reply_to=complaint.native_id)
    desk.fetch()
    with desk.store.tx():
        desk.store.messages.mark_deleted(
            desk.brand_id, "memory", [complaint.native_id], desk.now + behind
        )
    judge_pending(desk.store, desk.brand_id, tagger_for)
    wait = shut(desk, CloseReason.SPAM)
    assert (wait.state, wait.mentions) == (WaitState.DISMISSED, 2)
    assert desk.waiting() == []


@pytest.mark.usefixtures("complaint")
def test_a_mention_that_the_agent_had_not_seen_waits_on(desk: Desk) -> None:
    """It was written before the close and fetched after it: its clock runs from its own time."""
    unseen = desk.write("ana", "@acme and never again?", ago=MINUTE, in_reply_to=desk_first(desk))
    shut(desk, CloseReason.NO_ANSWER)
    assert desk.waiting() == []
    desk.now += 5 * MINUTE
    desk.fetch()
    first, second = waits(desk)
    assert (first.state, first.mentions) == (WaitState.DISMISSED, 1)
    assert (second.state, second.opened_at) == (WaitState.OPEN, unseen.posted_at)
    assert [item.id for item in desk.waiting()] == [1]


# Taking it back.


@pytest.mark.usefixtures("complaint")
def test_reopening_keeps_the_original_clock(desk: Desk) -> None:
    """As if it had never been closed: it is due when it was, and may be overdue at once."""
    before = waits(desk)[0]
    shut(desk, CloseReason.SPAM)
    desk.now += 3 * HOUR
    wait = take_back(desk)
    assert (wait.state, wait.opened_at, wait.due_at) == (
        WaitState.OPEN,
        before.opened_at,
        before.due_at,
    )
    assert [item.state.value for item in desk.waiting()] == ["overdue"]


@pytest.mark.usefixtures("complaint")
def test_reopening_joins_what_came_meanwhile(desk: Desk) -> None:
    """One wait again, from its first mention."""
    shut(desk, CloseReason.SPAM)
    desk.now += HOUR
    desk.write("ana", "@acme hello?", in_reply_to=desk_first(desk))
    desk.fetch()
    take_back(desk)
    (wait,) = waits(desk)
    assert (wait.mentions, wait.opened_at) == (2, START - 30 * MINUTE)


@pytest.mark.usefixtures("complaint")
def test_what_was_not_closed_cannot_be_reopened(desk: Desk) -> None:
    """Neither at first, nor twice."""
    with pytest.raises(Refused, match="was not closed"):
        take_back(desk)
    shut(desk, CloseReason.SPAM)
    take_back(desk)
    with pytest.raises(Refused, match="was not closed"):
        take_back(desk)


@pytest.mark.usefixtures("complaint")
def test_closing_and_reopening_may_go_on(desk: Desk) -> None:
    """Only the last close stands, and every act is kept."""
    for reason in (CloseReason.SPAM, CloseReason.PRIVATE):
        shut(desk, reason)
        take_back(desk)
    assert shut(desk, CloseReason.NOT_US).close_reason is CloseReason.NOT_US
    acts = desk.store.activity.log(desk.brand_id, 1, None)
    assert [a.what for a in acts] == ["close", "reopen"] * 2 + ["close"]
    assert [a.voids_id for a in acts if a.what == "reopen"] == [acts[0].id, acts[2].id]


def test_an_answer_in_public_ends_it_behind_a_reopened_close(desk: Desk, complaint: Post) -> None:
    """Nobody waits any more: the close is taken back, and that is said, with nothing changed."""
    shut(desk, CloseReason.SPAM)
    desk.now += 10 * MINUTE
    desk.write("acme", "@ana fixed", in_reply_to=complaint.native_id)
    desk.fetch()
    assert waits(desk)[0].state is WaitState.DISMISSED
    with pytest.raises(Refused, match="Nobody waits in #1 any more"):
        take_back(desk)
    assert waits(desk)[0].state is WaitState.DISMISSED


# Correcting.


def test_a_correction_changes_kind_and_promise(desk: Desk, complaint: Post) -> None:
    """From its own time: a question may wait four hours."""
    correct(desk, Kind.QUESTION)
    wait = waits(desk)[0]
    assert (wait.kind, wait.due_at) == (Kind.QUESTION, complaint.posted_at + 4 * HOUR)
    (view,) = desk.store.reading.thread(1)
    assert (view.kind, view.corrected) == (Kind.QUESTION, True)


def test_the_gravest_mention_of_the_newest_wait_is_meant(desk: Desk) -> None:
    """It is the one that gives the wait its kind."""
    asked = desk.write("ana", "@acme are you there?", ago=20 * MINUTE)
    desk.write("ana", "@acme it is broken", ago=10 * MINUTE, in_reply_to=asked.native_id)
    desk.write("ana", "@acme thanks", ago=5 * MINUTE, in_reply_to=asked.native_id)
    desk.fetch()
    correct(desk, Kind.OTHER)
    kinds = [(m.kind, m.corrected) for m in desk.store.reading.thread(1)]
    assert kinds == [(Kind.QUESTION, False), (Kind.OTHER, True), (Kind.PRAISE, False)]
    assert waits(desk)[0].kind is Kind.QUESTION


def test_a_post_can_be_named(desk: Desk) -> None:
    """By its id."""
    asked = desk.write("ana", "@acme are you there?", ago=20 * MINUTE)
    named = desk.write("ana", "@acme thanks", ago=10 * MINUTE, in_reply_to=asked.native_id)
    desk.fetch()
    correct(desk, Kind.COMPLAINT, post=named)
    wait = waits(desk)[0]
    assert (wait.kind, wait.due_at) == (Kind.COMPLAINT, named.posted_at + HOUR)
    assert (wait.opened_at, wait.due_by) == (
        asked.posted_at,
        desk.store.reading.message_id(1, named.native_id),
    )


def test_a_post_of_somebody_else_cannot_be_named(desk: Desk, complaint: Post) -> None:
    """Nor one of ours, nor one that is not there."""
    other = desk.write("bo", "@acme where?", ago=MINUTE)
    ours = desk.write("acme", "@ana soon", in_reply_to=complaint.native_id)
    desk.fetch()
    for post in (other, ours, replace(other, native_id="4711")):
        with pytest.raises(NotFound, match="is not a mention in #1"):
            correct(desk, Kind.OTHER, post=post)
    assert desk.store.activity.log(desk.brand_id, None, None) == []


def test_the_last_correction_counts(desk: Desk, complaint: Post) -> None:
    """The earlier ones are kept as acts."""
    correct(desk, Kind.PRAISE)
    assert desk.waiting() == []
    correct(desk, Kind.OTHER, post=complaint)
    assert waits(desk)[0].kind is Kind.OTHER
    acts = desk.store.activity.log(desk.brand_id, 1, None)
    assert [(a.before, a.after) for a in acts] == [("complaint", "praise"), ("praise", "other")]


@pytest.mark.usefixtures("complaint")
def test_a_correction_survives_other_rules(desk: Desk) -> None:
    """New rules tag anew what waits; what a person said goes before them."""
    correct(desk, Kind.QUESTION)
    policies = {**Settings().policies, Kind.QUESTION: Policy(2 * HOUR)}
    apply(desk, Settings(policies=policies, rules={"new": {"patterns": ["x"]}}))
    wait = waits(desk)[0]
    assert (wait.kind, wait.due_at, wait.settings_id) == (
        Kind.QUESTION,
        START - 30 * MINUTE + 2 * HOUR,
        2,
    )


def test_a_correction_survives_an_edit(desk: Desk, complaint: Post) -> None:
    """The post has other words now; the rules tag those, and the person still counts."""
    correct(desk, Kind.QUESTION)
    desk.channel.edit(complaint.native_id, "@acme thanks, it works")
    desk.fetch()
    (view,) = desk.store.reading.thread(1)
    assert (view.text, view.kind) == ("@acme thanks, it works", Kind.QUESTION)
    verdict = desk.store.reading.verdict(view.id)
    assert verdict is not None
    assert verdict.kind is Kind.PRAISE


def test_tagging_an_incidental_mention_gives_it_a_clock(desk: Desk) -> None:
    """Strangers talk under our post; an agent says that one of them waits for us."""
    post = desk.write("acme", "new ovens today", ago=2 * HOUR)
    bo = desk.write("bo", "@acme how lovely", ago=HOUR, in_reply_to=post.native_id)
    ana = desk.write("ana", "@bo @acme mine is broken", ago=MINUTE, in_reply_to=bo.native_id)
    desk.fetch()
    assert open_wait(desk.store, desk.conversation(ana.native_id).id) is None
    correct(desk, Kind.COMPLAINT, reference=ana.native_id)
    (wait,) = waits(desk, ana.native_id)
    assert (wait.state, wait.kind, wait.opened_at) == (
        WaitState.OPEN,
        Kind.COMPLAINT,
        ana.posted_at,
    )


# Finding.


def test_a_conversation_is_found_by_its_id_a_posts_id_or_its_url(
    desk: Desk, complaint: Post
) -> None:
    """What people copy from a screen or a browser."""
    url = f"https://x.com/ana/status/{complaint.native_id}?s=20"
    for reference in ("1", "#1", f" {complaint.native_id} ", url):
        assert find_conversation(desk.store, desk.brand_id, reference).id == 1


@pytest.mark.parametrize("reference", ["", "#", "2", "-1", "9" * 40, "ana", "²", "x/status/1"])
@pytest.mark.usefixtures("complaint")
def test_what_is_not_there_is_not_found(desk: Desk, reference: str) -> None:
    """With a hint where to look."""
    with pytest.raises(NotFound) as caught:
        find_conversation(desk.store, desk.brand_id, reference)
    assert "triage queue" in caught.value.hint


def test_an_act_is_judged_however_many_threads_are_marked(desk: Desk) -> None:
    """Its own thread is judged at once; the others wait for whoever judges all."""
    for number in range(5):
        desk.write(f"c{number}", "@acme it is broken", ago=HOUR)
    desk.fetch()
    with desk.store.tx():
        desk.store.judging.mark_open(desk.brand_id, retag=False)
    last = max(item.id for item in desk.waiting())
    assert shut(desk, CloseReason.SPAM, last).state is WaitState.DISMISSED
    left = desk.store.engine.query("SELECT count(*) FROM unjudged")
    assert left == [(4,)]
    judge_pending(desk.store, desk.brand_id, tagger_for)
    assert waits(desk, last)[0].state is WaitState.DISMISSED


def test_settings_that_a_clock_ahead_applied_are_put_right(desk: Desk) -> None:
    """What ends when the clock is right again is judged by the settings that are in force."""
    strict = Settings(policies={kind: Policy(10 * MINUTE) for kind in Kind})
    apply(desk, Settings(policies={kind: Policy(HOUR) for kind in Kind}))
    desk.now += 365 * 24 * HOUR
    apply(desk, strict)
    desk.now -= 365 * 24 * HOUR
    apply(desk, strict)
    post = desk.write("ana", "@acme it is broken")
    desk.now += 20 * MINUTE
    desk.write("acme", "@ana mended", in_reply_to=post.native_id)
    desk.fetch()
    (wait,) = waits(desk)
    assert (wait.state, wait.is_met) == (WaitState.ANSWERED, False)
