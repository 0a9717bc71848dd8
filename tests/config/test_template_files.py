"""Templates are read from files that people write by hand and keep in git."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.config.starters import STARTERS, lay_down
from triage.config.template_files import file_of, folder_of, read_shelf
from triage.core.kinds import Kind
from triage.errors import NotFound, TriageError

HEAD = """\
---
title = "An apology"
kinds = ["complaint"]
themes = "delivery"
languages = ["en", "es"]
vars = ["order"]
---
Hi {{ customer.first_name }}
"""


def write(folder: Path, **files: str | bytes) -> None:
    """Files by name; `__` in a name is a dot."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        content = text.encode() if isinstance(text, str) else text
        (folder / f"{name.replace('__', '.')}.txt").write_bytes(content)


def test_a_file_with_a_head(tmp_path: Path) -> None:
    """The head is TOML; the text begins behind it, in a line that is known."""
    write(tmp_path, sorry=HEAD, sorry__es="Hola\r\n")
    shelf = read_shelf(tmp_path)
    one = shelf.family("sorry")[""]
    assert (one.title, one.kinds, one.themes) == ("An apology", (Kind.COMPLAINT,), ("delivery",))
    assert (one.languages, one.variables) == (("en", "es"), ("order",))
    assert (one.source, one.first_line) == ("Hi {{ customer.first_name }}\n", 8)
    assert one.in_place.splitlines()[7] == HEAD.splitlines()[7]
    assert shelf.family("sorry")["es"].source == "Hola\n"
    assert shelf.problems == ()


def test_what_is_left_alone(tmp_path: Path) -> None:
    """Files that are no text, hidden ones, and what editors leave behind."""
    write(tmp_path, sorry="Sorry")
    for name in ("README.md", ".sorry.txt.swp", "sorry.txt~", ".hidden.txt", "#sorry.txt#"):
        (tmp_path / name).write_text("x")
    shelf = read_shelf(tmp_path)
    assert (shelf.names, shelf.problems) == (["sorry"], ())


def test_no_folder(tmp_path: Path) -> None:
    """Is no mistake: there are no templates yet."""
    assert read_shelf(tmp_path / "templates").names == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("---\ntitle = 1\n---\nx", 2, "title must be a text"),
        ('---\n\ntitel = "x"\n---\nx', 3, 'unknown setting "titel". Did you mean "title"?'),
        ('---\nkinds = ["complain"]\n---\nx', 2, "'complain' is no kind."),
        ("---\nkinds = [1]\n---\nx", 2, "kinds must be a list of texts"),
        ('---\nthemes = ["My Theme"]\n---\nx', 2, "is no theme"),
        ('---\nlanguages = ["english"]\n---\nx', 2, "is no language"),
        ('---\nvars = ["order-id"]\n---\nx', 2, "is no name for a value"),
        ("---\ntitle = \n---\nx", 2, "the head is not valid TOML"),
        ('---\ntitle = "x"\n', 1, "the head that begins here has no end"),
        (b"Hi\n\xff", 2, "not UTF-8"),
        (b"Hi\0", None, "not a text"),
        ("x" * 100_001, None, "larger than"),
    ],
)
def test_mistakes(tmp_path: Path, text: str | bytes, line: int | None, said: str) -> None:
    """Each is told with its line, and keeps no other file from being used."""
    write(tmp_path, bad=text, good="x")
    shelf = read_shelf(tmp_path)
    (problem,) = shelf.problems
    assert (problem.file, problem.line) == ("bad.txt", line)
    assert said in problem.text
    assert shelf.names == ["good"]
    with pytest.raises(NotFound) as raised:
        shelf.family("bad")
    assert said in raised.value.reason


@pytest.mark.parametrize("name", ["Sorry", "sorry it", "sorry.spanish", "sorry.es.old", "-x"])
def test_names(tmp_path: Path, name: str) -> None:
    """What cannot be typed as a name is told."""
    (tmp_path / f"{name}.txt").write_text("x")
    (problem,) = read_shelf(tmp_path).problems
    assert "not a name for a template" in problem.text


def test_a_folder_of_that_name(tmp_path: Path) -> None:
    """Neither a folder nor a link to nothing is read."""
    (tmp_path / "sorry.txt").mkdir()
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nothing")
    assert [p.text for p in read_shelf(tmp_path).problems] == ["not a file.", "not a file."]


def test_the_starters_are_laid_down_once(tmp_path: Path) -> None:
    """Each can be read; what somebody has is never written over."""
    config = tmp_path / "config.toml"
    folder = lay_down(config)
    assert folder == folder_of(config)
    shelf = read_shelf(folder)
    assert shelf.problems == ()
    assert len(shelf.all()) == len(STARTERS)
    file = file_of(folder, "sorry", "es")
    file.write_text("mine")
    assert lay_down(config) is None
    assert file.read_text() == "mine"


def test_starters_without_a_place(tmp_path: Path) -> None:
    """It is said that they could not be written."""
    (tmp_path / "file").write_text("")
    with pytest.raises(TriageError, match="could not be written"):
        lay_down(tmp_path / "file" / "config.toml")
