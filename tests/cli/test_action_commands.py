"""Actions as a support person and a script see them: from the first word to who was told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from builders import Desk
from screens import Ran, Runner, assert_golden
from triage.app.theming import say_theme
from triage.core.channel import Fate, PostOutcome
from triage.core.model import DAY, HOUR, MINUTE

ANA, BO, CARLOS, FINN, MAL = 3, 4, 2, 6, 7
TITLE = "Refunds now within 3 days"
TEXT = "Hi {{ customer.first_name }}, you said it, we did it: {{ action.title }}."
EVIL = "@acme \x1b[2J\x9b1mmy \u202erefund [link=https://x]never[/x] came\x07"


@pytest.fixture
def asked(busy: Desk, home: Path) -> Desk:
    """Five people have raised refunds, one of them with a hostile text; no pause between two."""
    config = home / ".config" / "triage" / "config.toml"
    config.write_text(config.read_text() + '[tell]\npause = "0s"\n')
    busy.write("mal", EVIL)
    busy.now += MINUTE
    busy.fetch()
    for number in (ANA, BO, CARLOS, FINN, MAL):
        say_theme(busy.store, busy.conversation(number), "refund", "ana", busy.now)
    return busy


@pytest.fixture
def added(asked: Desk, run: Runner) -> Desk:
    """An action is noted."""
    ran = run("action", "add", TITLE, "--theme", "refund", "--since", "2026-03-01")
    assert ran.code == 0, ran.err
    asked.now += MINUTE
    return asked


@pytest.fixture
def drafted(added: Desk, run: Runner) -> Desk:
    """It is done, and a message is drafted for each."""
    for words in (("action", "done", "1"), ("action", "tell", "1", "--text", TEXT)):
        ran = run(*words)
        assert ran.code == 0, ran.err
        added.now += MINUTE
    return added


@pytest.fixture
def approved(drafted: Desk, run: Runner) -> Desk:
    """Each was read and let pass."""
    ran = run("action", "review", "1", tty=True, keys="y\n" * 5)
    assert ran.code == 0, ran.err
    drafted.now += MINUTE
    return drafted


def items(ran: Ran) -> list[dict[str, object]]:
    """What JSON says."""
    found: list[dict[str, object]] = json.loads(ran.out)["items"]
    return found


def public(desk: Desk) -> list[str]:
    """What we have said of it, in order."""
    ours = [p for p in desk.channel.posts.values() if p.author.handle == "acme"]
    return [p.text for p in ours if "we did it" in p.text]


def test_add(asked: Desk, run: Runner) -> None:
    """What, about what, since when, whose and until when; the way on is named."""
    ran = run(
        *("action", "add", f"  {TITLE} ", "--theme", "Refund", "--since", "2026-03-01"),
        *("--owner", "@bo", "--due", "2026-03-09"),
        tty=True,
        width=120,
    )
    assert ran.err == (
        "Action 1 is noted; 5 people have raised refund since 2026-03-01."
        "      when it is done: triage action done 1\n"
    )
    [item] = items(run("action", "list", "--json"))
    assert item == {
        "id": 1,
        "state": "open",
        "theme": "refund",
        "title": TITLE,
        "owner": "bo",
        "since_at": "2026-03-01T00:00:00Z",
        "due_at": "2026-03-10T00:00:00Z",
        "done_at": None,
        "dropped_at": None,
        "raised": 5,
        "told": 0,
        "created_at": "2026-03-02T09:01:00Z",
        "created_by": "ana",
    }
    asked.now += 8 * DAY
    assert items(run("action", "--json"))[0]["state"] == "overdue"


@pytest.mark.parametrize("width", [60, 80])
def test_screens(added: Desk, run: Runner, width: int) -> None:
    """The list, one of them, and who can be told, in full before it is done."""
    run("action", "edit", "1", "--owner", "bo", "--due", "2026-03-09")
    added.now += DAY
    shown = [
        run("action", tty=True, width=width).out,
        run("action", "show", "1", tty=True, width=width).out,
        run("action", "tell", "1", "--within", "25h", tty=True, width=width).out,
    ]
    assert_golden(f"action-{width}", "\n".join(shown))


def test_from_the_draft_to_the_report(approved: Desk, run: Runner) -> None:
    """Sent after one more question, and then it shows who was told and what they say."""
    sent = run("action", "send", "1", tty=True, keys="y\n")
    assert sent.code == 0, sent.err
    assert_golden("action-send-80", sent.out + sent.err)
    assert public(approved) == [
        f"Hi {name}, you said it, we did it: {TITLE}."
        for name in ("Carlos", "Ana", "Bo", "Finn", "Mal")
    ]
    assert_golden("action-report-early-80", run("action", "report", "1", tty=True).out)
    approved.now += 2 * DAY
    ran = run("action", "report", "1", tty=True)
    assert "begin less than a day before it was done" in ran.out


def test_report(asked: Desk, run: Runner) -> None:
    """Complaints by week, before and after, as long on both sides; and how people answered."""

    def complain(who: str) -> None:
        post = asked.write(who, f"@acme my refund never came, says {who}")
        asked.now += MINUTE
        asked.fetch()
        say_theme(asked.store, asked.conversation(post.native_id), "refund", "ana", asked.now)

    run("action", "add", TITLE, "--theme", "refund", "--since", "2026-03-01")
    for day in range(1, 10):
        asked.now += DAY
        complain(f"early{day}")
    run("action", "done", "1")
    run("action", "tell", "1", "--text", TEXT)
    run("action", "review", "1", tty=True, keys="y\n" * 13 + "s\n")
    asked.now += MINUTE
    assert run("action", "send", "1", "-y").code == 0
    for who, text in (("ana", "thanks, that was quick!"), ("bo", "it is still broken")):
        name = who.title()
        ours = next(p for p in asked.channel.posts.values() if f"Hi {name}," in p.text)
        asked.write(who, f"@acme {text}", in_reply_to=ours.native_id)
        asked.now += MINUTE
    asked.now += 8 * DAY
    complain("late")
    assert_golden("action-report-80", run("action", "report", "1", tty=True).out)
    [item] = items(run("action", "report", "1", "--json"))
    assert item["told"] == {"told": 13, "skipped": 1}
    assert item["answered"] == {"praise": 1, "complaint": 1}
    assert (item["complaints_before"], item["complaints_after"]) == (8, 1)
    rows = [row.split("\t") for row in run("action", "report", "1").out.splitlines()]
    assert [(row[0], row[4]) for row in rows] == [("-2", "1"), ("-1", "7"), ("1", "0"), ("2", "1")]
    assert run("action", "report", "1", "--csv").out.startswith("week,from_at,to_at,mentions")


def test_review(drafted: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """One by one: pass, later, skip, edit, stop; what they wrote stands beside it, cleaned."""
    editor = home / "editor"
    editor.write_text('#!/bin/sh\nprintf "Hi Finn, sorry, and we did it." > "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("TRIAGE_EDITOR", str(editor))
    ran = run("action", "review", "1", tty=True, keys="y\nn\ns\ne\ny\nq\n")
    assert_golden("action-review-80", ran.out + ran.err)
    assert "\x1b" not in ran.out
    states = {str(r["customer"]): r["state"] for r in items(run("action", "tell", "1", "--json"))}
    assert states == {
        "carlos": "approved",
        "ana": "to review",
        "bo": "skipped",
        "finn": "approved",
        "mal": "to review",
    }
    assert "go on: triage action review 1" in ran.err
    assert run("action", "send", "1", "-y").code == 0
    assert public(drafted) == [
        f"Hi Carlos, you said it, we did it: {TITLE}.",
        "Hi Finn, sorry, and we did it.",
    ]


def test_thought_better_of(approved: Desk, run: Runner) -> None:
    """Who reads once more what was let pass may take that back; nothing else changes."""
    ran = run("action", "review", "1", "--all", tty=True, keys="y\nn\nq\n")
    assert "ana has let it pass; n takes that back." in ran.err
    states = [r["state"] for r in items(run("action", "tell", "1", "--json"))]
    assert states == ["approved", "to review", "approved", "approved", "approved"]
    assert run("action", "send", "1", "-y").code == 0
    assert len(public(approved)) == 4


def test_review_for_scripts(drafted: Desk, run: Runner) -> None:
    """In a pipe what is to be read; by name what was read elsewhere."""
    rows = [line.split("\t") for line in run("action", "review", "1").out.splitlines()]
    assert [row[1] for row in rows] == ["carlos", "ana", "bo", "finn", "mal"]
    first, second, *_ = [row[0] for row in rows]
    done = items(run("action", "review", "1", "--approve", first, "--skip", second, "--json"))
    assert [(d["customer"], d["state"]) for d in done] == [
        ("carlos", "approved"),
        ("ana", "skipped"),
    ]
    assert run("action", "review", "1", "--approve", first, "--skip", first).code == 2
    assert run("action", "review", "1", "--approve", "99").code == 1
    assert run("action", "review", "1", "--skip", second).code == 1
    ran = run("action", "send", "1", "-y", "--json")
    assert [i["state"] for i in items(ran)] == ["sent"]
    assert len(public(drafted)) == 1
    again = run("action", "tell", "1", "--text", TEXT, "--skipped")
    assert [r.split("\t")[7] for r in again.out.splitlines()].count("to review") == 4


def test_too_long_does_not_pass(added: Desk, run: Runner) -> None:
    """Neither in a review on the screen nor by name."""
    run("action", "done", "1")
    run("action", "tell", "1", "--text", "{{ customer.handle }} " + "long " * 60)
    ran = run("action", "review", "1", tty=True, keys="y\nq\n")
    assert "too many" in ran.out
    assert "y let it pass" not in ran.out
    reply = run("action", "review", "1").out.split("\t")[0]
    refused = run("action", "review", "1", "--approve", reply)
    assert (refused.code, "cannot pass" in refused.err) == (2, True)
    del added


def test_nothing_unread_goes_out(drafted: Desk, run: Runner) -> None:
    """`send -y` without a review sends nothing, and says what is to be done; nor does a draft."""
    ran = run("action", "send", "1", "-y")
    assert (ran.code, ran.out) == (0, "")
    assert "5 wait for a review" in ran.err
    reply = run("action", "review", "1").out.split("\t")[0]
    refused = run("drafts", "send", reply, "-y", "--force")
    assert refused.code == 1
    assert "nobody has reviewed it" in refused.err
    assert public(drafted) == []


def test_nobody_can_be_asked(approved: Desk, run: Runner) -> None:
    """Without a terminal it wants -y; on one, no is the default."""
    assert run("action", "send", "1").code == 2
    ran = run("action", "send", "1", tty=True, keys="\n")
    assert "Nothing was sent." in ran.err
    assert public(approved) == []


def test_caps_and_pauses(
    approved: Desk, run: Runner, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the configuration says; the rest with the next run."""
    config = home / ".config" / "triage" / "config.toml"
    text = config.read_text().replace('pause = "0s"', 'pause = "3s"\nper_hour = 4\nper_run = 3')
    config.write_text(text)
    slept: list[float] = []
    monkeypatch.setattr("triage.cli.action_send.time", SimpleNamespace(sleep=slept.append))
    first = run("action", "send", "1", "-y", tty=True)
    assert slept == [3.0, 3.0]
    assert "3 told, 2 left. 3 go out in a run; the rest with the next." in first.err
    second = run("action", "send", "1", "-y", tty=True)
    assert "1 told, 1 left. 4 go out in an hour; run it again later." in second.err
    approved.now += HOUR
    assert len(run("action", "send", "1", "-y", "-L", "1").out.splitlines()) == 1
    assert len(public(approved)) == 5


