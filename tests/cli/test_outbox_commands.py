"""`triage outbox`: settle what is unknown, stop and resume all sending."""

from __future__ import annotations

import json

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.channel import Fate, PostOutcome
from triage.core.model import MINUTE
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import RateLimited

ANA, BO = 3, 4
SORRY = "Sorry Ana! It will be with you tomorrow."


def _reply(desk: Desk, number: int = 1) -> Reply:
    reply = desk.store.outbox.get(number)
    assert reply is not None
    return reply


@pytest.fixture
def lost(busy: Desk, run: Runner) -> Desk:
    """A desk whose reply 1 may be public; it is not."""
    return _lose(busy, run, accepted=False)


@pytest.fixture
def posted(busy: Desk, run: Runner) -> Desk:
    """A desk whose reply 1 may be public; it is."""
    return _lose(busy, run, accepted=True)


def _lose(desk: Desk, run: Runner, *, accepted: bool) -> Desk:
    desk.draft(ANA, SORRY)
    broken = PostOutcome(Fate.UNKNOWN, detail="the connection broke after sending")
    desk.channel.fate_next(broken, accepted=accepted)
    assert run("drafts", "send", "1", "-y").code == 5
    desk.now += 10 * MINUTE
    return desk


def test_list(lost: Desk, run: Runner) -> None:
    """What is not at its end, in words; --all shows the rest too."""
    lost.draft(BO, "Yes, from ten to six.")
    run("drafts", "drop", "2")
    lost.draft(BO, "On Sundays too.")
    ran = run("outbox", tty=True)
    assert "next: triage outbox settle 1" in ran.err
    for width in (40, 60, 80, 120):
        assert_golden(f"outbox-{width}", run("outbox", "list", tty=True, width=width).out)
    pending = json.loads(run("outbox", "--json").out)
    assert [i["state"] for i in pending["items"]] == ["unknown", "draft"]
    assert (pending["is_paused"], pending["is_held"]) == (False, False)
    everything = json.loads(run("outbox", "list", "-a", "--json").out)["items"]
    assert [i["state"] for i in everything] == ["unknown", "cancelled", "draft"]
    assert everything[0]["detail"] == "the connection broke after sending"
    assert run("outbox", "list").out.splitlines()[0].split("\t")[:3] == ["1", "unknown", "3"]


@pytest.mark.usefixtures("busy")
def test_empty(run: Runner) -> None:
    """Nothing on its way is a success."""
    assert run("outbox") == (0, "", "")
    assert run("outbox", tty=True).err == "The outbox is empty.\n"


def test_settle_finds_it(posted: Desk, run: Runner) -> None:
    """It is on our timeline: settled as sent, and the wait ended when it was posted."""
    ran = run("outbox", "settle", "1", tty=True, width=120)
    assert ran.code == 0
    assert "It is on our timeline." in ran.err
    assert "#3 answered after 3h (SLA 1h: missed)" in ran.out
    assert _reply(posted).state is ReplyState.SENT
    assert _reply(posted).native_id == posted.public(SORRY)[0].native_id
    assert len(posted.channel.attempts) == 1
    assert ANA not in [item.id for item in posted.waiting()]


def test_settle_does_not_find_it(lost: Desk, run: Runner) -> None:
    """Absence proves nothing: exit 5, still locked, and the ways to decide."""
    ran = run("outbox", "settle", "1", tty=True, width=120)
    assert ran.code == 5
    assert ran.err == (
        "Reply 1 is not on our timeline, which proves nothing.\n"
        "  It stays locked so that it cannot go out twice.\n"
        "  Look at @acme in a browser, then decide.\n"
        "  It is there: triage outbox settle 1 --sent URL\n"
        "  It is not: triage outbox settle 1 --resend, or triage outbox settle 1 --cancel\n"
    )
    assert _reply(lost).state is ReplyState.UNKNOWN
    assert "a person must decide" in _reply(lost).detail
    assert len(lost.channel.attempts) == 1


def test_settle_too_early(lost: Desk, run: Runner) -> None:
    """Within minutes of the attempt a person is not yet asked to decide."""
    lost.now -= 9 * MINUTE
    ran = run("outbox", "settle", "1")
    assert ran.code == 5
    assert "tried only 1m ago" in ran.err
    assert "a person must decide" not in _reply(lost).detail


def test_settle_while_rate_limited(lost: Desk, run: Runner) -> None:
    """The channel asks to wait: try later, and it is not asked again before."""
    reset_at = lost.now + 5 * MINUTE
    lost.channel.fail_next("page", RateLimited("wait", reset_at=reset_at, endpoint="own"))
    assert run("outbox", "settle", "1").code == 75
    asked = len(lost.channel.calls)
    ran = run("outbox", "settle", "1")
    assert (ran.code, len(lost.channel.calls)) == (75, asked)
    assert "09:15" in ran.err
    assert _reply(lost).state is ReplyState.UNKNOWN


def test_settle_what_a_dead_process_left(busy: Desk, run: Runner) -> None:
    """A reply that a killed program was sending is settled like any other of unknown fate."""
    reply = busy.draft(ANA, SORRY)
    with busy.store.tx():
        for before, after in (
            (ReplyState.DRAFT, ReplyState.QUEUED),
            (ReplyState.QUEUED, ReplyState.SENDING),
        ):
            busy.store.outbox.move(reply.id, before, after, busy.now, attempted_at=busy.now)
    mention = busy.store.reading.thread(ANA)[0]
    busy.write("acme", SORRY, in_reply_to=mention.native_id)
    assert run("outbox", "settle", "1").code == 0
    assert _reply(busy).state is ReplyState.SENT
    assert busy.channel.attempts == []


