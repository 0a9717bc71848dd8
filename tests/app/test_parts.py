"""A numbered thread: saved whole, sent part by part, and no part twice whatever happens."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from app.test_outbox_machine import Killed, Life, MortalChannel, MortalGeneration
from builders import Desk, put, tagger_for
from triage.app import outbox, undoing
from triage.app.guards import HELD
from triage.app.parts import is_waiting, join_draft, parts_of, split_draft, to_send
from triage.app.replying import Sender, check_generation, send
from triage.app.reporting import load_report
from triage.app.thread_sending import send_thread
from triage.core.channel import Fate, PostOutcome
from triage.core.model import HOUR, MINUTE, WaitState
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.core.report.query import ReportQuery
from triage.core.splitting import numbered
from triage.errors import Refused

TEXTS = numbered(["We looked into it.", "It left on Monday.", "It is with you tomorrow."])
STEPS_OF_A_THREAD = 42
"""A process that sends three parts has fewer places to die at."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk where ana complained an hour ago."""
    made = Desk(tmp_path)
    made.write("ana", "@acme my order never came", ago=HOUR)
    made.fetch()
    return made


def thread(desk: Desk) -> Reply:
    """A thread of three to ana, saved as a draft; its head."""
    draft = desk.draft(1, "\n\n".join(TEXTS))
    return split_draft(desk.store, desk.brand_id, draft, TEXTS, desk.now)


def states(desk: Desk, head: Reply) -> list[str]:
    """The states of a thread's parts."""
    return [p.state.value for p in parts_of(desk.store, head)]


def look(desk: Desk, sender: Sender | None = None) -> list[Reply]:
    """What a fetch does: read our timeline, settle by it, send what is queued."""
    check_generation(desk.store, desk.generation, desk.brand_id, desk.now)
    outbox.recover_orphans(sender or desk.sender)
    desk.fetch()
    outbox.settle_by_timeline(desk.store, desk.account, desk.now, tagger_for)
    outbox.release_held(desk.store, desk.account, desk.now, sender or desk.sender)
    return outbox.flush(sender or desk.sender, desk.now)


def assert_public_once(desk: Desk) -> None:
    """Every part is public once, each under the one before it."""
    mention = next(p for p in desk.channel.posts.values() if p.author.handle == "ana")
    parent = mention.native_id
    for text in TEXTS:
        found = desk.public(text)
        assert [p.in_reply_to for p in found] == [parent], text
        parent = found[0].native_id


def test_all_parts_are_saved_before_any_is_sent(desk: Desk) -> None:
    """The head is a draft and answers the customer; the others wait, each for the one before."""
    head = thread(desk)
    parts = parts_of(desk.store, head)
    assert [p.text for p in parts] == list(TEXTS)
    assert [(p.part, p.parts) for p in parts] == [(1, 3), (2, 3), (3, 3)]
    assert states(desk, head) == ["draft", "held", "held"]
    assert [p.detail for p in parts[1:]] == ["waits for part 1", "waits for part 2"]
    assert [p.in_reply_to for p in parts[1:]] == [None, None]
    assert parts_of(desk.store, parts[2]) == parts, "any part leads to all"
    assert look(desk) == [], "nothing sends a draft by itself"