@pytest.mark.parametrize(
    ("outcome", "code", "says"),
    [
        (PostOutcome(Fate.NOT_SENT, detail="no connection"), 75, "1 told, 3 left."),
        (PostOutcome(Fate.UNKNOWN, detail="the connection broke"), 5, "outbox settle"),
        (PostOutcome(Fate.REFUSED, detail="bad token", sign_in=True), 4, "auth status"),
        (PostOutcome(Fate.REFUSED, detail="not permitted"), 1, "1 of 5 were refused"),
    ],
)
def test_exit_codes(
    approved: Desk, run: Runner, outcome: PostOutcome, code: int, says: str
) -> None:
    """Those of a reply; a refused one keeps nobody else back."""
    approved.channel.fate_next(Fate.SENT)
    approved.channel.fate_next(outcome)
    ran = run("action", "send", "1", "-y")
    assert ran.code == code
    assert says in ran.err


@pytest.mark.usefixtures("drafted")
def test_a_drop_takes_along_what_has_not_left(run: Runner) -> None:
    """And says how much that is."""
    ran = run("action", "drop", "1", tty=True)
    assert ran.err == "Action 1 is given up. 5 messages will not go out.\n"


def test_done_edit_and_drop(drafted: Desk, run: Runner) -> None:
    """Each says what it did, and how many messages fit no more."""
    assert run("action", "edit", "1", "--title", "Refunds in two days", tty=True).err == (
        "Action 1 is changed.\n"
    )
    assert run("action", "edit", "1", "--not-done").code == 0
    ran = run("action", "done", "1", "--on", "2026-03-02", tty=True)
    assert "Action 1 is done since 2026-03-02; 0 people asked for it." in ran.err
    assert "5 messages were given up: whom they are to is concerned no more." in ran.err
    assert run("action", "drop", "1", tty=True).err == "Action 1 is given up.\n"
    assert items(run("action", "list", "--json")) == []
    assert items(run("action", "list", "--all", "--json"))[0]["state"] == "dropped"
    assert "nobody is told" in run("action", "show", "1", tty=True).err
    assert run("drafts", "list").out == ""
    assert "action 1, drop" in run("log").out
    del drafted


