"""Taking back what one did last: what it is, what speaks against it, and what stands then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from both import ENGINES, busy_on
from builders import START, Desk, tagger_for
from triage.app import (
    acting,
    assigning,
    claiming,
    linking,
    noting,
    outbox,
    replying,
    timing,
    undoing,
)
from triage.app.claiming import Press
from triage.app.taking_back import Last, TakenBack, last_act, take_back
from triage.core.claims import LEASE, Claim
from triage.core.holds import HoldState
from triage.core.kinds import Kind
from triage.core.model import HOUR, MINUTE, CloseReason, WaitState
from triage.core.records import Activity
from triage.core.undoing import BARRIERS, UNDO, UNDOINGS
from triage.errors import Refused

ANA, BO, FINN = 3, 4, 6


@pytest.fixture(params=ENGINES)
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """The busy desk, in a file and on a server whose clock is moved by hand too."""
    yield from busy_on(request.param, tmp_path, monkeypatch)


def close(desk: Desk, number: int = ANA, agent: str = "ana") -> None:
    """Somebody closes a conversation."""
    talk = desk.conversation(number)
    acting.close(desk.store, talk, CloseReason.SPAM, agent, desk.now, tagger_for, "a bot")


def tag(desk: Desk, kind: Kind, agent: str = "ana", number: int = ANA) -> None:
    """Somebody says what a mention is."""
    acting.tag(desk.store, desk.conversation(number), kind, agent, desk.now, tagger_for)


def claim(desk: Desk, agent: str, number: int = ANA, *, take: bool = False) -> Claim:
    """Somebody claims a conversation, or takes it over."""
    over = desk.store.claims.get(number, desk.now) if take else None
    return claiming.claim(desk.store, desk.conversation(number), agent, desk.now, LEASE, over=over)


def last(desk: Desk, agent: str = "ana", number: int | None = None) -> Last:
    """What somebody would take back."""
    return last_act(desk.store, desk.brand_id, agent, desk.now, number)


def undo(desk: Desk, agent: str = "ana", number: int | None = None) -> TakenBack:
    """Somebody takes back what they did last."""
    found = last(desk, agent, number)
    return take_back(desk.store, desk.brand_id, found, agent, desk.now, tagger_for)


def refused(desk: Desk, agent: str = "ana", number: int | None = None) -> Refused:
    """Why somebody cannot."""
    with pytest.raises(Refused) as caught:
        last(desk, agent, number)
    return caught.value


def log(desk: Desk, number: int = ANA) -> list[Activity]:
    """What was done in a conversation."""
    return desk.store.activity.log(desk.brand_id, number, None)


@pytest.mark.enable_socket
def test_a_close(desk: Desk) -> None:
    """The wait is open with the clock that it had; the log has both acts, and who and when."""
    before = desk.store.reading.waits(ANA)
    close(desk)
    desk.now += MINUTE
    done = undo(desk)
    after = desk.store.reading.waits(ANA)
    assert [(w.state, w.opened_at, w.due_at) for w in after] == [
        (w.state, w.opened_at, w.due_at) for w in before
    ]
    [act, back] = log(desk)
    assert (back.what, back.agent, back.at, back.voids_id) == (UNDO, "ana", START + MINUTE, act.id)
    assert (back.before, back.after, back.detail) == ("spam", "open", "close")
    assert (done.number, done.last.act) == (back.id, act)


@pytest.mark.enable_socket
def test_a_close_with_what_it_ended(desk: Desk) -> None:
    """The rest and the claim that ended with it go on: as if nobody had closed it."""
    acting.hold(
        desk.store,
        desk.conversation(ANA),
        HoldState.ON_HOLD,
        "bo",
        desk.now,
        tagger_for,
        until=desk.now + HOUR,
    )
    held = claim(desk, "bo")
    close(desk)
    assert desk.store.claims.get(ANA, desk.now) is None
    desk.now += MINUTE
    assert [a.what for a in undo(desk).last.all] == ["close", "wake"]
    [wait] = desk.store.reading.waits(ANA)
    assert (wait.state, wait.hold, wait.hold_until) == (
        WaitState.OPEN,
        HoldState.ON_HOLD,
        START + HOUR,
    )
    assert desk.store.claims.get(ANA, desk.now) == held


@pytest.mark.enable_socket
def test_a_claim_that_would_have_ended_meanwhile(desk: Desk) -> None:
    """Nobody's name comes back behind the end of its lease."""
    claim(desk, "bo")
    close(desk)
    desk.now += LEASE
    undo(desk)
    assert desk.store.claims.get(ANA, desk.now) is None


