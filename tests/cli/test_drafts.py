"""`triage drafts`: what was typed is listed, shown, sent once, or given up."""

from __future__ import annotations

import json

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.app import replying
from triage.core.channel import Fate, PostOutcome
from triage.core.model import HOUR, MINUTE, Role
from triage.core.outbox import ReplyState
from triage.errors import NetworkDown

ANA, BO, FINN = 3, 4, 6
SORRY = "Sorry Ana! It will be with you tomorrow before noon."


def _state(desk: Desk, number: int) -> ReplyState:
    reply = desk.store.outbox.get(number)
    assert reply is not None
    return reply.state


def test_list(busy: Desk, run: Runner) -> None:
    """All that did not go out, in words, with the way on; bare `drafts` lists too."""
    busy.draft(ANA, SORRY)
    refused = busy.draft(BO, "Yes, from ten to six.")
    busy.channel.fate_next(PostOutcome(Fate.REFUSED, detail="You are not allowed to do this"))
    replying.send(busy.sender, refused.id)
    ran = run("drafts", tty=True)
    assert ran.code == 0
    assert "next: triage drafts send 1" in ran.err
    for width in (40, 60, 80, 120):
        assert_golden(f"drafts-{width}", run("drafts", "list", tty=True, width=width).out)
    items = json.loads(run("drafts", "--json").out)["items"]
    assert [(i["id"], i["state"], i["conversation"]) for i in items] == [
        (1, "draft", ANA),
        (2, "failed", BO),
    ]
    assert run("drafts", "list").out == run("drafts").out
    assert len(run("drafts").out.splitlines()) == 2


@pytest.mark.usefixtures("busy")
def test_no_draft(run: Runner) -> None:
    """Nothing to list is a success, with a sentence on a terminal."""
    assert run("drafts") == (0, "", "")
    assert run("drafts", tty=True).err == "There is no draft.\n"
    assert json.loads(run("drafts", "--json").out)["items"] == []


def test_show(busy: Desk, run: Runner) -> None:
    """The whole text, to whom, in which state, and what can be done with it."""
    busy.draft(ANA, "Sorry Ana!\n\nIt will be with you tomorrow.")
    ran = run("drafts", "show", "1", tty=True)
    assert_golden("drafts-show-80", ran.out + ran.err)
    assert json.loads(run("drafts", "show", "1", "--json").out)["items"][0]["text"] == (
        "Sorry Ana!\n\nIt will be with you tomorrow."
    )
    assert run("drafts", "show", "9").code == 1


def test_send_by_script(busy: Desk, run: Runner) -> None:
    """-y sends once; the line says which wait it ended and how that stands to the promise."""
    busy.draft(ANA, SORRY)
    ran = run("drafts", "send", "1", "-y", tty=True, width=120)
    assert ran.code == 0
    url = next(iter(busy.public(SORRY))).url
    assert ran.out == f"Sent  {url}     #3 answered after 3h (SLA 1h: missed)\n"
    assert ran.err == f"next: triage reply {FINN}\n"
    assert len(busy.channel.attempts) == 1
    again = run("drafts", "send", "1", "-y")
    assert again.code == 1
    assert "Reply 1 cannot be sent: sent." in again.err
    assert len(busy.channel.attempts) == 1


def test_send_json(busy: Desk, run: Runner) -> None:
    """A script learns the id, the address, and the figures in seconds."""
    busy.draft(FINN, "On it, Finn.")
    [item] = json.loads(run("drafts", "send", "1", "-y", "--json").out)["items"]
    assert (item["state"], item["conversation"], item["is_met"]) == ("sent", FINN, True)
    assert (item["answered_s"], item["sla_s"]) == (600, 3600)
    assert item["url"] == busy.public("On it, Finn.")[0].url


def test_send_asks(busy: Desk, run: Runner) -> None:
    """On a terminal the text is shown first, and nothing but y sends it."""
    busy.draft(ANA, SORRY)
    for keys in ("q\n", "\n", "", "x\n"):
        ran = run("drafts", "send", "1", tty=True, keys=keys)
        assert ran.code == 0
        assert "Not sent; the text is kept as reply 1." in ran.err
        assert _state(busy, 1) is ReplyState.DRAFT
    assert_golden("drafts-send-80", ran.out)
    assert busy.channel.attempts == []
    assert run("drafts", "send", "1", tty=True, keys="y\n").code == 0
    assert _state(busy, 1) is ReplyState.SENT


@pytest.mark.parametrize("words", [(), ("--no-input",), ("--json",)])
def test_send_never_without_a_word(busy: Desk, run: Runner, words: tuple[str, ...]) -> None:
    """Where nobody can be asked, nothing goes out, and the flag that would is named."""
    busy.draft(ANA, SORRY)
    ran = run("drafts", "send", "1", *words, tty=words == ("--no-input",))
    assert ran.code == 2
    assert "triage drafts send 1 -y" in ran.err
    assert busy.channel.attempts == []


