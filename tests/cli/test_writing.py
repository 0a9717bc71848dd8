"""Words are on disk before anything can fail, and are offered again."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import Desk
from screens import Runner
from triage.app import claiming
from triage.core.claims import LEASE
from triage.core.model import MINUTE, Role
from triage.core.outbox import ReplyState
from triage.core.records import Reply
from triage.errors import StoreBusy, StoreError
from triage.store.outbox import OutboxStore
from triage.store.recovery import Kept, Recovery

ANA, BO, FINN = 3, 4, 6
TEXT = "Sorry Ana! It will be with you tomorrow."
Writes = Callable[[str], None]


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writes:
    """`editor('sed ... "$1"')` makes that the editor."""

    def make(script: str) -> None:
        path = tmp_path / "editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("TRIAGE_EDITOR", str(path))

    return make


def types(text: str) -> str:
    """A script that puts words in front of what is there."""
    return f'printf "%s" "{text}" | cat - "$1" > "$1.new" && cat "$1.new" > "$1" && rm "$1.new"'


def rows(desk: Desk) -> list[tuple[str, str]]:
    """All texts and states."""
    replies = desk.store.outbox.list_states(desk.brand_id, list(ReplyState))
    return [(r.text, r.state.value) for r in replies]


def files(home: Path) -> list[Path]:
    """All that lies in the folder of words that are not saved."""
    return [p for p in (home / ".local/state/triage/drafts").rglob("*") if p.is_file()]


def left(desk: Desk, home: Path) -> list[Kept]:
    """What the program finds there."""
    return Recovery(home / ".local/state/triage", str(desk.db)).all()


def leave(desk: Desk, home: Path, text: str, agent: str = "ana") -> Kept:
    """An editor saved this, and its command was killed."""
    from triage.app.replying import new_draft, target_of

    talk = desk.conversation(ANA)
    target = target_of(desk.store, talk)
    made = new_draft(desk.store, desk.account, talk, target, "", agent, desk.now)
    recovery = Recovery(home / ".local/state/triage", str(desk.db))
    pad = recovery.begin(made, "", "# the thread", desk.now)
    pad.path.write_text(text + "\n" + pad.path.read_text())
    pad.close()
    [kept] = recovery.all()
    return kept


def broken(
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], Exception],
    *,
    names: tuple[str, ...] = ("draft", "edit"),
) -> None:
    """From now on the store takes no draft."""

    def fail(*_: object, **__: object) -> Reply:
        raise error()

    for name in names:
        monkeypatch.setattr(OutboxStore, name, fail)


def full() -> StoreError:
    """The disk is full. A new one each time: an error is told more on its way."""
    return StoreError("The database cannot be used.", reason="The disk is full.", hint="Free some.")


def locked() -> StoreBusy:
    """Another process holds the store."""
    return StoreBusy("The database cannot be used.", reason="Another process is writing to it.")


def mistake() -> ValueError:
    """A bug of ours."""
    return ValueError("a bug")


def test_the_file_is_private_and_goes(
    busy: Desk, run: Runner, home: Path, editor: Writes, tmp_path: Path
) -> None:
    """While the editor is open its file is 0600 with the thread below; saved, it is removed."""
    look = tmp_path / "look"
    editor(f'stat -c "%a %n" "$1" > {look}; tail -n 4 "$1" >> {look}; ' + types(TEXT))
    assert run("reply", "3", tty=True, keys="p\n").code == 0
    mode, *below = look.read_text().splitlines()
    assert mode.startswith("600 ")
    assert "/drafts/" in mode
    assert "/3-" in mode
    assert below[-2:] == [
        "# Answering @ana in public.",
        "# @ana: @acme my order never came and it is broken",
    ]
    assert rows(busy) == [(TEXT, "draft")]
    assert files(home) == []


@pytest.mark.usefixtures("busy")
def test_the_editor_shows_what_is_remembered(run: Runner, editor: Writes, tmp_path: Path) -> None:
    """Who this is and what they were promised stand below the text, and go out with nothing."""
    look = tmp_path / "look"
    run("customer", "set", "3", "vip=yes")
    run("customer", "promise", "3", "a call\n\x1b[2J# no comment", "--by", "fri")
    editor(f'tail -n 4 "$1" > {look}; ' + types(TEXT))
    assert run("reply", "3", tty=True, keys="p\n").code == 0
    assert look.read_text().splitlines()[:3] == [
        "# Answering @ana in public.",
        "# @ana: VIP",
        "# promise 1, by Fri 6 Mar: a call [2J# no comment (ana)",
    ]
    assert json.loads(run("drafts", "--json").out)["items"][0]["text"] == TEXT


@pytest.mark.parametrize(("error", "code"), [(full, 1), (locked, 75), (mistake, 70)])
def test_the_store_fails_after_the_editor(
    busy: Desk,
    run: Runner,
    home: Path,
    editor: Writes,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[], Exception],
    code: int,
) -> None:
    """Full, locked, or a mistake of ours: the words stay in their file, and are offered next."""
    editor(types(TEXT))
    with monkeypatch.context() as patch:
        broken(patch, error)
        ran = run("reply", "3", tty=True)
    assert ran.code == code
    [kept] = left(busy, home)
    assert kept.text == TEXT
    if code != 70:
        assert str(kept.path) in ran.err.replace("\n", "").replace(" ", "")
    assert TEXT not in ran.err
    for crash in home.rglob("crash-*.txt"):
        assert TEXT not in crash.read_text()
    editor("true")
    again = run("reply", "3", tty=True, keys="e\np\n")
    assert again.code == 0
    assert f'Unsaved words of yours from 09:00: "{TEXT}".' in " ".join(again.err.split())
    assert rows(busy) == [(TEXT, "draft")]
    assert files(home) == []


def test_the_store_fails_at_a_rewrite(
    busy: Desk, run: Runner, home: Path, editor: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a draft was changed to is kept too, and goes into the same row later."""
    editor(types("Dear Ana! "))
    with monkeypatch.context() as patch:
        broken(patch, full, names=("edit",))
        ran = run("reply", "3", TEXT, tty=True, keys="e\n")
    assert ran.code == 1
    assert rows(busy) == [(TEXT, "draft")]
    assert [k.text for k in left(busy, home)] == [f"Dear Ana! {TEXT}"]
    editor("true")
    assert run("reply", "3", tty=True, keys="e\np\n").code == 0
    assert rows(busy) == [(f"Dear Ana! {TEXT}", "draft")]
    assert files(home) == []