def test_settle_as_sent(posted: Desk, run: Runner) -> None:
    """A person names the post; one that is not ours, or unknown, is refused."""
    url = posted.public(SORRY)[0].url or ""
    theirs = posted.store.reading.thread(ANA)[0].native_id
    assert run("outbox", "settle", "1", "--sent", theirs).code == 1
    assert "triage fetch" in run("outbox", "settle", "1", "--sent", "424242").err
    posted.fetch()
    number = url.rpartition("/")[2]
    assert run("outbox", "settle", "1", "--sent", number).code == 0
    assert _reply(posted).native_id == number
    assert run("outbox", "settle", "1", "--sent", number).code == 1


def test_resend(lost: Desk, run: Runner) -> None:
    """A person says that it is not public: it is sent again, once."""
    ran = run("outbox", "settle", "1", "--resend", "-y")
    assert ran.code == 0
    assert len(lost.public(SORRY)) == 1
    assert len(lost.channel.attempts) == 2
    assert run("outbox", "settle", "1", "--resend", "-y").code == 1
    assert len(lost.channel.attempts) == 2


def test_resend_asks(lost: Desk, run: Runner) -> None:
    """On a terminal anything but y leaves it locked; elsewhere -y is needed."""
    ran = run("outbox", "settle", "1", "--resend", tty=True, keys="\n")
    assert (ran.code, _reply(lost).state) == (0, ReplyState.UNKNOWN)
    assert SORRY in ran.out
    ran = run("outbox", "settle", "1", "--resend")
    assert ran.code == 2
    assert "--resend -y" in ran.err
    assert len(lost.channel.attempts) == 1
    assert run("outbox", "settle", "1", "--resend", tty=True, keys="y\n").code == 0
    assert len(lost.public(SORRY)) == 1


def test_cancel(lost: Desk, run: Runner) -> None:
    """A person lets it be: final, and the customer still waits."""
    assert run("outbox", "settle", "1", "--cancel").code == 0
    assert _reply(lost).state is ReplyState.CANCELLED
    assert ANA in [item.id for item in lost.waiting()]
    log = json.loads(run("log", str(ANA), "--json").out)["items"]
    assert [(a["what"], a["before"], a["after"], a["agent"]) for a in log] == [
        ("settle", "unknown", "cancelled", "ana")
    ]


def test_settle_needs_an_open_fate(busy: Desk, run: Runner) -> None:
    """A draft has no fate; flags exclude one another; an unknown id is said."""
    busy.draft(ANA, SORRY)
    for words in ((), ("--resend", "-y"), ("--cancel",), ("--sent", "1")):
        ran = run("outbox", "settle", "1", *words)
        assert ran.code == 1
        assert "Reply 1 is draft; there is nothing to settle." in ran.err
    assert run("outbox", "settle", "1", "--resend", "--cancel").code == 2
    assert run("outbox", "settle", "9").code == 1


def test_pause_and_resume(busy: Desk, run: Runner) -> None:
    """Nothing goes out while paused, whoever asks; saying it twice changes nothing."""
    busy.draft(ANA, SORRY)
    assert run("outbox", "pause", tty=True).err == (
        "All sending is paused. Go on: triage outbox resume\n"
    )
    ran = run("outbox", "pause", tty=True)
    assert ran.code == 0
    assert ran.err == "All sending was paused already (by ana, since 2026-03-02T09:00:00Z).\n"
    refused = run("drafts", "send", "1", "-y", "--force")
    assert refused.code == 1
    assert "All sending is paused (by ana, since 2026-03-02T09:00:00Z)." in refused.err
    assert "triage outbox resume" in refused.err
    assert busy.channel.attempts == []
    assert "All sending is paused" in run("outbox", tty=True).err
    assert json.loads(run("outbox", "--json").out)["is_paused"] is True
    assert run("outbox", "resume", tty=True).err == "Replies go out again.\n"
    assert run("outbox", "resume", tty=True).err == "Sending was not paused.\n"
    assert json.loads(run("outbox", "resume", "--json").out)["items"] == [{"is_paused": False}]
    assert run("drafts", "send", "1", "-y").code == 0
    assert [line.split("\t")[4] for line in run("log").out.splitlines()] == [
        "pause",
        "resume",
        "reply",
    ]


def test_restored_store_is_held(busy: Desk, run: Runner) -> None:
    """A store that was restored sends nothing before our own timeline was read."""
    busy.draft(ANA, SORRY)
    busy.draft(BO, "Yes, we do.")
    assert run("drafts", "send", "1", "-y").code == 0
    for file in (busy.folder.parents[1] / "state" / "triage").glob("generation-*"):
        file.write_text("another machine's")
    ran = run("drafts", "send", "2", "-y")
    assert ran.code == 1
    assert "restored or copied" in ran.err
    assert "triage fetch" in ran.err
    assert len(busy.channel.attempts) == 1
    assert json.loads(run("outbox", "--json").out)["is_held"] is True
