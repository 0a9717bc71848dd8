"""Telling people of an action: who is reachable, each once, nothing unread, paced and capped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders import Desk, busy_desk, tagger_for
from triage.app import acting, linking, outbox, replying, telling, timing
from triage.app.actions import (
    Actor,
    add_action,
    change_action,
    drop_action,
    finish_action,
    get_action,
)
from triage.app.claiming import claim
from triage.app.drafting import commit
from triage.app.filling import Author
from triage.app.naming import find_whom
from triage.app.telling import approve, approved, draft, people, skip, to_review, told_of
from triage.app.telling_out import Batch, Pace, send_approved
from triage.app.theming import say_theme
from triage.core.actions import Action, ActionState, ToldState
from triage.core.channel import Fate, PostOutcome
from triage.core.claims import LEASE
from triage.core.model import DAY, HOUR, MINUTE, CloseReason
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.core.telling import WITHIN, Reach, Us
from triage.core.template_values import values_of
from triage.errors import NotFound, Refused, UsageError

ANA, BO, CARLOS, FINN = 3, 4, 2, 6
"""Conversations of `busy_desk`; ana, bo and finn wait, carlos was answered."""
QUICK = Pace(per_run=50, per_hour=50, pause=0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Ana, bo, carlos and finn have raised refunds."""
    made = busy_desk(tmp_path)
    for number in (ANA, BO, CARLOS, FINN):
        say_theme(made.store, made.conversation(number), "refund", "ana", made.now)
    made.now += MINUTE
    yield made
    made.close()


def actor(desk: Desk, agent: str = "ana") -> Actor:
    """Who acts now."""
    return Actor(desk.brand_id, agent, desk.now)


def action_of(desk: Desk, *, done: bool = True, title: str = "Refunds in 3 days") -> Action:
    """An action about refunds, done just now."""
    made = Action(
        0, f"a-{title}", title, "refund", desk.now - DAY, "", None, None, None, desk.now, "ana"
    )
    saved = add_action(desk.store, actor(desk), made)
    return finish_action(desk.store, actor(desk), saved, desk.now) if done else saved


def reached(desk: Desk, action: Action, within: int = WITHIN) -> dict[str, Reach]:
    """Who raised it, by handle."""
    us = {desk.account.id: Us("acme", needs_summons=True)}
    found = people(desk.store, desk.brand_id, action, us, desk.now, within)
    return {reach.mention.handle: reach for reach in found}


def draft_all(desk: Desk, action: Action) -> list[Reply]:
    """A message for everybody who can be told."""
    made = []
    for reach in reached(desk, action).values():
        if reach.is_reachable:
            text = f"Hi {reach.mention.handle}, refunds take three days now."
            reply = draft(desk.store, actor(desk), action, desk.account, reach, text)
            made += [] if reply is None else [reply]
    return made


def approve_all(desk: Desk, action: Action) -> None:
    """Somebody reads each and lets it pass."""
    for told in to_review(desk.store, action):
        approve(desk.store, actor(desk), told)


def ready(desk: Desk) -> Action:
    """An action with four messages that were let pass, a minute later."""
    action = action_of(desk)
    draft_all(desk, action)
    approve_all(desk, action)
    desk.now += MINUTE
    return action


def run(
    desk: Desk,
    action: Action,
    pace: Pace = QUICK,
    *,
    agent: str = "ana",
    wait: Callable[[int], None] = lambda _: None,
) -> Batch:
    """Send what may go out."""
    return send_approved(desk.store, actor(desk, agent), action, lambda _: desk.sender, pace, wait)


def states(desk: Desk, action: Action) -> dict[str, str]:
    """How far everybody is, by handle."""
    return {t.handle: t.standing.value for t in desk.store.actions.told(action.id)}


def told_publicly(desk: Desk) -> int:
    """How many messages stand in public."""
    ours = [p for p in desk.channel.posts.values() if p.author.handle == "acme"]
    return sum("three days" in p.text for p in ours)


# Who can be told.


def test_exactly_those_who_raised_it(desk: Desk) -> None:
    """Each once, in the order in which they did; who wrote of other things is not there."""
    found = reached(desk, action_of(desk))
    assert list(found) == ["carlos", "ana", "bo", "finn"]
    assert all(reach.is_reachable for reach in found.values())
    assert found["carlos"].reason == ""
    assert found["ana"].reason == "Waits: this would be their answer."


