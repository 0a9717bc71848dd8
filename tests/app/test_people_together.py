"""Where the parts about people meet: links, undo, forgetting, events and actions, two at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import test_eventing as events
from app import test_telling as telling
from builders import Desk, busy_desk, tagger_for
from engines import rows_of
from forgettable import forget_at, privacy
from triage.app import acting, forgetting, linking, noting, outbox, parts, remembering, replying
from triage.app.actions import Actor, add_action
from triage.app.naming import find_whom
from triage.app.retention import let_go
from triage.app.taking_back import TakenBack, last_act, take_back
from triage.app.telling import draft, people
from triage.app.theming import say_theme
from triage.core.actions import Action
from triage.core.channel import Fate, PostOutcome
from triage.core.model import DAY, HOUR, MINUTE, CloseReason
from triage.core.outbox import ReplyState
from triage.core.people import Outcome, Whom
from triage.core.retention import Data
from triage.core.telling import WITHIN, Us
from triage.errors import Refused, StoreError
from triage.store.forgetting import PrivacyStore

CARLOS, ANA, FINN = 2, 3, 6
NOTES_GO = {**dict.fromkeys(Data), Data.NOTES: 100 * DAY}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The busy desk."""
    made = busy_desk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Desk]:
    """A desk to which nobody has written."""
    made = Desk(tmp_path)
    yield made
    made.close()


def whom(desk: Desk, name: str = "@ana") -> Whom:
    """Somebody."""
    return find_whom(desk.store, desk.brand_id, name)


def undo(desk: Desk, agent: str = "ana") -> TakenBack:
    """Somebody takes back what they did last."""
    found = last_act(desk.store, desk.brand_id, agent, desk.now)
    return take_back(desk.store, desk.brand_id, found, agent, desk.now, tagger_for)


def link(desk: Desk, one: str, other: str) -> None:
    """Kim says that two are the same person."""
    linking.link(desk.store, whom(desk, one), whom(desk, other), "kim", desk.now, tagger_for)


def raised(desk: Desk, number: int) -> None:
    """Somebody raised refunds, a minute ago."""
    say_theme(desk.store, desk.conversation(number), "refund", "ana", desk.now)
    desk.now += MINUTE


def test_what_was_taken_back_is_not_due(desk: Desk) -> None:
    """The queue counts promises that stand, and those of which what became of them was undone."""
    one = remembering.promise(desk.store, whom(desk), "a call", desk.now + HOUR, "ana", desk.now)
    remembering.settle(desk.store, desk.brand_id, one.id, Outcome.KEPT, "ana", desk.now)
    assert desk.store.promises_due(desk.brand_id, desk.now, desk.now + DAY) == (0, 0)
    undo(desk)
    assert desk.store.promises_due(desk.brand_id, desk.now, desk.now + DAY) == (0, 1)
    undo(desk)
    assert desk.store.promises_due(desk.brand_id, desk.now, desk.now + DAY) == (0, 0)


@pytest.mark.parametrize("is_kept", [True, False])
def test_age_takes_what_does_not_stand_and_leaves_what_is_open(desk: Desk, is_kept: bool) -> None:
    """A promise whose end was taken back is to be kept still; one that was taken back is none."""
    acting.close(desk.store, desk.conversation(ANA), CloseReason.SPAM, "kim", desk.now, tagger_for)
    one = remembering.promise(desk.store, whom(desk), "a call", desk.now + HOUR, "ana", desk.now)
    if is_kept:
        remembering.settle(desk.store, desk.brand_id, one.id, Outcome.KEPT, "ana", desk.now)
    undo(desk)
    desk.now += 200 * DAY
    let_go(desk.store, desk.store.retention, desk.brand_id, NOTES_GO, "kim", desk.now)
    assert len(rows_of(desk.store, "promise")) == is_kept


def test_told_once_although_a_link_was_parted(desk: Desk) -> None:
    """Whoever was answered is told, whomever they passed for then."""
    raised(desk, CARLOS)
    link(desk, "@ana", "@carlos")
    action = telling.action_of(desk)
    telling.draft_all(desk, action)
    telling.approve_all(desk, action)
    desk.now += MINUTE
    telling.run(desk, action)
    linking.unlink(desk.store, whom(desk, "@carlos"), "kim", desk.now, tagger_for)
    desk.now += MINUTE
    reach = telling.reached(desk, action)["carlos"]
    assert draft(desk.store, telling.actor(desk), action, desk.account, reach, "Again!") is None
    told = desk.store.actions.told(action.id)
    assert [(t.handle, t.state) for t in told] == [("carlos", ReplyState.SENT)]


@pytest.mark.parametrize("fate", [Fate.UNKNOWN, Fate.NOT_SENT])
def test_not_told_beside_a_colleagues_reply(desk: Desk, fate: Fate) -> None:
    """One that is on its way, or of unknown fate, brings the message back to the review."""
    raised(desk, ANA)
    action = telling.ready(desk)
    desk.now += MINUTE
    reply = desk.draft(ANA, "@ana we are on it", agent="bob")
    desk.channel.fate_next(PostOutcome(fate, detail="timed out"))
    replying.send(desk.sender, reply.id)
    desk.now += MINUTE
    batch = telling.run(desk, action)
    assert batch.sent == []
    assert [tried.why for tried in batch.tried] == [f"bob has begun reply {reply.id} there"]