@pytest.mark.enable_socket
def test_a_reopen(desk: Desk) -> None:
    """The close stands again, with its own time."""
    close(desk)
    [closed] = desk.store.reading.waits(ANA)
    desk.now += MINUTE
    acting.reopen(desk.store, desk.conversation(ANA), "ana", desk.now, tagger_for)
    undo(desk)
    [wait] = desk.store.reading.waits(ANA)
    assert (wait.state, wait.ended_at, wait.close_reason) == (
        WaitState.DISMISSED,
        closed.ended_at,
        CloseReason.SPAM,
    )
    acting.reopen(desk.store, desk.conversation(ANA), "bo", desk.now, tagger_for)
    assert desk.store.reading.waits(ANA)[0].state is WaitState.OPEN


@pytest.mark.enable_socket
def test_a_tag(desk: Desk) -> None:
    """What the rules said holds again; of two corrections the first, which is learned from."""
    tag(desk, Kind.PRAISE)
    tag(desk, Kind.QUESTION)
    undo(desk)
    assert [(c.kind, c.was) for c in desk.store.reading.corrections(desk.brand_id)] == [
        (Kind.PRAISE, Kind.COMPLAINT)
    ]
    assert desk.store.reading.thread(ANA)[0].kind is Kind.PRAISE
    undo(desk)
    [message] = desk.store.reading.thread(ANA)
    assert (message.kind, message.corrected) == (Kind.COMPLAINT, False)
    assert desk.store.reading.corrections(desk.brand_id) == []
    assert desk.store.reading.waits(ANA)[0].kind is Kind.COMPLAINT


@pytest.mark.enable_socket
def test_notes_of_one_command_together(desk: Desk) -> None:
    """What was noted at once is one act: both are as before."""
    talk = desk.conversation(ANA)
    noting.note(desk.store, talk, "vip", "yes", "ana", desk.now, tagger_for)
    both = [("vip", "no"), ("order", "8841")]
    noting.note_all(desk.store, noting.whom_of(desk.store, talk), both, "ana", desk.now, tagger_for)
    assert len(undo(desk).last.parts) == 1
    assert desk.store.people.attributes([talk.customer_id]) == {"vip": "yes"}
    undo(desk)
    assert desk.store.people.attributes([talk.customer_id]) == {}


@pytest.mark.enable_socket
def test_an_assignment(desk: Desk) -> None:
    """It is whose it was."""
    talk = desk.conversation(ANA)
    assigning.assign(desk.store, talk, "bo", "bo", desk.now)
    assigning.assign(desk.store, talk, "eve", "ana", desk.now)
    undo(desk)
    assert desk.store.team.assignments(desk.brand_id) == {ANA: "bo"}
    undo(desk, "bo")
    assert desk.store.team.assignments(desk.brand_id) == {}


@pytest.mark.enable_socket
def test_claims(desk: Desk) -> None:
    """A claim is let go, one that was taken over is given back, a release is none."""
    first = claim(desk, "bo")
    desk.now += MINUTE
    claim(desk, "ana", take=True)
    undo(desk)
    assert desk.store.claims.get(ANA, desk.now) == first
    claiming.release(desk.store, desk.conversation(ANA), "bo", desk.now)
    undo(desk, "bo")
    assert desk.store.claims.get(ANA, desk.now) == first
    undo(desk, "bo")
    assert desk.store.claims.get(ANA, desk.now) is None