def test_a_crash_while_it_is_saved_leaves_the_whole_text(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either all parts are there, or the draft as it was typed."""
    draft = desk.draft(1, "\n\n".join(TEXTS))
    real, calls = desk.store.outbox.move, []

    def dies(*args: object, **words: object) -> bool:
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        return real(*args, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.store.outbox, "move", dies)
    with pytest.raises(Killed):
        split_draft(desk.store, desk.brand_id, draft, TEXTS, desk.now)
    assert parts_of(desk.store, draft) == [draft]
    assert len(desk.store.outbox.list_states(desk.brand_id, list(ReplyState))) == 1


def test_a_thread_goes_out_part_by_part_and_is_one_answer(desk: Desk) -> None:
    """Each part answers the one before; the first ends the wait, and the report counts one."""
    head = thread(desk)
    done = send_thread(desk.sender, head.id)
    assert [r.state.value for r in done] == ["sent"] * 3
    assert_public_once(desk)
    (wait,) = desk.store.reading.waits(1)
    first = desk.public(TEXTS[0])[0]
    assert (wait.state, wait.ended_at, wait.agent) == (WaitState.ANSWERED, first.posted_at, "ana")
    desk.fetch()
    (wait,) = desk.store.reading.waits(1)
    assert (wait.ended_at, wait.outside, wait.agent) == (first.posted_at, False, "ana")
    query = ReportQuery(desk.brand_id, desk.now - 2 * HOUR, desk.now + HOUR, desk.now)
    waits = load_report(desk.store, query).total.waits
    assert (waits.opened, waits.answered, waits.outside) == (1, 1, 0)


def test_a_customer_who_writes_in_between_waits_anew_and_does_not_stop_it(desk: Desk) -> None:
    """What the agent had not seen is not answered by the parts that follow."""
    head = thread(desk)
    desk.channel.fate_next(Fate.SENT)
    desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    assert [r.state.value for r in send_thread(desk.sender, head.id)] == ["sent", "queued"]
    desk.now += MINUTE
    desk.write("ana", "@acme and it is broken", in_reply_to=desk.public(TEXTS[0])[0].native_id)
    desk.now += MINUTE
    assert [r.state.value for r in look(desk)] == ["sent", "sent"]
    assert_public_once(desk)
    assert [w.state for w in desk.store.reading.waits(1)][-1] is WaitState.OPEN


def test_what_never_left_is_sent_by_the_next_run_without_repeating_a_part(desk: Desk) -> None:
    """Part 2 is queued, part 3 waits for it; the next fetch goes on from there."""
    head = thread(desk)
    desk.channel.fate_next(Fate.SENT)
    desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    send_thread(desk.sender, head.id)
    assert states(desk, head) == ["sent", "queued", "held"]
    assert parts_of(desk.store, head)[2].detail == "waits for part 2"
    desk.now += MINUTE
    assert [r.part for r in look(desk)] == [2, 3]
    assert_public_once(desk)


@pytest.mark.parametrize("part", [1, 2, 3])
def test_a_part_of_unknown_fate_that_is_public_is_found_and_the_thread_goes_on(
    desk: Desk, part: int
) -> None:
    """The later parts wait until it is known; then the same fetch sends them."""
    head = thread(desk)
    for _ in range(part - 1):
        desk.channel.fate_next(Fate.SENT)
    desk.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="it broke"), accepted=True)
    send_thread(desk.sender, head.id)
    assert states(desk, head) == ["sent"] * (part - 1) + ["unknown"] + ["held"] * (3 - part)
    desk.now += MINUTE
    look(desk)
    assert states(desk, head) == ["sent"] * 3
    assert_public_once(desk)


def test_a_part_that_is_not_public_stops_the_rest_until_a_person_decides(desk: Desk) -> None:
    """Absence proves nothing: nothing behind it is sent, however often one looks."""
    head = thread(desk)
    desk.channel.fate_next(Fate.SENT)
    desk.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="it broke"))
    second = send_thread(desk.sender, head.id)[-1]
    for _ in range(3):
        desk.now += 10 * MINUTE
        assert look(desk) == []
    assert states(desk, head) == ["sent", "unknown", "held"]
    outbox.settle_by_hand(desk.store, desk.brand_id, second.id, "ana", desk.now, resend=True)
    send_thread(desk.sender, second.id)
    assert states(desk, head) == ["sent"] * 3
    assert_public_once(desk)


def test_a_part_that_is_given_up_takes_those_behind_it_along(desk: Desk) -> None:
    """What cannot follow any more does not wait for ever."""
    head = thread(desk)
    desk.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="it broke"))
    send_thread(desk.sender, head.id)
    outbox.settle_by_hand(desk.store, desk.brand_id, head.id, "ana", desk.now, resend=False)
    assert states(desk, head) == ["cancelled"] * 3


def test_a_refused_part_stops_the_rest_and_can_be_sent_again(desk: Desk) -> None:
    """`failed` keeps its text; sent again, the parts behind it follow."""
    head = thread(desk)
    desk.channel.fate_next(Fate.SENT)
    desk.channel.fate_next(PostOutcome(Fate.REFUSED, detail="not permitted"))
    send_thread(desk.sender, head.id)
    assert states(desk, head) == ["sent", "failed", "held"]
    assert look(desk) == []
    send_thread(desk.sender, to_send(parts_of(desk.store, head)).id)
    assert_public_once(desk)


@pytest.mark.parametrize("part", [2, 3])
def test_no_part_is_sent_before_its_turn(desk: Desk, part: int) -> None:
    """Whoever asks for a later part is told which one it waits for; nothing leaves."""
    head = thread(desk)
    number = parts_of(desk.store, head)[part - 1].id
    with pytest.raises(Refused, match=f"Part {part} of 3 cannot be sent: part {part - 1} is"):
        send(desk.sender, number)
    assert desk.channel.attempts == []
    assert states(desk, head) == ["draft", "held", "held"]


def test_dropping_gives_up_the_parts_that_have_not_left(desk: Desk) -> None:
    """What is public stays; the rest is given up, by any of its parts."""
    head = thread(desk)
    desk.channel.fate_next(Fate.SENT)
    desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    send_thread(desk.sender, head.id)
    outbox.drop(desk.store, desk.brand_id, head.id, "ana", desk.now)
    assert states(desk, head) == ["sent", "cancelled", "cancelled"]
    assert look(desk) == []
    with pytest.raises(Refused, match="cannot be dropped"):
        outbox.drop(desk.store, desk.brand_id, head.id, "ana", desk.now)


def test_a_thread_is_taken_back_whole_the_last_part_first(desk: Desk) -> None:
    """What had not left is given up; the wait is open again with the clock that it had."""
    desk.channel.fate_next(Fate.SENT)
    desk.channel.fate_next(Fate.SENT)
    desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    head = thread(desk)
    second = send_thread(desk.sender, head.id)[1]
    (before,) = desk.store.reading.waits(1)
    assert states(desk, head) == ["sent", "sent", "queued"]
    wished = undoing.wish_all(desk.store, desk.brand_id, head.id, "bo", desk.now)
    assert [r.id for r in wished] == [second.id, head.id]
    deleted = undoing.finish_wishes(desk.sender).deleted
    assert [r.id for r in deleted] == [second.id, head.id]
    assert states(desk, head) == ["deleted", "deleted", "cancelled"]
    assert [desk.public(text) for text in TEXTS] == [[], [], []]
    (wait,) = desk.store.reading.waits(1)
    assert (wait.state, wait.opened_at) == (WaitState.OPEN, before.opened_at)


def test_a_thread_is_not_taken_back_while_a_part_may_be_public(desk: Desk) -> None:
    """Nobody knows of the second part: nothing is given up, nothing is deleted."""
    desk.channel.fate_next(Fate.SENT)
    desk.channel.fate_next(Fate.UNKNOWN)
    head = thread(desk)
    send_thread(desk.sender, head.id)
    with pytest.raises(Refused, match="Part 2 of 3 is unknown"):
        undoing.wish_all(desk.store, desk.brand_id, head.id, "bo", desk.now)
    assert states(desk, head) == ["sent", "unknown", "held"]
    assert undoing.finish_wishes(desk.sender).deleted == []


def test_paused_in_the_middle_it_goes_on_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause between two parts leaves the rest queued, with the reason."""
    head = thread(desk)
    real = desk.channel.post

    def pausing(outgoing: object) -> PostOutcome:
        outbox.pause(desk.store, desk.brand_id, "bo", desk.now, "now")
        return real(outgoing)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.channel, "post", pausing)
    last = send_thread(desk.sender, head.id)[-1]
    assert states(desk, head) == ["sent", "queued", "held"]
    assert "paused" in last.detail
    monkeypatch.undo()
    outbox.resume(desk.store, desk.brand_id, "bo", desk.now)
    look(desk)
    assert_public_once(desk)


