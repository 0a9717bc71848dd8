"""Stored mentions as other rules are tried on them: which of them wait, and of which account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import START, Desk, tagger_for
from triage.app.acting import close, tag
from triage.app.judging import judge_pending
from triage.core.model import HOUR, MINUTE, CloseReason, Kind
from triage.core.retagging import Tagged

ALL = (1 << 62, 0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with mentions that wait, and with every reason why one does not."""
    desk = Desk(tmp_path)
    desk.write("old", "@acme why? (history)", ago=72 * HOUR)
    desk.write("praised", "@acme thanks", ago=9 * HOUR)
    first = desk.write("both", "@acme thanks", ago=8 * HOUR)
    desk.write("both", "@acme but why?", ago=7 * HOUR, in_reply_to=first.native_id)
    asked = desk.write("again", "@acme why?", ago=6 * HOUR)
    desk.write("acme", "@again so", ago=5 * HOUR, in_reply_to=asked.native_id)
    desk.write("again", "@acme and why so?", ago=4 * HOUR, in_reply_to=asked.native_id)
    closed = desk.write("closed", "@acme why?", ago=3 * HOUR)
    kept = desk.write("gone", "@acme thanks", ago=3 * MINUTE)
    gone = desk.write("gone", "@acme why?", ago=2 * MINUTE, in_reply_to=kept.native_id)
    theirs = desk.write("stranger", "@acme hello all", ago=MINUTE)
    for handle in ("aside", "meant"):
        desk.write(handle, "@acme @stranger why?", in_reply_to=theirs.native_id)
    desk.fetch()
    close(
        desk.store,
        desk.conversation(closed.native_id),
        CloseReason.SPAM,
        "ana",
        START,
        tagger_for,
    )
    with desk.store.tx():
        desk.store.messages.mark_deleted(desk.brand_id, "memory", [gone.native_id], desk.now)
    judge_pending(desk.store, desk.brand_id, tagger_for)
    yield desk
    desk.close()


def read(desk: Desk, *accounts: int) -> list[Tagged]:
    """All that was tagged, or what these accounts were asked."""
    return desk.store.reading.tagged(desk.brand_id, 0, ALL, 100, accounts)


def test_what_waits_is_what_open_waits_hold(desk: Desk) -> None:
    """Mention by mention, as many in each conversation as its open wait counts."""
    counted = Counter(t.conversation_id for t in read(desk) if t.waits)
    held = "SELECT conversation_id, mentions FROM wait WHERE state = 'open'"
    assert dict(counted) == dict(desk.store.engine.query(held))
    waiting = Counter(t.author for t in read(desk) if t.waits)
    assert waiting == {"praised": 1, "both": 2, "again": 1, "gone": 1, "stranger": 1}
    assert [t.posted_at for t in read(desk) if t.waits and t.author == "again"] == [
        START - 4 * HOUR
    ]


def test_what_stands_aside_waits_once_an_agent_tagged_it(desk: Desk) -> None:
    """The newest of their words is read with it."""
    number = next(t.conversation_id for t in read(desk) if t.author == "meant")
    for kind in (Kind.QUESTION, Kind.COMPLAINT):
        tag(desk.store, desk.conversation(str(number)), kind, "ana", desk.now, tagger_for)
    found = {t.author: (t.kind, t.corrected, t.waits) for t in read(desk)}
    assert found["meant"] == (Kind.QUESTION, Kind.COMPLAINT, True)
    assert found["aside"] == (Kind.QUESTION, None, False)


def test_mentions_of_an_account(desk: Desk) -> None:
    """Those that it was asked; all of them where no account is named."""
    ours = desk.account.id
    with desk.store.tx():
        other = desk.store.accounts.add(desk.brand_id, "memory", "acmehelp", "2", START).id
        (last,) = desk.store.engine.query("SELECT max(id) FROM message WHERE role = 'mention'")
        desk.store.engine.execute(
            "UPDATE message SET account_id = :a WHERE id = :id", {"a": other, "id": last[0]}
        )
    assert [t.message_id for t in read(desk, other)] == [last[0]]
    assert last[0] not in {t.message_id for t in read(desk, ours)}
    assert read(desk, ours, other) == read(desk)
