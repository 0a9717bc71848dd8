"""Claims among agents, and the last look before something leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import Desk, tagger_for
from triage.app import acting, claiming, outbox, replying
from triage.app.claiming import Press, Standing, claim, release, standing
from triage.core.channel import Fate, PostOutcome
from triage.core.claims import LEASE, Claim
from triage.core.model import MINUTE, CloseReason
from triage.core.outbox import ReplyState
from triage.core.records import Activity, Reply
from triage.errors import Refused

ANA, BO = 3, 4


def taken(desk: Desk, agent: str, *, over: Claim | None = None, lease: int = LEASE) -> Claim:
    """Claim the conversation with ana."""
    return claim(desk.store, desk.conversation(ANA), agent, desk.now, lease, over=over)


def acts(desk: Desk, *what: str) -> list[Activity]:
    """What was done in the conversation with ana."""
    found = desk.store.activity.log(desk.brand_id, ANA, None)
    return [a for a in found if a.what in what]


def send(desk: Desk, reply: Reply, press: Press | None = None) -> Reply:
    """Send it, and give it as it ended."""
    return replying.send(desk.sender, reply.id, press)


def test_taken_and_logged_once(busy: Desk) -> None:
    """The first has it; the second is told who; both acts of the first are in the log."""
    held = taken(busy, "ana")
    assert (held.agent, held.until_at) == ("ana", busy.now + LEASE)
    assert taken(busy, "bo") == held
    assert [(a.agent, a.what, a.before, a.detail) for a in acts(busy, "claim")] == [
        ("ana", "claim", None, "for 15m")
    ]


def test_renewed(busy: Desk) -> None:
    """Beginning to write renews, does not cut what is longer, and is no act of its own."""
    long = taken(busy, "ana", lease=4 * LEASE)
    busy.now += MINUTE
    talk = busy.conversation(ANA)
    assert claim(busy.store, talk, "ana", busy.now, LEASE, shorten=False) == long
    busy.now += 4 * LEASE - 2 * MINUTE
    renewed = claim(busy.store, talk, "ana", busy.now, LEASE, shorten=False)
    assert renewed == Claim(ANA, "ana", long.claimed_at, busy.now + LEASE)
    assert len(acts(busy, "claim")) == 1


def test_taken_over(busy: Desk) -> None:
    """Explicitly, from whom is logged and stands in the claim."""
    held = taken(busy, "ana")
    busy.now += MINUTE
    over = taken(busy, "bo", over=held)
    assert (over.agent, over.taken_from) == ("bo", "ana")
    last = acts(busy, "claim")[-1]
    assert (last.agent, last.before, last.after) == ("bo", "ana", "bo")
    # Who meant to take it from ana does not take it from bo.
    assert taken(busy, "eve", over=held) == over


def test_released(busy: Desk) -> None:
    """By its holder alone, and logged; a claim that ended is nobody's to let go."""
    taken(busy, "ana")
    talk = busy.conversation(ANA)
    with pytest.raises(Refused, match=r"is claimed by ana, not by you"):
        release(busy.store, talk, "bo", busy.now)
    release(busy.store, talk, "ana", busy.now)
    assert [(a.agent, a.what) for a in acts(busy, "release")] == [("ana", "release")]
    with pytest.raises(Refused, match=r"Nobody has claimed #3"):
        release(busy.store, talk, "ana", busy.now)
    taken(busy, "ana")
    busy.now += LEASE
    with pytest.raises(Refused, match=r"Nobody has claimed #3"):
        release(busy.store, talk, "ana", busy.now)


def test_a_close_ends_it(busy: Desk) -> None:
    """Whoever closes: nobody is at a conversation in which nobody waits."""
    taken(busy, "ana")
    talk = busy.conversation(ANA)
    acting.close(busy.store, talk, CloseReason.PRIVATE, "bo", busy.now, tagger_for)
    assert busy.store.claims.get(ANA, busy.now) is None


def test_sending_ends_it(busy: Desk) -> None:
    """Once the answer is public the sender is not at it any more; what was queued still is."""
    taken(busy, "ana")
    draft = busy.draft(ANA, "Sorry!")
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    assert send(busy, draft, Press("ana")).state is ReplyState.QUEUED
    assert busy.store.claims.get(ANA, busy.now) is not None
    assert send(busy, draft, Press("ana")).state is ReplyState.SENT
    assert busy.store.claims.get(ANA, busy.now) is None


def test_a_claim_that_came_after_the_question_holds_it(busy: Desk) -> None:
    """The look is repeated in the transaction that marks it: nothing leaves, the text stays."""
    draft = busy.draft(ANA, "Sorry!")
    press = Press("ana", standing(busy.store, draft, "ana", busy.now))
    taken(busy, "bo")
    after = send(busy, draft, press)
    assert (after.state, after.detail, after.text) == (
        ReplyState.HELD,
        "bo has claimed the conversation",
        "Sorry!",
    )
    assert busy.channel.attempts == []


def test_who_lost_it_is_told_so(busy: Desk) -> None:
    """The former holder learns at their sending who has it now."""
    held = taken(busy, "ana")
    draft = busy.draft(ANA, "Sorry!")
    press = Press("ana", standing(busy.store, draft, "ana", busy.now))
    taken(busy, "bo", over=held)
    assert send(busy, draft, press).detail == "bo has taken the conversation over from ana"


def test_what_was_told_does_not_hold_it(busy: Desk) -> None:
    """Who knew of the claim and went on takes it over, which is logged; then it ends."""
    taken(busy, "bo")
    draft = busy.draft(ANA, "Sorry!")
    told = standing(busy.store, draft, "ana", busy.now)
    assert told.claim is not None
    assert send(busy, draft, Press("ana", told)).state is ReplyState.SENT
    [_, over] = acts(busy, "claim")
    assert (over.agent, over.before, over.after) == ("ana", "bo", "ana")
    assert over.detail == f"to send reply {draft.id}"
    assert busy.store.claims.get(ANA, busy.now) is None


