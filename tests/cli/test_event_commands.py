"""`triage event`: countdown posts as a person at a terminal, a script and a cron meet them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders import Desk
from screens import Runner, assert_golden
from triage.core.channel import Fate, PostOutcome
from triage.core.model import DAY, HOUR, MINUTE
from triage.core.outbox import ReplyState

ADD = (
    *("event", "add", "Winter sale", "--at", "2026-03-10 09:00", "--countdown", "14d,3d,1d,12h,0"),
    *("--text", "{{ name }}, {{ when }}! {{ days }} & {{ date }}", "--text-for", "0=It is on!"),
)
DUE_3D = 5 * DAY
"""From the desk's time, Monday 2 March 2026, 9:00 UTC, to the post for 3d."""


@pytest.fixture
def sale(busy: Desk, run: Runner) -> Desk:
    """An event with four posts to review."""
    assert run(*ADD).code == 0
    return busy


def items(run: Runner, *words: str) -> list[dict[str, Any]]:
    """What a command says in JSON."""
    ran = run(*words, "--json")
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)["items"]
    return found


def states(desk: Desk) -> list[str]:
    """Of every reply, in their order."""
    return [r.state.value for r in desk.store.outbox.list_states(desk.brand_id, list(ReplyState))]


def test_add_on_a_terminal(busy: Desk, run: Runner) -> None:
    """Each post in full, what is left out, and the way on."""
    ran = run(*ADD, tty=True)
    assert ran.code == 0, ran.err
    assert_golden("event-add-80", ran.out + ran.err)
    assert states(busy) == ["draft"] * 4


def test_screens(sale: Desk, run: Runner) -> None:
    """The list, one event, its texts and its report, at every width."""
    assert run("event", "review", "1", "--approve", "3d").code == 0
    sale.now += DUE_3D
    assert run("event", "run").code == 0
    (post,) = sale.public("Winter sale, in 3 days! 3 days & 10 March")
    sale.now += HOUR
    sale.write("ana", "@acme thanks a lot", in_reply_to=post.native_id)
    sale.write("zoe", "@acme last time it never worked", in_reply_to=post.native_id)
    sale.fetch()
    assert run("event", "review", "1", "--approve", "1d", "--skip", "12h").code == 0
    for width in (40, 60, 80, 120):
        for name, words in (("list", ("event",)), ("show", ("event", "show", "1"))):
            ran = run(*words, tty=True, width=width)
            assert_golden(f"event-{name}-{width}", ran.out + ran.err)
    for name in ("preview", "report"):
        ran = run("event", name, "1", tty=True)
        assert_golden(f"event-{name}-80", ran.out + ran.err)
    (heard,) = items(run, "event", "report", "1")
    assert {k: heard[k] for k in ("step", "mentions", "complaint", "praise", "people")} == {
        "step": "3d",
        "mentions": 2,
        "complaint": 1,
        "praise": 1,
        "people": 2,
    }
    assert [i["mentions"] for i in items(run, "event", "show", "1")] == [2, 0, 0, 0]
    (left,) = items(run, "event", "report", "1", "--waiting")
    assert (left["customer"], left["kind"]) == ("zoe", "complaint")
    (shown,) = items(run, "show", str(left["id"]))
    assert shown["event"] == "Winter sale"
    assert "about Winter sale" in run("show", str(left["id"]), tty=True).out


def test_review_one_by_one(sale: Desk, run: Runner) -> None:
    """Approved, not now, skipped, gone: each as it was decided, and nothing else."""
    ran = run("event", "review", "1", tty=True, keys="y\nn\ns\nq\n")
    assert ran.code == 0
    assert_golden("event-review-80", ran.out + ran.err)
    assert states(sale) == ["scheduled", "draft", "cancelled", "draft"]
    again = run("event", "review", "1", tty=True, keys="")
    assert "2 still to review" in again.err
    assert "3d of" not in again.out
    assert "3d of" in run("event", "review", "1", "--all", tty=True, keys="q\n").out


