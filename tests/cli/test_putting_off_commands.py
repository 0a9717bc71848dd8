"""`reply --at`, `--when-open`, and `outbox schedule`, `cancel` and `undo`."""

from __future__ import annotations

import json

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.channel import Fate, PostOutcome
from triage.core.model import HOUR, MINUTE
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import NetworkDown

ANA, BO = 3, 4
SORRY = "Sorry Ana! It will be with you tomorrow."

ENCODED = "Sorry%2C+Bo+%26+Ana%21"


@pytest.fixture(autouse=True)
def fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch reads every account of the desk."""
    monkeypatch.setattr("triage.cli.fetch.configured", lambda app: app.accounts())


def _reply(desk: Desk, number: int = 1) -> Reply:
    reply = desk.store.outbox.get(number)
    assert reply is not None
    return reply


def test_at(busy: Desk, run: Runner) -> None:
    """It waits for its time, says when, and goes out by the first fetch after it."""
    ran = run("reply", "3", SORRY, "--at", "2h", tty=True, keys="y\n")
    assert ran.code == 0
    assert_golden("reply-at-80", ran.out + ran.err)
    assert (_reply(busy).state, _reply(busy).send_at) == (
        ReplyState.SCHEDULED,
        busy.now + 2 * HOUR,
    )
    assert run("fetch").code == 0
    assert busy.public(SORRY) == []
    busy.now += 2 * HOUR
    assert run("fetch").code == 0
    assert len(busy.public(SORRY)) == 1
    assert ANA not in [i.id for i in busy.waiting()]


def test_at_for_scripts(busy: Desk, run: Runner) -> None:
    """-y schedules without asking; JSON says when, and what happens next."""
    item = json.loads(run("reply", "3", SORRY, "--at", "tomorrow 9:00", "-y", "--json").out)
    [item] = item["items"]
    assert (item["state"], item["schedule"]) == ("scheduled", "at")
    assert item["send_at"] == item["next_at"] == "2026-03-03T09:00:00Z"
    assert item["next"] == "goes out by the first fetch after Tue 09:00, if nobody writes before"
    [act] = json.loads(run("log", "3", "--json").out)["items"]
    assert (act["what"], act["agent"], act["after"]) == ("schedule", "ana", "scheduled")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--at", "yesterday"), 2),
        (("--at", "2020-01-01 09:00"), 2),
        (("--at", "2026-03-02 08:59"), 2),
        (("--at", "soon"), 2),
        (("--at", "2h", "--when-open"), 2),
    ],
)
def test_times_that_cannot_be(busy: Desk, run: Runner, words: tuple[str, ...], code: int) -> None:
    """The past and what is not understood is refused before anything is saved."""
    assert run("reply", "3", SORRY, "-y", *words).code == code
    assert busy.store.outbox.list_states(busy.brand_id, list(ReplyState)) == []


def test_when_open_is_now(busy: Desk, run: Runner) -> None:
    """Where it is open around the clock there is nothing to wait for: it goes out."""
    ran = run("reply", "3", SORRY, "-y", "--when-open", tty=True)
    assert ran.code == 0
    assert "is open now" in ran.err
    assert len(busy.public(SORRY)) == 1


def test_a_guard_stops_it_now(busy: Desk, run: Runner) -> None:
    """What could not be sent now is not scheduled either; the draft stays."""
    assert run("reply", "3", "x" * 291, "-y", "--at", "2h").code == 1
    assert _reply(busy).state is ReplyState.DRAFT


def test_called_off_and_put_off_again(busy: Desk, run: Runner) -> None:
    """A scheduled reply gets another time, and is given up by one command."""
    run("reply", "3", SORRY, "-y", "--at", "2h")
    assert run("outbox", "schedule", "1").code == 2
    assert run("outbox", "schedule", "1", "--at", "3h").code == 0
    assert _reply(busy).send_at == busy.now + 3 * HOUR
    assert run("outbox", "schedule", "1", "--when-open").code == 2
    ran = run("outbox", "cancel", "1", tty=True)
    assert (ran.code, ran.err) == (0, "Reply 1 is given up; it will not be sent.\n")
    assert run("outbox", "schedule", "1", "--at", "3h").code == 1
    busy.now += 4 * HOUR
    run("fetch")
    assert busy.channel.attempts == []


def test_held_for_a_person(busy: Desk, run: Runner) -> None:
    """The customer writes first: it is held, said by the fetch and the list, and sent by hand."""
    run("reply", "3", SORRY, "-y", "--at", "2h")
    busy.now += MINUTE
    busy.write("ana", "@acme it came", in_reply_to=_reply(busy).in_reply_to)
    ran = run("fetch", tty=True)
    assert "Reply 1 held: the customer wrote again before it went out." in ran.err
    assert_golden("outbox-held-80", run("outbox", tty=True).out)
    ran = run("drafts", "send", "1", "-y")
    assert ran.code == 0
    assert "@ana has written again" in ran.err
    assert len(busy.public(SORRY)) == 1
    assert ANA in [i.id for i in busy.waiting()], "what was not seen waits on"


def test_sent_before_its_time(busy: Desk, run: Runner) -> None:
    """`drafts send` takes what is scheduled too."""
    run("reply", "3", SORRY, "-y", "--at", "2h")
    assert "scheduled" in run("drafts").out
    assert run("drafts", "send", "1", "-y").code == 0
    assert len(busy.public(SORRY)) == 1


def test_undo(busy: Desk, run: Runner) -> None:
    """Deleted for everybody after a yes; the customer waits again."""
    run("reply", "3", SORRY, "-y")
    ran = run("outbox", "undo", "1", tty=True, keys="\n")
    assert (ran.code, len(busy.public(SORRY))) == (0, 1)
    assert "stays public" in ran.err
    assert run("outbox", "undo", "1").code == 2
    ran = run("outbox", "undo", "1", tty=True, keys="y\n")
    assert ran.code == 0
    assert_golden("outbox-undo-80", ran.out + ran.err)
    assert busy.public(SORRY) == []
    assert _reply(busy).state is ReplyState.DELETED
    assert ANA in [i.id for i in busy.waiting()]
    assert run("outbox", "undo", "1", "-y").code == 1


def test_undo_that_gets_no_answer(busy: Desk, run: Runner) -> None:
    """Try later, exit 75; the next fetch finishes it and says so."""
    run("reply", "3", SORRY, "-y")
    busy.channel.fail_next("delete", NetworkDown("X did not answer; the post may still be there"))
    ran = run("outbox", "undo", "1", "-y")
    assert ran.code == 75
    assert "the next fetch deletes it" in ran.err
    [item] = json.loads(run("outbox", "list", "--all", "--json").out)["items"]
    assert item["next"] == "is taken back by the next fetch"
    ran = run("fetch")
    assert (ran.code, busy.public(SORRY)) == (0, [])
    assert "Reply 1 was taken back, as somebody had asked." in ran.err


def test_undo_of_what_is_not_ours(busy: Desk, run: Runner) -> None:
    """A draft and an unknown id are refused; nothing is asked of the channel."""
    busy.draft(ANA, SORRY)
    assert run("outbox", "undo", "1", "-y").code == 1
    assert run("outbox", "undo", "9", "-y").code == 1
    assert busy.channel.calls.count("delete") == 0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was asked to open."""
    pages: list[str] = []

    def note(url: str) -> bool:
        pages.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", note)
    return pages