def test_what_is_let_pass_as_one_text_is_not_split(desk: Desk) -> None:
    """What is behind the first part would go out unread: neither of actions nor of events."""
    raised(desk, ANA)
    [told] = telling.draft_all(desk, telling.action_of(desk))
    with pytest.raises(Refused, match="cannot be split"):
        parts.split_draft(desk.store, desk.brand_id, told, ["Hi 1/2", "unread 2/2"], desk.now)
    _, planned = events.added(desk)
    post = planned[0].reply
    with pytest.raises(Refused, match="cannot be split"):
        parts.split_draft(desk.store, desk.brand_id, post, ["Sale 1/2", "unread 2/2"], desk.now)


def test_no_room_for_one_keeps_no_word_of_the_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of linked customers all are taken out of the rows before the file is written anew."""
    link(desk, "@ana", "@finn")

    def full(_store: PrivacyStore) -> bool:
        raise StoreError("no room")

    monkeypatch.setattr(PrivacyStore, "wipe", full)
    with pytest.raises(StoreError):
        forget_at(desk, "ana")
    assert {"ana", "finn"}.isdisjoint(c["handle"] for c in rows_of(desk.store, "customer"))


@pytest.fixture
def posted(empty: Desk) -> tuple[Desk, int, str]:
    """A post of an event is public: the desk, the event and the post's id."""
    event, planned = events.approved(empty)
    empty.now = planned[0].post.due_at
    assert events.flush(empty) == [ReplyState.SENT]
    native_id = replying.get_reply(empty.store, planned[0].reply.id).native_id
    empty.now += MINUTE
    return empty, event.id, native_id or ""


def test_an_events_figures_stay_when_somebody_is_forgotten(posted: tuple[Desk, int, str]) -> None:
    """Who answered it alone, and who quoted it; whoever answers later is counted too."""
    desk, event, native_id = posted
    desk.write("ana", "@acme great", in_reply_to=native_id)
    quote = desk.write("quentin", "@acme look")
    desk.channel.add(replace(quote, quotes=native_id))
    desk.fetch()
    before = len(desk.store.events.reception(event))
    assert before == 2
    desk.now += MINUTE
    forget_at(desk, "ana")
    forget_at(desk, "quentin")
    assert len(desk.store.events.reception(event)) == before
    desk.now += MINUTE
    desk.write("bo", "@acme is it open?", in_reply_to=native_id)
    desk.fetch()
    assert len(desk.store.events.reception(event)) == before + 1


def test_a_post_for_an_event_is_not_in_the_way_of_undo(desk: Desk) -> None:
    """Whoever let it pass has not sent it: what they did themselves comes back."""
    _, planned = events.approved(desk)
    desk.now = planned[0].post.due_at - MINUTE
    talk = desk.conversation(FINN)
    acting.close(desk.store, talk, CloseReason.SPAM, "ana", desk.now, tagger_for)
    desk.now += MINUTE
    assert ReplyState.SENT in events.flush(desk)
    assert undo(desk).last.act.what == "close"


def test_a_reply_that_was_begun_before_the_end_never_leaves(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forgetting was agreed and killed, and somebody answers: the reply goes with its text."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "_erase", killed)
        with pytest.raises(KeyboardInterrupt):
            forget_at(desk, "ana")
    desk.now += MINUTE
    reply = desk.draft(ANA, "@ana sorry", agent="bob")
    desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no net"))
    replying.send(desk.sender, reply.id)
    forgetting.carry_on_all(privacy(desk), desk.brand_id)
    assert replying.get_reply(desk.store, reply.id).state is ReplyState.CANCELLED
    before = len(desk.channel.attempts)
    desk.now += HOUR
    outbox.flush(desk.sender, desk.now)
    assert len(desk.channel.attempts) == before


def test_forgetting_is_not_undone(desk: Desk) -> None:
    """Nor is the close that came with it."""
    forget_at(desk, "ana")
    with pytest.raises(Refused, match="nothing of yours to take back"):
        undo(desk, "kim")


def test_who_is_forgotten_is_not_told(desk: Desk) -> None:
    """Their post is gone, also where a channel takes an answer under any."""
    raised(desk, ANA)
    action = telling.action_of(desk)
    forget_at(desk, "ana")
    us = {desk.account.id: Us("acme", needs_summons=False)}
    found = people(desk.store, desk.brand_id, action, us, desk.now, WITHIN)
    assert [(reach.is_reachable, reach.code) for reach in found] == [(False, "gone")]


def test_handles_go_from_titles_and_names(desk: Desk) -> None:
    """What the brand wrote of its own loses whom it named."""
    title, since = "Sorry @ana and all", desk.now - DAY
    made = Action(0, "a1", title, "refund", since, "", None, None, None, desk.now, "kim")
    add_action(desk.store, Actor(desk.brand_id, "kim", desk.now), made)
    forget_at(desk, "ana")
    (row,) = rows_of(desk.store, "action")
    assert row["title"] == "Sorry @*** and all"


def test_what_somebody_noted_of_the_same_person_comes_first(desk: Desk) -> None:
    """Under whichever name: an earlier note is not taken back past it."""
    link(desk, "@ana", "@carlos")
    noting.note_of(desk.store, whom(desk, "@ana"), "vip", "yes", "ana", desk.now, tagger_for)
    noting.note_of(desk.store, whom(desk, "@carlos"), "vip", "no", "bob", desk.now, tagger_for)
    with pytest.raises(Refused, match="cannot be taken back now"):
        undo(desk)
