"""Figures of a period from the store."""

from __future__ import annotations

import pytest

from builders import START, Desk, tagger_for
from triage.app import acting, replying
from triage.app.reporting import Report, load_report
from triage.core.model import DAY, HOUR, MINUTE, CloseReason, Kind

ANA, BO, FINN = 3, 4, 6


def _report(desk: Desk, since: int = START - 7 * DAY) -> Report:
    return load_report(desk.store, desk.brand_id, since, desk.now + 1, desk.now)


def test_figures(busy: Desk) -> None:
    """Every wait that began is in exactly one state; praise demands no answer."""
    total = _report(busy).total
    assert total.mentions == 6
    assert total.waits == 5
    ended = total.answered + total.dismissed + total.settled + total.withdrawn
    assert ended + total.open == total.waits
    assert (total.answered, total.outside, total.open, total.overdue) == (2, 2, 3, 1)
    assert (total.met, total.missed) == (1, 1)
    assert total.within_sla == pytest.approx(1 / 3)


def test_closing_is_never_met(busy: Desk) -> None:
    """Dismissed and settled waits are counted as such and as nothing else."""
    for number, reason in ((ANA, CloseReason.SPAM), (BO, CloseReason.PRIVATE)):
        acting.close(busy.store, busy.conversation(number), reason, "ana", busy.now, tagger_for)
    total = _report(busy).total
    assert (total.dismissed, total.settled, total.open) == (1, 1, 1)
    assert (total.met, total.missed, total.overdue) == (1, 1, 0)


def test_our_reply_is_not_outside(busy: Desk) -> None:
    """What went through us counts as answered, and not as answered elsewhere."""
    replying.send(busy.sender, busy.draft(FINN, "On it.").id)
    complaint = _report(busy).lines[0]
    assert (complaint.answered, complaint.outside, complaint.met) == (2, 1, 2)
    assert complaint.median_s == 600
    assert complaint.p90_s == 1800


def test_the_deleted_are_withdrawn(busy: Desk) -> None:
    """Who takes back what they wrote waits no more and was not answered."""
    mention = busy.store.reading.thread(FINN)[0]
    busy.channel.remove(mention.native_id)
    with busy.store.tx():
        busy.store.messages.mark_deleted(busy.brand_id, "memory", [mention.native_id], busy.now)
    busy.fetch()
    total = _report(busy).total
    assert (total.withdrawn, total.open, total.answered) == (1, 2, 2)


def test_a_correction_moves_the_mention(busy: Desk) -> None:
    """What an agent corrected is counted under what it really was."""
    acting.tag(busy.store, busy.conversation(ANA), Kind.QUESTION, "ana", busy.now, tagger_for)
    lines = {line.kind: line for line in _report(busy).lines}
    assert (lines["complaint"].mentions, lines["question"].mentions) == (2, 3)
    assert (lines["complaint"].waits, lines["question"].waits) == (2, 3)


def test_period_is_half_open(desk: Desk) -> None:
    """What was written at the begin is in, what was written at the end is not."""
    desk.write("ana", "@acme broken", ago=HOUR)
    desk.fetch()
    begin = START - HOUR

    def waits(since: int, until: int) -> int:
        return load_report(desk.store, desk.brand_id, since, until, desk.now).total.waits

    assert waits(begin, begin + 1) == 1
    assert waits(begin - MINUTE, begin) == 0
    assert waits(begin + 1, START) == 0


def test_accounts(busy: Desk) -> None:
    """Only the accounts that are asked for."""
    known = busy.account.id

    def mentions(*ids: int) -> int:
        found = load_report(busy.store, busy.brand_id, 0, busy.now, busy.now, ids)
        return found.total.mentions + found.total.waits

    assert mentions(known) == mentions() == 11
    assert mentions(known + 1) == 0
    assert mentions(known, known + 1) == 11


def test_most_missed(busy: Desk) -> None:
    """The kind with the most late answers is named."""
    assert _report(busy).most_missed.kind == "question"
