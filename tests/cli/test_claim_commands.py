"""Claims as two agents at two terminals see them."""

from __future__ import annotations

import json

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.app import claiming
from triage.app.assigning import assign
from triage.core.claims import LEASE, Claim
from triage.core.model import HOUR, MINUTE
from triage.core.outbox import ReplyState

ANA, BO, FINN = 3, 4, 6
TEXT = "Sorry Ana! It will be with you tomorrow before noon."


def taken(desk: Desk, agent: str, number: int = ANA, lease: int = LEASE) -> Claim:
    """Somebody else claims a conversation, at their terminal."""
    return claiming.claim(desk.store, desk.conversation(number), agent, desk.now, lease)


def held(desk: Desk, number: int = ANA) -> Claim | None:
    """Who is at it now."""
    return desk.store.claims.get(number, desk.now)


@pytest.fixture
def claimed(busy: Desk) -> Desk:
    """Bo is at what ana wrote since three minutes; carla has a draft for finn."""
    taken(busy, "bo")
    busy.draft(FINN, "On it, Finn.", agent="carla")
    busy.now += 3 * MINUTE
    return busy


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.usefixtures("claimed")
def test_queue(run: Runner, width: int) -> None:
    """Who is at it stands beside the clock: whoever claimed it, else whoever has a draft."""
    assert_golden(f"queue-claimed-{width}", run("queue", tty=True, width=width).out)


@pytest.mark.usefixtures("claimed")
def test_queue_for_scripts(run: Runner) -> None:
    """`assignee` is the holder of a live claim, else the writer of a draft, else empty."""
    items = json.loads(run("queue", "--json").out)["items"]
    assert {i["id"]: i["assignee"] for i in items} == {ANA: "bo", FINN: "carla", BO: ""}
    assert [line.split("\t")[12] for line in run("queue").out.splitlines()] == ["bo", "carla", ""]


def test_a_claim_that_ended_is_not_shown(claimed: Desk, run: Runner) -> None:
    """Nobody's name stays on a customer because somebody went home."""
    claimed.now += 12 * MINUTE - 1
    assert "✎ bo" in run("queue", tty=True).out
    claimed.now += 1
    assert "✎ bo" not in run("queue", tty=True).out
    assert json.loads(run("show", "3", "--json").out)["items"][0]["claim"] is None


def test_mine_and_unclaimed(claimed: Desk, run: Runner) -> None:
    """What I am at, and what nobody is at; the counts are of these alone."""
    assert run("queue", "--mine").out == ""
    assert "Nobody like that is waiting." in run("queue", "--mine", tty=True).err
    taken(claimed, "ana", BO)
    assert [line.split("\t")[0] for line in run("queue", "--mine").out.splitlines()] == [str(BO)]
    assert run("queue", "--unclaimed").out == ""
    claimed.now += HOUR
    shown = run("queue", "--unclaimed", "-L", "1", tty=True)
    assert "2 waiting" in shown.out
    assert "1 more: triage queue --unclaimed -L 2" in shown.err


@pytest.mark.parametrize("width", [60, 80, 120])
def test_show(claimed: Desk, run: Runner, width: int) -> None:
    """Who is at it and until when; a second agent is told in so many words."""
    claimed.draft(ANA, TEXT)
    ran = run("show", "3", tty=True, width=width)
    assert_golden(f"show-claimed-{width}", ran.out)
    assert ran.err == "bo has been at #3 for 3m (until 09:15).\n"


def test_show_for_scripts(claimed: Desk, run: Runner) -> None:
    """The claim is an object; its holder is not warned of themselves."""
    ran = run("show", "3", "--json")
    assert json.loads(ran.out)["items"][0]["claim"] == {
        "agent": "bo",
        "claimed_at": "2026-03-02T09:00:00Z",
        "until_at": "2026-03-02T09:15:00Z",
        "taken_from": None,
    }
    assert ran.err == "bo has been at #3 for 3m (until 09:15).\n"
    taken(claimed, "ana", BO)
    assert run("show", "4").err == ""


def test_claim(busy: Desk, run: Runner) -> None:
    """For a quarter of an hour or as told; the way back is named."""
    ran = run("claim", "3", tty=True, width=100)
    assert ran.err == "#3 is yours for 15m.      back: triage release 3\n"
    busy.now += MINUTE
    [item] = json.loads(run("claim", "3", "--for", "1h", "--json").out)["items"]
    assert item == {
        "id": 3,
        "agent": "ana",
        "claimed_at": "2026-03-02T09:00:00Z",
        "until_at": "2026-03-02T10:01:00Z",
        "taken_from": None,
    }
    assert run("claim", "3", "--for", "10m").code == 0
    now = held(busy)
    assert now is not None
    assert now.until_at == busy.now + 10 * MINUTE
    assert run("release", "3", tty=True).err == "#3 is free again.\n"
    assert held(busy) is None
    assert run("release", "3").code == 1