def test_since_until_it_was_done(desk: Desk) -> None:
    """What is written once it is done asks for nothing; what is older than `since` neither."""
    action = action_of(desk)
    desk.now += MINUTE
    post = desk.write("gus", "@acme my refund never came")
    desk.fetch()
    say_theme(desk.store, desk.conversation(post.native_id), "refund", "ana", desk.now)
    assert "gus" not in reached(desk, action)
    later = change_action(
        desk.store, actor(desk), action, replace(action, since_at=desk.now - 3 * HOUR - MINUTE)
    )
    # Carlos wrote five hours before, ana three hours and two minutes, bo a minute later.
    assert list(reached(desk, later)) == ["bo", "finn"]


def test_one_person_with_many_posts(desk: Desk) -> None:
    """They are one, answered under the newest that can be answered."""
    first = desk.write("gus", "@acme my refund never came")
    desk.now += MINUTE
    second = desk.write("gus", "@acme still no refund, it is broken")
    desk.now += MINUTE
    desk.fetch()
    for post in (first, second):
        say_theme(desk.store, desk.conversation(post.native_id), "refund", "ana", desk.now)
    found = reached(desk, action_of(desk))["gus"]
    assert (found.mentions, found.mention.native_id) == (2, second.native_id)
    with desk.store.tx():
        desk.store.messages.mark_deleted(desk.brand_id, "memory", [second.native_id], desk.now)
    found = reached(desk, action_of(desk, title="again"))["gus"]
    assert (found.is_reachable, found.mention.native_id) == (True, first.native_id)


def test_who_cannot_be_reached(desk: Desk) -> None:
    """A post that is gone, old, spam, or that did not call us; each says why."""
    other = desk.channel.write(
        desk.author("gus"), "my refund never came", at=desk.now, mentions=["1"]
    )
    theirs = desk.channel.write(desk.author("hal"), "who likes tea?", at=desk.now, mentions=[])
    beside = desk.channel.write(
        desk.author("ivy"), "@hal @acme no refund", at=desk.now, in_reply_to=theirs.native_id
    )
    desk.now += MINUTE
    desk.fetch()
    for post in (other, beside):
        say_theme(desk.store, desk.conversation(post.native_id), "refund", "ana", desk.now)
    native_id = desk.store.reading.thread(CARLOS)[0].native_id
    with desk.store.tx():
        desk.store.messages.mark_deleted(desk.brand_id, "memory", [native_id], desk.now)
    acting.close(desk.store, desk.conversation(FINN), CloseReason.SPAM, "ana", desk.now, tagger_for)
    found = reached(desk, action_of(desk), within=2 * HOUR)
    assert {name: reach.code for name, reach in found.items()} == {
        "carlos": "gone",
        "ana": "too-old",
        "bo": "too-old",
        "finn": "spam",
        "gus": "not-summoned",
        "ivy": "not-summoned",
    }
    assert found["finn"].reason == "The conversation was closed as spam."
    assert "neither names @acme nor quotes it" in found["gus"].reason


def test_a_close_that_was_taken_back_is_none(desk: Desk) -> None:
    """Whoever was taken for spam by mistake is told like anybody."""
    talk = desk.conversation(FINN)
    acting.close(desk.store, talk, CloseReason.SPAM, "ana", desk.now, tagger_for)
    acting.reopen(desk.store, talk, "ana", desk.now, tagger_for)
    assert reached(desk, action_of(desk))["finn"].is_reachable


def test_an_account_that_is_not_ours_any_more(desk: Desk) -> None:
    """Who wrote where nobody answers for us is listed, and not told."""
    found = people(desk.store, desk.brand_id, action_of(desk), {}, desk.now, WITHIN)
    assert {reach.code for reach in found} == {"no-account"}


# Drafting.


def test_nothing_is_said_of_what_is_not_done(desk: Desk) -> None:
    """Before it is done, and after it was given up, nobody is told."""
    action = action_of(desk, done=False)
    assert action.state(desk.now) is ActionState.OPEN
    with pytest.raises(Refused, match="is not done yet"):
        draft_all(desk, action)
    drop_action(desk.store, actor(desk), action)
    with pytest.raises(Refused, match="was given up"):
        draft_all(desk, action)
    assert desk.store.outbox.list_states(desk.brand_id, [ReplyState.DRAFT]) == []


