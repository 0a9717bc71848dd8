"""What agents said a mention is: read back as labelled texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import START, Desk, busy_desk, tagger_for
from triage.app import acting
from triage.core.model import MINUTE, CloseReason, Kind
from triage.core.records import Correction

ANA, FINN = 3, 6
"""Conversations of `busy_desk`, both complaints."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with some of everything."""
    made = busy_desk(tmp_path)
    yield made
    made.close()


def tag(desk: Desk, number: int, kind: Kind, agent: str = "ana") -> int:
    """Correct a conversation's mention; a minute passes. Give the message's id."""
    told = acting.tag(desk.store, desk.conversation(number), kind, agent, desk.now, tagger_for)
    desk.now += MINUTE
    return told.id


def read(desk: Desk, since: int | None = None) -> list[Correction]:
    """The corrections of the desk's brand."""
    return desk.store.reading.corrections(desk.brand_id, since)


def test_a_correction_carries_what_labelling_needs(desk: Desk) -> None:
    """The text, what it is, what it was taken for, who said so and when."""
    message_id = tag(desk, FINN, Kind.QUESTION, "bo")
    assert read(desk) == [
        Correction(
            message_id=message_id,
            conversation_id=FINN,
            text="@acme login is broken again",
            lang=None,
            kind=Kind.QUESTION,
            was=Kind.COMPLAINT,
            at=START,
            agent="bo",
        )
    ]


def test_the_newest_word_on_a_mention_counts(desk: Desk) -> None:
    """Once corrected twice, it has the last kind, and what the rules had said at first."""
    tag(desk, FINN, Kind.QUESTION, "bo")
    tag(desk, ANA, Kind.OTHER)
    tag(desk, FINN, Kind.OTHER, "cleo")
    assert [(c.conversation_id, c.was, c.kind, c.agent) for c in read(desk)] == [
        (ANA, Kind.COMPLAINT, Kind.OTHER, "ana"),
        (FINN, Kind.COMPLAINT, Kind.OTHER, "cleo"),
    ]


def test_since(desk: Desk) -> None:
    """Of the time itself and after; an older first word does not hide a newer one."""
    tag(desk, FINN, Kind.QUESTION)
    tag(desk, ANA, Kind.OTHER)
    assert [c.conversation_id for c in read(desk, START + MINUTE)] == [ANA]
    tag(desk, FINN, Kind.OTHER)
    assert [c.conversation_id for c in read(desk, START + MINUTE)] == [ANA, FINN]
    assert read(desk, desk.now) == []


def test_only_this_brand_and_only_corrections(desk: Desk) -> None:
    """Other acts are none, and another brand has its own."""
    tag(desk, FINN, Kind.QUESTION)
    acting.close(
        desk.store,
        desk.conversation(ANA),
        CloseReason.SPAM,
        "ana",
        desk.now,
        tagger_for,
    )
    with desk.store.tx():
        other = desk.store.accounts.brand("other")
    assert len(read(desk)) == 1
    assert desk.store.reading.corrections(other) == []


def test_what_its_author_took_back_is_left_out(desk: Desk) -> None:
    """A text that is gone from the channel does not become a test."""
    message_id = tag(desk, FINN, Kind.QUESTION)
    (message,) = desk.store.reading.messages([message_id])
    with desk.store.tx():
        desk.store.messages.mark_deleted(desk.brand_id, "memory", [message.native_id], desk.now)
    assert read(desk) == []


def test_of_an_account(desk: Desk) -> None:
    """Only of mentions to the accounts that are named."""
    message_id = tag(desk, FINN, Kind.QUESTION)
    tag(desk, ANA, Kind.OTHER)
    with desk.store.tx():
        other = desk.store.accounts.add(desk.brand_id, "memory", "acmehelp", "2", START).id
        desk.store.engine.execute(
            "UPDATE message SET account_id = :a WHERE id = :id", {"a": other, "id": message_id}
        )

    def of(*accounts: int) -> list[int | None]:
        found = desk.store.reading.corrections(desk.brand_id, None, accounts)
        return [c.conversation_id for c in found]

    assert (of(other), of(desk.account.id), of()) == ([FINN], [ANA], [FINN, ANA])