@pytest.mark.parametrize("error", [full, locked, KeyboardInterrupt, mistake])
@pytest.mark.parametrize("given", ["argument", "file"])
def test_the_store_does_not_take_what_was_given(
    busy: Desk,
    run: Runner,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: Callable[[], Exception],
    given: str,
) -> None:
    """The words are written to a file, and the message names it."""
    words: tuple[str, ...] = (TEXT,)
    if given == "file":
        (tmp_path / "answer.txt").write_text(TEXT)
        words = ("-F", str(tmp_path / "answer.txt"))
    with monkeypatch.context() as patch:
        broken(patch, error)
        ran = run("reply", "3", *words, "-y")
    assert ran.code != 0
    [kept] = left(busy, home)
    assert (kept.text, kept.agent, kept.reference) == (TEXT, "ana", "3")
    assert str(kept.path) in ran.err
    assert f"triage drafts show {kept.name}" in ran.err
    assert TEXT not in ran.err
    assert busy.channel.attempts == []
    assert run("drafts", "send", kept.name, "-y").code == 0
    assert len(busy.public(TEXT)) == 1
    assert files(home) == []


def test_the_store_cannot_be_opened(busy: Desk, run: Runner, home: Path) -> None:
    """Damaged from the start: what was given is kept by the name that the conversation had."""
    busy.store.close()
    saved = busy.db.read_bytes()
    busy.db.write_bytes(b"x" * 8192)
    ran = run("reply", "3", TEXT, "-y")
    assert ran.code == 1
    [kept] = left(busy, home)
    assert (kept.text, kept.reply) == (TEXT, None)
    assert str(kept.path) in ran.err
    assert run("drafts", "show", kept.name).out == TEXT + "\n"
    listed = run("drafts", "list")
    assert listed.code == 1
    assert f"Not saved yet: {kept.path}" in listed.err
    busy.db.write_bytes(saved)
    assert run("drafts", "send", kept.name, "-y").code == 0
    assert len(busy.public(TEXT)) == 1


