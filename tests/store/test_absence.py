"""Words of posts that the channel gives no more leave the file; times, kinds and waits stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders import Desk
from engines import sqlite_only
from triage.core.channel import Absence
from triage.core.kinds import WaitState
from triage.core.model import HOUR, MINUTE, Kind, Post
from triage.store.store import SqlStore

UNHEARD = "zyxwhat quixotic grommets"
"""Words that stand nowhere else."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with many posts, one of which is about to be taken back."""
    made = Desk(tmp_path)
    for number in range(300):
        made.write(f"p{number % 9}", f"@acme parcel {number} is broken", ago=3 * HOUR + number)
    yield made
    made.close()


def bytes_of(desk: Desk) -> bytes:
    """Everything that stands in the file, and in the log beside it."""
    files = [desk.db, *(desk.db.with_name(desk.db.name + end) for end in ("-wal", "-journal"))]
    return b"".join(file.read_bytes() for file in files if file.exists())


def stands(desk: Desk, words: str) -> list[str]:
    """Which of the words stand somewhere in the file."""
    blob = bytes_of(desk).lower()
    return [word for word in words.split() if word.encode() in blob]


def take_back(desk: Desk, post: Post, why: Absence = Absence.DELETED) -> None:
    """The channel gives a post no more; it is judged, and its words leave."""
    with desk.store.tx():
        newly = desk.store.messages.mark_absent(
            desk.brand_id, "memory", {post.current_id: why}, desk.now
        )
    assert newly == [post.native_id]
    desk.fetch_nothing()
    assert desk.store.purge(desk.brand_id, desk.now) == 1


@sqlite_only("looks into the file and its log")
def test_no_word_is_left_in_the_file_or_its_log(desk: Desk) -> None:
    """Neither in a row, nor in a verdict, a version, the search index, a payload or a free page."""
    post = desk.write("ana", f"@acme my {UNHEARD} is broken", ago=HOUR)
    desk.channel.add(replace(post, raw=f'{{"text": "@acme my {UNHEARD} is broken"}}'))
    desk.fetch()
    post = desk.channel.edit(post.native_id, f"@acme my {UNHEARD} never came")
    for number in range(40):
        desk.now += MINUTE
        desk.write("bo", f"@acme and number {number}?")
        desk.fetch()
    assert stands(desk, UNHEARD) == UNHEARD.split()
    take_back(desk, post)
    assert stands(desk, UNHEARD) == []
    (message,) = desk.store.reading.thread(desk.conversation(post.native_id).id)
    verdict = desk.store.reading.verdict(message.id)
    assert verdict is not None
    assert verdict.because == ()
    assert desk.store.problems() == []


def test_the_wait_keeps_its_times_and_its_kind(desk: Desk) -> None:
    """What a deleted complaint was, and how long it waited, is known without its words."""
    post = desk.write("ana", f"@acme my {UNHEARD} is broken", ago=HOUR)
    desk.fetch()
    number = desk.conversation(post.native_id).id
    take_back(desk, post)
    (wait,) = desk.store.reading.waits(number)
    assert (wait.state, wait.kind) == (WaitState.WITHDRAWN, Kind.COMPLAINT)
    assert (wait.opened_at, wait.ended_at) == (post.posted_at, desk.now)
    (message,) = desk.store.reading.thread(number)
    assert (message.text, message.kind, message.absent) == ("", Kind.COMPLAINT, "deleted")