def test_a_thread_that_was_not_tried_becomes_one_draft_again(desk: Desk) -> None:
    """Before it is sent its text can be changed as a whole; the old parts are gone."""
    head = thread(desk)
    joined = join_draft(desk.store, head, "Shorter now.", desk.now)
    assert (joined.text, joined.part, joined.parts) == ("Shorter now.", 0, 0)
    assert parts_of(desk.store, joined) == [joined]
    assert len(desk.store.outbox.list_states(desk.brand_id, list(ReplyState))) == 1
    send_thread(desk.sender, head.id)
    with pytest.raises(Refused, match="no draft any more"):
        join_draft(desk.store, joined, "Too late.", desk.now)
    with pytest.raises(Refused, match="no draft any more"):
        split_draft(desk.store, desk.brand_id, joined, TEXTS, desk.now)


@pytest.mark.parametrize("sent_after", [0, 1, 3])
def test_a_restored_store_finds_the_parts_that_were_sent_after_the_backup(
    desk: Desk, tmp_path: Path, sent_after: int
) -> None:
    """Each part is found under the one before it; what is not there goes out, once."""
    head = thread(desk)
    desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    send_thread(desk.sender, head.id)
    backup = desk.copy()
    for _ in range(sent_after):
        desk.channel.fate_next(Fate.SENT)
    if sent_after < 3:
        desk.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    send_thread(desk.sender, head.id)
    desk.close()
    put(tmp_path, backup)
    again = Desk(tmp_path)
    again.channel, again.now = desk.channel, desk.now + MINUTE
    look(again)
    assert len(again.public(TEXTS[0])) <= 1
    again.now += MINUTE
    look(again)
    assert states(again, head) == ["sent"] * 3
    assert_public_once(again)