def test_each_once(desk: Desk) -> None:
    """Drafted twice is drafted once, whoever drafts."""
    action = action_of(desk)
    assert len(draft_all(desk, action)) == 4
    assert draft_all(desk, action) == []
    assert len(desk.store.actions.told(action.id)) == 4
    assert len(desk.store.outbox.list_states(desk.brand_id, [ReplyState.DRAFT])) == 4


def test_two_who_are_one_are_told_once(desk: Desk) -> None:
    """Linked before they are drafted, or only afterwards: one person, one message."""
    action = action_of(desk)
    first = reached(desk, action)["carlos"]
    assert draft(desk.store, actor(desk), action, desk.account, first, "Hi Carlos") is not None
    ana, carlos = (find_whom(desk.store, desk.brand_id, name) for name in ("@ana", "@carlos"))
    linking.link(desk.store, ana, carlos, "kim", desk.now, tagger_for)
    found = reached(desk, action)
    assert list(found) == ["ana", "bo", "finn"]
    assert found["ana"].mentions == 2
    assert draft(desk.store, actor(desk), action, desk.account, found["ana"], "Hi Ana") is None
    assert [t.handle for t in desk.store.actions.told(action.id)] == ["carlos"]


def test_another_action_tells_them_again(desk: Desk) -> None:
    """At most once for each action."""
    draft_all(desk, action_of(desk))
    assert len(draft_all(desk, action_of(desk, title="Vouchers for all"))) == 4