@pytest.mark.parametrize("why", [w for w in Absence if w is not Absence.DELETED])
def test_what_is_kept_back_waits_on_and_comes_back_as_it_was(desk: Desk, why: Absence) -> None:
    """Its words leave all the same; given again, it has the same id, words and clock."""
    post = desk.write("ana", f"@acme my {UNHEARD} is broken", ago=HOUR)
    desk.fetch()
    number = desk.conversation(post.native_id).id
    (before,) = desk.store.reading.waits(number)
    take_back(desk, post, why)
    assert stands(desk, UNHEARD) == []
    (during,) = desk.store.reading.waits(number)
    assert during.state is WaitState.OPEN
    assert during.due_at == before.due_at
    desk.fetch_all_again()
    (message,) = desk.store.reading.thread(number)
    assert (message.text, message.absent) == (post.text, None)
    (after,) = desk.store.reading.waits(number)
    assert (after.due_at, after.opening_id) == (before.due_at, before.opening_id)
    verdict = desk.store.reading.verdict(message.id)
    assert verdict is not None
    assert [e.text for e in verdict.because] == ["broken"]
    found = desk.store.reading.search(desk.brand_id, "grommets", 10)
    assert [m.native_id for m in found] == [post.native_id]


def test_words_stay_until_their_thread_was_judged(desk: Desk) -> None:
    """A post that is gone before it was ever tagged is tagged first: its wait is withdrawn."""
    post = desk.write("ana", f"@acme my {UNHEARD} is broken", ago=HOUR)
    desk.fetch_without_judging()
    with desk.store.tx():
        desk.store.messages.mark_deleted(desk.brand_id, "memory", [post.native_id], desk.now)
    assert desk.store.purge(desk.brand_id, desk.now) == 0
    desk.fetch_nothing()
    assert desk.store.purge(desk.brand_id, desk.now) == 1
    (wait,) = desk.store.reading.waits(desk.conversation(post.native_id).id)
    assert (wait.state, wait.kind) == (WaitState.WITHDRAWN, Kind.COMPLAINT)


def test_other_rules_leave_what_it_was_taken_for(desk: Desk) -> None:
    """Tagging again does not look at words that are not there any more."""
    post = desk.write("ana", f"@acme my {UNHEARD} is broken", ago=HOUR)
    desk.fetch()
    take_back(desk, post, Absence.WITHHELD)
    with desk.store.tx():
        desk.store.judging.mark_open(desk.brand_id, retag=True)
    desk.fetch_nothing()
    (wait,) = desk.store.reading.waits(desk.conversation(post.native_id).id)
    assert wait.kind is Kind.COMPLAINT


@sqlite_only("looks into the file and its log")
def test_a_log_that_is_being_read_is_emptied_by_the_next_run(desk: Desk) -> None:
    """Another process that looks on keeps the log alive; the mark stays until it is gone."""
    post = desk.write("ana", f"@acme my {UNHEARD} is broken", ago=HOUR)
    desk.fetch()
    reader = SqlStore.open(desk.db)
    rows = reader.engine.stream("SELECT id FROM message")
    next(rows)
    take_back(desk, post)
    assert stands(desk, UNHEARD) != []
    rows.close()  # type: ignore[attr-defined]
    reader.close()
    assert desk.store.purge(desk.brand_id, desk.now) == 0
    assert stands(desk, UNHEARD) == []


def test_deleted_stays_deleted_until_it_is_given_again(desk: Desk) -> None:
    """A channel that later says less of it does not make it a post that is only kept back."""
    post = desk.write("ana", f"@acme my {UNHEARD} is broken", ago=HOUR)
    desk.fetch()
    take_back(desk, post)
    with desk.store.tx():
        again = desk.store.messages.mark_absent(
            desk.brand_id, "memory", {post.native_id: Absence.PROTECTED}, desk.now
        )
    assert again == []


def test_corrections_of_what_is_kept_back_teach_nothing(desk: Desk) -> None:
    """Where there are no words, there is nothing to learn from, and nothing to try rules on."""
    post = desk.write("ana", f"@acme my {UNHEARD} is broken", ago=HOUR)
    desk.fetch()
    take_back(desk, post, Absence.PROTECTED)
    tagged = desk.store.reading.tagged(desk.brand_id, 0, (1 << 62, 0), 1000)
    assert post.native_id not in {t.native_id for t in tagged}