def test_holes_in_a_text(added: Desk, run: Runner) -> None:
    """Who lacks what the text asks for is listed with it, and gets no message."""
    run("action", "done", "1")
    run("customer", "set", str(ANA), "order=8841")
    ran = run("action", "tell", "1", "--text", "Order {{ attributes.order }} is paid.", tty=True)
    assert "Nothing was drafted for 4 of them" in ran.err
    assert "attributes.order has no" in ran.out
    assert [r["draft"] for r in items(run("action", "tell", "1", "--json"))].count(None) == 4
    assert run("action", "tell", "1", "--text", "{{ customer.handle").code == 1
    ran = run("action", "tell", "1", "--text", "The same for all.")
    assert "4 messages say the same, word for word" in ran.err
    del added


def test_a_template(added: Desk, run: Runner, home: Path) -> None:
    """Each gets it in their language, with what is noted of them and of the action."""
    folder = home / ".config" / "triage" / "templates"
    folder.mkdir()
    (folder / "done.txt").write_text(
        "Hi {{ customer.first_name }}: {{ action.title }}. {{ day }}\n"
    )
    (folder / "done.es.txt").write_text("Hola {{ customer.first_name }}: {{ action.title }}.\n")
    run("action", "done", "1")
    run("customer", "set", str(ANA), "language=es")
    assert run("action", "tell", "1", "-t", "none").code == 1
    assert run("action", "tell", "1", "-t", "done", "--text", TEXT).code == 2
    assert run("action", "tell", "1", "-t", "done", "--var", "day=Bye").code == 0
    drafts = {r["customer"]: r["draft"] for r in items(run("action", "tell", "1", "--json"))}
    assert drafts["ana"] == f"Hola Ana: {TITLE}."
    assert drafts["bo"] == f"Hi Bo: {TITLE}. Bye"
    del added


