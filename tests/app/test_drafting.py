"""What was typed becomes one row, and is in no case lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import Desk
from triage.app import outbox, replying
from triage.app.drafting import commit, is_saved
from triage.core.channel import Fate, PostOutcome
from triage.core.model import MINUTE
from triage.core.outbox import ReplyState
from triage.core.records import Reply

ANA = 3


def new(desk: Desk, text: str) -> Reply:
    """A draft that is not saved yet."""
    talk = desk.conversation(ANA)
    target = replying.target_of(desk.store, talk)
    return replying.new_draft(desk.store, desk.account, talk, target, text, "ana", desk.now)


def rows(desk: Desk) -> list[tuple[str, str]]:
    """All texts and states."""
    found = desk.store.outbox.list_states(desk.brand_id, list(ReplyState))
    return [(r.text, r.state.value) for r in found]


def test_twice_is_one(busy: Desk) -> None:
    """The same draft committed again, after a crash that we cannot tell from success."""
    made = new(busy, "Sorry!")
    assert not is_saved(busy.store, made)
    first = commit(busy.store, busy.brand_id, made, busy.now)
    assert is_saved(busy.store, made)
    assert commit(busy.store, busy.brand_id, made, busy.now) == first
    assert rows(busy) == [("Sorry!", "draft")]


def test_written_on(busy: Desk) -> None:
    """Words that were added after such a commit are in the row, not lost beside it."""
    made = new(busy, "Sorry!")
    commit(busy.store, busy.brand_id, made, busy.now)
    more = replace(made, text="Sorry! Tomorrow.")
    assert not is_saved(busy.store, more)
    assert commit(busy.store, busy.brand_id, more, busy.now).id == 1
    assert rows(busy) == [("Sorry! Tomorrow.", "draft")]


@pytest.mark.parametrize("state", [ReplyState.DRAFT, ReplyState.HELD, ReplyState.FAILED])
def test_rewritten(busy: Desk, state: ReplyState) -> None:
    """A draft, and what was held or refused, is a draft with the new words; one row."""
    saved = busy.draft(ANA, "Sorry!")
    if state is ReplyState.HELD:
        with busy.store.tx():
            busy.store.outbox.move(saved.id, ReplyState.DRAFT, ReplyState.HELD, busy.now)
    if state is ReplyState.FAILED:
        busy.channel.fate_next(PostOutcome(Fate.REFUSED, detail="not allowed"))
        replying.send(busy.sender, saved.id)
    again = commit(busy.store, busy.brand_id, replace(saved, text="Sorry, Ana!"), busy.now)
    assert (again.id, again.state) == (saved.id, ReplyState.DRAFT)
    assert rows(busy) == [("Sorry, Ana!", "draft")]


@pytest.mark.parametrize("end", ["sent", "cancelled", "queued"])
def test_gone_meanwhile(busy: Desk, end: str) -> None:
    """While it was rewritten another process sent it or gave it up: the words are a new draft."""
    saved = busy.draft(ANA, "Sorry!")
    if end == "cancelled":
        outbox.drop(busy.store, busy.brand_id, saved.id, "bo", busy.now)
    else:
        fate = Fate.NOT_SENT if end == "queued" else Fate.SENT
        if end == "queued":
            busy.channel.fate_next(PostOutcome(fate, detail="no route"))
        replying.send(busy.sender, saved.id)
    busy.now += MINUTE
    again = commit(busy.store, busy.brand_id, replace(saved, text="Sorry, Ana!"), busy.now)
    assert again.id != saved.id
    assert again.seen_at == saved.seen_at
    assert rows(busy) == [("Sorry!", end), ("Sorry, Ana!", "draft")]