@pytest.fixture
def stranger(desk: Desk) -> Desk:
    """A desk whose only wait is that of somebody who names us in the leading run alone."""
    first = desk.write("ana", "@acme thanks")
    desk.write("bo", "@ana @acme mine is broken", in_reply_to=first.native_id)
    desk.fetch()
    return desk


def test_browser(stranger: Desk, run: Runner, opened: list[str]) -> None:
    """Where the channel may refuse, `b` opens its own page with the text; nothing is sent."""
    number = stranger.store.reading.search(stranger.brand_id, "mine", 1)[0]
    ran = run("reply", number.native_id, "Sorry, Bo & Ana!", tty=True, keys="b\n")
    assert ran.code == 0
    assert "y send, b browser, e edit" in ran.out
    assert opened == [
        f"https://memory.invalid/intent/post?in_reply_to={number.native_id}&text={ENCODED}"
    ]
    assert "the next fetch finds it and ends the wait" in ran.err
    assert stranger.channel.attempts == []
    assert _reply(stranger).state is ReplyState.DRAFT


def test_no_browser_where_none_is_needed(busy: Desk, run: Runner, opened: list[str]) -> None:
    """A plain answer has no such choice, and `b` does nothing."""
    ran = run("reply", "3", SORRY, tty=True, keys="b\nq\n")
    assert "browser" not in ran.out
    assert opened == []
    assert busy.channel.attempts == []


def test_scripts_get_the_link(stranger: Desk, run: Runner) -> None:
    """-y does not send where the channel may refuse; the link is in the message."""
    number = stranger.store.reading.search(stranger.brand_id, "mine", 1)[0]
    ran = run("reply", number.native_id, "Sorry!", "-y")
    assert ran.code == 1
    assert "intent/post?in_reply_to=" in ran.err
    assert "--force" in ran.err
    assert run("drafts", "send", "1", "-y", "--force").code == 0


def test_refused_by_the_channel(busy: Desk, run: Runner) -> None:
    """X says no all the same: failed with its words, and the same link."""
    words = "Reply to this conversation is not allowed because you have not been mentioned."
    busy.channel.fate_next(PostOutcome(Fate.REFUSED, detail=words))
    ran = run("reply", "3", SORRY, "-y")
    assert ran.code == 1
    assert words.rstrip(".") in ran.err
    assert "Answer in a browser: https://memory.invalid/intent/post?in_reply_to=" in ran.err
    assert (_reply(busy).state, _reply(busy).detail) == (ReplyState.FAILED, words)


def test_somebody_answers_while_one_is_asked(
    busy: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the moment of sending the thread is looked at again: the person is asked once more."""
    answers = iter(["y", "p"])

    def slowly(_question: str, _default: str) -> str:
        busy.now += MINUTE
        if not busy.public("@ana we wrote you"):
            mention = busy.store.reading.thread(ANA)[0].native_id
            busy.write("acme", "@ana we wrote you", in_reply_to=mention)
        return next(answers)

    monkeypatch.setattr("triage.cli.reply.ask", slowly)
    ran = run("reply", "3", SORRY, tty=True)
    assert ran.code == 0
    assert "Something happened while you were asked:" in ran.err
    assert "@acme has replied meanwhile" in ran.err
    assert busy.public(SORRY) == []


def test_not_looked(busy: Desk, run: Runner) -> None:
    """-y goes on without the look, with a warning that says how old the grounds are."""
    busy.now += 4 * MINUTE
    busy.channel.fail_next("lookup", NetworkDown("X could not be reached"))
    ran = run("reply", "3", SORRY, "-y")
    assert ran.code == 0
    assert ran.err.startswith(
        "Memory could not be asked about the thread (X could not be reached); as known 4m ago."
    )
    assert len(busy.public(SORRY)) == 1