def test_an_edit_in_the_editor(
    sale: Desk, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is shown again before it is approved."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "Three days to go" > "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("TRIAGE_EDITOR", str(editor))
    ran = run("event", "review", "1", tty=True, keys="e\ny\nq\n")
    assert ran.out.count("Three days to go") == 1
    assert states(sale)[0] == "scheduled"
    assert items(run, "event", "show", "1")[0]["text"] == "Three days to go"
    assert items(run, "drafts", "list")[0]["state"] != "unsaved"


def test_what_a_screen_hides_is_not_posted(
    sale: Desk, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could have read it; what was written is kept."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "Three\\033[2J days" > "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("TRIAGE_EDITOR", str(editor))
    ran = run("event", "review", "1", tty=True, keys="e\nq\n")
    assert "it has characters in it that no screen shows" in ran.err
    assert "What you wrote is kept in" in ran.err
    assert "\x1b[2J" not in ran.out + ran.err
    assert set(states(sale)) == {"draft"}
    bad = run(*ADD, "--text-for", "1d=a\u202eb {{ days }}")
    assert bad.code == 1
    assert "that no screen shows" in bad.err


@pytest.mark.usefixtures("sale")
def test_a_script_names_what_was_read(run: Runner) -> None:
    """There is no yes to everything; what is named is approved, and a mistake is told."""
    ran = run("event", "review", "1")
    assert ran.code == 2
    assert "--approve 3d --approve 1d --approve 12h --approve 0" in ran.err
    assert run("event", "review", "1", "--yes").code == 2
    assert run("event", "review", "1", "--approve", "9d").code == 1
    assert run("event", "review", "1", "--edit", "0").code == 2
    (edited, approved) = items(
        run, "event", "review", "1", "--edit", "0", "--text", "Doors open!", "--approve", "0"
    )
    assert (edited["is_reviewed"], approved["is_reviewed"]) == (False, True)
    assert (approved["state"], approved["text"]) == ("scheduled", "Doors open!")
    assert run("event", "review", "1", "--approve", "3d", "--approve", "1d").code == 0
    assert run("event", "review", "1", "--approve", "12h").code == 0
    done = run("event", "review", "1", tty=True)
    assert (done.code, done.err) == (0, "Nothing of event 1 is left to review.\n")


def test_run_on_a_cron(sale: Desk, run: Runner) -> None:
    """Silent while nothing is due; at the minute it posts, once; late and unread is skipped."""
    assert run("event", "review", "1", "--approve", "3d").code == 0
    assert run("event", "run") == (0, "", "")
    sale.now += DUE_3D - 1
    assert run("event", "run") == (0, "", "")
    assert sale.channel.attempts == []
    sale.now += 1
    ran = run("event", "run", tty=True)
    assert (ran.code, ran.err) == (0, "Event 1, 3d: posted.\n")
    assert run("event", "run") == (0, "", "")
    assert len(sale.channel.attempts) == 1
    sale.now += 3 * DAY
    ran = run("event", "run")
    assert ran.code == 0
    unread = "cancelled, skipped: nobody reviewed it in time; "
    assert ran.err.splitlines() == [
        f"Event 1, 1d: {unread}its day is over: it was for 2026-03-09 there.",
        f"Event 1, 12h: {unread}it is 12 h late, and speaks of hours.",
    ]


def test_run_tells_what_did_not_go_out(sale: Desk, run: Runner) -> None:
    """Held for complaints with the way to let it go; a fate that is unknown."""
    config = next(sale.folder.parents[2].glob(".config/triage/config.toml"))
    config.write_text(config.read_text() + "\n[events]\nspike_complaints = 1\n")
    assert run("event", "review", "1", "--approve", "3d", "--approve", "1d").code == 0
    sale.now += DUE_3D
    sale.write("zoe", "@acme it never worked")
    sale.fetch()
    ran = run("event", "run")
    assert ran.code == 0
    assert ran.err.startswith("Event 1, 3d: held, complaints spike: 1 in the last 60 min, usually")
    for words in (("event",), ("event", "show", "1"), ("outbox",)):
        shown = run(*words, tty=True, width=120)
        assert "complaints spike: 1 in the last 60 min" in shown.out
        assert "triage event release 1" in shown.out + shown.err
    assert run("event", "release", "1", "0").code == 1
    assert run("event", "release", "1", "3d").code == 0
    sale.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="no answer"))
    ran = run("event", "run")
    assert ran.err == "Event 1, 3d: unknown, no answer.\n"
    assert run("event", "run") == (0, "", "")


def test_run_while_nothing_is_sent(sale: Desk, run: Runner) -> None:
    """Paused: said while something is due, and nothing leaves."""
    assert run("event", "review", "1", "--approve", "3d").code == 0
    assert run("outbox", "pause").code == 0
    assert run("event", "run") == (0, "", "")
    sale.now += DUE_3D
    ran = run("event", "run")
    assert (ran.code, ran.out) == (0, "")
    assert "all sending is paused: triage outbox resume" in ran.err
    assert sale.channel.attempts == []


def test_move_and_cancel(sale: Desk, run: Runner) -> None:
    """Reviews do not survive a move; a cancelled event is listed with --all alone."""
    assert run("event", "review", "1", "--approve", "3d").code == 0
    ran = run("event", "move", "1", "--at", "2026-03-20 18:00", "--tz", "Europe/Madrid", tty=True)
    assert ran.code == 0
    assert_golden("event-move-80", ran.out + ran.err)
    assert {i["is_reviewed"] for i in items(run, "event", "show", "1")} == {False}
    assert len(items(run, "event", "cancel", "1")) == 5
    assert run("event", "cancel", "1").code == 1
    assert items(run, "event", "list") == []
    assert [i["state"] for i in items(run, "event", "list", "--all")] == ["cancelled"]
    assert "There is no event to come." in run("event", tty=True).err
    assert set(states(sale)) == {"cancelled"}


@pytest.mark.usefixtures("busy")
def test_from_a_file(run: Runner, tmp_path: Path) -> None:
    """The keys of a file; the command line wins."""
    file = tmp_path / "sale.toml"
    file.write_text(
        'name = "Rebajas"\nat = 2026-03-10T09:00:00\ntime_zone = "Europe/Madrid"\n'
        'language = "es"\naccount = "@acme"\ncountdown = ["3d", "1d", 0]\nlate = "send"\n'
        'text = "{{ name }}: {{ when }}"\n[texts]\n0 = "¡Es {{ when }}!"\n'
    )
    found = items(run, "event", "add", "-f", str(file), "--dry-run")
    assert [i["text"] for i in found] == ["Rebajas: en 3 días", "Rebajas: mañana", "¡Es hoy!"]
    assert items(run, "event", "list") == []
    assert run("event", "add", "Sales", "-f", str(file), "--lang", "de").code == 0
    (line,) = items(run, "event", "list")
    assert (line["name"], line["language"], line["late"]) == ("Sales", "de", "send")
    assert (line["time_zone"], line["at"]) == ("Europe/Madrid", "2026-03-10T08:00:00Z")


BAD_FILES = [
    ("name = ", "is no TOML"),
    ("\xff\xfe", "is no TOML"),
    ('nmae = "x"', 'Did you mean "name"?'),
    ("name = 3", "name must be a text in quotes"),
    ("at = 2026-03-10", "at must be a date and a time without an offset"),
    ("at = 2026-03-10T09:00:00Z", "at must be a date and a time without an offset"),
    ("countdown = [1.5]", "countdown must be a text"),
    ("countdown = true", "countdown must be a text"),
    ('texts = "x"', "texts must be a table"),
    ('[texts]\nsoon = "x"', "is no step of a countdown"),
    ("[texts]\n0 = 1", "0 must be a text"),
    ("#" * 100_001, "more than 100 kB"),
    ('account = "nobody"', "There is no account @nobody"),
    ('late = "maybe"', "--late maybe: unknown"),
    ('language = "tlh"', "no language"),
    ('time_zone = "Mars/Olympus"', "does not know the time zone"),
]
"""What stands in a file, and what is said of it."""


@pytest.mark.usefixtures("busy")
def test_a_bad_file_is_told(run: Runner, tmp_path: Path) -> None:
    """What and where, with a hint; nothing is saved."""
    file = tmp_path / "sale.toml"
    for text, words in BAD_FILES:
        file.write_bytes(text.encode("latin-1"))
        more = () if words == "does not know the time zone" else ("--tz", "UTC")
        ran = run(*ADD, "-f", str(file), *more)
        assert ran.code in (1, 2), text
        assert words in ran.err
    assert items(run, "event", "list", "--all") == []


BAD_WORDS: list[tuple[tuple[str, ...], int]] = [
    (("event", "add"), 2),
    (("event", "add", "x", "--at", "2026-03-10 09:00", "--countdown", "1d"), 2),
    (("event", "add", "x", "--at", "soon", "--countdown", "1d", "--text", "x"), 2),
    (("event", "add", "x", "--at", "2026-03-10 09:00", "--countdown", "x", "--text", "x"), 2),
    ((*ADD, "--text-for", "x"), 2),
    ((*ADD, "-f", "/nowhere"), 1),
    (ADD, 1),
    (("event", "show", "9"), 1),
    (("event", "show", str(10**30)), 2),
    (("event", "show", "-1"), 2),
    (("event", "review", "9"), 1),
    (("event", "move", "1", "--at", "2026-01-01 09:00"), 1),
    (("event", "move", "1", "--at", "2026-03-10 09:00", "--tz", "x"), 2),
    (("event", "release", "1"), 1),
    (("event", "report", "9"), 1),
    (("--account", "nobody", "event"), 2),
]
"""A command line, and its exit code."""


@pytest.mark.usefixtures("sale")
def test_bad_words_get_a_sentence(run: Runner) -> None:
    """What happened, and no traceback."""
    for words, code in BAD_WORDS:
        ran = run(*words)
        assert (ran.code, "Traceback" in ran.err) == (code, False), (words, ran.err)
        assert ran.err.strip()


def test_what_is_for_answers_turns_it_away(sale: Desk, run: Runner) -> None:
    """Sent as a draft or put off it would pass its review by; given up it may be."""
    for words in (("drafts", "send", "1", "-y"), ("outbox", "schedule", "1", "--at", "2h")):
        ran = run(*words)
        assert ran.code == 1
        assert "triage event review 1" in ran.err
    assert (
        "to the public, for Winter sale (event 1, 3d)" in run("drafts", "show", "1", tty=True).out
    )
    assert "next: triage event review 1" in run("drafts", tty=True).err
    assert run("outbox", "cancel", "1").code == 0
    assert states(sale)[0] == "cancelled"
    assert sale.channel.attempts == []


def test_an_unknown_one_is_settled_like_any_other(sale: Desk, run: Runner) -> None:
    """Found on our timeline, or resent by a person while its day lasts."""
    assert run("event", "review", "1", "--approve", "3d").code == 0
    sale.now += DUE_3D
    sale.channel.fate_next(PostOutcome(Fate.UNKNOWN, detail="no answer"))
    run("event", "run")
    sale.now += MINUTE
    ran = run("outbox", "settle", "1", "--resend", "-y", tty=True, width=120)
    assert ran.code == 0, ran.err
    assert "Sent" in ran.out
    assert "for Winter sale (event 1, 3d)" in ran.out
    assert len(sale.public("Winter sale, in 3 days! 3 days & 10 March")) == 1