def test_soft_guard(busy: Desk, run: Runner) -> None:
    """Somebody answered meanwhile: a script is refused unless --force, a person is told."""
    busy.draft(ANA, SORRY)
    busy.now += MINUTE
    mention = next(m for m in busy.store.reading.thread(ANA) if m.role is Role.MENTION)
    busy.write("acme", "@ana we are on it", in_reply_to=mention.native_id)
    busy.fetch()
    ran = run("drafts", "send", "1", "-y")
    assert ran.code == 1
    assert "@acme has replied meanwhile: @ana we are on it" in ran.err
    assert "--force" in ran.err
    asked = run("drafts", "send", "1", tty=True, keys="q\n")
    assert "@acme has replied meanwhile" in asked.err
    assert busy.channel.attempts == []
    assert run("drafts", "send", "1", "-y", "--force").code == 0
    assert _state(busy, 1) is ReplyState.SENT


def test_hard_guards(busy: Desk, run: Runner) -> None:
    """Too long, or the post is gone: refused with --force too, and the text is kept."""
    busy.draft(ANA, "x" * 291)
    ran = run("drafts", "send", "1", "-y", "--force")
    assert ran.code == 1
    assert "291/280, 11 too many." in ran.err
    assert "kept as reply 1" in ran.err
    mention = busy.store.reading.thread(BO)[0]
    busy.draft(BO, "Yes")
    busy.channel.remove(mention.native_id)
    ran = run("drafts", "send", "2", "-y", "--force")
    assert "The post was deleted by its author." in ran.err
    assert busy.channel.attempts == []


@pytest.mark.parametrize(
    ("outcome", "code", "state", "words"),
    [
        (PostOutcome(Fate.REFUSED, detail="duplicate content"), 1, ReplyState.FAILED, "refused"),
        (
            PostOutcome(Fate.REFUSED, detail="Unauthorized", sign_in=True),
            4,
            ReplyState.FAILED,
            "the credentials were not accepted: Unauthorized",
        ),
        (PostOutcome(Fate.NOT_SENT, detail="no route"), 75, ReplyState.QUEUED, "never left"),
        (
            PostOutcome(Fate.UNKNOWN, detail="the connection broke"),
            5,
            ReplyState.UNKNOWN,
            "triage outbox settle 1",
        ),
    ],
)
def test_send_fails(
    busy: Desk, run: Runner, outcome: PostOutcome, code: int, state: ReplyState, words: str
) -> None:
    """Each fate has its exit code, and its message says what becomes of the text."""
    busy.draft(ANA, SORRY)
    busy.channel.fate_next(outcome)
    ran = run("drafts", "send", "1", "-y", "--json")
    assert ran.code == code
    assert words in ran.err
    assert _state(busy, 1) is state
    assert json.loads(ran.out)["items"][0]["state"] == state.value


def test_unknown_is_locked(busy: Desk, run: Runner) -> None:
    """What may be public is not sent again, neither it nor the same words to the same post."""
    busy.draft(ANA, SORRY)
    busy.channel.fate_next(Fate.UNKNOWN, accepted=True)
    run("drafts", "send", "1", "-y")
    assert "triage outbox settle 1" in run("drafts", "send", "1", "-y", "--force").err
    busy.draft(ANA, SORRY + " ")
    ran = run("drafts", "send", "2", "-y", "--force")
    assert ran.code == 1
    assert "Reply 1 with the same text is unknown." in ran.err
    assert len(busy.channel.attempts) == 1


def test_failed_can_be_sent_later(busy: Desk, run: Runner) -> None:
    """A refusal keeps the text; when it is mended the same reply goes out."""
    busy.draft(ANA, SORRY)
    busy.channel.fate_next(PostOutcome(Fate.REFUSED, detail="not permitted"))
    run("drafts", "send", "1", "-y")
    busy.now += HOUR
    assert run("drafts", "send", "1", "-y").code == 0
    assert len(busy.public(SORRY)) == 1


def test_drop(busy: Desk, run: Runner) -> None:
    """A dropped reply is never sent; its text can still be seen."""
    busy.draft(ANA, SORRY)
    assert run("drafts", "drop", "1", tty=True).err == (
        "Reply 1 is given up; it will not be sent.\n"
    )
    assert _state(busy, 1) is ReplyState.CANCELLED
    assert run("drafts").out == ""
    assert run("drafts", "send", "1", "-y").code == 1
    assert run("drafts", "drop", "1").code == 1
    assert SORRY in run("outbox", "list", "--all").out
    assert busy.channel.attempts == []


def test_hostile_text(busy: Desk, run: Runner) -> None:
    """A draft with escapes, and a channel's hostile words, reach the screen as plain text."""
    busy.draft(ANA, "Sorry \x1b]52;c;x\x07 [b]Ana[/x]")
    busy.channel.fate_next(PostOutcome(Fate.REFUSED, detail="no \x1b[2J"))
    sent = run("drafts", "send", "1", tty=True, keys="y\n")
    for ran in (sent, run("drafts", "show", "1", tty=True), run("drafts", tty=True)):
        assert "\x1b" not in ran.out + ran.err
        assert "\x07" not in ran.out + ran.err


def test_reading_fails_before_anything_is_sent(busy: Desk, run: Runner) -> None:
    """A store that lacks the reply, or a number that is none."""
    assert run("drafts", "send", "x", "-y").code == 2
    assert run("drafts", "send", "7", "-y").code == 1
    busy.channel.fail_next("post", NetworkDown("unused"))
    assert busy.channel.attempts == []