def test_a_claim_renewed_meanwhile_is_the_one_that_was_told(busy: Desk) -> None:
    """Bo's editor renews bo's claim; ana had been told of it all the same."""
    taken(busy, "bo")
    draft = busy.draft(ANA, "Sorry!")
    told = standing(busy.store, draft, "ana", busy.now)
    busy.now += MINUTE
    claim(busy.store, busy.conversation(ANA), "bo", busy.now, LEASE, shorten=False)
    assert send(busy, draft, Press("ana", told)).state is ReplyState.SENT


def test_force_goes_past_all(busy: Desk) -> None:
    """Who insists is not held by what came meanwhile."""
    draft = busy.draft(ANA, "Sorry!")
    taken(busy, "bo")
    assert send(busy, draft, Press("ana", insists=True)).state is ReplyState.SENT


@pytest.mark.parametrize("agent", ["bo", "ana"])
def test_a_reply_begun_meanwhile_holds_it(busy: Desk, agent: str) -> None:
    """Another agent's, or one's own from another terminal: the customer gets one answer."""
    draft = busy.draft(ANA, "Sorry!")
    press = Press("ana", standing(busy.store, draft, "ana", busy.now))
    busy.now += MINUTE
    second = busy.draft(ANA, "We are on it.", agent=agent)
    assert send(busy, second, Press(agent)).state is ReplyState.SENT
    after = send(busy, draft, press)
    assert after.state is ReplyState.HELD
    assert after.detail == f"{agent} has sent reply {second.id} there meanwhile"
    assert len(busy.channel.attempts) == 1


def test_a_reply_on_its_way_holds_it_too(busy: Desk) -> None:
    """Queued or of unknown fate, it may be public before ours."""
    draft = busy.draft(ANA, "Sorry!")
    second = busy.draft(ANA, "We are on it.", agent="bo")
    busy.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="broken"))
    send(busy, second, Press("bo"))
    assert send(busy, draft, Press("ana")).detail == (
        f"bo has begun to send reply {second.id} there meanwhile"
    )
    told = standing(busy.store, draft, "ana", busy.now)
    assert [r.id for r in told.begun] == [second.id]
    assert send(busy, draft, Press("ana", told)).state is ReplyState.SENT


def test_what_was_sent_before_it_was_written_is_no_reason(busy: Desk) -> None:
    """A second answer, written after the first, is a second answer."""
    send(busy, busy.draft(ANA, "We are on it."), Press("ana"))
    busy.now += MINUTE
    second = busy.draft(ANA, "Done!")
    assert standing(busy.store, second, "ana", busy.now) == Standing()
    assert send(busy, second, Press("ana")).state is ReplyState.SENT


def test_a_run_by_itself_holds_what_somebody_claimed(busy: Desk) -> None:
    """Ana's queued reply waits for a person once bo is at it; others go out all the same."""
    for number, text in ((ANA, "Sorry!"), (BO, "Yes.")):
        busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
        send(busy, busy.draft(number, text))
    taken(busy, "bo")
    done = outbox.flush(busy.sender, busy.now)
    assert [(r.text, r.state.value) for r in done] == [("Sorry!", "held"), ("Yes.", "sent")]


def test_the_parts_of_one_answer_do_not_hold_each_other(busy: Desk) -> None:
    """A numbered thread that was begun goes on to its end, and its claim ends with the last."""
    taken(busy, "ana")
    first = busy.draft(ANA, "Sorry! 1/2")
    write = busy.store.engine.execute
    write("UPDATE reply SET part = 1, parts = 2 WHERE id = :id", {"id": first.id})
    second = busy.draft(ANA, "Tomorrow. 2/2")
    write(
        "UPDATE reply SET part = 2, parts = 2, follows_id = :first WHERE id = :id",
        {"first": first.id, "id": second.id},
    )
    assert send(busy, first, Press("ana")).state is ReplyState.SENT
    second = replying.get_reply(busy.store, second.id)
    assert standing(busy.store, second, "ana", busy.now) == Standing()
    held = busy.store.claims.get(ANA, busy.now)
    assert held is not None
    taken(busy, "bo", over=held)
    assert send(busy, second, Press("ana")).state is ReplyState.SENT


def test_whoever_presses_send_is_credited(busy: Desk) -> None:
    """Bo sends what ana wrote: it is bo's answer, and the log says who wrote it."""
    draft = busy.draft(ANA, "Sorry!")
    after = send(busy, draft, Press("bo"))
    assert (after.agent, after.written_by) == ("bo", "ana")
    [act] = acts(busy, "reply")
    assert (act.agent, act.detail) == ("bo", f"reply {draft.id}, written by ana")
    ours = busy.store.reading.thread(ANA)[-1]
    assert ours.agent == "bo"


def test_credit_goes_back(busy: Desk) -> None:
    """Ana sends after all what bo had tried to send for her: nobody else wrote it."""
    draft = busy.draft(ANA, "Sorry!")
    busy.channel.fate_next(PostOutcome(Fate.REFUSED, detail="not allowed"))
    assert send(busy, draft, Press("bo")).written_by == "ana"
    after = send(busy, draft, Press("ana"))
    assert (after.agent, after.written_by) == ("ana", "")


def test_a_reply_to_nobody_is_nobodys_claim(busy: Desk) -> None:
    """Nothing stands against what belongs to no conversation."""
    reply = busy.draft(ANA, "Sorry!")
    assert (
        claiming.standing(busy.store, replace(reply, conversation_id=None), "ana", busy.now)
        == Standing()
    )