def test_the_row_and_who_is_told_are_one_write(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the second cannot be written, the first is not there."""
    action = action_of(desk)
    monkeypatch.setattr(desk.store.actions, "tell", lambda *_: False)
    with pytest.raises(Refused, match="by another process meanwhile"):
        draft_all(desk, action)
    assert desk.store.outbox.list_states(desk.brand_id, [ReplyState.DRAFT]) == []


def test_the_table_itself_holds_each_person_once(desk: Desk) -> None:
    """Whoever gets by the look before it is stopped by the key."""
    action = action_of(desk)
    draft_all(desk, action)
    told = desk.store.actions.told(action.id)[0]
    with desk.store.tx():
        assert not desk.store.actions.tell(desk.brand_id, told)


def test_skipped_can_be_drafted_anew(desk: Desk) -> None:
    """A message that was given up unsent may be written again; the person stays one."""
    action = action_of(desk)
    draft_all(desk, action)
    skip(desk.store, actor(desk), desk.store.actions.told(action.id)[0])
    assert states(desk, action)["carlos"] == "skipped"
    assert len(draft_all(desk, action)) == 1
    assert states(desk, action)["carlos"] == "to review"
    assert len(desk.store.actions.told(action.id)) == 4


# The review.


def test_nothing_unread_goes_out_by_any_way(desk: Desk) -> None:
    """Not by the batch, not as a draft, not scheduled, not queued by a fetch."""
    action = action_of(desk)
    first, *_ = draft_all(desk, action)
    assert run(desk, action).tried == []
    with pytest.raises(Refused, match="nobody has reviewed it"):
        replying.send(desk.sender, first.id)
    with pytest.raises(Refused, match="nobody has reviewed it"):
        timing.schedule(desk.store, first.id, desk.now + HOUR, timing.AT, desk.now)
    with desk.store.tx():
        desk.store.outbox.move(first.id, ReplyState.DRAFT, ReplyState.QUEUED, desk.now)
    desk.fetch()
    [held] = outbox.flush(desk.sender, desk.now)
    assert held.state is ReplyState.HELD
    assert "nobody has reviewed it" in held.detail
    assert told_publicly(desk) == 0


def test_what_is_changed_afterwards_is_unread(desk: Desk) -> None:
    """To the letter, also where a channel would show both alike."""
    action = action_of(desk)
    first, *_ = draft_all(desk, action)
    approve_all(desk, action)
    assert len(approved(desk.store, action)) == 4
    commit(desk.store, desk.brand_id, replace(first, text=f"{first.text} "), desk.now)
    assert [t.reply_id for t in to_review(desk.store, action)] == [first.id]
    with pytest.raises(Refused, match="was changed after its review"):
        replying.send(desk.sender, first.id)
    assert len(run(desk, action).sent) == 3


def test_changed_between_the_look_and_the_lock(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A colleague rewrites it just before it is queued: it comes back to review."""
    action = ready(desk)
    first = approved(desk.store, action)[0]
    look = replying.Sender.look

    def rewriting(sender: replying.Sender, reply: Reply) -> object:
        if reply.id == first.reply_id:
            commit(desk.store, desk.brand_id, replace(reply, text="Free money."), desk.now)
        return look(sender, reply)

    monkeypatch.setattr(replying.Sender, "look", rewriting)
    batch = run(desk, action)
    assert [t.why for t in batch.tried if t.why] == [
        f"it tells of action {action.id}, and was changed after its review"
    ]
    assert len(batch.sent) == 3
    assert desk.public("Free money.") == []


def test_read_while_somebody_changed_it(desk: Desk) -> None:
    """What passes is what was read."""
    action = action_of(desk)
    first, *_ = draft_all(desk, action)
    as_read = told_of(desk.store, action, first.id)
    commit(desk.store, desk.brand_id, replace(first, text="Another text."), desk.now)
    with pytest.raises(Refused, match="was changed while it was read"):
        approve(desk.store, actor(desk), as_read)


def test_only_messages_of_the_action(desk: Desk) -> None:
    """Another reply has no review here."""
    action = action_of(desk)
    other = desk.draft(ANA, "Sorry!")
    with pytest.raises(NotFound, match="tells nobody of action"):
        told_of(desk.store, action, other.id)
    assert replying.send(desk.sender, other.id).state is ReplyState.SENT


def test_the_log_has_it_all(desk: Desk) -> None:
    """Who drafted, let pass and skipped, and in which conversation."""
    action = action_of(desk)
    draft_all(desk, action)
    mine = [t for t in to_review(desk.store, action) if t.conversation_id in (ANA, BO)]
    approve(desk.store, actor(desk, "bo"), mine[0])
    skip(desk.store, actor(desk, "cleo"), mine[1])
    acts = [a for a in desk.store.activity.log(desk.brand_id, None, None) if a.what == "tell"]
    assert [(a.agent, a.after) for a in acts if a.conversation_id == ANA] == [
        ("ana", "drafted"),
        ("bo", "approved"),
    ]
    assert [(a.agent, a.after) for a in acts if a.conversation_id == BO] == [
        ("ana", "drafted"),
        ("cleo", "skipped"),
    ]


# Sending.


def test_sent_once(desk: Desk) -> None:
    """Everybody is told, the waits end, and another run finds nothing to do."""
    action = ready(desk)
    batch = run(desk, action)
    assert (len(batch.sent), batch.left, batch.capped) == (4, 0, "")
    assert set(states(desk, action).values()) == {"told"}
    assert told_publicly(desk) == 4
    assert desk.waiting() == []
    assert run(desk, action).tried == []
    assert draft_all(desk, action) == []
    assert told_publicly(desk) == 4


def test_paced_and_capped_in_a_run(desk: Desk) -> None:
    """So many, with a pause between two and none before the first."""
    action = ready(desk)
    pauses: list[int] = []
    batch = run(desk, action, Pace(per_run=3, per_hour=50, pause=7_000), wait=pauses.append)
    assert (len(batch.sent), batch.left, batch.capped) == (3, 1, "run")
    assert pauses == [7_000, 7_000]
    assert len(run(desk, action).sent) == 1


def test_capped_in_an_hour(desk: Desk) -> None:
    """Of all actions together, in any sixty minutes."""
    action = ready(desk)
    pace = replace(QUICK, per_hour=3)
    batch = run(desk, action, pace)
    assert (len(batch.sent), batch.left, batch.capped) == (3, 1, "hour")
    desk.now += HOUR - 1
    assert (run(desk, action, pace).capped, told_publicly(desk)) == ("hour", 3)
    desk.now += 1
    assert len(run(desk, action, pace).sent) == 1


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (PostOutcome(Fate.NOT_SENT, detail="no connection"), ReplyState.QUEUED),
        (PostOutcome(Fate.UNKNOWN, detail="the connection broke"), ReplyState.UNKNOWN),
        (PostOutcome(Fate.REFUSED, detail="bad token", sign_in=True), ReplyState.FAILED),
    ],
)
def test_what_stops_a_run(desk: Desk, outcome: PostOutcome, state: ReplyState) -> None:
    """The next message would fare no better; nobody is lost by it."""
    action = ready(desk)
    desk.channel.fate_next(Fate.SENT)
    desk.channel.fate_next(outcome)
    batch = run(desk, action)
    assert batch.stopped is not None
    assert batch.stopped.state is state
    assert (len(batch.sent), batch.left) == (1, 2)
    assert sorted(states(desk, action).values()).count("approved") in (2, 3)
    assert len(run(desk, action).sent) in (2, 3)


