"""What agents note of customers, and what waits of theirs is judged by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import START, Desk, tagger_for
from triage.app.noting import check, note
from triage.core.model import HOUR, MINUTE
from triage.core.policy import Policy, Settings, When
from triage.core.records import WaitView
from triage.errors import Refused

VIP = Policy(10 * MINUTE, name="vip", when=When(attributes=(("vip", "yes"),)))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Ana and Bo complained five minutes ago; whoever is a VIP has ten minutes, others an hour."""
    made = Desk(tmp_path, settings=Settings(special=(VIP,)))
    made.write("ana", "@acme it is broken", ago=5 * MINUTE)
    made.write("bo", "@acme it is broken", ago=5 * MINUTE)
    made.fetch()
    yield made
    made.close()


def say(desk: Desk, key: str, value: str | None, number: int = 1) -> str | None:
    """Kim notes it of the customer of a conversation, now."""
    talk = desk.conversation(number)
    return note(desk.store, talk, key, value, "kim", desk.now, tagger_for)


def known(desk: Desk, number: int = 1) -> dict[str, str]:
    """What is noted of the customer of a conversation."""
    return desk.store.people.attributes([desk.conversation(number).customer_id])


def waits(desk: Desk, number: int = 1) -> list[WaitView]:
    """The waits of a conversation."""
    return desk.store.reading.waits(number)


def test_what_waits_is_judged_by_it_at_once(desk: Desk) -> None:
    """Only that customer's; taken back, it is as before."""
    assert [w.due_at for w in waits(desk)] == [START + 55 * MINUTE]
    assert say(desk, "vip", "yes") is None
    assert [(w.policy, w.due_at) for w in waits(desk)] == [("vip", START + 5 * MINUTE)]
    assert [(w.policy, w.due_at) for w in waits(desk, 2)] == [("complaint", START + 55 * MINUTE)]
    assert say(desk, "vip", None) == "yes"
    assert [(w.policy, w.due_at) for w in waits(desk)] == [("complaint", START + 55 * MINUTE)]


def test_it_holds_in_every_conversation_of_theirs(desk: Desk) -> None:
    """Those that are open, and those that come."""
    desk.write("ana", "@acme broken, another thing")
    desk.fetch()
    say(desk, "vip", "yes")
    assert [w.policy for number in (1, 3) for w in waits(desk, number)] == ["vip", "vip"]
    desk.now += HOUR
    desk.write("ana", "@acme broken, a third thing")
    desk.fetch()
    assert [w.policy for w in waits(desk, 4)] == ["vip"]


def test_what_had_ended_stays_as_it_was_judged(desk: Desk) -> None:
    """Who becomes a VIP later was none when they were answered."""
    post = next(p for p in desk.channel.posts.values() if p.author.handle == "ana")
    desk.write("acme", "@ana done", in_reply_to=post.native_id)
    desk.fetch()
    before = waits(desk)
    desk.now += MINUTE
    say(desk, "vip", "yes")
    assert waits(desk) == before
    assert [(w.policy, w.is_met) for w in before] == [("complaint", True)]


def test_the_newest_word_counts(desk: Desk) -> None:
    """Several keys stand beside one another."""
    assert say(desk, "vip", "yes") is None
    assert say(desk, "order", "8841") is None
    desk.now += MINUTE
    assert say(desk, "vip", "no") == "yes"
    assert known(desk) == {"order": "8841", "vip": "no"}
    assert [w.policy for w in waits(desk)] == ["complaint"]
    assert say(desk, "order", None) == "8841"
    assert known(desk) == {"vip": "no"}
    assert known(desk, 2) == {}


def test_who_said_it_stands_in_the_log(desk: Desk) -> None:
    """And saying the same again is no act."""
    say(desk, "vip", "yes")
    assert say(desk, "vip", "yes") == "yes"
    say(desk, "vip", None)
    acts = desk.store.activity.log(desk.brand_id, 1, None)
    assert [(a.agent, a.what, a.detail, a.before, a.after) for a in acts] == [
        ("kim", "note", "vip", None, "yes"),
        ("kim", "note", "vip", "yes", None),
    ]


def test_what_is_not_noted_cannot_be_taken_back(desk: Desk) -> None:
    """Never noted, or taken back already."""
    for _ in range(2):
        with pytest.raises(Refused, match="@ana has no vip") as error:
            say(desk, "vip", None)
        assert "triage customer c" in error.value.hint
    say(desk, "vip", "yes")
    say(desk, "vip", None)
    with pytest.raises(Refused, match="@ana has no vip"):
        say(desk, "vip", None)
    assert len(desk.store.activity.log(desk.brand_id, 1, None)) == 2


@pytest.mark.parametrize(
    "key", ["", "VIP", "1st", "-x", "vip!", "two words", "a=b", "é", "x" * 41, "vip\n", "\x1b[2J"]
)
def test_names_that_cannot_be_noted(desk: Desk, key: str) -> None:
    """A policy could not ask for them; nothing is written."""
    with pytest.raises(Refused, match="is no name for an attribute"):
        say(desk, key, "yes")
    assert known(desk) == {}


@pytest.mark.parametrize("value", ["", "   ", "x" * 201])
def test_values_that_cannot_be_noted(desk: Desk, value: str) -> None:
    """Nothing, or more than a line."""
    with pytest.raises(Refused, match="vip: a value has 1 to 200 characters"):
        say(desk, "vip", value)
    assert known(desk) == {}


def test_what_can_be_noted() -> None:
    """Names up to forty characters, values up to two hundred, in any script."""
    check("a" + "b" * 39, "x" * 200)
    check("prefers_language-2", "日本語")
    check("vip", None)