@pytest.mark.enable_socket
def test_a_claim_that_is_over_is_passed_by(desk: Desk) -> None:
    """It ended by itself: what was done before it is taken back. Likewise one of a reply."""
    tag(desk, Kind.PRAISE)
    claim(desk, "ana", BO)
    assert last(desk).act.what == "claim"
    desk.now += LEASE
    assert last(desk).act.what == "tag"
    talk = desk.conversation(BO)
    claiming.claim(desk.store, talk, "ana", desk.now, LEASE, to_reply=True)
    assert last(desk).act.what == "tag"
    claiming.release(desk.store, talk, "ana", desk.now, to_reply=True)
    assert last(desk).act.what == "tag"


@pytest.mark.enable_socket
def test_one_after_the_other(desk: Desk) -> None:
    """Again, and the act before is taken back; nothing is taken back twice, and no undo."""
    tag(desk, Kind.PRAISE)
    close(desk, BO)
    tag(desk, Kind.OTHER, number=FINN)
    assert [undo(desk).last.act.what for _ in range(3)] == ["tag", "close", "tag"]
    assert "nothing of yours to take back" in refused(desk).message
    assert "nothing of yours" in refused(desk, "bo").message


@pytest.mark.enable_socket
def test_of_one_conversation(desk: Desk) -> None:
    """Named, what was done elsewhere since does not matter."""
    close(desk)
    tag(desk, Kind.PRAISE, number=BO)
    assert undo(desk, number=ANA).last.act.what == "close"
    assert "in #6" in refused(desk, number=FINN).message


@pytest.mark.enable_socket
def test_what_something_later_depends_on(desk: Desk) -> None:
    """Somebody said otherwise since: refused, with what and who; what is apart does not matter."""
    tag(desk, Kind.PRAISE)
    close(desk, FINN)
    assigning.assign(desk.store, desk.conversation(ANA), "eve", "bo", desk.now)
    assert last(desk, number=ANA).act.what == "tag"
    tag(desk, Kind.QUESTION, "bo")
    told = refused(desk, number=ANA)
    assert told.message == "Your tag of #3 cannot be taken back now."
    assert told.reason == (
        "Something was done since that depends on it: tag of #3 (question), by bo."
    )
    assert told.hint == "See who did what, and do it anew: triage log 3"
    undo(desk, "bo")
    assert last(desk, number=ANA).act.what == "tag"


@pytest.mark.enable_socket
def test_somebody_is_at_it(desk: Desk) -> None:
    """A close is not taken back under the hands of who has claimed it since; then it is."""
    close(desk)
    claim(desk, "bo")
    assert "claim of #3, by bo" in refused(desk).reason
    desk.now += LEASE
    assert last(desk).act.what == "close"
    claiming.claim(desk.store, desk.conversation(ANA), "ana", desk.now, LEASE, to_reply=True)
    assert refused(desk).hint == "It is free again after: triage release 3"


@pytest.mark.enable_socket
def test_a_note_on_another_conversation_of_the_customer(desk: Desk) -> None:
    """What is noted is the customer's: somebody else's word on it counts wherever it was said."""
    desk.now += MINUTE
    again = desk.write("ana", "@acme it is broken again")
    desk.fetch()
    other = desk.conversation(again.native_id)
    assert other.id != ANA
    noting.note(desk.store, desk.conversation(ANA), "vip", "yes", "ana", desk.now, tagger_for)
    noting.note(desk.store, other, "order", "1", "bo", desk.now, tagger_for)
    assert last(desk).act.detail == "vip"
    noting.note(desk.store, other, "vip", None, "bo", desk.now, tagger_for)
    assert f"note of #{other.id}, by bo" in refused(desk).reason


@pytest.mark.enable_socket
def test_a_public_reply(desk: Desk) -> None:
    """It is no local act: what takes it back is named, and nothing before it is taken back."""
    tag(desk, Kind.PRAISE)
    tag(desk, Kind.OTHER, number=BO)
    draft = desk.draft(ANA, "Sorry!")
    replying.send(desk.sender, draft.id, Press("ana"))
    told = refused(desk)
    assert told.message == "Your last act in #3 is not taken back by undo."
    assert "Reply 1 is public" in told.reason
    assert "Instead: triage outbox undo 1." in told.hint
    assert refused(desk, number=ANA).hint == told.hint
    assert last(desk, number=BO).act.what == "tag"
    # Once it is deleted, it is no more in the way.
    undoing.wish(desk.store, desk.brand_id, draft.id, "ana", desk.now)
    undoing.take_back(desk.sender, draft.id)
    assert last(desk, number=ANA).act.what == "tag"