def test_a_part_whose_parent_nobody_knows_is_not_looked_for(desk: Desk) -> None:
    """A post of ours that answers nothing is no part of a thread, whatever it says."""
    head = thread(desk)
    desk.write("acme", TEXTS[1])
    with desk.store.tx():
        desk.store.settings.put(HELD, str(desk.now))
    desk.now += MINUTE
    desk.fetch()
    assert outbox.settle_by_timeline(desk.store, desk.account, desk.now, tagger_for).sent == []
    assert states(desk, head) == ["draft", "held", "held"]


def mortal(desk: Desk, life: Life) -> Sender:
    """A sender whose process dies at a step."""

    def now() -> int:
        life.step()
        return desk.now

    return replace(
        desk.sender,
        channel=MortalChannel(desk.channel, life),  # type: ignore[arg-type]
        generation=MortalGeneration(desk.generation, life),
        now=now,
    )


def test_every_step_is_tried(desk: Desk) -> None:
    """Who lives so long has sent the whole thread: the kills below leave out no step."""
    assert len(send_thread(mortal(desk, Life(STEPS_OF_A_THREAD)), thread(desk).id)) == 3


@pytest.mark.parametrize("steps", range(STEPS_OF_A_THREAD))
def test_killed_at_any_step_no_part_is_public_twice_and_none_is_missing(
    desk: Desk, steps: int
) -> None:
    """After a kill anywhere, fetches and a person's word for what is not there end it right."""
    head = thread(desk)
    with suppress(Killed):
        send_thread(mortal(desk, Life(steps)), head.id)
    for _ in range(3):
        desk.now += 10 * MINUTE
        look(desk)
        stuck = to_send(parts_of(desk.store, head))
        if stuck.state is ReplyState.UNKNOWN:
            assert not desk.public(stuck.text), "what is public is found"
            outbox.settle_by_hand(desk.store, desk.brand_id, stuck.id, "ana", desk.now, resend=True)
        elif stuck.state is ReplyState.DRAFT:
            assert not any(desk.public(t) for t in TEXTS)
            send_thread(desk.sender, head.id)
    look(desk)
    assert states(desk, head) == ["sent"] * 3
    assert_public_once(desk)
    assert not any(is_waiting(p) for p in parts_of(desk.store, head))
