"""A run of fetch while the clock jumps, or while somebody who hangs is sending."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from builders import ACME, Desk, tagger_for
from triage.app import replying
from triage.app.fetching import FetchOptions
from triage.app.guards import HELD
from triage.app.replying import Sender
from triage.app.running import FetchParts, FetchRun, run_fetch
from triage.channels.memory import MemoryChannel
from triage.core.channel import Fate, Page, PageRequest, PostOutcome, Stream
from triage.core.model import HOUR, MINUTE
from triage.core.outbox import ReplyState
from triage.errors import Busy
from triage.store.generation import Generation


def run(desk: Desk, sender: Sender | None = None) -> FetchRun:
    """One run of `triage fetch`."""
    return run_fetch(
        FetchParts(
            store=desk.store,
            accounts=[desk.account],
            sender_for=lambda _: sender or desk.sender,
            options=FetchOptions(),
            now=desk.clock,
            tagger_for=tagger_for,
        )
    )


def somebody_sends() -> AbstractContextManager[None]:
    """The send lock of a process that stands still."""
    raise Busy("Another send is running.")


def test_somebody_who_hangs_while_sending_hides_no_customer(busy: Desk) -> None:
    """Mentions are read and waits opened; only what is queued must wait."""
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))

    queued = replying.send(busy.sender, busy.draft(3, "Sorry!").id)
    assert queued.state is ReplyState.QUEUED
    busy.write("gil", "@acme my box is broken")
    ran = run(busy, replace(busy.sender, lock=somebody_sends))
    assert [one.error for one in ran.fetched] == [None]
    assert "gil" in {item.customer for item in busy.waiting()}
    assert isinstance(ran.outbox_error, Busy)
    assert busy.public("Sorry!") == []
    assert [r.state for r in run(busy).sent] == [ReplyState.SENT]


class Sleeper(MemoryChannel):
    """A channel before each page of which the machine sleeps, or somebody sets the clock."""

    def __init__(self, desk: Desk, jump: Callable[[], None]) -> None:
        super().__init__(ACME, now=desk.clock, page_size=2)
        self._jump = jump

    def page(self, stream: Stream, account_id: str, request: PageRequest) -> Page:
        """Sleep, then answer; page tokens do not outlive the sleep."""
        self._jump()
        self.expire_tokens()
        return super().page(stream, account_id, request)


@pytest.mark.parametrize("jump", [72 * HOUR, 20 * MINUTE, -30 * HOUR, -MINUTE], ids=str)
def test_a_clock_that_jumps_between_pages(desk: Desk, jump: int) -> None:
    """Ahead by days while the machine slept, or back: each mention once, waits from their posts."""
    start = desk.now

    def leap() -> None:
        desk.now += jump

    desk.channel = Sleeper(desk, leap)
    posts = [desk.write(f"c{i}", "@acme it is broken", ago=(10 - i) * MINUTE) for i in range(7)]
    for _ in range(3):
        ran = run(desk)
        assert [one.error for one in ran.fetched] == [None]
    waits = [desk.store.reading.waits(i)[0] for i in range(1, 8)]
    assert sorted(w.opened_at for w in waits) == [p.posted_at for p in posts]
    assert {w.opened_at for w in waits} <= set(range(start - HOUR, start))
    stored = desk.store.engine.query("SELECT native_id FROM message ORDER BY native_id")
    assert [native for (native,) in stored] == [p.native_id for p in posts]
    assert desk.store.problems() == []


def test_a_reply_that_leaves_just_now_is_no_restored_backup(busy: Desk) -> None:
    """Its generation was read in the store before and beside it after: it is looked at again."""
    replying.send(busy.sender, busy.draft(3, "Sorry!").id)

    class Between(Generation):
        looks = 0

        def is_known(self) -> bool:
            self.looks += 1
            return self.looks > 1 and super().is_known()

    between = Between(busy.store.settings, busy.state_dir, busy.db)
    assert not replying.check_generation(busy.store, between, busy.brand_id, busy.now)
    assert busy.store.settings.get(HELD) is None
    assert between.looks == 2


def test_a_run_without_a_state_directory_still_reads(desk: Desk) -> None:
    """A new store cannot begin its generation there; customers are seen all the same."""
    desk.state_dir.write_text("a file stands in the way")
    desk.write("gil", "@acme my box is broken")
    ran = run(desk)
    assert [one.error for one in ran.fetched] == [None]
    assert (ran.restored, ran.outbox_error) == (False, None)
    assert [item.customer for item in desk.waiting()] == ["gil"]
