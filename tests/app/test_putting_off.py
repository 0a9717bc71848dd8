"""Replies that go out later: at their time, once, and not if something speaks against it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from builders import START, Desk, tagger_for
from triage.app import acting, outbox, replying, timing
from triage.app.guards import HELD
from triage.app.holding_back import ANSWERED, WROTE_AGAIN
from triage.core.calendar import WeeklyCalendar
from triage.core.channel import Absence, Fate, PostOutcome
from triage.core.model import DAY, HOUR, MINUTE, CloseReason, Kind
from triage.core.outbox import ReplyState
from triage.core.policy import Policy, Settings
from triage.core.records import Reply
from triage.errors import NetworkDown, Refused

ANA, BO, FINN = 3, 4, 6


def put_off(desk: Desk, number: int, text: str = "Sorry!", *, span: int = HOUR) -> Reply:
    """A reply that is to go out after a span."""
    draft = desk.draft(number, text)
    return timing.schedule(desk.store, draft.id, desk.now + span, timing.AT, desk.now)


def _state(desk: Desk, reply: Reply) -> tuple[ReplyState, str]:
    now = replying.get_reply(desk.store, reply.id)
    return now.state, now.detail


def _flush(desk: Desk) -> list[ReplyState]:
    return [r.state for r in outbox.flush(desk.sender, desk.now)]


def test_it_goes_out_at_its_time_and_once(busy: Desk) -> None:
    """Not before, then by the first run, and never again."""
    reply = put_off(busy, ANA)
    assert (reply.state, reply.send_at, reply.schedule) == (
        ReplyState.SCHEDULED,
        busy.now + HOUR,
        "at",
    )
    busy.now += HOUR - 1
    assert _flush(busy) == []
    busy.now += 1
    assert _flush(busy) == [ReplyState.SENT]
    assert _flush(busy) == []
    assert len(busy.public("Sorry!")) == 1


def test_never_left_is_tried_again(busy: Desk) -> None:
    """A scheduled reply that found no network is queued, and sent by the next run."""
    put_off(busy, ANA)
    busy.now += HOUR
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    assert _flush(busy) == [ReplyState.QUEUED]
    assert _flush(busy) == [ReplyState.SENT]


def test_held_if_the_customer_writes_first(busy: Desk) -> None:
    """Known to a fetch, it is held at once, long before its time, and nobody else is."""
    reply, other = put_off(busy, ANA, span=DAY), put_off(busy, BO, "Yes.")
    busy.now += MINUTE
    busy.write("ana", "@acme it came, thanks", in_reply_to=reply.in_reply_to)
    busy.fetch()
    assert _flush(busy) == [ReplyState.HELD]
    assert _state(busy, reply) == (ReplyState.HELD, WROTE_AGAIN)
    busy.now += HOUR
    assert _flush(busy) == [ReplyState.SENT]
    assert _state(busy, other)[0] is ReplyState.SENT


def test_held_by_the_look_at_its_time(busy: Desk) -> None:
    """What the customer wrote since the last fetch is seen by the look before it goes."""
    reply = put_off(busy, ANA)
    busy.now += HOUR
    busy.write("ana", "@acme it came, thanks", in_reply_to=reply.in_reply_to)
    assert _flush(busy) == [ReplyState.HELD]
    assert busy.channel.attempts == []


def test_a_person_sends_it_all_the_same(busy: Desk) -> None:
    """What was held goes out by a person's word, whenever that is."""
    reply = put_off(busy, ANA)
    busy.write("acme", "@ana we are at it", in_reply_to=reply.in_reply_to)
    busy.now += HOUR
    assert _flush(busy) == [ReplyState.HELD]
    assert _state(busy, reply)[1] == ANSWERED
    busy.now += 30 * DAY
    sent = replying.send(busy.sender, reply.id)
    assert (sent.state, sent.send_at, sent.schedule) == (ReplyState.SENT, None, "")


def test_held_if_the_case_was_closed(busy: Desk) -> None:
    """A close that its writer did not know of; one from before is none."""
    reply = put_off(busy, ANA)
    busy.now += MINUTE
    conversation = busy.conversation(ANA)
    acting.close(busy.store, conversation, CloseReason.PRIVATE, "bo", busy.now, tagger_for)
    assert _flush(busy) == [ReplyState.HELD]
    assert _state(busy, reply)[1] == "#3 was closed meanwhile by bo"
    busy.now += MINUTE
    later = put_off(busy, ANA, "You are welcome.")
    busy.now += HOUR
    assert _flush(busy) == [ReplyState.SENT]
    assert _state(busy, later)[0] is ReplyState.SENT