def test_a_text_from_a_file(added: Desk, run: Runner, tmp_path: Path) -> None:
    """Or from standard input's own name; what cannot be read is told."""
    run("action", "done", "1")
    file = tmp_path / "message.txt"
    file.write_text(f"{TEXT}\n")
    assert run("action", "tell", "1", "-F", str(file)).code == 0
    assert len(items(run("action", "review", "1", "--json"))) == 5
    file.write_bytes(b"\xff\xfe\x00")
    assert run("action", "tell", "1", "-F", str(file)).code == 2
    assert run("action", "tell", "1", "-F", str(tmp_path / "none")).code == 1
    del added


BAD: Sequence[tuple[tuple[str, ...], int, str]] = (
    (("add", " ", "--theme", "refund"), 2, "A title has 1 to 120 printable characters."),
    (("add", "x\x1b[2J", "--theme", "refund"), 2, "printable"),
    (("add", "x", "--theme", "no good"), 2, "no name for a theme"),
    (("add", "x", "--theme", "refund", "--since", "2031-01-01"), 2, "still to come"),
    (("add", "x", "--theme", "refund", "--since", "soon"), 2, "--since 'soon' is not"),
    (("add", "x", "--theme", "refund", "--due", "2026-02-31"), 2, "--due"),
    (("add", "x", "--theme", "refund", "--owner", " "), 2, "--owner: not a name"),
    (("show", "99"), 1, "There is no action 99."),
    (("edit", "1"), 2, "Nothing is to be changed."),
    (("edit", "1", "--owner", "bo", "--no-owner"), 2, "Give one"),
    (("done", "1", "--on", "2027-01-01"), 2, "in the future"),
    (("done", "1", "--on", "2020-01-01"), 2, "before the time from which on"),
    (("tell", "1", "--text", "Hello"), 1, "is not done yet"),
    (("tell", "1", "--text", " "), 2, "no text to draft"),
    (("tell", "1", "--text", "x", "-F", "y"), 2, "Both a --text and a --file"),
    (("tell", "1", "--skipped"), 2, "--skipped needs a text"),
    (("tell", "1", "--within", "0s"), 2, "--within"),
    (("tell", "99"), 1, "There is no action 99."),
    (("review", "99"), 1, "There is no action 99."),
    (("send", "1", "-y"), 1, "is not done yet"),
    (("send", "1", "-L", "0"), 2, "range"),
    (("report", "1"), 1, "is not done yet"),
    (("report", str(1 << 70)), 1, "There is no action"),
    (("review", "1", "--skip", str(1 << 70)), 1, "tells nobody of action 1"),
)
"""Words, the exit code, and what is said."""


