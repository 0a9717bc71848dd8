"""`triage customer forget` and `export`: told before, asked, done, and said what is left."""

from __future__ import annotations

import json

import pytest

import forgettable
from builders import Desk
from engines import lite
from forgettable import HANDLE, SECRETS, known
from screens import Runner
from triage.core.model import HOUR, MINUTE, Author
from triage.errors import StoreError
from triage.store.personal import held
from triage.store.store import SqlStore

HOSTILE = "e\x1b[2J\x1b]52;c;b3duZWQ=\x07vil \u202egnp.exe\u202c [red]x[/red]"


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """Ana waits; eve, whose name is hostile, too."""
    desk.write("ana", "@acme it is broken", ago=HOUR)
    desk.fetch()
    desk.channel.write(Author("666", "eve", HOSTILE), f"@acme {HOSTILE} broken", at=desk.now)
    desk.fetch()
    return desk


def test_told_and_asked(waiting: Desk, run: Runner) -> None:
    """What would go stands there; who says no keeps all, who says yes is told what is left."""
    dry = run("customer", "forget", "@ana", "--dry-run", tty=True)
    assert dry.code == 0
    assert dry.out == (
        "@ana (Ana) on memory\n"
        "  1 conversation\n"
        "  1 post of theirs\n"
        "Every word and name goes, also from the search and the files. When they wrote,\n"
        "of what kind it was and how long they waited stays, under a number.\n"
        "1 open wait is closed without an answer.\n"
    )
    assert "Nothing was removed." in dry.err
    assert run("customer", "forget", "1", tty=True, keys="\n").err == "Nothing was removed.\n"
    assert len(waiting.waiting()) == 2
    ran = run("customer", "forget", "1", tty=True, keys="y\n")
    assert ran.code == 0
    assert ran.out.endswith("q cancel [q]: @ana is forgotten-1 from now on.\n")
    assert ran.err == (
        "No backup lies beside the database; others that you made hold them still.\n"
    )
    assert [item.id for item in waiting.waiting()] == [2]
    shown = run("show", "1", tty=True)
    assert "@forgotten-1" in shown.out
    assert "(its words were removed here too)" in shown.out
    assert "broken" not in shown.out
    log = run("log", tty=True).out
    assert "forget, forgotten-1, posts 1, answers 0, notes 0" in log


def test_backups_are_named(waiting: Desk, run: Runner) -> None:
    """Copies beside the database, with their day; nothing else that lies there."""
    copy = run("db", "backup").out.strip()
    waiting.db.with_name("triage.db.notes").write_text("no copy")
    ran = run("customer", "forget", "@ana", "--yes")
    assert (ran.code, ran.err.splitlines()[0]) == (
        0,
        "These backups hold them still; delete those that you do not need:",
    )
    assert copy in ran.err
    assert "notes" not in ran.err