def test_held_if_the_post_is_gone_or_hidden(busy: Desk) -> None:
    """Nothing is said to what is not there, or not shown to us."""
    gone, hidden = put_off(busy, ANA), put_off(busy, BO, "Yes.")
    busy.channel.remove(gone.in_reply_to or "")
    busy.channel.hide(hidden.in_reply_to or "", Absence.PROTECTED)
    busy.now += HOUR
    assert _flush(busy) == [ReplyState.HELD, ReplyState.HELD]
    assert _state(busy, gone)[1] == "the post was deleted"
    assert "not shown to us" in _state(busy, hidden)[1]


@pytest.mark.parametrize(("late", "state"), [(0, ReplyState.SENT), (1, ReplyState.HELD)])
def test_late(busy: Desk, late: int, state: ReplyState) -> None:
    """No fetch ran: within the grace it goes out, a millisecond later a person is asked."""
    reply = put_off(busy, ANA)
    busy.now += HOUR + 6 * HOUR + late
    assert _flush(busy) == [state]
    if late:
        assert _state(busy, reply)[1] == "it is 6h late, and goes out by itself no later than 6h"


def test_not_knowing_holds_nothing(busy: Desk) -> None:
    """That the channel could not be asked is no reason; what is known is."""
    put_off(busy, ANA)
    busy.now += HOUR
    busy.channel.fail_next("lookup", NetworkDown("down"))
    assert _flush(busy) == [ReplyState.SENT]


def test_called_off(busy: Desk) -> None:
    """Given up, it never goes out."""
    reply = put_off(busy, ANA)
    outbox.drop(busy.store, busy.brand_id, reply.id, "ana", busy.now)
    busy.now += HOUR
    assert _flush(busy) == []
    assert busy.channel.attempts == []


def test_sent_before_its_time(busy: Desk) -> None:
    """A person sends it now: it has no time any more, and is not sent again at it."""
    reply = put_off(busy, ANA)
    assert replying.send(busy.sender, reply.id).send_at is None
    busy.now += HOUR
    assert _flush(busy) == []
    assert len(busy.public("Sorry!")) == 1


def test_at_another_time(busy: Desk) -> None:
    """Scheduled anew, only the newer time counts."""
    reply = put_off(busy, ANA)
    timing.schedule(busy.store, reply.id, busy.now + 2 * HOUR, timing.AT, busy.now)
    busy.now += HOUR
    assert _flush(busy) == []
    busy.now += HOUR
    assert _flush(busy) == [ReplyState.SENT]


def test_what_cannot_be_put_off(busy: Desk) -> None:
    """The past is refused, and so is what is public, or may be; nothing changes by it."""
    draft = busy.draft(ANA, "Sorry!")
    with pytest.raises(Refused, match="past"):
        timing.schedule(busy.store, draft.id, busy.now - 1, timing.AT, busy.now)
    assert _state(busy, draft)[0] is ReplyState.DRAFT
    replying.send(busy.sender, draft.id)
    busy.channel.fate_next(Fate.UNKNOWN)
    lost = replying.send(busy.sender, busy.draft(BO, "Yes.").id)
    for reply, words in ((draft, "is sent"), (lost, "is unknown")):
        with pytest.raises(Refused, match=words):
            timing.schedule(busy.store, reply.id, busy.now + HOUR, timing.AT, busy.now)


def test_the_same_text_twice_is_held(busy: Desk) -> None:
    """A twin that is on its way already keeps the scheduled one back, and only that one."""
    scheduled = put_off(busy, ANA)
    busy.channel.fate_next(Fate.UNKNOWN)
    replying.send(busy.sender, busy.draft(ANA, "Sorry!").id)
    other = put_off(busy, BO, "Yes.")
    busy.now += HOUR
    assert _flush(busy) == [ReplyState.HELD, ReplyState.SENT]
    assert "on its way already" in _state(busy, scheduled)[1]
    assert _state(busy, other)[0] is ReplyState.SENT