def test_no_disk_at_all(
    busy: Desk, run: Runner, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the store nor a file takes them: the terminal is the last place, and has them."""
    assert busy.waiting()
    (home / ".local/state").mkdir(parents=True)
    (home / ".local/state/triage").write_text("in the way")
    broken(monkeypatch, full)
    ran = run("reply", "3", TEXT, "-y")
    assert ran.code == 1
    assert f"What you wrote: {TEXT}" in ran.err


def test_no_place_for_the_editor(busy: Desk, run: Runner, home: Path, editor: Writes) -> None:
    """Where its file cannot be made, no editor opens: nothing is typed that could be lost."""
    assert busy.waiting()
    (home / ".local/state").mkdir(parents=True)
    (home / ".local/state/triage").write_text("in the way")
    editor(f"touch {home}/opened")
    ran = run("reply", "3", tty=True)
    assert ran.code == 1
    assert "There is no place to write" in ran.err
    assert not (home / "opened").exists()


def test_the_claim_cannot_be_written(
    busy: Desk, run: Runner, editor: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that is locked for a moment does not keep anybody from writing."""
    editor(types(TEXT))
    with monkeypatch.context() as patch:
        patch.setattr("triage.store.claims.ClaimStore.take", _raise_locked)
        ran = run("reply", "3", tty=True, keys="p\n")
    assert ran.code == 0
    assert "The others cannot see that you are at it" in ran.err
    assert rows(busy) == [(TEXT, "draft")]


def _raise_locked(*_: object, **__: object) -> bool:
    raise locked()


@pytest.mark.parametrize("end", ["exit 3", "kill -9 $$", "kill -TERM $$"])
def test_the_editor_fails(busy: Desk, run: Runner, home: Path, editor: Writes, end: str) -> None:
    """It crashes or is killed: what it had saved stays, and is named; nothing else is left."""
    editor(f"{types(TEXT)}; {end}")
    ran = run("reply", "3", tty=True)
    assert ran.code == 1
    assert "The editor failed." in ran.err
    assert [k.text for k in left(busy, home)] == [TEXT]
    assert rows(busy) == []
    editor(end)
    assert run("reply", "4", tty=True).code == 1
    assert len(left(busy, home)) == 1


def test_no_utf8(busy: Desk, run: Runner, home: Path, editor: Writes) -> None:
    """What an editor saved in another encoding is not guessed at, and stays."""
    editor('printf "gr\\374n" > "$1"')
    ran = run("reply", "3", tty=True)
    assert ran.code == 1
    assert "Save it as UTF-8." in ran.err
    assert len(left(busy, home)) == 1
    assert rows(busy) == []


def test_an_argument_that_is_no_text(busy: Desk, run: Runner) -> None:
    """Bytes that are no UTF-8 come from a shell with another encoding: they are refused."""
    ran = run("reply", "3", b"gr\xfcn".decode("utf-8", "surrogateescape"), "-y")
    assert ran.code == 2
    assert "is not UTF-8" in ran.err
    assert rows(busy) == []


def test_an_editor_that_does_not_wait(busy: Desk, run: Runner, home: Path, editor: Writes) -> None:
    """It comes back at once and is still open: its file is not taken away from under it."""
    gate = home / "gate"
    os.mkfifo(gate)
    editor(f'(read line < {gate}; echo late > "$1") & exit 0')
    ran = run("reply", "3", tty=True)
    assert ran.code == 1
    assert "The editor is still open." in ran.err
    [kept] = left(busy, home)
    assert kept.is_open
    assert "open in an editor" in run("drafts", "list", "--json").out
    for words in (("send", kept.name, "-y"), ("drop", kept.name)):
        assert run("drafts", *words).code == 1
    assert len(left(busy, home)) == 1
    with gate.open("w") as open_gate:
        open_gate.write("go\n")


@pytest.mark.parametrize(("variable", "code"), [("TRIAGE_EDITOR", 0), ("VISUAL", 0), ("EDITOR", 0)])
def test_which_editor(
    busy: Desk, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    variable: str, code: int,
) -> None:  # fmt: skip
    """TRIAGE_EDITOR before VISUAL before EDITOR, with arguments as a shell would read them."""
    script = tmp_path / "my editor"
    script.write_text(f'#!/bin/sh\n[ "$1" = "--wait now" ] || exit 9\nshift\n{types(TEXT)}\n')
    script.chmod(0o755)
    order = ["TRIAGE_EDITOR", "VISUAL", "EDITOR"]
    monkeypatch.setenv(variable, f"'{script}' '--wait now'")
    for after in order[order.index(variable) + 1 :]:
        monkeypatch.setenv(after, "false")
    assert run("reply", "3", tty=True, keys="p\n").code == code
    assert rows(busy) == [(TEXT, "draft")]


def test_a_draft_is_offered(busy: Desk, run: Runner, editor: Writes) -> None:
    """E goes on with it, n begins another, d gives it up; unchanged it is looked at as it is."""
    busy.draft(ANA, TEXT)
    busy.now += 5 * MINUTE
    editor("true")
    ran = run("reply", "3", tty=True, keys="\np\n")
    assert f'Draft 1 of yours from 09:00: "{TEXT}".' in " ".join(ran.err.split())
    assert (ran.code, rows(busy)) == (0, [(TEXT, "draft")])
    editor(types("Dear Ana. "))
    run("reply", "3", tty=True, keys="e\np\n")
    assert rows(busy) == [(f"Dear Ana. {TEXT}", "draft")]
    editor(types("Another."))
    run("reply", "3", tty=True, keys="n\np\n")
    assert rows(busy) == [(f"Dear Ana. {TEXT}", "draft"), ("Another.", "draft")]
    run("reply", "3", tty=True, keys="d\nd\np\n")
    assert [s for _, s in rows(busy)] == ["cancelled", "cancelled", "draft"]


def test_what_was_held_or_refused_is_offered_too(busy: Desk, run: Runner, editor: Writes) -> None:
    """Its words were written for this customer, and did not go out."""
    busy.draft(ANA, TEXT)
    with busy.store.tx():
        busy.store.outbox.move(1, ReplyState.DRAFT, ReplyState.HELD, busy.now, detail="looked at")
    editor(types("Dear Ana. "))
    run("reply", "3", tty=True, keys="e\ny\n")
    assert rows(busy) == [(f"Dear Ana. {TEXT}", "sent")]


def test_a_draft_of_somebody_else(busy: Desk, run: Runner, editor: Writes) -> None:
    """It is shown as theirs; to begin with its words copies them, and leaves it alone."""
    busy.draft(ANA, TEXT, agent="bo")
    editor(types("Dear Ana. "))
    ran = run("reply", "3", tty=True, keys="e\np\n")
    assert "Draft 1 of bo from 09:00" in ran.err
    assert rows(busy) == [(TEXT, "draft"), (f"Dear Ana. {TEXT}", "draft")]
    own = busy.store.outbox.get(2)
    assert own is not None
    assert own.agent == "ana"
    # One's own is offered before theirs.
    assert "Draft 2 of yours" in run("reply", "3", tty=True, keys="e\np\n").err


def test_mentioned_to_scripts(busy: Desk, run: Runner) -> None:
    """Who sends other words is told on stderr that there are some already."""
    busy.draft(ANA, TEXT)
    ran = run("reply", "3", "Another.", "-y")
    assert ran.code == 0
    assert f'Draft 1 of yours from 09:00: "{TEXT}". See it: triage drafts show 1' in ran.err
    assert run("reply", "4", "Yes.", "-y").err == ""


def test_saved_before_anything_is_mentioned(
    busy: Desk, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only informs comes behind the row: should it fail, the words are there."""

    def fail(*_: object) -> list[Reply]:
        raise full()

    monkeypatch.setattr(OutboxStore, "left_in", fail)
    assert run("reply", "3", TEXT, "-y").code == 1
    assert rows(busy) == [(TEXT, "draft")]


def test_unsaved_words_keep_what_was_seen(
    busy: Desk, run: Runner, home: Path, editor: Writes
) -> None:
    """Recovered hours later, a draft still knows that the answer given meanwhile is news."""
    leave(busy, home, TEXT)
    busy.now += MINUTE
    ana = next(m for m in busy.store.reading.thread(ANA) if m.role is Role.MENTION)
    busy.write("acme", "@ana we wrote you", in_reply_to=ana.native_id)
    busy.fetch()
    editor("true")
    ran = run("reply", "3", tty=True, keys="e\nq\n")
    assert "has replied meanwhile" in ran.err


def test_unsaved_words_dropped(busy: Desk, run: Runner, home: Path, editor: Writes) -> None:
    """By d the file goes for good; by n it stays for later."""
    leave(busy, home, TEXT)
    editor(types("Another."))
    run("reply", "3", tty=True, keys="n\np\n")
    assert len(left(busy, home)) == 1
    run("drafts", "drop", "1")
    run("reply", "3", tty=True, keys="d\nq\n")
    assert files(home) == []


def test_open_in_another_terminal(busy: Desk, run: Runner, home: Path, editor: Writes) -> None:
    """The same agent's name at two terminals: asked too, since two would answer twice."""
    kept = leave(busy, home, TEXT)
    assert kept.reply is not None
    pad = Recovery(home / ".local/state/triage", str(busy.db)).reopen(kept, kept.reply)
    editor(types("Another."))
    ran = run("reply", "3", tty=True, keys="\n")
    assert ran.code == 0
    assert "#3 is open in another editor since 09:00 (yours)." in ran.err
    assert rows(busy) == []
    run("reply", "3", tty=True, keys="y\np\n")
    assert rows(busy) == [("Another.", "draft")]
    pad.close()


@pytest.mark.parametrize("keys", ["n\n", "\n", ""])
def test_claimed_by_somebody_else(busy: Desk, run: Runner, editor: Writes, keys: str) -> None:
    """Asked before typing; no editor opens unless they take it over."""
    claiming.claim(busy.store, busy.conversation(ANA), "bo", busy.now, LEASE)
    busy.now += 3 * MINUTE
    editor(types(TEXT))
    ran = run("reply", "3", tty=True, keys=keys)
    assert ran.code == 0
    assert "bo has been at #3 for 3m (until 09:15)." in ran.err
    assert "Take it over? [y/N]" in ran.out
    assert rows(busy) == []
    assert run("reply", "3", tty=True, keys="y\ny\n").code == 0
    assert rows(busy) == [(TEXT, "sent")]


def test_renewed_while_the_editor_is_open(
    busy: Desk, run: Runner, editor: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes: the lease is renewed now and then, and when the editor closes."""
    untils: list[int] = []

    def slow(path: Path, _env: object, _lock: int, again: Callable[[], None], every: float) -> None:
        assert every == LEASE / 3000
        for _ in range(6):
            busy.now += LEASE // 3
            again()
            now = busy.store.claims.get(ANA, busy.now)
            assert now is not None
            untils.append(now.until_at - busy.now)
        busy.now += MINUTE
        path.write_text(TEXT)

    editor("true")
    monkeypatch.setattr("triage.cli.editor.edit", slow)
    assert run("reply", "3", tty=True, keys="p\n").code == 0
    assert untils == [LEASE] * 6
    last = busy.store.claims.get(ANA, busy.now)
    assert last is not None
    assert last.until_at == busy.now + LEASE
    assert rows(busy) == [(TEXT, "draft")]


def test_nothing_written(busy: Desk, run: Runner, home: Path, editor: Writes) -> None:
    """Unchanged or emptied cancels, and leaves no file."""
    for script in ("true", ': > "$1"'):
        editor(script)
        ran = run("reply", "3", tty=True)
        assert (ran.code, "Nothing was written" in ran.err) == (1, True)
        assert busy.store.claims.get(ANA, busy.now) is None
    assert rows(busy) == []
    assert files(home) == []


def test_dry_run(busy: Desk, run: Runner, home: Path, editor: Writes) -> None:
    """What was typed for a dry run is shown, and neither saved nor left."""
    editor(types(TEXT))
    ran = run("reply", "3", "--dry-run", tty=True)
    assert ran.code == 0
    assert TEXT in ran.out
    assert rows(busy) == []
    assert files(home) == []
    assert busy.store.claims.get(ANA, busy.now) is None


def test_a_crash_between_the_commit_and_the_removal(
    busy: Desk, run: Runner, home: Path, editor: Writes
) -> None:
    """The file's words are in the store: it is not offered, and it is removed."""
    kept = leave(busy, home, TEXT)
    assert kept.reply is not None
    with busy.store.tx():
        busy.store.outbox.draft(busy.brand_id, kept.reply)
    editor("true")
    ran = run("reply", "3", tty=True, keys="e\np\n")
    assert "Unsaved" not in ran.err
    assert "Draft 1 of yours" in ran.err
    assert files(home) == []
    assert rows(busy) == [(TEXT, "draft")]


def test_listed(busy: Desk, run: Runner, home: Path) -> None:
    """`drafts list` has both, with names that its other commands take."""
    busy.draft(BO, "Yes.")
    kept = leave(busy, home, TEXT)
    ran = run("drafts", tty=True)
    assert kept.name in ran.out
    assert "not saved  #3" in ran.out
    assert f"next: triage drafts send {kept.name}" in ran.err
    items = json.loads(run("drafts", "list", "--json").out)["items"]
    assert [(i["id"], i["state"], i["conversation"], i["text"]) for i in items] == [
        (kept.name, "unsaved", ANA, TEXT),
        (1, "draft", BO, "Yes."),
    ]
    assert run("drafts", "show", kept.name).out == f"{TEXT}\n"
    assert run("drafts", "show", "1").out == "Yes.\n"
    shown = run("drafts", "show", kept.name, tty=True)
    assert TEXT in shown.out
    assert str(kept.path) in shown.err
    assert json.loads(run("drafts", "show", kept.name, "--json").out)["items"][0]["text"] == TEXT
    assert run("drafts", "drop", kept.name).code == 0
    assert files(home) == []
    for name in ("3-aaaaaa", kept.name):
        assert run("drafts", "show", name).code == 1


def test_unsaved_words_have_all_guards(busy: Desk, run: Runner, home: Path) -> None:
    """To send them saves them first; what stands against it stands."""
    kept = leave(busy, home, "x" * 291)
    ran = run("drafts", "send", kept.name, "-y", "--force")
    assert ran.code == 1
    assert "291/280, 11 too many." in ran.err
    assert rows(busy) == [("x" * 291, "draft")]
    assert files(home) == []
    assert busy.channel.attempts == []


def test_hostile_words_are_plain_on_the_screen(busy: Desk, run: Runner, home: Path) -> None:
    """Also those that only a file has."""
    kept = leave(busy, home, "Sorry \x1b]52;c;x\x07 Ana")
    for words in (("drafts",), ("drafts", "show", kept.name)):
        for tty in (True, False):
            ran = run(*words, tty=tty)
            assert "\x1b" not in ran.out + ran.err


@pytest.mark.parametrize("wrong", ["x", "-1", "9" * 40, "٣", ""])
def test_no_such_name(busy: Desk, run: Runner, wrong: str) -> None:
    """What is neither a reply's id nor a name is a usage error."""
    assert busy.waiting()
    assert run("drafts", "show", "--", wrong).code == 2


def test_a_real_full_disk(busy: Desk, run: Runner, home: Path, editor: Writes) -> None:
    """SQLite itself has no page left: the words that were typed are in their file."""
    text = "Sorry. " + "So sorry. " * 5_000
    words = busy.folder / "words"
    words.write_text(text)
    editor(f'cat {words} > "$1"')
    connection = sqlite3.connect(busy.db)
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()
    original = sqlite3.connect

    def small(*args: object, **kwargs: object) -> sqlite3.Connection:
        made: sqlite3.Connection = original(*args, **kwargs)  # type: ignore[call-overload]
        made.execute(f"PRAGMA max_page_count = {pages + 1}")
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sqlite3.connect", small)
        ran = run("reply", "3", tty=True)
    assert ran.code == 1
    assert "The disk is full." in ran.err
    assert [k.text for k in left(busy, home)] == [text.strip()]
    assert rows(busy) == []
