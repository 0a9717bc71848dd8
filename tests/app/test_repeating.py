"""Whoever answers is told that the customer has read it before."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import Desk, busy_desk
from triage.app.repeating import said_before
from triage.app.replying import send
from triage.core.model import DAY

SORRY = "Hi Ana! We are very sorry for the long wait."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The busy desk, where ana was answered and wrote again elsewhere two days later."""
    made = busy_desk(tmp_path)
    send(made.sender, made.draft(3, f"{SORRY} ^Bo").id)
    made.now += 2 * DAY
    made.write("ana", "@acme broken again")
    made.fetch()
    return made


def test_in_another_conversation_too(desk: Desk) -> None:
    """It is one person who reads both; it is told, and stops nothing."""
    reply = desk.draft(7, "Hi Ana! We're here. WE ARE VERY SORRY FOR THE LONG WAIT ^AD")
    (guard,) = said_before(desk.store, reply, ["^AD", "^Bo"], desk.now)
    assert (guard.code, guard.stops, guard.asks) == ("said-before", False, False)
    assert guard.message.startswith('@ana was told the same 2d ago: "WE ARE VERY')


@pytest.mark.parametrize("text", ["Hi Ana!", "We are on it now.", "Sorry."])
def test_what_is_new_is_not_told(desk: Desk, text: str) -> None:
    """Nor are greetings."""
    assert said_before(desk.store, desk.draft(7, text), [], desk.now) == []


def test_others_may_be_told_the_same(desk: Desk) -> None:
    """A template is there to be used."""
    assert said_before(desk.store, desk.draft(6, SORRY), [], desk.now) == []