@pytest.mark.usefixtures("added")
def test_bad_input(run: Runner) -> None:
    """Each says what is wrong and how to mend it, and changes nothing."""
    before = run("action", "--json").out
    for words, code, says in BAD:
        ran = run("action", *words)
        assert (ran.code, says in ran.err) == (code, True), (words, ran.err)
        assert "\x1b" not in ran.err
    assert run("action", "--json").out == before


@pytest.mark.usefixtures("busy")
def test_empty(run: Runner) -> None:
    """No action is an empty list, with a sentence where somebody reads."""
    assert run("action").out == ""
    assert "There is no action. Add one" in run("action", tty=True).err
    assert items(run("action", "--json")) == []


def test_a_hostile_post_stays_words(added: Desk, run: Runner) -> None:
    """On no screen and in no file a control character of theirs."""
    for words in (("tell", "1"), ("tell", "1", "--csv")):
        for tty in (False, True):
            ran = run("action", *words, tty=tty)
            assert not set(ran.out) & {"\x1b", "\x9b", "\u202e", "\x07"}
    del added


@pytest.mark.usefixtures("approved")
def test_whom_it_concerns_no_more_is_not_told(run: Runner) -> None:
    """Another theme gives up what was let pass, and says so."""
    ran = run("action", "edit", "1", "--theme", "outage")
    assert "5 messages were given up" in ran.err
    assert run("action", "send", "1", "-y").out == ""


@pytest.mark.usefixtures("drafted")
def test_another_text_does_not_replace_a_message(run: Runner) -> None:
    """What is drafted stays, and that is said; a text that cannot be read is refused."""
    before = items(run("action", "review", "1", "--json"))
    ran = run("action", "tell", "1", "--text", "Something else, {{ customer.handle }}.")
    assert "5 had a message before, which stays as it is" in ran.err
    assert items(run("action", "review", "1", "--json")) == before
    assert run("action", "tell", "1", "--text", "{{ broken").code == 1
    assert run("action", "tell", "1", "-t", "nosuch").code == 1


@pytest.mark.usefixtures("drafted")
def test_one_wrong_name_and_nothing_is_decided(run: Runner) -> None:
    """Names are looked at before anything is done."""
    first = items(run("action", "review", "1", "--json"))[0]["reply"]
    assert run("action", "review", "1", "--skip", str(first), "--skip", "999").code == 1
    assert len(items(run("action", "review", "1", "--json"))) == 5
