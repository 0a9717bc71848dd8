"""Notes on customers, and what they were promised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import START, Desk, busy_desk
from triage.app import remembering
from triage.app.naming import find_whom
from triage.app.showing import load_shown
from triage.core.model import DAY, HOUR
from triage.core.people import Outcome, Promise, PromiseState, Whom
from triage.errors import NotFound, Refused, UsageError

ANA = 3


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The busy desk."""
    made = busy_desk(tmp_path)
    yield made
    made.close()


def whom(desk: Desk, name: str = "@ana") -> Whom:
    """Somebody."""
    return find_whom(desk.store, desk.brand_id, name)


def notes(desk: Desk, name: str = "@ana") -> list[str]:
    """What is written down of them."""
    return [note.text for note in desk.store.people.notes(whom(desk, name).members)]


def test_a_note_has_who_and_when(desk: Desk) -> None:
    """And what it is about; the log tells that there is one, and not what it says."""
    made = remembering.remark(desk.store, whom(desk), " prefers Spanish\n", "kim", desk.now)
    assert (made.at, made.agent, made.about, made.text) == (
        START,
        "kim",
        "customer",
        "prefers Spanish",
    )
    assert desk.store.people.notes(whom(desk).members) == [made]
    assert notes(desk, "@bo") == []
    [act] = [a for a in desk.store.activity.log(desk.brand_id, ANA, None) if a.what == "remark"]
    assert (act.id, act.agent, act.detail) == (made.id, "kim", f"customer {whom(desk).reference}")


def test_show_has_all_notes_on_the_customer(desk: Desk) -> None:
    """Also what was written down at another conversation of theirs."""
    remembering.remark(desk.store, whom(desk), "a regular", "kim", desk.now)
    remembering.remark(
        desk.store, whom(desk, str(ANA)), "asked the carrier", "bo", desk.now, about="conversation"
    )
    desk.write("ana", "@acme broken, something else")
    desk.fetch()
    shown = load_shown(desk.store, desk.conversation(7), desk.now)
    assert [(n.text, n.about, n.conversation_id) for n in shown.notes] == [
        ("a regular", "customer", ANA),
        ("asked the carrier", "conversation", ANA),
    ]


def test_a_note_is_taken_back_once(desk: Desk) -> None:
    """The log keeps both acts; what is not there cannot be taken back."""
    made = remembering.remark(desk.store, whom(desk), "wrong customer", "kim", desk.now)
    kept = remembering.remark(desk.store, whom(desk), "right customer", "kim", desk.now)
    assert remembering.take_note_back(desk.store, desk.brand_id, made.id, "bo", desk.now) == made
    assert notes(desk) == ["right customer"]
    for number in (made.id, 999, kept.id + 1):
        with pytest.raises(NotFound, match=f"There is no note {number}"):
            remembering.take_note_back(desk.store, desk.brand_id, number, "bo", desk.now)
    acts = [a for a in desk.store.activity.log(desk.brand_id, ANA, None) if a.what == "remark"]
    assert [(a.agent, a.voids_id) for a in acts] == [("kim", None), ("kim", None), ("bo", made.id)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The note is empty"),
        (" \n\t", "The note is empty"),
        ("\x1b\u202e", "The note is empty"),
        ("x" * 2_001, "2001 characters, 1 too many"),
    ],
)
def test_what_is_no_note(desk: Desk, text: str, said: str) -> None:
    """Nothing, or more than anybody reads; nothing is written."""
    with pytest.raises(UsageError, match=said):
        remembering.remark(desk.store, whom(desk), text, "kim", desk.now)
    assert notes(desk) == []
    assert [a.what for a in desk.store.activity.log(desk.brand_id, ANA, None)] == []


def test_odd_text_is_kept_as_text(desk: Desk) -> None:
    """Emoji, a NUL, half a character, quotes: stored, and given back."""
    for text in ("👨‍👩‍👧‍👦 'quoted' \"twice\"", "a\x00b", "half \udcff", "x" * 2_000, "one\ntwo"):
        remembering.remark(desk.store, whom(desk), text, "kim", desk.now)
    found = notes(desk)
    assert found[0] == "👨‍👩‍👧‍👦 'quoted' \"twice\""
    assert found[1:3] == ["ab", "half \N{REPLACEMENT CHARACTER}"]
    assert found[4] == "one\ntwo"


def promised(desk: Desk, text: str = "a call", *, within: int = DAY) -> Promise:
    """Kim promises ana something."""
    due_at = desk.now + within
    return remembering.promise(desk.store, whom(desk), text, due_at, "kim", desk.now)


def settle(desk: Desk, number: int, outcome: Outcome) -> Promise:
    """Bo says what became of it."""
    return remembering.settle(desk.store, desk.brand_id, number, outcome, "bo", desk.now)


def test_promises_stand_in_the_order_of_their_times(desk: Desk) -> None:
    """Soonest first, until somebody says what became of them."""
    later, soon = promised(desk, "later", within=2 * DAY), promised(desk, "soon")
    found = desk.store.people.promises(whom(desk).members)
    assert [p.text for p in found] == ["soon", "later"]
    assert [p.id for p in desk.store.people.all_promises(desk.brand_id)] == [soon.id, later.id]
    settle(desk, soon.id, Outcome.KEPT)
    shown = load_shown(desk.store, desk.conversation(ANA), desk.now)
    assert [p.id for p in shown.promises] == [later.id]


def test_what_became_of_a_promise(desk: Desk) -> None:
    """Kept in time or late, broken, taken back; who said so and when; the newest word counts."""
    made = promised(desk)
    assert made.state(desk.now) is PromiseState.OPEN
    desk.now += DAY + HOUR
    assert settle(desk, made.id, Outcome.BROKEN) == made
    broken = remembering.get_promise(desk.store, desk.brand_id, made.id)
    assert (broken.outcome, broken.ended_at, broken.ended_by) == (Outcome.BROKEN, desk.now, "bo")
    desk.now += HOUR
    settle(desk, made.id, Outcome.KEPT)
    kept = remembering.get_promise(desk.store, desk.brand_id, made.id)
    assert kept.state(desk.now) is PromiseState.KEPT_LATE
    acts = [a for a in desk.store.activity.log(desk.brand_id, ANA, None) if a.what == "promise"]
    assert [(a.before, a.after) for a in acts] == [
        (None, None),
        ("open", "broken"),
        ("broken", "kept"),
    ]


def test_the_same_word_twice_is_refused(desk: Desk) -> None:
    """It says who had said so, and nothing is written."""
    made = promised(desk)
    settle(desk, made.id, Outcome.KEPT)
    with pytest.raises(Refused, match=r"Promise 1 is kept already\.") as refused:
        settle(desk, made.id, Outcome.KEPT)
    assert refused.value.reason == "bo said so."
    with pytest.raises(NotFound, match="There is no promise 99"):
        settle(desk, 99, Outcome.KEPT)


def test_another_brands_promise_is_not_found(desk: Desk) -> None:
    """Nor its note."""
    made = promised(desk)
    note = remembering.remark(desk.store, whom(desk), "a regular", "kim", desk.now)
    with desk.store.tx():
        other = desk.store.accounts.brand("other")
    with pytest.raises(NotFound):
        remembering.get_promise(desk.store, other, made.id)
    with pytest.raises(NotFound):
        remembering.take_note_back(desk.store, other, note.id, "bo", desk.now)