def test_the_lease_of_the_configuration(
    busy: Desk, run: Runner, home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`[reply] lease` says how long; without any configuration a claim works all the same."""
    path = busy.folder.parents[2] / ".config" / "triage" / "config.toml"
    assert str(path).startswith(str(home))
    path.write_text(path.read_text() + '[reply]\nlease = "40m"\n')
    assert run("claim", "3", tty=True, width=100).err.startswith("#3 is yours for 40m.")
    path.unlink()
    monkeypatch.setenv("TRIAGE_AGENT", "ana")
    assert run("claim", "3", tty=True, width=100).err.startswith("#3 is yours for 15m.")


@pytest.mark.parametrize("span", ["0m", "25h", "9d", "soon", "-1h"])
def test_no_lease_for_good(busy: Desk, run: Runner, span: str) -> None:
    """A claim that would not end by itself is none."""
    ran = run("claim", "3", f"--for={span}")
    assert ran.code == 2
    assert "--for" in ran.err
    assert held(busy) is None


def test_claimed_by_somebody_else(claimed: Desk, run: Runner) -> None:
    """It says who, since when, until when, and how to take it over; that is explicit."""
    ran = run("claim", "3")
    assert ran.code == 1
    assert "bo has been at #3 for 3m (until 09:15)." in ran.err
    assert "triage claim 3 --take" in ran.err
    assert "claimed by bo, not by you" in run("release", "3").err
    over = run("claim", "3", "--take", tty=True, width=100)
    assert over.err == "#3 is yours for 15m; it was bo's.      back: triage release 3\n"
    log = json.loads(run("log", "3", "--json").out)["items"]
    assert [(a["agent"], a["what"], a["before"], a["after"]) for a in log] == [
        ("bo", "claim", None, None),
        ("ana", "claim", "bo", "ana"),
    ]
    assert "claim, bo to ana, for 15m" in run("log", "3", tty=True, width=100).out
    assert claimed.store.claims.get(ANA, claimed.now) is not None


def test_many_at_once(claimed: Desk, run: Runner) -> None:
    """What the queue prints can be piped in; one that fails does not keep the others."""
    ran = run("claim", "-", keys=run("queue").out)
    assert ran.code == 1
    assert "3: bo has been at #3" in ran.err
    found = {n: held(claimed, n) for n in (ANA, BO, FINN)}
    assert {n: c.agent for n, c in found.items() if c} == {ANA: "bo", BO: "ana", FINN: "ana"}


def test_reply_by_a_script(claimed: Desk, run: Runner) -> None:
    """Refused with the reason, the text kept; --force sends, and takes it over."""
    ran = run("reply", "3", TEXT, "-y")
    assert ran.code == 1
    assert "bo has been at #3 for 3m (until 09:15)." in ran.err
    assert "The text is kept as reply 2." in ran.err
    assert claimed.channel.attempts == []
    assert run("drafts", "send", "2", "-y").code == 1
    assert run("drafts", "send", "2", "-y", "--force").code == 0
    assert len(claimed.public(TEXT)) == 1
    assert held(claimed) is None


def test_reply_on_a_terminal(claimed: Desk, run: Runner) -> None:
    """Told before the question; whoever says y goes on, and has taken it over."""
    ran = run("reply", "3", TEXT, tty=True, keys="p\n")
    assert "bo has been at #3 for 3m (until 09:15)." in ran.err
    assert held(claimed) == Claim(ANA, "bo", claimed.now - 3 * MINUTE, claimed.now + 12 * MINUTE)
    assert run("drafts", "send", "2", tty=True, keys="y\n").code == 0
    log = json.loads(run("log", "3", "--json").out)["items"]
    assert [(a["what"], a["agent"]) for a in log] == [
        ("claim", "bo"),
        ("claim", "ana"),
        ("reply", "ana"),
    ]


def test_beginning_claims(busy: Desk, run: Runner) -> None:
    """Who is asked whether to send is at it; a script that just sends is not, nor who cancels."""
    run("reply", "3", TEXT, tty=True, keys="p\n")
    now = held(busy)
    assert now is not None
    assert (now.agent, now.until_at) == ("ana", busy.now + LEASE)
    run("reply", "4", TEXT, tty=True, keys="q\n")
    assert held(busy, BO) is None
    run("reply", "6", TEXT)
    assert held(busy, FINN) is None


def test_claimed_between_the_question_and_the_answer(
    busy: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one thinks another takes over: nothing leaves, and the reason is said."""

    def think(question: str, default: str) -> str:
        del question, default
        mine = busy.store.claims.get(ANA, busy.now)
        talk = busy.conversation(ANA)
        claiming.claim(busy.store, talk, "bo", busy.now, LEASE, over=mine)
        return "y"

    monkeypatch.setattr("triage.cli.reply.ask", think)
    ran = run("reply", "3", TEXT, tty=True, keys="y\n")
    assert ran.code == 1
    words = " ".join(ran.err.split())
    assert "Reply 1 is held: bo has taken the conversation over from ana." in words
    assert "triage drafts send 1" in words
    assert busy.channel.attempts == []
    reply = busy.store.outbox.get(1)
    assert reply is not None
    assert (reply.state, reply.text) == (ReplyState.HELD, TEXT)


def test_a_reply_on_its_way_is_told(busy: Desk, run: Runner) -> None:
    """Bo's reply is queued: ana is told before she sends a second."""
    from triage.app import replying
    from triage.core.channel import Fate, PostOutcome

    draft = busy.draft(ANA, TEXT)
    second = busy.draft(ANA, "We are on it.", agent="bo")
    busy.channel.fate_next(PostOutcome(Fate.NOT_SENT, detail="no route"))
    replying.send(busy.sender, second.id)
    ran = run("drafts", "send", str(draft.id), "-y")
    assert ran.code == 1
    assert "Reply 2 of bo there is queued, not sent yet." in ran.err


def test_whose_answer_it_is(busy: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who presses send is credited; the writer stands beside it in the lists for scripts."""
    busy.draft(ANA, TEXT)
    monkeypatch.setenv("TRIAGE_AGENT", "bo")
    assert run("drafts", "send", "1", "-y").code == 0
    [item] = json.loads(run("outbox", "list", "--all", "--json").out)["items"]
    assert (item["agent"], item["written_by"]) == ("bo", "ana")


def test_the_next_of_the_queue(busy: Desk, run: Runner) -> None:
    """Without an ID it is the first that nobody is at: its line, and what to type then."""
    ran = run("claim", tty=True, width=80)
    assert ran.code == 0
    assert "@bo" not in ran.out
    assert "@ana" in ran.out
    assert ran.err == "#3 is yours for 15m.      next: triage reply 3\n"
    assert held(busy) == Claim(ANA, "ana", busy.now, busy.now + LEASE)
    line = run("claim", "--for", "1h")
    assert line.out.split("\t")[0] == str(FINN)
    assert line.out.split("\t")[12] == "ana"
    assert held(busy, FINN) == Claim(FINN, "ana", busy.now, busy.now + HOUR)
    log = [(a.what, a.conversation_id, a.detail) for a in busy.store.activity.log(1, None, 2)]
    assert log == [("claim", ANA, "for 15m"), ("claim", FINN, "for 1h")]


def test_the_next_for_scripts(busy: Desk, run: Runner) -> None:
    """The line of the queue and the claim in one; nothing is a valid answer."""
    taken(busy, "bo")
    (item,) = json.loads(run("claim", "--json").out)["items"]
    assert (item["id"], item["agent"], item["assignee"]) == (FINN, "ana", "ana")
    assert (item["kind"], item["until_at"]) == ("complaint", "2026-03-02T09:15:00Z")
    assert json.loads(run("claim", "--json").out)["items"][0]["id"] == BO
    ran = run("claim", "--json")
    assert (ran.code, json.loads(ran.out)["items"], ran.err) == (0, [], "")
    ran = run("claim", "--exit-code")
    assert (ran.code, ran.out) == (3, "")
    ran = run("claim", tty=True)
    assert (ran.code, ran.out, ran.err) == (0, "", "Nobody waits whom nobody is at.\n")


@pytest.mark.parametrize("words", [("--take",), ("3", "--exit-code")])
@pytest.mark.usefixtures("busy")
def test_what_makes_no_sense_of_a_claim(run: Runner, words: tuple[str, ...]) -> None:
    """Said before anything is claimed."""
    ran = run("claim", *words)
    assert ran.code == 2


def test_what_is_somebody_elses(busy: Desk, run: Runner) -> None:
    """Left to them until it is overdue; then, or if asked for, taken, and whose it is is told."""
    for number in (ANA, BO, FINN):
        assign(busy.store, busy.conversation(number), "bo", "bo", busy.now)
    ran = run("claim", tty=True, width=100)
    assert ran.err.startswith("#3 is yours for 15m; it is assigned to bo.")
    ran = run("claim", tty=True, width=100)
    assert ran.out == ""
    assert ran.err == (
        "Nobody waits whom nobody is at. What is somebody else's: triage claim --any\n"
    )
    assert run("claim", "--exit-code").code == 3
    ran = run("claim", "--any", tty=True, width=100)
    assert ran.err.startswith("#6 is yours for 15m; it is assigned to bo.")
    assert run("claim", "4", tty=True, width=100).err.startswith(
        "#4 is yours for 15m; it is assigned to bo."
    )
    assert run("claim", "4", "--any").code == 2