def test_a_refused_one_keeps_nobody_back(desk: Desk) -> None:
    """And is not tried again before somebody has looked at it."""
    action = ready(desk)
    desk.channel.fate_next(PostOutcome(Fate.REFUSED, detail="not permitted"))
    batch = run(desk, action)
    assert (len(batch.sent), batch.stopped) == (3, None)
    assert states(desk, action)["carlos"] == "refused"
    assert run(desk, action).tried == []
    [again] = to_review(desk.store, action)
    approve(desk.store, actor(desk), again)
    assert len(run(desk, action).sent) == 1


def test_unknown_is_found_and_never_said_twice(desk: Desk) -> None:
    """It was posted and the answer got lost: the next fetch finds it, the next run leaves it."""
    action = ready(desk)
    desk.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="the connection broke"), accepted=True)
    run(desk, action)
    run(desk, action)
    desk.fetch()
    outbox.settle_by_timeline(desk.store, desk.account, desk.now, tagger_for)
    assert set(states(desk, action).values()) == {"told"}
    assert told_publicly(desk) == 4


def test_who_wrote_again_comes_back(desk: Desk) -> None:
    """What its reviewer had not seen is read first; once read, it may go."""
    action = ready(desk)
    talk = desk.store.reading.thread(ANA)[0]
    desk.write("ana", "@acme it came, sorry!", in_reply_to=talk.native_id)
    desk.now += MINUTE
    batch = run(desk, action)
    assert [(t.told.handle, t.why) for t in batch.tried if t.why] == [
        ("ana", "the customer wrote again")
    ]
    [back] = to_review(desk.store, action)
    assert (back.handle, back.detail) == ("ana", "the customer wrote again")
    approve(desk.store, actor(desk), back)
    assert [t.told.handle for t in run(desk, action).sent] == ["ana"]


def test_who_was_answered_meanwhile_comes_back(desk: Desk) -> None:
    """A colleague was quicker; what was said before the draft is no news."""
    action = ready(desk)
    talk = desk.store.reading.thread(BO)[0]
    desk.write("acme", "@bo yes, from ten", in_reply_to=talk.native_id)
    desk.now += MINUTE
    batch = run(desk, action)
    assert [(t.told.handle, t.why) for t in batch.tried if t.why] == [
        ("bo", "somebody answered meanwhile")
    ]
    assert "carlos" in [t.told.handle for t in batch.sent]


def test_whom_somebody_is_at_comes_back(desk: Desk) -> None:
    """Two do not talk to one customer at once."""
    action = ready(desk)
    claim(desk.store, desk.conversation(ANA), "bo", desk.now, LEASE)
    batch = run(desk, action)
    assert [(t.told.handle, t.why) for t in batch.tried if t.why] == [
        ("ana", "bo is at the conversation")
    ]
    assert len(batch.sent) == 3


def test_a_post_that_is_gone_comes_back(desk: Desk) -> None:
    """It is looked at before anything goes."""
    action = ready(desk)
    desk.channel.remove(desk.store.reading.thread(FINN)[0].native_id)
    batch = run(desk, action)
    assert [t.told.handle for t in batch.tried if t.why] == ["finn"]
    assert len(batch.sent) == 3


def test_two_runs_at_once(desk: Desk) -> None:
    """What the other has sent meanwhile is no trouble, and goes out once."""
    action = ready(desk)
    others: list[Batch] = []

    def another(_ms: int) -> None:
        if not others:
            others.append(run(desk, action, agent="bo"))

    batch = run(desk, action, replace(QUICK, pause=1), wait=another)
    assert (len(batch.sent), len(others[0].sent), batch.left) == (1, 3, 0)
    assert told_publicly(desk) == 4


