"""`triage templates`, and what `show` suggests of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import Desk, tagger_for
from screens import Runner, assert_golden
from triage.app.noting import note

Writes = Callable[..., None]
HOSTILE = "\x1b[2J\x1b]52;c;b3duZWQ=\x07Hi \u202egnp.exe\u202c [red]x[/red]"


@pytest.fixture
def folder(home: Path) -> Path:
    """Where the templates lie, with some."""
    made = home / ".config" / "triage" / "templates"
    made.mkdir()
    (made / "sorry.txt").write_text(
        '---\ntitle = "An apology"\nkinds = ["complaint"]\n---\n'
        "Hi {{ customer.first_name }}, we are sorry about that.\n"
    )
    (made / "sorry.es.txt").write_text("Hola {{ customer.first_name }}, lo sentimos mucho.\n")
    (made / "tracking.txt").write_text(
        '---\ntitle = "Where an order is"\nthemes = ["delivery"]\n---\n'
        "Your order {{ attributes.order }} is on its way.\n"
    )
    return made


@pytest.mark.usefixtures("folder", "busy")
@pytest.mark.parametrize("width", [40, 80])
def test_list(run: Runner, width: int) -> None:
    """Names, languages and what they are for."""
    ran = run("templates", "list", tty=True, width=width)
    assert (ran.code, ran.err) == (0, "")
    assert_golden(f"templates-list-{width}", ran.out)


@pytest.mark.usefixtures("busy")
def test_list_for_programs(run: Runner, folder: Path) -> None:
    """A line each in a pipe; all that a head says in JSON."""
    assert [line.split("\t")[:2] for line in run("templates", "list").out.splitlines()] == [
        ["sorry", "en es"],
        ["tracking", "en"],
    ]
    assert json.loads(run("templates", "list", "--json").out)["items"][1] == {
        "name": "tracking",
        "title": "Where an order is",
        "languages": ["en"],
        "themes": ["delivery"],
        "kinds": [],
        "vars": [],
        "path": str(folder / "tracking.txt"),
    }


@pytest.mark.usefixtures("busy")
def test_without_templates(run: Runner) -> None:
    """An empty list, and how to begin."""
    ran = run("templates", "list", tty=True)
    assert (ran.code, ran.out) == (0, "")
    assert "triage templates edit sorry" in ran.err
    assert json.loads(run("templates", "list", "--json").out)["items"] == []


@pytest.mark.usefixtures("folder", "home")
def test_show_the_source(run: Runner) -> None:
    """As it is written, without a store; in the default language unless another is told."""
    ran = run("templates", "show", "sorry")
    assert (ran.code, ran.out) == (0, "Hi {{ customer.first_name }}, we are sorry about that.\n")
    assert run("templates", "show", "sorry", "--language", "es").out.startswith("Hola")
    ran = run("templates", "show", "sorry", "--language", "de")
    assert (ran.code, ran.out) == (1, "")
    assert "triage templates edit sorry --language de" in ran.err
    ran = run("templates", "show", "sory")
    assert (ran.code, ran.out) == (1, "")
    assert "There is no template 'sory'. Did you mean sorry?" in ran.err


@pytest.mark.usefixtures("folder")
def test_show_filled_in(busy: Desk, run: Runner) -> None:
    """For a customer, with the length that it has then; what has no value is named."""
    ran = run("templates", "show", "sorry", "--for", "3", tty=True)
    assert ran.code == 0
    assert_golden("templates-show-for-80", ran.out)
    item = json.loads(run("templates", "show", "sorry", "--for", "3", "--json").out)["items"][0]
    text = "Hi Ana, we are sorry about that."
    assert item == {
        "name": "sorry",
        "id": 3,
        "customer": "ana",
        "language": "en",
        "text": text,
        "length": len(text),
        "max_length": 280,
    }
    ran = run("templates", "show", "tracking", "--for", "3")
    assert (ran.code, ran.out) == (1, "")
    assert "attributes.order of the template tracking has no value here." in ran.err
    ran = run("templates", "show", "tracking", "--for", "3", "--var", "order=8841")
    assert ran.out == "Your order 8841 is on its way.\n"
    assert busy.public(text) == []


@pytest.mark.usefixtures("home")
def test_check(run: Runner, folder: Path) -> None:
    """0 while all is in order; 1 with the file, the line and what is meant."""
    ran = run("templates", "check", tty=True)
    assert (ran.code, ran.out, ran.err) == (0, "", "3 files, no problems.\n")
    (folder / "late.txt").write_text("Hi {{ custmer.first_name }}")
    (folder / "bad.txt").write_text("---\nkinds = 1\n---\n")
    ran = run("templates", "check", tty=True)
    assert ran.code == 1
    assert_golden("templates-check-80", ran.out)
    assert ran.err == "4 files, 2 problems.\n"
    shown = json.loads(run("templates", "check", "--json").out)
    assert (shown["ok"], shown["templates"]) == (False, 3)
    assert [(i["file"], i["line"], i["usable"]) for i in shown["items"]] == [
        ("bad.txt", 2, False),
        ("late.txt", 1, True),
    ]
    assert "1 file cannot be used" in run("templates", "list").err


@pytest.mark.usefixtures("folder")
def test_check_of_languages(run: Runner, home: Path) -> None:
    """[templates] languages says what there is to be."""
    config = home / ".config" / "triage" / "config.toml"
    config.write_text(config.read_text() + '[templates]\nlanguages = ["en", "es"]\n')
    ran = run("templates", "check")
    assert (ran.code, ran.out) == (
        1,
        "tracking.txt\t\ttracking is not there in es.\ttrue\n",
    )


def test_the_configuration_shows_what_holds(run: Runner, home: Path) -> None:
    """Languages and signs, with who said so."""
    config = home / ".config" / "triage" / "config.toml"
    config.write_text(config.read_text() + '[templates]\nsigns = { ana = "^AD" }\n')
    shown = run("config", "show", "--origin").out.splitlines()
    assert [line for line in shown if line.startswith("templates.")] == [
        "templates.language\ten\tdefault",
        "templates.languages\t\tdefault",
        "templates.signs\tana ^AD\tconfig.toml",
    ]


def test_path(run: Runner, folder: Path) -> None:
    """Of the folder, and of a file that need not be there."""
    assert run("templates", "path").out == f"{folder}\n"
    assert run("templates", "path", "sorry").out == f"{folder}/sorry.txt\n"
    assert run("templates", "path", "late", "--language", "ES").out == f"{folder}/late.es.txt\n"
    # English is what files without a language are in.
    assert run("templates", "path", "late", "--language", "en").out == f"{folder}/late.txt\n"
    assert run("templates", "path", "../x").code == 2
    assert run("templates", "path", "--language", "es").code == 2


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writes:
    """`editor('...')` makes a script the editor."""

    def make(script: str) -> None:
        path = tmp_path / "editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("TRIAGE_EDITOR", str(path))

    return make


@pytest.mark.usefixtures("home")
def test_edit(run: Runner, home: Path, editor: Writes) -> None:
    """A new one is begun with a head and can be used at once."""
    editor('echo "we are late." >> "$1"')
    ran = run("templates", "edit", "late", tty=True)
    assert ran.code == 0
    file = home / ".config" / "triage" / "templates" / "late.txt"
    assert file.read_text().endswith("Hi {{ customer.first_name }},\nwe are late.\n")
    assert str(file) in ran.err
    assert run("templates", "check").code == 0
    editor('echo "{{ x" > "$1"; printf "\\377" >> "$1"')
    assert "late.txt, line 2: not UTF-8 text." in run("templates", "edit", "late", tty=True).err
    editor("exit 3")
    assert run("templates", "edit", "late", tty=True).code == 1


@pytest.mark.usefixtures("home")
def test_edit_nothing(run: Runner, home: Path, editor: Writes) -> None:
    """What was begun and left as it was is no template; a failing editor leaves none either."""
    editor("true")
    ran = run("templates", "edit", "late", tty=True)
    assert (ran.code, ran.err) == (0, "Nothing was written.\n")
    editor("exit 3")
    assert run("templates", "edit", "late", tty=True).code == 1
    assert list((home / ".config" / "triage" / "templates").iterdir()) == []


@pytest.mark.usefixtures("folder")
def test_edit_where_nothing_can_be_written(run: Runner, home: Path, editor: Writes) -> None:
    """What stands in the way is told, and no editor opens."""
    editor(f"touch {home}/opened")
    (home / ".config" / "triage" / "templates" / "late.txt").mkdir()
    ran = run("templates", "edit", "late", tty=True)
    assert (ran.code, ran.out) == (1, "")
    assert "late.txt cannot be edited." in ran.err
    other = home / "other" / "config.toml"
    other.parent.mkdir()
    other.write_text("")
    (other.parent / "templates").write_text("")
    ran = run("--config", str(other), "templates", "edit", "late", tty=True)
    assert ran.code == 78 or "no place to write late.txt" in ran.err
    assert not (home / "opened").exists()


def test_init_lays_some_down(run: Runner, home: Path) -> None:
    """They are in order, and stay what they became when the configuration is replaced."""
    folder = home / ".config" / "triage" / "templates"
    words = ("init", "--force", "--handle", "acme", "--brand", "Acme", "--time-zone", "UTC")
    assert run(*words).code == 0
    assert run("templates", "check").code == 0
    assert {p.name for p in folder.iterdir()} >= {"sorry.txt", "sorry.es.txt"}
    (folder / "sorry.txt").write_text("mine")
    assert run(*words).code == 0
    assert (folder / "sorry.txt").read_text() == "mine"


@pytest.mark.usefixtures("home")
def test_edit_by_nobody(run: Runner) -> None:
    """Without a terminal no editor opens; the file is named."""
    ran = run("templates", "edit", "late")
    assert ran.code == 2
    assert "templates/late.txt" in ran.err


@pytest.mark.usefixtures("folder")
def test_show_suggests(busy: Desk, run: Runner) -> None:
    """By kind and theme, with what to type; not where nobody waits."""
    ran = run("show", "3", tty=True)
    assert ran.out.splitlines()[-1] == "template: triage reply 3 -t sorry   An apology"
    narrow = run("show", "3", tty=True, width=40).out.splitlines()[-1]
    assert narrow == "template: triage reply 3 -t sorry   An…"
    item = json.loads(run("show", "3", "--json").out)["items"][0]
    assert item["templates"] == [
        {"name": "sorry", "title": "An apology", "command": "triage reply 3 -t sorry"}
    ]
    for number in ("2", "4"):
        assert json.loads(run("show", number, "--json").out)["items"][0]["templates"] == []
        assert "template:" not in run("show", number, tty=True).out
    assert busy.waiting()


@pytest.mark.usefixtures("busy")
def test_hostile_files_and_values(busy: Desk, run: Runner, folder: Path) -> None:
    """Neither what a file nor what a customer says commands a terminal."""
    toml = json.dumps(HOSTILE)
    (folder / "odd.txt").write_text(f"---\ntitle = {toml}\n---\n{HOSTILE} {{{{ attributes.x }}}}\n")
    (folder / "odd\x1b[2J.txt").write_text("x")
    note(busy.store, busy.conversation(3), "x", HOSTILE, "bo", busy.now, tagger_for)
    outs = [
        run("templates", *words, tty=tty)
        for words in (
            ("list",),
            ("show", "odd"),
            ("show", "odd", "--for", "3"),
            ("check",),
            ("list", "--json"),
        )
        for tty in (True, False)
    ]
    assert "gnp.exe" in outs[0].out
    for ran in outs:
        assert not set(ran.out + ran.err) & set("\x07\x1b\u202e\u202c")