def test_a_restored_store_waits_on(busy: Desk) -> None:
    """After our timeline was read, what was for next week is for next week again."""
    replying.send(busy.sender, busy.draft(FINN, "On it.").id)
    reply = put_off(busy, ANA, span=7 * DAY)
    for file in busy.state_dir.glob("generation-*"):
        file.unlink()
    busy.now += MINUTE
    assert replying.check_generation(busy.store, busy.generation, busy.brand_id, busy.now)
    assert _state(busy, reply)[0] is ReplyState.HELD
    with pytest.raises(Refused, match="restored or copied"):
        timing.schedule(busy.store, reply.id, busy.now + HOUR, timing.AT, busy.now)
    busy.fetch()
    outbox.release_held(busy.store, busy.account, busy.now, busy.sender)
    assert busy.store.settings.get(HELD) is None
    after = replying.get_reply(busy.store, reply.id)
    assert (after.state, after.send_at) == (ReplyState.SCHEDULED, reply.send_at)


@pytest.mark.parametrize(
    "outcome",
    [
        PostOutcome(Fate.REFUSED, detail="not permitted"),
        PostOutcome(Fate.UNKNOWN, detail="broken"),
    ],
)
def test_one_keeps_nobody_back(busy: Desk, outcome: PostOutcome) -> None:
    """A reply that fails, or is lost, blocks only itself: the others go out by the same run."""
    for number, text in ((ANA, "Sorry!"), (BO, "Yes."), (FINN, "On it.")):
        put_off(busy, number, text)
    busy.now += HOUR
    busy.channel.fate_next(outcome)
    assert _flush(busy)[1:] == [ReplyState.SENT, ReplyState.SENT]


def test_two_of_unknown_fate_end_the_run(busy: Desk) -> None:
    """The network is not to be trusted: the rest waits for the next run instead of being lost."""
    replies = [put_off(busy, n, t) for n, t in ((ANA, "Sorry!"), (BO, "Yes."), (FINN, "On it."))]
    busy.now += HOUR
    for _ in range(2):
        busy.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="broken"))
    assert _flush(busy) == [ReplyState.UNKNOWN, ReplyState.UNKNOWN]
    assert _state(busy, replies[2])[0] is ReplyState.SCHEDULED


def test_credentials_that_are_not_accepted_end_the_run(busy: Desk) -> None:
    """The others are kept as they are, for better credentials."""
    put_off(busy, ANA)
    other = put_off(busy, BO, "Yes.")
    busy.now += HOUR
    busy.channel.fate_next(PostOutcome(Fate.REFUSED, detail="no", sign_in=True))
    assert _flush(busy) == [ReplyState.FAILED]
    assert _state(busy, other)[0] is ReplyState.SCHEDULED


def test_another_account_is_left_alone(busy: Desk) -> None:
    """A run sends for the account that it is for, and for no other."""
    put_off(busy, ANA)
    with busy.store.tx():
        other = busy.store.accounts.add(busy.brand_id, "memory", "acmehelp", "2", START)
    busy.now += HOUR
    assert outbox.flush(replace(busy.sender, account=other), busy.now) == []


HOURS = ((9 * 60, 18 * 60),)
OFFICE = WeeklyCalendar("office", "Europe/Madrid", (*(HOURS,) * 5, (), ()))


def _office_desk(folder: Path, now: int) -> Desk:
    policies = {kind: Policy(HOUR, calendar="office") for kind in Kind}
    desk = Desk(folder, settings=Settings(policies=policies, calendars={"office": OFFICE}))
    desk.now = now
    desk.write("ana", "@acme it is broken")
    desk.fetch()
    return desk


def test_when_open(tmp_path: Path) -> None:
    """The next opening of the hours under which the customer waits, with the reason."""
    friday_evening = START + 4 * DAY + 10 * HOUR
    desk = _office_desk(tmp_path, friday_evening)
    conversation = desk.conversation(desk.waiting()[0].id)
    opening = timing.next_opening(desk.store, conversation, desk.now)
    assert opening.at == START + 7 * DAY - HOUR, "Monday, 9:00 in Madrid"
    assert opening.calendar == "office"
    assert timing.next_opening(desk.store, conversation, opening.at).at == opening.at
    desk.close()


def test_when_open_over_a_change_of_the_clock(tmp_path: Path) -> None:
    """Opening is at nine on the wall, also after the night in which the clock is put forward."""
    friday = START + 25 * DAY + 10 * HOUR  # 27 March 2026, 19:00 UTC
    desk = _office_desk(tmp_path, friday)
    conversation = desk.conversation(desk.waiting()[0].id)
    opening = timing.next_opening(desk.store, conversation, desk.now)
    assert opening.at == START + 28 * DAY - 2 * HOUR, "Monday, 7:00 UTC is 9:00 in summer"
    desk.close()
