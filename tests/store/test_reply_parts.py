"""Rows of threads and of pictures: what may change them, and what never does."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from builders import Desk
from engines import pictures, sqlite_only
from triage.app.parts import parts_of, split_draft
from triage.core.media import Picture
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import Refused, StoreError

PNG = Picture("/it.png", b"\x89PNG\r\n\x1a\n", "image/png", "it")


@pytest.fixture
def thread(busy: Desk) -> list[Reply]:
    """A thread of two to ana."""
    draft = busy.draft(3, "one two")
    head = split_draft(busy.store, busy.brand_id, draft, ["one 1/2", "two 2/2"], busy.now)
    return parts_of(busy.store, head)


@sqlite_only("reads how SQLite goes about it; test_pg_plans does so for PostgreSQL")
def test_what_follows_is_found_by_its_index(busy: Desk) -> None:
    """However many replies there are, the next part is one look away."""
    plan = busy.store.engine.query(
        "EXPLAIN QUERY PLAN SELECT id FROM reply WHERE follows_id = 1 AND follows_id IS NOT NULL "
        "ORDER BY id LIMIT 1"
    )
    assert "reply_follows" in str(plan)


def test_only_a_draft_becomes_a_part(busy: Desk, thread: list[Reply]) -> None:
    """What is on its way keeps its text and its place."""
    assert not busy.store.outbox.make_part(thread[1].id, "other", 0, 0, busy.now)
    assert parts_of(busy.store, thread[0]) == thread


def test_only_what_was_never_tried_is_discarded(busy: Desk, thread: list[Reply]) -> None:
    """A head, and a part that was tried, stay whatever is asked."""
    outbox = busy.store.outbox
    with busy.store.tx():
        outbox.discard(thread[0].id)
        outbox.answer_to(thread[1].id, "77")
        outbox.move(thread[1].id, ReplyState.HELD, ReplyState.QUEUED, busy.now)
        outbox.move(
            thread[1].id, ReplyState.QUEUED, ReplyState.SENDING, busy.now, attempted_at=busy.now
        )
        outbox.move(thread[1].id, ReplyState.SENDING, ReplyState.QUEUED, busy.now)
        outbox.move(thread[1].id, ReplyState.QUEUED, ReplyState.HELD, busy.now)
        outbox.discard(thread[1].id)
    assert len(parts_of(busy.store, thread[0])) == 2


@pytest.mark.parametrize("state", [ReplyState.SENDING, ReplyState.UNKNOWN, ReplyState.SENT])
def test_what_may_be_public_keeps_the_post_that_it_answers(
    busy: Desk, thread: list[Reply], state: ReplyState
) -> None:
    """It is what a lost part is found by."""
    outbox, part = busy.store.outbox, thread[1].id
    ways = [ReplyState.HELD, ReplyState.QUEUED, ReplyState.SENDING]
    ways += [] if state is ReplyState.SENDING else [state]
    with busy.store.tx():
        outbox.answer_to(part, "77")
        for before, after in pairwise(ways):
            assert outbox.move(part, before, after, busy.now)
        outbox.answer_to(part, "88")
        outbox.answer_to(thread[0].id, "88")
    found = outbox.get(part)
    assert found is not None
    assert found.in_reply_to == "77"
    assert parts_of(busy.store, thread[0])[0].in_reply_to == thread[0].in_reply_to


def test_parts_with_the_same_text_do_not_stand_in_each_others_way(busy: Desk) -> None:
    """While they wait they answer nothing yet; the same text to the same post stays refused."""
    heads = []
    for _ in range(2):
        draft = busy.draft(3, "same")
        texts = ["same 1/3", "same 2/3", "same 3/3"]
        heads.append(split_draft(busy.store, busy.brand_id, draft, texts, busy.now))
    outbox = busy.store.outbox
    with busy.store.tx():
        assert outbox.move(heads[0].id, ReplyState.DRAFT, ReplyState.QUEUED, busy.now)
    with pytest.raises(Refused, match="on its way already"), busy.store.tx():
        outbox.move(heads[1].id, ReplyState.DRAFT, ReplyState.QUEUED, busy.now)


def test_only_what_is_queued_is_postponed(busy: Desk) -> None:
    """A draft keeps its own detail."""
    draft = busy.draft(3, "one")
    with busy.store.tx():
        busy.store.outbox.postpone(draft.id, "later", 5, busy.now)
    assert busy.store.outbox.get(draft.id) == draft


@sqlite_only("about the folder beside the file; test_attaching sees the rows")
def test_a_picture_that_cannot_be_kept_leaves_no_row(busy: Desk) -> None:
    """A full or read-only disk is told, and the draft is as it was."""
    draft = busy.draft(3, "one")
    Path(f"{busy.db}.media").write_text("in the way")
    with pytest.raises(StoreError, match="could not be kept"), busy.store.tx():
        busy.store.media.attach(draft.id, [PNG])
    assert busy.store.media.of(draft.id) == []


@sqlite_only("about the folder beside the file; test_attaching sees the rows")
def test_sweeping_removes_what_a_crash_left(busy: Desk) -> None:
    """Copies without a row, and halves of copies, go with the next sweep; the rest stays."""
    draft = busy.draft(3, "one")
    media = busy.store.media
    with busy.store.tx():
        assert media.sweep() == 0
        media.attach(draft.id, [PNG])
        (pictures(busy.store) / ".half.1234").write_bytes(b"ha")
        (pictures(busy.store) / ("f" * 64)).write_bytes(b"without a row")
        assert media.sweep() == 2
    assert [f.name for f in pictures(busy.store).iterdir()] == [media.of(draft.id)[0].sha256]
    assert media.read(media.of(draft.id)[0]) == PNG.data