def test_in_a_pipe_and_as_json(waiting: Desk, run: Runner) -> None:
    """One row; JSON says how much it was, and never whom, once it is done."""
    del waiting
    ran = run("customer", "forget", "@ana", "-n", "--json")
    (item,) = json.loads(ran.out)["items"]
    assert (item["customer"], item["is_now"], item["dry_run"], item["done"]) == (
        *("ana", "forgotten-1", True, False),
    )
    ran = run("customer", "forget", "@ana", "-y", "--json")
    (item,) = json.loads(ran.out)["items"]
    assert (item["customer"], item["done"], item["held"]["posts"], item["open_waits"]) == (
        *(None, True, 1, 1),
    )
    assert item["backups"] == []
    ran = run("customer", "forget", "@eve", "-y")
    assert ran.out.startswith("\tforgotten-2\tfalse\ttrue\t")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("forget", "@nobody"), 1, "There is no customer '@nobody'."),
        (("forget", "999"), 1, "There is no customer '999'."),
        (("forget", ""), 2, "Nobody was named."),
        (("forget", HOSTILE), 1, "There is no customer"),
        (("export", "@nobody"), 1, "There is no customer '@nobody'."),
        (("forget", "@ana"), 2, "nobody can be asked here"),
        (("forget", "@ana", "--yes", "--account", "acme"), 2, "Leave --account out."),
        (("forget",), 2, "WHO"),
    ],
)
@pytest.mark.usefixtures("waiting")
def test_mistakes(run: Runner, words: tuple[str, ...], code: int, said: str) -> None:
    """Are told, cleaned, and nothing is removed."""
    ran = run("customer", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert not set(ran.err) & set("\x07\x1b\u202e\u202c")
    assert run("search", "broken").out.count("\n") == 2


@pytest.mark.usefixtures("waiting")
def test_hostile_names_reach_no_screen(run: Runner) -> None:
    """Nor does anything of the texts."""
    outs = [
        run("customer", "forget", "@eve", "-n", tty=True).out,
        run("customer", "export", "@eve").out,
        run("customer", "export", "@eve", tty=True).out,
    ]
    for out in outs:
        assert "vil" in out
        assert not set(out) & set("\x07\x1b\u202e\u202c")


def test_once_forgotten(waiting: Desk, run: Runner) -> None:
    """There is nobody to be forgotten, answered or found any more; a fetch brings nothing back."""
    run("customer", "forget", "@ana", "-y")
    assert "forgotten already" in run("customer", "forget", "1", "-y").err
    assert "has no mention to answer" in run("reply", "1", "sorry", "-y").err
    assert run("search", "ana").out == ""
    waiting.fetch_all_again()
    assert run("customer", "forget", "@ana", "-y").code == 1


def test_all_that_is_held_is_handed_out(desk: Desk, run: Runner) -> None:
    """Every word of theirs and to them stands in the export, which is JSON and names its tables."""
    known(desk)
    told = json.loads(run("customer", "export", f"@{HANDLE}").out)
    text = json.dumps(told).lower()
    assert {*SECRETS} - {s for s in SECRETS if s in text} == {"glorpfizzle"}, "bytes of a picture"
    assert {item["table"] for item in told["items"]} <= set(held())
    by_table = {item["table"]: item for item in told["items"]}
    assert {"customer", "message", "message_version", "payload", "attribute", "reply"} <= set(
        by_table
    )
    assert isinstance(by_table["payload"]["raw"], dict)
    assert by_table["message"]["posted_at"].endswith("Z")
    assert "@acme where is my order?" not in text, "what others wrote is not theirs"


def test_the_export_of_who_is_forgotten_says_nothing(desk: Desk, run: Runner) -> None:
    """It is what stays: times and kinds."""
    who = known(desk)
    number = desk.conversation(who.posts[0].native_id).id
    assert run("customer", "forget", f"@{HANDLE}", "-y").code == 0
    text = run("customer", "export", str(number)).out.lower()
    assert [s for s in SECRETS if s in text] == []
    assert [i for i in who.ids if f'"{i}"' in text.replace(who.posts[3].native_id, "")] == []


def test_what_could_not_be_finished_is_said_and_finished_by_a_fetch(
    waiting: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program reads the file: exit 75, doctor says so, and the next fetch wipes it."""
    monkeypatch.setattr("triage.store.erasing._CHECKPOINT_WAIT_S", 0)
    reader = SqlStore.open(waiting.db)
    rows = reader.engine.stream("SELECT id FROM message")
    next(rows)
    ran = run("customer", "forget", "@ana", "-y")
    assert ran.code == 75
    assert "the next fetch wipes it" in ran.err
    assert "Not forgotten to the end: forgotten-1." in run("doctor").out
    rows.close()  # type: ignore[attr-defined]
    reader.close()
    waiting.now += MINUTE
    # The program reads them as another channel's, of which nobody was forgotten.
    waiting.channel.posts.clear()
    assert "forgotten-1 is forgotten to the end now." in run("fetch", tty=True).err
    assert forgettable.in_files(waiting.folder, ["@ana", "it is broken"]) == []
    assert "Not forgotten" not in run("doctor").out
    assert lite(waiting.store).query("SELECT count(*) FROM forgotten WHERE done_at IS NULL") == [
        (0,)
    ]


def test_no_room_to_write_the_file_anew(
    waiting: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how far it came; the next fetch does the rest."""

    def full(_engine: object) -> bool:
        raise StoreError("The database cannot be used.", reason="The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr("triage.store.erasing.rewrite", full)
        ran = run("customer", "forget", "@ana", "-y")
        assert ran.code == 1
        assert "@ana is forgotten, but their words may still stand in the file." in ran.err
        assert "The disk is full." in ran.err
        waiting.channel.posts.clear()
        assert "not forgotten to the end yet" in run("fetch").err
    assert run("fetch").err == ""
    assert forgettable.in_files(waiting.folder, ["it is broken"]) == []


def test_unsaved_drafts_go_as_well(waiting: Desk, run: Runner) -> None:
    """A file that an editor left on this computer; one that is open keeps everything."""
    from triage.store.recovery import Recovery

    folder = waiting.folder.parents[1] / "state" / "triage"
    recovery = Recovery(folder, str(waiting.db))
    draft = waiting.draft(1, "we are sorry")
    pad = recovery.begin(draft, "sorry, womblenaught", "below", waiting.now)
    pad.path.write_text("sorry, womblenaught and more")
    assert "is writing to @ana just now" in run("customer", "forget", "@ana", "-y").err
    assert len(waiting.waiting()) == 2
    pad.close()
    assert run("customer", "forget", "@ana", "-y").code == 0
    assert list(recovery.folder.iterdir()) == []


def test_a_fetch_says_how_many_it_left_out(desk: Desk, run: Runner) -> None:
    """On a terminal, and in JSON; a cron hears nothing of it."""
    desk.write("ana", "@acme it is broken", ago=5 * MINUTE)
    assert run("fetch").code == 0
    assert run("customer", "forget", "@ana", "-y").code == 0
    desk.now += MINUTE
    assert "@acme: 1 post of forgotten customers left out." in run("fetch", tty=True).err
    assert json.loads(run("fetch", "--json").out)["items"][0]["left_out"] == 1
    assert run("fetch").err == ""
    assert run("search", "broken").out == ""