@pytest.mark.enable_socket
def test_links_are_parted_by_their_own_command(desk: Desk) -> None:
    """Others may have linked on since: undo names `unlink`, and takes back nothing before it."""
    tag(desk, Kind.PRAISE)
    ana, bo = (noting.whom_of(desk.store, desk.conversation(n)) for n in (ANA, BO))
    linking.link(desk.store, ana, bo, "ana", desk.now, tagger_for)
    told = refused(desk)
    assert "Instead: triage customer unlink c" in told.hint
    linking.unlink(desk.store, bo, "ana", desk.now, tagger_for)
    assert "Instead: triage customer link c" in refused(desk).hint


@pytest.mark.enable_socket
def test_a_reply_since_ended_what_rested(desk: Desk) -> None:
    """A rest before an answer is not undone behind it; a tag is."""
    talk = desk.conversation(ANA)
    tag(desk, Kind.QUESTION)
    acting.hold(desk.store, talk, HoldState.ON_HOLD, "ana", desk.now, tagger_for)
    replying.send(desk.sender, desk.draft(ANA, "Sorry!", agent="bo").id, Press("bo"))
    assert "reply of #3 (sent), by bo" in refused(desk).reason
    assert UNDOINGS["hold"].subjects != UNDOINGS["tag"].subjects


@pytest.mark.enable_socket
def test_a_scheduled_reply(desk: Desk) -> None:
    """It is called off as a reply; then it is in nobody's way."""
    tag(desk, Kind.PRAISE)
    draft = desk.draft(ANA, "Sorry!")
    timing.schedule(desk.store, draft.id, desk.now + HOUR, timing.AT, desk.now)
    reply = replying.get_reply(desk.store, draft.id)
    with desk.store.tx():
        timing.log_scheduled(desk.store, desk.brand_id, reply, "ana", desk.now)
    assert "triage outbox cancel 1" in refused(desk).hint
    outbox.drop(desk.store, desk.brand_id, draft.id, "ana", desk.now)
    assert last(desk).act.what == "tag"


@pytest.mark.enable_socket
def test_two_terminals_of_one_agent(desk: Desk) -> None:
    """What the other terminal took back, or did since, is not done twice: look again."""
    close(desk)
    found = last(desk)
    undo(desk)
    with pytest.raises(Refused):
        take_back(desk.store, desk.brand_id, found, "ana", desk.now, tagger_for)
    close(desk)
    found = last(desk)
    tag(desk, Kind.PRAISE)
    with pytest.raises(Refused, match="Meanwhile you did something else"):
        take_back(desk.store, desk.brand_id, found, "ana", desk.now, tagger_for)
    assert [a.what for a in log(desk)].count(UNDO) == 1


@pytest.mark.enable_socket
def test_many_acts_are_looked_through(desk: Desk) -> None:
    """However many have ended since."""
    tag(desk, Kind.PRAISE)
    for _ in range(60):
        claim(desk, "ana", BO)
        desk.now += LEASE
    assert last(desk).act.what == "tag"


@pytest.mark.enable_socket
def test_figures_leave_out_what_was_taken_back(desk: Desk) -> None:
    """Whether it ever rested, and what a mention was, in a report."""
    talk = desk.conversation(ANA)
    acting.hold(desk.store, talk, HoldState.ON_HOLD, "ana", desk.now, tagger_for)
    assert desk.store.report.held([ANA]) == [ANA]
    undo(desk)
    assert desk.store.report.held([ANA]) == []


def test_each_sort_is_registered_once() -> None:
    """No sort of act is both taken back and a barrier; the act itself is neither."""
    assert not set(UNDOINGS) & set(BARRIERS)
    assert UNDO not in {*UNDOINGS, *BARRIERS}
    assert {what for what, one in UNDOINGS.items() if not one.effects} == {
        *("promise", "remark", "theme"),  # read from the acts that stand, each time
    }