def test_a_colleague_sends_one_at_the_last_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the lock: it is public once, and the run goes on."""
    action = ready(desk)
    first = approved(desk.store, action)[0]
    look = replying.Sender.look
    seen: list[int] = []

    def sending(sender: replying.Sender, reply: Reply) -> object:
        if reply.id == first.reply_id and not seen:
            seen.append(reply.id)
            replying.send(desk.sender, reply.id)
        return look(sender, reply)

    monkeypatch.setattr(replying.Sender, "look", sending)
    batch = run(desk, action)
    assert (seen, len(batch.sent)) == ([first.reply_id], 3)
    assert told_publicly(desk) == 4


def test_dropped_in_the_middle(desk: Desk) -> None:
    """Whoever gives the action up stops what has not left, also in a run that is on."""
    action = ready(desk)

    def drop_it(_ms: int) -> None:
        drop_action(desk.store, actor(desk), get_action(desk.store, desk.brand_id, action.id))

    with pytest.raises(Refused, match="was given up"):
        run(desk, action, replace(QUICK, pause=1), wait=drop_it)
    assert told_publicly(desk) == 1
    assert sorted(states(desk, action).values()) == ["skipped"] * 3 + ["told"]


def test_paused_sends_nothing(desk: Desk) -> None:
    """`outbox pause` stops this as well."""
    action = ready(desk)
    outbox.pause(desk.store, desk.brand_id, "bo", desk.now, "since now")
    with pytest.raises(Refused, match="All sending is paused"):
        run(desk, action)
    assert told_publicly(desk) == 0


# Actions themselves.


def test_changes_are_acts(desk: Desk) -> None:
    """What it was and what it became."""
    action = action_of(desk, done=False)
    after = change_action(desk.store, actor(desk), action, replace(action, owner="bo", title="X"))
    assert (after.owner, after.title) == ("bo", "X")
    acts = [a for a in desk.store.activity.log(desk.brand_id, None, None) if a.what == "action"]
    assert [(a.before, a.after, a.detail) for a in acts] == [
        (None, "Refunds in 3 days", f"action {action.id}, add, theme refund"),
        ("Refunds in 3 days", "X", f"action {action.id}, title"),
        (None, "bo", f"action {action.id}, owner"),
    ]


def test_two_who_change_it_at_once(desk: Desk) -> None:
    """The second is told, and looks again."""
    action = action_of(desk, done=False)
    change_action(desk.store, actor(desk), action, replace(action, owner="bo"))
    with pytest.raises(Refused, match="changed by somebody else meanwhile"):
        change_action(desk.store, actor(desk), action, replace(action, owner="eve"))


def test_what_people_were_told_stays(desk: Desk) -> None:
    """Its theme, and that it is done."""
    action = ready(desk)
    run(desk, action)
    for wrong in (replace(action, theme="delivery"), replace(action, done_at=None)):
        with pytest.raises(Refused, match="People were told"):
            change_action(desk.store, actor(desk), action, wrong)
    change_action(desk.store, actor(desk), action, replace(action, title="Better words"))


def test_times_that_make_no_sense(desk: Desk) -> None:
    """Not done in the future, nor before people count."""
    action = action_of(desk, done=False)
    with pytest.raises(UsageError, match="in the future"):
        finish_action(desk.store, actor(desk), action, desk.now + 1)
    with pytest.raises(UsageError, match="before the time from which on"):
        finish_action(desk.store, actor(desk), action, action.since_at)


def test_given_up_is_given_up(desk: Desk) -> None:
    """It is not changed any more, and not given up twice."""
    action = action_of(desk)
    drop_action(desk.store, actor(desk), action)
    dropped = get_action(desk.store, desk.brand_id, action.id)
    assert dropped.state(desk.now) is ActionState.DROPPED
    for act in (
        lambda: drop_action(desk.store, actor(desk), dropped),
        lambda: change_action(desk.store, actor(desk), dropped, replace(dropped, owner="bo")),
    ):
        with pytest.raises(Refused, match="was given up"):
            act()


def test_an_action_of_nobody(desk: Desk) -> None:
    """Neither an unknown id nor another brand's."""
    action = action_of(desk)
    with pytest.raises(NotFound, match="There is no action 99"):
        get_action(desk.store, desk.brand_id, 99)
    with pytest.raises(NotFound):
        get_action(desk.store, desk.brand_id + 1, action.id)


def test_what_a_template_may_name(desk: Desk) -> None:
    """As in a reply to the person, and the action."""
    action, author = action_of(desk), Author("bo", "^BO", "Acme")
    facts = telling.facts_of(desk.store, action, reached(desk, action)["ana"], author, {"x": "y"})
    values = values_of(facts, desk.now)
    assert values["customer"] == {"handle": "ana", "name": "Ana", "first_name": "Ana"}
    assert values["action"] == {"title": "Refunds in 3 days", "theme": "refund"}
    assert values["agent"] == {"name": "bo", "sign": "^BO"}
    assert values["attributes"] == {"x": "y"}


def test_states_have_words() -> None:
    """Every state of a reply is one of a person who is told."""
    from triage.core.actions import Told

    for state in ReplyState:
        assert isinstance(Told(1, 1, 1, 1, 1, state=state).standing, ToldState)
